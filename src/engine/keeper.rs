//! Threads that hold a file whose descriptor the program is closing, while requests on it are not yet with
//! the kernel.
//!
//! Such a thread takes a descriptor table of its own in which only that number is open. The program's close
//! then gives up the number, and the file lives on in the keeper's table until its requests are done. (A
//! duplicate in the program's table would be visible, and closing it later would drop the program's record
//! locks on the file.)

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use super::Engine;
use crate::backend::{Host, Thread, transfer};
use crate::request::{Index, NONE, Place, Route};
use crate::sys::errno::Errno;
use crate::sys::lock::{Lock, Masked};
use crate::sys::{call, futex};

/// Closes that wait for their keeper at the same time; more wait for their requests instead.
pub const JOBS: usize = 16;

// | state   | meaning                        | left by                            |
// |---------|--------------------------------|------------------------------------|
// | FREE    | nobody's, or not yet asked     | the closer that took it: ASKED     |
// | ASKED   | the thread is being started    | the thread: HELD or REFUSED        |
// | HELD    | the thread holds the file      | the closer: FREE                   |
// | REFUSED | no own table to be had         | the closer: FREE                   |
//
// A job is the closer's until it has seen the answer; the thread does not look at it after answering.
// So nobody ever waits for the answer to another's question.
const FREE: u32 = 0;
const ASKED: u32 = 1;
const HELD: u32 = 2;
const REFUSED: u32 = 3;

struct Job {
    state: AtomicU32,
    fd: AtomicI32,
    /// The chain of requests, in order.
    first: AtomicU32,
}

/// All jobs.
pub struct Keeper {
    jobs: [Job; JOBS],
    taken: Lock<[bool; JOBS]>,
}

impl Default for Keeper {
    fn default() -> Self {
        Keeper::new()
    }
}

impl Keeper {
    /// Without a job.
    pub fn new() -> Keeper {
        Keeper {
            jobs: [const { Job { state: AtomicU32::new(FREE), fd: AtomicI32::new(-1), first: AtomicU32::new(NONE) } };
                JOBS],
            taken: Lock::new([false; JOBS]),
        }
    }

    /// Gives a chain of requests, which belongs to the caller, to a thread that holds the file before this returns.
    ///
    /// # Errors
    /// When no such thread can be had: the chain is still the caller's.
    pub fn keep(&'static self, engine: &'static Engine, fd: i32, first: Index, masked: &Masked) -> Result<(), Errno> {
        let number = {
            let mut taken = self.taken.lock(masked);
            let number = taken.iter().position(|taken| !taken).ok_or(Errno(libc::EAGAIN))?;
            if let Some(slot) = taken.get_mut(number) {
                *slot = true;
            }
            number
        };
        let Some(job) = self.jobs.get(number) else { return Err(Errno(libc::EAGAIN)) };
        job.fd.store(fd, Ordering::Relaxed);
        job.first.store(first, Ordering::Relaxed);
        job.state.store(ASKED, Ordering::Release);
        engine.start(Thread::Keeper(number), masked);
        let answer = loop {
            match job.state.load(Ordering::Acquire) {
                ASKED => futex::wait(&job.state, ASKED),
                answer => break answer,
            }
        };
        job.state.store(FREE, Ordering::Relaxed);
        if let Some(slot) = self.taken.lock(masked).get_mut(number) {
            *slot = false;
        }
        if answer == HELD { Ok(()) } else { Err(Errno(libc::ENOSYS)) }
    }

    fn answer(&self, number: usize, answer: u32) {
        if let Some(job) = self.jobs.get(number) {
            job.state.store(answer, Ordering::Release);
            futex::wake(&job.state, 1);
        }
    }

    /// No thread could be started for the job.
    pub fn refuse(&self, number: usize) {
        self.answer(number, REFUSED);
    }

    /// The body of the thread.
    pub fn run(&'static self, engine: &'static Engine, number: usize, masked: &Masked) {
        let Some(job) = self.jobs.get(number) else { return };
        // Its own completions may have to wake the threads that are woken by descriptor.
        let [a, b, c, d] = engine.own_descriptors();
        let mut keep = [job.fd.load(Ordering::Relaxed), a, b, c, d];
        keep.sort_unstable();
        let open = keep.iter().position(|fd| *fd >= 0).unwrap_or(keep.len());
        if call::own_descriptors(keep.get(open..).unwrap_or(&[])).is_err() {
            return self.refuse(number);
        }
        let mut next = job.first.load(Ordering::Relaxed);
        self.answer(number, HELD);
        while next != NONE {
            let request = engine.slab.get(next);
            let index = next;
            next = request.chain.get();
            request.place.set(Place::Started);
            request.route.set(Route::Worker);
            let result = transfer::run(request);
            engine.complete(index, result, masked);
        }
    }
}
