//! What is known of a descriptor without asking the kernel: one entry per number. Hints all of it: where an entry is
//! wrong, a request takes a needless turn.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::files::{Files, Key};
use crate::backend::Served;
use crate::request::field::Word;
use crate::request::{Kind, Operation};
use crate::sys::clock;

/// One descriptor's entry, on cache lines of its own: threads that use different files write into them all the time.
#[derive(Default)]
#[repr(align(128))]
pub struct Descriptor {
    /// [`Kind`] in the low byte, then flags. 0: nothing known, and never used for AIO.
    pub(super) word: AtomicU64,
    /// The moment for which word, device and inode hold, or 0. See `engine::files`.
    pub(super) learnt: AtomicU64,
    pub(super) device: AtomicU64,
    pub(super) inode: AtomicU64,
    /// Transfers in the caller: reads, writes.
    ways: [Way; 2],
    /// Native AIO: reads, writes.
    natives: [Spared; 2],
}

/// The file refuses RWF_NOWAIT.
pub(super) const REFUSES_NOWAIT: u64 = 1 << 8;
/// The file is not known to native AIO.
pub(super) const REFUSES_NATIVE: u64 = 1 << 10;
/// A write waits for the device.
pub(super) const SYNCHRONOUS: u64 = 1 << 9;
/// `O_APPEND`.
pub(super) const APPEND: u64 = 1 << 11;
/// `O_NONBLOCK`.
pub(super) const NONBLOCKING: u64 = 1 << 12;
/// Open for reading.
pub(super) const READABLE: u64 = 1 << 13;
/// Open for writing.
pub(super) const WRITABLE: u64 = 1 << 14;

impl Descriptor {
    pub(super) fn kind(word: u64) -> Kind {
        Kind::from_word(word & 0xff)
    }

    /// The word and the file's name, if they are known to hold at this moment.
    pub(super) fn recall(&self, moment: u64) -> Option<(u64, Key)> {
        let holds = self.learnt.load(Ordering::Acquire) == moment;
        holds.then(|| (self.word.load(Ordering::Relaxed), self.key()))
    }

    /// The file's name as it was last learnt, if the number was not given up since.
    pub(super) fn learnt_key(&self) -> Option<Key> {
        (self.learnt.load(Ordering::Acquire) != 0).then(|| self.key())
    }

    fn key(&self) -> Key {
        Key::new(self.device.load(Ordering::Relaxed), self.inode.load(Ordering::Relaxed))
    }

    /// The way of reads or of writes in the caller, if the file has one.
    pub fn way(&self, operation: Operation) -> Option<&Way> {
        let word = self.word.load(Ordering::Relaxed);
        let [reads, writes] = &self.ways;
        match (Descriptor::kind(word), operation) {
            (Kind::Buffered, Operation::Read) => Some(reads),
            (Kind::Buffered, Operation::Write) if word & SYNCHRONOUS == 0 => Some(writes),
            _ => None,
        }
    }

    /// The shard of its file.
    pub fn shard(&self) -> u32 {
        Files::shard_of(self.key())
    }

    /// Whether the file is known not to know RWF_NOWAIT.
    pub fn refuses_nowait(&self) -> bool {
        self.word.load(Ordering::Relaxed) & REFUSES_NOWAIT != 0
    }

    /// The file does not know RWF_NOWAIT.
    pub fn refuse_nowait(&self) {
        self.word.fetch_or(REFUSES_NOWAIT, Ordering::Relaxed);
    }

    /// What it names is another file now, which is `proven` to be in memory.
    pub(super) fn reset_ways(&self, proven: bool) {
        for way in &self.ways {
            way.reset(proven);
        }
        for native in &self.natives {
            native.until_ns.store(0, Ordering::Relaxed);
            native.put_off.store(0, Ordering::Relaxed);
        }
    }

    fn native(&self, operation: Operation) -> &Spared {
        let [reads, writes] = &self.natives;
        if operation == Operation::Read { reads } else { writes }
    }

    /// Whether native AIO may be tried.
    pub fn takes_native(&self, operation: Operation) -> bool {
        let until_ns = self.native(operation).until_ns.load(Ordering::Relaxed);
        let spared = until_ns != 0 && clock::now_ns() < until_ns;
        self.word.load(Ordering::Relaxed) & REFUSES_NATIVE == 0 && !spared
    }

