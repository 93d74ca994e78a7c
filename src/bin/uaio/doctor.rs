//! `uaio doctor`: what this machine allows, and what the library therefore does.

mod kernel;
mod mounts;
pub mod trial;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::library;
use crate::os::{self, Call};
use kernel::{Facility, Native};
use trial::{Outcome, Use};

#[derive(Args)]
pub struct Options {
    /// Directories, or files whose directories are to be tried [default: each local filesystem]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

/// Fewer threads may not be enough for the library's own.
const FEW_THREADS: u64 = 16;

/// The exit status, and the worst of all findings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Fine = 0,
    Reduced = 1,
    Broken = 2,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Fine => "fine",
            Level::Reduced => "reduced",
            Level::Broken => "broken",
        }
    }
}

/// One directory and what was tried there.
struct Place {
    path: PathBuf,
    kind: String,
    /// Why nothing could be tried.
    not_tried: Option<String>,
    nowait: [Option<io::Error>; 2],
    outcomes: Vec<(Use, Outcome)>,
}

struct Report {
    library: Result<PathBuf, library::Error>,
    ring: Facility,
    native: Native,
    places: Vec<Place>,
    findings: Vec<(Level, String)>,
}

pub fn main(options: &Options) -> ExitCode {
    let report = Report::make(&options.paths);
    let printed = if options.json { report.print_json() } else { report.print() };
    // A reader that has seen enough is no trouble.
    if printed.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        return ExitCode::from(Level::Broken as u8);
    }
    ExitCode::from(report.level() as u8)
}

impl Report {
    fn make(paths: &[PathBuf]) -> Report {
        let library = library::find();
        let mut findings = Vec::new();
        if let Err(error) = &library {
            findings.push((Level::Broken, error.to_string()));
        }
        let (ring, native) = (kernel::ring(), Native::ask());
        for (facility, instead) in [
            (&ring, "worker threads take what is not in memory, and poll(2) serves pipes and sockets"),
            (&native.facility, "O_DIRECT goes through io_uring or worker threads"),
        ] {
            if !facility.works() {
                findings.push((Level::Reduced, format!("no {}: {}; {instead}", facility.name, facility.why)));
            }
        }
        for (name, what, value) in kernel::limits() {
            if name == "RLIMIT_NPROC" && value.is_some_and(|value| value < FEW_THREADS) {
                let value = value.unwrap_or(0);
                findings.push((Level::Reduced, format!("{name} is {value}: {what} may not be enough for its workers")));
            }
        }
        let mut report = Report { library, ring, native, places: Vec::new(), findings };
        report.try_places(paths);
        report
    }

    fn level(&self) -> Level {
        self.findings.iter().map(|(level, _)| *level).max().unwrap_or(Level::Fine)
    }

    fn try_places(&mut self, paths: &[PathBuf]) {
        let mounts = mounts::all();
        if paths.is_empty() {
            for mount in mounts::local(&mounts) {
                let place = self.try_place(&mount.point, &mount.kind);
                self.places.push(place);
            }
        }
        for path in paths {
            let (kind, dir) = match path.canonicalize() {
                Ok(path) => {
                    let dir = if path.is_dir() { path.clone() } else { path.parent().unwrap_or(&path).to_owned() };
                    (mounts::of(&mounts, &dir).map_or("unknown", |mount| &mount.kind), dir)
                }
                Err(_) => ("unknown", path.clone()),
            };
            let mut place = self.try_place(&dir, kind);
            if let Some(why) = &place.not_tried {
                // It was asked for by name.
                self.findings.push((Level::Broken, format!("{}: {why}", path.display())));
            }
            place.path = path.clone();
            self.places.push(place);
        }
    }

    fn try_place(&mut self, dir: &Path, kind: &str) -> Place {
        let mut place = Place {
            path: dir.to_owned(),
            kind: kind.to_owned(),
            not_tried: None,
            nowait: [None, None],
            outcomes: Vec::new(),
        };
        let file = match trial::file(dir) {
            Ok(file) => file,
            Err(error) => {
                place.not_tried = Some(format!("no temporary file can be made there ({})", os::error_name(&error)));
                return place;
            }
        };
        place.nowait = [Call::Read, Call::Write].map(|call| trial::nowait(&file, call).err());
        if let Ok(library) = &self.library {
            for what in Use::ALL {
                let outcome = trial::run(library, &file, what);
                if let Outcome::Failed(why) = &outcome {
                    let what = what.name();
                    self.findings.push((Level::Broken, format!("{}: {what}: {why}", dir.display())));
                }
                place.outcomes.push((what, outcome));
            }
        }
        place
    }

    fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let mut line = |name: &str, value: &str| writeln!(out, "{name:<16}{value}");
        match &self.library {
            Ok(path) => line("library", &format!("{} (launcher {})", path.display(), env!("CARGO_PKG_VERSION")))?,
            Err(_) => line("library", "not found")?,
        }
        line("kernel", &kernel::release())?;
        line("io_uring", &self.ring.why)?;
        line("native AIO", &format!("{}{}", self.native.facility.why, self.native.numbers()))?;
        for (name, what, value) in kernel::limits() {
            let value = value.map_or_else(|| "unlimited".into(), |value| value.to_string());
            line(if name == "RLIMIT_NPROC" { "limits" } else { "" }, &format!("{name} {value} ({what})"))?;
        }
        line(
            "pipes, sockets",
            if self.ring.works() { "a thread polls them in a ring" } else { "a thread in poll(2)" },
        )?;
        line("syncs", "worker threads")?;
        for place in &self.places {
            writeln!(out, "\n{} ({})", place.path.display(), place.kind)?;
            place.print(&mut out)?;
        }
        writeln!(out)?;
        for (level, text) in &self.findings {
            writeln!(out, "{}: {text}", level.name())?;
        }
        if self.findings.is_empty() {
            writeln!(out, "fine: every route is open")?;
        }
        Ok(())
    }

    fn print_json(&self) -> io::Result<()> {
        let limits = kernel::limits().map(|(name, _, value)| (name.to_owned(), json!(value)));
        let findings = self.findings.iter().map(|(level, text)| json!({"level": level.name(), "text": text}));
        let report = json!({
            "version": 1,
            "status": self.level().name(),
            "library": self.library.as_ref().ok().map(|path| path.to_string_lossy()),
            "kernel": kernel::release(),
            "io_uring": self.ring.to_json(),
            "native_aio": self.native.to_json(),
            "limits": Map::from_iter(limits),
            "streams": if self.ring.works() { "ring" } else { "poll" },
            "syncs": "worker",
            "places": self.places.iter().map(Place::to_json).collect::<Vec<_>>(),
            "findings": findings.collect::<Vec<_>>(),
        });
        writeln!(io::stdout().lock(), "{report:#}")
    }
}

impl Place {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(why) = &self.not_tried {
            return writeln!(out, "  not tried: {why}; name a directory on it that you may write to");
        }
        let [reads, writes] = self.nowait.each_ref().map(|error| match error {
            None => "yes".to_owned(),
            Some(error) => format!("no ({})", os::error_name(error)),
        });
        writeln!(out, "  {:<14}reads {reads}, writes {writes}", "RWF_NOWAIT")?;
        for (what, outcome) in &self.outcomes {
            let text = match outcome {
                Outcome::Routes(routes) => {
                    let part = |(name, count): &(String, u64)| format!("{name} {count}");
                    routes.iter().map(part).collect::<Vec<_>>().join(", ")
                }
                Outcome::NotOffered(why) => format!("not offered: {why}"),
                Outcome::Failed(why) => format!("FAILED: {why}"),
            };
            writeln!(out, "  {:<14}{text}", what.name())?;
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let [read, write] = self.nowait.each_ref().map(|error| match error {
            None => json!({"works": self.not_tried.is_none()}),
            Some(error) => {
                json!({"works": false, "errno": error.raw_os_error(), "error": os::error_name(error)})
            }
        });
        let outcomes = self.outcomes.iter().map(|(what, outcome)| (what.name().to_owned(), outcome.to_json()));
        json!({
            "path": self.path.to_string_lossy(),
            "filesystem": self.kind,
            "not_tried": self.not_tried,
            "nowait": {"read": read, "write": write},
            "uses": Map::from_iter(outcomes),
        })
    }
}
