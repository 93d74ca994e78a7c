//! The cheapest route: a transfer in the calling thread, where memory is all that it waits for.
//!
//! Nothing promises that. `RWF_NOWAIT` waits neither for data nor for locks, but for cold metadata it does; files that
//! do not know the flag, and all writes, are called plainly. So every call is timed, and each direction of a
//! descriptor has a *way* (`descriptor::Way`): a plain call is made only where the last transfers, which workers may
//! have run, came at the speed of memory, and after a slow one the way is closed for a multiple of what it took. A
//! program is thus held up at most once per such period.
//!
//! A write is made here only if nothing is outstanding on its file, so that it overtakes nothing, and if the
//! program has looked at the one before: who submits many in a row, looking at none, expects them to be in
//! progress for a while.
//!
//! When the program then waits for them, the thread that would sleep runs some itself: see `backend::offers`.

use core::sync::atomic::Ordering;

use super::Engine;
use super::config::{CallerMay, Choice};
use super::descriptor::{Descriptor, SLOW_NS, Way};
use super::stats::Counter;
use crate::backend::caller::{self, Outcome};
use crate::backend::{Host, Wakes, transfer};
use crate::request::{Kind, Operation, Request};
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

/// A transfer of more would hold the caller up by copying alone.
const READ_MAX_BYTES: usize = 256 * 1024;
pub(super) const WRITE_MAX_BYTES: usize = 64 * 1024;
/// A thread that waits runs so many requests, or as long, before it looks whether what it waits for is there: to look
/// costs a program with many requests as much as a request. Signal handlers are kept out meanwhile.
const HAND_MOST: usize = 16;
const HAND_NS: u64 = 20_000;

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
                self.read(descriptor, transfer)
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
            || !self.files.may_grow()
        {
            return None;
        }
        let began_ns = clock::now_ns();
        let result = caller::write(transfer.fd, transfer.buffer, transfer.len, transfer.offset)?;
        presence.unseen.store(true, Ordering::SeqCst);
        self.judge(way, transfer.len as u64, began_ns, clock::now_ns(), true);
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

    /// A thread that would otherwise sleep runs what is offered by threads of these homes, or queued for a worker, if
    /// that is sure to be quick. `false` if there is nothing for it to do.
    pub(super) fn lend_a_hand(&'static self, homes: u32) -> bool {
        if !self.lends_hands() || !(self.workers.has_offers(homes) || self.workers.has_queued()) {
            return false;
        }
        let masked = Masked::section();
        // As for a write at the call.
        if !self.files.may_grow() {
            return false;
        }
        self.slots.note_sleeps();
        let mut helped = false;
        let mut now_ns = clock::now_ns();
        let until_ns = now_ns + HAND_NS;
        for _ in 0..HAND_MOST {
            let Some(index) = self.workers.give(self, homes, &|request| self.is_quick(request), &masked) else {
                break;
            };
            helped = true;
            let request = self.slab.get(index);
            let began_ns = now_ns;
            let result = transfer::run(request);
            now_ns = clock::now_ns();
            if let Some(way) = self.way(request) {
                self.judge(way, request.len.get(), began_ns, now_ns, true);
            }
            self.complete(index, result, &masked);
            if now_ns >= until_ns {
                break;
            }
        }
        helped
    }

    fn lends_hands(&self) -> bool {
        self.config.choice == Choice::Auto && self.config.caller == CallerMay::All
    }

    /// Whether a request that is about to be queued is best left to the thread that will wait for it.
    pub(super) fn may_be_offered(&self, request: &Request) -> bool {
        self.workers.takes_offers() && self.is_quick(request) && !self.is_told(request)
    }

    /// Nobody will run what is offered by threads of these homes, or not soon.
    pub(super) fn hurry(&'static self, homes: u32, masked: &Masked) {
        let mut wakes = Wakes::default();
        self.workers.hurry(homes, masked, &mut wakes);
        wakes.flush(self, masked);
    }

    /// Whether a queued request would wait for memory alone.
    fn is_quick(&self, request: &Request) -> bool {
        let operation = request.operation.get();
        let most = if operation == Operation::Read { READ_MAX_BYTES } else { WRITE_MAX_BYTES };
        // Another priority is the worker's to take on.
        request.len.get() <= most as u64
            && request.priority.get() == 0
            && request.kind.get() == Kind::Buffered
            && self.way(request).is_some_and(|way| way.is_proven(clock::now_ns))
    }

    fn way(&self, request: &Request) -> Option<&Way> {
        self.files.known(request.fd.get())?.way(request.operation.get())
    }

    /// A worker has run a transfer: was memory all that it waited for?
    pub(super) fn timed(&self, request: &Request, took_ns: u64) {
        if let Some(way) = self.way(request) {
            way.note(request.len.get(), took_ns);
        }
    }

    fn read(&self, descriptor: &Descriptor, transfer: &Transfer) -> Option<InCaller> {
        let way = descriptor.way(Operation::Read)?;
        let plainly = descriptor.refuses_nowait();
        if !(if plainly { way.is_proven(clock::now_ns) } else { way.is_open(clock::now_ns) }) {
            return None;
        }
        let began_ns = clock::now_ns();
        let read = if plainly { caller::read_plainly } else { caller::read };
        let outcome = read(transfer.fd, transfer.buffer, transfer.len, transfer.offset);
        self.judge(way, transfer.len as u64, began_ns, clock::now_ns(), plainly);
        match outcome {
            Outcome::Ends(result) => Some(InCaller::Over { result, unseen: None }),
            Outcome::Misses(done) => {
                self.stats.count(Counter::Missed);
                Some(InCaller::Begun(done))
            }
            Outcome::Refuses => {
                self.stats.count(Counter::NowaitRefused);
                descriptor.refuse_nowait();
                None
            }
        }
    }

    /// Closes the way for a while if the call just made was slow, and not for want of a processor alone.
    pub(super) fn judge(&self, way: &Way, len: u64, began_ns: u64, now_ns: u64, plainly: bool) {
        let took_ns = now_ns - began_ns;
        if took_ns <= SLOW_NS {
            if plainly {
                way.note(len, took_ns);
            }
        } else if self.slots.may_have_slept() {
            way.close(now_ns, took_ns);
        }
    }
}
