//! What the environment asks for, read once at the first request.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::backend::workers;
use crate::sys::{call, log, signal};

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
    /// `UAIO_HANDLERS`: whether signal handlers are put off while a lock is held. With `block` the kernel
    /// blocks signals instead.
    pub puts_off_handlers: bool,
    /// `UAIO_STATS`: empty or "0": none; "1": standard error; else a file, in which %p is the process.
    pub stats: Option<&'static [u8]>,
    /// `UAIO_STATS_SIGNAL`: the signal at which statistics are reported, too.
    pub stats_signal: Option<i32>,
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
        let puts_off_handlers = call::environment(c"UAIO_HANDLERS") != Some(b"block");
        if call::environment(c"UAIO_LOG").is_some_and(|value| !value.is_empty() && value != b"0" && value != b"off") {
            log::enable();
        }
        let stats = call::environment(c"UAIO_STATS").filter(|value| !value.is_empty() && *value != b"0");
        let stats_signal =
            call::environment(c"UAIO_STATS_SIGNAL").filter(|value| !value.is_empty()).and_then(|value| {
                let number = signal_number(value);
                if number.is_none() {
                    log::say(format_args!("UAIO_STATS_SIGNAL names no signal that can be used"));
                }
                number
            });
        Config { choice, caller, puts_off_handlers, stats, stats_signal }
    }
}

/// Signals that a user can send to ask for statistics: none that tells of an error or of something else.
const SIGNALS: [(&[u8], i32); 6] = [
    (b"USR1", libc::SIGUSR1),
    (b"USR2", libc::SIGUSR2),
    (b"HUP", libc::SIGHUP),
    (b"QUIT", libc::SIGQUIT),
    (b"PROF", libc::SIGPROF),
    (b"WINCH", libc::SIGWINCH),
];

/// A signal by its name, with or without SIG, or by its number: one of [`SIGNALS`] or a real-time signal.
fn signal_number(value: &[u8]) -> Option<i32> {
    let name = value.strip_prefix(b"SIG").unwrap_or(value);
    if let Some((_, number)) = SIGNALS.iter().find(|(known, _)| *known == name) {
        return Some(*number);
    }
    let number = core::str::from_utf8(value).ok()?.parse().ok()?;
    let usable = SIGNALS.iter().any(|(_, known)| *known == number) || signal::is_real_time(number);
    usable.then_some(number)
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
