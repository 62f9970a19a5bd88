//! Every command shown in README.md runs and prints what is shown below it.
//!
//! The convention, for whoever writes the README:
//! - A block that begins with ```` ```console ```` is run. Lines that begin with `$ ` are commands; a command goes
//!   on in the next line where a line ends with `\` (the following line then begins with `> `). The lines up to
//!   the next command are its output, stdout and stderr together, compared line by line.
//! - `…` in an output line stands for any text, a line of only `…` for any number of lines. A command with no
//!   output shown may print nothing.
//! - A block is one shell: `cd`, variables and `$?` carry over. It starts in an empty folder of its own, so files
//!   that commands read have to be made by commands of the same block. stdin is empty, nothing is a terminal.
//! - Servers stand in for the addresses below: an echo server for `ws://localhost:8080` and `ws://example.com`,
//!   one behind TLS for `wss://example.com` (its authority is trusted by the config file of the test). Their
//!   addresses are written back into the output as the README has them. No other host is allowed.
//! - `cargo run --release -- X` runs `wscope X`; `cargo build`, `cargo test` and `cargo install` are not run.
//! - Sessions at a prompt stand in blocks of another kind (```` ```text ````), which are not run.

#![cfg(unix)]

mod common;

use std::path::Path;

use common::certs::Authority;
use common::echo::Knobs;
use common::program::{BINARY, shell};
use common::{Echo, echo};

/// What stands between the outputs of two commands.
const MARK: &str = "@@ next command @@";

/// A command as shown, and the output shown below it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    command: String,
    output: Vec<String>,
}

#[test]
fn every_command_of_the_readme_prints_what_is_shown() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).expect("README.md is there");
    let blocks = console_blocks(&readme);
    assert!(!blocks.is_empty(), "README.md shows no command");
    let servers = StandIns::start();
    let wrong: Vec<String> = blocks.iter().flat_map(|block| run_block(block, &servers)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_output_is_noticed() {
    let readme =
        "```console\n$ echo one; echo two\none\ntwo\n$ echo three\nfour\n$ (exit 3)\n$ echo $?\n3\n```\n";
    let blocks = console_blocks(readme);
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0][1], Shown { line: 5, command: "echo three".into(), output: vec!["four".into()] });
    let wrong = run_block(&blocks[0], &StandIns::start());
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("README.md:5") && wrong[0].contains("echo three"), "{wrong:?}");
}

#[test]
fn dots_stand_for_any_text_and_any_lines() {
    let rows = [
        ("a … c", "a b c", true),
        ("a … c", "a b", false),
        ("…", "", true),
        ("first\n…\nlast", "first\n2\n3\nlast", true),
        ("first\n…\nlast", "first\nlast", true),
        ("first\n…\nlast", "first\n2\n3", false),
        ("same", "same\nmore", false),
        ("in … ms", "in 1.9 ms", true),
    ];
    for (shown, printed, same) in rows {
        let (shown, printed): (Vec<_>, Vec<_>) = (shown.lines().collect(), printed.lines().collect());
        assert_eq!(matches(&shown, &printed), same, "{shown:?} against {printed:?}");
    }
}

/// The servers that stand in for the README's addresses.
struct StandIns {
    plain: Echo,
    tls: Echo,
    authority: Authority,
}

impl StandIns {
    fn start() -> StandIns {
        let authority = Authority::new("README");
        let tls = Echo::start(Knobs { tls: Some(authority.localhost()), ..Knobs::default() });
        StandIns { plain: echo(), tls, authority }
    }

