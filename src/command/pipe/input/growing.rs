//! A long message: checked and masked as it comes, and sent at its end without another copy. A shorter one fits into the
//! caches, and the copy costs next to nothing.
//!
//! Where more is to be told of what is sent than its bytes (`-v`, `--frames`, `--record`, `-o jsonl`), or they are changed
//! (compressed, cut into fragments), it is collected instead, as shorter ones are.

use super::{Input, Stop};
use crate::command::args::Form;
use crate::session::Outbound;
use crate::wire::utf8::{BadByte, Validator};
use crate::wire::{Draft, Kind};

/// So many bytes without an end are a long message.
const LONG: usize = 1024 * 1024;

/// The message as far as it has come.
pub(super) struct Growing {
    draft: Draft,
    /// `None` where any bytes will do.
    text: Option<Validator>,
    /// Where in the input it began.
    began: u64,
}

impl Growing {
    /// Where in the input it began.
    pub(super) fn began(&self) -> u64 {
        self.began
    }

    /// Whether `give_back` has something to give back.
    pub(super) fn has_spare(&self) -> bool {
        self.draft.has_spare()
    }

    /// Gives back the memory that holds nothing.
    pub(super) fn give_back(&mut self) {
        self.draft.give_back();
    }

    /// Takes a piece, the last one or not.
    fn append(&mut self, piece: &[u8], is_last: bool) -> Result<(), BadByte> {
        if let Some(text) = &mut self.text {
            text.feed(piece)?;
            if is_last {
                text.finish()?;
            }
        }
        self.draft.append(piece);
        Ok(())
    }
}

impl Input {
    /// Begins to grow the message whose beginning is all that is left, if it is long. It waits until all before it is
    /// written, rather than to be collected.
    pub(super) fn begin_growing(&mut self, outbound: &mut Outbound) -> Option<Stop> {
        let may_grow = matches!(self.form, Form::Lines | Form::Nul | Form::Whole);
        let is_long = self.buffer.len() - self.start >= LONG;
        if !may_grow || !is_long || !outbound.takes_drafts() {
            return Some(Stop::Dry);
        }
        let Some(draft) = outbound.draft() else { return Some(Stop::Full) };
        let text = (self.kind == Kind::Text).then(Validator::default);
        self.growing = Some(Growing { draft, text, began: self.consumed() });
        None
    }

    /// Adds what has come to the message that grows, and sends it when that is all of it.
    pub(super) fn grow(&mut self, mut growing: Growing, outbound: &mut Outbound) -> Option<Stop> {
        let ends =
            self.message_end().or_else(|| self.ended.then_some((self.buffer.len(), self.buffer.len())));
        let end = ends.map_or_else(|| self.undoubted(), |(end, _)| end);
        let piece = &self.buffer[self.start..end];
        if self.is_too_large(growing.draft.length() + piece.len()) {
            return Some(Stop::Fault(self.too_large()));
        }
        if let Err(bad) = growing.append(piece, ends.is_some()) {
            return Some(self.not_utf8(bad.offset, growing.began));
        }
        (self.start, self.scanned) = (end, end);
        match ends {
            None => {
                self.growing = Some(growing);
                Some(Stop::Dry)
            }
            Some((_, next)) => self.send_grown(growing, next, outbound),
        }
    }

    /// How far what has come is part of the message, whatever follows: a carriage return may belong to the line's end.
    fn undoubted(&self) -> usize {
        let may_end = self.form == Form::Lines && self.buffer[self.start..].ends_with(b"\r");
        self.buffer.len() - usize::from(may_end)
    }

    fn send_grown(&mut self, growing: Growing, next: usize, outbound: &mut Outbound) -> Option<Stop> {
        let Growing { draft, text, began } = growing;
        match outbound.queue_draft(self.kind, draft) {
            Ok(()) => {
                self.passed(next);
                None
            }
            // A connection that is closing takes no more; the next one may.
            Err(draft) => {
                self.growing = Some(Growing { draft, text, began });
                Some(Stop::Full)
            }
        }
    }
}
