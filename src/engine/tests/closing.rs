//! A number is given up only when no request needs it any more, and nothing that was accepted is lost by that.
//!
//! Keepers make real system calls, so the buffers are real here, and a thread lets the fake go on meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::sync::atomic::{AtomicBool, AtomicU8};
use std::io::Read;

use super::*;
use crate::request::{Place, Route};

/// For reads and writes alike: what is in it does not matter.
static BUFFER: [AtomicU8; 4096] = [const { AtomicU8::new(0) }; 4096];

/// Faults would be excuses, and a request that outlives its descriptor may not be rerouted.
const CALM: Odds = Odds { fault: 0, reroute: 0, ..Odds::WILD };

fn submit(world: World, descriptor: &Descriptor, operation: Operation, len: u64) -> Asked {
    world.submit_as(descriptor, operation, len, 0, |request| request.buffer.set(BUFFER.as_ptr() as u64))
}

/// What still needs a descriptor's number.
fn referring(world: World, all: &[Asked], fd: i32) -> Vec<usize> {
    let refers = |asked: &&Asked| {
        let request = world.engine.slab.get(asked.token.index());
        let needs = match request.place.get() {
            // It is being completed.
            Place::Idle | Place::Ending => false,
            // A worker in the call of a stream has got hold of it: `closing` waits for its end, but not for ever.
            Place::Started => request.route.get() != Route::Worker || !request.kind.get().is_stream(),
            Place::Lane | Place::Barrier | Place::Queue => true,
        };
        needs && asked.fd == fd && !request.orphan.get() && world.is_living(**asked)
    };
    all.iter().filter(refers).map(|asked| asked.number).collect()
}

fn is_idle(world: World) -> bool {
    world.engine.outstanding.is_zero()
}

/// Sorts of descriptors to close.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    Plain,
    Append,
    Socket,
    /// An eventfd: a file that only its number names.
    Anonymous,
}

/// The descriptor, and what must stay open.
fn open(sort: Sort) -> (Descriptor, Option<UnixStream>) {
    match sort {
        Sort::Plain => (Descriptor::new(tempfile::tempfile().unwrap(), 0), None),
        Sort::Append => {
            let scratch = tempfile::NamedTempFile::new().unwrap();
            let file = OpenOptions::new().read(true).append(true).open(scratch.path()).unwrap();
            (Descriptor::new(file, 0).append(), None)
        }
        Sort::Socket => {
            let (here, there) = UnixStream::pair().unwrap();
            (Descriptor::new(here, 0).stream(), Some(there))
        }
        Sort::Anonymous => {
            let file = File::open("/dev/null").unwrap();
            let fd = crate::sys::call::high_eventfd().unwrap();
            // An owner without unsafe code: a duplicate made through /proc would be another file.
            let copy = crate::sys::call::dup2(fd, file.as_raw_fd()).unwrap();
            crate::sys::call::close(fd).unwrap();
            assert_eq!(copy as i32, file.as_raw_fd());
            (Descriptor::new(file, 0).stream(), None)
        }
    }
}

#[test]
fn a_closed_number_is_needed_by_nothing_and_nothing_is_lost() {
    comes_to_an_end(|| {
        for choice in [Choice::Auto, Choice::Uring, Choice::Threads] {
            let world = World::new(choice);
            each_seed(|seed| {
                let sort = [Sort::Plain, Sort::Append, Sort::Socket, Sort::Anonymous][seed as usize % 4];
                close_one(world, seed, sort);
            });
        }
    });
}

