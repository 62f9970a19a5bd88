//! The compressing end of permessage-deflate (RFC 7692 §7.2.1).
//!
//! Takes whole messages, because an end of a message is where a deflate block must end. Splitting into fragments is
//! for `connection::sender`, which owns it.

use flate2::{Compress, Compression, FlushCompress};

use crate::wire::Room;

/// The least room that is offered. More than a flush marker needs, so that none is written twice.
const ROOM: usize = 256;

/// So many zeros are compressed at a time: many times the largest window, so that little is lost at the seams.
const PIECE: usize = 1024 * 1024;

/// What ends each message on the stream, and is left out on the wire.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Compresses the messages that go one way.
pub struct Compressor {
    stream: Compress,
    takes_context_over: bool,
    compressed: Vec<u8>,
    room: Room,
}

impl Compressor {
    /// A stream with a window of 2 to the power of `window_bits`, 9 to 15; `takes_context_over` lets a message refer
    /// to those before it. Takes about 0.3 MB.
    #[must_use]
    pub fn new(window_bits: u8, takes_context_over: bool) -> Self {
        let stream = Compress::new_with_window_bits(Compression::default(), false, window_bits.clamp(9, 15));
        Self { stream, takes_context_over, compressed: Vec::new(), room: Room::returning() }
    }

    /// A whole message as it goes into its frames.
    pub fn message(&mut self, payload: &[u8]) -> &[u8] {
        self.room.clear(&mut self.compressed);
        if payload.is_empty() {
            // A flush with nothing to flush writes nothing (RFC 7692 §7.2.3.6).
            self.compressed.push(0x00);
            return &self.compressed;
        }
        self.deflate(payload);
        debug_assert!(self.compressed.ends_with(&TAIL), "a sync flush ends with an empty stored block");
        self.compressed.truncate(self.compressed.len() - TAIL.len());
        if !self.takes_context_over {
            self.stream.reset();
        }
        &self.compressed
    }

    /// A whole message of so many zero bytes. What the second piece compresses to holds for all that follow it,
    /// because the window behind each holds nothing but zeros: so neither time nor memory grows with the length.
    pub fn zeros(&mut self, length: u64) -> Vec<u8> {
        let piece = vec![0; PIECE];
        let (pieces, rest) = (length / PIECE as u64, length % PIECE as u64);
        let mut stream = Vec::new();
        if pieces > 0 {
            stream.extend_from_slice(self.message(&piece));
            stream.extend_from_slice(&TAIL);
        }
        if pieces > 1 {
            let further = [self.message(&piece), &TAIL].concat();
            stream.extend_from_slice(&further.repeat(pieces as usize - 1));
        }
        stream.extend_from_slice(self.message(&piece[..rest as usize]));
        stream
    }

    /// Compresses all of `payload`, up to and with the flush marker.
    fn deflate(&mut self, payload: &[u8]) {
        let begun = self.stream.total_in();
        self.compressed.reserve(payload.len() / 4 + ROOM);
        loop {
            let taken = usize::try_from(self.stream.total_in() - begun).unwrap_or(payload.len());
            self.stream
                .compress_vec(&payload[taken..], &mut self.compressed, FlushCompress::Sync)
                .expect("a stream that is never finished takes every input");
            if self.compressed.len() < self.compressed.capacity() {
                return;
            }
            self.compressed.reserve(self.compressed.len() / 2 + ROOM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_section_7_2_3_are_written() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let mut taking = Compressor::new(15, true);
        assert_eq!(taking.message(b"Hello"), hello);
        assert_eq!(taking.message(b"Hello"), [0xf2, 0x00, 0x11, 0x00, 0x00]);
        assert_eq!(taking.message(b""), [0x00]);
        let mut anew = Compressor::new(15, false);
        assert_eq!(anew.message(b"Hello"), hello);
        assert_eq!(anew.message(b"Hello"), hello);
    }

    #[test]
    fn room_that_is_just_filled_ends_no_message_early() {
        let noise: Vec<u8> =
            (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let mut compressor = Compressor::new(9, true);
        let mut decompressor = super::super::Decompressor::new(true);
        for length in [1, 255, 256, 257, 1000, 65_535, 100_000] {
            let mut out = Vec::new();
            let compressed = compressor.message(&noise[..length]).to_vec();
            let keep = |piece: &[u8], _| {
                out.extend_from_slice(piece);
                Ok::<(), super::super::BadStream>(())
            };
            decompressor.inflate(&compressed, keep).unwrap();
            decompressor.finish().unwrap();
            assert!(out == noise[..length], "{length}");
        }
    }
}
