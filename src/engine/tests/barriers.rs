//! A sync waits for everything that was accepted before it on its file, and nothing waits for a sync but a later sync.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

const MANY_SYNCS: Mix = Mix { syncs: 30, ..Mix::ALL };

#[test]
fn a_sync_is_dispatched_after_all_that_was_accepted_before_it_on_the_file() {
    each_run(MANY_SYNCS, |_, all, stories| {
        for sync in all.iter().filter(|asked| asked.operation.is_sync()) {
            let Some(pushed) = stories[sync.number].pushed.first() else { continue };
            for earlier in all[..sync.number].iter().filter(|asked| asked.file == sync.file) {
                let published = stories[earlier.number].published;
                assert!(published < *pushed, "sync {} overtook {}", sync.number, earlier.number);
            }
        }
    });
}

#[test]
fn a_sync_reports_its_own_error_or_that_of_a_covered_write() {
    each_run(MANY_SYNCS, |_, all, stories| {
        for sync in all.iter().filter(|asked| asked.operation.is_sync()) {
            let Story { accepted, own: Some(own), result, .. } = stories[sync.number] else { continue };
            if own.is_err() {
                assert_eq!(result, own);
                continue;
            }
            let covers = |asked: &&Asked| asked.file == sync.file && asked.operation == Operation::Write;
            let failed = |asked: &&Asked| stories[asked.number].result.is_err_and(|error| Err(error) != CANCELLED);
            let mut failed = all[..sync.number].iter().filter(covers).filter(failed).peekable();
            // Those that were not over when it was accepted must be told of; of the others it may know by an earlier
            // sync that had not reported them yet.
            let must = failed.clone().any(|asked| stories[asked.number].published > accepted);
            assert!(result.is_err() || !must, "sync {} hides an error", sync.number);
            if let Err(error) = result {
                let known = failed.any(|asked| stories[asked.number].result == Err(error));
                assert!(known, "sync {} made {error:?} up", sync.number);
            }
        }
    });
}

/// A file twice, for the runs by hand.
struct Twice {
    world: World,
    file: Descriptor,
    again: Descriptor,
}

impl Twice {
    fn new() -> Twice {
        let scratch = tempfile::NamedTempFile::new().unwrap();
        let again = Descriptor::new(OpenOptions::new().write(true).open(scratch.path()).unwrap(), 0);
        let world = World::new(Choice::Auto);
        world.begin(0, Odds::KIND);
        Twice { world, file: Descriptor::new(scratch.into_file(), 0), again }
    }
    fn write(&self) -> Asked {
        self.world.submit(&self.file, Operation::Write, 10, 0)
    }
    fn write_again(&self) -> Asked {
        self.world.submit(&self.again, Operation::Write, 10, 0)
    }
    fn sync(&self) -> Asked {
        self.world.submit(&self.file, Operation::Sync, 0, 0)
    }
    /// Finishes the rest and checks that nothing is left.
    fn result(&self, all: &[Asked], of: Asked) -> Result<usize, Errno> {
        self.world.run_dry();
        self.world.stories(all)[of.number].result
    }
}

#[test]
fn a_sync_waits_for_other_descriptors_of_the_file_and_holds_up_nothing() {
    let twice = Twice::new();
    let world = twice.world;
    let first = twice.write();
    let second = twice.write_again();
    let sync = twice.sync();
    let later = twice.write();
    assert!(world.is_dispatched(later));
    world.finish(first, Ok(10));
    world.finish(later, Ok(10));
    assert!(!world.is_dispatched(sync));
    world.finish(second, Ok(10));
    assert!(world.is_dispatched(sync));
    assert_eq!(twice.result(&[first, second, sync, later], sync), Ok(0));
}

#[test]
fn syncs_in_a_row_start_one_after_the_other() {
    let twice = Twice::new();
    let world = twice.world;
    let write = twice.write();
    let syncs = [twice.sync(), twice.sync(), twice.sync()];
    let states = || syncs.map(|sync| world.is_dispatched(sync));
    assert_eq!(states(), [false; 3]);
    world.finish(write, Ok(10));
    assert_eq!(states(), [true, false, false]);
    world.finish(syncs[0], Ok(0));
    assert_eq!(states(), [true, true, false]);
    world.finish(syncs[1], Ok(0));
    assert_eq!(states(), [true; 3]);
    assert_eq!(twice.result(&[write, syncs[0], syncs[1], syncs[2]], syncs[2]), Ok(0));
}

