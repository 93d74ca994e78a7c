//! Critical sections: what a signal handler of the program may not interrupt, at no system call.
//!
//! A handler may call any function of ours, so none may run while the thread that it would interrupt is in the middle
//! of one. Blocking all signals does that, at two system calls for each section. Here, as in the C libraries of Solaris
//! and FreeBSD, a handler that comes at the wrong moment is put off instead: the kernel calls [`deliver`], which looks
//! whether its thread is in a critical section, and goes on to the program's handler if it is not. If it is:
//!
//! 1. all signals are blocked, also for what was interrupted (in the context that the kernel returns to);
//! 2. the signal is sent to the thread once more, with all that it says. It waits, blocked, in the kernel;
//! 3. when the thread leaves its section, it sets the mask back as it was, and the kernel delivers what waits, with
//!    everything that a handler can see as it would have been.
//!
//! For this `sigaction` and its kin are the library's (`abi::handlers`), which note the program's handler, have the
//! kernel call `deliver`, and tell the program nothing but what it said. Until a process makes its first request they
//! pass everything on; then ([`begin`]) the handlers that are there are taken over.
//!
//! | state         | meaning                                  | left by                                              |
//! |---------------|------------------------------------------|------------------------------------------------------|
//! | `UNASKED`     | no request yet: nothing is taken over    | `begin`: to `BY_KERNEL` or `TAKING_OVER`             |
//! | `TAKING_OVER` | what is installed from now on is wrapped | `begin`, when it has wrapped what was there: `BY_US` |
//! | `BY_US`       | handlers are put off                     | `give_up`: to `BY_KERNEL`                            |
//! | `BY_KERNEL`   | sections block signals in the kernel     | never                                                |
//!
//! A handler that is installed while `begin` runs is wrapped by one of two, for `sigaction` looks at the state after it
//! has installed one, and `begin` sets it before it looks at what is installed.
//!
//! More signals than one can come at once: the kernel then stacks their frames before the first instruction of
//! `deliver` runs. The topmost runs first and puts off its signal; returning, it gets to the next. Each leaves the mask
//! that it found, and the last to do so is the one that interrupted the section itself. Under valgrind, where the mask
//! of a frame has no effect, the kernel blocks signals.
//!
//! A fault of the section's own (a program that hands us a pointer to nothing, a system call that seccomp traps) is
//! not put off: it would never be over.
//!
//! Real-time signals that one thread is sent by pthread_sigqueue may come in another order, if a section falls
//! between them; those sent to the process do not, as the kernel takes what was sent to the thread first.
#![allow(unsafe_code)]
// Unsafe here: the thread's state is a thread-local variable that a handler reads, which may not be allocated when it
// is first used (so in assembly: the initial-exec model), and the kernel's frame is changed in place.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering, compiler_fence};

use crate::sys::errno::Errno;
use crate::sys::lock::set_mask;
use crate::sys::{call, signal, thread};

const UNASKED: i32 = 0;
const TAKING_OVER: i32 = 1;
const BY_US: i32 = 2;
const BY_KERNEL: i32 = 3;

static STATE: AtomicI32 = AtomicI32::new(UNASKED);

/// Signals are numbered from 1.
const SIGNALS: c_int = 64;

/// What the program has asked for, as long as the kernel calls [`deliver`].
struct Wanted {
    handler: AtomicUsize,
    flags: AtomicI32,
    mask: AtomicU64,
}

static WANTED: [Wanted; SIGNALS as usize + 1] =
    [const { Wanted { handler: AtomicUsize::new(0), flags: AtomicI32::new(0), mask: AtomicU64::new(0) } }; 65];

/// The kernel's siginfo: 128 bytes.
type Info = [u64; 16];

/// Signals that could not be sent again, at most.
const KEPT: usize = 2;

/// Of each thread. Zero is a thread in no section.
#[repr(C)]
struct Local {
    /// How many sections it is in.
    depth: u32,
    /// How many entries of `kept` count.
    kept_count: u32,
    /// Whether `mask` is to be set back.
    put_off: u32,
    pad: u32,
    mask: u64,
    kept: [Info; KEPT],
}

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    r#".pushsection .tbss,"awT",@nobits"#,
    ".p2align 3",
    ".globl uaio_critical",
    ".hidden uaio_critical",
    "uaio_critical:",
    ".zero {size}",
    ".popsection",
    size = const size_of::<Local>(),
);

