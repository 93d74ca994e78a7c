//! Memory that is shared with the kernel.
#![allow(unsafe_code)]
// Unsafe here: pointers into a mapping, checked against its length by `Mapping::array` only.

use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicU32;
use std::os::fd::RawFd;

use crate::sys::errno::Errno;

/// A piece of memory shared with the kernel, absent in forked children.
pub(super) struct Mapping {
    pub(super) address: NonNull<u8>,
    len: usize,
}

impl Mapping {
    /// Memory of our own, which the kernel will pin.
    pub(super) fn anonymous(len: usize) -> Result<Mapping, Errno> {
        Mapping::new(len, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    }

    /// Memory of the kernel's, at one of the fixed offsets of a ring's descriptor.
    pub(super) fn of_ring(len: usize, fd: RawFd, offset: i64) -> Result<Mapping, Errno> {
        Mapping::new(len, libc::MAP_SHARED | libc::MAP_POPULATE, fd, offset)
    }

    pub(super) fn new(len: usize, flags: i32, fd: RawFd, offset: i64) -> Result<Mapping, Errno> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let address = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, fd, offset) };
        if address == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let mapping = Mapping { address: NonNull::new(address.cast()).ok_or(Errno(libc::ENOMEM))?, len };
        // SAFETY: advice on the mapping just made.
        if unsafe { libc::madvise(address, len, libc::MADV_DONTFORK) } != 0 {
            return Err(Errno::last());
        }
        Ok(mapping)
    }

    /// `count` values at an offset that the kernel gave, if they do lie in the mapping.
    pub(super) fn array<T>(&self, offset: u32, count: u32) -> Result<NonNull<T>, Errno> {
        let (offset, bytes) = (offset as usize, count as usize * size_of::<T>());
        if offset % align_of::<T>() != 0 || offset + bytes > self.len {
            return Err(Errno(libc::ENOSYS));
        }
        // SAFETY: within the mapping, as just checked.
        Ok(unsafe { self.address.add(offset) }.cast())
    }

    pub(super) fn word(&self, offset: u32) -> Result<Word, Errno> {
        self.array(offset, 1).map(Word)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours; `Ring` hands out no reference into it.
        unsafe { libc::munmap(self.address.as_ptr().cast(), self.len) };
    }
}

/// A word of a [`Mapping`] that lives in the same `Ring`.
pub(super) struct Word(pub(super) NonNull<AtomicU32>);

impl Deref for Word {
    type Target = AtomicU32;
    fn deref(&self) -> &AtomicU32 {
        // SAFETY:
        // - aligned and inside its mapping, by `Mapping::array`;
        // - the mapping outlives `&self`: both are private fields of one `Ring`;
        // - the kernel and we access it only atomically.
        unsafe { self.0.as_ref() }
    }
}
