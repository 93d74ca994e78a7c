//! Threads of a model have no signals.

pub fn enter() -> bool {
    false
}

pub fn leave() {}
