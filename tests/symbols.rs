//! What the dynamic linker sees of `libuaio.so`: its exports, its needs, what runs when it is
//! loaded, its size; and that no program of ours links it, which would replace glibc's functions in there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod built;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use built::library;

/// Each of these exists with the suffix 64, too.
const POSIX: [&str; 8] =
    ["aio_read", "aio_write", "aio_fsync", "aio_error", "aio_return", "aio_cancel", "aio_suspend", "lio_listio"];
const GLIBC: [&str; 1] = ["aio_init"];
const INTERPOSED: [&str; 20] = [
    "close",
    "dup2",
    "dup3",
    "close_range",
    "closefrom",
    "fclose",
    "fcntl",
    "fcntl64",
    "setrlimit",
    "setrlimit64",
    "prlimit",
    "prlimit64",
    "sigaction",
    "signal",
    "bsd_signal",
    "ssignal",
    "sysv_signal",
    "__sysv_signal",
    "sigset",
    "siginterrupt",
];
/// So do all of these but the last two.
const SOLARIS: [&str; 5] = ["aioread", "aiowrite", "aio_waitn", "aiocancel", "aiowait"];
const OWN: [&str; 2] = ["uaio_version", "uaio_stats"];

/// Libraries that may be needed, and why each is.
const NEEDED: [(&str, &str); 2] = [
    ("libc.so.6", "system calls, pthreads, memcpy"),
    ("ld-linux", "__tls_get_addr: a shared library's thread-locals; every process has it loaded"),
];

/// Functions that may run at load, and who puts them there. None is ours.
const RUN_AT_LOAD: [(&str, &str); 1] = [("ARGV_INIT_ARRAY", "Rust's std: stores argc and argv, three instructions")];

/// Functions that may run at exit.
const RUN_AT_EXIT: [(&str, &str); 1] =
    [("at_exit", "src/abi/exit.rs: finishes accepted writes; a constructor to register it would run in every program")];

/// Bytes mapped at load. Std alone is 350 KB optimised; beyond this something unwanted came in.
const MAPPED_MAX_BYTES: u64 = if cfg!(debug_assertions) { 4 << 20 } else { 1 << 20 };

/// Bytes of the file, debugging information included (line tables, mostly std's, in a release).
const FILE_MAX_BYTES: u64 = if cfg!(debug_assertions) { 32 << 20 } else { 8 << 20 };

#[test]
fn exports_are_exactly_the_documented_names() {
    let exported: BTreeSet<String> = exports(&library()).into_iter().map(|symbol| symbol.name).collect();
    let expected = expected_names();
    let missing: Vec<_> = expected.difference(&exported).collect();
    let surplus: Vec<_> = exported.difference(&expected).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "not exported: {missing:?}\nexported without being documented: {surplus:?}"
    );
}

#[test]
fn exports_are_plain_functions_without_a_version() {
    for symbol in exports(&library()) {
        // A symbol without a version answers references to any version.
        assert_eq!(symbol.version, "", "{} has a version: programs that ask for another miss it", symbol.name);
        assert_eq!(symbol.kind, "FUNC", "{} is not a function", symbol.name);
        assert_eq!(symbol.visibility, "DEFAULT", "{} cannot be interposed", symbol.name);
        assert_eq!(symbol.binding, "GLOBAL", "{} is not a plain global symbol", symbol.name);
    }
}

#[test]
fn soname_is_that_of_the_first_abi() {
    let dynamic = dynamic_section(&library());
    assert_eq!(dynamic.get("SONAME").map(Vec::as_slice), Some(["libuaio.so.1".to_owned()].as_slice()));
}

#[test]
fn library_is_never_unloaded() {
    assert!(flags(&library()).contains("NODELETE"), "linked without -z nodelete: dlclose would unmap running code");
}

#[test]
fn addresses_are_bound_at_load() {
    // Else a signal handler's first call of ours could run the dynamic linker's resolver.
    assert!(flags(&library()).contains("NOW"));
    assert!(!readelf(&library(), &["-l"]).contains("GNU_RELRO"), "relro costs a segment and a system call at load");
}

#[test]
fn code_is_shared_not_relocated() {
    let dynamic = dynamic_section(&library());
    assert!(!dynamic.contains_key("TEXTREL"), "text relocations: every process would copy the code");
    for line in readelf(&library(), &["-l"]).lines().filter(|line| line.trim_start().starts_with("LOAD")) {
        assert!(!line.contains("RWE"), "a segment is writable and executable: {line}");
    }
}

#[test]
fn two_segments_are_mapped() {
    let headers = readelf(&library(), &["-l"]);
    let segments = headers.lines().filter(|line| line.trim_start().starts_with("LOAD")).count();
    assert_eq!(segments, 2, "each segment more costs a system call and a page fault at load: {headers}");
}

