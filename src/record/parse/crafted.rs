//! The records that say what is sent bit by bit: `frame` and `raw`.
//!
//! A frame may be as wrong as it likes; a record may not: a value that fits into no header is an error.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

use super::{Input, ParseError, Record};
use crate::wire::{Crafted, LengthForm, Masking};

impl Record {
    /// A frame as described; what is not said is as the rules want it.
    pub(super) fn frame(&self) -> Result<Input, ParseError> {
        let opcode = self.number("opcode", 15, "an opcode from 0 to 15")?;
        let opcode = opcode.ok_or_else(|| self.missing("\"opcode\""))? as u8;
        let crafted = Crafted {
            fin: self.boolean("fin")?.unwrap_or(true),
            rsv: self.number("rsv", 7, "a number from 0 to 7")?.unwrap_or_default() as u8,
            masking: self.masking()?,
            length: self.number("length", u64::MAX, "a number of bytes")?,
            form: self.length_form()?,
            ..Crafted::new(opcode, self.payload()?)
        };
        crafted.check().map_err(|error| ParseError::DoesNotFit(error.to_string()))?;
        Ok(Input::Frame { crafted, writes: self.writes()? })
    }

    /// Bytes as they are.
    pub(super) fn raw(&self) -> Result<Input, ParseError> {
        let bytes = self.hex("hex")?.ok_or_else(|| self.missing("\"hex\""))?;
        Ok(Input::Raw { bytes, writes: self.writes()? })
    }

    fn masking(&self) -> Result<Masking, ParseError> {
        let wrong = ParseError::Wrong { field: "mask", expected: "four bytes in hexadecimal" };
        let key = self.hex("mask")?.map(|key| key.try_into().map_err(|_| wrong)).transpose()?;
        Ok(match (self.boolean("masked")?, key) {
            (Some(false), _) => Masking::Off,
            (_, Some(key)) => Masking::Key(key),
            (Some(true), None) => Masking::On,
            (None, None) => Masking::ByRole,
        })
    }

    /// The payload under any of the names that records have for one; none is an empty one.
    fn payload(&self) -> Result<Vec<u8>, ParseError> {
        if let Some(text) = self.string("data")? {
            return Ok(text.as_bytes().to_vec());
        }
        if let Some(bytes) = self.hex("hex")? {
            return Ok(bytes);
        }
        Ok(self.base64("payload")?.unwrap_or_default())
    }

    fn length_form(&self) -> Result<Option<LengthForm>, ParseError> {
        let expected = "7, 16 or 64";
        let wrong = ParseError::Wrong { field: "length_bits", expected };
        let bits = self.number("length_bits", 64, expected)?;
        bits.map(|bits| LengthForm::of_bits(bits).ok_or(wrong)).transpose()
    }

    /// The sizes of the single writes, in bytes; empty for one write.
    fn writes(&self) -> Result<Vec<usize>, ParseError> {
        let wrong = || ParseError::Wrong { field: "writes", expected: "a list of sizes from 1" };
        let Some(value) = self.field("writes") else { return Ok(Vec::new()) };
        let size = |value: &Value| {
            let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
            size.filter(|size| *size > 0).ok_or_else(wrong)
        };
        value.as_array().ok_or_else(wrong)?.iter().map(size).collect()
    }

    fn number(
        &self,
        field: &'static str,
        most: u64,
        expected: &'static str,
    ) -> Result<Option<u64>, ParseError> {
        let wrong = ParseError::Wrong { field, expected };
        let number = |value: &Value| value.as_u64().filter(|number| *number <= most);
        self.field(field).map(|value| number(value).ok_or(wrong)).transpose()
    }

    fn hex(&self, field: &'static str) -> Result<Option<Vec<u8>>, ParseError> {
        let wrong = |_| ParseError::Wrong { field, expected: "bytes in hexadecimal" };
        let Some(text) = self.string(field)? else { return Ok(None) };
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        HEXLOWER_PERMISSIVE.decode(&digits).map(Some).map_err(wrong)
    }
}
