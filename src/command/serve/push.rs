//! `--push`: sends each client the lines of a file, one every so often, whatever it says.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::behaviour::{Behaviour, Talk};
use super::queue::Queue;
use crate::session::{Control, Ended, LinkId, Opened};
use crate::wire::Kind;

/// Sends lines.
pub struct Push {
    kind: Kind,
    lines: Vec<Vec<u8>>,
    /// How long to wait between two lines; `None` for ever.
    every: Option<Duration>,
    queue: Queue,
    /// The line that each client gets next.
    next: HashMap<LinkId, usize>,
    timers: BTreeSet<(Instant, LinkId)>,
    /// Clients whose next line waits until there is room for it.
    waiting: BTreeSet<LinkId>,
}

impl Push {
    /// Sends these lines, with bounded queues.
    pub fn new(kind: Kind, lines: Vec<Vec<u8>>, every: Option<Duration>, queue: Queue) -> Push {
        Push {
            kind,
            lines,
            every,
            queue,
            next: HashMap::new(),
            timers: BTreeSet::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// Sends a client the lines that are due.
    fn advance(&mut self, control: &mut Control<'_>, link: LinkId) {
        let Some(next) = self.next.get_mut(&link) else { return };
        while let Some(line) = self.lines.get(*next) {
            if self.queue.waits() && !self.queue.has_room(control, link) {
                self.waiting.insert(link);
                return;
            }
            *next += 1;
            self.queue.send(control, link, None, self.kind, line);
            if self.every != Some(Duration::ZERO) {
                let at = self.every.and_then(|every| control.now().checked_add(every));
                self.timers.extend(at.map(|at| (at, link)));
                return;
            }
        }
    }
}

impl Behaviour for Push {
    fn opened(&mut self, control: &mut Control<'_>, link: LinkId, _opened: &Arc<Opened>) {
        self.next.insert(link, 0);
        self.advance(control, link);
    }

    fn message(&mut self, _control: &mut Control<'_>, _link: LinkId, _kind: Kind, _payload: &[u8]) {}

    fn ended(&mut self, control: &mut Control<'_>, link: LinkId, _ended: &Ended) {
        // A timer that is left over finds no such client.
        self.next.remove(&link);
        self.waiting.remove(&link);
        self.queue.forget(control, link);
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let again = self.queue.turn(control);
        for link in std::mem::take(&mut self.waiting) {
            self.advance(control, link);
        }
        again
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        while let Some((at, link)) = self.timers.first().copied().filter(|(at, _)| *at <= control.now()) {
            self.timers.remove(&(at, link));
            self.advance(control, link);
        }
    }

    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        self.queue.talk()
    }
}
