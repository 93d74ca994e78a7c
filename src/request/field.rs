//! Members of a record that is shared but never raced on.

use core::marker::PhantomData;

use crate::sys::atomic::{HeldU64, Ordering};

/// A value that fits in a word.
pub trait Word: Copy {
    /// As a word.
    fn into_word(self) -> u64;
    /// Back from [`Word::into_word`].
    fn from_word(word: u64) -> Self;
}

macro_rules! words {
    ($($t:ty),+) => {$(
        impl Word for $t {
            fn into_word(self) -> u64 {
                self as u64
            }
            fn from_word(word: u64) -> $t {
                word as $t
            }
        }
    )+};
}

words!(u32, u64, i32, i64);

impl Word for bool {
    fn into_word(self) -> u64 {
        u64::from(self)
    }
    fn from_word(word: u64) -> bool {
        word != 0
    }
}

/// A member that the current holder of the record reads and writes. Relaxed, because the hand-over of the record
/// (a lock, a queue) orders it; atomic, so that a stale look at a reused record is a wrong value and not undefined.
pub struct Field<T: Word>(HeldU64, PhantomData<T>);

impl<T: Word> Field<T> {
    /// With a first value.
    pub fn new(value: T) -> Field<T> {
        Field(HeldU64::new(value.into_word()), PhantomData)
    }
    /// The value.
    pub fn get(&self) -> T {
        T::from_word(self.0.load(Ordering::Relaxed))
    }
    /// A new value.
    pub fn set(&self, value: T) {
        self.0.store(value.into_word(), Ordering::Relaxed);
    }
}
