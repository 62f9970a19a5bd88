//! The inflating end of permessage-deflate (RFC 7692 §7.2.2).
//!
//! Hands on what it inflates in small pieces, so that whoever calls can stop a bomb before it has grown. Judges the
//! stream, never the message: limits and UTF-8 are for `connection::receiver`, which owns it.

use flate2::{Decompress, FlushDecompress, Status};

/// The most that is inflated at a time, in bytes.
const STEP: usize = 64 * 1024;

/// What the sender left out at the end of the message, and an empty block that shows whether the stream has come to
/// the end of a block: there it inflates to nothing, anywhere else it is data or nonsense.
const TAIL: [u8; 9] = [0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff];

/// What is wrong with a compressed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadStream {
    /// It cannot be inflated.
    Invalid,
    /// It ends in the middle of a block.
    Unfinished,
}

/// Inflates the messages that come one way.
pub struct Decompressor {
    stream: Decompress,
    takes_context_over: bool,
    /// The last bytes were the end of a final block; then the stream has begun anew.
    at_end: bool,
    /// Compressed bytes of this message that were inflated.
    taken: u64,
    inflated: Vec<u8>,
}

impl Decompressor {
    /// A stream. Its window is the largest, which serves for each that may be agreed on, 8 bits too;
    /// `takes_context_over` lets a message refer to those before it.
    #[must_use]
    pub fn new(takes_context_over: bool) -> Self {
        let stream = Decompress::new_with_window_bits(false, 15);
        Self { stream, takes_context_over, at_end: false, taken: 0, inflated: vec![0; STEP] }
    }

