//! Builds and runs the C programs of `c-tests/<dir>/*.c`, one behaviour each, over every engine,
//! linked with the library and with the library preloaded.
//!
//! A program passes with status 0 and is skipped with 77; anything else, or running longer than its
//! time limit, is a failure. `c-tests/test.h` is what they share. The first line of a program is a
//! comment that says what it shows; these may follow, one per line:
//!
//! ```c
//! /* engines: threads uring */   run only on these (default: auto uring native threads)
//! /* modes: preload */           run only so (default: linked preload)
//! /* timeout: 60 */              seconds (default 20)
//! /* glibc: fails: why */        must fail or hang without the library
//! /* glibc: may fail: why */     may do either without the library
//! /* not under: asan: why */     cannot be run under a tool
//! ```
//!
//! The programs in `c-tests/solaris` and `c-tests/stats` call what only the library has: they are linked with it in
//! both modes, to be preloaded without saying where it lies, and have nothing to compare with glibc.
//!
//! Environment: `UAIO_LIB` names the library (default: `libuaio.so` of this build); with
//! `UAIO_TEST_GLIBC=3` there is also a trial `<name>::glibc` that runs the program three times without the library
//! and checks the claim about glibc; `UAIO_TEST_RESULTS` names the file for how every run ended, in JSON (it is what
//! `c-tests/assertions/table` makes its tables of). `UAIO_TORTURE_SECONDS` makes the long tests run as
//! long as that, and every time limit longer by it. `UAIO_TEST_UNDER` runs the programs under a tool: see `Tool`.

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

const ENGINES: [&str; 4] = ["auto", "uring", "native", "threads"];
const MODES: [&str; 2] = ["linked", "preload"];
/// Directories with a driver of their own.
const NOT_HERE: [&str; 2] = ["torture", "conformance"];
/// What cannot be linked without the library.
const ONLY_OURS: [&str; 2] = ["solaris/", "stats/"];
const CFLAGS: [&str; 7] = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-g", "-pthread"];
const DEFAULT_LIMIT_S: u64 = 20;
/// What is known to hang under glibc is not waited for longer than this.
const GLIBC_FAILS_LIMIT_S: u64 = 5;
const SKIPPED: i32 = 77;
/// Of a failed program's output only the end is shown.
const SHOWN_MAX_BYTES: usize = 8192;

/// What a program's header says about plain glibc.
#[derive(Clone)]
enum Glibc {
    Passes,
    MayFail,
    Fails(String),
}

/// One C file, and what its header says.
struct Program {
    /// `posix/read_eof`
    name: String,
    source: PathBuf,
    engines: Vec<&'static str>,
    modes: Vec<&'static str>,
    limit: Duration,
    glibc: Glibc,
    not_under: Vec<Tool>,
    /// Compiled at first need; indexed by "linked".
    executables: [OnceLock<Result<PathBuf, String>>; 2],
}

/// How one run ended.
enum Outcome {
    Passed,
    Skipped(String),
    Failed(String),
    Hung(String),
}

/// What watches the programs, as `UAIO_TEST_UNDER` says. A program that cannot be run so says why in a line of its own:
///
/// ```c
/// /* not under: asan memcheck: why */
/// ```
#[derive(Clone, Copy, PartialEq)]
enum Tool {
    Nothing,
    /// AddressSanitizer and UBSan: in the programs and in libc's functions.
    Asan,
    /// ThreadSanitizer; also in the library, if `UAIO_LIB` was built with it (`tests/tsan.sh`, which says why it
    /// stands for helgrind and drd, too).
    Tsan,
    /// valgrind's memcheck. Nothing is suppressed.
    Memcheck,
}

