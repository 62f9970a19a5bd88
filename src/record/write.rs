//! One event becomes one line: the fields of contract section 5, in the order given there.
//!
//! Builds no values on the way, since a pipe with `-o jsonl` writes one line per message. Called by `--record` and
//! `-o jsonl`; whoever calls decides when the bytes are written.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use data_encoding::{BASE64, Encoding, HEXLOWER};
use jiff::Timestamp;

use super::string::{push_bytes, push_string};
use crate::net::{Timings, TlsFacts};
use crate::render::Redactor;
use crate::session::event::{By, Count, Direction, Ended, Event, Opened, Stamp};
use crate::wire::{Frame, Kind, close};

/// Turns events into lines.
#[derive(Clone, Debug)]
pub struct Writer {
    redactor: Redactor,
    /// Which connection the next records are of, where there are several.
    connection: Option<u64>,
    /// The second written last, and how it reads: most events share theirs with the one before.
    second: Option<(i64, String)>,
}

impl Writer {
    /// A writer that hides secrets unless told to show them. Messages and the texts of notices and errors it
    /// leaves as they are.
    pub fn new(show_secrets: bool) -> Self {
        Writer { redactor: Redactor { show_secrets }, connection: None, second: None }
    }

    /// Appends the record of an event and a newline. `exit` is the code that the program will leave with, known
    /// when the last connection has ended; it is written on `end` alone.
    pub fn line(&mut self, event: &Event<'_>, stamp: &Stamp, exit: Option<u8>, out: &mut Vec<u8>) {
        self.begin(name(event), stamp, out);
        match event {
            Event::Open(opened) => open(out, &self.redactor.opened(opened)),
            Event::Message { direction, kind, payload, compressed } => {
                message(out, *direction, *kind, payload);
                if let Some(compressed) = compressed {
                    number(out, "compressed", *compressed);
                }
            }
            Event::Ping { direction, payload } => control(out, *direction, payload),
            Event::Pong { direction, payload, rtt, auto } => {
                control(out, *direction, payload);
                if let Some(rtt) = rtt {
                    key(out, "rtt");
                    push_seconds(out, *rtt);
                }
                if *auto {
                    flag(out, "auto", true);
                }
            }
            Event::Close { direction, code, reason } => close_frame(out, *direction, *code, reason),
            Event::Frame { direction, frame } => frame_fields(out, *direction, frame),
            Event::Raw { bytes, .. } => {
                direction(out, Direction::Sent);
                hex(out, "hex", bytes);
            }
            Event::End(ended) => end(out, ended, exit),
            Event::Notice(text) | Event::Error(text) => string(out, "message", text),
        }
        out.extend_from_slice(b"}\n");
    }

    /// From now on records are of this connection, by its number, or of none.
    pub fn about(&mut self, connection: Option<u64>) -> &mut Self {
        self.connection = connection;
        self
    }

    /// Appends the record of a server that listens at this URL, and a newline.
    pub fn listening(&mut self, url: &str, stamp: &Stamp, out: &mut Vec<u8>) {
        self.begin("listening", stamp, out);
        string(out, "url", url);
        out.extend_from_slice(b"}\n");
    }

    /// What every record begins with.
    fn begin(&mut self, name: &str, stamp: &Stamp, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"event\":\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\",\"time\":\"");
        self.time(stamp.time, out);
        out.extend_from_slice(b"\",\"elapsed\":");
        push_seconds(out, stamp.elapsed);
        if let Some(connection) = self.connection {
            number(out, "connection", connection);
        }
    }

    /// RFC 3339, UTC, microseconds.
    fn time(&mut self, time: SystemTime, out: &mut Vec<u8>) {
        let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
        // Before 1970 both parts are negative; one microsecond after the start of the second is what is written.
        let micros = time.as_microsecond();
        let (second, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let fresh = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        if self.second.as_ref().is_none_or(|(known, _)| *known != second) {
            self.second = Some((second, fresh(second).strftime("%Y-%m-%dT%H:%M:%S.").to_string()));
        }
        if let Some((_, text)) = &self.second {
            out.extend_from_slice(text.as_bytes());
        }
        push_micros(out, micros.unsigned_abs());
        out.push(b'Z');
    }
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Open(_) => "open",
        Event::Message { kind: Kind::Text, .. } => "text",
        Event::Message { kind: Kind::Binary, .. } => "binary",
        Event::Ping { .. } => "ping",
        Event::Pong { .. } => "pong",
        Event::Close { .. } => "close",
        Event::Frame { .. } => "frame",
        Event::Raw { .. } => "raw",
        Event::End(_) => "end",
        Event::Notice(_) => "notice",
        Event::Error(_) => "error",
    }
}

fn open(out: &mut Vec<u8>, opened: &Opened) {
    string(out, "url", &opened.url);
    string(out, "peer", &opened.peer);
    number(out, "status", opened.status);
    optional_string(out, "subprotocol", opened.subprotocol.as_deref());
    optional_string(out, "extensions", Some(opened.extensions.as_str()).filter(|text| !text.is_empty()));
    headers(out, "request_headers", &opened.request_headers);
    headers(out, "response_headers", &opened.response_headers);
    tls(out, opened.tls.as_ref());
    timings(out, &opened.timings);
}

fn headers(out: &mut Vec<u8>, name: &str, headers: &[(String, Vec<u8>)]) {
    key(out, name);
    out.push(b'[');
    for (index, (name, value)) in headers.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
        push_string(out, name);
        out.push(b',');
        push_bytes(out, value);
        out.push(b']');
    }
    out.push(b']');
}

