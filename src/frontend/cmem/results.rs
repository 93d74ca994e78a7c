//! The only view of the program's result structures, and of what `aio_waitn` fills.
#![allow(unsafe_code)]
// Unsafe here: as in `cmem.rs`, of which this is a part: memory of the program, by address.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicIsize, Ordering};

use super::{Aiocb, Block};
use crate::sys::errno::Errno;

/// Reads the `timeval` at an address of the program; NULL means none.
///
/// # Safety
/// `time` is NULL or points to a `struct timeval`.
pub unsafe fn timeval(time: *const libc::timeval) -> Option<libc::timeval> {
    // SAFETY: as above.
    (!time.is_null()).then(|| unsafe { time.read_unaligned() })
}

/// What a program stores in `aio_return` before a call to say that it will look there for the result.
pub const IN_PROGRESS: isize = -2;

/// `aio_result_t` as it is shared with the program. `abi/layout.rs` compares it with the exported structure.
#[repr(C)]
pub(crate) struct ResultWords {
    pub(crate) returned: AtomicIsize,
    pub(crate) error: AtomicI32,
}

/// A result structure of the program, by address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResultAt(usize);

impl ResultAt {
    /// `None` for NULL, and for an address that is no structure's because it is not aligned: its words could not be
    /// stored in one piece, and the program could not poll them.
    ///
    /// # Safety
    /// `address` is NULL, misaligned, or that of an `aio_result_t` that stays valid until its request is over.
    pub unsafe fn new(address: *mut c_void) -> Option<ResultAt> {
        let address = address.expose_provenance();
        (address != 0 && address % align_of::<ResultWords>() == 0).then_some(ResultAt(address))
    }

    /// From the address that a request carries.
    pub fn from_address(address: u64) -> ResultAt {
        ResultAt(address as usize)
    }

    /// As a word.
    pub fn address(self) -> u64 {
        self.0 as u64
    }

    fn words(&self) -> &ResultWords {
        // SAFETY: aligned and the program's promise, see `new`; the program shares its two words with us as these
        // atomics do.
        unsafe { &*ptr::with_exposed_provenance::<ResultWords>(self.0) }
    }

    /// Whether the program looks for the result in memory.
    pub fn is_polled(self) -> bool {
        self.words().returned.load(Ordering::Relaxed) == IN_PROGRESS
    }

    /// Stores a result. The error first: a program polls the return value.
    pub fn store(self, result: Result<usize, Errno>) {
        let (value, code) = match result {
            Ok(count) => (count as isize, 0),
            Err(Errno(code)) => (-1, code),
        };
        let words = self.words();
        words.error.store(code, Ordering::Relaxed);
        // Release: who sees the value sees the error, and what was read.
        words.returned.store(value, Ordering::Release);
    }
}

/// Where `aio_waitn` stores the blocks that it hands out.
#[derive(Clone, Copy)]
pub struct BlockSlots(*mut *mut Aiocb);

impl BlockSlots {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `first` is NULL or points to as many pointers as are stored, for the length of the call.
    pub unsafe fn new(first: *mut *mut Aiocb) -> Option<BlockSlots> {
        (!first.is_null()).then_some(BlockSlots(first))
    }

    /// Stores a block.
    pub fn put(self, at: usize, block: Block) {
        // SAFETY: the promise of `new`, whose caller keeps below the number that the program gave.
        unsafe { self.0.add(at).write_unaligned(block.0) }
    }
}

/// The number that `aio_waitn` takes and gives.
#[derive(Clone, Copy)]
pub struct Number(*mut u32);

impl Number {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `number` is NULL or points to an unsigned int, for the length of the call.
    pub unsafe fn new(number: *mut u32) -> Option<Number> {
        (!number.is_null()).then_some(Number(number))
    }

    /// What is there.
    pub fn get(self) -> u32 {
        // SAFETY: the promise of `new`.
        unsafe { self.0.read_unaligned() }
    }

    /// Stores another.
    pub fn set(self, number: u32) {
        // SAFETY: the promise of `new`.
        unsafe { self.0.write_unaligned(number) }
    }
}
