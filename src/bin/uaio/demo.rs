//! `uaio demo`: the same client on glibc and on `libuaio.so`, on a real file, every byte verified.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write, stdout};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::blocks::{self, Identity};
use crate::library::{self, PRELOAD_VARIABLE};
use crate::progress::Progress;
use crate::table::{Conditions, Library, Run, Table, Workload, grouped};
use crate::{Engine, os};

#[derive(Args)]
pub struct Options {
    /// Size of the file
    #[arg(long, default_value = "256M", value_parser = parse_size)]
    size: u64,
    /// Requests in flight
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=4096))]
    depth: u32,
    /// Time for each line of the table
    #[arg(long, default_value_t = 5.0, value_parser = parse_seconds, conflicts_with = "ops")]
    seconds: f64,
    /// Requests for each line of the table, however long they take
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    ops: Option<u64>,
    /// Each line is measured in this many parts, by turns with the other library
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Bytes in a request
    #[arg(long, default_value = "4096", value_parser = parse_size)]
    block: u64,
    /// Share of reads
    #[arg(long, value_name = "PERCENT", default_value_t = 70,
          value_parser = clap::value_parser!(u64).range(0..=100))]
    reads: u64,
    /// Where the file is made, and removed afterwards
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How libuaio.so carries out requests
    #[arg(long, default_value = "auto")]
    engine: Engine,
    /// What blocks and request sequences are derived from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Flip one byte of the file in the middle of each run; the demonstration must then fail
    #[arg(long, hide = true)]
    corrupt: bool,
}

const MIB: u64 = 1 << 20;
const MAX_BLOCK: u64 = 16 * MIB;
/// The file is written in pieces of this size, or of one block if that is more: the kernel makes its
/// cached folios as large as the writes, and small writes into large folios are slow.
const PIECE_BYTES: usize = 4096;
/// A client that says nothing for so long hangs: it reports ten times a second unless no request
/// finishes.
const SILENCE: Duration = Duration::from_secs(60);

const STATUS_WRONG: u8 = 1;
const STATUS_SET_UP: u8 = 2;

/// Why there is no table.
enum Failure {
    SetUp(String),
    /// The client did something that no client may: wrong data, a crash, a hang.
    Wrong(String),
}

impl Failure {
    fn at(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::SetUp(format!("{what}: {error}"))
    }
}

pub fn main(options: &Options) -> ExitCode {
    match demonstrate(options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(wrong) => {
            eprintln!("uaio demo: FAILED: {wrong} differences");
            ExitCode::from(STATUS_WRONG)
        }
        Err(Failure::Wrong(what)) => {
            eprintln!("uaio demo: FAILED: {what}");
            ExitCode::from(STATUS_WRONG)
        }
        Err(Failure::SetUp(what)) => {
            eprintln!("uaio demo: {what}");
            ExitCode::from(STATUS_SET_UP)
        }
    }
}

/// Returns how many differences were found.
fn demonstrate(options: &Options) -> Result<u64, Failure> {
    check_options(options).map_err(Failure::SetUp)?;
    let library = library::find().map_err(|e| Failure::SetUp(e.to_string()))?;
    let place = Place::make(&options.dir)?;
    let mut demo = Demo { options, library, place, progress: Progress::new(), runs: Vec::new() };
    demo.fill()?;

    let mut skipped = None;
    for workload in [Workload::Buffered, Workload::Direct] {
        if workload == Workload::Direct {
            if let Err(error) = demo.probe_direct() {
                skipped = Some(format!("{} cannot be shown here: {error}", workload.name()));
                continue;
            }
        }
        for round in 0..options.rounds {
            // By turns, and each first as often: what else the machine does hits both alike.
            let mut turns = [Library::Glibc, Library::Uaio];
            turns.rotate_left(round as usize % 2);
            for library in turns {
                demo.run(workload, round, library)?;
            }
        }
    }
    let conditions = Conditions {
        engine: options.engine.name(),
        size: demo.blocks() * options.block,
        block: options.block,
        depth: options.depth,
        read_percent: options.reads,
        seed: options.seed,
        rounds: options.rounds,
    };
    let table = Table { conditions, runs: demo.runs, skipped };
    let mut out = stdout().lock();
    let printed = match options.json {
        true => writeln!(out, "{:#}", table.to_json()),
        false => table.print(&mut out),
    };
    printed.map_err(|e| Failure::at("cannot print the result", &e))?;
    Ok(table.differences())
}

