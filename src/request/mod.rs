//! The record of one request, and what a transfer does with each result.
//!
//! Records live in a slab with stable addresses and are known by their index. A token adds the generation,
//! so that a late completion, a late cancel or a reused control block can never touch the next request.

pub mod delivery;
pub mod field;
pub mod list;
pub mod slab;

use crate::sys::atomic::{AtomicU32, AtomicU64, HeldU8, Ordering};
use crate::sys::errno::Errno;
use delivery::{Delivery, Rules};
use field::{Field, Word};

/// Which record: an index into the slab.
pub type Index = u32;

/// "No record", in links.
pub const NONE: Index = u32::MAX;

/// Index and generation: names one request, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token(pub u64);

impl Token {
    /// From its parts.
    pub fn new(index: Index, generation: u32) -> Token {
        Token(u64::from(generation) << 32 | u64::from(index))
    }
    /// The slab index.
    pub fn index(self) -> Index {
        self.0 as u32
    }
    /// The generation; odd while the request lives.
    pub fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Operation {
    /// Into the program's buffer.
    Read,
    /// From the program's buffer.
    Write,
    /// fsync.
    Sync,
    /// fdatasync.
    DataSync,
    /// Not I/O: stands for a `lio_listio` list and ends with its last entry.
    List,
}

/// What a descriptor refers to, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Not looked at yet.
    Unknown,
    /// A regular file through the page cache.
    Buffered,
    /// A regular file with O_DIRECT, or a block device.
    Direct,
    /// Can seek, but each request is one system call: /proc, /sys, FUSE, /dev/zero.
    Special,
    /// A pipe or FIFO.
    Pipe,
    /// A stream socket.
    Socket,
    /// A datagram or seqpacket socket: each request is one message.
    Datagram,
    /// What else cannot seek: terminal, eventfd, inotify… Each request is one system call.
    Device,
}

impl Kind {
    /// Whether requests take effect in call order, each direction by itself.
    pub fn is_stream(self) -> bool {
        matches!(self, Kind::Pipe | Kind::Socket | Kind::Datagram | Kind::Device)
    }

    /// Whether writes to it at exit and close are to be seen through: what POSIX calls a regular file.
    pub fn is_file(self) -> bool {
        matches!(self, Kind::Buffered | Kind::Direct)
    }
}

/// Who holds a request. Changed only under the lock of the file's shard and, where a backend is named, under
/// the lock of that backend's queue too.
///
/// | place    | held by                                     | can be taken back by        |
/// |----------|---------------------------------------------|-----------------------------|
/// | Idle     | the thread that submits or completes it     | nobody                      |
/// | Lane     | the file: behind another in an ordered lane | whoever holds the shard     |
/// | Barrier  | the file: a sync whose countdown runs       | whoever holds the shard     |
/// | Queue    | a backend's queue, not started              | `Backend::take_back`        |
/// | Started  | a backend, and the kernel may have it       | nobody                      |
/// | Ending   | `complete`: its result is being published   | nobody                      |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Place {
    /// With the thread that submits or completes it.
    Idle,
    /// Behind another request in an ordered lane of its file.
    Lane,
    /// A sync that waits for earlier requests.
    Barrier,
    /// In a backend's queue, not started.
    Queue,
    /// With a backend.
    Started,
    /// Its result is being published, or was a moment ago.
    Ending,
}

/// Which backend has, or had, a request last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Route {
    /// None yet.
    Unrouted,
    /// In the calling thread.
    Caller,
    /// Native Linux AIO.
    Native,
    /// The file ring.
    Ring,
    /// The stream thread.
    Stream,
    /// The worker threads.
    Worker,
}

/// How many routes there are, for tables by route.
pub const ROUTES: usize = 6;

/// How the program hears of a completion: `sigev_notify`, copied at submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Notify {
    /// Not at all.
    None,
    /// A queued signal to the process.
    Signal,
    /// A thread that calls the program's function.
    Thread,
    /// A queued signal to one thread.
    ThreadId,
    /// Whoever sleeps in `aiowait`, else a signal: `value` and `signal` are set with the result (`engine::done`).
    Io,
}

