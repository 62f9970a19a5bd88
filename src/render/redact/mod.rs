//! Hides secrets before anything is shown or recorded: the list of contract section 3.
//!
//! Works on raw heads as they were on the wire, on lists of header fields, and on any other text that may quote a
//! URL (notices, errors). Payloads are never touched. Called by `event`, `verbose`, `record`, and by whoever prints
//! an error. With `show_secrets` everything passes unchanged.

mod find;
mod subprotocol;

use std::borrow::Cow;
use std::ops::Range;

use self::subprotocol::Subprotocols;
use crate::session::event::Opened;

/// What stands where a secret was.
pub const REDACTED: &str = "<redacted>";

/// Header fields whose whole value is a secret.
const SECRET_FIELDS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Hides secrets, unless told to show them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redactor {
    /// Whether secrets pass unchanged (`--show-secrets`).
    pub show_secrets: bool,
}

impl Redactor {
    /// A text that may hold URLs: their userinfo, the values of secret query keys, and bearer tokens are hidden.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.show_secrets {
            return Cow::Borrowed(text);
        }
        match hide(text.as_bytes(), find::secrets(text.as_bytes())) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// A request or response head as it was on the wire, whatever its case, blanks and folds.
    pub fn head<'a>(&self, head: &'a [u8]) -> Cow<'a, [u8]> {
        if self.show_secrets { Cow::Borrowed(head) } else { Pass::default().head(head) }
    }

    /// All that the opening handshake tells, with its secrets hidden: a subprotocol that was a token in the offer
    /// is one in the answer too.
    pub fn opened<'a>(&self, opened: &'a Opened) -> Cow<'a, Opened> {
        if self.show_secrets {
            return Cow::Borrowed(opened);
        }
        let mut pass = Pass::default();
        let mut copy = opened.clone();
        copy.url = self.text(&opened.url).into_owned();
        copy.offered_subprotocols.iter_mut().for_each(|item| pass.subprotocol(item));
        pass.begin();
        copy.request_head = pass.head(&opened.request_head).into_owned();
        copy.request_headers.iter_mut().for_each(|(name, value)| pass.replace(name, value));
        pass.begin();
        copy.response_head = pass.head(&opened.response_head).into_owned();
        copy.response_headers.iter_mut().for_each(|(name, value)| pass.replace(name, value));
        pass.begin();
        copy.subprotocol.iter_mut().for_each(|item| pass.subprotocol(item));
        Cow::Owned(copy)
    }
}

/// One walk over heads that belong together.
#[derive(Default)]
struct Pass {
    subprotocols: Subprotocols,
}

impl Pass {
    /// Another head begins.
    fn begin(&mut self) {
        self.subprotocols.begin();
    }

    fn head<'a>(&mut self, head: &'a [u8]) -> Cow<'a, [u8]> {
        self.begin();
        let mut secrets = Vec::new();
        let mut name = Vec::new();
        let mut start = 0;
        // A lone CR ends a line as well: a secret behind one is still a secret.
        for line in head.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let text = line.trim_ascii_end();
            let folded = text.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            if !folded && !text.is_empty() {
                name = field_name(text).to_vec();
            }
            let value = if folded { 0 } else { value_start(text) };
            let offset = start + value;
            let found = self.secrets(&String::from_utf8_lossy(&name), &text[value..]);
            secrets.extend(found.into_iter().map(|range| range.start + offset..range.end + offset));
            start += line.len();
        }
        self.begin();
        hide(head, secrets)
    }

    fn replace(&mut self, name: &str, value: &mut Vec<u8>) {
        if let Cow::Owned(hidden) = self.value(name, value) {
            *value = hidden;
        }
    }

    fn value<'a>(&mut self, name: &str, value: &'a [u8]) -> Cow<'a, [u8]> {
        hide(value, self.secrets(name.trim(), value))
    }

    fn subprotocol(&mut self, item: &mut String) {
        if let Cow::Owned(hidden) = hide(item.as_bytes(), self.subprotocols.secrets(item.as_bytes())) {
            *item = String::from_utf8_lossy(&hidden).into_owned();
        }
    }

    /// Where the secrets are in the value, or the rest of a line, of the field `name`.
    fn secrets(&mut self, name: &str, value: &[u8]) -> Vec<Range<usize>> {
        if SECRET_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)) {
            let blanks = value.len() - value.trim_ascii_start().len();
            return (blanks < value.len()).then_some(blanks..value.len()).into_iter().collect();
        }
        if name.eq_ignore_ascii_case("sec-websocket-protocol") {
            return self.subprotocols.secrets(value);
        }
        find::secrets(value)
    }
}

/// The token at the start of a line; the colon is not asked for, since a malformed line may hold a secret as well.
fn field_name(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    &line[..end.unwrap_or(line.len())]
}

/// Where the value of a header line begins: behind its colon, or behind its name where that has none. The start
/// line is a value from its beginning, as no field is called `GET`.
fn value_start(line: &[u8]) -> usize {
    let name = field_name(line).len();
    let blanks = line[name..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if line.get(name + blanks) == Some(&b':') { name + blanks + 1 } else { name }
}

/// `bytes` with each range replaced; ranges may overlap and come in any order.
fn hide(bytes: &[u8], mut secrets: Vec<Range<usize>>) -> Cow<'_, [u8]> {
    if secrets.is_empty() {
        return Cow::Borrowed(bytes);
    }
    secrets.sort_by_key(|range| (range.start, range.end));
    let mut out = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for range in secrets {
        if range.start >= copied {
            out.extend_from_slice(&bytes[copied..range.start]);
            out.extend_from_slice(REDACTED.as_bytes());
        }
        copied = copied.max(range.end);
    }
    out.extend_from_slice(&bytes[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
