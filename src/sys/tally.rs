//! Counts that all threads change and few read: a part for each home ([`thread::home`]), so that threads do not pass a
//! word to and fro.
//!
//! A part says how many its threads have counted in and how many they have counted out; what one thread counts in,
//! another may count out. Who looks adds up all that was counted out, and then all that was counted in. Neither sum
//! ever falls, so the first is at most what it was in between, and the second at least that: if they are equal,
//! there was nothing at that moment.

use crossbeam_utils::CachePadded;

use crate::sys::atomic::{AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::memory;
use crate::sys::thread::{self, HOMES};

#[derive(Default)]
struct Part {
    ins: AtomicUsize,
    outs: AtomicUsize,
}

/// See the head of the file.
pub struct Tally(&'static [CachePadded<Part>; HOMES]);

impl Tally {
    /// At zero.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Tally, Errno> {
        Ok(Tally(memory::leaked_array()?))
    }

    /// One more.
    pub fn count_in(&self) {
        if let Some(part) = self.0.get(thread::home()) {
            part.ins.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// One less.
    pub fn count_out(&self) {
        if let Some(part) = self.0.get(thread::home()) {
            part.outs.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many there are: no fewer than at one moment of the look.
    pub fn sum(&self) -> usize {
        // Wrapping, as the counts may.
        let outs = self.0.iter().fold(0, |sum: usize, part| sum.wrapping_add(part.outs.load(Ordering::SeqCst)));
        let ins = self.0.iter().fold(0, |sum: usize, part| sum.wrapping_add(part.ins.load(Ordering::SeqCst)));
        ins.wrapping_sub(outs)
    }

    /// Whether there was none at one moment of the look.
    pub fn is_zero(&self) -> bool {
        self.sum() == 0
    }
}