macro_rules! enum_words {
    ($($name:ident: $($variant:ident),+;)+) => {$(
        impl Word for $name {
            type Cell = HeldU8;
            fn into_word(self) -> u64 {
                self as u64
            }
            fn from_word(word: u64) -> $name {
                match word {
                    $(w if w == $name::$variant as u64 => $name::$variant,)+
                    _ => $name::default_variant(),
                }
            }
        }
    )+};
}

enum_words! {
    Operation: Read, Write, Sync, DataSync, List;
    Kind: Unknown, Buffered, Direct, Special, Pipe, Socket, Datagram, Device;
    Place: Idle, Lane, Barrier, Queue, Started, Ending;
    Route: Unrouted, Caller, Native, Ring, Stream, Worker;
    Notify: None, Signal, Thread, ThreadId, Io;
}

impl Operation {
    fn default_variant() -> Operation {
        Operation::Read
    }
    /// Whether it is a sync of either sort.
    pub fn is_sync(self) -> bool {
        matches!(self, Operation::Sync | Operation::DataSync)
    }
}
impl Kind {
    fn default_variant() -> Kind {
        Kind::Unknown
    }
}
impl Place {
    fn default_variant() -> Place {
        Place::Idle
    }
}
impl Route {
    fn default_variant() -> Route {
        Route::Unrouted
    }
}
impl Notify {
    fn default_variant() -> Notify {
        Notify::None
    }
}

/// One request. Every member is a relaxed atomic: the queues and locks through which a record is handed on order
/// them; the two that threads race on say so.
pub struct Request {
    /// Odd while the request lives. Written by the slab; read by anybody who holds a token.
    generation: AtomicU32,
    /// One bit per waiter slot that is to be woken when this request ends. Pairs with the fence in
    /// `engine/wait.rs`.
    pub waiters: AtomicU64,
    /// Of a list: entries that have not ended, and one for the submitter itself.
    pub remaining: AtomicU32,
    /// Of a list: what has to be waited for until all its entries have ended (`engine::lead`).
    pub awaits_on: AtomicU32,
    /// Who keeps the record beside `complete`: the done queue (1), or nobody (0). See `Slab::release`.
    pub(in crate::request) kept: AtomicU32,

    // What is asked for: written before submission, then only read.
    /// The home of the thread that asks ([`crate::sys::thread::home`]).
    pub home: Field<u32>,
    /// The operation.
    pub operation: Field<Operation>,
    /// The address of the program's control structure; 0 for none.
    pub block: Field<u64>,
    /// It was submitted when the process was exiting already, so its block is not one of those that exit buried.
    pub late: Field<bool>,
    /// Which dialect publishes into that structure.
    pub dialect: Field<u32>,
    /// Whose rules hold.
    pub rules: Field<Rules>,
    /// The program looks for the result in its memory.
    pub polled: Field<bool>,
    /// Of a write that was made in the caller: the shard to report when the program has looked, or NONE.
    pub unseen: Field<u32>,
    /// The buffer's address.
    pub buffer: Field<u64>,
    /// Bytes asked for.
    pub len: Field<u64>,
    /// Where in the file.
    pub offset: Field<i64>,
    /// `aio_reqprio`: 0 is the most urgent, 20 the least.
    pub priority: Field<u32>,
    /// When it was accepted, if it is counted (`engine::stats`).
    pub submitted_ns: Field<u64>,
    /// The list that counts this request, or NONE.
    pub group: Field<u32>,
    /// How to notify.
    pub notify: Field<Notify>,
    /// The signal number.
    pub signal: Field<i32>,
    /// The thread for ThreadId.
    pub thread: Field<i32>,
    /// `sigev_value`.
    pub value: Field<u64>,
    /// `sigev_notify_function`.
    pub function: Field<u64>,
    /// `sigev_notify_attributes`.
    pub attributes: Field<u64>,