#[test]
fn needs_no_other_library_than_listed() {
    for library in &dynamic_section(&library())["NEEDED"] {
        assert!(
            NEEDED.iter().any(|(name, _)| library == name || (*name == "ld-linux" && library.starts_with("ld-"))),
            "needs {library}, which every program would have to load; allowed: {NEEDED:#?}"
        );
    }
}

#[test]
fn nothing_of_ours_runs_at_load() {
    let library = library();
    let dynamic = dynamic_section(&library);
    for tag in ["INIT", "FINI", "PREINIT_ARRAY", "RPATH", "RUNPATH", "AUXILIARY", "FILTER"] {
        assert!(!dynamic.contains_key(tag), "DT_{tag} is set: {:?}", dynamic[tag]);
    }
    assert_runs_only(&library, "INIT_ARRAY", &RUN_AT_LOAD);
}

#[test]
fn one_function_of_ours_runs_at_exit() {
    assert_runs_only(&library(), "FINI_ARRAY", &RUN_AT_EXIT);
}

#[test]
fn calls_of_own_exports_stay_inside() {
    let expected = expected_names();
    for line in readelf(&library(), &["-r"]).lines() {
        let name = line.split_whitespace().nth(4).unwrap_or_default();
        // That tests/tidy.rs bans such calls from our own code is another matter: the `64` twins forward.
        assert!(
            !expected.contains(name),
            "{name} is looked up at load, and a wrapper in another preload would be called from inside: {line}"
        );
    }
}

#[test]
fn size_is_bounded() {
    let library = library();
    let mapped: u64 = readelf(&library, &["-l"])
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.first() == Some(&"LOAD"))
        .map(|fields| hexadecimal(fields[5]))
        .sum();
    assert!(mapped > 0 && mapped <= MAPPED_MAX_BYTES, "{mapped} bytes are mapped, at most {MAPPED_MAX_BYTES} wanted");
    let file = fs::metadata(&library).unwrap().len();
    assert!(file <= FILE_MAX_BYTES, "the file has {file} bytes, at most {FILE_MAX_BYTES} wanted");
}

#[test]
fn launcher_does_not_link_the_library() {
    assert_links_nothing_of_ours(Path::new(env!("CARGO_BIN_EXE_uaio")));
}

#[test]
fn test_executables_do_not_link_the_library() {
    let executables = test_executables();
    let own = std::env::current_exe().unwrap();
    assert!(executables.contains(&own), "{own:?} is not among {executables:?}");
    for executable in executables {
        assert_links_nothing_of_ours(&executable);
    }
}

#[test]
fn symbol_tables_are_read_right() {
    let table = "\
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND
     7: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND read@GLIBC_2.2.5 (4)
    88: 0000000000015f30    22 FUNC    GLOBAL DEFAULT   12 close
    89: 0000000000015f40    22 OBJECT  WEAK   HIDDEN    12 dup2@@UAIO_1
    90: 0000000000015f40    22 FUNC    LOCAL  DEFAULT   12 local";
    let found: Vec<Symbol> = defined_symbols(table);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].name.as_str(), found[0].version.as_str(), found[0].address), ("close", "", 0x15f30));
    assert_eq!((found[1].name.as_str(), found[1].version.as_str()), ("dup2", "UAIO_1"));
    assert_eq!((found[1].kind.as_str(), found[1].visibility.as_str()), ("OBJECT", "HIDDEN"));
}

#[derive(Debug)]
struct Symbol {
    name: String,
    version: String,
    address: u64,
    kind: String,
    binding: String,
    visibility: String,
}

fn expected_names() -> BTreeSet<String> {
    let (twinned, single) = SOLARIS.split_at(SOLARIS.len() - 2);
    let twins = POSIX.iter().chain(twinned).flat_map(|name| [(*name).to_owned(), format!("{name}64")]);
    twins.chain([&GLIBC[..], &INTERPOSED, single, &OWN].concat().iter().map(|name| (*name).to_owned())).collect()
}

fn directory_of_tests() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// The executables that cargo made of `tests/*.rs` and of the unit tests, as far as they are newer
/// than the sources: what an earlier build left behind says nothing.
fn test_executables() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stems = BTreeSet::from(["uaio".to_owned()]);
    for entry in fs::read_dir(root.join("tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            stems.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    let newest_source = newest(&root.join("src")).max(newest(&root.join("tests")));
    let own = std::env::current_exe().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory_of_tests()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap_or_default().to_owned();
        let Some((stem, hash)) = name.rsplit_once('-') else {
            continue;
        };
        let Ok(metadata) = path.metadata() else {
            continue;
        };
        let is_program = metadata.is_file()
            && metadata.permissions().mode() & 0o111 != 0
            && hash.len() == 16
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_current = path == own || metadata.modified().unwrap() >= newest_source;
        if is_program && is_current && stems.contains(stem) {
            found.push(path);
        }
    }
    found
}

