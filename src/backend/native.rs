//! Native Linux AIO for O_DIRECT: submitted by the calling thread itself, and reaped by whoever waits or looks.
//!
//! There are a few contexts, and a thread submits to the one that its address selects: so threads that wait for their
//! own requests do not meet. What the kernel has finished lies in the context's ring until somebody *drains*
//! it: any thread, under the lock `turn`, which is held until everything taken out has been completed. Nobody
//! needs a system call for that, nor to see that there is nothing to drain.
//!
//! # Leading
//!
//! A thread that waits for requests of one context alone *leads*: it sleeps in the kernel until the ring is not empty.
//! One may lead at a time; its number stands in the turn. Others may go on draining meanwhile, and so may
//! take the leader's own event out of the ring before it falls asleep. Therefore
//! **while somebody leads, whoever drains leaves the last event in the ring**: it has been completed, `done` is behind
//! it, but the kernel's head is not, so the leader's sleep ends at once, or does not begin. The leader looks
//! at what it waits for after it has entered itself as leader:
//!
//! ```text
//! leader:   lock; leader = me; head = done; unlock;  over?  no: sleep while head == tail
//! drainer:  lock; take events out and complete them; head = leader ? done - 1 : done; unlock
//! ```
//!
//! An event that is drained before the leader enters itself has been completed before it looks; one that is
//! drained after keeps the ring from being empty. A request is Started, and one to lead for, once io_submit has taken
//! it, under `turn` as well; one that it refuses goes another way without any event.
//!
//! Who leaves the lead wakes those who wanted it.
//!
//! A leader that is cancelled, or that a signal handler leaves by longjmp, cannot say so. Those who follow therefore
//! look for themselves now and then (`engine::lead`), and take over from a thread that is no more; the event that it
//! left costs nothing.
//!
//! Signals are blocked except inside the sleep. A handler may there drain or lead itself; the sleep
//! above which it ran ends with EINTR in any case, and all is looked at anew.
//!
//! Those who cannot lead have an attendant: see `backend::attendant`.

use std::sync::OnceLock;

use crossbeam_utils::CachePadded;

use super::attendant::Attendance;
use super::{Backend, Fallback, Host, Served, Taken, Thread, Waker, Wakes, io_priority};
use crate::request::{Index, NONE, Notify, Operation, Place, Request, Route, Step, Token};
use crate::sys::aio::{BATCH, Context, ControlBlock, Event};
use crate::sys::atomic::{AtomicU32, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};
use crate::sys::{clock, log, memory, thread};

/// Contexts: more threads than this share.
pub const CONTEXTS: usize = 8;
/// Requests at a time and context; the rest takes the next route. They count against `fs.aio-max-nr`, 65 536 by
/// default for all processes together.
const REQUESTS: u32 = 256;
/// A context is made for a thread that makes so many requests, unless native AIO was asked for: the end of a
/// process that has one takes tens of milliseconds, in which the kernel waits for an RCU grace period.
const WORTHWHILE: u32 = 64;
/// A refusal that may pass is forgotten after this.
const REFUSED_NS: u64 = 1_000_000_000;
/// io_submit should not wait; one that took so long per request has.
const SLOW_NS: u64 = 1_000_000;

/// Who leads, and thereby who may empty the ring.
#[derive(Default)]
pub struct Turn {
    /// The thread's number, 0 for nobody.
    leader: i32,
    /// The waiter slots (`engine::wait`) of those who wanted to lead meanwhile.
    followers: u64,
}

/// One context and what belongs to it.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) context: OnceLock<Context>,
    /// Requests pushed so far, as long as that counts.
    pub(super) pushed: AtomicU32,
    pub(super) turn: Lock<Turn>,
    /// All events before this position have been taken out, under `turn`.
    pub(super) done: AtomicU32,
    /// Requests with the kernel.
    pub(super) flying: AtomicU32,
    /// Those of them whose results aiowait hands out.
    pub(super) flying_solaris: AtomicU32,
    /// The attendant naps, or is to: 1.
    pub(super) naps: AtomicU32,
    /// Waiters and syncs that need an attendant.
    pub(super) owed: AtomicU32,
    pub(super) attendance: Lock<Attendance>,
    pub(super) waker: Waker,
}

