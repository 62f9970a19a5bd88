//! The server's side of the opening handshake (RFC 6455 §4.2): reading a request, judging it, answering.
//!
//! Whether an origin or a host is welcome, and which subprotocol is chosen, is decided above; here only the RFC
//! speaks. Called by the listener in `session`.

use data_encoding::BASE64;

use super::head::{HeadReader, Limits, malformed};
use super::{HandshakeError, Headers, VERSION, accept_for, is_token};

/// The longest head, in bytes, unless another limit is given.
pub const MAX_HEAD: usize = 16 * 1024;
const MAX_LINE: usize = 8 * 1024;
const MAX_HEADERS: usize = 100;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRequest {
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The digit after `HTTP/1.`: 0 or 1.
    pub version_minor: u8,
    /// The header fields, in order.
    pub headers: Headers,
    /// The head as it came, with its blank line.
    pub raw: Vec<u8>,
}

/// How far the reading has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestProgress {
    /// The bytes were taken; the head goes on.
    More,
    /// The whole head.
    Done {
        /// The request.
        request: ClientRequest,
        /// How many of the bytes fed it took. A client sends nothing behind it before the 101.
        used: usize,
    },
}

/// A request that asks for a WebSocket connection as the RFC demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The `Sec-WebSocket-Key`.
    pub key: String,
    /// The subprotocols offered, in the client's order of preference.
    pub subprotocols: Vec<String>,
    /// The extensions offered, each with its parameters as they came.
    pub extensions: Vec<Vec<u8>>,
}

/// An answer that refuses a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The reason phrase.
    pub reason: &'static str,
    /// Fields beside those that `to_bytes` adds.
    pub headers: Headers,
    /// What it says: a line of plain text, unless the fields name another `Content-Type`.
    pub body: String,
    /// Whether the body is left out, as in the answer to a HEAD (RFC 9110 §9.3.2).
    pub head_only: bool,
}

/// Reads the head of one request.
pub struct RequestReader {
    head: HeadReader,
}

impl RequestReader {
    /// A reader that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(MAX_HEAD)
    }

    /// The same for heads of at most so many bytes.
    #[must_use]
    pub fn with_limit(head: usize) -> Self {
        let line = MAX_LINE.min(head);
        Self {
            head: HeadReader::new(Limits { whose: "request", head, line, headers: MAX_HEADERS, begins: b"" }),
        }
    }

    /// Takes the next bytes from the client.
    ///
    /// # Errors
    /// What comes is not HTTP/1, breaks its grammar, or exceeds a limit. The reader is of no use after that.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<RequestProgress, HandshakeError> {
        let Some(used) = self.head.feed(bytes)? else { return Ok(RequestProgress::More) };
        Ok(RequestProgress::Done { request: parse(self.head.take())?, used })
    }
}

impl Default for RequestReader {
    fn default() -> Self {
        Self::new()
    }
}