/// The calling thread's.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn local() -> *mut Local {
    let at: *mut Local;
    // SAFETY: reads the thread's own address and a slot that the linker fills; nothing else.
    unsafe {
        core::arch::asm!(
            "mov {at}, qword ptr fs:[0]",
            "add {at}, qword ptr [rip + uaio_critical@GOTTPOFF]",
            at = out(reg) at,
            options(pure, nomem, nostack),
        );
    }
    at
}

/// No way to a thread's own words that is safe in a handler is known here.
#[cfg(not(target_arch = "x86_64"))]
fn local() -> *mut Local {
    ptr::null_mut()
}

/// Enters a section, if sections are ours to keep: then [`leave`] must follow. If not, signals are to be blocked.
#[inline(always)]
pub fn enter() -> bool {
    let by_us = STATE.load(Ordering::Relaxed) == BY_US;
    if by_us {
        // SAFETY: the calling thread's own, valid as long as the thread; a handler leaves it as it finds it.
        unsafe { (*local()).depth += 1 };
        // Nothing of the section before that. A handler runs in this thread: the compiler is all there is to tell.
        compiler_fence(Ordering::SeqCst);
    }
    by_us
}

/// Leaves it.
#[inline(always)]
pub fn leave() {
    compiler_fence(Ordering::SeqCst);
    let local = local();
    // SAFETY: as in `enter`. Before the depth is 0 a handler that comes is put off, and then no other can come; after
    // that none is.
    let take = unsafe {
        (*local).depth -= 1;
        compiler_fence(Ordering::SeqCst);
        (*local).depth == 0 && (*local).put_off != 0
    };
    if take {
        take_what_was_put_off(local);
    }
}

/// Whether the calling thread is in a section. What asks at the entry of a call, and hears yes, is in a handler that
/// the library was not told of.
#[inline(always)]
pub fn is_inside() -> bool {
    // SAFETY: as in `enter`.
    cfg!(target_arch = "x86_64") && unsafe { (*local()).depth != 0 }
}

/// There are handlers that the library was not told of: sections block signals in the kernel from here on.
#[cold]
pub fn give_up() {
    STATE.store(BY_KERNEL, Ordering::Relaxed);
}

/// What the kernel calls for each signal that the program has a handler for.
unsafe extern "C-unwind" fn deliver(signo: c_int, info: *mut Info, context: *mut c_void) {
    let local = local();
    // SAFETY: the kernel's frame, whole for SA_SIGINFO. Flags are asked for always.
    unsafe {
        if (*local).depth == 0 || is_fault(signo, info) {
            wanted(signo).call(signo, info, context);
        } else {
            put_off(local, signo, info, context.cast());
        }
    }
}

/// Whether the interrupted instruction has raised it.
unsafe fn is_fault(signo: c_int, info: *const Info) -> bool {
    let faults = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];
    // SAFETY: the caller's; the code is the third int. Positive: by the kernel.
    faults.contains(&signo) && unsafe { info.cast::<c_int>().add(2).read() } > 0
}

#[cold]
unsafe fn put_off(local: *mut Local, signo: c_int, info: *mut Info, context: *mut libc::ucontext_t) {
    let before = Errno::last();
    // No other may get in front of it, nor between the words below.
    set_mask(!0, &mut 0);
    let wanted = wanted(signo);
    // SAFETY: the thread's own words and the kernel's frame. Of the mask in the frame the kernel knows 8 bytes.
    unsafe {
        if wanted.flags.load(Ordering::Relaxed) & libc::SA_RESETHAND != 0 {
            // The kernel has taken the handler away, with this call.
            let _ = install(signo, wanted);
        }
        let mask = (&raw mut (*context).uc_sigmask).cast::<u64>();
        (*local).mask = mask.read();
        (*local).put_off = 1;
        mask.write(!0);
        if !send_again(signo, info) {
            // The queue is full, and was full of others before there was room for this one again.
            let count = (*local).kept_count as usize;
            if let Some(kept) = (*local).kept.get_mut(count) {
                *kept = *info;
                (*local).kept_count += 1;
            } else {
                // What it says is lost, as the kernel does it with a full queue.
                signal::kill(signo);
            }
        }
    }
    before.store();
}

