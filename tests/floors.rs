//! The floors of src: a file uses its own floor and those below, never above.
//!
//! Reads the paths each file of `src` names (`crate::…`, `super::…` that leaves the module's top, external
//! crates) and complains about steps upward, about `net` and `wire` knowing each other, about crates outside
//! their place, and about clocks, sockets, threads, random sources and prints in `wire`. What stands below
//! `#[cfg(test)]` is not looked at. Made-up sources show that each rule can fail.

use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each top-level module.
const FLOORS: [(&str, u8); 12] = [
    ("wire", 0),
    ("net", 1),
    ("session", 2),
    ("render", 3),
    ("record", 3),
    ("output", 3),
    ("command", 4),
    ("cli", 5),
    ("exit", 5),
    ("main", 5),
    ("lib", 5),
    ("build", 5),
];

/// Crates with a place of their own: the beginnings of the paths where they may be named.
const PLACES: [(&str, &[&str]); 7] = [
    ("clap", &["command/", "cli.rs", "cli/", "exit.rs", "main.rs", "lib.rs"]),
    ("rustyline", &["command/typing", "output"]),
    ("crossterm", &["output"]),
    ("native_tls", &["net/"]),
    ("openssl", &["net/"]),
    ("openssl_probe", &["net/"]),
    ("flate2", &["wire/deflate/"]),
];

/// What pure code does not touch.
const NOT_IN_WIRE: [&str; 18] = [
    "Instant",
    "SystemTime",
    "std::net",
    "std::thread",
    "std::fs",
    "std::env",
    "std::process",
    "std::os",
    "TcpStream",
    "mio",
    "socket2",
    "rand",
    "getrandom",
    "generate_key",
    "print",
    "println",
    "eprintln",
    "stdout",
];

/// Commands that start others, and whom.
const STARTS: [(&str, &[&str]); 2] = [("connect", &["repl", "pipe"]), ("demo", &["connect", "serve"])];
const COMMANDS: [&str; 5] = ["connect", "demo", "serve", "repl", "pipe"];

#[test]
fn no_file_of_src_breaks_a_rule() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    find_sources(&src, &mut files);
    assert!(files.len() > 10, "src was not found: {files:?}");
    let mut complaints = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).expect("found below src").to_string_lossy().replace('\\', "/");
        let source = fs::read_to_string(&file).expect("a source file is text");
        complaints.extend(check(&name, &source));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn each_rule_can_fail() {
    let rows = [
        ("wire/frame.rs", "use crate::session::Engine;", "session"),
        ("wire/frame.rs", "use crate::net;", "net"),
        ("wire/frame.rs", "use super::super::net::Target;", "net"),
        ("wire/frame.rs", "use std::time::Instant;", "Instant"),
        ("wire/frame.rs", "let now = std::time::SystemTime::now();", "SystemTime"),
        ("wire/frame.rs", "println!(\"x\");", "println"),
        ("wire/frame.rs", "let key = rand::random();", "rand"),
        ("net/dial/mod.rs", "use crate::wire::Kind;", "wire"),
        ("net/dial/mod.rs", "use crate::{\n    net::Target,\n    wire::Kind,\n};", "wire"),
        ("net/target.rs", "fn f(x: crate::command::Args) {}", "command"),
        ("session/mod.rs", "use super::render::Style;", "render"),
        ("session/mod.rs", "use clap::Parser;", "clap"),
        ("render/json.rs", "use crossterm::style;", "crossterm"),
        ("output.rs", "use crate::command::args;", "command"),
        ("output/terminal.rs", "use clap::ValueEnum;", "clap"),
        ("command/connect.rs", "use rustyline::Editor;", "rustyline"),
        ("command/connect.rs", "use crate::exit::Code;", "exit"),
        ("command/pipe.rs", "use crate::command::connect::run;", "connect"),
        ("command/repl/mod.rs", "use crate::command::serve;", "serve"),
        ("session/tls.rs", "use native_tls::TlsStream;", "native_tls"),
        ("helpers.rs", "", "helpers"),
    ];
    for (file, source, wanted) in rows {
        let complaints = check(file, source);
        let named = complaints.iter().any(|complaint| complaint.contains(wanted));
        assert!(named, "{source:?} in {file} should be refused for {wanted}, got {complaints:?}");
    }
}

#[test]
fn what_is_allowed_passes() {
    let rows = [
        ("wire/frame.rs", "use crate::wire::Kind;\nuse super::mask;\n// crate::session is above us"),
        ("wire/frame.rs", "/// An instant later; see `crate::session`.\nlet operand = 1;"),
        ("wire/frame.rs", "#[cfg(test)]\nmod tests {\n    use std::time::Instant;\n}"),
        ("wire/frame.rs", "let text = \"crate::session println\";"),
        ("net/tls/mod.rs", "use native_tls::TlsConnector;\nuse super::Target;"),
        ("session/mod.rs", "use crate::{net, wire::{Frame, Kind}};\nuse std::time::Instant;"),
        ("render/json.rs", "use crate::session::event::Event;\nuse crate::record;"),
        ("output/mod.rs", "use rustyline::ExternalPrinter;\nuse crossterm::terminal;"),
        ("command/connect.rs", "use crate::command::pipe;\nuse super::args::Args;\nuse clap::Args;"),
        ("main.rs", "use wscope::cli;"),
    ];
    for (file, source) in rows {
        assert_eq!(check(file, source), Vec::<String>::new(), "{source:?} in {file}");
    }
}

