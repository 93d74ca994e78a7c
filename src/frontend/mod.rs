//! The C interfaces over the engine: C structure → request, completion → C structure.

pub mod cmem;
pub mod listio;
pub mod posix;
pub mod solaris;
pub mod suspend;
pub mod waitn;

use crate::engine::{self, Dialect, Engine};
use crate::sys::errno::Errno;

/// All dialects; a request names its own by position.
static DIALECTS: [&dyn Dialect; 2] = [&posix::Posix, &solaris::Solaris];

/// The engine of this process, made now if this is the first request.
///
/// # Errors
/// `EAGAIN` when there is no memory for it.
pub fn engine() -> Result<&'static Engine, Errno> {
    engine::start(&DIALECTS)
}
