//! The notification thread, `uaio-notify`. It starts every other thread of the library and every thread of
//! SIGEV_THREAD, because pthread_create takes memory from the program's malloc, and a thread of the program
//! may be inside malloc when its signal handler submits. It stays for good, so that only the first submission of a
//! process has to start a thread itself. And it sends again the signals for which the
//! kernel had no room.
//!
//! Of a signal below SIGRTMIN the kernel keeps one: another one that is sent before the program has taken it is
//! dropped. glibc carries out one request of a descriptor at a time, and so its programs rarely meet that; here many
//! requests end at once. So such a signal is sent when none is pending. Who finds one pending leaves the notification
//! to the thread, as does whoever comes after; the thread looks until it is gone, but not for ever: a program need
//! not take its signals, and until it does nothing is held back any more.

use core::sync::atomic::{AtomicBool, Ordering};

use super::Engine;
use super::done::Wake;
use crate::backend::{ASLEEP, AWAKE, Thread, Waker, native, workers};
use crate::request::list::{ByQueue, List};
use crate::request::{Index, Notify, Request};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::thread::{self, Callback, Entry};
use crate::sys::{clock, futex, log, probe, signal};

/// The pause before a signal or a thread is tried again: nothing tells when the queue has room or the limit allows.
const RETRY_NS: u64 = 1_000_000;
/// The first pause before the thread looks whether a standard signal is still pending. It doubles, up to `RETRY_NS`.
const TAKEN_NS: u64 = 50_000;
/// A standard signal that the program does not take for so long, or behind which so many wait, is sent all the same.
const HELD_NS: u64 = 1_000_000_000;
const HELD_MOST: usize = 1000;
/// How often the workers are looked after while requests wait for one.
const WATCH_NS: u64 = 2_000_000;
/// Threads asked for and not started yet: the two reactors, every worker, every keeper, every attendant.
const STARTS: usize = 2 + workers::MOST + super::keeper::JOBS + native::CONTEXTS;

struct Inbox {
    /// Has room for [`STARTS`].
    starts: Vec<Thread>,
    /// Ended requests whose notification is still to be made.
    pending: List<ByQueue>,
}

/// The thread and what waits for it.
pub struct Notifier {
    inbox: Lock<Inbox>,
    /// The thread exists. Set under the lock.
    alive: AtomicBool,
    waker: Waker,
    /// Requests wait while all workers are busy.
    watching: AtomicBool,
    /// Held while a standard signal is sent, or two could find none pending.
    standard: Lock<Standard>,
    /// The last result that nobody waited for was told of by SIGIO. A hint: orders nothing.
    tells_by_io: AtomicBool,
}

struct Standard {
    /// How many of `pending` wait to send one.
    waiting: usize,
    /// Those that the program does not take, a bit each.
    untaken: u32,
}

/// How the program gets on with taking a standard signal that is pending.
struct Held {
    since_ns: u64,
    pause_ns: u64,
}

/// What became of an attempt to notify.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Again,
}