unsafe fn send_again(signo: c_int, info: *const Info) -> bool {
    let (process, thread) = (call::process_id(), thread::number());
    // SAFETY: a siginfo of the kernel's own. To itself a thread may send any.
    unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, signo, info) == 0 }
}

#[cold]
fn take_what_was_put_off(local: *mut Local) {
    // SAFETY: the thread's own, and no handler runs before the mask is set back.
    unsafe {
        let (mask, count) = ((*local).mask, (*local).kept_count as usize);
        let kept = (*local).kept;
        (*local).put_off = 0;
        (*local).kept_count = 0;
        for mut info in kept.into_iter().take(count) {
            call_here(&mut info, mask);
        }
        set_mask(mask, &mut 0);
    }
}

/// Calls the handler of a signal that the kernel does not keep, with the mask that it is to have.
#[inline(never)]
unsafe fn call_here(info: &mut Info, mask: u64) {
    let mut context = MaybeUninit::<libc::ucontext_t>::zeroed();
    // SAFETY: the first int of a siginfo is the signal's number. The handler may not expect more of the context than
    // where the signal came in and what was blocked there.
    unsafe {
        let signo = ptr::from_mut(info).cast::<c_int>().read();
        let wanted = wanted(signo);
        let own = if wanted.flags.load(Ordering::Relaxed) & libc::SA_NODEFER == 0 { 1 << (signo - 1) } else { 0 };
        (&raw mut (*context.as_mut_ptr()).uc_sigmask).cast::<u64>().write(mask);
        set_mask(mask | wanted.mask.load(Ordering::Relaxed) | own, &mut 0);
        wanted.call(signo, info, context.as_mut_ptr().cast());
        set_mask(!0, &mut 0);
    }
}

impl Wanted {
    /// Calls the program's handler. One that takes a number only does not mind the rest.
    #[inline(always)]
    unsafe fn call(&self, signo: c_int, info: *mut Info, context: *mut c_void) {
        let handler = self.handler.load(Ordering::Relaxed);
        // SAFETY: the program has installed it for this, before the kernel was told of `deliver`.
        unsafe {
            let handler =
                core::mem::transmute::<usize, unsafe extern "C-unwind" fn(c_int, *mut Info, *mut c_void)>(handler);
            handler(signo, info, context);
        }
    }

    fn note(&self, action: &libc::sigaction) {
        self.handler.store(action.sa_sigaction, Ordering::Relaxed);
        self.flags.store(action.sa_flags, Ordering::Relaxed);
        // SAFETY: the kernel's part of a set of signals is its first word.
        self.mask.store(unsafe { (&raw const action.sa_mask).cast::<u64>().read() }, Ordering::Relaxed);
    }
}

fn wanted(signo: c_int) -> &'static Wanted {
    let [nothing, ..] = &WANTED;
    WANTED.get(signo as usize).unwrap_or(nothing)
}

// ---- what the program asks for ----

unsafe extern "C" {
    /// libc's `sigaction`, by a name that nobody interposes.
    fn __sigaction(signo: c_int, new: *const libc::sigaction, old: *mut libc::sigaction) -> c_int;
}

/// `deliver`, as an address.
fn ours() -> usize {
    deliver as *const () as usize
}

/// Whether it names a handler of the program's.
fn has_handler(action: &libc::sigaction) -> bool {
    ![libc::SIG_DFL, libc::SIG_IGN, ours()].contains(&action.sa_sigaction)
}

/// Has the kernel call `deliver`, as the program has asked for. Gives what it called before.
///
/// # Errors
/// As sigaction(2).
fn install(signo: c_int, wanted: &Wanted) -> Result<libc::sigaction, Errno> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed actions are valid ones, and the kernel's part of a set of signals is its first word.
    unsafe {
        let action = action.assume_init_mut();
        action.sa_sigaction = ours();
        action.sa_flags = wanted.flags.load(Ordering::Relaxed) | libc::SA_SIGINFO;
        (&raw mut action.sa_mask).cast::<u64>().write(wanted.mask.load(Ordering::Relaxed));
        if __sigaction(signo, action, before.as_mut_ptr()) != 0 {
            return Err(Errno::last());
        }
        Ok(before.assume_init())
    }
}

