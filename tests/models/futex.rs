//! futex(2), and one eventfd: a table of sleepers under a lock, as in the kernel.
//!
//! The kernel's FUTEX_WAIT looks at the word under the lock of its table, FUTEX_WAKE looks for sleepers after a full
//! barrier: so either the sleeper sees the new word, or the other the sleeper. A thread that is never woken is a
//! deadlock, which loom reports. Deadlines pass only when the model says so, not to cover for a lost wake-up.

use loom::sync::{Condvar, Mutex, MutexGuard};

use super::atomic::{AtomicU32, Ordering};
use super::errno::Errno;

/// The only eventfd.
pub const EVENTFD: i32 = 1_000_000;

struct Sleeper {
    word: usize,
    number: u32,
    deadline_ns: u64,
}

#[derive(Default)]
struct Table {
    sleepers: Vec<Sleeper>,
    numbers: u32,
    expired: Vec<u32>,
    now_ns: u64,
    /// So much passes as soon as somebody sleeps with a deadline.
    hurry_ns: u64,
    raised: bool,
}

struct Kernel {
    table: Mutex<Table>,
    changed: Condvar,
}

loom::lazy_static! {
    static ref KERNEL: Kernel = Kernel { table: Mutex::new(Table::default()), changed: Condvar::new() };
}

fn table() -> MutexGuard<'static, Table> {
    KERNEL.table.lock().unwrap()
}

fn name(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}

pub fn wait(word: &AtomicU32, expected: u32) {
    let _ = wait_until(word, expected, None);
}

pub fn wait_until(word: &AtomicU32, expected: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
    let mut there = table();
    if word.load(Ordering::Relaxed) != expected {
        return Err(Errno(libc::EAGAIN));
    }
    let deadline_ns = deadline_ns.unwrap_or(u64::MAX);
    there.now_ns += if deadline_ns < u64::MAX { there.hurry_ns } else { 0 };
    if deadline_ns <= there.now_ns {
        return Err(Errno(libc::ETIMEDOUT));
    }
    sleep(there, name(word), deadline_ns)
}

/// Until somebody takes us off the table.
fn sleep(mut there: MutexGuard<'static, Table>, word: usize, deadline_ns: u64) -> Result<(), Errno> {
    there.numbers += 1;
    let number = there.numbers;
    there.sleepers.push(Sleeper { word, number, deadline_ns });
    while there.sleepers.iter().any(|sleeper| sleeper.number == number) {
        there = KERNEL.changed.wait(there).unwrap();
    }
    if there.expired.contains(&number) { Err(Errno(libc::ETIMEDOUT)) } else { Ok(()) }
}

pub fn wait_cancellable(word: &AtomicU32, expected: u32, deadline_ns: Option<u64>) -> Result<(), Errno> {
    wait_until(word, expected, deadline_ns)
}

pub fn wake(word: &AtomicU32, count: i32) -> usize {
    wake_name(&mut table(), name(word), count)
}

fn wake_name(there: &mut Table, word: usize, count: i32) -> usize {
    let before = there.sleepers.len();
    let mut left = count;
    there.sleepers.retain(|sleeper| {
        let woken = sleeper.word == word && left > 0;
        left -= i32::from(woken);
        !woken
    });
    let woken = before - there.sleepers.len();
    if woken > 0 {
        KERNEL.changed.notify_all();
    }
    woken
}

/// A wake-up of all that sleep under a name, for other things to sleep on.
pub fn wake_all(word: usize) {
    wake_name(&mut table(), word, i32::MAX);
}

/// Sleeps under a name until woken, unless `over` says, under the table's lock, that there is no need.
pub fn sleep_unless(word: usize, over: impl FnOnce() -> bool) {
    let there = table();
    if !over() {
        let _ = sleep(there, word, u64::MAX);
    }
}

pub fn now_ns() -> u64 {
    table().now_ns
}

/// From now on nobody sleeps up to a deadline: the thread of a library that has nothing to do leaves.
pub fn hurry(ns: u64) {
    table().hurry_ns = ns;
    pass(ns);
}

pub fn pass(ns: u64) {
    let mut there = table();
    there.now_ns += ns;
    let now_ns = there.now_ns;
    let late = |sleeper: &Sleeper| sleeper.deadline_ns <= now_ns;
    let expired: Vec<u32> = there.sleepers.iter().filter(|each| late(each)).map(|each| each.number).collect();
    there.sleepers.retain(|sleeper| !late(sleeper));
    there.expired.extend(expired);
    KERNEL.changed.notify_all();
}

pub fn raise() {
    let mut there = table();
    there.raised = true;
    wake_name(&mut there, EVENTFD as usize, i32::MAX);
}

pub fn clear() {
    table().raised = false;
}

/// Whether the eventfd is raised, now or until a time has passed.
pub fn wait_raised(timeout_ns: u64) -> bool {
    let mut there = table();
    if there.raised || timeout_ns == 0 {
        return there.raised;
    }
    if there.hurry_ns > 0 {
        there.now_ns += there.hurry_ns;
        return false;
    }
    let deadline_ns = there.now_ns.saturating_add(timeout_ns);
    let _ = sleep(there, EVENTFD as usize, deadline_ns);
    table().raised
}
