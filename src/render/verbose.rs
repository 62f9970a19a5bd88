//! What `-v` adds: heads as curl shows them, TLS facts, the time each phase took, and the final statistics.
//!
//! Each function appends whole lines. Secrets are hidden here, so heads may be handed in as they were on the wire.
//! Called by `event` for a connection that opened, by `connect` for one that was refused, and by the prompt's
//! `/headers` and `/stats`.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::page::Page;
use super::redact::Redactor;
use super::style::{Style, Tone};
use super::units;
use crate::net::{Timings, TlsFacts};
use crate::session::event::{Count, Direction, Event, Opened};

/// How many of a certificate's names are listed.
const NAMES: usize = 8;

/// Appends both heads of an opening handshake, each with the direction it went; secrets are hidden as the style says.
pub fn heads_into(style: &Style, opened: &Opened, out: &mut String) {
    let (request, response) = match opened.accepted {
        true => (Direction::Received, Direction::Sent),
        false => (Direction::Sent, Direction::Received),
    };
    head_into(style, request, &opened.request_head, out);
    head_into(style, response, &opened.response_head, out);
}

/// A request head (sent) or response head (received), a sign before each of its lines.
pub fn head_into(style: &Style, direction: Direction, head: &[u8], out: &mut String) {
    let head = Redactor { show_secrets: style.show_secrets }.head(head);
    let mut page = Page { style, time: "", out };
    for line in head.strip_suffix(b"\n").unwrap_or(&head).split(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\r").unwrap_or(line) {
            b"" => page.empty_line(direction.into()),
            line => page.line(direction.into(), line),
        }
    }
}

/// What TLS agreed on, and whose certificate it is.
pub fn tls_into(style: &Style, tls: &TlsFacts, out: &mut String) {
    let mut page = Page { style, time: "", out };
    page.line(Tone::Notice, format!("{}, {}", tls.version, tls.cipher));
    if tls.subject.is_empty() && tls.issuer.is_empty() && tls.names.is_empty() {
        // A client that shows no certificate.
        return;
    }
    let mut facts = vec![format!("subject {}", tls.subject), format!("issuer {}", tls.issuer)];
    if !tls.names.is_empty() {
        facts.push(format!("names {}", names(&tls.names)));
    }
    facts.extend(tls.not_before.map(|time| format!("valid from {}", date(time))));
    facts.extend(tls.not_after.map(|time| format!("valid until {}", date(time))));
    if !tls.verified {
        facts.push("NOT VERIFIED".to_owned());
    }
    page.line(Tone::Notice, format!("certificate: {}", facts.join("; ")));
}

/// The phases that took place, and how long each took; no line where none is known.
pub fn timings_into(style: &Style, timings: &Timings, out: &mut String) {
    let phases = [
        ("dns", timings.dns),
        ("connect", timings.connect),
        ("proxy", timings.proxy),
        ("tls", timings.tls),
        ("upgrade", timings.upgrade),
    ];
    let known = phases.into_iter().filter_map(|(name, took)| Some((name, took?)));
    let parts: Vec<_> = known.map(|(name, took)| format!("{name} {}", units::duration(took))).collect();
    if !parts.is_empty() {
        Page { style, time: "", out }.line(Tone::Notice, parts.join(" · "));
    }
}

/// How much went each way, and in what time.
pub fn statistics_into(
    style: &Style,
    sent: Count,
    received: Count,
    open: Option<Duration>,
    out: &mut String,
) {
    let mut text = format!("sent {} · received {}", amount(sent), amount(received));
    if let Some(open) = open {
        text += &format!(" · open for {}", units::duration(open));
    }
    Page { style, time: "", out }.line(Tone::Notice, text);
}

/// What compression made of a message; nothing for other events.
pub fn compression_into(style: &Style, event: &Event<'_>, out: &mut String) {
    let Event::Message { direction, payload, compressed: Some(compressed), .. } = event else { return };
    let way = match direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let length = payload.len() as u64;
    let text = format!("{way} {}{}", units::size(length), compression(length, *compressed));
    Page { style, time: "", out }.line(Tone::Notice, text);
}

fn amount(count: Count) -> String {
    let mut text = format!("{}, {}", units::count(count.messages, "message"), units::size(count.bytes));
    if count.wire != count.bytes {
        text += &compression(count.bytes, count.wire);
    }
    text
}