impl Refusal {
    /// A refusal without further fields.
    #[must_use]
    pub fn new(status: u16, reason: &'static str, body: impl Into<String>) -> Self {
        Self { status, reason, headers: Headers::new(), body: body.into(), head_only: false }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// The whole response, which ends the HTTP connection.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut headers = self.headers.clone();
        if headers.get("Content-Type").is_none() {
            headers.push("Content-Type", "text/plain; charset=utf-8");
        }
        headers.set("Content-Length", (self.body.len() + 1).to_string());
        // What Upgrade names is for this connection alone (RFC 9110 §7.8).
        let upgrades = headers.get("Upgrade").is_some();
        headers.set("Connection", if upgrades { "Upgrade, close" } else { "close" });
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason).into_bytes();
        headers.write(&mut bytes);
        bytes.extend_from_slice(b"\r\n");
        if !self.head_only {
            bytes.extend_from_slice(self.body.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

/// Judges a request (RFC 6455 §4.2.1).
///
/// # Errors
/// The answer to a request that is no opening handshake, or a bad one.
pub fn check(request: &ClientRequest) -> Result<Upgrade, Refusal> {
    let headers = &request.headers;
    if request.method != "GET" {
        return Err(
            Refusal::new(405, "Method Not Allowed", "a WebSocket handshake is a GET").with("Allow", "GET")
        );
    }
    if request.version_minor == 0 {
        return Err(Refusal::new(505, "HTTP Version Not Supported", "a WebSocket handshake needs HTTP/1.1"));
    }
    if headers.get_all("Host").count() != 1 {
        return Err(bad("the request must have one Host field"));
    }
    if !headers.tokens("Upgrade").any(|token| token.eq_ignore_ascii_case(b"websocket")) {
        let refusal = Refusal::new(426, "Upgrade Required", "this is a WebSocket endpoint");
        return Err(refusal.with("Upgrade", "websocket"));
    }
    if !headers.tokens("Connection").any(|token| token.eq_ignore_ascii_case(b"upgrade")) {
        return Err(bad("the Connection field does not say Upgrade"));
    }
    check_version(headers)?;
    Ok(Upgrade {
        key: check_key(headers)?,
        subprotocols: check_subprotocols(headers)?,
        extensions: headers.tokens("Sec-WebSocket-Extensions").map(<[u8]>::to_vec).collect(),
    })
}

/// The 101 for a request with this key (RFC 6455 §4.2.2); `extra` stands at its end.
#[must_use]
pub fn response_bytes(key: &str, subprotocol: Option<&str>, extra: &Headers) -> Vec<u8> {
    let mut headers = Headers::new();
    headers.push("Upgrade", "websocket");
    headers.push("Connection", "Upgrade");
    headers.push("Sec-WebSocket-Accept", accept_for(key));
    if let Some(subprotocol) = subprotocol {
        headers.push("Sec-WebSocket-Protocol", subprotocol);
    }
    let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    headers.write(&mut bytes);
    extra.write(&mut bytes);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn parse(raw: Vec<u8>) -> Result<ClientRequest, HandshakeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    let outcome = parsed.parse(&raw).map_err(|error| match error {
        httparse::Error::Version => HandshakeError::Version(version(&raw)),
        other => malformed("request", other),
    })?;
    match (outcome, parsed.method, parsed.path, parsed.version) {
        (httparse::Status::Complete(_), Some(method), Some(target), Some(version_minor)) => {
            Ok(ClientRequest {
                method: method.to_owned(),
                target: target.to_owned(),
                version_minor,
                headers: Headers::from(&*parsed.headers),
                raw,
            })
        }
        _ => Err(HandshakeError::malformed("the request has no valid request line", "RFC 9112 §3")),
    }
}

/// The last word of the request line, cut to a sane length.
fn version(raw: &[u8]) -> Vec<u8> {
    let line = raw.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    line.rsplit(|byte| *byte == b' ').next().unwrap_or_default().iter().copied().take(16).collect()
}

fn check_version(headers: &Headers) -> Result<(), Refusal> {
    let mut versions = headers.get_all("Sec-WebSocket-Version");
    if versions.next() == Some(VERSION.as_bytes()) && versions.next().is_none() {
        return Ok(());
    }
    let refusal =
        Refusal::new(426, "Upgrade Required", "the only WebSocket version here is 13 (RFC 6455 §4.4)");
    Err(refusal.with("Sec-WebSocket-Version", VERSION))
}

fn check_key(headers: &Headers) -> Result<String, Refusal> {
    let mut keys = headers.get_all("Sec-WebSocket-Key");
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Err(bad("the request must have one Sec-WebSocket-Key field"));
    };
    let decoded = BASE64.decode(key).ok().filter(|decoded| decoded.len() == 16);
    match (decoded, std::str::from_utf8(key)) {
        (Some(_), Ok(key)) => Ok(key.to_owned()),
        _ => Err(bad("Sec-WebSocket-Key is not 16 bytes in base64 (RFC 6455 §4.2.1)")),
    }
}

fn check_subprotocols(headers: &Headers) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    for token in headers.tokens("Sec-WebSocket-Protocol") {
        match std::str::from_utf8(token) {
            Ok(name) if is_token(name) && !names.iter().any(|other| other == name) => {
                names.push(name.to_owned())
            }
            _ => {
                return Err(bad("Sec-WebSocket-Protocol must be a list of different tokens (RFC 6455 §4.1)"));
            }
        }
    }
    Ok(names)
}

fn bad(body: &str) -> Refusal {
    Refusal::new(400, "Bad Request", body)
}

#[cfg(test)]
mod tests {
    use super::super::{NotHttp, Offer, Progress, Request, ResponseReader, accept, default_headers};
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn bytes(change: impl FnOnce(&mut Headers)) -> Vec<u8> {
        let mut headers = default_headers("localhost", KEY);
        change(&mut headers);
        Request { target: "/chat".to_owned(), headers }.to_bytes()
    }

    fn read(bytes: &[u8]) -> ClientRequest {
        match RequestReader::new().feed(bytes) {
            Ok(RequestProgress::Done { request, used }) if used == bytes.len() => request,
            other => panic!("not a whole request: {other:?}"),
        }
    }

    fn status(change: impl FnOnce(&mut Headers)) -> u16 {
        check(&read(&bytes(change))).map_or_else(|refusal| refusal.status, |_| 101)
    }

