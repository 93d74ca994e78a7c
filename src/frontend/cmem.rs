//! The only view of the program's control blocks.
#![allow(unsafe_code)]
// Unsafe here: everything that is read from or written to a `struct aiocb` of the program goes through this
// file, by address and offset, because a block may be misaligned, may hold garbage, and is shared with the
// program while we write it. The program promises, by passing the block, that its 168 bytes are readable
// and writable until the request is over. No reference to program memory is ever made, except to the three
// aligned words that are ours.

pub mod results;

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering, fence};

use crate::request::{Notify, Token};
use crate::sys::errno::Errno;
use crate::sys::{call, memory};

/// `struct aiocb` as glibc declares it for 64-bit machines; `struct aiocb64` is the same. `abi/layout.rs` compares
/// it with the headers.
#[repr(C)]
pub struct Aiocb {
    /// File descriptor.
    pub aio_fildes: i32,
    /// Operation to be performed (lio_listio only).
    pub aio_lio_opcode: i32,
    /// Request priority offset.
    pub aio_reqprio: i32,
    /// Location of buffer.
    pub aio_buf: *mut c_void,
    /// Length of transfer.
    pub aio_nbytes: usize,
    /// Signal number and value.
    pub aio_sigevent: Sigevent,
    /// Of a write that is over and not looked at yet: UNSEEN and a shard. (glibc: `__next_prio`.)
    pub(crate) unseen: u64,
    /// Of a request that is over: the serial under which `aio_waitn` knows it. (glibc: `__abs_prio`, `__policy`.)
    pub(crate) serial: u64,
    /// EINPROGRESS, 0 or an errno.
    pub(crate) error_code: i32,
    /// What `aio_return` gives.
    pub(crate) return_value: isize,
    /// File offset.
    pub aio_offset: i64,
    /// The words below, aligned within.
    pub(crate) reserved: [u8; 32],
}

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sigevent {
    /// Notification value.
    pub sigev_value: usize,
    /// Signal number.
    pub sigev_signo: i32,
    /// Notification type.
    pub sigev_notify: i32,
    /// Notification function, or in its first half the thread of SIGEV_THREAD_ID.
    pub sigev_notify_function: usize,
    /// Notification attributes.
    pub sigev_notify_attributes: usize,
    pub(crate) rest: [u64; 4],
}

/// What the program set in a block, copied at submission.
#[derive(Clone, Copy)]
pub struct Fields {
    /// `aio_fildes`.
    pub fd: i32,
    /// `aio_lio_opcode`.
    pub opcode: i32,
    /// `aio_reqprio`.
    pub priority: i32,
    /// `aio_buf`.
    pub buffer: usize,
    /// `aio_nbytes`.
    pub len: usize,
    /// `aio_offset`.
    pub offset: i64,
    /// `aio_sigevent`.
    pub event: Sigevent,
}

/// A notification, checked.
#[derive(Clone, Copy)]
pub struct Event {
    /// How.
    pub notify: Notify,
    /// The signal.
    pub signal: i32,
    /// The thread.
    pub thread: i32,
    /// The value.
    pub value: usize,
    /// The function.
    pub function: usize,
    /// The attributes.
    pub attributes: usize,
}

impl Event {
    /// No notification.
    pub const NONE: Event = Event { notify: Notify::None, signal: 0, thread: 0, value: 0, function: 0, attributes: 0 };
}

const SIGNALS: i32 = 64;

impl Sigevent {
    /// Checks the event and takes what matters out of it. An unknown kind means none, as under glibc: uninitialised
    /// events exist. So does signal 0, which a zeroed event asks for.
    ///
    /// # Errors
    /// `EINVAL` for a signal number outside 0..=64, or no function.
    pub fn check(&self) -> Result<Event, Errno> {
        let mut event = Event { value: self.sigev_value, ..Event::NONE };
        match self.sigev_notify {
            libc::SIGEV_SIGNAL | libc::SIGEV_THREAD_ID => {
                if !(0..=SIGNALS).contains(&self.sigev_signo) {
                    return Err(Errno(libc::EINVAL));
                }
                event.signal = self.sigev_signo;
                event.thread = self.sigev_notify_function as i32;
                event.notify = match (self.sigev_signo, self.sigev_notify) {
                    (0, _) => Notify::None,
                    (_, libc::SIGEV_SIGNAL) => Notify::Signal,
                    _ => Notify::ThreadId,
                };
            }
            libc::SIGEV_THREAD => {
                if self.sigev_notify_function == 0 {
                    return Err(Errno(libc::EINVAL));
                }
                event.notify = Notify::Thread;
                event.function = self.sigev_notify_function;
                event.attributes = self.sigev_notify_attributes;
            }
            _ => {}
        }
        Ok(event)
    }
}

