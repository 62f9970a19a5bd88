//! The ways a session ends: this side leaves, the connection ends, and perhaps another one is opened.

use std::sync::Arc;
use std::time::Duration;

use super::super::front::Front;
use super::super::retry;
use super::Client;
use super::verdict::{self, Why};
use crate::command::Outcome;
use crate::session::{Control, Ended, Event};
use crate::wire::Kind;

/// How long the closing handshake may take where a limit or a signal ends the session.
const LAST_CALL: Duration = Duration::from_secs(1);

impl<F: Front> Client<F> {
    /// Ends the session for a reason: closes the connection, or stops where there is none.
    pub(super) fn leave(&mut self, control: &mut Control<'_>, why: Why) {
        if self.why.is_some_and(|known| !why.outranks(known)) {
            return;
        }
        self.why = Some(why);
        if self.outcome.is_some() {
            return self.give_up_output(control, why);
        }
        if let Some(retry) = &mut self.retry {
            retry.cancel();
        }
        self.next = None;
        let Some(id) = self.link else {
            control.forget_opening();
            self.conclude(control, None);
            return;
        };
        let Some(outbound) = control.link(id) else { return };
        let (code, reason) = match why.close_code() {
            Some(code) => (Some(code), ""),
            None => (self.closing.0, self.closing.1.as_str()),
        };
        // Where the closing handshake has begun already, it goes on.
        let _ = outbound.close(code, reason);
        if why.is_urgent() {
            outbound.hurry(LAST_CALL);
        }
        if why.is_deaf() {
            // The rest is read for the closing handshake alone, whatever the output does.
            outbound.pause(false);
        }
    }

    /// All is over but for output that is still to be written, and now that is given up, too.
    pub(super) fn give_up_output(&mut self, control: &mut Control<'_>, why: Why) {
        if why != Why::ReaderGone {
            self.outcome = Some(self.verdict(self.ended.clone().as_ref()));
            control.stop();
        }
    }

    /// A connection has ended: open another, or conclude.
    pub(super) fn link_ended(&mut self, control: &mut Control<'_>, ended: Arc<Ended>) {
        self.link = None;
        self.sent += ended.sent.messages;
        self.left_over = self.not_taken(&ended);
        if let Some(next) = self.next.take() {
            self.tell(control, &Event::End(ended));
            self.opening = *next;
            self.dial(control);
            return;
        }
        let again = self.why.is_none() && !self.linger.has_begun() && retry::worth_after_end(&ended);
        if again && self.retry.is_some() {
            self.tell(control, &Event::End(Arc::clone(&ended)));
            let mut lost = "messages on their way may be lost".to_owned();
            if verdict::is_good(&ended) {
                // A pipe says nothing of such an end by itself.
                lost = format!("{}; {lost}", crate::render::event::end(&ended));
            }
            if self.plan_retry(control, &lost) {
                return;
            }
            self.warn_of_loss(control);
            self.outcome = Some(self.verdict(Some(&ended)));
            self.flush(control);
            return;
        }
        self.conclude(control, Some(ended));
    }

    /// The messages of the input that the connection did not take. Those of `-m` are sent on each connection anyway.
    fn not_taken(&self, ended: &Ended) -> Vec<(Kind, Vec<u8>)> {
        let sent = usize::try_from(ended.sent.messages).unwrap_or(usize::MAX);
        let of_first = self.first.len().saturating_sub(sent);
        ended.unsent.iter().skip(of_first).cloned().collect()
    }

    /// Plans another attempt and says so. `false` if there have been enough.
    pub(super) fn plan_retry(&mut self, control: &mut Control<'_>, lost: &str) -> bool {
        let jitter = crate::session::random::<1>()[0];
        let Some(retry) = &mut self.retry else { return false };
        let Some((wait, number)) = retry.plan(control.now(), jitter) else {
            let text = format!(
                "not connecting again: {} attempts failed (--reconnect)",
                self.options.life.reconnect.unwrap_or(0)
            );
            self.notice(control, &text);
            return false;
        };
        let wait = crate::render::units::duration(wait);
        self.notice(control, &format!("connecting again in {wait} (attempt {number}); {lost}"));
        // Lines can be typed, and wait for the connection.
        self.front.connected();
        true
    }

    /// The session is over. Everything is told, and the loop stops.
    pub(super) fn conclude(&mut self, control: &mut Control<'_>, ended: Option<Arc<Ended>>) {
        let never_open = ended.is_none() && !self.was_open;
        if self.why != Some(Why::ReaderGone) {
            self.notice_input(control);
        }
        self.notice_silence(control);
        self.warn_of_loss(control);
        self.outcome = Some(self.verdict(ended.as_ref()));
        self.ended = ended.clone();
        if let Some(ended) = ended {
            self.front
                .leaving(matches!(self.outcome, Some(Outcome::Done)) && self.why == Some(Why::ReaderGone));
            self.tell(control, &Event::End(ended));
        } else if never_open {
            self.tell(control, &Event::End(Arc::new(verdict::never_opened(None))));
        }
        self.flush(control);
    }

    pub(super) fn linger_over(&mut self, control: &mut Control<'_>) {
        let now = control.now();
        let Some(outbound) = self.outbound(control) else { return };
        if self.why.is_some()
            || self.blocked
            || !self.linger.is_over(now, outbound.position(), |end| outbound.in_flight_before(end))
        {
            return;
        }
        self.ran_out = true;
        self.leave(control, Why::InputEnded);
    }

    /// The linger ran out, and no message came even while the connection was being closed.
    fn notice_silence(&mut self, control: &mut Control<'_>) {
        let has_input = !self.input_failed && !self.options.messages.echo;
        let is_silent = self.ran_out && self.why == Some(Why::InputEnded) && !self.linger.has_arrived();
        if is_silent && has_input {
            let text =
                "no message came after the end of input; --linger TIME waits longer, -n N for N messages";
            self.notice(control, text);
        }
    }

    pub(super) fn leave_late(&mut self, control: &mut Control<'_>, text: &str) {
        self.error(control, text);
        self.leave(control, Why::TooLate);
    }
}
