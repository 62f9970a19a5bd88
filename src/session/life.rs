//! How long a link waits: for the answer to a close frame, for a pong, and between pings of its own.
//!
//! Pure arithmetic on instants handed in; the loop asks for the next one and says when it has come.

use std::time::{Duration, Instant};

/// How often the send queue is looked at while the closing handshake waits for it to drain.
const DRAIN_CHECK: Duration = Duration::from_millis(50);

/// The longest wait for the server to close TCP after both close frames (RFC 6455 §7.1.1), and for a peer that
/// was failed to take our close frame.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The waiting times of a link.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// How long the peer may take to answer our close frame, once that has left the send queue.
    pub close_timeout: Duration,
    /// How often a ping is sent; `None` for never.
    pub ping_interval: Option<Duration>,
    /// How long a pong may take.
    pub ping_timeout: Duration,
}

/// What a link does next because of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// A ping is to be sent.
    Ping,
    /// The pong did not come in time.
    NoPong,
    /// The closing handshake took too long.
    Unanswered,
    /// Everything is said; the peer has had its time to close TCP.
    Over,
}

/// The running clocks of one link.
#[derive(Debug)]
pub(super) struct Clocks {
    life: Life,
    next_ping: Option<Instant>,
    pong_by: Option<Instant>,
    closing: Option<Closing>,
    /// The closing handshake was granted less than `life` says.
    hurried: bool,
    over_at: Option<Instant>,
}

/// The wait for an answer to our close frame. It starts anew as long as the send queue shrinks.
#[derive(Debug)]
struct Closing {
    queued: usize,
    /// When the send queue is looked at next, while there is something in it.
    check: Instant,
    /// `None` for no limit.
    by: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(life: Life, now: Instant) -> Clocks {
        let next_ping = life.ping_interval.and_then(|every| now.checked_add(every));
        Clocks { life, next_ping, pong_by: None, closing: None, hurried: false, over_at: None }
    }

    /// Our close frame is queued: from here the answer is waited for, and no more pings are sent.
    pub(super) fn closing(&mut self, now: Instant, queued: usize) {
        self.next_ping = None;
        self.pong_by = None;
        if self.closing.is_none() {
            let by = now.checked_add(self.life.close_timeout);
            self.closing = Some(Closing { queued, check: now + DRAIN_CHECK, by });
        }
    }

    /// Grants the closing handshake no more than `limit` from now.
    pub(super) fn hurry(&mut self, now: Instant, limit: Duration) {
        self.hurried |= limit < self.life.close_timeout;
        self.life.close_timeout = self.life.close_timeout.min(limit);
        if let Some(closing) = &mut self.closing {
            closing.by = Some(closing.by.map_or(now + limit, |by| by.min(now + limit)));
        }
    }

    /// Both close frames are out, or the connection was failed: only the end of TCP is waited for.
    pub(super) fn over(&mut self, now: Instant) {
        self.closing = None;
        self.next_ping = None;
        self.pong_by = None;
        self.over_at.get_or_insert(now + LAST_WAIT.min(self.life.close_timeout));
    }

    /// Whether less was granted for the closing handshake than the option says.
    pub(super) fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// The waiting times.
    pub(super) fn life(&self) -> Life {
        self.life
    }

    /// A pong came that answers a ping of ours.
    pub(super) fn ponged(&mut self) {
        self.pong_by = None;
    }

    /// When `due` is to be asked next.
    pub(super) fn next(&self) -> Option<Instant> {
        let closing = self.closing.as_ref().and_then(|closing| match closing.queued {
            0 => closing.by,
            _ => closing.by.map(|by| by.min(closing.check)),
        });
        [self.next_ping, self.pong_by, closing, self.over_at].into_iter().flatten().min()
    }

    /// What the time asks for. `queued` counts the bytes not yet with the peer; `deaf` is set while nothing is
    /// read because the output is slow, so that a pong cannot have been seen.
    pub(super) fn due(&mut self, now: Instant, queued: impl FnOnce() -> usize, deaf: bool) -> Due {
        if self.over_at.is_some_and(|at| at <= now) {
            return Due::Over;
        }
        if self.closing.is_some() && self.close_overdue(now, queued(), deaf) {
            return Due::Unanswered;
        }
        if self.pong_by.is_some_and(|by| by <= now) {
            if !deaf {
                return Due::NoPong;
            }
            self.pong_by = now.checked_add(self.life.ping_timeout);
        }
        self.ping_due(now)
    }

