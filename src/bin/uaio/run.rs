//! `uaio run`: a program with `libuaio.so` preloaded.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;

use crate::elf::{self, Elf, Kind, Program};
use crate::library::{self, PRELOAD_VARIABLE};
use crate::{Engine, os};

#[derive(Args)]
pub struct Options {
    /// How requests are carried out (UAIO_ENGINE)
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// Statistics when the program ends: to stderr, or as JSON to a file (UAIO_STATS)
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "1")]
    stats: Option<OsString>,
    /// Statistics also whenever the program gets this signal, such as USR2 (UAIO_STATS_SIGNAL)
    #[arg(long, value_name = "SIGNAL")]
    stats_signal: Option<OsString>,
    /// How much the library tells about itself (UAIO_LOG)
    #[arg(long, value_name = "LEVEL")]
    log: Option<OsString>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// As env(1), nice(1) and the shells have it, so that the program's own statuses stay apart.
const STATUS_LAUNCHER: u8 = 125;
const STATUS_CANNOT_RUN: u8 = 126;
const STATUS_NOT_FOUND: u8 = 127;

/// A script's interpreter may be a script: the kernel follows this many.
const MAX_INTERPRETERS: usize = 4;

const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;
const GROUP_EXECUTE: u32 = 0o010;
const ANY_EXECUTE: u32 = 0o111;

enum Error {
    Library(library::Error),
    NotFound(OsString),
    NotExecutable(PathBuf),
    Unreadable(PathBuf, std::io::Error),
    Static(PathBuf),
    Musl(PathBuf),
    Foreign { program: PathBuf, has: Kind, library: PathBuf, library_has: Kind },
    Privileged(PathBuf, &'static str),
    Exec(PathBuf, std::io::Error),
}

impl Error {
    fn status(&self) -> u8 {
        match self {
            Self::Library(_) => STATUS_LAUNCHER,
            Self::NotFound(_) => STATUS_NOT_FOUND,
            _ => STATUS_CANNOT_RUN,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(error) => error.fmt(f),
            Self::NotFound(name) => write!(f, "{}: not found", Path::new(name).display()),
            Self::NotExecutable(path) => write!(f, "{}: not an executable file", path.display()),
            Self::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Static(path) => write!(
                f,
                "{} is linked statically: it has no dynamic linker that could load the library; \
                 link it with libuaio.a instead",
                path.display()
            ),
            Self::Musl(path) => write!(
                f,
                "{} is linked with musl, whose control blocks are laid out differently; \
                 the library serves programs linked with glibc",
                path.display()
            ),
            Self::Foreign { program, has, library, library_has } => {
                write!(f, "{} is {has}, but {} is {library_has}", program.display(), library.display())
            }
            Self::Privileged(path, what) => write!(
                f,
                "{} {what}: the dynamic linker ignores preloads there; link it with -luaio instead",
                path.display()
            ),
            Self::Exec(path, error) => write!(f, "cannot run {}: {error}", path.display()),
        }
    }
}

pub fn main(options: &Options) -> ExitCode {
    // exec returns only when it failed.
    let error = match prepare(options) {
        Ok(mut command) => {
            let error = command.exec();
            Error::Exec(PathBuf::from(command.get_program()), error)
        }
        Err(error) => error,
    };
    eprintln!("uaio run: {error}");
    ExitCode::from(error.status())
}

fn prepare(options: &Options) -> Result<Command, Error> {
    let library = library::find().map_err(Error::Library)?;
    let [name, arguments @ ..] = options.program.as_slice() else {
        return Err(Error::NotFound(OsString::new()));
    };
    let path = find_program(name)?;
    check(&path, &library)?;

    let mut command = Command::new(&path);
    command.arg0(name).args(arguments);
    let current = env::var_os(PRELOAD_VARIABLE);
    command.env(PRELOAD_VARIABLE, library::preload_with(&library, current.as_deref()));
    if let Some(engine) = options.engine {
        command.env("UAIO_ENGINE", engine.name());
    }
    if let Some(stats) = &options.stats {
        command.env("UAIO_STATS", stats);
    }
    if let Some(signal) = &options.stats_signal {
        command.env("UAIO_STATS_SIGNAL", signal);
    }
    if let Some(level) = &options.log {
        command.env("UAIO_LOG", level);
    }
    Ok(command)
}

/// As execvp(3) looks for it.
fn find_program(name: &OsStr) -> Result<PathBuf, Error> {
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return match path.metadata() {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::NotFound(name.into())),
            Err(e) => Err(Error::Unreadable(path, e)),
            Ok(_) if !is_executable(&path) => Err(Error::NotExecutable(path)),
            Ok(_) => Ok(path),
        };
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let candidates = env::split_paths(&path).map(|dir| {
        // An empty entry is the current directory.
        if dir.as_os_str().is_empty() { Path::new(".").join(name) } else { dir.join(name) }
    });
    if name.is_empty() {
        return Err(Error::NotFound(name.into()));
    }
    candidates.into_iter().find(|path| is_executable(path)).ok_or(Error::NotFound(name.into()))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & ANY_EXECUTE != 0)
}

/// Finds out beforehand what the dynamic linker would pass over in silence or with a riddle.
fn check(program: &Path, library: &Path) -> Result<(), Error> {
    let mut path = program.to_owned();
    for _ in 0..=MAX_INTERPRETERS {
        if let Some(what) = privilege(&path) {
            return Err(Error::Privileged(path, what));
        }
        match elf::read(&path) {
            Ok(Program::Elf(elf)) => return check_elf(&path, &elf, library, path == program),
            Ok(Program::Script(interpreter)) => path = PathBuf::from(interpreter),
            Ok(Program::Other) => return Ok(()),
            // Executable but not readable is allowed; a missing interpreter is for exec to report.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

fn check_elf(path: &Path, program: &Elf, library: &Path, hint: bool) -> Result<(), Error> {
    let ours = elf::read(library).map_err(|e| Error::Unreadable(library.to_owned(), e))?;
    let Program::Elf(Elf { kind: library_has, .. }) = ours else {
        let not_elf = std::io::Error::other("not a shared library");
        return Err(Error::Unreadable(library.to_owned(), not_elf));
    };
    if program.kind != library_has {
        return Err(Error::Foreign {
            program: path.to_owned(),
            has: program.kind,
            library: library.to_owned(),
            library_has,
        });
    }
    if program.interpreter.is_none() {
        return Err(Error::Static(path.to_owned()));
    }
    if program.is_for_musl() {
        return Err(Error::Musl(path.to_owned()));
    }
    if hint && program.imports.is_empty() {
        eprintln!(
            "uaio run: note: {} itself does not import aio_* calls (a library that it loads may)",
            path.display()
        );
    }
    Ok(())
}

/// Whether the kernel would start the file in secure-execution mode.
pub fn privilege(path: &Path) -> Option<&'static str> {
    let meta = path.metadata().ok()?;
    let (uid, gid) = os::user_and_group();
    let mode = meta.mode();
    if mode & SET_UID != 0 && meta.uid() != uid {
        return Some("is set-user-ID");
    }
    if mode & SET_GID != 0 && mode & GROUP_EXECUTE != 0 && meta.gid() != gid {
        return Some("is set-group-ID");
    }
    if uid != 0 && os::has_file_capabilities(path) {
        return Some("has file capabilities");
    }
    None
}
