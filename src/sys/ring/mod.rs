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
//!
//! In a forked child none of this memory exists (MADV_DONTFORK) and the registration is not
//! inherited: the child forgets its copy of a `Ring` (`core::mem::forget`) without using or
//! dropping it, and closes [`Ring::visible_fd`] if there is one.
#![allow(unsafe_code)]
// Unsafe here: raw system calls, and memory that is shared with the kernel. Addresses inside that
// memory come from `Mapping::array` only, which checks them against the mapping; addresses inside
// entries are passed to the kernel, which checks them (as in `sys::call`).

mod handle;
mod kernel;
mod mapping;
#[cfg(test)]
mod tests;

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering;
use std::os::fd::RawFd;

use io_uring::{opcode, squeue};

use crate::sys::errno::Errno;
use handle::{Handle, call};
pub use kernel::Completion;
use kernel::*;
use mapping::{Mapping, Word};

/// A ring. Not `Send` and not `Sync`: the kernel refuses every other thread (SINGLE_ISSUER, and a
/// registered number is known to one thread). Dropping it cancels what is in flight, without waiting.
pub struct Ring {
    // Dropped first: the kernel then holds the memory by its own references alone.
    handle: Handle,
    sq_head: Word,
    sq_tail: Word,
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
