//! Native AIO: a context whose requests the model finishes. The ring's head, its tail and the wait behave as
//! those of the kernel (fs/aio.c); `backend::native` says what its users rely on.

use super::atomic::{AtomicU32, AtomicU64, Ordering};
use super::errno::Errno;
use super::futex;

pub const BATCH: usize = 2;
/// Events that the ring has room for.
const COUNT: u32 = 4;

#[derive(Clone, Copy)]
pub struct Event {
    pub data: u64,
    pub result: i64,
}

#[derive(Clone, Copy, Default)]
pub struct ControlBlock {
    pub data: u64,
}

impl ControlBlock {
    pub fn new(data: u64, _write: bool, _fd: i32, _buffer: (usize, usize), _offset: i64, _priority: u16) -> Self {
        ControlBlock { data }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    Filled,
    TimedOut,
    Interrupted,
}

pub struct Context {
    head: AtomicU32,
    tail: AtomicU32,
    events: [AtomicU64; COUNT as usize],
}

loom::lazy_static! {
    /// Taken and not finished: the device's, with the context.
    static ref FLYING: loom::sync::Mutex<Vec<(u64, &'static Context)>> = loom::sync::Mutex::new(Vec::new());
}

/// The device finishes the request that was taken last.
pub fn finish_one() {
    if let Some((data, context)) = FLYING.lock().unwrap().pop() {
        context.add(data);
    }
}

impl Context {
    pub fn new(_requests: u32) -> Result<Context, Errno> {
        Ok(Context { head: AtomicU32::new(0), tail: AtomicU32::new(0), events: Default::default() })
    }

    pub fn tail(&self) -> u32 {
        self.tail.load(Ordering::Acquire)
    }

    pub fn set_head(&self, to: u32) {
        self.head.store(to, Ordering::Release);
    }

    pub fn after(&self, at: u32) -> u32 {
        (at + 1) % COUNT
    }

    pub fn before(&self, at: u32) -> u32 {
        (at + COUNT - 1) % COUNT
    }

    pub fn event(&self, at: u32) -> Event {
        Event { data: self.events[at as usize].load(Ordering::Relaxed), result: 0 }
    }

    pub fn submit(&self, blocks: &mut [ControlBlock]) -> Result<usize, Errno> {
        // SAFETY: a context lives as long as the model, in leaked memory.
        let context = unsafe { &*core::ptr::from_ref(self) };
        FLYING.lock().unwrap().extend(blocks.iter().map(|block| (block.data, context)));
        Ok(blocks.len())
    }

    fn add(&self, data: u64) {
        let at = self.tail.load(Ordering::Relaxed);
        assert_ne!(self.after(at), self.head.load(Ordering::Acquire), "the ring is full");
        self.events[at as usize].store(data, Ordering::Relaxed);
        self.tail.store(self.after(at), Ordering::Release);
        futex::wake_all(self.name());
    }

    fn name(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// The kernel puts the thread on the context's queue, looks at the ring, and sleeps.
    pub fn wait(&self, _timeout_ns: Option<u64>, _signals: &u64) -> Result<Waited, Errno> {
        futex::sleep_unless(self.name(), || self.head.load(Ordering::Acquire) != self.tail.load(Ordering::Acquire));
        Ok(Waited::Filled)
    }
}
