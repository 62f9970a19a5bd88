//! Frame headers (RFC 6455 §5.2): reading them strictly, and writing them.
//!
//! tungstenite's `FrameHeader` is the header type and its `format` the writer. Its `parse` is not used: it refuses
//! reserved opcodes and takes lengths that are not minimal. What a header may say is judged in
//! `connection::receiver`, except for the form of the length, which is judged here.

use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Data, OpCode},
};

use super::{Kind, violation::Rule};

/// The longest header: two bytes, a 64-bit length, a masking key.
pub const MAX_HEADER: usize = 14;

/// The bit of the first byte that says that this frame is the last of its message.
pub const FIN: u8 = 0x80;

/// The bit of the second byte that says that a masking key follows.
pub const MASKED: u8 = 0x80;

/// The opcode of the first frame of a text message (RFC 6455 §5.2).
pub const TEXT: u8 = 0x1;

/// The opcode of the first frame of a binary message.
pub const BINARY: u8 = 0x2;

/// The opcode of a close frame.
pub const CLOSE: u8 = 0x8;

/// The opcode of a ping.
pub const PING: u8 = 0x9;

/// The first two bytes of a frame, which tell how long its header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    first: u8,
    second: u8,
}

/// A whole header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// FIN, reserved bits, opcode and masking key.
    pub header: FrameHeader,
    /// The length of the payload, in bytes.
    pub length: u64,
    /// The length of the header itself, in bytes.
    pub size: usize,
}

impl Start {
    /// The start of the frame that `input` begins with; `None` while fewer than two bytes are there.
    #[inline]
    #[must_use]
    pub fn read(input: &[u8]) -> Option<Self> {
        let [first, second] = *input.first_chunk()?;
        Some(Self { first, second })
    }

    /// The FIN bit: this frame is the last of its message.
    #[inline]
    #[must_use]
    pub fn is_final(self) -> bool {
        self.first & FIN != 0
    }

    /// Whether one of RSV1 to RSV3 is set.
    #[inline]
    #[must_use]
    pub fn has_reserved_bits(self) -> bool {
        self.first & 0x70 != 0
    }

    /// RSV1 to RSV3 as a number from 0 to 7; RSV1 counts 4.
    #[must_use]
    pub fn reserved_bits(self) -> u8 {
        self.first >> 4 & 0x07
    }

    /// RSV1, which tells that a message is compressed (RFC 7692 §6).
    #[must_use]
    pub fn has_rsv1(self) -> bool {
        self.first & 0x40 != 0
    }

    /// Whether RSV2 or RSV3 is set, which no extension known here uses.
    #[must_use]
    pub fn has_unknown_bits(self) -> bool {
        self.first & 0x30 != 0
    }

    /// The opcode, reserved ones included.
    #[inline]
    #[must_use]
    pub fn opcode(self) -> OpCode {
        OpCode::from(self.first & 0x0f)
    }

    /// Whether a masking key follows.
    #[inline]
    #[must_use]
    pub fn is_masked(self) -> bool {
        self.second & MASKED != 0
    }

    /// The first length field: a length up to 125, or 126 or 127 for the longer forms.
    #[inline]
    #[must_use]
    pub fn short_length(self) -> u8 {
        self.second & 0x7f
    }

    /// The length of the whole header, in bytes.
    #[inline]
    #[must_use]
    pub fn header_size(self) -> usize {
        let extended = match self.short_length() {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + extended + if self.is_masked() { 4 } else { 0 }
    }

    /// Whether anything follows these two bytes in the frame.
    #[must_use]
    pub fn has_more(self) -> bool {
        self.second != 0
    }

    /// Reads the rest of the header from `input`, which begins with these two bytes; `None` while it is unfinished.
    #[inline]
    #[must_use]
    pub fn finish(self, input: &[u8]) -> Option<Head> {
        let size = self.header_size();
        let bytes = input.get(..size)?;
        let length = match self.short_length() {
            126 => u64::from(u16::from_be_bytes(field(bytes, 2))),
            127 => u64::from_be_bytes(field(bytes, 2)),
            short => u64::from(short),
        };
        let mask = self.is_masked().then(|| field(bytes, size - 4));
        let header = FrameHeader {
            is_final: self.is_final(),
            rsv1: self.first & 0x40 != 0,
            rsv2: self.first & 0x20 != 0,
            rsv3: self.first & 0x10 != 0,
            opcode: self.opcode(),
            mask,
        };
        Some(Head { header, length, size })
    }
}

impl Head {
    /// Judges how the length is written.
    ///
    /// # Errors
    /// The rule that the form of the length breaks.
    #[inline]
    pub fn judge_length(&self) -> Result<(), Rule> {
        let least = match self.length_size() {
            0 => return Ok(()),
            2 => 126,
            _ => 1 << 16,
        };
        if self.length >> 63 != 0 {
            Err(Rule::LengthTopBit)
        } else if self.length < least {
            Err(Rule::LengthNotMinimal)
        } else {
            Ok(())
        }
    }

