//! The patches of `tests/proofs` still fit the library. That the tests fail with them takes longer: `tests/proofs/run`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn patches() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(ROOT).join("tests/proofs")).unwrap();
    let mut patches: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    patches
}

/// What stands behind a word of a patch's head.
fn head<'a>(text: &'a str, key: &str) -> &'a str {
    let lines = text.lines().take_while(|line| !line.starts_with("--- "));
    lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(':')).next().unwrap_or_default().trim()
}

#[test]
fn every_patch_applies() {
    assert!(patches().len() > 50);
    for patch in patches() {
        let mut git = Command::new("git");
        git.args(["apply", "--check"]).arg(&patch).current_dir(ROOT);
        // Not what a repository around this one would make of the paths.
        git.env("GIT_CEILING_DIRECTORIES", Path::new(ROOT).parent().unwrap());
        match git.output() {
            Ok(output) => assert!(
                output.status.success(),
                "{}: {}If the handling is still there, make the patch anew.",
                patch.display(),
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => return eprintln!("skipped: git: {error}"),
        }
    }
}

#[test]
fn every_patch_names_tests_that_there_are() {
    for patch in patches() {
        let text = fs::read_to_string(&patch).unwrap();
        let tests = head(&text, "tests");
        assert!(!tests.is_empty() && !head(&text, "removed").is_empty(), "{}: no head", patch.display());
        for test in tests.split_whitespace() {
            let program = Path::new(ROOT).join(format!("c-tests/{test}.c"));
            let elsewhere = test.starts_with("models/") || test.starts_with("lib/");
            assert!(elsewhere || program.exists(), "{}: there is no {test}", patch.display());
        }
    }
}

#[test]
fn the_page_has_every_patch_and_every_row() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/proofs.md")).unwrap();
    for patch in patches() {
        let name = patch.file_name().unwrap().to_str().unwrap();
        assert!(page.contains(&format!("proofs/{name}")), "docs/proofs.md lacks {name}: run tests/proofs/run");
    }
    let hazards = fs::read_to_string(Path::new(ROOT).join("docs/hazards.md")).unwrap();
    for number in hazards.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<u32>().ok()) {
        assert!(page.contains(&format!("\n| {number} | ")), "docs/proofs.md says nothing of row {number}");
    }
}

/// The tests with a failed run in the page's table.
fn shown(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | ").collect::<Vec<_>>());
    let tests = rows.filter(|row| row.len() == 5).flat_map(|row| row[2].split("<br>").zip(row[4].split("<br>")));
    tests.filter(|(_, runs)| !runs.starts_with("0 of ")).map(|(test, _)| test.trim_matches('`')).collect()
}

/// The programs of `c-tests` that a name means, which may end in `*`.
fn programs(name: &str) -> Vec<String> {
    let (directory, wanted) = name.split_once('/').unwrap();
    let entries = fs::read_dir(Path::new(ROOT).join("c-tests").join(directory)).unwrap();
    let paths =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "c"));
    let names = paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let means = |file: &String| wanted.strip_suffix('*').map_or(file == wanted, |start| file.starts_with(start));
    names.filter(means).map(|file| format!("{directory}/{file}")).collect()
}

#[test]
fn every_test_of_a_hazard_fails_or_is_excused() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/proofs.md")).unwrap();
    let hazards = fs::read_to_string(Path::new(ROOT).join("docs/hazards.md")).unwrap();
    let named = hazards.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(3));
    let named = named.flat_map(|tests| tests.split('`').filter(|test| test.contains('/')));
    let shown = shown(&page);
    for test in named.chain(["hazards/*"]).flat_map(programs) {
        let excused = page.contains(&format!("\n* `{test}`: "));
        assert!(
            shown.contains(test.as_str()) != excused,
            "docs/proofs.md: {test} fails with one of the patches, or tests/proofs/run says why not; not both"
        );
    }
}
