//! Offers: requests that the thread which will wait for them runs best itself. To have a worker on another processor do
//! it takes a wake-up, and the data, the file's lock and the request's record have to go there and back.
//!
//! What is offered (`Request::offered`) wakes nobody. Who waits accepts it (`Workers::give`). One worker *watches*: it
//! looks every [`LOOK_NS`], and when nothing has been accepted in that time of what was there at its beginning, all is
//! *overdue*: workers take it, until nothing is left. So a program that does not wait is held up by twice that time
//! at most, by a few looks more while it goes on submitting, and once: no more offers are made then (`credit`), until
//! threads that wait have come for other requests.
//!
//! While anything is offered and not overdue, somebody watches, or every worker is busy and looks when it is done: a
//! watcher that is given other work leaves what is offered to the others, as overdue.
//!
//! Who waits and cannot run what is offered, or waits for something that comes after it (a sync), says so: `hurry`.
//! That speaks against offers, too, and where no thread lends a hand (an engine is forced) none are made after a while.

use super::workers::{Pool, SPINNING, Workers};
use super::{ASLEEP, AWAKE, Thread, Wakes};
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, Request};
use crate::sys::atomic::Ordering;
use crate::sys::lock::Masked;
use crate::sys::{clock, futex};

/// How often the watcher looks.
const LOOK_NS: u64 = 200_000;
/// It is idle again after so many looks in a row at which nothing was offered.
const LOOKS: u32 = 16;
/// What the watcher finds grown it leaves so often: the program is still at it, and may take it back.
const GROWN_MOST: u32 = 4;
/// The most that `Workers::credit` grows to.
pub(super) const CREDIT_MOST: u32 = 16;

/// A part of the workers' pool.
#[derive(Default)]
pub(super) struct Offers {
    queue: List<ByQueue>,
    /// The worker that watches. It is not on the list of the idle.
    pub(super) watcher: Option<usize>,
    /// How many have left the queue.
    pub(super) accepted: u32,
    /// Workers take what is here.
    pub(super) overdue: bool,
}

impl Offers {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Something is offered, and nobody is to look after it.
    pub(super) fn is_unwatched(&self) -> bool {
        !self.is_empty() && !self.overdue && self.watcher.is_none()
    }

    /// How many are watched over.
    pub(super) fn watched(&self) -> usize {
        if self.watcher.is_some() { self.queue.len() } else { 0 }
    }

    /// A worker watches no longer.
    pub(super) fn leave(&mut self, number: usize) {
        if self.watcher == Some(number) {
            self.watcher = None;
        }
    }

    /// The first, if it fits.
    pub(super) fn accept(&mut self, slab: &Slab, fits: &dyn Fn(&Request) -> bool) -> Option<Index> {
        self.queue.first().filter(|first| fits(slab.get(*first)))?;
        let index = self.queue.pop_front(slab);
        self.left();
        index
    }

    /// The first, for a worker.
    pub(super) fn take_overdue(&mut self, slab: &Slab) -> Option<Index> {
        let index = if self.overdue { self.queue.pop_front(slab) } else { None };
        match index {
            Some(_) => self.left(),
            None => self.overdue = false,
        }
        index
    }

    /// One that is taken back.
    pub(super) fn withdraw(&mut self, slab: &Slab, index: Index) {
        self.queue.remove(slab, index);
        self.left();
    }

    fn left(&mut self) {
        self.accepted = self.accepted.wrapping_add(1);
        self.overdue &= !self.queue.is_empty();
    }
}

impl Workers {
    /// Whether something is offered.
    pub fn has_offers(&self) -> bool {
        self.offered.load(Ordering::Relaxed) > 0
    }

    /// Whether offers are worth making.
    pub fn takes_offers(&self) -> bool {
        self.credit.load(Ordering::Relaxed) > 0
    }

    /// A thread that waits has come for a request.
    pub(super) fn earn(&self) {
        let credit = self.credit.load(Ordering::Relaxed);
        if credit < CREDIT_MOST {
            self.credit.store(credit + 1, Ordering::Relaxed);
        }
    }

    /// Offers a request, and sees to it that somebody watches.
    pub(super) fn offer(&self, slab: &Slab, pool: &mut Pool, index: Index, wakes: &mut Wakes) {
        self.offered.fetch_add(1, Ordering::Relaxed);
        pool.offers.queue.push_back(slab, index);
        if !pool.offers.is_unwatched() {
            return;
        }
        if let Some(number) = pool.idle.pop() {
            pool.offers.watcher = Some(number);
            self.wake(number, wakes);
        } else if pool.alive > 0 {
            // Whoever is done first will watch, unless all are held up.
            wakes.watch = true;
        } else if let Some(number) = self.hire(pool) {
            if wakes.start(Thread::Worker(number)) {
                pool.offers.watcher = Some(number);
            } else {
                self.dismiss(pool, number);
                wakes.watch = true;
            }
        }
    }

    /// Nobody will accept what is offered, or not soon: workers take it.
    pub fn hurry(&self, masked: &Masked, wakes: &mut Wakes) {
        if self.has_offers() {
            let mut pool = self.pool.lock(masked);
            if !pool.offers.is_empty() && !pool.offers.overdue {
                let credit = self.credit.load(Ordering::Relaxed);
                self.credit.store(credit.saturating_sub(1), Ordering::Relaxed);
                self.hurry_in(&mut pool, wakes);
            }
        }
    }

    pub(super) fn hurry_in(&self, pool: &mut Pool, wakes: &mut Wakes) {
        pool.offers.overdue = true;
        match pool.offers.watcher.take().or_else(|| pool.idle.pop()) {
            Some(number) => self.wake(number, wakes),
            None => wakes.watch = true,
        }
    }

    /// Watches over what is offered; `false` when nothing has been for a while, and the worker is idle.
    pub(super) fn watch_over(&self, number: usize, accepted: u32, masked: &Masked) -> bool {
        let Some(waker) = self.waker(number) else { return false };
        if waker.word.compare_exchange(SPINNING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return true;
        }
        let (mut seen, mut before, mut grown, mut looks) = (accepted, 1, 0, 0);
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
            let offers = &mut pool.offers;
            let (moved, length) = (offers.accepted != seen, offers.queue.len());
            let lies = !moved && before > 0;
            if lies && (length == before || grown == GROWN_MOST) {
                offers.overdue = true;
                self.credit.store(0, Ordering::Relaxed);
                waker.word.store(AWAKE, Ordering::SeqCst);
                return true;
            }
            grown = if lies { grown + 1 } else { 0 };
            looks = if moved || length > 0 { 0 } else { looks + 1 };
            if looks == LOOKS {
                offers.watcher = None;
                waker.word.store(SPINNING, Ordering::SeqCst);
                pool.idle.push(number);
                return false;
            }
            (seen, before) = (offers.accepted, length);
        }
    }
}
