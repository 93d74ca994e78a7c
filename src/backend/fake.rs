//! A backend for tests: it asks nothing of the kernel. Dice decide what a kernel may do: refuse, delay, reorder, cut
//! short, fail. The same seed gives the same run, as long as one thread calls.
//!
//! It keeps what was pushed (`fresh`) and what it has begun (`held`) under one lock, as the reactors do; lock order:
//! shard → desk. `Request::armed` says which of the two lists a request is in.
//!
//! There need be no memory behind the buffers: a byte is known by its address. What a write puts into the file is the
//! address that it came from, so contents and covered ranges can be checked exactly.

use std::collections::HashMap;

use super::{Backend, Host, Taken, Thread, Wakes};
use crate::request::list::{ByQueue, List};
use crate::request::slab::Slab;
use crate::request::{Index, NONE, Operation, Place, Request, Route, Step};
use crate::sys::errno::Errno;
use crate::sys::lock::{Guard, Lock, Masked};

/// The length of the file that reads see. Writes may go beyond, so that a test can keep the two apart.
pub const FILE_BYTES: u64 = 4096;

/// What a system call may fail with here. EINTR ends nothing.
const FAULTS: [i32; 4] = [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EINTR];

/// Numbers that depend on the seed alone.
pub struct Dice(u64);

impl Dice {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// From 0 to `end`, which is not 0 and not reached.
    pub fn below(&mut self, end: usize) -> usize {
        // splitmix64: every seed is as good as any other, also 0 and 1.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    /// Whether it happens this time.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// How often each thing happens, in percent of the occasions.
#[derive(Clone, Copy)]
pub struct Odds {
    /// A push is refused, if there is another route.
    pub refuse: usize,
    /// A request that was taken turns out not to be for this route, if there is another.
    pub reroute: usize,
    /// Nothing happens to a request that has begun.
    pub delay: usize,
    /// A system call fails.
    pub fault: usize,
    /// A system call transfers less than it could.
    pub short: usize,
}

impl Odds {
    /// A kernel on its best behaviour; the order is still anything.
    pub const KIND: Odds = Odds { refuse: 0, reroute: 0, delay: 0, fault: 0, short: 0 };
    /// A kernel on a bad day.
    pub const WILD: Odds = Odds { refuse: 30, reroute: 15, delay: 30, fault: 20, short: 40 };
}

/// What the journal says about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The test is about to submit it.
    Accepted,
    /// The engine handed it over.
    Pushed,
    /// It was begun.
    Started,
    /// The engine took it back.
    TakenBack,
    /// It is over, with this result of its own.
    Ended(Result<usize, Errno>),
    /// The program was told.
    Published(Result<usize, Errno>),
}

struct Desk {
    dice: Dice,
    odds: Odds,
    /// Pushed and not begun.
    fresh: List<ByQueue>,
    /// Begun and not over.
    held: List<ByQueue>,
    /// The file: which address was written at an offset.
    file: HashMap<u64, u64>,
    /// Which byte of the file was read to an address.
    memory: HashMap<u64, u64>,
    /// What went through ordered lanes, in the order in which it did: block and address.
    passed: Vec<(u64, u64)>,
    /// By block, in the order in which it happened.
    journal: Vec<(u64, Event)>,
}

/// Gives the routes for a request, the first to be asked first.
pub type Order = Box<dyn Fn(&Request) -> &'static [Route] + Send + Sync>;

/// See the head of the file.
pub struct Fake {
    /// The engine's order of routes, from which a push learns for which of them it stands.
    order: Order,
    desk: Lock<Desk>,
}

impl Fake {
    /// Stands for every route of that order.
    pub fn new(order: Order) -> Fake {
        Fake {
            order,
            desk: Lock::new(Desk {
                dice: Dice::new(0),
                odds: Odds::KIND,
                fresh: List::new(),
                held: List::new(),
                file: HashMap::new(),
                memory: HashMap::new(),
                passed: Vec::new(),
                journal: Vec::new(),
            }),
        }
    }

