//! One io_uring instance, used by the one thread that set it up.
//!
//! The `io-uring` crate gives us the layout of entries; set-up, mapping and entering are ours,
//! because a ring of ours must have no descriptor that the program could see or close, and that
//! crate is built around one.
//!
//! Who writes which word (all lie in memory shared with the kernel):
//!
//! | word               | written by       | the other side reads it to learn               |
//! |--------------------|------------------|------------------------------------------------|
//! | submission tail    | us, release      | which entries are filled in                    |
//! | submission head    | kernel, release  | which entries are copied and may be overwritten|
//! | completion tail    | kernel, release  | which completions are filled in                |
//! | completion head    | us, release      | which completions are read and may be overwritten |
//! | submission flags   | kernel           | that `enter` has something to fetch            |
//!
//! In a forked child none of this memory exists (MADV_DONTFORK) and the registration is not
//! inherited: the child forgets its copy of a `Ring` (`core::mem::forget`) without using or
//! dropping it, and closes [`Ring::visible_fd`] if there is one.
#![allow(unsafe_code)]
// Unsafe here: raw system calls, and memory that is shared with the kernel. Addresses inside that
// memory come from `Mapping::array` only, which checks them against the mapping; addresses inside
// entries are passed to the kernel, which checks them (as in `sys::call`).

use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering};
use std::os::fd::RawFd;

use io_uring::{opcode, squeue};

use crate::sys::errno::Errno;

// From <linux/io_uring.h>; the crate keeps its copies private.
const SETUP_CQSIZE: u32 = 1 << 3;
const SETUP_CLAMP: u32 = 1 << 4;
const SETUP_SUBMIT_ALL: u32 = 1 << 7;
const SETUP_COOP_TASKRUN: u32 = 1 << 8;
const SETUP_TASKRUN_FLAG: u32 = 1 << 9;
const SETUP_SINGLE_ISSUER: u32 = 1 << 12;
const SETUP_DEFER_TASKRUN: u32 = 1 << 13;
const SETUP_NO_MMAP: u32 = 1 << 14;
const SETUP_REGISTERED_FD_ONLY: u32 = 1 << 15;
const FEAT_SINGLE_MMAP: u32 = 1 << 0;
const FEAT_NODROP: u32 = 1 << 1;
const FEAT_EXT_ARG: u32 = 1 << 8;
const OFFSET_RINGS: i64 = 0;
const OFFSET_ENTRIES: i64 = 0x1000_0000;
const SQ_CQ_OVERFLOW: u32 = 1 << 1;
const SQ_TASKRUN: u32 = 1 << 2;
const ENTER_GETEVENTS: u32 = 1 << 0;
const ENTER_EXT_ARG: u32 = 1 << 3;
const ENTER_REGISTERED_RING: u32 = 1 << 4;
const REGISTER_PROBE: u32 = 8;
const REGISTER_RING_FDS: u32 = 20;
const UNREGISTER_RING_FDS: u32 = 21;
const REGISTER_USE_REGISTERED_RING: u32 = 1 << 31;
const PROBE_OP_SUPPORTED: u16 = 1 << 0;
const FUTEX2_SIZE_U32: u32 = 2;
const FUTEX2_PRIVATE: u32 = 128;

/// What a ring cannot do without (all in Linux 5.11): else it is no better than workers.
const NEEDED_FEATURES: u32 = FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_EXT_ARG;

/// From the best to what every kernel takes; the next is tried when the kernel knows not all of one
/// (EINVAL). Completions wait for the owner to enter, from 6.1; interrupt it only at its own system
/// calls, from 5.19; a bad entry does not hold up those behind it, from 5.18.
const MODES: [u32; 4] = [
    SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_SUBMIT_ALL,
    SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_SUBMIT_ALL,
    SETUP_SUBMIT_ALL,
    0,
];

