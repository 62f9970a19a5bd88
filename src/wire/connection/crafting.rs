//! Frames and bytes that are sent as somebody described them, whatever the rules and the state say.
//!
//! The part of `sender` that sends what no connection would by itself, on the same sender. What a description may say
//! stands in `crafted`.

use super::crafted::{Crafted, Masking};
use super::{Frame, Sender};
use crate::wire::frame::CLOSE;

impl Sender {
    /// Queues a frame as it was described, in any state. A close frame starts the closing handshake. Returns its
    /// bytes; `sizes` cuts them as in `raw`.
    pub fn craft(&mut self, crafted: &Crafted, sizes: &[usize]) -> Vec<u8> {
        let key = match crafted.masking {
            Masking::ByRole if !self.framer.is_client => None,
            Masking::ByRole | Masking::On => Some(self.framer.masks.next()),
            Masking::Off => None,
            Masking::Key(key) => Some(key),
        };
        let bytes = crafted.bytes(key);
        self.queue(&bytes, sizes);
        // What a lying length leaves over belongs to this frame for whoever made it.
        let (header, _) = bytes.split_at(bytes.len() - crafted.payload.len());
        self.framer.log.add(header, &crafted.payload[..], None, false);
        if crafted.opcode & 0x0f == CLOSE {
            self.close_sent();
        }
        bytes
    }

    /// Queues bytes as they are, in any state. Each of `sizes` says how many of them are written by themselves
    /// before the next are offered; what is left over goes in one more write. Where they are whole frames, they are
    /// logged as such, and a close frame among them starts the closing handshake.
    pub fn raw(&mut self, bytes: &[u8], sizes: &[usize]) {
        self.queue(bytes, sizes);
        for frame in Frame::read_all(bytes).unwrap_or_default() {
            self.framer.log.add(&frame.header, &frame.payload[..], None, false);
            if frame.opcode() == CLOSE {
                self.close_sent();
            }
        }
    }

    fn queue(&mut self, bytes: &[u8], sizes: &[usize]) {
        self.keep();
        let outgoing = &mut self.framer.outgoing;
        if !sizes.is_empty() {
            outgoing.break_here();
        }
        let mut rest = bytes;
        for size in sizes {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            outgoing.end().extend_from_slice(piece);
            outgoing.break_here();
            rest = after;
        }
        outgoing.end().extend_from_slice(rest);
    }
}
