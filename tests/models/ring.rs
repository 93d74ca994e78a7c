//! No ring: the models' stream reactor sleeps in poll(2), by the same protocol.

use core::convert::Infallible;
use io_uring::squeue;

use super::errno::Errno;

pub struct Completion {
    pub user_data: u64,
    pub result: i32,
}

/// There is none.
pub struct Ring(Infallible);

impl Ring {
    pub fn new(_submissions: u32, _completions: u32) -> Result<Ring, Errno> {
        Err(Errno(libc::ENOSYS))
    }
    pub fn supports(&self, _opcode: u8) -> bool {
        match self.0 {}
    }
    pub fn visible_fd(&self) -> Option<i32> {
        match self.0 {}
    }
    pub fn push(&mut self, _entry: &squeue::Entry) -> bool {
        match self.0 {}
    }
    pub fn queued(&self) -> usize {
        match self.0 {}
    }
    pub fn enter(&mut self, _wanted: u32, _timeout_ns: Option<u64>) -> Result<usize, Errno> {
        match self.0 {}
    }
    pub fn next(&mut self) -> Option<Completion> {
        match self.0 {}
    }
}

pub fn futex_wait_entry(_word: *const u32, _expected: u32, _user_data: u64) -> squeue::Entry {
    io_uring::opcode::Nop::new().build()
}
