//! What the interfaces over the engine do differently with a request, and how far its result has come.

use super::field::Word;
use crate::sys::atomic::HeldU8;

/// Whose rules hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rules {
    /// A bad descriptor is a result. A close sees to it that what has not begun is carried out.
    Posix,
    /// A bad descriptor is refused at the call. A close ends what has not begun.
    Solaris,
}

impl Word for Rules {
    type Cell = HeldU8;
    fn into_word(self) -> u64 {
        self as u64
    }
    fn from_word(word: u64) -> Rules {
        if word == Rules::Solaris as u64 { Rules::Solaris } else { Rules::Posix }
    }
}

/// How far the result of a request that is known by a result pointer has come. Guarded by the done queue
/// (`engine::done`).
///
/// | state   | meaning                         | left by                                                   |
/// |---------|---------------------------------|-----------------------------------------------------------|
/// | Pending | not finished                    | completion: to Queued; cancellation: the record ends      |
/// | Queued  | on the done queue               | `aiowait`, a close, or a new submission: to Taken         |
/// | Taken   | off it, about to leave the table | the record ends                                          |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Delivery {
    /// Not finished.
    Pending,
    /// On the done queue.
    Queued,
    /// Off the done queue.
    Taken,
}

impl Word for Delivery {
    type Cell = HeldU8;
    fn into_word(self) -> u64 {
        self as u64
    }
    fn from_word(word: u64) -> Delivery {
        match word {
            w if w == Delivery::Queued as u64 => Delivery::Queued,
            w if w == Delivery::Taken as u64 => Delivery::Taken,
            _ => Delivery::Pending,
        }
    }
}
