//! The calls that give up a descriptor. What was accepted on it must get hold of its file before the number
//! can name another.
//!
//! A descriptor that was never used for AIO costs two loads. What calls close inside libc does not pass here, `fclose`
//! excepted. And `fcntl` and `setrlimit`, which change flags and a limit that the library remembers.
#![allow(unsafe_code)]
// Unsafe here: the attributes that export names, and the calls to libc's own `fclose` and `fcntl` by their other names.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr;

use super::guard::{contained, deferring, outside, translated};
use crate::engine;
use crate::sys::errno::Errno;
use crate::sys::{call, futex};

/// Before `fd` is given up.
fn closing(fd: c_int) {
    if let Some(engine) = engine::running() {
        if engine.files.touched(fd) {
            let before = Errno::last();
            let _ = outside(|| {
                contained(|| {
                    engine.closing(fd);
                    Ok(())
                })
            });
            before.store();
        }
    }
}

/// Whether `fd` is the library's own, and to the program not open.
fn ours(fd: c_int) -> bool {
    engine::running().is_some_and(|engine| engine.owns(fd))
}

/// close(2); a cancellation point.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C-unwind" fn close(fd: c_int) -> c_int {
    futex::test_cancel();
    // Nothing to pay for a program without AIO.
    if engine::running().is_some() && deferring(|| is_refused(fd)) {
        return translated(|| Err(Errno(libc::EBADF)));
    }
    translated(|| call::close(fd).map(|_| 0))
}

/// Whether `fd` may not be closed; if it may, it is about to be.
fn is_refused(fd: c_int) -> bool {
    let refused = ours(fd);
    if !refused {
        closing(fd);
    }
    refused
}

unsafe extern "C-unwind" {
    /// libc's `fclose`: a name that nobody interposes, and that is there without a search.
    fn _IO_fclose(stream: *mut c_void) -> c_int;
    /// libc's `fcntl`, likewise.
    fn __fcntl(fd: c_int, command: c_int, ...) -> c_int;
}

/// fclose(3); a cancellation point.
///
/// # Safety
/// As C: `stream` is an open stream.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn fclose(stream: *mut c_void) -> c_int {
    if engine::running().is_some() {
        deferring(|| {
            let before = Errno::last();
            // SAFETY: the program's promise. A stream in memory has no number, and fails.
            closing(unsafe { libc::fileno(stream.cast()) });
            before.store();
        });
    }
    // SAFETY: the program's promise.
    unsafe { _IO_fclose(stream) }
}

/// fcntl(2); with some commands a cancellation point.
///
/// The third argument is passed on as it came: every type that it can have fits in the register of a pointer.
///
/// # Safety
/// As C: what the command wants.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: the program's promise.
    let result = unsafe { __fcntl(fd, command, argument) };
    if command == libc::F_SETFL {
        outdate();
    }
    result
}

/// The same.
///
/// # Safety
/// As [`fcntl`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C-unwind" fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: forwarded.
    unsafe { fcntl(fd, command, argument) }
}

/// What is remembered of open files may have changed.
fn outdate() {
    if let Some(engine) = engine::running() {
        engine.files.outdate();
    }
}

/// setrlimit(2).
///
/// # Safety
/// As C: `new` is valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn setrlimit(resource: c_int, new: *const libc::rlimit) -> c_int {
    // SAFETY: forwarded; 0 is the calling process.
    unsafe { prlimit(0, resource, new, ptr::null_mut()) }
}

/// The same.
///
/// # Safety
/// As [`setrlimit`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn setrlimit64(resource: c_int, new: *const libc::rlimit) -> c_int {
    // SAFETY: forwarded.
    unsafe { setrlimit(resource, new) }
}

/// prlimit(2), which may be of another process.
///
/// # Safety
/// As C: each of `new` and `old` is valid or null.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn prlimit(
    process: libc::pid_t,
    resource: c_int,
    new: *const libc::rlimit,
    old: *mut libc::rlimit,
) -> c_int {
    let result = translated(|| call::limit(process, resource, new as usize, old as usize).map(|_| 0));
    outdate();
    result
}

/// The same.
///
/// # Safety
/// As [`prlimit`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn prlimit64(
    process: libc::pid_t,
    resource: c_int,
    new: *const libc::rlimit,
    old: *mut libc::rlimit,
) -> c_int {
    // SAFETY: forwarded.
    unsafe { prlimit(process, resource, new, old) }
}

/// dup2(2).
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn dup2(old: c_int, new: c_int) -> c_int {
    if old != new && call_is_open(old) {
        vacate(new);
    }
    translated(|| call::dup2(old, new).map(|fd| fd as c_int))
}

/// dup3(2).
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn dup3(old: c_int, new: c_int, flags: c_int) -> c_int {
    if old != new && flags & !libc::O_CLOEXEC == 0 && call_is_open(old) {
        vacate(new);
    }
    translated(|| call::dup3(old, new, flags).map(|fd| fd as c_int))
}

/// Before another file is put at `fd`.
fn vacate(fd: c_int) {
    match engine::running() {
        Some(engine) if engine.owns(fd) => {
            let before = Errno::last();
            engine.move_away(fd);
            before.store();
        }
        _ => closing(fd),
    }
}

fn call_is_open(fd: c_int) -> bool {
    let before = Errno::last();
    let open = call::status_flags(fd).is_ok();
    before.store();
    open
}

/// close_range(2).
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
    // With a flag the table is left, or nothing is closed yet.
    if flags == 0 && first <= last {
        if let Some(engine) = engine::running() {
            engine.files.each_touched(first, last, closing);
        }
    }
    translated(|| close_all_but_ours(first, last, flags as c_uint).map(|()| 0))
}

/// closefrom(3).
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn closefrom(low: c_int) {
    let first = low.max(0) as c_uint;
    if close_range(first, c_uint::MAX, 0) != 0 {
        // Before Linux 5.9 there is no such call.
        for fd in first..call::descriptor_limit() {
            close(fd as c_int);
        }
    }
}

/// The parts of a range between the library's own descriptors.
fn close_all_but_ours(first: c_uint, last: c_uint, flags: c_uint) -> Result<(), Errno> {
    let mut own = engine::running().map_or([-1; 4], engine::Engine::own_descriptors);
    own.sort_unstable();
    let mut from = first;
    for fd in own.iter().filter_map(|fd| c_uint::try_from(*fd).ok()).filter(|fd| (first..=last).contains(fd)) {
        if fd > from {
            call::close_range(from, fd - 1, flags)?;
        }
        from = fd + 1;
    }
    // An empty rest is only then no error when something was left out.
    if from <= last || from == first { call::close_range(from, last, flags).map(|_| ()) } else { Ok(()) }
}
