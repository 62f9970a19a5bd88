//! Reads lines with the line editor: history, search, completion, pastes as one entry.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use rustyline::error::ReadlineError;
use rustyline::history::History;
use rustyline::{CompletionType, Config, EventHandler, ExternalPrinter, KeyEvent};

use super::desk::{Desk, Entered};
#[cfg(unix)]
use super::helper::Suspend;
use super::helper::{Draft, Editor, Helper, Interrupted};
use super::slash::Commands;
use super::thread::{Signals, Stage};
use super::viewer;
use crate::command::client::Order;
use crate::output::screen::{Place, Screen};
use crate::output::terminal::{self, Modes};

/// A lone ESC must not stop all printing: after this many milliseconds it is a key of its own.
const ESCAPE_TIMEOUT: u16 = 50;

/// How many entries are kept.
const HISTORY_SIZE: usize = 10_000;

const PROMPT: &str = "> ";

/// Goes back to the line above and clears it: a prompt on which nothing was typed.
const LINE_UP: &str = "\x1b[A\x1b[2K";

/// Places texts above the line being typed.
struct Above {
    printer: Box<dyn ExternalPrinter + Send>,
    signals: Arc<Signals>,
}

impl Place for Above {
    fn place(&mut self, text: String) -> std::io::Result<()> {
        self.signals.give(|| self.printer.print(text)).map_err(std::io::Error::other)
    }

    /// The editor takes texts one at a time: when it has taken this one, it has shown all before.
    fn finish(&mut self) {
        // An editor that is gone has nothing left to show.
        let _ = self.signals.give(|| self.printer.print(String::new()));
    }
}

/// Reads lines until the session is over, then shows what the editor still holds.
pub(super) fn run(
    desk: &dyn Desk,
    modes: &Modes,
    history: Option<PathBuf>,
    signals: &Arc<Signals>,
    go: &Receiver<Screen>,
    place: &Sender<Box<dyn Place>>,
) {
    let draft = Draft::default();
    let interrupted = Interrupted::default();
    let helper = Helper::new(draft.clone(), Arc::clone(signals), Commands::clone(desk.commands()));
    let mut editor = match build(helper, interrupted.clone(), modes) {
        Ok(editor) => editor,
        Err(error) => return give_up(desk, &error),
    };
    match editor.create_external_printer() {
        Ok(printer) => {
            drop(place.send(Box::new(Above { printer: Box::new(printer), signals: Arc::clone(signals) })))
        }
        Err(error) => return give_up(desk, &error),
    }
    if let Ok(screen) = go.recv() {
        let mut typist = Reader { desk, signals, screen, draft, interrupted, history, warned: false };
        typist.load(&mut editor);
        while !signals.is_over() && typist.read(&mut editor) {}
    }
    signals.set(Stage::Left);
    show_the_rest(&mut editor, desk, signals);
}

/// Reads on without a prompt until everything is shown: the editor may hold a text, and the printer waits until it
/// takes the next.
fn show_the_rest(editor: &mut Editor, desk: &dyn Desk, signals: &Signals) {
    while !signals.is_shown() {
        match editor.readline("") {
            Ok(_) => {}
            Err(ReadlineError::Interrupted) if signals.is_over() => terminal::write(LINE_UP),
            // The closing handshake takes its time, and the user has none.
            Err(ReadlineError::Interrupted) => {
                desk.order(Order::Interrupt);
            }
            Err(_) => return signals.wait_until_over(),
        }
    }
}

fn build(helper: Helper, interrupted: Interrupted, modes: &Modes) -> rustyline::Result<Editor> {
    let config = Config::builder()
        .keyseq_timeout(Some(ESCAPE_TIMEOUT))
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .max_history_size(HISTORY_SIZE)?
        .auto_add_history(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(helper));
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupted)));
    #[cfg(not(unix))]
    let _ = modes;
    #[cfg(unix)]
    editor.bind_sequence(KeyEvent::ctrl('Z'), EventHandler::Conditional(Box::new(Suspend(modes.clone()))));
    Ok(editor)
}

