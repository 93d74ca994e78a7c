//! A library thread that owns a ring. Two of these exist: one for files, one for streams, so that an owner which the
//! kernel holds up with a cold read never holds up a stream, a cancel or a timeout.
//!
//! Files are read and written by the ring itself. Streams are only *polled* in the ring; the transfer is
//! one attempt of this thread that does not wait, made under the lock of the inbox. So a stream request is at any
//! moment either in a list of the inbox, where it can be taken back, or over; no cancellation has to be negotiated
//! with the kernel, and a write is continued until it is complete, which a ring does not do. What its
//! socket lets wait for some time only (SO_RCVTIMEO, SO_SNDTIMEO) is ended by this thread when that is over.
//!
//! Lock order: shard → inbox. Protocol of sleeping: the owner sets the waker ASLEEP and `asleep` under the
//! lock after it saw both lists empty; who pushes clears `asleep` under the lock and wakes after the
//! unlock. The wait in the ring compares the word when it starts, so a wake-up in between ends it at once.

use super::inbox::{Inbox, State};
use super::source::{self, Source};
use super::transfer::{self, Attempt};
use super::{ASLEEP, AWAKE, Backend, Fallback, Host, Taken, Thread, Waker, Wakes};
use crate::request::{Index, NONE, Operation, Place, Route, Step, Token};
use crate::sys::atomic::{AtomicI32, AtomicU32, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};
use crate::sys::{call, clock, futex, log};

/// An owner that has had nothing to do for so long leaves, and its ring with it.
const IDLE_NS: u64 = 5_000_000_000;
/// A refusal that may pass (no memory for a ring) is forgotten after this.
const REFUSED_NS: u64 = 1_000_000_000;

/// What a reactor serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Serves {
    /// Everything that has offsets; needs a ring.
    Files,
    /// Everything that has not; a ring if there is one.
    Streams,
}

/// See the head of the file.
pub struct Reactor {
    serves: Serves,
    with_ring: bool,
    inbox: Lock<Inbox>,
    waker: Waker,
    /// The ring's descriptor on kernels before 5.18, or -1.
    ring_fd: AtomicI32,
    /// The last ticket for which everything pushed before it is with the kernel.
    fenced: AtomicU32,
}

impl Reactor {
    /// Without a thread. `with_ring`: a ring may be asked for.
    pub fn new(serves: Serves, with_ring: bool) -> Reactor {
        Reactor {
            serves,
            with_ring,
            inbox: Lock::new(Inbox::default()),
            waker: Waker::new(),
            ring_fd: AtomicI32::new(-1),
            fenced: AtomicU32::new(0),
        }
    }

    /// The descriptors that this thread keeps on kernels that offer no better way, or -1: what wakes it,
    /// and its ring.
    pub fn visible_fds(&self) -> [i32; 2] {
        [self.waker.eventfd.load(Ordering::Acquire), self.ring_fd.load(Ordering::Acquire)]
    }

    /// The program is about to put another file at the number of our descriptor: the waker's moves away.
    pub fn move_away(&self, fd: i32) {
        if self.waker.eventfd.load(Ordering::Acquire) == fd {
            // With no number left the thread looks now and then by itself, until there is one again.
            let other = call::duplicate_below(fd).unwrap_or(-1);
            self.waker.eventfd.store(other, Ordering::Release);
        }
    }

    fn route(&self) -> Route {
        if self.serves == Serves::Files { Route::Ring } else { Route::Stream }
    }

