//! Counts that all threads change and few read: a part for each home ([`thread::home`]), so that threads do not pass a
//! word to and fro.
//!
//! What is counted is counted out where it was counted in. So no part is ever below zero; and when each is found at
//! zero, one after the other, all that was counted in before the look began has been counted out.

use crossbeam_utils::CachePadded;

use crate::sys::atomic::{AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::memory;
use crate::sys::thread::HOMES;

/// See the head of the file.
pub struct Tally(&'static [CachePadded<AtomicUsize>; HOMES]);

impl Tally {
    /// At zero.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Tally, Errno> {
        Ok(Tally(memory::leaked_array()?))
    }

    /// One more.
    pub fn count_in(&self, home: u32) {
        if let Some(part) = self.0.get(home as usize) {
            part.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// One less.
    pub fn count_out(&self, home: u32) {
        if let Some(part) = self.0.get(home as usize) {
            part.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// How many there are, if nothing changes meanwhile.
    pub fn sum(&self) -> usize {
        self.0.iter().map(|part| part.load(Ordering::SeqCst)).sum()
    }

    /// Whether all that was counted in before has been counted out.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|part| part.load(Ordering::SeqCst) == 0)
    }
}