/// See the head of the file.
pub struct Native {
    pub(super) slots: &'static [CachePadded<Slot>],
    /// Pushes before a context is made.
    worthwhile: u32,
    /// No requests until then, in seconds of the monotonic clock; `u32::MAX`: never.
    refused_until_s: AtomicU32,
}

impl Native {
    /// Without a context. `asked_for`: the first request is worth one.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new(asked_for: bool) -> Result<Native, Errno> {
        Ok(Native {
            worthwhile: if asked_for { 0 } else { WORTHWHILE },
            slots: memory::leaked_slice(CONTEXTS, CachePadded::default)?,
            refused_until_s: AtomicU32::new(0),
        })
    }

    fn slot(&'static self, number: u32) -> Option<(&'static Slot, &'static Context)> {
        let slot = self.slots.get(number as usize)?;
        Some((slot, slot.context.get()?))
    }

    fn is_refused(&self) -> bool {
        let until_s = self.refused_until_s.load(Ordering::Relaxed);
        until_s != 0 && (until_s == u32::MAX || clock::now_ns() / 1_000_000_000 < u64::from(until_s))
    }

    /// No native AIO for now, or for good.
    #[cold]
    pub fn refuse(&self, host: &dyn Host, error: Errno) {
        if self.is_refused() {
            return;
        }
        host.fell_back(Fallback::Native(error));
        log::say(format_args!("no native AIO (error {}): rings or worker threads take its place", error.0));
        let lasting = error != Errno(libc::EAGAIN) && error != Errno(libc::ENOMEM);
        let until_s = ((clock::now_ns() + REFUSED_NS) / 1_000_000_000 + 1) as u32;
        self.refused_until_s.store(if lasting { u32::MAX } else { until_s }, Ordering::Relaxed);
    }

    /// Whether the calling thread has a context.
    pub fn is_ready(&self) -> bool {
        let slot = self.slots.get(own_number() as usize);
        slot.is_some_and(|slot| slot.context.get().is_some()) && !self.is_refused()
    }

    /// The context of the calling thread, made if need be.
    fn own(&self) -> Result<(&Slot, &Context), Errno> {
        let slot = self.slots.get(own_number() as usize).ok_or(Errno(libc::ENOSYS))?;
        if slot.context.get().is_none() {
            let context = Context::new(REQUESTS)?;
            // Of two threads that race, the loser's context stays unused.
            let _ = slot.context.set(context);
        }
        Ok((slot, slot.context.get().ok_or(Errno(libc::ENOSYS))?))
    }

    /// Gives a chain of requests that were pushed to the kernel. No lock may be held.
    pub fn launch(&'static self, host: &'static dyn Host, first: Index, masked: &Masked) {
        let mut solaris = false;
        let own = self.own().inspect_err(|error| self.refuse(host, *error)).ok();
        let mut next = first;
        while next != NONE {
            let mut blocks = [ControlBlock::default(); BATCH];
            let mut count = 0;
            for block in &mut blocks {
                if next == NONE {
                    break;
                }
                let (index, request) = (next, host.slab().get(next));
                // To be read before the kernel has it: then it may be over at any moment.
                next = request.chain.get();
                *block = control_block(request, index);
                count += 1;
                if let (Notify::Io, Some((slot, _))) = (request.notify.get(), own) {
                    slot.flying_solaris.fetch_add(1, Ordering::SeqCst);
                    solaris = true;
                }
            }
            let batch = blocks.get_mut(..count).unwrap_or(&mut []);
            match own {
                Some((slot, context)) => self.launch_batch(host, slot, context, batch, masked),
                None => batch.iter().for_each(|block| refer(host, Token(block.data).index(), masked)),
            }
        }
        if let Some((slot, _)) = own.filter(|(slot, _)| solaris && slot.naps.load(Ordering::SeqCst) == 0) {
            slot.naps.store(1, Ordering::SeqCst);
            host.attend(1 << own_number(), masked);
        }
    }

    /// A request is not with the kernel any more.
    fn landed(&self, slot: &Slot, request: &Request) {
        slot.flying.fetch_sub(1, Ordering::SeqCst);
        if request.notify.get() == Notify::Io {
            slot.flying_solaris.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn launch_batch(
        &'static self,
        host: &'static dyn Host,
        slot: &Slot,
        context: &Context,
        batch: &mut [ControlBlock],
        masked: &Masked,
    ) {
        let turn = slot.turn.lock(masked);
        slot.flying.fetch_add(batch.len() as u32, Ordering::SeqCst);
        let mut rest = batch;
        while !rest.is_empty() {
            let began_ns = clock::now_ns();
            let outcome = context.submit(rest);
            let taken = outcome.unwrap_or(0);
            let took_ns = clock::now_ns() - began_ns;
            for block in rest.iter().take(taken) {
                let index = Token(block.data).index();
                // Not over yet, although the kernel may be done: nobody else can drain.
                host.slab().get(index).place.set(Place::Started);
                if took_ns > SLOW_NS {
                    host.served(index, Served::Slowly(took_ns));
                }
            }
            rest = rest.get_mut(taken..).unwrap_or(&mut []);
            if let (0, Some(block)) = (taken, rest.first()) {
                let index = Token(block.data).index();
                self.refused(host, index, outcome.err().unwrap_or(Errno(libc::EAGAIN)));
                self.landed(slot, host.slab().get(index));
                refer(host, index, masked);
                rest = rest.get_mut(1..).unwrap_or(&mut []);
            }
        }
        // What would have had to wait is there already, and takes its next route now.
        self.empty(host, slot, context, &turn, masked);
    }

    /// io_submit does not take a request.
    #[cold]
    fn refused(&self, host: &'static dyn Host, index: Index, error: Errno) {
        match error {
            // All requests of the context are in flight, or the descriptor is gone, or the buffer is nowhere.
            Errno(libc::EAGAIN | libc::EBADF | libc::EFAULT) => {}
            // A sandbox that came later.
            Errno(libc::EPERM | libc::EACCES | libc::ENOSYS) => self.refuse(host, error),
            _ => host.served(index, Served::Never),
        }
    }

    /// Completes what the kernel has finished, unless another thread is at it.
    pub fn drain(&'static self, host: &'static dyn Host, number: u32, masked: &Masked) {
        if let Some((slot, context)) = self.slot(number).filter(|_| self.is_filled(number)) {
            if let Some(turn) = slot.turn.try_lock(masked) {
                self.empty(host, slot, context, &turn, masked);
            }
        }
    }

    /// Whether there is something to drain.
    pub fn is_filled(&'static self, number: u32) -> bool {
        self.slot(number).is_some_and(|(slot, context)| context.tail() != slot.done.load(Ordering::Acquire))
    }

    fn empty(&self, host: &'static dyn Host, slot: &Slot, context: &Context, turn: &Guard<'_, Turn>, masked: &Masked) {
        let mut at = slot.done.load(Ordering::Relaxed);
        let from = at;
        while at != context.tail() {
            let event = context.event(at);
            at = context.after(at);
            slot.done.store(at, Ordering::Release);
            self.landed(slot, host.slab().get(Token(event.data).index()));
            happened(host, event, masked);
        }
        if at != from {
            let sleeper = turn.leader != 0 && turn.leader != thread::number();
            context.set_head(if sleeper { context.before(at) } else { at });
        }
    }

    /// Asks to lead, as the thread with that number. A leader must look at what it waits for after this, sleep on
    /// the context, and say so by [`Native::woken`]. Who follows is woken in its waiter slots when the leader leaves.
    pub fn enter(
        &'static self,
        host: &'static dyn Host,
        number: u32,
        me: i32,
        slots: u64,
        masked: &Masked,
    ) -> Option<&'static Context> {
        let (slot, context) = self.slot(number)?;
        let mut turn = slot.turn.lock(masked);
        self.empty(host, slot, context, &turn, masked);
        // A handler that interrupted the leader may lead in its place.
        if turn.leader != 0 && turn.leader != me && thread::is_alive(turn.leader) {
            turn.followers |= slots;
            return None;
        }
        turn.leader = me;
        context.set_head(slot.done.load(Ordering::Relaxed));
        Some(context)
    }

    /// The leader is awake: completes what has come. Unless it `stays`, it leads no longer, and gets the waiter slots
    /// of those who wanted to.
    pub fn woken(&'static self, host: &'static dyn Host, number: u32, me: i32, stays: bool, masked: &Masked) -> u64 {
        let Some((slot, context)) = self.slot(number) else { return 0 };
        let mut turn = slot.turn.lock(masked);
        // A handler may have led, and have left: then somebody else may lead now.
        let mine = turn.leader == me;
        if mine {
            turn.leader = 0;
        }
        self.empty(host, slot, context, &turn, masked);
        if mine {
            // Also what was left in the ring to wake this thread.
            context.set_head(slot.done.load(Ordering::Relaxed));
            turn.leader = if stays { me } else { 0 };
        }
        if stays { 0 } else { core::mem::take(&mut turn.followers) }
    }
}

