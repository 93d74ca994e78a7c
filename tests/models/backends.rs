//! The workers, the reactor of streams, and native AIO, with a host that completes requests as the engine does.

use loom::thread;

use super::Model;
use crate::backend::native::Native;
use crate::backend::{Backend, Wakes};
use crate::host::Bench;
use crate::request::{Kind, Place, Token};
use crate::sys::aio::{self, Waited};
use crate::sys::clock;
use crate::sys::lock::Masked;
use crate::sys::thread as own;

pub const MODELS: &[Model] = &[
    ("workers/a_resting_worker_hears_of_a_push", 1, a_resting_worker_hears_of_a_push),
    ("workers/a_leaving_worker_leaves_no_request", 2, a_leaving_worker_leaves_no_request),
    ("workers/cancel_or_completion_but_one", 2, worker_cancel_or_completion),
    ("offers/what_nobody_accepts_is_run", 1, what_nobody_accepts_is_run),
    ("offers/what_is_in_a_hurry_needs_no_time", 1, what_is_in_a_hurry_needs_no_time),
    ("offers/accepted_or_overdue_but_once", 1, accepted_or_overdue_but_once),
    ("offers/taken_back_or_overdue_but_once", 1, taken_back_or_overdue_but_once),
    ("offers/what_is_offered_to_a_watcher_that_leaves_is_run", 2, what_is_offered_to_a_watcher_that_leaves_is_run),
    ("streams/a_sleeping_reactor_hears_of_a_push", 2, a_sleeping_reactor_hears_of_a_push),
    ("streams/a_fence_lets_go", 3, a_fence_lets_go),
    ("streams/cancel_or_completion_but_one", 2, stream_cancel_or_completion),
    ("native/a_leader_whose_event_another_takes", 1, a_leader_whose_event_another_takes),
    ("native/a_follower_takes_over", 1, a_follower_takes_over),
];

/// What is told to end has ended once, and who waited for it knows.
fn over(bench: &'static Bench, tokens: &[Token]) {
    tokens.iter().for_each(|token| bench.wait(*token));
    bench.close();
    assert_eq!(bench.ended.latest(), tokens.len());
}

fn a_resting_worker_hears_of_a_push() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let first = bench.request(Kind::Buffered);
    bench.push(&bench.workers, first, &masked);
    let second = bench.request(Kind::Buffered);
    bench.wait(first);
    bench.push(&bench.workers, second, &masked);
    over(bench, &[first, second]);
}

fn a_leaving_worker_leaves_no_request() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    bench.workers.tune(1, 1);
    let first = bench.request(Kind::Buffered);
    let second = bench.request(Kind::Buffered);
    bench.push(&bench.workers, first, &masked);
    let time = thread::spawn(|| clock::pass(2));
    bench.push(&bench.workers, second, &masked);
    bench.wait(first);
    bench.wait(second);
    time.join().unwrap();
    over(bench, &[first, second]);
}

/// An offered request, pushed.
fn offered(bench: &'static Bench, masked: &Masked) -> Token {
    let token = bench.request(Kind::Buffered);
    bench.slab.get(token.index()).offered.set(true);
    bench.push(&bench.workers, token, masked);
    token
}

fn what_nobody_accepts_is_run() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    // Each look of the watcher is over at once.
    bench.hurry();
    let tokens = [offered(bench, &masked), offered(bench, &masked)];
    over(bench, &tokens);
}

fn what_is_in_a_hurry_needs_no_time() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let token = offered(bench, &masked);
    let mut wakes = Wakes::default();
    bench.workers.hurry(own::ALL_HOMES, &masked, &mut wakes);
    wakes.flush(bench, &masked);
    over(bench, &[token]);
}

fn accepted_or_overdue_but_once() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    bench.hurry();
    let token = offered(bench, &masked);
    bench.accept(&masked);
    over(bench, &[token]);
}

