//! `<sys/asynch.h>`: the calls of Solaris' libaio.
#![allow(unsafe_code)]
// Unsafe here: C calls in with pointers. Result pointers become a `ResultAt`, times are copied, buffers stay
// addresses that only the kernel looks at.

use core::ffi::{c_char, c_int, c_uint};

use super::guard::{Returned, contained, deferring, guarded, outside, translated};
use crate::frontend::cmem::results::{self, BlockSlots, Number, ResultAt};
use crate::frontend::cmem::{self, Aiocb, Aiocb as Aiocb64};
use crate::frontend::solaris::{self, Asked};
use crate::frontend::waitn;
use crate::request::Operation;
use crate::sys::errno::Errno;
use crate::sys::futex;

/// The result of a request, in the program's memory. `aio_errno` is stored before `aio_return`.
///
/// A program that wants to poll sets `aio_return` to AIO_INPROGRESS (-2) before the call.
#[repr(C)]
pub struct AioResult {
    /// What read(2) or write(2) would have returned.
    pub aio_return: libc::ssize_t,
    /// 0, or the error number.
    pub aio_errno: c_int,
}

impl Returned for *mut AioResult {
    /// `(aio_result_t *)-1`.
    const FAILED: *mut AioResult = core::ptr::without_provenance_mut(usize::MAX);
}

/// Queues a read of `bufsz` bytes into `buf`, at `offset` counted from `whence` as in lseek(2). On a descriptor that
/// cannot seek both are ignored.
///
/// The request is known by `resultp` until it is handed out by aiowait; the result is stored there. Errors at the call:
/// EBADF; EINVAL for a NULL, misaligned or used `resultp`, a bad `whence`, a negative size or position; EAGAIN when
/// memory or threads are short. May be called in a signal handler.
///
/// # Safety
/// `buf` and `resultp` stay valid until the request is over.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aioread(
    fd: c_int,
    buf: *mut c_char,
    bufsz: c_int,
    offset: libc::off_t,
    whence: c_int,
    resultp: *mut AioResult,
) -> c_int {
    // SAFETY: the program's promise, see above; so in all functions of this file.
    let result = unsafe { ResultAt::new(resultp.cast()) };
    let (operation, buffer) = (Operation::Read, buf as usize);
    guarded(|| solaris::transfer(Asked { operation, fd, buffer, bytes: bufsz, offset, whence, result }).map(|()| 0))
}

/// Queues a write. All else is as for aioread.
///
/// # Safety
/// As for aioread.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aiowrite(
    fd: c_int,
    buf: *mut c_char,
    bufsz: c_int,
    offset: libc::off_t,
    whence: c_int,
    resultp: *mut AioResult,
) -> c_int {
    // SAFETY: see `aioread`.
    let result = unsafe { ResultAt::new(resultp.cast()) };
    let (operation, buffer) = (Operation::Write, buf as usize);
    guarded(|| solaris::transfer(Asked { operation, fd, buffer, bytes: bufsz, offset, whence, result }).map(|()| 0))
}

/// Cancels the request known by `resultp`, if it has not started or is a read blocked on a pipe, socket or terminal.
///
/// 0: cancelled; its result is -1 with ECANCELED, and aiowait does not hand it out. -1 with EACCES: not cancelled, and
/// it or another request is unfinished. -1 with EINVAL: nothing is unfinished. May be called in a signal handler.
///
/// # Safety
/// `resultp` may be any pointer.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aiocancel(resultp: *mut AioResult) -> c_int {
    // SAFETY: see `aioread`; what is not the pointer of a request is not followed.
    let result = unsafe { ResultAt::new(resultp.cast()) };
    guarded(|| solaris::cancel(result).map(|()| 0))
}

/// Hands out a finished request of aioread or aiowrite, in order of completion, each once.
///
/// Waits until there is one: for ever if `timeout` is NULL, not at all if it is zero; NULL when the time is over. -1
/// with EINVAL: nothing is outstanding and nothing finished, or `timeout` is out of range. -1 with EINTR: a signal was
/// caught. Any number of threads may wait. May be called in a signal handler; a cancellation point.
///
/// # Safety
/// `timeout` is NULL or points to a timeval.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn aiowait(timeout: *mut libc::timeval) -> *mut AioResult {
    futex::test_cancel();
    // SAFETY: see above.
    let timeout = unsafe { results::timeval(timeout) };
    deferring(|| translated(|| outside(|| take(contained(|| solaris::Wait::new(timeout))?))))
}

/// The part that sleeps.
fn take(mut wait: solaris::Wait) -> Result<*mut AioResult, Errno> {
    loop {
        match contained(|| wait.look())? {
            Some(pointer) => return Ok(core::ptr::with_exposed_provenance_mut(pointer as usize)),
            None => wait.sleep(),
        }
    }
}

/// Waits until `*nwait` requests of `aio_read` and its like that notify nobody (SIGEV_NONE) are finished, whichever
/// they are, and stores up to `nent` of the finished ones in `list`, and their number in `*nwait`. Each is handed out
/// once, and not after `aio_return`, which it still needs.
///
/// Waits for ever if `timeout` is NULL, not at all if it is zero. 0 also when fewer have finished and nothing is
/// outstanding any more, or when not to wait. -1 with ETIME: the time is over; EINTR: a signal was caught: in both
/// cases what has finished is handed out. EAGAIN: nothing is outstanding and nothing finished. EINVAL: `nent` is 0 or
/// more than 4096, `*nwait` is 0 or more than `nent`, or `timeout` is out of range. A cancellation point.
///
/// # Safety
/// `list` has room for `nent` pointers; `timeout` is NULL or points to a timespec.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn aio_waitn(
    list: *mut *mut Aiocb,
    nent: c_uint,
    nwait: *mut c_uint,
    timeout: *const libc::timespec,
) -> c_int {
    futex::test_cancel();
    // SAFETY: see above.
    let (list, nwait, timeout) = unsafe { (BlockSlots::new(list), Number::new(nwait), cmem::timespec(timeout)) };
    deferring(|| translated(|| outside(|| gather(contained(|| waitn::WaitFor::new(list, nent, nwait, timeout))?))))
}

/// The part that sleeps.
fn gather(mut wait: waitn::WaitFor) -> Result<c_int, Errno> {
    while !contained(|| wait.look())? {
        wait.sleep();
    }
    Ok(0)
}

/// The same as aio_waitn.
///
/// # Safety
/// As for aio_waitn.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn aio_waitn64(
    list: *mut *mut Aiocb64,
    nent: c_uint,
    nwait: *mut c_uint,
    timeout: *const libc::timespec,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_waitn(list, nent, nwait, timeout) }
}

/// The same as aioread: an `off_t` has 64 bits.
///
/// # Safety
/// As for aioread.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aioread64(
    fd: c_int,
    buf: *mut c_char,
    bufsz: c_int,
    offset: libc::off_t,
    whence: c_int,
    resultp: *mut AioResult,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { aioread(fd, buf, bufsz, offset, whence, resultp) }
}

/// The same as aiowrite.
///
/// # Safety
/// As for aiowrite.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aiowrite64(
    fd: c_int,
    buf: *mut c_char,
    bufsz: c_int,
    offset: libc::off_t,
    whence: c_int,
    resultp: *mut AioResult,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { aiowrite(fd, buf, bufsz, offset, whence, resultp) }
}
