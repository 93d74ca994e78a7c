//! What the environment can make the library do, and that in a set-user-ID program it is nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NOBODY: u32 = 65534;

/// Makes one request; its status is 10 if the kernel has started it in secure-execution mode, else 0.
const PROGRAM: &str = "#include <aio.h>\n#include <errno.h>\n#include <fcntl.h>\n#include <sys/auxv.h>\n\
    int main(int argc, char **argv) {\n\
    static char byte; static struct aiocb block; (void)argc;\n\
    block.aio_fildes = open(argv[0], O_RDONLY); block.aio_buf = &byte; block.aio_nbytes = 1;\n\
    if (aio_read(&block) != 0) return 1;\n\
    while (aio_error(&block) == EINPROGRESS) { }\n\
    return aio_return(&block) != 1 ? 2 : getauxval(AT_SECURE) ? 10 : 0; }\n";

struct Place {
    directory: tempfile::TempDir,
    program: PathBuf,
    /// Where nobody may make files.
    open: PathBuf,
}

/// A linked program with the library beside it, where nobody can get at both.
fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let tests = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [tests.join("libuaio.so"), tests.join("../libuaio.so")];
    let library = places.iter().find(|path| path.exists()).expect("libuaio.so was built");
    for name in ["libuaio.so", "libuaio.so.1"] {
        fs::copy(library, path(name)).unwrap();
    }
    let (source, program, open) = (path("program.c"), path("program"), path("open"));
    fs::write(&source, PROGRAM).unwrap();
    let mut cc = Command::new("cc");
    cc.arg("-o").arg(&program).arg(&source).arg("-L").arg(directory.path()).arg("-luaio");
    let built = cc.arg(format!("-Wl,-rpath,{}", directory.path().display())).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    Place { directory, program, open }
}

fn run(place: &Place, statistics: &Path, user: Option<u32>) -> (i32, String) {
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(&place.program)
        .env("UAIO_STATS", statistics)
        .env("UAIO_LOG", "1")
        .env("UAIO_ENGINE", "uring");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn statistics_are_for_the_owner_and_no_link_is_followed() {
    let place = place();
    let (there, link) = (place.open.join("there"), place.open.join("link"));
    assert_eq!(run(&place, &there, None).0, 0);
    let meta = fs::metadata(&there).unwrap();
    assert!(meta.len() > 0 && meta.permissions().mode() & 0o777 == 0o600, "{:o}", meta.permissions().mode());
    symlink(place.directory.path().join("target"), &link).unwrap();
    assert_eq!(run(&place, &link, None).0, 0);
    assert!(!place.directory.path().join("target").exists(), "a link was followed");
}

#[test]
fn nothing_of_the_environment_counts_in_a_set_user_id_program() {
    let place = place();
    // Needs a program of another user's.
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("skipped: not root");
        return;
    }
    let (plain, privileged) = (place.open.join("plain"), place.open.join("privileged"));
    assert_eq!(run(&place, &plain, Some(NOBODY)).0, 0);
    assert!(plain.exists(), "without the bit the variable counts");
    chown(&place.program, Some(0), Some(0)).unwrap();
    fs::set_permissions(&place.program, Permissions::from_mode(0o4755)).unwrap();
    let (status, said) = run(&place, &privileged, Some(NOBODY));
    if status == 0 {
        println!("skipped: no set-user-ID programs on this filesystem");
        return;
    }
    assert_eq!((status, said.as_str()), (10, ""), "in secure-execution mode, and silent");
    assert!(!privileged.exists(), "UAIO_STATS counted in a set-user-ID program");
}