    /// Inflates the next bytes of a message. `take` is handed each piece, at most 64 KiB long, with the number of
    /// the message's compressed bytes that were needed up to there.
    ///
    /// # Errors
    /// What `take` returns, or that the stream is bad; it is of no use after that.
    pub fn inflate<E: From<BadStream>>(
        &mut self,
        mut compressed: &[u8],
        mut take: impl FnMut(&[u8], u64) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let (used, made, outcome) = self.step(compressed);
            compressed = &compressed[used..];
            self.taken += used as u64;
            // What comes before bad bits may be bad itself, and must not depend on how the input was cut.
            take(&self.inflated[..made], self.taken)?;
            outcome?;
            if compressed.is_empty() && made < STEP {
                return Ok(());
            }
            if (used, made) == (0, 0) {
                return Err(BadStream::Invalid.into());
            }
        }
    }

    /// The message has ended.
    ///
    /// # Errors
    /// It did not end with a block.
    pub fn finish(&mut self) -> Result<(), BadStream> {
        let mut tail = if self.at_end { &[][..] } else { &TAIL[..] };
        while !tail.is_empty() {
            let (used, made, outcome) = self.step(tail);
            if outcome.is_err() || made > 0 || used == 0 || self.at_end {
                return Err(BadStream::Unfinished);
            }
            tail = &tail[used..];
        }
        if !self.takes_context_over {
            self.stream.reset(false);
        }
        self.taken = 0;
        self.at_end = false;
        Ok(())
    }

    /// Inflates once; returns how many bytes were used, how many are made, and whether what follows them is bad. A
    /// final block is no end: the stream begins anew behind it (RFC 7692 §7.2.3.4).
    fn step(&mut self, compressed: &[u8]) -> (usize, usize, Result<(), BadStream>) {
        let (taken, given) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(compressed, &mut self.inflated, FlushDecompress::Sync);
        let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let used = count(self.stream.total_in(), taken);
        let made = count(self.stream.total_out(), given);
        if matches!(status, Ok(Status::StreamEnd)) {
            self.stream.reset(false);
            self.at_end = true;
        } else if used > 0 {
            self.at_end = false;
        }
        (used, made, status.map(|_| ()).map_err(|_| BadStream::Invalid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inflates messages one after another.
    fn inflate(stream: &mut Decompressor, compressed: &[u8], step: usize) -> Result<Vec<u8>, BadStream> {
        let mut out = Vec::new();
        for piece in compressed.chunks(step) {
            stream.inflate(piece, |piece, _| {
                out.extend_from_slice(piece);
                Ok::<(), BadStream>(())
            })?;
        }
        stream.finish().map(|()| out)
    }

    /// The messages of RFC 7692 §7.2.3, each on a stream of its own.
    const EXAMPLES: [(&[u8], &[u8]); 7] = [
        (&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
        (&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], b"Hello"),
        (&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], b"Hello"),
        (&[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
        (&[0x00], b""),
        (&[0x02, 0x00], b""),
        // A final block with nothing behind it, which some end a message with.
        (&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
    ];

    #[test]
    fn the_examples_of_section_7_2_3_are_read_at_every_split() {
        for (compressed, expected) in EXAMPLES {
            for step in 1..=compressed.len() {
                for takes_over in [true, false] {
                    let mut stream = Decompressor::new(takes_over);
                    for round in 0..3 {
                        let got = inflate(&mut stream, compressed, step);
                        assert_eq!(got.as_deref(), Ok(expected), "{compressed:x?} by {step}, round {round}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_message_refers_to_the_one_before_only_where_that_is_agreed() {
        let (first, second) = (EXAMPLES[0].0, &[0xf2, 0x00, 0x11, 0x00, 0x00]);
        let mut taking = Decompressor::new(true);
        assert_eq!(inflate(&mut taking, first, 99).as_deref(), Ok(&b"Hello"[..]));
        assert_eq!(inflate(&mut taking, second, 99).as_deref(), Ok(&b"Hello"[..]));
        let mut anew = Decompressor::new(false);
        assert_eq!(inflate(&mut anew, first, 99).as_deref(), Ok(&b"Hello"[..]));
        assert_eq!(inflate(&mut anew, second, 99), Err(BadStream::Invalid));
    }

    #[test]
    fn final_blocks_may_follow_each_other_in_a_message() {
        let twice = [&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..]; 2].concat();
        let got = inflate(&mut Decompressor::new(true), &[&twice[..], EXAMPLES[0].0].concat(), 1);
        assert_eq!(got.as_deref(), Ok(&b"HelloHelloHello"[..]));
    }

    #[test]
    fn what_is_cut_or_nonsense_is_noticed() {
        let cases: [(&[u8], BadStream); 6] = [
            (&[], BadStream::Unfinished),
            (&[0x07], BadStream::Invalid),
            (&[0xff; 4], BadStream::Invalid),
            (&[0x00, 0x05, 0x00, 0xfb, 0xff], BadStream::Invalid),
            (&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48], BadStream::Unfinished),
            (&[0xf2, 0x48, 0xcd, 0xc9], BadStream::Unfinished),
        ];
        for (compressed, expected) in cases {
            let got = inflate(&mut Decompressor::new(true), compressed, 99);
            assert_eq!(got, Err(expected), "{compressed:x?}");
        }
    }

    #[test]
    fn what_comes_before_nonsense_is_handed_on() {
        let compressed = [&[0x00, 0x05, 0x00, 0xfa, 0xff][..], b"Hello", &[0x07, 0x00]].concat();
        for step in 1..=compressed.len() {
            let mut stream = Decompressor::new(true);
            let mut out = Vec::new();
            let outcome = compressed.chunks(step).try_for_each(|piece| {
                stream.inflate(piece, |piece, _| {
                    out.extend_from_slice(piece);
                    Ok::<(), BadStream>(())
                })
            });
            assert_eq!((outcome, &out[..]), (Err(BadStream::Invalid), &b"Hello"[..]), "by {step}");
        }
    }

    #[test]
    fn pieces_stay_small_and_tell_what_they_took() {
        let compressed = super::super::Compressor::new(15, true).message(&[0; 1 << 20]).to_vec();
        let (mut total, mut pieces, mut taken) = (0, 0, 0);
        let mut stream = Decompressor::new(true);
        let take = |piece: &[u8], needed: u64| {
            assert!(piece.len() <= STEP && needed >= taken);
            (total, pieces, taken) = (total + piece.len(), pieces + 1, needed);
            Ok::<(), BadStream>(())
        };
        stream.inflate(&compressed, take).unwrap();
        assert_eq!((total, taken), (1 << 20, compressed.len() as u64));
        assert!(pieces >= 16);
        let stopped = Decompressor::new(true).inflate(&compressed, |_, _| Err(BadStream::Invalid));
        assert_eq!(stopped, Err(BadStream::Invalid));
    }
}