fn newest(directory: &Path) -> SystemTime {
    let mut latest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let time = if path.is_dir() { newest(&path) } else { path.metadata().unwrap().modified().unwrap() };
        latest = latest.max(time);
    }
    latest
}

fn assert_links_nothing_of_ours(program: &Path) {
    let expected = expected_names();
    for symbol in defined_symbols(&readelf(program, &["--syms", "--dyn-syms"])) {
        assert!(
            !expected.contains(&symbol.name),
            "{} defines {}: it links the library, so its own calls no longer reach glibc.\n\
             (If it is the library's unit tests: export names only under cfg_attr(not(test), …).)",
            program.display(),
            symbol.name
        );
    }
    let needed = dynamic_section(program).remove("NEEDED").unwrap_or_default();
    assert!(!needed.iter().any(|name| name.contains("uaio")), "{} needs {needed:?}", program.display());
}

fn exports(library: &Path) -> Vec<Symbol> {
    defined_symbols(&readelf(library, &["--dyn-syms"]))
}

/// The symbols in readelf's tables that other objects can see.
fn defined_symbols(tables: &str) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for line in tables.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[number, address, _size, kind, binding, visibility, section, name, ..] = fields.as_slice() else {
            continue;
        };
        if !number.ends_with(':') || section == "UND" || section == "Ndx" || binding == "LOCAL" {
            continue;
        }
        let (name, version) = name.split_once('@').unwrap_or((name, ""));
        symbols.push(Symbol {
            name: name.to_owned(),
            version: version.trim_start_matches('@').to_owned(),
            address: hexadecimal(address),
            kind: kind.to_owned(),
            binding: binding.to_owned(),
            visibility: visibility.to_owned(),
        });
    }
    symbols
}

/// Tag → values, for example `SONAME` → `libuaio.so.1`.
fn dynamic_section(object: &Path) -> BTreeMap<String, Vec<String>> {
    let mut section: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in readelf(object, &["-d"]).lines() {
        let Some((tag, rest)) = line.split_once('(').and_then(|(_, rest)| rest.split_once(')')) else {
            continue;
        };
        let bracketed = rest.split_once('[').and_then(|(_, name)| name.split_once(']')).map(|(name, _)| name);
        let value = bracketed.unwrap_or(rest).trim().to_owned();
        section.entry(tag.to_owned()).or_default().push(value);
    }
    section
}

fn flags(object: &Path) -> String {
    let dynamic = dynamic_section(object);
    dynamic.get("FLAGS_1").map(|values| values.join(" ")).unwrap_or_default()
}

fn assert_runs_only(library: &Path, array: &str, allowed: &[(&str, &str)]) {
    let functions = functions_of(library, array);
    assert!(functions.len() <= allowed.len(), "{functions:?} run in every program; allowed: {allowed:#?}");
    for function in functions {
        // In a stripped library there are only addresses.
        assert!(
            function.starts_with("0x") || allowed.iter().any(|(name, _)| function.contains(name)),
            "{function} in DT_{array} runs in every program; allowed: {allowed:#?}"
        );
    }
}

/// Names of the functions in `INIT_ARRAY` or `FINI_ARRAY`; their addresses in a stripped library.
fn functions_of(library: &Path, array: &str) -> Vec<String> {
    let dynamic = dynamic_section(library);
    let Some(start) = dynamic.get(array).map(|values| hexadecimal(&values[0])) else { return Vec::new() };
    let size: u64 = dynamic[&format!("{array}SZ")][0].split_whitespace().next().unwrap().parse().unwrap();
    let symbols = readelf(library, &["--syms"]);
    let mut functions = Vec::new();
    for line in readelf(library, &["-r"]).lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[at, _info, kind, function] = fields.as_slice() else {
            continue;
        };
        if kind.ends_with("_RELATIVE") && (start..start + size).contains(&hexadecimal(at)) {
            let address = hexadecimal(function);
            let name = symbols.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|fields| {
                (fields.len() >= 8 && fields[3] == "FUNC" && hexadecimal(fields[1]) == address)
                    .then(|| fields[7].to_owned())
            });
            functions.push(name.unwrap_or_else(|| format!("{address:#x}")));
        }
    }
    assert_eq!(functions.len() as u64, size / 8, "a function in DT_{array} has no relocation: {functions:?}");
    functions
}

fn hexadecimal(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Binutils come with gcc, which the tests need anyway.
fn readelf(object: &Path, options: &[&str]) -> String {
    let output = Command::new("readelf")
        .env("LC_ALL", "C")
        .arg("--wide")
        .args(options)
        .arg(object)
        .output()
        .expect("readelf, a part of binutils, cannot be started");
    assert!(output.status.success(), "readelf {options:?} {object:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("readelf writes ASCII under LC_ALL=C")
}