fn check_options(options: &Options) -> Result<(), String> {
    let unit = blocks::UNIT as u64;
    if options.block == 0 || options.block % unit != 0 || options.block > MAX_BLOCK {
        return Err(format!("--block must be a multiple of {unit} and at most 16M"));
    }
    if options.ops.is_some_and(|ops| ops < options.rounds.into()) {
        return Err("--ops must give each of the --rounds at least one request".into());
    }
    if options.size / options.block < u64::from(options.depth) {
        return Err("--size must have room for one block per request in flight (--depth)".into());
    }
    Ok(())
}

/// A directory of our own, which goes away with everything in it when the demonstration ends, also
/// by a signal.
struct Place {
    dir: PathBuf,
    data: PathBuf,
    versions: PathBuf,
    statistics: PathBuf,
}

impl Place {
    fn make(parent: &Path) -> Result<Self, Failure> {
        let fail = |error| Failure::at(parent.display(), &error);
        let parent = parent.canonicalize().map_err(fail)?;
        let dir = parent.join(format!("uaio-demo-{}", std::process::id()));
        let place =
            Self { data: dir.join("data"), versions: dir.join("versions"), statistics: dir.join("statistics"), dir };
        let files = [&place.data, &place.versions, &place.statistics].map(PathBuf::clone);
        os::remove_on_signal(&files, &place.dir).map_err(fail)?;
        fs::create_dir(&place.dir).map_err(|error| Failure::at(place.dir.display(), &error))?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            if error.kind() != io::ErrorKind::NotFound {
                eprintln!("uaio demo: cannot remove {}: {error}", self.dir.display());
            }
        }
    }
}

struct Demo<'o> {
    options: &'o Options,
    library: PathBuf,
    place: Place,
    progress: Progress,
    runs: Vec<Run>,
}

