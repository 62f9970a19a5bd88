//! The config file: default options, one a line, put before those of the command line.
//!
//! A line is a long option without `--`, a blank or `=`, and the rest of the line as its value, unquoted; `#` begins
//! a comment line. `[serve]` limits what follows to that command. Options that would weaken every session unseen
//! are refused.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Fault;
use crate::output::talk;

/// Options that must be asked for each time.
const REFUSED: [&str; 2] = ["insecure", "show-secrets"];

/// Commands that take no options from the file.
const WITHOUT: [&str; 5] = ["completions", "man", "help", "serve", "--version"];

/// One option of the file.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    name: String,
    value: Option<String>,
}

/// Puts the options of the config file behind the name of the command, so that those given later win.
///
/// # Errors
/// A line that is wrong, by file and number.
pub fn insert(args: &mut Vec<OsString>, command: &clap::Command) -> Result<()> {
    let first = args.get(1).and_then(|arg| arg.to_str()).unwrap_or_default();
    if WITHOUT.contains(&first) || args.iter().any(|arg| arg == "--no-config") {
        return Ok(());
    }
    let Some((path, text)) = read()? else { return Ok(()) };
    let inserted = options(&text, command).map_err(|(number, problem)| wrong(&path, number, &problem))?;
    let at = if command.get_subcommands().any(|sub| sub.get_name() == first) { 2 } else { 1 };
    args.splice(at..at, inserted.into_iter().map(OsString::from));
    Ok(())
}

/// The options that a file of this text gives to a session, as arguments.
///
/// # Errors
/// The number of the first line that is wrong, and what is wrong with it.
pub fn options(text: &str, command: &clap::Command) -> Result<Vec<String>, (usize, String)> {
    let mut command = command.clone();
    // Only a built command knows how many values an option takes.
    command.build();
    let lines: Result<_, _> = text.lines().enumerate().map(|(index, line)| parse(index + 1, line)).collect();
    let argument = |option: Line| {
        let argument = check(&option, &command).and_then(|argument| {
            check_value(&argument, &command)?;
            Ok(argument)
        });
        argument.map_err(|problem| (option.number, problem))
    };
    for_sessions(lines?).into_iter().map(argument).collect()
}

/// Whether the parser takes the value. What it misses beside it is a matter of the whole command line.
fn check_value(argument: &str, command: &clap::Command) -> Result<(), String> {
    use clap::error::ErrorKind::{InvalidValue, ValueValidation};
    let Err(error) = command.clone().try_get_matches_from(["wscope", argument, "localhost"]) else {
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
        Err(error) if named.is_none() => {
            // Another user's home must not make the program useless.
            let cause = crate::net::io_text(&error);
            talk::say(&format!("* config file {}: {cause}; its options do not count\n", path.display()));
            Ok(None)
        }
        Err(error) => {
            let cause = crate::net::io_text(&error);
            Err(Fault::usage(format!("config file {}: {cause}", path.display())).into())
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

/// What stands before the first section.
fn for_sessions(lines: Vec<Option<Line>>) -> Vec<Line> {
    lines.into_iter().flatten().take_while(|line| !line.name.starts_with('[')).collect()
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
        assert_eq!(for_sessions(lines.into()).len(), 1);
    }
}
