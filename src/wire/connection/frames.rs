//! Frames as they were on the wire, for those who want to see each (RFC 6455 §5.2).
//!
//! Nothing is copied unless somebody watches. The receiver and the sender keep a log each; `session` empties both
//! before it tells the events that the frames made.

use crate::wire::frame::{Head, Start};

/// One frame as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The header, or what came of one that broke a rule; at least two bytes.
    pub header: Vec<u8>,
    /// The payload, unmasked. Not as long as the header says where the rest never came, or was never sent.
    pub payload: Vec<u8>,
    /// Which frame of its data message this is, counted from 1; `None` for a frame outside of any.
    pub fragment: Option<u32>,
    /// Whether the payload is part of a compressed message (RFC 7692), which only the first frame of it tells.
    pub compressed: bool,
}

impl Frame {
    /// The frame that `bytes` begin with, and how many of them it is; `None` where not even the header is whole.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let head = Start::read(bytes)?.finish(bytes)?;
        let (header, rest) = bytes.split_at(head.size);
        let length = usize::try_from(head.length).map_or(rest.len(), |length| length.min(rest.len()));
        let mut payload = rest[..length].to_vec();
        if let Some(key) = head.header.mask {
            crate::wire::mask::apply(&mut payload, key);
        }
        let frame = Self { header: header.to_vec(), payload, fragment: None, compressed: false };
        Some((frame, head.size + length))
    }

    /// The one frame that `bytes` are, whatever length it tells; `None` where not even the header is whole.
    #[must_use]
    pub fn read_described(bytes: &[u8]) -> Option<Self> {
        let (frame, _) = Self::read(bytes)?;
        let mut payload = bytes[frame.header.len()..].to_vec();
        if let Some(key) = frame.head()?.header.mask {
            crate::wire::mask::apply(&mut payload, key);
        }
        Some(Self { payload, ..frame })
    }

    /// The frames that `bytes` are; `None` where they are not whole frames from the first byte to the last.
    #[must_use]
    pub fn read_all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let (frame, size) = Self::read(bytes).filter(|(frame, _)| frame.is_whole())?;
            frames.push(frame);
            bytes = &bytes[size..];
        }
        Some(frames)
    }

    /// FIN, reserved bits and opcode.
    #[must_use]
    pub fn start(&self) -> Start {
        Start::read(&self.header).expect("a header has two bytes at least")
    }

    /// The opcode, 0 to 15.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.start().opcode().into()
    }

    /// The whole header; `None` where it broke off.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.start().finish(&self.header)
    }

    /// Whether all of the payload is there that the header tells of.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.head().is_some_and(|head| head.length == self.payload.len() as u64)
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        self.header.len() + self.payload.len()
    }
}

/// The frames that went one way since somebody last asked.
#[derive(Default)]
pub(super) struct FrameLog {
    is_on: bool,
    frames: Vec<Frame>,
}

impl FrameLog {
    /// A log that is kept from the start, or not.
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on, frames: Vec::new() }
    }

    /// Whether frames are kept.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Begins or ends keeping frames.
    #[inline]
    pub(super) fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Keeps a frame. Its payload is copied where it is lent and frames are kept.
    #[cold]
    pub(super) fn add(
        &mut self,
        header: &[u8],
        payload: impl Into<Vec<u8>>,
        fragment: Option<u32>,
        compressed: bool,
    ) {
        if self.is_on {
            let (header, payload) = (header.to_vec(), payload.into());
            self.frames.push(Frame { header, payload, fragment, compressed });
        }
    }

    /// Takes out what was kept.
    #[inline]
    pub(super) fn take(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_unmasked_and_as_far_as_it_goes() {
        let (frame, size) = Frame::read(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58rest").unwrap();
        assert_eq!((&frame.payload[..], size, frame.is_whole()), (&b"Hello"[..], 11, true));
        let (frame, size) = Frame::read(b"\xf3\x7e\x00\x03ab").unwrap();
        assert_eq!((&frame.payload[..], size, frame.is_whole()), (&b"ab"[..], 6, false));
        assert_eq!(frame.start().reserved_bits(), 7);
        assert_eq!(frame.head().unwrap().length_size(), 2);
        assert_eq!(Frame::read(b"\x81\x85\x37"), None);
    }

    #[test]
    fn bytes_are_frames_only_where_all_of_them_are() {
        assert_eq!(Frame::read_all(b"\x81\x01a\x89\x00").map(|frames| frames.len()), Some(2));
        assert_eq!(Frame::read_all(b"\x81\x01a\x89"), None);
        assert_eq!(Frame::read_all(b"\x81\x02a"), None);
        assert_eq!(Frame::read_all(b""), Some(vec![]));
    }

    #[test]
    fn nothing_is_kept_unless_asked_for() {
        let mut log = FrameLog::default();
        log.add(b"\x81\x00", b"", Some(1), false);
        assert!(log.take().is_empty());
        log.turn(true);
        log.add(b"\x81\x00", b"", Some(1), false);
        assert_eq!(log.take().len(), 1);
        assert!(log.take().is_empty());
    }
}