impl Demo<'_> {
    fn blocks(&self) -> u64 {
        self.options.size / self.options.block
    }

    /// Gives every block version 0 and the whole file a place on the disk. The runs overwrite only
    /// that, and each ends with all of it synced and, for the check, read back: they start alike.
    fn fill(&mut self) -> Result<(), Failure> {
        let fail = |error| Failure::at("cannot write the file", &error);
        let path = &self.place.data;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(path).map_err(fail)?;
        let block = self.options.block as usize;
        let mut piece = vec![0; (PIECE_BYTES / block).max(1) * block];
        let total = self.blocks() * block as u64;
        let mib = |bytes: u64| bytes as f64 / MIB as f64;
        let mut done = 0;
        while done < total {
            let part = &mut piece[..((total - done) as usize).min((PIECE_BYTES / block).max(1) * block)];
            for (index, bytes) in part.chunks_exact_mut(block).enumerate() {
                let number = done / block as u64 + index as u64;
                blocks::fill(bytes, Identity { number, version: 0, seed: self.options.seed });
            }
            file.write_all_at(part, done).map_err(fail)?;
            done += part.len() as u64;
            self.progress.tick(|| format!("writing the file: {:.0} of {:.0} MiB", mib(done), mib(total)));
        }
        self.progress.tick(|| "writing the file: waiting for the disk".into());
        file.sync_all().map_err(fail)
    }

    /// Whether the file can be read with O_DIRECT in blocks of the wanted size.
    fn probe_direct(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).custom_flags(libc::O_DIRECT).open(&self.place.data)?;
        let block = self.options.block as usize;
        let mut memory = vec![0; block + DIRECT_ALIGN];
        let start = memory.as_ptr().align_offset(DIRECT_ALIGN);
        file.read_exact_at(&mut memory[start..start + block], 0)
    }

    fn run(&mut self, workload: Workload, round: u32, library: Library) -> Result<(), Failure> {
        let data = File::open(&self.place.data).map_err(|e| Failure::at("cannot open the file", &e))?;
        if workload == Workload::Direct {
            os::drop_cache(&data);
        }
        let rounds = self.options.rounds;
        let (what, on) = (workload.name(), library.name());
        let name = format!("{what}, {on} ({}/{rounds})", round + 1);
        let mut child = self
            .command(workload, round, library)
            .and_then(|mut command| command.spawn())
            .map_err(|e| Failure::at("cannot start the client", &e))?;
        let result = self.follow(&name, &mut child);
        if result.is_err() {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|e| Failure::at("cannot wait for the client", &e))?;
        let result = result?;
        if let Some(signal) = status.signal() {
            return Err(Failure::Wrong(format!("{name}: the client was killed by signal {signal}")));
        }
        let result = match (result.last, status.code()) {
            (Some(last), Some(0 | 1)) => last,
            _ if result.wrong > 0 => {
                return Err(Failure::Wrong(format!("{name}: the client had to stop")));
            }
            _ => {
                return Err(Failure::SetUp(format!("{name}: the client gave up ({status})")));
            }
        };
        let statistics = self.check_library(library, &result)?;
        if result["wrong"] != 0 {
            // The next run shall not find this one's damage.
            fs::remove_file(&self.place.versions).map_err(|e| Failure::at("versions", &e))?;
            self.fill()?;
        }
        self.runs.push(Run { workload, library, result, statistics });
        Ok(())
    }

    fn command(&self, workload: Workload, round: u32, library: Library) -> io::Result<Command> {
        let options = self.options;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("demo-client").arg("--file").arg(&self.place.data);
        let mut number = |name: &str, value: u64| {
            command.arg(name).arg(value.to_string());
        };
        number("--block", options.block);
        number("--blocks", self.blocks());
        number("--depth", options.depth.into());
        number("--read-percent", options.reads);
        number("--seed", options.seed);
        number("--sequence", options.seed.wrapping_add(round.into()));
        number("--parent", std::process::id().into());
        match options.ops {
            Some(ops) => {
                let rounds = u64::from(options.rounds);
                let part = ops / rounds + u64::from(u64::from(round) < ops % rounds);
                command.arg("--ops").arg(part.to_string())
            }
            None => {
                let part = options.seconds / f64::from(options.rounds);
                command.arg("--seconds").arg(part.to_string())
            }
        };
        command.arg("--versions").arg(&self.place.versions);
        if workload == Workload::Direct {
            command.arg("--direct");
        }
        if options.corrupt {
            command.arg("--corrupt");
        }
        let preload = std::env::var_os(PRELOAD_VARIABLE);
        match library {
            Library::Glibc => match library::preload_without(preload.as_deref()) {
                Some(others) => command.env(PRELOAD_VARIABLE, others),
                None => command.env_remove(PRELOAD_VARIABLE),
            },
            Library::Uaio => command
                .env(PRELOAD_VARIABLE, library::preload_with(&self.library, preload.as_deref()))
                .env("UAIO_ENGINE", options.engine.name())
                .env("UAIO_STATS", &self.place.statistics),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Ok(command)
    }

    /// Shows what the client reports until it has nothing more to say.
    fn follow(&mut self, name: &str, child: &mut Child) -> Result<Followed, Failure> {
        let lines = lines_of(child);
        let mut followed = Followed { last: None, wrong: 0 };
        let mut running = String::new();
        loop {
            let line = match lines.recv_timeout(SILENCE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Disconnected) => return Ok(followed),
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = SILENCE.as_secs();
                    let what = format!("{name}: no request has finished for {seconds} seconds");
                    return Err(Failure::Wrong(what));
                }
            };
            let Ok(report) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            match report["is"].as_str() {
                Some("running") => {
                    running = running_line(name, &report);
                    self.progress.tick(|| running.clone());
                }
                Some("checking") => {
                    let done = report["done"].as_f64().unwrap_or(0.0);
                    let of = report["of"].as_f64().unwrap_or(1.0);
                    let percent = 100.0 * done / of;
                    self.progress.tick(|| format!("{name}: verifying the file: {percent:.0} %"));
                }
                Some("wrong") => {
                    followed.wrong += 1;
                    let what = report["what"].as_str().unwrap_or(&line);
                    self.progress.note(&format!("{name}: WRONG: {what}"));
                }
                Some("result") => {
                    let wrong = report["wrong"].as_u64().unwrap_or(0);
                    let found = if wrong == 0 { "all verified".into() } else { format!("{wrong} WRONG") };
                    self.progress.end(&format!("{running}; {found}"));
                    followed.last = Some(report);
                }
                _ => {}
            }
        }
    }

    /// A comparison of a library with itself would be worth nothing.
    fn check_library(&self, library: Library, result: &Value) -> Result<Option<Value>, Failure> {
        let from = result["aio_from"].as_str().unwrap_or("an unknown object");
        let is_ours = Path::new(from).canonicalize().is_ok_and(|path| path == self.library);
        if library == Library::Glibc {
            return if is_ours || from.as_bytes().ends_with(b"libuaio.so") {
                Err(Failure::SetUp(format!("the client for glibc ran on {from}")))
            } else {
                Ok(None)
            };
        }
        if !is_ours {
            let ours = self.library.display();
            return Err(Failure::SetUp(format!("the client took aio_read from {from}, not {ours}")));
        }
        let no_use =
            |why: &dyn fmt::Display| Failure::SetUp(format!("the statistics that the library writes at exit: {why}"));
        let text = fs::read(&self.place.statistics).map_err(|e| no_use(&e))?;
        let statistics: Value = serde_json::from_slice(&text).map_err(|e| no_use(&e))?;
        if !statistics["routes"].is_object() {
            return Err(no_use(&"no routes in them"));
        }
        fs::remove_file(&self.place.statistics).map_err(|e| no_use(&e))?;
        Ok(Some(statistics))
    }
}