impl Notifier {
    /// Without a thread.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Notifier, Errno> {
        let mut starts = Vec::new();
        starts.try_reserve_exact(STARTS).map_err(|_| Errno(libc::EAGAIN))?;
        Ok(Notifier {
            inbox: Lock::new(Inbox { starts, pending: List::new() }),
            alive: AtomicBool::new(false),
            waker: Waker::new(),
            watching: AtomicBool::new(false),
            standard: Lock::new(Standard { waiting: 0, untaken: 0 }),
            tells_by_io: AtomicBool::new(false),
        })
    }

    /// Has the workers looked after for a while.
    pub fn watch(&'static self, engine: &'static Engine, masked: &Masked) {
        // SeqCst: either the thread sees this before it lies down, or we find it asleep.
        if !self.watching.swap(true, Ordering::SeqCst) {
            let _ = self.ensure(engine, masked);
            self.waker.wake();
        }
    }

    /// Makes sure that the thread exists. Called before a request is queued, since without this thread it might never
    /// run.
    ///
    /// # Errors
    /// `EAGAIN` when it cannot be created.
    pub fn ensure(&'static self, engine: &'static Engine, masked: &Masked) -> Result<(), Errno> {
        if self.alive.load(Ordering::SeqCst) { Ok(()) } else { self.create(engine, masked) }
    }

    #[cold]
    fn create(&'static self, engine: &'static Engine, masked: &Masked) -> Result<(), Errno> {
        let inbox = self.inbox.lock(masked);
        if self.alive.load(Ordering::Relaxed) {
            return Ok(());
        }
        let entry = Entry { name: *b"uaio-notify\0\0\0\0\0", run: super::threads::notify, owner: engine, number: 0 };
        let created = thread::spawn(entry);
        self.alive.store(created.is_ok(), Ordering::Release);
        drop(inbox);
        engine.stats.thread_started(created.is_ok());
        created.inspect_err(|_| log::say(format_args!("cannot start a thread for notifications")))
    }

    /// Has a thread of the library started.
    pub fn start(&'static self, engine: &'static Engine, thread: Thread, masked: &Masked) {
        self.inbox.lock(masked).starts.push(thread);
        if self.ensure(engine, masked).is_ok() {
            return self.waker.wake();
        }
        let mut inbox = self.inbox.lock(masked);
        let left = inbox.starts.iter().position(|other| *other == thread).map(|at| inbox.starts.swap_remove(at));
        drop(inbox);
        if left.is_some() {
            super::threads::failed(engine, thread, masked);
        }
    }

    /// Leaves the notification of an ended request to the thread. The record is used up.
    pub fn notify_later(&'static self, engine: &'static Engine, index: Index, masked: &Masked) {
        self.inbox.lock(masked).pending.push_back(engine.slab, index);
        let _ = self.ensure(engine, masked);
        self.waker.wake();
    }

    /// The body of the thread.
    pub fn run(&'static self, engine: &'static Engine, masked: &Masked) {
        let mut held = None;
        loop {
            let again_ns = self.work(engine, &mut held, masked);
            let watching = self.look_after_workers(engine, masked);
            let again = again_ns.is_some();
            let pause_ns = again_ns.or(watching.then_some(WATCH_NS));
            let until_ns = pause_ns.map(|pause_ns| clock::now_ns() + pause_ns);
            self.waker.word.store(ASLEEP, Ordering::SeqCst);
            {
                let inbox = self.inbox.lock(masked);
                let fresh = !inbox.starts.is_empty()
                    || (!again && !inbox.pending.is_empty())
                    || (!watching && self.watching.load(Ordering::SeqCst));
                if fresh {
                    self.waker.word.store(AWAKE, Ordering::SeqCst);
                    continue;
                }
            }
            while self.waker.word.load(Ordering::Acquire) == ASLEEP
                && until_ns.is_none_or(|until_ns| clock::now_ns() < until_ns)
            {
                let _ = futex::wait_until(&self.waker.word, ASLEEP, until_ns);
            }
            self.waker.word.store(AWAKE, Ordering::SeqCst);
        }
    }

    /// Adds a worker if all that there are have been held up; tells whether to look again.
    fn look_after_workers(&'static self, engine: &'static Engine, masked: &Masked) -> bool {
        if !self.watching.swap(false, Ordering::SeqCst) {
            return false;
        }
        let (watching, start) = engine.workers.look_after(masked);
        if watching {
            self.watching.store(true, Ordering::SeqCst);
        }
        if let Some(number) = start {
            engine.start_thread(Thread::Worker(number), masked);
        }
        watching
    }

    /// Does what there is to do; tells after which time something must be tried again.
    fn work(&'static self, engine: &'static Engine, held: &mut Option<Held>, masked: &Masked) -> Option<u64> {
        loop {
            let next = self.inbox.lock(masked).starts.pop();
            let Some(thread) = next else { break };
            engine.start_thread(thread, masked);
        }
        let now_ns = clock::now_ns();
        let waited = held.as_ref().is_some_and(|held| now_ns.saturating_sub(held.since_ns) > HELD_NS);
        let mut left: List<ByQueue> = List::new();
        let (mut full, mut holds, mut taken) = (false, false, false);
        loop {
            let next = self.inbox.lock(masked).pending.pop_front(engine.slab);
            let Some(index) = next else { break };
            let request = engine.slab.get(index);
            let standard = is_standard(request);
            let outcome = match request.notify.get() {
                Notify::Thread => call_back(request),
                // Once the queue is full, the signals behind wait their turn, so that their order is kept.
                _ if full => Outcome::Again,
                _ if standard => self.send_held(request, waited, masked),
                _ => send(request),
            };
            match outcome {
                Outcome::Done => {
                    taken |= standard;
                    engine.slab.release(index);
                }
                Outcome::Again => {
                    holds |= standard;
                    full |= request.notify.get() != Notify::Thread && !standard;
                    left.push_back(engine.slab, index);
                }
            }
        }
        let again = !left.is_empty();
        while let Some(index) = left.pop_front(engine.slab) {
            self.inbox.lock(masked).pending.push_back(engine.slab, index);
        }
        *held = match held.take().filter(|_| !taken) {
            _ if !holds => None,
            Some(Held { since_ns, pause_ns }) => Some(Held { since_ns, pause_ns: (2 * pause_ns).min(RETRY_NS) }),
            None => Some(Held { since_ns: now_ns, pause_ns: TAKEN_NS }),
        };
        again.then(|| held.as_ref().map_or(RETRY_NS, |held| held.pause_ns))
    }

    /// Sends a standard signal that was left to the thread, if none is pending, or they have waited long.
    fn send_held(&self, request: &Request, waited: bool, masked: &Masked) -> Outcome {
        let (number, mut standard) = (request.signal.get(), self.standard.lock(masked));
        if waited || standard.waiting > HELD_MOST {
            standard.untaken |= 1 << number;
        }
        if standard.untaken & 1 << number == 0 && signal::is_pending(number) {
            return Outcome::Again;
        }
        standard.waiting -= 1;
        send(request);
        Outcome::Done
    }

    /// Sends a standard signal, unless it would be dropped or would overtake one that waits.
    fn send_or_hold(&self, request: &Request, masked: &Masked) -> Outcome {
        let (number, mut standard) = (request.signal.get(), self.standard.lock(masked));
        // Of what is pending the kernel tells a thread what the thread blocks.
        let _blocked = Masked::block();
        let pending = signal::is_pending(number);
        if !pending {
            standard.untaken &= !(1 << number);
        } else if standard.waiting > HELD_MOST {
            // The thread has not got round to seeing that.
            standard.untaken |= 1 << number;
        }
        if standard.untaken & 1 << number == 0 && (pending || standard.waiting > 0) {
            standard.waiting += 1;
            return Outcome::Again;
        }
        // The kernel never has no room for one.
        send(request);
        Outcome::Done
    }

    /// Sends the signal of a request that ends; `false` when its notification is for the thread to make.
    pub fn signal(&self, request: &Request, masked: &Masked) -> bool {
        if !matches!(request.notify.get(), Notify::None | Notify::Io) {
            probe::notify(request.block.get(), request.notify.get() as u8, request.signal.get());
        }
        match request.notify.get() {
            // Notify::Io is told of by `tell`, once the request has ended.
            Notify::None | Notify::Io => true,
            Notify::Thread => false,
            _ if is_standard(request) => self.send_or_hold(request, masked) == Outcome::Done,
            Notify::Signal | Notify::ThreadId => send(request) == Outcome::Done,
        }
    }
}

