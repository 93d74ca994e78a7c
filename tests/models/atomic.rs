//! loom's atomics under the names of `src/sys/atomic.rs`.
//!
//! loom takes an access that is SeqCst for one that is AcqRel, which would report failures that cannot happen; it does
//! know sequentially consistent fences. So an access that asks for SeqCst has one on either side here. That is a
//! little more than the language promises where SeqCst and weaker accesses to other words are mixed; processors
//! give it.

use core::sync::atomic::AtomicBool;
use loom::sync::atomic as loomed;
pub use loomed::{Ordering, fence};

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// loom tries two orders of a load by one thread and a store by another only if the storing thread has not loaded the
/// word in between. (It compares an access with the last one alone.) A word that is loaded at all therefore has a
/// shadow, which every access changes: two of those are always tried in both orders. Relaxed, they order nothing else.
/// Members of records go without: a lock or an exchange hands them on.
#[derive(Default)]
struct Shadow {
    word: loomed::AtomicUsize,
    in_use: AtomicBool,
}

impl Shadow {
    fn touch(&self, load: bool) {
        if load {
            self.in_use.store(true, Relaxed);
        }
        if self.in_use.load(Relaxed) {
            self.word.fetch_add(0, Relaxed);
        }
    }
}

/// `ordered(order, weaker, access)`
fn ordered<R>(order: Ordering, weaker: Ordering, access: impl FnOnce(Ordering) -> R) -> R {
    if order != SeqCst {
        return access(order);
    }
    fence(SeqCst);
    let result = access(weaker);
    fence(SeqCst);
    result
}

macro_rules! atomics {
    ($($name:ident over $of:ident: $t:ty, $shadowed:literal;)+) => {$(
        #[derive(Default)]
        pub struct $name(loomed::$of, Shadow);

        impl $name {
            #[track_caller]
            pub fn new(value: $t) -> $name {
                $name(loomed::$of::new(value), Shadow::default())
            }
            fn touch(&self, load: bool) {
                if $shadowed {
                    self.1.touch(load);
                }
            }
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $t {
                self.touch(true);
                ordered(order, Acquire, |order| self.0.load(order))
            }
            #[track_caller]
            pub fn store(&self, value: $t, order: Ordering) {
                self.touch(false);
                ordered(order, Release, |order| self.0.store(value, order));
            }
            #[track_caller]
            pub fn swap(&self, value: $t, order: Ordering) -> $t {
                self.touch(false);
                ordered(order, AcqRel, |order| self.0.swap(value, order))
            }
            #[track_caller]
            pub fn fetch_add(&self, value: $t, order: Ordering) -> $t {
                self.touch(false);
                ordered(order, AcqRel, |order| self.0.fetch_add(value, order))
            }
            #[track_caller]
            pub fn fetch_sub(&self, value: $t, order: Ordering) -> $t {
                self.touch(false);
                ordered(order, AcqRel, |order| self.0.fetch_sub(value, order))
            }
            #[track_caller]
            pub fn fetch_or(&self, value: $t, order: Ordering) -> $t {
                self.touch(false);
                ordered(order, AcqRel, |order| self.0.fetch_or(value, order))
            }
            #[track_caller]
            pub fn fetch_and(&self, value: $t, order: Ordering) -> $t {
                self.touch(false);
                ordered(order, AcqRel, |order| self.0.fetch_and(value, order))
            }
            #[track_caller]
            pub fn compare_exchange(&self, old: $t, new: $t, good: Ordering, bad: Ordering) -> Result<$t, $t> {
                self.touch(false);
                let bad = if bad == SeqCst { Acquire } else { bad };
                ordered(good, AcqRel, |good| self.0.compare_exchange(old, new, good, bad))
            }
            /// Does not fail for no reason: that would only be another round.
            #[track_caller]
            pub fn compare_exchange_weak(&self, old: $t, new: $t, good: Ordering, bad: Ordering) -> Result<$t, $t> {
                self.compare_exchange(old, new, good, bad)
            }
            /// Only for rings, which no model uses.
            pub fn as_ptr(&self) -> *mut $t {
                core::ptr::from_ref(self).cast_mut().cast()
            }
        }
    )+};
}

atomics! {
    AtomicI32 over AtomicI32: i32, true;
    AtomicU32 over AtomicU32: u32, true;
    AtomicU64 over AtomicU64: u64, true;
    HeldU8 over AtomicU8: u8, false;
    HeldU32 over AtomicU32: u32, false;
    HeldU64 over AtomicU64: u64, false;
    AtomicUsize over AtomicUsize: usize, true;
}

/// The latest value, whoever stored it: for what checks at the end.
impl AtomicUsize {
    pub fn latest(&self) -> usize {
        self.0.fetch_add(0, Relaxed)
    }
}