impl Tool {
    fn wanted() -> Result<Self, String> {
        let wanted = std::env::var("UAIO_TEST_UNDER").unwrap_or_default();
        Self::named(&wanted).ok_or(format!("UAIO_TEST_UNDER: unknown tool {wanted}"))
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self::Nothing),
            "asan" => Some(Self::Asan),
            "tsan" => Some(Self::Tsan),
            "memcheck" => Some(Self::Memcheck),
            _ => None,
        }
    }

    /// For the compiler, beside `CFLAGS`.
    fn cflags(self) -> &'static [&'static str] {
        match self {
            Self::Nothing | Self::Memcheck => &[],
            // NULL is passed on purpose.
            Self::Asan => &[
                "-fsanitize=address,undefined",
                "-fno-sanitize=nonnull-attribute",
                "-fno-sanitize-recover=all",
                "-fno-omit-frame-pointer",
            ],
            // What gcc's runtime does not have, or does not know: see there.
            Self::Tsan => &["-fsanitize=thread", "-rdynamic", "c-tests/tsan.c"],
        }
    }

    /// How many times as long a program may take.
    fn patience(self) -> u32 {
        match self {
            Self::Nothing => 1,
            Self::Asan => 3,
            Self::Tsan => 5,
            Self::Memcheck => 10,
        }
    }

    fn command(self, program: &Path) -> Command {
        if self != Self::Memcheck {
            let mut command = Command::new(program);
            // Tests end with memory in use, leave threads to the end of the process, and fork while there are others.
            let tsan = "report_thread_leaks=0:die_after_fork=0:history_size=7:exitcode=66:suppressions=";
            let known = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tsan.supp");
            command.env("ASAN_OPTIONS", "detect_leaks=0").env("TSAN_OPTIONS", format!("{tsan}{known}"));
            return command;
        }
        let mut command = Command::new("valgrind");
        command.args(["-q", "--error-exitcode=66"]).arg(program);
        command
    }

    /// gcc's runtime must come before whatever else is preloaded.
    fn preload(self, library: &Path) -> String {
        let runtime = match self {
            Self::Nothing | Self::Memcheck => return library.display().to_string(),
            Self::Asan => "libasan.so",
            Self::Tsan => "libtsan.so",
        };
        let found = Command::new("cc").arg(format!("-print-file-name={runtime}")).output();
        let found = found.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
        format!("{}:{}", found.trim(), library.display())
    }
}

/// What all trials share.
struct Lab {
    tool: Tool,
    root: PathBuf,
    /// Removed when the run ends. Beside the executables, so that it is a real filesystem.
    scratch: PathBuf,
    library: Result<PathBuf, String>,
    /// How often each program is run on plain glibc.
    glibc_runs: u32,
    /// How the runs of each program ended, by "glibc" or "preload::auto".
    results: Mutex<BTreeMap<String, Runs>>,
}

type Runs = BTreeMap<String, Vec<&'static str>>;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    match prepare() {
        Ok((lab, scratch)) => {
            let (programs, mut trials) = discover(&lab);
            let missing = if args.list { Vec::new() } else { missing_engines(&lab) };
            for program in &programs {
                add_trials(&mut trials, &lab, program, &missing);
            }
            let conclusion = libtest_mimic::run(&args, trials);
            write_results(&lab);
            drop(scratch); // `exit` below runs no destructors.
            conclusion.exit()
        }
        Err(why) => {
            eprintln!("c_tests: {why}");
            ExitCode::FAILURE
        }
    }
}

fn prepare() -> Result<(Arc<Lab>, tempfile::TempDir), String> {
    let exe = std::env::current_exe().map_err(|e| format!("no path of this executable: {e}"))?;
    // .../target/debug/deps/c_tests-0123 → .../target/debug
    let profile = exe.parent().and_then(Path::parent).ok_or("this executable has no grandparent")?;
    let scratch = tempfile::Builder::new()
        .prefix("c-tests-")
        .tempdir_in(profile)
        .map_err(|e| format!("no scratch directory in {}: {e}", profile.display()))?;
    let wanted = std::env::var_os("UAIO_LIB").map_or_else(|| library_of_this_build(&exe, profile), PathBuf::from);
    let library = wanted.canonicalize().map_err(|e| format!("{}: {e}", wanted.display()));
    if let Ok(library) = &library {
        for name in ["libuaio.so", "libuaio.so.1"] {
            symlink(library, scratch.path().join(name)).map_err(|e| format!("symlink {name}: {e}"))?;
        }
    }
    let lab = Lab {
        tool: Tool::wanted()?,
        root: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        scratch: scratch.path().to_path_buf(),
        library,
        glibc_runs: number("UAIO_TEST_GLIBC"),
        results: Mutex::default(),
    };
    Ok((Arc::new(lab), scratch))
}

/// `cargo build` puts the library into `deps` and links it one level up; `cargo test` does only the
/// first, so that what is one level up can be old.
fn library_of_this_build(exe: &Path, profile: &Path) -> PathBuf {
    let built = exe.with_file_name("libuaio.so");
    if built.exists() { built } else { profile.join("libuaio.so") }
}

