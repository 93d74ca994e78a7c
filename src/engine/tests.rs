//! The engine over the fake backend: hundreds of runs that differ by their seed, each checked against its journal.
//!
//! No C memory: a control block is an address in the table of [`Table`], to which the engine publishes. Descriptors
//! are real, because the engine asks the kernel what they are. `UAIO_SEED` runs one seed alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Marked although this file is for tests only: tests/tidy.rs looks at each declaration by itself.
#[cfg(test)]
mod barriers;
#[cfg(test)]
mod caller;
#[cfg(test)]
mod cancelling;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod transfers;
#[cfg(test)]
mod waiting;

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use super::cancel::Cancel;
use super::config::{CallerMay, Choice, Config};
use super::{Dialect, Engine, route};
use crate::backend::Wakes;
use crate::backend::fake::{Dice, Event, Fake, Odds};
use crate::request::{Operation, Request, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

/// Requests that one run may make.
const SLIPS: usize = 512;
const SEEDS: u64 = 300;
/// What the engine does is over in milliseconds; so long means never.
const NEVER: Duration = Duration::from_secs(30);
/// Buffers of different requests are so far apart.
const APART: u64 = 1 << 20;

const CANCELLED: Result<usize, Errno> = Err(Errno(libc::ECANCELED));

/// A control block, for all that the engine knows.
#[derive(Default)]
struct Slip {
    published: AtomicU32,
}

/// Something to be done as soon as one block has been published.
type Hook = (u64, Box<dyn FnOnce() + Send>);

/// The dialect of the tests.
struct Table {
    slips: Vec<Slip>,
    used: AtomicUsize,
    fake: &'static Fake,
    hook: Mutex<Option<Hook>>,
}

impl Table {
    fn block(&self, number: usize) -> u64 {
        &raw const self.slips[number] as u64
    }
    fn number(&self, block: u64) -> usize {
        (block - self.block(0)) as usize / size_of::<Slip>()
    }
}

impl Dialect for Table {
    fn publish(&self, request: &Request, token: Token, result: Result<usize, Errno>, _masked: &Masked) {
        let block = request.block.get();
        assert_eq!(request.generation(), token.generation(), "published after its end");
        self.fake.note(block, Event::Published(result), &Masked::block());
        self.slips[self.number(block)].published.fetch_add(1, Ordering::SeqCst);
        let hook = self.hook.lock().unwrap().take_if(|(wanted, _)| *wanted == block);
        if let Some((_, hook)) = hook {
            hook();
        }
    }
}

/// An open descriptor, and what the tests know about it.
struct Descriptor {
    owned: OwnedFd,
    /// The same for all descriptors of one file.
    file: usize,
    append: bool,
    stream: bool,
}

impl Descriptor {
    fn new(owned: impl Into<OwnedFd>, file: usize) -> Descriptor {
        Descriptor { owned: owned.into(), file, append: false, stream: false }
    }
    fn append(self) -> Descriptor {
        Descriptor { append: true, ..self }
    }
    fn stream(self) -> Descriptor {
        Descriptor { stream: true, ..self }
    }
    fn dup(&self) -> Descriptor {
        Descriptor { owned: self.owned.try_clone().unwrap(), ..*self }
    }
    fn fd(&self) -> i32 {
        self.owned.as_raw_fd()
    }
    fn is_ordered(&self, operation: Operation) -> bool {
        !operation.is_sync() && (self.stream || (self.append && operation == Operation::Write))
    }
}

/// One of each sort, with company: a file three times, an O_APPEND file, a socket, a FIFO.
struct Site {
    all: Vec<Descriptor>,
    _others: Vec<OwnedFd>,
}

impl Site {
    const PLAIN: [usize; 3] = [0, 1, 2];
    const APPEND: [usize; 3] = [3, 4, 5];
    const STREAMS: [usize; 3] = [6, 7, 8];

    fn new() -> Site {
        let scratch = tempfile::tempdir().unwrap();
        let open = |name: &str, append: bool| -> File {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).append(append);
            options.open(scratch.path().join(name)).unwrap()
        };
        let plain = Descriptor::new(open("plain", false), 0);
        let append = Descriptor::new(open("append", true), 1).append();
        let (here, there) = UnixStream::pair().unwrap();
        let socket = Descriptor::new(here, 2).stream();
        let made = std::process::Command::new("mkfifo").arg(scratch.path().join("fifo")).status().unwrap();
        assert!(made.success());
        let fifo = Descriptor::new(open("fifo", false), 3).stream();
        let all = vec![
            plain.dup(),
            plain,
            Descriptor::new(open("plain", false), 0),
            append.dup(),
            append,
            Descriptor::new(open("append", false), 1),
            socket.dup(),
            socket,
            fifo,
        ];
        Site { all, _others: vec![there.into()] }
    }
}