    /// The size of the extended length field, in bytes: 0, 2 or 8.
    #[inline]
    #[must_use]
    pub fn length_size(&self) -> usize {
        self.size - 2 - if self.header.mask.is_some() { 4 } else { 0 }
    }
}

/// The opcode that begins a message of this kind.
#[inline]
#[must_use]
pub fn opcode(kind: Kind) -> OpCode {
    match kind {
        Kind::Text => OpCode::Data(Data::Text),
        Kind::Binary => OpCode::Data(Data::Binary),
    }
}

/// Appends a header to `out`, with `length` in the shortest form.
#[inline]
pub fn write_header(out: &mut Vec<u8>, header: &FrameHeader, length: usize) {
    header.format(length as u64, out).expect("a Vec takes every write");
}

/// The `N` bytes of a header field that begins at `at`.
#[inline]
fn field<const N: usize>(header: &[u8], at: usize) -> [u8; N] {
    *header[at..].first_chunk().expect("header_size counted this field")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(input: &[u8]) -> Result<Option<Head>, Rule> {
        let Some(head) = Start::read(input).and_then(|start| start.finish(input)) else { return Ok(None) };
        head.judge_length().map(|()| Some(head))
    }

    #[test]
    fn each_form_of_length_is_read_at_its_edges() {
        let cases: [(&[u8], u64); 6] = [
            (&[0x82, 0x00], 0),
            (&[0x82, 0x7d], 125),
            (&[0x82, 0x7e, 0x00, 0x7e], 126),
            (&[0x82, 0x7e, 0xff, 0xff], 65535),
            (&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0], 65536),
            (&[0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], (1 << 63) - 1),
        ];
        for (bytes, length) in cases {
            let head = parse(bytes).unwrap().unwrap();
            assert_eq!((head.length, head.size), (length, bytes.len()));
            for cut in 0..bytes.len() {
                assert_eq!(parse(&bytes[..cut]), Ok(None), "{bytes:x?} cut at {cut}");
            }
        }
    }

    #[test]
    fn longer_forms_than_needed_are_refused() {
        assert_eq!(parse(&[0x82, 0x7e, 0x00, 0x7d]), Err(Rule::LengthNotMinimal));
        assert_eq!(parse(&[0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), Err(Rule::LengthNotMinimal));
        assert_eq!(parse(&[0x82, 0x7f, 0x80, 0, 0, 0, 0, 1, 0, 0]), Err(Rule::LengthTopBit));
    }

    #[test]
    fn bits_opcode_and_mask_are_kept() {
        let head = parse(&[0x5b, 0x81, 1, 2, 3, 4]).unwrap().unwrap();
        let header = &head.header;
        assert_eq!((header.is_final, header.rsv1, header.rsv2, header.rsv3), (false, true, false, true));
        assert_eq!(u8::from(header.opcode), 0x0b);
        assert_eq!((header.mask, head.length, head.size), (Some([1, 2, 3, 4]), 1, 6));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 125, 126, 65535, 65536] {
            for mask in [None, Some([9, 8, 7, 6])] {
                let header = FrameHeader { opcode: opcode(Kind::Text), mask, ..FrameHeader::default() };
                let mut out = Vec::new();
                write_header(&mut out, &header, length);
                let head = parse(&out).unwrap().unwrap();
                assert_eq!(head, Head { header, length: length as u64, size: out.len() });
            }
        }
    }
}