/// How the ring is known to the owner, from the best to what every kernel takes.
#[derive(Clone, Copy)]
enum Level {
    /// In our own memory and by a registered number only: there never is a descriptor (Linux 6.5;
    /// before 6.10 only for rings of one page or in huge pages, else EINVAL).
    NoDescriptor,
    /// The descriptor is registered with the thread, and closed before anybody sees it (5.18).
    Registered,
    /// A descriptor, moved to where programs do not look.
    HighDescriptor,
}

const LEVELS: [Level; 3] = [Level::NoDescriptor, Level::Registered, Level::HighDescriptor];

/// Ring memory is charged to RLIMIT_MEMLOCK of the user, over all processes and released late:
/// what is tried when the size asked for is refused.
const SMALL_ENTRIES: u32 = 64;
const SMALL_COMPLETIONS: u32 = 256;

/// Descriptors of ours go no higher. A table that reaches up to a soft limit of 2^30 would take 8 GiB
/// of the kernel, and every fork copies the table up to the highest number (this one: 128 KiB).
const HIGHEST_FD: i32 = 16_384;

/// Numbers left free at the end of the program's range, since other libraries go there too.
const FREE_ABOVE: i32 = 16;

/// More than the kernel's `struct io_rings` takes in front of the two arrays.
const RING_HEADER_BYTES: usize = 4096;

/// An operation that has ended; the kernel's `struct io_uring_cqe`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Completion {
    /// As given with the entry.
    pub user_data: u64,
    /// What the system call would have returned, or `-errno`.
    pub result: i32,
    /// IORING_CQE_F_*.
    pub flags: u32,
}

/// `struct io_uring_params`; the offsets of both rings by index.
#[repr(C)]
#[derive(Default)]
struct Params {
    sq_entries: u32,
    cq_entries: u32,
    flags: u32,
    sq_thread: [u32; 2],
    features: u32,
    reserved: [u32; 4],
    sq: [u32; 8],
    sq_address: u64,
    cq: [u32; 8],
    cq_address: u64,
}

// Indices into `Params::sq` and `Params::cq`.
const HEAD: usize = 0;
const TAIL: usize = 1;
const SQ_FLAGS: usize = 4;
const SQ_ARRAY: usize = 6;
const CQ_ENTRIES: usize = 5;

/// `struct io_uring_rsrc_update`.
#[repr(C)]
struct Registration {
    index: u32,
    reserved: u32,
    fd: u64,
}

const _: () = assert!(size_of::<squeue::Entry>() == 64 && size_of::<Completion>() == 16);
const _: () = assert!(size_of::<Params>() == 120 && size_of::<Registration>() == 16);

/// Makes a raw system call of the kernel's convention.
macro_rules! call {
    ($number:expr $(, $argument:expr)* $(,)?) => {{
        // SAFETY: every pointer passed is NULL or a live value of the layout that the call has.
        let result = unsafe { libc::syscall($number $(, $argument)*) };
        if result < 0 { Err(Errno::last()) } else { Ok(result as u32) }
    }};
}

/// A piece of memory shared with the kernel, absent in forked children.
struct Mapping {
    address: NonNull<u8>,
    len: usize,
}