fn close_one(world: World, seed: u64, sort: Sort) {
    world.begin(seed, CALM);
    let mut dice = Dice::new(!seed);
    let (victim, there) = open(sort);
    let other = victim.dup();
    let fd = victim.fd();
    let mut all = Vec::new();
    for _ in 0..3 + dice.below(15) {
        let descriptor = if dice.chance(70) { &victim } else { &other };
        let (len, operation) = match dice.below(10) {
            0 => (0, Operation::Sync),
            1..4 => (16, Operation::Read),
            _ => (8 * (1 + dice.below(20) as u64), Operation::Write),
        };
        let (len, operation) = match (sort, operation) {
            // An eventfd takes one number at a time, and a read waits when it has none to give.
            (Sort::Anonymous, Operation::Read | Operation::Write) => (8, Operation::Write),
            _ => (len, operation),
        };
        all.push(submit(world, descriptor, operation, len));
        while dice.chance(30) {
            world.step();
        }
    }
    let ended: Vec<bool> = all.iter().map(|asked| world.is_published(*asked)).collect();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                if !world.step() {
                    std::thread::yield_now();
                }
            }
        });
        world.engine.closing(fd);
        let referring = referring(world, &all, fd);
        let touched = world.engine.files.touched(fd);
        drop(victim);
        while !is_idle(world) {
            std::thread::yield_now();
        }
        over.store(true, Ordering::SeqCst);
        assert_eq!(referring, [0usize; 0], "{sort:?}: these still need the number");
        assert!(!touched);
    });
    let stories = world.stories(&all);
    let stream = matches!(sort, Sort::Socket | Sort::Anonymous);
    for (asked, ended) in all.iter().zip(ended) {
        let story = &stories[asked.number];
        let may_be_cancelled = stream && asked.fd == fd && !ended;
        let sound = story.result.is_ok() || may_be_cancelled && story.result == CANCELLED;
        assert!(sound, "{sort:?}: {:?} of {} is {:?}", asked.operation, asked.number, story.result);
        if asked.operation == Operation::Write && story.result.is_ok() && sort != Sort::Anonymous {
            assert_eq!(story.result, Ok(asked.len as usize), "{sort:?} {}", asked.number);
        }
    }
    drop(there);
    world.engine.closing(other.fd());
}

#[test]
fn of_a_stream_only_the_write_that_began_is_seen_through() {
    comes_to_an_end(|| {
        let world = World::new(Choice::Auto);
        each_seed(|seed| {
            world.begin(seed, CALM);
            let (here, mut there) = UnixStream::pair().unwrap();
            let socket = Descriptor::new(here, 0).stream();
            let [first, second] =
                [submit(world, &socket, Operation::Write, 100), submit(world, &socket, Operation::Write, 50)];
            let reads = [submit(world, &socket, Operation::Read, 10), submit(world, &socket, Operation::Read, 10)];
            let route = world.engine.slab.get(first.token.index()).route.get();
            let masked = Masked::block();
            let index = first.token.index();
            let begun = route == Route::Stream;
            if begun {
                world.start(first);
                world.fake.transfer(world.engine, index, 40, &masked);
            }
            world.engine.closing(socket.fd());
            drop(socket);
            while !is_idle(world) {
                std::thread::yield_now();
            }
            let stories = world.stories(&[first, second, reads[0], reads[1]]);
            for cancelled in [second, reads[0], reads[1]] {
                if world.engine.slab.get(cancelled.token.index()).place.get() == Place::Idle {
                    assert_eq!(stories[cancelled.number].result, CANCELLED, "request {}", cancelled.number);
                }
            }
            // Only the rest went through the real socket.
            let mut rest = Vec::new();
            let end = there.read_to_end(&mut rest);
            assert!(end.is_ok(), "the other end does not see the close");
            assert_eq!(stories[first.number].result, if begun { Ok(100) } else { CANCELLED });
            assert_eq!(rest.len(), if begun { 60 } else { 0 });
        });
    });
}

#[test]
fn a_request_of_the_next_file_with_the_number_is_not_taken_for_one_of_the_last() {
    comes_to_an_end(|| {
        let world = World::new(Choice::Uring);
        world.begin(0, Odds::KIND);
        let (old, _) = open(Sort::Plain);
        let fd = old.fd();
        let write = submit(world, &old, Operation::Write, 10);
        assert_eq!(world.engine.slab.get(write.token.index()).place.get(), Place::Queue);
        world.start(write);
        world.engine.closing(fd);
        let request = world.engine.slab.get(write.token.index());
        assert!(
            world.is_living(write) && request.orphan.get(),
            "the ring holds the file: there was nothing to wait for"
        );
        // The number is not given up here, which makes it name the same file again: the worst that can happen.
        let next = submit(world, &old, Operation::Write, 10);
        assert_eq!(world.engine.cancel(write.token), Cancel::Left);
        assert_eq!(world.engine.cancel_all(fd), Cancel::Cancelled);
        assert!(world.is_published(next) && !world.is_published(write));
        world.finish(write, Ok(10));
        world.stories(&[write, next]);
    });
}
