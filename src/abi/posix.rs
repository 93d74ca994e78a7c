//! `<aio.h>`.
#![allow(unsafe_code)]
// Unsafe here: C calls in with pointers. What they must point to is what POSIX demands of the program; each
// is checked for NULL and turned into a `Block`, `Blocks` or copy at once.

use core::ffi::c_int;

use super::guard::{contained, deferring, guarded, outside, translated};
use crate::frontend::cmem::{self, Aiocb, Block, Blocks, Sigevent, SigeventAt};
use crate::frontend::{listio, posix, suspend};
use crate::request::Operation;
use crate::sys::errno::Errno;
use crate::sys::futex;

/// aio_read(3): queues a read.
///
/// # Safety
/// As POSIX: `aiocbp` points to a control block that stays valid until the request is over.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_read(aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: the program's promise, see above; so in all functions of this file.
    let block = unsafe { Block::new(aiocbp) };
    guarded(|| posix::transfer(Operation::Read, block).map(|()| 0))
}

/// aio_write(3): queues a write.
///
/// # Safety
/// As [`aio_read`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_write(aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: see `aio_read`.
    let block = unsafe { Block::new(aiocbp) };
    guarded(|| posix::transfer(Operation::Write, block).map(|()| 0))
}

/// aio_fsync(3): queues a synchronisation behind everything accepted before.
///
/// # Safety
/// As [`aio_read`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_fsync(op: c_int, aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: see `aio_read`.
    let block = unsafe { Block::new(aiocbp) };
    guarded(|| posix::sync(op, block).map(|()| 0))
}

/// aio_error(3): EINPROGRESS, 0, or the error number. Async-signal-safe.
///
/// # Safety
/// `aiocbp` is NULL or points to 168 readable bytes.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_error(aiocbp: *const Aiocb) -> c_int {
    // SAFETY: see `aio_read`.
    let block = unsafe { Block::new(aiocbp.cast_mut()) };
    // This is polled: what is over costs a look at the block and no more, errno's address included.
    match posix::status_of_finished(block) {
        Some(status) => status,
        None => error_of_unfinished(block),
    }
}

/// Apart, so that [`aio_error`] need not save what only this uses.
#[inline(never)]
fn error_of_unfinished(block: Option<Block>) -> c_int {
    guarded(|| posix::error(block))
}

/// aio_return(3): the result, once. Async-signal-safe.
///
/// # Safety
/// As [`aio_error`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_return(aiocbp: *mut Aiocb) -> isize {
    // SAFETY: see `aio_read`.
    let block = unsafe { Block::new(aiocbp) };
    guarded(|| posix::result(block))
}

/// aio_cancel(3).
///
/// # Safety
/// As [`aio_error`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_cancel(fd: c_int, aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: see `aio_read`.
    let block = unsafe { Block::new(aiocbp) };
    guarded(|| posix::cancel(fd, block))
}

/// aio_suspend(3): waits for one of a list. Async-signal-safe, and a cancellation point.
///
/// # Safety
/// `list` points to `nent` pointers, each NULL or to a control block; `timeout` is NULL or points to a timespec.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn aio_suspend(
    list: *const *const Aiocb,
    nent: c_int,
    timeout: *const libc::timespec,
) -> c_int {
    futex::test_cancel();
    // SAFETY: see above.
    let (blocks, timeout) = unsafe { (Blocks::new(list.cast(), nent), cmem::timespec(timeout)) };
    deferring(|| translated(|| outside(|| suspend::suspend(blocks, timeout).map(|()| 0))))
}

/// lio_listio(3): queues a list; with LIO_WAIT a cancellation point.
///
/// # Safety
/// `list` points to `nent` pointers, each NULL or to a control block; `sig` is NULL or points to a sigevent.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn lio_listio(
    mode: c_int,
    list: *const *mut Aiocb,
    nent: c_int,
    sig: *const Sigevent,
) -> c_int {
    // SAFETY: see above; the event is not looked at before the mode is known to ask for it.
    let (blocks, sig) = unsafe { (Blocks::new(list, nent), SigeventAt::new(sig)) };
    deferring(|| translated(|| outside(|| run_list(mode, blocks, sig))))
}

/// The parts of `lio_listio`, of which the second sleeps.
fn run_list(mode: c_int, blocks: Option<Blocks>, sig: SigeventAt) -> Result<c_int, Errno> {
    let mode = listio::Mode::new(mode)?;
    let submitted = contained(|| listio::submit(mode, blocks, sig))?;
    listio::wait(mode, submitted)?;
    contained(|| listio::outcome(mode, blocks, submitted))
}

/// glibc's `struct aioinit`.
#[repr(C)]
pub struct Aioinit {
    /// Maximal number of threads.
    pub aio_threads: c_int,
    /// Number of expected simultaneous requests.
    pub aio_num: c_int,
    /// Not used, as in glibc.
    pub aio_locks: c_int,
    /// Not used, as in glibc.
    pub aio_usedba: c_int,
    /// Not used, as in glibc.
    pub aio_debug: c_int,
    /// Not used, as in glibc.
    pub aio_numusers: c_int,
    /// Number of seconds before an idle thread ends.
    pub aio_idle_time: c_int,
    /// Not used, as in glibc.
    pub aio_reserved: c_int,
}

/// glibc's aio_init: how many worker threads at most, and how long they wait for work.
///
/// # Safety
/// `init` is NULL or points to a `struct aioinit`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_init(init: *const Aioinit) {
    if init.is_null() {
        return;
    }
    // SAFETY: see above; the copy needs no alignment.
    let wanted = unsafe { init.read_unaligned() };
    guarded(|| {
        posix::tune(wanted.aio_threads, wanted.aio_idle_time);
        Ok(0)
    });
}

/// aio_read64: the same on 64-bit machines, as all names of this kind.
///
/// # Safety
/// As [`aio_read`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_read64(aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_read(aiocbp) }
}

/// See [`aio_write`].
///
/// # Safety
/// As [`aio_write`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_write64(aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_write(aiocbp) }
}

/// See [`aio_fsync`].
///
/// # Safety
/// As [`aio_fsync`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_fsync64(op: c_int, aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_fsync(op, aiocbp) }
}

/// See [`aio_error`].
///
/// # Safety
/// As [`aio_error`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_error64(aiocbp: *const Aiocb) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_error(aiocbp) }
}

/// See [`aio_return`].
///
/// # Safety
/// As [`aio_return`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_return64(aiocbp: *mut Aiocb) -> isize {
    // SAFETY: forwarded.
    unsafe { aio_return(aiocbp) }
}

/// See [`aio_cancel`].
///
/// # Safety
/// As [`aio_cancel`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn aio_cancel64(fd: c_int, aiocbp: *mut Aiocb) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_cancel(fd, aiocbp) }
}

/// See [`aio_suspend`].
///
/// # Safety
/// As [`aio_suspend`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn aio_suspend64(
    list: *const *const Aiocb,
    nent: c_int,
    timeout: *const libc::timespec,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { aio_suspend(list, nent, timeout) }
}

/// See [`lio_listio`].
///
/// # Safety
/// As [`lio_listio`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn lio_listio64(
    mode: c_int,
    list: *const *mut Aiocb,
    nent: c_int,
    sig: *const Sigevent,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { lio_listio(mode, list, nent, sig) }
}
