//! Appending writes, and the reads and the writes of a stream, go one at a time and in call order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

const LANES: Mix = Mix { only: &[3, 4, 5, 6, 7, 8], cancels: 15, ..Mix::ALL };

/// The requests of each lane, in call order.
fn lanes(all: &[Asked]) -> Vec<Vec<Asked>> {
    let of = |file, operation| -> Vec<Asked> {
        let here = |asked: &&Asked| asked.ordered && asked.file == file && asked.operation == operation;
        all.iter().filter(here).copied().collect()
    };
    (0..4).flat_map(|file| [of(file, Operation::Read), of(file, Operation::Write)]).collect()
}

#[test]
fn one_is_handed_over_only_after_all_before_it_are_over() {
    each_run(LANES, |_, all, stories| {
        for lane in lanes(all) {
            for (at, asked) in lane.iter().enumerate() {
                let Some(pushed) = stories[asked.number].pushed.first() else { continue };
                // What was cancelled while it waited has no effect that could be out of order.
                for earlier in lane[..at].iter().filter(|earlier| !stories[earlier.number].pushed.is_empty()) {
                    let published = stories[earlier.number].published;
                    assert!(published < *pushed, "{} overtook {}", asked.number, earlier.number);
                }
            }
        }
    });
}

#[test]
fn one_is_handed_over_at_once_when_the_lane_is_free() {
    each_run(LANES, |_, all, stories| {
        for lane in lanes(all) {
            for (at, asked) in lane.iter().enumerate() {
                let story = &stories[asked.number];
                let free = lane[..at].iter().all(|earlier| stories[earlier.number].published < story.accepted);
                if free {
                    assert_eq!(story.pushed.first(), Some(&(story.accepted + 1)), "request {}", asked.number);
                }
            }
        }
    });
}

#[test]
fn bytes_pass_in_call_order_whatever_is_cancelled_and_cut_short() {
    each_run(LANES, |world, all, stories| {
        let passed = world.fake.passed(&Masked::block());
        for lane in lanes(all) {
            let blocks: Vec<u64> = lane.iter().map(|asked| world.table.block(asked.number)).collect();
            let there = passed.iter().filter(|(block, _)| blocks.contains(block)).map(|(_, address)| *address);
            let expected = lane.iter().flat_map(|asked| {
                let count = stories[asked.number].result.unwrap_or(0) as u64;
                (0..count).map(|at| asked.buffer + at)
            });
            assert!(there.eq(expected));
        }
    });
}

#[test]
fn a_write_to_a_stream_is_continued_to_its_end_and_a_read_is_not() {
    let without_faults = Odds { fault: 0, ..Odds::WILD };
    let mut short_reads = 0;
    each_run(Mix { only: &Site::STREAMS, odds: without_faults, ..LANES }, |_, all, stories| {
        for asked in all.iter().filter(|asked| asked.ordered) {
            match stories[asked.number].result {
                CANCELLED => {}
                Ok(count) if asked.operation == Operation::Write => assert_eq!(count as u64, asked.len),
                result => short_reads += u64::from(result.unwrap() as u64 != asked.len),
            }
        }
    });
    assert!(short_reads > 0);
}

#[test]
fn the_middle_of_a_lane_can_be_cancelled_and_the_rest_moves_up() {
    let world = World::new(Choice::Auto);
    let (here, _there) = UnixStream::pair().unwrap();
    let socket = Descriptor::new(here, 0).stream();
    let mut all = Vec::new();
    for operation in [Operation::Write, Operation::Read] {
        world.begin(0, Odds::KIND);
        let lane: Vec<Asked> = (0..5).map(|_| world.submit(&socket, operation, 10, 0)).collect();
        let other_way = if operation == Operation::Read { Operation::Write } else { Operation::Read };
        let other = world.submit(&socket, other_way, 10, 0);
        assert!(world.is_dispatched(other), "a read waits for a write, or the other way round");
        let states = || lane.iter().map(|asked| world.is_dispatched(*asked)).collect::<Vec<_>>();
        assert_eq!(world.engine.cancel(lane[1].token), Cancel::Cancelled);
        assert_eq!(world.engine.cancel(lane[2].token), Cancel::Cancelled);
        assert_eq!(states(), [true, false, false, false, false]);
        world.finish(lane[0], Ok(10));
        assert_eq!(states(), [true, false, false, true, false]);
        assert_eq!(world.engine.cancel(lane[3].token), Cancel::Cancelled);
        assert_eq!(states(), [true, false, false, true, true]);
        world.run_dry();
        all.clear();
        all.extend(lane);
        all.push(other);
        world.stories(&all);
    }
}
