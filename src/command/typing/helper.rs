//! What the editor asks about the line being typed: completion, hints, and whether Enter sends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ConditionalEventHandler, Context, Event, EventContext, Helper as RustylineHelper, RepeatCount,
    Result,
};

use super::slash::{Commands, Entry, crafted};
use super::thread::Signals;
#[cfg(unix)]
use crate::output::terminal::Modes;
use crate::wire::close::CODES;

/// The editor with our helper.
pub type Editor = rustyline::Editor<Helper, DefaultHistory>;

/// What is being typed, for those who cannot ask the editor.
#[derive(Clone, Default)]
pub struct Draft(Arc<Mutex<String>>);

/// Whether Ctrl-C was typed: the editor reports a signal in the same way.
#[derive(Clone, Default)]
pub struct Interrupted(Arc<AtomicBool>);

impl Interrupted {
    /// Whether it was typed since asked last.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl ConditionalEventHandler for Interrupted {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.0.store(true, Ordering::SeqCst);
        Some(Cmd::Interrupt)
    }
}

/// Ctrl-Z. The editor's own way sends the signal to the process, and with several threads that may stop only after
/// the editor has gone on; sent to this thread, it stops right here.
#[cfg(unix)]
pub struct Suspend(pub Modes);

#[cfg(unix)]
impl ConditionalEventHandler for Suspend {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        use nix::sys::pthread::{pthread_kill, pthread_self};
        let raw = Modes::save();
        self.0.restore();
        // It cannot fail for this thread and a signal that exists.
        let _ = pthread_kill(pthread_self(), nix::sys::signal::Signal::SIGTSTP);
        raw.resume_editing();
        Some(Cmd::Repaint)
    }
}

/// Completion, hints and continuation.
pub struct Helper {
    files: FilenameCompleter,
    history: HistoryHinter,
    draft: Draft,
    signals: Arc<Signals>,
    commands: Commands,
}

impl Draft {
    /// Whether nothing has been typed on the current line.
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes note of what is typed.
    pub fn set(&self, line: &str) {
        let mut typed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        typed.clear();
        // Only its emptiness is asked for; a paste of any size need not be copied.
        typed.push_str(line.get(..1).unwrap_or(if line.is_empty() { "" } else { "x" }));
    }
}

impl Helper {
    /// A helper that takes note of the line in `draft`, and tells `signals` when texts can be shown above it.
    pub(super) fn new(draft: Draft, signals: Arc<Signals>, commands: Commands) -> Helper {
        let (files, history) = (FilenameCompleter::new(), HistoryHinter::new());
        Helper { files, history, draft, signals, commands }
    }

    /// The commands by name.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.commands.entries.iter().map(|entry| entry.name)
    }
}

impl RustylineHelper for Helper {}
impl Highlighter for Helper {}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match self.commands.is_unfinished(context.input()) {
            true => ValidationResult::Incomplete,
            false => {
                self.signals.leave_texts();
                ValidationResult::Valid(None)
            }
        })
    }
}

impl Hinter for Helper {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        // Asked for with each line shown, first with the empty one: the editor has the terminal.
        self.signals.take_texts();
        self.draft.set(line);
        if pos < line.len() || line.contains('\n') {
            return None;
        }
        arguments_hint(&self.commands, self.commands.address(line).1)
            .or_else(|| self.history.hint(line, pos, context))
    }
}