    #[test]
    fn our_own_request_is_taken_and_our_answer_accepted() {
        let request = read(&bytes(|headers| headers.push("Sec-WebSocket-Protocol", "a, b")));
        let upgrade = check(&request).unwrap();
        assert_eq!((request.target.as_str(), upgrade.key.as_str()), ("/chat", KEY));
        assert_eq!(upgrade.subprotocols, ["a", "b"]);
        let mut extra = Headers::new();
        extra.push("Server", "x");
        let answer = response_bytes(&upgrade.key, Some("b"), &extra);
        let Ok(Progress::Done { response, used }) = ResponseReader::new().feed(&answer) else {
            panic!("not a whole response")
        };
        assert_eq!(used, answer.len());
        let offer = Offer { key: KEY.to_owned(), subprotocols: upgrade.subprotocols, extensions: vec![] };
        assert_eq!(accept(&response, &offer).unwrap().subprotocol.as_deref(), Some("b"));
        assert_eq!(response.headers.get("server"), Some(&b"x"[..]));
    }

    #[test]
    fn every_split_gives_the_same_request() {
        let bytes = bytes(|_| {});
        for split in 1..bytes.len() {
            let mut reader = RequestReader::new();
            assert_eq!(reader.feed(&bytes[..split]), Ok(RequestProgress::More), "split at {split}");
            let expected = RequestProgress::Done { request: read(&bytes), used: bytes.len() - split };
            assert_eq!(reader.feed(&bytes[split..]), Ok(expected), "split at {split}");
        }
    }

    #[test]
    fn bad_requests_are_refused_with_the_fitting_status() {
        assert_eq!(status(|_| {}), 101);
        assert_eq!(status(|headers| headers.remove("Host")), 400);
        assert_eq!(status(|headers| headers.push("Host", "other")), 400);
        assert_eq!(status(|headers| headers.remove("Upgrade")), 426);
        assert_eq!(status(|headers| headers.set("Connection", "keep-alive")), 400);
        assert_eq!(status(|headers| headers.set("Sec-WebSocket-Version", "8")), 426);
        assert_eq!(status(|headers| headers.remove("Sec-WebSocket-Version")), 426);
        assert_eq!(status(|headers| headers.set("Sec-WebSocket-Key", "c2hvcnQ=")), 400);
        assert_eq!(status(|headers| headers.push("Sec-WebSocket-Key", KEY)), 400);
        assert_eq!(status(|headers| headers.push("Sec-WebSocket-Protocol", "a, a")), 400);
        let request = read(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(check(&request).unwrap_err().status, 405);
        let request = read(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n");
        assert_eq!(check(&request).unwrap_err().status, 505);
    }

    #[test]
    fn a_refusal_is_a_whole_response() {
        let refusal = check(&read(&bytes(|headers| headers.set("Sec-WebSocket-Version", "8")))).unwrap_err();
        let bytes = refusal.to_bytes();
        let Ok(Progress::Done { response, used }) = ResponseReader::new().feed(&bytes) else {
            panic!("not a whole response")
        };
        assert_eq!((response.status, response.headers.get("Sec-WebSocket-Version")), (426, Some(&b"13"[..])));
        let length = (bytes.len() - used).to_string();
        assert_eq!(response.headers.get("Content-Length"), Some(length.as_bytes()));
    }

    #[test]
    fn a_page_has_a_type_of_its_own_and_the_answer_to_head_no_body() {
        let page = Refusal::new(200, "OK", "<p>").with("content-type", "text/html");
        let text = String::from_utf8(page.to_bytes()).unwrap();
        assert!(text.ends_with("Content-Length: 4\r\nConnection: close\r\n\r\n<p>\n"), "{text}");
        assert_eq!(text.to_lowercase().matches("content-type").count(), 1);
        let text = String::from_utf8(Refusal { head_only: true, ..page }.to_bytes()).unwrap();
        assert!(text.ends_with("Content-Length: 4\r\nConnection: close\r\n\r\n"), "{text}");
        let upgrade = check(&read(&bytes(|headers| headers.remove("Upgrade")))).unwrap_err();
        let text = String::from_utf8(upgrade.to_bytes()).unwrap();
        assert!(text.contains("Connection: Upgrade, close\r\n"), "{text}");
    }

    #[test]
    fn what_is_no_http_request_is_told_apart() {
        let error = |bytes: &[u8]| RequestReader::new().feed(bytes).unwrap_err();
        assert_eq!(error(b"\x16\x03\x01"), HandshakeError::NotHttp(NotHttp::Tls));
        assert_eq!(error(b"\x00x"), HandshakeError::NotHttp(NotHttp::Other(b"\x00x".to_vec())));
        assert_eq!(error(b"PRI * HTTP/2.0\r\n\r\n"), HandshakeError::Version(b"HTTP/2.0".to_vec()));
        assert!(matches!(error(&b"G".repeat(MAX_LINE + 1)), HandshakeError::TooLarge(_)));
        let many = [b"GET / HTTP/1.1\r\n", &b"A: b\r\n".repeat(MAX_HEADERS + 1)[..]].concat();
        assert!(matches!(error(&many), HandshakeError::TooLarge(_)));
    }
}
