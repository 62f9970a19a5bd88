//! What a prompt and the signals order a session to do.

use std::path::Path;
use std::time::Instant;

use super::super::credentials;
use super::super::front::{Display, Front};
use super::super::journal::Journal;
use super::super::order::{Order, Repeat};
use super::super::report;
use super::super::signals::SIGINT;
use super::Client;
use super::verdict::Why;
use crate::net::Target;
use crate::record::Writer;
use crate::render::units;
use crate::session::Control;

/// Beyond this many unsent bytes a repetition waits.
const ENOUGH: usize = 256 * 1024;

impl<F: Front> Client<F> {
    /// Carries an order out.
    pub(super) fn obey(&mut self, control: &mut Control<'_>, order: Order) {
        match order {
            Order::Send { .. }
            | Order::Fragment { .. }
            | Order::Ping(_)
            | Order::Pong(_)
            | Order::Close { .. }
            | Order::Frame { .. }
            | Order::Raw { .. } => {
                self.send(control, &order);
            }
            Order::Frames(shown) => self.show_frames(control, shown),
            Order::Repeat { count, pause, order } => {
                self.repeat = Repeat::new(count, pause, *order, control.now());
                self.repeat_due(control, control.now());
            }
            Order::Status => self.status(control),
            Order::Headers => self.headers(control),
            Order::Statistics => self.statistics(control),
            Order::Record(path) => self.record(path.as_deref()),
            Order::Save(path) => self.save(&path),
            Order::Show { back, reply } => {
                let text = self.show_again(back);
                // The asker waits for it, or has ended.
                let _ = reply.send(text);
            }
            Order::Display(change) => self.front.display(change),
            Order::Reconnect(target) => self.reconnect(control, target),
            Order::Complain(text) => self.front.say(&text),
            Order::EndOfInput => self.leave(control, Why::InputEnded),
            Order::Interrupt => self.interrupt(control),
            Order::Signal(number) => self.leave(control, Why::Signal(number)),
            Order::Drained => self.flush(control),
        }
    }

    /// Ctrl-C at the prompt: the first closes, the second ends at once.
    fn interrupt(&mut self, control: &mut Control<'_>) {
        if matches!(self.why, Some(Why::Signal(_)))
            && let Some(outbound) = self.outbound(control)
        {
            outbound.abandon();
        }
        self.leave(control, Why::Signal(SIGINT));
    }

    /// Sends what an order says. `false` if it could not.
    fn send(&mut self, control: &mut Control<'_>, order: &Order) -> bool {
        self.last_data = control.now();
        let Some(outbound) = self.outbound(control) else {
            self.keep(order);
            return false;
        };
        let result = order.send_on(outbound);
        if let (Ok(()), Order::Send { payload, typed: true, .. }) = (&result, order) {
            self.front.typed(payload);
        }
        if let Err(error) = &result {
            self.front.say(&format!("not sent: {error}"));
        }
        result.is_ok()
    }

    /// `/frames`: on this connection and on those to come.
    fn show_frames(&mut self, control: &mut Control<'_>, shown: bool) {
        self.opening.settings.frames = shown;
        if let Some(next) = &mut self.next {
            next.settings.frames = shown;
        }
        if let Some(outbound) = self.outbound(control) {
            outbound.watch(shown);
        }
        self.front.display(Display::Frames(shown));
    }

    /// Between two connections: a message waits for the next one.
    fn keep(&mut self, order: &Order) {
        match order {
            Order::Send { kind, payload, .. } if self.is_coming() => {
                self.left_over.push((*kind, payload.clone()));
                self.front.say("not connected: it will be sent when the connection is open again");
            }
            _ => self.front.say("not connected: nothing was sent"),
        }
    }

    /// Whether a connection is being opened, or will be.
    fn is_coming(&self) -> bool {
        self.dialing || self.next.is_some() || self.is_waiting()
    }

    /// Whether another attempt to connect is planned.
    fn is_waiting(&self) -> bool {
        self.retry.as_ref().is_some_and(|retry| retry.deadline().is_some())
    }

    /// Goes on with a repetition that is due, as fast as the socket takes it.
    pub(super) fn repeat_due(&mut self, control: &mut Control<'_>, now: Instant) {
        while let Some(repeat) = self.repeat.take_if(|repeat| repeat.is_due(now)) {
            let queued = self.outbound(control).map_or(0, |outbound| outbound.unsent());
            if queued > ENOUGH || self.blocked || self.front.is_full() {
                self.repeat = Some(repeat.later(now));
                return;
            }
            if !self.send(control, repeat.order()) {
                return;
            }
            self.repeat = repeat.again(now);
        }
    }

    fn status(&mut self, control: &mut Control<'_>) {
        let Some(outbound) = self.outbound(control) else {
            return self.front.say(match (self.dialing, self.is_waiting()) {
                (true, _) => "connecting",
                (_, true) => "waiting to connect again",
                _ => "not connected",
            });
        };
        let text = report::status(outbound, self.redactor());
        self.front.say(&text);
    }

    fn headers(&mut self, control: &mut Control<'_>) {
        let Some(outbound) = self.outbound(control) else {
            return self.front.say("not connected");
        };
        let opened = std::sync::Arc::clone(outbound.opened());
        self.front.heads(&opened);
    }

    fn statistics(&mut self, control: &mut Control<'_>) {
        let elapsed = control.elapsed();
        let Some(outbound) = self.outbound(control) else {
            return self.front.say("not connected");
        };
        let text = report::statistics(outbound.sent(), outbound.received(), elapsed);
        self.front.say(&text);
    }

    /// `/record`.
    fn record(&mut self, path: Option<&Path>) {
        let writer = Writer::new(self.options.showing.show_secrets);
        for said in Journal::replace(&mut self.journal, path, writer) {
            self.front.say(&said);
        }
    }

    /// `/save`: what is remembered of the session, as event records.
    fn save(&mut self, path: &Path) {
        if let Some(archive) = &self.archive {
            let said = archive.save(path, Writer::new(self.options.showing.show_secrets));
            self.front.say(&said);
        }
    }

    fn show_again(&mut self, back: usize) -> Option<String> {
        let message = self.archive.as_ref().and_then(|archive| archive.message(back));
        let text = message.map(|memory| self.front.in_full(&memory.event, &memory.stamp));
        if text.is_none() {
            self.front.say("there is no such message");
        }
        text
    }

    /// `/reconnect` and `/connect`: the old connection is closed first. What identifies the user goes to another
    /// origin only if the new URL says it.
    fn reconnect(&mut self, control: &mut Control<'_>, target: Option<Target>) {
        let mut next = self.opening.clone();
        if let Some(target) = target {
            if !self.opening.target.same_origin(&target) && !self.left_over.is_empty() {
                let count = units::count(self.left_over.len() as u64, "message");
                self.front.say(&format!("{count} for the other server: not sent"));
                self.left_over.clear();
            }
            let authorization = credentials::of_url(&target);
            if let Some(left_behind) = next.turn_to(target) {
                self.front.say(&left_behind);
            }
            if let Some(authorization) = authorization {
                next.fields.set("Authorization", authorization);
            }
        }
        self.prompted = true;
        if let Some(retry) = &mut self.retry {
            retry.cancel();
        }
        match self.outbound(control) {
            Some(outbound) => {
                // Where the closing handshake has begun already, it goes on.
                let _ = outbound.close(self.closing.0, &self.closing.1);
                self.next = Some(Box::new(next));
            }
            None => {
                self.opening = next;
                self.dial(control);
            }
        }
    }
}
