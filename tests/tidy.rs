//! The house rules that a program can check. Each rule is a function from a source text to what it
//! finds; the tests below run it over the tree, and once over a snippet that breaks it.
//!
//! A finding is `file:line: what is wrong; what to do instead`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "tidy/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use source::{
    Token, child_file, closing_brace, full_paths, head_comments, is_name, paths_from_the_root, test_modules, tokenize,
    without_tests,
};

/// The rooms of the library, each with what it may name besides itself: only what is to its right.
const ROOMS: [&str; 6] = ["abi", "frontend", "engine", "backend", "request", "sys"];

/// The only files with `unsafe` in them; a folder stands for its files. `src/bin/uaio/os.rs` is the
/// launcher's.
const UNSAFE_FILES: [&str; 7] = [
    "src/abi/",
    "src/frontend/cmem.rs",
    "src/frontend/cmem/",
    "src/backend/native.rs",
    "src/backend/uring.rs",
    "src/sys/",
    "src/bin/uaio/os.rs",
];

/// Paths that the library (not the launcher, not its own unit tests) does not use, and the
/// replacement. `*` at the end: any name that begins so. A path is found through `use`, too.
const BANNED: [(&str, &str); 35] = [
    ("std::thread::spawn", "sys::thread: named, small stack, all signals blocked"),
    ("std::thread::Builder", "sys::thread: named, small stack, all signals blocked"),
    ("std::thread::scope", "sys::thread: named, small stack, all signals blocked"),
    ("std::thread::sleep", "wait for the event itself, with a deadline (sys::futex)"),
    ("std::thread::park*", "sys::futex"),
    ("std::sync::Mutex", "sys::lock: held only while signals are blocked"),
    ("std::sync::RwLock", "sys::lock: held only while signals are blocked"),
    ("std::sync::Condvar", "sys::futex"),
    ("std::sync::Barrier", "sys::futex"),
    ("std::sync::mpsc", "a list under a lock of sys::lock"),
    ("parking_lot", "sys::lock: its global table is neither fork-safe nor signal-safe"),
    ("std::time::SystemTime", "sys::clock: the program's clock may be set"),
    ("std::time::Instant", "sys::clock"),
    ("std::process::*", "an error number: the process is the program's"),
    ("std::fs", "sys::call: std closes through `close`, which we export"),
    ("std::net", "sys::call: std closes through `close`, which we export"),
    ("std::os::fd::OwnedFd", "sys::call: dropping it calls `close`, which we export"),
    ("std::io::stdout", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("std::io::stderr", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("std::hint::unreachable_unchecked", "a state that the types rule out, or an error number"),
    ("libc::malloc", "the allocator of the crate: the program's heap stays as it is"),
    ("libc::calloc", "the allocator of the crate: the program's heap stays as it is"),
    ("libc::realloc", "the allocator of the crate: the program's heap stays as it is"),
    ("libc::free", "the allocator of the crate: the program's heap stays as it is"),
    ("libc::aio_*", "raw system calls: these names are our own exports (structures: libc::aiocb)"),
    ("libc::lio_listio*", "raw system calls: this name is our own export"),
    ("libc::close*", "sys::call: this name is our own export"),
    ("libc::dup2", "sys::call: this name is our own export"),
    ("libc::dup3", "sys::call: this name is our own export"),
    ("libc::exit", "an error number: the process is the program's"),
    ("libc::_exit", "an error number: the process is the program's"),
    ("libc::abort", "an error number: the process is the program's"),
    ("libc::sleep", "wait for the event itself, with a deadline (sys::futex)"),
    ("libc::usleep", "wait for the event itself, with a deadline (sys::futex)"),
    ("libc::nanosleep", "wait for the event itself, with a deadline (sys::futex)"),
];

const BANNED_MACROS: [(&str, &str); 7] = [
    ("print", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("println", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("eprint", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("eprintln", "sys (UAIO_LOG): the descriptors 1 and 2 are the program's"),
    ("dbg", "nothing: it is a debugging aid"),
    ("todo", "the code"),
    ("unimplemented", "the code: nothing is a stub"),
];

/// Where one of `BANNED` or `BANNED_MACROS` is right, and why.
const BANNED_EXCEPT: [(&str, &str, &str); 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] =
    ["util", "utils", "helper", "helpers", "types", "common", "misc", "shared", "stuff", "lib_utils"];

const LINE_MAX_CHARACTERS: usize = 120;
const FILE_MAX_LINES: usize = 500;
const EXPORT_MAX_LINES: usize = 15;

/// Longer files, and why each is.
const LONG_FILES: [(&str, &str); 0] = [];

#[test]
fn arrows_between_rooms_never_run_backwards() {
    check(library_sources(), arrows);
}

#[test]
fn arrows_rule_can_fail() {
    let backend = "src/backend/uring.rs";
    assert_finds(arrows, backend, "//! A\nuse crate::engine::table;\n", ":2: backend may not use engine");
    assert_finds(arrows, backend, "use crate::{sys::call, frontend::{posix, cmem}};", "backend may not use frontend");
    assert_finds(arrows, backend, "fn f() {\n    crate::abi::guard::map();\n}", ":2: backend may not use abi");
    assert_finds(arrows, backend, "use super::super::engine;", "backend may not use engine");
    assert_finds(arrows, backend, "mod tests { use super::super::super::engine; }", "backend may not use engine");
    assert_finds(arrows, "src/backend/mod.rs", "use super::engine::wait;", "backend may not use engine");
    assert_finds(arrows, "src/sys/futex.rs", "use crate::request::Token;", "sys may not use request");
    assert_finds(arrows, "src/sys/futex.rs", "use crate::attic::X;", "`attic` is no room");
    assert_finds(arrows, "src/sys/futex.rs", "use crate::*;", "names the rooms one by one");
    assert_finds(arrows, "src/attic.rs", "", "`attic` is no room");

    assert_quiet(arrows, backend, "use crate::request::slab;\nuse crate::backend::Backend;\nuse crate::{sys::call};");
    assert_quiet(arrows, backend, "//! See `crate::engine`.\nuse super::Backend;\nlet s = \"crate::abi::x\";");
    assert_quiet(arrows, backend, "mod tests { use super::super::Backend; use super::*; }");
    assert_quiet(arrows, "src/backend/ring/mod.rs", "use super::super::backend;");
    assert_quiet(arrows, "src/lib.rs", "mod abi;\nuse crate::abi::posix;");
}

#[test]
fn launcher_tests_and_examples_do_not_link_the_library() {
    check(sources_under("src/bin"), names_library);
    check(sources_under("tests"), names_library);
    check(sources_under("examples"), names_library);
}

#[test]
fn library_naming_rule_can_fail() {
    assert_finds(names_library, "tests/a.rs", "use std::fs;\nuse uaio::engine;", ":2: ");
    assert_finds(names_library, "tests/a.rs", "extern crate uaio;", "replace glibc's");
    assert_finds(names_library, "tests/a.rs", "fn f() { ::uaio::engine::f() }", "replace glibc's");
    assert_quiet(names_library, "tests/a.rs", "let uaio = 1; f(uaio); // uaio::x\nlet a = \"uaio::x\";");
}

#[test]
fn names_are_exported_only_by_abi() {
    check(sources_under("src"), exports_outside_abi);
}

#[test]
fn export_rule_can_fail() {
    let text = "/// A\n#[unsafe(no_mangle)]\npub extern \"C\" fn f() {}";
    assert_finds(exports_outside_abi, "src/engine/mod.rs", text, ":2: no_mangle outside src/abi/");
    assert_finds(exports_outside_abi, "src/lib.rs", "#[cfg_attr(not(test), unsafe(no_mangle))]", "outside src/abi/");
    assert_finds(exports_outside_abi, "src/sys/x.rs", "#[unsafe(export_name = \"f\")]", "export_name outside");
    assert_quiet(exports_outside_abi, "src/abi/posix.rs", text);
    assert_quiet(exports_outside_abi, "src/sys/x.rs", "// no_mangle\nlet a = \"no_mangle\";");
}

#[test]
fn unsafe_code_is_allowed_only_where_listed_and_with_a_reason() {
    check(sources_under("src"), unsafe_allowances);
}

#[test]
fn unsafe_rule_can_fail() {
    let explained = "//! What this is.\n#![allow(unsafe_code)]\n// Unsafe here: raw calls.\nfn f() { unsafe { g() } }";
    let unexplained = "//! What this is.\n#![allow(unsafe_code)]\nfn f() { unsafe { g() } }";
    let late = "//! What this is.\nfn f() {}\n// unsafe: raw calls\n#[allow(unsafe_code)]\nunsafe fn g() {}";
    assert_finds(unsafe_allowances, "src/engine/table.rs", explained, ":2: unsafe code is not for this file");
    assert_finds(unsafe_allowances, "src/sys/call.rs", unexplained, ":3: the file has unsafe code");
    assert_finds(unsafe_allowances, "src/sys/call.rs", late, "does not say why");
    assert_finds(unsafe_allowances, "src/frontend/posix.rs", "#[expect(dead_code, unsafe_code)]", "not for this file");
    assert_finds(unsafe_allowances, "src/lib.rs", "#[allow(unsafe_code)]\nmod engine;", "not for this file");
    assert_finds(unsafe_allowances, "src/engine/mod.rs", "#[allow(unsafe_code)]\nmod tests {}", "not for this file");
    let ring = "//! The ring. Unsafe: mapped memory.\n#![allow(unsafe_code)]";
    assert_quiet(unsafe_allowances, "src/sys/call.rs", explained);
    assert_quiet(unsafe_allowances, "src/backend/uring.rs", ring);
    assert_quiet(unsafe_allowances, "src/engine/table.rs", "#![deny(unsafe_code)]\n// allow(unsafe_code)");
    assert_quiet(unsafe_allowances, "src/bin/uaio/main.rs", "mod demo;\n#[allow(unsafe_code)]\nmod os;");
    assert_quiet(unsafe_allowances, "src/lib.rs", "#[allow(unsafe_code)]\npub mod sys;");
}

#[test]
fn banned_calls_are_not_made() {
    let tests = test_only_files();
    check(library_sources().into_iter().filter(|(path, _)| !tests.contains(path)).collect(), banned);
}

#[test]
fn banned_rule_can_fail() {
    let file = "src/engine/mod.rs";
    assert_finds(banned, file, "fn f() {\n    std::thread::spawn(g);\n}", "src/engine/mod.rs:2: std::thread::spawn");
    assert_finds(banned, file, "use std::thread;\nfn f() { thread::sleep(d) }", ":2: std::thread::sleep");
    assert_finds(banned, file, "use std::{sync::{Arc, Mutex}, fmt};", "std::sync::Mutex; use sys::lock");
    assert_finds(banned, file, "use std::sync;\nstatic A: sync::Mutex<u8> = x;", ":2: std::sync::Mutex");
    assert_finds(banned, file, "use std::time as clock;\nlet a = clock::Instant::now();", ":2: std::time::Instant");
    assert_finds(banned, file, "use core::time::Duration;\nuse std::time::SystemTime;", ":2: std::time::SystemTime");
    assert_finds(banned, file, "use parking_lot::Mutex;", "parking_lot");
    assert_finds(banned, file, "fn f() { ::libc::aio_read(p) }", "libc::aio_*");
    assert_finds(banned, file, "use libc::{c_int, close};", "libc::close");
    assert_finds(banned, file, "use std::sync::*;", "std::sync::Mutex");
    assert_finds(banned, file, "std::process::exit(1)", "std::process");
    assert_finds(banned, file, "fn f() { println!(\"{}\", 1) }", "println!");
    assert_finds(banned, file, "dbg!(x)", "dbg!");
    assert_finds(banned, file, "#[cfg(test)]\nmod tests { fn f() { dbg!(1) } }\nfn g() { dbg!(2) }", ":3: ");
    assert_finds(banned, file, "#[cfg(not(test))]\nfn g() { dbg!(2) }", ":2: ");

    assert_quiet(banned, file, "use std::sync::{Arc, atomic::AtomicU32};\nuse std::time::Duration;");
    assert_quiet(banned, file, "// std::thread::spawn\nlet a = \"println!()\"; let b = r#\"\"dbg!()\"#;");
    assert_quiet(banned, file, "use libc::{aiocb, SYS_close};\nlet a = libc::EINVAL; thread::sleepy(); self.close()");
    assert_quiet(banned, file, "#[cfg(test)]\nmod tests {\n    use std::sync::Mutex;\n    fn f() { dbg!(1) }\n}");
    assert_quiet(banned, file, "#[cfg(test)]\nuse std::thread::spawn;\n#[cfg(all(test, x))]\nfn f() { dbg!(1) }");
}

#[test]
fn files_are_named_after_what_they_do() {
    check(sources_under("src"), empty_names);
}

#[test]
fn name_rule_can_fail() {
    assert_finds(empty_names, "src/engine/util.rs", "", "`util` says nothing");
    assert_finds(empty_names, "src/common/mod.rs", "", "`common` says nothing");
    assert_finds(empty_names, "src/engine/mod.rs", "\nmod helpers {}", ":2: `helpers` says nothing");
    assert_quiet(empty_names, "src/engine/table.rs", "mod tests {}");
}

#[test]
fn lines_fit_on_a_screen() {
    // Not the C programs: their first line is their description, as long as it takes.
    let files = [sources_under("src"), sources_under("tests"), sources_under("benches")];
    check(files.concat(), long_lines);
    check(vec![("build.rs".to_owned(), read("build.rs"))], long_lines);
}

#[test]
fn line_rule_can_fail() {
    let line = "é".repeat(LINE_MAX_CHARACTERS);
    assert_quiet(long_lines, "src/lib.rs", &line);
    assert_finds(long_lines, "src/lib.rs", &format!("\n{line}x"), ":2: 121 characters");
    assert_finds(long_lines, "src/lib.rs", "fn f() \n{}", ":1: ends with a space");
}

#[test]
fn files_are_short() {
    check(sources_under("src"), long_files);
}

#[test]
fn file_rule_can_fail() {
    assert_quiet(long_files, "src/lib.rs", &"\n".repeat(FILE_MAX_LINES));
    assert_finds(long_files, "src/lib.rs", &"\n".repeat(FILE_MAX_LINES + 1), "501 lines");
}

#[test]
fn exported_functions_are_short() {
    check(sources_under("src/abi"), long_exports);
}

#[test]
fn export_length_rule_can_fail() {
    let function =
        |lines: usize| format!("{}\npub extern \"C\" fn f() {{{}}}", "#[unsafe(no_mangle)]", "\n".repeat(lines - 1));
    assert_quiet(long_exports, "src/abi/posix.rs", &function(EXPORT_MAX_LINES));
    assert_finds(long_exports, "src/abi/posix.rs", &function(EXPORT_MAX_LINES + 1), ":2: f has 16 lines");
    let conditional = function(16).replace("unsafe(no_mangle)", "cfg_attr(not(test), unsafe(no_mangle))");
    assert_finds(long_exports, "src/abi/posix.rs", &conditional, "f has 16 lines");
    assert_quiet(long_exports, "src/abi/posix.rs", &function(16).replace("#[unsafe(no_mangle)]", ""));
}

#[test]
fn profiles_unwind() {
    check(vec![("Cargo.toml".to_owned(), read("Cargo.toml"))], profiles);
}

#[test]
fn profile_rule_can_fail() {
    let good = "[profile.dev]\npanic = \"unwind\"\n\n[profile.release]\nlto = true\npanic = \"unwind\" # why\n";
    assert_quiet(profiles, "Cargo.toml", good);
    assert_finds(
        profiles,
        "Cargo.toml",
        &good.replace("# why", "\n[profile.bench]\npanic = 'abort'"),
        "[profile.bench]",
    );
    assert_finds(profiles, "Cargo.toml", &good.replacen("unwind", "abort", 1), ":2: [profile.dev] must keep");
    assert_finds(profiles, "Cargo.toml", "[profile.dev]\npanic = \"unwind\"\n", "[profile.release] must say");
    assert_finds(profiles, "Cargo.toml", &good.replace("panic = \"unwind\" #", "#"), "[profile.release] must say");
}

#[test]
fn c_tests_begin_with_their_description() {
    // c-tests/torture is one program of several files.
    let is_test = |path: &str| path.ends_with(".c") && !path.starts_with("c-tests/torture/");
    check(sources_under("c-tests").into_iter().filter(|(path, _)| is_test(path)).collect(), description);
}

#[test]
fn description_rule_can_fail() {
    let file = "c-tests/posix/a.c";
    assert_quiet(description, file, "/* aio_read: at end of file the result is 0. */\n#include \"test.h\"\n");
    assert_finds(description, file, "#include \"test.h\"\n", "begins with");
    assert_finds(description, file, "/*\n * aio_read\n */\n", "begins with");
    assert_finds(description, file, "/* */\n", "begins with");
    assert_finds(description, file, "/* a */ int x; /* b */\n", "begins with");
}

#[test]
fn changelog_is_kept() {
    check(vec![("CHANGELOG.md".to_owned(), read("CHANGELOG.md"))], changelog);
}

#[test]
fn changelog_rule_can_fail() {
    let version = env!("CARGO_PKG_VERSION");
    assert_quiet(changelog, "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n### Added\n- All.\n");
    assert_quiet(changelog, "CHANGELOG.md", &format!("# Changelog\n## [{version}] - 2026-01-01\n- All.\n"));
    assert_finds(changelog, "CHANGELOG.md", "# Changelog\n\n## [0.0.1]\n- x\n", version);
    assert_finds(changelog, "CHANGELOG.md", "See [Unreleased].\n", version);
    assert_finds(changelog, "CHANGELOG.md", "", version);
}

#[test]
fn exceptions_are_still_needed() {
    for file in UNSAFE_FILES.iter().filter(|file| file.starts_with("src/bin/")) {
        assert!(root().join(file).exists(), "{file} is on a list here, but does not exist");
    }
    for (file, reason) in LONG_FILES {
        assert!(!reason.is_empty() && read(file).lines().count() > FILE_MAX_LINES, "{file} is no longer an exception");
    }
    for (file, path, reason) in BANNED_EXCEPT {
        assert!(!reason.is_empty() && root().join(file).exists(), "{file} ({path}) is no longer an exception");
    }
}

// ---- the rules ----

type Rule = fn(&str, &str) -> Vec<String>;

/// `crate::room` and `super::…::room` lead to the same room or to one further right.
fn arrows(path: &str, text: &str) -> Vec<String> {
    let Some(room) = room_of(path) else {
        return Vec::new();
    };
    let Some(here) = ROOMS.iter().position(|name| *name == room) else {
        return vec![format!("{path}:1: `{room}` is no room of the library: {ROOMS:?}")];
    };
    let tokens = tokenize(text);
    let mut findings = Vec::new();
    for (line, target) in paths_from_the_root(path, &tokens) {
        match ROOMS.iter().position(|name| *name == target) {
            _ if target == "*" => {
                findings.push(format!("{path}:{line}: `crate::*`: a file names the rooms one by one"))
            }
            None => findings.push(format!("{path}:{line}: `{target}` is no room of the library: {ROOMS:?}")),
            Some(there) if there < here => {
                findings.push(format!("{path}:{line}: {room} may not use {target}; the arrow: {}", ROOMS.join(" → ")));
            }
            Some(_) => {}
        }
    }
    findings
}

fn names_library(path: &str, text: &str) -> Vec<String> {
    let tokens = tokenize(text);
    let mut findings = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.text == "uaio") {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text.as_str());
        let after = tokens.get(at + 1).map_or("", |token| token.text.as_str());
        let is_crate = after == "::" && !(before(1) == "::" && is_name(before(2)));
        if is_crate || before(1) == "crate" || (before(1) == "use" && after != "=") {
            findings.push(format!(
                "{path}:{}: names the library's crate: linked in, its exports would replace glibc's; \
                 run the shared library instead",
                token.line
            ));
        }
    }
    findings
}

fn exports_outside_abi(path: &str, text: &str) -> Vec<String> {
    if path.starts_with("src/abi/") {
        return Vec::new();
    }
    let is_export = |token: &&Token| matches!(token.text.as_str(), "no_mangle" | "export_name");
    let message = |token: &Token| {
        let (line, name) = (token.line, &token.text);
        format!("{path}:{line}: {name} outside src/abi/; export it there and call this function")
    };
    tokenize(text).iter().filter(is_export).map(message).collect()
}

fn unsafe_allowances(path: &str, text: &str) -> Vec<String> {
    let tokens = tokenize(text);
    let mut findings = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.text == "unsafe_code") {
        let opening = tokens[..at].iter().rposition(|token| token.text == "#").unwrap_or(0);
        if !tokens[opening..at].iter().any(|token| matches!(token.text.as_str(), "allow" | "expect" | "warn")) {
            continue;
        }
        // On a module's declaration the attribute counts for the module's file.
        let following = tokens[at..].iter().map(|token| token.text.as_str());
        let item: Vec<&str> = following.take_while(|text| !matches!(*text, ";" | "{")).collect();
        let file = match item.as_slice() {
            [.., "mod", name] => child_file(path, name),
            _ => path.to_owned(),
        };
        let folder = format!("{}/", file.trim_end_matches(".rs"));
        let on_the_list = |known: &str| file == known || (known.ends_with('/') && file.starts_with(known));
        if !UNSAFE_FILES.iter().any(|known| on_the_list(known) || folder == *known) {
            findings.push(format!(
                "{path}:{}: unsafe code is not for this file; move it behind a safe function in {UNSAFE_FILES:?}",
                token.line
            ));
        }
    }
    let used = tokens.iter().find(|token| token.text == "unsafe");
    if let Some(token) = used.filter(|_| !head_comments(text).to_lowercase().contains("unsafe")) {
        findings.push(format!(
            "{path}:{}: the file has unsafe code and its head does not say why (a comment with the word \"unsafe\")",
            token.line
        ));
    }
    findings
}

fn banned(path: &str, text: &str) -> Vec<String> {
    let tokens = without_tests(tokenize(text));
    let mut findings = Vec::new();
    let excepted = |what: &str| BANNED_EXCEPT.iter().any(|(file, known, _)| *file == path && *known == what);
    for (line, name) in full_paths(&tokens) {
        for (ban, instead) in BANNED {
            let hit = match ban.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None if name.ends_with("::*") => ban.starts_with(name.trim_end_matches('*')),
                None => name == ban || name.strip_prefix(ban).is_some_and(|rest| rest.starts_with("::")),
            };
            if hit && !excepted(ban) {
                findings.push(format!("{path}:{line}: {ban}; use {instead}"));
            }
        }
    }
    for pair in tokens.windows(2).filter(|pair| pair[1].text == "!") {
        for (ban, instead) in BANNED_MACROS {
            if pair[0].text == ban && !excepted(ban) {
                findings.push(format!("{path}:{}: {ban}!; use {instead}", pair[0].line));
            }
        }
    }
    findings
}

fn empty_names(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for part in path.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            findings.push(format!("{path}:1: `{part}` says nothing; name the file after what it does"));
        }
    }
    for pair in tokenize(text).windows(2).filter(|pair| pair[0].text == "mod") {
        let (line, name) = (pair[1].line, pair[1].text.as_str());
        if EMPTY_NAMES.contains(&name) {
            findings.push(format!("{path}:{line}: `{name}` says nothing; name the module after what it does"));
        }
    }
    findings
}

