//! Every message that docs/troubleshooting.md quotes is one that somebody can get: each is provoked here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod built;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use built::library;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const UAIO: &str = env!("CARGO_BIN_EXE_uaio");
const NOBODY: u32 = 65534;
/// A user without any process, so that a limit of one is met by one more thread.
const LONELY: &str = "61234";

/// A read that is not for the caller, one of a pipe, and as many direct ones as native AIO wants to see. With an
/// argument more it has a handler of its own for SIGUSR2.
const CLIENT: &str = r"
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static void handler(int number) { (void)number; }
static void read_one(int fd, char *buffer) {
    struct aiocb block = {.aio_fildes = fd, .aio_buf = buffer, .aio_nbytes = 4096};
    const struct aiocb *list[1] = {&block};
    if (aio_read(&block) == 0)
        while (aio_error(&block) == EINPROGRESS)
            aio_suspend(list, 1, NULL);
}
int main(int argc, char **argv) {
    int ends[2], file = open(argv[1], O_RDONLY), direct = open(argv[1], O_RDONLY | O_DIRECT);
    char *buffer = aligned_alloc(4096, 4096);
    if (file < 0 || direct < 0 || pipe(ends) != 0 || write(ends[1], buffer, 1) != 1)
        return 1;
    if (argc > 2)
        signal(SIGUSR2, handler);
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    read_one(file, buffer);
    read_one(ends[0], buffer);
    for (int i = 0; i < 100; i++)
        read_one(direct, buffer);
    return 0;
}
";

/// Where everybody may look, with what the provocations need.
struct Place {
    directory: tempfile::TempDir,
    /// What has been said so far.
    said: String,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let place = Place { directory, said: String::new() };
        fs::write(place.path("client.c"), CLIENT).unwrap();
        fs::write(place.path("plain.c"), "int main(void) { return 0; }\n").unwrap();
        fs::write(place.path("file"), [1; 4096]).unwrap();
        fs::copy(UAIO, place.path("alone")).unwrap();
        place.compile("gcc", &[], "client.c", "client");
        place.compile("gcc", &[], "plain.c", "plain");
        place.compile("gcc", &["-static"], "plain.c", "static");
        place.compile("gcc", &[&format!("-I{ROOT}/benches")], &format!("{ROOT}/benches/refuse.c"), "refuse");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn compile(&self, compiler: &str, options: &[&str], source: &str, program: &str) {
        let mut command = Command::new(compiler);
        command.args(options).arg(self.path(source)).arg("-o").arg(self.path(program));
        assert!(command.status().unwrap().success(), "{compiler} {source}");
    }

