//! Rust source as `tests/tidy.rs` looks at it: tokens without comments and literals, and the paths
//! that they spell. Not a parser: it knows just enough to find names, braces and attributes.

use std::collections::BTreeMap;

/// A name, a number, a punctuation character, or `::`. A literal is `""`, whatever it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

pub fn tokenize(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&first) = characters.get(at) {
        let rest = &characters[at..];
        let (kind, length) = if first.is_whitespace() {
            (None, 1)
        } else if rest.starts_with(&['/', '/']) {
            (None, rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()))
        } else if rest.starts_with(&['/', '*']) {
            (None, block_comment(rest))
        } else if let Some(length) = string(rest) {
            (Some("\"\"".to_owned()), length)
        } else if first == '\'' {
            quote(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let start = if rest.starts_with(&['r', '#']) { 2 } else { 0 };
            let end = start + rest[start..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            (Some(rest[start..end].iter().collect()), end)
        } else if rest.starts_with(&[':', ':']) {
            (Some("::".to_owned()), 2)
        } else {
            (Some(first.to_string()), 1)
        };
        if let Some(text) = kind {
            tokens.push(Token { text, line });
        }
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    tokens
}

/// The length of a comment that may contain others.
fn block_comment(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The length of a string that begins here: plain or raw, with or without `b` or `c` before it.
fn string(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take(2).take_while(|c| matches!(c, 'b' | 'c' | 'r')).count();
    let raw = prefix > 0 && rest[prefix - 1] == 'r';
    let hashes = if raw { rest[prefix..].iter().take_while(|c| **c == '#').count() } else { 0 };
    let mut at = prefix + hashes;
    if rest.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    while at < rest.len() {
        match rest[at] {
            '\\' if !raw => at += 1,
            '"' if rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes => {
                return Some(at + 1 + hashes);
            }
            _ => {}
        }
        at += 1;
    }
    Some(rest.len())
}

/// A character literal or a lifetime.
fn quote(rest: &[char]) -> (Option<String>, usize) {
    match rest.get(1..3) {
        Some(['\\', _]) => {
            let end = rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len(), |end| end + 4);
            (Some("\"\"".to_owned()), end)
        }
        Some([_, '\'']) => (Some("\"\"".to_owned()), 3),
        _ => (None, 1 + rest[1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()),
    }
}

pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Where the brace that opens at `opening` is closed.
pub fn closing_brace(tokens: &[Token], opening: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(opening) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// The tokens without items under `#[cfg(test)]`.
pub fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match test_attribute(&tokens, at) {
            Some((_, true)) => return Vec::new(),
            Some((end, false)) => at = item_end(&tokens, end) + 1,
            None => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

/// Modules with a file of their own that are declared under `#[cfg(test)]`.
pub fn test_modules(tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    for at in 0..tokens.len() {
        let Some((end, false)) = test_attribute(tokens, at) else {
            continue;
        };
        let item = &tokens[end..=item_end(tokens, end)];
        let [.., keyword, name, semicolon] = item else {
            continue;
        };
        if keyword.text == "mod" && semicolon.text == ";" {
            names.push(name.text.clone());
        }
    }
    names
}

/// If `#[cfg(… test …)]` begins here: where it ends, and whether it is the whole file's (`#!`).
fn test_attribute(tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    let inner = tokens.get(at + 1).is_some_and(|token| token.text == "!");
    let opening = at + 1 + usize::from(inner);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    if text(at) != "#" || text(opening) != "[" || text(opening + 1) != "cfg" {
        return None;
    }
    let end = closing_brace(tokens, opening);
    let condition = &tokens[opening..end];
    let says = |word: &str| condition.iter().any(|token| token.text == word);
    (says("test") && !says("not")).then_some((end + 1, inner))
}

/// The last token of the item that begins at `at`: its semicolon or its closing brace.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            ";" => return at,
            "{" => {
                let end = closing_brace(tokens, at);
                // The braces of `use a::{b};` do not end the item.
                if tokens.get(end + 1).is_some_and(|token| token.text == ";") {
                    return end + 1;
                }
                return end;
            }
            "(" | "[" => at = closing_brace(tokens, at) + 1,
            _ => at += 1,
        }
    }
    tokens.len() - 1
}

/// Every path of two or more names, and each name that `use` imports, with the line. Its first name
/// is replaced by what `use` says it stands for; `core` and `alloc` count as `std`.
pub fn full_paths(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut imported: BTreeMap<String, String> = BTreeMap::new();
    let mut in_use = vec![false; tokens.len()];
    for at in (0..tokens.len()).filter(|at| tokens[*at].text == "use") {
        let mut leaves = Vec::new();
        let end = use_tree(tokens, at + 1, "", &mut leaves);
        in_use[at..end.min(tokens.len())].fill(true);
        for (line, path, alias) in leaves {
            imported.insert(alias, path.clone());
            found.push((line, path));
        }
    }
    for at in 0..tokens.len() {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        let continues = at >= 1 && (text(at - 1) == "." || (text(at - 1) == "::" && at >= 2 && is_name(text(at - 2))));
        if in_use[at] || continues || !is_name(text(at)) || text(at + 1) != "::" {
            continue;
        }
        let mut path = imported.get(text(at)).cloned().unwrap_or_else(|| standard(text(at)));
        let mut next = at + 1;
        while text(next) == "::" && is_name(text(next + 1)) {
            path = format!("{path}::{}", text(next + 1));
            next += 2;
        }
        found.push((tokens[at].line, path));
    }
    found
}

fn standard(name: &str) -> String {
    if matches!(name, "core" | "alloc") { "std".to_owned() } else { name.to_owned() }
}

/// One tree of a `use` declaration from `at` on: (line, path, the name it is known by) of each leaf.
/// Returns where the tree ends.
fn use_tree(tokens: &[Token], mut at: usize, base: &str, leaves: &mut Vec<(usize, String, String)>) -> usize {
    let mut path = base.to_owned();
    let mut last = base.rsplit("::").next().unwrap_or_default().to_owned();
    let text = |at: usize| tokens.get(at).map_or(";", |token| token.text.as_str());
    loop {
        match text(at) {
            "::" => at += 1,
            "{" => {
                at += 1;
                while !matches!(text(at), "}" | ";") {
                    at = use_tree(tokens, at, &path, leaves);
                    at += usize::from(text(at) == ",");
                }
                return at + 1;
            }
            "as" => {
                leaves.push((tokens[at].line, path, text(at + 1).to_owned()));
                return at + 2;
            }
            "self" if !path.is_empty() => at += 1,
            name if is_name(name) || name == "*" => {
                last = name.to_owned();
                path = if path.is_empty() { standard(name) } else { format!("{path}::{name}") };
                at += 1;
            }
            _ => {
                if !path.is_empty() {
                    leaves.push((tokens[at.min(tokens.len()) - 1].line, path, last));
                }
                return at.max(1);
            }
        }
    }
}

/// The names right below the crate's root that the file at `path` spells: `crate::name`, and
/// `super::…::name` as far up as that. `*` for a glob.
pub fn paths_from_the_root(path: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // One entry per open brace: does it open a module?
    let mut open = Vec::new();
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut at = 0;
    while at < tokens.len() {
        match text(at) {
            "{" => open.push(at >= 2 && text(at - 2) == "mod"),
            "}" => drop(open.pop()),
            "crate" if text(at + 1) == "::" => first_names(tokens, at + 2, &mut found),
            "super" if text(at + 1) == "::" => {
                let depth = file_depth(path) + open.iter().filter(|is_module| **is_module).count();
                let mut up = 1;
                while text(at + 2) == "super" {
                    at += 2;
                    up += 1;
                }
                if up >= depth {
                    first_names(tokens, at + 2, &mut found);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// What comes right after `crate::`: a name, a glob, or several of these in braces.
fn first_names(tokens: &[Token], at: usize, found: &mut Vec<(usize, String)>) {
    let Some(token) = tokens.get(at) else { return };
    if token.text != "{" {
        found.push((token.line, token.text.clone()));
        return;
    }
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().take(closing_brace(tokens, at)).skip(at) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        let begins = matches!(tokens[at.saturating_sub(1)].text.as_str(), "{" | ",");
        if depth == 1 && begins && (is_name(&token.text) || token.text == "*") && token.text != "self" {
            found.push((token.line, token.text.clone()));
        }
    }
}

/// How many modules the file is below the root: `src/engine/mod.rs` is 1, `src/engine/table.rs` 2.
fn file_depth(path: &str) -> usize {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inside.split('/').count()
}

/// The file of `mod name;` in the file at `path`.
pub fn child_file(path: &str, name: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    let parent = ["/mod", "/lib", "/main"].into_iter().find_map(|last| stem.strip_suffix(last)).unwrap_or(stem);
    format!("{parent}/{name}.rs")
}

/// The comments before the first item, attributes of the file between them.
pub fn head_comments(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let head = lines.take_while(|line| line.is_empty() || line.starts_with("//") || line.starts_with("#!["));
    head.filter(|line| line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn tokens_leave_comments_and_literals_out() {
    let texts = |source: &str| tokenize(source).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
    assert_eq!(texts("a // b\nc /* d /* e */ f */ g"), "a c g");
    assert_eq!(texts(r##"a "b\" c" d r#"e " f"# g b"h" cr"i" j"##), "a \"\" d \"\" g \"\" \"\" j");
    assert_eq!(texts(r"a 'b' '\'' '\u{1}' &'c d 'e: r#type"), "a \"\" \"\" \"\" & d : type");
    assert_eq!(texts("a::b[0..1]"), "a :: b [ 0 . . 1 ]");
    let lines: Vec<usize> = tokenize("a\n/*\n*/ b\n\"\n\"\nc").into_iter().map(|token| token.line).collect();
    assert_eq!(lines, [1, 3, 4, 6]);
}

#[test]
fn paths_are_found_through_use() {
    let paths = |source: &str| full_paths(&tokenize(source)).into_iter().map(|(_, path)| path).collect::<Vec<_>>();
    assert_eq!(paths("use std::{a::{self, b as c}, d};"), ["std::a", "std::a::b", "std::d"]);
    assert_eq!(paths("use a::b; fn f() { b::c(); x.b::<u8>(); d::e::f }"), ["a::b", "a::b::c", "d::e::f"]);
    assert_eq!(paths("::libc::close(1); core::mem::swap()"), ["libc::close", "std::mem::swap"]);
    assert_eq!(paths("use a::*; pub use {b, c::d};"), ["a::*", "b", "c::d"]);
}

#[test]
fn files_of_modules_are_found() {
    assert_eq!(child_file("src/lib.rs", "abi"), "src/abi.rs");
    assert_eq!(child_file("src/engine/mod.rs", "table"), "src/engine/table.rs");
    assert_eq!(child_file("src/engine/table.rs", "rows"), "src/engine/table/rows.rs");
    assert_eq!(test_modules(&tokenize("#[cfg(test)]\nmod a;\nmod b;\n#[cfg(test)] pub(crate) mod c;")), ["a", "c"]);
}