impl Engine {
    /// Whether the program has itself told of results by SIGIO, as far as is known.
    pub fn tells_by_io(&self) -> bool {
        self.notifier.tells_by_io.load(Ordering::Relaxed)
    }
}

/// Whether the kernel keeps one such signal for the process, and no more. (Which are pending for a thread cannot be
/// asked for.)
fn is_standard(request: &Request) -> bool {
    request.notify.get() == Notify::Signal && signal::is_standard(request.signal.get())
}

fn send(request: &Request) -> Outcome {
    let (number, value) = (request.signal.get(), request.value.get() as usize);
    let result = match request.notify.get() {
        Notify::ThreadId => signal::queue_to_thread(request.thread.get(), number, value),
        _ => signal::queue(number, value),
    };
    match result {
        Err(Errno(libc::EAGAIN)) => Outcome::Again,
        // A thread that is gone gets nothing.
        _ => Outcome::Done,
    }
}

/// Of a result that `aiowait` will hand out, once its request has ended: wakes one who waits for it. Nobody waits:
/// SIGIO, if the program has a handler for it now. One signal may stand for several results, so nothing is lost where
/// one is pending already.
pub fn tell(engine: &Engine, request: &Request) {
    if request.notify.get() != Notify::Io {
        return;
    }
    let waited_for = engine.done.wake(Wake::from_word(request.value.get()));
    let number = request.signal.get();
    if waited_for || number == 0 {
        return;
    }
    let caught = signal::is_caught(number);
    engine.notifier.tells_by_io.store(caught, Ordering::Relaxed);
    if caught {
        probe::notify(request.block.get(), Notify::Io as u8, number);
        signal::kill(number);
    }
}

fn call_back(request: &Request) -> Outcome {
    let callback = Callback {
        function: request.function.get() as usize,
        value: request.value.get() as usize,
        attributes: request.attributes.get() as usize,
    };
    match thread::call_back(callback) {
        // Attributes that no thread can have, or none of this program, would be refused for ever. (Without attributes
        // of the program's it is a sandbox that refuses, and that may pass.)
        Ok(()) | Err(Errno(libc::EINVAL)) => Outcome::Done,
        Err(Errno(libc::EPERM)) if callback.attributes != 0 => Outcome::Done,
        Err(_) => Outcome::Again,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::request::slab::Slab;

    /// The thread may get no turn for long.
    #[test]
    fn no_more_is_held_back_than_said_without_the_thread() {
        let (notifier, masked, slab) = (Notifier::new().unwrap(), Masked::block(), Slab::new().unwrap());
        let request = slab.get(slab.take().unwrap().index());
        // One that does nothing to who does not catch it.
        request.notify.set(Notify::Signal);
        request.signal.set(libc::SIGURG);
        signal::queue_to_thread(thread::number(), libc::SIGURG, 0).unwrap();
        let held = (0..10 * HELD_MOST).filter(|_| !notifier.signal(request, &masked)).count();
        assert_eq!(held, HELD_MOST + 1);
    }
}
