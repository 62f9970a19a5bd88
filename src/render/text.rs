//! Makes bytes that a peer chose safe to show on a terminal.
//!
//! What a terminal would obey, reorder or hide is written out as an escape: `\x1b`, `\u{202e}`. Joiners, variation
//! selectors and combining marks stay, because scripts and emoji need them. Payloads that go to a pipe never come
//! here. Called by everything in `render`, and by `record` to know which characters to escape.

use std::fmt::Write as _;

/// What a newline becomes where text must stay on one line.
pub const ONE_LINE: &str = "\\n";

/// Bytes that a peer chose. Deliberately without `Display`: the only way to text leads through the escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untrusted<'a>(pub &'a [u8]);

impl Untrusted<'_> {
    /// The bytes as text on one line, safe for a terminal.
    pub fn escaped(&self) -> String {
        escape(self.0)
    }

    /// The same in quotes, with the quotes inside escaped, so that it shows where the peer's text ends.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.escaped().replace('"', "\\\""))
    }
}

/// The bytes as text on one line, safe for a terminal.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    escape_into(&mut out, bytes, ONE_LINE);
    out
}

/// Appends `bytes`, safe for a terminal. `newline` stands for each `\n`: `ONE_LINE`, or a newline with an indent.
pub fn escape_into(out: &mut String, bytes: &[u8], newline: &str) {
    // Valid text is the rule, and checking it whole is several times faster than walking through chunks.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return escape_str(out, text, newline);
    }
    for chunk in bytes.utf8_chunks() {
        escape_str(out, chunk.valid(), newline);
        chunk.invalid().iter().for_each(|&byte| push_byte(out, byte));
    }
}

/// Whether a terminal would obey, reorder or hide this character instead of showing it. TAB is not counted.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\t' => false,
        // C0, DEL and C1. A terminal that decodes UTF-8 obeys C1 as it obeys ESC.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{a0}'..='\u{ac}' => false,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark.
        '\u{ad}' | '\u{34f}' | '\u{61c}' => true,
        // Fillers and vowels that have no glyph.
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}' => true,
        // Zero width space and direction marks. U+200C and U+200D between them join letters and emoji.
        '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        // Line and paragraph separators, embeddings and overrides.
        '\u{2028}'..='\u{202e}' => true,
        // Word joiner, invisible operators, isolates, deprecated format characters.
        '\u{2060}'..='\u{206f}' => true,
        // Byte order mark, interlinear annotations, non-characters.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' => true,
        // Format controls of shorthand and music.
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Tags: a whole invisible alphabet.
        '\u{e0000}'..='\u{e007f}' => true,
        _ => u32::from(c) & 0xfffe == 0xfffe,
    }
}

fn escape_str(out: &mut String, text: &str, newline: &str) {
    let mut copied = 0;
    let mut at = 0;
    while let Some(skip) = text.as_bytes()[at..].iter().position(|&byte| !is_plain(byte)) {
        at += skip;
        let Some(c) = text[at..].chars().next() else { break };
        let next = at + c.len_utf8();
        if is_hidden(c) {
            out.push_str(&text[copied..at]);
            push_escape(out, c, newline);
            copied = next;
        }
        at = next;
    }
    out.push_str(&text[copied..]);
}

/// Printable ASCII and TAB: nothing to look up.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

