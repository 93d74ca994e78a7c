//! `./install` as a packager and a user run it: what lies where, and programs that are built and run against it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What was built for this test: beside the test itself, or one directory up, where `cargo build` puts it.
fn built(name: &str) -> PathBuf {
    let directory = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [directory.join(name), directory.join("..").join(name)];
    places.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{name} was not built")).clone()
}

/// A directory with the three files that `./install` takes.
fn build_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    symlink(env!("CARGO_BIN_EXE_uaio"), directory.path().join("uaio")).unwrap();
    for name in ["libuaio.so", "libuaio.a"] {
        symlink(built(name), directory.path().join(name)).unwrap();
    }
    directory
}

fn install(arguments: &[&str], destdir: Option<&Path>) -> Output {
    let from = build_directory();
    let mut command = Command::new(Path::new(ROOT).join("install"));
    command.arg("--from").arg(from.path()).args(arguments).env_remove("DESTDIR");
    if let Some(destdir) = destdir {
        command.env("DESTDIR", destdir);
    }
    command.output().unwrap()
}

fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said.trim().to_owned()
}

/// A command with nothing in its environment that could lead it to another library.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.arg("60").arg(program);
    for name in ["LD_PRELOAD", "LD_LIBRARY_PATH", "UAIO_LIBRARY", "UAIO_ENGINE", "UAIO_STATS", "UAIO_LOG"] {
        command.env_remove(name);
    }
    command
}

fn is_there(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok();
    if !there {
        println!("skipped: no {tool} on this machine");
    }
    there
}

