//! Sending the signals that a notification asks for.
#![allow(unsafe_code)]
// Unsafe here: the kernel's siginfo is filled by hand, because libc's type hides the fields.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::sys::errno::Errno;
use crate::sys::{call, critical};

/// The head of the kernel's siginfo for a queued signal, 128 bytes in all (x86-64 and other 64-bit machines).
#[repr(C)]
struct QueuedInfo {
    signo: i32,
    errno: i32,
    code: i32,
    pad: i32,
    pid: i32,
    uid: u32,
    value: usize,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<QueuedInfo>() == 128);

fn info(signo: i32, value: usize) -> QueuedInfo {
    // SAFETY: getuid cannot fail.
    let uid = unsafe { libc::syscall(libc::SYS_getuid) as u32 };
    let pid = call::process_id();
    QueuedInfo { signo, errno: 0, code: libc::SI_ASYNCIO, pad: 0, pid, uid, value, rest: [0; 12] }
}

/// SIGEV_SIGNAL: queues the signal to this process with `si_code` SI_ASYNCIO.
///
/// # Errors
/// `EAGAIN` when the queue is full (RLIMIT_SIGPENDING): to be tried again.
pub fn queue(signo: i32, value: usize) -> Result<(), Errno> {
    let info = info(signo, value);
    // SAFETY: the structure is the size that the kernel reads, and alive during the call.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, info.pid, signo, &raw const info) };
    if result == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// SIGEV_THREAD_ID: the same to one thread.
///
/// # Errors
/// `EAGAIN` as above; `ESRCH` when the thread is gone.
pub fn queue_to_thread(thread: i32, signo: i32, value: usize) -> Result<(), Errno> {
    let info = info(signo, value);
    // SAFETY: as in `queue`.
    let result = unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, info.pid, thread, signo, &raw const info) };
    if result == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// Which handlers are installed: those that interrupt a wait for good, and those after which it goes on (SA_RESTART).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handlers {
    /// Some are without SA_RESTART.
    pub interrupt: bool,
    /// Some are with it.
    pub restart: bool,
}

/// Asks the kernel about each signal: some microseconds.
pub fn handlers() -> Handlers {
    // The kernel's structure: handler, flags, restorer, mask.
    let mut action = [0u64; 4];
    let mut found = Handlers { interrupt: false, restart: false };
    let ours = OURS.load(Ordering::Relaxed);
    for signo in (1..=SIGNALS).filter(|signo| !GLIBC_OWN.contains(signo)) {
        // SAFETY: room for the structure, and the size of the kernel's signal set.
        let asked = unsafe { libc::syscall(libc::SYS_rt_sigaction, signo, 0usize, action.as_mut_ptr(), 8usize) };
        let [handler, flags, ..] = action;
        let handler = critical::program_handler(signo, handler as usize);
        if asked == 0 && handler > libc::SIG_IGN && handler != ours {
            let restarts = flags & libc::SA_RESTART as u64 != 0;
            found.restart |= restarts;
            found.interrupt |= !restarts;
        }
    }
    found
}

const SIGNALS: i32 = 64;
/// For pthread_cancel and set*id().
const GLIBC_OWN: [i32; 2] = [32, 33];
/// The kernel's `struct sigaction` on 64-bit machines.
#[repr(C)]
#[derive(Default)]
struct Action {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// Whether the program has a handler for a signal now: it is neither default nor ignored.
pub fn is_caught(signo: i32) -> bool {
    let mut action = Action::default();
    let mask_bytes = size_of::<u64>();
    // SAFETY: only asks; the structure is the one that the kernel fills, and alive during the call.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigaction, signo, 0usize, &raw mut action, mask_bytes) };
    result == 0 && action.handler != libc::SIG_DFL && action.handler != libc::SIG_IGN
}

/// The address of the handler that [`install_unless_used`] has installed: none of the program's.
static OURS: AtomicUsize = AtomicUsize::new(0);

/// Installs a handler of ours, with SA_RESTART, if the program has neither a handler of its own for the signal nor
/// ignores it. Always with the same function, which must be fit for a handler and leave errno alone.
pub fn install_unless_used(signo: i32, handler: extern "C" fn(i32)) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed is a valid action without flags and with an empty mask; the first call only asks, and the handler
    // given to the second has the signature for no SA_SIGINFO.
    unsafe {
        let action = action.assume_init_mut();
        if libc::sigaction(signo, core::ptr::null(), action) != 0 {
            return false;
        }
        if action.sa_sigaction != libc::SIG_DFL {
            // A forked child has inherited it.
            return action.sa_sigaction == handler as usize;
        }
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        OURS.store(handler as usize, Ordering::Relaxed);
        libc::sigaction(signo, action, core::ptr::null_mut()) == 0
    }
}

/// Whether it is a signal of the real-time range that glibc leaves to programs.
pub fn is_real_time(signo: i32) -> bool {
    (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&signo)
}

/// Whether it is one of those of which the kernel keeps one; 0 is none.
pub fn is_standard(signo: i32) -> bool {
    (1..32).contains(&signo)
}

/// Whether a signal waits to be taken by any thread of the process, or by this one. Tells so only of signals that
/// this thread blocks.
pub fn is_pending(signo: i32) -> bool {
    let mut pending = 0u64;
    // SAFETY: the kernel's set of signals is one word, alive during the call.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigpending, &raw mut pending, size_of::<u64>()) };
    result == 0 && pending & (1 << (signo - 1)) != 0
}

/// kill(2) of this process.
pub fn kill(signo: i32) {
    // SAFETY: takes two numbers. Fails only for a signal that does not exist.
    unsafe { libc::syscall(libc::SYS_kill, call::process_id(), signo) };
}
