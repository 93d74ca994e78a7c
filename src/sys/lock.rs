//! Locks that a signal handler can never find held by the thread that it interrupted.
#![allow(unsafe_code)]
// Unsafe here: the value behind a lock is an UnsafeCell, and signal masks are set by raw system
// call, because glibc's wrapper refuses to block its two internal signals.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use crate::sys::atomic::{AtomicU32, Ordering};
use crate::sys::{call, critical, futex};

const SIGSET_BYTES: usize = 8;

/// The proof that no signal handler can run in this thread. Only with it can a [`Lock`] be taken,
/// so that a handler never waits for a lock whose holder it interrupted. Nor is a thread cancelled while it holds one:
/// there is no cancellation point, and what may be called with the asynchronous cancel type sets it aside
/// (`abi::guard::deferring`).
pub struct Masked {
    restore: Restore,
    // The mask belongs to one thread: not Send, not Sync.
    _thread: PhantomData<*mut ()>,
}

enum Restore {
    Nothing,
    Mask(u64),
    /// See [`critical`].
    Section,
}

impl Masked {
    /// Blocks every signal, glibc's internal ones included, until the value is dropped. Nests.
    pub fn block() -> Masked {
        let mut old = 0u64;
        set_mask(!0u64, &mut old);
        Masked { restore: Restore::Mask(old), _thread: PhantomData }
    }

    /// The same at no system call, where that can be had. A signal may interrupt a system call in it, once.
    #[inline(always)]
    pub fn section() -> Masked {
        if critical::enter() {
            return Masked { restore: Restore::Section, _thread: PhantomData };
        }
        Masked::block()
    }

    /// For the library's own threads, which are started with all signals blocked (glibc's internal
    /// ones excepted: set*id() waits until every thread has handled them; their handlers do not
    /// call us).
    pub fn library_thread() -> Masked {
        Masked { restore: Restore::Nothing, _thread: PhantomData }
    }
}

/// The same for a sleep that may be cancelled, where nothing that needs dropping may be alive: to be undone by hand.
#[derive(Clone, Copy)]
pub struct HandMask(u64);

impl HandMask {
    /// Blocks every signal.
    pub fn block() -> HandMask {
        let mut old = 0u64;
        set_mask(!0u64, &mut old);
        HandMask(old)
    }

    /// The proof.
    pub fn masked(&self) -> Masked {
        Masked::library_thread()
    }

    /// The mask as it was, for a system call that sets it while it sleeps.
    pub fn before(&self) -> &u64 {
        &self.0
    }

    /// Back to the mask as it was.
    pub fn undo(self) {
        set_mask(self.0, &mut 0);
    }
}

impl Drop for Masked {
    fn drop(&mut self) {
        match self.restore {
            Restore::Nothing => {}
            Restore::Mask(old) => set_mask(old, &mut 0),
            Restore::Section => critical::leave(),
        }
    }
}

/// Sets what this thread blocks.
pub fn set_mask(new: u64, old: &mut u64) {
    // SAFETY:
    // - both pointers are valid for the 8 bytes that the kernel's sigset has;
    // - the call cannot fail with a valid `how` and size, so errno is not touched.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const new, old as *mut u64, SIGSET_BYTES);
    }
}

// The lock word.
//
// | value     | meaning                    | left by                                        |
// |-----------|----------------------------|------------------------------------------------|
// | FREE      | nobody holds it            | a locker: CAS to HELD, or swap to CONTENDED    |
// | HELD      | held, nobody sleeps        | the holder: swap to FREE; a sleeper: CONTENDED |
// | CONTENDED | held, somebody may sleep   | the holder: swap to FREE, then wakes one       |
const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// How often a lock that is held is looked at before the thread sleeps: locks are held for tens of nanoseconds, a sleep
/// takes microseconds. Never with one processor, which the holder needs.
fn looks() -> u32 {
    const LOOKS: u32 = 50;
    const UNKNOWN: u32 = u32::MAX;
    // Orders nothing.
    static KNOWN: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(UNKNOWN);
    let mut looks = KNOWN.load(Ordering::Relaxed);
    if looks == UNKNOWN {
        looks = if call::processors() > 1 { LOOKS } else { 0 };
        KNOWN.store(looks, Ordering::Relaxed);
    }
    looks
}

/// A futex mutex. Zero-initialised is a valid free lock.
pub struct Lock<T> {
    word: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the word admits one holder at a time, so a Lock hands its value from thread to thread.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T> Lock<T> {
    /// A free lock over `value`.
    pub fn new(value: T) -> Lock<T> {
        Lock { word: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock. The guard cannot outlive the mask.
    pub fn lock<'a>(&'a self, _masked: &'a Masked) -> Guard<'a, T> {
        if !self.take() {
            self.lock_slow();
        }
        Guard { lock: self, _thread: PhantomData }
    }

    /// The lock, if nobody holds it.
    pub fn try_lock<'a>(&'a self, _masked: &'a Masked) -> Option<Guard<'a, T>> {
        // Not `then_some`: a guard made and dropped would release what another holds.
        self.take().then(|| Guard { lock: self, _thread: PhantomData })
    }

    /// Takes the lock, if it is free.
    #[inline(always)]
    fn take(&self) -> bool {
        // Pairs with the release in Guard::drop.
        self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn lock_slow(&self) {
        for _ in 0..looks() {
            core::hint::spin_loop();
            if self.word.load(Ordering::Relaxed) == FREE && self.take() {
                return;
            }
        }
        while self.word.swap(CONTENDED, Ordering::Acquire) != FREE {
            futex::wait(&self.word, CONTENDED);
        }
    }
}

/// Access to the value of a held [`Lock`].
pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
    _thread: PhantomData<*mut ()>,
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if self.lock.word.swap(FREE, Ordering::Release) == CONTENDED {
            futex::wake(&self.lock.word, 1);
        }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread holds the lock and nobody else has a reference.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_stays_held_when_somebody_tries() {
        let (lock, masked) = (Lock::new(()), Masked::block());
        let held = lock.lock(&masked);
        assert!(lock.try_lock(&masked).is_none());
        assert!(lock.try_lock(&masked).is_none(), "the first try released it");
        drop(held);
        assert!(lock.try_lock(&masked).is_some());
    }
}