/// What is said behind a size that was another one on the wire.
fn compression(bytes: u64, wire: u64) -> String {
    let size = units::size(wire);
    match bytes {
        0 => format!(" compressed to {size}"),
        _ => format!(" compressed to {size} ({:.1} %)", wire as f64 * 100.0 / bytes as f64),
    }
}

fn names(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMES)].join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn date(time: SystemTime) -> String {
    match Timestamp::try_from(time) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "an unknown time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(write: impl Fn(&Style, &mut String)) -> String {
        let mut out = String::new();
        write(&Style::default(), &mut out);
        out
    }

    #[test]
    fn heads_line_by_line_and_redacted() {
        let request = b"GET /?token=a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic abc\r\n\r\n";
        assert_eq!(
            shown(|style, out| head_into(style, Direction::Sent, request, out)),
            "> GET /?token=<redacted> HTTP/1.1\n> Host: h\n> Authorization: <redacted>\n>\n"
        );
        let response = b"HTTP/1.1 403 \x1b[2J\r\nX: \xff\r\n\r\n";
        assert_eq!(
            shown(|style, out| head_into(style, Direction::Received, response, out)),
            "< HTTP/1.1 403 \\x1b[2J\n< X: \\xff\n<\n"
        );
    }

    #[test]
    fn tls_facts_with_the_peers_text_escaped() {
        let day = Duration::from_secs(86_400);
        let tls = TlsFacts {
            version: "TLSv1.3".to_owned(),
            cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
            subject: "CN=h, O=Evil\u{1b}[2J".to_owned(),
            issuer: "CN=ca".to_owned(),
            names: (0..10).map(|n| format!("h{n}")).collect(),
            not_before: Some(SystemTime::UNIX_EPOCH),
            not_after: Some(SystemTime::UNIX_EPOCH + day),
            verified: false,
        };
        assert_eq!(
            shown(|style, out| tls_into(style, &tls, out)),
            "* TLSv1.3, TLS_AES_256_GCM_SHA384\n* certificate: subject CN=h, O=Evil\\x1b[2J; issuer CN=ca; names h0, h1, \
             h2, h3, h4, h5, h6, h7 and 2 more; valid from 1970-01-01 00:00:00 UTC; valid until 1970-01-02 00:00:00 \
             UTC; NOT VERIFIED\n"
        );
    }

    #[test]
    fn timings_of_the_phases_that_took_place() {
        let timings = Timings {
            connect: Some(Duration::from_micros(120)),
            upgrade: Some(Duration::from_micros(1900)),
            ..Timings::default()
        };
        assert_eq!(
            shown(|style, out| timings_into(style, &timings, out)),
            "* connect 0.12 ms · upgrade 1.9 ms\n"
        );
        assert_eq!(shown(|style, out| timings_into(style, &Timings::default(), out)), "");
    }

    #[test]
    fn what_compression_made_of_a_message_and_of_all() {
        let message = |direction, length, compressed| {
            let payload = vec![0; length].into();
            let event = Event::Message { direction, kind: crate::wire::Kind::Binary, payload, compressed };
            shown(|style, out| compression_into(style, &event, out))
        };
        let sent = message(Direction::Sent, 2048, Some(512));
        assert_eq!(sent, "* sent 2.0 KiB compressed to 512 bytes (25.0 %)\n");
        let empty = message(Direction::Received, 0, Some(1));
        assert_eq!(empty, "* received 0 bytes compressed to 1 byte\n");
        assert_eq!(message(Direction::Received, 5, None), "");
        let sent = Count { messages: 2, bytes: 100, wire: 102 };
        assert_eq!(
            shown(|style, out| statistics_into(style, sent, Count::default(), None, out)),
            "* sent 2 messages, 100 bytes compressed to 102 bytes (102.0 %) · received 0 messages, 0 bytes\n"
        );
    }

    #[test]
    fn statistics_of_both_directions() {
        let one = Count { messages: 1, bytes: 1, wire: 1 };
        let many = Count { messages: 20, bytes: 1_258_291, wire: 1_258_291 };
        assert_eq!(
            shown(|style, out| statistics_into(style, one, many, Some(Duration::from_secs(2)), out)),
            "* sent 1 message, 1 byte · received 20 messages, 1.2 MiB · open for 2.0 s\n"
        );
    }
}
