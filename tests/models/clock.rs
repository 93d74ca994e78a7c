//! Time: it stands still until a model lets it pass.

use super::futex;

/// Now, in nanoseconds.
pub fn now_ns() -> u64 {
    futex::now_ns()
}

/// Ends every sleep with a deadline before that.
pub fn pass(ns: u64) {
    futex::pass(ns);
}
