//! `--console`: what is typed, or comes on standard input, goes to the clients; what they send is only shown.
//!
//! `desk` understands typed lines, `lines` reads the input of a pipe or a file. Which of the two there is, `plan` has
//! decided; what is shown is the display's matter.

mod desk;
mod lines;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Instant;

pub use desk::{Console as ConsoleDesk, topic};
pub use lines::Lines;

use self::lines::Next;
use super::behaviour::{Behaviour, Talk};
use super::queue::Queue;
use crate::command::client::{Order, Repeat};
use crate::session::{Control, Ended, LinkId, Opened, Ready};
use crate::wire::{Kind, State};

/// How many lines are sent, and how often one is repeated, before others get their turn.
const LINES_A_TURN: usize = 1024;

/// Sends what is typed.
pub struct Console {
    kind: Kind,
    queue: Queue,
    clients: BTreeSet<LinkId>,
    /// Standard input, where nothing is typed at a prompt.
    lines: Option<Lines>,
    /// What is being repeated, and for whom.
    repeat: Option<(Option<LinkId>, Repeat)>,
    /// What was sent is shown too slowly for more.
    held: bool,
    talk: Vec<(Option<LinkId>, Talk)>,
}

impl Console {
    /// Sends lines as messages of this kind, with bounded queues. `lines`: where they come from without a prompt.
    pub fn new(kind: Kind, queue: Queue, lines: Option<Lines>) -> Console {
        Console { kind, queue, clients: BTreeSet::new(), lines, repeat: None, held: false, talk: Vec::new() }
    }

    /// The clients that can be sent something: those whose closing handshake has not begun.
    fn open_clients(&self, control: &mut Control<'_>) -> Vec<LinkId> {
        let is_open = |id: &&LinkId| {
            control.link(**id).is_some_and(|outbound| {
                outbound.state() == State::Open && !outbound.is_broken() && !outbound.hung_up()
            })
        };
        self.clients.iter().filter(is_open).copied().collect()
    }

    /// The client of this number, or all.
    fn targets(&self, control: &mut Control<'_>, to: Option<LinkId>) -> Result<Vec<LinkId>, String> {
        let open = self.open_clients(control);
        match to {
            None if open.is_empty() => Err("no client is connected: nothing was sent".to_owned()),
            None => Ok(open),
            Some(id) if open.contains(&id) => Ok(vec![id]),
            Some(id) if self.clients.contains(&id) => Err(format!("@{} is leaving: nothing was sent", id.0)),
            Some(id) => Err(format!("there is no client @{}: /clients lists them", id.0)),
        }
    }

    /// Whether there is room for one message more: with `--slow wait` at each client, else at one of them, so that
    /// what can be sent is never more than the fastest takes.
    fn has_room(&self, control: &mut Control<'_>, to: &[LinkId]) -> bool {
        let mut rooms = to.iter().map(|&id| self.queue.has_room(control, id));
        if self.queue.waits() { rooms.all(|room| room) } else { rooms.any(|room| room) }
    }

    /// Does an order once; returns those that were sent something.
    fn send(&mut self, control: &mut Control<'_>, to: &[LinkId], order: &Order) -> Vec<LinkId> {
        to.iter().copied().filter(|&id| self.send_one(control, id, order)).collect()
    }

    fn send_one(&mut self, control: &mut Control<'_>, id: LinkId, order: &Order) -> bool {
        let is_close = matches!(order, Order::Close { .. });
        if self.queue.waits() && !is_close && !self.queue.has_room(control, id) {
            let text = "not sent: it reads too slowly, and more than --queue waits for it";
            self.talk.push((Some(id), Talk::Notice(text.to_owned())));
            return false;
        }
        if let Order::Send { kind, payload, .. } = order {
            return self.queue.send(control, id, None, *kind, payload);
        }
        // A close frame ends what is slow, and so is not kept back for that.
        let admitted = is_close || self.queue.admits(control, id);
        let Some(outbound) = control.link(id).filter(|_| admitted) else { return false };
        let sent = order.send_on(outbound);
        if let Err(error) = &sent {
            self.talk.push((Some(id), Talk::Notice(format!("not sent: {error}"))));
        }
        sent.is_ok()
    }

