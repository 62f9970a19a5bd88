//! One event becomes the lines that a terminal shows for it: contract section 4.
//!
//! Keeps only what one event needs of those before it: the time of the last, and how the closing began. Decides
//! neither where the lines go nor which events are wanted. Called by `repl`, by `pipe` (form `human`, notices), and
//! by `serve`.

use std::time::Duration;

use super::hexdump::hexdump_into;
use super::page::Page;
use super::redact::Redactor;
use super::style::{Style, Tone};
use super::text::{Untrusted, escape_into};
use super::{frame, json, units, verbose};
use crate::net::Timings;
use crate::session::event::{By, Cause, Direction, Ended, Event, Opened, Stamp};
use crate::wire::{Frame, Kind, close};

/// Turns events into lines.
#[derive(Clone, Debug)]
pub struct Renderer {
    style: Style,
    /// When the event shown before happened, since the start.
    previous: Duration,
    /// When the connection opened, since the start.
    opened: Option<Duration>,
    /// When the frame shown before went by.
    last_frame: Option<Duration>,
    closing: Closing,
}

/// How the closing handshake began (RFC 6455 §7.1.2).
#[derive(Clone, Debug)]
enum Closing {
    Not,
    /// This side sent the first close frame.
    Sent,
    /// The peer did; `End` tells it, and our answer says nothing new.
    Received,
}

impl Renderer {
    /// A renderer that has shown nothing yet.
    pub fn new(style: Style) -> Self {
        Renderer { style, previous: Duration::ZERO, opened: None, last_frame: None, closing: Closing::Not }
    }

    /// How events are shown.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// How events are shown from now on.
    pub fn style_mut(&mut self) -> &mut Style {
        &mut self.style
    }

    /// Appends the lines of an event, each ended by a newline; none for a close frame that `End` will tell.
    pub fn event(&mut self, event: &Event<'_>, stamp: &Stamp, out: &mut String) {
        if !self.follow(event, stamp) {
            return;
        }
        let style = &self.style;
        let time = style.time_prefix(stamp, stamp.elapsed.saturating_sub(self.previous));
        self.previous = stamp.elapsed;
        let mut page = Page { style, time: &time, out };
        match event {
            Event::Open(opened) => open(&mut page, opened),
            Event::Message { direction, kind, payload, .. } => {
                match kind {
                    Kind::Text => text(&mut page, (*direction).into(), payload),
                    Kind::Binary => binary(&mut page, (*direction).into(), payload),
                }
                if style.verbose {
                    verbose::compression_into(style, event, page.out);
                }
            }
            Event::Ping { direction, payload } => page.line((*direction).into(), control("ping", payload)),
            Event::Pong { direction, payload, rtt, .. } => {
                let rtt = rtt.map(|rtt| format!(" {}", units::duration(rtt))).unwrap_or_default();
                page.line((*direction).into(), control("pong", payload) + &rtt);
            }
            Event::Close { direction, code, reason } => {
                page.line((*direction).into(), format!("close {}", close_frame(*code, reason)));
            }
            Event::Frame { direction, frame } => {
                let since = self.last_frame.map(|last| stamp.elapsed.saturating_sub(last));
                self.last_frame = Some(stamp.elapsed);
                frame_line(&mut page, *direction, frame, since);
            }
            Event::Raw { bytes, crafted } => raw(&mut page, bytes, *crafted),
            Event::End(ended) => {
                let tone = if ended.clean { Tone::Notice } else { Tone::Error };
                page.signed_line(tone, Tone::Notice.sign(), end(ended));
                if style.verbose {
                    let open = self.opened.map(|opened| stamp.elapsed.saturating_sub(opened));
                    verbose::statistics_into(style, ended.sent, ended.received, open, page.out);
                }
            }
            Event::Notice(message) => page.line(Tone::Notice, message.as_bytes()),
            Event::Error(message) => page.line(Tone::Error, message.as_bytes()),
        }
    }

