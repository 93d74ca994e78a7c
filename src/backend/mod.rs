//! What runs requests. All backends are compiled always and chosen at run time.

mod attendant;
pub mod caller;
#[cfg(test)]
pub mod fake;
mod inbox;
pub mod native;
mod offers;
pub mod reactor;
mod source;
pub mod transfer;
pub mod workers;

use crossbeam_utils::CachePadded;

use crate::request::slab::Slab;
use crate::request::{Index, NONE};
use crate::sys::atomic::{AtomicI32, AtomicU32, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, clock, futex};

/// What a backend needs of the engine above it.
pub trait Host: Sync {
    /// The records.
    fn slab(&self) -> &Slab;
    /// The request is over; the only way out.
    fn complete(&'static self, index: Index, result: Result<usize, Errno>, masked: &Masked);
    /// The backend named by the request's route took it but cannot run it: the next route's turn.
    fn reroute(&'static self, index: Index, masked: &Masked);
    /// A request's transfer, by plain system calls, took so long.
    fn timed(&self, index: Index, took_ns: u64);
    /// How native AIO served a request.
    fn served(&self, index: Index, how: Served);
    /// The kernel refuses a route.
    fn fell_back(&self, what: Fallback);
    /// Hands a chain of requests to native AIO, in this thread.
    fn launch(&'static self, first: Index, masked: &Masked);
    /// Sees to it that library threads reap what is in flight in these contexts, a bit each.
    fn attend(&'static self, contexts: u32, masked: &Masked);
    /// Has the workers looked after, while some are busy and more waits: see `Workers::look_after`.
    fn watch(&'static self, masked: &Masked);
    /// Has a library thread started, soon, and not on a stack of the program.
    fn start(&'static self, thread: Thread, masked: &Masked);
}

/// The threads that backends ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thread {
    /// The owner of the file ring.
    Files,
    /// The stream thread.
    Streams,
    /// A worker, by number.
    Worker(usize),
    /// Holds files whose descriptors were closed, by job.
    Keeper(usize),
    /// Reaps native AIO for those who do not, by context.
    Native(usize),
}

/// How native AIO served a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Served {
    /// As it should.
    Well,
    /// It would have had to wait for more than the device.
    WouldBlock,
    /// Its submission took so many nanoseconds.
    Slowly(u64),
    /// Not at all: files of this kind are not known to it.
    Never,
}

/// Why requests take another route than the cheapest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    /// No ring.
    Ring(Errno),
    /// No native AIO.
    Native(Errno),
}

/// What became of a request that was to be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Nothing: it has started, or is over.
    No,
    /// It is the caller's, and had not started.
    Fresh,
    /// It is the caller's: the write of a stream of which the kernel has been asked for a part.
    Begun,
}

/// One way of running requests.
pub trait Backend: Sync {
    /// Takes a request over, place and route included. Called with the file's shard locked: queues and returns;
    /// who must be woken goes into `wakes`. `false`: refused.
    fn push(&'static self, host: &'static dyn Host, index: Index, masked: &Masked, wakes: &mut Wakes) -> bool;
    /// Takes a request back if it is queued and not started; with `begun` also a write of a stream that waits for
    /// room in mid-way. Called with the file's shard locked.
    fn take_back(&'static self, host: &'static dyn Host, index: Index, begun: bool, masked: &Masked) -> Taken;
    /// Returns once the kernel holds the files of everything that was pushed before and started.
    fn fence(&'static self, masked: &Masked);
    /// A thread that this backend asked for could not be started.
    fn start_failed(&'static self, host: &'static dyn Host, thread: Thread, masked: &Masked);
}

/// How often a thread of the library was woken in this process and its ancestors: always counted, since a wake-up is a
/// system call.
pub static WAKE_UPS: CachePadded<core::sync::atomic::AtomicU64> =
    CachePadded::new(core::sync::atomic::AtomicU64::new(0));

/// How a library thread sleeps and is woken: on a futex word, or where it sleeps in poll(2), by an eventfd.
pub struct Waker {
    /// [`AWAKE`] or [`ASLEEP`].
    pub word: AtomicU32,
    /// The eventfd, or -1.
    pub eventfd: AtomicI32,
}

/// The thread runs, or has been woken.
pub const AWAKE: u32 = 0;
/// The thread sleeps, or is about to.
pub const ASLEEP: u32 = 1;

impl Default for Waker {
    fn default() -> Self {
        Waker::new()
    }
}

impl Waker {
    /// For a thread that is awake.
    pub fn new() -> Waker {
        Waker { word: AtomicU32::new(AWAKE), eventfd: AtomicI32::new(-1) }
    }

    /// Wakes the thread if it sleeps.
    pub fn wake(&self) {
        if self.word.swap(AWAKE, Ordering::SeqCst) == ASLEEP {
            WAKE_UPS.fetch_add(1, Ordering::Relaxed);
            let eventfd = self.eventfd.load(Ordering::Acquire);
            if eventfd >= 0 {
                call::eventfd_raise(eventfd);
            } else {
                // All: a ring that is being torn down may still have a wait on the word.
                futex::wake(&self.word, i32::MAX);
            }
        }
    }
}

/// Whether a thread that waits for another looks for a while before it sleeps. A sleep and the wake-up from it cost
/// tens of microseconds, much of that to the other; a look that nothing comes of costs [`Spin::MOST_NS`], and the
/// processor meanwhile. So it is a matter of what came of the last looks. A measured wait after a sleep would not
/// tell: most of it is the wake-up.
pub struct Spin {
    /// So many looks may still fail. Hint: races cost a look too many or too few.
    credit: AtomicU32,
    /// Waits without a look since the last one.
    missed: AtomicU32,
    /// With one processor, whoever looks keeps the other from coming.
    alone: bool,
}

impl Spin {
    /// How long a look takes at most.
    pub const MOST_NS: u64 = 20_000;
    /// A look that paid is worth two that did not…
    const GAIN: u32 = 2;
    /// …and no more than so many are ever to the good.
    const MOST: u32 = 16;
    /// Without credit one wait in so many begins with a look: things may have changed.
    const PROBE: u32 = 32;

    /// Without credit.
    pub fn new(processors: usize) -> Spin {
        Spin { credit: AtomicU32::new(0), missed: AtomicU32::new(0), alone: processors == 1 }
    }

    /// Looks until `over` says so; `false` when it has not, or no look was worth it.
    pub fn until(&self, deadline_ns: Option<u64>, over: impl Fn() -> bool) -> bool {
        if self.alone {
            return false;
        }
        let credit = self.credit.load(Ordering::Relaxed);
        if credit == 0 {
            let missed = self.missed.load(Ordering::Relaxed) + 1;
            self.missed.store(missed % Spin::PROBE, Ordering::Relaxed);
            if missed < Spin::PROBE {
                return false;
            }
        }
        let until_ns = deadline_ns.unwrap_or(u64::MAX).min(clock::now_ns() + Spin::MOST_NS);
        loop {
            if over() {
                self.credit.store((credit + Spin::GAIN).min(Spin::MOST), Ordering::Relaxed);
                return true;
            }
            if clock::now_ns() >= until_ns {
                self.credit.store(credit.saturating_sub(1), Ordering::Relaxed);
                return false;
            }
            core::hint::spin_loop();
        }
    }
}

/// What is to be done once the locks are released: each wake-up is a system call.
#[derive(Default)]
pub struct Wakes {
    wakers: [Option<&'static Waker>; Wakes::ROOM],
    starts: [Option<Thread>; Wakes::ROOM],
    /// The first and the last of a chain for native AIO.
    launches: Option<(Index, Index)>,
    /// See [`Host::attend`].
    pub attend: u32,
    /// Requests wait for a worker.
    pub watch: bool,
}

impl Wakes {
    /// Wake-ups remembered; the rest of a long list is woken at once, under the lock.
    const ROOM: usize = 8;

    /// Remembers a thread to wake.
    pub fn wake(&mut self, waker: &'static Waker) {
        for slot in &mut self.wakers {
            match slot {
                Some(there) if core::ptr::eq(*there, waker) => return,
                Some(_) => {}
                None => {
                    *slot = Some(waker);
                    return;
                }
            }
        }
        waker.wake();
    }

    /// Remembers a thread to start; `false` when there is no room: ask again with the next request.
    pub fn start(&mut self, thread: Thread) -> bool {
        // A worker more or less does not matter; a reactor does.
        let room = if matches!(thread, Thread::Worker(_)) { Wakes::ROOM - 2 } else { Wakes::ROOM };
        for slot in self.starts.iter_mut().take(room) {
            if slot.is_none() {
                *slot = Some(thread);
                return true;
            }
        }
        false
    }

    /// Remembers a request for native AIO.
    pub fn launch(&mut self, host: &'static dyn Host, index: Index) {
        host.slab().get(index).chain.set(NONE);
        self.launches = match self.launches {
            None => Some((index, index)),
            Some((first, last)) => {
                host.slab().get(last).chain.set(index);
                Some((first, index))
            }
        };
    }

    /// Does all of it. No lock may be held.
    pub fn flush(&mut self, host: &'static dyn Host, masked: &Masked) {
        for slot in &mut self.wakers {
            match slot.take() {
                Some(waker) => waker.wake(),
                None => break,
            }
        }
        if let Some((first, _)) = self.launches.take() {
            host.launch(first, masked);
        }
        if self.attend != 0 {
            host.attend(core::mem::take(&mut self.attend), masked);
        }
        if core::mem::take(&mut self.watch) {
            host.watch(masked);
        }
        for slot in &mut self.starts {
            match slot.take() {
                Some(thread) => host.start(thread, masked),
                None => break,
            }
        }
    }
}

/// The kernel's I/O priority for an `aio_reqprio`: the best-effort class, in which 4 is the default and 7 the lowest
/// level. Nothing for 0, which asks for nothing.
pub fn io_priority(request_priority: u32) -> u16 {
    const BEST_EFFORT: u16 = 2 << 13;
    if request_priority == 0 { 0 } else { BEST_EFFORT | (4 + request_priority.div_ceil(7).min(3) as u16) }
}