    /// How native AIO served a request.
    pub fn note_native(&self, operation: Operation, how: Served) {
        let Spared { until_ns, put_off } = self.native(operation);
        match how {
            Served::Well if put_off.load(Ordering::Relaxed) != 0 => put_off.store(0, Ordering::Relaxed),
            Served::Well => {}
            Served::WouldBlock => {
                if put_off.fetch_add(1, Ordering::Relaxed) + 1 >= PUT_OFF_MOST {
                    put_off.store(0, Ordering::Relaxed);
                    until_ns.store(clock::now_ns() + SPARED_NS, Ordering::Relaxed);
                }
            }
            Served::Slowly(took_ns) => {
                until_ns.store(clock::now_ns() + took_ns * SPARED_FACTOR, Ordering::Relaxed);
            }
            Served::Never => _ = self.word.fetch_or(REFUSES_NATIVE, Ordering::Relaxed),
        }
    }
}

/// Whether transfers of one direction may be made in the calling thread. Hints: races cost a slow or a needless
/// hand-over.
#[derive(Default)]
pub struct Way {
    /// One in the caller was slow: none until then. 0: open.
    until_ns: AtomicU64,
    /// What the last transfers took beyond copying, wherever they were made: a moving average, and one more. 0: not
    /// known.
    mean_ns: AtomicU64,
}

/// Transfers that wait for memory alone take less than this on average, and those that wait for a device more. The
/// average, because single ones are held up by the scheduler, a journal, or the first touch of a page.
const MEMORY_NS: u64 = 50_000;
/// A transfer that took longer has waited for something.
pub const SLOW_NS: u64 = 1_000_000;
/// After such a one in the caller the way is closed for so many times as long.
const HOLD_FACTOR: u64 = 8;
/// How fast a transfer copies, at the least.
const COPY_BYTES_PER_NS: u64 = 1;

impl Way {
    /// What is known of it: nothing, or that the file is in memory.
    fn reset(&self, proven: bool) {
        self.until_ns.store(0, Ordering::Relaxed);
        self.mean_ns.store(u64::from(proven), Ordering::Relaxed);
    }

    /// Whether it may be tried without waiting.
    pub fn is_open(&self, now_ns: impl FnOnce() -> u64) -> bool {
        let until_ns = self.until_ns.load(Ordering::Relaxed);
        if until_ns == 0 {
            return true;
        }
        let over = until_ns <= now_ns();
        if over {
            self.until_ns.store(0, Ordering::Relaxed);
        }
        over
    }

    /// Whether a call that may wait may be made: what was made lately waited for memory alone.
    pub fn is_proven(&self, now_ns: impl FnOnce() -> u64) -> bool {
        let mean_ns = self.mean_ns.load(Ordering::Relaxed);
        mean_ns != 0 && mean_ns <= MEMORY_NS && self.is_open(now_ns)
    }

    /// A transfer by a call that may wait was made.
    pub fn note(&self, len: u64, took_ns: u64) {
        let beyond_ns = took_ns.saturating_sub(len / COPY_BYTES_PER_NS).min(SLOW_NS);
        let mean_ns = match self.mean_ns.load(Ordering::Relaxed) {
            0 => beyond_ns,
            mean => ((mean - 1) * 7 + beyond_ns) / 8,
        };
        self.mean_ns.store(mean_ns + 1, Ordering::Relaxed);
    }

    /// A transfer in the caller was slow: none for a while, and then only if others have been fast.
    pub fn close(&self, now_ns: u64, took_ns: u64) {
        self.mean_ns.store(SLOW_NS, Ordering::Relaxed);
        self.until_ns.store(now_ns + took_ns * HOLD_FACTOR, Ordering::Relaxed);
    }
}

/// One direction of a descriptor, for native AIO. Hints.
#[derive(Default)]
struct Spared {
    /// None until then.
    until_ns: AtomicU64,
    /// Requests in a row that would have had to wait for more than the device.
    put_off: AtomicU32,
}

/// So many put off in a row…
const PUT_OFF_MOST: u32 = 8;
/// …and native AIO is not tried for so long.
const SPARED_NS: u64 = 20_000_000;
/// After a slow submission it is not tried for so many times as long.
const SPARED_FACTOR: u64 = 8;
