//! The text of a failure to connect: what failed and why, what the server answered, and what to try.

use crate::render::{Redactor, escape};
use crate::session::opening::Error;

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
