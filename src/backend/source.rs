//! Where a reactor's thread sleeps and hears of what happened: a ring, or poll(2) where the kernel refuses one.

use io_uring::{opcode, squeue, types};

use super::{ASLEEP, AWAKE, Waker, io_priority};
use crate::request::{Operation, Request, Token};
use crate::sys::atomic::Ordering;
use crate::sys::call::{self, PollFd};
use crate::sys::errno::Errno;
use crate::sys::ring::{self, Ring};

/// Completions that name no request: the generation of a token in use is odd.
const WOKEN: u64 = 0;
const DISARMED: u64 = 2;

/// Small, because ring memory is charged to RLIMIT_MEMLOCK of the user on current kernels; more than this
/// may be in flight.
const SUBMISSIONS: u32 = 256;
const COMPLETIONS: u32 = 1024;

/// How often a sleep in poll(2) looks whether the waker's descriptor is still open: a program may close it behind our
/// back, by the bare system call.
const LOOK_NS: u64 = 100_000_000;

/// A ring, or poll(2).
pub enum Source {
    /// Owned by this thread.
    Ring {
        /// The ring.
        ring: Box<Ring>,
        /// The wait for the waker is with the kernel.
        listening: bool,
        /// Calls in a row that the kernel put off.
        put_off: u32,
    },
    /// The descriptors to poll, the tokens that belong to them, and what was found ready. The first is the waker's.
    Poll {
        /// For poll(2).
        fds: Vec<PollFd>,
        /// In step with `fds`.
        tokens: Vec<Token>,
        /// Found ready.
        ready: Vec<Token>,
    },
}

impl Source {
    /// A ring of this thread's own.
    pub fn ring(waker: &Waker) -> Result<Source, Errno> {
        let ring = Ring::new(SUBMISSIONS, COMPLETIONS)?;
        if !ring.supports(opcode::FutexWait::CODE) {
            // Before Linux 6.7 a ring cannot wait for a futex.
            eventfd(waker)?;
        }
        let ring = crate::sys::memory::boxed(ring)?;
        Ok(Source::Ring { ring, listening: false, put_off: 0 })
    }

    /// The ring's own descriptor, if it has one that the program could see, or -1.
    pub fn visible_fd(&self) -> i32 {
        match self {
            Source::Ring { ring, .. } => ring.visible_fd().unwrap_or(-1),
            Source::Poll { .. } => -1,
        }
    }

    /// Without a ring.
    pub fn poll(waker: &Waker) -> Result<Source, Errno> {
        let eventfd = eventfd(waker)?;
        let (mut fds, mut tokens) = (Vec::new(), Vec::new());
        fds.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
        tokens.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
        fds.push(PollFd { fd: eventfd, events: libc::POLLIN, revents: 0 });
        tokens.push(Token(WOKEN));
        Ok(Source::Poll { fds, tokens, ready: Vec::new() })
    }

    /// Hands an entry to the ring with the next [`Source::wait`].
    pub fn submit(&mut self, entry: &squeue::Entry) -> Result<(), Errno> {
        let Source::Ring { ring, put_off, .. } = self else { return Err(Errno(libc::ENOSYS)) };
        while !ring.push(entry) {
            enter(ring, 0, None, put_off)?;
        }
        Ok(())
    }

    /// Asks once for readiness of a descriptor.
    pub fn arm(&mut self, token: Token, fd: i32, events: i16) -> Result<(), Errno> {
        match self {
            Source::Ring { .. } => {
                let entry = opcode::PollAdd::new(types::Fd(fd), events as u32).build().user_data(token.0);
                self.submit(&entry)
            }
            Source::Poll { fds, tokens, .. } => {
                fds.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
                tokens.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
                fds.push(PollFd { fd, events, revents: 0 });
                tokens.push(token);
                Ok(())
            }
        }
    }

    /// Takes [`Source::arm`] back.
    pub fn disarm(&mut self, token: Token) -> Result<(), Errno> {
        match self {
            Source::Ring { .. } => {
                let entry = opcode::PollRemove::new(token.0).build().user_data(DISARMED);
                self.submit(&entry)
            }
            Source::Poll { fds, tokens, .. } => {
                if let Some(at) = tokens.iter().position(|there| *there == token) {
                    fds.swap_remove(at);
                    tokens.swap_remove(at);
                }
                Ok(())
            }
        }
    }

    /// Hands everything over to the kernel, and with `sleep` waits for something to happen or for
    /// `timeout_ns`. The waker must be [`ASLEEP`] then, or hold that somebody has woken us already.
    /// `false`: the kernel did not take all yet.
    pub fn wait(&mut self, waker: &Waker, sleep: bool, timeout_ns: Option<u64>) -> Result<bool, Errno> {
        match self {
            Source::Ring { ring, listening, put_off } => {
                if sleep && !*listening {
                    let eventfd = waker.eventfd.load(Ordering::Relaxed);
                    let entry = if eventfd >= 0 {
                        opcode::PollAdd::new(types::Fd(eventfd), libc::POLLIN as u32).build().user_data(WOKEN)
                    } else {
                        ring::futex_wait_entry(waker.word.as_ptr(), ASLEEP, WOKEN)
                    };
                    while !ring.push(&entry) {
                        enter(ring, 0, None, put_off)?;
                    }
                    *listening = true;
                }
                enter(ring, u32::from(sleep), timeout_ns, put_off)?;
                Ok(ring.queued() == 0)
            }
            Source::Poll { fds, tokens, ready } => {
                let timeout_ms =
                    if sleep { timeout_ns.unwrap_or(u64::MAX).min(LOOK_NS).div_ceil(1_000_000) } else { 0 };
                poll(fds, tokens, ready, waker, timeout_ms as i32).map(|()| true)
            }
        }
    }