    // Guarded by the file's shard.
    /// The descriptor; changes only when a helper takes the request over at close.
    pub fd: Field<i32>,
    /// The number was closed: `aio_cancel` by descriptor no longer reaches the request.
    pub orphan: Field<bool>,
    /// What the descriptor refers to.
    pub kind: Field<Kind>,
    /// `O_NONBLOCK` was set on a stream: one attempt.
    pub one_attempt: Field<bool>,
    /// Who has it.
    pub place: Field<Place>,
    /// Which backend had it last.
    pub route: Field<Route>,
    /// All this rests on what was learnt of the descriptor a moment ago.
    pub believed: Field<bool>,
    /// A bit per route that refused it.
    pub refused: Field<u32>,
    /// The shard and the file within it that list the request; NONE for none.
    pub shard: Field<u32>,
    /// See `shard`.
    pub file: Field<u32>,
    /// It goes through an ordered lane of its file.
    pub laned: Field<bool>,
    /// Neighbours in the file's list of outstanding requests.
    pub file_links: list::Links,
    /// The sync that waits for this request, or NONE.
    pub covered_by: Field<u32>,
    /// Of a sync: how many it still waits for.
    pub awaits: Field<u32>,
    /// Of a sync: the first error of a write that it covers.
    pub covered_error: Field<i32>,

    // Guarded by whoever has the request (see Place).
    /// Neighbours in a lane or a backend's queue; the free list's link otherwise.
    pub queue_links: list::Links,
    /// Bytes transferred so far.
    pub done: Field<u64>,
    /// A hint: the worker that serves this file's writes, plus one; 0 for none.
    pub affinity: Field<u32>,
    /// Which worker's queue it is in, or which context of native AIO.
    pub worker: Field<u32>,
    /// A chain through requests that one thread has taken out and will finish.
    pub chain: Field<u32>,
    /// Left to the thread that will wait for it: see `backend::offers`.
    pub offered: Field<bool>,
    /// A thread is coming for it: it counts as begun although it is still queued, see `take_unbegun`.
    pub called: Field<bool>,
    /// The stream backend waits for the descriptor to become ready.
    pub armed: Field<bool>,
    /// When the stream backend waits no longer: `u64::MAX` for ever, 0 while it has not waited yet.
    pub waits_until_ns: Field<u64>,

    // Guarded by the done queue.
    /// How far the result has come.
    pub delivery: Field<Delivery>,
}

/// What a transfer does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It is over, with this result.
    Ends(Result<usize, Errno>),
    /// The rest is to be asked for.
    Continues,
}

impl Request {
    pub(in crate::request) fn vacant(home: usize) -> Request {
        Request {
            generation: AtomicU32::new(0),
            waiters: AtomicU64::new(0),
            remaining: AtomicU32::new(0),
            awaits_on: AtomicU32::new(0),
            kept: AtomicU32::new(0),
            home: Field::new(home as u32),
            operation: Field::new(Operation::Read),
            block: Field::new(0),
            late: Field::new(false),
            dialect: Field::new(0),
            rules: Field::new(Rules::Posix),
            polled: Field::new(false),
            unseen: Field::new(NONE),
            buffer: Field::new(0),
            len: Field::new(0),
            offset: Field::new(0),
            priority: Field::new(0),
            submitted_ns: Field::new(0),
            group: Field::new(NONE),
            notify: Field::new(Notify::None),
            signal: Field::new(0),
            thread: Field::new(0),
            value: Field::new(0),
            function: Field::new(0),
            attributes: Field::new(0),
            fd: Field::new(-1),
            orphan: Field::new(false),
            kind: Field::new(Kind::Unknown),
            one_attempt: Field::new(false),
            place: Field::new(Place::Idle),
            route: Field::new(Route::Unrouted),
            believed: Field::new(false),
            refused: Field::new(0),
            shard: Field::new(NONE),
            file: Field::new(NONE),
            laned: Field::new(false),
            file_links: list::Links::new(),
            covered_by: Field::new(NONE),
            awaits: Field::new(0),
            covered_error: Field::new(0),
            queue_links: list::Links::new(),
            done: Field::new(0),
            affinity: Field::new(0),
            worker: Field::new(NONE),
            chain: Field::new(NONE),
            offered: Field::new(false),
            called: Field::new(false),
            armed: Field::new(false),
            waits_until_ns: Field::new(0),
            delivery: Field::new(Delivery::Pending),
        }
    }

