//! Which routes a request may take, the cheapest first.

use super::config::Choice;
use super::files::Facts;
use super::{Engine, is_ordered};
use crate::request::{Kind, NONE, Notify, Operation, Request, Route};

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

impl Engine {
    /// The routes that are not for a request on such a file, a bit each.
    pub(super) fn unsuited(&self, request: &Request, facts: &Facts) -> u32 {
        let operation = request.operation.get();
        let mut unsuited = 0;
        if self.config.choice == Choice::Auto && facts.kind == Kind::Buffered && facts.refuses_nowait {
            unsuited |= 1 << Route::Ring as u32;
        }
        let ordered = is_ordered(facts, operation);
        // Somebody will look at the results of Solaris' calls, or else the attendant tells.
        let told = || self.is_told(request) && !(request.notify.get() == Notify::Io && self.done.is_waited_for());
        // A write beyond the limit raises a signal in the thread that submits it, which is the program's.
        let limited = || operation == Operation::Write && !self.files.may_grow();
        let tried = facts.kind == Kind::Direct && matches!(self.config.choice, Choice::Auto | Choice::Native);
        if tried && (told() || ordered || !self.takes_native(request) || limited()) {
            unsuited |= 1 << Route::Native as u32;
        }
        unsuited
    }

    /// Whether nobody may look at a request again: then nobody would reap it, or run it.
    pub(super) fn is_told(&self, request: &Request) -> bool {
        let group = request.group.get();
        request.notify.get() != Notify::None
            || (group != NONE && self.slab.get(group).notify.get() != Notify::None)
            || self.harvest.is_active()
            || self.is_exiting()
    }

    fn takes_native(&self, request: &Request) -> bool {
        self.files.known(request.fd.get()).is_some_and(|descriptor| descriptor.takes_native(request.operation.get()))
    }
}
