//! One message of the input: what it must not be, and what is sent of it.

use std::time::Instant;

use super::{Input, RECORD_SLACK, Stop};
use crate::command::args::Form;
use crate::command::client::decode;
use crate::record;
use crate::session::Outbound;
use crate::wire::{Kind, utf8};

impl Input {
    /// A message must not become larger than `--max-message`, whole or not.
    pub(super) fn check_size(&self, end: usize) -> Stop {
        let slack = 2; // a line's end may be among the bytes that have come
        let limit = match self.form {
            Form::Hex => self.max_message.saturating_mul(6),
            // Beside its data a record has other fields; one that is skipped may hold whole heads.
            Form::Jsonl => self.max_message.saturating_mul(6).saturating_add(RECORD_SLACK),
            Form::Base64 => self.max_message.saturating_mul(2),
            _ => self.max_message,
        };
        let whole = end < self.buffer.len() || self.ended;
        match (end - self.start) as u64 > limit.saturating_add(if whole { 0 } else { slack }) {
            true => Stop::Fault(self.too_large()),
            false => Stop::Dry,
        }
    }

    pub(super) fn too_large(&self) -> String {
        format!("{}: the message is larger than --max-message {}", self.place(), self.max_message)
    }

    /// Which message is meant, for an error.
    fn place(&self) -> String {
        match self.form {
            Form::Raw | Form::Whole => "standard input".to_owned(),
            Form::Nul => format!("standard input, message {}", self.line),
            _ => format!("standard input, line {}", self.line),
        }
    }

    /// Sends the message that ends at `end`; something returned ends the sending for now.
    pub(super) fn send_one(&self, end: usize, outbound: &mut Outbound, now: Instant) -> Option<Stop> {
        let bytes = &self.buffer[self.start..end];
        let decoded = match self.form {
            Form::Hex => decode::hex(bytes),
            Form::Base64 => decode::base64(bytes),
            Form::Jsonl => return self.obey(bytes.trim_ascii(), outbound, now),
            _ => return self.send_payload(bytes, outbound),
        };
        match decoded {
            Ok(payload) if self.is_too_large(payload.len()) => Some(Stop::Fault(self.too_large())),
            Ok(payload) => self.send_payload(&payload, outbound),
            Err(text) => Some(self.fault(&text)),
        }
    }

    fn fault(&self, text: &str) -> Stop {
        Stop::Fault(format!("{}: {text}", self.place()))
    }

    pub(super) fn is_too_large(&self, length: usize) -> bool {
        length as u64 > self.max_message
    }

    /// A text that began at this byte of the input is bad at this offset in it.
    pub(super) fn not_utf8(&self, offset: u64, began: u64) -> Stop {
        let of_all = began + offset;
        let text =
            format!("not UTF-8 at byte offset {offset} (byte {of_all} of the input); -b sends it as binary");
        self.fault(&text)
    }

    fn send_payload(&self, payload: &[u8], outbound: &mut Outbound) -> Option<Stop> {
        if self.kind == Kind::Text
            && let Err(bad) = utf8::check(payload)
        {
            return Some(self.not_utf8(bad.offset, self.consumed()));
        }
        // A connection that is closing takes no more; what is left is counted at the end.
        outbound.message(self.kind, payload).is_err().then_some(Stop::Full)
    }

    /// Carries out an event record.
    fn obey(&self, line: &[u8], outbound: &mut Outbound, now: Instant) -> Option<Stop> {
        let record = match record::parse(line) {
            Ok(record) => record,
            Err(error) => return Some(self.fault(&error.to_string())),
        };
        let sent = match record {
            record::Input::Skip => return None,
            record::Input::Text(data) if self.is_too_large(data.len()) => {
                return Some(Stop::Fault(self.too_large()));
            }
            record::Input::Binary(data) if self.is_too_large(data.len()) => {
                return Some(Stop::Fault(self.too_large()));
            }
            record::Input::Text(data) => outbound.message(Kind::Text, data.as_bytes()),
            record::Input::Binary(data) => outbound.message(Kind::Binary, &data),
            record::Input::Ping(data) => outbound.ping(&data),
            record::Input::Pong(data) => outbound.pong(&data),
            record::Input::Frame { crafted, writes } => {
                outbound.craft(&crafted, &writes);
                Ok(())
            }
            record::Input::Raw { bytes, writes } => {
                outbound.raw(&bytes, &writes);
                Ok(())
            }
            record::Input::Close { code, reason } => return Some(Stop::Close(code, reason)),
            record::Input::Sleep(pause) => return now.checked_add(pause).map(Stop::Asleep),
        };
        sent.is_err().then_some(Stop::Full)
    }
}
