//! What waits for a reactor's thread.
//!
//! Buffered writes go to the ring a few at a time. The kernel runs those of one file one after another, on threads of
//! its own, of which it has a few; what it has not been given yet can still be cancelled, and needs no descriptor.

use crate::request::list::{ByQueue, List};
use crate::request::{Index, Request, Token};

/// So many buffered writes are with the kernel at a time.
const WRITES_MOST: usize = 16;

/// Who owns the ring.
///
/// | state    | left by                                                                      |
/// |----------|------------------------------------------------------------------------------|
/// | Absent   | a push: Starting                                                             |
/// | Starting | the new thread: Running, or Refused; a failed start: Refused                 |
/// | Running  | the owner, with empty lists: Absent; on a refusal later: Refused             |
/// | Refused  | a push after that moment: Starting                                           |
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Absent,
    Starting,
    Running,
    Refused {
        until_ns: u64,
    },
}

#[derive(Default)]
pub(super) struct Inbox {
    pub(super) state: State,
    /// Pushed, not looked at.
    pub(super) fresh: List<ByQueue>,
    /// The same, of buffered writes.
    pub(super) writes: List<ByQueue>,
    /// Buffered writes that are with the kernel.
    pub(super) writing: usize,
    /// Files: with the kernel. Streams: waiting for readiness.
    pub(super) held: List<ByQueue>,
    /// Streams taken back while armed.
    pub(super) disarm: Vec<Token>,
    /// The owner sleeps, or is about to.
    pub(super) asleep: bool,
    /// Tickets given by `fence`.
    pub(super) tickets: u32,
}

impl Inbox {
    /// The list that a request waits in.
    pub(super) fn queue(&mut self, request: &Request) -> &mut List<ByQueue> {
        if request.is_buffered_write() { &mut self.writes } else { &mut self.fresh }
    }

    /// What the owner may begin.
    pub(super) fn next(&self) -> Option<Index> {
        let writes = || self.writes.first().filter(|_| self.writing < WRITES_MOST);
        self.fresh.first().or_else(writes)
    }
}
