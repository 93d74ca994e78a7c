//! Sleeping on a word, and waking who sleeps there: futex(2).
#![allow(unsafe_code)]
// Unsafe here: raw system calls, and one declaration of libc's `syscall` that may unwind.

use core::ptr;
use core::sync::atomic::AtomicU32;

use crate::sys::errno::Errno;

unsafe extern "C-unwind" {
    // Declared anew, because pthread_cancel may unwind out of it: libc's own declaration promises
    // that it does not.
    fn syscall(number: libc::c_long, ...) -> libc::c_long;
    fn pthread_setcanceltype(kind: libc::c_int, old: *mut libc::c_int) -> libc::c_int;
    fn pthread_testcancel();
}

/// Moments are nanoseconds of CLOCK_MONOTONIC; FUTEX_WAIT_BITSET takes them as absolute times.
fn timespec(at_ns: u64) -> libc::timespec {
    libc::timespec { tv_sec: (at_ns / 1_000_000_000) as i64, tv_nsec: (at_ns % 1_000_000_000) as i64 }
}

/// Sleeps while `word` is `expected`; returns when woken, on a change, or for no reason.
pub fn wait(word: &AtomicU32, expected: u32) {
    let _ = wait_until(word, expected, None);
}

/// As [`wait`], but no later than `deadline_ns`: then `ETIMEDOUT`. `EAGAIN` when the word differed
/// at once. Leaves errno changed: for library threads and under the errno guard of `abi/`.
pub fn wait_until(word: &AtomicU32, expected: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
    let until = deadline_ns.map(timespec);
    let until = until.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word outlives the call, `until` is NULL or valid, and the kernel writes nothing.
    let result = unsafe { syscall(libc::SYS_futex, word.as_ptr(), WAIT, expected, until, 0usize, !0u32) };
    if result == 0 { Ok(()) } else { Err(Errno::last()) }
}

const WAIT: i32 = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG;

/// As [`wait_until`], and a cancellation point: a pthread_cancel of this thread takes effect here,
/// by unwinding. The caller may hold no lock and nothing that needs dropping.
pub fn wait_cancellable(word: &AtomicU32, expected: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
    cancellable(|| wait_until(word, expected, deadline_ns))
}

/// Makes a system call during which a cancellation takes effect at once; see [`wait_cancellable`].
pub fn cancellable<T: Copy>(call: impl Fn() -> T) -> T {
    let before = CancelType::ASYNCHRONOUS.set();
    let result = call();
    before.set();
    result
}

/// When a pthread_cancel takes effect on a thread: at cancellation points, or at any instant.
#[derive(Clone, Copy)]
pub struct CancelType(libc::c_int);

impl CancelType {
    /// At cancellation points.
    pub const DEFERRED: CancelType = CancelType(0);
    /// At any instant.
    pub const ASYNCHRONOUS: CancelType = CancelType(1);

    /// Sets it for the calling thread, and gives what it was. May unwind, if a cancellation is pending: the caller
    /// may hold nothing that needs dropping.
    pub fn set(self) -> CancelType {
        let mut before = 0;
        // SAFETY: valid arguments; may unwind through this frame, which holds nothing.
        unsafe { pthread_setcanceltype(self.0, &raw mut before) };
        CancelType(before)
    }
}

/// Acts on a cancellation that is pending and enabled; see [`wait_cancellable`].
pub fn test_cancel() {
    // SAFETY: always allowed; may unwind through this frame, which holds nothing.
    unsafe { pthread_testcancel() }
}

/// Wakes up to `count` threads that sleep on `word`, and tells how many there were. Never fails for a valid word.
pub fn wake(word: &AtomicU32, count: i32) -> usize {
    const WAKE: i32 = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is valid; the kernel only uses its address.
    let woken = unsafe { syscall(libc::SYS_futex, word.as_ptr(), WAKE, count) };
    usize::try_from(woken).unwrap_or(0)
}
