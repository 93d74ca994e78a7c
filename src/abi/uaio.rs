//! `<uaio.h>`: what is the library's own.
#![allow(unsafe_code)]
// Unsafe here: the attribute that exports a name, and the program's structure that is filled.

use core::ffi::{c_char, c_int, c_long, c_ulong};

use super::guard::guarded;
use crate::engine::stats::{Cell, Refused, Summary};
use crate::sys::errno::Errno;

/// The version of the library that runs, such as "0.1.0". The string is static.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn uaio_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// What ended before it had a route: a bad descriptor, or cancelled while it waited.
pub const UAIO_ROUTE_NONE: c_int = 0;
/// In the calling thread.
pub const UAIO_ROUTE_CALLER: c_int = 1;
/// Native Linux AIO.
pub const UAIO_ROUTE_NATIVE: c_int = 2;
/// The io_uring for files.
pub const UAIO_ROUTE_RING: c_int = 3;
/// The thread for pipes, sockets and terminals.
pub const UAIO_ROUTE_STREAM: c_int = 4;
/// Worker threads.
pub const UAIO_ROUTE_WORKER: c_int = 5;
/// Room in uaio_stats_t for routes to come.
pub const UAIO_ROUTES: usize = 8;
/// aio_read, and so on.
pub const UAIO_OPERATION_READ: c_int = 0;
/// aio_write, and so on.
pub const UAIO_OPERATION_WRITE: c_int = 1;
/// aio_fsync with O_SYNC.
pub const UAIO_OPERATION_FSYNC: c_int = 2;
/// aio_fsync with O_DSYNC.
pub const UAIO_OPERATION_FDATASYNC: c_int = 3;
/// The number of operations.
pub const UAIO_OPERATIONS: usize = 4;

/// Requests of one route and operation that have ended. Latencies, in nanoseconds, are from the call to the moment
/// before the result is shown; a percentile is at most a sixteenth too high.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct UaioStatsCell {
    /// How many.
    pub requests: c_ulong,
    /// Bytes transferred.
    pub bytes: c_ulong,
    /// Those that failed, the cancelled ones aside.
    pub errors: c_ulong,
    /// The median.
    pub p50_ns: c_ulong,
    /// What 90 % did not exceed.
    pub p90_ns: c_ulong,
    /// What 99 % did not exceed.
    pub p99_ns: c_ulong,
    /// What 99.9 % did not exceed.
    pub p999_ns: c_ulong,
    /// The longest.
    pub max_ns: c_ulong,
}

/// What uaio_stats fills in. Later versions of the library add members at the end.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct UaioStats {
    /// To be set to sizeof(uaio_stats_t) before the call. After it: how much of it the library has filled in.
    pub size: c_ulong,
    /// Requests, by route and operation.
    pub cells: [[UaioStatsCell; UAIO_OPERATIONS]; UAIO_ROUTES],
    /// Requests that are queued or under way. One that has just ended may still be among them.
    pub outstanding: c_ulong,
    /// The most that were at once since counting began.
    pub outstanding_max: c_ulong,
    /// Requests that ended with ECANCELED.
    pub cancelled: c_ulong,
    /// Calls that failed and queued nothing.
    pub refused: c_ulong,
    /// Reads that could not be finished in the calling thread, since not all was in memory.
    pub not_in_memory: c_ulong,
    /// Times that a file turned out not to know RWF_NOWAIT.
    pub nowait_refused: c_ulong,
    /// Requests that native AIO gave back, since it would have had to wait for more than the device.
    pub would_block: c_ulong,
    /// Times that an io_uring was refused, and the last error number.
    pub ring_refused: c_ulong,
    /// See ring_refused.
    pub ring_error: c_long,
    /// Times that native AIO was refused, and the last error number.
    pub native_refused: c_ulong,
    /// See native_refused.
    pub native_error: c_long,
    /// Times that a sleeping thread of the program was woken by the end of a request.
    pub waiters_woken: c_ulong,
    /// Times that a sleeping thread of the library was woken.
    pub threads_woken: c_ulong,
    /// Threads of the library that are alive.
    pub threads_alive: c_ulong,
    /// Threads of the library that were started.
    pub threads_started: c_ulong,
    /// Times that one could not be started.
    pub threads_refused: c_ulong,
}

/// Fills in what the library has counted in this process. Requests are counted from the first call on, or, if the
/// environment sets UAIO_STATS or UAIO_STATS_SIGNAL, from the first request on; until then counting costs nothing.
/// Safe in a signal handler, once it has been called outside one.
///
/// Gives 0, or -1 and sets errno: EINVAL for NULL, or a size too small for the member size itself; EAGAIN when there is
/// no memory to count in.
///
/// # Safety
/// stats is NULL or points to as many bytes as its member size says.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn uaio_stats(stats: *mut UaioStats) -> c_int {
    guarded(|| {
        if stats.is_null() {
            return Err(Errno(libc::EINVAL));
        }
        // SAFETY: readable as the caller promises; only this member is read.
        let size = unsafe { (&raw const (*stats).size).read() };
        let filled = filled_in(size)?;
        // SAFETY: no more bytes than the caller says are there, and no more than the structure has.
        unsafe { (&raw const filled).cast::<u8>().copy_to(stats.cast(), filled.size as usize) };
        Ok(0)
    })
}

/// As much of it as a program knows that has a structure of this size.
fn filled_in(size: c_ulong) -> Result<UaioStats, Errno> {
    if size < size_of::<c_ulong>() as c_ulong {
        return Err(Errno(libc::EINVAL));
    }
    let engine = crate::frontend::engine()?;
    engine.stats.turn_on()?;
    let size = size.min(size_of::<UaioStats>() as c_ulong);
    Ok(UaioStats { size, ..UaioStats::from(&engine.summary()) })
}

impl From<&Cell> for UaioStatsCell {
    fn from(cell: &Cell) -> UaioStatsCell {
        let [p50_ns, p90_ns, p99_ns, p999_ns, max_ns] = cell.latency_ns;
        let Cell { count: requests, bytes, errors, .. } = *cell;
        UaioStatsCell { requests, bytes, errors, p50_ns, p90_ns, p99_ns, p999_ns, max_ns }
    }
}

impl From<&Summary> for UaioStats {
    fn from(summary: &Summary) -> UaioStats {
        let mut stats = UaioStats {
            outstanding: summary.outstanding,
            outstanding_max: summary.outstanding_max,
            cancelled: summary.cancelled,
            refused: summary.refused,
            not_in_memory: summary.missed,
            nowait_refused: summary.nowait_refused,
            would_block: summary.would_block,
            waiters_woken: summary.waiters_woken,
            threads_woken: summary.threads_woken,
            threads_alive: summary.threads_alive,
            threads_started: summary.threads_started,
            threads_refused: summary.threads_refused,
            ..UaioStats::default()
        };
        let number = |refused: Refused| (refused.times, c_long::from(refused.last));
        (stats.ring_refused, stats.ring_error) = number(summary.ring);
        (stats.native_refused, stats.native_error) = number(summary.native);
        for (to, from) in stats.cells.iter_mut().flatten().zip(summary.cells.iter().flatten()) {
            *to = from.into();
        }
        stats
    }
}
