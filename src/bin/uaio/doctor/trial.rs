//! Tries a filesystem: what it says to RWF_NOWAIT, and which routes the library really takes on it. The requests are
//! made by a child of this launcher with the library preloaded, whose statistics tell; the file has no name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::library::{self, PRELOAD_VARIABLE};
use crate::os::{self, Call, Requests};

const BLOCK_BYTES: usize = 4096;
/// More than it takes until native AIO is worth a context.
const REQUESTS: usize = 256;
/// The temporary file, as the client's standard input.
const FILE: &str = "/proc/self/fd/0";

/// What is tried on a file.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Use {
    Read,
    Write,
    DirectRead,
    DirectWrite,
}

impl Use {
    pub const ALL: [Use; 4] = [Use::Read, Use::Write, Use::DirectRead, Use::DirectWrite];

    pub fn name(self) -> &'static str {
        match self {
            Use::Read => "read",
            Use::Write => "write",
            Use::DirectRead => "direct-read",
            Use::DirectWrite => "direct-write",
        }
    }

    fn call(self) -> Call {
        if matches!(self, Use::Read | Use::DirectRead) { Call::Read } else { Call::Write }
    }

    fn is_direct(self) -> bool {
        matches!(self, Use::DirectRead | Use::DirectWrite)
    }
}

/// A file for a trial, which is gone when it is closed, whatever becomes of this process.
pub fn file(dir: &Path) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(dir)?;
    file.write_all(&vec![0x5a; REQUESTS * BLOCK_BYTES])?;
    // RWF_NOWAIT refuses pages that are being written.
    file.sync_all()?;
    file.rewind()?;
    Ok(file)
}

/// What the file answers to RWF_NOWAIT.
pub fn nowait(file: &File, call: Call) -> Result<(), io::Error> {
    match os::try_nowait(file, call) {
        Ok(_) => Ok(()),
        // It knows the flag, but has something to wait for just now.
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) && call == Call::Read => Ok(()),
        Err(error) => Err(error),
    }
}

/// What came of the requests.
pub enum Outcome {
    /// The routes and how many took each, the most frequent first.
    Routes(Vec<(String, u64)>),
    /// The file cannot be used so: the reason.
    NotOffered(String),
    /// The library failed: the reason.
    Failed(String),
}

impl Outcome {
    pub fn to_json(&self) -> Value {
        match self {
            Outcome::Routes(routes) => {
                let routes = routes.iter().map(|(name, count)| (name.clone(), json!(count)));
                json!({"routes": Map::from_iter(routes)})
            }
            Outcome::NotOffered(why) => json!({"not_offered": why}),
            Outcome::Failed(why) => json!({"failed": why}),
        }
    }
}

/// Makes the requests in a child, with the library preloaded.
pub fn run(library: &Path, file: &File, what: Use) -> Outcome {
    try_run(library, file, what).unwrap_or_else(|error| Outcome::Failed(error.to_string()))
}

fn try_run(library: &Path, file: &File, what: Use) -> io::Result<Outcome> {
    let place = tempfile::tempdir()?;
    let statistics = place.path().join("statistics");
    let preload = library::preload_with(library, std::env::var_os(PRELOAD_VARIABLE).as_deref());
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["doctor-client", what.name()]).stdin(Stdio::from(file.try_clone()?)).stdout(Stdio::null());
    command.env(PRELOAD_VARIABLE, preload).env("UAIO_STATS", &statistics).env_remove("UAIO_STATS_SIGNAL");
    let ended = command.output()?;
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    match ended.status.code() {
        Some(0) => {}
        Some(code) if code == i32::from(STATUS_NOT_OFFERED) => return Ok(Outcome::NotOffered(said)),
        _ => return Ok(Outcome::Failed(format!("{}: {said}", ended.status))),
    }
    let report: Value = serde_json::from_slice(&fs::read(&statistics)?)?;
    let routes = report["routes"].as_object().into_iter().flatten();
    let mut taken: Vec<_> =
        routes.filter_map(|(name, count)| Some((name.clone(), count.as_u64().filter(|count| *count > 0)?))).collect();
    taken.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Outcome::Routes(taken))
}

#[derive(Args)]
pub struct Options {
    what: Use,
}

const STATUS_FAILED: u8 = 1;
/// As c-tests have it: skipped.
const STATUS_NOT_OFFERED: u8 = 77;

/// The child.
pub fn client(options: &Options) -> ExitCode {
    let flags = if options.what.is_direct() { libc::O_DIRECT } else { 0 };
    let file = match OpenOptions::new().read(true).write(true).custom_flags(flags).open(FILE) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("cannot be opened ({})", os::error_name(&error));
            return ExitCode::from(STATUS_NOT_OFFERED);
        }
    };
    match requests(&file, options.what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("a request failed ({})", os::error_name(&error));
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// One at a time, each awaited: the least that any program does.
fn requests(file: &File, what: Use) -> io::Result<()> {
    let mut requests = Requests::new(file, 1, BLOCK_BYTES)?;
    for number in 0..REQUESTS {
        requests.submit(0, what.call(), (number * BLOCK_BYTES) as u64)?;
        let count = loop {
            if let Some(result) = requests.finished(0) {
                break result?;
            }
            requests.suspend()?;
        };
        if count != BLOCK_BYTES {
            return Err(io::Error::other(format!("{count} bytes of {BLOCK_BYTES}")));
        }
    }
    Ok(())
}