/// A request as a test remembers it.
#[derive(Clone, Copy)]
struct Asked {
    number: usize,
    token: Token,
    operation: Operation,
    fd: i32,
    file: usize,
    ordered: bool,
    len: u64,
    offset: i64,
    buffer: u64,
}

/// How the journal tells the story of one request: positions in it.
struct Story {
    accepted: usize,
    /// Each time: a request that was rerouted is pushed again.
    pushed: Vec<usize>,
    published: usize,
    result: Result<usize, Errno>,
    /// What the backend had to say; none if it never came so far.
    own: Option<Result<usize, Errno>>,
}

/// An engine of the test's own.
#[derive(Clone, Copy)]
struct World {
    engine: &'static Engine,
    fake: &'static Fake,
    table: &'static Table,
}

impl World {
    fn new(choice: Choice) -> World {
        let order = Box::new(move |request: &Request| route::order(choice, request));
        let fake: &Fake = Box::leak(Box::new(Fake::new(order)));
        let mut slips = Vec::new();
        slips.resize_with(SLIPS, Slip::default);
        let table: &Table =
            Box::leak(Box::new(Table { slips, used: AtomicUsize::new(0), fake, hook: Mutex::new(None) }));
        let dialects: &'static [&'static dyn Dialect] = Box::leak(Box::new([table as &dyn Dialect]));
        let mut engine = Engine::new(
            Config { choice, caller: CallerMay::All, puts_off_handlers: false, stats: None, stats_signal: None },
            dialects,
        )
        .unwrap();
        engine.fake = Some(fake);
        World { engine: Box::leak(Box::new(engine)), fake, table }
    }

    /// Nothing has happened yet.
    fn begin(&self, seed: u64, odds: Odds) {
        self.fake.begin(seed, odds, &Masked::block());
        self.table.used.store(0, Ordering::SeqCst);
        for slip in &self.table.slips {
            slip.published.store(0, Ordering::SeqCst);
        }
    }

    fn submit(&self, descriptor: &Descriptor, operation: Operation, len: u64, offset: i64) -> Asked {
        self.submit_as(descriptor, operation, len, offset, |_| {})
    }

    /// `fill` may change the record before the engine gets it.
    fn submit_as(
        &self,
        descriptor: &Descriptor,
        operation: Operation,
        len: u64,
        offset: i64,
        fill: impl FnOnce(&Request),
    ) -> Asked {
        let number = self.table.used.fetch_add(1, Ordering::SeqCst);
        let token = self.engine.slab.take().unwrap();
        let request = self.engine.slab.get(token.index());
        let block = self.table.block(number);
        request.operation.set(operation);
        request.block.set(block);
        request.dialect.set(0);
        request.fd.set(descriptor.fd());
        if !operation.is_sync() {
            request.buffer.set((number as u64 + 1) * APART);
            request.len.set(len);
            request.offset.set(offset);
        }
        fill(request);
        let asked = Asked {
            number,
            token,
            operation,
            fd: request.fd.get(),
            file: descriptor.file,
            ordered: descriptor.is_ordered(operation),
            len,
            offset,
            buffer: request.buffer.get(),
        };
        let masked = Masked::block();
        let mut wakes = Wakes::default();
        self.fake.note(block, Event::Accepted, &masked);
        self.engine.submit(token.index(), &masked, &mut wakes).unwrap();
        wakes.flush(self.engine, &masked);
        asked
    }

    fn step(&self) -> bool {
        self.fake.step(self.engine, &Masked::block())
    }

    fn run_dry(&self) {
        while self.step() {}
    }

    fn start(&self, asked: Asked) {
        self.fake.start(self.engine, asked.token.index(), &Masked::block());
    }

    /// Ends a request that was started, or starts and ends one that was not.
    fn finish(&self, asked: Asked, result: Result<usize, Errno>) {
        let request = self.engine.slab.get(asked.token.index());
        if !request.armed.get() {
            self.start(asked);
        }
        self.fake.finish(self.engine, asked.token.index(), result, &Masked::block());
    }

    fn is_published(&self, asked: Asked) -> bool {
        self.table.slips[asked.number].published.load(Ordering::SeqCst) > 0
    }

    fn is_living(&self, asked: Asked) -> bool {
        self.engine.slab.living(asked.token).is_some()
    }

    /// Whether the backend has been given it.
    fn is_dispatched(&self, asked: Asked) -> bool {
        let block = self.table.block(asked.number);
        self.fake.journal(&Masked::block()).contains(&(block, Event::Pushed))
    }

    /// The stories of all, by number. Everything must be over.
    fn stories(&self, all: &[Asked]) -> Vec<Story> {
        let mut stories = Vec::new();
        for number in 0..self.table.used.load(Ordering::SeqCst) {
            let count = self.table.slips[number].published.load(Ordering::SeqCst);
            assert_eq!(count, 1, "request {number} was published {count} times");
            stories.push(Story { accepted: 0, pushed: vec![], published: 0, result: Ok(0), own: None });
        }
        for (position, (block, event)) in self.fake.journal(&Masked::block()).iter().enumerate() {
            let story = &mut stories[self.table.number(*block)];
            match event {
                Event::Accepted => story.accepted = position,
                Event::Pushed => story.pushed.push(position),
                Event::Started | Event::TakenBack => {}
                Event::Ended(result) => story.own = Some(*result),
                Event::Published(result) => (story.published, story.result) = (position, *result),
            }
        }
        self.is_at_rest(all);
        stories
    }

    /// Nothing of these requests is left in the engine.
    fn is_at_rest(&self, all: &[Asked]) {
        assert_eq!(self.engine.outstanding.sum(), 0, "outstanding");
        assert_eq!(self.engine.writes.sum(), 0, "writes that exit would wait for");
        for asked in all {
            assert!(!self.is_living(*asked), "the token of {} still names a request", asked.number);
            assert_eq!(self.engine.cancel(asked.token), Cancel::Gone);
            // Nothing is to be learnt from that: the number may be another's already.
            let flags = crate::sys::call::status_flags(asked.fd);
            if let Ok(key) = flags.and_then(|flags| self.engine.files.key(asked.fd, flags)) {
                let masked = Masked::block();
                let shard = self.engine.files.shard(super::Files::shard_of(key), &masked);
                assert_eq!(shard.find(key), None, "a file without requests is still listed");
            }
        }
    }
}

