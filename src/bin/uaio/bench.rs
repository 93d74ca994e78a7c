//! `uaio bench`: the speed matrix of the source tree where there is one, else the demonstration.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Args, FromArgMatches};

use crate::demo;

#[derive(Args)]
pub struct Options {
    /// For benches/run, such as --rows 1,5,9 or --short; without a source tree, for `uaio demo`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

const SCRIPT: &str = "benches/run";
const STATUS_CANNOT: u8 = 2;

pub fn main(options: &Options) -> ExitCode {
    let looked = places();
    if let Some(script) = looked.iter().map(|dir| dir.join(SCRIPT)).find(|script| script.is_file()) {
        eprintln!("uaio bench: {}", script.display());
        let error = Command::new(&script).args(&options.arguments).exec();
        eprintln!("uaio bench: cannot run {}: {error}", script.display());
        return ExitCode::from(STATUS_CANNOT);
    }
    let places: Vec<_> = looked.iter().map(|dir| dir.display().to_string()).collect();
    eprintln!("uaio bench: no {SCRIPT} in {}: this is `uaio demo`, a short comparison with glibc", places.join(", "));
    let command = demo::Options::augment_args(clap::Command::new("uaio bench"));
    let name = OsString::from("uaio bench");
    let matches = command.get_matches_from(std::iter::once(&name).chain(&options.arguments));
    match demo::Options::from_arg_matches(&matches) {
        Ok(options) => demo::main(&options),
        Err(error) => error.exit(),
    }
}

/// The directories above this executable, as in target/release, and above the working directory.
fn places() -> Vec<PathBuf> {
    let starts = [env::current_exe().ok(), env::current_dir().ok()];
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in starts.iter().flatten().flat_map(|start| start.ancestors()).filter(|dir| *dir != Path::new("/")) {
        if !found.iter().any(|there| there == dir) && dir.is_dir() {
            found.push(dir.to_owned());
        }
    }
    found
}
