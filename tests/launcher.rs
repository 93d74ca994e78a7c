//! The launcher as a user meets it: `uaio run`, `uaio demo` and the rest, with their errors.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const UAIO: &str = env!("CARGO_BIN_EXE_uaio");
const NOBODY: u32 = 65534;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn uaio() -> Command {
    let mut command = Command::new(UAIO);
    for name in ["LD_PRELOAD", "UAIO_LIBRARY", "UAIO_ENGINE", "UAIO_STATS", "UAIO_STATS_SIGNAL", "UAIO_LOG"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `uaio run -- PROGRAM` and checks how it fails.
fn refused(program: &Path, status: i32, why: &str) -> Tested {
    let output = uaio().args(["run", "--"]).arg(program).output()?;
    assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
    assert!(stderr(&output).contains(why), "{}", stderr(&output));
    Ok(())
}

/// The first directory of the search path that has it.
fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

#[test]
fn run_preloads_the_library() -> Tested {
    let output = uaio().args(["run", "--", "cat", "/proc/self/maps"]).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("/libuaio.so"), "{}", stdout(&output));
    // cat has no asynchronous I/O: a hint, not a refusal.
    assert!(stderr(&output).contains("does not import aio_*"), "{}", stderr(&output));
    Ok(())
}

#[test]
fn run_sets_the_environment_and_keeps_what_is_preloaded() -> Tested {
    let script = "printf '%s\n' \"$LD_PRELOAD\" \"$UAIO_ENGINE\" \"$UAIO_STATS\" \"$UAIO_LOG\" \"$0\"";
    let options = ["run", "--engine", "threads", "--stats=/x/y", "--log", "debug", "--", "sh", "-c"];
    let output = uaio().env("LD_PRELOAD", "/no/other.so").args(options).args([script, "a b"]).output()?;
    let text = stdout(&output);
    let lines: Vec<_> = text.lines().collect();
    let [preload, "threads", "/x/y", "debug", "a b"] = lines[..] else {
        return Err(format!("{text}{}", stderr(&output)).into());
    };
    assert!(preload.starts_with("/no/other.so:/") && preload.ends_with("/libuaio.so"), "{preload}");

    let script_signal = "printf '%s\n' \"$UAIO_STATS_SIGNAL\"";
    let output = uaio().args(["run", "--stats-signal", "USR2", "--", "sh", "-c", script_signal]).output()?;
    assert_eq!(stdout(&output), "USR2\n");
    let output = uaio().args(["run", "--stats", "--", "sh", "-c", script]).output()?;
    assert_eq!(stdout(&output).lines().nth(2), Some("1"));
    assert_eq!(stdout(&output).lines().nth(1), Some(""));
    Ok(())
}

#[test]
fn run_gives_the_programs_own_status_and_argument_zero() -> Tested {
    let output = uaio().args(["run", "--", "sh", "-c", "exit 7"]).output()?;
    assert_eq!(output.status.code(), Some(7));
    let dir = tempfile::tempdir()?;
    let script = dir.path().join("script");
    fs::write(&script, "#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let output = uaio().args(["run", "--"]).arg(&script).args(["--engine", "x"]).output()?;
    assert!(stdout(&output).trim_end().ends_with("script --engine x"), "{}", stdout(&output));
    Ok(())
}

#[test]
fn run_tells_what_cannot_be_found() -> Tested {
    refused(Path::new("no-such-program-at-all"), 127, "not found")?;
    refused(Path::new("./no/such/program"), 127, "not found")?;
    refused(Path::new("/etc/passwd"), 126, "not an executable file")?;
    refused(Path::new("/"), 126, "not an executable file")?;
    let output = uaio().arg("run").output()?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}

#[test]
fn run_refuses_static_foreign_and_privileged_programs() -> Tested {
    let dir = tempfile::tempdir()?;
    let program = dir.path().join("program");
    let cat = which("cat").ok_or("no cat")?;

    let source = dir.path().join("s.c");
    fs::write(&source, "int main(void) { return 0; }\n")?;
    let gcc = Command::new("gcc").arg("-static").arg(&source).arg("-o").arg(&program).status()?;
    assert!(gcc.success());
    refused(&program, 126, "linked statically")?;

    let mut bytes = fs::read(&cat)?;
    bytes[18] = 22; // e_machine: s390
    fs::write(&program, &bytes)?;
    refused(&program, 126, "64-bit s390")?;
    bytes[4] = 1; // 32 bits
    fs::write(&program, &bytes)?;
    refused(&program, 126, "32-bit s390")?;

    // The rest needs a file of another user.
    if fs::metadata("/proc/self")?.uid() != 0 {
        println!("not root: set-user-ID not tested");
        return Ok(());
    }
    fs::copy(&cat, &program)?;
    chown(&program, Some(NOBODY), Some(NOBODY))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755))?;
    refused(&program, 126, "set-user-ID")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o2755))?;
    refused(&program, 126, "set-group-ID")?;
    Ok(())
}

