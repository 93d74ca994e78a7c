//! What is the same for every dialect and every backend: one way in (`submit`), one way out (`complete`).

mod belief;
pub mod caller;
pub mod cancel;
pub mod closing;
pub mod config;
pub mod descriptor;
pub mod done;
pub mod files;
pub mod harvest;
pub mod keeper;
pub mod lead;
pub mod notify;
pub mod route;
pub mod stats;
pub mod table;
#[cfg(test)]
mod tests;
mod threads;
pub mod wait;

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use crate::backend::native::Native;
use crate::backend::reactor::{Reactor, Serves};
use crate::backend::workers::Workers;
use crate::backend::{Backend, Fallback, Host, Served, Thread, Wakes};
use crate::request::delivery::Rules;
use crate::request::slab::Slab;
use crate::request::{Index, Kind, NONE, Operation, Place, Request, Route, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::root::Root;
use crate::sys::tally::Tally;
use crate::sys::{call, critical, memory, probe, thread};
pub use cancel::Cancel;
use config::{Choice, Config, TUNING};
use done::Done;
use files::{Facts, File, Files};
use harvest::Harvest;
use keeper::Keeper;
use notify::Notifier;
use stats::{Counter, Stats};
use table::Table;
use wait::Slots;

/// A C interface over the engine: it knows the structure in which the program looks for results.
pub trait Dialect: Sync {
    /// Shows the result to the program. Nothing of the structure is touched after.
    fn publish(&self, request: &Request, token: Token, result: Result<usize, Errno>, masked: &Masked);

    /// The request has ended, but the program's structure is gone.
    fn bury(&self, _request: &Request, _token: Token, _masked: &Masked) {}
}

/// One per process, made at the first request. A forked child makes its own and never looks at this one.
pub struct Engine {
    /// The process that made it: a vfork child shares our memory but is another process.
    pub pid: i32,
    /// Tells the engine of a child from that of its parent.
    pub epoch: u64,
    /// The settings.
    pub config: Config,
    /// The records.
    pub slab: &'static Slab,
    /// Descriptors and files.
    pub files: Files,
    /// Who waits.
    pub slots: Slots,
    /// Requests that are known by a result pointer.
    pub table: Table,
    /// Those of them that have finished.
    pub done: Done,
    /// Requests that notify nobody, for `aio_waitn`.
    pub harvest: Harvest,
    /// Counters.
    pub stats: Stats,
    native: Native,
    ring: Reactor,
    streams: Reactor,
    workers: &'static Workers,
    notifier: Notifier,
    keeper: &'static Keeper,
    dialects: &'static [&'static dyn Dialect],
    /// Set by tests: takes everything that has a file.
    #[cfg(test)]
    fake: Option<&'static crate::backend::fake::Fake>,
    /// Requests that are listed with a file.
    outstanding: Tally,
    /// Those of them that `exit` waits for: writes to files.
    writes: Tally,
    /// See `lead`: whether signal handlers of both sorts are installed, and when that was found.
    handlers_differ: AtomicBool,
    handlers_looked_at_ns: AtomicU64,
    /// Moves with every completion once the process is exiting.
    exit_word: AtomicU32,
    /// The process is exiting.
    exiting: AtomicI32,
    /// Where the stack of the exiting thread begins and ends: blocks there are dead.
    dead: [AtomicU64; 2],
}

static ROOT: Root<Engine> = Root::new();
/// How many engines this process and its ancestors have made.
static EPOCH: AtomicU64 = AtomicU64::new(0);

/// The engine of this process, if it has made a request.
pub fn running() -> Option<&'static Engine> {
    ROOT.get()
}

/// The engine of this process.
///
/// # Errors
/// `EAGAIN` when there is no memory for it.
pub fn start(dialects: &'static [&'static dyn Dialect]) -> Result<&'static Engine, Errno> {
    match ROOT.get() {
        Some(engine) => Ok(engine),
        None => start_anew(dialects),
    }
}

#[cold]
fn start_anew(dialects: &'static [&'static dyn Dialect]) -> Result<&'static Engine, Errno> {
    // Of two threads that race one engine is lost: it has no thread and no descriptor yet.
    let _masked = Masked::block();
    let config = Config::from_environment();
    critical::begin(config.puts_off_handlers);
    let engine = memory::leaked(Engine::new(config, dialects)?)?;
    engine.tune();
    let engine = ROOT.set(engine)?;
    engine.report_on_signal();
    Ok(engine)
}