    /// Keeps up with the connection; whether the event is to be shown.
    fn follow(&mut self, event: &Event<'_>, stamp: &Stamp) -> bool {
        match event {
            Event::Open(_) => {
                self.opened = Some(stamp.elapsed);
                self.last_frame = None;
                self.closing = Closing::Not;
                true
            }
            Event::Close { direction, code, reason } => {
                let news = match (&self.closing, direction) {
                    (Closing::Not, Direction::Sent) => {
                        self.closing = Closing::Sent;
                        true
                    }
                    (Closing::Not, Direction::Received) => {
                        self.closing = Closing::Received;
                        // `End` tells which rule was broken, but not what else the frame said.
                        breaks_a_rule(*code, reason)
                    }
                    // `/close` shows the answer.
                    (Closing::Sent, Direction::Received) => true,
                    _ => false,
                };
                news || self.style.verbose
            }
            // What was shown as frames is not shown again.
            Event::Raw { bytes, crafted } => !self.style.frames || frames(bytes, *crafted).is_none(),
            _ => true,
        }
    }
}

/// A text that is no event, as a notice is shown.
pub fn said(text: &str) -> String {
    let mut line = "* ".to_owned();
    escape_into(&mut line, text.as_bytes(), "\n  ");
    line.push('\n');
    line
}

/// An event without the limits on what is shown of a payload, as nothing but it was shown.
pub fn in_full(style: &Style, event: &Event<'_>, stamp: &Stamp) -> String {
    let style = Style { hex_limit: 0, text_limit: 0, ..style.clone() };
    let mut text = String::new();
    Renderer::new(style).event(event, stamp, &mut text);
    text
}

/// Whether a close frame that said this breaks a rule (RFC 6455 §5.5.1).
pub fn breaks_a_rule(code: Option<u16>, reason: &[u8]) -> bool {
    match code {
        Some(code) => !close::may_be_sent(code) || std::str::from_utf8(reason).is_err(),
        None => !reason.is_empty(),
    }
}

/// A close code and what it is called, as in `1001 going away`.
pub fn close_code(code: u16) -> String {
    // The two that no close frame carries are told by what happened, not by their name in the registry.
    let name = match code {
        1005 => "no status code",
        1006 => "no close frame",
        _ => close::name(code),
    };
    format!("{code} {name}")
}

/// How a connection ended, in one line without a sign.
pub fn end(ended: &Ended) -> String {
    let mut text = match (ended.by, ended.cause) {
        (By::Client, _) => "closed by the client: ",
        (By::Server, _) => "closed by the server: ",
        (By::Connection, Cause::Abandoned) => "connection given up by this side: ",
        (By::Connection, _) => "connection lost: ",
    }
    .to_owned();
    // Two close frames that crossed, or an answer with a code of its own: each is told with who said it.
    let own = ended.own_code.unwrap_or(1005);
    if let (Cause::ClosingHandshake, true, Some(peer)) = (ended.cause, ended.own_first, other(ended.by))
        && own != ended.code
    {
        text += &format!("{}; the {peer} said ", close_code(own));
    }
    text += &close_code(ended.code);
    // Most answers repeat the code of a close frame of ours, and leave out its reason.
    let answered = ended.cause == Cause::ClosingHandshake && ended.own_code == Some(ended.code);
    let echoed = answered && ended.reason.is_empty();
    let reason = if echoed { &ended.own_reason } else { &ended.reason };
    if !reason.is_empty() {
        text += &format!(" {}", Untrusted(reason).quoted());
    }
    if let Some(error) = &ended.error {
        text += &format!(", {error}");
    }
    text + if ended.clean { " (clean)" } else { " (not clean)" }
}

/// The end that did not close first.
fn other(by: By) -> Option<&'static str> {
    match by {
        By::Client => Some("server"),
        By::Server => Some("client"),
        By::Connection => None,
    }
}

fn open(page: &mut Page<'_>, opened: &Opened) {
    let style = page.style;
    let opened = Redactor { show_secrets: style.show_secrets }.opened(opened);
    if style.verbose {
        if !opened.peer.is_empty() {
            Page { style, time: "", out: page.out }.line(Tone::Notice, format!("peer {}", opened.peer));
        }
        opened.tls.iter().for_each(|tls| verbose::tls_into(style, tls, page.out));
        verbose::heads_into(style, &opened, page.out);
        verbose::timings_into(style, &opened.timings, page.out);
    }
    let mut text = match opened.accepted {
        true => format!("{} connected to {}", opened.peer, target(&opened)),
        false => format!("connected to {}", opened.url),
    };
    if let Some(total) = total(&opened.timings) {
        text += &format!(" in {}", units::duration(total));
    }
    if let Some(subprotocol) = &opened.subprotocol {
        text += &format!(" · subprotocol {subprotocol}");
    }
    if !opened.extensions.is_empty() {
        text += &format!(" · {}", opened.extensions);
    }
    page.line(Tone::Notice, text);
}

