//! The parts by themselves: what a transfer does next, the order of routes, the order of a queue.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, Kind, Route, Step};

fn request(slab: &Slab, operation: Operation, kind: Kind, len: u64) -> &Request {
    let request = slab.get(slab.take().unwrap().index());
    request.operation.set(operation);
    request.kind.set(kind);
    request.buffer.set(0x10_0000);
    request.offset.set(100);
    request.len.set(len);
    request
}

#[test]
fn a_short_transfer_goes_on_where_pread_and_write_would() {
    use Kind::*;
    use Operation::{Read, Write};
    // Of 2048 bytes so many come at first: whether the rest is asked for.
    let table = [
        (Buffered, Read, 700, true),
        (Buffered, Write, 700, true),
        (Direct, Read, 512, true),
        (Direct, Write, 1024, true),
        (Direct, Read, 700, false),
        (Direct, Write, 700, false),
        (Special, Read, 700, false),
        (Special, Write, 700, false),
        (Pipe, Read, 700, false),
        (Pipe, Write, 700, true),
        (Socket, Read, 700, false),
        (Socket, Write, 700, true),
        (Datagram, Read, 700, false),
        (Datagram, Write, 700, false),
        (Device, Read, 700, false),
        (Device, Write, 700, false),
        (Unknown, Read, 700, false),
    ];
    let slab = Slab::new().unwrap();
    for (kind, operation, count, goes_on) in table {
        let case = format!("{operation:?} of {kind:?}, {count} bytes");
        let request = request(&slab, operation, kind, 2048);
        let expected = if goes_on { Step::Continues } else { Step::Ends(Ok(count)) };
        assert_eq!(request.advance(Ok(count)), expected, "{case}");
        assert_eq!(request.next_len(), 2048 - count, "{case}");
        assert_eq!(request.next_offset(), 100 + count as i64, "{case}");
        assert_eq!(request.next_buffer(), 0x10_0000 + count, "{case}");
        if goes_on {
            assert_eq!(request.advance(Err(Errno(libc::EIO))), Step::Ends(Ok(count)), "{case}, then an error");
            assert_eq!(request.advance(Ok(0)), Step::Ends(Ok(count)), "{case}, then nothing");
            assert_eq!(request.advance(Ok(2048 - count)), Step::Ends(Ok(2048)), "{case}, then the rest");
        }
    }
}

#[test]
fn whatever_the_kind_all_nothing_and_errors_end_a_transfer_and_eintr_does_not() {
    use Kind::*;
    let slab = Slab::new().unwrap();
    for kind in [Unknown, Buffered, Direct, Special, Pipe, Socket, Datagram, Device] {
        for operation in [Operation::Read, Operation::Write] {
            let new = |len| request(&slab, operation, kind, len);
            assert_eq!(new(10).advance(Ok(10)), Step::Ends(Ok(10)));
            assert_eq!(new(10).advance(Ok(0)), Step::Ends(Ok(0)));
            assert_eq!(new(0).advance(Ok(0)), Step::Ends(Ok(0)));
            assert_eq!(new(10).advance(Err(Errno(libc::EINTR))), Step::Continues);
            assert_eq!(new(10).advance(Err(Errno(libc::EAGAIN))), Step::Ends(Err(Errno(libc::EAGAIN))));
        }
    }
}

#[test]
fn a_stream_that_does_not_block_is_asked_once() {
    let slab = Slab::new().unwrap();
    for kind in [Kind::Pipe, Kind::Socket] {
        let request = request(&slab, Operation::Write, kind, 10);
        request.one_attempt.set(true);
        assert_eq!(request.advance(Ok(3)), Step::Ends(Ok(3)));
    }
}

#[test]
fn one_system_call_asks_for_no_more_than_the_kernel_transfers() {
    let slab = Slab::new().unwrap();
    let request = request(&slab, Operation::Read, Kind::Buffered, 3 << 30);
    assert_eq!(request.next_len(), 0x7fff_f000);
    assert_eq!(request.advance(Ok(0x7fff_f000)), Step::Continues);
    assert_eq!(request.next_len() as u64, (3 << 30) - 0x7fff_f000);
    assert_eq!(request.next_offset(), 100 + 0x7fff_f000);
}

#[test]
fn routes_end_with_one_that_never_refuses() {
    use Kind::*;
    use Operation::{DataSync, Read, Sync, Write};
    const NATIVE_OR_RING: &[Route] = &[Route::Native, Route::Ring, Route::Worker];
    const NATIVE: &[Route] = &[Route::Native, Route::Worker];
    const RING: &[Route] = &[Route::Ring, Route::Worker];
    const STREAM: &[Route] = &[Route::Stream, Route::Worker];
    const WORKER: &[Route] = &[Route::Worker];
    let slab = Slab::new().unwrap();
    for choice in [Choice::Auto, Choice::Uring, Choice::Native, Choice::Threads] {
        for kind in [Unknown, Buffered, Direct, Special, Pipe, Socket, Datagram, Device] {
            for operation in [Read, Write, Sync, DataSync] {
                let expected = match (choice, kind, operation) {
                    (Choice::Uring, _, Sync | DataSync) => RING,
                    (_, _, Sync | DataSync) => WORKER,
                    (_, Pipe | Socket | Datagram | Device, _) => STREAM,
                    (_, Special, _) => WORKER,
                    (Choice::Auto, Direct, _) => NATIVE_OR_RING,
                    (Choice::Native, Direct, _) => NATIVE,
                    (Choice::Uring, ..) | (Choice::Auto, Buffered, Read) => RING,
                    _ => WORKER,
                };
                let routes = route::order(choice, request(&slab, operation, kind, 1));
                assert_eq!(routes, expected, "{choice:?} {kind:?} {operation:?}");
            }
        }
    }
}

#[test]
fn a_queue_is_in_order_of_urgency_and_of_arrival_among_equals() {
    let slab = Slab::new().unwrap();
    each_seed(|seed| {
        let mut dice = Dice::new(seed);
        let mut list: List<ByQueue> = List::new();
        let mut expected: Vec<(u32, usize, Index)> = Vec::new();
        for arrival in 0..40 {
            if dice.chance(25) && !expected.is_empty() {
                // From anywhere: cancelled.
                let (_, _, index) = expected.remove(dice.below(expected.len()));
                list.remove(&slab, index);
                slab.give_back(index);
                continue;
            }
            let index = slab.take().unwrap().index();
            let priority = dice.below(4) as u32 * 6;
            slab.get(index).priority.set(priority);
            list.push_by_priority(&slab, index);
            expected.push((priority, arrival, index));
        }
        expected.sort_unstable();
        assert_eq!(list.len(), expected.len());
        assert_eq!(list.last(), expected.last().map(|(_, _, index)| *index));
        for (_, _, index) in expected {
            assert_eq!(list.pop_front(&slab), Some(index));
            slab.give_back(index);
        }
        assert!(list.is_empty() && list.first().is_none() && list.last().is_none());
    });
}
