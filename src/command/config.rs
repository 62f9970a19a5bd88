//! The config file: default options, one a line, put before those of the command line.
//!
//! A line is a long option without `--`, a blank or `=`, and the rest of the line as its value, unquoted; `#` begins
//! a comment line. `[serve]` limits what follows to that command, which takes nothing else from the file: what is a
//! secret or a field for the servers one talks to is none for the clients one serves. Options that would weaken every
//! session unseen are refused.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Fault;
use crate::output::talk;

/// Options that must be asked for each time.
const REFUSED: [&str; 2] = ["insecure", "show-secrets"];

/// Commands that take no options from the file.
const WITHOUT: [&str; 4] = ["completions", "man", "help", "--version"];

/// The command that has a section of its own.
const SERVE: &str = "serve";

/// One option of the file.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    name: String,
    value: Option<String>,
}

/// Puts the options of the config file behind the name of the command, so that those given later win. `command` makes
/// the parser, which is needed only where there is such a file.
///
/// # Errors
/// A line that is wrong, by file and number.
pub fn insert(args: &mut Vec<OsString>, command: impl FnOnce() -> clap::Command) -> Result<()> {
    let first = args.get(1).and_then(|arg| arg.to_str()).unwrap_or_default();
    if WITHOUT.contains(&first) || args.iter().any(|arg| arg == "--no-config") {
        return Ok(());
    }
    let Some((path, text)) = read()? else { return Ok(()) };
    let command = command();
    let inserted = match first {
        SERVE => options_of_server(&text, &command),
        _ => options(&text, &command),
    };
    let inserted = inserted.map_err(|(number, problem)| wrong(&path, number, &problem))?;
    let at = if command.get_subcommands().any(|sub| sub.get_name() == first) { 2 } else { 1 };
    args.splice(at..at, inserted.into_iter().map(OsString::from));
    Ok(())
}

/// The options that a file of this text gives to a session, as arguments.
///
/// # Errors
/// The number of the first line that is wrong, and what is wrong with it.
pub fn options(text: &str, command: &clap::Command) -> Result<Vec<String>, (usize, String)> {
    let (for_sessions, _) = sections(lines(text)?);
    arguments(for_sessions, command, &["wscope"], &["localhost"])
}

/// The same for what a file gives to `wscope serve`.
fn options_of_server(text: &str, command: &clap::Command) -> Result<Vec<String>, (usize, String)> {
    let (_, for_servers) = sections(lines(text)?);
    let Some(serve) = command.find_subcommand(SERVE) else { return Ok(Vec::new()) };
    arguments(for_servers, serve, &[SERVE], &[])
}

fn lines(text: &str) -> Result<Vec<Option<Line>>, (usize, String)> {
    text.lines().enumerate().map(|(index, line)| parse(index + 1, line)).collect()
}

/// Checks the lines against a command; `before` and `after` make a whole command line of one option.
fn arguments(
    lines: Vec<Line>,
    command: &clap::Command,
    before: &[&str],
    after: &[&str],
) -> Result<Vec<String>, (usize, String)> {
    let mut command = command.clone();
    // Only a built command knows how many values an option takes.
    command.build();
    let argument = |option: Line| {
        let argument = check(&option, &command).and_then(|argument| {
            let whole = [before, &[&argument], after].concat();
            check_value(&whole, &command)?;
            Ok(argument)
        });
        argument.map_err(|problem| (option.number, problem))
    };
    lines.into_iter().map(argument).collect()
}

/// Whether the parser takes the value. What it misses beside it is a matter of the whole command line.
fn check_value(whole: &[&str], command: &clap::Command) -> Result<(), String> {
    use clap::error::ErrorKind::{InvalidValue, ValueValidation};
    let Err(error) = command.clone().try_get_matches_from(whole) else {
        return Ok(());
    };
    match error.kind() {
        InvalidValue | ValueValidation => {
            let text = error.to_string();
            Err(text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned())
        }
        _ => Ok(()),
    }
}

fn wrong(path: &Path, number: usize, problem: &str) -> anyhow::Error {
    let fault = Fault::usage(format!("config file {}, line {number}: {problem}", path.display()));
    fault.hint("--no-config leaves the file unread").into()
}