impl Engine {
    fn new(config: Config, dialects: &'static [&'static dyn Dialect]) -> Result<Engine, Errno> {
        let with_ring = matches!(config.choice, Choice::Auto | Choice::Uring);
        Ok(Engine {
            pid: call::process_id(),
            epoch: EPOCH.fetch_add(1, Ordering::Relaxed) + 1,
            config,
            slab: memory::leaked(Slab::new()?)?,
            files: Files::new()?,
            slots: Slots::new()?,
            table: Table::new()?,
            done: Done::new(),
            harvest: Harvest::new()?,
            stats: Stats::new(&config)?,
            native: Native::new(config.choice == Choice::Native)?,
            ring: Reactor::new(Serves::Files, with_ring),
            streams: Reactor::new(Serves::Streams, with_ring),
            workers: memory::leaked(Workers::new()?)?,
            notifier: Notifier::new()?,
            keeper: memory::leaked(Keeper::new())?,
            dialects,
            #[cfg(test)]
            fake: None,
            outstanding: Tally::new()?,
            writes: Tally::new()?,
            handlers_differ: AtomicBool::new(false),
            handlers_looked_at_ns: AtomicU64::new(0),
            exit_word: AtomicU32::new(0),
            exiting: AtomicI32::new(0),
            dead: [AtomicU64::new(0), AtomicU64::new(0)],
        })
    }

    /// `aio_init` was called again.
    pub fn tune(&self) {
        let (threads, idle_ns) = TUNING.get();
        self.workers.tune(threads, idle_ns);
    }

    /// Makes sure that what is queued will run, notifications included.
    ///
    /// # Errors
    /// `EAGAIN` when no thread can be created.
    pub fn ready(&'static self, masked: &Masked) -> Result<(), Errno> {
        self.notifier.ensure(self, masked)
    }

    fn backend(&'static self, route: Route) -> Option<&'static dyn Backend> {
        #[cfg(test)]
        if let Some(fake) = self.fake {
            return Some(fake);
        }
        match route {
            Route::Ring => Some(&self.ring),
            Route::Stream => Some(&self.streams),
            Route::Worker => Some(self.workers),
            Route::Native => Some(&self.native),
            Route::Unrouted | Route::Caller => None,
        }
    }

    /// The way in. The record is filled in; from here on it belongs to the engine, and may be over before
    /// this returns.
    ///
    /// # Errors
    /// `EAGAIN`, and under Solaris' rules `EBADF`: nothing was queued, the record is still the caller's.
    pub fn submit(&'static self, index: Index, masked: &Masked, wakes: &mut Wakes) -> Result<(), Errno> {
        let request = self.slab.get(index);
        let operation = request.operation.get();
        let facts = match self.facts(request) {
            Ok(facts) => facts,
            Err(error) if request.rules.get() == Rules::Solaris => return Err(error),
            Err(error) => {
                self.complete(index, Err(error), masked);
                return Ok(());
            }
        };
        if let Some(former) = facts.former {
            self.wait_for_former(request.fd.get(), former, masked);
        }
        request.believed.set(facts.believed);
        request.one_attempt.set(facts.nonblocking && facts.kind.is_stream());
        let number = Files::shard_of(facts.key);
        let mut shard = self.files.shard(number, masked);
        let at = shard.join(facts.key)?;
        let Some(file) = shard.file(at) else { return Err(Errno(libc::EAGAIN)) };
        request.shard.set(number);
        request.file.set(at);
        self.outstanding.count_in();
        self.stats.outstanding(&self.outstanding);
        self.files.presence(number).outstanding.fetch_add(1, Ordering::SeqCst);
        if counts_at_exit(facts.kind, operation) {
            self.writes.count_in();
        }
        if operation.is_sync() {
            let (awaits, reapers) = self.cover(file, index);
            file.outstanding.push_back(self.slab, index);
            if awaits > 0 {
                request.place.set(Place::Barrier);
                self.note_in_list(request);
                wakes.attend |= reapers;
                self.workers.hurry(thread::ALL_HOMES, masked, wakes);
                return Ok(());
            }
        } else {
            file.outstanding.push_back(self.slab, index);
            if is_ordered(&facts, operation) {
                let lane = file.lane(operation);
                if lane.busy {
                    request.place.set(Place::Lane);
                    self.note_in_list(request);
                    lane.parked.push_back(self.slab, index);
                    return Ok(());
                }
                lane.busy = true;
                request.laned.set(true);
            }
        }
        let follows = facts.kind == Kind::Buffered && operation == Operation::Write && !facts.synchronous;
        request.affinity.set(if follows { file.worker } else { 0 });
        request.offered.set(self.may_be_offered(request));
        self.dispatch(index, masked, wakes);
        if follows && request.route.get() == Route::Worker {
            // 0, so none, if it was offered.
            file.worker = request.worker.get().wrapping_add(1);
        }
        Ok(())
    }

    /// Makes everything outstanding on the file that no earlier sync waits for wait-for by this sync; gives how many,
    /// and the contexts of native AIO that somebody must reap now.
    fn cover(&self, file: &File, sync: Index) -> (u32, u32) {
        let (mut awaits, mut reapers) = (0, 0);
        let mut at = file.outstanding.last();
        while let Some(index) = at {
            let request = self.slab.get(index);
            if request.covered_by.get() == NONE {
                request.covered_by.set(sync);
                awaits += 1;
                if request.route.get() == Route::Native {
                    self.native.owe(lead::context(request));
                    reapers |= 1 << lead::context(request);
                }
            }
            if request.operation.get().is_sync() && !matches!(request.place.get(), Place::Idle | Place::Ending) {
                // What is older is waited for by this one. (One that is being cancelled has left it to us.)
                break;
            }
            at = file.outstanding.before(self.slab, index);
        }
        self.slab.get(sync).awaits.set(awaits);
        (awaits, reapers)
    }

    /// Hands a request to the first route that takes it. The shard is locked.
    fn dispatch(&'static self, index: Index, masked: &Masked, wakes: &mut Wakes) {
        let request = self.slab.get(index);
        for route in route::order(self.config.choice, request) {
            let bit = 1 << *route as u32;
            if request.refused.get() & bit != 0 {
                continue;
            }
            let taken = self.backend(*route).is_some_and(|backend| backend.push(self, index, masked, wakes));
            if taken {
                probe::route(request.block.get(), request.fd.get(), *route as u8);
                self.note_in_list(request);
                return;
            }
            request.refused.set(request.refused.get() | bit);
        }
    }

    /// A request leaves its file: those who waited for it go on.
    fn depart(&'static self, index: Index, result: Result<usize, Errno>, masked: &Masked) {
        let request = self.slab.get(index);
        let mut wakes = Wakes::default();
        {
            let number = request.shard.get();
            let mut shard = self.files.shard(number, masked);
            let at = request.file.get();
            let Some(file) = shard.file(at) else { return };
            file.outstanding.remove(self.slab, index);
            let covering = request.covered_by.get();
            if covering != NONE {
                self.repay(request);
                let sync = self.slab.get(covering);
                let error = match result {
                    _ if request.operation.get().is_sync() => request.covered_error.get(),
                    Err(Errno(libc::ECANCELED)) | Ok(_) => 0,
                    Err(error) if request.operation.get() == Operation::Write => error.0,
                    Err(_) => 0,
                };
                if sync.covered_error.get() == 0 {
                    sync.covered_error.set(error);
                }
                sync.awaits.set(sync.awaits.get() - 1);
                if sync.awaits.get() == 0 && sync.place.get() == Place::Barrier {
                    self.dispatch(covering, masked, &mut wakes);
                }
            }
            if request.laned.get() {
                let lane = file.lane(request.operation.get());
                match lane.parked.pop_front(self.slab) {
                    Some(next) => {
                        self.slab.get(next).laned.set(true);
                        self.dispatch(next, masked, &mut wakes);
                    }
                    None => lane.busy = false,
                }
            }
            shard.leave(at);
            self.files.presence(number).outstanding.fetch_sub(1, Ordering::SeqCst);
        }
        wakes.flush(self, masked);
        if counts_at_exit(request.kind.get(), request.operation.get()) {
            self.writes.count_out();
        }
        self.outstanding.count_out();
        if self.exiting.load(Ordering::Relaxed) != 0 {
            self.exit_word.fetch_add(1, Ordering::SeqCst);
            crate::sys::futex::wake(&self.exit_word, 1);
        }
    }

    /// A request that a sync waits for needs no attendant any more.
    fn repay(&self, request: &Request) {
        if request.route.get() == Route::Native {
            self.native.repay(lead::context(request));
        }
    }

    /// One of a list's entries, or its submitter, is done with it.
    pub fn count_down(&'static self, list: Index, masked: &Masked) {
        if self.slab.get(list).counts_down() {
            self.complete(list, Ok(0), masked);
        }
    }

    fn start_thread(&'static self, thread: Thread, masked: &Masked) {
        threads::start(self, thread, masked);
    }
}

