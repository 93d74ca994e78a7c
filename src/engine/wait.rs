//! Waiting for completions.
//!
//! There are 64 slots, each a futex word. Who waits picks a slot, sets the slot's bit in every request it
//! waits for, looks at those requests again, and sleeps on the word. Who completes a request ends it first,
//! then reads the bits and moves each named slot on. Both sides have a full fence between their store and
//! their load, so one of them sees the other:
//!
//! ```text
//! waiter:     seen = word;  bits |= slot;  FENCE;  request over?  no: sleep while word == seen
//! completer:  request over;  FENCE;  bits & slot?  yes: word += 2, wake
//! ```
//!
//! Who hands a request on to another route moves the slots of its waiters, too: they may have to wait otherwise.
//!
//! Nothing is ever taken out again: a bit that is left behind, because the waiter returned, was cancelled,
//! or sits in a signal handler above another wait of the same thread, costs one wake-up without need. That
//! is why waiting needs no lock, no memory and no clean-up, and may happen in a handler and be cancelled
//! anywhere.
//!
//! Who waits for what takes a few microseconds looks at the word for a while before it sleeps (`backend::Spin`): the
//! sleep and the wake-up would cost more than the wait.

use crossbeam_utils::CachePadded;

use crate::backend::Spin;
use crate::request::Request;
use crate::sys::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use crate::sys::errno::Errno;
use crate::sys::{call, futex, memory, thread};

const SLOTS: usize = 64;

/// In a slot's word: somebody may sleep there. The rest counts.
const SLEEPER: u32 = 1;

/// After a slow call of a thread its sleeps are noted so often: where one comes, others follow.
const NOTES: u32 = 1_000;

/// All slots of an engine.
pub struct Slots {
    words: &'static [CachePadded<AtomicU32>],
    /// Threads get theirs in turn: sharing a slot is allowed and wakes both.
    turn: AtomicUsize,
    habits: &'static [CachePadded<Habit>],
}

/// What is remembered of a thread that waits, by its address. Of two that share one, the last is remembered: hints.
struct Habit {
    thread: AtomicU64,
    /// Its slot, the same each time: it finds its bit set in the requests that it has waited for before.
    slot: AtomicUsize,
    spin: Spin,
    /// How often it had slept ([`thread::sleeps`]) when that was last asked or noted, and how often it is still to be
    /// noted.
    sleeps: AtomicU64,
    notes: AtomicU32,
}

/// One wait: a slot and its word as it was before anything was looked at.
pub struct Ticket<'a> {
    word: &'a AtomicU32,
    bit: u64,
    seen: u32,
}

impl Slots {
    /// With nobody waiting.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Slots, Errno> {
        Ok(Slots {
            words: memory::leaked_slice(SLOTS, CachePadded::default)?,
            turn: AtomicUsize::new(0),
            habits: memory::leaked_slice(SLOTS, || {
                CachePadded::new(Habit {
                    thread: AtomicU64::new(0),
                    slot: AtomicUsize::new(0),
                    spin: Spin::new(call::processors()),
                    sleeps: AtomicU64::new(0),
                    notes: AtomicU32::new(0),
                })
            })?,
        })
    }

    fn habit(&self) -> &Habit {
        let number = thread::spread(SLOTS as u64) as usize;
        // The index is in range; the fallback keeps the compiler from a panic that cannot happen.
        self.habits.get(number).unwrap_or(&self.habits[0])
    }

    /// What is known of the calling thread's waits.
    pub fn spin(&self) -> &Spin {
        &self.habit().spin
    }

    /// Whether the calling thread may have slept for something that we do not know of since this was last asked. If
    /// not, a slow call says nothing of what it asked for: other threads, or another machine, had the processor.
    pub fn may_have_slept(&self) -> bool {
        let (now, habit) = (thread::sleeps(), self.habit());
        habit.notes.store(NOTES, Ordering::Relaxed);
        habit.sleeps.swap(now, Ordering::Relaxed) != now
    }

    /// Whatever the calling thread has slept for until now is known. Costs a system call, but only for a while after
    /// somebody has asked.
    pub fn note_sleeps(&self) {
        let Habit { sleeps, notes, .. } = self.habit();
        let left = notes.load(Ordering::Relaxed);
        if left != 0 {
            notes.store(left - 1, Ordering::Relaxed);
            sleeps.store(thread::sleeps(), Ordering::Relaxed);
        }
    }

    /// Begins a wait.
    pub fn ticket(&self) -> Ticket<'_> {
        let (habit, me) = (self.habit(), thread::address());
        if habit.thread.load(Ordering::Relaxed) != me {
            habit.slot.store(self.turn.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
            habit.thread.store(me, Ordering::Relaxed);
        }
        let number = habit.slot.load(Ordering::Relaxed) % SLOTS;
        let word = self.words.get(number).unwrap_or(&self.words[0]);
        Ticket { word, bit: 1 << number, seen: word.load(Ordering::SeqCst) & !SLEEPER }
    }

    /// Wakes those who wait for a request that has just ended. `bits` are its waiters, read after [`Slots::ended`].
    /// Tells whether one of them slept.
    pub fn wake(&self, bits: u64) -> bool {
        let mut slept = false;
        let mut rest = bits;
        while rest != 0 {
            let number = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let Some(word) = self.words.get(number) else { return slept };
            let mut old = word.load(Ordering::Relaxed);
            while let Err(now) =
                word.compare_exchange_weak(old, (old & !SLEEPER).wrapping_add(2), Ordering::SeqCst, Ordering::Relaxed)
            {
                old = now;
            }
            if old & SLEEPER != 0 {
                futex::wake(word, i32::MAX);
                slept = true;
            }
        }
        slept
    }

    /// The waiters of a request that has been ended.
    pub fn ended(request: &Request) -> u64 {
        // Pairs with the fence in `Ticket::watch`.
        fence(Ordering::SeqCst);
        request.waiters.load(Ordering::Relaxed)
    }
}

