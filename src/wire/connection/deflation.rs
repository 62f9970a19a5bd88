//! Compressed messages on their way out: what compresses them, and what they were until they are written.
//!
//! They are kept so that another connection can send them anew. The bytes to be written do not tell them, because a
//! compressed message can be read only after all those before it. Called by `sender`, and only where compression was
//! agreed on.

use std::collections::VecDeque;

use super::Settings;
use crate::wire::{Kind, deflate::Compressor};

/// Data messages that are not written whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// How many.
    pub messages: u64,
    /// The bytes of their payloads.
    pub bytes: u64,
    /// The bytes of their frames' payloads: not the same where they are compressed.
    pub wire: u64,
}

/// What messages are compressed with.
pub(super) struct Deflation {
    window_bits: u8,
    takes_context_over: bool,
    /// Made for the first message.
    stream: Option<Compressor>,
    pub(super) kept: Kept,
}

/// A message that is queued.
struct Message {
    kind: Kind,
    payload: Vec<u8>,
    compressed: u64,
    /// Where its last frame ends in the stream.
    end: u64,
}

/// The messages that are not written whole, oldest first.
#[derive(Default)]
pub(super) struct Kept {
    messages: VecDeque<Message>,
    total: Unsent,
}

impl Deflation {
    /// `None` also where a window of 8 bits was agreed on: such streams cannot be made here, and a message may always
    /// go out uncompressed (RFC 7692 §6).
    pub(super) fn new(settings: &Settings) -> Option<Box<Self>> {
        let (window_bits, takes_context_over) = settings.deflate?.of(settings.role);
        let deflation = Self { window_bits, takes_context_over, stream: None, kept: Kept::default() };
        (window_bits > 8).then(|| Box::new(deflation))
    }

    pub(super) fn stream(&mut self) -> &mut Compressor {
        self.stream.get_or_insert_with(|| Compressor::new(self.window_bits, self.takes_context_over))
    }
}

impl Kept {
    /// A message of so many compressed bytes was queued; its frames end at `end`.
    pub(super) fn add(&mut self, kind: Kind, payload: &[u8], compressed: u64, end: u64) {
        self.total.messages += 1;
        self.total.bytes += payload.len() as u64;
        self.total.wire += compressed;
        self.messages.push_back(Message { kind, payload: payload.to_vec(), compressed, end });
    }

    /// The stream is written up to `written`.
    pub(super) fn written(&mut self, written: u64) {
        while let Some(message) = self.messages.pop_front_if(|message| message.end <= written) {
            self.total.messages -= 1;
            self.total.bytes -= message.payload.len() as u64;
            self.total.wire -= message.compressed;
        }
    }

    /// How much is not written.
    pub(super) fn total(&self) -> Unsent {
        self.total
    }

    /// Takes out what is not written.
    pub(super) fn take(&mut self) -> Vec<(Kind, Vec<u8>)> {
        self.total = Unsent::default();
        self.messages.drain(..).map(|message| (message.kind, message.payload)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_kept_until_their_last_byte_is_written() {
        let mut kept = Kept::default();
        kept.add(Kind::Text, b"one", 2, 10);
        kept.add(Kind::Binary, b"second", 5, 30);
        kept.written(9);
        assert_eq!(kept.total(), Unsent { messages: 2, bytes: 9, wire: 7 });
        kept.written(29);
        assert_eq!(kept.total(), Unsent { messages: 1, bytes: 6, wire: 5 });
        assert_eq!(kept.take(), [(Kind::Binary, b"second".to_vec())]);
        assert_eq!(kept.total(), Unsent::default());
        kept.add(Kind::Text, b"", 1, 40);
        kept.written(40);
        assert!(kept.take().is_empty());
    }
}
