//! Tells what was counted: when the process ends, and when a signal asks for it.
//!
//! The signal's handler is ours, and installed only if the user names a signal and the program has left it alone. It
//! takes no memory, and the one lock that it takes is held with all signals blocked, as every lock here.

use core::ffi::CStr;
use core::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Cell, OPERATION_NAMES, ROUTE_NAMES, Refused, Summary};
use crate::engine::{Engine, running};
use crate::sys::errno::Errno;
use crate::sys::lock::Masked;
use crate::sys::{call, log, signal};

/// What `UAIO_STATS` holds when the report is for people, on standard error.
const FOR_PEOPLE: &[u8] = b"1";
const STANDARD_ERROR: i32 = 2;

impl Engine {
    /// The process ends.
    pub fn report_at_exit(&self) {
        if self.config.stats.is_some() {
            self.report();
        }
    }

    /// Has a report written whenever the user's signal comes, unless the program wants that signal itself.
    pub fn report_on_signal(&self) {
        if let Some(number) = self.config.stats_signal {
            if !signal::install_unless_used(number, on_signal) {
                log::say(format_args!("the program uses signal {number} itself: no statistics by UAIO_STATS_SIGNAL"));
            }
        }
    }

    fn report(&self) {
        let masked = Masked::block();
        let _one_at_a_time = self.stats.reporting.lock(&masked);
        let summary = self.summary();
        match self.config.stats {
            None | Some(FOR_PEOPLE) => {
                let mut out = Out::new(STANDARD_ERROR, true);
                let _ = for_people(&mut out, self, &summary);
                out.flush();
            }
            Some(name) => {
                let path = Path::new(name);
                if let Ok(fd) = path.as_c_str().ok_or(Errno(libc::ENAMETOOLONG)).and_then(call::create) {
                    let mut out = Out::new(fd, false);
                    let _ = as_json(&mut out, self, &summary);
                    out.flush();
                    let _ = call::close(fd);
                }
            }
        }
    }
}

extern "C" fn on_signal(_number: i32) {
    let before = Errno::last();
    if let Some(engine) = running() {
        let _ = catch_unwind(AssertUnwindSafe(|| engine.report()));
    }
    before.store();
}

