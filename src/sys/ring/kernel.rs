//! The numbers and structures of io_uring_setup(2), io_uring_enter(2) and io_uring_register(2) that the
//! `io-uring` crate keeps to itself; from <linux/io_uring.h>.

use io_uring::squeue;

// From <linux/io_uring.h>; the crate keeps its copies private.
pub(super) const SETUP_CQSIZE: u32 = 1 << 3;
pub(super) const SETUP_CLAMP: u32 = 1 << 4;
pub(super) const SETUP_SUBMIT_ALL: u32 = 1 << 7;
pub(super) const SETUP_COOP_TASKRUN: u32 = 1 << 8;
pub(super) const SETUP_TASKRUN_FLAG: u32 = 1 << 9;
pub(super) const SETUP_SINGLE_ISSUER: u32 = 1 << 12;
pub(super) const SETUP_DEFER_TASKRUN: u32 = 1 << 13;
pub(super) const SETUP_NO_MMAP: u32 = 1 << 14;
pub(super) const SETUP_REGISTERED_FD_ONLY: u32 = 1 << 15;
pub(super) const FEAT_SINGLE_MMAP: u32 = 1 << 0;
pub(super) const FEAT_NODROP: u32 = 1 << 1;
pub(super) const FEAT_EXT_ARG: u32 = 1 << 8;
pub(super) const OFFSET_RINGS: i64 = 0;
pub(super) const OFFSET_ENTRIES: i64 = 0x1000_0000;
pub(super) const ENTER_GETEVENTS: u32 = 1 << 0;
pub(super) const ENTER_EXT_ARG: u32 = 1 << 3;
pub(super) const ENTER_REGISTERED_RING: u32 = 1 << 4;
pub(super) const REGISTER_PROBE: u32 = 8;
pub(super) const REGISTER_RING_FDS: u32 = 20;
pub(super) const UNREGISTER_RING_FDS: u32 = 21;
pub(super) const REGISTER_USE_REGISTERED_RING: u32 = 1 << 31;
pub(super) const PROBE_OP_SUPPORTED: u16 = 1 << 0;
pub(super) const FUTEX2_SIZE_U32: u32 = 2;
pub(super) const FUTEX2_PRIVATE: u32 = 128;

/// What a ring cannot do without (all in Linux 5.11): else it is no better than workers.
pub(super) const NEEDED_FEATURES: u32 = FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_EXT_ARG;

/// From the best to what every kernel takes; the next is tried when the kernel knows not all of one
/// (EINVAL). Completions wait for the owner to enter, from 6.1; interrupt it only at its own system
/// calls, from 5.19; a bad entry does not hold up those behind it, from 5.18.
pub(super) const MODES: [u32; 4] = [
    SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_SUBMIT_ALL,
    SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_SUBMIT_ALL,
    SETUP_SUBMIT_ALL,
    0,
];

/// How the ring is known to the owner, from the best to what every kernel takes.
#[derive(Clone, Copy)]
pub(super) enum Level {
    /// In our own memory and by a registered number only: there never is a descriptor (Linux 6.5;
    /// before 6.10 only for rings of one page or in huge pages, else EINVAL).
    NoDescriptor,
    /// The descriptor is registered with the thread, and closed before anybody sees it (5.18).
    Registered,
    /// A descriptor, moved to where programs do not look.
    HighDescriptor,
}

pub(super) const LEVELS: [Level; 3] = [Level::NoDescriptor, Level::Registered, Level::HighDescriptor];

/// Ring memory is charged to RLIMIT_MEMLOCK of the user, over all processes and released late:
/// what is tried when the size asked for is refused.
pub(super) const SMALL_ENTRIES: u32 = 64;
pub(super) const SMALL_COMPLETIONS: u32 = 256;

/// Descriptors of ours go no higher. A table that reaches up to a soft limit of 2^30 would take 8 GiB
/// of the kernel, and every fork copies the table up to the highest number (this one: 128 KiB).
pub(super) const HIGHEST_FD: i32 = 16_384;

/// Numbers left free at the end of the program's range, since other libraries go there too.
pub(super) const FREE_ABOVE: i32 = 16;

/// More than the kernel's `struct io_rings` takes in front of the two arrays.
pub(super) const RING_HEADER_BYTES: usize = 4096;

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
pub(super) struct Params {
    pub(super) sq_entries: u32,
    pub(super) cq_entries: u32,
    pub(super) flags: u32,
    pub(super) sq_thread: [u32; 2],
    pub(super) features: u32,
    pub(super) reserved: [u32; 4],
    pub(super) sq: [u32; 8],
    pub(super) sq_address: u64,
    pub(super) cq: [u32; 8],
    pub(super) cq_address: u64,
}

// Indices into `Params::sq` and `Params::cq`.
pub(super) const HEAD: usize = 0;
pub(super) const TAIL: usize = 1;
pub(super) const SQ_ARRAY: usize = 6;
pub(super) const CQ_ENTRIES: usize = 5;

/// `struct io_uring_rsrc_update`.
#[repr(C)]
pub(super) struct Registration {
    pub(super) index: u32,
    pub(super) reserved: u32,
    pub(super) fd: u64,
}

const _: () = assert!(size_of::<squeue::Entry>() == 64 && size_of::<Completion>() == 16);
const _: () = assert!(size_of::<Params>() == 120 && size_of::<Registration>() == 16);
