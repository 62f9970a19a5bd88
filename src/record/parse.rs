//! One line becomes what is to be sent: the input rules at the end of contract section 5.
//!
//! Strict about what it knows: an unknown event, a missing field or a value of the wrong type is an error, so that
//! no record is dropped in silence. Fields it does not know pass. Called by `pipe` and the prompt for `-i jsonl`,
//! who add the line number.

mod crafted;

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Map, Value};

use crate::render::Untrusted;
use crate::wire::{Crafted, close, frame};

/// What a record asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Send a text message.
    Text(String),
    /// Send a binary message.
    Binary(Vec<u8>),
    /// Send a ping; at most 125 bytes.
    Ping(Vec<u8>),
    /// Send a pong; at most 125 bytes.
    Pong(Vec<u8>),
    /// Start the closing handshake; this ends the input.
    Close {
        /// A code that a close frame may carry; `None` for a close frame without a payload.
        code: Option<u16>,
        /// At most 123 bytes; empty where there is no code.
        reason: String,
    },
    /// Send a frame as described.
    Frame {
        /// What it says, whether that is right or wrong.
        crafted: Crafted,
        /// The sizes of the single writes, in bytes; what is left over is one more.
        writes: Vec<usize>,
    },
    /// Send bytes as they are.
    Raw {
        /// What is put on the wire.
        bytes: Vec<u8>,
        /// As with a frame.
        writes: Vec<usize>,
    },
    /// Wait before the next record.
    Sleep(Duration),
    /// Nothing: a blank line, or a record of what happened rather than of what to do.
    Skip,
}

/// Why a line is no record that can be sent. Quotes from the line are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The line is not JSON; what the parser says, with the column.
    Syntax(String),
    /// The line is JSON, but no object.
    NotObject,
    /// A field that this event must have is not there.
    Missing {
        /// The event in quotes; empty where that is what is missing.
        event: String,
        /// The field, or the fields one of which must be there.
        field: &'static str,
    },
    /// A field is there, but is not what it must be.
    Wrong {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The event, in quotes, is not one that records know.
    UnknownEvent(String),
    /// The length of a frame does not fit into the form asked for.
    DoesNotFit(String),
    /// No close frame may carry this code (RFC 6455 §7.4).
    CloseCode(u64),
    /// A control frame would not hold this (RFC 6455 §5.5).
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The most that is allowed.
        limit: usize,
    },
}

