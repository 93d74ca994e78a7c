//! Atomics, by a name of our own: `tests/models.rs` builds the files whose protocols it checks with loom's instead.

pub use core::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
/// A word that only its holder touches, handed on by other means: a model need not try both orders of two accesses.
pub use core::sync::atomic::{AtomicU8 as HeldU8, AtomicU32 as HeldU32, AtomicU64 as HeldU64};