    /// Whether the answer should have been there. What is still on its way to the peer, and what is not read here,
    /// starts the clock anew.
    fn close_overdue(&mut self, now: Instant, queued: usize, deaf: bool) -> bool {
        let Some(closing) = &mut self.closing else { return false };
        closing.check = now + DRAIN_CHECK;
        if queued < closing.queued || deaf {
            closing.queued = queued;
            closing.by = now.checked_add(self.life.close_timeout);
        }
        closing.by.is_some_and(|by| by <= now)
    }

    fn ping_due(&mut self, now: Instant) -> Due {
        let (Some(at), Some(every)) = (self.next_ping, self.life.ping_interval) else { return Due::Nothing };
        if at > now {
            return Due::Nothing;
        }
        self.next_ping = now.checked_add(every);
        if self.pong_by.is_none() {
            self.pong_by = now.checked_add(self.life.ping_timeout);
        }
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn clocks(now: Instant) -> Clocks {
        let life = Life { close_timeout: SECOND * 3, ping_interval: Some(SECOND), ping_timeout: SECOND * 2 };
        Clocks::new(life, now)
    }

    #[test]
    fn pings_are_due_every_interval_until_a_pong_is_missing() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        assert_eq!(clocks.due(now, || 0, false), Due::Nothing);
        assert_eq!(clocks.due(now + SECOND, || 0, false), Due::Ping);
        clocks.ponged();
        assert_eq!(clocks.due(now + SECOND * 2, || 0, false), Due::Ping);
        assert_eq!(clocks.due(now + SECOND * 3, || 0, false), Due::Ping);
        assert_eq!(clocks.due(now + SECOND * 4, || 0, false), Due::NoPong);
    }

    #[test]
    fn a_missing_pong_is_no_failure_while_nothing_is_read() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        assert_eq!(clocks.due(now + SECOND, || 0, true), Due::Ping);
        assert_ne!(clocks.due(now + SECOND * 3, || 0, true), Due::NoPong);
        assert_eq!(clocks.due(now + SECOND * 9, || 0, false), Due::NoPong);
    }

    #[test]
    fn the_close_timeout_starts_anew_while_the_send_queue_shrinks() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.closing(now, 100);
        assert_eq!(clocks.due(now + SECOND * 2, || 50, false), Due::Nothing);
        assert_eq!(clocks.due(now + SECOND * 4, || 50, false), Due::Nothing);
        assert_eq!(clocks.due(now + SECOND * 5, || 50, false), Due::Unanswered);
    }

    #[test]
    fn a_queue_that_drains_early_does_not_double_the_close_timeout() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.closing(now, 8);
        let check = clocks.next().expect("the queue is looked at");
        assert!(check < now + SECOND);
        assert_eq!(clocks.due(check, || 0, false), Due::Nothing);
        assert_eq!(clocks.next(), Some(check + SECOND * 3));
        assert_eq!(clocks.due(check + SECOND * 3, || 0, false), Due::Unanswered);
    }

    #[test]
    fn a_missing_answer_is_no_failure_while_nothing_is_read() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.closing(now, 0);
        assert_eq!(clocks.due(now + SECOND * 3, || 0, true), Due::Nothing);
        assert_eq!(clocks.due(now + SECOND * 5, || 0, false), Due::Nothing);
        assert_eq!(clocks.due(now + SECOND * 6, || 0, false), Due::Unanswered);
    }

    #[test]
    fn a_close_timeout_without_end_can_be_hurried() {
        let now = Instant::now();
        let life = Life { close_timeout: Duration::MAX, ping_interval: None, ping_timeout: Duration::MAX };
        let mut clocks = Clocks::new(life, now);
        clocks.closing(now, 0);
        assert_eq!(clocks.next(), None);
        clocks.hurry(now, SECOND);
        assert_eq!(clocks.due(now + SECOND, || 0, false), Due::Unanswered);
    }

    #[test]
    fn after_both_close_frames_only_the_end_of_tcp_is_waited_for() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.closing(now, 0);
        clocks.over(now);
        assert_eq!(clocks.next(), Some(now + SECOND));
        assert_eq!(clocks.due(now + SECOND, || 0, false), Due::Over);
    }
}
