//! The worker threads: each with a queue of its own, for what no kernel interface takes without blocking.
//!
//! One lock guards all queues: an operation holds it for some tens of nanoseconds, a request takes a system call at
//! least. A worker with an empty queue takes from the others, except writes that follow a file (see `affinity`).
//!
//! Requests that are quick, and whose program will wait for them, are *offered* to the thread that will wait, and no
//! worker is woken: see `backend::offers`.

use crossbeam_utils::CachePadded;

use super::offers::Offers;
use super::{ASLEEP, AWAKE, Backend, Host, Spin, Taken, Thread, Waker, Wakes, io_priority, transfer};
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, NONE, Place, Request, Route};
use crate::sys::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::thread::ALL_HOMES;
use crate::sys::{call, clock, futex, memory};

/// The original's numbers: at least so many once in use…
const LEAST: usize = 4;
/// …and never more than so many.
pub const MOST: usize = 256;
/// A worker is added when the queues are so deep.
const DEEP: usize = 2;
/// Workers leave after this time without work, unless aio_init says otherwise.
pub const IDLE_NS: u64 = 1_000_000_000;
/// Beyond this depth a file's writes go to other workers as well.
const AFFINE_DEPTH: usize = 64;
/// A worker that has been in one system call for so long gets no more by affinity.
const SLOW_NS: u64 = 1_000_000;

/// Between AWAKE and ASLEEP: the worker looks at the word itself, no system call is needed to wake it.
pub(super) const SPINNING: u32 = 2;

struct Worker {
    queue: List<ByQueue>,
    alive: bool,
}

pub(super) struct Pool {
    /// Room for [`MOST`], made with the first request.
    workers: Vec<Worker>,
    /// Who waits for work, the latest last: its caches are warm.
    pub(super) idle: Vec<usize>,
    pub(super) alive: usize,
    /// Workers have had no number from here on.
    reach: usize,
    /// Where the search for the shortest queue goes on.
    hand: usize,
}

/// See the head of the file.
pub struct Workers {
    pub(super) pool: Lock<Pool>,
    /// Requests in the queues. Changed under the lock.
    queued: CachePadded<AtomicUsize>,
    pub(super) offers: Offers,
    desks: &'static [CachePadded<Desk>],
    limit: AtomicUsize,
    idle_ns: AtomicU64,
}

/// What a worker does next.
enum Next {
    /// This request.
    Run(Index),
    /// It watches over what is offered.
    Watch,
    /// Nothing.
    Rest,
}

/// What others see of a worker without the lock.
pub(super) struct Desk {
    pub(super) waker: Waker,
    /// When it began the system call it is in; 0 for none.
    since_ns: AtomicU64,
    spin: Spin,
}