fn tls(out: &mut Vec<u8>, tls: Option<&TlsFacts>) {
    key(out, "tls");
    let Some(tls) = tls else { return out.extend_from_slice(b"null") };
    out.extend_from_slice(b"{\"version\":");
    push_string(out, &tls.version);
    string(out, "cipher", &tls.cipher);
    string(out, "subject", &tls.subject);
    string(out, "issuer", &tls.issuer);
    let not_after = tls.not_after.and_then(|time| Timestamp::try_from(time).ok());
    optional_string(out, "not_after", not_after.map(|time| time.to_string()).as_deref());
    out.push(b'}');
}

fn timings(out: &mut Vec<u8>, timings: &Timings) {
    key(out, "timings");
    let phases = [
        ("{\"dns\":", timings.dns),
        (",\"connect\":", timings.connect),
        (",\"proxy\":", timings.proxy),
        (",\"tls\":", timings.tls),
        (",\"upgrade\":", timings.upgrade),
    ];
    for (opening, took) in phases {
        out.extend_from_slice(opening.as_bytes());
        match took {
            Some(took) => push_seconds(out, took),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

fn message(out: &mut Vec<u8>, sent_or_received: Direction, kind: Kind, payload: &[u8]) {
    direction(out, sent_or_received);
    match (kind, std::str::from_utf8(payload)) {
        (Kind::Text, Ok(text)) => string(out, "data", text),
        // Text that is not UTF-8 was let through on purpose; its bytes are what matters.
        _ => base64(out, "base64", payload),
    }
    number(out, "size", payload.len() as u64);
}

fn control(out: &mut Vec<u8>, sent_or_received: Direction, payload: &[u8]) {
    direction(out, sent_or_received);
    match std::str::from_utf8(payload) {
        Ok(text) => string(out, "data", text),
        Err(_) => base64(out, "base64", payload),
    }
}

fn close_frame(out: &mut Vec<u8>, sent_or_received: Direction, code: Option<u16>, reason: &[u8]) {
    direction(out, sent_or_received);
    optional_number(out, "code", code);
    optional_string(out, "name", code.map(close::name));
    key(out, "reason");
    push_bytes(out, reason);
    if std::str::from_utf8(reason).is_err() {
        // Above such bytes stand as the characters of their numbers; these are they.
        base64(out, "base64", reason);
    }
}

/// The length is the one the header tells; where the header broke off there is none.
fn frame_fields(out: &mut Vec<u8>, sent_or_received: Direction, frame: &Frame) {
    let (start, head) = (frame.start(), frame.head());
    direction(out, sent_or_received);
    flag(out, "fin", start.is_final());
    number(out, "rsv", start.reserved_bits());
    number(out, "opcode", frame.opcode());
    flag(out, "masked", start.is_masked());
    match head.as_ref().and_then(|head| head.header.mask) {
        Some(key) => hex(out, "mask", &key),
        None => optional_string(out, "mask", None),
    }
    optional_number(out, "length", head.map(|head| head.length));
    hex(out, "header", &frame.header);
    base64(out, "payload", &frame.payload);
    optional_number(out, "fragment", frame.fragment);
}

fn end(out: &mut Vec<u8>, ended: &Ended, exit: Option<u8>) {
    let by = match ended.by {
        By::Client => "client",
        By::Server => "server",
        By::Connection => "connection",
    };
    string(out, "by", by);
    flag(out, "clean", ended.clean);
    number(out, "code", ended.code);
    key(out, "reason");
    push_bytes(out, &ended.reason);
    optional_string(out, "error", ended.error.as_deref());
    count(out, "sent", ended.sent);
    count(out, "received", ended.received);
    optional_number(out, "exit", exit);
}

fn count(out: &mut Vec<u8>, name: &str, count: Count) {
    key(out, name);
    push(out, format_args!("{{\"messages\":{},\"bytes\":{}}}", count.messages, count.bytes));
}

fn direction(out: &mut Vec<u8>, direction: Direction) {
    out.extend_from_slice(match direction {
        Direction::Sent => b",\"direction\":\"sent\"".as_slice(),
        Direction::Received => b",\"direction\":\"received\"".as_slice(),
    });
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn string(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    push_string(out, text);
}

fn optional_string(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    key(out, name);
    match text {
        Some(text) => push_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn number(out: &mut Vec<u8>, name: &str, number: impl Into<u64>) {
    key(out, name);
    push(out, format_args!("{}", number.into()));
}

fn optional_number(out: &mut Vec<u8>, name: &str, value: Option<impl Into<u64>>) {
    match value {
        Some(value) => number(out, name, value),
        None => {
            key(out, name);
            out.extend_from_slice(b"null");
        }
    }
}

fn flag(out: &mut Vec<u8>, name: &str, value: bool) {
    key(out, name);
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn base64(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    encoded(out, name, &BASE64, bytes);
}

fn hex(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    encoded(out, name, &HEXLOWER, bytes);
}

fn encoded(out: &mut Vec<u8>, name: &str, encoding: &Encoding, bytes: &[u8]) {
    key(out, name);
    out.push(b'"');
    let start = out.len();
    out.resize(start + encoding.encode_len(bytes.len()), 0);
    encoding.encode_mut(bytes, &mut out[start..]);
    out.push(b'"');
}

fn push_seconds(out: &mut Vec<u8>, duration: Duration) {
    push(out, format_args!("{}.", duration.as_secs()));
    push_micros(out, u64::from(duration.subsec_micros()));
}

/// Six digits.
fn push_micros(out: &mut Vec<u8>, micros: u64) {
    push(out, format_args!("{micros:06}"));
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a Vec takes every byte");
}

#[cfg(test)]
mod tests;
