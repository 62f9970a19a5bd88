//! Joins the commands into one parser; prints completions and the man page.

mod deferred;
mod texts;

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Result;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::deferred::Deferred;
use crate::command::args::Options;
use crate::command::{Fault, Outcome, config, connect, demo, help, serve};
use crate::exit;
use crate::output::talk;

/// The command line as a whole.
#[derive(Parser, Debug)]
#[command(
    name = "wscope",
    about = "A WebSocket client and test tool for the terminal",
    disable_help_subcommand = true,
    disable_version_flag = true,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    override_usage = texts::USAGE,
    after_help = texts::SHORT_EXAMPLES,
    after_long_help = texts::EXAMPLES,
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Where to connect: ws://, wss://, http:// or https://; without a scheme it is ws
    #[arg(value_name = "URL")]
    url: Option<String>,

    /// Print the version and the TLS library
    #[arg(short = 'V', long, action = clap::ArgAction::SetTrue)]
    version: bool,

    #[command(flatten)]
    options: Options,
}

/// What can be asked for by name.
#[derive(Subcommand, Debug)]
enum Command {
    /// Connect to a URL; the word may be left out
    Connect(Deferred<connect::Args>),
    /// A session with a built-in echo server on loopback
    Demo(Deferred<demo::Args>),
    /// A test server: echo, broadcast, canned answers
    Serve(Deferred<serve::Args>),
    /// Print a completion script: bash, zsh, fish, powershell or elvish
    Completions {
        /// The shell it is for
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
    /// Explain exit-codes, close-codes, forms, limits, records, config or repl
    Help {
        /// What to explain; without it the options
        topic: Option<String>,
    },
}

/// What the command line asks for.
pub struct Call(Kind);

enum Kind {
    Connect(Box<connect::Args>),
    Demo(Box<demo::Args>),
    Serve(Box<serve::Args>),
    /// Text for stdout.
    Print(Vec<u8>),
}

/// Reads the command line, with the options of the config file before its own.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Call> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.len() < 2 {
        let help = command().render_help().to_string();
        return Err(Fault::usage(format!("a URL or a command is missing\n\n{help}")).into());
    }
    // Before those of the config file stand there.
    let first =
        args.get(1).and_then(|word| word.to_str()).filter(|word| !word.starts_with('-')).map(str::to_owned);
    config::insert(&mut args, command)?;
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return refused(error, first.as_deref()),
    };
    let cli = Cli::from_arg_matches(&matches)?;
    Ok(Call(match (cli.version, cli.command, cli.url) {
        (true, _, _) => Kind::Print(version().into_bytes()),
        (_, Some(Command::Connect(Deferred(args))), _) => Kind::Connect(args),
        (_, Some(Command::Demo(Deferred(args))), _) => Kind::Demo(args),
        (_, Some(Command::Serve(Deferred(args))), _) => Kind::Serve(args),
        (_, Some(Command::Completions { shell }), _) => Kind::Print(completions(shell)),
        (_, Some(Command::Man), _) => Kind::Print(man()?),
        (_, Some(Command::Help { topic }), _) => Kind::Print(explain(topic.as_deref())?.into_bytes()),
        (_, None, Some(url)) => Kind::Connect(Box::new(connect::Args { options: cli.options, url })),
        (_, None, None) => {
            return Err(Fault::usage("a URL or a command is missing").hint("wscope --help").into());
        }
    }))
}

/// Does what was asked for.
pub fn run(call: Call, started: Instant) -> Result<Outcome> {
    match call.0 {
        Kind::Connect(args) => match near_command(&args.url) {
            Some(fault) => Err(fault.into()),
            None => connect::run(*args, started, exit::code),
        },
        Kind::Demo(args) => demo::run(*args, started, exit::code),
        Kind::Serve(args) => serve::run(*args, started),
        Kind::Print(text) => {
            talk::print(&text).map_err(|error| Fault::local(format!("standard output: {error}")))?;
            Ok(Outcome::Done)
        }
    }
}

/// The options that a config file of this text gives to a session, or the number of a line and what is wrong with it.
pub fn config_options(text: &str) -> Result<Vec<String>, (usize, String)> {
    config::options(text, &command())
}

fn command() -> clap::Command {
    Cli::command()
}

/// Help and version are answers; everything else is a wrong command line.
fn refused(error: clap::Error, first: Option<&str>) -> Result<Call> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Ok(Call(Kind::Print(error.to_string().into_bytes())))
        }
        ErrorKind::ArgumentConflict | ErrorKind::UnknownArgument if first.is_some_and(is_mistyped) => {
            Err(first.and_then(near_command).map_or_else(|| error.into(), Into::into))
        }
        ErrorKind::ArgumentConflict => match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(word)) => Err(misplaced(word).into()),
            _ => Err(as_usage(&error).into()),
        },
        _ => Err(as_usage(&error).into()),
    }
}

/// An error as the library words it.
fn as_usage(error: &clap::Error) -> Fault {
    let text = error.to_string();
    Fault::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned())
}

/// A word behind the URL or the options of a session, where no word is expected.
fn misplaced(word: &str) -> Fault {
    match command().find_subcommand(word) {
        Some(_) => Fault::usage(before_its_options(word)),
        None => Fault::usage(format!("unexpected argument '{word}': a session has one URL"))
            .hint("-m 'TEXT' sends a message"),
    }
}

fn before_its_options(name: &str) -> String {
    format!("the command '{name}' stands before its options: wscope {name} ...")
}

/// Whether a word is neither a command nor a URL.
fn is_mistyped(word: &str) -> bool {
    near_command(word).is_some() && command().find_subcommand(word).is_none()
}

/// A word that is no URL is most likely a mistyped command, or one behind its options.
fn near_command(word: &str) -> Option<Fault> {
    let Err(error @ crate::net::TargetError::Unlikely(_)) = crate::net::Target::parse(word) else {
        return None;
    };
    let names: Vec<String> = command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    if names.iter().any(|name| name == word) {
        return Some(Fault::usage(before_its_options(word)));
    }
    let likeness = |name: &String| strsim::normalized_damerau_levenshtein(word, name);
    let near = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    Some(
        Fault::usage(error.to_string())
            .hint(format!("the nearest command is '{near}'; a URL is ws://{word}")),
    )
}

fn version() -> String {
    let library = crate::net::tls::library();
    format!("wscope {} ({library})\n", env!("CARGO_PKG_VERSION"))
}

fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "wscope", &mut script);
    script
}

fn man() -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let man =
        clap_mangen::Man::new(command().version(env!("CARGO_PKG_VERSION")).after_long_help(texts::EXAMPLES));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    texts::man_sections(&mut page, exit::MEANINGS)?;
    Ok(page)
}

fn explain(topic: Option<&str>) -> Result<String> {
    match topic {
        None => Ok(command().render_long_help().to_string()),
        Some("exit-codes") => Ok(texts::exit_codes(exit::MEANINGS)),
        Some(topic) => help::topic(topic),
    }
}