    /// Forgets everything, for the next seed. Nothing may be left of the last one.
    pub fn begin(&self, seed: u64, odds: Odds, masked: &Masked) {
        let mut desk = self.desk.lock(masked);
        assert!(desk.fresh.is_empty() && desk.held.is_empty(), "the last run left something behind");
        desk.dice = Dice::new(seed);
        desk.odds = odds;
        desk.file.clear();
        desk.memory.clear();
        desk.passed.clear();
        desk.journal.clear();
    }

    /// Adds to the journal.
    pub fn note(&self, block: u64, event: Event, masked: &Masked) {
        self.desk.lock(masked).journal.push((block, event));
    }

    /// What happened, in order.
    pub fn journal(&self, masked: &Masked) -> Vec<(u64, Event)> {
        self.desk.lock(masked).journal.clone()
    }

    /// The address that was written at this offset of the file.
    pub fn written(&self, offset: u64, masked: &Masked) -> Option<u64> {
        self.desk.lock(masked).file.get(&offset).copied()
    }

    /// The offset of the file that was read to this address.
    pub fn read(&self, address: u64, masked: &Masked) -> Option<u64> {
        self.desk.lock(masked).memory.get(&address).copied()
    }

    /// The bytes that went through ordered lanes: block and address.
    pub fn passed(&self, masked: &Masked) -> Vec<(u64, u64)> {
        self.desk.lock(masked).passed.clone()
    }

    /// Lets something happen to a request that the dice choose; `false` if there is none.
    pub fn step(&self, host: &'static dyn Host, masked: &Masked) -> bool {
        let slab = host.slab();
        let mut desk = self.desk.lock(masked);
        let (fresh, held) = (desk.fresh.len(), desk.held.len());
        if fresh + held == 0 {
            return false;
        }
        let chosen = desk.dice.below(fresh + held);
        if chosen < fresh {
            let index = nth(&desk.fresh, slab, chosen);
            desk.begin(slab, index);
        } else {
            let index = nth(&desk.held, slab, chosen - fresh);
            self.serve(host, index, desk, masked);
        }
        true
    }

    /// Begins a request that was pushed.
    pub fn start(&self, host: &'static dyn Host, index: Index, masked: &Masked) {
        self.desk.lock(masked).begin(host.slab(), index);
    }

    /// Transfers a part of a request that has begun, which goes on after that.
    pub fn transfer(&self, host: &'static dyn Host, index: Index, bytes: u64, masked: &Masked) {
        let request = host.slab().get(index);
        let moved = self.desk.lock(masked).transfer(request, bytes);
        assert_eq!(request.advance(Ok(moved)), Step::Continues);
    }

    /// Ends a request that has begun.
    pub fn finish(&self, host: &'static dyn Host, index: Index, result: Result<usize, Errno>, masked: &Masked) {
        self.end(host, index, result, self.desk.lock(masked), masked);
    }

    /// One system call's worth of progress.
    fn serve(&self, host: &'static dyn Host, index: Index, mut desk: Guard<'_, Desk>, masked: &Masked) {
        let slab = host.slab();
        let request = slab.get(index);
        let odds = desk.odds;
        if desk.dice.chance(odds.delay) {
            return;
        }
        let last = (self.order)(request).last() == Some(&request.route.get());
        if !last && desk.dice.chance(odds.reroute) {
            desk.let_go(slab, index);
            request.place.set(Place::Idle);
            drop(desk);
            return host.reroute(index, masked);
        }
        let result = desk.attempt(request);
        if let Step::Ends(result) = request.advance(result) {
            self.end(host, index, result, desk, masked);
        }
    }

    fn end(
        &self,
        host: &'static dyn Host,
        index: Index,
        result: Result<usize, Errno>,
        mut desk: Guard<'_, Desk>,
        masked: &Masked,
    ) {
        let slab = host.slab();
        let request = slab.get(index);
        desk.let_go(slab, index);
        // The workers leave a request Started to its end, the reactors do not.
        if request.route.get() != Route::Worker {
            request.place.set(Place::Idle);
        }
        desk.journal.push((request.block.get(), Event::Ended(result)));
        drop(desk);
        host.complete(index, result, masked);
    }
}

impl Desk {
    fn begin(&mut self, slab: &Slab, index: Index) {
        let request = slab.get(index);
        self.fresh.remove(slab, index);
        self.held.push_back(slab, index);
        request.armed.set(true);
        // A blocked read of a stream can be taken back as if it had never begun; all else is the kernel's.
        if request.route.get() != Route::Stream || request.operation.get() != Operation::Read {
            request.place.set(Place::Started);
        }
        self.journal.push((request.block.get(), Event::Started));
    }

