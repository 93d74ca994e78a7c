//! The slab and its tokens, the tally, the lock, the countdown.

use loom::cell::UnsafeCell;
use loom::thread;

use super::Model;
use crate::request::slab::Slab;
use crate::sys::atomic::{AtomicU32, Ordering};
use crate::sys::lock::{Lock, Masked};
use crate::sys::memory;
use crate::sys::tally::Tally;
use crate::sys::thread::call_it;

pub const MODELS: &[Model] = &[
    ("slab/no_record_is_given_twice", 2, no_record_is_given_twice),
    ("slab/a_record_that_comes_back_is_noticed", 3, a_record_that_comes_back),
    ("slab/an_ended_generation_shows_what_was_published", 3, an_ended_generation_shows_what_was_published),
    ("slab/a_late_token_names_nothing", 3, a_late_token_names_nothing),
    ("slab/of_two_that_keep_a_record_the_last_gives_it_back", 2, of_two_that_keep_a_record),
    ("slab/two_threads_grow_it_once", 2, two_threads_grow_it_once),
    ("slab/a_record_goes_back_to_whom_it_was_taken_by", 2, a_record_goes_back_to_whom_it_was_taken_by),
    ("tally/what_looks_like_nothing_was_nothing", 3, what_looks_like_nothing_was_nothing),
    ("lock/one_holder_and_no_lost_wake_up", 2, one_holder_and_no_lost_wake_up),
    ("countdown/the_last_of_a_list_sees_all_results", 2, the_last_of_a_list_sees_all_results),
];

/// With its records made.
fn slab() -> &'static Slab {
    let slab = memory::leaked(Slab::new().unwrap()).unwrap();
    slab.give_back(slab.take().unwrap().index());
    slab
}

fn no_record_is_given_twice() {
    let slab = slab();
    let work = move |me: u64| {
        let token = slab.take().unwrap();
        let request = slab.get(token.index());
        request.buffer.set(me);
        assert_eq!(request.buffer.get(), me, "two have the same record");
        assert!(slab.living(token).is_some());
        slab.give_back(token.index());
    };
    let other = thread::spawn(move || work(1));
    work(2);
    other.join().unwrap();
}

/// One thread finds a record first in the free list, another behind it; meanwhile the first goes and comes back, the
/// other only goes.
fn a_record_that_comes_back() {
    let slab = slab();
    let other = thread::spawn(move || {
        let first = slab.take().unwrap();
        let second = slab.take().unwrap();
        slab.give_back(first.index());
        second
    });
    let mine = slab.take().unwrap();
    let theirs = other.join().unwrap();
    let next = slab.take().unwrap();
    assert!(mine.index() != theirs.index() && next.index() != theirs.index() && next.index() != mine.index());
}

fn an_ended_generation_shows_what_was_published() {
    let slab = slab();
    let token = slab.take().unwrap();
    let completer = thread::spawn(move || {
        let request = slab.get(token.index());
        request.buffer.set(7);
        slab.retire(token.index());
    });
    if slab.living(token).is_none() {
        assert_eq!(slab.get(token.index()).buffer.get(), 7, "ended, and its result is not there");
    }
    completer.join().unwrap();
}

fn a_late_token_names_nothing() {
    let slab = slab();
    let old = slab.take().unwrap();
    let other = thread::spawn(move || {
        slab.give_back(old.index());
        let new = slab.take().unwrap();
        slab.get(new.index()).buffer.set(9);
        new
    });
    // It may live still; a name of the next request it never is.
    let _ = slab.living(old);
    let new = other.join().unwrap();
    assert!(slab.living(old).is_none());
    assert!(slab.living(new).is_some());
    assert!(new != old && new.index() == old.index());
}

fn of_two_that_keep_a_record() {
    let slab = slab();
    let token = slab.take().unwrap();
    let request = slab.get(token.index());
    request.share();
    slab.retire(token.index());
    let other = thread::spawn(move || {
        slab.get(token.index()).buffer.set(5);
        slab.release(token.index());
    });
    slab.release(token.index());
    // Whoever gets it next has behind him what both did.
    let next = slab.take().unwrap();
    if next.index() == token.index() {
        assert_eq!(slab.get(next.index()).buffer.get(), 5, "given away while it was kept");
    }
    other.join().unwrap();
    let rest = [slab.take().unwrap(), slab.take().unwrap()];
    assert!(rest.iter().all(|token| token.index() < 3 && *token != next), "lost, or given back twice");
    assert_ne!(rest[0].index(), rest[1].index());
    assert!(rest.iter().all(|token| token.index() != next.index()), "given back twice");
}

