//! A typed line becomes an order: text to send, or a slash command.

use super::slash::{self, Command, Commands};
use crate::command::args::Form;
use crate::command::client::{Order, decode};
use crate::record;
use crate::wire::Kind;

/// How typed lines are read.
#[derive(Clone)]
pub struct Setup {
    /// The form in which a line is a message (`-i`).
    pub form: Form,
    /// What is sent where a command leaves it open (`-b`).
    pub kind: Kind,
    /// The largest message, in bytes (`--max-message`).
    pub max_message: u64,
    /// What can be asked for.
    pub commands: Commands,
}

impl Setup {
    /// What a typed entry asks for; `None` for an empty one.
    pub fn read(&self, entry: &str) -> Option<Result<Command, String>> {
        let entry = continued(entry);
        if entry.is_empty() {
            return None;
        }
        Some(match entry.strip_prefix('/') {
            Some(rest) if !rest.starts_with('/') => slash::parse(rest, self),
            Some(rest) => self.message(rest).map(Command::Order),
            None => self.message(&entry).map(Command::Order),
        })
    }

    /// What a text becomes that was composed in another program, and so does not stand on the screen.
    pub fn composed(&self, text: &str) -> Result<Order, String> {
        match self.message(text)? {
            Order::Send { kind, payload, .. } => Ok(Order::Send { kind, payload, typed: false }),
            order => Ok(order),
        }
    }

    /// What typed text becomes in the form of `-i`.
    fn message(&self, text: &str) -> Result<Order, String> {
        let payload = match self.form {
            Form::Hex => decode::hex(text.as_bytes())?,
            Form::Base64 => decode::base64(text.as_bytes())?,
            Form::Jsonl => return self.record(text),
            _ => text.as_bytes().to_vec(),
        };
        if self.kind == Kind::Text && std::str::from_utf8(&payload).is_err() {
            return Err("not sent: this is not UTF-8, so it cannot be a text message".to_owned());
        }
        self.fits(Order::Send { kind: self.kind, payload, typed: true })
    }

    /// The order, if its message is not too large.
    pub fn fits(&self, order: Order) -> Result<Order, String> {
        let length = match &order {
            Order::Send { payload, .. } | Order::Fragment { payload, .. } => payload.len(),
            _ => 0,
        };
        match length as u64 > self.max_message {
            true => Err(format!("not sent: {length} bytes are more than --max-message allows")),
            false => Ok(order),
        }
    }

    fn record(&self, text: &str) -> Result<Order, String> {
        let send = |kind, payload| Order::Send { kind, payload, typed: false };
        Ok(match record::parse(text.as_bytes()).map_err(|error| error.to_string())? {
            record::Input::Text(data) => send(Kind::Text, data.into_bytes()),
            record::Input::Binary(data) => send(Kind::Binary, data),
            record::Input::Ping(data) => Order::Ping(data),
            record::Input::Pong(data) => Order::Pong(data),
            record::Input::Close { code, reason } => Order::Close { code, reason },
            record::Input::Frame { crafted, writes } => Order::Frame { crafted, writes },
            record::Input::Raw { bytes, writes } => Order::Raw { bytes, writes },
            record::Input::Sleep(_) => return Err("a sleep record means nothing at a prompt".to_owned()),
            record::Input::Skip => return Err("this record says what happened, not what to send".to_owned()),
        })
    }
}

/// Whom a line is for, and what: `@3 text`. What begins with another `@` is text.
pub fn address(entry: &str) -> (Option<u64>, &str) {
    let parts = entry.strip_prefix('@').map(|rest| rest.split_once(' ').unwrap_or((rest, "")));
    match parts.map(|(number, rest)| (number.parse(), rest)) {
        // A sign, which `parse` takes, is no digit.
        Some((Ok(number), rest)) if entry[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            (Some(number), rest)
        }
        _ => (None, entry),
    }
}

/// Whether Enter continues on the next line: after a backslash, and inside a JSON value. An empty line ends both.
pub fn is_unfinished(entry: &str) -> bool {
    if entry.ends_with('\n') {
        return false;
    }
    entry.ends_with('\\') || (entry.starts_with(['{', '[']) && is_open_json(entry))
}

/// The entry without the marks of continuation: backslashes at the ends of lines, and the empty line at the end.
fn continued(entry: &str) -> String {
    let entry = entry.strip_suffix('\n').unwrap_or(entry);
    let entry = entry.strip_suffix('\\').unwrap_or(entry);
    entry.replace("\\\n", "\n")
}

/// Whether brackets or a string are still open. What can never become JSON counts as finished, so that it can be
/// sent.
fn is_open_json(text: &str) -> bool {
    let mut open = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => open.push(byte + 2), // '}' and ']' are two further in ASCII
            b'}' | b']' if open.pop() != Some(byte) => return false,
            b'"' if !skip_string(&mut bytes) => return true,
            _ => {}
        }
    }
    !open.is_empty()
}

/// Skips to the end of a string; `false` if it has none.
fn skip_string(bytes: &mut std::str::Bytes<'_>) -> bool {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_json_and_backslashes_continue() {
        for entry in
            ["{", "[1,", "{\"a\": \"}\"", "{\"a", "text \\", "{\"a\":\"\\\"}\"", "{\"a\":1,\n \"b\":2"]
        {
            assert!(is_unfinished(entry), "{entry}");
        }
        for entry in ["", "text", "{}", "[1]", "{\"a\":\"}\"}", "a {", "}", "{]", "{\n", "text\\\n", "{}}"] {
            assert!(!is_unfinished(entry), "{entry}");
        }
    }

    #[test]
    fn an_address_is_a_number_and_a_blank() {
        assert_eq!(address("@3 hello you"), (Some(3), "hello you"));
        assert_eq!(address("@12 /ping"), (Some(12), "/ping"));
        assert_eq!(address("@3"), (Some(3), ""));
        for text in ["hello", "@", "@you hello", "@@3 x", "@3x y", "@+3 x", "@ 3"] {
            assert_eq!(address(text), (None, text));
        }
    }

    #[test]
    fn marks_of_continuation_are_not_sent() {
        assert_eq!(continued("a\\\nb"), "a\nb");
        assert_eq!(continued("{\n"), "{");
        assert_eq!(continued("a\\\n"), "a");
        assert_eq!(continued("plain"), "plain");
        assert_eq!(continued("C:\\dir"), "C:\\dir");
    }
}
