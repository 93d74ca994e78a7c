//! The clock: monotonic everywhere, in nanoseconds, so that setting the time of day moves no deadline.
#![allow(unsafe_code)]
// Unsafe here: clock_gettime fills a structure through a pointer.

/// The tick of the coarse clock, which lasts 1 to 10 ms: cheaper than to ask for the time.
pub fn tick() -> u32 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: as in `now_ns`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut ts) };
    (ts.tv_sec as u32).wrapping_mul(1_000).wrapping_add(ts.tv_nsec as u32 / 1_000_000)
}

/// Now, in nanoseconds of CLOCK_MONOTONIC.
pub fn now_ns() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is valid for writing; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}
