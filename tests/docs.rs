//! The pages in Markdown lead somewhere, and quote what is really printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Directories that are not ours to read: what cargo and git keep.
const NOT_OURS: [&str; 2] = ["target", ".git"];

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !NOT_OURS.iter().any(|name| path.ends_with(name)) {
                found.extend(files(&path, extension));
            }
        } else if path.extension().is_some_and(|has| has == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Without blocks of code, in which brackets mean something else.
fn prose(text: &str) -> String {
    let parts = text.split("```");
    parts.step_by(2).collect()
}

/// What stands in `](…)`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// What a heading can be linked as: GitHub's way.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    let anchor = |heading: &String| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.iter().map(anchor).collect()
}

/// What is wrong with the links of a page.
fn broken(page: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for link in links(text) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
        if !target.exists() {
            findings.push(format!("{}: {link} leads nowhere", page.display()));
        } else if !anchor.is_empty() && !anchors(&fs::read_to_string(target).unwrap()).contains(&anchor.to_owned()) {
            findings.push(format!("{}: {link} names no heading", page.display()));
        }
    }
    findings
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages = files(Path::new(ROOT), "md");
    assert!(pages.len() >= 10, "{pages:?}");
    let findings: Vec<_> = pages.iter().flat_map(|page| broken(page, &fs::read_to_string(page).unwrap())).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let page = Path::new(ROOT).join("README.md");
    assert_eq!(broken(&page, "[a](docs/nosuch.md)").len(), 1);
    assert_eq!(broken(&page, "[a](docs/README.md#nosuch)").len(), 1);
    assert_eq!(broken(&page, "[a](docs/tuning.md#limits-of-the-system) [b](https://example.org)"), [""; 0]);
    assert_eq!(broken(&page, "```\n[a](nosuch)\n```"), [""; 0]);
}

#[test]
fn every_page_of_the_book_is_in_its_index() {
    let index = fs::read_to_string(Path::new(ROOT).join("docs/README.md")).unwrap();
    let listed = links(&index);
    for page in files(&Path::new(ROOT).join("docs"), "md") {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || listed.iter().any(|link| link == name), "{name} is not in docs/README.md");
    }
}

/// Headings of the form ### `message`, in which … stands for what varies.
#[test]
fn messages_in_troubleshooting_are_those_of_the_source() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/troubleshooting.md")).unwrap();
    let sources: Vec<_> = files(&Path::new(ROOT).join("src"), "rs");
    let source: String = sources.iter().map(|path| fs::read_to_string(path).unwrap() + "\n").collect();
    // A string may go on in the next line, and name its variable's constant.
    let mut joined = String::new();
    for line in source.lines() {
        match line.trim_start().strip_suffix('\\') {
            Some(begun) => joined += begun,
            None => {
                joined += line.trim_start();
                joined.push('\n');
            }
        }
    }
    let joined = joined.replace("{LIBRARY_VARIABLE}", "UAIO_LIBRARY").replace("{FILE_NAME}", "libuaio.so");
    let quoted: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("### `")).map(|rest| rest.trim_end_matches('`')).collect();
    assert!(quoted.len() >= 10, "{quoted:?}");
    for message in quoted {
        for part in message.split(['…', ':']).map(|part| part.trim_matches([' ', ')'])).filter(|part| part.len() > 4)
        {
            assert!(joined.contains(part), "nothing prints {part:?}, which docs/troubleshooting.md quotes");
        }
    }
}