fn give_up(desk: &dyn Desk, error: &ReadlineError) {
    desk.order(Order::Complain(format!("the terminal cannot be used: {error}")));
    desk.order(Order::EndOfInput);
}

/// What reading a line needs.
struct Reader<'a> {
    desk: &'a dyn Desk,
    signals: &'a Signals,
    screen: Screen,
    draft: Draft,
    interrupted: Interrupted,
    history: Option<PathBuf>,
    warned: bool,
}

impl Reader<'_> {
    /// Reads one entry and does what it asks for. `false` when there is nothing more to read.
    fn read(&mut self, editor: &mut Editor) -> bool {
        self.draft.set("");
        let line = editor.readline(PROMPT);
        self.signals.leave_texts();
        match line {
            Ok(entry) => {
                self.remember(editor, &entry);
                self.obey(&entry);
                true
            }
            Err(ReadlineError::Interrupted) if self.signals.is_over() => {
                if self.draft.is_empty() {
                    terminal::write(LINE_UP);
                }
                false
            }
            // Nobody typed it: the signal came from outside.
            Err(ReadlineError::Interrupted) if !self.interrupted.take() => {
                self.desk.order(Order::Interrupt);
                false
            }
            // A line that was begun is cleared; on an empty one Ctrl-C means to leave.
            Err(ReadlineError::Interrupted) if !self.draft.is_empty() => true,
            Err(ReadlineError::Interrupted) => {
                self.desk.order(Order::Interrupt);
                false
            }
            Err(ReadlineError::Eof) => {
                self.desk.order(Order::EndOfInput);
                false
            }
            Err(error) => {
                give_up(self.desk, &error);
                false
            }
        }
    }

    fn obey(&self, entry: &str) {
        match self.desk.enter(entry) {
            Entered::Done => {}
            Entered::Show(back) => self.show(back),
            Entered::Edit => self.edit(entry),
        }
    }

    /// Shows a message in full; what does not fit on the screen goes through the pager.
    fn show(&self, back: usize) {
        let (reply, message) = std::sync::mpsc::channel();
        if !self.desk.order(Order::Show { back, reply }) {
            return;
        }
        let Ok(Some(text)) = message.recv() else { return };
        if !viewer::is_long(&text) {
            return self.screen.show(text);
        }
        self.signals.set(Stage::Away);
        let result = viewer::page(&text);
        self.signals.set(Stage::Typing);
        if result.is_err() {
            self.screen.show(text);
        }
    }

    /// Composes a message in another program.
    fn edit(&self, asked: &str) {
        self.signals.set(Stage::Away);
        let result = viewer::compose();
        self.signals.set(Stage::Typing);
        match result {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.desk.compose(asked, &text),
            Err(error) => drop(self.desk.order(Order::Complain(error.to_string()))),
        }
    }

    fn load(&mut self, editor: &mut Editor) {
        let Some(path) = self.history.clone() else { return };
        if !path.exists() {
            return;
        }
        if let Err(error) = editor.load_history(&path) {
            self.warn(&path, &error);
        }
    }

    /// Keeps an entry at once, so that nothing is lost whatever happens to the program.
    fn remember(&mut self, editor: &mut Editor, entry: &str) {
        // An entry that is not kept in memory (empty, after a blank, the same again) is not kept on disk.
        if !matches!(editor.add_history_entry(entry), Ok(true)) || editor.history().is_empty() {
            return;
        }
        let Some(path) = self.history.clone() else { return };
        let folder = path.parent().map_or(Ok(()), create_private_folder);
        if let Err(error) = folder.map_err(ReadlineError::from).and_then(|()| editor.append_history(&path)) {
            self.warn(&path, &error);
        }
    }

    fn warn(&mut self, path: &Path, error: &ReadlineError) {
        if !std::mem::replace(&mut self.warned, true) {
            let text = format!("the history {} cannot be used: {error}", path.display());
            self.desk.order(Order::Complain(text));
        }
    }
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
