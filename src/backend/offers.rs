//! Offers: requests that the thread which will wait for them runs best itself. To have a worker on another processor do
//! it takes a wake-up, and the data, the file's lock and the request's record have to go there and back.
//!
//! What is offered (`Request::offered`) wakes nobody. Each home of threads ([`thread::home`]) has a *stall* for what
//! its threads offer, with a lock of its own, and who waits accepts from the stalls of those requests that it waits
//! for (`Workers::give`). So threads that wait for their own requests share nothing but, if they are many, a home.
//!
//! One worker *watches*: it looks every [`LOOK_NS`], and when nothing has been accepted in that time from a stall of
//! what was there at its beginning, all in it is *overdue*: workers take it, until nothing is left. So a program that
//! does not wait is held up by twice that time at most, by a few looks more while it goes on submitting, and once: no
//! more offers are made then (`credit`), until threads that wait have come for other requests.
//!
//! While anything is offered and not overdue, somebody watches, or every worker is busy and looks when it is done: a
//! watcher that is given other work leaves what is offered to the others, as overdue. Who offers looks for a watcher
//! after it has put the length of its stall up; who ceases to watch looks at all lengths after it has said so. Both
//! sides are sequentially consistent, so one of them sees the other.
//!
//! Who waits and cannot run what is offered, or waits for something that comes after it (a sync), says so: `hurry`.
//! That speaks against offers, too, and where no thread lends a hand (an engine is forced) none are made after a while.

use crossbeam_utils::CachePadded;

use super::workers::{Pool, SPINNING, Workers};
use super::{ASLEEP, AWAKE, Thread, Wakes};
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, Place, Request, Route};
use crate::sys::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::thread::{ALL_HOMES, HOMES};
use crate::sys::{clock, futex, memory};

/// How often the watcher looks.
const LOOK_NS: u64 = 200_000;
/// It is idle again after so many looks in a row at which nothing was offered.
const LOOKS: u32 = 16;
/// What the watcher finds grown it leaves so often: the program is still at it, and may take it back.
const GROWN_MOST: u32 = 4;
/// The most that `Offers::credit` grows to.
const CREDIT_MOST: u32 = 16;
/// `Offers::watcher`: nobody.
const NOBODY: usize = usize::MAX;

#[derive(Default)]
struct Stall {
    goods: Lock<Goods>,
    /// Of the queue; and how many have left it. Changed under the lock.
    length: AtomicUsize,
    accepted: AtomicU32,
}

#[derive(Default)]
struct Goods {
    queue: List<ByQueue>,
    /// Workers take what is here.
    overdue: bool,
}

/// See the head of the file.
pub(super) struct Offers {
    stalls: &'static [CachePadded<Stall>; HOMES],
    /// The stalls that are overdue, a bit each. Changed under their locks.
    overdue: AtomicU32,
    /// The worker that watches, or [`NOBODY`]. It is not on the list of the idle. Changed under the pool's lock.
    watcher: AtomicUsize,
    /// How much is to be said for offers, as it seems: none are made at 0.
    credit: AtomicU32,
}

/// What the watcher has seen of a stall.
#[derive(Clone, Copy, Default)]
struct Look {
    accepted: u32,
    length: usize,
    /// In how many looks, in a row, nothing had left.
    grown: u32,
}

/// What the watcher finds.
#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    InTime,
    /// Something has lain there for too long, and is overdue now.
    Late,
}

