//! What is pumped: messages of one size, and the streams of bytes they travel as.
//!
//! The content repeats with a period, so that streams of any length cost no memory and every byte of them can be
//! compared. Within a period no two messages are alike, where more than one fits in.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::frames;

/// About how many bytes of payload a period has. Small enough to stay in the cache of whoever sends or compares it.
const PERIOD: usize = 256 * 1024;

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

    /// The length of all frames together as a client sends them, if each is one message.
    pub fn masked(&self) -> u64 {
        (frames::header(self.kind, self.size).len() + 4 + self.size) as u64 * self.count
    }

    /// As a program reads or writes the messages: lines, or what binary ones hold.
    pub fn content(&self) -> Stream {
        self.stream(|out, message| {
            out.extend_from_slice(message);
            if self.kind == Kind::Text {
                out.push(b'\n');
            }
        })
    }

    /// The payloads with nothing between them.
    pub fn payloads(&self) -> Stream {
        self.stream(|out, message| out.extend_from_slice(message))
    }

    /// As a server sends them.
    pub fn frames(&self) -> Stream {
        let header = frames::header(self.kind, self.size);
        self.stream(|out, message| {
            out.extend_from_slice(&header);
            out.extend_from_slice(message);
        })
    }

    fn stream(&self, write: impl Fn(&mut Vec<u8>, &[u8])) -> Stream {
        let messages = (PERIOD / self.size).max(1);
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let mut period = Vec::new();
        let mut message = vec![0; self.size];
        for _ in 0..messages {
            noise.fill(&mut message, self.kind);
            write(&mut period, &message);
        }
        let total = (period.len() / messages) as u64 * self.count;
        Stream { period: period.into(), total }
    }
}

/// A stream of bytes that repeats a period, and ends anywhere in it.
#[derive(Clone)]
pub struct Stream {
    period: Arc<[u8]>,
    pub total: u64,
}

impl Stream {
    /// Writes all of it.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut left = self.total;
        while left > 0 {
            let piece = self.period.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            out.write_all(&self.period[..piece])?;
            left -= piece as u64;
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
        let period = &self.stream.period;
        while !piece.is_empty() {
            let start = (self.at % period.len() as u64) as usize;
            let length = piece.len().min(period.len() - start);
            let (now, later) = piece.split_at(length);
            ensure!(now == &period[start..start + length], "wrong bytes behind byte {}", self.at);
            self.at += length as u64;
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
    fn fill(&mut self, message: &mut [u8], kind: Kind) {
        for byte in message {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let drawn = (self.0 >> 32) as u8;
            *byte = if kind == Kind::Text { LETTERS[usize::from(drawn % 64)] } else { drawn };
        }
    }
}
