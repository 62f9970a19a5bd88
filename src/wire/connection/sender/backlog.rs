//! What is queued and not written: offered to the socket, counted, and taken out for another connection.

use super::Sender;
use crate::wire::Kind;
use crate::wire::connection::kept::Unsent;

impl Sender {
    /// The bytes to write next in one go. Bytes once shown here stay the same and in front until they are written.
    #[inline]
    #[must_use]
    pub fn next_write(&self) -> &[u8] {
        self.framer.outgoing.next_write()
    }

    /// All bytes that are not written.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        self.framer.outgoing.unsent()
    }

    /// How many bytes were ever queued: a position in the stream that goes out.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.framer.outgoing.added()
    }

    /// How many bytes were ever written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.framer.outgoing.written()
    }

    /// The socket has taken the first `written` bytes of `unsent`.
    pub fn advance(&mut self, written: usize) {
        self.framer.outgoing.advance(written);
        let written = self.framer.outgoing.written();
        if let Some(kept) = &mut self.kept {
            kept.written(written);
        }
        self.answer_pending(written);
    }

    /// Whether `give_back` has something to give back.
    #[inline]
    #[must_use]
    pub fn has_spare(&self) -> bool {
        self.framer.outgoing.has_spare()
    }

    /// Gives back the memory that holds nothing: for one who has nothing to send for a while.
    pub fn give_back(&mut self) {
        self.framer.outgoing.give_back();
    }

    /// The data messages that are not written whole. Crafted frames and raw bytes are none.
    #[must_use]
    pub fn unsent_messages(&self) -> Unsent {
        match &self.kept {
            Some(kept) => kept.total(),
            None => {
                let (messages, bytes) = self.framer.outgoing.messages();
                Unsent { messages, bytes, wire: bytes }
            }
        }
    }

    /// How many bytes are held here: those to write, and the payloads of messages that are kept. It grows with
    /// each message, and is zero once all is written.
    #[must_use]
    pub fn held(&self) -> usize {
        let kept = self.kept.as_ref().map_or(0, |kept| kept.total().bytes);
        self.unsent().len().saturating_add(usize::try_from(kept).unwrap_or(usize::MAX))
    }

    /// Takes out the data messages that are not written whole, for another connection to send; what is left here is
    /// of no use after that.
    pub fn take_unsent(&mut self) -> Vec<(Kind, Vec<u8>)> {
        match &mut self.kept {
            Some(kept) => {
                self.framer.outgoing.clear();
                kept.take()
            }
            None => self.framer.outgoing.take_messages(),
        }
    }
}
