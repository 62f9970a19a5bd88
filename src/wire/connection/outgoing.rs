//! Bytes on their way to the socket: added at the end, taken from the front.
//!
//! A TLS layer that could not write wants the same bytes offered again, so bytes once added never change and never
//! leave before they are written. Called by `sender`, which adds whole frames.

use std::collections::VecDeque;

use super::kept::Kept;
use super::unsent::walk;
use crate::wire::{Kind, Room};

/// Written bytes are cut off once there are this many, and at least as many as the unwritten.
const COMPACT: usize = 64 * 1024;

/// The buffer and how far it has been written.
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    room: Room,
    /// Bytes cut off the front since the beginning, so that positions in the stream can be told.
    cut: u64,
    /// Where in the stream a write has to end.
    breaks: VecDeque<u64>,
    /// The bytes can no longer be walked over, so they are cut off wherever they are written.
    opaque: bool,
}

impl Outgoing {
    /// Nothing to be written; `room` is for the buffer.
    pub(super) fn new(room: Room) -> Self {
        Self { bytes: Vec::new(), written: 0, room, cut: 0, breaks: VecDeque::new(), opaque: false }
    }

    /// What is not written.
    #[inline]
    pub(super) fn unsent(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// What is to be written next in one go.
    #[inline]
    pub(super) fn next_write(&self) -> &[u8] {
        match self.breaks.front() {
            None => self.unsent(),
            Some(at) => &self.bytes[self.written..(at - self.cut) as usize],
        }
    }

    /// Has what was added up to now written by itself, before what is added next.
    pub(super) fn break_here(&mut self) {
        if self.added() > self.breaks.back().copied().unwrap_or(self.written()) {
            self.breaks.push_back(self.added());
        }
    }

    /// Has messages told by `kept` from now on, and puts those there that the bytes still tell.
    pub(super) fn make_opaque(&mut self, kept: &mut Kept) {
        if std::mem::replace(&mut self.opaque, true) {
            return;
        }
        for framed in walk(&self.bytes, 0, true).filter(|framed| framed.end > self.written) {
            if let Some(kind) = framed.kind {
                kept.add(kind, &framed.payload, framed.length, self.cut + framed.end as u64);
            }
        }
    }

    /// Where whole frames are added; nothing else may be done to it.
    #[inline]
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The buffer, to be filled and put back; `None` while something is to be written.
    pub(super) fn take_spare(&mut self) -> Option<Vec<u8>> {
        debug_assert!(
            !self.bytes.is_empty() || self.written == 0,
            "what was written is cut off with the rest"
        );
        self.bytes.is_empty().then(|| std::mem::take(&mut self.bytes))
    }

    /// Adds a whole frame, without a copy where nothing is before it.
    pub(super) fn put(&mut self, frame: Vec<u8>) {
        match self.bytes.is_empty() {
            true => self.bytes = frame,
            false => self.bytes.extend_from_slice(&frame),
        }
    }

    /// How many bytes have ever been added.
    pub(super) fn added(&self) -> u64 {
        self.cut + self.bytes.len() as u64
    }

    /// How many bytes have ever been written.
    pub(super) fn written(&self) -> u64 {
        self.cut + self.written as u64
    }

    /// The socket has taken `count` more bytes.
    pub(super) fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.unsent().len(), "the socket takes no more than it is offered");
        self.written = (self.written + count).min(self.bytes.len());
        while self.breaks.pop_front_if(|at| *at <= self.cut + self.written as u64).is_some() {}
        if self.written == self.bytes.len() {
            let held = self.bytes.len();
            self.cut_written();
            self.room.emptied(&mut self.bytes, held);
        } else if self.written >= COMPACT && self.written >= self.unsent().len() {
            self.cut_written();
        }
    }

    /// Whether `give_back` has something to give back.
    #[inline]
    pub(super) fn has_spare(&self) -> bool {
        Room::has_spare(&self.bytes)
    }

    /// Gives back the memory that holds nothing.
    pub(super) fn give_back(&mut self) {
        self.room.give_back(&mut self.bytes);
    }

    /// Data messages that are not written whole, and the bytes of their payloads.
    pub(super) fn messages(&self) -> (u64, u64) {
        let left = walk(&self.bytes, self.written, false).filter(|framed| framed.end > self.written);
        let data = left.filter(|framed| framed.kind.is_some());
        data.fold((0, 0), |(count, bytes), framed| (count + 1, bytes + framed.length))
    }

    /// Takes out the data messages that are not written whole; nothing is left to write.
    pub(super) fn take_messages(&mut self) -> Vec<(Kind, Vec<u8>)> {
        let written = self.written;
        let left = walk(&self.bytes, written, true).filter(|framed| framed.end > written);
        let messages = left.filter_map(|framed| Some((framed.kind?, framed.payload))).collect();
        self.clear();
        messages
    }

    /// Nothing is left to write.
    pub(super) fn clear(&mut self) {
        self.cut = self.added();
        self.bytes = Vec::new();
        self.written = 0;
        self.breaks.clear();
    }

    /// Cuts off what is written, up to the beginning of a message.
    fn cut_written(&mut self) {
        let whole = match self.opaque || self.written == self.bytes.len() {
            true => self.written,
            false => {
                let ends = walk(&self.bytes, self.written, false).map(|framed| framed.end);
                ends.take_while(|end| *end <= self.written).last().unwrap_or(0)
            }
        };
        self.bytes.drain(..whole);
        self.cut += whole as u64;
        self.written -= whole;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of 1000 bytes, unmasked, in two fragments each.
    fn frames(count: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in 0..count {
            bytes.extend_from_slice(&[0x02, 126, 0x01, 0xf4]);
            bytes.extend(std::iter::repeat_n(number, 500));
            bytes.extend_from_slice(&[0x80, 126, 0x01, 0xf4]);
            bytes.extend(std::iter::repeat_n(number, 500));
        }
        bytes
    }

    #[test]
    fn messages_not_written_whole_can_be_counted_and_taken() {
        let mut out = Outgoing::new(Room::keeping());
        out.end().extend_from_slice(&frames(200));
        assert_eq!(out.messages(), (200, 200_000));
        out.advance(1008 * 150 + 505);
        assert_eq!(out.messages(), (50, 50_000));
        let taken = out.take_messages();
        assert_eq!(taken.len(), 50);
        assert_eq!(taken[0], (Kind::Binary, vec![150; 1000]));
        assert_eq!(taken[49], (Kind::Binary, vec![199; 1000]));
        assert_eq!(out.messages(), (0, 0));
    }

    #[test]
    fn offered_bytes_stay_the_same_through_additions_and_compaction() {
        let stream: Vec<u8> = frames(250).repeat(3);
        let mut out = Outgoing::new(Room::keeping());
        let (mut added, mut written) = (0, 0);
        while written < stream.len() {
            let next = (added + 7919).min(stream.len());
            out.end().extend_from_slice(&stream[added..next]);
            added = next;
            assert_eq!(out.unsent(), &stream[written..added]);
            let count = if added < stream.len() { out.unsent().len().min(5003) } else { out.unsent().len() };
            out.advance(count);
            written += count;
            assert_eq!((out.added(), out.written()), (added as u64, written as u64));
        }
        assert!(out.unsent().is_empty());
    }

    #[test]
    fn a_write_ends_at_each_break() {
        let mut out = Outgoing::new(Room::keeping());
        out.break_here();
        out.end().extend_from_slice(b"ab");
        out.break_here();
        out.break_here();
        out.end().extend_from_slice(b"cde");
        assert_eq!((out.next_write(), out.unsent()), (&b"ab"[..], &b"abcde"[..]));
        out.advance(1);
        assert_eq!(out.next_write(), b"b");
        out.advance(1);
        assert_eq!(out.next_write(), b"cde");
    }

    #[test]
    fn what_cannot_be_walked_over_is_kept_from_then_on() {
        let mut out = Outgoing::new(Room::keeping());
        let mut kept = Kept::default();
        out.end().extend_from_slice(&frames(3));
        out.advance(1008 + 700);
        out.make_opaque(&mut kept);
        out.end().extend_from_slice(b"no frame");
        out.advance(308);
        kept.written(out.written());
        assert_eq!(kept.take(), [(Kind::Binary, vec![2; 1000])]);
        out.advance(1008 + 8);
        assert!(out.unsent().is_empty());
    }

    #[test]
    fn a_large_buffer_is_given_back_when_drained_or_at_rest() {
        for (room, kept) in [(Room::returning(), 1 << 20), (Room::keeping(), 16 << 20)] {
            let mut out = Outgoing::new(room);
            out.end().extend_from_slice(&vec![0; 8 << 20]);
            assert!(!out.has_spare());
            out.advance(8 << 20);
            assert!(out.end().capacity() <= kept);
            out.give_back();
            assert!(!out.has_spare());
        }
    }
}
