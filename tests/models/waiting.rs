//! Sleeping until a request is over: `engine::wait`, and the done queue of the Solaris calls.

use loom::thread;

use super::Model;
use crate::engine::done::{Done, Look};
use crate::engine::wait::{Slots, Ticket};
use crate::request::Token;
use crate::request::slab::Slab;
use crate::sys::atomic::{AtomicUsize, Ordering};
use crate::sys::lock::Masked;
use crate::sys::memory;

pub const MODELS: &[Model] = &[
    ("wait/a_waiter_is_woken_by_the_end", 3, a_waiter_is_woken),
    ("wait/two_who_share_a_slot_are_both_woken", 2, two_who_share_a_slot),
    ("wait/a_slot_that_another_request_moves", 2, a_slot_that_another_request_moves),
    ("done/a_sleeper_is_woken_by_a_result", 3, a_sleeper_is_woken_by_a_result),
    ("done/two_sleepers_and_two_results", 2, two_sleepers_and_two_results),
    ("done/a_polled_result_is_on_the_queue", 3, a_polled_result_is_on_the_queue),
];

struct World {
    slab: Slab,
    slots: Slots,
}

fn world() -> &'static World {
    let world = memory::leaked(World { slab: Slab::new().unwrap(), slots: Slots::new().unwrap() }).unwrap();
    world.slab.give_back(world.slab.take().unwrap().index());
    world
}

impl World {
    /// As `Engine::complete`.
    fn complete(&self, token: Token) {
        self.slab.retire(token.index());
        self.slots.wake(Slots::ended(self.slab.get(token.index())));
    }

    /// As `Engine::wait`.
    fn wait(&self, token: Token, mut ticket: Ticket<'_>) {
        loop {
            let Some(request) = self.slab.living(token) else { return };
            ticket.watch(request);
            if self.slab.living(token).is_none() {
                return;
            }
            ticket.sleep(None).unwrap();
        }
    }
}

fn a_waiter_is_woken() {
    let world = world();
    let token = world.slab.take().unwrap();
    let waiter = thread::spawn(move || world.wait(token, world.slots.ticket()));
    world.complete(token);
    waiter.join().unwrap();
}

fn two_who_share_a_slot() {
    let world = world();
    let token = world.slab.take().unwrap();
    let first = world.slots.ticket();
    // A thread keeps its slot.
    let second = world.slots.ticket();
    assert_eq!(first.bit(), second.bit());
    let waiters = [first, second].map(|ticket| thread::spawn(move || world.wait(token, ticket)));
    world.complete(token);
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
}

fn a_slot_that_another_request_moves() {
    let world = world();
    let tokens = [world.slab.take().unwrap(), world.slab.take().unwrap()];
    let waiter = thread::spawn(move || {
        let [first, second] = tokens;
        world.wait(first, world.slots.ticket());
        world.wait(second, world.slots.ticket());
    });
    let other = thread::spawn(move || world.complete(tokens[1]));
    world.complete(tokens[0]);
    other.join().unwrap();
    waiter.join().unwrap();
}

struct Queue {
    slab: Slab,
    done: Done,
    /// The program's memory.
    shown: AtomicUsize,
}

fn queue(outstanding: usize) -> &'static Queue {
    let queue = Queue { slab: Slab::new().unwrap(), done: Done::new(), shown: AtomicUsize::new(0) };
    let queue = memory::leaked(queue).unwrap();
    queue.slab.give_back(queue.slab.take().unwrap().index());
    (0..outstanding).for_each(|_| queue.done.admit());
    queue
}

impl Queue {
    fn finish(&self) {
        let masked = Masked::library_thread();
        let token = self.slab.take().unwrap();
        let wake = self.done.finish(&self.slab, token.index(), &masked, || self.shown.store(1, Ordering::Release));
        self.done.wake(wake);
    }

    /// As `aiowait` without a timeout; whether there was a result.
    fn wait(&self) -> bool {
        let masked = Masked::library_thread();
        loop {
            match self.done.look(&self.slab, true, &masked) {
                Look::Finished(_) => return true,
                Look::Nothing => return false,
                Look::Pending(seen) => self.done.sleep(seen, None).unwrap(),
            }
        }
    }
}

fn a_sleeper_is_woken_by_a_result() {
    let queue = queue(1);
    let waiter = thread::spawn(move || queue.wait());
    queue.finish();
    assert!(waiter.join().unwrap());
}

fn two_sleepers_and_two_results() {
    let queue = queue(2);
    let waiters = [thread::spawn(move || queue.wait()), thread::spawn(move || queue.wait())];
    queue.finish();
    queue.finish();
    assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()), "a result was lost");
    assert!(!queue.wait());
}

fn a_polled_result_is_on_the_queue() {
    let queue = queue(1);
    let completer = thread::spawn(move || queue.finish());
    if queue.shown.load(Ordering::Acquire) == 1 {
        let masked = Masked::library_thread();
        assert!(matches!(queue.done.look(&queue.slab, false, &masked), Look::Finished(_)), "shown, and not there");
    }
    completer.join().unwrap();
}