/// Finds the programs. What is wrong with a header becomes a trial that fails.
fn discover(lab: &Lab) -> (Vec<Arc<Program>>, Vec<Trial>) {
    let (mut programs, mut trials) = (Vec::new(), Vec::new());
    for directory in sorted(&lab.root.join("c-tests")) {
        let Some(group) = directory.file_name().and_then(OsStr::to_str) else { continue };
        if !directory.is_dir() || NOT_HERE.contains(&group) {
            continue;
        }
        for source in sorted(&directory) {
            if source.extension() != Some(OsStr::new("c")) {
                continue;
            }
            let stem = source.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{group}/{stem}");
            match read_header(name.clone(), source) {
                Ok(program) if program.not_under.contains(&lab.tool) => {
                    eprintln!("c_tests: {name} is left out: its header says that it cannot run under this tool");
                }
                Ok(program) => programs.push(Arc::new(program)),
                Err(why) => trials.push(Trial::test(format!("{name}::header"), move || Err(Failed::from(why)))),
            }
        }
    }
    if programs.is_empty() {
        trials.push(Trial::test("programs_found", || Err(Failed::from("no C program found"))));
    }
    (programs, trials)
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn read_header(name: String, source: PathBuf) -> Result<Program, String> {
    let text = fs::read_to_string(&source).map_err(|e| format!("{}: {e}", source.display()))?;
    let mut lines = text.lines();
    lines
        .next()
        .and_then(comment)
        .filter(|text| !text.is_empty() && directive(text).is_none())
        .ok_or("line 1 must be a comment of one line that says what the program shows")?;
    let mut program = Program {
        name,
        source,
        engines: ENGINES.to_vec(),
        modes: MODES.to_vec(),
        limit: Duration::from_secs(DEFAULT_LIMIT_S) + torture_time(),
        glibc: Glibc::Passes,
        not_under: Vec::new(),
        executables: [OnceLock::new(), OnceLock::new()],
    };
    for line in lines.map_while(comment) {
        let Some((key, value)) = directive(line) else { break };
        match key {
            "engines" => program.engines = choose(&ENGINES, value)?,
            "modes" => program.modes = choose(&MODES, value)?,
            "timeout" => {
                let seconds = value.parse().map_err(|_| format!("timeout: not a number: {value}"))?;
                program.limit = Duration::from_secs(seconds) + torture_time();
            }
            "not under" => program.not_under.extend(tools(value)?),
            _ => program.glibc = claim(value)?,
        }
    }
    Ok(program)
}

fn torture_time() -> Duration {
    Duration::from_secs(u64::from(number("UAIO_TORTURE_SECONDS")))
}

fn number(variable: &str) -> u32 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    let inner = line.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/"));
    inner.or_else(|| line.strip_prefix("//")).map(str::trim)
}

fn directive(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    ["engines", "modes", "timeout", "not under", "glibc"].contains(&key).then(|| (key, value.trim()))
}

