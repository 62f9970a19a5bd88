//! Which events are worth showing on a terminal, and which are worth a word on stderr.

use super::{Display, Told};
use crate::command::args::Form;
use crate::session::{Cause, Direction, Ended, Event};

impl Display {
    /// Whether a terminal shows an event.
    pub(super) fn is_for_terminal(&self, event: &Event<'_>) -> bool {
        let Told { quiet, silent, .. } = self.told;
        match event {
            Event::Message { direction, payload, .. } => {
                let unwanted = silent || (quiet && *direction == Direction::Sent);
                self.messages && !unwanted && self.passes(payload)
            }
            Event::Error(_) => true,
            Event::End(ended) => !(quiet || silent) || !is_good(ended),
            _ => !quiet && !silent,
        }
    }

    /// Whether an event is worth saying on stderr.
    pub(super) fn is_worth_saying(&self, event: &Event<'_>, form: Option<Form>) -> bool {
        let (quiet, verbose) = (self.told.quiet, self.told.verbose);
        match event {
            Event::Error(_) => true,
            Event::End(ended) => !quiet || !is_good(ended),
            Event::Open(_) | Event::Notice(_) => !quiet,
            Event::Ping { .. } | Event::Pong { .. } | Event::Close { .. } => verbose && !quiet,
            Event::Frame { .. } => !quiet && !matches!(form, Some(Form::Jsonl | Form::Human)),
            Event::Raw { .. } => !quiet && verbose && form != Some(Form::Jsonl),
            Event::Message { .. } => false,
        }
    }
}

/// Whether an end is no failure: closed with 1000, 1001 or no code, or by this side.
pub(super) fn is_good(ended: &Ended) -> bool {
    match ended.cause {
        Cause::ClosingHandshake => {
            matches!(ended.code, 1000 | 1001 | 1005) || ended.own_code == Some(ended.code)
        }
        Cause::Abandoned => true,
        Cause::Violation | Cause::Lost | Cause::Tls | Cause::Unanswered | Cause::NoPong => false,
    }
}