fn taken_back_or_overdue_but_once() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    bench.hurry();
    let token = offered(bench, &masked);
    bench.cancel(&bench.workers, token, &masked);
    over(bench, &[token]);
}

/// With nothing offered for some looks the watcher is idle again.
fn what_is_offered_to_a_watcher_that_leaves_is_run() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let first = offered(bench, &masked);
    bench.accept(&masked);
    bench.hurry();
    let second = offered(bench, &masked);
    over(bench, &[first, second]);
}

fn worker_cancel_or_completion() {
    cancel_or_completion(|bench| &bench.workers, Kind::Buffered);
}

fn stream_cancel_or_completion() {
    cancel_or_completion(|bench| &bench.streams, Kind::Pipe);
}

fn cancel_or_completion(backend: fn(&'static Bench) -> &'static dyn Backend, kind: Kind) {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let token = bench.request(kind);
    bench.push(backend(bench), token, &masked);
    bench.cancel(backend(bench), token, &masked);
    over(bench, &[token]);
    assert!(bench.cancelled.latest() <= 1);
}

fn a_sleeping_reactor_hears_of_a_push() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let first = bench.request(Kind::Pipe);
    let second = bench.request(Kind::Pipe);
    bench.push(&bench.streams, first, &masked);
    bench.wait(first);
    bench.push(&bench.streams, second, &masked);
    over(bench, &[first, second]);
}

fn a_fence_lets_go() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    let token = bench.request(Kind::Pipe);
    bench.push(&bench.streams, token, &masked);
    bench.streams.fence(&masked);
    assert!(bench.slab.living(token).is_none_or(|request| request.place.get() != Place::Queue), "not yet taken in");
    over(bench, &[token]);
}

/// As `Engine::wait` where all that is awaited lies in the context; how often it had to follow.
fn lead(bench: &'static Bench, native: &'static Native, number: i32, token: Token) {
    own::call_it(number);
    let masked = Masked::library_thread();
    let mut ticket = bench.slots.ticket();
    loop {
        let Some(request) = bench.slab.living(token) else { return };
        ticket.watch(request);
        native.drain(bench, 0, &masked);
        if bench.slab.living(token).is_none() {
            return;
        }
        let Some(context) = native.enter(bench, 0, number, ticket.bit(), &masked) else {
            // Without the look now and then: nobody jumps out of a wait here.
            if !ticket.has_moved() {
                ticket.sleep(None).unwrap();
            }
            continue;
        };
        while !ticket.has_moved() {
            assert_eq!(context.wait(None, &0), Ok(Waited::Filled));
            native.woken(bench, 0, number, true, &masked);
        }
        let followers = native.woken(bench, 0, number, false, &masked);
        bench.slots.wake(followers);
    }
}

fn launched(bench: &'static Bench, count: usize, masked: &Masked) -> Vec<Token> {
    let tokens: Vec<Token> = (0..count).map(|_| bench.request(Kind::Direct)).collect();
    tokens.iter().for_each(|token| bench.push(&bench.native, *token, masked));
    tokens
}

fn a_leader_whose_event_another_takes() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    own::call_it(1);
    let tokens = launched(bench, 1, &masked);
    let token = tokens[0];
    let leader = thread::spawn(move || lead(bench, &bench.native, 2, token));
    let drainer = thread::spawn(move || {
        own::call_it(3);
        bench.native.drain(bench, 0, &Masked::library_thread());
    });
    aio::finish_one();
    drainer.join().unwrap();
    leader.join().unwrap();
    assert_eq!(bench.ended.latest(), 1);
}

fn a_follower_takes_over() {
    let (bench, masked) = (Bench::new(), Masked::library_thread());
    own::call_it(1);
    let tokens = launched(bench, 2, &masked);
    let others = [(2, tokens[0]), (3, tokens[1])]
        .map(|(number, token)| thread::spawn(move || lead(bench, &bench.native, number, token)));
    aio::finish_one();
    aio::finish_one();
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(bench.ended.latest(), 2);
}
