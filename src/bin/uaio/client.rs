//! The client of `uaio demo`: a plain POSIX AIO program.
//!
//! It keeps `depth` requests in flight on one file: random reads and writes of whole blocks, polled
//! with `aio_error`, and `aio_suspend` when none has finished. It does not know which library it
//! runs on; the dynamic linker decided that.
//!
//! Each slot owns every depth-th block of the file and has its own random sequence. So no two
//! requests ever meet on a block, the version of each block is known at every moment, and the
//! sequence of a slot is the same in every run with the same seed, whatever finishes first.
//!
//! It reports to its parent in lines of JSON on stdout; see [`Report`].

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write, stdout};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::blocks::{self, Identity};
use crate::histogram::Histogram;
use crate::os::{self, Call, Requests};

/// How often the parent hears from us.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// The final check reads this much at once.
const CHECK_BYTES: usize = 1 << 20;
/// After this many differences the rest is only counted.
const MAX_EXPLAINED: usize = 10;
/// A submission refused with EAGAIN while nothing is in flight is tried again this often.
const MAX_REFUSALS: u32 = 1000;
const REFUSAL_PAUSE: Duration = Duration::from_millis(1);

#[derive(Args)]
pub struct Options {
    /// The file, whole already
    #[arg(long)]
    file: PathBuf,
    /// Bytes in a block
    #[arg(long)]
    block: usize,
    /// Blocks in the file
    #[arg(long)]
    blocks: u64,
    /// Requests in flight
    #[arg(long)]
    depth: usize,
    /// Stop after this time
    #[arg(long, conflicts_with = "ops", required_unless_present = "ops")]
    seconds: Option<f64>,
    /// Stop after this many requests
    #[arg(long)]
    ops: Option<u64>,
    /// Share of reads
    #[arg(long)]
    read_percent: u64,
    /// What the blocks are derived from
    #[arg(long)]
    seed: u64,
    /// What the sequence of requests is derived from
    #[arg(long)]
    sequence: u64,
    /// Versions of the blocks, read at the start and written at the end; no file, all are 0
    #[arg(long)]
    versions: PathBuf,
    /// Open with O_DIRECT
    #[arg(long)]
    direct: bool,
    /// Flip one byte of the file in the middle of the run
    #[arg(long)]
    corrupt: bool,
    /// Process that this one ends with
    #[arg(long)]
    parent: u32,
}

/// One line on stdout, an object whose `is` names its kind.
enum Report<'a> {
    /// The run goes on.
    Running { seconds: f64, operations: u64, reads: u64 },
    /// The final check goes on.
    Checking { done: u64, of: u64 },
    /// A byte is wrong, or a request failed.
    Wrong { what: &'a str },
    /// The last line.
    Result(Value),
}

impl Report<'_> {
    fn send(self) -> io::Result<()> {
        let line = match self {
            Self::Running { seconds, operations, reads } => {
                json!({"is": "running", "seconds": seconds, "operations": operations,
                       "reads": reads})
            }
            Self::Checking { done, of } => json!({"is": "checking", "done": done, "of": of}),
            Self::Wrong { what } => json!({"is": "wrong", "what": what}),
            Self::Result(mut value) => {
                value["is"] = json!("result");
                value
            }
        };
        let mut out = stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

pub fn main(options: &Options) -> ExitCode {
    match run(options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("uaio demo: {}: {error}", options.file.display());
            ExitCode::from(2)
        }
    }
}

/// Returns how many things went wrong.
fn run(options: &Options) -> io::Result<u64> {
    os::die_with_parent(options.parent)?;
    let flags = if options.direct { libc::O_DIRECT } else { 0 };
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&options.file)?;
    let plain = OpenOptions::new().read(true).write(true).open(&options.file)?;

    let versions = load_versions(&options.versions, options.blocks)?;
    let mut client = Client::new(options, &plain, Requests::new(&file, options.depth, options.block)?, versions);
    let started = Instant::now();
    let cpu_before = os::cpu_time();
    client.run(started)?;
    let cpu = os::cpu_time().saturating_sub(cpu_before);
    let elapsed = started.elapsed();

    // What the page cache says is not yet what the disk holds.
    file.sync_all()?;
    os::drop_cache(&plain);
    client.check_file()?;
    save_versions(&options.versions, &client.versions)?;

    let latency = &client.latency;
    let us = |ns: u64| ns as f64 / 1e3;
    let wrong = client.wrong;
    Report::Result(json!({
        "operations": client.operations,
        "reads": client.reads,
        "writes": client.operations - client.reads,
        "seconds": elapsed.as_secs_f64(),
        "operations_per_second": client.operations as f64 / elapsed.as_secs_f64(),
        "cpu_seconds": cpu.as_secs_f64(),
        "cpu_us_per_operation": cpu.as_secs_f64() * 1e6 / client.operations.max(1) as f64,
        "latency_us": {
            "p50": us(latency.percentile_ns(50.0)),
            "p99": us(latency.percentile_ns(99.0)),
            "p99.9": us(latency.percentile_ns(99.9)),
            "max": us(latency.max_ns()),
        },
        "blocks_verified": options.blocks,
        "wrong": wrong,
        "aio_from": os::object_of_aio_read(),
    }))
    .send()?;
    Ok(wrong)
}

