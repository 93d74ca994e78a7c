//! Which routes a request may take, the cheapest first.

use super::config::Choice;
use crate::request::{Kind, Operation, Request, Route};

/// The routes for a request. The last one never refuses.
pub fn order(choice: Choice, request: &Request) -> &'static [Route] {
    let operation = request.operation.get();
    if operation.is_sync() {
        // A ring would hand it to a worker of the kernel's; ours is as good, and warm.
        return if choice == Choice::Uring { &[Route::Ring, Route::Worker] } else { &[Route::Worker] };
    }
    if request.kind.get().is_stream() {
        return &[Route::Stream, Route::Worker];
    }
    match (choice, request.kind.get(), operation) {
        // A FUSE file pretends that it can be polled: the ring would then wait for its server in the owner's thread.
        (_, Kind::Special, _) => &[Route::Worker],
        (Choice::Uring, ..) => &[Route::Ring, Route::Worker],
        (Choice::Auto, Kind::Direct, _) => &[Route::Native, Route::Ring, Route::Worker],
        (Choice::Native, Kind::Direct, _) => &[Route::Native, Route::Worker],
        // What is not in the page cache; what is was read in the calling thread.
        (Choice::Auto, Kind::Buffered, Operation::Read) => &[Route::Ring, Route::Worker],
        // The kernel runs buffered writes of one file one after another, on threads that it must
        // wake for each: a worker that drains them is faster (measured, see the README).
        _ => &[Route::Worker],
    }
}
