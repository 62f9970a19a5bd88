//! Events with anything in them, shown to people and recorded for machines: neither obeys what a peer put in.
//!
//! The input is a byte that chooses the style, then what `happening` makes an event of.

use serde_json::Value;
use wscope::record::{Input, Writer, parse};
use wscope::render::{Renderer, Style, TimeStyle, text::is_hidden};
use wscope::session::{Direction, Event, Stamp};
use wscope::wire::{Crafted, Kind, close};

use super::{assert_visible, happening::Choices};

/// What a line for people begins with: a sign, or the blanks of a further line of the same event.
const BEGINNINGS: [&str; 5] = [">", "<", "*", "wscope:", "  "];

/// Runs the target.
pub fn run(data: &[u8]) {
    let mut choices = Choices(data);
    let style = style(choices.byte());
    let (event, stamp) = choices.event();
    show(&event, &stamp, style);
    record(&event, &stamp);
}

fn style(choice: u8) -> Style {
    Style {
        pretty: choice & 1 != 0,
        verbose: choice & 2 != 0,
        color: choice & 4 != 0,
        width: if choice & 8 != 0 { usize::from(choice >> 4) * 5 } else { 0 },
        text_limit: if choice & 16 != 0 { usize::from(choice >> 5) } else { 0 },
        hex_limit: if choice & 32 != 0 { 0 } else { 64 },
        show_secrets: choice & 64 != 0,
        time: (choice & 128 != 0).then_some(TimeStyle::Relative),
        ..Style::default()
    }
}

/// Nothing hidden but our own colours, and no line that could pass for one of another event.
fn show(event: &Event<'_>, stamp: &Stamp, style: Style) {
    let (color, timed) = (style.color, style.time.is_some());
    let mut shown = String::new();
    Renderer::new(style).event(event, stamp, &mut shown);
    assert!(shown.is_empty() || shown.ends_with('\n'), "{shown:?}");
    let plain = if color { without_colors(&shown) } else { shown };
    for line in plain.lines() {
        assert!(!line.chars().any(is_hidden), "something hidden is in {line:?}");
        let begins = BEGINNINGS.iter().any(|beginning| line.starts_with(beginning));
        assert!(begins || (timed && line.starts_with(|first: char| first.is_ascii_digit())), "{line:?}");
    }
}

/// The text without what anstyle writes: `ESC [`, digits and semicolons, `m`.
fn without_colors(shown: &str) -> String {
    let mut parts = shown.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (numbers, text) = part.split_once('m').expect("a colour ends with m");
        assert!(numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{part:?} is no colour");
        plain.push_str(text);
    }
    plain
}

/// One line of JSON that reads back.
fn record(event: &Event<'_>, stamp: &Stamp) {
    let mut line = Vec::new();
    Writer::new(false).line(event, stamp, Some(1), &mut line);
    let text = str::from_utf8(&line).expect("a record is text").strip_suffix('\n').expect("and a line");
    assert_visible(text);
    let value: Value = serde_json::from_str(text).expect("a record is JSON");
    assert!(value["event"].is_string() && value["time"].is_string() && value["elapsed"].is_number());
    if let Some(expected) = asks_for(event) {
        assert_eq!(parse(&line), Ok(expected), "{text}");
    }
}

/// What the record of an event asks for; `None` for an event that no sender could have made.
fn asks_for(event: &Event<'_>) -> Option<Input> {
    let fits = |payload: &[u8]| payload.len() <= close::MAX_CONTROL_PAYLOAD;
    Some(match event {
        Event::Message { direction: Direction::Sent, kind: Kind::Text, payload, .. } => {
            match String::from_utf8(payload.to_vec()) {
                Ok(text) => Input::Text(text),
                Err(_) => Input::Frame { crafted: Crafted::new(1, payload.to_vec()), writes: Vec::new() },
            }
        }
        Event::Message { direction: Direction::Sent, kind: Kind::Binary, payload, .. } => {
            Input::Binary(payload.to_vec())
        }
        Event::Ping { direction: Direction::Sent, payload } => {
            fits(payload).then(|| Input::Ping(payload.to_vec()))?
        }
        Event::Pong { direction: Direction::Sent, payload, auto: false, .. } => {
            fits(payload).then(|| Input::Pong(payload.to_vec()))?
        }
        Event::Close { direction: Direction::Sent, code, reason } => {
            let reason = String::from_utf8(reason.to_vec()).ok()?;
            let possible = code.map_or(reason.is_empty(), close::may_be_sent);
            (possible && reason.len() <= close::MAX_REASON).then_some(Input::Close { code: *code, reason })?
        }
        Event::Raw { bytes, .. } => Input::Raw { bytes: bytes.to_vec(), writes: Vec::new() },
        _ => Input::Skip,
    })
}