/// A `sigevent` of the program, not looked at yet: whether it counts depends on the call.
#[derive(Clone, Copy)]
pub struct SigeventAt(*const Sigevent);

impl SigeventAt {
    /// # Safety
    /// `event` is NULL or points to a `struct sigevent`, which stays if and while [`SigeventAt::read`] is called.
    pub unsafe fn new(event: *const Sigevent) -> SigeventAt {
        SigeventAt(event)
    }

    /// A copy; NULL means none.
    pub fn read(self) -> Option<Sigevent> {
        // SAFETY: the promise of `new`; the copy does not need alignment.
        (!self.0.is_null()).then(|| unsafe { self.0.read_unaligned() })
    }
}

/// Reads the `timespec` at an address of the program; NULL means none.
///
/// # Safety
/// `time` is NULL or points to a `struct timespec`.
pub unsafe fn timespec(time: *const libc::timespec) -> Option<libc::timespec> {
    // SAFETY: as above.
    (!time.is_null()).then(|| unsafe { time.read_unaligned() })
}

/// What a block says about its request: the low two bits of the mark. The others are a key made of the
/// block's address and a secret of the process, so that a block that was never submitted, was cleared, or
/// was copied is not believed.
///
/// | state      | meaning                                      | left by                                       |
/// |------------|----------------------------------------------|-----------------------------------------------|
/// | (no key)   | never submitted                              | a submission: CAS to CLAIMED                  |
/// | CLAIMED    | a thread of this engine is submitting it     | that thread: IN_FLIGHT or DONE                |
/// | IN_FLIGHT  | with the engine, if the token lives          | completion: DONE                              |
/// | DONE       | result to be had                             | aio_return: CAS to RETURNED; a submission     |
/// | RETURNED   | result was had                               | a submission: CAS to CLAIMED                  |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Not one of ours.
    Foreign,
    /// Being submitted.
    Claimed,
    /// Submitted; the token tells whether that is still so.
    InFlight,
    /// Over.
    Done,
    /// Over, and `aio_return` was called.
    Returned,
}

const STATES: u64 = 3;
const CLAIMED: u64 = 0;
const IN_FLIGHT: u64 = 1;
const DONE: u64 = 2;
const RETURNED: u64 = 3;

/// Garbage in that place costs a needless look, or a write that takes the longer way: no more.
const UNSEEN: u64 = 0x5eed_0a10 << 32;

/// A control block of the program, by address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Block(*mut Aiocb);

/// The words of ours in the reserved bytes.
struct Words<'a> {
    token: &'a AtomicU64,
    mark: &'a AtomicU64,
    epoch: &'a AtomicU64,
}

impl Block {
    /// # Safety
    /// `address` is NULL or points to a `struct aiocb` that stays valid until its request is over.
    pub unsafe fn new(address: *mut Aiocb) -> Option<Block> {
        (!address.is_null()).then_some(Block(address))
    }

    /// From the address that a request carries.
    pub fn from_address(address: u64) -> Block {
        Block(address as usize as *mut Aiocb)
    }

    /// As a word.
    pub fn address(self) -> u64 {
        self.0 as u64
    }

