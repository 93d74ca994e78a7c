//! The done queue: finished requests that are known by a result pointer, in order of completion, and who sleeps
//! until there is one.
//!
//! A request counts as outstanding from its admission until its result is shown; then it is on the queue until
//! it is taken off. Both happen under one lock, the counts first, the program's memory last: whoever sees the result in
//! memory finds the request on the queue.
//!
//! # Sleeping
//!
//! Who finds the queue empty says so under the lock: it stores a fresh ticket in `asleep`, reads `word`, and sleeps
//! on the word after the unlock, as long as it has not changed. Who finishes a request moves the word on and reads
//! `asleep`, both under the lock, and wakes after the unlock: one sleeper for one result, all when nothing is
//! outstanding any more, since the others have nothing to wait for then.
//!
//! ```text
//! waiter:     LOCK  empty?  asleep = ++ticket;  seen = word  UNLOCK  sleep while word == seen
//! completer:  LOCK  put on the queue;  word += 1;  since = asleep  UNLOCK  since != 0?  wake
//! ```
//!
//! The lock orders the two. If the waiter was first, the completer sees its ticket, and the waiter either sleeps,
//! and is woken, or comes to sleep too late, and the changed word keeps it awake. If the completer was first, the
//! waiter finds the request.
//!
//! So that completions need no system call while nobody sleeps, `asleep` goes back to 0 when a wake-up has met nobody:
//! then everyone who announced himself up to `since` is awake, or cannot fall asleep. The exchange fails if somebody
//! has announced himself after that.
//!
//! The kernel's answer to the wake-up also tells whether anybody was blocked, which decides about SIGIO: no count
//! of blocked threads is kept, which a thread that is cancelled or jumps out of a signal handler would leave wrong.
//! Such a thread may also have been given a wake-up, and never look. Therefore nobody sleeps longer than [`LOOK_NS`]
//! without looking. (This bound is also what makes the kernel end a sleep at a handler that was installed with
//! SA_RESTART: it does so only with a deadline.)

use crossbeam_utils::CachePadded;

use crate::request::delivery::Delivery;
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, NONE};
use crate::sys::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::{clock, futex};

/// See the head of the file.
const LOOK_NS: u64 = 1_000_000_000;

/// In the word of counts: one that is outstanding. What is on the queue is counted in the lower half.
const OUTSTANDING: u64 = 1 << 32;

/// So many waits, without a result that nobody came for, are a habit.
const WAITS: u32 = 32;
/// No habit counts.
const NEVER: u32 = u32::MAX;

struct Inbox {
    finished: List<ByQueue>,
    /// The last ticket.
    announced: u32,
}

/// The queue.
pub struct Done {
    inbox: CachePadded<Lock<Inbox>>,
    /// Outstanding and finished. Changed under the lock, except for admissions; polled without it.
    counts: CachePadded<AtomicU64>,
    /// Moves with every completion. Slept on.
    word: AtomicU32,
    /// How often aiowait has had to wait, lately: see [`Done::is_waited_for`].
    waits: AtomicU32,
    /// The ticket of the last one who announced a sleep; 0: nobody sleeps. Set under the lock.
    asleep: AtomicU32,
}

/// Whom a completion wakes: the ticket read under the lock, and how many.
#[derive(Clone, Copy)]
pub struct Wake(u64);

impl Wake {
    /// As a word that fits in a record.
    pub fn into_word(self) -> u64 {
        self.0
    }
    /// Back from [`Wake::into_word`].
    pub fn from_word(word: u64) -> Wake {
        Wake(word)
    }
}

/// What there is of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// A finished request, taken off: the caller's to give back.
    Finished(Index),
    /// Nothing finished and nothing outstanding.
    Nothing,
    /// Something is outstanding. The word, for [`Done::sleep`].
    Pending(u32),
}

/// What stood in the way of a new submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Former {
    /// The former request still needs the result pointer.
    InUse,
    /// It was dropped from the queue: the caller's to give back.
    Dropped,
    /// Somebody else is giving it back.
    Leaving,
}

