//! The committed C header is the one that the source gives, and every C and C++ compiler takes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include/uaio.h");
const ASYNCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include/sys/asynch.h");

/// Written by build.rs.
const GENERATED: &str = env!("UAIO_GENERATED_HEADER");

/// Uses the header as a program does: included twice, the calls declared with C linkage.
const PROGRAM: &str = "#include <uaio.h>\n#include <uaio.h>\n\
    const char *version(void);\nconst char *version(void) { return uaio_version(); }\n";

#[test]
fn committed_header_is_current() {
    let generated = fs::read_to_string(GENERATED).expect("build.rs has written the header");
    if std::env::var_os("UAIO_BLESS").is_some_and(|value| value == "1") {
        fs::write(COMMITTED, &generated).expect("cannot write include/uaio.h");
        return;
    }
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    if let Some(difference) = first_difference(&committed, &generated) {
        panic!(
            "include/uaio.h is not what src/abi gives.\n{difference}\n\
             Update it with: UAIO_BLESS=1 cargo test --test header"
        );
    }
}

#[test]
fn header_has_its_guard_and_its_documentation() {
    let header = fs::read_to_string(GENERATED).unwrap();
    assert!(header.contains("\n#ifndef UAIO_H\n#define UAIO_H\n"), "include guard is missing");
    assert!(header.contains("extern \"C\" {"), "C++ would mangle the names");
    // A declaration is one paragraph: documentation, then the function.
    for paragraph in header.split("\n\n").filter(|paragraph| paragraph.contains(");")) {
        assert!(paragraph.starts_with("/**"), "no documentation: {paragraph}");
    }
    for posix in ["aio_read", "lio_listio", "close", "dup2"] {
        assert!(!header.contains(&format!("{posix}(")), "{posix} is declared by the system's headers");
    }
}

#[test]
fn header_declares_every_exported_call() {
    let header = fs::read_to_string(GENERATED).unwrap();
    let mut functions = Vec::new();
    for file in ["uaio.rs", "solaris.rs"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/abi").join(file);
        let source = fs::read_to_string(path).unwrap_or_default();
        for after in source.split("no_mangle)").skip(1) {
            let name = after.split_once(" fn ").and_then(|(_, rest)| rest.split_once('(')).unwrap().0;
            functions.push(name.to_owned());
        }
    }
    assert!(functions.contains(&"uaio_version".to_owned()), "only {functions:?} are found in src/abi");
    for name in functions {
        assert!(header.contains(&format!("{name}(")), "cbindgen has passed over {name}");
    }
}

#[test]
fn header_compiles_as_every_standard_of_c() {
    for standard in ["c89", "c99", "c11", "c17"] {
        assert!(compiles("gcc", "c", standard, PROGRAM), "gcc, without which the tests cannot run, is missing");
    }
}

#[test]
fn header_compiles_as_cpp() {
    for standard in ["c++98", "c++17"] {
        if !compiles("g++", "c++", standard, PROGRAM) {
            println!("skipped: no g++ on this machine, so {standard} was not tried");
        }
    }
}

#[test]
fn header_refuses_programs_that_are_not_64_bit() {
    let output = Command::new("gcc").args(["-fsyntax-only", "-U__LP64__", "-x", "c", GENERATED]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("libuaio is for 64-bit programs"));
}

/// A program as it is written on Solaris: everything from `<sys/asynch.h>`, which stands for the gap.
const SOLARIS: &str = "%\
    extern int f(int fd, char *buf, struct aiocb **list, aio_result_t **done);\n\
    int f(int fd, char *buf, struct aiocb **list, aio_result_t **done) {\n\
    static aio_result_t r; struct timeval t; unsigned n = MAXASYNCHIO; ssize_t got = AIO_INPROGRESS;\n\
    int whence = SEEK_SET; off_t off = 0;\n\
    t.tv_sec = 0; t.tv_usec = 0; r.aio_return = got; r.aio_errno = 0; *done = aiowait(&t);\n\
    return aioread(fd, buf, 1, off, whence, &r) + aiowrite(fd, buf, 1, off, whence, &r)\n\
    + aioread64(fd, buf, 1, off, whence, &r) + aiowrite64(fd, buf, 1, off, whence, &r)\n\
    + aiocancel(&r) + aio_waitn(list, n, &n, 0); }\n";

#[test]
fn solaris_header_compiles_beside_aio_h_in_any_order() {
    let orders = [
        "#include <sys/asynch.h>\n#include <sys/asynch.h>\n",
        "#include <sys/asynch.h>\n#include <aio.h>\n#include <time.h>\n",
        "#include <aio.h>\n#include <sys/asynch.h>\n",
        "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif\n#include <sys/asynch.h>\n#include <aio.h>\n",
        "#define _FILE_OFFSET_BITS 64\n#include <aio.h>\n#include <uaio.h>\n#include <sys/asynch.h>\n",
        "#define _LARGEFILE64_SOURCE 1\n#include <sys/asynch.h>\n#include <aio.h>\n",
    ];
    for order in orders {
        let program = SOLARIS.replace('%', order);
        for standard in ["c89", "c99", "c11", "c17", "gnu17"] {
            assert!(compiles("gcc", "c", standard, &program), "gcc, without which the tests cannot run, is missing");
        }
        for standard in ["c++98", "c++17"] {
            if !compiles("g++", "c++", standard, &program) {
                println!("skipped: no g++ on this machine, so {standard} was not tried");
            }
        }
    }
}

#[test]
fn a_difference_is_found_and_shown() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let shown = first_difference("a\nb\n", "a\nc\n").unwrap();
    assert!(shown.contains("line 2") && shown.contains("b") && shown.contains("c"), "{shown}");
    assert!(first_difference("a\n", "a\nb\n").unwrap().contains("line 2"));
    assert!(first_difference("a", "a\n").is_some(), "only the last newline differs");
}

/// What differs first, for the reader of a failure.
fn first_difference(committed: &str, generated: &str) -> Option<String> {
    if committed == generated {
        return None;
    }
    let mut old = committed.split('\n');
    let mut new = generated.split('\n');
    let mut line = 1;
    loop {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => {
                let show = |text: Option<&str>| text.map_or("(no such line)".to_owned(), |text| format!("{text:?}"));
                return Some(format!("  line {line} committed: {}\n  line {line} generated: {}", show(a), show(b)));
            }
        }
    }
}

/// Compiles the generated header without a warning; false if there is no such compiler.
fn compiles(compiler: &str, language: &str, standard: &str, program: &str) -> bool {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(GENERATED, directory.path().join("uaio.h")).unwrap();
    fs::create_dir(directory.path().join("sys")).unwrap();
    fs::copy(ASYNCH, directory.path().join("sys/asynch.h")).unwrap();
    let source = directory.path().join("program");
    fs::write(&source, program).unwrap();
    let result = Command::new(compiler)
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-pedantic", "-Werror", "-x", language])
        .arg(format!("-std={standard}"))
        .arg("-I")
        .arg(directory.path())
        .arg(&source)
        .output();
    let output = match result {
        Err(error) if error.kind() == ErrorKind::NotFound => return false,
        result => result.expect("the compiler cannot be started"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "does not compile as {standard}:\n{program}\n{errors}");
    true
}
