//! Writes JSON strings (RFC 8259 §7), fast and safe to look at.
//!
//! Besides what JSON asks for, it escapes what a terminal would obey or hide: records end up in terminals too, and
//! a reader of JSON sees the same text either way. Used by `write` alone.

use std::fmt::Write as _;

use crate::render::text::is_hidden;

/// Appends `text` as a JSON string, quotes included.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut copied = 0;
    let mut at = 0;
    while let Some(skip) = text.as_bytes()[at..].iter().position(|&byte| !PLAIN[usize::from(byte)]) {
        at += skip;
        let Some(c) = text[at..].chars().next() else { break };
        let next = at + c.len_utf8();
        if !c.is_ascii() && !is_hidden(c) {
            at = next;
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        push_escape(out, c);
        copied = next;
        at = next;
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// Appends bytes that should be text: as they are where they are UTF-8, else each byte as the character of its
/// number, as HTTP once read header values (ISO 8859-1).
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => push_string(out, text),
        Err(_) => push_string(out, &bytes.iter().copied().map(char::from).collect::<String>()),
    }
}

/// Which bytes are copied without another look: printable ASCII without quote and backslash.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    plain
};

fn push_escape(out: &mut Vec<u8>, c: char) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => {
            let mut escape = String::with_capacity(12);
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escape, "\\u{unit:04x}");
            }
            return out.extend_from_slice(escape.as_bytes());
        }
    };
    out.extend_from_slice(short.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn escapes() {
        assert_eq!(json("plain é 日本 👩\u{200d}💻"), "\"plain é 日本 👩\u{200d}💻\"");
        assert_eq!(json("\"\\\n\r\t\u{8}\u{1b}"), r#""\"\\\n\r\t\u0008\u001b""#);
        assert_eq!(
            json("\u{7f}\u{9b}\u{202e}\u{e0041}\u{2028}"),
            r#""\u007f\u009b\u202e\udb40\udc41\u2028""#
        );
    }

    #[test]
    fn bytes_that_are_no_text_become_latin_1() {
        let mut out = Vec::new();
        push_bytes(&mut out, b"caf\xe9");
        assert_eq!(out, "\"café\"".as_bytes());
    }

    proptest! {
        #[test]
        fn any_text_reads_back_and_stays_on_its_line(text: String) {
            let json = json(&text);
            prop_assert!(!json.chars().any(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("is JSON"), text);
        }
    }
}
