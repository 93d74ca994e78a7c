//! `.ci/release` tags what is ready, when told to, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROMISE: &str = "tests/abi/libuaio.so.1.txt";

fn no_git() -> bool {
    let missing = Command::new("git").arg("--version").output().is_err();
    if missing {
        println!("skipped: no git on this machine");
    }
    missing
}

/// A clean repository with version 1.2.3 written wherever it must be, and 1.2.2 tagged.
fn repository() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[package]\nname = \"uaio\"\nversion = \"1.2.3\"\n");
    write("Cargo.lock", "[[package]]\nname = \"uaio\"\nversion = \"1.2.3\"\n");
    write(
        "CHANGELOG.md",
        "## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n- News.\n\n## [1.2.2] - 2026-01-01\n\n- Old.\n",
    );
    write("debian/changelog", "uaio (1.2.3) unstable; urgency=medium\n");
    write(PROMISE, "int f(void)\n");
    fs::create_dir(place.path().join(".ci")).unwrap();
    let script = ".ci/release";
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(script), place.path().join(script)).unwrap();
    git(place.path(), &["init", "--quiet"]);
    commit(place.path());
    git(place.path(), &["tag", "v1.2.2"]);
    place
}

fn git(place: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]).args(arguments);
    let output = git.current_dir(place).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn commit(place: &Path) {
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--message", "A"]);
}

fn release(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(place.join(".ci/release"));
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Nobody").env(format!("GIT_{who}_EMAIL"), "nobody@example.org");
    }
    command.args(arguments).current_dir(place).output().unwrap()
}

/// It ends with an error that says this, and makes no tag.
fn refused(place: &Path, arguments: &[&str], why: &str) {
    let output = release(place, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(why), "{arguments:?}: {output:?}");
    assert_eq!(git(place, &["tag"]), "v1.2.2\n");
}

#[test]
fn what_is_ready_is_tagged_only_when_told() {
    if no_git() {
        return;
    }
    let place = repository();
    let dry = release(place.path(), &["--checks", "true", "1.2.3"]);
    assert!(dry.status.success(), "{dry:?}");
    assert_eq!(git(place.path(), &["tag"]), "v1.2.2\n");
    let done = release(place.path(), &["--execute", "--checks", "true", "1.2.3"]);
    assert!(done.status.success(), "{done:?}");
    let message = git(place.path(), &["tag", "--list", "--format=%(contents)", "v1.2.3"]);
    assert!(message.contains("- News.") && !message.contains("- Old."), "{message}");
}

#[test]
fn what_is_not_ready_is_refused() {
    if no_git() {
        return;
    }
    let place = repository();
    let execute = |version| ["--execute", "--checks", "true", version];
    refused(place.path(), &execute("1.2.4"), "Cargo.toml has no line");
    refused(place.path(), &execute("1.2.1"), "older than v1.2.2");
    refused(place.path(), &execute("1.2"), "not of the form");
    refused(place.path(), &execute("1.2.2"), "v1.2.2 exists");
    refused(place.path(), &["--execute", "--checks", "false", "1.2.3"], "false failed");
    refused(place.path(), &["--execute", "--checks", "touch new", "1.2.3"], "has changed the tree");
    refused(place.path(), &execute("1.2.3"), "the tree is not clean");
}

#[test]
fn each_place_of_the_version_counts() {
    if no_git() {
        return;
    }
    for (file, from, to, why) in [
        ("Cargo.lock", "1.2.3", "1.2.2", "Cargo.lock has another version"),
        ("CHANGELOG.md", "[1.2.3] - 2026-01-02", "[1.2.3]", "CHANGELOG.md has no line"),
        ("CHANGELOG.md", "- News.", "", "says nothing about 1.2.3"),
        ("debian/changelog", "1.2.3", "1.2.2", "debian/changelog does not begin with"),
        (PROMISE, "int f(void)", "int f(int)", "the interface of v1.2.2 has changed"),
    ] {
        let place = repository();
        let path = place.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        commit(place.path());
        refused(place.path(), &["--execute", "--checks", "true", "1.2.3"], why);
    }
}
