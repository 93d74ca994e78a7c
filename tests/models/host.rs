//! An engine for the backends: it completes requests as the real one does, and counts.

use loom::thread::JoinHandle;

use crate::backend::native::Native;
use crate::backend::reactor::{Reactor, Serves};
use crate::backend::workers::Workers;
use crate::backend::{Backend, Fallback, Host, Served, Thread, Wakes};
use crate::engine::wait::Slots;
use crate::request::slab::Slab;
use crate::request::{Index, Kind, Operation, Place, Token};
use crate::sys::atomic::{AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::{futex, memory, thread};

/// Longer than any idle time.
const LONG_NS: u64 = 100_000_000_000;

pub struct Bench {
    pub slab: Slab,
    pub slots: Slots,
    pub workers: Workers,
    pub streams: Reactor,
    pub native: Native,
    /// Stands for the lock of the file's shard.
    pub shard: Lock<()>,
    pub ended: AtomicUsize,
    pub cancelled: AtomicUsize,
    threads: loom::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Bench {
    /// With all records made: their birth is not what is checked.
    pub fn new() -> &'static Bench {
        let bench = Bench {
            slab: Slab::new().unwrap(),
            slots: Slots::new().unwrap(),
            workers: Workers::new().unwrap(),
            streams: Reactor::new(Serves::Streams, false),
            native: Native::new(true).unwrap(),
            shard: Lock::new(()),
            ended: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            threads: loom::sync::Mutex::new(Vec::new()),
        };
        let bench = memory::leaked(bench).unwrap();
        bench.slab.give_back(bench.slab.take().unwrap().index());
        bench
    }

    /// A request that ends as soon as somebody runs it.
    pub fn request(&self, kind: Kind) -> Token {
        let token = self.slab.take().unwrap();
        let request = self.slab.get(token.index());
        request.operation.set(if kind == Kind::Pipe { Operation::Read } else { Operation::List });
        request.kind.set(kind);
        token
    }

    /// As `Engine::submit`.
    pub fn push(&'static self, backend: &'static dyn Backend, token: Token, masked: &Masked) {
        let mut wakes = Wakes::default();
        {
            let _shard = self.shard.lock(masked);
            assert!(backend.push(self, token.index(), masked, &mut wakes));
        }
        wakes.flush(self, masked);
    }

    /// As `Engine::cancel`.
    pub fn cancel(&'static self, backend: &'static dyn Backend, token: Token, masked: &Masked) {
        {
            let _shard = self.shard.lock(masked);
            let Some(request) = self.slab.living(token) else { return };
            if !matches!(request.place.get(), Place::Queue | Place::Started)
                || backend.take_back(self, token.index(), false, masked) == crate::backend::Taken::No
            {
                return;
            }
        }
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        self.complete(token.index(), Err(Errno(libc::ECANCELED)), masked);
    }

    /// As `Engine::lend_a_hand`.
    pub fn accept(&'static self, masked: &Masked) {
        if let Some(index) = self.workers.give(self, thread::ALL_HOMES, &|_| true, masked) {
            self.complete(index, Ok(0), masked);
        }
    }

    /// From here on every wait that has a deadline reaches it at once.
    pub fn hurry(&self) {
        futex::hurry(LONG_NS);
    }

    /// As `Engine::wait` for what library threads run: until the request is over.
    pub fn wait(&self, token: Token) {
        let mut ticket = self.slots.ticket();
        while let Some(request) = self.slab.living(token) {
            ticket.watch(request);
            if self.slab.living(token).is_none() {
                return;
            }
            ticket.sleep(None).unwrap();
        }
    }

    /// Lets all library threads leave, and waits until they have.
    pub fn close(&self) {
        let threads = core::mem::take(&mut *self.threads.lock().unwrap());
        for thread in threads {
            futex::hurry(LONG_NS);
            thread.join().unwrap();
        }
    }
}

impl Host for Bench {
    fn slab(&self) -> &Slab {
        &self.slab
    }

    fn complete(&'static self, index: Index, _result: Result<usize, Errno>, masked: &Masked) {
        let request = self.slab.get(index);
        assert_eq!(request.generation() & 1, 1, "a request ends twice");
        request.place.set(Place::Ending);
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.slab.retire(index);
        self.slots.wake(Slots::ended(request));
        // It leaves its file.
        drop(self.shard.lock(masked));
        self.slab.release(index);
    }

    fn reroute(&'static self, _index: Index, _masked: &Masked) {
        unreachable!("nothing is refused here");
    }

    fn timed(&self, _index: Index, _took_ns: u64) {}

    fn served(&self, _index: Index, _how: Served) {}

    fn launch(&'static self, first: Index, masked: &Masked) {
        self.native.launch(self, first, masked);
    }

    fn attend(&'static self, _contexts: u32, _masked: &Masked) {}

    fn fell_back(&self, _what: Fallback) {}

    fn watch(&'static self, _masked: &Masked) {}

    fn start(&'static self, what: Thread, _masked: &Masked) {
        let mut threads = self.threads.lock().unwrap();
        let number = threads.len() as i32 + 100;
        threads.push(loom::thread::spawn(move || {
            thread::call_it(number);
            let masked = Masked::library_thread();
            match what {
                Thread::Worker(number) => self.workers.run(self, number, &masked),
                Thread::Streams => self.streams.run(self, &masked),
                Thread::Files | Thread::Keeper(_) | Thread::Native(_) => unreachable!("not here"),
            }
        }));
    }
}
