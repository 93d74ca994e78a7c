//! The kernel's native AIO, io_setup(2): contexts that any thread may submit to, whose completions lie in a ring
//! that is mapped into the process and emptied without a system call.
#![allow(unsafe_code)]
// Unsafe here: the mapped ring, whose address is the context's name. Its head and its size are checked once,
// when the context is made; events are read within that size. Control blocks are copied by the kernel
// during io_submit.

use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::sys::errno::Errno;

/// The start of the mapping (fs/aio.c, `struct aio_ring`).
#[repr(C)]
struct Head {
    id: u32,
    nr: u32,
    head: AtomicU32,
    tail: AtomicU32,
    magic: u32,
    compat: u32,
    incompat: u32,
    header_length: u32,
}

const MAGIC: u32 = 0xa10a_10a1;

/// The number of io_pgetevents(2) on x86-64, which libc does not name.
const IO_PGETEVENTS: libc::c_long = 333;

/// A completion (`struct io_event`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event {
    /// What the control block said.
    pub data: u64,
    /// The address that the control block had.
    block: u64,
    /// Bytes, or an errno below 0.
    pub result: i64,
    result2: i64,
}

/// A request to the kernel (`struct iocb`).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct ControlBlock {
    /// Comes back in the completion.
    pub data: u64,
    key: u32,
    rw_flags: i32,
    opcode: u16,
    priority: u16,
    fd: i32,
    buffer: u64,
    len: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    result_fd: u32,
}

impl ControlBlock {
    /// A read or a write that is to fail with EAGAIN rather than wait for anything but the device. `priority` as for
    /// ioprio_set(2), 0 for none.
    pub fn new(data: u64, write: bool, fd: i32, (buffer, len): (usize, usize), offset: i64, priority: u16) -> Self {
        const PREAD: u16 = 0;
        const PWRITE: u16 = 1;
        const HAS_PRIORITY: u32 = 2;
        ControlBlock {
            data,
            rw_flags: libc::RWF_NOWAIT,
            opcode: if write { PWRITE } else { PREAD },
            priority,
            fd,
            buffer: buffer as u64,
            len: len as u64,
            offset,
            flags: if priority == 0 { 0 } else { HAS_PRIORITY },
            ..ControlBlock::default()
        }
    }
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// Something is in the ring.
    Filled,
    /// The time is over.
    TimedOut,
    /// A signal was caught.
    Interrupted,
}

/// A context with its ring. Lives as long as the process: io_destroy waits for whatever is in flight.
pub struct Context {
    name: u64,
    head: NonNull<Head>,
    count: u32,
}

