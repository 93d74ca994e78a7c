//! Every request ends, once, and its bytes are where they were asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::backend::fake::FILE_BYTES;

#[test]
fn every_request_is_published_exactly_once_and_leaves_nothing() {
    // `stories` checks it for every run.
    each_run(Mix::ALL, |_, all, stories| assert_eq!(all.len(), stories.len()));
}

#[test]
fn what_was_asked_of_the_backend_is_what_is_published() {
    each_run(Mix::ALL, |_, all, stories| {
        for asked in all.iter().filter(|asked| !asked.operation.is_sync()) {
            let story = &stories[asked.number];
            assert_eq!(story.own.unwrap_or(CANCELLED), story.result, "request {}", asked.number);
        }
    });
}

#[test]
fn a_file_gets_the_bytes_that_the_result_counts_and_no_other() {
    each_run(Mix { only: &Site::PLAIN, ..Mix::ALL }, |world, all, stories| {
        for asked in all.iter().filter(|asked| asked.operation == Operation::Write) {
            let count = stories[asked.number].result.unwrap_or(0) as u64;
            for at in 0..asked.len {
                let expected = (at < count).then_some(asked.buffer + at);
                let there = world.fake.written(asked.offset as u64 + at, &Masked::block());
                assert_eq!(there, expected, "byte {at} of write {}", asked.number);
            }
        }
    });
}

#[test]
fn a_read_ends_short_only_at_the_end_of_the_file_or_after_an_error() {
    let without_faults = Odds { fault: 0, ..Odds::WILD };
    for odds in [Odds::WILD, without_faults] {
        each_run(Mix { only: &Site::PLAIN, odds, ..Mix::ALL }, |world, all, stories| {
            for asked in all.iter().filter(|asked| asked.operation == Operation::Read) {
                let result = stories[asked.number].result;
                let most = asked.len.min(FILE_BYTES.saturating_sub(asked.offset as u64));
                if odds.fault == 0 && result != CANCELLED {
                    assert_eq!(result, Ok(most as usize), "read {}", asked.number);
                }
                let count = result.unwrap_or(0) as u64;
                assert!(count <= most);
                for at in 0..asked.len {
                    let expected = (at < count).then_some(asked.offset as u64 + at);
                    let there = world.fake.read(asked.buffer + at, &Masked::block());
                    assert_eq!(there, expected, "byte {at} of read {}", asked.number);
                }
            }
        });
    }
}

#[test]
fn what_has_no_order_is_handed_over_at_once() {
    each_run(Mix::ALL, |_, all, stories| {
        for asked in all.iter().filter(|asked| !asked.ordered && !asked.operation.is_sync()) {
            let story = &stories[asked.number];
            assert_eq!(story.pushed.first(), Some(&(story.accepted + 1)), "request {}", asked.number);
        }
    });
}

#[test]
fn what_the_descriptor_objects_to_is_published_and_not_returned() {
    let world = World::new(Choice::Auto);
    let scratch = tempfile::NamedTempFile::new().unwrap();
    let read_only = Descriptor::new(File::open(scratch.path()).unwrap(), 0);
    world.begin(0, Odds::KIND);
    let wrong_way = world.submit(&read_only, Operation::Write, 1, 0);
    let closed = world.submit_as(&read_only, Operation::Read, 1, 0, |request| request.fd.set(-1));
    let sync = world.submit(&read_only, Operation::Sync, 0, 0);
    world.run_dry();
    let stories = world.stories(&[wrong_way, closed, sync]);
    assert_eq!(stories[wrong_way.number].result, Err(Errno(libc::EBADF)));
    assert_eq!(stories[closed.number].result, Err(Errno(libc::EBADF)));
    assert_eq!(stories[sync.number].result, Ok(0));
}
