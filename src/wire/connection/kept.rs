//! What queued messages were, until they are written whole.
//!
//! They are kept so that another connection can send them anew. Mostly the bytes to be written tell them (`unsent`);
//! not so where messages are compressed, which can be read only after all those before; where they are fragmented,
//! for the walk would be long; and where raw bytes were sent, which need not be frames. Called by `sender`.

use std::collections::VecDeque;

use crate::wire::Kind;

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

/// A message that is queued.
struct Message {
    kind: Kind,
    payload: Vec<u8>,
    wire: u64,
    /// Where its last frame ends in the stream.
    end: u64,
}

/// The messages that are not written whole, oldest first.
#[derive(Default)]
pub(super) struct Kept {
    messages: VecDeque<Message>,
    total: Unsent,
}

impl Kept {
    /// A message was queued that has so many bytes on the wire; its frames end at `end`.
    pub(super) fn add(&mut self, kind: Kind, payload: &[u8], wire: u64, end: u64) {
        self.total.messages += 1;
        self.total.bytes += payload.len() as u64;
        self.total.wire += wire;
        self.messages.push_back(Message { kind, payload: payload.to_vec(), wire, end });
    }

    /// The stream is written up to `written`.
    pub(super) fn written(&mut self, written: u64) {
        while let Some(message) = self.messages.pop_front_if(|message| message.end <= written) {
            self.total.messages -= 1;
            self.total.bytes -= message.payload.len() as u64;
            self.total.wire -= message.wire;
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