fn push_escape(out: &mut String, c: char, newline: &str) {
    match c {
        '\n' => out.push_str(newline),
        '\r' => out.push_str("\\r"),
        // `\x9b` is left to the byte that is not UTF-8; the character U+009B is written `\u{9b}`.
        '\0'..='\u{7f}' => push_byte(out, c as u8),
        _ => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

fn push_byte(out: &mut String, byte: u8) {
    let _ = write!(out, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attacks_become_visible() {
        let attacks: &[(&str, &[u8], &str)] = &[
            ("OSC 0 title", b"\x1b]0;pwned\x07", r"\x1b]0;pwned\x07"),
            ("OSC 52 clipboard", b"\x1b]52;c;cm0=\x1b\\", r"\x1b]52;c;cm0=\x1b\"),
            ("OSC 8 link", b"\x1b]8;;http://evil\x1b\\x", r"\x1b]8;;http://evil\x1b\x"),
            ("OSC 50 font", b"\x1b]50;?\x07", r"\x1b]50;?\x07"),
            ("CSI clear", b"\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
            ("CSI title report", b"\x1b[21t\x1b[6n", r"\x1b[21t\x1b[6n"),
            ("DECRQSS", b"\x1bP$qm\x1b\\", r"\x1bP$qm\x1b\"),
            ("rxvt graphics", b"\x1bGQ", r"\x1bGQ"),
            ("C1 CSI", "\u{9b}2J".as_bytes(), r"\u{9b}2J"),
            ("C1 OSC, ST", "\u{9d}0;x\u{9c}".as_bytes(), r"\u{9d}0;x\u{9c}"),
            ("C1 DCS, NEL", "\u{90}\u{85}".as_bytes(), r"\u{90}\u{85}"),
            ("8-bit CSI", b"\x9b2J", r"\x9b2J"),
            ("CR overwrite", b"safe\rEVIL", r"safe\rEVIL"),
            ("BS, DEL, VT, FF, NUL", b"a\x08\x7f\x0b\x0c\0", r"a\x08\x7f\x0b\x0c\x00"),
            ("shift out", b"\x0e\x0f", r"\x0e\x0f"),
            ("override", "\u{202e}txt.exe\u{202c}".as_bytes(), r"\u{202e}txt.exe\u{202c}"),
            ("isolates", "\u{2066}\u{2069}".as_bytes(), r"\u{2066}\u{2069}"),
            ("marks", "\u{200e}\u{200f}\u{61c}".as_bytes(), r"\u{200e}\u{200f}\u{61c}"),
            ("separators", "\u{2028}\u{2029}".as_bytes(), r"\u{2028}\u{2029}"),
            ("zero width", "a\u{200b}\u{2060}\u{feff}".as_bytes(), r"a\u{200b}\u{2060}\u{feff}"),
            ("soft hyphen", "a\u{ad}b".as_bytes(), r"a\u{ad}b"),
            ("tags", "\u{e0001}\u{e0041}\u{e007f}".as_bytes(), r"\u{e0001}\u{e0041}\u{e007f}"),
            ("annotation", "\u{fff9}\u{fffb}".as_bytes(), r"\u{fff9}\u{fffb}"),
            ("non-characters", "\u{fdd0}\u{ffff}\u{10fffe}".as_bytes(), r"\u{fdd0}\u{ffff}\u{10fffe}"),
            ("invalid bytes", b"a\xc3\x28\xff\xed\xa0\x80", r"a\xc3(\xff\xed\xa0\x80"),
            ("newline", b"a\n* closed", r"a\n* closed"),
        ];
        for (name, attack, shown) in attacks {
            assert_eq!(escape(attack), *shown, "{name}");
        }
    }

    #[test]
    fn writing_systems_stay_as_they_are() {
        for text in [
            "tab\there",
            "é e\u{301} ñ",
            "日本語",
            "שלום عربي",
            "👩\u{200d}💻 ❤\u{fe0f}",
            "می\u{200c}خواهم",
            "\u{fffd}",
        ] {
            assert_eq!(escape(text.as_bytes()), text);
        }
    }

    #[test]
    fn newline_is_replaced_as_told() {
        let mut out = String::new();
        escape_into(&mut out, b"a\nb\r\n", "\n  ");
        assert_eq!(out, "a\n  b\\r\n  ");
    }

    #[test]
    fn quotes_show_where_the_text_ends() {
        assert_eq!(Untrusted(b"a\" (clean)\n").quoted(), r#""a\" (clean)\n""#);
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(bytes: Vec<u8>) {
            prop_assert!(!escape(&bytes).chars().any(is_hidden));
        }

        #[test]
        fn hidden_characters_are_escaped_wherever_they_stand(before in "\\PC{0,20}", c: char, after in "\\PC{0,20}") {
            let shown = escape(format!("{before}{c}{after}").as_bytes());
            prop_assert_eq!(shown.contains(c) || is_hidden(c), true);
            prop_assert!(!shown.chars().any(is_hidden));
        }
    }
}