/// Reads one line, with or without its newline.
///
/// # Errors
/// What is wrong with the record; the caller adds the line number.
pub fn parse(line: &[u8]) -> Result<Input, ParseError> {
    if line.trim_ascii().is_empty() {
        return Ok(Input::Skip);
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| syntax(&error))?;
    let Value::Object(fields) = value else { return Err(ParseError::NotObject) };
    Record { fields }.input()
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Syntax(what) => write!(f, "not a JSON record: {what}"),
            ParseError::NotObject => write!(f, "not a JSON object"),
            ParseError::Missing { event, field } if event.is_empty() => write!(f, "the record lacks {field}"),
            ParseError::Missing { event, field } => write!(f, "the record of event {event} lacks {field}"),
            ParseError::Wrong { field, expected } => write!(f, "the field \"{field}\" must be {expected}"),
            ParseError::UnknownEvent(event) => write!(f, "unknown event {event}"),
            ParseError::DoesNotFit(why) => f.write_str(why),
            ParseError::CloseCode(code) => {
                write!(
                    f,
                    "close code {code} must not be sent (RFC 6455 §7.4): 1000-1003, 1007-1014 and 3000-4999 may"
                )
            }
            ParseError::TooLong { what, length, limit } => {
                write!(f, "{what} has {length} bytes, but a control frame holds {limit} (RFC 6455 §5.5)")
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// Without the line number, which is always 1 here and would contradict the caller's.
fn syntax(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    ParseError::Syntax(format!("{} at column {}", Untrusted(what.as_bytes()).escaped(), error.column()))
}

struct Record {
    fields: Map<String, Value>,
}

impl Record {
    fn input(&self) -> Result<Input, ParseError> {
        let event = self.string("event")?.ok_or_else(|| self.missing("\"event\""))?;
        let direction = self.string("direction")?;
        match (event, direction) {
            ("open" | "end" | "notice" | "error" | "listening", _) | (_, Some("received")) => Ok(Input::Skip),
            (_, Some(other)) if other != "sent" => {
                Err(ParseError::Wrong { field: "direction", expected: "\"sent\" or \"received\"" })
            }
            // The frames of a recording repeat what its messages say.
            ("frame", Some(_)) => Ok(Input::Skip),
            ("frame", None) => self.frame(),
            ("raw", _) => self.raw(),
            ("text", _) => self.text(),
            ("binary", _) => {
                Ok(Input::Binary(self.base64("base64")?.ok_or_else(|| self.missing("\"base64\""))?))
            }
            ("ping", _) => Ok(Input::Ping(self.control("the payload of a ping")?)),
            ("pong", _) if self.boolean("auto")? == Some(true) => Ok(Input::Skip),
            ("pong", _) => Ok(Input::Pong(self.control("the payload of a pong")?)),
            ("close", _) => self.close(),
            ("sleep", _) => self.sleep(),
            _ => Err(ParseError::UnknownEvent(Untrusted(event.as_bytes()).quoted())),
        }
    }

    /// Text that is not UTF-8, as an echo of it is recorded, can only be sent as a frame that says so.
    fn text(&self) -> Result<Input, ParseError> {
        match (self.string("data")?, self.base64("base64")?) {
            (Some(data), _) => Ok(Input::Text(data.to_owned())),
            (None, Some(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Input::Text(text)),
                Err(error) => {
                    let crafted = Crafted::new(frame::TEXT, error.into_bytes());
                    Ok(Input::Frame { crafted, writes: Vec::new() })
                }
            },
            (None, None) => Err(self.missing("\"data\"")),
        }
    }

    fn control(&self, what: &'static str) -> Result<Vec<u8>, ParseError> {
        let payload = match self.string("data")? {
            Some(text) => text.as_bytes().to_vec(),
            None => self.base64("base64")?.ok_or_else(|| self.missing("\"data\" or \"base64\""))?,
        };
        within(what, payload.len(), close::MAX_CONTROL_PAYLOAD)?;
        Ok(payload)
    }

    /// A close frame may lack a code, and a record of one too.
    fn close(&self) -> Result<Input, ParseError> {
        let reason = self.string("reason")?.unwrap_or_default();
        let code = match self.field("code") {
            None => None,
            Some(value) => Some(close_code(value)?),
        };
        if code.is_none() && !reason.is_empty() {
            return Err(self.missing("\"code\", without which a close frame has no reason"));
        }
        within("the reason", reason.len(), close::MAX_REASON)?;
        Ok(Input::Close { code, reason: reason.to_owned() })
    }

    fn sleep(&self) -> Result<Input, ParseError> {
        let value = self.field("seconds").ok_or_else(|| self.missing("\"seconds\""))?;
        let duration = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let wrong = ParseError::Wrong { field: "seconds", expected: "a number of seconds, 0 or more" };
        duration.map(Input::Sleep).ok_or(wrong)
    }

    /// A field that is there and not null.
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn string(&self, field: &'static str) -> Result<Option<&str>, ParseError> {
        let wrong = ParseError::Wrong { field, expected: "a string" };
        self.field(field).map(|value| value.as_str().ok_or(wrong)).transpose()
    }

    fn base64(&self, field: &'static str) -> Result<Option<Vec<u8>>, ParseError> {
        let wrong = |_| ParseError::Wrong { field, expected: "base64 with padding (RFC 4648 §4)" };
        self.string(field)?.map(|text| BASE64.decode(text.as_bytes()).map_err(wrong)).transpose()
    }

    fn boolean(&self, field: &'static str) -> Result<Option<bool>, ParseError> {
        let wrong = ParseError::Wrong { field, expected: "true or false" };
        self.field(field).map(|value| value.as_bool().ok_or(wrong)).transpose()
    }

    fn missing(&self, field: &'static str) -> ParseError {
        let event = self.fields.get("event").and_then(Value::as_str);
        let event = event.map(|event| Untrusted(event.as_bytes()).quoted()).unwrap_or_default();
        ParseError::Missing { event, field }
    }
}

fn close_code(value: &Value) -> Result<u16, ParseError> {
    let wrong = ParseError::Wrong { field: "code", expected: "a close code or null" };
    let number = value.as_u64().ok_or(wrong)?;
    let code = u16::try_from(number).ok().filter(|&code| close::may_be_sent(code));
    code.ok_or(ParseError::CloseCode(number))
}

fn within(what: &'static str, length: usize, limit: usize) -> Result<(), ParseError> {
    if length > limit { Err(ParseError::TooLong { what, length, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
