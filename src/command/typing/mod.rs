//! Lines that are typed at a terminal: read by an editor with history and completion, or plainly where the terminal
//! cannot edit, and understood as text to send or as slash commands.
//!
//! Three threads: the loop runs on the main one, the editor reads lines on its own and hands them to a `Desk`, and the
//! screen's thread places texts above the typed line. Used by a client's prompt and by a server's console; rustyline
//! is known here alone.

mod desk;
mod editor;
mod helper;
mod line;
mod plain;
mod slash;
mod thread;
mod viewer;

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;

use self::thread::Typist;
use crate::output::screen::Screen;
use crate::output::terminal::{self, Modes};

pub use desk::{Desk, Entered};
pub use line::{Setup, address};
pub use slash::{Command, Commands, Entry, SESSION, close, entry};

/// How long the editor may take to show what came last.
const MOMENT: Duration = Duration::from_millis(300);

/// A terminal at which lines are typed, and the screen around them.
pub struct Typing {
    typist: Typist,
    screen: Screen,
    printer: JoinHandle<()>,
}

impl Typing {
    /// Prepares to read lines for `desk`: typing begins with `starter`. `edits`: with a line editor, whose entries are
    /// kept in the file `history`. `drained` is called when a full screen has room again.
    pub fn open(
        desk: impl Desk,
        edits: bool,
        modes: Modes,
        history: Option<PathBuf>,
        drained: impl Fn() + Send + 'static,
    ) -> Result<Typing> {
        let typist = match edits {
            true => Typist::with_editor(desk, modes, history),
            false => Typist::without_editor(desk),
        };
        let (screen, printer) = Screen::start(typist.place()?, drained);
        Ok(Typing { typist, screen, printer })
    }

    /// Where texts are shown.
    pub fn screen(&self) -> Screen {
        self.screen.clone()
    }

    /// What lets typing begin.
    pub fn starter(&mut self) -> Box<dyn FnOnce()> {
        self.typist.starter(self.screen.clone())
    }

    /// Shows what is left to be shown, and ends the editor.
    ///
    /// An editor that is interrupted may hold a text that it has not shown. So it is given a moment to show all first;
    /// only one that does not, because it searches or waits for the rest of a key, is interrupted at once.
    pub fn finish(self) {
        let Typing { typist, screen, printer } = self;
        screen.end_within(&printer, MOMENT);
        typist.leave_prompt();
        // The printer only fails to join if it panicked, and then there is nothing more to wait for.
        let _ = printer.join();
        typist.end();
        terminal::write(&screen.rest().concat());
    }
}

/// What can be typed in a session, for `wscope help repl`.
pub fn help() -> String {
    Commands::of_session().help(None)
}