impl Mapping {
    /// Memory of our own, which the kernel will pin.
    fn anonymous(len: usize) -> Result<Mapping, Errno> {
        Mapping::new(len, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    }

    /// Memory of the kernel's, at one of the fixed offsets of a ring's descriptor.
    fn of_ring(len: usize, fd: RawFd, offset: i64) -> Result<Mapping, Errno> {
        Mapping::new(len, libc::MAP_SHARED | libc::MAP_POPULATE, fd, offset)
    }

    fn new(len: usize, flags: i32, fd: RawFd, offset: i64) -> Result<Mapping, Errno> {
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
    fn array<T>(&self, offset: u32, count: u32) -> Result<NonNull<T>, Errno> {
        let (offset, bytes) = (offset as usize, count as usize * size_of::<T>());
        if offset % align_of::<T>() != 0 || offset + bytes > self.len {
            return Err(Errno(libc::ENOSYS));
        }
        // SAFETY: within the mapping, as just checked.
        Ok(unsafe { self.address.add(offset) }.cast())
    }

    fn word(&self, offset: u32) -> Result<Word, Errno> {
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
struct Word(NonNull<AtomicU32>);

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

/// By which number the kernel knows the ring.
enum Handle {
    /// The index of a registration of this thread.
    Registered(u32),
    Descriptor(RawFd),
}

impl Handle {
    fn set_up(entries: u32, params: &mut Params) -> Result<Handle, Errno> {
        let hidden = params.flags & SETUP_REGISTERED_FD_ONLY != 0;
        let number = call!(libc::SYS_io_uring_setup, entries, ptr::from_mut(params))?;
        Ok(if hidden { Handle::Registered(number) } else { Handle::Descriptor(number as RawFd) })
    }

    /// The number and the flag for io_uring_enter.
    fn for_enter(&self) -> (u32, u32) {
        match *self {
            Handle::Registered(index) => (index, ENTER_REGISTERED_RING),
            Handle::Descriptor(fd) => (fd as u32, 0),
        }
    }

    fn register<T>(&self, opcode: u32, argument: &mut T, count: u32) -> Result<(), Errno> {
        let (number, flag) = match *self {
            Handle::Registered(index) => (index, REGISTER_USE_REGISTERED_RING),
            Handle::Descriptor(fd) => (fd as u32, 0),
        };
        let argument = ptr::from_mut(argument);
        call!(libc::SYS_io_uring_register, number, opcode | flag, argument, count).map(drop)
    }

    /// A registration in place of the descriptor, which is closed.
    fn registered(self) -> Result<Handle, Errno> {
        let Handle::Descriptor(fd) = self else { return Ok(self) };
        // The kernel chooses the index when given -1, and writes it back.
        let mut wish = Registration { index: u32::MAX, reserved: 0, fd: fd as u64 };
        self.register(REGISTER_RING_FDS, &mut wish, 1)?;
        Ok(Handle::Registered(wish.index))
    }

    /// A descriptor near the end of the program's range in place of the lowest free one. If there is
    /// no room above, the low one stays.
    fn moved_up(self) -> Handle {
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

/// A ring. Not `Send` and not `Sync`: the kernel refuses every other thread (SINGLE_ISSUER, and a
/// registered number is known to one thread). Dropping it cancels what is in flight, without waiting.
pub struct Ring {
    // Dropped first: the kernel then holds the memory by its own references alone.
    handle: Handle,
    sq_head: Word,
    sq_tail: Word,
    sq_flags: Word,
    sq_entries: NonNull<squeue::Entry>,
    sq_count: u32,
    cq_head: Word,
    cq_tail: Word,
    cq_entries: NonNull<Completion>,
    cq_count: u32,
    /// One bit per opcode.
    supported: [u64; 4],
    _rings: Mapping,
    _entries: Mapping,
}

impl Ring {
    /// A ring for the calling thread, with room for `entries` submissions and `completions`
    /// completions (powers of two, the second not smaller), or for 64 and 256 when that is refused.
    ///
    /// # Errors
    /// `ENOSYS`, `EPERM` or whatever else a sandbox says: there is no io_uring, or it is too old to
    /// be of use (before 5.11). `ENOMEM`: RLIMIT_MEMLOCK of the user is used up; may pass. `EMFILE`,
    /// `ENFILE`.
    pub fn new(entries: u32, completions: u32) -> Result<Ring, Errno> {
        Ring::set_up(entries, completions, &LEVELS)
    }

    fn set_up(entries: u32, completions: u32, levels: &[Level]) -> Result<Ring, Errno> {
        match Ring::of_size(entries, completions, levels) {
            // Also for EMFILE and the like, which may have hidden an ENOMEM of a better level.
            Err(_) if entries > SMALL_ENTRIES => Ring::of_size(SMALL_ENTRIES, SMALL_COMPLETIONS, levels),
            result => result,
        }
    }

    fn of_size(entries: u32, completions: u32, levels: &[Level]) -> Result<Ring, Errno> {
        let mut last = Errno(libc::EINVAL);
        for mode in MODES {
            for &level in levels {
                match Ring::attempt(entries, completions, mode, level) {
                    Ok(ring) => return Ok(ring),
                    Err(errno) => last = errno,
                }
            }
            // Only EINVAL says that the mode is unknown; a lesser one would not cure a shortage.
            if last != Errno(libc::EINVAL) {
                break;
            }
        }
        Err(last)
    }

    fn attempt(entries: u32, completions: u32, mode: u32, level: Level) -> Result<Ring, Errno> {
        let flags = mode | SETUP_CQSIZE | SETUP_CLAMP;
        let mut params = Params { cq_entries: completions, flags, ..Params::default() };
        if let Level::NoDescriptor = level {
            let rings = Mapping::anonymous(
                RING_HEADER_BYTES
                    + completions as usize * size_of::<Completion>()
                    + entries as usize * size_of::<u32>(),
            )?;
            let slots = Mapping::anonymous(entries as usize * size_of::<squeue::Entry>())?;
            params.flags |= SETUP_NO_MMAP | SETUP_REGISTERED_FD_ONLY;
            params.cq_address = rings.address.as_ptr() as u64;
            params.sq_address = slots.address.as_ptr() as u64;
            let handle = Handle::set_up(entries, &mut params)?;
            return Ring::assemble(handle, &params, rings, slots);
        }
        let mut handle = Handle::set_up(entries, &mut params)?;
        let Handle::Descriptor(fd) = handle else { return Err(Errno(libc::ENOSYS)) };
        let array_end = params.sq[SQ_ARRAY] as usize + params.sq_entries as usize * size_of::<u32>();
        let completions_bytes = params.cq_entries as usize * size_of::<Completion>();
        let rings_bytes = array_end.max(params.cq[CQ_ENTRIES] as usize + completions_bytes);
        let rings = Mapping::of_ring(rings_bytes, fd, OFFSET_RINGS)?;
        let slots_bytes = params.sq_entries as usize * size_of::<squeue::Entry>();
        let slots = Mapping::of_ring(slots_bytes, fd, OFFSET_ENTRIES)?;
        handle = match level {
            Level::Registered => handle.registered()?,
            _ => handle.moved_up(),
        };
        Ring::assemble(handle, &params, rings, slots)
    }

    fn assemble(handle: Handle, params: &Params, rings: Mapping, slots: Mapping) -> Result<Ring, Errno> {
        if params.features & NEEDED_FEATURES != NEEDED_FEATURES {
            return Err(Errno(libc::ENOSYS));
        }
        let order = rings.array::<u32>(params.sq[SQ_ARRAY], params.sq_entries)?;
        for index in 0..params.sq_entries {
            // SAFETY: inside the array, which nobody else uses before the first submission.
            unsafe { order.add(index as usize).write(index) };
        }
        Ok(Ring {
            sq_head: rings.word(params.sq[HEAD])?,
            sq_tail: rings.word(params.sq[TAIL])?,
            sq_flags: rings.word(params.sq[SQ_FLAGS])?,
            sq_entries: slots.array(0, params.sq_entries)?,
            sq_count: params.sq_entries,
            cq_head: rings.word(params.cq[HEAD])?,
            cq_tail: rings.word(params.cq[TAIL])?,
            cq_entries: rings.array(params.cq[CQ_ENTRIES], params.cq_entries)?,
            cq_count: params.cq_entries,
            supported: probe(&handle)?,
            handle,
            _rings: rings,
            _entries: slots,
        })
    }

    /// Whether the kernel knows the operation.
    pub fn supports(&self, opcode: u8) -> bool {
        let [word, bit] = [opcode / 64, opcode % 64];
        self.supported.get(usize::from(word)).is_some_and(|bits| bits >> bit & 1 != 0)
    }

    /// The descriptor that the program can see, where it could not be avoided.
    pub fn visible_fd(&self) -> Option<RawFd> {
        match self.handle {
            Handle::Registered(_) => None,
            Handle::Descriptor(fd) => Some(fd),
        }
    }

    /// Queues an entry for the next [`Ring::enter`]; false when the submission queue is full.
    pub fn push(&mut self, entry: &squeue::Entry) -> bool {
        if self.queued() == self.sq_count {
            return false;
        }
        // Relaxed: only we store to it.
        let tail = self.sq_tail.load(Ordering::Relaxed);
        // SAFETY:
        // - the masked index lies within the array of `sq_count` entries (a power of two);
        // - the kernel has copied the previous entry there (the acquire load in `queued`), and will
        //   not look before the tail below;
        // - an entry is plain data, 64 bytes.
        unsafe {
            let slot = self.sq_entries.add((tail & (self.sq_count - 1)) as usize);
            ptr::copy_nonoverlapping(entry, slot.as_ptr(), 1);
        }
        // Pairs with the kernel's acquire load of the tail: the entry is filled in.
        self.sq_tail.store(tail.wrapping_add(1), Ordering::Release);
        true
    }

    /// How many entries were pushed that the kernel has not taken yet.
    pub fn queued(&self) -> u32 {
        // Pairs with the kernel's release store of the head: the entries before it are copied.
        let head = self.sq_head.load(Ordering::Acquire);
        self.sq_tail.load(Ordering::Relaxed).wrapping_sub(head)
    }

    /// Hands over everything queued and waits until at least `min_complete` completions are there, no
    /// longer than `timeout_ns`; with 0 it does not wait. In any case completions that the kernel
    /// holds back (deferred task work, an overflow) are brought in. Gives the number of entries taken.
    ///
    /// # Errors
    /// Only if nothing was taken: `EINTR`, `ETIME` (the timeout), `EAGAIN` and `EBUSY` (shortage of
    /// memory, or completions to be reaped first) are for the caller's loop. An error that follows a
    /// submission is not told, and the caller finds fewer completions than it asked for. `EBADF`,
    /// `EBADFD`, `EOPNOTSUPP`: the program has closed our descriptor, or put another in its place.
    pub fn enter(&mut self, min_complete: u32, timeout_ns: Option<u64>) -> Result<u32, Errno> {
        let (number, registered) = self.handle.for_enter();
        let flags = ENTER_GETEVENTS | registered;
        let queued = self.queued();
        let Some(ns) = timeout_ns else {
            return call!(libc::SYS_io_uring_enter, number, queued, min_complete, flags, 0usize, 0usize);
        };
        let timespec = [ns / 1_000_000_000, ns % 1_000_000_000];
        // struct io_uring_getevents_arg: no signal mask, no shorter wait, the timeout.
        let argument = [0, 0, timespec.as_ptr() as u64];
        let (flags, bytes) = (flags | ENTER_EXT_ARG, size_of_val(&argument));
        call!(libc::SYS_io_uring_enter, number, queued, min_complete, flags, argument.as_ptr(), bytes)
    }

    /// Whether [`Ring::next`] would give something: one load, no system call.
    pub fn ready(&self) -> bool {
        // Acquire only for symmetry with `next`, which loads the tail itself.
        self.cq_tail.load(Ordering::Acquire) != self.cq_head.load(Ordering::Relaxed)
    }

    /// Whether the kernel holds completions back until the next [`Ring::enter`], because the
    /// completion queue was full or because their task work is deferred. A hint: it may come true the
    /// next instant, so it does not replace the wait.
    pub fn needs_enter(&self) -> bool {
        // Relaxed: `enter` follows, and orders everything.
        self.sq_flags.load(Ordering::Relaxed) & (SQ_CQ_OVERFLOW | SQ_TASKRUN) != 0
    }

    /// Takes the oldest completion out of the queue.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Completion> {
        // Relaxed: only we store to it.
        let head = self.cq_head.load(Ordering::Relaxed);
        // Pairs with the kernel's release store of the tail: the completions before it are filled in.
        if self.cq_tail.load(Ordering::Acquire) == head {
            return None;
        }
        // SAFETY:
        // - the masked index lies within the array of `cq_count` completions (a power of two);
        // - between head and tail the kernel does not write.
        let completion = unsafe { self.cq_entries.add((head & (self.cq_count - 1)) as usize).read() };
        // Pairs with the kernel's acquire load of the head: this one is read and may be overwritten.
        self.cq_head.store(head.wrapping_add(1), Ordering::Release);
        Some(completion)
    }
}

/// The operations that this kernel (or a sandbox's restriction) takes, one bit each.
fn probe(handle: &Handle) -> Result<[u64; 4], Errno> {
    // struct io_uring_probe: a head of 16 bytes, then {opcode and padding, flags, padding} of 8 bytes each.
    let mut probe = [[0u16; 4]; 2 + 256];
    handle.register(REGISTER_PROBE, &mut probe, 256)?;
    let mut supported = [0u64; 4];
    for (bits, operations) in supported.iter_mut().zip(probe[2..].chunks(64)) {
        for (bit, operation) in operations.iter().enumerate() {
            *bits |= u64::from(operation[1] & PROBE_OP_SUPPORTED != 0) << bit;
        }
    }
    Ok(supported)
}

/// An entry that completes when somebody wakes the private futex `word` (any bitset), or at once with
/// `-EAGAIN` if it does not hold `expected`. Linux 6.7; see [`Ring::supports`]. The word must stay
/// mapped until the completion.
pub fn futex_wait_entry(word: *const u32, expected: u32, user_data: u64) -> squeue::Entry {
    const ANY: u64 = u32::MAX as u64;
    let flags = FUTEX2_SIZE_U32 | FUTEX2_PRIVATE;
    opcode::FutexWait::new(word, u64::from(expected), ANY, flags).build().user_data(user_data)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::undocumented_unsafe_blocks)]
mod tests {
    use super::*;
    use crate::sys::futex;
    use io_uring::types::Fd;
    use std::time::{Duration, Instant};

    /// Runs `body` with a ring of each level that this machine grants, each in a thread of its own,
    /// since a thread has room for 16 registrations only. Skips (says so) where there is no io_uring.
    fn each_level(body: impl Fn(&mut Ring) + Sync) {
        for level in LEVELS {
            let body = &body;
            std::thread::scope(|scope| {
                scope.spawn(move || match patiently(level) {
                    Ok(mut ring) => body(&mut ring),
                    Err(errno) => eprintln!("skipped: {errno:?}"),
                });
            });
        }
    }

    /// Memory of rings is given back late, and tests use many.
    fn patiently(level: Level) -> Result<Ring, Errno> {
        let start = Instant::now();
        loop {
            match Ring::set_up(256, 1024, &[level]) {
                Err(Errno(libc::ENOMEM)) if start.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                result => return result,
            }
        }
    }

    fn nop(user_data: u64) -> squeue::Entry {
        opcode::Nop::new().build().user_data(user_data)
    }

    fn wait(ring: &mut Ring) -> Completion {
        loop {
            if let Some(completion) = ring.next() {
                return completion;
            }
            match ring.enter(1, Some(10_000_000_000)) {
                Ok(_) | Err(Errno(libc::EINTR)) => {}
                Err(errno) => panic!("{errno:?}"),
            }
        }
    }

    /// Runs `body` in a forked child; whether it was true there. A child that hangs is killed.
    fn in_child(body: impl FnOnce() -> bool) -> bool {
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let fine = body();
            unsafe { libc::_exit(if fine { 0 } else { 1 }) };
        }
        let (mut status, start) = (0, Instant::now());
        while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } != child {
            if start.elapsed() > Duration::from_secs(20) {
                // No lesser signal: what hangs may hang with all signals blocked.
                unsafe { libc::kill(child, libc::SIGKILL) };
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        status == 0
    }

    #[test]
    fn nop_goes_round() {
        each_level(|ring| {
            assert!(!ring.ready() && ring.next().is_none() && ring.queued() == 0);
            assert!(ring.push(&nop(7)));
            assert_eq!(ring.queued(), 1);
            assert_eq!(ring.enter(1, None), Ok(1));
            assert_eq!(ring.queued(), 0);
            assert!(ring.ready());
            assert_eq!(ring.next(), Some(Completion { user_data: 7, result: 0, flags: 0 }));
            assert!(!ring.ready() && ring.next().is_none());
        });
    }

    #[test]
    fn thousand_nops_through_a_ring_of_256() {
        each_level(|ring| {
            let (mut pushed, mut reaped) = (0, 0);
            while reaped < 1_000 {
                while pushed < 1_000 && ring.push(&nop(pushed)) {
                    pushed += 1;
                }
                assert!(ring.queued() <= 256);
                ring.enter(1, None).unwrap();
                while let Some(completion) = ring.next() {
                    assert_eq!(completion.user_data, reaped);
                    reaped += 1;
                }
            }
        });
    }

    #[test]
    fn full_submission_queue_refuses() {
        each_level(|ring| {
            assert_eq!((0..300).take_while(|&n| ring.push(&nop(n))).count(), 256);
            assert_eq!(ring.enter(256, None), Ok(256));
            assert!(ring.push(&nop(0)));
        });
    }

    #[test]
    fn overflow_loses_nothing() {
        each_level(|ring| {
            for round in 0..30 {
                for n in 0..100 {
                    assert!(ring.push(&nop(round * 100 + n)));
                }
                assert_eq!(ring.enter(0, None), Ok(100));
            }
            assert!(ring.needs_enter());
            for expected in 0..3_000 {
                assert_eq!(wait(ring).user_data, expected);
            }
            assert!(ring.next().is_none() && !ring.needs_enter());
        });
    }

    #[test]
    fn file_is_read() {
        let file = unsafe { libc::memfd_create(c"uaio".as_ptr(), 0) };
        let text = b"submission";
        assert_eq!(unsafe { libc::write(file, text.as_ptr().cast(), text.len()) }, 10);
        each_level(|ring| {
            let mut buffer = [0u8; 32];
            let read = opcode::Read::new(Fd(file), buffer.as_mut_ptr(), 32).offset(3).build();
            assert!(ring.push(&read.user_data(1)));
            assert_eq!(wait(ring).result, 7);
            assert_eq!(&buffer[..7], b"mission");
            let bad = opcode::Read::new(Fd(-1), buffer.as_mut_ptr(), 32).build();
            assert!(ring.push(&bad));
            assert_eq!(wait(ring).result, -libc::EBADF);
        });
        unsafe { libc::close(file) };
    }

    #[test]
    fn futex_wakes_the_owner() {
        each_level(|ring| {
            if !ring.supports(opcode::FutexWait::CODE) {
                return eprintln!("skipped: no futex wait in this kernel");
            }
            let word = AtomicU32::new(0);
            for round in 0..2_000 {
                assert!(ring.push(&futex_wait_entry(word.as_ptr(), round, 5)));
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        word.store(round + 1, Ordering::Release);
                        futex::wake(&word, 1);
                    });
                    let completion = wait(ring);
                    assert_eq!(completion.user_data, 5);
                    assert!([0, -libc::EAGAIN].contains(&completion.result));
                });
            }
            assert!(ring.push(&futex_wait_entry(word.as_ptr(), 0, 6)));
            assert_eq!(wait(ring).result, -libc::EAGAIN);
        });
    }

