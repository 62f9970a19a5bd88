//! The lines of one event: time, sign and colour before each, two blanks before what continues one.
//!
//! Knows no event. Used by `event` and `verbose`.

use std::fmt::Write as _;

use super::style::{Style, Tone};

/// Where the lines of one event go.
pub(super) struct Page<'a> {
    pub style: &'a Style,
    /// What stands before every sign, and before the number of the connection.
    pub time: &'a str,
    pub out: &'a mut String,
}

impl Page<'_> {
    /// One line, or more where `text` has newlines; they cannot pass for lines of their own.
    pub fn line(&mut self, tone: Tone, text: impl AsRef<[u8]>) {
        self.signed_line(tone, tone.sign(), text);
    }

    /// The same under another sign than the tone's.
    pub fn signed_line(&mut self, tone: Tone, sign: &str, text: impl AsRef<[u8]>) {
        let ansi = self.sign(tone, sign);
        self.out.push(' ');
        self.text(ansi, text.as_ref());
        self.end(ansi);
    }

    /// A sign alone.
    pub fn empty_line(&mut self, tone: Tone) {
        let ansi = self.sign(tone, tone.sign());
        self.end(ansi);
    }

    /// A sign in its colour, then text that is escaped already and has colours of its own.
    pub fn shown_line(&mut self, tone: Tone, text: &str) {
        let ansi = self.sign(tone, tone.sign());
        let _ = writeln!(self.out, "{ansi:#} {text}");
    }

    fn sign(&mut self, tone: Tone, sign: &str) -> anstyle::Style {
        let ansi = self.style.ansi(tone);
        let _ = write!(self.out, "{}{}{ansi}{sign}", self.time, self.style.label);
        ansi
    }

    /// Text from outside: escaped, its further lines indented and coloured like the first.
    fn text(&mut self, ansi: anstyle::Style, text: &[u8]) {
        if self.style.color {
            self.style.text_into(self.out, text, &format!("{ansi:#}\n  {ansi}"));
        } else {
            self.style.text_into(self.out, text, "\n  ");
        }
    }

    /// Ends the colour and the line.
    fn end(&mut self, ansi: anstyle::Style) {
        let _ = writeln!(self.out, "{ansi:#}");
    }
}
