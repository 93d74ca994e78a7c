//! POSIX asynchronous I/O: one request, its status, its result, its cancellation.

use super::cmem::{Block, Event, Fields, Mark};
use super::engine;
use crate::backend::Wakes;
use crate::engine::caller::{InCaller, Transfer};
use crate::engine::stats::{Book, Counter};
use crate::engine::{Cancel, Dialect, Engine};
use crate::request::{Index, NONE, Notify, Operation, Request, Route, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, clock, probe};

/// Publishes into `struct aiocb`.
pub struct Posix;

impl Dialect for Posix {
    fn publish(&self, request: &Request, token: Token, result: Result<usize, Errno>, masked: &Masked) {
        if let Some(engine) = crate::engine::running() {
            let unseen = (request.operation.get() == Operation::Write).then(|| request.shard.get());
            let block = Block::from_address(request.block.get());
            // For aio_waitn: what is notified is known to the program.
            let serial = (request.notify.get() == Notify::None).then(|| engine.harvest.number());
            block.finish_if(token, engine.epoch, result, unseen, serial);
            if let Some(serial) = serial {
                engine.harvest.ended(block.address(), serial, masked);
            }
        }
    }

    fn bury(&self, request: &Request, _token: Token, masked: &Masked) {
        if let Some(engine) = crate::engine::running().filter(|_| request.notify.get() == Notify::None) {
            engine.harvest.lost(masked);
        }
    }
}

/// `AIO_PRIO_DELTA_MAX`.
const PRIORITY_MAX: i32 = 20;

/// A request as the program states it, checked.
pub struct Submission {
    pub(super) operation: Operation,
    pub(super) block: Block,
    pub(super) fields: Fields,
    pub(super) event: Event,
    pub(super) group: Index,
    /// Bytes transferred already, in the caller.
    pub(super) done: usize,
}

/// Checks what can be told from the block alone.
///
/// # Errors
/// `EINVAL`.
pub fn check(operation: Operation, block: Block) -> Result<Submission, Errno> {
    let fields = block.fields();
    let event = fields.event.check()?;
    let sound = operation.is_sync()
        || (isize::try_from(fields.len).is_ok() && fields.offset >= 0 && (0..=PRIORITY_MAX).contains(&fields.priority));
    if !sound {
        return Err(Errno(libc::EINVAL));
    }
    Ok(Submission { operation, block, fields, event, group: NONE, done: 0 })
}

/// `aio_read` and `aio_write`.
///
/// # Errors
/// `EINVAL`, `EAGAIN`: nothing was queued, and the block says so.
pub fn transfer(operation: Operation, block: Option<Block>) -> Result<(), Errno> {
    let block = block.ok_or(Errno(libc::EINVAL))?;
    single(block, |block| check(operation, block))
}

/// `aio_fsync`.
///
/// # Errors
/// `EINVAL`, `EBADF`, `EAGAIN`.
pub fn sync(flag: i32, block: Option<Block>) -> Result<(), Errno> {
    let block = block.ok_or(Errno(libc::EINVAL))?;
    single(block, |block| {
        let operation = match flag {
            libc::O_SYNC => Operation::Sync,
            libc::O_DSYNC => Operation::DataSync,
            _ => return Err(Errno(libc::EINVAL)),
        };
        let submission = check(operation, block)?;
        call::status_flags(submission.fields.fd)?;
        Ok(submission)
    })
}

/// One request by itself: checked, submitted, and marked as refused if that fails.
fn single(block: Block, check: impl FnOnce(Block) -> Result<Submission, Errno>) -> Result<(), Errno> {
    let engine = engine()?;
    if in_flight(engine, block) {
        return Err(Errno(libc::EINVAL));
    }
    let result = check(block).and_then(|mut submission| {
        if in_caller(engine, &mut submission) {
            return Ok(());
        }
        let masked = Masked::section();
        let mut wakes = Wakes::default();
        let result = submit(engine, &submission, &masked, &mut wakes);
        wakes.flush(engine, &masked);
        result
    });
    if let Err(error) = result {
        refuse(engine, block, error);
    }
    result
}

/// Whether a block's request is under way in this process.
pub fn in_flight(engine: &Engine, block: Block) -> bool {
    match block.mark() {
        Mark::Claimed => true,
        Mark::InFlight => living(engine, block).is_some(),
        Mark::Foreign | Mark::Done | Mark::Returned => false,
    }
}

/// The request of a block that says it is in flight.
pub fn living(engine: &Engine, block: Block) -> Option<(&Request, Token)> {
    let (token, epoch) = block.token();
    if epoch != engine.epoch {
        return None;
    }
    let request = engine.slab.living(token)?;
    (request.block.get() == block.address()).then_some((request, token))
}