// SAFETY: head and tail are atomics; who may move the head and read events is the users' agreement
// (`backend::native`). The name is a number.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// Room for at least so many requests at a time. A forked child does not inherit the ring.
    ///
    /// # Errors
    /// `EAGAIN` when `fs.aio-max-nr` is used up, `ENOSYS` where there is no native AIO, or none as we know it.
    pub fn new(requests: u32) -> Result<Context, Errno> {
        let mut name = 0u64;
        // SAFETY: the kernel stores the name.
        if unsafe { libc::syscall(libc::SYS_io_setup, requests, &raw mut name) } < 0 {
            return Err(Errno::last());
        }
        let context = Context::mapped(name);
        if context.is_err() {
            // SAFETY: nothing is in flight.
            unsafe { libc::syscall(libc::SYS_io_destroy, name) };
        }
        context
    }

    fn mapped(name: u64) -> Result<Context, Errno> {
        const NONE: Errno = Errno(libc::ENOSYS);
        let head = NonNull::new(ptr::with_exposed_provenance_mut::<Head>(name as usize)).ok_or(NONE)?;
        // SAFETY: every Linux kernel maps at least a page there; an emulation that does not is told by the
        // alignment, or by the magic number.
        let (known, count) = unsafe {
            let aligned = head.as_ptr().is_aligned() && name % 4096 == 0;
            if !aligned {
                return Err(NONE);
            }
            let there = head.as_ref();
            let known = there.magic == MAGIC && there.incompat == 0 && there.header_length == size_of::<Head>() as u32;
            (known, there.nr)
        };
        if !known || count < 2 {
            return Err(NONE);
        }
        let len = (size_of::<Head>() + count as usize * size_of::<Event>()).next_multiple_of(4096);
        // SAFETY: advice on the kernel's mapping: a child that moved the head would lose our events.
        if unsafe { libc::madvise(head.as_ptr().cast(), len, libc::MADV_DONTFORK) } != 0 {
            return Err(NONE);
        }
        let context = Context { name, head, count };
        // Whether the wait below is to be had: Linux 4.18. No signal is let in: a lock may be held.
        match context.wait(Some(0), &!0) {
            Ok(Waited::TimedOut) => Ok(context),
            _ => Err(NONE),
        }
    }

    fn ring(&self) -> &Head {
        // SAFETY: the mapping lives as long as the process; nothing is written to it but atomics and, by the
        // kernel, events.
        unsafe { self.head.as_ref() }
    }

    /// Where the next event will be. Those before it can be read.
    pub fn tail(&self) -> u32 {
        // Acquire: pairs with the kernel's write barrier after the event.
        self.ring().tail.load(Ordering::Acquire) % self.count
    }

    /// The kernel may use what lies before.
    pub fn set_head(&self, to: u32) {
        self.ring().head.store(to, Ordering::Release);
    }

    /// The position after one.
    pub fn after(&self, at: u32) -> u32 {
        if at + 1 == self.count { 0 } else { at + 1 }
    }

    /// The position before one.
    pub fn before(&self, at: u32) -> u32 {
        if at == 0 { self.count - 1 } else { at - 1 }
    }

    /// The event at a position between head and tail.
    pub fn event(&self, at: u32) -> Event {
        let at = (at % self.count) as usize;
        // SAFETY: within the ring, whose size was checked; the kernel writes there only outside head and tail.
        unsafe { self.head.add(1).cast::<Event>().add(at).read() }
    }

    /// io_submit(2): how many of them the kernel took, from the first on.
    ///
    /// # Errors
    /// What is wrong with the first one.
    pub fn submit(&self, blocks: &mut [ControlBlock]) -> Result<usize, Errno> {
        let mut pointers = [ptr::null_mut::<ControlBlock>(); BATCH];
        let mut count = 0usize;
        for (pointer, block) in pointers.iter_mut().zip(blocks.iter_mut()) {
            *pointer = block;
            count += 1;
        }
        // SAFETY: so many valid pointers; the kernel copies the blocks.
        let taken = unsafe { libc::syscall(libc::SYS_io_submit, self.name, count, pointers.as_mut_ptr()) };
        if taken < 0 { Err(Errno::last()) } else { Ok(taken as usize) }
    }

    /// io_pgetevents(2) that takes nothing: waits until the ring is not empty, with the thread's signal mask replaced
    /// in the meantime.
    ///
    /// # Errors
    /// `ENOSYS`, `EPERM` where the call is not to be had.
    pub fn wait(&self, timeout_ns: Option<u64>, signals: &u64) -> Result<Waited, Errno> {
        #[repr(C)]
        struct Mask(*const u64, usize);
        let mask = Mask(signals, size_of::<u64>());
        let time = timeout_ns
            .map(|ns| libc::timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 });
        let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: valid addresses. With no room to copy events to, the kernel consumes none.
        let got = unsafe { libc::syscall(IO_PGETEVENTS, self.name, 1, 1, 0usize, time, &raw const mask) };
        match if got < 0 { Err(Errno::last()) } else { Ok(got) } {
            Ok(0) => Ok(Waited::TimedOut),
            Ok(_) | Err(Errno(libc::EFAULT)) => Ok(Waited::Filled),
            Err(Errno(libc::EINTR)) => Ok(Waited::Interrupted),
            Err(error) => Err(error),
        }
    }
}

/// Control blocks in one system call.
pub const BATCH: usize = 32;
