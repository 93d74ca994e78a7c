//! `aio_suspend`, and the wait of `lio_listio`.
//!
//! Both are cancellation points: nothing in these functions may need dropping, and nothing may
//! catch an unwinding, where they sleep. No lock is taken, so a handler may call them above any other call of ours.

use super::cmem::{Block, Blocks, Mark};
use super::posix;
use crate::engine::wait::Ticket;
use crate::engine::{self, Engine};
use crate::request::Token;
use crate::sys::clock;
use crate::sys::errno::Errno;

/// What a list of blocks looks like.
enum List {
    /// Nothing in it.
    Empty,
    /// At least one is finished, or never was in progress.
    Ready,
    /// All are in progress.
    Pending,
}

/// `aio_suspend`.
///
/// # Errors
/// `EINVAL`, `EAGAIN` at the timeout, `EINTR`.
pub fn suspend(blocks: Option<Blocks>, timeout: Option<libc::timespec>) -> Result<(), Errno> {
    let blocks = blocks.ok_or(Errno(libc::EINVAL))?;
    let engine = engine::running();
    if !matches!(survey(engine, blocks, None), List::Pending) {
        return Ok(());
    }
    let deadline_ns = match timeout {
        None => None,
        Some(time) => Some(deadline(time)?),
    };
    let Some(engine) = engine else { return Ok(()) };
    let mut ticket = engine.slots.ticket();
    loop {
        if !matches!(survey(Some(engine), blocks, Some(&ticket)), List::Pending) {
            return Ok(());
        }
        if let Err(error) = ticket.sleep_cancellable(deadline_ns) {
            // What is there counts for more than how the sleep ended.
            return match survey(Some(engine), blocks, None) {
                List::Pending if error == Errno(libc::ETIMEDOUT) => Err(Errno(libc::EAGAIN)),
                List::Pending => Err(Errno(libc::EINTR)),
                List::Empty | List::Ready => Ok(()),
            };
        }
    }
}

/// A moment from now, on the monotonic clock.
fn deadline(time: libc::timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno(libc::EINVAL))?;
    let rest = u64::try_from(time.tv_nsec).ok().filter(|ns| *ns < 1_000_000_000).ok_or(Errno(libc::EINVAL))?;
    let span_ns = seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Ok(clock::now_ns().saturating_add(span_ns))
}

/// Looks at every block, and with a ticket asks to be woken by each.
fn survey(engine: Option<&Engine>, blocks: Blocks, ticket: Option<&Ticket<'_>>) -> List {
    let mut seen = List::Empty;
    for block in blocks.iter() {
        if !is_pending(engine, block, ticket) {
            return List::Ready;
        }
        seen = List::Pending;
    }
    seen
}

fn is_pending(engine: Option<&Engine>, block: Block, ticket: Option<&Ticket<'_>>) -> bool {
    let Some(engine) = engine else { return false };
    if let (Some(ticket), Mark::InFlight | Mark::Done | Mark::Returned) = (ticket, block.mark()) {
        if let Some((request, token)) = posix::living(engine, block) {
            ticket.watch(request);
            // A wait that has begun goes on until the signal is sent too, not only until the result shows.
            if engine.slab.living(token).is_some() {
                return true;
            }
        }
    }
    match block.mark() {
        Mark::InFlight => posix::living(engine, block).is_some() && block.mark() == Mark::InFlight,
        Mark::Done | Mark::Returned => {
            posix::looked(block);
            false
        }
        Mark::Claimed | Mark::Foreign => false,
    }
}

/// Waits until a list has ended.
///
/// # Errors
/// `EINTR`: it goes on.
pub fn wait_for_list(engine: &Engine, list: Token) -> Result<(), Errno> {
    let mut ticket = engine.slots.ticket();
    while let Some(request) = engine.slab.living(list) {
        ticket.watch(request);
        if engine.slab.living(list).is_none() {
            break;
        }
        let slept = ticket.sleep_cancellable(None);
        if slept.is_err() && engine.slab.living(list).is_some() {
            return Err(Errno(libc::EINTR));
        }
    }
    Ok(())
}