fn long_lines(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let length = content.chars().count();
        if length > LINE_MAX_CHARACTERS {
            findings.push(format!("{path}:{line}: {length} characters, at most {LINE_MAX_CHARACTERS} are wanted"));
        }
        if content.ends_with([' ', '\t']) {
            findings.push(format!("{path}:{line}: ends with a space"));
        }
    }
    findings
}

fn long_files(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines <= FILE_MAX_LINES || LONG_FILES.iter().any(|(file, _)| *file == path) {
        return Vec::new();
    }
    vec![format!(
        "{path}:{lines}: {lines} lines, at most {FILE_MAX_LINES} are wanted; split it, or list it with a reason"
    )]
}

/// The function after each `no_mangle`, from its first line to its closing brace.
fn long_exports(path: &str, text: &str) -> Vec<String> {
    let tokens = tokenize(text);
    let mut findings = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.text == "no_mangle") {
        let Some(function) = (at..tokens.len()).find(|at| tokens[*at].text == "fn") else {
            continue;
        };
        let Some(opening) = (function..tokens.len()).find(|at| tokens[*at].text == "{") else {
            continue;
        };
        let lines = tokens[closing_brace(&tokens, opening)].line - tokens[function].line + 1;
        if lines > EXPORT_MAX_LINES {
            findings.push(format!(
                "{path}:{}: {} has {lines} lines, at most {EXPORT_MAX_LINES}: check, guard, one call, map",
                tokens[function].line,
                tokens[function + 1].text
            ));
        }
    }
    findings
}

