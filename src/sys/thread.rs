//! The library's own threads, and threads on behalf of the program (SIGEV_THREAD).
#![allow(unsafe_code)]
// Unsafe here: pthread_create takes C functions and pointers; std::thread would take memory from
// the program's heap for its handle and could not be given the program's attributes.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;

use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, clock, memory};

/// Room for a signal frame with AVX-512 state (glibc's set*id handler runs on our threads) and
/// for the program's malloc, which pthread_create calls on the notification thread.
const STACK_BYTES: usize = 128 * 1024;

/// The calling thread's descriptor, as a number that differs between threads that live.
pub fn address() -> u64 {
    // SAFETY: cannot fail.
    unsafe { libc::pthread_self() as u64 }
}

/// A number below `count` that is the calling thread's; others may have the same.
pub fn spread(count: u64) -> u64 {
    // The upper bits of a product by the golden ratio: thread stacks lie at regular distances.
    (((address() >> 12).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) * count) >> 32
}

/// What many threads would share is split into so many parts: see [`home`].
pub const HOMES: usize = 16;

/// A bit for each.
pub const ALL_HOMES: u32 = (1 << HOMES) - 1;

/// The part that the calling thread shares with few others.
pub fn home() -> usize {
    spread(HOMES as u64) as usize
}

/// The calling thread, as the kernel numbers it.
pub fn number() -> i32 {
    // SAFETY: cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// How often the calling thread has given up its processor by itself, to wait for something, in the lower half; the
/// upper half is the thread's. Where the kernel does not say, no two are equal. Never 0.
pub fn sleeps() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: getrusage fills the structure when it succeeds.
    let count = unsafe {
        let asked = libc::syscall(libc::SYS_getrusage, libc::RUSAGE_THREAD, usage.as_mut_ptr()) == 0;
        if asked { usage.assume_init().ru_nvcsw as u64 } else { clock::now_ns() }
    };
    (address() >> 12) << 32 | count & u64::from(u32::MAX)
}

/// Whether a thread of this process still exists.
pub fn is_alive(number: i32) -> bool {
    // SAFETY: signal 0 is none.
    unsafe { libc::syscall(libc::SYS_tgkill, call::process_id(), number, 0) == 0 }
}

/// What a library thread runs: a plain function with two words.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name as shown by ps and top: at most 15 bytes and a NUL.
    pub name: [u8; 16],
    /// The body; its arguments are the two below.
    pub run: fn(&'static (dyn core::any::Any + Sync), usize, &Masked),
    /// What the thread serves.
    pub owner: &'static (dyn core::any::Any + Sync),
    /// Which of several it is.
    pub number: usize,
}

/// Starts a detached library thread with all signals blocked.
///
/// # Errors
/// `EAGAIN` when a limit on threads or memory is reached.
pub fn spawn(entry: Entry) -> Result<(), Errno> {
    let raw = Box::into_raw(memory::boxed(entry)?);
    let mut attr = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY:
    // - `attr` is initialised before use and destroyed after;
    // - `start` has the signature that pthread_create wants, and `raw` is handed to it, or taken
    //   back below;
    // - the new thread inherits the mask of this one, which is full during the call.
    let result = unsafe {
        libc::pthread_attr_init(attr.as_mut_ptr());
        libc::pthread_attr_setdetachstate(attr.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        // glibc places the program's thread-local variables on the stack too; the minimum knows.
        let least = usize::try_from(libc::sysconf(libc::_SC_THREAD_STACK_MIN)).unwrap_or(0);
        libc::pthread_attr_setstacksize(attr.as_mut_ptr(), STACK_BYTES + least);
        let old = block_all();
        let result = pthread_create(thread.as_mut_ptr(), attr.as_ptr(), start, raw.cast());
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut());
        libc::pthread_attr_destroy(attr.as_mut_ptr());
        result
    };
    if result == 0 {
        return Ok(());
    }
    // SAFETY: no thread was created, so `raw` is still ours.
    drop(unsafe { Box::from_raw(raw) });
    Err(Errno(libc::EAGAIN))
}

/// Blocks what glibc lets a program block, which leaves out its own two signals, and gives the old mask.
fn block_all() -> libc::sigset_t {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises `all`, and a call with a valid `how` initialises `old`.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr());
        old.assume_init()
    }
}

extern "C-unwind" fn start(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` passed a box of this type and gave it up.
    let entry = *unsafe { Box::from_raw(argument.cast::<Entry>()) };
    // The creator may have been inside a `Masked`, which blocks glibc's signals too: a thread that
    // blocks them would make setuid() wait for ever.
    block_all();
    // SAFETY: a NUL-terminated name, which PR_SET_NAME copies.
    unsafe { libc::prctl(libc::PR_SET_NAME, entry.name.as_ptr()) };
    (entry.run)(entry.owner, entry.number, &Masked::library_thread());
    ptr::null_mut()
}

/// A SIGEV_THREAD notification: the program's function, its value, and its attributes.
#[derive(Clone, Copy)]
pub struct Callback {
    /// `sigev_notify_function`, as an address; not 0.
    pub function: usize,
    /// `sigev_value`.
    pub value: usize,
    /// `sigev_notify_attributes`, or 0 for the default: detached.
    pub attributes: usize,
}

/// Starts the program's thread for a callback. Everything about it is the program's: attributes as
/// given, no signal blocked, cancellation enabled.
///
/// # Errors
/// As pthread_create.
pub fn call_back(callback: Callback) -> Result<(), Errno> {
    let boxed = memory::boxed(callback)?;
    let raw = Box::into_raw(boxed);
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let mut own = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY:
    // - attributes are the program's, which promises that they are valid until the notification,
    //   or our own, initialised here;
    // - `raw` is handed to the thread, which frees it, or taken back below.
    let result = unsafe {
        if callback.attributes == 0 {
            libc::pthread_attr_init(own.as_mut_ptr());
            libc::pthread_attr_setdetachstate(own.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
            let result = pthread_create(thread.as_mut_ptr(), own.as_ptr(), run_callback, raw.cast());
            libc::pthread_attr_destroy(own.as_mut_ptr());
            result
        } else {
            let attributes = callback.attributes as *const libc::pthread_attr_t;
            pthread_create(thread.as_mut_ptr(), attributes, run_callback, raw.cast())
        }
    };
    if result == 0 {
        return Ok(());
    }
    // SAFETY: no thread was created, so `raw` is still ours.
    drop(unsafe { Box::from_raw(raw) });
    Err(Errno(result))
}

unsafe extern "C-unwind" {
    // Declared anew: the start routine of a program's thread may be unwound by pthread_exit.
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        start: extern "C-unwind" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> i32;
}

extern "C-unwind" fn run_callback(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `call_back` passed a box of this type and gave it up.
    let Callback { function, value, .. } = *unsafe { Box::from_raw(argument.cast::<Callback>()) };
    // SAFETY:
    // - the program promised a `void (*)(union sigval)`; a union of int and pointer is passed like a word;
    // - our threads block every signal, and a new thread inherits that: glibc's callers start with none blocked.
    unsafe {
        let mut none = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
        let function = core::mem::transmute::<usize, extern "C-unwind" fn(usize)>(function);
        function(value);
    }
    ptr::null_mut()
}
