//! Whole data messages that stand one behind the other in the input, taken without an event for each.
//!
//! A busy pipe gets thousands of short messages with each read, and most of what an event costs is not the message. Only
//! frames that need no judging come here: final, no reserved bits, masked as they must be, a length of at most 65535 in
//! its shortest form, text that is UTF-8. Whatever else comes ends the run, and `receive` judges it.

use super::{Receiver, Sender};
use crate::wire::frame::{self, FIN, MASKED};
use crate::wire::{Kind, mask, utf8};

/// What a run was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// How many bytes of the input are done with.
    pub consumed: usize,
    /// How many messages they were.
    pub messages: u64,
    /// The bytes of their payloads.
    pub bytes: u64,
}

/// FIN and the opcode of text, no reserved bits (RFC 6455 §5.2).
const TEXT: u8 = FIN | frame::TEXT;

/// The same for binary.
const BINARY: u8 = FIN | frame::BINARY;

impl Receiver {
    /// Hands the messages that `input` begins with to `take`, at most so many. To be followed by `receive` where the
    /// run ends before the input does.
    #[inline]
    pub fn receive_run(
        &mut self,
        input: &mut [u8],
        sender: &Sender,
        most: u64,
        mut take: impl FnMut(Kind, &[u8]),
    ) -> Run {
        let mut run = Run::default();
        if !self.is_between_messages(sender) {
            return run;
        }
        while run.messages < most
            && let Some((kind, size, payload)) = self.plain(&mut input[run.consumed..])
        {
            take(kind, payload);
            run.consumed += size + payload.len();
            run.bytes += payload.len() as u64;
            run.messages += 1;
            self.is_cut = false;
        }
        run
    }

    /// Whether a message may begin, and nobody looks at frames.
    fn is_between_messages(&mut self, sender: &Sender) -> bool {
        self.message.release();
        self.frame.is_none() && !self.message.is_started() && sender.listens() && !sender.is_watched()
    }

    /// The message that `input` begins with, if it is such a one: its kind, the size of its header, its payload.
    #[inline]
    fn plain<'a>(&self, input: &'a mut [u8]) -> Option<(Kind, usize, &'a [u8])> {
        let [first, second] = *input.first_chunk()?;
        let kind = match first {
            TEXT => Kind::Text,
            BINARY => Kind::Binary,
            _ => return None,
        };
        let is_masked = second & MASKED != 0;
        let (length, at) = match second & !MASKED {
            126 => match usize::from(u16::from_be_bytes([*input.get(2)?, *input.get(3)?])) {
                0..126 => return None,
                length => (length, 4),
            },
            127 => return None,
            short => (usize::from(short), 2),
        };
        let size = if is_masked { at + 4 } else { at };
        if is_masked != self.judge.wants_mask() || length as u64 > self.max_message {
            return None;
        }
        let (header, payload) = input.get_mut(..size + length)?.split_at_mut(size);
        let key = header[at..].first_chunk().copied();
        if let Some(key) = key {
            mask::apply(payload, key);
        }
        if kind == Kind::Text && !utf8::is_valid(payload) {
            // It is judged where all that is wrong is told.
            if let Some(key) = key {
                mask::apply(payload, key);
            }
            return None;
        }
        Some((kind, size, payload))
    }
}
