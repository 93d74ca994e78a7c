//! What a request does with what was learnt of its descriptor a moment ago (`engine::files`), and how it is put right
//! if the number names another file by then: the program has closed it by a system call that the library does not see.

use super::files::{Facts, Files, Key};
use super::{Engine, is_living, route};
use crate::backend::{Host, Wakes};
use crate::request::{Index, NONE, Place, Request, Route, Token};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;

impl Engine {
    /// What is known of a request's descriptor, and with it the routes that are not for the request.
    pub(super) fn facts(&self, request: &Request) -> Result<Facts, Errno> {
        let (fd, operation) = (request.fd.get(), request.operation.get());
        let note = |facts: &Facts| {
            request.kind.set(facts.kind);
            request.refused.set(self.unsuited(request, facts));
        };
        if !operation.is_sync() {
            let facts = self.files.facts(fd, operation)?;
            note(&facts);
            if !facts.believed || self.believes(request) {
                return Ok(facts);
            }
        }
        self.files.ask(fd, operation).inspect(note)
    }

    /// Whether a request goes a way on which nothing bad comes of a wrong belief: where the kernel waits for no data,
    /// or by a call that a stream refuses.
    fn believes(&self, request: &Request) -> bool {
        let refused = request.refused.get();
        let first = route::order(self.config.choice, request).iter().find(|route| refused & 1 << **route as u32 == 0);
        match first {
            Some(Route::Native) => self.native.is_ready(),
            first => first == Some(&Route::Worker),
        }
    }

    /// Whether a request's descriptor names another file than the request is listed with, after all. It is asked once.
    pub(super) fn is_another_file(&self, request: &Request, masked: &Masked) -> bool {
        request.believed.set(false);
        let Ok(facts) = self.files.ask(request.fd.get(), request.operation.get()) else { return false };
        let mut shard = self.files.shard(request.shard.get(), masked);
        let listed = shard.file(request.file.get()).and_then(|file| file.key);
        facts.kind.is_stream() || listed != Some(facts.key)
    }

    /// A request was begun on a wrong belief about its descriptor: it begins anew.
    #[cold]
    pub(super) fn begin_anew(&'static self, index: Index, masked: &Masked) {
        let request = self.slab.get(index);
        self.files.forget(request.fd.get());
        if request.shard.get() != NONE {
            self.depart(index, Ok(0), masked);
        }
        request.unlist();
        let mut wakes = Wakes::default();
        let submitted = self.submit(index, masked, &mut wakes);
        self.wake_waiters(request);
        wakes.flush(self, masked);
        if let Err(error) = submitted {
            self.complete(index, Err(error), masked);
        }
    }

    /// On a number that was believed to name another file: waits for what is listed with that one, since some of it may
    /// have gone to this file, and no later sync would find it.
    pub(super) fn wait_for_former(&'static self, fd: i32, former: Key, masked: &Masked) {
        let find = || {
            let mut shard = self.files.shard(Files::shard_of(former), masked);
            let number = shard.find(former)?;
            let file = shard.file(number)?;
            let mut at = file.outstanding.last();
            while let Some(index) = at {
                let request = self.slab.get(index);
                if request.fd.get() == fd && is_living(request) && request.place.get() != Place::Ending {
                    return Some(Token::new(index, request.generation()));
                }
                at = file.outstanding.before(self.slab, index);
            }
            None
        };
        while let Some(token) = find() {
            self.wait_for_end(token, false);
        }
    }
}