impl Default for Done {
    fn default() -> Self {
        Done::new()
    }
}

impl Done {
    /// Empty.
    pub fn new() -> Done {
        Done {
            inbox: CachePadded::new(Lock::new(Inbox { finished: List::new(), announced: 0 })),
            counts: CachePadded::new(AtomicU64::new(0)),
            word: AtomicU32::new(0),
            waits: AtomicU32::new(0),
            asleep: AtomicU32::new(0),
        }
    }

    /// One more is outstanding.
    pub fn admit(&self) {
        self.counts.fetch_add(OUTSTANDING, Ordering::SeqCst);
    }

    /// Whether anything is outstanding.
    pub fn is_outstanding(&self) -> bool {
        self.counts.load(Ordering::SeqCst) >= OUTSTANDING
    }

    /// How many are outstanding.
    pub fn outstanding(&self) -> u32 {
        (self.counts.load(Ordering::SeqCst) / OUTSTANDING) as u32
    }

    /// Whether the word has moved on.
    pub fn has_moved(&self, seen: u32) -> bool {
        self.word.load(Ordering::SeqCst) != seen
    }

    /// Whether the program waits in aiowait for its results, as far as can be told, so that a request may be left to
    /// whoever waits. (It may also look for them in memory, or have itself told by a signal.)
    pub fn is_waited_for(&self) -> bool {
        (WAITS..NEVER).contains(&self.waits.load(Ordering::Relaxed))
    }

    /// A call of aiowait has to wait, or has found nothing.
    pub fn waits(&self) {
        let waits = self.waits.load(Ordering::Relaxed);
        if waits < WAITS {
            self.waits.store(waits + 1, Ordering::Relaxed);
        }
    }

    /// A result lay there and nobody came.
    pub fn nobody_waits(&self) {
        if self.waits.load(Ordering::Relaxed) != NEVER {
            self.waits.store(0, Ordering::Relaxed);
        }
    }

    /// Nobody would notice if nobody came.
    pub fn never_alone(&self) {
        self.waits.store(NEVER, Ordering::Relaxed);
    }

    /// Whether a look would find that something is outstanding and nothing finished: one load, no lock.
    pub fn is_pending(&self) -> bool {
        let counts = self.counts.load(Ordering::SeqCst);
        counts >= OUTSTANDING && counts % OUTSTANDING == 0
    }

    /// Whether the queue is empty.
    pub fn is_empty(&self) -> bool {
        self.counts.load(Ordering::SeqCst) % OUTSTANDING == 0
    }

    /// Puts an outstanding request on the queue; `show` stores the result in the program's memory.
    pub fn finish(&self, slab: &Slab, index: Index, masked: &Masked, show: impl FnOnce()) -> Wake {
        let mut inbox = self.inbox.lock(masked);
        let request = slab.get(index);
        request.share();
        request.delivery.set(Delivery::Queued);
        inbox.finished.push_back(slab, index);
        let before = self.counts.fetch_sub(OUTSTANDING - 1, Ordering::SeqCst);
        show();
        self.moved(before, 1)
    }

    /// An outstanding request ends without a result for anybody who waits.
    pub fn dismiss(&self, masked: &Masked, show: impl FnOnce()) -> Wake {
        let _inbox = self.inbox.lock(masked);
        let before = self.counts.fetch_sub(OUTSTANDING, Ordering::SeqCst);
        show();
        self.moved(before, 0)
    }

    /// Moves the word on. The lock is held.
    fn moved(&self, before: u64, sleepers: u32) -> Wake {
        let last = before / OUTSTANDING == 1;
        self.word.fetch_add(1, Ordering::SeqCst);
        let since = self.asleep.load(Ordering::SeqCst);
        Wake(u64::from(since) << 32 | u64::from(if last { i32::MAX as u32 } else { sleepers }))
    }

