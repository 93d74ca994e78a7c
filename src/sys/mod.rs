//! The lowest layer: raw system calls, futexes, signals, threads, memory, errno.

pub mod aio;
pub mod atomic;
pub mod call;
pub mod clock;
pub mod critical;
pub mod errno;
pub mod futex;
pub mod heap;
pub mod lock;
pub mod log;
pub mod memory;
pub mod probe;
pub mod publish;
pub mod ring;
pub mod root;
pub mod signal;
pub mod tally;
pub mod thread;
// Programs, which the unit tests are, have all that from gcc.
#[cfg(not(test))]
mod unwinder;
