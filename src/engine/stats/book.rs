//! Where requests are counted: by route, operation and latency, in several copies, so that threads which end
//! requests at the same time do not share a cache line.

use core::sync::atomic::{AtomicU64, Ordering};

use super::{Cell, OPERATIONS};
use crate::request::{Operation, ROUTES, Route};
use crate::sys::errno::Errno;
use crate::sys::{call, memory, thread};

/// Latencies are told apart to a sixteenth.
const STEP_BITS: u32 = 4;
const STEPS: usize = 1 << STEP_BITS;
/// What took longer (18 minutes) counts as this long, and shows in the longest.
const LONGEST_BITS: u32 = 40;
/// Buckets of a histogram.
const BUCKETS: usize = (LONGEST_BITS - STEP_BITS + 1) as usize * STEPS;

/// A histogram, then these.
const BYTES: usize = BUCKETS;
const ERRORS: usize = BUCKETS + 1;
const LONGEST_NS: usize = BUCKETS + 2;
const CELL: usize = BUCKETS + 3;

/// What is counted beside requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Counter {
    /// A request ended with ECANCELED.
    Cancelled,
    /// A call failed, and nothing was queued.
    Refused,
    /// A read in the calling thread found that not all is in memory.
    Missed,
    /// A file does not know RWF_NOWAIT.
    NowaitRefused,
    /// Native AIO would have had to wait for more than the device.
    WouldBlock,
    /// A thread of the program that slept was woken.
    WaiterWoken,
}

const COUNTERS: usize = 6;
/// One copy; what follows it in memory is at least two cache lines away.
const COPY: usize = (ROUTES * OPERATIONS * CELL + COUNTERS).next_multiple_of(16) + 16;
/// Copies for each processor: threads find theirs by their address, and may meet.
const COPIES_PER_PROCESSOR: usize = 4;
const COPIES_MAX: usize = 16;

/// All copies.
pub struct Book {
    words: &'static [AtomicU64],
}

impl Book {
    /// All zero.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Book, Errno> {
        let copies = (call::processors() * COPIES_PER_PROCESSOR).clamp(1, COPIES_MAX);
        Ok(Book { words: memory::leaked_slice(copies * COPY, AtomicU64::default)? })
    }

    /// The calling thread's copy.
    fn copy(&self) -> &[AtomicU64] {
        let copies = self.words.len() / COPY;
        let number = thread::spread(copies as u64) as usize;
        self.words.get(number * COPY..(number + 1) * COPY).unwrap_or(&[])
    }

    /// A request ended.
    pub fn ended(&self, route: Route, operation: Operation, result: Result<usize, Errno>, took_ns: u64) {
        let copy = self.copy();
        let Some(cell) = copy.get(cell(route as usize, operation as usize)..).and_then(|rest| rest.get(..CELL)) else {
            return;
        };
        add(cell, bucket(took_ns), 1);
        match result {
            Ok(bytes) => add(cell, BYTES, bytes as u64),
            Err(Errno(libc::ECANCELED)) => self.count(Counter::Cancelled),
            Err(_) => add(cell, ERRORS, 1),
        }
        if let Some(longest) = cell.get(LONGEST_NS).filter(|longest| longest.load(Ordering::Relaxed) < took_ns) {
            longest.fetch_max(took_ns, Ordering::Relaxed);
        }
    }

    /// Something else happened.
    pub fn count(&self, counter: Counter) {
        add(self.copy(), ROUTES * OPERATIONS * CELL + counter as usize, 1);
    }

    /// How often it happened.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.sum(ROUTES * OPERATIONS * CELL + counter as usize)
    }

    /// What is known of a route and an operation. The counts of other threads may be a moment old.
    pub fn cell(&self, route: usize, operation: usize) -> Cell {
        let at = cell(route, operation);
        let longest_ns = self.copies(at + LONGEST_NS).max().unwrap_or(0);
        let count = (0..BUCKETS).map(|bucket| self.sum(at + bucket)).sum();
        let mut found = Cell {
            count,
            bytes: self.sum(at + BYTES),
            errors: self.sum(at + ERRORS),
            latency_ns: [longest_ns; Cell::PER_MILLE.len() + 1],
        };
        let (mut seen, mut bucket) = (0, 0);
        for (per_mille, latency_ns) in Cell::PER_MILLE.iter().zip(&mut found.latency_ns) {
            let wanted = (count * per_mille).div_ceil(1000).max(1);
            while seen < wanted && bucket < BUCKETS {
                seen += self.sum(at + bucket);
                bucket += 1;
            }
            *latency_ns = upper_end(bucket.saturating_sub(1)).min(longest_ns);
        }
        found
    }

    fn copies(&self, at: usize) -> impl Iterator<Item = u64> {
        self.words.chunks_exact(COPY).filter_map(move |copy| copy.get(at)).map(|word| word.load(Ordering::Relaxed))
    }

    fn sum(&self, at: usize) -> u64 {
        self.copies(at).sum()
    }
}