    /// What happened to whom: the token and, in a ring, the result.
    pub fn next(&mut self, waker: &Waker) -> Option<(Token, i32)> {
        match self {
            Source::Ring { ring, listening, .. } => loop {
                let completion = ring.next()?;
                match completion.user_data {
                    WOKEN => {
                        *listening = false;
                        if completion.result < 0 && waker.eventfd.load(Ordering::Relaxed) >= 0 {
                            // The program closed our descriptor behind our back.
                            waker.eventfd.store(call::high_eventfd().unwrap_or(-1), Ordering::Release);
                        }
                        clear(waker);
                    }
                    DISARMED => {}
                    token => return Some((Token(token), completion.result)),
                }
            },
            Source::Poll { ready, .. } => ready.pop().map(|token| (token, 0)),
        }
    }
}

/// The waker's eventfd, made when first needed. It stays for good: a thread that was about to raise it must not hit a
/// descriptor of the program.
fn eventfd(waker: &Waker) -> Result<i32, Errno> {
    let there = waker.eventfd.load(Ordering::Acquire);
    if there >= 0 {
        return Ok(there);
    }
    let fresh = call::high_eventfd()?;
    waker.eventfd.store(fresh, Ordering::Release);
    Ok(fresh)
}

fn clear(waker: &Waker) {
    let eventfd = waker.eventfd.load(Ordering::Relaxed);
    if eventfd >= 0 {
        call::eventfd_clear(eventfd);
    }
}

/// The kernel may put a call off for want of memory; one that does so for ever refuses.
const PUT_OFF_MOST: u32 = 1_000;

fn enter(ring: &mut Ring, wanted: u32, timeout_ns: Option<u64>, put_off: &mut u32) -> Result<(), Errno> {
    match ring.enter(wanted, timeout_ns) {
        Ok(_) => *put_off = 0,
        // Interrupted, timed out, or the completion ring is full and must be emptied first.
        Err(Errno(libc::EINTR | libc::ETIME | libc::EBUSY)) => {}
        Err(Errno(libc::EAGAIN)) if *put_off < PUT_OFF_MOST => *put_off += 1,
        Err(error) => return Err(error),
    }
    Ok(())
}

fn poll(
    fds: &mut Vec<PollFd>,
    tokens: &mut Vec<Token>,
    ready: &mut Vec<Token>,
    waker: &Waker,
    timeout_ms: i32,
) -> Result<(), Errno> {
    if let Some(first) = fds.first_mut() {
        // It moves when the program takes its number (see `Reactor::move_away`), and is gone when there is no other.
        if waker.eventfd.load(Ordering::Acquire) < 0 {
            waker.eventfd.store(call::high_eventfd().unwrap_or(-1), Ordering::Release);
        }
        first.fd = waker.eventfd.load(Ordering::Acquire);
    }
    match call::poll(fds, Some(timeout_ms)) {
        Ok(_) | Err(Errno(libc::EINTR)) => {}
        Err(error) => return Err(error),
    }
    waker.word.store(AWAKE, Ordering::SeqCst);
    if let Some(first) = fds.first_mut() {
        if first.revents & libc::POLLNVAL != 0 {
            // The program closed our descriptor behind our back.
            waker.eventfd.store(call::high_eventfd().unwrap_or(-1), Ordering::Release);
        } else if first.revents != 0 {
            clear(waker);
        }
    }
    let mut at = 1;
    while let (Some(fd), Some(token)) = (fds.get(at), tokens.get(at)) {
        if fd.revents == 0 {
            at += 1;
            continue;
        }
        ready.try_reserve(1).map_err(|_| Errno(libc::EAGAIN))?;
        ready.push(*token);
        fds.swap_remove(at);
        tokens.swap_remove(at);
    }
    Ok(())
}

/// What the ring is asked for the next part of a file's request.
pub fn entry(request: &Request) -> squeue::Entry {
    let fd = types::Fd(request.fd.get());
    let (buffer, len) = (request.next_buffer() as *mut u8, request.next_len() as u32);
    let offset = request.next_offset() as u64;
    let priority = io_priority(request.priority.get());
    match request.operation.get() {
        Operation::Read => opcode::Read::new(fd, buffer, len).offset(offset).ioprio(priority).build(),
        Operation::Write => opcode::Write::new(fd, buffer, len).offset(offset).ioprio(priority).build(),
        Operation::DataSync => opcode::Fsync::new(fd).flags(types::FsyncFlags::DATASYNC).build(),
        Operation::Sync => opcode::Fsync::new(fd).build(),
        Operation::List => opcode::Nop::new().build(),
    }
}
