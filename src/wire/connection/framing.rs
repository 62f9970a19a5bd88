//! Messages and control frames become bytes to be written (RFC 6455 §5.2 to §5.5).
//!
//! Knows masks, fragments and the log of frames; what may be sent when is for `sender` to say, which owns it.

use std::num::{NonZeroU32, NonZeroUsize};

use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::{frames::FrameLog, masks::Masks, outgoing::Outgoing};
use crate::wire::{Kind, frame, mask};

/// The longest payload whose length stands in the second byte (RFC 6455 §5.2).
const MAX_SHORT: u8 = 125;

/// Into what fragments a message is cut.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split {
    /// None.
    Whole,
    /// Of at most so many bytes.
    Size(NonZeroUsize),
    /// So many, of about the same size; those at the end may be empty.
    Count(NonZeroU32),
}

/// What a frame is, and of what it is a part.
struct Label {
    opcode: OpCode,
    is_final: bool,
    /// Part of a compressed message.
    compressed: bool,
    /// Counted from 1; `None` for a control frame.
    fragment: Option<u32>,
}

/// Where frames are made.
pub(super) struct Framer {
    pub(super) masks: Masks,
    /// Only a client masks what it sends (RFC 6455 §5.1).
    pub(super) is_client: bool,
    pub(super) outgoing: Outgoing,
    pub(super) log: FrameLog,
}

impl Framer {
    /// Queues the frames of a message.
    #[inline]
    pub(super) fn message(&mut self, kind: Kind, compressed: bool, payload: &[u8], split: Split) {
        let size = match split {
            Split::Whole => payload.len(),
            Split::Size(size) => size.get(),
            Split::Count(count) => return self.counted(kind, compressed, payload, count),
        };
        if payload.len() > size {
            self.fragments(kind, compressed, payload, size);
        } else {
            let opcode = frame::opcode(kind);
            self.frame(Label { opcode, is_final: true, compressed, fragment: Some(1) }, payload);
        }
    }

    /// Queues whole messages, none of them compressed; returns how many they were and the bytes of their payloads.
    #[inline]
    pub(super) fn run<'a>(&mut self, kind: Kind, payloads: impl Iterator<Item = &'a [u8]>) -> (u64, u64) {
        let (mut count, mut bytes) = (0, 0);
        for payload in payloads {
            count += 1;
            bytes += payload.len() as u64;
            match u8::try_from(payload.len()) {
                Ok(length @ 0..=MAX_SHORT) if self.is_client && !self.log.is_on() => {
                    self.short(kind, length, payload);
                }
                _ => self.message(kind, false, payload, Split::Whole),
            }
        }
        (count, bytes)
    }

    /// A masked message that needs no longer form of length: its header at one stroke.
    #[inline]
    fn short(&mut self, kind: Kind, length: u8, payload: &[u8]) {
        let [one, two, three, four] = self.masks.next();
        let first = frame::FIN | u8::from(frame::opcode(kind));
        let out = self.outgoing.end();
        out.extend_from_slice(&[first, frame::MASKED | length, one, two, three, four]);
        mask::append(out, payload, [one, two, three, four]);
    }

    /// Queues a control frame.
    pub(super) fn control(&mut self, opcode: Control, payload: &[u8]) {
        let opcode = OpCode::Control(opcode);
        self.frame(Label { opcode, is_final: true, compressed: false, fragment: None }, payload);
    }

    fn fragments(&mut self, kind: Kind, compressed: bool, payload: &[u8], size: usize) {
        let count = payload.len().div_ceil(size);
        for (index, fragment) in payload.chunks(size).enumerate() {
            self.fragment(kind, compressed, fragment, index, index + 1 == count);
        }
    }

    fn counted(&mut self, kind: Kind, compressed: bool, payload: &[u8], count: NonZeroU32) {
        let count = count.get() as usize;
        let size = payload.len().div_ceil(count);
        let mut rest = payload;
        for index in 0..count {
            let (fragment, after) = rest.split_at(size.min(rest.len()));
            self.fragment(kind, compressed, fragment, index, index + 1 == count);
            rest = after;
        }
    }

    fn fragment(&mut self, kind: Kind, compressed: bool, payload: &[u8], index: usize, is_final: bool) {
        let opcode = if index == 0 { frame::opcode(kind) } else { OpCode::Data(Data::Continue) };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        self.frame(Label { opcode, is_final, compressed, fragment: Some(number) }, payload);
    }

    /// RSV1 is set on the first frame of a compressed message only (RFC 7692 §6.1).
    #[inline]
    fn frame(&mut self, label: Label, payload: &[u8]) {
        let Label { opcode, is_final, compressed, fragment } = label;
        let mask = self.is_client.then(|| self.masks.next());
        let rsv1 = compressed && fragment == Some(1);
        let header = FrameHeader { is_final, rsv1, opcode, mask, ..FrameHeader::default() };
        let out = self.outgoing.end();
        out.reserve(frame::MAX_HEADER + payload.len());
        let start = out.len();
        frame::write_header(out, &header, payload.len());
        if self.log.is_on() {
            self.log.add(&out[start..], payload, fragment, compressed);
        }
        match mask {
            Some(key) => mask::append(out, payload, key),
            None => out.extend_from_slice(payload),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Room;

    fn fragments(split: Split, payload: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let masks = Masks::new(Box::new(|_| unreachable!("a server draws no keys")));
        let mut framer = Framer {
            masks,
            is_client: false,
            outgoing: Outgoing::new(Room::returning()),
            log: FrameLog::new(true),
        };
        framer.message(Kind::Text, true, payload, split);
        framer.log.take().into_iter().map(|frame| (frame.header[0], frame.payload)).collect()
    }

    #[test]
    fn messages_are_cut_by_size_or_by_count() {
        let size = |size| Split::Size(NonZeroUsize::new(size).unwrap());
        let count = |count| Split::Count(NonZeroU32::new(count).unwrap());
        let expect = |frames: &[(u8, &[u8])]| -> Vec<(u8, Vec<u8>)> {
            frames.iter().map(|(first, payload)| (*first, payload.to_vec())).collect()
        };
        assert_eq!(fragments(Split::Whole, b"abc"), expect(&[(0xc1, b"abc")]));
        assert_eq!(fragments(size(3), b"abc"), expect(&[(0xc1, b"abc")]));
        assert_eq!(fragments(size(2), b"abcd"), expect(&[(0x41, b"ab"), (0x80, b"cd")]));
        assert_eq!(fragments(size(3), b"abcd"), expect(&[(0x41, b"abc"), (0x80, b"d")]));
        assert_eq!(fragments(size(1), b""), expect(&[(0xc1, b"")]));
        assert_eq!(fragments(count(1), b"abc"), expect(&[(0xc1, b"abc")]));
        assert_eq!(fragments(count(3), b"abcd"), expect(&[(0x41, b"ab"), (0x00, b"cd"), (0x80, b"")]));
        assert_eq!(fragments(count(2), b""), expect(&[(0x41, b""), (0x80, b"")]));
    }
}
