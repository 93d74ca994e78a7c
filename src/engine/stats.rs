//! Counters, kept only when `UAIO_STATS` asks for them.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::config::Config;
use crate::request::{ROUTES, Route};
use crate::sys::errno::Errno;
use crate::sys::{call, memory};

/// Requests by the route that ended them.
pub struct Stats {
    on: bool,
    routes: &'static [CachePadded<AtomicU64>],
}

/// In the order of [`Route`]; the first is for what ended before it had one (a bad descriptor, cancelled
/// while it waited).
const NAMES: [&str; ROUTES] = ["none", "caller", "native", "ring", "stream", "worker"];

impl Stats {
    /// All zero.
    ///
    /// # Errors
    /// `EAGAIN` when there is no memory.
    pub fn new(on: bool) -> Result<Stats, Errno> {
        Ok(Stats { on, routes: memory::leaked_slice(ROUTES, CachePadded::default)? })
    }

    /// A request ended.
    pub fn count(&self, route: Route) {
        if self.on {
            if let Some(counter) = self.routes.get(route as usize) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Writes the counters where `UAIO_STATS` says, as one line of JSON.
    pub fn report(&self, config: &Config) {
        let Some(target) = config.stats else { return };
        let mut text = Text::default();
        let pid = call::process_id();
        let _ = write!(text, "{{\"version\":1,\"pid\":{pid},\"engine\":\"{}\",\"routes\":{{", config.choice.name());
        for (name, counter) in NAMES.iter().zip(self.routes) {
            let comma = if *name == "none" { "" } else { "," };
            let _ = write!(text, "{comma}\"{name}\":{}", counter.load(Ordering::Relaxed));
        }
        let _ = text.write_str("}}\n");
        if target == b"1" {
            return call::print(2, text.bytes());
        }
        let mut path = Text::default();
        let mut rest = target;
        while let Some((first, tail)) = rest.split_first() {
            rest = match tail.split_first() {
                Some((b'p', tail)) if *first == b'%' => {
                    let _ = write!(path, "{pid}");
                    tail
                }
                _ => {
                    path.push(&[*first]);
                    tail
                }
            };
        }
        path.push(b"\0");
        if let Ok(path) = core::ffi::CStr::from_bytes_until_nul(path.bytes()) {
            if let Ok(fd) = call::create(path) {
                call::print(fd, text.bytes());
                let _ = call::close(fd);
            }
        }
    }
}

/// A short text on the stack: at exit nothing is allocated any more.
struct Text {
    bytes: [u8; Text::ROOM],
    len: usize,
}

impl Default for Text {
    fn default() -> Self {
        Text { bytes: [0; Text::ROOM], len: 0 }
    }
}

impl Text {
    /// Longer than any path that the kernel takes from one component, and than the report.
    const ROOM: usize = 1024;

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    fn push(&mut self, more: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + more.len()) {
            room.copy_from_slice(more);
            self.len += more.len();
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
