//! Model checks: what the engine's lock-free and subtle parts rely on, under every order in which threads can run and
//! stores can become visible, by loom.
//!
//! The code is the library's own: the files of `src/request`, `src/backend` and, of the engine, waiting and the
//! done queue are built here once more, over a `sys` in which atomics are loom's, and in which futexes, time, native
//! AIO and poll(2) belong to a model world (`models/sys.rs`). `src/lib.rs` says which argument has which model.
//!
//!     cargo test --test models                 all
//!     cargo test --test models -- workers      some
//!
//! A lost wake-up is a deadlock, which loom reports, like unordered access to what a lock guards. `UAIO_MODEL_BOUND`
//! sets how often a thread may be interrupted at a point where it could go on; each model has a bound with which it
//! takes seconds.

#![allow(dead_code, unused_imports, missing_docs, unsafe_code)] // what the models use of the files is a part
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../src/backend/mod.rs"]
mod backend;
#[path = "models/engine.rs"]
mod engine;
#[path = "models/host.rs"]
mod host;
#[path = "../src/request/mod.rs"]
mod request;
#[path = "models/sys.rs"]
mod sys;

#[path = "models/backends.rs"]
mod backends;
#[path = "models/records.rs"]
mod records;
#[path = "models/waiting.rs"]
mod waiting;

use libtest_mimic::{Arguments, Trial};

/// A model: its name, how often a thread may be interrupted, and its body.
type Model = (&'static str, usize, fn());

fn main() {
    let args = Arguments::from_args();
    let models = [records::MODELS, waiting::MODELS, backends::MODELS].concat();
    let trials = models.into_iter().map(|(name, bound, body)| {
        Trial::test(name, move || {
            check(bound, body);
            Ok(())
        })
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

fn check(bound: usize, body: fn()) {
    let mut builder = loom::model::Builder::new();
    let wanted = std::env::var("UAIO_MODEL_BOUND").ok().and_then(|bound| bound.parse().ok());
    builder.preemption_bound = Some(wanted.unwrap_or(bound));
    builder.max_branches = 20_000;
    builder.check(body);
}
