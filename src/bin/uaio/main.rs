//! The launcher: runs programs under `libuaio.so` and shows what the library does.
//!
//! It never links the library. It imports `aio_*` from libc like any other program, so that one and
//! the same executable runs on glibc or, preloaded, on `libuaio.so`; the demonstration compares the
//! two.

mod blocks;
mod client;
mod demo;
mod elf;
mod histogram;
mod library;
#[allow(unsafe_code)]
mod os;
mod progress;
mod run;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Asynchronous I/O for programs that already exist.
#[derive(Parser)]
#[command(name = "uaio", version, max_term_width = 100)]
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
        Command::DemoClient(options) => client::main(&options),
    }
}
