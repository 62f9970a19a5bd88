//! When to connect again (`--reconnect`): how often, after how long, and after what not.

use std::time::{Duration, Instant};

use crate::session::{Cause, Ended, opening};

/// The attempts to connect again.
#[derive(Debug)]
pub struct Retry {
    most: u32,
    first: Duration,
    longest: Duration,
    done: u32,
    at: Option<Instant>,
}

impl Retry {
    /// At most `most` attempts in a row, waiting `first`, then twice as long each time up to `longest`.
    pub fn new(most: u32, first: Duration, longest: Duration) -> Retry {
        Retry { most, first, longest, done: 0, at: None }
    }

    /// A connection was opened: the next failure is the first again.
    pub fn succeeded(&mut self) {
        self.done = 0;
        self.at = None;
    }

    /// Plans the next attempt. `jitter` is a random byte: a crowd of clients must not come back all at once.
    /// Returns the wait and the number of the attempt, `None` where there have been enough.
    pub fn plan(&mut self, now: Instant, jitter: u8) -> Option<(Duration, u32)> {
        if self.done >= self.most {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << self.done.min(20)).min(self.longest);
        let varied = doubled.as_secs_f64() * (0.75 + f64::from(jitter) / 510.0);
        let wait = Duration::try_from_secs_f64(varied).unwrap_or(self.longest).min(self.longest);
        self.done += 1;
        self.at = now.checked_add(wait);
        Some((wait, self.done))
    }

    /// Whether it is time for the planned attempt, which is then no longer planned.
    pub fn is_due(&mut self, now: Instant) -> bool {
        self.at.take_if(|at| *at <= now).is_some()
    }

    /// When the planned attempt is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.at
    }

    /// Gives the planned attempt up.
    pub fn cancel(&mut self) {
        self.at = None;
    }
}

/// Whether another attempt may succeed where this connection ended: not after a normal closure.
pub fn worth_after_end(ended: &Ended) -> bool {
    match ended.cause {
        Cause::ClosingHandshake => ended.code != 1000,
        Cause::Lost | Cause::NoPong | Cause::Unanswered | Cause::Violation => true,
        Cause::Tls | Cause::Abandoned => false,
    }
}

/// Whether another attempt may succeed where opening failed: not where the server said that the request is at
/// fault (4xx), nor where our own certificate is.
pub fn worth_after_failure(error: &opening::Error) -> bool {
    match error {
        opening::Error::Refused(refusal) => !(400..500).contains(&refusal.status),
        opening::Error::Dial(error) => !error.is_permanent(),
        opening::Error::Ended { .. } | opening::Error::TimedOut { .. } => true,
        opening::Error::Alert { .. }
        | opening::Error::Handshake { .. }
        | opening::Error::Redirect { .. }
        | opening::Error::Local(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_after_the_last() {
        let now = Instant::now();
        let mut retry = Retry::new(4, Duration::from_secs(1), Duration::from_secs(3));
        let waits: Vec<_> = (0..4).filter_map(|_| retry.plan(now, 128)).collect();
        let seconds: Vec<_> = waits.iter().map(|(wait, _)| wait.as_secs_f64().round() as u64).collect();
        assert_eq!(seconds, [1, 2, 3, 3]);
        assert!(retry.plan(now, 128).is_none());
        retry.succeeded();
        assert!(retry.plan(now, 128).is_some());
    }

    #[test]
    fn jitter_moves_the_wait_but_never_beyond_the_longest() {
        let now = Instant::now();
        let wait = |jitter| Retry::new(1, Duration::from_secs(1), Duration::from_secs(1)).plan(now, jitter);
        assert!(wait(0) < wait(100));
        assert_eq!(wait(255).map(|(wait, _)| wait), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_wait_without_end_is_never_due() {
        let now = Instant::now();
        let mut retry = Retry::new(1, Duration::MAX, Duration::MAX);
        assert!(retry.plan(now, 255).is_some());
        assert_eq!(retry.deadline(), None);
    }

    #[test]
    fn an_attempt_is_due_once() {
        let now = Instant::now();
        let mut retry = Retry::new(2, Duration::from_secs(1), Duration::from_secs(1));
        retry.plan(now, 255);
        assert!(!retry.is_due(now));
        assert!(retry.is_due(now + Duration::from_secs(1)));
        assert!(!retry.is_due(now + Duration::from_secs(1)));
    }
}