#[test]
fn run_refuses_programs_for_musl() -> Tested {
    if which("musl-gcc").is_none() {
        println!("skipped: no musl-gcc on this machine (package musl-tools)");
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let (source, program) = (dir.path().join("m.c"), dir.path().join("program"));
    fs::write(&source, format!("{IMPORTS}int main(void) {{ return 0; }}\n"))?;
    let compile = |options: &[&str]| {
        Command::new("musl-gcc").args(options).arg(&source).arg("-o").arg(&program).status().map(|s| s.success())
    };
    assert!(compile(&[])?);
    refused(&program, 126, "is linked with musl, whose control blocks are laid out differently")?;
    let output = uaio().arg("scan").arg(dir.path()).output()?;
    assert!(stdout(&output).contains("[not served: linked with musl]"), "{}", stdout(&output));
    assert!(compile(&["-static"])?);
    refused(&program, 126, "linked statically")?;
    Ok(())
}

/// A prefix with the launcher in `bin` and the library at `place`.
fn installed(place: &str) -> Result<(tempfile::TempDir, PathBuf), Box<dyn std::error::Error>> {
    let prefix = tempfile::tempdir()?;
    let (launcher, library) = (prefix.path().join("bin/uaio"), prefix.path().join(place));
    for file in [&launcher, &library] {
        fs::create_dir_all(file.parent().ok_or("no parent")?)?;
    }
    fs::copy(UAIO, &launcher)?;
    fs::copy(library_of_this_build()?, &library)?;
    Ok((prefix, launcher))
}

/// As the launcher finds it.
fn library_of_this_build() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let dir = Path::new(UAIO).parent().ok_or("no parent")?;
    let built = ["libuaio.so", "deps/libuaio.so"].map(|name| dir.join(name));
    let newest = built.into_iter().max_by_key(|path| path.metadata().and_then(|meta| meta.modified()).ok());
    Ok(newest.ok_or("no library")?)
}

#[test]
fn run_finds_the_library_of_its_prefix() -> Tested {
    for place in ["lib/libuaio.so.1", "lib64/libuaio.so.1", "lib/x86_64-linux-gnu/libuaio.so.1", "bin/libuaio.so"] {
        let (prefix, launcher) = installed(place)?;
        let output =
            Command::new(&launcher).env_remove("UAIO_LIBRARY").args(["run", "cat", "/proc/self/maps"]).output()?;
        let expected = prefix.path().canonicalize()?.join(place);
        assert!(stdout(&output).contains(&*expected.to_string_lossy()), "{place}: {}", stderr(&output));
    }
    Ok(())
}

