//! What stands for `src/sys` here: atomics, futexes, time, native AIO and poll(2) of a model world; the rest is the
//! library's own.

pub mod aio;
pub mod atomic;
pub mod clock;
pub mod critical;
#[path = "../../src/sys/errno.rs"]
pub mod errno;
pub mod futex;
#[path = "../../src/sys/lock.rs"]
pub mod lock;
#[path = "../../src/sys/log.rs"]
pub mod log;
#[path = "../../src/sys/call.rs"]
mod real_call;
#[path = "../../src/sys/memory.rs"]
mod real_memory;
pub mod ring;
#[path = "../../src/sys/tally.rs"]
pub mod tally;

/// System calls: as they are, but for what sleeps.
pub mod call {
    use super::errno::Errno;
    use super::futex;
    pub use super::real_call::*;

    /// Threads here do not spin: time stands still.
    pub fn processors() -> usize {
        1
    }

    pub fn set_io_priority(_value: u16) {}

    pub fn high_eventfd() -> Result<i32, Errno> {
        Ok(futex::EVENTFD)
    }

    pub fn eventfd_raise(fd: i32) {
        assert_eq!(fd, futex::EVENTFD);
        futex::raise();
    }

    pub fn eventfd_clear(_fd: i32) {
        futex::clear();
    }

    /// Of the descriptors only the first, an eventfd, ever becomes ready.
    pub fn poll(fds: &mut [PollFd], timeout_ms: Option<i32>) -> Result<usize, Errno> {
        let raised = futex::wait_raised(timeout_ms.unwrap_or(-1) as u64 * 1_000_000);
        for fd in fds.iter_mut() {
            fd.revents = if raised && fd.fd == futex::EVENTFD { libc::POLLIN } else { 0 };
        }
        Ok(usize::from(raised))
    }
}

/// Memory: as it is, but with few records, slots and desks, since each holds dozens of atomics.
pub mod memory {
    use super::errno::Errno;
    use super::real_memory as real;
    pub use real::*;

    /// As many as the largest model uses at a time.
    const MOST: usize = 3;

    pub fn leaked_slice<T>(count: usize, make: impl FnMut() -> T) -> Result<&'static [T], Errno> {
        real::leaked_slice(count.min(MOST), make)
    }
}

/// Threads, by numbers that are the same in each run.
pub mod thread {
    use loom::thread_local;
    use std::cell::Cell;

    thread_local! {
        static NUMBER: Cell<i32> = Cell::new(0);
    }

    /// Gives the calling thread a number above 0.
    pub fn call_it(number: i32) {
        NUMBER.with(|own| own.set(number));
    }

    pub fn number() -> i32 {
        NUMBER.with(Cell::get)
    }

    pub fn is_alive(_number: i32) -> bool {
        true
    }

    pub fn address() -> u64 {
        number() as u64 + 1
    }

    pub fn sleeps() -> u64 {
        address() << 32
    }

    /// Threads are at home here or there.
    pub const HOMES: usize = 2;
    pub const ALL_HOMES: u32 = 3;

    pub fn home() -> usize {
        number() as usize % HOMES
    }

    /// All share the first context of native AIO, and what is remembered of a thread that waits.
    pub fn spread(_count: u64) -> u64 {
        0
    }
}