    /// Back to what a new request starts with; what `submit` always writes is left alone.
    pub(in crate::request) fn reset(&self) {
        self.waiters.store(0, Ordering::Relaxed);
        self.awaits_on.store(0, Ordering::Relaxed);
        self.kept.store(0, Ordering::Relaxed);
        self.block.set(0);
        self.late.set(false);
        self.rules.set(Rules::Posix);
        self.polled.set(false);
        self.unseen.set(NONE);
        self.len.set(0);
        self.priority.set(0);
        self.group.set(NONE);
        self.notify.set(Notify::None);
        self.fd.set(-1);
        self.orphan.set(false);
        self.kind.set(Kind::Unknown);
        self.one_attempt.set(false);
        self.unlist();
        self.awaits.set(0);
        self.covered_error.set(0);
        self.done.set(0);
        self.affinity.set(0);
        self.worker.set(NONE);
        self.chain.set(NONE);
        self.offered.set(false);
        self.called.set(false);
        self.armed.set(false);
        self.waits_until_ns.set(0);
        self.delivery.set(Delivery::Pending);
    }

    /// Whether it is a write through the page cache.
    pub fn is_buffered_write(&self) -> bool {
        self.kind.get() == Kind::Buffered && self.operation.get() == Operation::Write
    }

    /// Listed with no file.
    pub fn unlist(&self) {
        self.place.set(Place::Idle);
        self.route.set(Route::Unrouted);
        self.believed.set(false);
        self.refused.set(0);
        self.shard.set(NONE);
        self.file.set(NONE);
        self.laned.set(false);
        self.covered_by.set(NONE);
    }

    /// One more keeps the record; called by who has it, before the other can see it.
    pub fn share(&self) {
        self.kept.store(1, Ordering::Relaxed);
    }

    /// Of a list: one of its entries, or its submitter, is done with it. Whether that was the last one.
    pub fn counts_down(&self) -> bool {
        // AcqRel: the last one sees what all others published.
        self.remaining.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The generation as it is now.
    pub fn generation(&self) -> u32 {
        // Acquire: whoever sees the request ended also sees what was published before.
        self.generation.load(Ordering::Acquire)
    }

    /// Bytes that are still to be transferred by the next system call.
    pub fn next_len(&self) -> usize {
        let rest = self.len.get() - self.done.get();
        (rest as usize).min(crate::sys::call::MAX_TRANSFER_BYTES)
    }

    /// Where the next system call reads or writes.
    pub fn next_offset(&self) -> i64 {
        self.offset.get().saturating_add(self.done.get() as i64)
    }

    /// The address of the rest of the buffer.
    pub fn next_buffer(&self) -> usize {
        (self.buffer.get() as usize).wrapping_add(self.done.get() as usize)
    }

    /// Takes the result of one system call into account: what `pread` and `pwrite` would transfer is continued to the
    /// end of file or the full count; an error after some bytes gives the count.
    pub fn advance(&self, result: Result<usize, Errno>) -> Step {
        let before = self.done.get();
        let n = match result {
            Ok(n) => n as u64,
            Err(Errno(libc::EINTR)) => return Step::Continues,
            Err(_) if before > 0 => return Step::Ends(Ok(before as usize)),
            Err(error) => return Step::Ends(Err(error)),
        };
        let done = before + n;
        self.done.set(done);
        if n == 0 || done >= self.len.get() || !self.goes_on(done) {
            return Step::Ends(Ok(done as usize));
        }
        Step::Continues
    }

    /// Whether a short transfer is to be continued.
    fn goes_on(&self, done: u64) -> bool {
        match self.kind.get() {
            Kind::Buffered => true,
            // Not to the end of a block, the smallest that there are: the end of the file. The kernel would refuse.
            Kind::Direct => done % 512 == 0,
            Kind::Pipe | Kind::Socket => self.operation.get() == Operation::Write && !self.one_attempt.get(),
            Kind::Special | Kind::Datagram | Kind::Device | Kind::Unknown => false,
        }
    }
}
