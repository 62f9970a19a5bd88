//! What those who type at its console order a server to do.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Server, abandon_all};
use crate::command::Outcome;
use crate::command::client::{self, Order, SIGINT, report};
use crate::render::{Redactor, Untrusted, units};
use crate::session::{Control, Count, LinkId, Outbound};

impl Server {
    /// Carries an order out: for one client, or for all.
    pub(super) fn obey(&mut self, control: &mut Control<'_>, to: Option<LinkId>, order: Order) {
        match order {
            Order::Complain(text) => self.display.say(&text),
            Order::EndOfInput => self.leave(control, Outcome::Done),
            Order::Interrupt => self.interrupt(control),
            Order::Display(change) => self.display.change(change),
            Order::Frames(shown) => self.show_frames(control, shown),
            Order::Record(path) => self.display.record(path.as_deref()),
            Order::Save(path) => self.display.save(&path),
            Order::Show { back, reply } => {
                // The asker waits for it, or has ended.
                let _ = reply.send(self.display.show_again(back));
            }
            Order::Status => self.status(control, to),
            Order::Headers => self.headers(control, to),
            Order::Statistics => self.statistics(control, to),
            order => self.send(control, to, &order),
        }
    }

    fn send(&mut self, control: &mut Control<'_>, to: Option<LinkId>, order: &Order) {
        match self.behaviour.order(control, to, order) {
            Ok(links) => {
                if let Order::Send { payload, typed: true, .. } = order {
                    self.display.typed(&links, payload);
                }
            }
            Err(why) => self.display.say(&why),
        }
    }

    /// Ctrl-C at the prompt: the first closes, the second ends at once.
    fn interrupt(&mut self, control: &mut Control<'_>) {
        if self.leaving.is_some() {
            abandon_all(control);
        }
        self.leave(control, Outcome::Signal(SIGINT));
    }

    /// `/frames`: of the clients that are here and of those to come.
    fn show_frames(&mut self, control: &mut Control<'_>, shown: bool) {
        self.frames = Some(shown);
        for id in control.links() {
            if let Some(outbound) = control.link(id) {
                outbound.watch(shown);
            }
        }
        self.display.change(client::Display::Frames(shown));
    }

    /// The client that is meant: the only one, where none is named. Where that is nobody, it is said.
    fn meant<'c>(
        &self,
        control: &'c mut Control<'_>,
        to: Option<LinkId>,
    ) -> Option<(LinkId, &'c mut Outbound)> {
        let links = control.links();
        let id = match (to, &links[..]) {
            (Some(id), _) => Ok(id),
            (None, &[id]) => Ok(id),
            (None, []) => Err("no client is connected".to_owned()),
            (None, _) => {
                Err("there are several clients: put the number of one before it, as in @3".to_owned())
            }
        };
        let found = id.and_then(|id| match control.link(id) {
            Some(outbound) => Ok((id, outbound)),
            None => Err(format!("there is no client @{}: /clients lists them", id.0)),
        });
        found.map_err(|why| self.display.say(&why)).ok()
    }

    fn status(&self, control: &mut Control<'_>, to: Option<LinkId>) {
        if to.is_none() && control.links().len() != 1 {
            return self.list(control);
        }
        if let Some((_, outbound)) = self.meant(control, to) {
            self.display.say(&report::status(outbound, self.redactor()));
        }
    }

    fn headers(&mut self, control: &mut Control<'_>, to: Option<LinkId>) {
        let opened = self.meant(control, to).map(|(id, outbound)| (id, Arc::clone(outbound.opened())));
        if let Some((id, opened)) = opened {
            self.display.heads(id, &opened);
        }
    }

    /// What went to and came from a client, or all that are here.
    fn statistics(&self, control: &mut Control<'_>, to: Option<LinkId>) {
        let elapsed = control.elapsed();
        let (mut sent, mut received) = (Count::default(), Count::default());
        let ids = match to {
            None => control.links(),
            Some(_) => match self.meant(control, to) {
                Some((id, _)) => vec![id],
                None => return,
            },
        };
        for id in ids {
            let Some(outbound) = control.link(id) else { continue };
            sent += outbound.sent();
            received += outbound.received();
        }
        self.display.say(&report::statistics(sent, received, elapsed));
    }

    /// `/clients`: who is connected.
    pub(super) fn list(&self, control: &mut Control<'_>) {
        let ids = control.links();
        let mut text = match ids.len() {
            0 => "no client is connected".to_owned(),
            count => format!("{} connected", units::count(count as u64, "client")),
        };
        for id in ids {
            let Some(outbound) = control.link(id) else { continue };
            let opened = outbound.opened();
            let url = Untrusted(self.redactor().text(&opened.url).as_bytes()).escaped();
            let (received, sent) = (outbound.received().messages, outbound.sent().messages);
            let unsent = units::size(outbound.unsent() as u64);
            let peer = &opened.peer;
            // Writing to a string cannot fail.
            let _ =
                write!(text, "\n@{} {peer} {url} · {received} received, {sent} sent, {unsent} waiting", id.0);
        }
        self.display.say(&text);
    }

    fn redactor(&self) -> Redactor {
        Redactor { show_secrets: self.display.shows_secrets() }
    }
}
