//! Allocation that can fail: the library answers a shortage with EAGAIN, never by ending the program.
#![allow(unsafe_code)]
// Unsafe here: one cast between two boxes of the same layout, since no fallible Box::new is stable; and a
// system call that reads an address to find out whether it can be read.

use crate::sys::errno::Errno;

/// A box, or `EAGAIN`.
///
/// # Errors
/// `EAGAIN` when there is no memory.
pub fn boxed<T>(value: T) -> Result<Box<T>, Errno> {
    let mut room = Vec::new();
    room.try_reserve_exact(1).map_err(|_| Errno(libc::EAGAIN))?;
    room.push(value);
    let slice: Box<[T]> = room.into_boxed_slice();
    let array: Box<[T; 1]> = slice.try_into().map_err(|_| Errno(libc::EAGAIN))?;
    // A box of an array of one has the layout of a box of the element.
    Ok(one(array))
}

fn one<T>(array: Box<[T; 1]>) -> Box<T> {
    // SAFETY: [T; 1] and T have the same size and alignment, so the allocation is freed as it was made.
    unsafe { Box::from_raw(Box::into_raw(array).cast::<T>()) }
}

/// A value that lives as long as the process.
///
/// # Errors
/// `EAGAIN` when there is no memory.
pub fn leaked<T>(value: T) -> Result<&'static T, Errno> {
    Ok(Box::leak(boxed(value)?))
}

/// `count` values that live as long as the process.
///
/// # Errors
/// `EAGAIN` when there is no memory.
pub fn leaked_slice<T>(count: usize, make: impl FnMut() -> T) -> Result<&'static [T], Errno> {
    let mut room = Vec::new();
    room.try_reserve_exact(count).map_err(|_| Errno(libc::EAGAIN))?;
    room.resize_with(count, make);
    Ok(room.leak())
}

/// The same, of a number that is known.
///
/// # Errors
/// `EAGAIN` when there is no memory.
pub fn leaked_array<T: Default, const COUNT: usize>() -> Result<&'static [T; COUNT], Errno> {
    leaked_slice(COUNT, T::default)?.try_into().map_err(|_| Errno(libc::EAGAIN))
}

/// Whether eight bytes at an address can be read, now. The kernel looks: it copies a signal mask from there before it
/// finds that `how` means nothing.
pub fn is_readable(address: usize) -> bool {
    const NO_HOW: i32 = -1;
    // SAFETY: the kernel checks the address, and with a bad `how` changes nothing.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_HOW, address, 0usize, 8usize) };
    result != 0 && Errno::last() == Errno(libc::EINVAL)
}
