//! Tests of the ring, at every level of set-up.
// Unsafe here: what the tests need of libc (pipes, descriptors, a word shared with the kernel), on values of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::undocumented_unsafe_blocks)]

use core::sync::atomic::AtomicU32;

use super::*;
use crate::sys::futex;
use io_uring::types::Fd;
use std::time::{Duration, Instant};

/// Runs `body` with a ring of each level that this machine grants, each in a thread of its own,
/// since a thread has room for 16 registrations only. Skips (says so) where there is no io_uring.
fn each_level(body: impl Fn(&mut Ring) + Sync) {
    for level in LEVELS {
        let body = &body;
        std::thread::scope(|scope| {
            scope.spawn(move || match patiently(level) {
                Ok(mut ring) => body(&mut ring),
                Err(errno) => eprintln!("skipped: {errno:?}"),
            });
        });
    }
}

/// Memory of rings is given back late, and tests use many.
fn patiently(level: Level) -> Result<Ring, Errno> {
    let start = Instant::now();
    loop {
        match Ring::set_up(256, 1024, &[level]) {
            Err(Errno(libc::ENOMEM)) if start.elapsed() < Duration::from_secs(10) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            result => return result,
        }
    }
}

fn nop(user_data: u64) -> squeue::Entry {
    opcode::Nop::new().build().user_data(user_data)
}

fn wait(ring: &mut Ring) -> Completion {
    loop {
        if let Some(completion) = ring.next() {
            return completion;
        }
        match ring.enter(1, Some(10_000_000_000)) {
            Ok(_) | Err(Errno(libc::EINTR)) => {}
            Err(errno) => panic!("{errno:?}"),
        }
    }
}

/// Runs `body` in a forked child; whether it was true there. A child that hangs is killed.
fn in_child(body: impl FnOnce() -> bool) -> bool {
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let fine = body();
        unsafe { libc::_exit(if fine { 0 } else { 1 }) };
    }
    let (mut status, start) = (0, Instant::now());
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } != child {
        if start.elapsed() > Duration::from_secs(20) {
            // No lesser signal: what hangs may hang with all signals blocked.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    status == 0
}

#[test]
fn nop_goes_round() {
    each_level(|ring| {
        assert!(ring.next().is_none() && ring.queued() == 0);
        assert!(ring.push(&nop(7)));
        assert_eq!(ring.queued(), 1);
        assert_eq!(ring.enter(1, None), Ok(1));
        assert_eq!(ring.queued(), 0);
        assert_eq!(ring.next(), Some(Completion { user_data: 7, result: 0, flags: 0 }));
        assert!(ring.next().is_none());
    });
}

#[test]
fn thousand_nops_through_a_ring_of_256() {
    each_level(|ring| {
        let (mut pushed, mut reaped) = (0, 0);
        while reaped < 1_000 {
            while pushed < 1_000 && ring.push(&nop(pushed)) {
                pushed += 1;
            }
            assert!(ring.queued() <= 256);
            ring.enter(1, None).unwrap();
            while let Some(completion) = ring.next() {
                assert_eq!(completion.user_data, reaped);
                reaped += 1;
            }
        }
    });
}

#[test]
fn full_submission_queue_refuses() {
    each_level(|ring| {
        assert_eq!((0..300).take_while(|&n| ring.push(&nop(n))).count(), 256);
        assert_eq!(ring.enter(256, None), Ok(256));
        assert!(ring.push(&nop(0)));
    });
}

#[test]
fn overflow_loses_nothing() {
    each_level(|ring| {
        for round in 0..30 {
            for n in 0..100 {
                assert!(ring.push(&nop(round * 100 + n)));
            }
            assert_eq!(ring.enter(0, None), Ok(100));
        }
        for expected in 0..3_000 {
            assert_eq!(wait(ring).user_data, expected);
        }
        assert!(ring.next().is_none());
    });
}

#[test]
fn file_is_read() {
    let file = unsafe { libc::memfd_create(c"uaio".as_ptr(), 0) };
    let text = b"submission";
    assert_eq!(unsafe { libc::write(file, text.as_ptr().cast(), text.len()) }, 10);
    each_level(|ring| {
        let mut buffer = [0u8; 32];
        let read = opcode::Read::new(Fd(file), buffer.as_mut_ptr(), 32).offset(3).build();
        assert!(ring.push(&read.user_data(1)));
        assert_eq!(wait(ring).result, 7);
        assert_eq!(&buffer[..7], b"mission");
        let bad = opcode::Read::new(Fd(-1), buffer.as_mut_ptr(), 32).build();
        assert!(ring.push(&bad));
        assert_eq!(wait(ring).result, -libc::EBADF);
    });
    unsafe { libc::close(file) };
}

#[test]
fn futex_wakes_the_owner() {
    each_level(|ring| {
        if !ring.supports(opcode::FutexWait::CODE) {
            return eprintln!("skipped: no futex wait in this kernel");
        }
        let word = AtomicU32::new(0);
        for round in 0..2_000 {
            assert!(ring.push(&futex_wait_entry(word.as_ptr(), round, 5)));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    word.store(round + 1, Ordering::Release);
                    futex::wake(&word, 1);
                });
                let completion = wait(ring);
                assert_eq!(completion.user_data, 5);
                assert!([0, -libc::EAGAIN].contains(&completion.result));
            });
        }
        assert!(ring.push(&futex_wait_entry(word.as_ptr(), 0, 6)));
        assert_eq!(wait(ring).result, -libc::EAGAIN);
    });
}

