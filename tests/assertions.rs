//! The lists of assertions (`c-tests/assertions`), the tests that they name and the table made of both are of one
//! piece; and the script that says so notices when they are not. Without python3, which only that script needs,
//! nothing is tested, and a line says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

type Tested = Result<(), Box<dyn std::error::Error>>;

const HEAD: &str = "# A page. Number | section | what must hold | tests\n";
const GOOD: &str = "1 | DESCRIPTION | It reads. | posix/reads hazards/slow\n2 | ERRORS | It fails. | - undefined\n";

fn table(more: &[&str]) -> Result<Option<Output>, std::io::Error> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("c-tests/assertions/table");
    // Not to leave compiled Python in the tree.
    match Command::new("python3").arg("-B").arg(script).args(more).stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("assertions: NOT TESTED, there is no python3");
            Ok(None)
        }
        output => output.map(Some),
    }
}

/// Lists, tests and a table made up here.
struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    /// With the page `aio_read`, two tests, and their results.
    fn new(page: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let tree = Self { folder };
        for directory in ["lists", "tests/posix", "tests/hazards"] {
            fs::create_dir_all(tree.at(directory))?;
        }
        for test in ["tests/posix/reads.c", "tests/hazards/slow.c"] {
            fs::write(tree.at(test), "")?;
        }
        fs::write(tree.at("lists/aio_read.txt"), format!("{HEAD}{page}"))?;
        fs::write(
            tree.at("results.json"),
            r#"{ "posix/reads": { "glibc": ["fails", "passes", "time limit"], "preload::auto": ["passes"] },
                 "hazards/slow": { "glibc": ["passes"], "preload::auto": ["skipped"] } }"#,
        )?;
        Ok(tree)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the script with `more`, and checks the exit status and that `says` is printed.
    fn ends(&self, more: &[&str], status: i32, says: &str) -> Tested {
        let (lists, tests, out) = (self.at("lists"), self.at("tests"), self.at("table.md"));
        let mut arguments = vec!["--lists", lists.to_str().ok_or("path")?, "--tests", tests.to_str().ok_or("path")?];
        arguments.extend(["--table", out.to_str().ok_or("path")?]);
        arguments.extend(more);
        let Some(output) = table(&arguments)? else { return Ok(()) };
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(status), "{text}");
        assert!(text.contains(says), "no {says:?} in:\n{text}");
        Ok(())
    }

    fn written(&self) -> Tested {
        let results = self.at("results.json");
        self.ends(&["--results", results.to_str().ok_or("path")?], 0, "written")
    }
}

#[test]
fn lists_tests_and_table_are_of_one_piece() -> Tested {
    let Some(output) = table(&["--check"])? else { return Ok(()) };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn a_table_has_the_results_and_is_found_current() -> Tested {
    let tree = Tree::new(GOOD)?;
    tree.written()?;
    tree.ends(&["--check"], 0, "")?;
    let Ok(text) = fs::read_to_string(tree.at("table.md")) else { return Ok(()) };
    let row = "| 1 | DESCRIPTION | It reads. | `posix/reads` | fails 1 of 3, time limit 1 of 3 | passes | – | – | – |";
    assert!(text.contains(row), "{text}");
    assert!(text.contains("| 2 | ERRORS | It fails. | none: undefined | – |"), "{text}");
    Ok(())
}

#[test]
fn a_changed_assertion_needs_a_new_table() -> Tested {
    let tree = Tree::new(GOOD)?;
    tree.written()?;
    fs::write(tree.at("lists/aio_read.txt"), format!("{HEAD}{}", GOOD.replace("It fails", "It succeeds")))?;
    tree.ends(&["--check"], 1, "It succeeds")
}

#[test]
fn an_added_assertion_needs_a_new_table() -> Tested {
    let tree = Tree::new(GOOD)?;
    tree.written()?;
    fs::write(tree.at("lists/aio_read.txt"), format!("{HEAD}{GOOD}3 | ERRORS | More. | - undefined\n"))?;
    tree.ends(&["--check"], 1, "run c-tests/assertions/table")
}

#[test]
fn a_test_that_does_not_exist_is_told() -> Tested {
    let tree = Tree::new("1 | DESCRIPTION | It reads. | posix/reads posix/flies\n")?;
    tree.ends(&["--check"], 1, "posix/flies: named in a list, but there is no such test")
}

#[test]
fn a_test_in_no_list_is_told() -> Tested {
    let tree = Tree::new(GOOD)?;
    fs::write(tree.at("tests/posix/writes.c"), "")?;
    tree.ends(&["--check"], 1, "posix/writes: in none of the lists")
}

#[test]
fn the_list_of_faults_is_no_list_of_assertions() -> Tested {
    let tree = Tree::new("1 | DESCRIPTION | It reads. | hazards/slow\n")?;
    fs::write(tree.at("lists/glibc.txt"), format!("{HEAD}1 | reads | It does not. | posix/reads\n"))?;
    tree.ends(&["--check"], 1, "posix/reads: in none of the lists")
}

#[test]
fn nothing_goes_untested_without_a_reason() -> Tested {
    let tree = Tree::new(&format!("{GOOD}3 | ERRORS | More. | -\n"))?;
    tree.ends(&["--check"], 1, "aio_read.txt:4: neither a test nor a reason why there is none")
}

#[test]
fn numbers_grow() -> Tested {
    let tree = Tree::new(&format!("{GOOD}2 | ERRORS | More. | - undefined\n"))?;
    tree.ends(&["--check"], 1, "aio_read.txt:4: the numbers must grow")
}
