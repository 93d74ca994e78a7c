//! The runner of the Open POSIX Test Suite (`c-tests/conformance/run`) on small suites made up here: what it takes
//! for a success and what not. Without python3, which only the runner needs, nothing is tested, and a line says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

type Tested = Result<(), Box<dyn std::error::Error>>;

const PASSES: &str = "int main(void) { return 0; }";
const FAILS: &str = "#include <stdio.h>\nint main(void) { puts(\"what is wrong\"); return 1; }";
const UNTESTED: &str = "int main(void) { return 5; }";
const HANGS: &str = "#include <unistd.h>\nint main(void) { for (;;) pause(); }";

/// A folder like the suite's, with `need-not-pass` beside it.
struct Suite {
    folder: tempfile::TempDir,
}

impl Suite {
    fn new(cases: &[(&str, &str)], need_not_pass: &str) -> Result<Self, Box<dyn std::error::Error>> {
        // Not in /tmp, which the runner takes out of the cases.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        fs::create_dir(folder.path().join("scratch"))?;
        for (name, text) in cases {
            let path = folder.path().join("conformance/interfaces").join(name).with_extension("c");
            fs::create_dir_all(path.parent().ok_or("no parent")?)?;
            fs::write(path, text)?;
        }
        fs::write(folder.path().join("need-not-pass"), need_not_pass)?;
        Ok(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs it on the engine that every machine has; `None` without python3.
    fn run(&self, more: &[&str]) -> Result<Option<Output>, std::io::Error> {
        let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("c-tests/conformance/run");
        let mut command = Command::new("python3");
        command.arg(runner).args(["--engines", "threads", "--jobs", "1"]).args(more);
        command.arg("--suite").arg(self.path()).arg("--scratch").arg(self.path().join("scratch"));
        command.arg("--need-not-pass").arg(self.path().join("need-not-pass")).arg("--library").arg(library());
        match command.stdin(Stdio::null()).output() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("conformance: NOT TESTED, there is no python3");
                Ok(None)
            }
            output => output.map(Some),
        }
    }

    /// Runs it, and checks the exit status and that each of `says` is printed.
    fn ends(&self, more: &[&str], status: i32, says: &[&str]) -> Tested {
        let Some(output) = self.run(more)? else { return Ok(()) };
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(status), "{text}");
        for phrase in says {
            assert!(text.contains(phrase), "no {phrase:?} in:\n{text}");
        }
        Ok(())
    }
}

/// `cargo test` builds the library into `deps` only.
fn library() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_uaio")).with_file_name("libuaio.so");
    let built = beside.with_file_name("deps").join("libuaio.so");
    if built.exists() { built } else { beside }
}

#[test]
fn all_that_must_pass_do() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES), ("lio_listio/2-1", PASSES)], "")?;
    suite.ends(&[], 0, &["2 cases: 2 must pass", "threads: 2 of 2 that must pass did in all 1 runs"])
}

#[test]
fn one_that_must_pass_fails() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES), ("aio_read/2-1", FAILS)], "")?;
    suite.ends(&[], 1, &["aio_read/2-1 on threads: fail", "| what is wrong", "threads: 1 of 2"])
}

#[test]
fn one_that_does_not_compile_fails() -> Tested {
    Suite::new(&[("aio_read/1-1", "int main(")], "")?.ends(&[], 1, &["aio_read/1-1 on threads: no build", "error:"])
}

#[test]
fn a_hang_is_ended() -> Tested {
    Suite::new(&[("aio_suspend/1-1", HANGS)], "")?.ends(&["--limit", "0.5"], 1, &["aio_suspend/1-1 on threads: hang"])
}

#[test]
fn listed_cases_need_not_pass() -> Tested {
    let cases =
        [("aio_read/1-1", PASSES), ("aio_read/2-1", FAILS), ("aio_read/3-1", UNTESTED), ("aio_read/4-1", FAILS)];
    let list =
        "# A comment.\n\nfails: aio_read/2-1\n    a reason\n\nstub: aio_read/3-1\neither: aio_read/4-1\n    another\n";
    Suite::new(&cases, list)?.ends(&[], 0, &["4 cases: 1 must pass, 1 stub, 1 fails, 1 either", "threads: 1 of 1"])
}

#[test]
fn a_listed_case_that_passes_is_told() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES)], "fails: aio_read/1-1\n    the reason why\n")?;
    suite.ends(&[], 1, &["aio_read/1-1 on threads: passes, but need-not-pass says \"fails\": the reason why"])
}

#[test]
fn a_listed_case_that_does_not_exist_is_told() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES)], "stub: aio_read/9-1\n    a reason\n")?;
    suite.ends(&[], 1, &["aio_read/9-1: need-not-pass lists it, but the suite does not have it"])
}

#[test]
fn the_list_needs_a_reason() -> Tested {
    Suite::new(&[("aio_read/1-1", PASSES)], "stub: aio_read/1-1\n")?.ends(&[], 2, &["an indented reason"])
}

#[test]
fn a_folder_without_the_suite_is_refused() -> Tested {
    Suite::new(&[], "")?.ends(&[], 2, &["has no aio_* and lio_listio"])
}

/// A case that fails at its first run and passes at every other.
fn fails_once(suite: &Path) -> String {
    let seen = suite.join("seen");
    format!(
        "#include <fcntl.h>\nint main(void) {{ return open(\"{}\", O_CREAT | O_EXCL | O_RDWR, 0600) < 0 ? 0 : 1; }}",
        seen.display()
    )
}

#[test]
fn a_change_of_verdict_is_told() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES)], "")?;
    fs::write(suite.path().join("conformance/interfaces/aio_read/1-1.c"), fails_once(suite.path()))?;
    suite.ends(&["--reps", "3"], 1, &["aio_read/1-1 on threads changes its verdict: fail 1, pass 2", "threads: 0 of 1"])
}

#[test]
fn a_second_try_may_pass() -> Tested {
    let suite = Suite::new(&[("aio_read/1-1", PASSES)], "")?;
    fs::write(suite.path().join("conformance/interfaces/aio_read/1-1.c"), fails_once(suite.path()))?;
    suite.ends(&["--tries", "2"], 0, &["aio_read/1-1 on threads: pass only at try 2", "threads: 1 of 1"])
}

#[test]
fn the_library_is_preloaded_and_the_engine_set() -> Tested {
    let case = "#include <stdlib.h>\n#include <string.h>\nint main(void) {\n\
                const char *preload = getenv(\"LD_PRELOAD\"), *engine = getenv(\"UAIO_ENGINE\");\n\
                return !(preload && strstr(preload, \"libuaio.so\") && engine && !strcmp(engine, \"threads\")); }";
    Suite::new(&[("aio_read/1-1", case)], "")?.ends(&[], 0, &["threads: 1 of 1"])
}

#[test]
fn newer_standards_count_and_files_stay_in_the_runs_directory() -> Tested {
    let case = "#include <stdio.h>\n#include <unistd.h>\nint main(void) {\n#if _POSIX_ASYNCHRONOUS_IO != 200112L\n\
                return 4;\n#endif\nFILE *f = fopen(\"/tmp/pts-here\", \"w\");\n\
                return !f || access(\"pts-here\", F_OK); }";
    Suite::new(&[("aio_read/1-1", case)], "")?.ends(&[], 0, &["threads: 1 of 1"])
}
