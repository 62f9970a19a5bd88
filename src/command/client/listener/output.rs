//! Keeping pace: what was shown is written, and while that is slow the peer is slowed; what came is sent back.

use super::super::front::Front;
use super::Client;
use super::verdict::Why;
use crate::output::stdout::Flushed;
use crate::session::{Control, Event};

/// Beyond this many unsent bytes `--echo` reads no more.
const ECHO_LIMIT: usize = 1024 * 1024;

impl<F: Front> Client<F> {
    /// Slows the peer while the output is slow.
    pub(super) fn slow_down(&mut self, control: &mut Control<'_>) {
        if self.blocked || self.is_deaf() || !self.front.is_full() {
            return;
        }
        self.flush(control);
        if self.front.is_full() {
            self.blocked = true;
            self.pause(control, true);
        }
    }

    /// Whether what still comes is of no interest, so that there is no reason to slow anybody.
    pub(super) fn is_deaf(&self) -> bool {
        self.why.is_some_and(Why::is_deaf)
    }

    pub(super) fn pause(&mut self, control: &mut Control<'_>, paused: bool) {
        if let Some(outbound) = self.outbound(control) {
            outbound.pause(paused);
        }
    }

    pub(super) fn flush(&mut self, control: &mut Control<'_>) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.flush()
        {
            self.fail_journal(control, &error);
        }
        match self.front.flush() {
            // A limit or a signal does not wait for a slow reader.
            Ok(Flushed::Blocked) if !self.why.is_some_and(Why::is_urgent) => return,
            Ok(Flushed::Blocked) => {}
            Ok(Flushed::Done) => self.unblock(control),
            Ok(Flushed::Gone) => {
                self.unblock(control);
                self.leave(control, Why::ReaderGone);
            }
            Err(error) => {
                self.front.forget();
                self.unblock(control);
                self.fail_output(control, &error);
            }
        }
        self.stop_if_over(control);
    }

    /// The loop stops when all is said, and all that was said is written.
    pub(super) fn stop_if_over(&mut self, control: &mut Control<'_>) {
        if self.outcome.is_some() {
            control.stop();
        }
    }

    pub(super) fn unblock(&mut self, control: &mut Control<'_>) {
        if std::mem::take(&mut self.blocked) {
            // What could not be read meanwhile must not look like silence.
            self.linger.touch(control.now(), false);
            self.last_data = control.now();
            self.pause(control, self.echoing);
        }
    }

    pub(super) fn fail_output(&mut self, control: &mut Control<'_>, error: &std::io::Error) {
        let text = format!("standard output cannot be written: {}", crate::net::io_text(error));
        self.leave(control, Why::LocalFailure);
        self.error(control, &text);
    }

    pub(super) fn fail_journal(&mut self, control: &mut Control<'_>, error: &std::io::Error) {
        let Some(journal) = self.journal.take() else { return };
        let path = journal.path().display();
        let text = format!("the recording {path} cannot be written: {}", crate::net::io_text(error));
        self.leave(control, Why::LocalFailure);
        self.error(control, &text);
    }

    /// `--echo`: sends a message back. While the socket is slow nothing more is read.
    pub(super) fn echo(&mut self, control: &mut Control<'_>, event: &Event<'_>) {
        let Event::Message { kind, payload, .. } = event else { return };
        let Some(outbound) = self.link.filter(|_| self.options.messages.echo).and_then(|id| control.link(id))
        else {
            return;
        };
        // A connection that is closing takes no more.
        let _ = outbound.message(*kind, payload);
        if outbound.unsent() > ECHO_LIMIT {
            self.echoing = true;
            outbound.pause(true);
        }
    }

    /// Reads on when what was sent back has gone.
    pub(super) fn echo_on(&mut self, control: &mut Control<'_>) -> bool {
        if !self.echoing || self.is_deaf() {
            return false;
        }
        let Some(outbound) = self.outbound(control) else { return false };
        self.echoing = outbound.unsent() > 0;
        outbound.pause(self.echoing || self.blocked);
        !self.echoing
    }
}
