//! How a connection closes: who began, with what code, and what is said of it in the end (RFC 6455 §7.1).
//!
//! `Ended` is the whole truth about it; the link adds only what ended the transport.

use std::borrow::Cow;
use std::time::Instant;

use super::Outbound;
use crate::session::event::{By, Cause, Direction, Ended, Event};
use crate::wire::{Role, Rule, State, Violation, close};

/// What is said where a lenient session took a close frame with a code that stands for the lack of one.
const PSEUDO_CODE: &str = "though a close frame carried this code, which none may (RFC 6455 §7.4.1)";

impl Outbound {
    /// A close frame of ours is queued.
    pub(super) fn closed(&mut self, code: Option<u16>, reason: Vec<u8>) {
        self.own_reason.clone_from(&reason);
        self.report(|| Event::Close { direction: Direction::Sent, code, reason: Cow::Owned(reason) });
        self.start_closing(code);
    }

    pub(super) fn start_closing(&mut self, code: Option<u16>) {
        self.own_code = code;
        self.first_close.get_or_insert(self.ourselves());
        self.clocks.closing(Instant::now(), self.in_flight());
    }

    /// A close frame of the peer came.
    pub(in crate::session) fn peer_closed(&mut self, code: Option<u16>, reason: &[u8]) {
        let peer = if self.ourselves() == By::Client { By::Server } else { By::Client };
        self.first_close.get_or_insert(peer);
        self.peer_close = Some((code, reason.to_vec()));
    }

    /// The peer broke a rule; the connection is failed (RFC 6455 §7.1.7).
    pub(in crate::session) fn violated(&mut self, violation: Violation) {
        self.violation.get_or_insert(violation);
    }

    /// Whether everything is said: both close frames exchanged or the connection failed, and all of it written.
    pub(in crate::session) fn is_over(&self) -> bool {
        let said = self.violation.is_some() || self.sender.state() == State::Closed;
        said && (self.unsent() == 0 || self.is_broken())
    }

    /// A server that failed the connection says that nothing more comes, so that a client which waits for it to close
    /// TCP first (RFC 6455 §7.1.1) need not wait long.
    pub(in crate::session) fn end_writing(&mut self) {
        if self.role == Role::Server
            && self.violation.is_some()
            && !std::mem::replace(&mut self.finished, true)
        {
            // A peer that is gone already needs no word.
            let _ = self.stream.shutdown_write();
        }
    }

    /// Whether the link may end now without waiting for the peer: a server closes TCP first (RFC 6455 §7.1.1).
    pub(in crate::session) fn may_leave(&self) -> bool {
        self.is_over() && self.role == Role::Server && self.violation.is_none()
    }

    fn ourselves(&self) -> By {
        match self.role {
            Role::Client => By::Client,
            Role::Server => By::Server,
        }
    }

    /// How the link ended: `cause` is what ended the transport, and gives way to a close frame or a violation.
    pub(in crate::session) fn ended(&mut self, cause: Cause, error: Option<String>) -> Ended {
        let mut ended = Ended {
            by: By::Connection,
            cause,
            clean: false,
            code: 1006,
            own_code: self.own_code,
            own_first: self.first_close == Some(self.ourselves()),
            own_reason: self.own_reason.clone(),
            reason: Vec::new(),
            error,
            sent: self.sent(),
            received: self.received,
            unsent: self.sender.take_unsent(),
            opened: true,
        };
        if let Some(violation) = &self.violation {
            ended.by = self.ourselves();
            ended.cause = Cause::Violation;
            ended.code = violation.close_code;
            ended.error = Some(violation.to_string() + raised_by(violation.rule));
        } else if let Some((code, reason)) = &self.peer_close {
            ended.by = self.first_close.unwrap_or(By::Connection);
            ended.cause = Cause::ClosingHandshake;
            ended.clean = self.sender.state() == State::Closed && self.unsent() == 0;
            ended.code = code.unwrap_or(1005);
            ended.reason = reason.clone();
            ended.error = code.filter(|code| close::stands_for_none(*code)).map(|_| PSEUDO_CODE.to_owned());
        }
        ended
    }
}

/// What to try where a limit of ours is at fault: the option that raises it.
fn raised_by(rule: Rule) -> &'static str {
    match rule {
        Rule::MessageTooBig { .. } | Rule::InflatesTooMuch { .. } => "; a larger --max-message takes it",
        Rule::TooManyFragments { .. } => "; a larger --max-fragments takes it",
        _ => "",
    }
}
