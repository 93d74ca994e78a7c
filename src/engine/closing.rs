//! A descriptor is closed, or the process ends, while requests are outstanding.

use core::sync::atomic::Ordering;

use super::files::Files;
use super::lead::Patience;
use super::wait::Ticket;
use super::{Engine, is_living};
use crate::backend::{Backend, Host, Taken};
use crate::request::delivery::Rules;
use crate::request::{Index, NONE, Place, Request, Route, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, clock, futex};

/// `exit` gives up after so long without any write being finished.
const EXIT_STALL_NS: u64 = 30_000_000_000;
/// How long a close waits for a worker's system call on a terminal: by then the call has got hold of the file.
const TERMINAL_NS: u64 = 100_000_000;
/// How far around the exiting thread's stack pointer a control block counts as dead: below, the largest
/// usual stack; above, the frames of exit itself, which may lie over those of a `main` that returned.
const DEAD_BELOW_BYTES: u64 = 8 << 20;
const DEAD_ABOVE_BYTES: u64 = 64 << 10;

/// What the requests of a descriptor still need before its number may be given up.
#[derive(Default)]
struct Needs {
    /// Taken out, to end with ECANCELED.
    cancelled: Option<Index>,
    /// Taken out, for a keeper to run.
    kept: Option<Index>,
    /// Somebody to wait for…
    running: Option<Token>,
    /// …but not for ever: a worker is asking a terminal, which was ready just now.
    bounded: bool,
    /// The ring has some whose file the kernel may not hold yet.
    in_ring: bool,
    /// The ring has some that outlive their descriptor.
    orphaned: bool,
    /// A stream was waited for: the kernel must let go of it.
    in_streams: bool,
}

/// Whether a ring asks for the whole of a request at once, and takes hold of the file as it does. (A sync looks its
/// file up later, in a worker of the kernel's.)
fn is_one_call(request: &Request) -> bool {
    let rest = request.len.get() - request.done.get();
    !request.operation.get().is_sync() && request.next_len() as u64 == rest
}

impl Engine {
    /// Whether this process is a vfork child of the one that made the engine: it has our memory, and descriptors and
    /// handlers of its own.
    pub fn is_shared_with_child(&self) -> bool {
        call::process_id() != self.pid
    }

    /// Before the program gives a number up: what was accepted on it gets hold of its file or ends.
    pub fn closing(&'static self, fd: i32) {
        if self.is_shared_with_child() {
            // A vfork child closes its own descriptors in our memory.
            return;
        }
        let masked = Masked::block();
        self.drop_results(fd, &masked);
        let mut fenced = false;
        while let Ok(flags) = call::status_flags(fd) {
            let needs = self.survey(fd, flags, fenced, &masked);
            self.end_chain(needs.cancelled.unwrap_or(NONE), Errno(libc::ECANCELED), &masked);
            if let Some(first) = needs.kept {
                if self.keeper.keep(self, fd, first, &masked).is_err() {
                    self.run_before_close(first, &masked);
                }
            }
            // A part that was asked for before the orphan knew that it is one gets through as well.
            if needs.in_ring || needs.orphaned {
                self.ring.fence(&masked);
                fenced = true;
            }
            if needs.in_streams {
                self.streams.fence(&masked);
            }
            let waited = needs.running.is_some_and(|token| self.wait_for_end(token, needs.bounded));
            if !waited && !needs.in_ring {
                break;
            }
        }
        // What has finished meanwhile is handed out, and not dropped when the number is closed again.
        self.done.orphan_all(self.slab, fd, &masked);
        self.files.forget(fd);
    }

