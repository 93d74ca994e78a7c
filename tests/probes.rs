//! The static probes are in the library, where bpftrace and readelf find them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod built;

use std::process::Command;

use built::library;

const PROBES: [&str; 4] = ["complete", "notify", "route", "submit"];

/// What a tool says; nothing where it is not installed, or cannot look (bpftrace wants root).
fn said(tool: &str, arguments: &[String]) -> Option<String> {
    match Command::new(tool).args(arguments).output() {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => {
            println!("skipped: {tool} cannot look: {}", String::from_utf8_lossy(&output.stderr));
            None
        }
        Err(error) => {
            println!("skipped: no {tool} on this machine: {error}");
            None
        }
    }
}

#[test]
fn notes_name_every_probe_and_its_arguments() {
    let library = library();
    let Some(text) = said("readelf", &["-n".into(), library.display().to_string()]) else { return };
    let of_ours = text.split("Provider: uaio").skip(1);
    let mut found: Vec<_> = of_ours
        .map(|note| {
            let line = |key: &str| note.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap_or("").trim();
            (line("Name:").to_owned(), line("Arguments:").split_whitespace().count())
        })
        .collect();
    found.sort();
    found.dedup();
    let expected = PROBES.iter().zip([3, 3, 3, 5]).map(|(name, count)| ((*name).to_owned(), count));
    assert_eq!(found, expected.collect::<Vec<_>>(), "{text}");
}

#[test]
fn bpftrace_lists_every_probe() {
    let pattern = format!("usdt:{}:*", library().display());
    let Some(text) = said("bpftrace", &["-l".into(), pattern]) else { return };
    for name in PROBES {
        assert!(text.lines().any(|line| line.ends_with(&format!(":uaio:{name}"))), "{name} is not in: {text}");
    }
}