/// What was heard from a client.
struct Followed {
    last: Option<Value>,
    wrong: u64,
}

/// Enough alignment for `O_DIRECT` on every filesystem.
const DIRECT_ALIGN: usize = 4096;

/// The client's stdout, read by a thread so that waiting for a line can have a limit.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn running_line(name: &str, report: &Value) -> String {
    let seconds = report["seconds"].as_f64().unwrap_or(0.0);
    let operations = report["operations"].as_u64().unwrap_or(0);
    let per_second = if seconds > 0.0 { operations as f64 / seconds } else { 0.0 };
    format!("{name}: {seconds:.1} s, {} requests, {} per second", grouped(operations), grouped(per_second as u64))
}

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KIB" => 1 << 10,
        "M" | "MIB" => 1 << 20,
        "G" | "GIB" => 1 << 30,
        "T" | "TIB" => 1 << 40,
        unit => return Err(format!("unknown unit {unit:?}; use K, M, G or T")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{digits:?} is not a whole number"))?;
    number
        .checked_mul(factor)
        .filter(|bytes| i64::try_from(*bytes).is_ok())
        .ok_or_else(|| "too large for a file".into())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("give a number of seconds, more than 0 and at most a day".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("4096"), Ok(4096));
        assert_eq!(parse_size("256M"), Ok(256 << 20));
        assert_eq!(parse_size("1GiB"), Ok(1 << 30));
        for bad in ["", "M", "-1", "1.5G", "3X", "99999999T"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