impl Workers {
    /// Without a thread.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new() -> Result<Workers, Errno> {
        let (mut workers, mut idle) = (Vec::new(), Vec::new());
        workers.try_reserve_exact(MOST).map_err(|_| Errno(libc::EAGAIN))?;
        workers.resize_with(MOST, || Worker { queue: List::new(), alive: false });
        idle.try_reserve_exact(MOST).map_err(|_| Errno(libc::EAGAIN))?;
        let processors = call::processors();
        let desk =
            || CachePadded::new(Desk { waker: Waker::new(), since_ns: AtomicU64::new(0), spin: Spin::new(processors) });
        Ok(Workers {
            pool: Lock::new(Pool { workers, idle, alive: 0, reach: 0, hand: 0 }),
            queued: CachePadded::default(),
            offers: Offers::new()?,
            desks: memory::leaked_slice(MOST, desk)?,
            limit: AtomicUsize::new(MOST),
            idle_ns: AtomicU64::new(IDLE_NS),
        })
    }

    /// As aio_init asks: at most so many threads, and when to leave.
    pub fn tune(&self, threads: usize, idle_ns: u64) {
        self.limit.store(threads.clamp(1, MOST), Ordering::Relaxed);
        self.idle_ns.store(idle_ns, Ordering::Relaxed);
    }

    /// The body of a worker's thread.
    pub fn run(&'static self, host: &'static dyn Host, number: usize, masked: &Masked) {
        let mut io_priority_set = 0;
        loop {
            match self.next(host, number, masked) {
                Next::Run(index) => self.serve(host, number, index, &mut io_priority_set, masked),
                Next::Watch if self.watch_over(number, masked) => {}
                Next::Watch | Next::Rest if self.rest(number, masked) => {}
                Next::Watch | Next::Rest => return,
            }
        }
    }

    /// Runs what is queued in this thread, when there is no worker and none can be started.
    pub fn run_here(&self, host: &'static dyn Host, masked: &Masked) {
        let mut io_priority_set = 0;
        loop {
            let mut pool = self.pool.lock(masked);
            self.offers.give_up(ALL_HOMES, masked);
            let Some(index) = self.find(host, &mut pool, 0, masked) else { return };
            drop(pool);
            self.serve(host, 0, index, &mut io_priority_set, masked);
        }
    }

    pub(super) fn waker(&self, number: usize) -> Option<&'static Waker> {
        self.desks.get(number).map(|desk| &desk.waker)
    }

    pub(super) fn wake(&self, number: usize, wakes: &mut Wakes) {
        if let Some(desk) = self.desks.get(number) {
            wakes.wake(&desk.waker);
        }
    }

    /// Whether a request is in a worker's queue.
    pub fn has_queued(&self) -> bool {
        self.queued.load(Ordering::Relaxed) > 0
    }

    /// Gives a request that waits for a worker, or is offered by threads of these homes, to somebody else, who has to
    /// run and complete it.
    pub fn give(
        &self,
        host: &'static dyn Host,
        homes: u32,
        fits: &dyn Fn(&Request) -> bool,
        masked: &Masked,
    ) -> Option<Index> {
        let slab = host.slab();
        let offered = self.offers.accept(slab, homes, fits, masked);
        let index = offered.or_else(|| {
            if !self.has_queued() {
                return None;
            }
            let mut pool = self.pool.lock(masked);
            let reach = pool.reach;
            let index = pool.workers.iter_mut().take(reach).find_map(|worker| {
                worker.queue.first().filter(|first| fits(slab.get(*first)))?;
                worker.queue.pop_front(slab)
            })?;
            self.begun(slab.get(index));
            Some(index)
        })?;
        self.offers.earn();
        Some(index)
    }

    /// A request has been taken out of a queue to be run. The lock is held.
    fn begun(&self, request: &Request) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
        request.place.set(Place::Started);
    }

    fn serve(&self, host: &'static dyn Host, number: usize, index: Index, io_priority_set: &mut u16, masked: &Masked) {
        let request = host.slab().get(index);
        let wanted = io_priority(request.priority.get());
        if wanted != *io_priority_set {
            call::set_io_priority(wanted);
            *io_priority_set = wanted;
        }
        let Some(desk) = self.desks.get(number) else { return };
        let began_ns = clock::now_ns();
        desk.since_ns.store(began_ns, Ordering::Relaxed);
        let result = transfer::run(request);
        desk.since_ns.store(0, Ordering::Relaxed);
        host.timed(index, clock::now_ns() - began_ns);
        host.complete(index, result, masked);
    }

    /// The next request for this worker: its own, or what another has queued. Without one the worker is put
    /// on the list of the idle in the same breath, or it would miss what is queued in between.
    fn next(&self, host: &'static dyn Host, number: usize, masked: &Masked) -> Next {
        let mut pool = self.pool.lock(masked);
        self.offers.leave(number);
        if let Some(index) = self.find(host, &mut pool, number, masked) {
            // It may take long: somebody else has to watch, or to take what is offered.
            if self.offers.is_unwatched() {
                let mut wakes = Wakes::default();
                self.hurry_in(&mut pool, ALL_HOMES, masked, &mut wakes);
                drop(pool);
                wakes.flush(host, masked);
            }
            return Next::Run(index);
        }
        if let Some(desk) = self.desks.get(number) {
            desk.waker.word.store(SPINNING, Ordering::SeqCst);
        }
        if self.offers.is_unwatched() {
            self.offers.watch(number);
            pool.idle.retain(|idle| *idle != number);
            return Next::Watch;
        }
        // A late wake-up may have ended the last rest without taking us off the list.
        if !pool.idle.contains(&number) {
            pool.idle.push(number);
        }
        Next::Rest
    }

    fn find(&self, host: &'static dyn Host, pool: &mut Pool, number: usize, masked: &Masked) -> Option<Index> {
        let slab = host.slab();
        if !self.has_queued() {
            return self.offers.take_overdue(slab, masked);
        }
        let own = pool.workers.get_mut(number).and_then(|worker| worker.queue.pop_front(slab));
        let found = own.or_else(|| {
            pool.workers.iter_mut().take(pool.reach).enumerate().find_map(|(other, worker)| {
                let first = worker.queue.first()?;
                // A file's writes exclude each other in the kernel: a second thread would only wait.
                let follows = worker.alive && slab.get(first).affinity.get() != 0;
                if follows && !self.is_held_up(other, clock::now_ns()) {
                    return None;
                }
                worker.queue.pop_front(slab)
            })
        });
        match found {
            Some(index) => {
                self.begun(slab.get(index));
                Some(index)
            }
            None => self.offers.take_overdue(slab, masked),
        }
    }

    /// Waits for work, on the list of the idle; `false` when the thread is to leave.
    fn rest(&self, number: usize, masked: &Masked) -> bool {
        let Some(Desk { waker, spin, .. }) = self.desks.get(number).map(|desk| &**desk) else { return false };
        if spin.until(None, || waker.word.load(Ordering::Acquire) == AWAKE) {
            return true;
        }
        if waker.word.compare_exchange(SPINNING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return true;
        }
        let until_ns = clock::now_ns() + self.idle_ns.load(Ordering::Relaxed);
        while waker.word.load(Ordering::Acquire) == ASLEEP {
            let _ = futex::wait_until(&waker.word, ASLEEP, Some(until_ns));
            if clock::now_ns() >= until_ns {
                return !self.leave(number, masked);
            }
        }
        true
    }

    fn leave(&self, number: usize, masked: &Masked) -> bool {
        let mut pool = self.pool.lock(masked);
        // Whoever gave us work has taken us off the list.
        let Some(at) = pool.idle.iter().position(|idle| *idle == number) else { return false };
        pool.idle.remove(at);
        self.dismiss(&mut pool, number);
        true
    }

    /// Whether the worker that served this file last should get this request too.
    fn follows(&self, pool: &Pool, number: usize) -> bool {
        let Some(worker) = pool.workers.get(number) else { return false };
        let slow = !worker.queue.is_empty() && self.is_held_up(number, clock::now_ns());
        worker.alive && worker.queue.len() < AFFINE_DEPTH && !slow
    }

    /// Whose queue the request goes to, and whether that worker comes for it: it was idle, or is to be started.
    fn choose(&self, pool: &mut Pool, affinity: u32, wakes: &mut Wakes) -> (usize, bool) {
        if affinity != 0 && self.follows(pool, affinity as usize - 1) {
            let number = affinity as usize - 1;
            let idle = pool.idle.iter().position(|idle| *idle == number);
            match idle {
                Some(at) => _ = pool.idle.remove(at),
                None => wakes.watch = true,
            }
            return (number, idle.is_some());
        }
        if let Some(number) = pool.idle.pop() {
            return (number, true);
        }
        if pool.alive < LEAST || self.queued.load(Ordering::Relaxed) >= DEEP * pool.alive {
            if let Some(number) = self.hire(pool) {
                if wakes.start(Thread::Worker(number)) {
                    return (number, true);
                }
                self.dismiss(pool, number);
            }
        }
        wakes.watch = true;
        (self.shortest(pool), false)
    }

    /// A number for one more worker, if the limit allows it.
    pub(super) fn hire(&self, pool: &mut Pool) -> Option<usize> {
        if pool.alive >= self.limit.load(Ordering::Relaxed) {
            return None;
        }
        let number = pool.workers.iter().position(|worker| !worker.alive)?;
        pool.workers.get_mut(number)?.alive = true;
        pool.alive += 1;
        pool.reach = pool.reach.max(number + 1);
        Some(number)
    }

    pub(super) fn dismiss(&self, pool: &mut Pool, number: usize) {
        if let Some(worker) = pool.workers.get_mut(number) {
            worker.alive = false;
        }
        pool.alive -= 1;
    }

    /// Whether a worker has been in one system call for long.
    fn is_held_up(&self, number: usize, now_ns: u64) -> bool {
        let since_ns = self.desks.get(number).map_or(0, |desk| desk.since_ns.load(Ordering::Relaxed));
        since_ns != 0 && now_ns.saturating_sub(since_ns) > SLOW_NS
    }

    /// Called now and then while requests wait: when every worker is held up (by a file whose server is
    /// slow, or waits for one of the requests that wait), one more is to be started. Tells whether to look
    /// again, and whom to start.
    pub fn look_after(&self, masked: &Masked) -> (bool, Option<usize>) {
        let now_ns = clock::now_ns();
        let mut pool = self.pool.lock(masked);
        if !self.has_queued() && !self.offers.is_overdue() && !self.offers.is_unwatched() {
            return (false, None);
        }
        if let Some(desk) = pool.idle.last().and_then(|number| self.desks.get(*number)) {
            // What follows a file waits for a worker that may be held up: another may take it then.
            desk.waker.wake();
            return (true, None);
        }
        let mut all = pool.workers.iter().enumerate().filter(|(_, worker)| worker.alive);
        let held_up = all.all(|(number, _)| self.is_held_up(number, now_ns));
        let start = if held_up { self.hire(&mut pool) } else { None };
        (true, start)
    }

    /// Takes a request back from a worker's queue; `false`: it has begun.
    fn withdraw(&self, slab: &Slab, index: Index, number: usize, masked: &Masked) -> bool {
        let request = slab.get(index);
        let mut pool = self.pool.lock(masked);
        let worker = pool.workers.get_mut(number).filter(|_| request.place.get() == Place::Queue);
        let waits = worker.map(|worker| worker.queue.remove(slab, index)).is_some();
        if waits {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            request.place.set(Place::Idle);
        }
        waits
    }

    /// The shorter of the next two queues: as good as a search through all, nearly.
    fn shortest(&self, pool: &mut Pool) -> usize {
        let mut candidates = (1..=MOST)
            .map(|step| (pool.hand + step) % MOST)
            .filter(|number| pool.workers.get(*number).is_some_and(|worker| worker.alive));
        let first = candidates.next().unwrap_or(0);
        let second = candidates.next().unwrap_or(first);
        pool.hand = first;
        let depth = |number: usize| pool.workers.get(number).map_or(usize::MAX, |worker| worker.queue.len());
        if depth(second) < depth(first) { second } else { first }
    }
}

