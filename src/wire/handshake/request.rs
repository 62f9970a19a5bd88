//! The client's opening handshake as bytes (RFC 6455 §4.1).
//!
//! The user's own fields are put in by `session`, which has checked them. Reading requests is the server's side:
//! `server`.

use super::{Headers, VERSION};

/// A request for a WebSocket connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path and query, in origin form (RFC 9112 §3.2.1).
    pub target: String,
    /// The header fields, in the order they are sent.
    pub headers: Headers,
}

impl Request {
    /// The request head with its blank line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("GET {} HTTP/1.1\r\n", self.target).into_bytes();
        self.headers.write(&mut bytes);
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// The fields every request has, in the order of the example in RFC 6455 §1.3. `host` is the authority without userinfo, `key`
/// comes from [`super::key`].
#[must_use]
pub fn default_headers(host: &str, key: &str) -> Headers {
    let mut headers = Headers::new();
    headers.push("Host", host);
    headers.push("Upgrade", "websocket");
    headers.push("Connection", "Upgrade");
    headers.push("Sec-WebSocket-Key", key);
    headers.push("Sec-WebSocket-Version", VERSION);
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_written_as_the_rfc_asks() {
        let mut headers = default_headers("h:8080", "dGhlIHNhbXBsZSBub25jZQ==");
        headers.push("X-Bytes", b"\xff".to_vec());
        let request = Request { target: "/chat?x=1".to_owned(), headers };
        let expected = b"GET /chat?x=1 HTTP/1.1\r\nHost: h:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Bytes: \xff\r\n\r\n";
        assert_eq!(request.to_bytes(), expected);
    }
}
