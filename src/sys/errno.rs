//! The one error type of the library.
#![allow(unsafe_code)]
// Unsafe here: `errno` is a thread-local of libc that can only be reached through a pointer.

/// An error number of the system, as in errno(3). Inside the library a failure is always
/// `Result<_, Errno>`; C's `errno` is set only in `abi/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub i32);

impl Errno {
    /// What the last failed call of libc left in this thread's `errno`.
    pub fn last() -> Errno {
        // SAFETY: __errno_location returns a valid pointer to this thread's errno, always.
        Errno(unsafe { *libc::__errno_location() })
    }

    /// Stores this number in the calling thread's `errno`.
    pub fn store(self) {
        // SAFETY: as in `last`.
        unsafe { *libc::__errno_location() = self.0 }
    }

    /// A failure from a result in the kernel's convention (`-errno`).
    pub fn check(result: i64) -> Result<usize, Errno> {
        usize::try_from(result).map_err(|_| Errno(result.unsigned_abs() as i32))
    }
}
