//! Collecting the head of an HTTP message as it trickles in, line by line, each byte looked at once (RFC 9112 §2).
//!
//! Knows limits, lines and what is not HTTP from its first bytes; the fields are parsed by `response` and `server`
//! once the head is whole. A bare LF ends a line too, as §2.2 allows.

use super::{HandshakeError, NotHttp};

/// How many of the first bytes are looked at, and reported, where they are not HTTP.
const FIRST: usize = 16;

/// How much a head may hold.
pub(super) struct Limits {
    /// `response` or `request`, for reports.
    pub(super) whose: &'static str,
    /// All bytes of a head, of interim responses too.
    pub(super) head: usize,
    /// One line, without its end.
    pub(super) line: usize,
    /// Header fields.
    pub(super) headers: usize,
    /// What the head begins with; empty: a method, which is a token.
    pub(super) begins: &'static [u8],
}

/// A head that is being collected.
pub(super) struct HeadReader {
    limits: Limits,
    head: Vec<u8>,
    line_start: usize,
    lines: usize,
    /// Bytes of heads taken before this one.
    before: usize,
    recognized: bool,
}

impl HeadReader {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, head: Vec::new(), line_start: 0, lines: 0, before: 0, recognized: false }
    }

    /// Takes bytes up to the blank line; returns how many of them were used once it is there.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Option<usize>, HandshakeError> {
        if !self.recognized {
            self.recognize(bytes)?;
        }
        let mut used = 0;
        while let Some(length) = memchr::memchr(b'\n', &bytes[used..]) {
            self.append(&bytes[used..=used + length])?;
            used += length + 1;
            if self.end_line()? {
                return Ok(Some(used));
            }
        }
        self.append(&bytes[used..])?;
        Ok(None)
    }

    /// The collected head with its blank line; the reader starts over with the next.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.before += self.head.len();
        (self.line_start, self.lines) = (0, 0);
        std::mem::take(&mut self.head)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), HandshakeError> {
        let Limits { whose, head, line, .. } = self.limits;
        if self.before + self.head.len() + bytes.len() > head {
            return Err(HandshakeError::HeadTooLong { whose, limit: head });
        }
        self.head.extend_from_slice(bytes);
        if trim_line(&self.head[self.line_start..]).len() > line {
            return Err(HandshakeError::TooLarge(format!(
                "a line of the {whose} head is longer than {line} bytes"
            )));
        }
        Ok(())
    }

    /// Judges the line that has just ended; `true` where it is the blank line.
    fn end_line(&mut self) -> Result<bool, HandshakeError> {
        let Limits { whose, headers, .. } = self.limits;
        let line = trim_line(&self.head[self.line_start..]);
        if line.is_empty() {
            return if self.lines > 0 {
                Ok(true)
            } else {
                Err(HandshakeError::malformed(
                    format!("the {whose} begins with an empty line"),
                    "RFC 9112 §2.1",
                ))
            };
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(HandshakeError::malformed(
                format!("a line of the {whose} head begins with a blank (obsolete line folding)"),
                "RFC 9112 §5.2",
            ));
        }
        if self.lines > headers {
            return Err(HandshakeError::TooLarge(format!(
                "the {whose} has more than {headers} header fields"
            )));
        }
        self.lines += 1;
        self.line_start = self.head.len();
        Ok(false)
    }

    /// Tells from the first bytes what is not HTTP, as soon as it cannot become HTTP.
    fn recognize(&mut self, bytes: &[u8]) -> Result<(), HandshakeError> {
        let first: Vec<u8> = self.head.iter().chain(bytes).copied().take(FIRST).collect();
        // Alert and handshake records of any TLS version begin so.
        let foreign: [(&[u8], NotHttp); 3] =
            [(&[0x15, 0x03], NotHttp::Tls), (&[0x16, 0x03], NotHttp::Tls), (b"SSH-", NotHttp::Ssh)];
        for (mark, kind) in foreign {
            if first.starts_with(mark) {
                return Err(HandshakeError::NotHttp(kind));
            }
            if mark.starts_with(&first) {
                return Ok(());
            }
        }
        let begins = self.limits.begins;
        if first.starts_with(begins) && first.first().is_none_or(u8::is_ascii_alphanumeric) {
            self.recognized = true;
        } else if !begins.starts_with(&first) {
            return Err(HandshakeError::NotHttp(NotHttp::Other(first)));
        }
        Ok(())
    }
}

/// What httparse has against a head, in words.
pub(super) fn malformed(whose: &str, error: httparse::Error) -> HandshakeError {
    HandshakeError::malformed(format!("the {whose} head is not valid HTTP: {error}"), "RFC 9112 §2.1")
}

fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