impl Host for Engine {
    fn slab(&self) -> &Slab {
        self.slab
    }

    fn complete(&'static self, index: Index, result: Result<usize, Errno>, masked: &Masked) {
        let request = self.slab.get(index);
        if result == Err(Errno(libc::ESPIPE)) && request.believed.get() && !request.orphan.get() {
            return self.begin_anew(index, masked);
        }
        let covered = request.covered_error.get();
        let result = if result.is_ok() && covered != 0 { Err(Errno(covered)) } else { result };
        self.stats.ended(request, result);
        probe::complete(request.block.get(), result, request.route.get() as u8);
        // Before the program can see the result: see `cancel_all`.
        request.place.set(Place::Ending);
        let group = request.group.get();
        let block = request.block.get();
        let dead = !request.late.get() && self.is_dead(block);
        let token = Token::new(index, request.generation());
        match self.dialects.get(request.dialect.get() as usize) {
            Some(dialect) if dead => dialect.bury(request, token, masked),
            Some(dialect) if block != 0 => dialect.publish(request, token, result, masked),
            _ => {}
        }
        // Before the wait for it ends: a signal that is there when the waiter wakes is handled before the wait
        // returns. glibc does so, and programs look at what the handler did.
        let told = dead || self.notifier.signal(request, masked);
        self.slab.retire(index);
        if self.slots.wake(Slots::ended(request)) {
            self.stats.count(Counter::WaiterWoken);
        }
        if request.shard.get() != NONE {
            self.depart(index, result, masked);
        }
        if told {
            notify::tell(self, request);
            self.slab.release(index);
        } else {
            self.notifier.notify_later(self, index, masked);
        }
        if group != NONE {
            self.count_down(group, masked);
        }
    }

