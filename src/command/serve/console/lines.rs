//! Standard input of a console that is not typed at: its lines, read as `-i lines` reads them.
//!
//! A line that cannot be sent is told and passed over, since a server has others to serve; memory is bounded by the
//! largest message.

use std::io;

use crate::command::stdin::{Block, Stdin};
use crate::session::Control;
use crate::wire::Kind;

/// How much is read at a time.
const BLOCK: usize = 64 * 1024;

/// The lines of standard input.
pub struct Lines {
    stdin: Stdin,
    max_message: u64,
    buffer: Vec<u8>,
    /// Where the line begins that comes next.
    start: usize,
    /// How far its end was looked for.
    scanned: usize,
    /// Its number, from 1.
    number: u64,
    /// It is too large, and the rest of it is passed over.
    passing: bool,
    ended: bool,
}

/// What comes next.
pub enum Next<'a> {
    /// A line, without its newline.
    Line(&'a [u8]),
    /// One that cannot be sent: in words.
    Fault(String),
    /// Nothing is there now; the loop tells when something is.
    Later,
    /// Nothing more.
    End,
}

impl Lines {
    /// Lines of at most so many bytes.
    pub fn new(max_message: u64) -> Lines {
        let (stdin, buffer) = (Stdin::new(), Vec::new());
        Lines { stdin, max_message, buffer, start: 0, scanned: 0, number: 0, passing: false, ended: false }
    }

    /// Begins to wait for standard input.
    pub fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
        self.stdin.begin(control)
    }

    /// The loop says that there is something; `closed`: and that the other end has gone.
    pub fn woken(&mut self, closed: bool) {
        self.stdin.woken(closed);
    }

    /// The next line, which is to be sent as this kind of message.
    ///
    /// # Errors
    /// Standard input cannot be read.
    pub fn next(&mut self, kind: Kind) -> io::Result<Next<'_>> {
        loop {
            if let Some(end) = self.end() {
                let begin = std::mem::replace(&mut self.start, (end + 1).min(self.buffer.len()));
                self.scanned = self.start;
                self.number += 1;
                if !std::mem::take(&mut self.passing) {
                    return Ok(self.judge(begin, end, kind));
                }
                return Ok(Next::Fault(self.too_large()));
            }
            self.pass_over();
            match self.stdin.read(&mut self.buffer, BLOCK)? {
                Block::Read(_) => {}
                Block::Later => return Ok(Next::Later),
                Block::End if std::mem::replace(&mut self.ended, true) => return Ok(Next::End),
                Block::End if std::mem::take(&mut self.passing) => {
                    self.number += 1;
                    return Ok(Next::Fault(self.too_large()));
                }
                Block::End => {}
            }
        }
    }

    /// Where the line ends that comes next; the end of the input ends one, too.
    fn end(&mut self) -> Option<usize> {
        let found = memchr::memchr(b'\n', &self.buffer[self.scanned..]).map(|at| self.scanned + at);
        self.scanned = self.buffer.len();
        found.or_else(|| (self.ended && self.start < self.buffer.len()).then_some(self.buffer.len()))
    }

    /// Forgets what was sent, and of a line that is too large all that has come.
    fn pass_over(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.passing || self.buffer.len() as u64 > self.max_message.saturating_add(1) {
            self.passing = true;
            self.buffer.clear();
        }
        self.scanned = self.buffer.len();
    }

    fn judge(&self, begin: usize, end: usize, kind: Kind) -> Next<'_> {
        let line = &self.buffer[begin..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() as u64 > self.max_message {
            return Next::Fault(self.too_large());
        }
        match (kind, std::str::from_utf8(line)) {
            (Kind::Text, Err(error)) => {
                let at = error.valid_up_to();
                Next::Fault(self.place() + &format!("not UTF-8 at byte offset {at}; -b sends it as binary"))
            }
            _ => Next::Line(line),
        }
    }

    fn too_large(&self) -> String {
        self.place() + "it is larger than --max-message"
    }

    fn place(&self) -> String {
        format!("standard input, line {} is not sent: ", self.number)
    }
}
