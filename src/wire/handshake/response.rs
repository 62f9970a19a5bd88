//! Reading the server's answer as it trickles in (RFC 6455 §4.1, RFC 9112 §4).
//!
//! Keeps what a test tool shows: raw bytes, order and case of fields, the reason phrase. Whether a 101 keeps the
//! rules is judged by `accept`; other statuses, and bodies, are for `session`, which feeds this from the socket.

use super::head::{HeadReader, Limits, malformed};
use super::{HandshakeError, Headers};

/// The most interim responses that are skipped before the final one (RFC 9110 §15.2).
pub const MAX_INTERIM: usize = 10;

const MAX_HEAD: usize = 64 * 1024;
const MAX_LINE: usize = 8 * 1024;
const MAX_HEADERS: usize = 128;

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The digit after `HTTP/1.`: 0 or 1.
    pub version_minor: u8,
    /// The status code.
    pub status: u16,
    /// The reason phrase, as it came.
    pub reason: Vec<u8>,
    /// The header fields, in order.
    pub headers: Headers,
    /// The head as it came, with its blank line.
    pub raw: Vec<u8>,
}

/// How far the reading has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The bytes were taken; the head goes on.
    More,
    /// An interim response (1xx but 101). The rest of the bytes is to be fed again.
    Interim {
        /// The interim response.
        response: Response,
        /// How many of the bytes fed it took.
        used: usize,
    },
    /// The final response. What follows it belongs to its body, or is frames.
    Done {
        /// The final response.
        response: Response,
        /// How many of the bytes fed it took.
        used: usize,
    },
}

/// Reads response heads until the final one.
pub struct ResponseReader {
    head: HeadReader,
    interim: usize,
}

impl ResponseReader {
    /// A reader that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::limited(MAX_HEAD)
    }

    /// The same for heads of at most so many bytes, those of interim responses included.
    #[must_use]
    pub fn limited(max_head: usize) -> Self {
        let limits = Limits {
            whose: "response",
            head: max_head,
            line: MAX_LINE,
            headers: MAX_HEADERS,
            begins: b"HTTP/",
        };
        Self { head: HeadReader::new(limits), interim: 0 }
    }

    /// Takes the next bytes from the server.
    ///
    /// # Errors
    /// What comes is not HTTP/1, breaks its grammar, or exceeds a limit. The reader is of no use after that.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Progress, HandshakeError> {
        let Some(used) = self.head.feed(bytes)? else { return Ok(Progress::More) };
        let response = parse(self.head.take())?;
        if response.status == 101 || response.status >= 200 {
            return Ok(Progress::Done { response, used });
        }
        self.interim += 1;
        if self.interim > MAX_INTERIM {
            return Err(HandshakeError::TooLarge(format!(
                "more than {MAX_INTERIM} interim responses (1xx) came"
            )));
        }
        Ok(Progress::Interim { response, used })
    }
}

impl Default for ResponseReader {
    fn default() -> Self {
        Self::new()
    }
}

fn parse(raw: Vec<u8>) -> Result<Response, HandshakeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut fields);
    let outcome = parsed.parse(&raw).map_err(|error| match error {
        httparse::Error::Version => HandshakeError::Version(version(&raw)),
        other => malformed("response", other),
    })?;
    match (outcome, parsed.version, parsed.code) {
        (httparse::Status::Complete(_), Some(version_minor), Some(status)) if status >= 100 => Ok(Response {
            version_minor,
            status,
            reason: reason(&raw),
            headers: Headers::from(&*parsed.headers),
            raw,
        }),
        _ => Err(HandshakeError::malformed("the response has no valid status line", "RFC 9112 §4")),
    }
}

/// The version as it stands in the status line, cut to a sane length.
fn version(raw: &[u8]) -> Vec<u8> {
    raw.iter().copied().take_while(|byte| !byte.is_ascii_whitespace()).take(16).collect()
}

