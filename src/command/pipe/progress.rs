//! `--progress`: one line on stderr that says how much went through, and how much is left.

use std::time::{Duration, Instant};

use crate::output::talk;
use crate::render::units;

/// How often the line is written anew.
const INTERVAL: Duration = Duration::from_millis(500);

/// The line and what it last said.
pub struct Progress {
    began: Instant,
    next: Instant,
    /// The size of the input where that is known.
    total: Option<u64>,
    messages: u64,
    bytes: u64,
    /// How long the line is that is shown; zero where none is. It is written over, since not every terminal can erase.
    shown: usize,
}

impl Progress {
    /// Counts from now. `total` is the size of an input that is a file.
    pub fn new(now: Instant, total: Option<u64>) -> Progress {
        Progress { began: now, next: now + INTERVAL, total, messages: 0, bytes: 0, shown: 0 }
    }

    /// A message came.
    pub fn received(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    /// When the line is to be written next.
    pub fn due(&self) -> Instant {
        self.next
    }

    /// Writes the line if it is time. `consumed` counts the bytes of input that were sent.
    pub fn show(&mut self, now: Instant, consumed: u64) {
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let line = self.line(now.saturating_duration_since(self.began), consumed);
        let before = std::mem::replace(&mut self.shown, line.len());
        talk::say(&format!("\r{line:before$}"));
    }

    /// Takes the line away, so that something else can be said.
    pub fn clear(&mut self) {
        let shown = std::mem::take(&mut self.shown);
        if shown > 0 {
            talk::say(&format!("\r{:shown$}\r", ""));
        }
    }

    fn line(&self, elapsed: Duration, consumed: u64) -> String {
        let seconds = elapsed.as_secs_f64().max(0.001);
        let received = units::count(self.messages, "message");
        let rate = units::size((self.bytes as f64 / seconds) as u64);
        let mut line = format!(
            "received {received}, {} ({rate}/s); sent {}",
            units::size(self.bytes),
            units::size(consumed)
        );
        if let Some(total) = self.total {
            let percent = (consumed as f64 / total.max(1) as f64 * 100.0).min(100.0);
            line += &format!(" of {} ({percent:.0}%)", units::size(total));
            let left = (total.saturating_sub(consumed)) as f64 / (consumed.max(1) as f64 / seconds);
            if consumed > 0 && consumed < total {
                line += &format!(", {} left", units::duration(Duration::from_secs_f64(left.min(1e9))));
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_came_and_what_is_left() {
        let mut progress = Progress::new(Instant::now(), Some(2048));
        progress.received(100);
        let line = progress.line(Duration::from_secs(2), 1024);
        assert_eq!(
            line,
            "received 1 message, 100 bytes (50 bytes/s); sent 1.0 KiB of 2.0 KiB (50%), 2.0 s left"
        );
    }
}
