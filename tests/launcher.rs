//! The launcher as a user meets it: `uaio run` and `uaio demo`, with their errors.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const UAIO: &str = env!("CARGO_BIN_EXE_uaio");
const NOBODY: u32 = 65534;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn uaio() -> Command {
    let mut command = Command::new(UAIO);
    for name in ["LD_PRELOAD", "UAIO_LIBRARY", "UAIO_ENGINE", "UAIO_STATS", "UAIO_LOG"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `uaio run -- PROGRAM` and checks how it fails.
fn refused(program: &Path, status: i32, why: &str) -> Tested {
    let output = uaio().args(["run", "--"]).arg(program).output()?;
    assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
    assert!(stderr(&output).contains(why), "{}", stderr(&output));
    Ok(())
}

/// The first directory of the search path that has it.
fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

#[test]
fn run_preloads_the_library() -> Tested {
    let output = uaio().args(["run", "--", "cat", "/proc/self/maps"]).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("/libuaio.so"), "{}", stdout(&output));
    // cat has no asynchronous I/O: a hint, not a refusal.
    assert!(stderr(&output).contains("does not import aio_*"), "{}", stderr(&output));
    Ok(())
}

#[test]
fn run_sets_the_environment_and_keeps_what_is_preloaded() -> Tested {
    let script = "printf '%s\n' \"$LD_PRELOAD\" \"$UAIO_ENGINE\" \"$UAIO_STATS\" \"$UAIO_LOG\" \"$0\"";
    let options = ["run", "--engine", "threads", "--stats=/x/y", "--log", "debug", "--", "sh", "-c"];
    let output = uaio().env("LD_PRELOAD", "/no/other.so").args(options).args([script, "a b"]).output()?;
    let text = stdout(&output);
    let lines: Vec<_> = text.lines().collect();
    let [preload, "threads", "/x/y", "debug", "a b"] = lines[..] else {
        return Err(format!("{text}{}", stderr(&output)).into());
    };
    assert!(preload.starts_with("/no/other.so:/") && preload.ends_with("/libuaio.so"), "{preload}");

    let output = uaio().args(["run", "--stats", "--", "sh", "-c", script]).output()?;
    assert_eq!(stdout(&output).lines().nth(2), Some("1"));
    assert_eq!(stdout(&output).lines().nth(1), Some(""));
    Ok(())
}

#[test]
fn run_gives_the_programs_own_status_and_argument_zero() -> Tested {
    let output = uaio().args(["run", "--", "sh", "-c", "exit 7"]).output()?;
    assert_eq!(output.status.code(), Some(7));
    let dir = tempfile::tempdir()?;
    let script = dir.path().join("script");
    fs::write(&script, "#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let output = uaio().args(["run", "--"]).arg(&script).args(["--engine", "x"]).output()?;
    assert!(stdout(&output).trim_end().ends_with("script --engine x"), "{}", stdout(&output));
    Ok(())
}

#[test]
fn run_tells_what_cannot_be_found() -> Tested {
    refused(Path::new("no-such-program-at-all"), 127, "not found")?;
    refused(Path::new("./no/such/program"), 127, "not found")?;
    refused(Path::new("/etc/passwd"), 126, "not an executable file")?;
    refused(Path::new("/"), 126, "not an executable file")?;
    let output = uaio().arg("run").output()?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}

#[test]
fn run_refuses_static_foreign_and_privileged_programs() -> Tested {
    let dir = tempfile::tempdir()?;
    let program = dir.path().join("program");
    let cat = which("cat").ok_or("no cat")?;

    let source = dir.path().join("s.c");
    fs::write(&source, "int main(void) { return 0; }\n")?;
    let gcc = Command::new("gcc").arg("-static").arg(&source).arg("-o").arg(&program).status()?;
    assert!(gcc.success());
    refused(&program, 126, "linked statically")?;

    let mut bytes = fs::read(&cat)?;
    bytes[18] = 22; // e_machine: s390
    fs::write(&program, &bytes)?;
    refused(&program, 126, "64-bit s390")?;
    bytes[4] = 1; // 32 bits
    fs::write(&program, &bytes)?;
    refused(&program, 126, "32-bit s390")?;

    // The rest needs a file of another user.
    if fs::metadata("/proc/self")?.uid() != 0 {
        println!("not root: set-user-ID not tested");
        return Ok(());
    }
    fs::copy(&cat, &program)?;
    chown(&program, Some(NOBODY), Some(NOBODY))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755))?;
    refused(&program, 126, "set-user-ID")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o2755))?;
    refused(&program, 126, "set-group-ID")?;
    Ok(())
}