    fn words(&self) -> Words<'_> {
        let start = self.0 as usize + offset_of!(Aiocb, reserved);
        let at = start.next_multiple_of(align_of::<AtomicU64>());
        // SAFETY:
        // - three aligned words fit in the 32 reserved bytes wherever the block lies;
        // - the program leaves the reserved bytes alone while the request is in flight, and whoever else
        //   of us looks uses these same atomics.
        unsafe {
            let word = |n: usize| &*ptr::with_exposed_provenance::<AtomicU64>(at + n * size_of::<u64>());
            Words { token: word(0), mark: word(1), epoch: word(2) }
        }
    }

    /// Copies what the program set.
    pub fn fields(self) -> Fields {
        // SAFETY: the block is readable (see the head of the file); unaligned reads of plain members.
        unsafe {
            Fields {
                fd: (&raw const (*self.0).aio_fildes).read_unaligned(),
                opcode: (&raw const (*self.0).aio_lio_opcode).read_unaligned(),
                priority: (&raw const (*self.0).aio_reqprio).read_unaligned(),
                buffer: (&raw const (*self.0).aio_buf).read_unaligned() as usize,
                len: (&raw const (*self.0).aio_nbytes).read_unaligned(),
                offset: (&raw const (*self.0).aio_offset).read_unaligned(),
                event: (&raw const (*self.0).aio_sigevent).read_unaligned(),
            }
        }
    }

    #[inline(always)]
    fn key(self) -> u64 {
        self.keyed(0)
    }

    /// What a claimed block says. The engine is part of it: in a child, the thread that was at it when the process
    /// forked will never finish.
    fn claimed(self) -> u64 {
        self.keyed(crate::engine::running().map_or(0, |engine| engine.epoch)) | CLAIMED
    }

    #[inline(always)]
    fn keyed(self, engine: u64) -> u64 {
        let mut x = self.address() ^ secret() ^ engine;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) & !STATES
    }

    /// Whether its request is over: [`Block::mark`] says `Done` or `Returned`. This is polled.
    #[inline(always)]
    pub fn is_over(self) -> bool {
        let word = self.words().mark.load(Ordering::Acquire);
        matches!(word & STATES, DONE | RETURNED) && word & !STATES == self.key()
    }

    /// What the block says of itself.
    pub fn mark(self) -> Mark {
        // Acquire: who sees DONE sees the result.
        self.read_mark(self.words().mark.load(Ordering::Acquire))
    }

    fn read_mark(self, word: u64) -> Mark {
        if word & !STATES != self.key() {
            return if word == self.claimed() { Mark::Claimed } else { Mark::Foreign };
        }
        match word & STATES {
            IN_FLIGHT => Mark::InFlight,
            DONE => Mark::Done,
            RETURNED => Mark::Returned,
            _ => Mark::Foreign,
        }
    }

    /// The token and the engine's epoch that were written at the last submission.
    pub fn token(self) -> (Token, u64) {
        let words = self.words();
        (Token(words.token.load(Ordering::Acquire)), words.epoch.load(Ordering::Acquire))
    }

    /// Claims the block for a submission if it still says what the caller has seen; `false` if another thread was
    /// faster.
    pub fn claim(self, seen: Mark) -> bool {
        let words = self.words();
        let word = words.mark.load(Ordering::Relaxed);
        let new = self.claimed();
        let claimed = self.read_mark(word) == seen
            && words.mark.compare_exchange(word, new, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if claimed {
            // The serial of the former request: what this one comes to is another matter.
            self.set_serial(0);
        }
        claimed
    }

    /// Notes, in a block whose result is about to be shown, the serial under which `aio_waitn` will know it.
    pub fn set_serial(self, serial: u64) {
        // SAFETY: as in `set_status`.
        unsafe { (&raw mut (*self.0).serial).write_unaligned(serial) };
    }

    /// The serial of a finished request whose result was not taken yet; `None` where no such block is any more, be
    /// it that the memory is gone.
    pub fn serial_of(address: u64) -> Option<u64> {
        let block = Block::from_address(address);
        let (first, end) = (offset_of!(Aiocb, serial), size_of::<Aiocb>());
        let there = memory::is_readable(address as usize + first) && memory::is_readable(address as usize + end - 8);
        if !there || block.mark() != Mark::Done {
            return None;
        }
        // SAFETY: as in `fields`; there is memory, as was just seen.
        let serial = unsafe { (&raw const (*block.0).serial).read_unaligned() };
        // It may have been used again meanwhile.
        (block.mark() == Mark::Done).then_some(serial)
    }

    /// A claimed block's request is about to be queued.
    pub fn begin(self, token: Token, epoch: u64) {
        let words = self.words();
        self.set_status(libc::EINPROGRESS, 0);
        words.token.store(token.0, Ordering::Relaxed);
        words.epoch.store(epoch, Ordering::Relaxed);
        // Release: who sees IN_FLIGHT sees the token.
        words.mark.store(self.key() | IN_FLIGHT, Ordering::Release);
    }

    /// Shows a result in a block that is claimed, or that nobody else has.
    pub fn finish(self, result: Result<usize, Errno>) {
        match result {
            Ok(count) => self.set_status(0, count as isize),
            Err(Errno(code)) => self.set_status(code, -1),
        }
        self.words().mark.store(self.key() | DONE, Ordering::Release);
    }

    /// Notes, in a block whose result is about to be shown, that the program's first look at it is to be told: it is a
    /// write to a file of that shard.
    pub fn tell_when_seen(self, shard: u32) {
        self.set_unseen(UNSEEN | u64::from(shard));
    }

    /// What [`Block::tell_when_seen`] noted, once. Only for a block that is [`Mark::Done`] or [`Mark::Returned`].
    pub fn seen(self) -> Option<u32> {
        // SAFETY: as in `fields`.
        let word = unsafe { (&raw const (*self.0).unseen).read_unaligned() };
        if word & !u64::from(u32::MAX) != UNSEEN {
            return None;
        }
        self.set_unseen(0);
        Some(word as u32)
    }

    fn set_unseen(self, word: u64) {
        // SAFETY: as in `set_status`; two threads that look at the same time both write 0.
        unsafe { (&raw mut (*self.0).unseen).write_unaligned(word) };
    }

    /// Shows a result if the block is still that request's: the program may have cleared or reused it.
    /// `unseen` as in [`Block::tell_when_seen`], `serial` as in [`Block::set_serial`].
    pub fn finish_if(
        self,
        token: Token,
        epoch: u64,
        result: Result<usize, Errno>,
        unseen: Option<u32>,
        serial: Option<u64>,
    ) {
        if self.mark() == Mark::InFlight && self.token() == (token, epoch) {
            if let Some(unseen) = unseen {
                self.tell_when_seen(unseen);
            }
            self.set_serial(serial.unwrap_or(0));
            self.finish(result);
        }
    }

    /// Takes the result once: `None` if there is none to be had.
    pub fn take_result(self) -> Option<isize> {
        let words = self.words();
        let done = self.key() | DONE;
        if words.mark.load(Ordering::Acquire) != done {
            return None;
        }
        let value = self.return_value();
        let taken = self.key() | RETURNED;
        words.mark.compare_exchange(done, taken, Ordering::AcqRel, Ordering::Relaxed).ok().map(|_| value)
    }

    /// `__error_code` as it is.
    pub fn error_code(self) -> i32 {
        // SAFETY: as in `fields`; volatile, since another thread may have written it before it marked the block.
        unsafe { (&raw const (*self.0).error_code).read_unaligned() }
    }

    fn return_value(self) -> isize {
        // SAFETY: as in `error_code`.
        unsafe { (&raw const (*self.0).return_value).read_unaligned() }
    }

    /// The return value first, then the error code: some programs look at the latter by themselves.
    fn set_status(self, code: i32, value: isize) {
        // SAFETY: the block is the program's promise until the request is over, which it is only after the mark.
        unsafe {
            (&raw mut (*self.0).return_value).write_unaligned(value);
            fence(Ordering::Release);
            (&raw mut (*self.0).error_code).write_unaligned(code);
        }
    }
}

