//! Input becomes messages: the forms of `-i` (contract section 2).
//!
//! A message is a message whatever its size, and nothing of it is looked at twice: the buffer grows until its end has
//! come, or what has come becomes part of a frame that grows (`growing`). The lines of a block that was read are checked
//! and framed in one go; only where one of them cannot be sent are they taken one by one, up to that (`single`).

mod growing;
mod single;

use std::io;
use std::time::Instant;

use crate::command::args::Form;
use crate::command::client::Fed;
use crate::command::stdin::{Block, Stdin};
use crate::session::Outbound;
use crate::wire::{Kind, Room, utf8};
use growing::Growing;

/// Beyond this many unsent bytes no input is read: the slow side slows the fast one.
const HIGH_WATER: usize = 256 * 1024;

/// What a record may hold beside its data.
const RECORD_SLACK: u64 = 1024 * 1024;

/// How much is read at a time: what fits into the nearer caches together with the frames made of it.
const BLOCK: usize = 128 * 1024;

/// The same of what is only masked: TLS writes so much in one go.
const RAW_BLOCK: usize = 256 * 1024;

/// Standard input on its way to become messages.
pub struct Input {
    stdin: Stdin,
    form: Form,
    kind: Kind,
    chunk: usize,
    max_message: u64,
    buffer: Vec<u8>,
    room: Room,
    /// Where the first message not sent yet begins.
    start: usize,
    /// How far the end of that message was looked for.
    scanned: usize,
    /// The number of that message: its line in most forms.
    line: u64,
    /// Bytes of the input before `buffer[0]`.
    before: u64,
    ended: bool,
    /// A long message of which the beginning has left the buffer.
    growing: Option<Growing>,
    /// The lines at hand are to be taken one by one.
    one_by_one: bool,
    /// What is left is not meant to be sent: it comes behind a `close` record, or behind what cannot be sent.
    over: bool,
    /// A `sleep` record lasts until then.
    asleep: Option<Instant>,
}

/// Why nothing more is sent.
enum Stop {
    /// Nothing whole is left.
    Dry,
    /// The socket is slow.
    Full,
    /// A `sleep` record; it lasts until then.
    Asleep(Instant),
    /// A `close` record.
    Close(Option<u16>, String),
    /// The input is at fault.
    Fault(String),
}

impl Input {
    /// Input in this form. `kind` is what is sent where the form leaves it open.
    pub fn new(form: Form, kind: Kind, chunk: usize, max_message: u64) -> Input {
        Input {
            stdin: Stdin::new(),
            form,
            kind,
            chunk,
            max_message,
            buffer: Vec::new(),
            room: Room::keeping(),
            start: 0,
            scanned: 0,
            line: 1,
            before: 0,
            ended: false,
            growing: None,
            one_by_one: false,
            over: false,
            asleep: None,
        }
    }

    /// The stream itself.
    pub fn stdin(&mut self) -> &mut Stdin {
        &mut self.stdin
    }

