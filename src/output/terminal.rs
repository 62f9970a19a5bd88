//! The terminal as a device: whether there is one, how wide it is, and giving it back as it was found.

use std::io::{self, IsTerminal, Write};

/// Ends bracketed paste (DECRST 2004).
const BRACKETED_PASTE_OFF: &str = "\x1b[?2004l";

/// Begins bracketed paste (DECSET 2004).
#[cfg(unix)]
const BRACKETED_PASTE_ON: &str = "\x1b[?2004h";

/// How long a dying process waits for its terminal.
const RESTORE_LIMIT: std::time::Duration = std::time::Duration::from_millis(200);

/// Which standard streams are terminals.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// Descriptor 0.
    pub stdin: bool,
    /// Descriptor 1.
    pub stdout: bool,
    /// Descriptor 2.
    pub stderr: bool,
}

impl Streams {
    /// Asks the system.
    pub fn find() -> Streams {
        Streams {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        }
    }
}

/// Columns and rows of the terminal, 80 and 24 where it does not say.
pub fn size() -> (usize, usize) {
    let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
    let or = |number: u16, otherwise| if number == 0 { otherwise } else { usize::from(number) };
    (or(columns, 80), or(rows, 24))
}

/// Columns of the terminal.
pub fn width() -> usize {
    size().0
}

/// Writes text to the terminal. If it has gone, there is nobody to tell.
pub fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Whether TERM names a terminal that knows escape sequences: a line editor can work there, and colours show.
pub fn knows_sequences() -> bool {
    cfg!(windows) || std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether colours are wanted: NO_COLOR asks for none, and TERM names a terminal that knows them.
pub fn takes_color() -> bool {
    knows_sequences() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The modes of the terminal as found at the start.
#[derive(Clone, Debug)]
pub struct Modes {
    /// Nothing is put back: nobody changes them.
    untouched: bool,
    #[cfg(unix)]
    termios: Option<rustix::termios::Termios>,
}

impl Modes {
    /// Remembers them.
    pub fn save() -> Modes {
        Modes {
            untouched: false,
            #[cfg(unix)]
            termios: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    /// Those of a terminal that is left as it is: putting them back does nothing. From the background that would stop
    /// the process (SIGTTOU).
    pub fn untouched() -> Modes {
        Modes {
            untouched: true,
            #[cfg(unix)]
            termios: None,
        }
    }

    /// Puts them back, ends bracketed paste and shows the cursor: whatever the editor was doing.
    pub fn restore(&self) {
        if self.untouched {
            return;
        }
        #[cfg(unix)]
        if let Some(termios) = &self.termios {
            // A terminal that has gone needs no restoring.
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, termios);
        }
        let mut stdout = io::stdout();
        if !stdout.is_terminal() || !knows_sequences() {
            return;
        }
        let _ = crossterm::execute!(
            stdout,
            crossterm::style::Print(BRACKETED_PASTE_OFF),
            crossterm::cursor::Show
        );
        let _ = stdout.flush();
    }

    /// Puts the modes of an editor back that had been restored, and begins bracketed paste again.
    #[cfg(unix)]
    pub fn resume_editing(&self) {
        if let Some(termios) = &self.termios {
            // A terminal that has gone needs no editor.
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, termios);
        }
        write(BRACKETED_PASTE_ON);
    }

    /// The same for a process that is about to die: a terminal that takes nothing must not keep it alive.
    pub fn restore_or_leave(&self) {
        let modes = self.clone();
        let (done, restored) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            modes.restore();
            // Whoever waited may have given up.
            let _ = done.send(());
        });
        let _ = restored.recv_timeout(RESTORE_LIMIT);
    }

    /// Has a panic on any thread put them back before it is reported.
    pub fn restore_on_panic(&self) {
        let modes = self.clone();
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            modes.restore();
            report(panic);
        }));
    }
}
