//! Which messages are still in the bytes to be written: found by walking over our own frames.
//!
//! Counting each message as it is written would cost every message something; this costs only those who ask.
//! Called by `outgoing`, whose buffer always begins at the first frame of a message or at a control frame.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::wire::{Kind, frame::Start, mask};

/// A data message, or the frames of one, as they lie in the buffer.
pub(super) struct Framed {
    /// What it is; `None` for a control frame.
    pub kind: Option<Kind>,
    /// The payload, unmasked and joined.
    pub payload: Vec<u8>,
    /// The length of the payload.
    pub length: u64,
    /// Where the last of its frames ends.
    pub end: usize,
}

/// Walks over whole messages and control frames, the payload of those collected that end behind `from`.
pub(super) fn walk(bytes: &[u8], from: usize, collect: bool) -> impl Iterator<Item = Framed> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut framed: Option<Framed> = None;
        loop {
            let (final_frame, end) = step(bytes, at, from, collect, &mut framed)?;
            at = end;
            if final_frame {
                return framed;
            }
        }
    })
}

/// Takes in the frame at `at`; returns whether its message ends with it, and where it ends.
fn step(
    bytes: &[u8],
    at: usize,
    from: usize,
    collect: bool,
    framed: &mut Option<Framed>,
) -> Option<(bool, usize)> {
    let head = Start::read(&bytes[at..])?.finish(&bytes[at..])?;
    let start = at + head.size;
    let end = start + usize::try_from(head.length).ok()?;
    let kind = match head.header.opcode {
        OpCode::Data(Data::Text) => Some(Kind::Text),
        OpCode::Data(_) => Some(Kind::Binary),
        OpCode::Control(_) => None,
    };
    let framed = framed.get_or_insert(Framed { kind, payload: Vec::new(), length: 0, end });
    framed.length += head.length;
    framed.end = end;
    // The fragments before the one that is being written belong to a message that is not sent yet, either.
    let wanted = collect && (end > from || !head.header.is_final);
    if let Some(payload) = bytes.get(start..end).filter(|_| wanted) {
        match head.header.mask {
            Some(key) => mask::append(&mut framed.payload, payload, key),
            None => framed.payload.extend_from_slice(payload),
        }
    }
    Some((head.header.is_final, end))
}
