//! What `aio_waitn` gathers: finished requests that notify nobody, and that the program has not taken yet.
//!
//! Few programs ever call it, and those that do have finished requests by then. So every such request is noted when it
//! ends, cheaply: it gets a serial, which is stored in its block with the result, and the block's address goes into
//! a ring, where the next ones overwrite it. Serials and rings are those of a home, which few threads share. With the
//! first call of `aio_waitn` that changes: the rings are poured into a table that forgets nothing, and what ends from
//! then on goes there.
//!
//! An address is no more than a hint. Before it counts or is handed out, the block is asked whether it still is a
//! finished one with that serial, after the kernel was asked whether there is memory at all: the program may have taken
//! the result, used the block again, or freed it.
//!
//! # Waiting
//!
//! Who waits says under the lock at which count of ended requests it will look again (`target`), and sleeps on `word`.
//! Who ends a request then moves the word on and wakes all when that is reached, or when nothing is outstanding any
//! more. A request whose end began before the first call still goes into a ring: either its store there comes before
//! `active` is set, and the first look finds it, or it sees `active` after its store, and makes everybody look again.

use core::hash::BuildHasherDefault;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::collections::HashMap;
use std::hash::DefaultHasher;

use crossbeam_utils::CachePadded;

use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};
use crate::sys::publish::Published;
use crate::sys::tally::Tally;
use crate::sys::thread::{self, HOMES};
use crate::sys::{futex, memory};

/// As many as one call can hand out.
pub const MOST: usize = 4096;

#[derive(Default)]
struct Shard {
    count: AtomicU64,
    /// Made when a thread of the shard needs it; the first shard's is always there.
    ring: Published<[AtomicU64; MOST]>,
}

struct Kept {
    /// Block to serial.
    blocks: HashMap<u64, u64, BuildHasherDefault<DefaultHasher>>,
    /// How many have gone in since the first call.
    ended: u64,
    /// At which count of these somebody wants to look; MAX: nobody waits.
    target: u64,
}

/// All of them.
pub struct Harvest {
    /// Not in here: an engine is made on the stack of whoever makes the first request, which may be small.
    shards: &'static [CachePadded<Shard>; HOMES],
    /// Queued and not finished.
    outstanding: Tally,
    /// `aio_waitn` was called.
    active: AtomicBool,
    kept: Lock<Kept>,
    word: AtomicU32,
}

/// What there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gathered {
    /// So many were handed out.
    Taken(usize),
    /// Nothing finished and nothing outstanding.
    Nothing,
    /// Not enough yet. The word, for [`Harvest::sleep`].
    Pending(u32),
}

/// Where in its shard's ring a serial's block goes.
fn place(serial: u64) -> usize {
    serial as usize / HOMES % MOST
}