    /// The README's addresses and ours.
    fn pairs(&self) -> [(&'static str, String); 3] {
        let plain = format!("ws://127.0.0.1:{}", self.plain.port());
        let tls = format!("wss://localhost:{}", self.tls.port());
        [("wss://example.com", tls), ("ws://example.com", plain.clone()), ("ws://localhost:8080", plain)]
    }

    /// A command with our addresses; its own way of being called becomes the binary under test.
    fn translate(&self, command: &str) -> String {
        let mut command = command.replace("cargo run --release -- ", "wscope ");
        for built in ["cargo build", "cargo test", "cargo install"] {
            if command.starts_with(built) {
                command = ":".to_owned();
            }
        }
        self.pairs().iter().fold(command, |command, (shown, real)| command.replace(shown, real))
    }

    /// Output with the addresses that the commands of its block use.
    fn translate_back(&self, output: &str, block: &[Shown]) -> String {
        let used = |shown: &str| block.iter().any(|one| one.command.contains(shown));
        let pairs = self.pairs().into_iter().filter(|(shown, _)| used(shown));
        pairs.fold(output.to_owned(), |output, (shown, real)| output.replace(&real, shown))
    }
}

/// What is wrong with the outputs of a block.
fn run_block(block: &[Shown], servers: &StandIns) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = folder.path().join("bin");
    let work = folder.path().join("work");
    std::fs::create_dir_all(&programs).and_then(|()| std::fs::create_dir_all(&work)).expect("folders");
    std::os::unix::fs::symlink(BINARY, programs.join("wscope")).expect("a link to the binary");
    let config = folder.path().join("config");
    let ca = servers.authority.write(folder.path());
    std::fs::write(&config, format!("cacert {}\n", ca.display())).expect("a config file");
    let mut script = String::from("exec 2>&1\nset_status() { return $1; }\n");
    for shown in block {
        // The status is set again after the mark, so that a following `echo $?` sees it.
        script +=
            &format!("{}\n_s=$?; echo; echo '{MARK}'; set_status $_s\n", servers.translate(&shown.command));
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let call = shell(&script, &[]).env("PATH", path).env("WSCOPE_CONFIG", &config).current_dir(&work);
    let output = call.run();
    let printed = servers.translate_back(output.text(), block);
    let outputs: Vec<&str> = printed.split(MARK).collect();
    block.iter().zip(outputs).filter_map(|(shown, printed)| complaint(shown, printed)).collect()
}

fn complaint(shown: &Shown, printed: &str) -> Option<String> {
    let mut lines: Vec<&str> = printed.trim_start_matches('\n').lines().collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let wanted: Vec<&str> = shown.output.iter().map(String::as_str).collect();
    let right = matches(&wanted, &lines);
    (!right).then(|| {
        let (line, command) = (shown.line, &shown.command);
        format!(
            "README.md:{line}: $ {command}\nshown:\n{}\nprinted:\n{}\n",
            wanted.join("\n"),
            lines.join("\n")
        )
    })
}

/// The commands of every console block, block by block.
fn console_blocks(readme: &str) -> Vec<Vec<Shown>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<Shown>> = None;
    for (number, line) in readme.lines().enumerate() {
        if let Some(mut commands) = block.take() {
            if line.trim() == "```" {
                blocks.push(commands);
                continue;
            }
            add_line(&mut commands, number + 1, line);
            block = Some(commands);
        } else if line.trim() == "```console" {
            block = Some(Vec::new());
        }
    }
    assert!(block.is_none(), "a console block of README.md has no end");
    blocks
}

fn add_line(commands: &mut Vec<Shown>, number: usize, line: &str) {
    if let Some(command) = line.strip_prefix("$ ") {
        commands.push(Shown { line: number, command: command.to_owned(), output: Vec::new() });
        return;
    }
    let last = commands.last_mut().unwrap_or_else(|| panic!("README.md:{number}: output before any command"));
    if last.output.is_empty() && last.command.ends_with('\\') {
        last.command.push('\n');
        last.command.push_str(line.strip_prefix("> ").unwrap_or(line));
    } else {
        last.output.push(line.to_owned());
    }
}

/// Whether printed lines are those shown, where `…` stands for anything.
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..])),
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && matches(rest, others)),
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|start| printed.strip_prefix(start)) else { return false };
    let mut parts = parts.peekable();
    let has_dots = parts.peek().is_some();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    !has_dots && rest.is_empty()
}
