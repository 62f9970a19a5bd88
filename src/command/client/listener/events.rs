//! What the session tells a client: its connection opened, something came, a time has come, it ended.
//!
//! Each call finds out what it means for the session and has the rest of `Client` act on it.

use std::sync::Arc;
use std::time::Instant;

use super::super::front::{Front, Taking};
use super::super::journal::Journal;
use super::super::order::Order;
use super::super::{report, retry};
use super::{Client, Why};
use crate::session::opening;
use crate::session::{Control, Direction, Event, LinkId, Listener, Ready, Source, Takes};

impl<F: Front> Listener for Client<F> {
    type Command = Order;

    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>) {
        match &event {
            Event::Message { direction: Direction::Received, payload, .. } => {
                self.received(control, &event, payload);
            }
            Event::Open(opened) => {
                let trail = if self.options.showing.verbose > 0 { &opened.trail[..] } else { &[] };
                for notice in trail.iter().chain(&opened.notices) {
                    let redactor = self.redactor();
                    self.notice(control, &redactor.text(notice));
                }
                self.tell(control, &event);
                self.opened(control, link);
            }
            Event::End(ended) => self.link_ended(control, Arc::clone(ended)),
            _ => {
                self.tell(control, &event);
                self.slow_down(control);
            }
        }
    }

    fn takes(&self, link: LinkId) -> Takes {
        let taking = self.front.takes();
        let is_plain = self.link == Some(link)
            && !self.options.messages.echo
            && !self.is_deaf()
            && self.journal.is_none()
            && self.archive.is_none();
        match self.goal.room() {
            room @ 1.. if is_plain && taking != Taking::Events => {
                // What another connection brings must not follow half a message.
                let pieces = taking == Taking::Pieces && self.retry.is_none();
                Takes { messages: room, pieces }
            }
            _ => Takes::default(),
        }
    }

    fn take(&mut self, payload: &[u8]) {
        if !self.is_deaf() {
            self.front.take(payload);
        }
    }

    fn took(&mut self, control: &mut Control<'_>, _link: LinkId, messages: u64) {
        if self.is_deaf() {
            return;
        }
        if messages > 0 {
            self.last_data = control.now();
            self.linger.touch(control.now(), true);
        }
        if self.goal.exists() && self.goal.saw_many(messages) {
            self.leave(control, Why::GoalMet);
        }
        self.slow_down(control);
    }

    fn failed(&mut self, control: &mut Control<'_>, error: opening::Error) {
        self.dialing = false;
        let text = report::failure(&error, self.options.showing.show_secrets);
        self.error(control, &text);
        if self.retry.is_some()
            && retry::worth_after_failure(&error)
            && self.plan_retry(control, "nothing was sent")
        {
            return;
        }
        if self.prompted && self.why.is_none() {
            let text = "not connected: /reconnect tries again, /connect URL goes elsewhere, /quit leaves";
            return self.front.say(text);
        }
        self.failed_for_good(control, error);
    }

    fn command(&mut self, control: &mut Control<'_>, order: Order) {
        self.obey(control, order);
    }

    fn ready(&mut self, control: &mut Control<'_>, source: Source, ready: Ready) {
        if self.front.ready(source, ready) {
            self.leave(control, Why::ReaderGone);
        }
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let more = self.feed(control);
        self.flush(control);
        self.linger_over(control);
        self.echo_on(control) || more
    }

    fn has_spare(&self) -> bool {
        self.front.has_spare() || self.journal.as_ref().is_some_and(Journal::has_spare)
    }

    fn give_back(&mut self) {
        self.front.give_back();
        if let Some(journal) = &mut self.journal {
            journal.give_back();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.next_deadline()
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        let now = control.now();
        if self.timeout_at.take_if(|at| *at <= now).is_some() {
            self.leave_late(control, "the time for the whole run is over (--timeout)");
        }
        if self.idle_at().is_some_and(|at| at <= now) && self.why.is_none() {
            self.leave_late(control, "no message went either way for too long (--idle-timeout)");
        }
        if self.retry.as_mut().is_some_and(|retry| retry.is_due(now)) {
            self.dial(control);
        }
        self.repeat_due(control, now);
    }
}

impl<F: Front> Client<F> {
    /// A connection is open: what is to be sent first goes out.
    fn opened(&mut self, control: &mut Control<'_>, id: LinkId) {
        self.link = Some(id);
        self.was_open = true;
        self.dialing = false;
        self.last_data = control.now();
        self.repeat = None;
        if let Some(retry) = &mut self.retry {
            retry.succeeded();
        }
        self.front.connected();
        let Some(outbound) = control.link(id) else { return };
        outbound.pause(self.blocked);
        for (kind, payload) in self.first.iter().chain(&self.left_over) {
            // A link that has just opened is open.
            let _ = outbound.message(*kind, payload);
        }
        self.left_over.clear();
        if self.input_ends && !self.has_input {
            self.linger.begin(control.now());
        }
    }

    /// A data message of the peer came.
    fn received(&mut self, control: &mut Control<'_>, event: &Event<'_>, payload: &[u8]) {
        if self.is_deaf() {
            return;
        }
        self.tell(control, event);
        self.last_data = control.now();
        self.linger.touch(control.now(), true);
        self.echo(control, event);
        if self.goal.exists() && self.goal.saw(payload) {
            self.leave(control, Why::GoalMet);
        }
        self.slow_down(control);
    }
}
