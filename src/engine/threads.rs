//! The bodies of the library's threads: from the words that a thread is given to the engine that it serves.

use core::any::Any;

use super::Engine;
use crate::backend::{Backend, Thread};
use crate::sys::lock::Masked;
use crate::sys::log;
use crate::sys::thread::{self, Entry};

type Owner = &'static (dyn Any + Sync);
type Body = fn(Owner, usize, &Masked);

/// Runs a thread's body for the engine that it serves.
fn serve(owner: Owner, body: impl FnOnce(&'static Engine)) {
    if let Some(engine) = (owner as &'static dyn Any).downcast_ref::<Engine>() {
        body(engine);
        engine.stats.thread_ended();
    }
}

pub(super) fn notify(owner: Owner, _number: usize, masked: &Masked) {
    serve(owner, |engine| engine.notifier.run(engine, masked));
}

fn files(owner: Owner, _number: usize, masked: &Masked) {
    serve(owner, |engine| engine.ring.run(engine, masked));
}

fn streams(owner: Owner, _number: usize, masked: &Masked) {
    serve(owner, |engine| engine.streams.run(engine, masked));
}

fn worker(owner: Owner, number: usize, masked: &Masked) {
    serve(owner, |engine| engine.workers.run(engine, number, masked));
}

fn keeper(owner: Owner, number: usize, masked: &Masked) {
    serve(owner, |engine| engine.keeper.run(engine, number, masked));
}

fn native(owner: Owner, number: usize, masked: &Masked) {
    serve(owner, |engine| engine.attend_to(number as u32, masked));
}

/// Starts a thread; its backend hears of a failure.
pub(super) fn start(engine: &'static Engine, thread: Thread, masked: &Masked) {
    let (name, run, number): ([u8; 16], Body, usize) = match thread {
        Thread::Files => (*b"uaio-ring\0\0\0\0\0\0\0", files, 0),
        Thread::Streams => (*b"uaio-ring\0\0\0\0\0\0\0", streams, 1),
        Thread::Worker(number) => (numbered(number), worker, number),
        Thread::Keeper(number) => (*b"uaio-keeper\0\0\0\0\0", keeper, number),
        Thread::Native(number) => (*b"uaio-native\0\0\0\0\0", native, number),
    };
    let started = thread::spawn(Entry { name, run, owner: engine, number }).is_ok();
    engine.stats.thread_started(started);
    if !started {
        failed(engine, thread, masked);
    }
}

/// A thread cannot be started: who asked for it does without.
pub(super) fn failed(engine: &'static Engine, thread: Thread, masked: &Masked) {
    log::say(format_args!("cannot start a thread for {thread:?}"));
    match thread {
        Thread::Files => engine.ring.start_failed(engine, thread, masked),
        Thread::Streams => engine.streams.start_failed(engine, thread, masked),
        Thread::Worker(_) => engine.workers.start_failed(engine, thread, masked),
        Thread::Keeper(number) => engine.keeper.refuse(number),
        Thread::Native(number) => engine.do_without_attendant(number as u32, masked),
    }
}

/// `uaio-N`.
fn numbered(number: usize) -> [u8; 16] {
    let mut name = *b"uaio-\0\0\0\0\0\0\0\0\0\0\0";
    let mut at = 5;
    for unit in [100, 10, 1] {
        if number >= unit || unit == 1 {
            if let Some(byte) = name.get_mut(at) {
                *byte = b'0' + (number / unit % 10) as u8;
            }
            at += 1;
        }
    }
    name
}