impl Backend for Native {
    fn push(&'static self, host: &'static dyn Host, index: Index, _masked: &Masked, wakes: &mut Wakes) -> bool {
        if self.is_refused() {
            return false;
        }
        let number = own_number();
        let Some(slot) = self.slots.get(number as usize) else { return false };
        if slot.context.get().is_none() && slot.pushed.fetch_add(1, Ordering::Relaxed) < self.worthwhile {
            return false;
        }
        let request = host.slab().get(index);
        request.place.set(Place::Queue);
        request.route.set(Route::Native);
        request.worker.set(number);
        wakes.launch(host, index);
        true
    }

    /// Nothing is ever queued: what is pushed is launched by the same call of the program.
    fn take_back(&'static self, _host: &'static dyn Host, _index: Index, _begun: bool, _masked: &Masked) -> Taken {
        Taken::No
    }

    /// `Engine::closing` waits for the end of requests here: one that would have had to wait for more than the device
    /// takes another route, for which it needs its descriptor.
    fn fence(&'static self, _masked: &Masked) {}

    /// See [`Native::unattended`].
    fn start_failed(&'static self, _host: &'static dyn Host, _thread: Thread, _masked: &Masked) {}
}

/// The context of the calling thread.
fn own_number() -> u32 {
    thread::spread(CONTEXTS as u64) as u32
}

fn control_block(request: &Request, index: Index) -> ControlBlock {
    ControlBlock::new(
        Token::new(index, request.generation()).0,
        request.operation.get() == Operation::Write,
        request.fd.get(),
        (request.next_buffer(), request.next_len()),
        request.next_offset(),
        io_priority(request.priority.get()),
    )
}

/// To its next route.
fn refer(host: &'static dyn Host, index: Index, masked: &Masked) {
    host.slab().get(index).place.set(Place::Idle);
    host.reroute(index, masked);
}

fn happened(host: &'static dyn Host, event: Event, masked: &Masked) {
    let token = Token(event.data);
    let Some(request) = host.slab().living(token) else { return };
    let index = token.index();
    if event.result == -i64::from(libc::EAGAIN) {
        host.served(index, Served::WouldBlock);
        return refer(host, index, masked);
    }
    host.served(index, Served::Well);
    match request.advance(Errno::check(event.result)) {
        Step::Ends(result) => {
            request.place.set(Place::Idle);
            host.complete(index, result, masked);
        }
        Step::Continues => refer(host, index, masked),
    }
}