fn two_threads_grow_it_once() {
    let slab = memory::leaked(Slab::new().unwrap()).unwrap();
    let other = thread::spawn(move || slab.take().unwrap());
    let mine = slab.take().unwrap();
    let theirs = other.join().unwrap();
    assert_ne!(mine.index(), theirs.index());
    assert!(mine.index() < 3 && theirs.index() < 3, "it grew twice");
}

/// Two threads of different homes: all records are at the first one's. The other takes two of the three, which come
/// back to its own list, whoever gives them back.
fn a_record_goes_back_to_whom_it_was_taken_by() {
    let slab = slab();
    let other = thread::spawn(move || {
        call_it(1);
        let [first, second] = [slab.take().unwrap(), slab.take().unwrap()];
        slab.give_back(first.index());
        second
    });
    let mine = slab.take().unwrap();
    let theirs = other.join().unwrap();
    slab.give_back(theirs.index());
    call_it(1);
    let again = [slab.take().unwrap(), slab.take().unwrap()];
    assert_eq!(again[0].index(), theirs.index(), "not the last that came back to this list");
    assert!(again.iter().all(|token| token.index() < 3 && token.index() != mine.index()), "lost, or given twice");
}

/// At each moment until `over` something is counted in, but not always at the same home.
fn what_looks_like_nothing_was_nothing() {
    let tally: &'static Tally = memory::leaked(Tally::new().unwrap()).unwrap();
    let over: &'static AtomicU32 = memory::leaked(AtomicU32::new(0)).unwrap();
    call_it(1);
    tally.count_in();
    let other = thread::spawn(move || {
        call_it(2);
        tally.count_in();
        call_it(1);
        tally.count_out();
        over.store(1, Ordering::SeqCst);
        tally.count_out();
    });
    if tally.is_zero() {
        assert_eq!(over.load(Ordering::SeqCst), 1, "there was something at each moment");
    }
    other.join().unwrap();
    assert!(tally.is_zero());
}

fn one_holder_and_no_lost_wake_up() {
    let lock: &'static Lock<UnsafeCell<u32>> = memory::leaked(Lock::new(UnsafeCell::new(0))).unwrap();
    let work = move || {
        let masked = Masked::library_thread();
        // SAFETY: the lock is held; loom checks that nobody else is here.
        lock.lock(&masked).with_mut(|count| unsafe { *count += 1 });
    };
    let others = [thread::spawn(work), thread::spawn(work)];
    work();
    others.into_iter().for_each(|other| other.join().unwrap());
    let masked = Masked::library_thread();
    // SAFETY: as above.
    assert_eq!(lock.try_lock(&masked).unwrap().with(|count| unsafe { *count }), 3);
}

fn the_last_of_a_list_sees_all_results() {
    let slab = slab();
    let list = slab.take().unwrap();
    let entries = [slab.take().unwrap(), slab.take().unwrap()];
    // One for each entry and one for the submitter.
    slab.get(list.index()).remaining.store(3, Ordering::Relaxed);
    let finish = move |which: usize| {
        slab.get(entries[which].index()).done.set(1);
        count_down(slab, list.index(), entries.map(|entry| entry.index()))
    };
    let others = [thread::spawn(move || finish(0)), thread::spawn(move || finish(1))];
    let mine = count_down(slab, list.index(), entries.map(|entry| entry.index()));
    let lasts = others.into_iter().map(|other| other.join().unwrap()).chain([mine]).filter(|last| *last).count();
    assert_eq!(lasts, 1, "a list ends once");
}

/// Whether this was the last one, who must see what all others did.
fn count_down(slab: &Slab, list: u32, entries: [u32; 2]) -> bool {
    let last = slab.get(list).counts_down();
    assert!(!last || entries.iter().all(|entry| slab.get(*entry).done.get() == 1), "a result is missing");
    last
}