fn find_sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            find_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_tests(&path) {
            found.push(path);
        }
    }
}

/// A file or folder named `tests` is a test module that outgrew its file.
fn is_tests(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// What is wrong with a file of src.
fn check(file: &str, source: &str) -> Vec<String> {
    let modules = module_path(file);
    let Some(floor) = floor_of(&modules[0]) else {
        return vec![format!(
            "{file}: the module {} has no floor (see FLOORS in tests/floors.rs)",
            modules[0]
        )];
    };
    let code = code_of(source);
    let mut complaints = Vec::new();
    for used in used_modules(&code, &modules) {
        let both_low = modules[0] == "net" && used[0] == "wire";
        if both_low || floor_of(&used[0]).is_some_and(|above| above > floor) {
            complaints.push(format!("{file}: uses {}, which is not below {}", used[0], modules[0]));
        }
        complaints.extend(command_complaint(file, &modules, &used));
    }
    for (name, places) in PLACES {
        let named = words(&code).any(|(at, word)| word == name && code[at + word.len()..].starts_with("::"));
        if named && !places.iter().any(|place| file.starts_with(place)) {
            complaints.push(format!("{file}: names {name}, which belongs to {}", places.join(", ")));
        }
    }
    if modules[0] == "wire" {
        let touched = NOT_IN_WIRE.iter().filter(|name| names(&code, name));
        complaints.extend(touched.map(|name| format!("{file}: {name} in wire, which is pure")));
    }
    complaints
}

fn command_complaint(file: &str, modules: &[String], used: &[String]) -> Option<String> {
    let is_command = |path: &[String]| path[0] == "command" && path.len() > 1;
    if !is_command(modules) || !is_command(used) || modules[1] == used[1] {
        return None;
    }
    let (from, to) = (modules[1].as_str(), used[1].as_str());
    if !COMMANDS.contains(&from) || !COMMANDS.contains(&to) {
        return None;
    }
    let allowed = STARTS.iter().any(|(starter, started)| *starter == from && started.contains(&to));
    (!allowed).then(|| format!("{file}: the command {from} calls the command {to}"))
}

fn floor_of(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// `net/dial/mod.rs` is the module `net::dial`.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// The source up to its tests, without comments and the contents of strings.
fn code_of(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let mut code = String::new();
    for line in source[..end].lines() {
        let mut quoted = false;
        let mut last = ' ';
        for (at, c) in line.char_indices() {
            if !quoted && line[at..].starts_with("//") {
                break;
            }
            if c == '"' && last != '\\' && last != '\'' {
                quoted = !quoted;
            } else if !quoted {
                code.push(c);
            }
            last = c;
        }
        code.push('\n');
    }
    code
}

/// The first two names of every path that starts at the crate's root, or climbs to it by `super`.
fn used_modules(code: &str, modules: &[String]) -> Vec<Vec<String>> {
    let mut used = Vec::new();
    for (at, word) in words(code) {
        let rest = &code[at + word.len()..];
        if word == "crate" {
            collect_paths(rest, &mut Vec::new(), &mut used);
        } else if word == "super" && !code[..at].ends_with("super::") {
            let further =
                std::iter::successors(rest.strip_prefix("::super"), |rest| rest.strip_prefix("::super"));
            let climbs = 1 + further.count();
            let rest = &rest[(climbs - 1) * "::super".len()..];
            let Some(left) = modules.len().checked_sub(climbs) else { continue };
            collect_paths(rest, &mut modules[..left].to_vec(), &mut used);
        }
    }
    used
}

/// Follows `::a::b` and `::{a, b::c}` until two names are known.
fn collect_paths(rest: &str, so_far: &mut Vec<String>, used: &mut Vec<Vec<String>>) {
    let Some(rest) = rest.trim_start().strip_prefix("::") else {
        if !so_far.is_empty() {
            used.push(so_far.clone());
        }
        return;
    };
    if let Some(group) = rest.trim_start().strip_prefix('{') {
        for item in split_group(group) {
            collect_paths(&format!("::{}", item.trim()), &mut so_far.clone(), used);
        }
        return;
    }
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return;
    }
    so_far.push(name.clone());
    if so_far.len() >= 2 {
        used.push(so_far.clone())
    } else {
        collect_paths(&rest[name.len()..], so_far, used)
    }
}

/// The items of a group up to its closing brace.
fn split_group(group: &str) -> Vec<&str> {
    let (mut items, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&group[from..at]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// Whether code names a word, or a path of words.
fn names(code: &str, path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    words(code).any(|(at, word)| word == last && code[..at + word.len()].ends_with(path))
}

fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(is_word).filter_map(move |(at, _)| {
        let starts = !code[..at].ends_with(is_word);
        let length = code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at);
        starts.then(|| (at, &code[at..at + length]))
    })
}