fn load_versions(path: &Path, blocks: u64) -> io::Result<Vec<u64>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(vec![0; blocks as usize]);
        }
        bytes => bytes?,
    };
    let versions: Vec<_> =
        bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default())).collect();
    if versions.len() as u64 == blocks { Ok(versions) } else { Err(io::Error::other("not the versions of this file")) }
}

fn save_versions(path: &Path, versions: &[u64]) -> io::Result<()> {
    let bytes: Vec<u8> = versions.iter().flat_map(|version| version.to_le_bytes()).collect();
    fs::write(path, bytes)
}

/// One of the `depth` independent sequences of requests.
struct Slot {
    random: u64,
    /// How many blocks of the file belong to it.
    share: u64,
    /// Requests it may still make; only with --ops.
    left: u64,
    request: Option<Request>,
}

/// A request that is to be made, or was.
#[derive(Clone, Copy)]
struct Request {
    call: Call,
    number: u64,
    since: Option<Instant>,
}

struct Client<'a> {
    options: &'a Options,
    plain: &'a File,
    requests: Requests<'a>,
    slots: Vec<Slot>,
    /// The version that each block of the file has.
    versions: Vec<u64>,
    /// With --corrupt: the block that is damaged, and never written so that the damage stays.
    victim: Option<u64>,
    latency: Histogram,
    operations: u64,
    reads: u64,
    wrong: u64,
    explained: BTreeSet<(Phase, u64)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    Checking,
}

impl<'a> Client<'a> {
    fn new(options: &'a Options, plain: &'a File, requests: Requests<'a>, versions: Vec<u64>) -> Self {
        let depth = options.depth as u64;
        let ops = options.ops.unwrap_or(u64::MAX);
        let part = |whole: u64, slot: u64| whole / depth + u64::from(slot < whole % depth);
        let slots = (0..depth).map(|slot| Slot {
            random: blocks::mix(options.sequence ^ blocks::mix(slot)),
            share: part(options.blocks, slot),
            left: part(ops, slot),
            request: None,
        });
        Self {
            options,
            plain,
            requests,
            slots: slots.collect(),
            versions,
            victim: options.corrupt.then_some(options.blocks / 2),
            latency: Histogram::new(),
            operations: 0,
            reads: 0,
            wrong: 0,
            explained: BTreeSet::new(),
        }
    }

    fn run(&mut self, started: Instant) -> io::Result<()> {
        let limit = self.options.seconds.map(Duration::from_secs_f64);
        let half_ops = self.options.ops.map_or(u64::MAX, |ops| ops / 2);
        let mut damage_due = self.victim;
        let mut reported = started;
        let mut now = started;
        let mut refusals = 0;
        loop {
            let stop = limit.is_some_and(|limit| now - started >= limit);
            let mut idle_pass = true;
            for slot in 0..self.slots.len() {
                if let Some(result) = self.requests.finished(slot) {
                    now = Instant::now();
                    idle_pass = false;
                    self.complete(slot, result, now)?;
                }
                if self.requests.is_idle(slot) && self.prepare(slot, stop) {
                    match self.submit(slot) {
                        Ok(()) => refusals = 0,
                        // Out of resources: room comes with the next completion.
                        Err(e) if e.raw_os_error() == Some(libc::EAGAIN) => {
                            refusals += 1;
                            if refusals > MAX_REFUSALS && self.requests.all_idle() {
                                return Err(e);
                            }
                        }
                        Err(e) => return Err(e),
                    }
                }
            }
            if let Some(number) = damage_due {
                let half_time = limit.is_some_and(|limit| now - started >= limit / 2);
                if half_time || self.operations >= half_ops {
                    self.damage(number)?;
                    damage_due = None;
                }
            }
            if now - reported >= REPORT_EVERY {
                reported = now;
                self.report_running(started)?;
            }
            if self.requests.all_idle() {
                if self.slots.iter().all(|slot| slot.request.is_none()) {
                    return self.report_running(started);
                }
                std::thread::sleep(REFUSAL_PAUSE);
                now = Instant::now();
            } else if idle_pass {
                self.requests.suspend()?;
            }
        }
    }