    fn let_go(&mut self, slab: &Slab, index: Index) {
        self.held.remove(slab, index);
        slab.get(index).armed.set(false);
    }

    fn attempt(&mut self, request: &Request) -> Result<usize, Errno> {
        let odds = self.odds;
        if self.dice.chance(odds.fault) {
            let chosen = self.dice.below(FAULTS.len());
            return Err(Errno(FAULTS[chosen]));
        }
        let whole = request.next_len();
        // For an orphan nobody may ask again: its number may be another file by now.
        let short = whole > 1 && !request.orphan.get() && self.dice.chance(odds.short);
        let bytes = if short { 1 + self.dice.below(whole - 1) } else { whole };
        Ok(self.transfer(request, bytes as u64))
    }

    /// Moves bytes; how many there were.
    fn transfer(&mut self, request: &Request, bytes: u64) -> usize {
        let (block, address, offset) =
            (request.block.get(), request.next_buffer() as u64, request.next_offset() as u64);
        let mut moved = bytes;
        if request.laned.get() {
            // The position is the end of the file, or there is none: only the order can be told.
            self.passed.extend((0..bytes).map(|at| (block, address + at)));
        } else if request.operation.get() == Operation::Write {
            self.file.extend((0..bytes).map(|at| (offset + at, address + at)));
        } else {
            moved = bytes.min(FILE_BYTES.saturating_sub(offset));
            self.memory.extend((0..moved).map(|at| (address + at, offset + at)));
        }
        moved as usize
    }
}

fn nth(list: &List<ByQueue>, slab: &Slab, number: usize) -> Index {
    let mut all = core::iter::successors(list.last(), |index| list.before(slab, *index));
    all.nth(number).unwrap_or(NONE)
}

impl Backend for Fake {
    fn push(&'static self, host: &'static dyn Host, index: Index, masked: &Masked, _wakes: &mut Wakes) -> bool {
        let request = host.slab().get(index);
        let routes = (self.order)(request);
        // The engine asks in this order and leaves out what has refused: so it is the first that has not.
        let Some(route) = routes.iter().find(|route| request.refused.get() & 1 << **route as u32 == 0) else {
            return false;
        };
        let mut desk = self.desk.lock(masked);
        let odds = desk.odds;
        if routes.last() != Some(route) && desk.dice.chance(odds.refuse) {
            return false;
        }
        request.place.set(Place::Queue);
        request.route.set(*route);
        request.worker.set(0);
        request.armed.set(false);
        desk.fresh.push_back(host.slab(), index);
        desk.journal.push((request.block.get(), Event::Pushed));
        true
    }

    fn take_back(&'static self, host: &'static dyn Host, index: Index, begun: bool, masked: &Masked) -> Taken {
        let slab = host.slab();
        let request = slab.get(index);
        let mut desk = self.desk.lock(masked);
        // One that was rerouted in mid-way is in a queue again, and has started all the same.
        let started = request.place.get() == Place::Started || request.done.get() > 0;
        let taken = match request.place.get() {
            Place::Queue if !started => Taken::Fresh,
            Place::Queue | Place::Started if begun && request.route.get() == Route::Stream => Taken::Begun,
            _ => return Taken::No,
        };
        if request.armed.get() {
            desk.let_go(slab, index);
        } else {
            desk.fresh.remove(slab, index);
        }
        request.place.set(Place::Idle);
        desk.journal.push((request.block.get(), Event::TakenBack));
        taken
    }

    /// Whatever has been started needs no descriptor any more.
    fn fence(&'static self, _masked: &Masked) {}

    /// It asks for no thread.
    fn start_failed(&'static self, _host: &'static dyn Host, _thread: Thread, _masked: &Masked) {}
}
