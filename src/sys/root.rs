//! The one word from which everything of the library is reached, and which a fork empties.
//!
//! It lies in a page of its own with MADV_WIPEONFORK: in a child the kernel shows that page as
//! zero, so the child finds no engine and makes a fresh one, and never touches a lock, a ring or a
//! mapping that it inherited. That holds for every kind of fork, also those that run no
//! pthread_atfork handlers (`_Fork`, the bare system call), and it takes no memory from the
//! program's heap as registering a handler would. A vfork child shares the page and the engine;
//! see `abi/interpose.rs`.
#![allow(unsafe_code)]
// Unsafe here: a page is mapped and seen as a pointer; see each SAFETY comment.

use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::sys::errno::Errno;

const PAGE_BYTES: usize = 4096;

/// A pointer to a `T` that lives until the process ends, or forks.
pub struct Root<T: 'static> {
    page: AtomicPtr<AtomicPtr<T>>,
    _value: PhantomData<&'static T>,
}

impl<T: Sync> Root<T> {
    /// Empty: no memory, no system call.
    pub const fn new() -> Root<T> {
        Root { page: AtomicPtr::new(ptr::null_mut()), _value: PhantomData }
    }

    /// The value of this process, if there is one: two loads.
    pub fn get(&self) -> Option<&'static T> {
        // Pairs with the release in `page`: the mapping is valid.
        let page = self.page.load(Ordering::Acquire);
        if page.is_null() {
            return None;
        }
        // SAFETY: a published page stays mapped and holds an AtomicPtr that is NULL or was stored
        // by `set` from a `&'static T`. The acquire pairs with the release there.
        unsafe { (*page).load(Ordering::Acquire).as_ref() }
    }

    /// Publishes `value` unless another thread was first; gives what is published.
    ///
    /// # Errors
    /// `EAGAIN` when the page cannot be had.
    pub fn set(&self, value: &'static T) -> Result<&'static T, Errno> {
        let slot = self.page()?;
        let value = ptr::from_ref(value).cast_mut();
        let first = slot.compare_exchange(ptr::null_mut(), value, Ordering::AcqRel, Ordering::Acquire);
        let published = first.map_or_else(|there| there, |_| value);
        // SAFETY: as in `get`; not NULL, since either we stored it or the exchange failed on it.
        Ok(unsafe { &*published })
    }

    fn page(&self) -> Result<&'static AtomicPtr<T>, Errno> {
        let mut page = self.page.load(Ordering::Acquire);
        if page.is_null() {
            let fresh = map()?.cast();
            match self.page.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => page = fresh,
                Err(there) => {
                    // SAFETY: the page is ours and nobody has seen it.
                    unsafe { libc::munmap(fresh.cast(), PAGE_BYTES) };
                    page = there;
                }
            }
        }
        // SAFETY: not NULL, mapped for ever, zeroed or holding what `set` stored.
        Ok(unsafe { &*page })
    }
}

fn map() -> Result<*mut libc::c_void, Errno> {
    const ANONYMOUS: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a fresh anonymous mapping; advice on our own page.
    unsafe {
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let page = libc::mmap(ptr::null_mut(), PAGE_BYTES, read_write, ANONYMOUS, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(Errno(libc::EAGAIN));
        }
        if libc::madvise(page, PAGE_BYTES, libc::MADV_WIPEONFORK) != 0 {
            // Before Linux 4.14 a child could not tell that it is one.
            libc::munmap(page, PAGE_BYTES);
            return Err(Errno(libc::EAGAIN));
        }
        Ok(page)
    }
}
