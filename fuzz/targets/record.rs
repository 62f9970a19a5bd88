//! Lines of event records: what they ask for is what the record of having done it asks for again.
//!
//! The input is one line.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use wscope::record::{Input, Writer, parse};
use wscope::session::{Direction, Event, Stamp};
use wscope::wire::Kind;

use super::assert_visible;

/// Runs the target.
pub fn run(data: &[u8]) {
    match parse(data) {
        Ok(input) => {
            let Some(event) = done(&input) else { return };
            let stamp = Stamp { time: SystemTime::UNIX_EPOCH, elapsed: Duration::ZERO };
            let mut line = Vec::new();
            Writer::new(false).line(&event, &stamp, None, &mut line);
            assert_eq!(parse(&line), Ok(input), "{}", line.escape_ascii());
        }
        Err(error) => assert_visible(&error.to_string()),
    }
}

/// What has happened once this is done; `None` where nothing is sent.
fn done(input: &Input) -> Option<Event<'_>> {
    let direction = Direction::Sent;
    let message = |kind, payload| {
        Some(Event::Message { direction, kind, payload: Cow::Borrowed(payload), compressed: None })
    };
    match input {
        Input::Text(text) => message(Kind::Text, text.as_bytes()),
        Input::Binary(payload) => message(Kind::Binary, payload),
        Input::Ping(payload) => Some(Event::Ping { direction, payload: Cow::Borrowed(payload) }),
        Input::Pong(payload) => {
            Some(Event::Pong { direction, payload: Cow::Borrowed(payload), rtt: None, auto: false })
        }
        Input::Close { code, reason } => {
            Some(Event::Close { direction, code: *code, reason: Cow::Borrowed(reason.as_bytes()) })
        }
        // How bytes are cut into writes is not recorded, nor is how a frame was described.
        Input::Raw { bytes, writes } => {
            writes.is_empty().then_some(Event::Raw { bytes: Cow::Borrowed(bytes.as_slice()), crafted: false })
        }
        Input::Frame { .. } | Input::Sleep(_) | Input::Skip => None,
    }
}
