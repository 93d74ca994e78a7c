//! A cancellation has exactly one outcome, and reaches only what it names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::sync::atomic::AtomicBool;
use std::collections::HashSet;

use super::*;
use crate::backend::{Backend, Taken};
use crate::request::{Kind, Place};

/// Whether whoever has it can still give it back.
fn can_be_taken(world: World, asked: Asked) -> bool {
    let request = world.engine.slab.get(asked.token.index());
    let waits = match request.place.get() {
        Place::Lane | Place::Barrier => true,
        // Not if a part of it was done before it was rerouted.
        Place::Queue => request.done.get() == 0,
        Place::Idle | Place::Started | Place::Ending => false,
    };
    waits && world.is_living(asked)
}

/// Cancels one, and looks at what the others notice of it.
pub(super) fn cancel_checked(world: World, all: &[Asked], asked: Asked) {
    let published = |asked: &&Asked| world.is_published(**asked);
    let before = all.iter().filter(published).count();
    let expected = match (world.is_living(asked), can_be_taken(world, asked)) {
        (false, _) => Cancel::Gone,
        (true, true) => Cancel::Cancelled,
        (true, false) => Cancel::Left,
    };
    assert_eq!(world.engine.cancel(asked.token), expected, "request {}", asked.number);
    let after = all.iter().filter(published).count();
    assert_eq!(after - before, usize::from(expected == Cancel::Cancelled), "others ended too");
    assert_eq!(world.is_published(asked), expected != Cancel::Left);
    assert_eq!(world.is_living(asked), expected == Cancel::Left);
}

/// Cancels all of a descriptor, and looks at what the others notice of it.
pub(super) fn cancel_all_checked(world: World, all: &[Asked], descriptor: &Descriptor) {
    let living: Vec<Asked> = all.iter().filter(|asked| world.is_living(**asked)).copied().collect();
    let (named, others): (Vec<Asked>, Vec<Asked>) = living.iter().partition(|asked| asked.fd == descriptor.fd());
    let (taken, left): (Vec<Asked>, Vec<Asked>) = named.iter().partition(|asked| can_be_taken(world, **asked));
    let expected = match (left.is_empty(), taken.is_empty()) {
        (false, _) => Cancel::Left,
        (true, false) => Cancel::Cancelled,
        (true, true) => Cancel::Gone,
    };
    assert_eq!(world.engine.cancel_all(descriptor.fd()), expected);
    assert!(taken.iter().all(|asked| world.is_published(*asked)), "one that could be cancelled was not");
    assert!(left.iter().all(|asked| !world.is_published(*asked)));
    assert!(others.iter().all(|asked| !world.is_published(*asked)), "it reached another descriptor");
}

#[test]
fn a_request_is_published_as_cancelled_exactly_when_its_cancellation_says_so() {
    let mix = Mix { cancels: 25, cancel_alls: 0, ..Mix::ALL };
    each_run(mix, |_, all, stories| {
        for asked in all {
            // `cancel_checked` has seen that it was published; here, that it was published as that.
            let story = &stories[asked.number];
            assert_eq!(story.result == CANCELLED, story.own.is_none(), "request {}", asked.number);
        }
    });
}

#[test]
fn cancelling_a_descriptor_leaves_the_others_of_its_file_alone() {
    let mut mix = Mix { cancels: 0, cancel_alls: 25, ..Mix::ALL };
    for only in [&Site::PLAIN, &Site::APPEND, &Site::STREAMS] {
        mix.only = only;
        each_run(mix, |_, all, stories| {
            for asked in all {
                let story = &stories[asked.number];
                assert_eq!(story.result == CANCELLED, story.own.is_none(), "request {}", asked.number);
            }
        });
    }
}

#[test]
fn the_token_of_an_ended_request_never_reaches_the_next_in_its_record() {
    let world = World::new(Choice::Auto);
    world.begin(0, Odds::KIND);
    let file = Descriptor::new(tempfile::tempfile().unwrap(), 0);
    let mut all = vec![world.submit(&file, Operation::Write, 10, 0)];
    for _ in 0..100 {
        let old = all[all.len() - 1];
        world.finish(old, Ok(10));
        let new = world.submit(&file, Operation::Write, 10, 0);
        assert_eq!(new.token.index(), old.token.index());
        assert!(!world.is_living(old));
        assert_eq!(world.engine.cancel(old.token), Cancel::Gone);
        assert!(world.is_living(new) && !world.is_published(new));
        all.push(new);
    }
    world.run_dry();
    world.stories(&all);
}