    /// Runs a command there; `{}` in an argument stands for the directory.
    fn hear(&mut self, arguments: &[&str]) {
        let directory = self.directory.path().display().to_string();
        let mut command = Command::new("timeout");
        command.arg("60").args(arguments.iter().map(|argument| argument.replace("{}", &directory)));
        for name in ["LD_PRELOAD", "UAIO_LIBRARY", "UAIO_ENGINE", "UAIO_STATS", "UAIO_STATS_SIGNAL", "UAIO_LOG"] {
            command.env_remove(name);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        self.said += &String::from_utf8_lossy(&output.stderr);
    }

    /// The client under the library, which tells about itself; behind a command, and with variables or arguments more.
    fn hear_client(&mut self, before: &[&str], variables: &[&str], after: &[&str]) {
        let preload = format!("LD_PRELOAD={}", library().display());
        self.hear(&[before, &["env", &preload, "UAIO_LOG=1"], variables, &["{}/client", "{}/file"], after].concat());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn provoke_the_launcher(place: &mut Place, left_out: &mut BTreeSet<&'static str>) {
    place.hear(&["{}/alone", "run", "true"]);
    place.hear(&["env", "UAIO_LIBRARY=/no/libuaio.so", UAIO, "run", "true"]);
    fs::create_dir(place.path("a b")).unwrap();
    fs::copy(library(), place.path("a b/libuaio.so")).unwrap();
    place.hear(&["env", "UAIO_LIBRARY={}/a b/libuaio.so", UAIO, "run", "true"]);
    place.hear(&[UAIO, "run", "no-such-program"]);
    place.hear(&[UAIO, "run", "{}/static"]);
    place.hear(&[UAIO, "run", "{}/plain"]);
    let mut foreign = fs::read(place.path("plain")).unwrap();
    foreign[18] = 22; // e_machine: s390
    fs::write(place.path("foreign"), foreign).unwrap();
    fs::set_permissions(place.path("foreign"), Permissions::from_mode(0o755)).unwrap();
    place.hear(&[UAIO, "run", "{}/foreign"]);
    if Command::new("musl-gcc").arg("--version").output().is_ok() {
        place.compile("musl-gcc", &[], "plain.c", "musl");
        place.hear(&[UAIO, "run", "{}/musl"]);
    } else {
        println!("skipped: a program for musl, since there is no musl-gcc here (package musl-tools)");
        left_out.insert("is linked with musl");
    }
    if is_root() {
        chown(place.path("plain"), Some(NOBODY), None).unwrap();
        fs::set_permissions(place.path("plain"), Permissions::from_mode(0o4755)).unwrap();
        place.hear(&[UAIO, "run", "{}/plain"]);
    } else {
        println!("skipped: a set-user-ID program, which takes root");
        left_out.insert("is set-user-ID");
    }
}

fn provoke_the_library(place: &mut Place, left_out: &mut BTreeSet<&'static str>) {
    place.hear_client(&["{}/refuse", "both"], &[], &[]);
    place.hear_client(&[], &["UAIO_STATS_SIGNAL=KILL"], &[]);
    place.hear_client(&[], &["UAIO_STATS_SIGNAL=USR2"], &["with a handler"]);
    if is_root() {
        // The way to what cargo builds may be closed to other users.
        let open = tempfile::tempdir().unwrap();
        fs::set_permissions(open.path(), Permissions::from_mode(0o755)).unwrap();
        let copied = |name: &str, from: PathBuf| {
            let to = open.path().join(name);
            fs::copy(from, &to).unwrap();
            to.display().to_string()
        };
        let preload = format!("LD_PRELOAD={}", copied("libuaio.so", library()));
        let (client, file) = (copied("client", place.path("client")), copied("file", place.path("file")));
        let lonely = ["prlimit", "--nproc=1:1", "setpriv", "--reuid", LONELY, "--regid", LONELY, "--clear-groups"];
        place.hear(&[&lonely[..], &["env", &preload, "UAIO_LOG=1", &client, &file]].concat());
    } else {
        println!("skipped: a user without threads, which takes root");
        left_out.insert("cannot start a thread for");
    }
}

/// Whether the parts of a quoted message, between what varies, stand in that order in one line.
fn is_said(said: &str, quoted: &str) -> bool {
    said.lines().any(|line| {
        let mut rest = line;
        quoted.split('…').all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    })
}

#[test]
fn every_quoted_message_can_be_had() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/troubleshooting.md")).unwrap();
    let quoted: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("### `")).map(|rest| rest.trim_end_matches('`')).collect();
    assert!(quoted.len() >= 10, "{quoted:?}");
    let mut place = Place::new();
    let mut left_out = BTreeSet::new();
    provoke_the_launcher(&mut place, &mut left_out);
    provoke_the_library(&mut place, &mut left_out);
    for message in quoted {
        let skipped = left_out.iter().any(|part| message.contains(part));
        assert!(skipped || is_said(&place.said, message), "nothing said {message:?}, but:\n{}", place.said);
    }
}

#[test]
fn a_message_is_known_by_its_parts() {
    assert!(is_said("x\nuaio: no ring for files (error 1): so\n", "no ring for … (error …): so"));
    assert!(!is_said("no ring for\nfiles (error 1)", "no ring for … (error …)"));
    assert!(!is_said("(error 1) no ring for", "no ring for … (error …)"));
}
