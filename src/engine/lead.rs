//! Waiting, whoever does the work.
//!
//! What rings and workers run is completed by their threads: a waiter sleeps on a futex (`engine::wait`), after it has
//! lent them a hand (`engine::caller`). What native
//! AIO runs is completed by whoever drains its context, and the waiter may be the only one: it leads (see
//! `backend::native`), or, if it waits for other things as well, has an attendant do so and sleeps on a futex.
//!
//! Whether a wait is for one context alone is found anew each time, because a request may be handed on.
//!
//! The kernel ends the sleep of a leader with EINTR after any handler, a futex's without a timeout only after one that
//! was installed without SA_RESTART, and that is what programs expect. Where all handlers are of one sort the leader
//! knows; where both sorts are installed nobody leads without a timeout.
//!
//! [`Engine::wait`] is where `aio_suspend` and `lio_listio` sleep, and so may be left by a cancellation or a
//! longjmp of a handler: nothing in it needs dropping then, and what it has entered itself for it need not take back.

use core::sync::atomic::Ordering;

use super::Engine;
use super::wait::{Slots, Ticket};
use crate::backend::native::CONTEXTS;
use crate::request::{NONE, Operation, Place, Request, Route, Token};
use crate::sys::aio::Waited;
use crate::sys::errno::Errno;
use crate::sys::lock::{HandMask, Masked};
use crate::sys::thread::ALL_HOMES;
use crate::sys::{clock, futex, signal, thread};

/// A waiter that leaves the work to another thread looks for itself after this time: the other may have been
/// cancelled, or have left its wait by longjmp, and could not tell.
const LOOK_NS: u64 = 100_000_000;
/// A leader that waits for any result looks this often for those that end elsewhere.
const RESULT_NS: u64 = 2_000_000;
/// An attendant naps on for so long after the last request.
const NAPS: u32 = 20;
/// Where the kernel refuses to wait for native AIO, who waits for it looks this often.
const BLIND_NS: u64 = 1_000_000;

/// What a waiter waits for: a bit for each context of native AIO, one for what workers and the file ring have, and one
/// for all else. No bit: nothing any more. The upper half says at which homes it may be offered (`backend::offers`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Awaits(pub u32);

/// Where in [`Awaits`] the homes begin.
const HOMES_SHIFT: u32 = 16;

impl Awaits {
    /// What was waited for is there.
    pub const NOTHING: Awaits = Awaits(0);
    /// Threads of the library will tell.
    pub const OTHERS: Awaits = Awaits(1 << CONTEXTS);
    /// The same, and they are at it: nobody else has to do something first.
    pub const FILES: Awaits = Awaits(1 << (CONTEXTS + 1));

    /// What a request that was handed to a backend has to be waited for.
    fn of(request: &Request) -> Awaits {
        match request.route.get() {
            Route::Native => Awaits::context(context(request)),
            _ if request.kind.get().is_stream() => Awaits::OTHERS,
            Route::Ring | Route::Worker => Awaits::FILES.at_home(1 << request.home.get()),
            // It comes after others of its file, which may be offered anywhere.
            _ => Awaits::OTHERS.at_home(ALL_HOMES),
        }
    }

    /// A context.
    pub fn context(number: u32) -> Awaits {
        Awaits(1 << number)
    }

    /// Both.
    pub fn and(self, other: Awaits) -> Awaits {
        Awaits(self.0 | other.0)
    }

    /// The contexts, a bit each.
    pub fn contexts(self) -> u32 {
        self.0 & (Awaits::OTHERS.0 - 1)
    }

    fn at_home(self, homes: u32) -> Awaits {
        Awaits(self.0 | homes << HOMES_SHIFT)
    }

    /// The homes at whose stalls it may lie, or what it comes after, a bit each.
    fn homes(self) -> u32 {
        self.0 >> HOMES_SHIFT
    }

    /// Whether workers and the file ring have all of it.
    fn is_files(self) -> bool {
        self.0 & ((1 << HOMES_SHIFT) - 1) == Awaits::FILES.0
    }

    /// The only context, if there is nothing else.
    fn only(self) -> Option<u32> {
        self.0.is_power_of_two().then(|| self.0.trailing_zeros()).filter(|number| *number < CONTEXTS as u32)
    }
}

/// How long a wait may take, and whether it is a cancellation point.
#[derive(Clone, Copy)]
pub struct Patience {
    /// On the monotonic clock.
    pub deadline_ns: Option<u64>,
    /// A pthread_cancel takes effect in it.
    pub cancellable: bool,
}