#[test]
fn the_launcher_does_not_link_the_library() -> Tested {
    use object::{Object, ObjectSymbol};
    let bytes = fs::read(UAIO)?;
    let elf = object::read::elf::ElfFile64::<object::Endianness>::parse(&*bytes)?;
    let named: Vec<_> =
        elf.dynamic_symbols().filter(|s| s.name().is_ok_and(|name| name.starts_with("aio_read"))).collect();
    assert!(!named.is_empty() && named.iter().all(|symbol| symbol.is_undefined()), "aio_read must be another's");
    let output = Command::new("ldd").arg(UAIO).output()?;
    assert!(stdout(&output).contains("libc.so.6") && !stdout(&output).contains("libuaio"), "{}", stdout(&output));
    Ok(())
}

#[test]
fn a_missing_library_is_named() -> Tested {
    let output = uaio().env("UAIO_LIBRARY", "/no/libuaio.so").args(["run", "true"]).output()?;
    assert_eq!(output.status.code(), Some(125));
    assert!(stderr(&output).contains("UAIO_LIBRARY names /no/libuaio.so"), "{}", stderr(&output));

    let dir = tempfile::tempdir()?;
    let lonely = dir.path().join("uaio");
    fs::copy(UAIO, &lonely)?;
    for (arguments, status) in [(["run", "true"], 125), (["demo", "--json"], 2)] {
        let output = Command::new(&lonely).env_remove("UAIO_LIBRARY").args(arguments).output()?;
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        let place = dir.path().join("libuaio.so");
        assert!(stderr(&output).contains(&*place.to_string_lossy()), "{}", stderr(&output));
    }
    Ok(())
}

/// Compiles a C program of one line.
fn compile(dir: &Path, name: &str, source: &str, options: &[&str]) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let (from, to) = (dir.join(format!("{name}.c")), dir.join(name));
    fs::write(&from, source)?;
    let status = Command::new("gcc").args(options).arg(&from).arg("-o").arg(&to).status()?;
    fs::remove_file(&from)?;
    if status.success() { Ok(to) } else { Err(format!("gcc: {name}").into()) }
}

const IMPORTS: &str = "#include <aio.h>\nint f(struct aiocb *c) { return aio_read(c) + aio_error(c); }\n";

#[test]
fn scan_finds_what_imports_posix_aio() -> Tested {
    let place = tempfile::tempdir()?;
    let dir = place.path().join("some where");
    fs::create_dir_all(dir.join("deep"))?;
    let program = compile(&dir, "program", &format!("{IMPORTS}int main(void) {{ return f(0); }}\n"), &[])?;
    compile(&dir.join("deep"), "lib.so", IMPORTS, &["-shared", "-fPIC"])?;
    compile(&dir, "other", "int aio_other(void); int main(void) { return 0; }\n", &[])?;
    compile(&dir, "static", &format!("{IMPORTS}int main(void) {{ return 0; }}\n"), &["-static"])?;
    fs::hard_link(&program, dir.join("same"))?;
    std::os::unix::fs::symlink(&dir, dir.join("loop"))?;
    fs::write(dir.join("damaged"), &fs::read(&program)?[..1000])?;

    let output = uaio().args(["scan", "--json"]).arg(&dir).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "no progress where there is no terminal");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&report["files"], &report["elf_files"]), (&5.into(), &5.into()), "{report:#}");
    let found = report["found"].as_array().ok_or("no list")?;
    let [library, program] = &found[..] else { return Err(format!("{report:#}").into()) };
    assert_eq!((&library["is"], &program["is"]), (&"library".into(), &"program".into()));
    for found in [library, program] {
        assert_eq!(found["imports"], serde_json::json!(["aio_error", "aio_read"]));
        assert!(found["not_served"].is_null());
    }

    let output = uaio().arg("scan").arg(&dir).output()?;
    let text = stdout(&output);
    assert!(text.contains("/program: program: aio_error aio_read\n") && text.lines().count() == 2, "{text}");
    Ok(())
}

