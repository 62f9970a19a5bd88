//! Checking that a text message is UTF-8 while it arrives (RFC 6455 §8.1).
//!
//! A message may be cut anywhere, inside a character too, and a bad byte must be told as soon as no continuation
//! could make it good. Whole messages are checked in one go by `check`. Called by `connection::message`; knows
//! nothing of frames.

/// The first byte of a message that is not part of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadByte {
    /// Its offset within the message. Where a character breaks off, this is where the character began.
    pub offset: u64,
    /// The byte itself.
    pub byte: u8,
}

/// From so many bytes on it pays to look for ASCII first.
const MANY: usize = 1024;

/// Whether these bytes are UTF-8.
#[inline]
#[must_use]
pub fn is_valid(bytes: &[u8]) -> bool {
    is_much_ascii(bytes) || std::str::from_utf8(bytes).is_ok()
}

/// Whether these bytes are many, and ASCII: most long text is, which is seen in half the time. What is not shows early.
#[inline]
fn is_much_ascii(bytes: &[u8]) -> bool {
    bytes.len() >= MANY && bytes.is_ascii()
}

/// Checks a whole message.
///
/// # Errors
/// The first byte that is not part of UTF-8; a character cut short by the end of the message counts.
#[inline]
pub fn check(payload: &[u8]) -> Result<(), BadByte> {
    if is_much_ascii(payload) {
        return Ok(());
    }
    match std::str::from_utf8(payload) {
        Ok(_) => Ok(()),
        Err(error) => {
            let at = error.valid_up_to();
            Err(BadByte { offset: at as u64, byte: payload[at] })
        }
    }
}

/// The state between two pieces of a message.
#[derive(Clone, Debug, Default)]
pub struct Validator {
    /// The beginning of a character whose rest has not come.
    carry: [u8; 4],
    carried: usize,
    /// How much is known to be good; the carried bytes follow it.
    good: u64,
}

impl Validator {
    /// Takes the next piece.
    ///
    /// # Errors
    /// The first byte that is not part of UTF-8, whatever may follow.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), BadByte> {
        let rest = self.complete_carried(piece)?;
        if rest.is_empty() || is_much_ascii(rest) {
            self.good += rest.len() as u64;
            return Ok(());
        }
        match std::str::from_utf8(rest) {
            Ok(_) => self.good += rest.len() as u64,
            Err(error) => {
                let at = error.valid_up_to();
                self.good += at as u64;
                if error.error_len().is_some() {
                    return Err(BadByte { offset: self.good, byte: rest[at] });
                }
                self.carried = rest.len() - at;
                self.carry[..self.carried].copy_from_slice(&rest[at..]);
            }
        }
        Ok(())
    }

    /// The message has ended.
    ///
    /// # Errors
    /// The character that was begun and not finished.
    pub fn finish(&self) -> Result<(), BadByte> {
        if self.carried == 0 { Ok(()) } else { Err(self.bad_carry()) }
    }

    /// Adds bytes to a carried character until it is whole; returns what is left of the piece. At most three.
    fn complete_carried<'a>(&mut self, piece: &'a [u8]) -> Result<&'a [u8], BadByte> {
        let mut rest = piece;
        while self.carried > 0
            && let Some((&byte, after)) = rest.split_first()
        {
            self.carry[self.carried] = byte;
            match std::str::from_utf8(&self.carry[..=self.carried]) {
                Ok(_) => {
                    self.good += self.carried as u64 + 1;
                    self.carried = 0;
                }
                Err(error) if error.error_len().is_none() => self.carried += 1,
                Err(_) => return Err(self.bad_carry()),
            }
            rest = after;
        }
        Ok(rest)
    }

    fn bad_carry(&self) -> BadByte {
        BadByte { offset: self.good, byte: self.carry[0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ascii_is_no_excuse_for_what_follows_it() {
        let long = [&b"a".repeat(MANY)[..], b"\xff"].concat();
        assert_eq!(check(&long), Err(BadByte { offset: MANY as u64, byte: 0xff }));
        assert!(check(&long[..MANY]).is_ok() && is_valid(&long[..MANY]) && !is_valid(&long));
        assert!(is_valid(&[&long[..MANY], "\u{e9}".as_bytes()].concat()));
        assert_eq!(in_pieces(&[&long[..MANY], &long]), Err(BadByte { offset: 2 * MANY as u64, byte: 0xff }));
    }

    fn in_pieces(pieces: &[&[u8]]) -> Result<(), BadByte> {
        let mut validator = Validator::default();
        for piece in pieces {
            validator.feed(piece)?;
        }
        validator.finish()
    }

    #[test]
    fn every_split_of_good_text_is_good() {
        let text = "aκόσμε\u{7ff}\u{800}\u{ffff}\u{10ffff}𝄞z".as_bytes();
        for split in 0..=text.len() {
            assert_eq!(in_pieces(&[&text[..split], &text[split..]]), Ok(()), "split at {split}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(in_pieces(&bytes), Ok(()));
    }

    #[test]
    fn every_split_of_bad_text_names_the_same_byte() {
        let cases: [(&[u8], u64); 8] = [
            (b"ab\xff", 2),
            (b"\xc0\xaf", 0),
            (b"a\xed\xa0\x80b", 1),
            (b"\xf4\x90\x80\x80", 0),
            (b"abc\xe2\x28\xa1", 3),
            (b"abc\x80", 3),
            (b"\xf0\x80\x80\xaf", 0),
            (b"end \xe2\x82", 4),
        ];
        for (text, offset) in cases {
            let expected = Err(BadByte { offset, byte: text[offset as usize] });
            assert_eq!(check(text), expected, "{text:x?}");
            for split in 0..=text.len() {
                assert_eq!(in_pieces(&[&text[..split], &text[split..]]), expected, "{text:x?} at {split}");
            }
        }
    }

    #[test]
    fn a_bad_byte_is_told_as_soon_as_it_is_impossible() {
        let mut validator = Validator::default();
        assert_eq!(validator.feed(b"a\xf4"), Ok(()));
        assert_eq!(validator.feed(b"\x90"), Err(BadByte { offset: 1, byte: 0xf4 }), "above U+10FFFF");
        let mut validator = Validator::default();
        assert_eq!(validator.feed(b"\xed"), Ok(()));
        assert_eq!(validator.feed(b"\xa0"), Err(BadByte { offset: 0, byte: 0xed }), "a surrogate");
    }
}