/// What came of an attempt to lead.
enum Led {
    /// It slept.
    Slept(Result<(), Errno>),
    /// Another thread leads.
    Followed,
    /// The kernel refuses to let anybody sleep on the context.
    Blind,
}

impl Engine {
    /// What a request that is not over has to be waited for.
    pub fn awaits(&self, request: &Request) -> Awaits {
        if request.operation.get() == Operation::List {
            return Awaits(request.awaits_on.load(Ordering::Acquire));
        }
        let awaits = Awaits::of(request);
        // Not started: another thread is handing it to the kernel, which may refuse it.
        let may_be_refused = awaits.contexts() != 0 && request.place.get() != Place::Started;
        if may_be_refused { awaits.and(Awaits::OTHERS) } else { awaits }
    }

    /// The same for a request that may be over. With a ticket asks to be woken when it ends.
    pub fn token_awaits(&'static self, token: Token, ticket: Option<&Ticket<'_>>) -> Awaits {
        let Some(request) = self.slab.living(token) else { return Awaits::NOTHING };
        if let Some(ticket) = ticket {
            ticket.watch(request);
        }
        self.help(request);
        let awaits = self.awaits(request);
        if self.slab.living(token).is_some() { awaits } else { Awaits::NOTHING }
    }

    /// Wakes those who wait for a request, or for the list that it belongs to, so that they look at how it is now.
    pub(super) fn wake_waiters(&self, request: &Request) {
        let group = request.group.get();
        let waiters = Slots::ended(request) | if group == NONE { 0 } else { Slots::ended(self.slab.get(group)) };
        self.slots.wake(waiters);
    }

    /// A request of a list was handed to a backend.
    pub(super) fn note_in_list(&self, request: &Request) {
        if request.group.get() != NONE {
            self.slab.get(request.group.get()).awaits_on.fetch_or(Awaits::of(request).0, Ordering::Release);
        }
    }

    /// Completes a request that the kernel has finished, if it is one that waits for somebody to look.
    pub fn help(&'static self, request: &Request) {
        let contexts = match (request.operation.get(), request.route.get()) {
            (Operation::List, _) => Awaits(request.awaits_on.load(Ordering::Acquire)).contexts(),
            (_, Route::Native) => Awaits::context(context(request)).contexts(),
            _ => return,
        };
        for number in each(contexts).filter(|number| self.native.is_filled(*number)) {
            self.native.drain(self, number, &Masked::section());
        }
    }

    /// The same for all.
    pub fn help_all(&'static self, masked: &Masked) {
        for number in 0..CONTEXTS as u32 {
            self.native.drain(self, number, masked);
        }
    }

    /// Has all that native AIO has in flight reaped, and what is offered run, although nobody may look any more.
    pub fn reap_all(&'static self, masked: &Masked) {
        self.hurry(ALL_HOMES, masked);
        for number in (0..CONTEXTS as u32).filter(|number| self.native.is_flying(*number)) {
            self.native.owe(number);
            self.native.attend(self, number, 0, masked);
        }
    }