impl Backend for Workers {
    fn push(&'static self, host: &'static dyn Host, index: Index, masked: &Masked, wakes: &mut Wakes) -> bool {
        let request = host.slab().get(index);
        request.worker.set(NONE);
        if request.offered.get() && self.offer(host.slab(), index, masked, wakes) {
            return true;
        }
        let mut pool = self.pool.lock(masked);
        let (number, called) = self.choose(&mut pool, request.affinity.get(), wakes);
        request.called.set(called);
        request.place.set(Place::Queue);
        request.route.set(Route::Worker);
        request.worker.set(number as u32);
        self.queued.fetch_add(1, Ordering::Relaxed);
        if let Some(worker) = pool.workers.get_mut(number) {
            worker.queue.push_by_priority(host.slab(), index);
        }
        self.wake(number, wakes);
        true
    }

    fn take_back(&'static self, host: &'static dyn Host, index: Index, begun: bool, masked: &Masked) -> Taken {
        let request = host.slab().get(index);
        // Another route did a part of it and handed the rest on: it has started.
        let part = request.done.get() > 0;
        if part && !begun {
            return Taken::No;
        }
        let taken = match request.worker.get() {
            NONE => self.offers.withdraw(host.slab(), index, masked),
            number => self.withdraw(host.slab(), index, number as usize, masked),
        };
        match taken {
            true if part => Taken::Begun,
            true => Taken::Fresh,
            false => Taken::No,
        }
    }

    /// A worker's file is held only inside its system call: see `Engine::closing`, which waits for the end.
    fn fence(&'static self, _masked: &Masked) {}

    fn start_failed(&'static self, host: &'static dyn Host, thread: Thread, masked: &Masked) {
        let Thread::Worker(number) = thread else { return };
        let mut pool = self.pool.lock(masked);
        self.dismiss(&mut pool, number);
        self.offers.leave(number);
        if pool.alive == 0 {
            drop(pool);
            return self.run_here(host, masked);
        }
        // The others carry on: what was meant for this one goes to one of them.
        let other = self.shortest(&mut pool);
        let taken = pool.workers.get_mut(number).map(|worker| core::mem::take(&mut worker.queue));
        let mut orphans = taken.unwrap_or_default();
        while let (Some(index), Some(worker)) = (orphans.pop_front(host.slab()), pool.workers.get_mut(other)) {
            host.slab().get(index).worker.set(other as u32);
            worker.queue.push_by_priority(host.slab(), index);
        }
        pool.idle.retain(|idle| *idle != other);
        self.offers.give_up(ALL_HOMES, masked);
        drop(pool);
        if let Some(desk) = self.desks.get(other) {
            desk.waker.wake();
        }
    }
}