    /// The body of the thread.
    pub fn run(&'static self, host: &'static dyn Host, masked: &Masked) {
        let mut source = if self.with_ring { Source::ring(&self.waker) } else { Err(Errno(libc::ENOSYS)) };
        loop {
            let error = match source {
                Ok(open) => {
                    self.inbox.lock(masked).state = State::Running;
                    let polls = matches!(open, Source::Poll { .. });
                    self.ring_fd.store(open.visible_fd(), Ordering::Release);
                    let end = Owner { host, reactor: self, masked, source: open, ends_at_ns: u64::MAX }.serve();
                    self.ring_fd.store(-1, Ordering::Release);
                    match end {
                        Ok(()) => return,
                        Err(error) if polls => return self.refuse(host, error, masked),
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            if self.serves == Serves::Files {
                return self.refuse(host, error, masked);
            }
            if self.with_ring {
                log::say(format_args!("no ring for streams (error {}): poll takes its place", error.0));
                host.fell_back(Fallback::Ring(error));
            }
            // Streams can do without a ring. Those that waited in it are asked again.
            let mut inbox = self.inbox.lock(masked);
            while let Some(index) = inbox.held.pop_front(host.slab()) {
                host.slab().get(index).armed.set(false);
                inbox.fresh.push_back(host.slab(), index);
            }
            drop(inbox);
            source = Source::poll(&self.waker);
            if let Err(error) = source {
                return self.refuse(host, error, masked);
            }
        }
    }

    /// No ring, or no more: what was to go through it takes its next route.
    #[cold]
    fn refuse(&self, host: &'static dyn Host, error: Errno, masked: &Masked) {
        if self.serves == Serves::Files {
            host.fell_back(Fallback::Ring(error));
        }
        let lasting = matches!(error, Errno(libc::EPERM | libc::EACCES | libc::ENOSYS | libc::EINVAL));
        let what = if self.serves == Serves::Files { "files" } else { "streams" };
        log::say(format_args!("no ring for {what} (error {}): worker threads take its place", error.0));
        let until_ns = if lasting { u64::MAX } else { clock::now_ns() + REFUSED_NS };
        let slab = host.slab();
        loop {
            let mut inbox = self.inbox.lock(masked);
            inbox.state = State::Refused { until_ns };
            inbox.asleep = false;
            // Those with the kernel: the ring is gone, and with it whatever it had not finished.
            inbox.writing = 0;
            let next = inbox.held.pop_front(slab).or_else(|| inbox.fresh.pop_front(slab));
            let next = next.or_else(|| inbox.writes.pop_front(slab));
            let Some(index) = next else {
                let tickets = inbox.tickets;
                drop(inbox);
                self.pass(tickets);
                return;
            };
            slab.get(index).place.set(Place::Idle);
            slab.get(index).armed.set(false);
            drop(inbox);
            if self.serves == Serves::Streams && error == Errno(libc::EAGAIN) {
                // No thread to be had. The workers' last one, the notifier, must not be blocked by another end.
                host.complete(index, Err(error), masked);
            } else {
                host.reroute(index, masked);
            }
        }
    }

    /// Lets those go on who wait in `fence` for a ticket up to this one.
    fn pass(&self, ticket: u32) {
        self.fenced.store(ticket, Ordering::SeqCst);
        futex::wake(&self.fenced, i32::MAX);
    }
}

impl Backend for Reactor {
    fn push(&'static self, host: &'static dyn Host, index: Index, masked: &Masked, wakes: &mut Wakes) -> bool {
        let request = host.slab().get(index);
        let mut inbox = self.inbox.lock(masked);
        match inbox.state {
            State::Refused { until_ns } if until_ns == u64::MAX || clock::now_ns() < until_ns => return false,
            State::Absent | State::Refused { .. } => {
                let thread = if self.serves == Serves::Files { Thread::Files } else { Thread::Streams };
                if !wakes.start(thread) {
                    return false;
                }
                inbox.state = State::Starting;
            }
            State::Starting | State::Running => {}
        }
        // The owner comes for what is new in any case, and has it no later than the first.
        let first = inbox.next().is_none();
        request.place.set(Place::Queue);
        request.route.set(self.route());
        inbox.queue(request).push_back(host.slab(), index);
        request.called.set(self.serves == Serves::Files && first && inbox.next().is_some());
        if inbox.asleep {
            inbox.asleep = false;
            wakes.wake(&self.waker);
        }
        true
    }

    fn take_back(&'static self, host: &'static dyn Host, index: Index, begun: bool, masked: &Masked) -> Taken {
        let slab = host.slab();
        let request = slab.get(index);
        let mut inbox = self.inbox.lock(masked);
        let taken = match request.place.get() {
            // A part of a file's request was done in the calling thread: it has started.
            Place::Queue if self.serves == Serves::Files && request.done.get() > 0 && !begun => return Taken::No,
            Place::Queue => Taken::Fresh,
            // Started and with this backend: a write that waits for room.
            Place::Started if begun && self.serves == Serves::Streams => Taken::Begun,
            _ => return Taken::No,
        };
        if request.armed.get() {
            inbox.held.remove(slab, index);
            request.armed.set(false);
            // Without memory for this, readiness is reported to nobody later, and no harm done.
            if inbox.disarm.try_reserve(1).is_ok() {
                inbox.disarm.push(Token::new(index, request.generation()));
            }
        } else {
            inbox.queue(request).remove(slab, index);
        }
        request.place.set(Place::Idle);
        taken
    }

    fn fence(&'static self, masked: &Masked) {
        let mut inbox = self.inbox.lock(masked);
        if !matches!(inbox.state, State::Starting | State::Running) {
            return;
        }
        inbox.tickets = inbox.tickets.wrapping_add(1);
        let ticket = inbox.tickets;
        let wake = core::mem::take(&mut inbox.asleep);
        drop(inbox);
        if wake {
            self.waker.wake();
        }
        loop {
            let fenced = self.fenced.load(Ordering::SeqCst);
            if (fenced.wrapping_sub(ticket) as i32) >= 0 {
                return;
            }
            futex::wait(&self.fenced, fenced);
        }
    }

    fn start_failed(&'static self, host: &'static dyn Host, _thread: Thread, masked: &Masked) {
        self.refuse(host, Errno(libc::EAGAIN), masked);
    }
}

/// The thread's own view.
struct Owner<'m> {
    host: &'static dyn Host,
    reactor: &'static Reactor,
    masked: &'m Masked,
    source: Source,
    /// When the first of those that wait no longer than some time is to end, if not before.
    ends_at_ns: u64,
}

impl Owner<'_> {
    fn inbox(&self) -> Guard<'_, Inbox> {
        self.reactor.inbox.lock(self.masked)
    }

