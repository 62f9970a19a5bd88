//! WebSocket frames as bytes (RFC 6455 §5.2): building those a server sends, reading those a client sends.
//!
//! Written for the tests alone, so that a mistake in wscope's own framing cannot hide in shared code.

use std::io::{self, Read};

/// The FIN bit of the first byte.
pub const FIN: u8 = 0x80;
/// Opcodes (RFC 6455 §5.2).
pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// A frame that came from the other end, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub fin: bool,
    pub rsv: u8,
    pub opcode: u8,
    /// Zeroes where it came from a server, which masks nothing.
    pub mask: [u8; 4],
    pub payload: Vec<u8>,
}

impl Frame {
    /// Reads one frame; `None` where the stream ends before its first byte.
    ///
    /// Panics on what a client must not send: no mask (§5.1), a length not in its shortest form (§5.2).
    pub fn read(from: &mut dyn Read) -> io::Result<Option<Frame>> {
        Frame::read_of(from, true)
    }

    /// The same of a frame that a server sent, which must have no mask (§5.1).
    pub fn read_of_server(from: &mut dyn Read) -> io::Result<Option<Frame>> {
        Frame::read_of(from, false)
    }

    fn read_of(from: &mut dyn Read, client: bool) -> io::Result<Option<Frame>> {
        let mut head = [0; 2];
        if from.read(&mut head[..1])? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut head[1..])?;
        assert_eq!(head[1] & 0x80 != 0, client, "clients mask their frames, servers do not: {head:02x?}");
        let length = read_length(from, head[1] & 0x7f)?;
        let mut mask = [0; 4];
        if client {
            from.read_exact(&mut mask)?;
        }
        let mut payload = vec![0; length];
        from.read_exact(&mut payload)?;
        apply_mask(&mut payload, mask);
        let (fin, rsv) = (head[0] & FIN != 0, head[0] >> 4 & 7);
        Ok(Some(Frame { fin, rsv, opcode: head[0] & 15, mask, payload }))
    }

    /// The payload as text; panics where it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("the client's text is UTF-8")
    }

    /// The code of a close frame, `None` where its payload is empty.
    pub fn close_code(&self) -> Option<u16> {
        assert_eq!(self.opcode, CLOSE, "not a close frame: {self:?}");
        let code = self.payload.first_chunk::<2>();
        assert!(code.is_some() || self.payload.is_empty(), "a close frame of one byte: {self:?}");
        code.map(|bytes| u16::from_be_bytes(*bytes))
    }
}

/// An unmasked frame; `first` is the whole first byte: FIN, RSV bits and opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, 0, payload.len());
    bytes.extend_from_slice(payload);
    bytes
}

/// A masked frame, which no server may send (§5.1).
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut bytes = header(first, 0x80, payload.len());
    bytes.extend_from_slice(&mask);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    apply_mask(&mut bytes[start..], mask);
    bytes
}

/// A whole text message.
pub fn text(payload: &str) -> Vec<u8> {
    frame(FIN | TEXT, payload.as_bytes())
}

/// A whole binary message.
pub fn binary(payload: &[u8]) -> Vec<u8> {
    frame(FIN | BINARY, payload)
}

/// A close frame with a code and a reason.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

fn header(first: u8, mask_bit: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(mask_bit | length as u8),
        126..=0xffff => {
            bytes.push(mask_bit | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask_bit | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes
}

fn read_length(from: &mut dyn Read, short: u8) -> io::Result<usize> {
    let mut bytes = [0; 8];
    let length = match short {
        126 => {
            from.read_exact(&mut bytes[6..])?;
            let length = u64::from_be_bytes(bytes);
            assert!(length > 125, "the length {length} is not in its shortest form");
            length
        }
        127 => {
            from.read_exact(&mut bytes)?;
            let length = u64::from_be_bytes(bytes);
            assert!(length > 0xffff, "the length {length} is not in its shortest form");
            length
        }
        short => u64::from(short),
    };
    Ok(usize::try_from(length).expect("a length that fits into memory"))
}

/// Masks or unmasks in steps of eight bytes, so that large messages do not slow a debug build down.
fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        let value = u64::from_ne_bytes(word.try_into().expect("chunks of eight")) ^ wide;
        word.copy_from_slice(&value.to_ne_bytes());
    }
    for (at, byte) in words.into_remainder().iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
}
