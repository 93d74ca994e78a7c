//! Running a request by plain system calls.

use crate::request::{Kind, Operation, Request, Step};
use crate::sys::call;
use crate::sys::errno::Errno;

/// Runs a request to its end in this thread, which may be blocked for as long as the file likes.
pub fn run(request: &Request) -> Result<usize, Errno> {
    loop {
        let (fd, len) = (request.fd.get(), request.next_len());
        let buffer = request.next_buffer();
        let streams = request.kind.get().is_stream();
        let result = match request.operation.get() {
            Operation::Read if streams => call::read(fd, buffer, len),
            Operation::Write if streams => call::write(fd, buffer, len),
            Operation::Read => call::pread(fd, buffer, len, request.next_offset()),
            Operation::Write => call::pwrite(fd, buffer, len, request.next_offset()),
            Operation::Sync | Operation::DataSync => loop {
                match call::sync(fd, request.operation.get() == Operation::DataSync) {
                    Err(Errno(libc::EINTR)) => {}
                    result => return result,
                }
            },
            Operation::List => Ok(0),
        };
        // A sync is over either way; a transfer may have to go on.
        if let Step::Ends(result) = request.advance(result) {
            return result;
        }
    }
}

/// What one attempt on a stream says.
pub enum Attempt {
    /// It is over.
    Ends(Result<usize, Errno>),
    /// Nothing to be had now: wait until the descriptor is ready.
    NotReady,
    /// This descriptor cannot be asked without waiting, and is ready: a thread must ask.
    NeedsThread,
}

/// Reads or writes what a stream gives or takes without waiting.
pub fn attempt(request: &Request) -> Attempt {
    // A terminal waits for its other readers even where there is nothing to be read.
    let waits = request.kind.get() == Kind::Device && request.next_len() == 0;
    if waits || (!request.one_attempt.get() && ends_by_itself(request)) {
        return Attempt::NeedsThread;
    }
    loop {
        let result = one_attempt(request);
        match result {
            Err(Errno(libc::EAGAIN)) if request.one_attempt.get() => return end(request, result),
            Err(Errno(libc::EAGAIN)) if is_shut_down(request) => return Attempt::NeedsThread,
            Err(Errno(libc::EAGAIN)) => return Attempt::NotReady,
            // The file, the kernel or a sandbox does not know the flag.
            Err(Errno(libc::EOPNOTSUPP | libc::ENOSYS | libc::EPERM | libc::EACCES))
                if !matches!(request.kind.get(), Kind::Socket | Kind::Datagram) =>
            {
                return by_readiness(request);
            }
            _ => {}
        }
        if let Step::Ends(result) = request.advance(result) {
            return Attempt::Ends(result);
        }
    }
}

/// Whether a terminal is set to end the call after some time: only the call itself knows when.
fn ends_by_itself(request: &Request) -> bool {
    request.kind.get() == Kind::Device
        && request.operation.get() == Operation::Read
        && call::is_terminal_without_minimum(request.fd.get())
}

/// How long a request that has to wait may do so before it ends with EAGAIN, or what it has done, if there is a limit.
pub fn patience_ns(request: &Request) -> Option<u64> {
    let sockets = matches!(request.kind.get(), Kind::Socket | Kind::Datagram);
    let reads = request.operation.get() == Operation::Read;
    let option = if reads { libc::SO_RCVTIMEO } else { libc::SO_SNDTIMEO };
    sockets.then(|| call::timeout_ns(request.fd.get(), option)).flatten()
}

/// Whether a datagram socket is shut down for reading: it is then ready for ever, and only a call that waits says 0.
fn is_shut_down(request: &Request) -> bool {
    let mut fds = [call::PollFd { fd: request.fd.get(), events: libc::POLLRDHUP, revents: 0 }];
    request.kind.get() == Kind::Datagram
        && request.operation.get() == Operation::Read
        && call::poll(&mut fds, Some(0)) == Ok(1)
        && fds[0].revents & libc::POLLRDHUP != 0
}

fn end(request: &Request, result: Result<usize, Errno>) -> Attempt {
    match request.advance(result) {
        Step::Ends(result) => Attempt::Ends(result),
        Step::Continues => Attempt::NotReady,
    }
}

fn one_attempt(request: &Request) -> Result<usize, Errno> {
    let (fd, len, buffer) = (request.fd.get(), request.next_len(), request.next_buffer());
    let write = request.operation.get() == Operation::Write;
    match request.kind.get() {
        // Even to send nothing waits until the connection is there.
        Kind::Socket | Kind::Datagram if write => call::send_nowait(fd, buffer, len),
        // Nothing is transferred and nothing can block, but the descriptor may still object.
        _ if len == 0 && write => call::write(fd, buffer, len),
        _ if len == 0 => call::read(fd, buffer, len),
        Kind::Socket | Kind::Datagram => call::receive_nowait(fd, buffer, len),
        _ if write => call::write_nowait(fd, buffer, len, -1),
        _ => call::read_nowait(fd, buffer, len, -1),
    }
}

/// For descriptors without RWF_NOWAIT (terminals, inotify). Not even with O_NONBLOCK are they asked here: whoever
/// shares the open file may have taken that flag back since the request was accepted.
fn by_readiness(request: &Request) -> Attempt {
    let mut fds = [call::PollFd { fd: request.fd.get(), events: events(request), revents: 0 }];
    let ready = !matches!(call::poll(&mut fds, Some(0)), Ok(0) | Err(_));
    // Before a terminal is ready to be written to it may take a part, and only a call tells.
    let only_a_call_tells = request.operation.get() == Operation::Write || ends_by_itself(request);
    match request.one_attempt.get() {
        true if !ready && !only_a_call_tells => end(request, Err(Errno(libc::EAGAIN))),
        false if !ready => Attempt::NotReady,
        _ => Attempt::NeedsThread,
    }
}

/// What to poll for.
pub fn events(request: &Request) -> i16 {
    if request.operation.get() == Operation::Write { libc::POLLOUT } else { libc::POLLIN }
}
