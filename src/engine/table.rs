//! Result pointer → request, and the life of a request that is known by one: admitted, concluded, taken.
//!
//! An entry is there from the submission until the result is handed out, dropped or cancelled; the record is not
//! given back before its entry is gone. So the record that an entry names is always that of the entry.

use core::hash::BuildHasherDefault;
use std::collections::HashMap;
use std::hash::DefaultHasher;

use crossbeam_utils::CachePadded;

use super::Engine;
use super::done::{Former, Look, Wake};
use crate::request::{Index, NONE, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};
use crate::sys::memory;

const SHARDS: usize = 64;

type Shard = HashMap<u64, Token, BuildHasherDefault<DefaultHasher>>;

/// All result pointers in use.
pub struct Table {
    shards: &'static [CachePadded<Lock<Shard>>],
}

impl Table {
    /// Empty.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Table, Errno> {
        Ok(Table { shards: memory::leaked_slice(SHARDS, || CachePadded::new(Lock::new(Shard::default())))? })
    }

    fn shard<'a>(&'a self, pointer: u64, masked: &'a Masked) -> Guard<'a, Shard> {
        let number = (pointer.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize % SHARDS;
        self.shards.get(number).unwrap_or(&self.shards[0]).lock(masked)
    }
}

impl Engine {
    /// Makes a request known by its result pointer; from here on it is outstanding.
    ///
    /// # Errors
    /// `EINVAL` when the pointer is in use; `EAGAIN` when there is no memory.
    pub fn admit(&self, pointer: u64, token: Token, masked: &Masked) -> Result<(), Errno> {
        let mut dropped = None;
        {
            let mut shard = self.table.shard(pointer, masked);
            shard.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
            if let Some(former) = shard.get(&pointer) {
                match self.done.replace(self.slab, former.index(), masked) {
                    Former::InUse => return Err(Errno(libc::EINVAL)),
                    Former::Dropped => dropped = Some(former.index()),
                    Former::Leaving => {}
                }
            }
            shard.insert(pointer, token);
            self.done.admit();
        }
        if let Some(index) = dropped {
            self.let_go(index);
        }
        Ok(())
    }

    /// Takes [`Engine::admit`] back: the request was refused.
    pub fn expel(&self, pointer: u64, masked: &Masked) {
        let wake = self.end_unseen(pointer, masked, || ());
        self.done.wake(wake);
    }

    /// A request that is known by a result pointer has ended: it goes on the done queue, or, cancelled, is forgotten.
    /// `show` stores the result.
    pub fn conclude(&self, token: Token, cancelled: bool, masked: &Masked, show: impl FnOnce()) {
        let index = token.index();
        let request = self.slab.get(index);
        let wake = if cancelled {
            self.end_unseen(request.block.get(), masked, show)
        } else {
            self.done.finish(self.slab, index, masked, show)
        };
        request.value.set(wake.into_word());
        request.signal.set(if cancelled { 0 } else { libc::SIGIO });
    }

    /// Under the lock of the entry, so that a new submission comes neither before the result is shown, nor, from
    /// somebody who has seen it, before the entry is gone.
    fn end_unseen(&self, pointer: u64, masked: &Masked, show: impl FnOnce()) -> Wake {
        let mut shard = self.table.shard(pointer, masked);
        shard.remove(&pointer);
        self.done.dismiss(masked, show)
    }

    /// The request that a result pointer names.
    pub fn named(&self, pointer: u64) -> Option<Token> {
        let masked = Masked::section();
        self.table.shard(pointer, &masked).get(&pointer).copied()
    }

    /// The result pointer of the first finished request, handed out once; see [`super::done::Done::look`].
    pub fn look_for_result(&'static self, sleep: bool) -> Result<u64, Look> {
        let masked = Masked::section();
        if self.done.is_empty() {
            self.help_all(&masked);
        }
        match self.done.look(self.slab, sleep, &masked) {
            Look::Finished(index) => Ok(self.hand_out(index, &masked)),
            other => Err(other),
        }
    }

    fn hand_out(&self, index: Index, masked: &Masked) -> u64 {
        let pointer = self.slab.get(index).block.get();
        {
            let mut shard = self.table.shard(pointer, masked);
            // A new submission may have taken the entry over.
            if shard.get(&pointer).is_some_and(|token| token.index() == index) {
                shard.remove(&pointer);
            }
        }
        self.let_go(index);
        pointer
    }

    /// The program has looked at the result, or will not any more.
    fn let_go(&self, index: Index) {
        let unseen = self.slab.get(index).unseen.get();
        if unseen != NONE {
            self.looked(unseen);
        }
        self.slab.release(index);
    }

    /// A descriptor is about to be closed: finished requests on it are not handed out any more.
    pub(super) fn drop_results(&self, fd: i32, masked: &Masked) {
        let mut next = self.done.drop_all(self.slab, fd, masked);
        while next != NONE {
            let index = next;
            next = self.slab.get(index).chain.get();
            self.hand_out(index, masked);
        }
    }
}