/// `aio_error` of a block whose submission failed agrees with the call; a block in flight is left alone.
pub(super) fn refuse(engine: &Engine, block: Block, error: Errno) {
    engine.stats.count(Counter::Refused);
    let mark = block.mark();
    if !in_flight(engine, block) && block.claim(mark) {
        block.finish(Err(error));
    }
}

/// The cheapest route, here and now. `false`: the request, or what is left of it, is to be queued.
pub(super) fn in_caller(engine: &'static Engine, submission: &mut Submission) -> bool {
    let (fields, block) = (submission.fields, submission.block);
    probe::submit(block.address(), fields.fd, submission.operation as u8, fields.len, fields.offset);
    if submission.operation.is_sync() || submission.event.notify != Notify::None || engine.harvest.is_active() {
        return false;
    }
    match engine.stats.book() {
        None => attempt(engine, submission, |_| ()),
        Some(book) => counted_attempt(engine, submission, book),
    }
}

#[cold]
fn counted_attempt(engine: &'static Engine, submission: &mut Submission, book: &Book) -> bool {
    let (operation, began_ns) = (submission.operation, clock::now_ns());
    attempt(engine, submission, |result| {
        book.ended(Route::Caller, operation, result, clock::now_ns().saturating_sub(began_ns))
    })
}

/// The second half of [`in_caller`]; `ended` hears of a result before the program can see it.
#[inline(always)]
fn attempt(engine: &'static Engine, submission: &mut Submission, ended: impl FnOnce(Result<usize, Errno>)) -> bool {
    let (fields, block) = (submission.fields, submission.block);
    let mark = block.mark();
    let transfer = Transfer {
        operation: submission.operation,
        fd: fields.fd,
        buffer: fields.buffer,
        len: fields.len,
        offset: fields.offset,
    };
    let (result, unseen) = match engine.in_caller(&transfer) {
        InCaller::Over { result, unseen } => (result, unseen),
        InCaller::Begun(done) => {
            submission.done = done;
            return false;
        }
    };
    // Another thread may have submitted the same block just now: then that is the block's request.
    let claimed = block.claim(mark);
    if claimed {
        if let Some(unseen) = unseen {
            block.tell_when_seen(unseen);
        }
        let serial = engine.harvest.number();
        block.set_serial(serial);
        ended(result);
        probe::complete(block.address(), result, Route::Caller as u8);
        block.finish(result);
        engine.harvest.ended_in_caller(block.address(), serial);
    }
    claimed
}

/// The program looks at a block's result.
pub(super) fn looked(block: Block) {
    if let (Some(unseen), Some(engine)) = (block.seen(), crate::engine::running()) {
        engine.looked(unseen);
    }
}

/// Queues a checked request.
///
/// # Errors
/// `EAGAIN` for want of memory or threads; `EINVAL` when another thread has just submitted the same block.
pub(super) fn submit(
    engine: &'static Engine,
    submission: &Submission,
    masked: &Masked,
    wakes: &mut Wakes,
) -> Result<(), Errno> {
    engine.ready(masked)?;
    let mark = submission.block.mark();
    if in_flight(engine, submission.block) || !submission.block.claim(mark) {
        return Err(Errno(libc::EINVAL));
    }
    let token = match engine.slab.take() {
        Ok(token) => token,
        Err(error) => {
            submission.block.finish(Err(error));
            return Err(error);
        }
    };
    let request = engine.slab.get(token.index());
    fill(request, submission);
    request.late.set(engine.is_exiting());
    engine.stats.submitted(request);
    submission.block.begin(token, engine.epoch);
    let counts = submission.event.notify == Notify::None;
    let admitted = if counts { engine.harvest.admit(masked) } else { Ok(()) };
    let result = admitted.and_then(|()| {
        engine.submit(token.index(), masked, wakes).inspect_err(|_| {
            if counts {
                engine.harvest.lost(masked);
            }
        })
    });
    result.inspect_err(|error| {
        submission.block.finish(Err(*error));
        engine.slab.give_back(token.index());
    })
}

fn fill(request: &Request, submission: &Submission) {
    let fields = &submission.fields;
    request.operation.set(submission.operation);
    request.fd.set(fields.fd);
    if !submission.operation.is_sync() {
        request.buffer.set(fields.buffer as u64);
        request.len.set(fields.len as u64);
        request.offset.set(fields.offset);
        request.done.set(submission.done as u64);
        request.priority.set(fields.priority as u32);
    }
    request.block.set(submission.block.address());
    request.dialect.set(0);
    request.group.set(submission.group);
    set_event(request, &submission.event);
}