#[test]
fn scan_tells_by_its_status_what_it_found() -> Tested {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("text"), "hello")?;
    assert_eq!(uaio().arg("scan").arg(dir.path()).output()?.status.code(), Some(1));
    let output = uaio().arg("scan").arg(dir.path().join("nowhere")).output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nowhere: "), "{}", stderr(&output));
    let mut bytes = fs::read(UAIO)?;
    bytes[18] = 22; // e_machine: s390
    fs::write(dir.path().join("foreign"), &bytes)?;
    let output = uaio().arg("scan").arg(dir.path()).output()?;
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("[not served: 64-bit s390]"), "{}", stdout(&output));
    Ok(())
}

/// Runs `uaio doctor --json`, behind `refuse` if that is given.
fn doctor(refuse: Option<(&Path, &str)>, path: &Path) -> Result<(i32, serde_json::Value), Box<dyn std::error::Error>> {
    let mut command = uaio();
    if let Some((program, what)) = refuse {
        command = Command::new(program);
        command.arg(what).arg(UAIO).env_remove("UAIO_LIBRARY");
    }
    let output = command.args(["doctor", "--json"]).arg(path).output()?;
    let report = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {}", stderr(&output)))?;
    Ok((output.status.code().ok_or("killed")?, report))
}

/// The number of requests that took a route in one of the doctor's trials.
fn taken(report: &serde_json::Value, what: &str, route: &str) -> u64 {
    report["places"][0]["uses"][what]["routes"][route].as_u64().unwrap_or(0)
}

#[test]
fn doctor_tells_what_is_open_and_leaves_nothing() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (status, report) = doctor(None, dir.path())?;
    // Of the machine that runs this we know nothing; but all that is said must fit together.
    let open = report["io_uring"]["works"] == true && report["native_aio"]["works"] == true;
    assert_eq!(status, i32::from(!open), "{report:#}");
    assert_eq!(report["status"], if open { "fine" } else { "reduced" });
    assert_eq!(report["io_uring"]["errno"].is_null(), report["io_uring"]["works"] == true);
    for what in ["read", "write"] {
        let routes = report["places"][0]["uses"][what]["routes"].as_object().ok_or("no routes")?;
        assert!(routes.values().filter_map(|count| count.as_u64()).sum::<u64>() >= 256, "{report:#}");
    }
    assert!(report["limits"]["RLIMIT_NOFILE"].is_number());
    assert!(is_empty(dir.path())?);

    let output = uaio().arg("doctor").arg(dir.path()).output()?;
    let text = stdout(&output);
    assert!(text.contains("RWF_NOWAIT") && text.contains("direct-read"), "{text}");
    Ok(())
}

#[test]
fn doctor_tells_a_seccomp_filter_and_the_library_does_without() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let refuse = dir.path().join("refuse");
    let gcc = Command::new("gcc").arg(root.join("benches/refuse.c")).arg("-o").arg(&refuse).status()?;
    assert!(gcc.success());
    for (what, native_too) in [("uring", false), ("both", true)] {
        let (status, report) = doctor(Some((&refuse, what)), dir.path())?;
        assert_eq!((status, &report["status"]), (1, &"reduced".into()), "{report:#}");
        assert_eq!(report["io_uring"]["state"], "refused");
        assert_eq!((&report["io_uring"]["errno"], &report["io_uring"]["error"]), (&1.into(), &"EPERM".into()));
        assert_eq!(report["streams"], "poll");
        if native_too {
            assert_eq!(report["native_aio"]["error"], "EAGAIN");
            assert_eq!(report["native_aio"]["works"], false);
        }
        for used in ["read", "write", "direct-read", "direct-write"] {
            assert_eq!(taken(&report, used, "ring"), 0, "{report:#}");
            assert!(!native_too || taken(&report, used, "native") == 0, "{report:#}");
        }
    }
    Ok(())
}

#[test]
fn doctor_says_when_nothing_works() -> Tested {
    let dir = tempfile::tempdir()?;
    let (status, report) = doctor(None, &dir.path().join("nowhere"))?;
    assert_eq!((status, &report["status"]), (2, &"broken".into()));
    let output = uaio().env("UAIO_LIBRARY", "/no/libuaio.so").arg("doctor").arg(dir.path()).output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("broken: UAIO_LIBRARY names /no/libuaio.so"), "{}", stdout(&output));
    Ok(())
}

