//! The calls of Solaris' libaio: a request is known by the address of its result structure.

use super::cmem::results::ResultAt;
use crate::backend::{Host, Wakes};
use crate::engine::caller::{InCaller, Transfer};
use crate::engine::done::Look;
use crate::engine::{Cancel, Dialect, Engine, running};
use crate::request::delivery::Rules;
use crate::request::{Index, NONE, Notify, Operation, Request, Route, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, clock, probe};

/// Publishes into `aio_result_t`.
pub struct Solaris;

/// Its place in `DIALECTS`.
const DIALECT: u32 = 1;

impl Dialect for Solaris {
    fn publish(&self, request: &Request, token: Token, result: Result<usize, Errno>, masked: &Masked) {
        let Some(engine) = running() else { return };
        let at = ResultAt::from_address(request.block.get());
        // Whoever takes a request back ends it so. A file that answers ECANCELED by itself is taken for that.
        let cancelled = result == Err(Errno(libc::ECANCELED));
        engine.conclude(token, cancelled, masked, || at.store(result));
    }

    fn bury(&self, _request: &Request, token: Token, masked: &Masked) {
        if let Some(engine) = running() {
            engine.conclude(token, true, masked, || ());
        }
    }
}

/// A transfer as the program states it.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Read or write.
    pub operation: Operation,
    /// The descriptor.
    pub fd: i32,
    /// The buffer's address.
    pub buffer: usize,
    /// Its size.
    pub bytes: i32,
    /// Where, counted from `whence`.
    pub offset: i64,
    /// `SEEK_SET`, `SEEK_CUR` or `SEEK_END`.
    pub whence: i32,
    /// Where the result goes.
    pub result: Option<ResultAt>,
}

/// `aioread` and `aiowrite`.
///
/// # Errors
/// `EINVAL`, `EBADF`, `EAGAIN`: nothing was queued.
pub fn transfer(asked: Asked) -> Result<(), Errno> {
    let result = asked.result.ok_or(Errno(libc::EINVAL))?;
    let len = u64::try_from(asked.bytes).map_err(|_| Errno(libc::EINVAL))?;
    if !matches!(asked.whence, libc::SEEK_SET | libc::SEEK_CUR | libc::SEEK_END) {
        return Err(Errno(libc::EINVAL));
    }
    let engine = super::engine()?;
    let offset = offset(engine, &asked)?;
    let masked = Masked::section();
    let token = engine.slab.take()?;
    let request = engine.slab.get(token.index());
    request.operation.set(asked.operation);
    request.fd.set(asked.fd);
    request.buffer.set(asked.buffer as u64);
    request.len.set(len);
    request.offset.set(offset);
    request.block.set(result.address());
    request.late.set(engine.is_exiting());
    request.dialect.set(DIALECT);
    request.rules.set(Rules::Solaris);
    request.polled.set(result.is_polled());
    request.notify.set(Notify::Io);
    engine.stats.submitted(request);
    probe::submit(result.address(), asked.fd, asked.operation as u8, len as usize, offset);
    let submitted = engine.admit(result.address(), token, &masked).and_then(|()| {
        submit(engine, request, token.index(), &masked).inspect_err(|_| engine.expel(result.address(), &masked))
    });
    submitted.inspect_err(|_| engine.slab.give_back(token.index()))
}

/// Carries an admitted request out here and now, if that is sure to be quick, or queues it.
fn submit(engine: &'static Engine, request: &Request, index: Index, masked: &Masked) -> Result<(), Errno> {
    let transfer = Transfer {
        operation: request.operation.get(),
        fd: request.fd.get(),
        buffer: request.buffer.get() as usize,
        len: request.len.get() as usize,
        offset: request.offset.get(),
    };
    // Nor is a POSIX request with a notification carried out here. The handler may ask for the next request, and if
    // that were over, and told of, before it returned, it would be called again at once, for ever.
    let attempt = if engine.tells_by_io() { InCaller::Begun(0) } else { engine.in_caller(&transfer) };
    match attempt {
        InCaller::Over { result: Err(Errno(libc::EBADF)), .. } => Err(Errno(libc::EBADF)),
        InCaller::Over { result, unseen } => {
            request.route.set(Route::Caller);
            request.unseen.set(unseen.unwrap_or(NONE));
            engine.complete(index, result, masked);
            Ok(())
        }
        InCaller::Begun(done) => {
            request.done.set(done as u64);
            let mut wakes = Wakes::default();
            let queued = engine.ready(masked).and_then(|()| engine.submit(index, masked, &mut wakes));
            wakes.flush(engine, masked);
            queued
        }
    }
}