fn for_people(out: &mut Out, engine: &Engine, summary: &Summary) -> fmt::Result {
    let (pid, engine) = (call::process_id(), engine.config.choice.name());
    writeln!(out, "uaio: statistics of process {pid}, engine {engine}")?;
    writeln!(
        out,
        "  {:<8}{:<10}{:>12}{:>16}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "route", "", "requests", "bytes", "errors", "p50", "p90", "p99", "p99.9", "max"
    )?;
    for (route, operation, cell) in used(summary) {
        write!(out, "  {route:<8}{operation:<10}{:>12}{:>16}{:>9}", cell.count, cell.bytes, cell.errors)?;
        for ns in cell.latency_ns {
            let (value, unit) = with_unit(ns);
            write!(out, "{value:>7}{unit}")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "  outstanding {}, at most {}; cancelled {}; refused {}; woken: {} waiters, {} threads of the library",
        summary.outstanding,
        summary.outstanding_max,
        summary.cancelled,
        summary.refused,
        summary.waiters_woken,
        summary.threads_woken
    )?;
    writeln!(
        out,
        "  threads of the library: {} alive, {} started, {} could not be started",
        summary.threads_alive, summary.threads_started, summary.threads_refused
    )?;
    writeln!(
        out,
        "  reads not in memory {}; files without RWF_NOWAIT {}; native AIO would block {}",
        summary.missed, summary.nowait_refused, summary.would_block
    )?;
    for (name, refused) in [("io_uring", summary.ring), ("native AIO", summary.native)] {
        if refused.times > 0 {
            writeln!(out, "  {name} was refused {} times, last with error {}", refused.times, refused.last)?;
        }
    }
    Ok(())
}

fn as_json(out: &mut Out, engine: &Engine, summary: &Summary) -> fmt::Result {
    let (pid, engine) = (call::process_id(), engine.config.choice.name());
    write!(out, "{{\"version\":1,\"pid\":{pid},\"engine\":\"{engine}\",\"routes\":{{")?;
    for (number, (name, cells)) in ROUTE_NAMES.iter().zip(&summary.cells).enumerate() {
        let count: u64 = cells.iter().map(|cell| cell.count).sum();
        write!(out, "{}\"{name}\":{count}", comma(number))?;
    }
    write!(out, "}},\"requests\":[")?;
    for (number, (route, operation, cell)) in used(summary).enumerate() {
        let Cell { count, bytes, errors, latency_ns: [p50, p90, p99, p999, max] } = cell;
        write!(
            out,
            "{}{{\"route\":\"{route}\",\"operation\":\"{operation}\",\"count\":{count},\"bytes\":{bytes},\
             \"errors\":{errors},\"latency_ns\":{{\"p50\":{p50},\"p90\":{p90},\"p99\":{p99},\"p99.9\":{p999},\
             \"max\":{max}}}}}",
            comma(number)
        )?;
    }
    let Summary { outstanding, outstanding_max, cancelled, refused, .. } = summary;
    let Summary { missed, nowait_refused, would_block, ring, native, .. } = summary;
    let Summary { waiters_woken, threads_woken, threads_started, threads_alive, threads_refused, .. } = summary;
    write!(out, "],\"outstanding\":{{\"now\":{outstanding},\"max\":{outstanding_max}}},")?;
    write!(out, "\"cancelled\":{cancelled},\"refused\":{refused},")?;
    write!(out, "\"wakeups\":{{\"waiters\":{waiters_woken},\"threads\":{threads_woken}}},")?;
    write!(
        out,
        "\"threads\":{{\"alive\":{threads_alive},\"started\":{threads_started},\"refused\":{threads_refused}}},"
    )?;
    write!(out, "\"fallbacks\":{{\"not_in_memory\":{missed},\"nowait_refused\":{nowait_refused},")?;
    write!(out, "\"would_block\":{would_block},")?;
    for (number, (name, Refused { times, last })) in [("ring", ring), ("native", native)].into_iter().enumerate() {
        write!(out, "{}\"{name}_refused\":{{\"times\":{times},\"last_error\":{last}}}", comma(number))?;
    }
    writeln!(out, "}}}}")
}

/// The routes and operations that were taken.
fn used(summary: &Summary) -> impl Iterator<Item = (&'static str, &'static str, &Cell)> {
    ROUTE_NAMES.into_iter().zip(&summary.cells).flat_map(|(route, cells)| {
        let named = OPERATION_NAMES.into_iter().zip(cells).filter(|(_, cell)| cell.count > 0);
        named.map(move |(operation, cell)| (route, operation, cell))
    })
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

/// At most five digits, and what they count.
fn with_unit(ns: u64) -> (u64, &'static str) {
    match ns {
        0..100_000 => (ns, "ns"),
        100_000..100_000_000 => (ns / 1_000, "us"),
        100_000_000..100_000_000_000 => (ns / 1_000_000, "ms"),
        _ => (ns / 1_000_000_000, " s"),
    }
}

/// A descriptor, with a little room on the stack before it: a handler's stack may be small.
struct Out {
    fd: i32,
    by_line: bool,
    bytes: [u8; Out::ROOM],
    len: usize,
}

impl Out {
    /// Longer than a line for people, so that other output is not mixed into it.
    const ROOM: usize = 256;

    fn new(fd: i32, by_line: bool) -> Out {
        Out { fd, by_line, bytes: [0; Out::ROOM], len: 0 }
    }

    fn flush(&mut self) {
        call::print(self.fd, self.bytes.get(..self.len).unwrap_or(&[]));
        self.len = 0;
    }
}

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if let Some(room) = self.bytes.get_mut(self.len) {
                *room = byte;
                self.len += 1;
            }
            if self.len == Out::ROOM || (self.by_line && byte == b'\n') {
                self.flush();
            }
        }
        Ok(())
    }
}

/// The file that `UAIO_STATS` names.
struct Path {
    bytes: [u8; libc::PATH_MAX as usize],
    len: usize,
}

impl Path {
    /// With the number of the process for each `%p`.
    fn new(name: &[u8]) -> Path {
        let mut path = Path { bytes: [0; libc::PATH_MAX as usize], len: 0 };
        let mut rest = name;
        while let Some((first, tail)) = rest.split_first() {
            rest = match tail.split_first() {
                Some((b'p', tail)) if *first == b'%' => {
                    let _ = write!(path, "{}", call::process_id());
                    tail
                }
                _ => {
                    path.push(*first);
                    tail
                }
            };
        }
        path
    }

    fn push(&mut self, byte: u8) {
        if let Some(room) = self.bytes.get_mut(self.len) {
            *room = byte;
        }
        self.len += 1;
    }

    /// `None`: longer than the kernel takes.
    fn as_c_str(&self) -> Option<&CStr> {
        CStr::from_bytes_until_nul(&self.bytes).ok().filter(|_| self.len < self.bytes.len())
    }
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.push(byte));
        Ok(())
    }
}
