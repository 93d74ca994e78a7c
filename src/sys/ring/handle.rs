//! How the kernel knows a ring: by a registration, which nobody sees, or by a descriptor.
#![allow(unsafe_code)]
// Unsafe here: raw system calls with pointers to live structures of the kernel's layout.

use core::ptr;
use std::os::fd::RawFd;

use super::kernel::*;
use crate::sys::errno::Errno;

/// Makes a raw system call of the kernel's convention.
macro_rules! call {
    ($number:expr $(, $argument:expr)* $(,)?) => {{
        // SAFETY: every pointer passed is NULL or a live value of the layout that the call has.
        let result = unsafe { libc::syscall($number $(, $argument)*) };
        if result < 0 { Err(Errno::last()) } else { Ok(result as u32) }
    }};
}

pub(super) use call;

/// By which number the kernel knows the ring.
pub(super) enum Handle {
    /// The index of a registration of this thread.
    Registered(u32),
    Descriptor(RawFd),
}

impl Handle {
    pub(super) fn set_up(entries: u32, params: &mut Params) -> Result<Handle, Errno> {
        let hidden = params.flags & SETUP_REGISTERED_FD_ONLY != 0;
        let number = call!(libc::SYS_io_uring_setup, entries, ptr::from_mut(params))?;
        Ok(if hidden { Handle::Registered(number) } else { Handle::Descriptor(number as RawFd) })
    }

    /// The number and the flag for io_uring_enter.
    pub(super) fn for_enter(&self) -> (u32, u32) {
        match *self {
            Handle::Registered(index) => (index, ENTER_REGISTERED_RING),
            Handle::Descriptor(fd) => (fd as u32, 0),
        }
    }

    pub(super) fn register<T>(&self, opcode: u32, argument: &mut T, count: u32) -> Result<(), Errno> {
        let (number, flag) = match *self {
            Handle::Registered(index) => (index, REGISTER_USE_REGISTERED_RING),
            Handle::Descriptor(fd) => (fd as u32, 0),
        };
        let argument = ptr::from_mut(argument);
        call!(libc::SYS_io_uring_register, number, opcode | flag, argument, count).map(drop)
    }

    /// A registration in place of the descriptor, which is closed.
    pub(super) fn registered(self) -> Result<Handle, Errno> {
        let Handle::Descriptor(fd) = self else { return Ok(self) };
        // The kernel chooses the index when given -1, and writes it back.
        let mut wish = Registration { index: u32::MAX, reserved: 0, fd: fd as u64 };
        self.register(REGISTER_RING_FDS, &mut wish, 1)?;
        Ok(Handle::Registered(wish.index))
    }

    /// A descriptor near the end of the program's range in place of the lowest free one. If there is
    /// no room above, the low one stays.
    pub(super) fn moved_up(self) -> Handle {
        let Handle::Descriptor(fd) = self else { return self };
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: fills the structure; cannot fail with a valid one.
        unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
        let end = i32::try_from(limit.rlim_cur).unwrap_or(i32::MAX).min(HIGHEST_FD);
        match call!(libc::SYS_fcntl, fd, libc::F_DUPFD_CLOEXEC, end - FREE_ABOVE) {
            Ok(high) => Handle::Descriptor(high as RawFd),
            Err(_) => {
                core::mem::forget(self);
                Handle::Descriptor(fd)
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        match *self {
            // Refused before Linux 6.3, where the registration ends with the thread.
            Handle::Registered(index) => {
                let mut which = Registration { index, reserved: 0, fd: 0 };
                let _ = self.register(UNREGISTER_RING_FDS, &mut which, 1);
            }
            Handle::Descriptor(fd) => {
                let _ = call!(libc::SYS_close, fd);
            }
        }
    }
}
