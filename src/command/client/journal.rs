//! The recording of a session as it happens (`--record`, `/record`).

use std::io;
use std::path::{Path, PathBuf};

use crate::output::recording::Recording;
use crate::record::Writer;
use crate::session::{Event, Stamp};

/// An open recording and how its records are written.
pub struct Journal {
    path: PathBuf,
    recording: Recording,
    writer: Writer,
}

impl Journal {
    /// Creates the file.
    pub fn create(path: &Path, writer: Writer) -> io::Result<Journal> {
        Ok(Journal { path: path.to_owned(), recording: Recording::create(path)?, writer })
    }

    /// Where it is written to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on events are of this connection, by its number, or of none.
    pub fn about(&mut self, connection: Option<u64>) -> &mut Journal {
        self.writer.about(connection);
        self
    }

    /// Takes down that a server listens.
    pub fn listening(&mut self, url: &str, stamp: &Stamp) {
        self.writer.listening(url, stamp, self.recording.buffer());
    }

    /// Whether `give_back` has something to give back.
    pub fn has_spare(&self) -> bool {
        self.recording.has_spare()
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        self.recording.give_back();
    }

    /// Takes an event down.
    pub fn take(&mut self, event: &Event<'_>, stamp: &Stamp, exit: Option<u8>) -> io::Result<()> {
        self.writer.line(event, stamp, exit, self.recording.buffer());
        if self.recording.is_full() { self.recording.flush() } else { Ok(()) }
    }

    /// Ends the recording that is under way, and begins one in this file, if one is named; what is to be said of both.
    pub fn replace(journal: &mut Option<Journal>, path: Option<&Path>, writer: Writer) -> Vec<String> {
        let mut said: Vec<String> = journal.take().map(Journal::end).into_iter().collect();
        let Some(path) = path else { return said };
        match Journal::create(path, writer) {
            Ok(fresh) => {
                *journal = Some(fresh);
                said.push(format!("recording to {}", path.display()));
            }
            Err(error) => said.push(format!("{}: {}", path.display(), crate::net::io_text(&error))),
        }
        said
    }

    /// Ends the recording, and says what came of it.
    fn end(mut self) -> String {
        match self.flush() {
            Ok(()) => format!("recorded to {}", self.path.display()),
            Err(error) => format!("the recording is not complete: {}", crate::net::io_text(&error)),
        }
    }

    /// Writes what was taken down.
    pub fn flush(&mut self) -> io::Result<()> {
        self.recording.flush()
    }
}
