//! HTTP CONNECT (RFC 9110 §9.3.6): a request, and a reply read to its blank line and not a byte further.
//!
//! The bytes after the head belong to the origin, so the head is read byte by byte; it is short, and read once.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use data_encoding::BASE64;

use super::{Destination, Refusal};
use crate::net::stream::Stream;

/// The longest reply head taken, and the most interim replies skipped before the final one.
const MAX_HEAD: usize = 64 * 1024;
const MAX_INTERIM: usize = 10;
const MAX_HEADERS: usize = 128;
/// How much of the body of a refusal is kept, and how long it is waited for: proxies like to leave it open.
const MAX_BODY: u64 = 1024;
const BODY_WAIT: Duration = Duration::from_secs(1);

/// Asks for the tunnel, and reads the reply within the stream's deadline.
pub fn open(stream: &mut Stream, to: &Destination, credentials: Option<(&str, &str)>) -> Result<(), Refusal> {
    stream.write_all(request(to, credentials).as_bytes())?;
    stream.flush()?;
    for _ in 0..=MAX_INTERIM {
        let head = read_head(stream)?;
        let reply = parse(&head)?;
        match reply.status {
            100..=199 => continue,
            200..=299 => return Ok(()),
            status => {
                let line = head.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end().to_vec();
                let body = read_body(stream, reply.length);
                return Err(Refusal::Status { status, line, head, body, realm: reply.realm });
            }
        }
    }
    Err(Refusal::Garbled("a final reply after ten interim ones", Vec::new()))
}

fn request(to: &Destination, credentials: Option<(&str, &str)>) -> String {
    let authorization = credentials.map_or(String::new(), |(name, password)| {
        let token = BASE64.encode(format!("{name}:{password}").as_bytes());
        format!("Proxy-Authorization: Basic {token}\r\n")
    });
    format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{authorization}\r\n")
}

fn read_head(stream: &mut Stream) -> Result<Vec<u8>, Refusal> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
        // Told at once, because a port that speaks something else may never send a line end.
        if !b"HTTP/".starts_with(&head[..head.len().min(5)]) {
            return Err(Refusal::Garbled("an HTTP reply", head));
        }
        if head.len() >= MAX_HEAD {
            return Err(Refusal::Garbled("a reply head of at most 64 KiB", head));
        }
    }
    Ok(head)
}

struct Reply {
    status: u16,
    length: Option<u64>,
    realm: Option<String>,
}

fn parse(head: &[u8]) -> Result<Reply, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let complete = response.parse(head).is_ok_and(|status| status.is_complete());
    let (true, Some(status)) = (complete, response.code) else {
        return Err(Refusal::Garbled("an HTTP reply", head.to_vec()));
    };
    let value = |name: &str| {
        let field = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        field.map(|h| String::from_utf8_lossy(h.value).into_owned())
    };
    let length = value("content-length").and_then(|v| v.trim().parse().ok());
    Ok(Reply { status, length, realm: value("proxy-authenticate").as_deref().and_then(realm) })
}

/// The quoted realm of a challenge (RFC 9110 §11.5), cut at its next quote: it is only shown.
fn realm(challenge: &str) -> Option<String> {
    let at = challenge.to_ascii_lowercase().find("realm=\"")?;
    let quoted = &challenge[at + "realm=\"".len()..];
    quoted.split('"').next().map(str::to_owned)
}

/// Reads what there is to show; the refusal stands whatever happens here.
fn read_body(stream: &mut Stream, length: Option<u64>) -> Vec<u8> {
    let until = Instant::now() + BODY_WAIT;
    let until = stream.deadline().map_or(until, |deadline| deadline.min(until));
    stream.set_deadline(Some(until));
    let mut body = Vec::new();
    // What came before an error is kept by `read_to_end`.
    let _: io::Result<usize> = stream.take(length.unwrap_or(MAX_BODY).min(MAX_BODY)).read_to_end(&mut body);
    body
}
