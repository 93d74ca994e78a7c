//! `aio_suspend`, and the wait of `lio_listio`.
//!
//! Both are cancellation points: nothing in these functions may need dropping, and nothing may
//! catch an unwinding, where they sleep. No lock is taken, so a handler may call them above any other call of ours.

use super::cmem::{Block, Blocks, Mark};
use super::posix;
use crate::engine::lead::{Awaits, Patience};
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
    Pending(Awaits),
}

/// `aio_suspend`.
///
/// # Errors
/// `EINVAL`, `EAGAIN` at the timeout, `EINTR`.
pub fn suspend(blocks: Option<Blocks>, timeout: Option<libc::timespec>) -> Result<(), Errno> {
    let blocks = blocks.ok_or(Errno(libc::EINVAL))?;
    let engine = engine::running();
    // Mostly one is, and that is told by the blocks alone.
    if let Some(over) = blocks.iter().find(|block| !matches!(block.mark(), Mark::InFlight | Mark::Claimed)) {
        looked(over);
        return Ok(());
    }
    let deadline_ns = match timeout.map(deadline) {
        None => None,
        Some(Ok(deadline_ns)) => Some(deadline_ns),
        Some(Err(error)) => {
            return if matches!(survey(engine, blocks, None), List::Pending(_)) { Err(error) } else { Ok(()) };
        }
    };
    let Some(engine) = engine else { return Ok(()) };
    let survey = |ticket: Option<&Ticket<'_>>| match survey(Some(engine), blocks, ticket) {
        List::Pending(awaits) => awaits,
        List::Empty | List::Ready => Awaits::NOTHING,
    };
    engine.wait(&survey, Patience { deadline_ns, cancellable: true }).map_err(|error| match error {
        Errno(libc::ETIMEDOUT) => Errno(libc::EAGAIN),
        error => error,
    })
}

/// A moment from now, on the monotonic clock.
fn deadline(time: libc::timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno(libc::EINVAL))?;
    let rest = u64::try_from(time.tv_nsec).ok().filter(|ns| *ns < 1_000_000_000).ok_or(Errno(libc::EINVAL))?;
    let span_ns = seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Ok(clock::now_ns().saturating_add(span_ns))
}

/// Looks at every block, and with a ticket asks to be woken by each.
fn survey(engine: Option<&'static Engine>, blocks: Blocks, ticket: Option<&Ticket<'_>>) -> List {
    let mut seen = List::Empty;
    for block in blocks.iter() {
        let Some(awaits) = pending(engine, block, ticket) else {
            looked(block);
            return List::Ready;
        };
        seen = match seen {
            List::Pending(others) => List::Pending(others.and(awaits)),
            _ => List::Pending(awaits),
        };
    }
    seen
}

/// The program learns that a block's request is over.
fn looked(block: Block) {
    if matches!(block.mark(), Mark::Done | Mark::Returned) {
        posix::looked(block);
    }
}

/// What a block's request has to be waited for; nothing if it is not in progress. A wait that has begun (with a ticket)
/// goes on until the signal is sent too, not only until the result shows.
fn pending(engine: Option<&'static Engine>, block: Block, ticket: Option<&Ticket<'_>>) -> Option<Awaits> {
    match (block.mark(), ticket) {
        (Mark::InFlight, _) | (Mark::Done | Mark::Returned, Some(_)) => {
            let (_, token) = posix::living(engine?, block)?;
            let awaits = engine?.token_awaits(token, ticket);
            let shows = ticket.is_none() && block.mark() != Mark::InFlight;
            (awaits != Awaits::NOTHING && !shows).then_some(awaits)
        }
        _ => None,
    }
}

/// Waits until a list has ended.
///
/// # Errors
/// `EINTR`: it goes on.
pub fn wait_for_list(engine: &'static Engine, list: Token) -> Result<(), Errno> {
    let survey = |ticket: Option<&Ticket<'_>>| engine.token_awaits(list, ticket);
    engine.wait(&survey, Patience { deadline_ns: None, cancellable: true })
}