/// The reason phrase; httparse drops one with bytes above 0x7f, so it is taken from the line itself.
fn reason(raw: &[u8]) -> Vec<u8> {
    let line = raw.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let reason = line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
    reason.strip_suffix(b"\r").unwrap_or(reason).to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::NotHttp;
    use super::*;

    const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nx-Odd:  \xff \r\n\r\n";

    /// Reads pieces as a session would; returns the statuses, the final response and what was left over.
    fn read(pieces: &[&[u8]]) -> Result<(Vec<u16>, Response, Vec<u8>), HandshakeError> {
        let mut reader = ResponseReader::new();
        let (mut interim, mut done, mut tail) = (Vec::new(), None, Vec::new());
        for piece in pieces {
            let mut rest = *piece;
            while done.is_none() && !rest.is_empty() {
                match reader.feed(rest)? {
                    Progress::More => rest = &[],
                    Progress::Interim { response, used } => {
                        interim.push(response.status);
                        rest = &rest[used..];
                    }
                    Progress::Done { response, used } => {
                        done = Some(response);
                        rest = &rest[used..];
                    }
                }
            }
            tail.extend_from_slice(rest);
        }
        Ok((interim, done.expect("the final response is there"), tail))
    }

    fn error(bytes: &[u8]) -> HandshakeError {
        ResponseReader::new().feed(bytes).expect_err("the bytes are bad")
    }

    #[test]
    fn every_split_gives_the_same_response_and_tail() {
        let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".to_vec();
        bytes.extend_from_slice(SWITCH);
        bytes.extend_from_slice(b"\x81\x02\n\n");
        let whole = read(&[&bytes]).unwrap();
        assert_eq!(whole.0, [100, 103]);
        assert_eq!((whole.1.status, &whole.1.reason[..]), (101, &b"Switching Protocols"[..]));
        assert_eq!(whole.1.raw, SWITCH);
        assert_eq!(whole.1.headers.as_slice()[1], ("x-Odd".to_owned(), b"\xff".to_vec()));
        assert_eq!(whole.2, b"\x81\x02\n\n");
        for split in 0..bytes.len() {
            assert_eq!(read(&[&bytes[..split], &bytes[split..]]).as_ref(), Ok(&whole), "split at {split}");
        }
        assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>()), Ok(whole));
    }

    #[test]
    fn refusals_old_versions_and_odd_reasons_are_read() {
        let (_, response, body) = read(&[b"HTTP/1.0 404 Nicht gefunden \xe9\n\nbody"]).unwrap();
        assert_eq!((response.version_minor, response.status), (0, 404));
        assert_eq!((&response.reason[..], &body[..]), (&b"Nicht gefunden \xe9"[..], &b"body"[..]));
        assert_eq!(read(&[b"HTTP/1.1 401\r\n\r\n"]).unwrap().1.reason, b"");
    }

    #[test]
    fn what_is_not_http_is_told_from_its_first_bytes() {
        assert_eq!(error(b"\x15\x03"), HandshakeError::NotHttp(NotHttp::Tls));
        assert_eq!(error(b"SSH-2.0-OpenSSH\r\n"), HandshakeError::NotHttp(NotHttp::Ssh));
        assert_eq!(error(b"<h"), HandshakeError::NotHttp(NotHttp::Other(b"<h".to_vec())));
        assert_eq!(error(b"\n"), HandshakeError::NotHttp(NotHttp::Other(b"\n".to_vec())));
        for start in [&b"\x15"[..], b"S", b"SSH", b"HTT"] {
            assert_eq!(ResponseReader::new().feed(start), Ok(Progress::More), "{start:?}");
        }
        let mut reader = ResponseReader::new();
        reader.feed(b"HTT").unwrap();
        assert_eq!(reader.feed(b"X"), Err(HandshakeError::NotHttp(NotHttp::Other(b"HTTX".to_vec()))));
    }

    #[test]
    fn bad_grammar_is_refused() {
        assert_eq!(error(b"HTTP/2 200 OK\r\n\r\n"), HandshakeError::Version(b"HTTP/2".to_vec()));
        for bad in [
            &b"HTTP/1.1 101 x\r\nA: b\r\n c\r\n\r\n"[..],
            b"HTTP/1.1 101 x\r\nA : b\r\n\r\n",
            b"HTTP/1.1 101 x\r\nA\r\n\r\n",
            b"HTTP/1.1 101 x\r\nA: \0\r\n\r\n",
            b"HTTP/1.1 099 x\r\n\r\n",
            b"HTTP/1.1 1x1 x\r\n\r\n",
        ] {
            assert!(matches!(error(bad), HandshakeError::Malformed { .. }), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn limits_hold_before_the_end_comes() {
        let endless_line = [b"HTTP/1.1 101 x\r\nA: ", &b"x".repeat(MAX_LINE)[..]].concat();
        let many = [b"HTTP/1.1 101 x\r\n", &b"A: b\r\n".repeat(MAX_HEADERS + 1)[..]].concat();
        let long =
            [b"HTTP/1.1 101 x\r\n", &[&b"x".repeat(8000)[..], b"\r\n"].concat().repeat(9)[..]].concat();
        let interim = b"HTTP/1.1 102 x\r\n\r\n".repeat(MAX_INTERIM + 1);
        for bytes in [endless_line, many] {
            assert!(matches!(error(&bytes), HandshakeError::TooLarge(_)));
        }
        assert_eq!(error(&long), HandshakeError::HeadTooLong { whose: "response", limit: MAX_HEAD });
        assert_eq!(ResponseReader::limited(long.len()).feed(&long), Ok(Progress::More));
        assert!(matches!(read(&[&interim]), Err(HandshakeError::TooLarge(_))));
        let enough = [b"HTTP/1.1 101 x\r\n", &b"A: b\r\n".repeat(MAX_HEADERS)[..], b"\r\n"].concat();
        assert_eq!(read(&[&enough]).unwrap().1.headers.as_slice().len(), MAX_HEADERS);
    }
}