/// Takes over what was installed before anybody noted it.
fn take_over(signo: c_int) -> Result<(), Errno> {
    let mut found = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks; zeroed is a valid action.
    let found = unsafe {
        __sigaction(signo, ptr::null(), found.as_mut_ptr());
        found.assume_init()
    };
    let wanted = wanted(signo);
    // What another thread has installed meanwhile is noted already.
    let noted = || wanted.handler.compare_exchange(0, found.sa_sigaction, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    if !has_handler(&found) || !noted() {
        return Ok(());
    }
    wanted.note(&found);
    let before = install(signo, wanted)?;
    if before.sa_sigaction == ours() {
        // Another handler came in between, with its own flags.
        install(signo, wanted)?;
    } else if before.sa_sigaction != found.sa_sigaction {
        // SAFETY: what the kernel has just given.
        unsafe { __sigaction(signo, &raw const before, ptr::null_mut()) };
    }
    Ok(())
}

/// The process makes its first request: sections are kept `by_us` from here on, or by the kernel.
pub fn begin(by_us: bool) {
    let next = if by_us && cfg!(target_arch = "x86_64") && !is_under_valgrind() { TAKING_OVER } else { BY_KERNEL };
    if STATE.compare_exchange(UNASKED, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() && next == TAKING_OVER {
        for signo in 1..=SIGNALS {
            // There are numbers that cannot be asked about, and those have no handler.
            let _ = take_over(signo);
        }
        let _ = STATE.compare_exchange(TAKING_OVER, BY_US, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// What valgrind.h calls RUNNING_ON_VALGRIND.
#[cfg(target_arch = "x86_64")]
fn is_under_valgrind() -> bool {
    let request = [0x1001u64, 0, 0, 0, 0, 0];
    let answer: u64;
    // SAFETY: the rotations leave rdi as it was, and a processor exchanges a register with itself. valgrind knows them,
    // reads the request and answers in rdx.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request.as_ptr(),
            inout("rdx") 0u64 => answer,
            options(nostack),
        );
    }
    answer != 0
}

#[cfg(not(target_arch = "x86_64"))]
fn is_under_valgrind() -> bool {
    false
}

fn takes_over() -> bool {
    matches!(STATE.load(Ordering::SeqCst), TAKING_OVER | BY_US)
}

/// sigaction(2), for the program. What it hears is what it has said. For a child that shares the memory of its
/// parent, but not its handlers (`is_guest`), nothing is noted.
///
/// # Errors
/// `EINVAL`, as there.
///
/// # Safety
/// As there.
pub unsafe fn set_action(
    signo: c_int,
    new: *const libc::sigaction,
    old: *mut libc::sigaction,
    is_guest: bool,
) -> Result<(), Errno> {
    let wanted = wanted(signo);
    let said = (wanted.handler.load(Ordering::Relaxed), wanted.flags.load(Ordering::Relaxed));
    // SAFETY: the program's promise.
    let new = unsafe { new.as_ref() };
    let has_new = !is_guest && new.is_some_and(has_handler);
    let noted = new.filter(|_| has_new && takes_over()).map(|new| {
        wanted.note(new);
        libc::sigaction { sa_sigaction: ours(), sa_flags: new.sa_flags | libc::SA_SIGINFO, ..*new }
    });
    let passed = noted.as_ref().or(new).map_or(ptr::null(), ptr::from_ref);
    let mut was = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the program's action, or a copy of it; zeroed is a valid one; `old` is the program's promise.
    unsafe {
        if __sigaction(signo, passed, was.as_mut_ptr()) != 0 {
            return Err(Errno::last());
        }
        let was = was.assume_init_mut();
        if was.sa_sigaction == ours() {
            was.sa_sigaction = said.0;
            was.sa_flags = was.sa_flags & !libc::SA_SIGINFO | said.1 & libc::SA_SIGINFO;
        }
        // `old` may be where `new` is.
        let again = noted.is_none() && has_new && takes_over();
        let asked = passed.as_ref().filter(|_| again).copied();
        if !old.is_null() {
            old.write(*was);
        }
        // The first request was made meanwhile, and looked before this handler was there.
        asked.map_or(Ok(()), |asked| set_action(signo, &raw const asked, ptr::null_mut(), false))
    }
}

/// The program's handler, where the kernel says that it calls `handler`.
pub fn program_handler(signo: c_int, handler: usize) -> usize {
    if handler == ours() { wanted(signo).handler.load(Ordering::Relaxed) } else { handler }
}