#[test]
fn bench_takes_the_source_tree_or_says_that_there_is_none() -> Tested {
    let dir = tempfile::tempdir()?;
    let lonely = dir.path().join("bin/uaio");
    fs::create_dir_all(dir.path().join("bin"))?;
    fs::copy(UAIO, &lonely)?;
    let library = library_of_this_build()?;
    let bench = |arguments: &[&str]| {
        let mut command = Command::new(&lonely);
        command.env("UAIO_LIBRARY", &library).current_dir(dir.path()).arg("bench").args(arguments).output()
    };
    let output = bench(&["--size", "8M", "--ops", "100", "--rounds", "1"])?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("no benches/run in "), "{}", stderr(&output));
    assert!(stdout(&output).contains("Differences: 0."), "{}", stdout(&output));

    fs::create_dir_all(dir.path().join("benches"))?;
    let script = dir.path().join("benches/run");
    fs::write(&script, "#!/bin/sh\necho \"measured $*\"\nexit 3\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let output = bench(&["--rows", "1,5"])?;
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "measured --rows 1,5\n"));
    Ok(())
}

#[test]
fn completions_are_scripts_that_know_every_command() -> Tested {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = uaio().args(["completions", shell]).output()?;
        assert_eq!(output.status.code(), Some(0));
        for command in ["run", "demo", "doctor", "scan", "bench", "completions"] {
            assert!(stdout(&output).contains(command), "{shell}: {command}");
        }
    }
    let check = "eval \"$(\"$0\" completions bash)\" && complete -p uaio";
    let output = Command::new("bash").args(["-c", check, UAIO]).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    Ok(())
}

/// One real client under the library: 256 reads of 4 KiB of a file, one at a time.
fn reads(stats: &str, engine: &str) -> Result<Output, Box<dyn std::error::Error>> {
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR"))?;
    std::io::Write::write_all(&mut file, &vec![1; 256 * 4096])?;
    let mut command = uaio();
    command.args(["run", stats, "--engine", engine, "--", UAIO, "doctor-client", "read"]);
    Ok(command.stdin(Stdio::from(file)).output()?)
}

#[test]
fn statistics_as_json_agree_with_what_the_program_did() -> Tested {
    let dir = tempfile::tempdir()?;
    for engine in ["auto", "uring", "native", "threads"] {
        let output = reads(&format!("--stats={}/%p.json", dir.path().display()), engine)?;
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{engine}");
        let files: Vec<_> = fs::read_dir(dir.path())?.collect::<Result<_, _>>()?;
        let [file] = &files[..] else { return Err(format!("{files:?}").into()) };
        let report: serde_json::Value = serde_json::from_slice(&fs::read(file.path())?)?;
        assert_eq!(file.file_name().to_string_lossy(), format!("{}.json", report["pid"]));
        assert_eq!(report["engine"], engine);
        let requests = report["requests"].as_array().ok_or("no requests")?;
        let sum = |key: &str| requests.iter().filter_map(|cell| cell[key].as_u64()).sum::<u64>();
        assert_eq!((sum("count"), sum("bytes"), sum("errors")), (256, 256 * 4096, 0), "{report:#}");
        for cell in requests {
            assert_eq!(cell["operation"], "read");
            assert_eq!(report["routes"][cell["route"].as_str().ok_or("no name")?], cell["count"]);
            let latency =
                ["p50", "p90", "p99", "p99.9", "max"].map(|key| cell["latency_ns"][key].as_u64().unwrap_or(0));
            assert!(latency[0] > 0 && latency.is_sorted(), "{report:#}");
        }
        assert_eq!((&report["cancelled"], &report["refused"]), (&0.into(), &0.into()));
        fs::remove_file(file.path())?;
    }
    Ok(())
}

