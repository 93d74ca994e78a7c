//! Members of a record that is shared but never raced on.

use core::marker::PhantomData;

use crate::sys::atomic::{HeldU8, HeldU32, HeldU64, Ordering};

/// A value that fits in a word.
pub trait Word: Copy {
    /// What it takes in memory.
    type Cell: Cell;
    /// As a word.
    fn into_word(self) -> u64;
    /// Back from [`Word::into_word`].
    fn from_word(word: u64) -> Self;
}

/// An atomic of some width. Records are many, and pass from one processor to another line by line.
pub trait Cell {
    /// With a first value, which fits.
    fn new(word: u64) -> Self;
    /// The value.
    fn load(&self) -> u64;
    /// A new value, which fits.
    fn store(&self, word: u64);
}

macro_rules! cells {
    ($($cell:ty, $width:ty;)+) => {$(
        impl Cell for $cell {
            fn new(word: u64) -> $cell {
                <$cell>::new(word as $width)
            }
            fn load(&self) -> u64 {
                u64::from(<$cell>::load(self, Ordering::Relaxed))
            }
            fn store(&self, word: u64) {
                <$cell>::store(self, word as $width, Ordering::Relaxed);
            }
        }
    )+};
}

cells! {
    HeldU8, u8;
    HeldU32, u32;
    HeldU64, u64;
}

macro_rules! words {
    ($($t:ty, $cell:ty;)+) => {$(
        impl Word for $t {
            type Cell = $cell;
            fn into_word(self) -> u64 {
                self as u64
            }
            fn from_word(word: u64) -> $t {
                word as $t
            }
        }
    )+};
}

words! {
    u32, HeldU32;
    i32, HeldU32;
    u64, HeldU64;
    i64, HeldU64;
}

impl Word for bool {
    type Cell = HeldU8;
    fn into_word(self) -> u64 {
        u64::from(self)
    }
    fn from_word(word: u64) -> bool {
        word != 0
    }
}

/// A member that the current holder of the record reads and writes. Relaxed, because the hand-over of the record
/// (a lock, a queue) orders it; atomic, so that a stale look at a reused record is a wrong value and not undefined.
pub struct Field<T: Word>(T::Cell, PhantomData<T>);

impl<T: Word> Field<T> {
    /// With a first value.
    pub fn new(value: T) -> Field<T> {
        Field(T::Cell::new(value.into_word()), PhantomData)
    }
    /// The value.
    pub fn get(&self) -> T {
        T::from_word(self.0.load())
    }
    /// A new value.
    pub fn set(&self, value: T) {
        self.0.store(value.into_word());
    }
}
