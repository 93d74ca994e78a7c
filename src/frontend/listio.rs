//! `lio_listio`: many requests by one call, and one notification for all.

use core::sync::atomic::Ordering;

use super::cmem::{Block, Blocks, Event, SigeventAt};
use super::{engine, posix, suspend};
use crate::backend::Wakes;
use crate::engine::Engine;
use crate::request::{Operation, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

const LIO_READ: i32 = 0;
const LIO_WRITE: i32 = 1;
const LIO_NOP: i32 = 2;

/// When the call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// After all entries have ended.
    Wait,
    /// At once.
    NoWait,
}

impl Mode {
    /// From C.
    ///
    /// # Errors
    /// `EINVAL`.
    pub fn new(mode: i32) -> Result<Mode, Errno> {
        match mode {
            0 => Ok(Mode::Wait),
            1 => Ok(Mode::NoWait),
            _ => Err(Errno(libc::EINVAL)),
        }
    }
}

/// A list that has been submitted.
#[derive(Clone, Copy)]
pub struct Submitted {
    /// Its own token: it lives until the last entry has ended.
    pub list: Token,
    refused: bool,
    short: bool,
}

/// The first part of `lio_listio`: submits every entry.
///
/// # Errors
/// `EINVAL`, `EAGAIN`: nothing is queued.
pub fn submit(mode: Mode, blocks: Option<Blocks>, event: SigeventAt) -> Result<Submitted, Errno> {
    let blocks = blocks.ok_or(Errno(libc::EINVAL))?;
    // A waiting call ignores it.
    let event = if mode == Mode::NoWait { event.read() } else { None };
    let event = event.map_or(Ok(Event::NONE), |event| event.check())?;
    let engine = engine()?;
    let masked = Masked::block();
    engine.ready(&masked)?;
    let list = engine.slab.take()?;
    let head = engine.slab.get(list.index());
    head.operation.set(Operation::List);
    posix::set_event(head, &event);
    // One for this call itself, so that the list does not end while it is being submitted.
    head.remaining.store(1, Ordering::Relaxed);
    let mut submitted = Submitted { list, refused: false, short: false };
    let mut wakes = Wakes::default();
    for block in blocks.iter() {
        match one(engine, block, list, &masked, &mut wakes) {
            Ok(()) => {}
            Err(Errno(libc::EAGAIN)) => submitted.short = true,
            Err(_) => submitted.refused = true,
        }
    }
    wakes.flush(engine, &masked);
    engine.count_down(list.index(), &masked);
    Ok(submitted)
}

/// The middle part: with [`Mode::Wait`] waits for the last entry. A cancellation point: see `suspend.rs`.
///
/// # Errors
/// `EINTR`: the requests go on.
pub fn wait(mode: Mode, submitted: Submitted) -> Result<(), Errno> {
    match crate::engine::running() {
        Some(engine) if mode == Mode::Wait => suspend::wait_for_list(engine, submitted.list),
        _ => Ok(()),
    }
}

/// The last part: what the call returns, after the wait if it is to wait.
///
/// # Errors
/// `EIO` when an entry was refused, or, waiting, failed; `EAGAIN` when some entries could not be queued.
pub fn outcome(mode: Mode, blocks: Option<Blocks>, submitted: Submitted) -> Result<i32, Errno> {
    let failed = |block: Block| block.fields().opcode != LIO_NOP && posix::error(Some(block)) != Ok(0);
    if submitted.refused {
        return Err(Errno(libc::EIO));
    }
    if submitted.short {
        return Err(Errno(libc::EAGAIN));
    }
    if mode == Mode::Wait && blocks.is_some_and(|blocks| blocks.iter().any(failed)) {
        return Err(Errno(libc::EIO));
    }
    Ok(0)
}

/// One entry.
fn one(engine: &'static Engine, block: Block, list: Token, masked: &Masked, wakes: &mut Wakes) -> Result<(), Errno> {
    let operation = match block.fields().opcode {
        LIO_READ => Operation::Read,
        LIO_WRITE => Operation::Write,
        LIO_NOP => return Ok(()),
        _ => {
            posix::refuse(engine, block, Errno(libc::EINVAL));
            return Err(Errno(libc::EINVAL));
        }
    };
    if posix::in_flight(engine, block) {
        return Err(Errno(libc::EINVAL));
    }
    let checked = posix::check(operation, block);
    let Ok(mut submission) = checked else {
        posix::refuse(engine, block, Errno(libc::EINVAL));
        return Err(Errno(libc::EINVAL));
    };
    if posix::in_caller(engine, &mut submission) {
        return Ok(());
    }
    let remaining = &engine.slab.get(list.index()).remaining;
    submission.group = list.index();
    remaining.fetch_add(1, Ordering::Relaxed);
    posix::submit(engine, &submission, masked, wakes).inspect_err(|_| {
        remaining.fetch_sub(1, Ordering::Relaxed);
    })
}