#[test]
fn a_missing_library_is_named() -> Tested {
    let output = uaio().env("UAIO_LIBRARY", "/no/libuaio.so").args(["run", "true"]).output()?;
    assert_eq!(output.status.code(), Some(125));
    assert!(stderr(&output).contains("UAIO_LIBRARY names /no/libuaio.so"), "{}", stderr(&output));

    let dir = tempfile::tempdir()?;
    let lonely = dir.path().join("uaio");
    fs::copy(UAIO, &lonely)?;
    for (arguments, status) in [(["run", "true"], 125), (["demo", "--json"], 2)] {
        let output = Command::new(&lonely).env_remove("UAIO_LIBRARY").args(arguments).output()?;
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        let place = dir.path().join("libuaio.so");
        assert!(stderr(&output).contains(&*place.to_string_lossy()), "{}", stderr(&output));
    }
    Ok(())
}

fn demo(dir: &Path, arguments: &[&str]) -> Result<Output, std::io::Error> {
    let small = ["demo", "--size", "8M", "--depth", "8", "--dir"];
    uaio().args(small).arg(dir).args(arguments).output()
}

fn is_empty(dir: &Path) -> std::io::Result<bool> {
    Ok(fs::read_dir(dir)?.next().is_none())
}

#[test]
fn demo_compares_and_verifies() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let output = demo(dir.path(), &["--seconds", "1"])?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    for library in ["glibc", "uaio"] {
        let row = |line: &str| line.split_whitespace().take(2).eq(["buffered", library]);
        assert!(table.lines().any(row), "{table}");
    }
    assert!(table.contains("Differences: 0."), "{table}");
    assert!(stderr(&output).contains("buffered, uaio (5/5): "), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn demo_makes_exactly_the_requests_asked_for_on_every_engine() -> Tested {
    for engine in ["auto", "uring", "native", "threads"] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let output = demo(dir.path(), &["--ops", "2001", "--rounds", "2", "--json", "--engine", engine])?;
        assert_eq!(output.status.code(), Some(0), "{engine}: {}", stderr(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(report["differences"], 0);
        let lines = report["lines"].as_array().ok_or("no lines")?;
        assert!(lines.len() >= 2);
        for line in lines {
            assert_eq!(line["operations"], 2001);
            assert_eq!(line["blocks_verified"], 2 * 2048);
            // One seed, one sequence, whatever the library.
            assert_eq!(line["reads"], lines[0]["reads"]);
            let routes = line["routes"].as_object().ok_or("no routes")?;
            let routed: u64 = routes.values().filter_map(|count| count.as_u64()).sum();
            assert_eq!(routed >= 2001, line["library"] == "uaio", "{line}");
        }
    }
    Ok(())
}

#[test]
fn demo_finds_one_flipped_bit() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let output = demo(dir.path(), &["--seconds", "0.3", "--rounds", "1", "--corrupt"])?;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("WRONG: block 1024 of the file"), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn demo_tells_what_it_cannot_set_up() -> Tested {
    let dir = tempfile::tempdir()?;
    for (arguments, why) in [
        (vec!["--block", "1000"], "--block must be a multiple of 512"),
        (vec!["--block", "4M"], "--size must have room"),
        (vec!["--seconds", "0"], "--seconds"),
        (vec!["--engine", "magic"], "--engine"),
        (vec!["--size", "many"], "--size"),
    ] {
        let output = demo(dir.path(), &arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(why), "{arguments:?}: {}", stderr(&output));
    }
    let output = demo(&dir.path().join("nowhere"), &[])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nowhere"), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn an_interrupted_demo_leaves_nothing() -> Tested {
    for signal in ["-INT", "-TERM"] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut child = uaio()
            .args(["demo", "--size", "8M", "--seconds", "600", "--dir"])
            .arg(dir.path())
            .stderr(Stdio::piped())
            .spawn()?;
        // Its progress says when the client is at work.
        let progress = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let mut lines = progress.lines();
        let at_work = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("per second")));
        assert!(at_work.is_some());
        assert!(!is_empty(dir.path())?);
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status()?.success());
        let status = child.wait()?;
        assert_eq!(status.code(), None, "killed by the signal itself");
        assert!(is_empty(dir.path())?);
    }
    Ok(())
}
