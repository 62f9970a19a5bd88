//! Lays JSON out for reading, without changing what it says.
//!
//! Works on tokens, not on values: numbers, key order, duplicate keys and the escapes in strings stay as they were
//! sent. Only objects and arrays count; whatever is not strictly JSON (RFC 8259), or is nested beyond all reading,
//! is left to be shown as text. Nothing here recurses. Called by `event` for text messages.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthStr;

use super::json_tokens::{Kind, NotJson, Token, Tokens};
use super::style::Style;

/// How many times longer than the payload the layout may get: deep nesting turns each byte into a line of blanks.
const GROWTH: usize = 16;

/// The payload coloured, on one line where that fits into `room` columns (0: any), else indented by two blanks a
/// level and two more for a message's further lines. `None` where it is not a JSON object or array.
pub fn pretty(payload: &[u8], style: &Style, room: usize) -> Option<String> {
    let text = std::str::from_utf8(payload).ok()?.trim_matches([' ', '\t', '\r', '\n']);
    if !text.starts_with(['{', '[']) {
        return None;
    }
    check(text).ok()?;
    one_line(text, style, room).or_else(|| indented(text, style))
}

fn check(text: &str) -> Result<(), NotJson> {
    let mut tokens = Tokens::new(text);
    while tokens.token()?.is_some() {}
    Ok(())
}

/// `None` where it does not fit.
fn one_line(text: &str, style: &Style, room: usize) -> Option<String> {
    // Escapes only lengthen, and few characters are narrower than an eighth of their bytes: no need to try.
    if room != 0 && text.len() > room.saturating_mul(8) {
        return None;
    }
    // Blanks stay as sent, unless the sender broke the lines.
    let keep_blanks = !text.contains(['\n', '\r', '\t']);
    let plain = joined(text, &Style { color: false, ..style.clone() }, keep_blanks)?;
    let fits = room == 0 || plain.width() <= room;
    fits.then(|| joined(text, style, keep_blanks)).flatten()
}

fn joined(text: &str, style: &Style, keep_blanks: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.token().ok()? {
        if keep_blanks {
            out.push_str(token.blanks);
        }
        push(&mut out, style, &token);
    }
    Some(out)
}

/// `None` where the layout would be too long to help anyone.
fn indented(text: &str, style: &Style) -> Option<String> {
    let limit = text.len() * GROWTH + 4096;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut empty = false;
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.token().ok()? {
        let closes = token.kind == Kind::Close;
        depth -= usize::from(closes);
        if empty != closes {
            new_line(&mut out, depth);
        }
        empty = token.kind == Kind::Open;
        depth += usize::from(empty);
        push(&mut out, style, &token);
        match token.kind {
            Kind::Comma => new_line(&mut out, depth),
            Kind::Colon => out.push(' '),
            _ => {}
        }
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

fn new_line(out: &mut String, depth: usize) {
    let _ = write!(out, "\n{:1$}", "", 2 + 2 * depth);
}

fn push(out: &mut String, style: &Style, token: &Token<'_>) {
    let ansi = match token.kind {
        Kind::Key => style.paint(AnsiColor::Blue),
        Kind::String => style.paint(AnsiColor::Green),
        Kind::Number => style.paint(AnsiColor::Yellow),
        Kind::Literal => style.paint(AnsiColor::Magenta),
        _ => anstyle::Style::new(),
    };
    let _ = write!(out, "{ansi}");
    // JSON strings hold no raw control characters below U+0020, but may hold DEL, C1 and direction marks.
    style.text_into(out, token.text.as_bytes(), "\\n");
    let _ = write!(out, "{ansi:#}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str, room: usize) -> Option<String> {
        pretty(text.as_bytes(), &Style::default(), room)
    }

    #[test]
    fn one_line_stays_as_sent() {
        for text in
            [r#"{"type":"welcome","id":7}"#, r#"{"a": 1, "a": 1.0E+2}"#, "[]", r#"["\u0041\/",-0,1e400]"#]
        {
            assert_eq!(show(text, 80).as_deref(), Some(text));
        }
    }

    #[test]
    fn broken_lines_are_joined_where_they_fit() {
        assert_eq!(show("{\r\n\t\"a\" : [ 1,\n2 ] }\n", 80).as_deref(), Some(r#"{"a":[1,2]}"#));
    }

    #[test]
    fn what_does_not_fit_is_indented() {
        let shown = show(r#"{"a":[1,{}],"b":{"c":[]},"a":"日本"}"#, 20).expect("is JSON");
        assert_eq!(
            shown,
            "{\n    \"a\": [\n      1,\n      {}\n    ],\n    \"b\": {\n      \"c\": []\n    },\n    \"a\": \"日本\"\n  }"
        );
    }

    #[test]
    fn width_is_counted_in_columns() {
        assert_eq!(show(r#"["日本"]"#, 8).as_deref(), Some(r#"["日本"]"#));
        assert!(show(r#"["日本"]"#, 7).expect("is JSON").contains('\n'));
    }

    #[test]
    fn strings_are_escaped_for_the_terminal() {
        let shown = show("[\"\u{7f}\u{9b}2J\u{202e}\\u001b\"]", 0).expect("is JSON");
        assert_eq!(shown, r#"["\x7f\u{9b}2J\u{202e}\u001b"]"#);
    }

    #[test]
    fn tokens_have_colours() {
        let style = Style { color: true, ..Style::default() };
        let shown = pretty(br#"{"a":[1,null,"x"]}"#, &style, 0).expect("is JSON");
        let expected = "{\x1b[34m\"a\"\x1b[0m:[\x1b[33m1\x1b[0m,\x1b[35mnull\x1b[0m,\x1b[32m\"x\"\x1b[0m]}";
        assert_eq!(shown, expected);
    }

    #[test]
    fn depth_cannot_exhaust_stack_or_memory() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            assert_eq!(show(&open.repeat(100_000), 10), None);
            assert_eq!(show(&format!("{}1{}", open.repeat(100_000), close.repeat(100_000)), 10), None);
        }
        let wide = format!("{}{}1{}", "[".repeat(100), "1,".repeat(100_000), "]".repeat(100));
        assert_eq!(show(&wide, 10), None);
    }

    proptest! {
        #[test]
        fn layout_keeps_the_value(text in r#"(\{"[a-c]\\n":|\[|1,|"é\\"",|null|\}|\]|, ){0,12}"#, room in 1usize..30) {
            let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            let shown = show(&text, room);
            let is_container = value.as_ref().is_some_and(|value| value.is_object() || value.is_array());
            prop_assert_eq!(shown.is_some(), is_container);
            if let Some(shown) = shown {
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), value);
            }
        }
    }
}