    /// Wakes whom a completion is to wake; tells whether there was anybody. Nothing may be locked.
    pub fn wake(&self, wake: Wake) -> bool {
        let (since, count) = ((wake.0 >> 32) as u32, wake.0 as u32);
        if since == 0 || count == 0 {
            return false;
        }
        if futex::wake(&self.word, count as i32) > 0 {
            return true;
        }
        let _ = self.asleep.compare_exchange(since, 0, Ordering::SeqCst, Ordering::Relaxed);
        false
    }

    /// Takes the first finished request off the queue. With `sleep` an empty queue is taken note of: [`Done::sleep`]
    /// must follow, or another look.
    pub fn look(&self, slab: &Slab, sleep: bool, masked: &Masked) -> Look {
        let mut inbox = self.inbox.lock(masked);
        if let Some(index) = inbox.finished.pop_front(slab) {
            slab.get(index).delivery.set(Delivery::Taken);
            self.counts.fetch_sub(1, Ordering::SeqCst);
            return Look::Finished(index);
        }
        if !self.is_outstanding() {
            return Look::Nothing;
        }
        if sleep {
            inbox.announced = inbox.announced.wrapping_add(1).max(1);
            self.asleep.store(inbox.announced, Ordering::SeqCst);
        }
        Look::Pending(self.word.load(Ordering::SeqCst))
    }

    /// Sleeps until it is time for another look. A cancellation point.
    ///
    /// # Errors
    /// `EINTR` after any signal handler; `ETIMEDOUT` at the deadline.
    pub fn sleep(&self, seen: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
        let look_ns = clock::now_ns().saturating_add(LOOK_NS);
        let until_ns = deadline_ns.map_or(look_ns, |deadline_ns| deadline_ns.min(look_ns));
        match futex::wait_cancellable(&self.word, seen, Some(until_ns)) {
            Err(Errno(libc::ETIMEDOUT)) if deadline_ns != Some(until_ns) => Ok(()),
            Err(Errno(libc::EAGAIN)) => Ok(()),
            result => result,
        }
    }

    /// A new submission uses the result pointer of a request that is still in the table. If the program
    /// polls, a finished one is dropped.
    pub fn replace(&self, slab: &Slab, index: Index, masked: &Masked) -> Former {
        let mut inbox = self.inbox.lock(masked);
        let request = slab.get(index);
        match request.delivery.get() {
            _ if !request.polled.get() => Former::InUse,
            Delivery::Pending => Former::InUse,
            Delivery::Taken => Former::Leaving,
            Delivery::Queued => {
                inbox.finished.remove(slab, index);
                request.delivery.set(Delivery::Taken);
                self.counts.fetch_sub(1, Ordering::SeqCst);
                Former::Dropped
            }
        }
    }

    /// Takes everything off the queue that was asked for through a descriptor: a chain, the caller's to give back.
    pub fn drop_all(&self, slab: &Slab, fd: i32, masked: &Masked) -> Index {
        let mut first = NONE;
        self.each_of(slab, fd, masked, |inbox, index| {
            inbox.finished.remove(slab, index);
            let request = slab.get(index);
            request.delivery.set(Delivery::Taken);
            request.chain.set(first);
            first = index;
            self.counts.fetch_sub(1, Ordering::SeqCst);
        });
        first
    }

    /// What is on the queue for a descriptor belongs to a file that the number no longer names.
    pub fn orphan_all(&self, slab: &Slab, fd: i32, masked: &Masked) {
        self.each_of(slab, fd, masked, |_, index| slab.get(index).orphan.set(true));
    }

    fn each_of(&self, slab: &Slab, fd: i32, masked: &Masked, mut with: impl FnMut(&mut Inbox, Index)) {
        if self.is_empty() {
            return;
        }
        let mut inbox = self.inbox.lock(masked);
        let mut at = inbox.finished.last();
        while let Some(index) = at {
            at = inbox.finished.before(slab, index);
            let request = slab.get(index);
            if request.fd.get() == fd && !request.orphan.get() {
                with(&mut inbox, index);
            }
        }
    }
}