/// A run of random calls.
#[derive(Clone, Copy)]
struct Mix {
    calls: usize,
    odds: Odds,
    /// Of the requests, in percent.
    syncs: usize,
    /// Of the calls, in percent: single ones, and all of a descriptor.
    cancels: usize,
    cancel_alls: usize,
    only: &'static [usize],
}

impl Mix {
    const ALL: Mix =
        Mix { calls: 120, odds: Odds::WILD, syncs: 15, cancels: 8, cancel_alls: 2, only: &[0, 1, 2, 3, 4, 5, 6, 7, 8] };

    fn play(self, world: World, site: &Site, seed: u64) -> Vec<Asked> {
        world.begin(seed, self.odds);
        let mut dice = Dice::new(!seed);
        let mut all: Vec<Asked> = Vec::new();
        for _ in 0..self.calls {
            if dice.chance(self.cancels) && !all.is_empty() {
                cancelling::cancel_checked(world, &all, all[dice.below(all.len())]);
            } else if dice.chance(self.cancel_alls) {
                cancelling::cancel_all_checked(world, &all, &site.all[self.only[dice.below(self.only.len())]]);
            } else if dice.chance(50) {
                let descriptor = &site.all[self.only[dice.below(self.only.len())]];
                all.push(ask(world, descriptor, self.syncs, &mut dice, all.len()));
            } else {
                world.step();
            }
        }
        world.run_dry();
        all
    }
}

/// A random request. Each write has a place of its own behind the file, so that nothing overlaps.
fn ask(world: World, descriptor: &Descriptor, syncs: usize, dice: &mut Dice, number: usize) -> Asked {
    let len = dice.below(100) as u64;
    if dice.chance(syncs) {
        let operation = if dice.chance(50) { Operation::Sync } else { Operation::DataSync };
        world.submit(descriptor, operation, 0, 0)
    } else if dice.chance(40) {
        let offset = dice.below(crate::backend::fake::FILE_BYTES as usize + 50) as i64;
        world.submit(descriptor, Operation::Read, len, offset)
    } else {
        world.submit(descriptor, Operation::Write, len, 1_000_000 + 100 * number as i64)
    }
}

/// Runs a property over all seeds; the seed is part of the failure's message.
fn each_seed(mut property: impl FnMut(u64)) {
    let chosen: Option<u64> = std::env::var("UAIO_SEED").ok().map(|seed| seed.parse().unwrap());
    for seed in chosen.map_or(0..SEEDS, |seed| seed..seed + 1) {
        if let Err(cause) = catch_unwind(AssertUnwindSafe(|| property(seed))) {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("?");
            panic!("UAIO_SEED={seed}: {text}");
        }
    }
}

/// Fails when the test does not come to an end.
fn comes_to_an_end(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(test));
        done.send(()).unwrap();
        result
    });
    assert!(ended.recv_timeout(NEVER).is_ok(), "it never ends");
    if let Err(cause) = thread.join().unwrap() {
        std::panic::resume_unwind(cause);
    }
}

/// All runs of a mix, over both orders of routes.
fn each_run(mix: Mix, mut property: impl FnMut(World, &[Asked], &[Story])) {
    let site = Site::new();
    for choice in [Choice::Auto, Choice::Uring] {
        let world = World::new(choice);
        each_seed(|seed| {
            let all = mix.play(world, &site, seed);
            property(world, &all, &world.stories(&all));
        });
    }
}