/// A secret of the process. A child inherits it, so that it believes the blocks that were finished before the fork.
#[inline(always)]
fn secret() -> u64 {
    match SECRET.load(Ordering::Relaxed) {
        0 => make_secret(),
        there => there,
    }
}

static SECRET: AtomicU64 = AtomicU64::new(0);

#[cold]
fn make_secret() -> u64 {
    // The first one stays, whoever makes it.
    let _ = SECRET.compare_exchange(0, call::random() | 1, Ordering::Relaxed, Ordering::Relaxed);
    SECRET.load(Ordering::Relaxed)
}

/// A list of block pointers of the program.
#[derive(Clone, Copy)]
pub struct Blocks {
    first: *const *mut Aiocb,
    count: usize,
}

impl Blocks {
    /// `None` for a negative count, or for no list where entries are promised.
    ///
    /// # Safety
    /// `first` points to `count` pointers, each NULL or as for [`Block::new`], which stay as long as the
    /// value is used.
    pub unsafe fn new(first: *const *mut Aiocb, count: i32) -> Option<Blocks> {
        let count = usize::try_from(count).ok()?;
        (count == 0 || !first.is_null()).then_some(Blocks { first, count })
    }

    /// The blocks; NULL entries are left out.
    pub fn iter(self) -> impl Iterator<Item = Block> {
        // SAFETY: the promise of `new`; pointers may be misaligned like anything of the program's.
        (0..self.count).filter_map(move |at| unsafe { Block::new(self.first.add(at).read_unaligned()) })
    }
}
