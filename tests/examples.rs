//! The programs in `examples/`, and the benchmark in C, built by the line that each documents, do what they say.
//! Those that know nothing of the library do so on glibc as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod built;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use built::library;

const ENGINES: [&str; 4] = ["auto", "uring", "native", "threads"];
/// Not a multiple of any piece that is tried.
const BYTES: usize = 3_000_001;

/// Builds `<folder>/<name>.c` into `place` by its own `cc` line, with the library of this build in the place of the
/// one that the line names.
fn build(folder: &str, name: &str, place: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join(format!("{folder}/{name}.c"))).unwrap();
    let lines: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix(" *     cc ")).collect();
    let [line] = lines.as_slice() else { panic!("{name}.c documents {} cc lines", lines.len()) };
    for link in ["libuaio.so", "libuaio.so.1"] {
        symlink(library(), place.join(link)).unwrap();
    }
    let output = format!("-o {name} ");
    assert!(line.contains(&output) && line.contains("target/release"), "not as the README has it: {line}");
    let there = place.display().to_string();
    let line = line.replace("$PWD/target/release", &there).replace("target/release", &there);
    let line = line.replace(&output, &format!("-o {there}/{name} "));
    let command = format!("cc -Wall -Wextra -pedantic -std=gnu17 -Werror {line}");
    let built = Command::new("sh").args(["-c", &command]).current_dir(root).output().unwrap();
    assert!(built.status.success(), "{command}\n{}", String::from_utf8_lossy(&built.stderr));
    place.join(name)
}

/// Builds an example that is not linked with the library, by its own line.
fn build_cpp(name: &str, place: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join(format!("examples/{name}.cpp"))).unwrap();
    let lines: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix(" *     c++ ")).collect();
    let [line] = lines.as_slice() else { panic!("{name}.cpp documents {} c++ lines", lines.len()) };
    let line = line.replace(&format!("-o {name} "), &format!("-o {}/{name} ", place.display()));
    let command = format!("c++ -Wall -Wextra -Werror {line}");
    let built = Command::new("sh").args(["-c", &command]).current_dir(root).output().unwrap();
    assert!(built.status.success(), "{command}\n{}", String::from_utf8_lossy(&built.stderr));
    place.join(name)
}

/// Builds an example in Rust as cargo does it, in this build's directory.
fn build_rust(name: &str) -> PathBuf {
    let profile = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--example", name, "--target-dir"]).arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    profile.join("examples").join(name)
}

/// Runs a program that knows nothing of the library, on glibc and on the library with each engine: what it
/// prints is the same, and the library has served it.
fn same_everywhere(program: &Path, arguments: &[&str], expected: &str) {
    let place = tempfile::tempdir().unwrap();
    let statistics = place.path().join("statistics");
    let glibc = run(program, "auto", arguments);
    assert_eq!(String::from_utf8_lossy(&glibc.stdout), expected, "glibc: {glibc:?}");
    for engine in ENGINES {
        let mut command = Command::new("timeout");
        command.arg("60").arg(program).args(arguments).env("UAIO_ENGINE", engine).env("LD_PRELOAD", library());
        let ended = command.env("UAIO_STATS", &statistics).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stdout), expected, "{engine}: {ended:?}");
        let said = fs::read(&statistics).unwrap_or_else(|error| panic!("{engine} did not serve it: {error}"));
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&said).unwrap()["engine"], engine);
        fs::remove_file(&statistics).unwrap();
    }
}

/// Names that an executable takes from libraries, or has itself.
fn symbols(program: &Path, undefined: bool) -> String {
    let which = if undefined { "--undefined-only" } else { "--defined-only" };
    let mut nm = Command::new("nm");
    nm.arg(which).arg(program);
    String::from_utf8(nm.output().unwrap().stdout).unwrap()
}

fn run(program: &Path, engine: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.arg("60").arg(program).args(arguments).current_dir(program.parent().unwrap());
    command.env("UAIO_ENGINE", engine).env_remove("LD_LIBRARY_PATH").output().unwrap()
}

