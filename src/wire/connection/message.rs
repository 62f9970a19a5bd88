//! The message being assembled from what does not arrive in one piece (RFC 6455 §5.4, §5.6).
//!
//! Grows as bytes come, never from a length that was only claimed. Limits are judged in `receiver`, which calls it;
//! a message that is wholly in the input never comes here.

use crate::wire::{Kind, Room, utf8::BadByte, utf8::Validator};

/// Where the assembly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No message.
    Idle,
    /// A message that was begun.
    Started(Kind),
    /// A whole message, which the last event borrowed.
    Whole,
}

/// The assembly buffer and what is known of the message in it.
pub(super) struct Message {
    stage: Stage,
    payload: Vec<u8>,
    room: Room,
    fragments: u32,
    /// Bytes on the wire so far, where the message is compressed.
    compressed: Option<u64>,
    text: Validator,
    /// Bytes that are not UTF-8 are let through in a text message.
    lenient: bool,
    /// The first of those in this message.
    bad: Option<BadByte>,
    /// The next message is handed on in pieces, and not assembled.
    may_pass: bool,
    /// This one is.
    passes: bool,
    /// How many bytes of it were handed on.
    passed: u64,
}

impl Message {
    /// No message yet; `room` is for the buffer. A `lenient` one takes text that is not UTF-8, and remembers where.
    pub(super) fn new(lenient: bool, room: Room) -> Self {
        Self {
            stage: Stage::Idle,
            payload: Vec::new(),
            room,
            fragments: 0,
            compressed: None,
            text: Validator::default(),
            lenient,
            bad: None,
            may_pass: false,
            passes: false,
            passed: 0,
        }
    }

    /// Whether messages that begin from now on are handed on in pieces. Not where they may be taken back.
    #[inline]
    pub(super) fn pass_on(&mut self, passes: bool) {
        self.may_pass = passes && !self.lenient;
    }

    /// Whether the message is handed on in pieces.
    #[inline]
    pub(super) fn passes(&self) -> bool {
        self.passes
    }

    /// Whether a message was begun and has not ended.
    #[inline]
    pub(super) fn is_started(&self) -> bool {
        matches!(self.stage, Stage::Started(_))
    }

    /// How many frames the message has had.
    #[inline]
    pub(super) fn fragments(&self) -> u32 {
        self.fragments
    }

    /// How many bytes the message has had.
    #[inline]
    pub(super) fn length(&self) -> u64 {
        self.payload.len() as u64 + self.passed
    }

    /// How many bytes of a compressed message its frames have had or announced; `None` for one that is not compressed.
    #[inline]
    pub(super) fn compressed(&self) -> Option<u64> {
        self.compressed
    }

    /// What has come of the payload.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// A frame of `length` bytes begins; `kind` is set on the first of a message, and `compressed` counts there.
    pub(super) fn begin_frame(&mut self, kind: Option<Kind>, compressed: bool, length: u64) {
        if let Some(kind) = kind {
            self.compressed = compressed.then_some(0);
            self.passes = self.may_pass && !compressed;
            self.stage = Stage::Started(kind);
            self.text = Validator::default();
            self.bad = None;
        }
        self.fragments += 1;
        if let Some(compressed) = &mut self.compressed {
            *compressed += length;
        }
    }

    /// Takes the next piece of payload.
    ///
    /// # Errors
    /// The byte that makes a text message no UTF-8.
    pub(super) fn append(&mut self, piece: &[u8]) -> Result<(), BadByte> {
        if self.stage == Stage::Started(Kind::Text) && self.bad.is_none() {
            let checked = self.text.feed(piece);
            self.pass(checked)?;
        }
        match self.passes {
            true => self.passed += piece.len() as u64,
            false => self.payload.extend_from_slice(piece),
        }
        Ok(())
    }