/// Copies a notification into a record.
pub(super) fn set_event(request: &Request, event: &Event) {
    request.notify.set(event.notify);
    request.signal.set(event.signal);
    request.thread.set(event.thread);
    request.value.set(event.value as u64);
    request.function.set(event.function as u64);
    request.attributes.set(event.attributes as u64);
}

/// `aio_error` of a block whose request is over, which the block alone tells.
#[inline(always)]
pub fn status_of_finished(block: Option<Block>) -> Option<i32> {
    let block = block.filter(|block| block.is_over())?;
    looked(block);
    Some(block.error_code())
}

/// `aio_error`.
///
/// # Errors
/// `EINVAL` for a block that was never submitted.
pub fn error(block: Option<Block>) -> Result<i32, Errno> {
    let block = block.ok_or(Errno(libc::EINVAL))?;
    loop {
        if let Some(status) = status_of_finished(Some(block)) {
            return Ok(status);
        }
        match block.mark() {
            // It has ended since.
            Mark::Done | Mark::Returned => continue,
            Mark::Claimed => return Ok(libc::EINPROGRESS),
            Mark::Foreign => return Err(Errno(libc::EINVAL)),
            Mark::InFlight => {}
        }
        let token = block.token();
        if crate::engine::running().is_some_and(|engine| goes_on(engine, block)) {
            return Ok(libc::EINPROGRESS);
        }
        // It ended between the two looks (and may have been submitted anew), or belongs to a parent process, or
        // was overwritten.
        if block.mark() == Mark::InFlight && block.token() == token {
            return Err(Errno(libc::EINVAL));
        }
    }
}

/// Whether a block's request is not over, nor would be if somebody looked.
fn goes_on(engine: &'static Engine, block: Block) -> bool {
    let Some((request, token)) = living(engine, block) else { return false };
    engine.help(request);
    engine.slab.living(token).is_some()
}

/// `aio_return`. While a sync is in progress: -1 without an error, as POSIX leaves it open, glibc never says one, and
/// the conformance suite's aio_fsync/4-2 asks that early.
///
/// # Errors
/// `EINVAL` while a transfer is in progress, a second time, or for a block never submitted.
pub fn result(block: Option<Block>) -> Result<isize, Errno> {
    let block = block.ok_or(Errno(libc::EINVAL))?;
    loop {
        if let Some(result) = block.take_result() {
            looked(block);
            if let Some(engine) = crate::engine::running().filter(|engine| engine.harvest.is_active()) {
                engine.harvest.forget(block.address(), &Masked::section());
            }
            return Ok(result);
        }
        let engine = crate::engine::running().filter(|_| block.mark() == Mark::InFlight);
        let goes_on = engine.is_some_and(|engine| goes_on(engine, block));
        let syncs = engine
            .and_then(|engine| living(engine, block))
            .is_some_and(|(request, _)| request.operation.get().is_sync());
        match block.mark() {
            // It has just ended.
            Mark::Done => {}
            Mark::InFlight if goes_on && syncs => return Ok(-1),
            _ => return Err(Errno(libc::EINVAL)),
        }
    }
}

/// `aio_cancel`.
///
/// # Errors
/// `EBADF` for a descriptor that is not open; `EINVAL` when the block names another.
pub fn cancel(fd: i32, block: Option<Block>) -> Result<i32, Errno> {
    const AIO_CANCELED: i32 = 0;
    const AIO_NOTCANCELED: i32 = 1;
    const AIO_ALLDONE: i32 = 2;
    call::status_flags(fd)?;
    let outcome = match (crate::engine::running(), block) {
        (_, Some(block)) if block.fields().fd != fd => return Err(Errno(libc::EINVAL)),
        (None, _) => Cancel::Gone,
        (Some(engine), None) => engine.cancel_all(fd),
        (Some(engine), Some(block)) => match living(engine, block) {
            Some((_, token)) if block.mark() == Mark::InFlight => engine.cancel(token),
            _ => Cancel::Gone,
        },
    };
    Ok(match outcome {
        Cancel::Cancelled => AIO_CANCELED,
        Cancel::Left => AIO_NOTCANCELED,
        Cancel::Gone => AIO_ALLDONE,
    })
}

/// `aio_init`: the number of threads and how long they wait for work; the rest are hints that we need not.
pub fn tune(threads: i32, idle_s: i32) {
    let threads = usize::try_from(threads).unwrap_or(1);
    let idle_ns = u64::try_from(idle_s).unwrap_or(0) * 1_000_000_000;
    crate::engine::config::TUNING.set(threads, idle_ns);
    if let Some(engine) = crate::engine::running() {
        engine.tune();
    }
}
