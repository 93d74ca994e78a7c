//! Attendants: who drains a context of native AIO (`backend::native`) when those who wait do not.
//!
//! Who waits for more than the requests of one context sleeps on a futex, and somebody else must drain: a library
//! thread, `uaio-native`, which leads as long as such a waiter sleeps, or a sync waits for requests here.
//!
//! Results of Solaris' calls may also be looked for in memory, and are told of by a signal, so that nobody may drain at
//! all. While such requests are with the kernel the attendant *naps*: it looks now and then, drains what has lain there
//! since it last looked, and tells the engine, which then hands such requests to the file ring. `naps` is set, by
//! whoever has handed one to the kernel, after `flying` was raised; the attendant clears it, and then looks at `flying`
//! once more.

use crossbeam_utils::CachePadded;

use super::native::{Native, Slot};
use super::{ASLEEP, AWAKE, Host, Thread};
use crate::sys::atomic::Ordering;
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

/// How often an attendant looks whether others drain.
const NAP_NS: u64 = 500_000;
/// An attendant that nobody has needed for so long leaves.
const IDLE_NS: u64 = 1_000_000_000;

/// The attendant of a context.
#[derive(Default)]
pub(super) struct Attendance {
    /// It exists or is being started.
    there: bool,
    /// It exists.
    runs: bool,
    /// One could not be started. It is not tried again: who waits then does without.
    given_up: bool,
    /// The waiter slots of those who count on one that does not run yet.
    waiters: u64,
}

impl Native {
    /// Somebody needs the context drained who does not do it, until [`Native::repay`]: somebody is to be told, by
    /// [`Native::attend`].
    pub fn owe(&self, number: u32) {
        if let Some(slot) = self.slots.get(number as usize) {
            slot.owed.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Sees to it that an attendant does what is owed; `false` if none can be had. Should that turn out later, those
    /// in the waiter `slots` are woken.
    pub fn attend(&'static self, host: &'static dyn Host, number: u32, slots: u64, masked: &Masked) -> bool {
        let Some(slot) = self.slots.get(number as usize) else { return false };
        let mut attendance = slot.attendance.lock(masked);
        if attendance.given_up {
            return false;
        }
        if slots != 0 && !attendance.runs {
            attendance.waiters |= slots;
        }
        let there = core::mem::replace(&mut attendance.there, true);
        drop(attendance);
        if there {
            slot.waker.wake();
        } else {
            host.start(Thread::Native(number as usize), masked);
        }
        true
    }

    /// An attendant has begun.
    pub fn attended(&self, number: u32, masked: &Masked) {
        if let Some(slot) = self.slots.get(number as usize) {
            let mut attendance = slot.attendance.lock(masked);
            attendance.runs = true;
            attendance.waiters = 0;
        }
    }

    /// No attendant can be had: those who wait look for themselves. Gives their waiter slots.
    pub fn unattended(&self, number: u32, masked: &Masked) -> u64 {
        let Some(slot) = self.slots.get(number as usize) else { return 0 };
        let mut attendance = slot.attendance.lock(masked);
        *attendance = Attendance { given_up: true, waiters: attendance.waiters, ..Attendance::default() };
        core::mem::take(&mut attendance.waiters)
    }

    /// The counterpart of [`Native::owe`].
    pub fn repay(&self, number: u32) {
        if let Some(slot) = self.slots.get(number as usize) {
            slot.owed.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Whether an attendant has something to wait for.
    pub fn is_owed(&self, number: u32) -> bool {
        let Some(slot) = self.slots.get(number as usize) else { return false };
        slot.owed.load(Ordering::SeqCst) > 0 && slot.flying.load(Ordering::SeqCst) > 0
    }

    /// The only context in which so many requests of Solaris' calls are with the kernel, if there is one.
    pub fn has_all(&self, solaris: u32) -> Option<u32> {
        let has_all = |slot: &CachePadded<Slot>| slot.flying_solaris.load(Ordering::SeqCst) == solaris;
        self.slots.iter().position(has_all).map(|number| number as u32)
    }

    /// Whether the attendant is to look now and then. Clears that when nothing is with the kernel and `idle`.
    pub fn naps(&self, number: u32, idle: bool) -> bool {
        let Some(slot) = self.slots.get(number as usize) else { return false };
        if idle && slot.flying.load(Ordering::SeqCst) == 0 {
            slot.naps.store(0, Ordering::SeqCst);
            if slot.flying.load(Ordering::SeqCst) > 0 {
                slot.naps.store(1, Ordering::SeqCst);
            }
        }
        slot.naps.load(Ordering::SeqCst) != 0
    }

    /// The attendant's nap, which ends early when somebody needs it. Whether something was there to be drained before
    /// it, and still is.
    pub fn nap(&'static self, number: u32) -> bool {
        let Some(slot) = self.slots.get(number as usize) else { return false };
        let (before, filled) = (slot.done.load(Ordering::SeqCst), self.is_filled(number));
        slot.waker.word.store(ASLEEP, Ordering::SeqCst);
        if !self.is_owed(number) {
            let _ = crate::sys::futex::wait_until(&slot.waker.word, ASLEEP, Some(clock::now_ns() + NAP_NS));
        }
        slot.waker.word.store(AWAKE, Ordering::SeqCst);
        filled && slot.done.load(Ordering::SeqCst) == before
    }

    /// Whether requests of a context are with the kernel.
    pub fn is_flying(&self, number: u32) -> bool {
        self.slots.get(number as usize).is_some_and(|slot| slot.flying.load(Ordering::SeqCst) > 0)
    }

    /// An attendant with nothing to do: sleeps until it is needed; `false` when it is to leave.
    pub fn rest(&self, number: u32, masked: &Masked) -> bool {
        let Some(slot) = self.slots.get(number as usize) else { return false };
        let until_ns = clock::now_ns() + IDLE_NS;
        slot.waker.word.store(ASLEEP, Ordering::SeqCst);
        while !self.is_owed(number)
            && slot.naps.load(Ordering::SeqCst) == 0
            && slot.waker.word.load(Ordering::SeqCst) == ASLEEP
        {
            let timed_out = crate::sys::futex::wait_until(&slot.waker.word, ASLEEP, Some(until_ns));
            if timed_out == Err(Errno(libc::ETIMEDOUT)) {
                let mut attendance = slot.attendance.lock(masked);
                if !self.is_owed(number) && slot.naps.load(Ordering::SeqCst) == 0 {
                    *attendance = Attendance::default();
                    return false;
                }
            }
        }
        slot.waker.word.store(AWAKE, Ordering::SeqCst);
        true
    }
}
