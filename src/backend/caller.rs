//! The route without any hand-over: a read of what is in the page cache, in the calling thread.

use crate::sys::call;
use crate::sys::errno::Errno;

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The request is over.
    Ends(Result<usize, Errno>),
    /// So much was transferred; the rest is not in memory.
    Misses(usize),
    /// The file does not know RWF_NOWAIT, or cannot seek: do not ask it again.
    Refuses,
}

/// Reads what is in memory, without waiting for a device.
pub fn read(fd: i32, buffer: usize, len: usize, offset: i64) -> Outcome {
    let mut done = 0;
    loop {
        let at = offset.saturating_add(done as i64);
        match call::read_nowait(fd, buffer.wrapping_add(done), len - done, at) {
            // A short count may be the end of the file or of what is cached: only asking again tells.
            Ok(0) => return Outcome::Ends(Ok(done)),
            Ok(n) if done + n == len => return Outcome::Ends(Ok(len)),
            Ok(n) => done += n,
            Err(Errno(libc::EAGAIN | libc::EINTR)) => return Outcome::Misses(done),
            // The file, the kernel or a sandbox does not know the flag; or it is no file any more.
            Err(Errno(libc::EOPNOTSUPP | libc::ESPIPE | libc::ENOSYS | libc::EPERM | libc::EACCES)) if done == 0 => {
                return Outcome::Refuses;
            }
            Err(_) if done > 0 => return Outcome::Ends(Ok(done)),
            Err(error) => return Outcome::Ends(Err(error)),
        }
    }
}