    #[test]
    fn pipe_is_polled_and_read() {
        each_level(|ring| {
            let mut pipe = [0; 2];
            assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
            let fd = Fd(pipe[0]);
            let mut buffer = [0u8; 4];
            assert!(ring.push(&opcode::PollAdd::new(fd, libc::POLLIN as u32).build().user_data(1)));
            assert!(ring.push(&opcode::Read::new(fd, buffer.as_mut_ptr(), 4).offset(u64::MAX).build()));
            assert_eq!(ring.enter(0, None), Ok(2));
            assert!(!ring.ready());
            assert_eq!(unsafe { libc::write(pipe[1], [9u8; 4].as_ptr().cast(), 4) }, 4);
            let both = [wait(ring), wait(ring)];
            assert!(both.iter().any(|c| c.user_data == 1 && c.result & i32::from(libc::POLLIN) != 0));
            assert!(both.iter().any(|c| c.user_data == 0 && c.result == 4));
            assert_eq!(buffer, [9; 4]);
            let _ = pipe.map(|fd| unsafe { libc::close(fd) });
        });
    }

    #[test]
    fn waiting_ends_with_the_timeout() {
        each_level(|ring| {
            let start = Instant::now();
            assert_eq!(ring.enter(1, Some(20_000_000)), Err(Errno(libc::ETIME)));
            assert!(start.elapsed() >= Duration::from_millis(20));
            assert_eq!(ring.enter(0, None), Ok(0));
        });
    }

