//! The torture program (`c-tests/torture`) preloaded on every engine.
//!
//! `UAIO_TORTURE_SECONDS` (default 5) per engine, `UAIO_TORTURE_SEED` to replay one, `UAIO_LIB` for
//! another library than the one that cargo built beside this test.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the run may take beyond the asked seconds: the end drains every stream and verifies every file,
/// and the program itself reports a hang before this.
const EXTRA: Duration = Duration::from_secs(180);

/// `cargo build` puts the library beside the directory of this test, `cargo test` alone only into it: the newer one.
fn library() -> Result<PathBuf> {
    if let Some(path) = env::var_os("UAIO_LIB") {
        return Ok(PathBuf::from(path));
    }
    let exe = env::current_exe()?;
    let near = exe.parent().ok_or("no directory")?;
    let mut found = Vec::new();
    for dir in [near, near.parent().unwrap_or(near)] {
        let path = dir.join("libuaio.so");
        if let Ok(made) = path.metadata().and_then(|m| m.modified()) {
            found.push((made, path));
        }
    }
    let newest = found.into_iter().max();
    Ok(newest.ok_or_else(|| format!("no libuaio.so beside {}", exe.display()))?.1)
}

fn compile(into: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c-tests/torture");
    let program = into.join("torture");
    let mut cc = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-O2", "-g", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]).arg(&program);
    for entry in std::fs::read_dir(&source)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "c") {
            cc.arg(path);
        }
    }
    let out = cc.output()?;
    if !out.status.success() {
        return Err(format!("cc: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    Ok(program)
}

fn torture(engine: &str) -> Result<()> {
    let library = library()?;
    let dir = tempfile::tempdir()?;
    let program = compile(dir.path())?;
    let seconds: u64 = env::var("UAIO_TORTURE_SECONDS").ok().map_or(Ok(5), |s| s.parse())?;
    let log = dir.path().join("log");
    let mut run = Command::new(&program);
    run.arg("--dir").arg(dir.path()).arg("--seconds").arg(seconds.to_string());
    if let Some(seed) = env::var_os("UAIO_TORTURE_SEED") {
        run.arg("--seed").arg(seed);
    }
    let file = std::fs::File::create(&log)?;
    let mut child = run
        .env("LD_PRELOAD", &library)
        .env("UAIO_ENGINE", engine)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()?;
    let limit = Instant::now() + Duration::from_secs(seconds) + EXTRA;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        sleep(Duration::from_millis(50));
    };
    let output = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("engine {engine}: {status}\n{output}").into()),
        None => Err(format!("engine {engine}: killed, not even its watchdog ended it\n{output}").into()),
    }
}

/// A report that is shown as it is, line by line, when the test fails.
struct Report(Box<dyn Error>);

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

// One test, one engine after the other: four at once on a small machine would only measure patience.
#[test]
fn every_engine_agrees_with_the_model() -> std::result::Result<(), Report> {
    for engine in ["auto", "uring", "native", "threads"] {
        torture(engine).map_err(Report)?;
    }
    Ok(())
}