    /// Until there has been nothing to do for a while, or the kernel refuses.
    fn serve(&mut self) -> Result<(), Errno> {
        let waker = &self.reactor.waker;
        let mut busy_at_ns = clock::now_ns();
        loop {
            let ticket = self.take_in()?;
            let fenced = ticket == self.reactor.fenced.load(Ordering::Relaxed);
            let timeout_ns = if fenced { self.lie_down(ticket) } else { None };
            if self.source.wait(waker, timeout_ns.is_some(), timeout_ns.flatten())? && !fenced {
                self.reactor.pass(ticket);
            }
            waker.word.store(AWAKE, Ordering::SeqCst);
            self.inbox().asleep = false;
            let mut nothing = true;
            while let Some((token, result)) = self.source.next(waker) {
                nothing = false;
                self.happened(token, result)?;
            }
            if self.ends_at_ns <= clock::now_ns() {
                self.end_overdue()?;
            }
            if !nothing {
                busy_at_ns = clock::now_ns();
            } else if clock::now_ns() - busy_at_ns >= IDLE_NS && self.leave() {
                return Ok(());
            }
        }
    }

    /// Hands over all that is new. Gives the last ticket that was asked for before.
    fn take_in(&mut self) -> Result<u32, Errno> {
        loop {
            let mut inbox = self.reactor.inbox.lock(self.masked);
            if let Some(token) = inbox.disarm.pop() {
                drop(inbox);
                self.source.disarm(token)?;
                continue;
            }
            let Some(index) = inbox.next() else { return Ok(inbox.tickets) };
            let slab = self.host.slab();
            let request = slab.get(index);
            inbox.queue(request).remove(slab, index);
            inbox.held.push_back(slab, index);
            inbox.writing += usize::from(request.is_buffered_write());
            if self.reactor.serves == Serves::Files {
                request.place.set(Place::Started);
                drop(inbox);
                self.transfer(index)?;
            } else {
                self.attempt(index, inbox)?;
            }
        }
    }

    /// Declares this thread asleep unless there is something to do; gives how long it may sleep.
    fn lie_down(&self, ticket: u32) -> Option<Option<u64>> {
        let mut inbox = self.inbox();
        if inbox.next().is_some() || !inbox.disarm.is_empty() || inbox.tickets != ticket {
            return None;
        }
        inbox.asleep = true;
        self.reactor.waker.word.store(ASLEEP, Ordering::SeqCst);
        let ends_in_ns = || self.ends_at_ns.saturating_sub(clock::now_ns());
        let limit_ns = if inbox.held.is_empty() { Some(IDLE_NS) } else { None };
        Some(limit_ns.or_else(|| (self.ends_at_ns != u64::MAX).then(ends_in_ns)))
    }

    fn leave(&self) -> bool {
        let mut inbox = self.inbox();
        let idle = inbox.fresh.is_empty()
            && inbox.writes.is_empty()
            && inbox.held.is_empty()
            && inbox.tickets == self.reactor.fenced.load(Ordering::Relaxed);
        if idle {
            inbox.state = State::Absent;
            inbox.disarm = Vec::new();
        }
        idle
    }

