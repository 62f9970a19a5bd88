//! Frames as the peers of the bench need them: headers, unmasking, and walking through what a client sent.
//!
//! Nothing of wscope is used here: what its own code does wrong both ways would not be noticed.

use anyhow::{Result, bail, ensure};

use crate::load::{Checker, Kind};

const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;

/// The longest header of a masked frame.
const LONGEST: usize = 14;

/// A close frame with 1000, as a server sends it.
pub const CLOSE_FRAME: [u8; 4] = [0x88, 0x02, 0x03, 0xe8];

/// The header of a server's frame.
pub fn header(kind: Kind, length: usize) -> Vec<u8> {
    let first = if kind == Kind::Text { 0x81 } else { 0x82 };
    match length {
        0..=125 => vec![first, length as u8],
        126..=0xffff => [&[first, 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

/// The header of a client's frame.
#[derive(Clone, Copy)]
pub struct Head {
    pub first: u8,
    pub length: u64,
    pub key: [u8; 4],
    pub size: usize,
}

impl Head {
    /// Reads the header that `bytes` begins with; `None` while it is unfinished.
    #[inline]
    pub fn read(bytes: &[u8]) -> Result<Option<Head>> {
        let Some(&[first, second]) = bytes.first_chunk() else { return Ok(None) };
        ensure!(second & 0x80 != 0, "the program sent a frame without a mask");
        let (length, at) = match second & 0x7f {
            126 => (bytes[2..].first_chunk().map(|field| u64::from(u16::from_be_bytes(*field))), 4),
            127 => (bytes[2..].first_chunk().map(|field| u64::from_be_bytes(*field)), 10),
            short => (Some(u64::from(short)), 2),
        };
        let key = bytes.get(at..).and_then(|rest| rest.first_chunk());
        let (Some(length), Some(&key)) = (length, key) else { return Ok(None) };
        Ok(Some(Head { first, length, key, size: at + 4 }))
    }

    pub fn is_close(&self) -> bool {
        self.first & 0x0f == CLOSE
    }
}

/// Takes a mask off; the first byte meets the first one of the key.
#[inline]
pub fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let wide = u32::from_ne_bytes(key);
    let (words, tail) = payload.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(key) {
        *byte ^= mask;
    }
}

/// Walks through the frames that a client sends, up to its close frame.
pub struct Walker {
    header: Vec<u8>,
    /// How much of the frame's payload is still to come, and the mask as it applies to that.
    left: u64,
    key: [u8; 4],
    closing: bool,
    close: Vec<u8>,
    /// Compares the payloads, if they are to be looked at.
    checker: Option<Checker>,
    /// Data messages begun, and the bytes of their payloads.
    pub messages: u64,
    pub bytes: u64,
}

impl Walker {
    /// A walk that looks at headers only.
    pub fn new() -> Walker {
        Walker {
            header: Vec::with_capacity(LONGEST),
            left: 0,
            key: [0; 4],
            closing: false,
            close: Vec::new(),
            checker: None,
            messages: 0,
            bytes: 0,
        }
    }

    /// A walk that takes the mask off and compares what is below it.
    pub fn checking(checker: Checker) -> Walker {
        Walker { checker: Some(checker), ..Walker::new() }
    }

    /// A walk that takes so many bytes for data without looking. What follows must then be the close frame, which it
    /// would not be if a byte were missing: a peer that costs less measures more.
    pub fn skipping(bytes: u64) -> Walker {
        Walker { left: bytes, ..Walker::new() }
    }

    /// Takes the next bytes; true once the close frame is there.
    pub fn feed(&mut self, mut block: &mut [u8]) -> Result<bool> {
        loop {
            let length = block.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let (piece, rest) = block.split_at_mut(length);
            self.payload(piece)?;
            block = rest;
            if self.closing && self.left == 0 {
                return self.closed().map(|()| true);
            }
            if block.is_empty() {
                return Ok(false);
            }
            block = self.head(block)?;
        }
    }

    /// Takes what belongs to a header.
    fn head<'a>(&mut self, block: &'a mut [u8]) -> Result<&'a mut [u8]> {
        let had = self.header.len();
        self.header.extend_from_slice(&block[..block.len().min(LONGEST - had)]);
        let Some(head) = Head::read(&self.header)? else { return Ok(&mut []) };
        self.header.clear();
        self.left = head.length;
        self.key = head.key;
        match head.first & 0x0f {
            CLOSE => self.closing = true,
            0..=BINARY => self.messages += u64::from(head.first & 0x0f != 0),
            other => bail!("the program sent a frame with the opcode {other}"),
        }
        Ok(&mut block[head.size - had..])
    }

    fn payload(&mut self, piece: &mut [u8]) -> Result<()> {
        self.left -= piece.len() as u64;
        if self.closing || self.checker.is_some() {
            unmask(piece, self.key);
            self.key.rotate_left(piece.len() % 4);
        }
        if self.closing {
            self.close.extend_from_slice(piece);
            return Ok(());
        }
        self.bytes += piece.len() as u64;
        self.checker.as_mut().map_or(Ok(()), |checker| checker.feed(piece))
    }

    /// The close frame is whole: it must be a good one, and all that was expected must have come.
    fn closed(&self) -> Result<()> {
        let code = self.close.first_chunk().map(|code| u16::from_be_bytes(*code));
        ensure!(matches!(code, None | Some(1000 | 1001)), "the program closed with {code:?}");
        self.checker.as_ref().map_or(Ok(()), Checker::finish)
    }
}