impl Offers {
    /// Nothing is offered.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub(super) fn new() -> Result<Offers, Errno> {
        Ok(Offers {
            stalls: memory::leaked_array()?,
            overdue: AtomicU32::new(0),
            watcher: AtomicUsize::new(NOBODY),
            credit: AtomicU32::new(CREDIT_MOST),
        })
    }

    /// These stalls, each with its bit.
    fn of(&self, homes: u32) -> impl Iterator<Item = (u32, &Stall)> {
        let mut rest = homes;
        core::iter::from_fn(move || {
            let home = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            self.stalls.get(home as usize).map(|stall| (1 << home, &**stall))
        })
    }

    /// Whether something is offered at one of these stalls.
    fn any(&self, homes: u32) -> bool {
        self.of(homes).any(|(_, stall)| stall.length.load(Ordering::SeqCst) > 0)
    }

    /// Whether there is something for workers to take.
    pub(super) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed) != 0
    }

    /// Something is offered, and nobody is to look after it.
    pub(super) fn is_unwatched(&self) -> bool {
        self.watcher.load(Ordering::SeqCst) == NOBODY && self.any(!self.overdue.load(Ordering::SeqCst))
    }

    /// The worker watches from now on. The pool is locked, here and below.
    pub(super) fn watch(&self, number: usize) {
        self.watcher.store(number, Ordering::SeqCst);
    }

    /// A worker watches no longer.
    pub(super) fn leave(&self, number: usize) {
        if self.watcher.load(Ordering::Relaxed) == number {
            self.watcher.store(NOBODY, Ordering::SeqCst);
        }
    }

    /// The first at one of these stalls, if it fits. It has begun.
    pub(super) fn accept(
        &self,
        slab: &Slab,
        homes: u32,
        fits: &dyn Fn(&Request) -> bool,
        masked: &Masked,
    ) -> Option<Index> {
        self.take_first(slab, homes, |_, first| fits(first), masked)
    }

    /// The first that is overdue, for a worker. It has begun.
    pub(super) fn take_overdue(&self, slab: &Slab, masked: &Masked) -> Option<Index> {
        self.take_first(slab, self.overdue.load(Ordering::Relaxed), |goods, _| goods.overdue, masked)
    }

    fn take_first(
        &self,
        slab: &Slab,
        homes: u32,
        may: impl Fn(&Goods, &Request) -> bool,
        masked: &Masked,
    ) -> Option<Index> {
        self.of(homes).filter(|(_, stall)| stall.length.load(Ordering::Relaxed) > 0).find_map(|(bit, stall)| {
            let mut goods = stall.goods.lock(masked);
            let first = goods.queue.first().filter(|first| may(&goods, slab.get(*first)))?;
            self.take_away(slab, bit, stall, &mut goods, first);
            slab.get(first).place.set(Place::Started);
            Some(first)
        })
    }

    /// Takes a request back; `false`: it has begun.
    pub(super) fn withdraw(&self, slab: &Slab, index: Index, masked: &Masked) -> bool {
        let request = slab.get(index);
        self.of(home(request)).any(|(bit, stall)| {
            let mut goods = stall.goods.lock(masked);
            let waits = request.place.get() == Place::Queue;
            if waits {
                self.take_away(slab, bit, stall, &mut goods, index);
                request.place.set(Place::Idle);
            }
            waits
        })
    }

    fn take_away(&self, slab: &Slab, bit: u32, stall: &Stall, goods: &mut Goods, index: Index) {
        goods.queue.remove(slab, index);
        stall.length.store(goods.queue.len(), Ordering::SeqCst);
        stall.accepted.store(stall.accepted.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        if goods.overdue && goods.queue.is_empty() {
            goods.overdue = false;
            self.overdue.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    /// Leaves to the workers what is offered at these stalls; tells whether there was anything.
    pub(super) fn give_up(&self, homes: u32, masked: &Masked) -> bool {
        let offered = self.of(homes & !self.overdue.load(Ordering::Relaxed));
        offered.filter(|(_, stall)| stall.length.load(Ordering::SeqCst) > 0).fold(false, |any, (bit, stall)| {
            let mut goods = stall.goods.lock(masked);
            self.overdue_now(bit, &mut goods) || any
        })
    }

    fn overdue_now(&self, bit: u32, goods: &mut Goods) -> bool {
        let becomes = !goods.overdue && !goods.queue.is_empty();
        if becomes {
            goods.overdue = true;
            self.overdue.fetch_or(bit, Ordering::SeqCst);
        }
        becomes
    }

    /// A thread that waits has come for a request.
    pub(super) fn earn(&self) {
        let credit = self.credit.load(Ordering::Relaxed);
        if credit < CREDIT_MOST {
            self.credit.store(credit + 1, Ordering::Relaxed);
        }
    }

    /// The watcher looks at all stalls; what lies there is overdue now.
    fn look(&self, looks: &mut [Look; HOMES], masked: &Masked) -> Found {
        let mut found = Found::Nothing;
        for ((bit, stall), look) in self.of(ALL_HOMES).zip(looks) {
            let now = stall.look();
            let (moved, lies) = (now.accepted != look.accepted, look.length > 0 && now.accepted == look.accepted);
            let late = lies && (now.length == look.length || look.grown == GROWN_MOST);
            if late && self.overdue_now(bit, &mut stall.goods.lock(masked)) {
                return Found::Late;
            }
            if moved || now.length > 0 {
                found = Found::InTime;
            }
            *look = Look { grown: if lies { look.grown + 1 } else { 0 }, ..now };
        }
        found
    }
}

impl Stall {
    fn look(&self) -> Look {
        Look { accepted: self.accepted.load(Ordering::Relaxed), length: self.length.load(Ordering::Relaxed), grown: 0 }
    }
}

impl Workers {
    /// Whether something is offered at one of these stalls.
    pub fn has_offers(&self, homes: u32) -> bool {
        self.offers.any(homes)
    }

    /// Whether offers are worth making.
    pub fn takes_offers(&self) -> bool {
        self.offers.credit.load(Ordering::Relaxed) > 0
    }

    /// Offers a request, and sees to it that somebody watches; `false` where what is offered is overdue.
    pub(super) fn offer(&self, slab: &Slab, index: Index, masked: &Masked, wakes: &mut Wakes) -> bool {
        let request = slab.get(index);
        let offered = self.offers.of(home(request)).any(|(_, stall)| {
            let mut goods = stall.goods.lock(masked);
            if goods.overdue {
                return false;
            }
            request.called.set(false);
            request.place.set(Place::Queue);
            request.route.set(Route::Worker);
            goods.queue.push_back(slab, index);
            stall.length.store(goods.queue.len(), Ordering::SeqCst);
            true
        });
        if offered && self.offers.is_unwatched() {
            self.appoint(&mut self.pool.lock(masked), wakes);
        }
        offered
    }

    /// Has somebody watch.
    fn appoint(&self, pool: &mut Pool, wakes: &mut Wakes) {
        if !self.offers.is_unwatched() {
            return;
        }
        if let Some(number) = pool.idle.pop() {
            self.offers.watch(number);
            self.wake(number, wakes);
        } else if pool.alive > 0 {
            // Whoever is done first will watch, unless all are held up.
            wakes.watch = true;
        } else if let Some(number) = self.hire(pool) {
            if wakes.start(Thread::Worker(number)) {
                self.offers.watch(number);
            } else {
                self.dismiss(pool, number);
                wakes.watch = true;
            }
        }
    }

    /// Nobody will accept what is offered at these stalls, or not soon: workers take it.
    pub fn hurry(&self, homes: u32, masked: &Masked, wakes: &mut Wakes) {
        if self.has_offers(homes) {
            let mut pool = self.pool.lock(masked);
            if self.hurry_in(&mut pool, homes, masked, wakes) {
                let credit = self.offers.credit.load(Ordering::Relaxed);
                self.offers.credit.store(credit.saturating_sub(1), Ordering::Relaxed);
            }
        }
    }

    /// The same, with the pool locked; tells whether there was anything.
    pub(super) fn hurry_in(&self, pool: &mut Pool, homes: u32, masked: &Masked, wakes: &mut Wakes) -> bool {
        let any = self.offers.give_up(homes, masked);
        if any {
            let watcher = self.offers.watcher.swap(NOBODY, Ordering::SeqCst);
            match Some(watcher).filter(|number| *number != NOBODY).or_else(|| pool.idle.pop()) {
                Some(number) => self.wake(number, wakes),
                None => wakes.watch = true,
            }
        }
        any
    }

    /// Watches over what is offered; `false` when nothing has been for a while, and the worker is idle.
    pub(super) fn watch_over(&self, number: usize, masked: &Masked) -> bool {
        let Some(waker) = self.waker(number) else { return false };
        if waker.word.compare_exchange(SPINNING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return true;
        }
        let mut looks = self.offers.stalls.each_ref().map(|stall| stall.look());
        let mut quiet = 0;
        loop {
            let until_ns = clock::now_ns() + LOOK_NS;
            while waker.word.load(Ordering::Acquire) == ASLEEP && clock::now_ns() < until_ns {
                let _ = futex::wait_until(&waker.word, ASLEEP, Some(until_ns));
            }
            let mut pool = self.pool.lock(masked);
            // Whoever woke us has taken the watch away, or given us other work.
            if waker.word.load(Ordering::Acquire) != ASLEEP {
                return true;
            }
            match self.offers.look(&mut looks, masked) {
                Found::Late => {
                    self.offers.credit.store(0, Ordering::Relaxed);
                    waker.word.store(AWAKE, Ordering::SeqCst);
                    return true;
                }
                Found::InTime => quiet = 0,
                Found::Nothing => quiet += 1,
            }
            if quiet == LOOKS {
                self.offers.leave(number);
                if self.offers.is_unwatched() {
                    self.offers.watch(number);
                    quiet = 0;
                    continue;
                }
                waker.word.store(SPINNING, Ordering::SeqCst);
                pool.idle.push(number);
                return false;
            }
        }
    }
}

/// The stall of a request, as a bit.
fn home(request: &Request) -> u32 {
    1 << request.home.get()
}
