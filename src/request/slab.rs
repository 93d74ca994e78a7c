//! Where the records live: chunks that never move, free lists that need no lock.
//!
//! A free list is a stack of indices with a counter in the head word, so that an exchange fails
//! if anything happened in between (no ABA). Taking and giving back are therefore safe in a
//! signal handler that interrupted either.
//!
//! Each home ([`thread::home`]) has a list, and a record goes back to the list of the thread that took it, whoever
//! gives it back: so threads neither pass one word to and fro, nor records. Who finds his own list empty takes from the
//! others; when all are, the slab grows.

use std::sync::OnceLock;

use crossbeam_utils::CachePadded;

use super::{Index, NONE, Request, Token};
use crate::sys::atomic::{AtomicU64, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::memory;
use crate::sys::thread::{self, HOMES};

/// Records in the first chunk; each later chunk holds twice as many as the one before.
const FIRST_CHUNK: usize = 256;
/// So at most 256 × (2¹⁷ − 1), 33 million requests at a time: far more than memory holds buffers for.
const CHUNKS: usize = 17;

/// All records of one engine.
pub struct Slab {
    /// Of each home.
    free: &'static [CachePadded<Free>; HOMES],
    chunks: [OnceLock<&'static [Request]>; CHUNKS],
    /// How many chunks there are.
    grown: Lock<usize>,
    /// Stands for an index that no chunk has, so that a look-up cannot fail.
    nobody: Request,
}

/// A free list: `counter << 32 | index` of its first record.
struct Free(AtomicU64);

impl Default for Free {
    fn default() -> Free {
        Free(AtomicU64::new(u64::from(NONE)))
    }
}

impl Free {
    fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire) as u32 == NONE
    }

    fn pop(&self, slab: &Slab) -> Option<Index> {
        // Acquire pairs with the release of `push`, whose link we read.
        let mut head = self.0.load(Ordering::Acquire);
        loop {
            let index = head as u32;
            if index == NONE {
                return None;
            }
            let next = slab.get(index).queue_links.next();
            let new = ((head >> 32) + 1) << 32 | u64::from(next);
            match self.0.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn push(&self, slab: &Slab, index: Index) {
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            slab.get(index).queue_links.set_next(head as u32);
            let new = ((head >> 32) + 1) << 32 | u64::from(index);
            match self.0.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

impl Slab {
    /// Without any record.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Slab, Errno> {
        Ok(Slab {
            free: memory::leaked_array()?,
            chunks: [const { OnceLock::new() }; CHUNKS],
            grown: Lock::new(0),
            nobody: Request::vacant(0),
        })
    }

    /// The record at an index. One that never existed is a record that never lives.
    pub fn get(&self, index: Index) -> &Request {
        let at = index as usize + FIRST_CHUNK;
        let chunk = (usize::BITS - 1 - at.leading_zeros()) as usize - FIRST_CHUNK.ilog2() as usize;
        let within = at - (FIRST_CHUNK << chunk);
        self.chunks.get(chunk).and_then(OnceLock::get).and_then(|records| records.get(within)).unwrap_or(&self.nobody)
    }

    /// The request that a token names, if it still lives.
    pub fn living(&self, token: Token) -> Option<&Request> {
        let request = self.get(token.index());
        (token.generation() & 1 == 1 && request.generation() == token.generation()).then_some(request)
    }

    /// A new request's record, reset.
    ///
    /// # Errors
    /// `EAGAIN` when memory or indices are used up.
    pub fn take(&self) -> Result<Token, Errno> {
        let home = thread::home();
        let index = self.take_free(home)?;
        let request = self.get(index);
        request.home.set(home as u32);
        request.queue_links.set_next(NONE);
        request.reset();
        let generation = request.generation.load(Ordering::Relaxed).wrapping_add(1);
        request.generation.store(generation, Ordering::Release);
        Ok(Token::new(index, generation))
    }

    fn take_free(&self, home: usize) -> Result<Index, Errno> {
        loop {
            let mut lists = self.free.iter().cycle().skip(home).take(HOMES);
            if let Some(index) = lists.find_map(|list| list.pop(self)) {
                return Ok(index);
            }
            self.grow(home)?;
        }
    }

    /// Ends the request: its token names nothing any more. The record stays the caller's.
    pub fn retire(&self, index: Index) {
        let request = self.get(index);
        let generation = request.generation.load(Ordering::Relaxed).wrapping_add(1);
        request.generation.store(generation, Ordering::Release);
    }

    /// Gives the record of a retired request back. Of two that keep it ([`Request::share`]) the last one does.
    pub fn release(&self, index: Index) {
        let kept = &self.get(index).kept;
        // AcqRel: the last one has behind it what the other did. Both may come here at once; one of them then sees
        // what the other left.
        if kept.load(Ordering::Acquire) == 0 || kept.fetch_sub(1, Ordering::AcqRel) == 0 {
            self.push_free(index);
        }
    }

    /// Both at once.
    pub fn give_back(&self, index: Index) {
        self.retire(index);
        self.release(index);
    }

    fn push_free(&self, index: Index) {
        if let Some(list) = self.free.get(self.get(index).home.get() as usize) {
            list.push(self, index);
        }
    }

    #[cold]
    fn grow(&self, home: usize) -> Result<(), Errno> {
        let masked = Masked::section();
        let mut grown = self.grown.lock(&masked);
        if self.free.iter().any(|list| !list.is_empty()) {
            return Ok(());
        }
        let chunk = self.chunks.get(*grown).ok_or(Errno(libc::EAGAIN))?;
        let size = FIRST_CHUNK << *grown;
        let records = memory::leaked_slice(size, || Request::vacant(home))?;
        let first = size - FIRST_CHUNK;
        let _ = chunk.set(records);
        *grown += 1;
        for within in (0..records.len()).rev() {
            self.push_free((first + within) as Index);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_dies_with_its_request() {
        let slab = Slab::new().unwrap();
        let first = slab.take().unwrap();
        assert!(slab.living(first).is_some());
        slab.give_back(first.index());
        assert!(slab.living(first).is_none());
        let second = slab.take().unwrap();
        assert_eq!(second.index(), first.index());
        assert!(slab.living(first).is_none());
        assert!(slab.living(second).is_some());
    }

    #[test]
    fn no_record_is_given_twice_over_many_chunks() {
        let slab = Slab::new().unwrap();
        let mut seen = std::collections::HashSet::new();
        let tokens: Vec<Token> = (0..5_000).map(|_| slab.take().unwrap()).collect();
        for token in &tokens {
            assert!(seen.insert(token.index()));
            assert_eq!(slab.get(token.index()).generation(), token.generation());
        }
    }

    #[test]
    fn of_two_that_keep_a_record_the_last_gives_it_back() {
        let slab = Slab::new().unwrap();
        for _ in 0..20_000 {
            let token = slab.take().unwrap();
            slab.get(token.index()).share();
            slab.retire(token.index());
            std::thread::scope(|scope| {
                scope.spawn(|| slab.release(token.index()));
                slab.release(token.index());
            });
        }
        // Neither lost nor given back twice.
        let mut seen = std::collections::HashSet::new();
        for _ in 0..FIRST_CHUNK {
            assert!(seen.insert(slab.take().unwrap().index()));
        }
        assert!(seen.iter().all(|index| (*index as usize) < FIRST_CHUNK));
    }

    #[test]
    fn garbage_tokens_name_nothing() {
        let slab = Slab::new().unwrap();
        let _ = slab.take().unwrap();
        for word in [0, 1, u64::MAX, 0xa5a5_a5a5_a5a5_a5a5, 0x0000_0001_7fff_ffff] {
            assert!(slab.living(Token(word)).is_none() || Token(word).index() == 0);
        }
    }

    #[test]
    fn threads_never_share_a_record() {
        let slab = Slab::new().unwrap();
        std::thread::scope(|scope| {
            for me in 1..=4u64 {
                let slab = &slab;
                scope.spawn(move || {
                    for _ in 0..50_000 {
                        let token = slab.take().unwrap();
                        let request = slab.get(token.index());
                        request.buffer.set(me);
                        std::hint::spin_loop();
                        assert_eq!(request.buffer.get(), me);
                        slab.give_back(token.index());
                    }
                });
            }
        });
    }
}
