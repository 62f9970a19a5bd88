//! A decoder that others wrote: tungstenite's client and message layer, for rows to tell it apart.
//!
//! It sends no close frame on a violation and names no section, so only this is judged: what it hands on, and
//! whether it gives up.

use std::io::{self, Cursor, Read, Write};

use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};
use wscope::wire;

use super::row::{Row, Verdict, binary, close, ping, pong, text};

/// The rows that it fails. It is lax in some places, stricter than the RFC in others.
pub const FAILS: &[&str] = &[
    // Interim responses, and `Upgrade` among other tokens, are refused.
    "4-interim-100",
    "4-interim-102",
    "4-interim-103",
    "4-interim-199",
    "4-interim-two",
    "4-interim-ten",
    "4-connection-list-good",
    "4-connection-list-first-good",
    "4-connection-empty-elements-good",
    "4-connection-no-blanks-good",
    "4-connection-two-lines-good",
    // A subprotocol asked for must be chosen; fields that come twice, and extensions nobody offered, are taken.
    "4-accept-twice-same",
    "4-protocol-none",
    "4-protocol-twice",
    "4-extension-unasked-deflate",
    "4-extension-unasked-unknown",
    "4-extension-unasked-parameters",
    "4-extension-unasked-old",
    // No limit of a line; empty lines before the head are passed over.
    "4-long-line",
    "4-not-http-empty-line",
    // Lengths need not be minimal.
    "5.2-length-16-0",
    "5.2-length-16-1",
    "5.2-length-16-125",
    "5.2-length-64-0",
    "5.2-length-64-125",
    "5.2-length-64-126",
    "5.2-length-64-65535",
    "5.2-length-16-continuation",
    "5.5-length-16-ping",
    "5.5-length-16-pong",
    "5.5-length-16-close",
    // It has no 1014, and shows bad codes as 1002.
    "7.4-code-1014",
    "7.4-code-0",
    "7.4-code-1",
    "7.4-code-500",
    "7.4-code-999",
    "7.4-code-1004",
    "7.4-code-1005",
    "7.4-code-1006",
    "7.4-code-1015",
    "7.4-code-1016",
    "7.4-code-1017",
    "7.4-code-1100",
    "7.4-code-1999",
    "7.4-code-2000",
    "7.4-code-2998",
    "7.4-code-2999",
    "7.4-code-5000",
    "7.4-code-5001",
    "7.4-code-65535",
    "7.4-code-999-reason",
    "7.4-code-1005-reason",
    "7.4-code-1006-reason",
    "7.4-code-5000-reason",
    // A close frame that breaks a rule is not handed on.
    "5.5.1-one-byte-0",
    "5.5.1-one-byte-3",
    "5.5.1-one-byte-255",
    "5.5.1-reason-invalid",
    "5.5.1-reason-cut",
    "5.5.1-reason-overlong",
    "5.5.1-reason-surrogate",
    "5.5.1-reason-too-high",
    "5.5.1-reason-alone",
    "5.5.1-reason-first",
    "5.5.1-reason-last",
    // A frame is judged only when it is whole; the limit of a frame holds for control frames too.
    "10.4-parts-over-by-claim",
    "10.4-control-not-counted",
    "10.4-too-many-fragments",
];

/// The rows that it passes too late: it looks at text when the frame is whole.
pub const NOT_STRICT: &[&str] = &[
    "6.4-early-ff-frame",
    "6.4-early-c0-frame",
    "6.4-early-after-text-frame",
    "6.4-early-surrogate-frame",
    "6.4-early-overlong-3-frame",
    "6.4-early-overlong-4-frame",
    "6.4-early-too-high-frame",
    "6.4-early-continuation-frame",
    "6.4-early-not-continued-frame",
    "6.4-early-long",
];

/// What it does with the row.
pub fn run(row: &Row) -> Verdict {
    if row.setting.compress || row.setting.closing {
        return Verdict::Skipped("it has no compression, and answers a close by itself");
    }
    let gives_up = row.expected.report.is_some() || row.expected.refusal.is_some();
    let good = (row.expected.events.clone(), gives_up);
    let got = course(row, &row.sent.frames);
    let told = format!("{row}: {got:?}");
    if got == good {
        Verdict::Pass
    } else if !row.rest.is_empty() && course(row, &[&row.sent.frames[..], &row.rest].concat()) == good {
        Verdict::NotStrict(told)
    } else if got == (vec![], false) {
        Verdict::NoAnswer(told)
    } else {
        Verdict::Fail(told)
    }
}

/// What it hands on, and whether it gives up.
fn course(row: &Row, frames: &[u8]) -> (Vec<String>, bool) {
    let limit = row.setting.max_message.map_or(64 << 20, |limit| limit as usize);
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let script = Script { reply: row.sent.reply.clone(), frames: frames.to_vec(), ..Script::default() };
    let socket = match row.setting.role {
        wire::Role::Server => Some(WebSocket::from_raw_socket(script.begun(), Role::Server, Some(config))),
        wire::Role::Client => connect(script, row.setting.subprotocols, config),
    };
    socket.map_or((vec![], true), read)
}

fn connect(script: Script, subprotocols: &str, config: WebSocketConfig) -> Option<WebSocket<Script>> {
    let mut request = "ws://localhost/".into_client_request().expect("a good URL");
    if !subprotocols.is_empty() {
        let value = subprotocols.parse().expect("names that can stand in a header");
        request.headers_mut().insert("Sec-WebSocket-Protocol", value);
    }
    let connected = tungstenite::client::client_with_config(request, script, Some(config));
    connected.ok().map(|(socket, _)| socket)
}

/// Everything it hands on, and whether it ended with a complaint.
fn read(mut socket: WebSocket<Script>) -> (Vec<String>, bool) {
    let mut events = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(payload)) => events.push(text(payload.as_bytes())),
            Ok(Message::Binary(payload)) => events.push(binary(payload)),
            Ok(Message::Ping(payload)) => events.push(ping(payload)),
            Ok(Message::Pong(payload)) => events.push(pong(payload)),
            Ok(Message::Close(None)) => events.push(close(None, "")),
            Ok(Message::Close(Some(frame))) => {
                events.push(close(Some(frame.code.into()), frame.reason.as_bytes()));
            }
            Ok(Message::Frame(_)) => {}
            Err(Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed) => return (events, false),
            Err(_) => return (events, true),
        }
    }
}

/// The peer's side as a stream: answers a request with the reply, sends the frames, and then has nothing more.
#[derive(Default)]
struct Script {
    reply: String,
    frames: Vec<u8>,
    written: Vec<u8>,
    bytes: Option<Cursor<Vec<u8>>>,
}

impl Script {
    /// Without a handshake.
    fn begun(mut self) -> Script {
        self.bytes = Some(Cursor::new(std::mem::take(&mut self.frames)));
        self
    }

    fn answer(&self) -> Cursor<Vec<u8>> {
        let request = String::from_utf8_lossy(&self.written).into_owned();
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = derive_accept_key(key.expect("a request has a key").as_bytes());
        Cursor::new([self.reply.replace("{accept}", &accept).as_bytes(), &self.frames].concat())
    }
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.take().unwrap_or_else(|| self.answer());
        let count = bytes.read(into)?;
        self.bytes = Some(bytes);
        if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