/// `pthread_cancel` unwinds through our frames; with "abort" each one would end the program.
fn profiles(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut section = String::new();
    let mut said = Vec::new();
    for (line, content) in (1..).zip(text.lines().map(str::trim)) {
        if content.starts_with('[') {
            content.clone_into(&mut section);
        }
        let Some((key, value)) = content.split_once('=') else {
            continue;
        };
        if section.starts_with("[profile.") && key.trim() == "panic" {
            if value.trim().trim_matches(['"', '\'']).starts_with("unwind") {
                said.push(section.clone());
            } else {
                findings.push(format!("{path}:{line}: {section} must keep panic = \"unwind\": pthread_cancel unwinds"));
            }
        }
    }
    for wanted in ["[profile.dev]", "[profile.release]"] {
        if findings.is_empty() && !said.iter().any(|section| section == wanted) {
            findings.push(format!("{path}:1: {wanted} must say panic = \"unwind\": pthread_cancel unwinds through us"));
        }
    }
    findings
}

fn description(path: &str, text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let inner = first.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")).unwrap_or_default();
    if inner.trim().len() >= 10 && !inner.contains("*/") {
        return Vec::new();
    }
    vec![format!("{path}:1: a test begins with one line /* … */ that says what it shows")]
}

fn changelog(path: &str, text: &str) -> Vec<String> {
    let version = env!("CARGO_PKG_VERSION");
    let wanted = ["## [Unreleased]".to_owned(), format!("## [{version}]")];
    if text.lines().any(|line| wanted.iter().any(|heading| line.starts_with(heading))) {
        return Vec::new();
    }
    vec![format!("{path}:1: neither \"## [Unreleased]\" nor \"## [{version}]\", the version in Cargo.toml")]
}