/// With threads: one runs requests, one cancels them, one makes new ones in the records of the old.
#[test]
fn cancelling_against_completing_has_exactly_one_outcome() {
    comes_to_an_end(|| {
        let world = World::new(Choice::Auto);
        let site = Site::new();
        each_seed(|seed| {
            world.begin(seed, Odds { delay: 0, ..Odds::WILD });
            let (all, over) = (Mutex::new(Vec::<Asked>::new()), AtomicBool::new(false));
            let cancelled = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while world.step() || !over.load(Ordering::SeqCst) {
                        std::hint::spin_loop();
                    }
                });
                let canceller = scope.spawn(|| {
                    let mut dice = Dice::new(seed + 1_000);
                    let mut cancelled = HashSet::new();
                    while !over.load(Ordering::SeqCst) {
                        let latest = {
                            let all = all.lock().unwrap();
                            let back = dice.below(4);
                            all.len().checked_sub(1 + back).map(|at| all[at])
                        };
                        if let Some(asked) = latest {
                            if world.engine.cancel(asked.token) == Cancel::Cancelled {
                                assert!(cancelled.insert(asked.number), "cancelled twice");
                            }
                        }
                    }
                    cancelled
                });
                let mut dice = Dice::new(!seed);
                for number in 0..60 {
                    let descriptor = &site.all[dice.below(site.all.len())];
                    let asked = ask(world, descriptor, 15, &mut dice, number);
                    all.lock().unwrap().push(asked);
                }
                over.store(true, Ordering::SeqCst);
                canceller.join().unwrap()
            });
            // The last cancellation may have set something free.
            world.run_dry();
            let all = all.into_inner().unwrap();
            let stories = world.stories(&all);
            for asked in &all {
                let told = cancelled.contains(&asked.number);
                assert_eq!(stories[asked.number].result == CANCELLED, told, "request {}", asked.number);
            }
        });
    });
}

/// As CI saw it: the program looks at one result, asks for the next and cancels everything of the descriptor,
/// while the thread that published the first has not got further.
#[test]
fn what_has_published_its_result_is_not_left_by_a_cancellation_of_all() {
    comes_to_an_end(|| {
        let world = World::new(Choice::Auto);
        world.begin(0, Odds::KIND);
        let file = Descriptor::new(tempfile::tempfile().unwrap(), 0);
        let [first, second] = [0, 64].map(|offset| world.submit(&file, Operation::Write, 64, offset));
        let (answer, answered) = std::sync::mpsc::channel();
        let fd = file.fd();
        let cancel_meanwhile = move || {
            std::thread::spawn(move || answer.send(world.engine.cancel_all(fd)).unwrap());
            // It takes the second out first, whatever it makes of this one.
            while !world.is_published(second) {
                std::thread::yield_now();
            }
        };
        *world.table.hook.lock().unwrap() = Some((world.table.block(first.number), Box::new(cancel_meanwhile)));
        world.finish(first, Ok(64));
        assert_eq!(answered.recv().unwrap(), Cancel::Cancelled);
    });
}

#[test]
fn what_is_partly_done_is_not_taken_back_from_a_queue() {
    let World { engine, .. } = World::new(Choice::Auto);
    let masked = Masked::block();
    for backend in [engine.workers as &dyn Backend, &engine.ring] {
        let token = engine.slab.take().unwrap();
        let (index, request) = (token.index(), engine.slab.get(token.index()));
        request.kind.set(Kind::Buffered);
        request.len.set(8192);
        request.done.set(4096);
        // Nobody is woken, so it stays where it is.
        assert!(backend.push(engine, index, &masked, &mut Wakes::default()));
        assert_eq!(backend.take_back(engine, index, false, &masked), Taken::No, "its buffer has been written to");
        request.done.set(0);
        assert_eq!(backend.take_back(engine, index, false, &masked), Taken::Fresh);
    }
}