#[test]
fn statistics_for_people_are_a_table_on_stderr() -> Tested {
    let output = reads("--stats", "threads")?;
    let text = stderr(&output);
    let row = |line: &str| line.split_whitespace().take(4).eq(["worker", "read", "256", "1048576"]);
    assert!(text.starts_with("uaio: statistics of process ") && text.lines().any(row), "{text}");
    Ok(())
}

fn demo(dir: &Path, arguments: &[&str]) -> Result<Output, std::io::Error> {
    let small = ["demo", "--size", "8M", "--depth", "8", "--dir"];
    uaio().args(small).arg(dir).args(arguments).output()
}

fn is_empty(dir: &Path) -> std::io::Result<bool> {
    Ok(fs::read_dir(dir)?.next().is_none())
}

#[test]
fn demo_compares_and_verifies() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let output = demo(dir.path(), &["--seconds", "1"])?;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    for library in ["glibc", "uaio"] {
        let row = |line: &str| line.split_whitespace().take(2).eq(["buffered", library]);
        assert!(table.lines().any(row), "{table}");
    }
    assert!(table.contains("Differences: 0."), "{table}");
    assert!(stderr(&output).contains("buffered, uaio (5/5): "), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn demo_makes_exactly_the_requests_asked_for_on_every_engine() -> Tested {
    for engine in ["auto", "uring", "native", "threads"] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let output = demo(dir.path(), &["--ops", "2001", "--rounds", "2", "--json", "--engine", engine])?;
        assert_eq!(output.status.code(), Some(0), "{engine}: {}", stderr(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(report["differences"], 0);
        let lines = report["lines"].as_array().ok_or("no lines")?;
        assert!(lines.len() >= 2);
        for line in lines {
            assert_eq!(line["operations"], 2001);
            assert_eq!(line["blocks_verified"], 2 * 2048);
            // One seed, one sequence, whatever the library.
            assert_eq!(line["reads"], lines[0]["reads"]);
            let routes = line["routes"].as_object().ok_or("no routes")?;
            let routed: u64 = routes.values().filter_map(|count| count.as_u64()).sum();
            assert_eq!(routed >= 2001, line["library"] == "uaio", "{line}");
        }
    }
    Ok(())
}

#[test]
fn demo_finds_one_flipped_bit() -> Tested {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let output = demo(dir.path(), &["--seconds", "0.3", "--rounds", "1", "--corrupt"])?;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("WRONG: block 1024 of the file"), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn demo_tells_what_it_cannot_set_up() -> Tested {
    let dir = tempfile::tempdir()?;
    for (arguments, why) in [
        (vec!["--block", "1000"], "--block must be a multiple of 512"),
        (vec!["--block", "4M"], "--size must have room"),
        (vec!["--seconds", "0"], "--seconds"),
        (vec!["--engine", "magic"], "--engine"),
        (vec!["--size", "many"], "--size"),
    ] {
        let output = demo(dir.path(), &arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(why), "{arguments:?}: {}", stderr(&output));
    }
    let output = demo(&dir.path().join("nowhere"), &[])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nowhere"), "{}", stderr(&output));
    assert!(is_empty(dir.path())?);
    Ok(())
}

#[test]
fn an_interrupted_demo_leaves_nothing() -> Tested {
    for signal in ["-INT", "-TERM"] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut child = uaio()
            .args(["demo", "--size", "8M", "--seconds", "600", "--dir"])
            .arg(dir.path())
            .stderr(Stdio::piped())
            .spawn()?;
        // Its progress says when the client is at work.
        let progress = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let mut lines = progress.lines();
        let at_work = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("per second")));
        assert!(at_work.is_some());
        assert!(!is_empty(dir.path())?);
        let pid = child.id().to_string();
        // The shell's: a small system has no program of that name.
        assert!(Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", signal, &pid]).status()?.success());
        let status = child.wait()?;
        assert_eq!(status.code(), None, "killed by the signal itself");
        assert!(is_empty(dir.path())?);
    }
    Ok(())
}