/// Where a transfer begins, counted from the start of the file.
fn offset(engine: &Engine, asked: &Asked) -> Result<i64, Errno> {
    if asked.whence == libc::SEEK_SET && asked.offset >= 0 {
        // Also right for what cannot seek, where it is ignored.
        return Ok(asked.offset);
    }
    let facts = engine.files.facts(asked.fd, asked.operation)?;
    if facts.kind.is_stream() {
        return Ok(0);
    }
    let base = match asked.whence {
        libc::SEEK_CUR => call::position(asked.fd)?,
        libc::SEEK_END => size(asked.fd)?,
        _ => 0,
    };
    base.checked_add(asked.offset).filter(|offset| *offset >= 0).ok_or(Errno(libc::EINVAL))
}

/// The size of a file as it is now.
fn size(fd: i32) -> Result<i64, Errno> {
    let stat = call::stat(fd)?;
    if stat.st_mode & libc::S_IFMT == libc::S_IFBLK {
        return i64::try_from(call::device_bytes(fd)?).map_err(|_| Errno(libc::EINVAL));
    }
    Ok(stat.st_size)
}

/// `aiocancel`.
///
/// # Errors
/// `EACCES` when it, or any other, is unfinished; else `EINVAL`.
pub fn cancel(result: Option<ResultAt>) -> Result<(), Errno> {
    let engine = running().ok_or(Errno(libc::EINVAL))?;
    let named = result.and_then(|result| engine.named(result.address()));
    if named.is_some_and(|token| engine.cancel(token) == Cancel::Cancelled) {
        return Ok(());
    }
    Err(Errno(if engine.done.is_outstanding() { libc::EACCES } else { libc::EINVAL }))
}

/// How long `aiowait` waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Not at all.
    Now,
    /// No longer than this moment.
    Deadline(u64),
    /// As long as it takes.
    Done,
}

/// A call of `aiowait`, which alternates between looking and sleeping. Needs no dropping: it may be cancelled asleep.
#[derive(Clone, Copy)]
pub struct Wait {
    engine: &'static Engine,
    until: Until,
    seen: u32,
    slept: Result<(), Errno>,
}

impl Wait {
    /// Begins.
    ///
    /// # Errors
    /// `EINVAL` for a bad time, or when nothing was ever asked for.
    pub fn new(timeout: Option<libc::timeval>) -> Result<Wait, Errno> {
        let until = match timeout {
            None => Until::Done,
            Some(time) => until(time)?,
        };
        let engine = running().ok_or(Errno(libc::EINVAL))?;
        Ok(Wait { engine, until, seen: 0, slept: Ok(()) })
    }

    /// The address of a finished request's result, or 0 when the time is over; `None`: it is time to sleep.
    ///
    /// # Errors
    /// `EINVAL` when there is nothing to wait for; `EINTR` when a signal was caught.
    pub fn look(&mut self) -> Result<Option<u64>, Errno> {
        let polls = self.until == Until::Now;
        if self.engine.done.is_pending() && !self.engine.has_events() {
            self.engine.done.waits();
            if polls {
                return Ok(Some(0));
            }
        }
        match (self.engine.look_for_result(!polls), self.slept) {
            (Ok(pointer), _) => Ok(Some(pointer)),
            (Err(_), Err(Errno(libc::EINTR))) => Err(Errno(libc::EINTR)),
            (Err(Look::Pending(_)), _) if polls => Ok(Some(0)),
            (Err(Look::Pending(_)), Err(_)) => Ok(Some(0)),
            (Err(Look::Pending(seen)), Ok(())) => {
                self.seen = seen;
                Ok(None)
            }
            (Err(_), _) => Err(Errno(libc::EINVAL)),
        }
    }

    /// Sleeps until it is time to look. A cancellation point.
    pub fn sleep(&mut self) {
        let deadline_ns = match self.until {
            Until::Deadline(at_ns) => Some(at_ns),
            Until::Now | Until::Done => None,
        };
        self.slept = self.engine.sleep_for_result(self.seen, deadline_ns);
    }
}

fn until(time: libc::timeval) -> Result<Until, Errno> {
    const MICROSECONDS: i64 = 1_000_000;
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno(libc::EINVAL))?;
    let rest = u64::try_from(time.tv_usec).ok().filter(|_| time.tv_usec < MICROSECONDS).ok_or(Errno(libc::EINVAL))?;
    if seconds == 0 && rest == 0 {
        return Ok(Until::Now);
    }
    let span_ns = seconds.saturating_mul(1_000_000_000).saturating_add(rest * 1_000);
    Ok(Until::Deadline(clock::now_ns().saturating_add(span_ns)))
}
