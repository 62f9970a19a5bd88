//! Texts about a connection: why it could not be opened, how it stands, how much went over it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::render::{Redactor, Untrusted, escape, units};
use crate::session::opening::Error;
use crate::session::{Count, Outbound};
use crate::wire::State;

/// How much of an answer is shown below an error.
const SHOWN: usize = 4096;

/// The error as several lines, each but the first indented, the peer's text escaped and secrets redacted.
pub fn failure(error: &Error, show_secrets: bool) -> String {
    let redactor = Redactor { show_secrets };
    let mut text = escape(redactor.text(&error.to_string()).as_bytes());
    if let Some((head, body)) = error.answer() {
        let head = redactor.head(head);
        add_lines(&mut text, head[..head.len().min(SHOWN)].trim_ascii_end());
        if !body.is_empty() {
            text.push('\n');
            add_lines(&mut text, body.trim_ascii_end());
        }
    }
    if let Some(hint) = error.hint() {
        text.push_str("\ntry: ");
        text.push_str(&escape(redactor.text(&hint).as_bytes()));
    }
    text
}

/// Each line on a line of its own, escaped.
fn add_lines(text: &mut String, lines: &[u8]) {
    for line in lines.split(|&byte| byte == b'\n') {
        text.push('\n');
        text.push_str(&escape(line.strip_suffix(b"\r").unwrap_or(line)));
    }
}

/// How a connection stands: state, peer, subprotocol, extensions, unsent bytes, last ping.
pub fn status(outbound: &Outbound, redactor: Redactor) -> String {
    let state = match outbound.state() {
        State::Open => "open",
        State::Closing => "closing",
        State::Closed => "closed",
    };
    let opened = outbound.opened();
    let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    let last_ping = outbound.last_rtt().map_or("none answered".to_owned(), units::duration);
    format!(
        "{state}, {} at {}\nsubprotocol {}, extensions {}\nunsent {}, last ping {last_ping}",
        Untrusted(redactor.text(&opened.url).as_bytes()).escaped(),
        opened.peer,
        or_none(&Untrusted(opened.subprotocol.as_deref().unwrap_or_default().as_bytes()).escaped()),
        or_none(&Untrusted(opened.extensions.as_bytes()).escaped()),
        units::size(outbound.unsent() as u64),
    )
}

/// What went either way, and how fast within `elapsed`.
pub fn statistics(sent: Count, received: Count, elapsed: Duration) -> String {
    let mut text = String::new();
    for (way, count) in [("sent", sent), ("received", received)] {
        let rate = count.messages as f64 / elapsed.as_secs_f64().max(0.001);
        let messages = units::count(count.messages, "message");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{way} {messages}, {}, {rate:.1} a second", units::size(count.bytes));
    }
    text.trim_end().to_owned()
}
