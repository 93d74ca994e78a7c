//! One line on stderr that tells how far a long step is.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// On a terminal the line is redrawn in place; elsewhere a new line is written once a second.
const REDRAW: Duration = Duration::from_millis(100);
const RELINE: Duration = Duration::from_secs(1);

pub struct Progress {
    terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    pub fn new() -> Self {
        Self { terminal: stderr().is_terminal(), shown: None }
    }

    /// Shows `line()` if enough time has passed since the last one.
    pub fn tick(&mut self, line: impl FnOnce() -> String) {
        let pause = if self.terminal { REDRAW } else { RELINE };
        if self.shown.is_none_or(|at| at.elapsed() >= pause) {
            self.shown = Some(Instant::now());
            self.show(&line());
        }
    }

    /// Shows the last line of a step and starts a new one.
    pub fn end(&mut self, line: &str) {
        self.show(line);
        if self.terminal {
            let _ = writeln!(stderr());
        }
        self.shown = None;
    }

    /// Writes a line that stays, whatever is being drawn.
    pub fn note(&mut self, line: &str) {
        let start = if self.terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(stderr(), "{start}{line}");
    }

    // Nothing can be done about a stderr that is gone: the result is still printed and returned.
    fn show(&self, line: &str) {
        let mut out = stderr().lock();
        let _ = if self.terminal {
            write!(out, "\r\x1b[K{line}").and_then(|()| out.flush())
        } else {
            writeln!(out, "{line}")
        };
    }
}