    /// Sleeps until `survey` finds nothing more to wait for. With a ticket it asks to be woken by what it looks at.
    ///
    /// # Errors
    /// `ETIMEDOUT`; `EINTR` after a signal handler (without a deadline only if one is installed without SA_RESTART).
    pub fn wait(
        &'static self,
        survey: &dyn Fn(Option<&Ticket<'_>>) -> Awaits,
        patience: Patience,
    ) -> Result<(), Errno> {
        let mut ticket = self.slots.ticket();
        loop {
            let awaits = survey(Some(&ticket));
            let in_time = || patience.deadline_ns.is_none_or(|at_ns| clock::now_ns() < at_ns);
            if awaits == Awaits::NOTHING {
                return Ok(());
            }
            if awaits.is_files() && in_time() && self.lend_a_hand(awaits.homes()) {
                continue;
            }
            if self.workers.has_offers(awaits.homes()) {
                self.hurry(awaits.homes(), &Masked::section());
            }
            if awaits.is_files() && ticket.spin(self.slots.spin(), patience.deadline_ns) {
                continue;
            }
            let slept = match awaits.only() {
                Some(number) if patience.deadline_ns.is_some() || !self.handlers_differ() => {
                    self.lead(number, &mut ticket, &|| true, patience)
                }
                _ if awaits.contexts() != 0 => self.have_led(awaits.contexts(), &mut ticket, patience),
                _ => sleep(&mut ticket, patience),
            };
            if awaits.is_files() {
                self.slots.note_sleeps();
            }
            if let Err(error) = slept {
                // What is there counts for more than how the sleep ended.
                return if survey(None) == Awaits::NOTHING { Ok(()) } else { Err(error) };
            }
        }
    }

    /// Waits for requests of one context, which the ticket watches, and as long as it is to `go_on`.
    fn lead(
        &'static self,
        number: u32,
        ticket: &mut Ticket<'_>,
        go_on: &dyn Fn() -> bool,
        patience: Patience,
    ) -> Result<(), Errno> {
        let bit = ticket.bit();
        let led = self.try_to_lead(number, bit, &mut || ticket.has_moved() || !go_on(), patience);
        match led {
            Led::Slept(slept) => slept,
            Led::Blind => self.sleep_a_while(ticket, patience, BLIND_NS),
            Led::Followed if ticket.has_moved() => Ok(()),
            Led::Followed => self.sleep_a_while(ticket, patience, LOOK_NS),
        }
    }

    /// Sleeps as the leader of a context until it is `over`, unless another thread leads. Then, or when the kernel
    /// refuses, the thread has not slept; if another leads, `slot` is woken when it leaves.
    fn try_to_lead(&'static self, number: u32, slot: u64, over: &mut dyn FnMut() -> bool, patience: Patience) -> Led {
        let me = thread::number();
        let mask = HandMask::block();
        let Some(context) = self.native.enter(self, number, me, slot, &mask.masked()) else {
            mask.undo();
            return Led::Followed;
        };
        let mut blind = false;
        let slept = loop {
            // Whatever was drained before this thread led has been completed, and has moved the ticket on.
            if over() {
                break Ok(());
            }
            let timeout_ns = patience.deadline_ns.map(|at_ns| at_ns.saturating_sub(clock::now_ns()));
            let waited = if patience.cancellable {
                futex::cancellable(|| context.wait(timeout_ns, mask.before()))
            } else {
                context.wait(timeout_ns, mask.before())
            };
            self.native.woken(self, number, me, true, &mask.masked());
            match waited {
                Ok(Waited::Filled) => {}
                Ok(Waited::TimedOut) => break Err(Errno(libc::ETIMEDOUT)),
                // The kernel does not start this call again after a handler with SA_RESTART, as it does a futex's.
                Ok(Waited::Interrupted) if patience.deadline_ns.is_none() && !signal::handlers().interrupt => {}
                Ok(Waited::Interrupted) => break Err(Errno(libc::EINTR)),
                // A sandbox that came later: what is in flight still ends, but nobody can sleep on it.
                Err(error) => {
                    self.native.refuse(self, error);
                    blind = true;
                    break Ok(());
                }
            }
        };
        let followers = self.native.woken(self, number, me, false, &mask.masked());
        self.slots.wake(followers);
        mask.undo();
        if blind { Led::Blind } else { Led::Slept(slept) }
    }

    /// Sleeps until there is a result for aiowait, as `Done::sleep` does.
    pub fn sleep_for_result(&'static self, seen: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
        let outstanding = self.done.outstanding();
        if let Some(number) = self.native.has_all(outstanding) {
            // What is submitted meanwhile may end elsewhere.
            let look_ns = clock::now_ns().saturating_add(RESULT_NS);
            let until_ns = deadline_ns.map_or(look_ns, |deadline_ns| deadline_ns.min(look_ns));
            let patience = Patience { deadline_ns: Some(until_ns), cancellable: true };
            match self.try_to_lead(number, 0, &mut || self.done.has_moved(seen), patience) {
                Led::Slept(Err(Errno(libc::ETIMEDOUT))) if deadline_ns != Some(until_ns) => return Ok(()),
                Led::Slept(slept) => return slept,
                Led::Followed | Led::Blind => {}
            }
        }
        let contexts = (0..CONTEXTS as u32).filter(|number| self.native.is_flying(*number));
        let contexts = contexts.fold(0, |bits, number| bits | 1 << number);
        self.attended(contexts, 0, |_| self.done.sleep(seen, deadline_ns))
    }

    /// Whether native AIO has finished something that nobody has completed.
    pub fn has_events(&'static self) -> bool {
        (0..CONTEXTS as u32).any(|number| self.native.is_filled(number))
    }

    /// Waits for requests of several contexts, or also for others: attendants reap.
    fn have_led(&'static self, contexts: u32, ticket: &mut Ticket<'_>, patience: Patience) -> Result<(), Errno> {
        let slots = ticket.bit();
        self.attended(contexts, slots, |attended| match attended {
            true => sleep(ticket, patience),
            false => self.sleep_a_while(ticket, patience, LOOK_NS),
        })
    }

    /// Sleeps while attendants reap, and tells the sleep whether they can be had. For `slots` see `Native::attend`.
    fn attended(
        &'static self,
        contexts: u32,
        slots: u64,
        sleep: impl FnOnce(bool) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut attended = true;
        for number in each(contexts) {
            self.native.owe(number);
            attended &= self.native.attend(self, number, slots, &Masked::section());
        }
        let slept = sleep(attended);
        for number in each(contexts) {
            self.native.repay(number);
        }
        slept
    }

    /// Whether handlers of both sorts are installed, or were a moment ago.
    fn handlers_differ(&self) -> bool {
        let now_ns = clock::now_ns();
        let looked_at_ns = self.handlers_looked_at_ns.load(Ordering::Relaxed);
        if looked_at_ns == 0 || now_ns.saturating_sub(looked_at_ns) > LOOK_NS {
            let handlers = signal::handlers();
            self.handlers_differ.store(handlers.interrupt && handlers.restart, Ordering::Relaxed);
            self.handlers_looked_at_ns.store(now_ns, Ordering::Relaxed);
        }
        self.handlers_differ.load(Ordering::Relaxed)
    }

    /// Sleeps on a futex, but no longer than `span_ns`.
    fn sleep_a_while(&self, ticket: &mut Ticket<'_>, patience: Patience, span_ns: u64) -> Result<(), Errno> {
        let look_ns = clock::now_ns() + span_ns;
        let last = patience.deadline_ns.is_some_and(|at_ns| at_ns <= look_ns);
        let until_ns = if last { patience.deadline_ns } else { Some(look_ns) };
        match sleep(ticket, Patience { deadline_ns: until_ns, ..patience }) {
            Err(Errno(libc::ETIMEDOUT)) if !last => Ok(()),
            // With a deadline of ours the kernel does not start the wait again.
            Err(Errno(libc::EINTR)) if patience.deadline_ns.is_none() && !signal::handlers().interrupt => Ok(()),
            slept => slept,
        }
    }

    /// There can be no attendant: what is with the kernel is waited for here, and aiowait makes do with rings now.
    pub fn do_without_attendant(&'static self, number: u32, masked: &Masked) {
        self.done.never_alone();
        self.slots.wake(self.native.unattended(number, masked));
        let patience = Patience { deadline_ns: Some(u64::MAX), cancellable: false };
        let mut ticket = self.slots.ticket();
        while self.native.naps(number, true) {
            let _ = self.lead(number, &mut ticket, &|| self.native.is_flying(number), patience);
        }
    }

    /// The body of an attendant.
    pub fn attend_to(&'static self, number: u32, masked: &Masked) {
        // Its EINTR means nothing, and it leads whatever handlers there are.
        let patience = Patience { deadline_ns: Some(u64::MAX), cancellable: false };
        self.native.attended(number, masked);
        loop {
            let mut ticket = self.slots.ticket();
            while self.native.is_owed(number) {
                let _ = self.lead(number, &mut ticket, &|| self.native.is_owed(number), patience);
            }
            let mut quiet = 0;
            while self.native.naps(number, quiet >= NAPS) && !self.native.is_owed(number) {
                if self.native.nap(number) {
                    self.done.nobody_waits();
                    self.native.drain(self, number, masked);
                }
                quiet = if self.native.is_flying(number) { 0 } else { quiet + 1 };
            }
            if !self.native.is_owed(number) && !self.native.rest(number, masked) {
                return;
            }
        }
    }
}

/// The context of native AIO that has a request, or had it.
pub(super) fn context(request: &Request) -> u32 {
    request.worker.get() % CONTEXTS as u32
}

/// The numbers of the bits that are set.
pub fn each(bits: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS).filter(move |number| bits & (1 << number) != 0)
}

fn sleep(ticket: &mut Ticket<'_>, patience: Patience) -> Result<(), Errno> {
    if patience.cancellable {
        ticket.sleep_cancellable(patience.deadline_ns)
    } else {
        ticket.sleep(patience.deadline_ns)
    }
}
