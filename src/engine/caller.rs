//! The cheapest route: a transfer in the calling thread, where memory is all that it waits for.
//!
//! Nothing promises that. `RWF_NOWAIT` waits neither for data nor for locks, but for cold metadata it does; files that
//! do not know the flag, and all writes, are called plainly. So every call is timed, and each direction of a
//! descriptor has a *way* (`descriptor::Way`): a plain call is made only where the last transfer, which a worker may
//! have run, came at the speed of memory, and after a slow one the way is closed for a multiple of what it took. A
//! program is thus held up at most once per such period.
//!
//! A write is made here only if nothing is outstanding on its file, so that it overtakes nothing, and if the
//! program has looked at the one before: who submits many in a row, looking at none, expects them to be in
//! progress for a while.

use core::sync::atomic::Ordering;

use super::Engine;
use super::config::{CallerMay, Choice};
use super::descriptor::Descriptor;
use super::stats::{Counter, Stats};
use crate::backend::caller::{self, Outcome};
use crate::request::{Operation, Request};
use crate::sys::errno::Errno;
use crate::sys::{call, clock};

/// A transfer of more would hold the caller up by copying alone.
const READ_MAX_BYTES: usize = 256 * 1024;
const WRITE_MAX_BYTES: usize = 64 * 1024;
/// A read that is not to wait and took so long has waited for something.
const SLOW_NS: u64 = 1_000_000;
/// What a plain call may take and still be one that waited for memory only: so much, and a nanosecond per byte.
const MEMORY_NS: u64 = 20_000;
/// After a slow call the way is closed for so many times as long.
const HOLD_FACTOR: u64 = 8;

/// A transfer, as the program asks for it.
#[derive(Clone, Copy)]
pub struct Transfer {
    /// Read or Write.
    pub operation: Operation,
    /// The descriptor.
    pub fd: i32,
    /// The buffer's address.
    pub buffer: usize,
    /// Bytes asked for.
    pub len: usize,
    /// Where in the file.
    pub offset: i64,
}

/// What came of a transfer in the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InCaller {
    /// It is over.
    Over {
        /// Its result.
        result: Result<usize, Errno>,
        /// Of a write: the shard to pass to [`Engine::looked`] once the program has looked at the result.
        unseen: Option<u32>,
    },
    /// So much was transferred; the rest is to take the longer way.
    Begun(usize),
}

impl Engine {
    /// Runs a transfer here and now, if that is sure to be quick.
    pub fn in_caller(&self, transfer: &Transfer) -> InCaller {
        self.try_in_caller(transfer).unwrap_or(InCaller::Begun(0))
    }

    fn try_in_caller(&self, transfer: &Transfer) -> Option<InCaller> {
        if self.config.choice != Choice::Auto {
            return None;
        }
        let descriptor = self.files.known(transfer.fd)?;
        match (transfer.operation, self.config.caller) {
            (Operation::Read, CallerMay::All | CallerMay::Read) if transfer.len <= READ_MAX_BYTES => {
                read(&self.stats, descriptor, transfer)
            }
            (Operation::Write, CallerMay::All) if transfer.len <= WRITE_MAX_BYTES => self.write(descriptor, transfer),
            _ => None,
        }
    }

    fn write(&self, descriptor: &Descriptor, transfer: &Transfer) -> Option<InCaller> {
        let way = descriptor.way(Operation::Write)?;
        let number = descriptor.shard();
        let presence = self.files.presence(number);
        // SeqCst, and so ordered after whatever this thread has accepted or seen to be over.
        if !way.is_proven(clock::now_ns)
            || presence.outstanding.load(Ordering::SeqCst) != 0
            || presence.unseen.load(Ordering::SeqCst)
            // A write beyond the limit raises a signal, which is to hit no thread of the program.
            || !call::file_size_is_unlimited()
        {
            return None;
        }
        let began_ns = clock::now_ns();
        let result = caller::write(transfer.fd, transfer.buffer, transfer.len, transfer.offset)?;
        presence.unseen.store(true, Ordering::SeqCst);
        judge(descriptor, transfer, began_ns, MEMORY_NS + transfer.len as u64);
        Some(InCaller::Over { result, unseen: Some(number) })
    }

    /// The program has seen the result of a write: the shard of its file.
    pub fn looked(&self, shard: u32) {
        let unseen = &self.files.presence(shard).unseen;
        // Most often nobody was waiting for that: the line stays shared.
        if unseen.load(Ordering::Relaxed) {
            unseen.store(false, Ordering::SeqCst);
        }
    }

    /// A worker has run a transfer: was memory all that it waited for?
    pub(super) fn timed(&self, request: &Request, took_ns: u64) {
        let operation = request.operation.get();
        let way = self.files.known(request.fd.get()).and_then(|descriptor| descriptor.way(operation));
        if let Some(way) = way {
            way.prove(took_ns <= MEMORY_NS + request.len.get());
        }
    }
}

fn read(stats: &Stats, descriptor: &Descriptor, transfer: &Transfer) -> Option<InCaller> {
    let way = descriptor.way(Operation::Read)?;
    let plainly = descriptor.refuses_nowait();
    if !(if plainly { way.is_proven(clock::now_ns) } else { way.is_open(clock::now_ns) }) {
        return None;
    }
    let began_ns = clock::now_ns();
    let read = if plainly { caller::read_plainly } else { caller::read };
    let outcome = read(transfer.fd, transfer.buffer, transfer.len, transfer.offset);
    let limit_ns = if plainly { MEMORY_NS + transfer.len as u64 } else { SLOW_NS };
    judge(descriptor, transfer, began_ns, limit_ns);
    match outcome {
        Outcome::Ends(result) => Some(InCaller::Over { result, unseen: None }),
        Outcome::Misses(done) => {
            stats.count(Counter::Missed);
            Some(InCaller::Begun(done))
        }
        Outcome::Refuses => {
            stats.count(Counter::NowaitRefused);
            descriptor.refuse_nowait();
            None
        }
    }
}

/// Closes the way for a while if the call just made was slow.
fn judge(descriptor: &Descriptor, transfer: &Transfer, began_ns: u64, limit_ns: u64) {
    let now_ns = clock::now_ns();
    let took_ns = now_ns - began_ns;
    if took_ns > limit_ns {
        if let Some(way) = descriptor.way(transfer.operation) {
            way.close_until(now_ns + took_ns * HOLD_FACTOR);
        }
    }
}