/// Files and links below a directory, by their paths from there.
fn tree(top: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![top.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else {
                found.insert(entry.path().strip_prefix(top).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Puts a source of tests/installed into `place` and names the program to be.
fn source(name: &str, place: &Path) -> PathBuf {
    let copy = place.join(name);
    fs::copy(Path::new(ROOT).join("tests/installed").join(name), &copy).unwrap();
    copy
}

#[test]
fn everything_lies_where_it_is_looked_for() {
    let stage = tempfile::tempdir().unwrap();
    let ended = install(&["--prefix=/usr", "--libdir", "/usr/lib/x86_64-linux-gnu"], Some(stage.path()));
    assert!(ended.status.success(), "{ended:?}");
    let there = tree(stage.path());
    let lib = "usr/lib/x86_64-linux-gnu";
    let real = format!("{lib}/libuaio.so.1.{}", VERSION.split_once('.').unwrap().1);
    let mut expected = vec![real.clone(), "usr/bin/uaio".to_owned()];
    for name in ["libuaio.so.1", "libuaio.so", "libuaio.a", "pkgconfig/uaio.pc", "cmake/uaio/uaio-config.cmake"] {
        expected.push(format!("{lib}/{name}"));
    }
    for page in ["man1/uaio.1", "man7/libuaio.7", "man3/aioread.3", "man3/aiowrite.3", "man3/aio_waitn64.3"] {
        expected.push(format!("usr/share/man/{page}"));
    }
    for completion in
        ["bash-completion/completions/uaio", "zsh/site-functions/_uaio", "fish/vendor_completions.d/uaio.fish"]
    {
        expected.push(format!("usr/share/{completion}"));
    }
    for header in ["uaio.h", "sys/asynch.h"] {
        expected.push(format!("usr/include/uaio/{header}"));
    }
    for path in &expected {
        assert!(there.contains(path), "{path} is not among {there:#?}");
    }
    // A file among the system's own headers could take the place of one.
    assert!(there.iter().all(|path| !path.starts_with("usr/include/") || path.starts_with("usr/include/uaio/")));
    // Each link leads to something in the tree.
    for path in &there {
        let path = stage.path().join(path);
        assert!(path.exists(), "{} leads nowhere", path.display());
    }
    let links = stage.path().join(lib);
    assert_eq!(links.join("libuaio.so").canonicalize().unwrap(), stage.path().join(&real).canonicalize().unwrap());
    let mode = |path: &str| fs::metadata(stage.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("usr/bin/uaio"), mode("usr/include/uaio/uaio.h")), (0o755, 0o644));
}

#[test]
fn what_is_uninstalled_is_gone_and_nothing_else() {
    let stage = tempfile::tempdir().unwrap();
    let neighbour = stage.path().join("usr/local/include/uaio/neighbour.h");
    fs::create_dir_all(neighbour.parent().unwrap()).unwrap();
    fs::write(&neighbour, "").unwrap();
    // A release before this one, whose file's name differs.
    fs::create_dir_all(stage.path().join("usr/local/lib")).unwrap();
    fs::write(stage.path().join("usr/local/lib/libuaio.so.1.0.99"), "").unwrap();
    assert!(install(&[], Some(stage.path())).status.success());
    let libraries =
        tree(&stage.path().join("usr/local/lib")).into_iter().filter(|name| name.starts_with("libuaio.so."));
    assert_eq!(libraries.count(), 2, "libuaio.so.1 and what it leads to");
    assert!(install(&["--uninstall"], Some(stage.path())).status.success());
    assert_eq!(tree(stage.path()), BTreeSet::from(["usr/local/include/uaio/neighbour.h".to_owned()]));
}

#[test]
fn wrong_options_are_refused_before_anything_is_written() {
    let stage = tempfile::tempdir().unwrap();
    for wrong in [&["--prefix", "here"][..], &["--prefix=/a", "--libdir=/b"], &["--prefix"], &["--no-such-option"]] {
        let ended = install(wrong, Some(stage.path()));
        assert!(!ended.status.success() && !ended.stderr.is_empty(), "{wrong:?}: {ended:?}");
    }
    assert!(tree(stage.path()).is_empty());
}

#[test]
fn pkg_config_program_runs() {
    if !is_there("pkg-config") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let prefix = place.path().join("prefix");
    assert!(install(&["--prefix", prefix.to_str().unwrap()], None).status.success());
    let c = source("pkgconfig.c", place.path());
    for (name, options, linked) in [
        ("shared", "--cflags --libs", "-Wl,-rpath,$(pkg-config --variable=libdir uaio)"),
        ("static", "--cflags --libs --static", "-static"),
    ] {
        let program = place.path().join(name);
        let line = format!(
            "cc -Wall -Wextra -Werror {} -o {} $(pkg-config {options} uaio) {linked}",
            c.display(),
            program.display()
        );
        let mut cc = command("sh");
        cc.args(["-c", &line]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        succeed(cc);
        assert_eq!(succeed(command(&program)), VERSION, "{name}");
    }
    let mut version = command("pkg-config");
    version.args(["--modversion", "uaio"]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    assert_eq!(succeed(version), VERSION);
}

#[test]
fn pkg_config_knows_a_staged_tree() {
    if !is_there("pkg-config") {
        return;
    }
    let stage = tempfile::tempdir().unwrap();
    assert!(install(&["--prefix=/usr"], Some(stage.path())).status.success());
    let mut flags = command("pkg-config");
    flags.args(["--cflags", "uaio"]).env("PKG_CONFIG_SYSROOT_DIR", stage.path());
    flags.env("PKG_CONFIG_PATH", stage.path().join("usr/lib/pkgconfig"));
    assert_eq!(succeed(flags), format!("-I{}/usr/include/uaio", stage.path().display()));
}

#[test]
fn cmake_program_runs() {
    if !is_there("cmake") || !is_there("c++") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    // Staged and then moved: nothing in CMake's files may name the place where it was meant to be.
    assert!(install(&["--prefix=/usr", "--libdir=/usr/lib/x86_64-linux-gnu"], Some(place.path())).status.success());
    let moved = place.path().join("moved");
    fs::rename(place.path().join("usr"), &moved).unwrap();
    let configure = |wanted: &str, build: &Path| {
        let mut cmake = command("cmake");
        cmake.arg("-S").arg(Path::new(ROOT).join("tests/installed/cmake")).arg("-B").arg(build);
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", moved.display())).arg(format!("-DWANTED={wanted}"));
        cmake.arg("-DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu");
        cmake
    };
    let build = place.path().join("build");
    succeed(configure(VERSION, &build));
    let mut make = command("cmake");
    make.arg("--build").arg(&build);
    succeed(make);
    assert_eq!(succeed(command(build.join("consumer"))), VERSION);
    let refused = configure("99.0", &place.path().join("refused")).output().unwrap();
    assert!(!refused.status.success(), "a version that does not exist yet was found");
}

#[test]
fn solaris_program_in_c89_runs() {
    let place = tempfile::tempdir().unwrap();
    let prefix = place.path().join("prefix");
    assert!(install(&["--prefix", prefix.to_str().unwrap()], None).status.success());
    let c = source("solaris.c", place.path());
    let program = place.path().join("solaris");
    let mut cc = command("cc");
    cc.args(["-std=c89", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(&c);
    cc.arg("-I").arg(prefix.join("include/uaio")).arg("-L").arg(prefix.join("lib")).arg("-luaio");
    cc.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
    succeed(cc);
    let mut run = command(&program);
    run.arg(&c);
    assert_eq!(succeed(run), VERSION);
}

#[test]
fn launcher_finds_the_library_that_it_was_installed_with() {
    for libdir in ["lib", "lib64", "lib/x86_64-linux-gnu"] {
        let place = tempfile::tempdir().unwrap();
        let prefix = place.path().to_str().unwrap();
        assert!(install(&["--prefix", prefix, "--libdir", &format!("{prefix}/{libdir}")], None).status.success());
        let mut run = command(place.path().join("bin/uaio"));
        run.args(["run", "--", "sh", "-c", "echo $LD_PRELOAD"]);
        let real = place.path().join(libdir).join("libuaio.so.1").canonicalize().unwrap();
        assert_eq!(succeed(run), real.to_str().unwrap());
    }
}