/// The request target of a client, as it stands in its request: with its path alone no `Host` can be taken for it.
fn target(opened: &Opened) -> String {
    let head = String::from_utf8_lossy(&opened.request_head);
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// The phases together; `None` where no phase is known.
fn total(timings: &Timings) -> Option<Duration> {
    let phases = [timings.dns, timings.connect, timings.proxy, timings.tls, timings.upgrade];
    phases.into_iter().flatten().reduce(|sum, phase| sum + phase)
}

fn text(page: &mut Page<'_>, tone: Tone, payload: &[u8]) {
    if payload.is_empty() {
        return page.line(tone, "text 0 bytes");
    }
    let style = page.style;
    let shown = cut_text(payload, style.text_limit);
    let room = match style.width {
        0 => 0,
        // A terminal too narrow for anything still has its width known.
        width => width.saturating_sub(page.time.len() + style.label.len() + tone.sign().len() + 1).max(1),
    };
    let pretty = style.pretty && shown.len() == payload.len();
    match pretty.then(|| json::pretty(payload, style, room)).flatten() {
        // Its tokens are escaped and have colours of their own.
        Some(json) => page.shown_line(tone, &json),
        None => page.line(tone, shown),
    }
    more(page, payload.len() - shown.len(), "--text-limit");
}

fn binary(page: &mut Page<'_>, tone: Tone, payload: &[u8]) {
    page.line(tone, format!("binary {}", units::count(payload.len() as u64, "byte")));
    dump(page, payload);
}

fn dump(page: &mut Page<'_>, payload: &[u8]) {
    let limit = page.style.hex_limit;
    let shown = if limit == 0 { payload } else { &payload[..payload.len().min(limit)] };
    hexdump_into(page.out, shown);
    more(page, payload.len() - shown.len(), "--hex-limit");
}

fn frame_line(page: &mut Page<'_>, direction: Direction, frame: &Frame, since: Option<Duration>) {
    page.signed_line(direction.into(), frame::sign(direction), frame::line(frame, since));
}

/// Bytes sent as they are: the frames that they are, or a dump.
fn raw(page: &mut Page<'_>, bytes: &[u8], crafted: bool) {
    if let Some(frames) = frames(bytes, crafted) {
        return frames.iter().for_each(|frame| frame_line(page, Direction::Sent, frame, None));
    }
    let text = format!("raw {}", units::count(bytes.len() as u64, "byte"));
    page.signed_line(Tone::Sent, frame::sign(Direction::Sent), text);
    dump(page, bytes);
}

/// The frames that raw bytes are; `None` where they are something else, such as a part of one.
fn frames(bytes: &[u8], crafted: bool) -> Option<Vec<Frame>> {
    match crafted {
        true => Frame::read_described(bytes).map(|frame| vec![frame]),
        false => Frame::read_all(bytes),
    }
}

/// At most `limit` bytes (0: all), cut before a character that would not fit.
fn cut_text(payload: &[u8], limit: usize) -> &[u8] {
    if limit == 0 || payload.len() <= limit {
        return payload;
    }
    let is_continuation = |&at: &usize| payload[at] & 0xc0 == 0x80;
    let end = (limit.saturating_sub(3)..=limit).rev().find(|at| !is_continuation(at));
    &payload[..end.unwrap_or(limit)]
}

/// Says how much of a payload is not shown.
fn more(page: &mut Page<'_>, bytes: usize, option: &str) {
    if bytes > 0 {
        let ansi = page.style.ansi(Tone::Notice);
        let size = units::size(bytes as u64);
        page.out.push_str(&format!("  {ansi}… {size} more ({option} 0 or /show for all){ansi:#}\n"));
    }
}

/// A ping or pong: its payload in quotes where it is text, else as hexadecimal, as `/ping` takes it.
fn control(name: &str, payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok("") => name.to_owned(),
        Ok(_) => format!("{name} {}", Untrusted(payload).quoted()),
        Err(_) => format!("{name} 0x{}", data_encoding::HEXLOWER.encode(payload)),
    }
}

fn close_frame(code: Option<u16>, reason: &[u8]) -> String {
    let mut text = code.map_or_else(|| "(no code)".to_owned(), close_code);
    if !reason.is_empty() {
        text += &format!(" {}", Untrusted(reason).quoted());
    }
    text
}

#[cfg(test)]
mod tests;
