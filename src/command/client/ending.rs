//! When a session is done: the goals of `-n` and `--until`, and the linger after the end of input. Pure; the time
//! is handed in.

use std::time::{Duration, Instant};

use regex::bytes::Regex;

/// The wait for the first message after the end of input.
const FIRST: Duration = Duration::from_secs(5);

/// The wait after each further message.
const NEXT: Duration = Duration::from_secs(1);

/// How often the send queue is looked at until it is empty.
const DRAIN_CHECK: Duration = Duration::from_millis(20);

/// What `-n` and `--until` wait for.
#[derive(Clone, Debug, Default)]
pub struct Goal {
    /// So many data messages.
    pub count: Option<u64>,
    /// A message that matches.
    pub until: Option<Regex>,
    seen: u64,
    met: bool,
}

impl Goal {
    /// A goal that nothing has been done for yet.
    pub fn new(count: Option<u64>, until: Option<Regex>) -> Goal {
        Goal { count, until, ..Goal::default() }
    }

    /// Whether anything is waited for.
    pub fn exists(&self) -> bool {
        self.count.is_some() || self.until.is_some()
    }

    /// A message came. `true` if the goal is met with it.
    pub fn saw(&mut self, payload: &[u8]) -> bool {
        self.seen += 1;
        let enough = self.count.is_some_and(|count| self.seen >= count);
        let matched = self.until.as_ref().is_some_and(|until| until.is_match(payload));
        self.met |= enough || matched;
        self.met
    }

    /// How many messages may come until it can be met, where what they say does not matter.
    pub fn room(&self) -> u64 {
        match (&self.until, self.count) {
            (Some(_), _) => 0,
            (None, Some(count)) => count.saturating_sub(self.seen),
            (None, None) => u64::MAX,
        }
    }

    /// So many messages came, no more than there was room for. `true` if the goal is met with them.
    pub fn saw_many(&mut self, messages: u64) -> bool {
        self.seen += messages;
        self.met |= self.count.is_some_and(|count| self.seen >= count);
        self.met
    }

    /// Whether it is met.
    pub fn is_met(&self) -> bool {
        self.met
    }

    /// What is missing, in words.
    pub fn missing(&self) -> Option<String> {
        if self.met {
            return None;
        }
        let count = self.count.map(|count| format!("{} of {count} messages came (-n)", self.seen));
        let until = self.until.as_ref().map(|until| format!("no message matched '{until}' (--until)"));
        count.or(until)
    }
}

/// The wait between the end of input and the close frame.
#[derive(Debug)]
pub struct Linger {
    /// `--linger`: `Some(None)` is forever.
    asked: Option<Option<Duration>>,
    /// `-n` or `--until` says what to wait for.
    goal: bool,
    stage: Stage,
    /// A message came since the last one was sent.
    arrived: bool,
}

#[derive(Debug)]
enum Stage {
    /// The input has not ended.
    Input,
    /// The last bytes are on their way; look again then. Where in what goes out they end, once that was asked.
    Draining { check: Instant, end: Option<u64> },
    /// Nothing has arrived since.
    Quiet { since: Instant },
}

impl Linger {
    /// A linger that has not begun.
    pub fn new(asked: Option<Option<Duration>>, goal: bool) -> Linger {
        Linger { asked, goal, stage: Stage::Input, arrived: false }
    }

    /// A message of the input was sent: answers that came before are not the answer to it.
    pub fn sent(&mut self) {
        self.arrived = false;
    }

    /// The input failed: what was waited for may never come, so that the linger is as without a goal.
    pub fn without_goal(&mut self) {
        self.goal = false;
    }

    /// The input has ended.
    pub fn begin(&mut self, now: Instant) {
        if matches!(self.stage, Stage::Input) {
            self.stage = Stage::Draining { check: now, end: None };
        }
    }