#[test]
fn the_first_error_of_a_covered_write_reaches_the_sync() {
    let twice = Twice::new();
    let world = twice.world;
    let writes = [twice.write(), twice.write_again(), twice.write(), twice.write()];
    let sync = twice.sync();
    let later = twice.write();
    assert_eq!(world.engine.cancel(writes[3].token), Cancel::Cancelled);
    world.finish(later, Err(Errno(libc::EDQUOT)));
    world.finish(writes[0], Ok(10));
    world.finish(writes[2], Err(Errno(libc::ENOSPC)));
    world.finish(writes[1], Err(Errno(libc::EIO)));
    world.finish(sync, Ok(0));
    let [a, b, c, d] = writes;
    assert_eq!(twice.result(&[a, b, c, d, sync, later], sync), Err(Errno(libc::ENOSPC)));
}

#[test]
fn neither_a_failed_read_nor_a_cancelled_write_is_an_error_of_the_sync() {
    let twice = Twice::new();
    let world = twice.world;
    let read = world.submit(&twice.file, Operation::Read, 10, 0);
    let write = twice.write();
    let sync = twice.sync();
    world.finish(read, Err(Errno(libc::EIO)));
    assert_eq!(world.engine.cancel(write.token), Cancel::Cancelled);
    assert_eq!(twice.result(&[read, write, sync], sync), Ok(0));
}

#[test]
fn a_cancelled_sync_hands_what_it_covered_to_the_next() {
    let twice = Twice::new();
    let world = twice.world;
    let failed = twice.write();
    let slow = twice.write_again();
    let first = twice.sync();
    let second = twice.sync();
    world.finish(failed, Err(Errno(libc::EIO)));
    assert_eq!(world.engine.cancel(first.token), Cancel::Cancelled);
    assert!(world.is_published(first) && !world.is_dispatched(second));
    world.finish(slow, Ok(10));
    assert!(world.is_dispatched(second));
    assert_eq!(twice.result(&[failed, slow, first, second], second), Err(Errno(libc::EIO)));
}

#[test]
fn a_sync_after_a_cancelled_one_covers_what_that_one_had() {
    let twice = Twice::new();
    let world = twice.world;
    let write = twice.write();
    let first = twice.sync();
    assert_eq!(world.engine.cancel(first.token), Cancel::Cancelled);
    let second = twice.sync();
    assert!(!world.is_dispatched(second));
    assert_eq!(twice.result(&[write, first, second], second), Ok(0));
}

/// As above, but in the moment in which the first is no barrier any more and still on the list of its file.
#[test]
fn a_sync_made_while_another_is_being_cancelled_covers_what_that_one_had() {
    let twice = Twice::new();
    let world = twice.world;
    let write = twice.write();
    let first = twice.sync();
    let (send, second) = mpsc::channel();
    let again = twice.again.dup();
    let made_meanwhile = move || send.send(world.submit(&again, Operation::Sync, 0, 0)).unwrap();
    *world.table.hook.lock().unwrap() = Some((world.table.block(first.number), Box::new(made_meanwhile)));
    assert_eq!(world.engine.cancel(first.token), Cancel::Cancelled);
    let second = second.recv().unwrap();
    assert!(!world.is_dispatched(second), "the sync overtook the write");
    world.finish(write, Err(Errno(libc::EIO)));
    assert_eq!(twice.result(&[write, first, second], second), Err(Errno(libc::EIO)));
}

#[test]
fn a_sync_of_another_file_waits_for_nothing() {
    let twice = Twice::new();
    let world = twice.world;
    let write = twice.write();
    let other = Descriptor::new(tempfile::tempfile().unwrap(), 1);
    let sync = world.submit(&other, Operation::DataSync, 0, 0);
    assert!(world.is_dispatched(sync));
    assert_eq!(twice.result(&[write, sync], sync), Ok(0));
}