// ---- the tree ----

/// (path below the package, content) of each source file.
type Sources = Vec<(String, String)>;

fn check(files: Sources, rule: Rule) {
    let findings: Vec<String> = files.iter().flat_map(|(path, text)| rule(path, text)).collect();
    assert!(findings.is_empty(), "{} found:\n\n{}\n", findings.len(), findings.join("\n"));
}

fn assert_finds(rule: Rule, path: &str, text: &str, expected: &str) {
    let findings = rule(path, text);
    let found = findings.iter().any(|finding| finding.contains(expected));
    assert!(found, "nothing with {expected:?} is found in {text:?}, only {findings:?}");
}

fn assert_quiet(rule: Rule, path: &str, text: &str) {
    let findings = rule(path, text);
    assert!(findings.is_empty(), "wrongly found in {text:?}: {findings:?}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The library's sources, without the launcher's.
fn library_sources() -> Sources {
    sources_under("src").into_iter().filter(|(path, _)| !path.starts_with("src/bin/")).collect()
}

fn sources_under(folder: &str) -> Sources {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else {
        return files;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files.extend(sources_under(&path));
        } else if [".rs", ".c", ".h"].iter().any(|ending| path.ends_with(ending)) {
            let text = read(&path);
            files.push((path, text));
        }
    }
    files.sort();
    files
}

/// Files that exist only in unit tests: of modules declared under `#[cfg(test)]`.
fn test_only_files() -> Vec<String> {
    let mut files = Vec::new();
    for (path, text) in library_sources() {
        for module in test_modules(&tokenize(&text)) {
            let file = child_file(&path, &module);
            files.push(file.replace(".rs", "/mod.rs"));
            files.push(file);
        }
    }
    files
}

/// The room of a file: the first name below `src`. `src/lib.rs` is in none and may name all.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?.trim_end_matches(".rs");
    (room != "lib").then_some(room)
}
