//! What the environment asks for, read once at the first request.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::backend::workers;
use crate::sys::{call, log};

/// `UAIO_ENGINE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// The cheapest route that does not block the caller, per request.
    Auto,
    /// Rings for everything, workers where the kernel refuses a ring.
    Uring,
    /// Native AIO where it serves, workers for the rest; no ring.
    Native,
    /// Worker threads only.
    Threads,
}

impl Choice {
    /// The value that selects it.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Auto => "auto",
            Choice::Uring => "uring",
            Choice::Native => "native",
            Choice::Threads => "threads",
        }
    }
}

/// `UAIO_CALLER`: what may be run in the calling thread, where that is quick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerMay {
    /// Reads and writes.
    All,
    /// Reads.
    Read,
    /// Nothing.
    Nothing,
}

/// The settings of one engine.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// `UAIO_ENGINE`; anything unknown is `auto`.
    pub choice: Choice,
    /// `UAIO_CALLER`; anything unknown is `all`.
    pub caller: CallerMay,
    /// `UAIO_STATS`: empty or "0": none; "1": standard error; else a file, in which %p is the process.
    pub stats: Option<&'static [u8]>,
}

impl Config {
    /// From the environment; nothing of it counts in a set-user-id program.
    pub fn from_environment() -> Config {
        let choice = match call::environment(c"UAIO_ENGINE") {
            Some(b"uring") => Choice::Uring,
            Some(b"native") => Choice::Native,
            Some(b"threads") => Choice::Threads,
            _ => Choice::Auto,
        };
        let caller = match call::environment(c"UAIO_CALLER") {
            Some(b"read") => CallerMay::Read,
            Some(b"none") => CallerMay::Nothing,
            _ => CallerMay::All,
        };
        if call::environment(c"UAIO_LOG").is_some_and(|value| !value.is_empty() && value != b"0" && value != b"off") {
            log::enable();
        }
        let stats = call::environment(c"UAIO_STATS").filter(|value| !value.is_empty() && *value != b"0");
        Config { choice, caller, stats }
    }
}

/// What `aio_init` asked for; it may be called before there is an engine.
pub struct Tuning {
    threads: AtomicUsize,
    idle_ns: AtomicU64,
}

/// The process-wide wish; a child inherits it.
pub static TUNING: Tuning =
    Tuning { threads: AtomicUsize::new(workers::MOST), idle_ns: AtomicU64::new(workers::IDLE_NS) };

impl Tuning {
    /// Worker threads at most, and how long one waits for work.
    pub fn get(&self) -> (usize, u64) {
        (self.threads.load(Ordering::Relaxed), self.idle_ns.load(Ordering::Relaxed))
    }
    /// See [`Tuning::get`].
    pub fn set(&self, threads: usize, idle_ns: u64) {
        self.threads.store(threads, Ordering::Relaxed);
        self.idle_ns.store(idle_ns, Ordering::Relaxed);
    }
}