fn choose(all: &[&'static str], value: &str) -> Result<Vec<&'static str>, String> {
    let pick = |word: &str| all.iter().copied().find(|known| *known == word).ok_or(format!("unknown name {word}"));
    let chosen: Vec<_> = value.split_whitespace().map(pick).collect::<Result<_, _>>()?;
    if chosen.is_empty() { Err("an empty list".to_owned()) } else { Ok(chosen) }
}

fn tools(value: &str) -> Result<Vec<Tool>, String> {
    let Some((names, _)) = value.split_once(':').filter(|(_, why)| !why.trim().is_empty()) else {
        return Err("not under: the reason is missing".to_owned());
    };
    names.split_whitespace().map(|name| Tool::named(name).ok_or(format!("not under: unknown tool {name}"))).collect()
}

fn claim(value: &str) -> Result<Glibc, String> {
    let (verdict, why) = value.split_once(':').unwrap_or((value, ""));
    match (verdict, why.trim()) {
        (_, "") => Err("glibc: the reason is missing".to_owned()),
        ("fails", why) => Ok(Glibc::Fails(why.to_owned())),
        ("may fail", _) => Ok(Glibc::MayFail),
        _ => Err(format!("glibc: neither \"fails\" nor \"may fail\": {value}")),
    }
}

fn add_trials(trials: &mut Vec<Trial>, lab: &Arc<Lab>, program: &Arc<Program>, missing: &[&str]) {
    for mode in &program.modes {
        for engine in &program.engines {
            let (lab, program, mode, engine) = (Arc::clone(lab), Arc::clone(program), *mode, *engine);
            let name = format!("{}::{mode}::{engine}", program.name);
            let trial = Trial::test(name.clone(), move || lab.trial(&program, &name, mode, engine));
            trials.push(trial.with_ignored_flag(missing.contains(&engine)));
        }
    }
    let comparable = !ONLY_OURS.iter().any(|ours| program.name.starts_with(ours));
    if comparable && lab.glibc_runs > 0 {
        let (lab, program) = (Arc::clone(lab), Arc::clone(program));
        let name = format!("{}::glibc", program.name);
        trials.push(Trial::test(name.clone(), move || lab.glibc_trial(&program, &name)));
    }
}

/// The engines that this machine cannot run. The library would silently take another one, so their
/// trials would show nothing: they are counted as ignored, and the reason is printed.
fn missing_engines(lab: &Lab) -> Vec<&'static str> {
    let source = lab.root.join("c-tests/probe.c");
    let probe = match lab.compile(&source, "probe", false) {
        Ok(probe) => probe,
        Err(why) => {
            eprintln!("c_tests: cannot tell which engines this machine has: {why}");
            return Vec::new();
        }
    };
    let absent = |engine: &&&str| {
        let mut command = Command::new(&probe);
        command.arg(engine);
        match lab.run(command, Duration::from_secs(DEFAULT_LIMIT_S)) {
            Outcome::Passed => false,
            Outcome::Skipped(why) | Outcome::Failed(why) | Outcome::Hung(why) => {
                eprintln!("c_tests: ENGINE {engine} IS NOT TESTED, this machine does not have it: {why}");
                true
            }
        }
    };
    ENGINES.iter().filter(absent).copied().collect()
}

impl Lab {
    fn trial(&self, program: &Program, name: &str, mode: &str, engine: &str) -> Result<(), Failed> {
        let library = self.library.as_ref()?;
        let mut command = self.tool.command(&self.executable(program, mode == "linked")?);
        command.env("UAIO_ENGINE", engine);
        if mode == "preload" {
            command.env("LD_PRELOAD", self.tool.preload(library));
        }
        let outcome = self.run(command, program.limit * self.tool.patience());
        self.record(program, &format!("{mode}::{engine}"), &outcome);
        verdict(name, outcome)
    }

    fn glibc_trial(&self, program: &Program, name: &str) -> Result<(), Failed> {
        let executable = self.executable(program, false)?;
        let limit = match program.glibc {
            Glibc::Fails(_) => Duration::from_secs(GLIBC_FAILS_LIMIT_S),
            _ => program.limit,
        };
        let mut ended = Ok(());
        for _ in 0..self.glibc_runs {
            let outcome = self.run(Command::new(&executable), limit);
            self.record(program, "glibc", &outcome);
            ended = ended.and(Self::as_claimed(program, name, outcome));
        }
        ended
    }

    fn as_claimed(program: &Program, name: &str, outcome: Outcome) -> Result<(), Failed> {
        match (&program.glibc, outcome) {
            (Glibc::Fails(why), Outcome::Passed) => {
                Err(format!("passes under glibc, but its header says that it fails: {why}").into())
            }
            (Glibc::Fails(_) | Glibc::MayFail, Outcome::Failed(_) | Outcome::Hung(_)) => Ok(()),
            (_, outcome) => verdict(name, outcome),
        }
    }

    fn record(&self, program: &Program, on: &str, outcome: &Outcome) {
        let word = match outcome {
            Outcome::Passed => "passes",
            Outcome::Skipped(_) => "skipped",
            Outcome::Failed(_) => "fails",
            Outcome::Hung(_) => "time limit",
        };
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.entry(program.name.clone()).or_default().entry(on.to_owned()).or_default().push(word);
    }

    fn executable(&self, program: &Program, linked: bool) -> Result<PathBuf, String> {
        let stem = program.name.replace('/', "-");
        program.executables[usize::from(linked)].get_or_init(|| self.compile(&program.source, &stem, linked)).clone()
    }

    fn compile(&self, source: &Path, stem: &str, linked: bool) -> Result<PathBuf, String> {
        let output = self.scratch.join(format!("{stem}{}", if linked { ".linked" } else { "" }));
        let mut command = Command::new("cc");
        command.args(CFLAGS).current_dir(&self.root).args(["-I", "c-tests", "-I", "include", "-o"]);
        command.arg(&output).args(self.tool.cflags()).arg(source.strip_prefix(&self.root).unwrap_or(source));
        if linked || ONLY_OURS.iter().any(|ours| stem.starts_with(&ours.replace('/', "-"))) {
            command.arg("-L").arg(&self.scratch).arg("-luaio");
        }
        if linked {
            command.arg(format!("-Wl,-rpath,{}", self.scratch.display()));
        }
        command.stdin(Stdio::null());
        let result = command.output().map_err(|e| format!("cc: {e}"))?;
        if result.status.success() {
            return Ok(output);
        }
        Err(format!("{command:?}\n{}", String::from_utf8_lossy(&result.stderr)))
    }

    /// Runs the program in an empty directory of its own and in its own process group.
    fn run(&self, mut command: Command, limit: Duration) -> Outcome {
        let place = match Place::new(&self.scratch) {
            Ok(place) => place,
            Err(e) => return Outcome::Failed(format!("no directory for the run: {e}")),
        };
        // cargo's LD_LIBRARY_PATH would come before the rpath of a linked program.
        command.env_remove("LD_LIBRARY_PATH").current_dir(place.dir.path().join("cwd"));
        command.stdin(Stdio::null()).stdout(place.stdout).stderr(place.stderr).process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return Outcome::Failed(format!("{command:?}: {e}")),
        };
        drop(command);
        let group = child.id();
        let (finished, wait) = mpsc::channel::<()>();
        let watch = thread::spawn(move || match wait.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => {
                let threads = threads_of(group);
                kill_group(group);
                Some(threads)
            }
            _ => None,
        });
        let status = child.wait();
        drop(finished);
        let hung = watch.join().unwrap_or_default();
        let stdout = tail(&place.dir.path().join("stdout"));
        let stderr = tail(&place.dir.path().join("stderr"));
        let said = format!("--- stdout\n{stdout}--- stderr\n{stderr}");
        match (hung, status) {
            (Some(threads), _) => Outcome::Hung(format!("hang: not finished after {limit:?}\n{threads}{said}")),
            (None, Err(e)) => Outcome::Failed(format!("wait: {e}\n{said}")),
            // The dynamic linker goes on without a library that it cannot preload.
            (None, _) if stderr.contains("cannot be preloaded") => Outcome::Failed(said),
            (None, Ok(status)) if status.success() => Outcome::Passed,
            (None, Ok(status)) if status.code() == Some(SKIPPED) => Outcome::Skipped(stdout.trim().to_owned()),
            (None, Ok(status)) => Outcome::Failed(format!("{}\n{said}", ending(status))),
        }
    }
}