#[test]
fn aiocopy_copies() {
    let place = tempfile::tempdir().unwrap();
    let program = build("examples", "aiocopy", place.path());
    let content: Vec<u8> = (0..BYTES).map(|at| (at * 7 + at / 251) as u8).collect();
    fs::write(place.path().join("from"), &content).unwrap();
    fs::write(place.path().join("empty"), b"").unwrap();
    for engine in ENGINES {
        for options in [&[][..], &["-s"], &["-n", "1"], &["-s", "-n", "1"], &["-n", "200", "-b", "4097"], &["-sb1000"]]
        {
            let ended = run(&program, engine, &[options, &["from", "to"]].concat());
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{engine} {options:?}: {:?} {said}", ended.status);
            assert!(fs::read(place.path().join("to")).unwrap() == content, "{engine} {options:?}: another content");
            assert!(said.contains("100 % of 3000001 bytes"), "{engine} {options:?}: no progress: {said}");
        }
        let ended = run(&program, engine, &["-q", "empty", "to"]);
        assert!(ended.status.success() && ended.stderr.is_empty(), "{engine}: {ended:?}");
        assert_eq!(fs::read(place.path().join("to")).unwrap(), b"");
    }
}

#[test]
fn aiocopy_reports_errors() {
    let place = tempfile::tempdir().unwrap();
    let program = build("examples", "aiocopy", place.path());
    fs::write(place.path().join("from"), vec![1; 100_000]).unwrap();
    for options in [&["-q"][..], &["-q", "-s"]] {
        let nothing = run(&program, "auto", &[options, &["nosuch", "to"]].concat());
        assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
        let full = run(&program, "auto", &[options, &["from", "/dev/full"]].concat());
        assert_eq!(full.status.code(), Some(1), "{full:?}");
        let said = String::from_utf8_lossy(&full.stderr);
        assert!(said.contains("No space left on device"), "{said}");
    }
    assert_eq!(run(&program, "auto", &["from"]).status.code(), Some(2));
}

/// A file of lines, its number of lines, and the sum of its bytes.
fn lines(place: &Path) -> (PathBuf, usize, u64) {
    let path = place.join("lines");
    let text: String = (0..300_000).map(|number| format!("{number}\n")).collect();
    fs::write(&path, &text).unwrap();
    (path, 300_000, text.bytes().map(u64::from).sum())
}

#[test]
fn linecount_counts() {
    if Command::new("c++").arg("--version").output().is_err() {
        println!("skipped: there is no C++ compiler here");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let program = build_cpp("linecount", place.path());
    let (file, count, _) = lines(place.path());
    same_everywhere(&program, &[file.to_str().unwrap()], &format!("{count}\n"));
    let nothing = run(&program, "auto", &["nosuch"]);
    assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
}

#[test]
fn checksum_sums_up_and_has_nothing_of_the_library_in_it() {
    let place = tempfile::tempdir().unwrap();
    let program = build_rust("checksum");
    let (file, _, sum) = lines(place.path());
    let bytes = fs::metadata(&file).unwrap().len();
    same_everywhere(&program, &[file.to_str().unwrap()], &format!("{sum} {bytes}\n"));
    assert_eq!(run(&program, "auto", &["nosuch"]).status.code(), Some(1));
    assert!(symbols(&program, true).contains("aio_read"), "aio_read comes from the C library");
    assert!(!symbols(&program, false).contains(" aio_"), "aio_* are linked into the program");
}

#[test]
fn solaris_poll_measures() {
    // Beside the executable, which is on a real filesystem.
    let place = tempfile::tempdir_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap();
    let program = build("benches", "solaris_poll", place.path());
    fs::write(place.path().join("data"), vec![7; 1 << 20]).unwrap();
    for engine in ENGINES {
        for options in [&["-b"][..], &["-b", "-n", "-w", "-d", "4"]] {
            let ended = run(&program, engine, &[options, &["-t", "0.1", "data"]].concat());
            assert!(ended.status.success(), "{engine} {options:?}: {ended:?}");
            let said: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
            assert!(said["requests"].as_u64().unwrap() > 32, "{engine} {options:?}: {said}");
        }
    }
}
