//! What the library counts about itself: requests only when somebody asks (`UAIO_STATS`, `UAIO_STATS_SIGNAL`,
//! `uaio_stats()`), what happens seldom always.
//!
//! The parts that run per request are one load and one branch as long as nobody has asked. Nothing here takes a
//! lock but the report itself, which may run in a signal handler: see `report`.

mod book;
mod report;

use core::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use super::Engine;
use super::config::Config;
use crate::backend::{Fallback, Served, WAKE_UPS};
use crate::request::{Operation, ROUTES, Request};
use crate::sys::errno::Errno;
use crate::sys::lock::Lock;
use crate::sys::publish::Published;
use crate::sys::tally::Tally;
use crate::sys::{clock, memory};
pub use book::{Book, Counter};

/// In the order of [`crate::request::Route`]; the first is for what ended before it had one (a bad descriptor,
/// cancelled while it waited).
pub const ROUTE_NAMES: [&str; ROUTES] = ["none", "caller", "native", "ring", "stream", "worker"];
/// Read, write, sync, data sync, in the order of [`Operation`].
pub const OPERATIONS: usize = 4;
/// Their names.
pub const OPERATION_NAMES: [&str; OPERATIONS] = ["read", "write", "fsync", "fdatasync"];

/// Refusals of one sort by the kernel.
#[derive(Default)]
struct Refusals {
    times: AtomicU64,
    last: AtomicI32,
}

impl Refusals {
    fn add(&self, error: Errno) {
        self.last.store(error.0, Ordering::Relaxed);
        self.times.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> Refused {
        Refused { times: self.times.load(Ordering::Relaxed), last: self.last.load(Ordering::Relaxed) }
    }
}

/// The counters of an engine.
#[derive(Default)]
pub struct Stats {
    /// Made when somebody asks; from then on every request is timed.
    book: Published<Book>,
    outstanding_max: AtomicUsize,
    /// Those of parent processes.
    wake_ups_before: u64,
    ring: Refusals,
    native: Refusals,
    threads_started: AtomicU64,
    threads_ended: AtomicU64,
    threads_refused: AtomicU64,
    /// Held while a report is written, so that two do not mix. Taken with nothing, and nothing is taken with it.
    reporting: Lock<()>,
}

/// How often the kernel refused something, and the error that it gave last.
#[derive(Clone, Copy, Default, Debug)]
pub struct Refused {
    /// How often.
    pub times: u64,
    /// The last error number, 0 for none.
    pub last: i32,
}

/// Requests of one route and operation.
#[derive(Clone, Copy, Default, Debug)]
pub struct Cell {
    /// How many have ended.
    pub count: u64,
    /// Bytes transferred.
    pub bytes: u64,
    /// Those that failed, the cancelled ones aside.
    pub errors: u64,
    /// From the call to the result: what so many per mille of them did not exceed, and the longest.
    pub latency_ns: [u64; Cell::PER_MILLE.len() + 1],
}

impl Cell {
    /// The percentiles that are told, in thousandths.
    pub const PER_MILLE: [u64; 4] = [500, 900, 990, 999];
}

/// All of it, at one moment.
#[derive(Clone, Copy, Default, Debug)]
#[allow(missing_docs)] // as in `uaio_stats_t`
pub struct Summary {
    pub cells: [[Cell; OPERATIONS]; ROUTES],
    pub outstanding: u64,
    pub outstanding_max: u64,
    pub cancelled: u64,
    pub refused: u64,
    pub missed: u64,
    pub nowait_refused: u64,
    pub would_block: u64,
    pub ring: Refused,
    pub native: Refused,
    pub threads_woken: u64,
    pub waiters_woken: u64,
    pub threads_started: u64,
    pub threads_alive: u64,
    pub threads_refused: u64,
}

impl Stats {
    /// Counts from the start if the settings ask for it.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new(config: &Config) -> Result<Stats, Errno> {
        let stats = Stats { wake_ups_before: WAKE_UPS.load(Ordering::Relaxed), ..Stats::default() };
        if config.stats.is_some() || config.stats_signal.is_some() {
            stats.turn_on()?;
        }
        Ok(stats)
    }