impl Harvest {
    /// Empty.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Harvest, Errno> {
        let shards: &[CachePadded<Shard>; HOMES] = memory::leaked_array()?;
        let [first, ..] = shards;
        first.ring.get_or_make().ok_or(Errno(libc::EAGAIN))?;
        Ok(Harvest {
            shards,
            outstanding: Tally::new()?,
            active: AtomicBool::new(false),
            kept: Lock::new(Kept { blocks: HashMap::default(), ended: 0, target: u64::MAX }),
            word: AtomicU32::new(0),
        })
    }

    /// Whether `aio_waitn` was ever called.
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::SeqCst)
    }

    /// A request is about to be queued.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory to note its end.
    pub fn admit(&self, masked: &Masked) -> Result<(), Errno> {
        self.outstanding.count_in();
        if !self.is_active() {
            return Ok(());
        }
        let reserved = self.kept.lock(masked).blocks.try_reserve(self.outstanding.sum());
        reserved.map_err(|_| {
            self.lost(masked);
            Errno(libc::EAGAIN)
        })
    }

    /// A queued request comes to nothing.
    pub fn lost(&self, masked: &Masked) {
        self.outstanding.count_out();
        if self.is_active() && self.outstanding.is_zero() {
            self.disturb(masked);
        }
    }

    /// The serial of a request that is about to end; never 0.
    pub fn number(&self) -> u64 {
        let [first, ..] = self.shards;
        let own = thread::home();
        let shard = self.shards.get(own).filter(|shard| shard.ring.get_or_make().is_some());
        let (shard, number) = shard.map_or((first, 0), |shard| (shard, own));
        (shard.count.fetch_add(1, Ordering::Relaxed) + 1) * HOMES as u64 + number as u64
    }

    /// A queued request has ended, and its block shows that.
    pub fn ended(&self, block: u64, serial: u64, masked: &Masked) {
        if !self.is_active() || !self.keep(block, serial, masked) {
            self.hint(block, serial);
            self.outstanding.count_out();
            self.disturb(masked);
        }
    }

    /// A request has ended without having been queued.
    #[inline]
    pub fn ended_in_caller(&self, block: u64, serial: u64) {
        self.hint(block, serial);
        if self.is_active() {
            self.disturb(&Masked::section());
        }
    }

    fn hint(&self, block: u64, serial: u64) {
        let ring = self.shards.get(serial as usize % HOMES).and_then(|shard| shard.ring.get());
        if let Some(slot) = ring.and_then(|ring| ring.get(place(serial))) {
            // An exchange, since a load of `active` follows: see the head of the file.
            slot.swap(block, Ordering::SeqCst);
        }
    }

    /// `false`: there is no memory for it after all.
    fn keep(&self, block: u64, serial: u64, masked: &Masked) -> bool {
        let mut kept = self.kept.lock(masked);
        if kept.blocks.try_reserve(1).is_err() {
            return false;
        }
        kept.blocks.insert(block, serial);
        kept.ended += 1;
        self.outstanding.count_out();
        if kept.ended >= kept.target || self.outstanding.is_zero() {
            self.wake(kept);
        }
        true
    }

    /// Makes everybody look again, if there can be anybody.
    fn disturb(&self, masked: &Masked) {
        if self.is_active() {
            self.wake(self.kept.lock(masked));
        }
    }

    fn wake(&self, mut kept: Guard<'_, Kept>) {
        if kept.target == u64::MAX {
            return;
        }
        kept.target = u64::MAX;
        self.word.fetch_add(1, Ordering::SeqCst);
        drop(kept);
        futex::wake(&self.word, i32::MAX);
    }

    /// The program has taken the result.
    pub fn forget(&self, block: u64, masked: &Masked) {
        self.kept.lock(masked).blocks.remove(&block);
    }

    /// The first call of `aio_waitn`.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory for what is outstanding and what the ring holds.
    pub fn activate(&self, masked: &Masked) -> Result<(), Errno> {
        if self.is_active() {
            return Ok(());
        }
        let room = self.outstanding.sum() + MOST;
        self.kept.lock(masked).blocks.try_reserve(room).map_err(|_| Errno(libc::EAGAIN))?;
        self.active.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Hands out up to `most` blocks, if there are `want`, or no more will come, or `now` is set. `serial_of` asks
    /// a block for the serial of its finished request.
    pub fn gather(
        &self,
        want: usize,
        most: usize,
        now: bool,
        masked: &Masked,
        serial_of: impl Fn(u64) -> Option<u64>,
        mut put: impl FnMut(usize, u64),
    ) -> Gathered {
        let mut kept = self.kept.lock(masked);
        // Before the blocks are looked at: what has been counted down since is among them.
        let none_left = self.outstanding.is_zero();
        self.pour(&mut kept, &serial_of);
        kept.blocks.retain(|block, serial| serial_of(*block) == Some(*serial));
        let found = kept.blocks.len();
        if found == 0 && none_left {
            return Gathered::Nothing;
        }
        if found < want && !none_left && !now {
            kept.target = kept.target.min(kept.ended + (want - found) as u64);
            return Gathered::Pending(self.word.load(Ordering::SeqCst));
        }
        let mut taken = 0;
        kept.blocks.retain(|block, _| {
            let stays = taken == most;
            if !stays {
                put(taken, *block);
                taken += 1;
            }
            stays
        });
        Gathered::Taken(taken)
    }

    /// From the rings into the table.
    fn pour(&self, kept: &mut Kept, serial_of: &impl Fn(u64) -> Option<u64>) {
        let rings = self.shards.iter().filter_map(|shard| shard.ring.get());
        for (at, slot) in rings.flat_map(|ring| ring.iter().enumerate()) {
            if slot.load(Ordering::SeqCst) == 0 {
                continue;
            }
            let block = slot.swap(0, Ordering::SeqCst);
            let serial = serial_of(block).filter(|serial| *serial != 0 && place(*serial) == at);
            if let Some(serial) = serial {
                if kept.blocks.try_reserve(1).is_ok() {
                    kept.blocks.insert(block, serial);
                }
            }
        }
    }

    /// Sleeps until it is time to look again. A cancellation point.
    ///
    /// # Errors
    /// `EINTR` after any signal handler; `ETIMEDOUT` at the deadline.
    pub fn sleep(&self, seen: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
        // Only with a deadline does the kernel end a sleep at a handler that was installed with SA_RESTART.
        match futex::wait_cancellable(&self.word, seen, Some(deadline_ns.unwrap_or(u64::MAX))) {
            Err(Errno(libc::EAGAIN)) => Ok(()),
            result => result,
        }
    }
}
