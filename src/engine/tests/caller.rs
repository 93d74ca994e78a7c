//! Transfers in the calling thread: when they are made there, and when not.

use super::*;
use crate::backend::{Backend, Wakes};
use crate::engine::caller::{InCaller, Transfer, WRITE_MAX_BYTES};
use crate::engine::descriptor::Way;
use crate::request::Kind;

const QUICK_NS: u64 = 1_000;
const SLOW_NS: u64 = 10_000_000;

struct Scene {
    world: World,
    file: Descriptor,
    bytes: Vec<u8>,
}

impl Scene {
    /// A file of 4 KiB that the engine knows.
    fn new() -> Scene {
        let world = World::new(Choice::Auto);
        world.begin(1, Odds::KIND);
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let scene = Scene { world, file: Descriptor::new(file, 0), bytes: vec![7; 4096] };
        assert_eq!(scene.transfer(Operation::Read), InCaller::Begun(0), "the descriptor is not known yet");
        scene.by_worker(Operation::Read, QUICK_NS);
        // A memory file, which a scratch directory may hold, would start as quick.
        scene.is_proven(false);
        scene
    }

    /// Whatever the transfers took that were really made: this machine may be busy.
    fn is_proven(&self, proven: bool) {
        self.world.engine.files.known(self.file.fd()).unwrap().reset_ways(proven);
    }

    fn transfer(&self, operation: Operation) -> InCaller {
        let (buffer, len) = (self.bytes.as_ptr() as usize, self.bytes.len());
        self.world.engine.in_caller(&Transfer { operation, fd: self.file.fd(), buffer, len, offset: 0 })
    }

    /// A request that takes the longer way and so much time.
    fn by_worker(&self, operation: Operation, took_ns: u64) {
        let asked = self.world.submit(&self.file, operation, 4096, 0);
        self.world.engine.timed(self.world.engine.slab.get(asked.token.index()), took_ns);
        self.world.finish(asked, Ok(4096));
    }

    /// A write in the caller, and the shard to look at.
    fn write(&self) -> Option<u32> {
        match self.transfer(Operation::Write) {
            InCaller::Over { result: Ok(4096), unseen } => unseen,
            InCaller::Begun(0) => None,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_write_needs_proof_that_memory_is_all_it_waits_for() {
    let scene = Scene::new();
    assert!(scene.write().is_none(), "nothing is known of the file's speed");
    scene.by_worker(Operation::Read, QUICK_NS);
    assert!(scene.write().is_none(), "reads prove nothing about writes");
    scene.by_worker(Operation::Write, QUICK_NS);
    scene.world.engine.looked(scene.write().unwrap());
    scene.by_worker(Operation::Write, SLOW_NS);
    assert!(scene.write().is_none(), "it has become slow");
    scene.is_proven(true);
    scene.by_worker(Operation::Write, SLOW_NS);
    scene.by_worker(Operation::Write, QUICK_NS);
    assert!(scene.write().is_none(), "one quick write proves nothing after a slow one");
    for _ in 0..50 {
        scene.by_worker(Operation::Write, QUICK_NS);
    }
    assert!(scene.write().is_some(), "it has become quick again");
}

#[test]
fn writes_that_take_longer_than_memory_does_are_not_made() {
    let scene = Scene::new();
    for turn in 0..50 {
        // As on a device that takes 200 µs for every other write.
        scene.by_worker(Operation::Write, if turn % 2 == 0 { QUICK_NS } else { 200_000 });
    }
    assert!(scene.write().is_none());
}

#[test]
fn a_second_write_waits_for_a_look_at_the_first() {
    let scene = Scene::new();
    scene.by_worker(Operation::Write, QUICK_NS);
    let unseen = scene.write().unwrap();
    scene.is_proven(true);
    assert!(scene.write().is_none());
    scene.world.engine.looked(unseen);
    assert!(scene.write().is_some());
}

#[test]
fn a_slow_call_of_a_thread_that_has_not_slept_closes_nothing() {
    let world = World::new(Choice::Auto);
    let is_open_after_a_slow_one = || {
        let way = Way::default();
        world.engine.judge(&way, 4096, 0, SLOW_NS, false);
        way.is_open(|| SLOW_NS)
    };
    let sleep = || std::thread::sleep(std::time::Duration::from_nanos(SLOW_NS));
    assert!(!is_open_after_a_slow_one(), "nothing is known of the thread");
    assert!(is_open_after_a_slow_one());
    assert!(is_open_after_a_slow_one());
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(!is_open_after_a_slow_one(), "nothing is known of another thread"));
    });
    sleep();
    assert!(!is_open_after_a_slow_one(), "it has slept");
    sleep();
    world.engine.slots.note_sleeps();
    assert!(is_open_after_a_slow_one(), "it has slept, but not since");
}

#[test]
fn a_write_overtakes_nothing_on_its_file() {
    let scene = Scene::new();
    scene.by_worker(Operation::Write, QUICK_NS);
    let alias = scene.file.dup();
    let asked = scene.world.submit(&alias, Operation::Read, 4096, 0);
    assert!(scene.write().is_none(), "a read through another descriptor of the file is outstanding");
    scene.world.finish(asked, Ok(4096));
    assert!(scene.write().is_some());
}

#[test]
fn a_write_that_waits_for_the_device_is_not_made() {
    use std::os::unix::fs::OpenOptionsExt;
    let path = tempfile::NamedTempFile::new().unwrap();
    let file = OpenOptions::new().write(true).custom_flags(libc::O_DSYNC).open(path.path()).unwrap();
    let scene = Scene { file: Descriptor::new(file, 0), ..Scene::new() };
    scene.by_worker(Operation::Write, QUICK_NS);
    assert!(scene.write().is_none());
}

#[test]
fn who_waits_runs_what_is_queued_for_a_worker() {
    let scene = Scene::new();
    let engine = scene.world.engine;
    let masked = Masked::block();
    let wait = || engine.lend_a_hand(crate::sys::thread::ALL_HOMES);
    assert!(!wait(), "nothing is queued");
    // Nobody is woken, so they stay in the queue.
    let asked = [4096, WRITE_MAX_BYTES as u64 + 1].map(|len| {
        let token = engine.slab.take().unwrap();
        let request = engine.slab.get(token.index());
        request.operation.set(Operation::Write);
        request.kind.set(Kind::Buffered);
        request.fd.set(scene.file.fd());
        request.buffer.set(scene.bytes.as_ptr() as u64);
        request.offset.set(0);
        request.len.set(len);
        assert!(engine.workers.push(engine, token.index(), &masked, &mut Wakes::default()));
        token
    });
    assert!(!wait(), "nothing is known of the file's speed");
    scene.by_worker(Operation::Write, QUICK_NS);
    assert!(wait());
    let living = asked.map(|token| engine.slab.living(token).is_some());
    assert_eq!(living, [false, true], "one of many bytes is left to a worker");
    assert!(!wait());
}