fn cell(route: usize, operation: usize) -> usize {
    (route * OPERATIONS + operation) * CELL
}

fn add(words: &[AtomicU64], at: usize, count: u64) {
    if let Some(word) = words.get(at) {
        word.fetch_add(count, Ordering::Relaxed);
    }
}

fn bucket(ns: u64) -> usize {
    let ns = ns.min((1 << LONGEST_BITS) - 1);
    if ns < STEPS as u64 {
        return ns as usize;
    }
    let shift = ns.ilog2() - STEP_BITS;
    (shift as usize + 1) * STEPS + ((ns >> shift) as usize - STEPS)
}

fn upper_end(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let shift = bucket / STEPS - 1;
    (((bucket % STEPS + STEPS + 1) as u64) << shift) - 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_latency_lies_in_its_bucket() {
        let edges = (0..LONGEST_BITS).flat_map(|p| {
            let x = 1u64 << p;
            [x - 1, x, x + 1, x + (x >> 1), x + (x - 1)]
        });
        for ns in edges {
            let at = bucket(ns);
            assert!(at < BUCKETS && upper_end(at) >= ns, "{ns}");
            assert!(at == 0 || upper_end(at - 1) < ns, "{ns}");
            assert!((upper_end(at) - ns) * STEPS as u64 <= ns, "{ns}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_of_a_known_row() {
        let book = Book::new().unwrap();
        assert_eq!(book.cell(0, 0).latency_ns, [0; 5]);
        for ns in 1..=10_000 {
            book.ended(Route::Worker, Operation::Write, Ok(2), ns);
        }
        let cell = book.cell(Route::Worker as usize, Operation::Write as usize);
        assert_eq!((cell.count, cell.bytes, cell.errors), (10_000, 20_000, 0));
        for (got, right) in cell.latency_ns.into_iter().zip([5000, 9000, 9900, 9990, 10_000]) {
            assert!((right..=right + right / STEPS as u64).contains(&got), "{got} for {right}");
        }
        assert_eq!(book.cell(Route::Worker as usize, Operation::Read as usize).count, 0);
    }

    #[test]
    fn what_failed_and_what_was_cancelled_is_told_apart() {
        let book = Book::new().unwrap();
        book.ended(Route::Ring, Operation::Read, Err(Errno(libc::EIO)), 5);
        book.ended(Route::Ring, Operation::Read, Err(Errno(libc::ECANCELED)), 5);
        let cell = book.cell(Route::Ring as usize, Operation::Read as usize);
        assert_eq!((cell.count, cell.bytes, cell.errors, book.counted(Counter::Cancelled)), (2, 0, 1, 1));
    }

    #[test]
    fn threads_lose_nothing() {
        let book = Book::new().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| book.ended(Route::Caller, Operation::Read, Ok(1), 100)));
            }
        });
        assert_eq!(book.cell(Route::Caller as usize, Operation::Read as usize).bytes, 8000);
    }
}
