//! Reads DER (X.690): one element after another, definite lengths only.
//!
//! Just enough for `certificate` to read names and dates. It never trusts a length: an element that reaches beyond
//! its surroundings is `None`, and nothing is copied.

/// An INTEGER, `02`.
pub const INTEGER: u8 = 0x02;
/// An OCTET STRING, `04`.
pub const OCTET_STRING: u8 = 0x04;
/// An OBJECT IDENTIFIER, `06`.
pub const OID: u8 = 0x06;
/// A SEQUENCE, `30`.
pub const SEQUENCE: u8 = 0x30;

/// One element: its tag octet, its content, and the whole of it with tag and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet; tags above 30 do not occur in certificates.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// Identifier, length and content octets.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }
}

/// Reads elements from the front of a slice. As an iterator it ends where the next element is missing or broken.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next element if it carries `tag`; else nothing is taken.
    pub fn tagged(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.rest.first() == Some(&tag) { self.next() } else { None }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, after_tag) = self.rest.split_first()?;
        let (length, header) = length(after_tag)?;
        let end = header.checked_add(length)?.checked_add(1)?;
        let whole = self.rest.get(..end)?;
        self.rest = &self.rest[end..];
        Some(Element { tag, content: &whole[1 + header..], whole })
    }
}

/// The dotted form of an object identifier's content; arcs beyond 64 bits end it.
pub fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0_u64;
    for &byte in oid {
        let Some(shifted) = arc.checked_mul(128) else { break };
        arc = shifted | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    // The first two arcs share one number (X.690 §8.19.4).
    if let Some(&joined) = arcs.first() {
        let first = (joined / 40).min(2);
        arcs.splice(..1, [first, joined - first * 40]);
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// The length that follows a tag, and how many octets it takes itself.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), 1));
    }
    let count = usize::from(first & 0x7f);
    // Four octets tell lengths far beyond any handshake message; none (indefinite) is not DER.
    if !(1..=4).contains(&count) {
        return None;
    }
    let length = rest.get(..count)?.iter().fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
    Some((length, 1 + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_each_other_and_nest() {
        let mut reader = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x07, 0x04, 0x00]);
        let sequence = reader.tagged(SEQUENCE).unwrap();
        assert_eq!(sequence.inside().tagged(INTEGER).unwrap().content, [7]);
        assert_eq!(reader.tagged(INTEGER), None);
        assert!(reader.tagged(OCTET_STRING).unwrap().content.is_empty());
        assert_eq!(reader.next(), None);
    }

    #[test]
    fn long_lengths_count_and_broken_ones_end_the_reading() {
        let mut long = vec![0x04, 0x82, 0x01, 0x00];
        long.extend([9; 256]);
        assert_eq!(Reader::new(&long).next().unwrap().content.len(), 256);
        for broken in [
            &[0x30][..],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x02, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(Reader::new(broken).next(), None, "{broken:02x?}");
        }
    }

    #[test]
    fn object_identifiers_are_dotted() {
        assert_eq!(dotted(&[0x55, 0x04, 0x03]), "2.5.4.3");
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01]), "1.2.840.113549.1.9.1");
        assert_eq!(dotted(&[0xff; 12]), "");
    }
}