    /// Decides on the slot's next request and fills its buffer. False if it shall make no more.
    fn prepare(&mut self, slot: usize, stop: bool) -> bool {
        let depth = self.options.depth as u64;
        let state = &mut self.slots[slot];
        if state.request.is_some() {
            return true; // refused before
        }
        if stop || state.left == 0 {
            return false;
        }
        state.left -= 1;
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let random = blocks::mix(state.random);
        let number = slot as u64 + depth * ((random >> 8) % state.share);
        let read = random % 100 < self.options.read_percent || self.victim == Some(number);
        let call = if read { Call::Read } else { Call::Write };
        state.request = Some(Request { call, number, since: None });
        if !read {
            let version = self.versions[number as usize] + 1;
            let identity = Identity { number, version, seed: self.options.seed };
            if let Some(buffer) = self.requests.buffer(slot) {
                blocks::fill(buffer, identity);
            }
        }
        true
    }

    fn submit(&mut self, slot: usize) -> io::Result<()> {
        let Some(request) = &mut self.slots[slot].request else {
            return Ok(());
        };
        request.since = Some(Instant::now());
        self.requests.submit(slot, request.call, request.number * self.options.block as u64)
    }

    fn complete(&mut self, slot: usize, result: io::Result<usize>, now: Instant) -> io::Result<()> {
        let Some(request) = self.slots[slot].request.take() else {
            return Ok(());
        };
        let Request { call, number, since } = request;
        self.latency.add(since.map_or(0, |since| (now - since).as_nanos() as u64));
        self.operations += 1;
        let name = if call == Call::Read { "aio_read" } else { "aio_write" };
        match result {
            Ok(count) if count == self.options.block => {}
            Ok(count) => {
                let wanted = self.options.block;
                self.wrong(
                    Phase::Running,
                    number,
                    format_args!("{name} of block {number}: {count} bytes of {wanted}"),
                )?;
                return Err(io::Error::other("the rest of the run would have no meaning"));
            }
            Err(error) => {
                self.wrong(Phase::Running, number, format_args!("{name} of block {number}: {error}"))?;
                return Err(io::Error::other("the rest of the run would have no meaning"));
            }
        }
        if call == Call::Write {
            self.versions[number as usize] += 1;
            return Ok(());
        }
        self.reads += 1;
        let version = self.versions[number as usize];
        let expected = Identity { number, version, seed: self.options.seed };
        let found = self.requests.buffer(slot).map(|block| blocks::check(block, expected));
        match found {
            Some(Err(difference)) => self.wrong(
                Phase::Running,
                number,
                format_args!("aio_read of block {number}, expected version {version}: {difference}"),
            ),
            _ => Ok(()),
        }
    }

    /// Reads the whole file once more with plain `pread`.
    fn check_file(&mut self) -> io::Result<()> {
        let block = self.options.block;
        let mut buffer = vec![0; (CHECK_BYTES / block).max(1) * block];
        let mut reported = Instant::now();
        let mut number = 0;
        while number < self.options.blocks {
            let count = ((self.options.blocks - number) as usize).min(buffer.len() / block);
            let part = &mut buffer[..count * block];
            self.plain.read_exact_at(part, number * block as u64)?;
            for bytes in part.chunks_exact_mut(block) {
                let version = self.versions[number as usize];
                let expected = Identity { number, version, seed: self.options.seed };
                if let Err(difference) = blocks::check(bytes, expected) {
                    self.wrong(
                        Phase::Checking,
                        number,
                        format_args!("block {number} of the file, expected version {version}: {difference}"),
                    )?;
                }
                number += 1;
            }
            if reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                Report::Checking { done: number, of: self.options.blocks }.send()?;
            }
        }
        Ok(())
    }

    fn damage(&self, number: u64) -> io::Result<()> {
        let at = number * self.options.block as u64 + self.options.block as u64 / 2;
        let mut byte = [0];
        self.plain.read_exact_at(&mut byte, at)?;
        self.plain.write_all_at(&[byte[0] ^ 1], at)?;
        self.plain.sync_all()
    }

    /// Counts a difference, and explains it unless much has been said already.
    fn wrong(&mut self, phase: Phase, number: u64, what: impl Display) -> io::Result<()> {
        self.wrong += 1;
        if self.explained.len() < MAX_EXPLAINED && self.explained.insert((phase, number)) {
            Report::Wrong { what: &what.to_string() }.send()?;
        }
        Ok(())
    }

    fn report_running(&self, started: Instant) -> io::Result<()> {
        Report::Running { seconds: started.elapsed().as_secs_f64(), operations: self.operations, reads: self.reads }
            .send()
    }
}