/// The file and its text, where there is one. One that is named must be there.
fn read() -> Result<Option<(PathBuf, String)>> {
    use etcetera::BaseStrategy;
    let named = std::env::var_os("WSCOPE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = || Some(etcetera::choose_base_strategy().ok()?.config_dir().join("wscope").join("config"));
    let Some(path) = named.clone().or_else(usual) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if named.is_none() && is_absent(&error) => Ok(None),
        Err(error) if named.is_none() && error.kind() != std::io::ErrorKind::InvalidData => {
            // Another user's home must not make the program useless.
            let cause = crate::net::io_text(&error);
            talk::say(&format!("* config file {}: {cause}; its options do not count\n", path.display()));
            Ok(None)
        }
        Err(error) => {
            let cause = match error.kind() {
                std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
                _ => crate::net::io_text(&error),
            };
            let fault = Fault::usage(format!("config file {}: {cause}", path.display()));
            Err(fault.hint("--no-config leaves the file unread").into())
        }
    }
}

/// Whether there simply is no such file.
fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// One line: nothing, a section, or an option. Sections come out as options whose name has brackets.
fn parse(number: usize, line: &str) -> Result<Option<Line>, (usize, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.starts_with('[') {
        return match line {
            "[serve]" => Ok(Some(Line { number, name: line.to_owned(), value: None })),
            _ => Err((number, format!("there is no section {line}, only [serve]"))),
        };
    }
    let (name, value) = match line.find([' ', '\t', '=']) {
        None => (line, None),
        Some(at) => (&line[..at], Some(line[at..].trim_start_matches([' ', '\t']))),
    };
    let value = value.map(|value| value.strip_prefix('=').unwrap_or(value).trim_start_matches([' ', '\t']));
    Ok(Some(Line { number, name: name.to_owned(), value: value.map(str::to_owned) }))
}

/// What stands before the first section, and what stands in sections for servers.
fn sections(lines: Vec<Option<Line>>) -> (Vec<Line>, Vec<Line>) {
    let is_section = |line: &Line| line.name.starts_with('[');
    let mut for_sessions: Vec<Line> = lines.into_iter().flatten().collect();
    let first = for_sessions.iter().position(is_section).unwrap_or(for_sessions.len());
    let mut for_servers = for_sessions.split_off(first);
    for_servers.retain(|line| !is_section(line));
    (for_sessions, for_servers)
}

/// The option as an argument, if there is such an option and it may stand in the file.
fn check(line: &Line, command: &clap::Command) -> Result<String, String> {
    let name = line.name.as_str();
    if name.starts_with('-') {
        return Err(format!("options are written without dashes: {}", name.trim_start_matches('-')));
    }
    if REFUSED.contains(&name) {
        return Err(format!("{name} must be given on the command line each time"));
    }
    let known = command.get_arguments().find(|argument| argument.get_long() == Some(name));
    let Some(argument) = known.filter(|_| !["help", "version", "no-config"].contains(&name)) else {
        let names = command.get_arguments().filter_map(clap::Arg::get_long);
        let near = names.max_by(|a, b| {
            strsim::normalized_damerau_levenshtein(name, a)
                .total_cmp(&strsim::normalized_damerau_levenshtein(name, b))
        });
        return Err(format!("there is no option '{name}'; the nearest is '{}'", near.unwrap_or_default()));
    };
    let takes = argument.get_num_args().is_some_and(|range| range.min_values() > 0);
    match (&line.value, argument.get_action().takes_values()) {
        (Some(value), true) => Ok(format!("--{name}={value}")),
        (None, true) if takes => Err(format!("{name} needs a value")),
        (Some(_), false) => Err(format!("{name} takes no value")),
        (None, _) => Ok(format!("--{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, value: Option<&str>) -> Option<Line> {
        Some(Line { number: 1, name: name.to_owned(), value: value.map(str::to_owned) })
    }

    #[test]
    fn lines_take_a_blank_or_an_equals_sign() {
        let table = [
            ("", None),
            ("# a comment", None),
            ("verbose", line("verbose", None)),
            ("header X: a # b", line("header", Some("X: a # b"))),
            ("ping-interval=5s", line("ping-interval", Some("5s"))),
            ("linger = 2s", line("linger", Some("2s"))),
            ("until a=b", line("until", Some("a=b"))),
            ("  origin\thttp://x  ", line("origin", Some("http://x"))),
        ];
        for (text, expected) in table {
            assert_eq!(parse(1, text), Ok(expected), "{text}");
        }
        assert!(parse(3, "[other]").is_err());
    }

    #[test]
    fn what_follows_a_section_is_not_for_sessions() {
        let lines = ["linger 1s", "[serve]", "path /x"].map(|text| parse(1, text).expect("good"));
        let (for_sessions, for_servers) = sections(lines.into());
        assert_eq!((for_sessions.len(), for_servers.len()), (1, 1));
        assert_eq!(for_servers[0].name, "path");
    }
}