    /// Counts from now on. What is under way already is left out.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn turn_on(&self) -> Result<(), Errno> {
        if self.book().is_none() {
            // Of two that race one's book is lost.
            self.book.publish(memory::leaked(Book::new()?)?);
        }
        Ok(())
    }

    /// Where requests are counted, if anybody wants to know.
    #[inline]
    pub fn book(&self) -> Option<&'static Book> {
        self.book.get()
    }

    /// A request is accepted.
    #[inline]
    pub fn submitted(&self, request: &Request) {
        if self.book().is_some() {
            request.submitted_ns.set(clock::now_ns());
        }
    }

    /// It has ended; its result is not published yet.
    #[inline]
    pub fn ended(&self, request: &Request, result: Result<usize, Errno>) {
        if let Some(book) = self.book() {
            let (operation, submitted_ns) = (request.operation.get(), request.submitted_ns.get());
            if operation != Operation::List && submitted_ns != 0 {
                book.ended(request.route.get(), operation, result, clock::now_ns().saturating_sub(submitted_ns));
            }
        }
    }

    /// One more request is outstanding.
    #[inline]
    pub fn outstanding(&self, all: &Tally) {
        if self.book().is_some() {
            let now = all.sum();
            // Most often a look at a line that stays shared.
            if now > self.outstanding_max.load(Ordering::Relaxed) {
                self.outstanding_max.fetch_max(now, Ordering::Relaxed);
            }
        }
    }

    /// Something happened.
    #[inline]
    pub fn count(&self, counter: Counter) {
        if let Some(book) = self.book() {
            book.count(counter);
        }
    }

    /// How native AIO served a request.
    pub fn served(&self, how: Served) {
        if how == Served::WouldBlock {
            self.count(Counter::WouldBlock);
        }
    }

    /// The kernel refuses a route.
    pub fn fell_back(&self, what: Fallback) {
        match what {
            Fallback::Ring(error) => self.ring.add(error),
            Fallback::Native(error) => self.native.add(error),
        }
    }

    /// A thread of the library was started, or could not be.
    pub fn thread_started(&self, started: bool) {
        let counter = if started { &self.threads_started } else { &self.threads_refused };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// One has left.
    pub fn thread_ended(&self) {
        self.threads_ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Engine {
    /// Everything that is known now. Needs no lock and no memory.
    pub fn summary(&self) -> Summary {
        let stats = &self.stats;
        let mut summary = Summary {
            outstanding: self.outstanding.sum() as u64,
            outstanding_max: stats.outstanding_max.load(Ordering::Relaxed) as u64,
            ring: stats.ring.get(),
            native: stats.native.get(),
            threads_woken: WAKE_UPS.load(Ordering::Relaxed) - stats.wake_ups_before,
            threads_started: stats.threads_started.load(Ordering::Relaxed),
            threads_refused: stats.threads_refused.load(Ordering::Relaxed),
            ..Summary::default()
        };
        // A thread may start and end between the two looks.
        summary.threads_alive = summary.threads_started.saturating_sub(stats.threads_ended.load(Ordering::Relaxed));
        if let Some(book) = stats.book() {
            for (route, cells) in summary.cells.iter_mut().enumerate() {
                for (operation, cell) in cells.iter_mut().enumerate() {
                    *cell = book.cell(route, operation);
                }
            }
            summary.cancelled = book.counted(Counter::Cancelled);
            summary.refused = book.counted(Counter::Refused);
            summary.missed = book.counted(Counter::Missed);
            summary.nowait_refused = book.counted(Counter::NowaitRefused);
            summary.would_block = book.counted(Counter::WouldBlock);
            summary.waiters_woken = book.counted(Counter::WaiterWoken);
        }
        summary
    }
}
