//! Static probes (USDT) for bpftrace, perf, gdb and SystemTap: each is one `nop` and a note in the file that says
//! where it is and where its arguments are. Nothing runs, and nothing is registered, unless somebody traces.
//!
//! `block` is the address of the program's control block or result structure. Operations are numbered as in
//! `Operation`, routes as in `Route`, ways to notify as in `Notify`; `docs/observing.md` has the lists.
#![allow(unsafe_code)]
// Unsafe here: the `nop` and its note are inline assembly, which the macro writes.

use probe::probe;

use crate::sys::errno::Errno;

/// A program asks for something.
#[inline(always)]
pub fn submit(block: u64, fd: i32, operation: u8, len: usize, offset: i64) {
    probe!(uaio, submit, block, fd, operation, len, offset);
}

/// A route has taken the request; it may pass it on.
#[inline(always)]
pub fn route(block: u64, fd: i32, route: u8) {
    probe!(uaio, route, block, fd, route);
}

/// The request is over: its bytes, or a negative error number. Its result is shown to the program right after.
#[inline(always)]
pub fn complete(block: u64, result: Result<usize, Errno>, route: u8) {
    let value = result.map_or_else(|error| -i64::from(error.0), |bytes| bytes as i64);
    probe!(uaio, complete, block, value, route);
}

/// The program is being told, by signal or by thread.
#[inline(always)]
pub fn notify(block: u64, how: u8, signal: i32) {
    probe!(uaio, notify, block, how, signal);
}
