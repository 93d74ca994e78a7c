//! A list ends once, after the last of its entries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// What `lio_listio` does: a record for the list, a count for each entry, and one for the call itself. The list has
/// a block here, so that its end is told like any other.
fn begin_list(world: World) -> (usize, Token) {
    let number = world.table.used.fetch_add(1, Ordering::SeqCst);
    let list = world.engine.slab.take().unwrap();
    let head = world.engine.slab.get(list.index());
    head.operation.set(Operation::List);
    head.block.set(world.table.block(number));
    head.dialect.set(0);
    head.remaining.store(1, Ordering::Relaxed);
    (number, list)
}

#[test]
fn a_list_ends_once_after_its_last_entry() {
    let world = World::new(Choice::Auto);
    let site = Site::new();
    each_seed(|seed| {
        world.begin(seed, Odds::WILD);
        let mut dice = Dice::new(!seed);
        let mut lists: Vec<(usize, Token, Vec<Asked>)> = Vec::new();
        let mut all: Vec<Asked> = Vec::new();
        for _ in 0..4 {
            let (number, list) = begin_list(world);
            let mut entries = Vec::new();
            for _ in 0..dice.below(12) {
                let descriptor = &site.all[dice.below(site.all.len())];
                let closed = dice.chance(10);
                world.engine.slab.get(list.index()).remaining.fetch_add(1, Ordering::Relaxed);
                let asked = world.submit_as(descriptor, Operation::Write, 50, 0, |request| {
                    request.group.set(list.index());
                    if closed {
                        // Over before `submit` returns.
                        request.fd.set(-1);
                    }
                });
                entries.push(asked);
                while dice.chance(60) {
                    world.step();
                }
                if dice.chance(20) {
                    cancelling::cancel_checked(world, &entries, entries[dice.below(entries.len())]);
                }
                assert!(world.engine.slab.living(list).is_some(), "a list ended while it was being submitted");
            }
            world.engine.count_down(list.index(), &Masked::block());
            all.extend(&entries);
            lists.push((number, list, entries));
            for (number, list, entries) in &lists {
                let over = entries.iter().all(|asked| world.is_published(*asked));
                assert_eq!(world.engine.slab.living(*list).is_none(), over, "list {number}");
            }
        }
        world.run_dry();
        let stories = world.stories(&all);
        for (number, list, entries) in &lists {
            assert!(world.engine.slab.living(*list).is_none());
            assert_eq!(stories[*number].result, Ok(0));
            let last = entries.iter().map(|asked| stories[asked.number].published).max();
            assert!(last <= Some(stories[*number].published), "list {number} ended before an entry");
        }
    });
}

#[test]
fn a_list_of_nothing_ends_with_its_call() {
    let world = World::new(Choice::Auto);
    world.begin(0, Odds::KIND);
    let (number, list) = begin_list(world);
    world.engine.count_down(list.index(), &Masked::block());
    assert!(world.engine.slab.living(list).is_none());
    assert_eq!(world.stories(&[])[number].result, Ok(0));
}
