//! The calls that install signal handlers. The library has to know of each: `sys::critical` puts off those that come
//! while one of our locks is held.
//!
//! Until a process makes its first request they do what libc's do and no more.
#![allow(unsafe_code)]
// Unsafe here: C calls in with actions and functions, which are passed on.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::guard::translated;
use crate::engine;
use crate::sys::critical;
use crate::sys::errno::Errno;

/// What `signal` and its kin take and give: a function, or one of the three below.
type Handler = libc::sighandler_t;

const SIG_HOLD: Handler = 2;
/// Signals are numbered from 1 to 64.
const SIGNALS: core::ops::RangeInclusive<c_int> = 1..=64;

/// Signals for which `siginterrupt` was asked to let calls be interrupted.
static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

fn bit(signo: c_int) -> u64 {
    1 << (signo - 1)
}

/// Whether this is a vfork child: it has our memory, and handlers of its own.
fn is_guest() -> bool {
    engine::running().is_some_and(engine::Engine::is_shared_with_child)
}

/// sigaction(2).
///
/// # Safety
/// As C: actions to read and to fill in, or NULL.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn sigaction(signo: c_int, new: *const libc::sigaction, old: *mut libc::sigaction) -> c_int {
    // SAFETY: the program's promise.
    translated(|| unsafe { critical::set_action(signo, new, old, is_guest()) }.map(|()| 0))
}

/// Installs a handler, and gives the one before.
fn install(signo: c_int, handler: Handler, flags: c_int, mask: u64) -> Result<Handler, Errno> {
    if handler == libc::SIG_ERR || !SIGNALS.contains(&signo) {
        return Err(Errno(libc::EINVAL));
    }
    let mut new = MaybeUninit::<libc::sigaction>::zeroed();
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed actions are valid, and the kernel's part of a set of signals is its first word.
    unsafe {
        let action = new.assume_init_mut();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        (&raw mut action.sa_mask).cast::<u64>().write(mask);
        critical::set_action(signo, action, old.as_mut_ptr(), is_guest())?;
        Ok(old.assume_init().sa_sigaction)
    }
}

/// signal(2), as BSD and glibc have it: the handler stays, its signal is blocked meanwhile, and calls go on.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn signal(signo: c_int, handler: Handler) -> Handler {
    translated(|| {
        let interrupts = SIGNALS.contains(&signo) && INTERRUPTS.load(Ordering::Relaxed) & bit(signo) != 0;
        let flags = if interrupts { 0 } else { libc::SA_RESTART };
        let mask = if SIGNALS.contains(&signo) { bit(signo) } else { 0 };
        install(signo, handler, flags, mask)
    })
}

/// The same.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn bsd_signal(signo: c_int, handler: Handler) -> Handler {
    signal(signo, handler)
}

/// The same.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn ssignal(signo: c_int, handler: Handler) -> Handler {
    signal(signo, handler)
}

/// signal(2) as System V had it: one signal, which is not blocked, and calls are interrupted.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn sysv_signal(signo: c_int, handler: Handler) -> Handler {
    translated(|| install(signo, handler, libc::SA_RESETHAND | libc::SA_NODEFER, 0))
}

/// The same: what `signal` means to a program that is compiled as XPG's.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn __sysv_signal(signo: c_int, handler: Handler) -> Handler {
    sysv_signal(signo, handler)
}

/// sigset(3): installs a handler and unblocks its signal, or blocks it.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn sigset(signo: c_int, handler: Handler) -> Handler {
    translated(|| {
        if !SIGNALS.contains(&signo) {
            return Err(Errno(libc::EINVAL));
        }
        let how = if handler == SIG_HOLD { libc::SIG_BLOCK } else { libc::SIG_UNBLOCK };
        let before = if handler == SIG_HOLD { None } else { Some(install(signo, handler, 0, 0)?) };
        if is_blocked_before(how, signo) {
            return Ok(SIG_HOLD);
        }
        before.map_or_else(|| current(signo).map(|action| action.sa_sigaction), Ok)
    })
}

/// Blocks or unblocks a signal, and says whether it was blocked.
fn is_blocked_before(how: c_int, signo: c_int) -> bool {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the one, and a call that cannot fail the other.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signo);
        libc::pthread_sigmask(how, set.as_ptr(), old.as_mut_ptr());
        libc::sigismember(old.as_ptr(), signo) == 1
    }
}

fn current(signo: c_int) -> Result<libc::sigaction, Errno> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks.
    unsafe {
        critical::set_action(signo, ptr::null(), action.as_mut_ptr(), is_guest())?;
        Ok(action.assume_init())
    }
}

/// siginterrupt(3): whether calls are interrupted by a signal, now and when `signal` is called next.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn siginterrupt(signo: c_int, interrupt: c_int) -> c_int {
    translated(|| {
        let mut action = current(signo)?;
        if interrupt == 0 {
            INTERRUPTS.fetch_and(!bit(signo), Ordering::Relaxed);
            action.sa_flags |= libc::SA_RESTART;
        } else {
            INTERRUPTS.fetch_or(bit(signo), Ordering::Relaxed);
            action.sa_flags &= !libc::SA_RESTART;
        }
        // SAFETY: what the kernel gave, and the program's handler in it.
        unsafe { critical::set_action(signo, &raw const action, ptr::null_mut(), is_guest()) }.map(|()| 0)
    })
}
