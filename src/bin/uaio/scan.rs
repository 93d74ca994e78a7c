//! `uaio scan`: which programs and libraries import POSIX AIO.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use walkdir::{DirEntry, WalkDir};

use crate::elf::{self, Elf, Program};
use crate::progress::Progress;
use crate::{os, run};

#[derive(Args)]
pub struct Options {
    /// Files and directories to look at; symbolic links are not followed
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

/// As grep(1) has it.
const STATUS_FOUND: u8 = 0;
const STATUS_NOTHING: u8 = 1;
const STATUS_TROUBLE: u8 = 2;

struct Found {
    path: PathBuf,
    elf: Elf,
}

impl Found {
    fn is(&self) -> &'static str {
        if self.elf.interpreter.is_some() { "program" } else { "library" }
    }

    /// Why the library cannot serve it.
    fn obstacle(&self) -> Option<String> {
        let ours = elf::own_kind();
        if self.elf.kind != ours {
            return Some(self.elf.kind.to_string());
        }
        if self.elf.is_for_musl() {
            return Some("linked with musl".into());
        }
        // What a library is loaded into, only a program tells.
        let what = self.elf.interpreter.as_ref().and_then(|_| run::privilege(&self.path))?;
        Some(format!("{what}: link it with -luaio"))
    }
}

#[derive(Default)]
struct Scan {
    found: Vec<Found>,
    files: u64,
    elf_files: u64,
    errors: Vec<(PathBuf, String)>,
    /// Of what has several names, the first counts.
    seen: HashSet<(u64, u64)>,
}

pub fn main(options: &Options) -> ExitCode {
    let mut scan = Scan::default();
    // Whoever reads a file wants no progress in it.
    let mut progress = io::stderr().is_terminal().then(Progress::new);
    for path in &options.paths {
        scan.below(path, progress.as_mut());
    }
    if let Some(progress) = &mut progress {
        progress.end(&format!("{} files, {} of them ELF", scan.files, scan.elf_files));
    }
    let printed = if options.json { scan.print_json() } else { scan.print() };
    // A reader that has seen enough, such as head(1), is no trouble.
    if printed.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) || !scan.errors.is_empty() {
        return ExitCode::from(STATUS_TROUBLE);
    }
    ExitCode::from(if scan.found.is_empty() { STATUS_NOTHING } else { STATUS_FOUND })
}

impl Scan {
    fn below(&mut self, root: &Path, mut progress: Option<&mut Progress>) {
        for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_stored) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.errors.push((path, why));
                    continue;
                }
            };
            // A path given by name may be a link.
            let is_file = if entry.depth() == 0 { entry.path().is_file() } else { entry.file_type().is_file() };
            if is_file {
                self.look_at(entry.path());
            }
            if let Some(progress) = &mut progress {
                progress.tick(|| format!("{} files, {} found: {}", self.files, self.found.len(), root.display()));
            }
        }
    }

    fn look_at(&mut self, path: &Path) {
        let read = path.metadata().and_then(|meta| {
            let is_new = meta.nlink() == 1 || self.seen.insert((meta.dev(), meta.ino()));
            if is_new { elf::read(path).map(Some) } else { Ok(None) }
        });
        match read {
            Ok(Some(Program::Elf(elf))) => {
                self.elf_files += 1;
                if !elf.imports.is_empty() {
                    self.found.push(Found { path: path.to_owned(), elf });
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => self.errors.push((path.to_owned(), error.to_string())),
        }
        self.files += 1;
    }

    fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for found in &self.found {
            let obstacle = found.obstacle().map(|why| format!(" [not served: {why}]")).unwrap_or_default();
            let imports = found.elf.imports.join(" ");
            writeln!(out, "{}: {}: {imports}{obstacle}", found.path.display(), found.is())?;
        }
        out.flush()?;
        for (path, why) in &self.errors {
            eprintln!("uaio scan: {}: {why}", path.display());
        }
        Ok(())
    }

    fn print_json(&self) -> io::Result<()> {
        let found = self.found.iter().map(|found| {
            json!({
                "path": found.path.to_string_lossy(),
                "is": found.is(),
                "machine": found.elf.kind.to_string(),
                "imports": found.elf.imports,
                "not_served": found.obstacle(),
            })
        });
        let errors = self.errors.iter().map(|(path, why)| json!({"path": path.to_string_lossy(), "error": why}));
        let report = json!({
            "version": 1,
            "files": self.files,
            "elf_files": self.elf_files,
            "found": found.collect::<Vec<Value>>(),
            "errors": errors.collect::<Vec<Value>>(),
        });
        writeln!(io::stdout().lock(), "{report:#}")
    }
}

/// Not what the kernel makes up: /proc has files without end.
fn is_stored(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_type().is_dir() || !os::filesystem_type(entry.path()).is_ok_and(os::is_made_up)
}