/// Where one run happens; removed when dropped.
struct Place {
    dir: tempfile::TempDir,
    stdout: File,
    stderr: File,
}

impl Place {
    fn new(scratch: &Path) -> std::io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("run-").tempdir_in(scratch)?;
        fs::create_dir(dir.path().join("cwd"))?;
        // Files, not pipes: a descendant that outlives the program does not keep us waiting.
        let stdout = File::create(dir.path().join("stdout"))?;
        let stderr = File::create(dir.path().join("stderr"))?;
        Ok(Self { dir, stdout, stderr })
    }
}

fn verdict(name: &str, outcome: Outcome) -> Result<(), Failed> {
    match outcome {
        Outcome::Passed => Ok(()),
        Outcome::Skipped(why) => {
            eprintln!("c_tests: {name} skipped itself: {why}");
            Ok(())
        }
        Outcome::Failed(why) | Outcome::Hung(why) => Err(Failed::from(why)),
    }
}

fn ending(status: ExitStatus) -> String {
    status.signal().map_or_else(|| format!("{status}"), |signal| format!("killed by signal {signal}"))
}

fn tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SHOWN_MAX_BYTES)..]).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// What each thread of a hanging program is doing.
fn threads_of(pid: u32) -> String {
    let mut text = String::new();
    for task in sorted(Path::new(&format!("/proc/{pid}/task"))) {
        let read = |name: &str| fs::read_to_string(task.join(name)).unwrap_or_default().trim().to_owned();
        let _ = writeln!(text, "thread {}: in {} (system call {})", read("comm"), read("wchan"), read("syscall"));
    }
    text
}

/// By the shell's `kill`, as this file has no unsafe code.
fn kill_group(group: u32) {
    let killed = Command::new("sh").args(["-c", "kill -9 \"-$0\"", &group.to_string()]).status();
    if let Err(e) = killed {
        eprintln!("c_tests: cannot kill process group {group}: {e}");
    }
}

fn write_results(lab: &Lab) {
    let Some(path) = std::env::var_os("UAIO_TEST_RESULTS").map(PathBuf::from) else { return };
    let results = lab.results.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(e) = fs::write(&path, format!("{:#}\n", serde_json::json!(*results))) {
        eprintln!("c_tests: {}: {e}", path.display());
    }
}
