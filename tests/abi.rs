//! The binary interface of `libuaio.so.1` is the committed one: what programs were compiled against stays as it was.
//!
//! `tests/abi/libuaio.so.1.txt` has a line for each function and constant in the public headers and each member of
//! their structures. A structure whose first member is `size` may grow at its end.
//! New lines may come (`UAIO_BLESS=1 cargo test --test abi`, and a new minor version); one that changes or goes
//! breaks programs, and needs another SONAME (unless only a parameter was renamed: edit the file then). The exported
//! names are the affair of `tests/symbols.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/abi/libuaio.so.1.txt");

#[test]
fn what_was_promised_is_still_so() {
    let header = fs::read_to_string(Path::new(ROOT).join("include/uaio.h")).unwrap();
    let solaris = fs::read_to_string(Path::new(ROOT).join("include/sys/asynch.h")).unwrap();
    let now: BTreeSet<String> = lines(&header).into_iter().chain(constants(&solaris)).collect();
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    let promised: BTreeSet<String> = committed.lines().map(str::to_owned).collect();
    let broken: Vec<_> = promised.difference(&now).collect();
    assert!(broken.is_empty(), "programs compiled against the library so far would break: {broken:#?}");
    let added: Vec<_> = now.difference(&promised).collect();
    if std::env::var_os("UAIO_BLESS").is_some_and(|value| value == "1") {
        fs::write(COMMITTED, now.iter().fold(String::new(), |text, line| text + line + "\n")).unwrap();
    } else {
        assert!(added.is_empty(), "new, and to be promised by UAIO_BLESS=1 cargo test --test abi: {added:#?}");
    }
}

#[test]
fn a_changed_structure_is_noticed() {
    let before = "#define TWO 2\ntypedef struct pair {\n/* one; two */\nlong a;\nint b[TWO];\n} pair;\n\
        int sum(struct pair *p);\nstruct open { long size; struct pair a; };\n";
    let promised = lines(before);
    assert_eq!(
        promised,
        [
            "constant TWO 2",
            "int sum(struct pair *p)",
            "struct open: a at 8, 16 bytes",
            "struct open: may grow, aligned to 8",
            "struct open: size at 0, 8 bytes",
            "struct pair: 16 bytes, aligned to 8",
            "struct pair: a at 0, 8 bytes",
            "struct pair: b at 8, 8 bytes",
        ]
    );
    assert_ne!(lines(&before.replace("long a", "int a")), promised);
    assert_ne!(lines(&before.replace("int sum", "long sum")), promised);
}

/// What the header promises, a line each, sorted.
fn lines(header: &str) -> Vec<String> {
    let code = without_comments(header);
    let mut program = format!("#include <stddef.h>\n#include <stdio.h>\n{header}\nint main(void) {{\n");
    let mut found = Vec::new();
    for (name, members) in structures(&code) {
        let size = match members.first() {
            Some(first) if first == "size" => "printf(\"may grow\");".to_owned(),
            _ => format!("printf(\"%zu bytes\", sizeof(struct {name}));"),
        };
        writeln!(
            program,
            "printf(\"struct {name}: \"); {size} printf(\", aligned to %zu\\n\", _Alignof(struct {name}));"
        )
        .unwrap();
        for member in members {
            writeln!(
                program,
                "printf(\"struct {name}: {member} at %zu, %zu bytes\\n\", offsetof(struct {name}, {member}), \
                 sizeof(((struct {name} *)0)->{member}));"
            )
            .unwrap();
        }
    }
    program += "return 0; }\n";
    found.extend(run(&program).lines().map(str::to_owned));
    for declaration in code.split_inclusive(';').filter(|text| text.contains(");")) {
        let text = declaration.rsplit(['{', '}']).next().unwrap();
        found.push(text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(';').to_owned());
    }
    found.extend(constants(header));
    found.sort();
    found
}

/// The macros with a value.
fn constants(header: &str) -> Vec<String> {
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define "));
    let valued = defined.filter_map(|rest| rest.split_once(' '));
    valued.map(|(name, value)| format!("constant {name} {}", value.trim())).collect()
}

/// Without comments and lines of the preprocessor.
fn without_comments(header: &str) -> String {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, after)) = rest.split_once("/*") {
        code += before;
        rest = after.split_once("*/").unwrap().1;
    }
    code += rest;
    code.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |text, line| text + line + "\n")
}

/// The structures that are defined, with the names of their members.
fn structures(code: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("struct ") {
        let Some((name, rest)) = code[at + word.len()..].split_once('{') else { continue };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let body = rest.split_once('}').unwrap().0;
        let members = body.split(';').map(str::trim).filter(|member| !member.is_empty());
        let names = members.map(|member| {
            let member = member.split('[').next().unwrap().trim();
            member.rsplit([' ', '*']).next().unwrap().to_owned()
        });
        found.push((name.to_owned(), names.collect()));
    }
    found
}

fn run(program: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let (source, executable) = (place.path().join("layouts.c"), place.path().join("layouts"));
    fs::write(&source, program).unwrap();
    let built = Command::new("cc").arg("-o").arg(&executable).arg(&source).output().unwrap();
    assert!(built.status.success(), "{program}\n{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(&executable).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}
