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
use crate::wire::Kind;

/// How many lines are sent before others get their turn.
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
    talk: Vec<(Option<LinkId>, Talk)>,
}

impl Console {
    /// Sends lines as messages of this kind, with bounded queues. `lines`: where they come from without a prompt.
    pub fn new(kind: Kind, queue: Queue, lines: Option<Lines>) -> Console {
        Console { kind, queue, clients: BTreeSet::new(), lines, repeat: None, talk: Vec::new() }
    }

    /// The client of this number, or all.
    fn targets(&self, to: Option<LinkId>) -> Result<Vec<LinkId>, String> {
        match to {
            None if self.clients.is_empty() => Err("no client is connected: nothing was sent".to_owned()),
            None => Ok(self.clients.iter().copied().collect()),
            Some(id) if self.clients.contains(&id) => Ok(vec![id]),
            Some(id) => Err(format!("there is no client @{}: /clients lists them", id.0)),
        }
    }

    /// Whether there is room for one message more: with `--slow wait` at each client, else at one of them, so that
    /// what can be sent is never more than the fastest takes.
    fn has_room(&self, control: &mut Control<'_>, to: &[LinkId]) -> bool {
        let mut rooms = to.iter().map(|&id| self.queue.has_room(control, id));
        if self.queue.waits() { rooms.all(|room| room) } else { rooms.any(|room| room) }
    }

    /// Does an order once.
    fn send(&mut self, control: &mut Control<'_>, to: &[LinkId], order: &Order) -> Result<(), String> {
        for &id in to {
            match order {
                Order::Send { kind, payload, .. } => self.queue.send(control, id, None, *kind, payload),
                order => {
                    let Some(outbound) = control.link(id) else { continue };
                    order.send_on(outbound).map_err(|error| format!("not sent to @{}: {error}", id.0))?;
                }
            }
        }
        Ok(())
    }

    /// Goes on with a repetition that is due, as fast as the clients take it.
    fn repeat_due(&mut self, control: &mut Control<'_>) {
        let now = control.now();
        while let Some((to, repeat)) = self.repeat.take_if(|(_, repeat)| repeat.is_due(now)) {
            let Ok(targets) = self.targets(to) else { return };
            if !self.has_room(control, &targets) {
                self.repeat = Some((to, repeat.later(now)));
                return;
            }
            if let Err(error) = self.send(control, &targets, repeat.order()) {
                self.talk.push((None, Talk::Notice(error)));
                return;
            }
            self.repeat = repeat.again(now).map(|repeat| (to, repeat));
        }
    }

    /// Sends lines of standard input, while somebody can take them. `true` if there may be more at once.
    fn feed(&mut self, control: &mut Control<'_>) -> io::Result<bool> {
        let to: Vec<LinkId> = self.clients.iter().copied().collect();
        for _ in 0..LINES_A_TURN {
            if self.lines.is_none() || !self.has_room(control, &to) || to.is_empty() {
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
        let targets = self.targets(to)?;
        match order {
            Order::Repeat { count, pause, order } => {
                let repeat = Repeat::new(*count, *pause, Order::clone(order), control.now());
                self.repeat = repeat.map(|repeat| (to, repeat));
                self.repeat_due(control);
            }
            order => self.send(control, &targets, order)?,
        }
        Ok(targets)
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