    fn reroute(&'static self, index: Index, masked: &Masked) {
        let request = self.slab.get(index);
        if request.orphan.get() {
            // Its number may be another file by now.
            return self.complete(index, Err(Errno(libc::ECANCELED)), masked);
        }
        if request.believed.get() && self.is_another_file(request, masked) {
            return self.begin_anew(index, masked);
        }
        let mut wakes = Wakes::default();
        {
            let _shard = self.files.shard(request.shard.get(), masked);
            if request.covered_by.get() != NONE {
                self.repay(request);
            }
            request.refused.set(request.refused.get() | 1 << request.route.get() as u32);
            self.dispatch(index, masked, &mut wakes);
        }
        // Before it is launched, and so may be over: who waits for it has to wait otherwise now.
        self.wake_waiters(request);
        wakes.flush(self, masked);
    }

    fn served(&self, index: Index, how: Served) {
        let request = self.slab.get(index);
        if let Some(descriptor) = self.files.known(request.fd.get()) {
            descriptor.note_native(request.operation.get(), how);
        }
        self.stats.served(how);
    }

    fn launch(&'static self, first: Index, masked: &Masked) {
        self.native.launch(self, first, masked);
        // The first aio_waitn may have come in between.
        if self.harvest.is_active() {
            self.reap_all(masked);
        }
    }

    fn attend(&'static self, contexts: u32, masked: &Masked) {
        for number in lead::each(contexts) {
            self.native.attend(self, number, 0, masked);
        }
    }

    fn timed(&self, index: Index, took_ns: u64) {
        Engine::timed(self, self.slab.get(index), took_ns);
    }

    fn fell_back(&self, what: Fallback) {
        self.stats.fell_back(what);
    }

    fn watch(&'static self, masked: &Masked) {
        self.notifier.watch(self, masked);
    }

    fn start(&'static self, thread: Thread, masked: &Masked) {
        self.notifier.start(self, thread, masked);
    }
}

/// Whether `exit` waits for it.
fn counts_at_exit(kind: Kind, operation: Operation) -> bool {
    !kind.is_stream() && operation == Operation::Write
}

fn is_living(request: &Request) -> bool {
    request.generation() & 1 == 1
}

/// Whether requests take effect in call order, one at a time.
fn is_ordered(facts: &Facts, operation: Operation) -> bool {
    facts.kind.is_stream() || (facts.append && operation == Operation::Write)
}