    /// Whether the input has ended.
    pub fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Input)
    }

    /// Whether a message came after the last one was sent. The end of an input may be noticed only after the answer
    /// to its last message.
    pub fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// A message came, or the output is slow and none could be read: the clock starts anew.
    pub fn touch(&mut self, now: Instant, message: bool) {
        if let Stage::Quiet { since } = &mut self.stage {
            *since = now;
        }
        self.arrived |= message;
    }

    /// Whether the linger is over. `position` is where in what goes out the bytes queued by now end, and `in_flight`
    /// counts those before a position that have not left the send queue: pings that follow the input are not waited for.
    pub fn is_over(&mut self, now: Instant, position: u64, in_flight: impl FnOnce(u64) -> u64) -> bool {
        if self.has_begun() && self.span() == Some(Duration::ZERO) {
            // Nothing is waited for, so nothing need have left: the close frame goes behind all else. A peer that only
            // listens acknowledges the last bytes 40 ms late.
            return true;
        }
        if let Stage::Draining { check, end } = &mut self.stage {
            let end = *end.get_or_insert(position);
            if *check > now {
                return false;
            }
            if in_flight(end) > 0 {
                *check = now + DRAIN_CHECK;
                return false;
            }
            self.stage = Stage::Quiet { since: now };
        }
        match (&self.stage, self.span()) {
            (Stage::Quiet { since }, Some(span)) => now.saturating_duration_since(*since) >= span,
            _ => false,
        }
    }

    /// When to ask again.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Input => None,
            Stage::Draining { check, .. } => Some(*check),
            Stage::Quiet { since } => since.checked_add(self.span()?),
        }
    }

    /// How long nothing may arrive; `None` is forever.
    fn span(&self) -> Option<Duration> {
        match self.asked {
            Some(asked) => asked,
            None if self.goal => None,
            None => Some(if self.arrived { NEXT } else { FIRST }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_starts_when_the_last_byte_has_left() {
        let now = Instant::now();
        let mut linger = Linger::new(Some(Some(SECOND)), false);
        assert_eq!(linger.deadline(), None);
        linger.begin(now);
        assert!(!linger.is_over(now + SECOND * 9, 5, |end| end));
        // What is queued behind the last byte of the input is not waited for.
        assert!(!linger.is_over(now + SECOND * 10, 9, |end| end - 5));
        assert!(linger.is_over(now + SECOND * 11, 9, |end| end - 5));
    }

    #[test]
    fn five_seconds_for_the_first_message_then_one() {
        let now = Instant::now();
        let mut linger = Linger::new(None, false);
        linger.begin(now);
        assert!(!linger.is_over(now, 0, |_| 0));
        assert_eq!(linger.deadline(), Some(now + SECOND * 5));
        linger.touch(now + SECOND, true);
        assert_eq!(linger.deadline(), Some(now + SECOND * 2));
        assert!(linger.has_arrived());
    }

    #[test]
    fn an_answer_to_the_last_message_counts_though_the_end_was_not_noticed_yet() {
        let now = Instant::now();
        let mut linger = Linger::new(None, false);
        linger.touch(now, true);
        linger.sent();
        assert!(!linger.has_arrived());
        linger.touch(now, true);
        linger.begin(now);
        assert!(linger.has_arrived());
        assert!(!linger.is_over(now, 0, |_| 0));
        assert_eq!(linger.deadline(), Some(now + SECOND));
    }

    #[test]
    fn a_goal_waits_forever_unless_linger_is_given() {
        let now = Instant::now();
        let mut linger = Linger::new(None, true);
        linger.begin(now);
        assert!(!linger.is_over(now + SECOND * 1000, 0, |_| 0));
        assert_eq!(linger.deadline(), None);
        let mut linger = Linger::new(Some(Some(Duration::ZERO)), true);
        assert!(!linger.is_over(now, 0, |_| 0));
        linger.begin(now);
        assert!(linger.is_over(now, 1, |end| end));
    }

    #[test]
    fn goals() {
        let mut goal = Goal::new(Some(2), None);
        assert!(!goal.saw(b"a"));
        assert_eq!(goal.missing().as_deref(), Some("1 of 2 messages came (-n)"));
        assert!(goal.saw(b"b"));
        assert_eq!(goal.missing(), None);
        let mut goal = Goal::new(None, Regex::new("^x").ok());
        assert!(!goal.saw(b"ax"));
        assert!(goal.saw(b"xa"));
        assert!(!Goal::default().saw(b"x"));
    }
}
