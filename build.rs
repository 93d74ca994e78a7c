//! Gives the shared library its linker flags and its unwinder, and generates the C header.
//!
//! The header goes to `OUT_DIR/uaio.h`; `tests/header.rs` compares the committed `include/uaio.h`
//! with it (the path reaches the test as `UAIO_GENERATED_HEADER`) and says how to update it.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls that are our own, one file per dialect. POSIX declares the rest: `aio_*` in `<aio.h>`,
/// the interposed descriptor calls in `<unistd.h>`. A file that does not exist yet is skipped.
const HEADER_SOURCES: [&str; 2] = ["src/abi/uaio.rs", "src/abi/solaris.rs"];

/// How `src/abi` marks an exported function. In unit tests, which compile the library into a
/// program, the name must not replace glibc's.
const EXPORTED: &str = "cfg_attr(not(test), unsafe(no_mangle))";

/// Linker flags of the `cdylib`, each with its reason. All are known to GNU ld and to lld (which
/// rustc uses from 1.90 on, on x86_64); `tests/symbols.rs` looks for their effects.
///
/// The library is preloaded into everything, so what matters is the time `true` takes. Measured by
/// turns (glibc 2.36, lld, `true` alone 629 µs, the least that any library costs +12 µs; docs/speed.md):
///
/// * `relro` costs 6 µs: one more segment to map and an `mprotect`. So `norelro`, at the price of a
///   writable table of addresses.
/// * Lazy binding saves nothing: Rust calls through addresses that are filled in at load in any
///   case. rustc's `-z now` therefore stays, and no signal handler, small stack or vfork child of a
///   program ever meets the dynamic linker's resolver in our calls.
/// * Debugging information is not mapped: stripping changes nothing.
/// * libgcc_s costs 110 µs. So it is loaded when it is first wanted: see `src/sys/unwinder.c`.
const CDYLIB_LINK_ARGS: [&str; 6] = [
    // The name programs record when they are linked with -luaio; the number is the ABI's.
    "-Wl,-soname,libuaio.so.1",
    // Threads, signal handlers and a fork handler may be inside at any instant: never unload.
    "-Wl,-z,nodelete",
    "-Wl,-z,norelro",
    // What calls an export of ours from inside (the `64` twins; std's `close`) means this library's,
    // never the wrapper of another preload; and there is nothing to look up at load.
    "-Wl,-Bsymbolic-functions",
    // Not gcc's start files: functions that do nothing would run at load and exit, each on a page of its own, and four
    // names be looked up. What is of use in them is in `src/sys/start.c`.
    "-nostartfiles",
    // Code and what is only read in one segment: one mapping less to make, to fault in and to take down.
    "-Wl,-z,noseparate-code",
];

/// More of them, which GNU ld refuses before 2.44 or does not know.
const LLD_LINK_ARGS: [&str; 2] = [
    // How lld calls `noseparate-code`.
    "-Wl,--no-rosegment",
    // The writable segment begins with a page: so it lies in as few as can be, each of which is copied at load.
    "-Wl,-z,separate-loadable-segments",
];

/// The unwinder, and what remains of gcc's start files: a static library that
/// `src/sys/unwinder.rs` names.
const C_FILES: [&str; 2] = ["src/sys/unwinder.c", "src/sys/start.c"];

fn main() -> Result<(), Box<dyn Error>> {
    for arg in CDYLIB_LINK_ARGS {
        println!("cargo::rustc-cdylib-link-arg={arg}");
    }
    if linker_takes(&LLD_LINK_ARGS)? {
        for arg in LLD_LINK_ARGS {
            println!("cargo::rustc-cdylib-link-arg={arg}");
        }
    }
    cc::Build::new()
        .files(C_FILES)
        .opt_level(2)
        .flag("-fexceptions")
        // Calls through the same table as Rust's, or there would be two with entries for the same function.
        .flag("-fno-plt")
        .warnings_into_errors(true)
        .cargo_metadata(false)
        .try_compile("uaio_c")?;
    println!("cargo::rustc-link-search=native={}", env::var("OUT_DIR")?);
    // For dlopen, before glibc 2.34.
    println!("cargo::rustc-cdylib-link-arg=-ldl");
    for path in ["build.rs", "cbindgen.toml", "src/abi"].iter().chain(&C_FILES) {
        println!("cargo::rerun-if-changed={path}");
    }

    let crate_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let header = PathBuf::from(env::var("OUT_DIR")?).join("uaio.h");
    match generate(&crate_dir, &header) {
        Ok(()) => println!("cargo::rustc-env=UAIO_GENERATED_HEADER={}", header.display()),
        // Cargo ends the build with this message; an `Err` from here would hide it among others.
        Err(error) => {
            let message = error.to_string().replace('\n', " ");
            println!("cargo::error=cannot generate uaio.h from {HEADER_SOURCES:?}: {message}");
        }
    }
    Ok(())
}

/// Whether the linker that rustc is going to call takes `args`: rustc chooses it by version, target and flags, so this
/// links a library with nothing in it. Where even that fails, they are left out.
fn linker_takes(args: &[&str]) -> Result<bool, Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let source = out.join("linker.rs");
    std::fs::write(&source, "")?;
    let mut rustc = Command::new(env::var("RUSTC")?);
    rustc.args(["--crate-type=cdylib", "--target", &env::var("TARGET")?, "-o"]).arg(out.join("linker.so")).arg(source);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS")?;
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(args.iter().map(|arg| format!("-Clink-arg={arg}")));
    Ok(rustc.output()?.status.success())
}

/// Writes the C header of [`HEADER_SOURCES`] to `header`.
fn generate(crate_dir: &Path, header: &Path) -> Result<(), Box<dyn Error>> {
    let config = cbindgen::Config::from_file(crate_dir.join("cbindgen.toml"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in HEADER_SOURCES.map(|source| crate_dir.join(source)) {
        if let (true, Some(name)) = (source.exists(), source.file_name()) {
            // cbindgen does not look into `cfg_attr`, so it gets a copy with the attribute in the open.
            let text = std::fs::read_to_string(&source)?.replace(EXPORTED, "unsafe(no_mangle)");
            // What Rust calls safety is to a reader of C what the memory must be.
            let text = text.replace("/// # Safety\n///", "/// Memory:");
            let copy = header.with_file_name(name);
            std::fs::write(&copy, text)?;
            builder = builder.with_src(copy);
        }
    }
    let bindings = builder.generate()?;
    // `write_to_file` panics where the file cannot be created.
    let mut text = Vec::new();
    bindings.write(&mut text);
    std::fs::write(header, text)?;
    Ok(())
}
