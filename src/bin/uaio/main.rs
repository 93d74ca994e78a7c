//! The launcher: runs programs under `libuaio.so` and shows what the library does.
//!
//! It never links the library. It imports `aio_*` from libc like any other program, so that one and
//! the same executable runs on glibc or, preloaded, on `libuaio.so`; the demonstration compares the
//! two.

mod bench;
mod blocks;
mod client;
mod demo;
mod doctor;
mod elf;
mod histogram;
mod library;
#[allow(unsafe_code)]
mod os;
mod progress;
mod run;
mod scan;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  uaio demo                                 see the gain on this machine
  uaio run --stats -- fio job.fio           run a program with it, and see what happened
  uaio doctor /srv/data                     what is possible here, and what is in the way
  uaio scan /usr/bin /usr/lib               find programs that it can serve
  uaio completions bash > /etc/bash_completion.d/uaio";

/// Asynchronous I/O for programs that already exist.
#[derive(Parser)]
#[command(name = "uaio", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the gain on real I/O: one client on glibc and on libuaio.so, every byte verified
    Demo(demo::Options),
    /// Run a program with libuaio.so in place of glibc's aio_* calls
    Run(run::Options),
    /// Tell what this kernel, container and filesystem allow, and what the library does there
    ///
    /// Ends with status 0 if every route is open, 1 if the library must do without one, 2 if it cannot work.
    Doctor(doctor::Options),
    /// Find the programs and libraries that import POSIX AIO
    ///
    /// Ends with status 0 if there are some, 1 if there are none, 2 if something could not be read.
    Scan(scan::Options),
    /// Measure: benches/run of the source tree where there is one, else as `demo`
    Bench(bench::Options),
    /// Write a shell's completion script to stdout
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// The client of `doctor`: one file, one use
    #[command(hide = true)]
    DoctorClient(doctor::trial::Options),
    /// The client of `demo`: one process, one file, one library
    #[command(hide = true)]
    DemoClient(client::Options),
}

/// The values of `UAIO_ENGINE`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The cheapest route for each request
    Auto,
    /// Only io_uring
    Uring,
    /// Native AIO where the file allows it, else worker threads
    Native,
    /// Only worker threads
    Threads,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Uring => "uring",
            Self::Native => "native",
            Self::Threads => "threads",
        }
    }
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(options) => demo::main(&options),
        Command::Run(options) => run::main(&options),
        Command::Doctor(options) => doctor::main(&options),
        Command::Scan(options) => scan::main(&options),
        Command::Bench(options) => bench::main(&options),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "uaio", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
        Command::DoctorClient(options) => doctor::trial::client(&options),
        Command::DemoClient(options) => client::main(&options),
    }
}
