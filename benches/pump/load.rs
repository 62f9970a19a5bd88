//! What is pumped: messages of one size, and the streams of bytes they travel as.
//!
//! The content repeats with a period, so that streams of any length cost no memory and every byte of them can be
//! compared. Within a period no two messages are alike, where more than one fits in; a message that is longer than
//! `LONGEST` repeats within itself, so that whoever sends or compares it does not wait for memory.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::frames;

/// About how many bytes of payload a period has, where more than one message fits into it. Small enough to stay in the
/// cache of whoever sends or compares it.
const PERIOD: usize = 256 * 1024;

/// The longest message that does not repeat itself.
const LONGEST: usize = 1024 * 1024;

/// How much of a longer one repeats: a multiple of no block that anybody reads or writes, so that one in a wrong place is
/// noticed.
const REPEATED: usize = LONGEST - 1;

/// What the letters of text messages are taken from.
const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

/// The type of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters and digits; lines on stdin and stdout.
    Text,
    /// Any bytes; nothing between the messages on stdin and stdout.
    Binary,
}

/// Messages of one size.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub kind: Kind,
    /// The length of each, in bytes.
    pub size: usize,
    pub count: u64,
}

impl Load {
    /// Text messages.
    pub fn text(size: usize, count: u64) -> Load {
        Load { kind: Kind::Text, size, count }
    }

    /// Binary messages.
    pub fn binary(size: usize, count: u64) -> Load {
        Load { kind: Kind::Binary, size, count }
    }

    /// All payloads together, in bytes.
    pub fn bytes(&self) -> u64 {
        self.size as u64 * self.count
    }

    /// The length of all of `content`, in bytes.
    pub fn content_bytes(&self) -> u64 {
        self.bytes() + if self.kind == Kind::Text { self.count } else { 0 }
    }

    /// The length of all frames together as a client sends them, if each is one message.
    pub fn masked(&self) -> u64 {
        (frames::header(self.kind, self.size).len() + 4 + self.size) as u64 * self.count
    }

    /// As a program reads or writes the messages: lines, or what binary ones hold.
    pub fn content(&self) -> Stream {
        self.stream(&[], if self.kind == Kind::Text { b"\n" } else { b"" })
    }

    /// The payloads with nothing between them.
    pub fn payloads(&self) -> Stream {
        self.stream(&[], &[])
    }

    /// As a server sends them.
    pub fn frames(&self) -> Stream {
        self.stream(&frames::header(self.kind, self.size), &[])
    }

    /// Each message between these.
    fn stream(&self, before: &[u8], behind: &[u8]) -> Stream {
        let messages = (PERIOD / self.size).max(1);
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let mut message = |length| noise.message(length, self.kind);
        let runs = match self.size > LONGEST {
            true => vec![
                Run::once(before.to_vec()),
                Run { bytes: message(REPEATED), length: self.size as u64 },
                Run::once(behind.to_vec()),
            ],
            false => {
                let period =
                    (0..messages).flat_map(|_| [before, &message(self.size), behind].concat()).collect();
                vec![Run::once(period)]
            }
        };
        let length = runs.iter().map(|run| run.length).sum::<u64>();
        Stream { runs: runs.into(), length, total: length / messages as u64 * self.count }
    }
}

/// Bytes, again and again up to a length.
struct Run {
    bytes: Vec<u8>,
    length: u64,
}

impl Run {
    fn once(bytes: Vec<u8>) -> Run {
        Run { length: bytes.len() as u64, bytes }
    }
}

/// A stream of bytes that repeats a period, and ends anywhere in it.
#[derive(Clone)]
pub struct Stream {
    /// Those of a period.
    runs: Arc<[Run]>,
    /// That of a period.
    length: u64,
    pub total: u64,
}

impl Stream {
    /// The bytes that begin at this one; as many as lie side by side.
    fn at(&self, position: u64) -> &[u8] {
        let mut offset = position % self.length;
        for run in &*self.runs {
            if offset < run.length {
                let bytes = &run.bytes[(offset % run.bytes.len() as u64) as usize..];
                return &bytes[..bytes.len().min(usize::try_from(run.length - offset).unwrap_or(usize::MAX))];
            }
            offset -= run.length;
        }
        unreachable!("a period is the sum of its runs")
    }

    /// Writes all of it.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut position = 0;
        while position < self.total {
            let bytes = self.at(position);
            let left = usize::try_from(self.total - position).unwrap_or(usize::MAX);
            let bytes = &bytes[..bytes.len().min(left)];
            out.write_all(bytes)?;
            position += bytes.len() as u64;
        }
        out.flush()
    }

    /// A file that holds it, in memory, so that no disk is measured.
    pub fn to_file(&self) -> Result<File> {
        let mut file = File::from(rustix::fs::memfd_create("pump", rustix::fs::MemfdFlags::CLOEXEC)?);
        self.write_to(&mut file)?;
        Ok(file)
    }
}

/// Compares bytes that come in pieces with what a stream should bring.
pub struct Checker {
    stream: Stream,
    at: u64,
}

impl Checker {
    pub fn new(stream: Stream) -> Checker {
        Checker { stream, at: 0 }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, mut piece: &[u8]) -> Result<()> {
        while !piece.is_empty() {
            let expected = self.stream.at(self.at);
            let (now, later) = piece.split_at(piece.len().min(expected.len()));
            ensure!(now == &expected[..now.len()], "wrong bytes behind byte {}", self.at);
            self.at += now.len() as u64;
            piece = later;
        }
        Ok(())
    }

    /// Whether all has come, and nothing more.
    pub fn finish(&self) -> Result<()> {
        ensure!(self.at == self.stream.total, "{} bytes came instead of {}", self.at, self.stream.total);
        Ok(())
    }
}

/// Bytes without a pattern, the same in every run.
struct Noise(u64);

impl Noise {
    fn message(&mut self, length: usize, kind: Kind) -> Vec<u8> {
        let mut drawn = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 32) as u8
        };
        let letter = |drawn: u8| if kind == Kind::Text { LETTERS[usize::from(drawn % 64)] } else { drawn };
        (0..length).map(|_| letter(drawn())).collect()
    }
}
