//! Frames that are sent as somebody described them, however wrong (RFC 6455 §5.2).
//!
//! The description knows no rule but what fits into a header. Called by `crafting`, which sends the bytes as they
//! are.

use std::fmt;

use crate::wire::mask;

/// A frame to be sent as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crafted {
    /// FIN.
    pub fin: bool,
    /// RSV1 to RSV3 as a number from 0 to 7; RSV1 counts 4.
    pub rsv: u8,
    /// The opcode, 0 to 15.
    pub opcode: u8,
    /// How the payload is masked.
    pub masking: Masking,
    /// The length that the header tells; `None` for that of the payload.
    pub length: Option<u64>,
    /// How the length is written; `None` for the shortest form.
    pub form: Option<LengthForm>,
    /// The payload before it is masked.
    pub payload: Vec<u8>,
}

/// How the payload of a crafted frame is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// As the role asks: a client masks with a fresh key, a server does not.
    ByRole,
    /// With a fresh key.
    On,
    /// Not at all.
    Off,
    /// With this key.
    Key([u8; 4]),
}

/// How a length is written: in how many bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// In the second byte of the header.
    Bits7,
    /// In the two bytes behind 126.
    Bits16,
    /// In the eight bytes behind 127.
    Bits64,
}

/// A length that the form chosen cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoesNotFit {
    /// The length.
    pub length: u64,
    /// The form.
    pub form: LengthForm,
}

impl Crafted {
    /// A final frame of this opcode, as the rules want it.
    #[must_use]
    pub fn new(opcode: u8, payload: Vec<u8>) -> Self {
        Self { fin: true, rsv: 0, opcode, masking: Masking::ByRole, length: None, form: None, payload }
    }

    /// Whether the length fits into its form.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self) -> Result<(), DoesNotFit> {
        let (length, form) = (self.told_length(), self.told_form());
        let most = match form {
            LengthForm::Bits7 => 125,
            LengthForm::Bits16 => u64::from(u16::MAX),
            LengthForm::Bits64 => u64::MAX,
        };
        if length > most { Err(DoesNotFit { length, form }) } else { Ok(()) }
    }

    /// The bytes of the frame, masked with `key` if there is one.
    pub(super) fn bytes(&self, key: Option<[u8; 4]>) -> Vec<u8> {
        let first = u8::from(self.fin) << 7 | (self.rsv & 0x07) << 4 | self.opcode & 0x0f;
        let masked = u8::from(key.is_some()) << 7;
        let length = self.told_length();
        let mut bytes = match self.told_form() {
            LengthForm::Bits7 => vec![first, masked | length as u8 & 0x7f],
            LengthForm::Bits16 => [&[first, masked | 126], &(length as u16).to_be_bytes()[..]].concat(),
            LengthForm::Bits64 => [&[first, masked | 127], &length.to_be_bytes()[..]].concat(),
        };
        match key {
            Some(key) => {
                bytes.extend_from_slice(&key);
                mask::append(&mut bytes, &self.payload, key);
            }
            None => bytes.extend_from_slice(&self.payload),
        }
        bytes
    }

    fn told_length(&self) -> u64 {
        self.length.unwrap_or(self.payload.len() as u64)
    }

    fn told_form(&self) -> LengthForm {
        self.form.unwrap_or(match self.told_length() {
            0..=125 => LengthForm::Bits7,
            126..=0xffff => LengthForm::Bits16,
            _ => LengthForm::Bits64,
        })
    }
}

impl LengthForm {
    /// The form of so many bits.
    #[must_use]
    pub fn of_bits(bits: u64) -> Option<Self> {
        match bits {
            7 => Some(LengthForm::Bits7),
            16 => Some(LengthForm::Bits16),
            64 => Some(LengthForm::Bits64),
            _ => None,
        }
    }

    /// In how many bits the length is written.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            LengthForm::Bits7 => 7,
            LengthForm::Bits16 => 16,
            LengthForm::Bits64 => 64,
        }
    }
}

impl fmt::Display for DoesNotFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a length of {} does not fit into {} bits", self.length, self.form.bits())?;
        if self.form == LengthForm::Bits7 { f.write_str(", where 125 is the most") } else { Ok(()) }
    }
}

impl std::error::Error for DoesNotFit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_is_what_is_written() {
        let plain = Crafted::new(1, b"Hello".to_vec());
        assert_eq!(
            plain.bytes(Some([0x37, 0xfa, 0x21, 0x3d])),
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
        );
        let odd = Crafted { fin: false, rsv: 5, opcode: 0x0b, length: Some(1 << 63), ..plain.clone() };
        assert_eq!(odd.bytes(None), b"\x5b\x7f\x80\0\0\0\0\0\0\0Hello");
        let long = Crafted { form: Some(LengthForm::Bits16), ..plain };
        assert_eq!(long.bytes(None), b"\x81\x7e\0\x05Hello");
    }

    #[test]
    fn a_form_that_is_too_short_for_the_length_is_refused() {
        let frame = |length, form| Crafted { length: Some(length), form, ..Crafted::new(2, vec![]) }.check();
        assert!(frame(125, Some(LengthForm::Bits7)).is_ok());
        assert!(frame(126, Some(LengthForm::Bits7)).unwrap_err().to_string().contains("125"));
        assert!(frame(65536, Some(LengthForm::Bits16)).is_err());
        assert!(frame(u64::MAX, None).is_ok());
    }
}
