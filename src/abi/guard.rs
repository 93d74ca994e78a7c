//! The one shape of every exported function: no panic leaves, errno changes only on failure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sys::critical;
use crate::sys::errno::Errno;
use crate::sys::futex::CancelType;

/// What C functions return.
pub trait Returned {
    /// The value that means "see errno".
    const FAILED: Self;
}

impl Returned for i32 {
    const FAILED: i32 = -1;
}

impl Returned for isize {
    const FAILED: isize = -1;
}

impl Returned for usize {
    /// `SIG_ERR`.
    const FAILED: usize = usize::MAX;
}

/// Runs a call's body. Success leaves errno as it was; a failure sets it; a panic, which would be a fault
/// of ours, is EAGAIN.
///
/// Not for what may be cancelled: an unwinding by pthread_cancel may not be caught. See [`translated`].
pub fn guarded<T: Returned>(body: impl FnOnce() -> Result<T, Errno>) -> T {
    translated(|| outside(|| contained(body)))
}

/// Runs a part of a call's body, unless the caller is in the middle of another: a signal handler that the library was
/// not told of, installed by a raw system call, may have interrupted it where a lock is held. That fails with EAGAIN,
/// once: from then on the kernel blocks signals where locks are held.
pub fn outside<T>(body: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    if critical::is_inside() {
        critical::give_up();
        return Err(Errno(libc::EAGAIN));
    }
    body()
}

/// Runs a part of a call's body so that no panic leaves it.
pub fn contained<T>(body: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Errno(libc::EAGAIN)))
}

/// Only the errno part of [`guarded`].
pub fn translated<T: Returned>(body: impl FnOnce() -> Result<T, Errno>) -> T {
    let before = Errno::last();
    match body() {
        Ok(value) => {
            before.store();
            value
        }
        Err(error) => {
            error.store();
            T::FAILED
        }
    }
}

/// Runs what can be left only at its own cancellation points, also in a thread of asynchronous cancel type: that one
/// may be cancelled at any instant before and after, but not where a panic would be caught.
///
/// An unwinding that begins at any instruction gets only through frames that have nothing to do for it. So what has
/// to is kept out of the exported function, into which this is inlined.
#[inline(always)]
pub fn deferring<T: Copy>(body: impl FnOnce() -> T) -> T {
    let before = CancelType::DEFERRED.set();
    let value = apart(body);
    before.set();
    value
}

#[inline(never)]
fn apart<T>(body: impl FnOnce() -> T) -> T {
    body()
}