    fn happened(&mut self, token: Token, result: i32) -> Result<(), Errno> {
        let slab = self.host.slab();
        let index = token.index();
        if self.reactor.serves == Serves::Streams {
            let inbox = self.reactor.inbox.lock(self.masked);
            // It may have been taken back, and its record serve another request by now, or this one again.
            let waits = slab.living(token).is_some_and(|request| request.armed.get());
            return if waits { self.attempt(index, inbox) } else { Ok(()) };
        }
        let Some(request) = slab.living(token) else { return Ok(()) };
        // EAGAIN: not in a way that the ring knows. ECANCELED: the kernel could not start a thread for it.
        if result == -libc::EAGAIN || result == -libc::ECANCELED {
            self.let_go(index);
            self.host.reroute(index, self.masked);
            return Ok(());
        }
        match request.advance(Errno::check(i64::from(result))) {
            // The number may be another file by now.
            Step::Continues if request.orphan.get() => {
                let done = request.done.get() as usize;
                self.end(index, if done > 0 { Ok(done) } else { Err(Errno(libc::ECANCELED)) });
            }
            Step::Continues => return self.transfer(index),
            Step::Ends(result) => self.end(index, result),
        }
        Ok(())
    }

    /// Asks the ring for the next part of a file's request.
    fn transfer(&mut self, index: Index) -> Result<(), Errno> {
        let slab = self.host.slab();
        let request = slab.get(index);
        let token = Token::new(index, request.generation());
        self.source.submit(&source::entry(request).user_data(token.0))
    }

    /// One attempt at a stream's request, which is in `held`, under the lock: see the head of the file.
    fn attempt(&mut self, index: Index, mut inbox: Guard<'_, Inbox>) -> Result<(), Errno> {
        let slab = self.host.slab();
        let request = slab.get(index);
        let token = Token::new(index, request.generation());
        request.armed.set(false);
        let attempt = transfer::attempt(request);
        if matches!(attempt, Attempt::NotReady) {
            request.armed.set(true);
            if request.operation.get() == Operation::Write {
                // Part of it may be out: POSIX lets a started write only finish.
                request.place.set(Place::Started);
            }
            if request.waits_until_ns.get() == 0 {
                let patience_ns = transfer::patience_ns(request);
                request.waits_until_ns.set(patience_ns.map_or(u64::MAX, |ns| clock::now_ns().saturating_add(ns)));
            }
            self.ends_at_ns = self.ends_at_ns.min(request.waits_until_ns.get());
            let (fd, events) = (request.fd.get(), transfer::events(request));
            drop(inbox);
            return self.source.arm(token, fd, events);
        }
        inbox.held.remove(slab, index);
        request.place.set(Place::Idle);
        drop(inbox);
        match attempt {
            Attempt::Ends(result) => self.host.complete(index, result, self.masked),
            _ => self.host.reroute(index, self.masked),
        }
        Ok(())
    }

    /// Ends what has waited for as long as its descriptor lets it wait, as the kernel does: with EAGAIN, or what was
    /// transferred until then.
    #[cold]
    fn end_overdue(&mut self) -> Result<(), Errno> {
        let slab = self.host.slab();
        let (mut first, mut next_ns) = (NONE, u64::MAX);
        let now_ns = clock::now_ns();
        let mut inbox = self.reactor.inbox.lock(self.masked);
        let mut at = inbox.held.last();
        while let Some(index) = at {
            at = inbox.held.before(slab, index);
            let request = slab.get(index);
            if request.waits_until_ns.get() > now_ns {
                next_ns = next_ns.min(request.waits_until_ns.get());
                continue;
            }
            inbox.held.remove(slab, index);
            request.armed.set(false);
            request.place.set(Place::Idle);
            request.chain.set(first);
            first = index;
        }
        drop(inbox);
        self.ends_at_ns = next_ns;
        let mut disarmed = Ok(());
        while first != NONE {
            let (index, request) = (first, slab.get(first));
            first = request.chain.get();
            disarmed = disarmed.and(self.source.disarm(Token::new(index, request.generation())));
            let done = request.done.get() as usize;
            let result = if done > 0 { Ok(done) } else { Err(Errno(libc::EAGAIN)) };
            self.host.complete(index, result, self.masked);
        }
        disarmed
    }

    fn let_go(&self, index: Index) {
        let slab = self.host.slab();
        let mut inbox = self.inbox();
        inbox.held.remove(slab, index);
        let request = slab.get(index);
        inbox.writing -= usize::from(request.is_buffered_write());
        request.place.set(Place::Idle);
    }

    fn end(&self, index: Index, result: Result<usize, Errno>) {
        self.let_go(index);
        self.host.complete(index, result, self.masked);
    }
}