/// What a command that was typed in full takes.
fn arguments_hint(commands: &Commands, line: &str) -> Option<String> {
    let name = line.strip_prefix('/')?;
    let bare = name.strip_suffix(' ').unwrap_or(name);
    let entry = commands.find(bare).ok().filter(|entry| !entry.arguments.is_empty())?;
    let blank = if bare.len() == name.len() { " " } else { "" };
    Some(format!("{blank}{}", entry.arguments))
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (whom, typed) = self.commands.address(&line[..pos]);
        let Some(command) = typed.strip_prefix('/') else { return Ok((pos, Vec::new())) };
        match command.split_once(' ') {
            None => Ok((pos - typed.len(), names(&self.commands, whom.is_some(), command))),
            Some((name, rest)) if takes_code(&self.commands, name, rest) => {
                let code = last_word(rest);
                Ok((pos - code.len(), close_codes(code)))
            }
            Some(("file" | "save" | "record", _)) => self.files.complete(line, pos, context),
            Some(("help", name)) => Ok((pos - name.len(), words(self.names(), name))),
            Some(("frame", rest)) => {
                let word = last_word(rest);
                Ok((pos - word.len(), words(crafted::WORDS.into_iter(), word)))
            }
            Some((name, word)) if !word.contains(' ') => {
                Ok((pos - word.len(), choices(&self.commands, name, word)))
            }
            Some(_) => Ok((pos, Vec::new())),
        }
    }
}

fn names(commands: &Commands, for_one: bool, start: &str) -> Vec<Pair> {
    let is_possible = |entry: &Entry| !(for_one && commands.about_all.contains(&entry.name));
    let fitting = commands.entries.iter().filter(|entry| entry.name.starts_with(start) && is_possible(entry));
    fitting
        .map(|entry| {
            let blank = if entry.arguments.is_empty() { "" } else { " " };
            Pair { display: format!("/{}", entry.name), replacement: format!("/{}{blank}", entry.name) }
        })
        .collect()
}

fn last_word(words: &str) -> &str {
    words.rsplit(' ').next().unwrap_or_default()
}

/// Whether the last of the words behind a command is a close code.
fn takes_code(commands: &Commands, name: &str, words: &str) -> bool {
    let before = words.matches(' ').count();
    commands.find(name).is_ok_and(|entry| entry.arguments.split(' ').nth(before) == Some("[CODE]"))
}

fn close_codes(start: &str) -> Vec<Pair> {
    let usable = CODES.iter().filter(|code| code.on_wire);
    let pairs = usable.map(|code| (code.number.to_string(), code.name));
    let fitting = pairs.filter(|(number, _)| number.starts_with(start));
    fitting
        .map(|(number, name)| Pair { display: format!("{number} {name}"), replacement: format!("{number} ") })
        .collect()
}

/// The words of a command that takes one of a few, read off its arguments.
fn choices(commands: &Commands, name: &str, start: &str) -> Vec<Pair> {
    let entry = commands.find(name).ok().filter(|entry| entry.arguments.contains('|'));
    let entry = entry.filter(|entry| !entry.arguments.contains(' '));
    entry.map_or_else(Vec::new, |entry| words(entry.arguments.split('|'), start))
}

fn words<'a>(all: impl Iterator<Item = &'a str>, start: &str) -> Vec<Pair> {
    let fitting = all.filter(|word| word.starts_with(start));
    fitting.map(|word| Pair { display: word.to_owned(), replacement: word.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pairs: Vec<Pair>) -> Vec<String> {
        pairs.into_iter().map(|pair| pair.display).collect()
    }

    #[test]
    fn commands_codes_and_choices_complete() {
        let commands = Commands::of_session();
        assert_eq!(shown(names(&commands, false, "pi")), ["/ping"]);
        assert!(shown(close_codes("100")).iter().any(|code| code.starts_with("1000 ")));
        assert!(!shown(close_codes("")).iter().any(|code| code.starts_with("1006")));
        assert!(takes_code(&commands, "close", "") && takes_code(&commands, "close", "10"));
        assert!(!takes_code(&commands, "close", "1000 b") && !takes_code(&commands, "ping", ""));
        assert_eq!(shown(choices(&commands, "quiet", "o")), ["on", "off"]);
        assert!(choices(&commands, "ping", "").is_empty() && choices(&commands, "raw", "").is_empty());
    }

    #[test]
    fn a_command_hints_at_its_arguments() {
        let hint = |line| arguments_hint(&Commands::of_session(), line);
        assert_eq!(hint("/close").as_deref(), Some(" [CODE] [REASON]"));
        assert_eq!(hint("/close ").as_deref(), Some("[CODE] [REASON]"));
        assert_eq!(hint("/status"), None);
        assert_eq!(hint("close"), None);
    }
}
