//! How events are to look: what the options `--color`, `--pretty`, `--time` and the limits decided.
//!
//! Decides nothing by itself: whether there is a terminal, and how wide it is, the caller has found out.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::AnsiColor;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::text::escape_into;
use crate::session::event::{Direction, Stamp};

/// How events are shown.
#[derive(Clone, Debug)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Whether to neutralise what a terminal would obey (off with `--raw-terminal`).
    pub escape: bool,
    /// How many bytes of a binary message are dumped; 0 is all.
    pub hex_limit: usize,
    /// How many bytes of a text message are shown; 0 is all.
    pub text_limit: usize,
    /// Whether JSON messages are laid out and coloured.
    pub pretty: bool,
    /// Columns of the terminal; 0 where unknown, and then no JSON is broken into lines.
    pub width: usize,
    /// What time to put before each event.
    pub time: Option<TimeStyle>,
    /// Whether heads, TLS facts, timings and statistics are shown.
    pub verbose: bool,
    /// Whether frames are shown; then bytes that are frames are not shown once more as raw ones.
    pub frames: bool,
    /// Whether secrets are shown as they are.
    pub show_secrets: bool,
    /// Which connection the events are of, where there are several: `@3 `. It stands before every sign.
    pub label: String,
}

/// What `--time` puts before an event.
#[derive(Clone, Debug)]
pub enum TimeStyle {
    /// Seconds since the start.
    Relative,
    /// The time of day in this zone.
    Clock(TimeZone),
    /// Seconds since the event shown before.
    Delta,
}

/// What a line tells of; it decides sign and colour together, so that lines read without colour too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something this side sent.
    Sent,
    /// Something the peer sent.
    Received,
    /// Something worth knowing.
    Notice,
    /// Something that failed.
    Error,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            color: false,
            escape: true,
            hex_limit: 256,
            text_limit: 16 * 1024,
            pretty: false,
            width: 0,
            time: None,
            verbose: false,
            frames: false,
            show_secrets: false,
            label: String::new(),
        }
    }
}

impl Style {
    /// The colour of a tone: one that writes nothing where colours are off.
    pub fn ansi(&self, tone: Tone) -> anstyle::Style {
        self.paint(match tone {
            Tone::Sent => AnsiColor::Green,
            Tone::Received => AnsiColor::Cyan,
            Tone::Notice => AnsiColor::BrightBlack,
            Tone::Error => AnsiColor::Red,
        })
    }

    /// `color` as a style that writes nothing where colours are off.
    pub fn paint(&self, color: AnsiColor) -> anstyle::Style {
        if self.color { color.on_default() } else { anstyle::Style::new() }
    }

    /// Appends text from outside, escaped unless that was switched off, with `newline` for each `\n`.
    pub fn text_into(&self, out: &mut String, bytes: &[u8], newline: &str) {
        if self.escape {
            escape_into(out, bytes, newline);
        } else {
            out.push_str(&String::from_utf8_lossy(bytes).replace('\n', newline));
        }
    }

    /// What stands before the sign of an event that comes `delta` after the one shown before it. It never begins
    /// with a blank: lines that do are the further lines of a message.
    pub fn time_prefix(&self, stamp: &Stamp, delta: Duration) -> String {
        let mut prefix = String::new();
        let _ = match &self.time {
            None => Ok(()),
            Some(TimeStyle::Relative) => {
                write!(prefix, "{}.{:03}s ", stamp.elapsed.as_secs(), stamp.elapsed.subsec_millis())
            }
            Some(TimeStyle::Delta) => write!(prefix, "+{}.{:06}s ", delta.as_secs(), delta.subsec_micros()),
            Some(TimeStyle::Clock(zone)) => {
                let time = Timestamp::try_from(stamp.time).unwrap_or(Timestamp::UNIX_EPOCH);
                write!(prefix, "{} ", time.to_zoned(zone.clone()).strftime("%H:%M:%S.%3f"))
            }
        };
        prefix
    }
}

impl Tone {
    /// What the line begins with.
    pub fn sign(self) -> &'static str {
        match self {
            Tone::Sent => ">",
            Tone::Received => "<",
            Tone::Notice => "*",
            Tone::Error => "wscope:",
        }
    }
}

impl From<Direction> for Tone {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Sent => Tone::Sent,
            Direction::Received => Tone::Received,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn prefix(time: TimeStyle) -> String {
        let stamp = Stamp {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(86_399_007),
            elapsed: Duration::from_micros(12_034_567),
        };
        Style { time: Some(time), ..Style::default() }.time_prefix(&stamp, Duration::from_micros(1_000_250))
    }

    #[test]
    fn each_time_style_has_its_form() {
        assert_eq!(prefix(TimeStyle::Relative), "12.034s ");
        assert_eq!(prefix(TimeStyle::Delta), "+1.000250s ");
        assert_eq!(prefix(TimeStyle::Clock(TimeZone::UTC)), "23:59:59.007 ");
        assert_eq!(prefix(TimeStyle::Clock(TimeZone::fixed(jiff::tz::offset(1)))), "00:59:59.007 ");
    }

    #[test]
    fn colour_is_written_only_when_wanted() {
        let coloured = Style { color: true, ..Style::default() };
        let ansi = coloured.ansi(Tone::Sent);
        assert_eq!(format!("{ansi}x{ansi:#}"), "\x1b[32mx\x1b[0m");
        let ansi = Style::default().ansi(Tone::Sent);
        assert_eq!(format!("{ansi}x{ansi:#}"), "x");
    }

    #[test]
    fn raw_terminal_leaves_text_alone() {
        let mut out = String::new();
        Style { escape: false, ..Style::default() }.text_into(&mut out, b"\x1b[2J\na", "\n  ");
        assert_eq!(out, "\x1b[2J\n  a");
    }
}
