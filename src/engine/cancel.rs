//! Taking requests back before they have begun.

use super::files::{File, Files, Key};
use super::{Engine, is_living};
use crate::backend::{Host, Taken};
use crate::request::{Index, NONE, Place, Token};
use crate::sys::call;
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

/// What a cancellation came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancel {
    /// It ended with ECANCELED, and that has been published.
    Cancelled,
    /// It goes on.
    Left,
    /// There is no such request any more.
    Gone,
}

/// What there was of a descriptor.
struct Found {
    /// Taken out, to end with ECANCELED.
    chain: Index,
    /// Some go on.
    left: bool,
    /// One that is just ending.
    ending: Option<Token>,
}

impl Engine {
    /// Takes a request out of wherever it waits; `begun` as in [`Backend::take_back`]. The shard is locked. Then
    /// it is the caller's to complete.
    pub(super) fn take_out(&'static self, index: Index, file: &mut File, begun: bool, masked: &Masked) -> Taken {
        let request = self.slab.get(index);
        match request.place.get() {
            Place::Idle | Place::Ending => Taken::No,
            Place::Lane => {
                file.lane(request.operation.get()).parked.remove(self.slab, index);
                request.place.set(Place::Idle);
                Taken::Fresh
            }
            Place::Barrier => {
                self.uncover(file, index);
                request.place.set(Place::Idle);
                Taken::Fresh
            }
            Place::Queue | Place::Started => {
                let backend = self.backend(request.route.get());
                backend.map_or(Taken::No, |backend| backend.take_back(self, index, begun, masked))
            }
        }
    }

    /// Takes a request out if it may be cancelled; the same, but one for which a thread is coming stays. Programs
    /// that submit and cancel at once, the conformance suite's among them, expect something to be under way then.
    fn take_unbegun(&'static self, index: Index, file: &mut File, masked: &Masked) -> bool {
        !self.slab.get(index).called.get() && self.take_out(index, file, false, masked) != Taken::No
    }

    /// What a sync waited for, the sync after it waits for instead, if there is one.
    fn uncover(&self, file: &File, sync: Index) {
        let heir = self.slab.get(sync).covered_by.get();
        let mut moved = 0;
        let mut at = file.outstanding.before(self.slab, sync);
        while let Some(index) = at {
            let request = self.slab.get(index);
            if request.covered_by.get() == sync {
                request.covered_by.set(heir);
                if heir == NONE {
                    self.repay(request);
                }
                moved += 1;
            }
            at = file.outstanding.before(self.slab, index);
        }
        if heir != NONE {
            let heir = self.slab.get(heir);
            heir.awaits.set(heir.awaits.get() + moved);
        }
    }

    /// Cancels one request, if it has not begun.
    pub fn cancel(&'static self, token: Token) -> Cancel {
        let masked = Masked::block();
        let Some(request) = self.slab.living(token) else { return Cancel::Gone };
        self.help(request);
        let number = request.shard.get();
        if number == NONE {
            return Cancel::Left;
        }
        {
            let mut shard = self.files.shard(number, &masked);
            if self.slab.living(token).is_none() || request.shard.get() != number {
                return Cancel::Gone;
            }
            if request.orphan.get() {
                return Cancel::Left;
            }
            let Some(file) = shard.file(request.file.get()) else { return Cancel::Left };
            if !self.take_unbegun(token.index(), file, &masked) {
                return Cancel::Left;
            }
        }
        self.complete(token.index(), Err(Errno(libc::ECANCELED)), &masked);
        Cancel::Cancelled
    }

    /// Cancels everything that was submitted through a descriptor and has not begun.
    pub fn cancel_all(&'static self, fd: i32) -> Cancel {
        let masked = Masked::block();
        let Ok(key) = call::status_flags(fd).and_then(|flags| self.files.key(fd, flags)) else {
            return Cancel::Gone;
        };
        let mut some = false;
        self.help_all(&masked);
        loop {
            let found = self.take_all(fd, key, &masked);
            some |= found.chain != NONE;
            self.end_chain(found.chain, Errno(libc::ECANCELED), &masked);
            // The program may have seen that result already: it is not one that goes on. Whoever ends it needs
            // nothing of us.
            match found.ending {
                _ if found.left => return Cancel::Left,
                Some(token) => _ = self.wait_for_end(token, false),
                None if some => return Cancel::Cancelled,
                None => return Cancel::Gone,
            }
        }
    }

    /// Takes out everything of a descriptor that has not begun.
    fn take_all(&'static self, fd: i32, key: Key, masked: &Masked) -> Found {
        let mut found = Found { chain: NONE, left: false, ending: None };
        let mut shard = self.files.shard(Files::shard_of(key), masked);
        let Some(file) = shard.find(key).and_then(|at| shard.file(at)) else { return found };
        // From the last to the first, so that the chain is in call order.
        let mut at = file.outstanding.last();
        while let Some(index) = at {
            at = file.outstanding.before(self.slab, index);
            let request = self.slab.get(index);
            let token = Token::new(index, request.generation());
            if request.fd.get() != fd || request.orphan.get() || !is_living(request) {
                continue;
            }
            if self.take_unbegun(index, file, masked) {
                request.chain.set(found.chain);
                found.chain = index;
            } else if request.place.get() == Place::Ending {
                found.ending = Some(token);
            } else {
                found.left = true;
            }
        }
        found
    }

    /// Completes a chain of requests that were taken out.
    pub(super) fn end_chain(&'static self, first: Index, error: Errno, masked: &Masked) {
        let mut next = first;
        while next != NONE {
            let index = next;
            next = self.slab.get(index).chain.get();
            self.complete(index, Err(error), masked);
        }
    }
}
