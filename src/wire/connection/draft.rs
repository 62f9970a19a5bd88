//! A message that is masked while it still grows, so that it is ready to be written once its end has come.
//!
//! A frame tells its length first (RFC 6455 §5.2), so a long message must be held until its end. Held as it came, it was
//! copied once more when it was masked: twice the memory, all of it new to the caches. Masked on its way into the very
//! buffer that is written, each byte of 64 MiB costs two thirds. Begun and ended by `sender`; whoever reads the
//! message appends.

use tungstenite::protocol::frame::FrameHeader;

use crate::wire::frame::{self, MAX_HEADER};
use crate::wire::{Kind, Room, mask};

/// The longest payload whose header is shorter than `MAX_HEADER`.
const SHORT: usize = u16::MAX as usize;

/// A message that grows.
pub struct Draft {
    /// Room for the header, and the masked payload.
    bytes: Vec<u8>,
    key: [u8; 4],
}

impl Draft {
    /// Nothing yet, in a buffer that is done with.
    pub(super) fn new(mut buffer: Vec<u8>, key: [u8; 4]) -> Self {
        buffer.clear();
        buffer.resize(MAX_HEADER, 0);
        Self { bytes: buffer, key }
    }

    /// How many bytes of payload it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len() - MAX_HEADER
    }

    /// Takes the next piece of payload. That a text is UTF-8 is for the caller to see to.
    pub fn append(&mut self, piece: &[u8]) {
        let key = mask::turned(self.key, self.length());
        mask::append(&mut self.bytes, piece, key);
    }

    /// Whether `give_back` has something to give back.
    #[must_use]
    pub fn has_spare(&self) -> bool {
        Room::has_spare(&self.bytes)
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Whether it is long enough to become a frame where it stands.
    pub(super) fn is_long(&self) -> bool {
        self.length() > SHORT
    }

    /// The message in one frame; it must be long, so that its header has the length there is room for.
    pub(super) fn into_frame(mut self, kind: Kind) -> Vec<u8> {
        let opcode = frame::opcode(kind);
        let header = FrameHeader { opcode, mask: Some(self.key), ..FrameHeader::default() };
        let mut head = Vec::new();
        frame::write_header(&mut head, &header, self.length());
        self.bytes[..MAX_HEADER].copy_from_slice(&head);
        self.bytes
    }

    /// The payload as it was appended.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        mask::append(&mut payload, &self.bytes[MAX_HEADER..], self.key);
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Frame;

    const KEY: [u8; 4] = [1, 2, 3, 4];

    fn draft(pieces: &[&[u8]]) -> Draft {
        let mut draft = Draft::new(vec![7; 3], KEY);
        pieces.iter().for_each(|piece| draft.append(piece));
        draft
    }

    #[test]
    fn pieces_of_any_length_become_one_frame() {
        let payload: Vec<u8> = (0..=SHORT).map(|at| at as u8).collect();
        for (first, second) in [(1, 2), (30, 33), (33, 99), (64, 60_001)] {
            let pieces = [&payload[..first], &payload[first..second], &payload[second..]];
            let frame = draft(&pieces).into_frame(Kind::Text);
            let (read, size) = Frame::read(&frame).expect("a frame");
            assert_eq!((size, read.header[0], &read.payload), (frame.len(), 0x81, &payload));
            assert_eq!(read.header[MAX_HEADER - 4..], KEY);
        }
    }

    #[test]
    fn what_was_appended_can_be_taken_back() {
        assert_eq!(draft(&[b"Hel", b"", b"lo"]).payload(), b"Hello");
        assert!(!draft(&[&[0; SHORT]]).is_long());
    }
}
