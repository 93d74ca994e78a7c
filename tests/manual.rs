//! The manual pages in `man/` are well-formed and complete: every call, option and variable that exists is in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> =
        fs::read_dir(Path::new(ROOT).join("man")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(pages.len() >= 6, "{pages:?}");
    pages
}

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join("man").join(name)).unwrap()
}

/// Every Rust source below a folder, in one text.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// The variables named in strings that begin so; the library reads them by C strings, `c"UAIO_ENGINE"`.
fn variables(text: &str, begin: &str) -> BTreeSet<String> {
    let starts = text.match_indices(&format!("{begin}UAIO_")).map(|(at, _)| at + begin.len()).collect::<Vec<_>>();
    let names =
        starts.into_iter().map(|at| text[at..].split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap());
    names.map(str::to_owned).collect()
}

/// What `uaio … --help` prints.
fn help(command: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_uaio")).args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first words of the lines below a heading of clap's.
fn commands(help: &str) -> Vec<String> {
    let section = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
    let entries = section.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    entries.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

/// The long options that a help text has, without the dashes.
fn options(help: &str) -> BTreeSet<String> {
    let entries = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let longs = entries.filter_map(|line| line.split_once("--").map(|(_, rest)| rest));
    longs.map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap().to_owned()).collect()
}

#[test]
fn mandoc_has_nothing_to_say() {
    let result = Command::new("mandoc").args(["-T", "lint"]).args(pages()).output();
    let output = match result {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: no mandoc on this machine");
            return;
        }
        result => result.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Which pages of others there are is the machine's affair.
    let findings: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("mandoc.db") && !line.contains("referenced manual not found"))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn pages_are_named_as_they_call_themselves() {
    for path in pages() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let (name, section) = file.rsplit_once('.').unwrap();
        let title = format!(".Dt {} {section}\n", name.to_uppercase());
        assert!(page(file).contains(&title), "{file} has no {title}");
    }
}

#[test]
fn every_variable_is_in_a_page() {
    let library: String = ["abi", "engine", "backend", "frontend", "request", "sys"]
        .map(|room| sources(&Path::new(ROOT).join("src").join(room)))
        .concat();
    let read = variables(&library, "c\"");
    assert!(read.contains("UAIO_ENGINE") && read.len() >= 4, "{read:?}");
    let launcher = variables(&sources(&Path::new(ROOT).join("src/bin")), "\"");
    assert!(launcher.contains("UAIO_LIBRARY"), "{launcher:?}");
    let (libuaio, uaio) = (page("libuaio.7"), page("uaio.1"));
    for name in read {
        assert!(libuaio.contains(&format!(".It Ev {name}\n")), "{name} is not in libuaio(7)");
    }
    for name in launcher {
        assert!(libuaio.contains(&name) || uaio.contains(&name), "{name} is in neither page");
    }
}

#[test]
fn every_command_and_option_is_in_the_launchers_page() {
    let text = page("uaio.1");
    let all = commands(&help(&[]));
    assert!(all.contains(&"run".to_owned()), "{all:?}");
    for command in all {
        assert!(text.contains(&format!(".Ss uaio {command}\n")), "uaio(1) has no section about {command}");
        let section = text.split(&format!(".Ss uaio {command}\n")).nth(1).unwrap();
        let section = section.split("\n.S").next().unwrap();
        for option in options(&help(std::slice::from_ref(&command))).into_iter().filter(|option| option != "help") {
            let item = format!(".It Fl -{option}");
            let found = section.lines().any(|line| line == item || line.starts_with(&format!("{item} ")));
            assert!(found, "uaio(1) does not say what {command} --{option} does");
        }
    }
}

#[test]
fn every_call_of_our_own_is_in_a_page() {
    let all: String = pages().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let header = fs::read_to_string(Path::new(ROOT).join("include/uaio.h")).unwrap();
    let code = header.lines().filter(|line| !line.trim_start().starts_with(['*', '/', '#']));
    let names: BTreeSet<_> = code
        .filter_map(|line| line.split_once('('))
        .map(|(before, _)| before.rsplit([' ', '*']).next().unwrap().to_owned())
        .collect();
    assert!(names.contains("aioread64") && names.contains("uaio_version"), "{names:?}");
    for name in names {
        assert!(all.contains(&format!(" {name}")), "{name} is in no page");
    }
}