    /// Goes on with a repetition that is due, as fast as the clients take it.
    fn repeat_due(&mut self, control: &mut Control<'_>) {
        let now = control.now();
        for _ in 0..LINES_A_TURN {
            let Some((to, repeat)) = self.repeat.take_if(|(_, repeat)| repeat.is_due(now)) else { return };
            let Ok(targets) = self.targets(control, to) else {
                let text = "the repetition has ended: those it was for have left";
                return self.talk.push((None, Talk::Notice(text.to_owned())));
            };
            if self.held || !self.has_room(control, &targets) {
                self.repeat = Some((to, repeat.later(now)));
                return;
            }
            self.send(control, &targets, repeat.order());
            self.repeat = repeat.again(now).map(|repeat| (to, repeat));
        }
    }

    /// Sends lines of standard input, while somebody can take them. `true` if there may be more at once.
    fn feed(&mut self, control: &mut Control<'_>) -> io::Result<bool> {
        if self.lines.is_none() || self.held {
            return Ok(false);
        }
        let to = self.open_clients(control);
        for _ in 0..LINES_A_TURN {
            if to.is_empty() || !self.has_room(control, &to) {
                return Ok(false);
            }
            let Some(lines) = &mut self.lines else { return Ok(false) };
            match lines.next(self.kind)? {
                Next::Line(line) => {
                    for &id in &to {
                        self.queue.send(control, id, None, self.kind, line);
                    }
                }
                Next::Fault(text) => self.talk.push((None, Talk::Error(text))),
                Next::Later => return Ok(false),
                Next::End => self.lines = None,
            }
        }
        Ok(true)
    }
}

impl Behaviour for Console {
    fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
        self.lines.as_mut().map_or(Ok(()), |lines| lines.begin(control))
    }

    fn input(&mut self, ready: Ready) {
        if let Some(lines) = &mut self.lines {
            lines.woken(ready.closed);
        }
    }

    fn opened(&mut self, _control: &mut Control<'_>, link: LinkId, _opened: &Arc<Opened>) {
        self.clients.insert(link);
    }

    fn message(&mut self, _control: &mut Control<'_>, _link: LinkId, _kind: Kind, _payload: &[u8]) {}

    fn ended(&mut self, control: &mut Control<'_>, link: LinkId, _ended: &Ended) {
        self.clients.remove(&link);
        self.queue.forget(control, link);
    }

    fn order(
        &mut self,
        control: &mut Control<'_>,
        to: Option<LinkId>,
        order: &Order,
    ) -> Result<Vec<LinkId>, String> {
        let targets = self.targets(control, to)?;
        let Order::Repeat { count, pause, order } = order else {
            return Ok(self.send(control, &targets, order));
        };
        let repeat = Repeat::new(*count, *pause, Order::clone(order), control.now());
        self.repeat = repeat.map(|repeat| (to, repeat));
        self.repeat_due(control);
        Ok(Vec::new())
    }

    fn hold(&mut self, held: bool) {
        self.held = held;
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let again = self.queue.turn(control);
        let more = self.feed(control).unwrap_or_else(|error| {
            let why = crate::net::io_text(&error);
            self.lines = None;
            self.talk.push((None, Talk::Error(format!("standard input cannot be read: {why}"))));
            false
        });
        again || more
    }

    fn deadline(&self) -> Option<Instant> {
        self.repeat.as_ref().and_then(|(_, repeat)| repeat.at())
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        self.repeat_due(control);
    }

    fn stop(&mut self, _control: &mut Control<'_>) {
        self.lines = None;
        self.repeat = None;
    }

    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        let mut talk = std::mem::take(&mut self.talk);
        talk.append(&mut self.queue.talk());
        talk
    }
}
