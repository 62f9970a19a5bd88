//! Why a session ends, and what that makes of it: which reason outranks which, and what is said of losses.

use std::sync::Arc;

use super::super::front::Front;
use super::Client;
use crate::command::Outcome;
use crate::session::opening;
use crate::session::{By, Cause, Control, Count, Ended, Event};

/// Why the session is being ended by this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The input ended, and so did the linger; or the user said so.
    InputEnded,
    /// Output or recording cannot be written.
    LocalFailure,
    /// `--timeout` or `--idle-timeout`.
    TooLate,
    /// The reader of the output has gone.
    ReaderGone,
    /// What was waited for came.
    GoalMet,
    /// A signal of this number, or Ctrl-C at the prompt.
    Signal(i32),
}

impl Why {
    /// Whether this reason takes the place of one that is known already.
    pub(super) fn outranks(self, known: Why) -> bool {
        let rank = |why| match why {
            Why::InputEnded => 0,
            Why::TooLate => 1,
            Why::ReaderGone | Why::GoalMet => 2,
            Why::LocalFailure => 3,
            Why::Signal(_) => 4,
        };
        rank(self) > rank(known)
    }

    /// Whether messages that still come are of no interest.
    pub(super) fn is_deaf(self) -> bool {
        self != Why::InputEnded
    }

    /// Whether the closing handshake gets at most a second.
    pub(super) fn is_urgent(self) -> bool {
        matches!(self, Why::Signal(_) | Why::TooLate)
    }

    /// The close code, where it is not the user's choice.
    pub(super) fn close_code(self) -> Option<u16> {
        matches!(self, Why::Signal(_)).then_some(1001)
    }
}

impl<F: Front> Client<F> {
    /// What the session came to (contract section 6).
    pub(super) fn verdict(&self, ended: Option<&Arc<Ended>>) -> Outcome {
        let bad = ended.filter(|ended| !is_good(ended));
        match (self.why, bad) {
            (Some(Why::Signal(number)), _) => Outcome::Signal(number),
            // A client that gives up on a silent peer has got what it wanted before.
            (Some(Why::GoalMet | Why::ReaderGone), Some(bad)) if !outranked(bad) => {
                Outcome::Ended(Arc::clone(bad))
            }
            (Some(Why::GoalMet | Why::ReaderGone), _) => Outcome::Done,
            (Some(Why::LocalFailure), _) => Outcome::Local,
            (Some(Why::TooLate), _) => Outcome::TimedOut,
            _ if self.input_failed => Outcome::Local,
            (_, Some(bad)) => Outcome::Ended(Arc::clone(bad)),
            _ if self.goal.exists() && !self.goal.is_met() => Outcome::No,
            _ if self.unsent() > 0 => Outcome::No,
            _ => Outcome::Done,
        }
    }

    /// Messages of the input that were read but handed to no connection.
    fn unsent(&self) -> u64 {
        self.left_over.len() as u64 + self.front.unsent()
    }

    /// Says how much of the input was left.
    fn warn_of_unsent(&mut self, control: &mut Control<'_>) {
        let (sent, unsent) = (self.sent, self.unsent());
        if unsent > 0 && !self.is_deaf() {
            self.error(control, &format!("input was left unsent: {sent} messages sent, {unsent} not"));
        }
    }

    /// Says what was lost, or not reached.
    pub(super) fn warn_of_loss(&mut self, control: &mut Control<'_>) {
        self.warn_of_unsent(control);
        if !self.is_deaf()
            && let Some(missing) = self.goal.missing()
        {
            self.error(control, &format!("the session ended too early: {missing}"));
        }
    }

    /// Opening failed, and will not be tried again.
    pub(super) fn failed_for_good(&mut self, control: &mut Control<'_>, error: opening::Error) {
        let redactor = self.redactor();
        let text = redactor.text(&error.to_string()).into_owned();
        self.warn_of_unsent(control);
        self.outcome = Some(match self.why {
            Some(Why::Signal(number)) => Outcome::Signal(number),
            _ => Outcome::NotOpened(Box::new(error)),
        });
        self.tell(control, &Event::End(Arc::new(never_opened(Some(text)))));
        self.flush(control);
    }
}

/// The end of a connection that never was open.
pub(super) fn never_opened(error: Option<String>) -> Ended {
    Ended {
        by: By::Connection,
        cause: Cause::Lost,
        clean: false,
        code: 1006,
        own_code: None,
        own_first: false,
        own_reason: Vec::new(),
        reason: Vec::new(),
        error,
        sent: Count::default(),
        received: Count::default(),
        unsent: Vec::new(),
        opened: false,
    }
}

/// Whether an end needs no further exit code: closed with 1000, 1001 or no code, or with the very code we asked for.
pub(super) fn is_good(ended: &Ended) -> bool {
    match ended.cause {
        Cause::ClosingHandshake => {
            (matches!(ended.code, 1000 | 1001 | 1005) && ended.error.is_none())
                || (ended.by == By::Client && ended.own_code == Some(ended.code))
        }
        Cause::Abandoned => true,
        Cause::Violation | Cause::Lost | Cause::Tls | Cause::Unanswered | Cause::NoPong => false,
    }
}

/// Whether `-n`, `--until` and a reader that has gone outrank this end: exit codes 7 and 8.
fn outranked(ended: &Ended) -> bool {
    !matches!(ended.cause, Cause::Violation | Cause::Tls)
}