    /// The message has ended; returns its kind, `None` where none was begun.
    ///
    /// # Errors
    /// The byte where a character begins that the end cuts short.
    pub(super) fn finish(&mut self) -> Result<Option<Kind>, BadByte> {
        let Stage::Started(kind) = self.stage else { return Ok(None) };
        if kind == Kind::Text && self.bad.is_none() {
            self.pass(self.text.finish())?;
        }
        self.stage = Stage::Whole;
        Ok(Some(kind))
    }

    /// The first byte let through that is not UTF-8.
    #[inline]
    pub(super) fn bad(&self) -> Option<BadByte> {
        self.bad
    }

    /// Lets a bad byte through where that is wanted.
    fn pass(&mut self, checked: Result<(), BadByte>) -> Result<(), BadByte> {
        match checked {
            Err(bad) if self.lenient => {
                self.bad = Some(bad);
                Ok(())
            }
            checked => checked,
        }
    }

    /// Whether `give_back` has something to give back.
    #[inline]
    pub(super) fn has_spare(&self) -> bool {
        Room::has_spare(&self.payload)
    }

    /// Gives back the memory that holds nothing.
    pub(super) fn give_back(&mut self) {
        self.room.give_back(&mut self.payload);
    }

    /// Forgets a message that was begun and is not to be finished.
    pub(super) fn abandon(&mut self) {
        self.stage = Stage::Whole;
        self.release();
    }

    /// Forgets a whole message; its event is done with.
    #[inline]
    pub(super) fn release(&mut self) {
        if self.stage == Stage::Whole {
            self.stage = Stage::Idle;
            self.bad = None;
            self.fragments = 0;
            self.compressed = None;
            self.passes = false;
            self.passed = 0;
            self.room.clear(&mut self.payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_until_the_end_and_then_forgotten() {
        let mut message = Message::new(false, Room::keeping());
        message.begin_frame(Some(Kind::Text), false, 0);
        message.append(b"Hel").unwrap();
        message.begin_frame(None, false, 0);
        message.append(b"lo").unwrap();
        assert!(message.is_started());
        assert_eq!(message.finish(), Ok(Some(Kind::Text)));
        assert_eq!((message.payload(), message.fragments()), (&b"Hello"[..], 2));
        message.release();
        assert_eq!((message.length(), message.fragments(), message.is_started()), (0, 0, false));
    }

    #[test]
    fn only_text_is_checked() {
        let mut message = Message::new(false, Room::keeping());
        message.begin_frame(Some(Kind::Binary), false, 0);
        message.append(b"\xff").unwrap();
        assert_eq!(message.finish(), Ok(Some(Kind::Binary)));
        message.release();
        message.begin_frame(Some(Kind::Text), false, 0);
        message.append(b"a\xc3").unwrap();
        assert_eq!(message.finish(), Err(BadByte { offset: 1, byte: 0xc3 }));
    }

    #[test]
    fn bad_text_is_let_through_where_that_is_wanted() {
        let mut message = Message::new(true, Room::keeping());
        message.begin_frame(Some(Kind::Text), false, 0);
        message.append(b"a\xff\xfe").unwrap();
        assert_eq!(message.bad(), Some(BadByte { offset: 1, byte: 0xff }));
        message.append(b"\xe2").unwrap();
        assert_eq!(message.finish(), Ok(Some(Kind::Text)));
        assert_eq!((message.payload(), message.bad().unwrap().offset), (&b"a\xff\xfe\xe2"[..], 1));
        message.release();
        message.begin_frame(Some(Kind::Text), false, 0);
        message.append(b"\xe2").unwrap();
        message.abandon();
        assert_eq!((message.is_started(), message.length(), message.bad()), (false, 0, None));
    }

    #[test]
    fn the_room_of_a_large_message_is_given_back() {
        let mut message = Message::new(false, Room::returning());
        message.begin_frame(Some(Kind::Binary), false, 0);
        message.append(&vec![0; 4 << 20]).unwrap();
        message.finish().unwrap();
        assert!(!message.has_spare());
        message.release();
        assert!(message.payload.capacity() <= 1 << 20 && message.has_spare());
        message.give_back();
        assert!(!message.has_spare());
    }
}