    #[test]
    fn probe_tells_what_there_is() {
        each_level(|ring| {
            assert!(ring.supports(opcode::Nop::CODE) && ring.supports(opcode::Read::CODE));
            assert!(!ring.supports(255));
        });
    }

    #[test]
    fn no_descriptor_shows() {
        // Allocates nothing: in a child of a process with threads.
        fn open_numbers() -> usize {
            (0..20_000).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0).count()
        }
        for level in LEVELS {
            let fine = in_child(|| {
                let before = open_numbers();
                let Ok(mut ring) = patiently(level) else { return true };
                let more = open_numbers() - before;
                let works = ring.push(&nop(3)) && ring.enter(1, None) == Ok(1) && ring.next().is_some();
                let seen = match ring.visible_fd() {
                    None => more == 0,
                    Some(fd) => more == 1 && fd >= 256 && unsafe { libc::fcntl(fd, libc::F_GETFD) } == 1,
                };
                let expected = matches!(level, Level::HighDescriptor) == ring.visible_fd().is_some();
                drop(ring);
                works && seen && expected && open_numbers() == before
            });
            assert!(fine);
        }
    }

    #[test]
    fn child_sees_nothing_of_it() {
        each_level(|ring| {
            let places = [ring.sq_head.0.as_ptr() as usize & !4095, ring.sq_entries.as_ptr() as usize];
            let gone = in_child(|| {
                places.iter().all(|&place| unsafe { libc::msync(place as *mut _, 4096, libc::MS_ASYNC) } != 0)
            });
            assert!(gone);
            assert!(ring.push(&nop(1)));
            assert_eq!(wait(ring).user_data, 1);
        });
    }

    #[test]
    fn dropped_rings_leave_nothing() {
        for level in LEVELS {
            for round in 0..700 {
                let mut ring = match patiently(level) {
                    Ok(ring) => ring,
                    Err(errno) if round == 0 => return eprintln!("skipped: {errno:?}"),
                    Err(errno) => panic!("round {round}: {errno:?}"),
                };
                let word = AtomicU32::new(0);
                assert!(ring.push(&nop(round)) && ring.push(&futex_wait_entry(word.as_ptr(), 0, 1)));
                assert_eq!(ring.enter(1, None), Ok(2));
            }
        }
    }

    #[test]
    fn no_descriptors_left_is_no_matter() {
        let fine = in_child(|| {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) };
            match Ring::new(256, 1024) {
                Ok(ring) => ring.visible_fd().is_none(),
                // A kernel without the first level.
                Err(errno) => errno == Errno(libc::EMFILE) || patiently(Level::NoDescriptor).is_err(),
            }
        });
        assert!(fine);
    }

    #[test]
    fn shortage_of_locked_memory_gives_a_smaller_ring_or_an_error() {
        let fine = in_child(|| {
            // Another user, whose account is empty; as oneself there may be rings of other tests.
            unsafe { libc::setuid(61_234) };
            let limit = |bytes| {
                let limit = libc::rlimit { rlim_cur: bytes, rlim_max: 65_536 };
                unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) };
                Ring::new(256, 1024)
            };
            // Kernels before 5.12 and after do not charge the same: only that it ends well.
            let small = limit(20_000).map_or(true, |ring| [64, 256].contains(&ring.sq_count));
            small && limit(0).map_or_else(|errno| errno == Errno(libc::ENOMEM), |_| true)
        });
        assert!(fine);
    }
}