    /// Looks at everything outstanding on the descriptor, and takes out what can be.
    /// `fenced`: what is started in the ring has been given to the kernel since the last look.
    fn survey(&'static self, fd: i32, flags: i32, fenced: bool, masked: &Masked) -> Needs {
        let mut needs = Needs::default();
        let Ok(key) = self.files.key(fd, flags) else { return needs };
        let mut shard = self.files.shard(Files::shard_of(key), masked);
        let Some(number) = shard.find(key) else { return needs };
        let Some(file) = shard.file(number) else { return needs };
        let mut at = file.outstanding.last();
        while let Some(index) = at {
            at = file.outstanding.before(self.slab, index);
            let request = self.slab.get(index);
            if request.fd.get() != fd || request.orphan.get() || !is_living(request) {
                continue;
            }
            let stream = request.kind.get().is_stream();
            let (place, route) = (request.place.get(), request.route.get());
            needs.in_streams |= stream && route == Route::Stream;
            // What ends if it has not begun.
            let ends = stream || request.rules.get() == Rules::Solaris;
            let waits = place == Place::Queue && (route == Route::Worker || request.is_buffered_write());
            let taken = if ends || waits { self.take_out(index, file, stream, masked) } else { Taken::No };
            if taken != Taken::No {
                // A write of which the kernel has been asked for a part goes on, and what POSIX wants done
                // with a file; all else ends.
                let goes_on = taken == Taken::Begun || !ends;
                let chain = if goes_on { &mut needs.kept } else { &mut needs.cancelled };
                request.chain.set(chain.unwrap_or(NONE));
                *chain = Some(index);
                request.orphan.set(goes_on);
            } else if route == Route::Ring && is_one_call(request) {
                // Once the ring has passed the fence, the kernel holds the file.
                let held = fenced && place == Place::Started;
                request.orphan.set(held);
                needs.orphaned |= held;
                needs.in_ring |= !held;
            } else {
                needs.running = Some(Token::new(index, request.generation()));
                needs.bounded |= stream;
            }
        }
        if key.by_descriptor() && needs.running.is_none() {
            shard.unname(number);
        }
        needs
    }

    /// Without a keeper: what files have not begun is done before the number is given up; a stream's write ends
    /// with what it has transferred.
    fn run_before_close(&'static self, first: Index, masked: &Masked) {
        let mut next = first;
        while next != NONE {
            let index = next;
            let request = self.slab.get(index);
            next = request.chain.get();
            let done = request.done.get() as usize;
            let result = if !request.kind.get().is_stream() {
                request.place.set(Place::Started);
                crate::backend::transfer::run(request)
            } else if done > 0 {
                Ok(done)
            } else {
                Err(Errno(libc::ECANCELED))
            };
            self.complete(index, result, masked);
        }
    }

    /// Waits until a request has ended; `false` if it was given up.
    pub(super) fn wait_for_end(&'static self, token: Token, bounded: bool) -> bool {
        let deadline_ns = bounded.then(|| clock::now_ns() + TERMINAL_NS);
        let survey = |ticket: Option<&Ticket<'_>>| self.token_awaits(token, ticket);
        loop {
            match self.wait(&survey, Patience { deadline_ns, cancellable: false }) {
                Ok(()) => return true,
                Err(Errno(libc::ETIMEDOUT)) if bounded => return false,
                Err(_) => {}
            }
        }
    }

    /// The library's own descriptors, or -1: only where the kernel offers no other way.
    pub fn own_descriptors(&self) -> [i32; 4] {
        let ([a, b], [c, d]) = (self.ring.visible_fds(), self.streams.visible_fds());
        [a, b, c, d]
    }

    /// The program is about to put another file at a number that is the library's.
    pub fn move_away(&self, fd: i32) {
        self.ring.move_away(fd);
        self.streams.move_away(fd);
    }

    /// Whether a number is one of the library's own descriptors (see [`Engine::own_descriptors`]).
    pub fn owns(&self, fd: i32) -> bool {
        fd >= 0 && self.own_descriptors().contains(&fd)
    }

    /// The process is ending: writes to files that were accepted are finished, as long as there is progress.
    pub fn exit(&'static self, stack: u64) {
        if self.is_shared_with_child() {
            return;
        }
        let [low, high] = &self.dead;
        high.store(stack.saturating_add(DEAD_ABOVE_BYTES), Ordering::SeqCst);
        low.store(stack.saturating_sub(DEAD_BELOW_BYTES), Ordering::SeqCst);
        self.exiting.store(1, Ordering::SeqCst);
        // The program will not look any more.
        self.reap_all(&Masked::block());
        loop {
            let seen = self.exit_word.load(Ordering::SeqCst);
            if self.writes.is_zero() {
                break;
            }
            let until_ns = clock::now_ns() + EXIT_STALL_NS;
            match futex::wait_until(&self.exit_word, seen, Some(until_ns)) {
                Err(Errno(libc::ETIMEDOUT)) => break,
                _ => continue,
            }
        }
        self.report_at_exit();
    }

    /// Whether the process has begun to exit: handlers may still submit.
    pub fn is_exiting(&self) -> bool {
        self.exiting.load(Ordering::Relaxed) != 0
    }

    /// Whether a control block lies in a stack that is being given up.
    pub(super) fn is_dead(&self, block: u64) -> bool {
        let [low, high] = &self.dead;
        self.is_exiting() && block >= low.load(Ordering::Relaxed) && block < high.load(Ordering::Relaxed)
    }
}