#[test]
fn pipe_is_polled_and_read() {
    each_level(|ring| {
        let mut pipe = [0; 2];
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        let fd = Fd(pipe[0]);
        let mut buffer = [0u8; 4];
        assert!(ring.push(&opcode::PollAdd::new(fd, libc::POLLIN as u32).build().user_data(1)));
        assert!(ring.push(&opcode::Read::new(fd, buffer.as_mut_ptr(), 4).offset(u64::MAX).build()));
        assert_eq!(ring.enter(0, None), Ok(2));
        assert_eq!(unsafe { libc::write(pipe[1], [9u8; 4].as_ptr().cast(), 4) }, 4);
        let both = [wait(ring), wait(ring)];
        assert!(both.iter().any(|c| c.user_data == 1 && c.result & i32::from(libc::POLLIN) != 0));
        assert!(both.iter().any(|c| c.user_data == 0 && c.result == 4));
        assert_eq!(buffer, [9; 4]);
        let _ = pipe.map(|fd| unsafe { libc::close(fd) });
    });
}

#[test]
fn waiting_ends_with_the_timeout() {
    each_level(|ring| {
        let start = Instant::now();
        assert_eq!(ring.enter(1, Some(20_000_000)), Err(Errno(libc::ETIME)));
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(ring.enter(0, None), Ok(0));
    });
}

#[test]
fn probe_tells_what_there_is() {
    each_level(|ring| {
        assert!(ring.supports(opcode::Nop::CODE) && ring.supports(opcode::Read::CODE));
        assert!(!ring.supports(255));
    });
}

#[test]
fn no_descriptor_shows() {
    // Allocates nothing: in a child of a process with threads.
    fn open_numbers() -> usize {
        (0..20_000).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0).count()
    }
    for level in LEVELS {
        let fine = in_child(|| {
            let before = open_numbers();
            let Ok(mut ring) = patiently(level) else { return true };
            let more = open_numbers() - before;
            let works = ring.push(&nop(3)) && ring.enter(1, None) == Ok(1) && ring.next().is_some();
            let seen = match ring.visible_fd() {
                None => more == 0,
                Some(fd) => more == 1 && fd >= 256 && unsafe { libc::fcntl(fd, libc::F_GETFD) } == 1,
            };
            let expected = matches!(level, Level::HighDescriptor) == ring.visible_fd().is_some();
            drop(ring);
            works && seen && expected && open_numbers() == before
        });
        assert!(fine);
    }
}

#[test]
fn child_sees_nothing_of_it() {
    each_level(|ring| {
        let places = [ring.sq_head.0.as_ptr() as usize & !4095, ring.sq_entries.as_ptr() as usize];
        let gone =
            in_child(|| places.iter().all(|&place| unsafe { libc::msync(place as *mut _, 4096, libc::MS_ASYNC) } != 0));
        assert!(gone);
        assert!(ring.push(&nop(1)));
        assert_eq!(wait(ring).user_data, 1);
    });
}

#[test]
fn dropped_rings_leave_nothing() {
    for level in LEVELS {
        for round in 0..700 {
            let mut ring = match patiently(level) {
                Ok(ring) => ring,
                Err(errno) if round == 0 => return eprintln!("skipped: {errno:?}"),
                Err(errno) => panic!("round {round}: {errno:?}"),
            };
            let word = AtomicU32::new(0);
            assert!(ring.push(&nop(round)) && ring.push(&futex_wait_entry(word.as_ptr(), 0, 1)));
            assert_eq!(ring.enter(1, None), Ok(2));
        }
    }
}

#[test]
fn no_descriptors_left_is_no_matter() {
    let fine = in_child(|| {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) };
        match Ring::new(256, 1024) {
            Ok(ring) => ring.visible_fd().is_none(),
            // A kernel without the first level.
            Err(errno) => errno == Errno(libc::EMFILE) || patiently(Level::NoDescriptor).is_err(),
        }
    });
    assert!(fine);
}

#[test]
fn shortage_of_locked_memory_gives_a_smaller_ring_or_an_error() {
    let fine = in_child(|| {
        // Another user, whose account is empty; as oneself there may be rings of other tests.
        unsafe { libc::setuid(61_234) };
        let limit = |bytes| {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: 65_536 };
            unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) };
            Ring::new(256, 1024)
        };
        // Kernels before 5.12 and after do not charge the same: only that it ends well.
        let small = limit(20_000).map_or(true, |ring| [64, 256].contains(&ring.sq_count));
        small && limit(0).map_or_else(|errno| errno == Errno(libc::ENOMEM), |_| true)
    });
    assert!(fine);
}