impl Ticket<'_> {
    /// The slot, as in [`Slots::wake`].
    pub fn bit(&self) -> u64 {
        self.bit
    }

    /// Asks to be woken when the request ends. Whether it has ended must be looked at after this.
    pub fn watch(&self, request: &Request) {
        // It may be there from an earlier wait, or another's who shares the slot.
        if request.waiters.load(Ordering::Relaxed) & self.bit == 0 {
            request.waiters.fetch_or(self.bit, Ordering::Relaxed);
        }
        // Pairs with the fence in `Slots::ended`.
        fence(Ordering::SeqCst);
    }

    /// Sleeps until a watched request ends, or for no reason. A cancellation point.
    ///
    /// # Errors
    /// `EINTR` after a signal handler (without a deadline only if it was installed without SA_RESTART: the kernel
    /// restarts the wait itself); `ETIMEDOUT`.
    pub fn sleep_cancellable(&mut self, deadline_ns: Option<u64>) -> Result<(), Errno> {
        let Some(expected) = self.announce() else { return Ok(()) };
        let result = futex::wait_cancellable(self.word, expected, deadline_ns);
        self.after(result)
    }

    /// The same without cancellation.
    ///
    /// # Errors
    /// As [`Ticket::sleep_cancellable`].
    pub fn sleep(&mut self, deadline_ns: Option<u64>) -> Result<(), Errno> {
        let Some(expected) = self.announce() else { return Ok(()) };
        let result = futex::wait_until(self.word, expected, deadline_ns);
        self.after(result)
    }

    /// Looks for a while whether a watched request ends, if that has lately been worth it; `true` if one did.
    pub fn spin(&mut self, spin: &Spin, deadline_ns: Option<u64>) -> bool {
        spin.until(deadline_ns, || self.word.load(Ordering::Acquire) & !SLEEPER != self.seen);
        self.has_moved()
    }

    /// Whether a watched request has ended, or was handed on, since it was last looked at.
    pub fn has_moved(&mut self) -> bool {
        let now = self.word.load(Ordering::SeqCst) & !SLEEPER;
        core::mem::replace(&mut self.seen, now) != now
    }

    /// Sets the sleeper's bit; nothing when the slot has moved on.
    fn announce(&mut self) -> Option<u32> {
        let now = self.word.fetch_or(SLEEPER, Ordering::SeqCst) & !SLEEPER;
        if now == self.seen {
            return Some(now | SLEEPER);
        }
        self.seen = now;
        None
    }

    fn after(&mut self, result: Result<(), Errno>) -> Result<(), Errno> {
        self.seen = self.word.load(Ordering::SeqCst) & !SLEEPER;
        match result {
            Err(Errno(libc::EAGAIN)) => Ok(()),
            result => result,
        }
    }
}
