//! Messages, only for those who ask by `UAIO_LOG`: why a route was not taken.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::sys::call;

static ON: AtomicBool = AtomicBool::new(false);

/// Turns messages on.
pub fn enable() {
    ON.store(true, Ordering::Relaxed);
}

/// Writes one line to standard error.
pub fn say(message: fmt::Arguments<'_>) {
    if !ON.load(Ordering::Relaxed) {
        return;
    }
    let mut line = Line { bytes: [0; Line::ROOM], len: 0 };
    let _ = writeln!(line, "uaio[{}]: {message}", call::process_id());
    call::print(2, line.bytes.get(..line.len).unwrap_or(&[]));
}

/// A line on the stack: messages come from where nothing may be allocated.
struct Line {
    bytes: [u8; Line::ROOM],
    len: usize,
}

impl Line {
    const ROOM: usize = 200;
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..).unwrap_or(&mut []);
        let fits = text.len().min(room.len());
        room.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        self.len += fits;
        Ok(())
    }
}