    /// When a `sleep` record ends.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.asleep
    }

    /// Messages that were read whole but not sent.
    pub fn unsent(&self) -> u64 {
        if self.over {
            return 0;
        }
        let rest = &self.buffer[self.start..];
        let Some(delimiter) = self.delimiter() else {
            let most = if self.form == Form::Raw { self.chunk } else { usize::MAX };
            return (rest.len().div_ceil(most) as u64).max(u64::from(self.growing.is_some()));
        };
        // The last one needs no end.
        let last = rest.last().map_or(self.growing.is_some(), |last| *last != delimiter);
        memchr::memchr_iter(delimiter, rest).count() as u64 + u64::from(self.ended && last)
    }

    /// How many bytes of the input have become messages.
    pub fn consumed(&self) -> u64 {
        let passed = self.before + self.start as u64;
        self.growing.as_ref().map_or(passed, Growing::began)
    }

    /// Whether `give_back` has something to give back.
    pub fn has_spare(&self) -> bool {
        self.start > 0
            || Room::has_spare(&self.buffer)
            || self.growing.as_ref().is_some_and(Growing::has_spare)
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        self.compact();
        self.room.give_back(&mut self.buffer);
        if let Some(growing) = &mut self.growing {
            growing.give_back();
        }
    }

    /// Sends what is there, and reads one block more.
    pub fn feed(&mut self, outbound: &mut Outbound, now: Instant) -> Fed {
        if self.asleep.is_some_and(|until| until > now) {
            return Fed::Waiting;
        }
        self.asleep = None;
        match self.send(outbound, now) {
            Stop::Dry => {}
            Stop::Full => return Fed::Full,
            Stop::Asleep(until) => {
                self.asleep = Some(until);
                return Fed::Waiting;
            }
            Stop::Close(code, reason) => {
                self.over = true;
                return Fed::Ended(Some((code, reason)));
            }
            Stop::Fault(text) => {
                self.over = true;
                return Fed::Failed(text);
            }
        }
        if self.ended {
            return Fed::Ended(None);
        }
        self.compact();
        self.one_by_one = false;
        match self
            .stdin
            .read(&mut self.buffer, if self.form == Form::Raw { self.chunk.max(RAW_BLOCK) } else { BLOCK })
        {
            Ok(Block::Read(_)) => Fed::More,
            Ok(Block::Later) => Fed::Waiting,
            Ok(Block::End) => {
                self.ended = true;
                Fed::More
            }
            Err(error) => Fed::Failed(read_failure(&error)),
        }
    }

    /// Forgets what has become messages.
    fn compact(&mut self) {
        if self.start == 0 {
            return;
        }
        self.before += self.start as u64;
        let held = self.buffer.len();
        self.buffer.drain(..self.start);
        self.room.emptied(&mut self.buffer, held);
        self.scanned -= self.start;
        self.start = 0;
    }

    /// Sends all messages that are whole.
    fn send(&mut self, outbound: &mut Outbound, now: Instant) -> Stop {
        loop {
            if outbound.unsent() > HIGH_WATER {
                return Stop::Full;
            }
            if let Some(growing) = self.growing.take() {
                match self.grow(growing, outbound) {
                    Some(stop) => return stop,
                    None => continue,
                }
            }
            match self.send_block(outbound) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(stop) => return stop,
            }
            let message = self.message_end();
            if let stop @ Stop::Fault(_) = self.check_size(message.map_or(self.buffer.len(), |(end, _)| end))
            {
                return stop;
            }
            let Some((end, next)) = message else {
                match self.begin_growing(outbound) {
                    None => continue,
                    Some(stop) => return stop,
                }
            };
            match self.send_one(end, outbound, now) {
                // What was not sent stays, to be told.
                Some(stop @ (Stop::Fault(_) | Stop::Full)) => return stop,
                stop => {
                    self.passed(next);
                    if let Some(stop) = stop {
                        return stop;
                    }
                }
            }
        }
    }

    /// A message is done with; the next begins here.
    fn passed(&mut self, next: usize) {
        self.start = next;
        self.scanned = next;
        self.line += 1;
    }

    /// Sends all lines that are whole, if nothing has to be said of one of them. `false` if none was sent.
    fn send_block(&mut self, outbound: &mut Outbound) -> Result<bool, Stop> {
        let (Form::Lines | Form::Nul, Some(delimiter)) = (self.form, self.delimiter()) else {
            return Ok(false);
        };
        // None is in what was looked through already, however long the line grows.
        let last = memchr::memrchr(delimiter, &self.buffer[self.scanned..]).filter(|_| !self.one_by_one);
        let Some(last) = last.map(|last| self.scanned + last) else { return Ok(false) };
        let block = &self.buffer[self.start..last];
        let fits = block.len() as u64 <= self.max_message;
        let sent = match fits && (self.kind == Kind::Binary || utf8::is_valid(block)) {
            true => outbound.messages(self.kind, pieces(block, delimiter)).map_err(|_| Stop::Full)?,
            false => None,
        };
        self.one_by_one = sent.is_none();
        if let Some(count) = sent {
            self.start = last + 1;
            self.scanned = self.start;
            self.line += count;
        }
        Ok(sent.is_some())
    }

    /// What ends a message, where something does.
    fn delimiter(&self) -> Option<u8> {
        match self.form {
            Form::Raw | Form::Whole => None,
            Form::Nul => Some(0),
            _ => Some(b'\n'),
        }
    }

    /// Where the next message ends, and where the one after it begins. The end of the input ends a message too,
    /// unless nothing came since the last.
    fn message_end(&mut self) -> Option<(usize, usize)> {
        let Some(delimiter) = self.delimiter() else {
            return match self.form {
                Form::Raw => self.left(self.chunk),
                _ => self.left(usize::MAX).filter(|_| self.ended),
            };
        };
        match memchr::memchr(delimiter, &self.buffer[self.scanned..]) {
            Some(at) => {
                let end = self.scanned + at;
                let carriage_return = delimiter == b'\n' && end > self.start && self.buffer[end - 1] == b'\r';
                Some((end - usize::from(carriage_return), end + 1))
            }
            None => {
                self.scanned = self.buffer.len();
                self.left(usize::MAX).filter(|_| self.ended)
            }
        }
    }

    /// All that is left, but no more than `most`.
    fn left(&self, most: usize) -> Option<(usize, usize)> {
        let end = self.buffer.len().min(self.start.saturating_add(most));
        (end > self.start).then_some((end, end))
    }
}

/// The lines of a block whose last delimiter was cut off.
fn pieces(block: &[u8], delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let mut start = Some(0);
    let mut ends = memchr::memchr_iter(delimiter, block);
    std::iter::from_fn(move || {
        let from = start?;
        let end = ends.next();
        start = end.map(|end| end + 1);
        let line = &block[from..end.unwrap_or(block.len())];
        Some(if delimiter == b'\n' { line.strip_suffix(b"\r").unwrap_or(line) } else { line })
    })
}

fn read_failure(error: &io::Error) -> String {
    format!("standard input cannot be read: {}", crate::net::io_text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_messages_are_counted_the_last_without_its_end_too() {
        let unsent = |form, buffer: &[u8], ended| {
            let input = Input { buffer: buffer.to_vec(), ended, ..Input::new(form, Kind::Text, 2, 100) };
            input.unsent()
        };
        assert_eq!(unsent(Form::Lines, b"a\nb\nc", false), 2);
        assert_eq!(unsent(Form::Lines, b"a\nb\nc", true), 3);
        assert_eq!(unsent(Form::Nul, b"a\0b\0", true), 2);
        assert_eq!(unsent(Form::Raw, b"abcde", false), 3);
        assert_eq!((unsent(Form::Whole, b"a\nb", false), unsent(Form::Whole, b"", true)), (1, 0));
    }
}
