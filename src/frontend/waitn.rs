//! `aio_waitn`: waits for a number of POSIX requests, whichever end first.

use super::cmem::Block;
use super::cmem::results::{BlockSlots, Number};
use crate::engine::Engine;
use crate::engine::harvest::{Gathered, MOST};
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

/// A call of `aio_waitn`, which alternates between looking and sleeping. Needs no dropping: it may be cancelled asleep.
#[derive(Clone, Copy)]
pub struct WaitFor {
    engine: &'static Engine,
    list: BlockSlots,
    most: usize,
    number: Number,
    want: usize,
    polls: bool,
    deadline_ns: Option<u64>,
    seen: u32,
    slept: Result<(), Errno>,
}

impl WaitFor {
    /// Begins.
    ///
    /// # Errors
    /// `EINVAL`; `EAGAIN` when memory is short.
    pub fn new(
        list: Option<BlockSlots>,
        nent: u32,
        number: Option<Number>,
        timeout: Option<libc::timespec>,
    ) -> Result<WaitFor, Errno> {
        let (list, number) = list.zip(number).ok_or(Errno(libc::EINVAL))?;
        let (most, want) = (nent as usize, number.get() as usize);
        if most == 0 || most > MOST || want == 0 || want > most {
            return Err(Errno(libc::EINVAL));
        }
        let span_ns = timeout.map(span_ns).transpose()?;
        // Also before the first request: from now on nothing is forgotten.
        let begun = super::engine().and_then(|engine| {
            let masked = Masked::block();
            engine.harvest.activate(&masked)?;
            engine.reap_all(&masked);
            Ok(engine)
        });
        let engine = begun.inspect_err(|_| number.set(0))?;
        let deadline_ns = span_ns.map(|span_ns| clock::now_ns().saturating_add(span_ns));
        Ok(WaitFor { engine, list, most, number, want, polls: span_ns == Some(0), deadline_ns, seen: 0, slept: Ok(()) })
    }

    /// Whether the call is over; else it is time to sleep.
    ///
    /// # Errors
    /// `EAGAIN` when there is nothing to wait for; `ETIME` and `EINTR`, after what had finished was handed out.
    pub fn look(&mut self) -> Result<bool, Errno> {
        let now = self.polls || self.slept.is_err();
        let put = |at, block| self.list.put(at, Block::from_address(block));
        let masked = Masked::block();
        let gathered = self.engine.harvest.gather(self.want, self.most, now, &masked, Block::serial_of, put);
        match gathered {
            Gathered::Pending(seen) => {
                self.seen = seen;
                Ok(false)
            }
            Gathered::Nothing => {
                self.number.set(0);
                match self.slept {
                    Err(Errno(libc::EINTR)) => Err(Errno(libc::EINTR)),
                    _ => Err(Errno(libc::EAGAIN)),
                }
            }
            Gathered::Taken(count) => {
                self.number.set(count as u32);
                match self.slept {
                    Err(error) if count < self.want && error == Errno(libc::ETIMEDOUT) => Err(Errno(libc::ETIME)),
                    Err(error) if count < self.want => Err(error),
                    _ => Ok(true),
                }
            }
        }
    }

    /// Sleeps until it is time to look. A cancellation point.
    pub fn sleep(&mut self) {
        self.slept = self.engine.harvest.sleep(self.seen, self.deadline_ns);
    }
}

fn span_ns(time: libc::timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno(libc::EINVAL))?;
    let rest = u64::try_from(time.tv_nsec).ok().filter(|ns| *ns < 1_000_000_000).ok_or(Errno(libc::EINVAL))?;
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(rest))
}
