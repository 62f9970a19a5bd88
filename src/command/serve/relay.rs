//! Behaviours that answer each message with messages: `--echo`, `--broadcast`, `--reply`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::behaviour::{Behaviour, Talk};
use super::queue::Queue;
use crate::session::{Control, Ended, LinkId, Opened};
use crate::wire::Kind;

/// To whom a message goes, and what comes back.
pub enum Route {
    /// Each message goes back to its sender.
    Echo,
    /// Each message goes to all others.
    Broadcast {
        /// And to its sender.
        include_sender: bool,
    },
    /// The sender gets the next of these.
    Reply(Vec<(Kind, Vec<u8>)>),
}

/// Answers messages with messages.
pub struct Relay {
    route: Route,
    queue: Queue,
    clients: BTreeSet<LinkId>,
    /// How many answers each client had.
    replies: HashMap<LinkId, usize>,
}

impl Relay {
    /// Answers by this route, with bounded queues.
    pub fn new(route: Route, queue: Queue) -> Relay {
        Relay { route, queue, clients: BTreeSet::new(), replies: HashMap::new() }
    }
}

impl Behaviour for Relay {
    fn opened(&mut self, _control: &mut Control<'_>, link: LinkId, _opened: &Arc<Opened>) {
        self.clients.insert(link);
    }

    fn message(&mut self, control: &mut Control<'_>, link: LinkId, kind: Kind, payload: &[u8]) {
        match &self.route {
            Route::Echo => {
                self.queue.send(control, link, Some(link), kind, payload);
            }
            Route::Broadcast { include_sender } => {
                for &to in self.clients.iter().filter(|&&to| *include_sender || to != link) {
                    self.queue.send(control, to, Some(link), kind, payload);
                }
            }
            Route::Reply(texts) => {
                let count = self.replies.entry(link).or_default();
                if let Some((kind, payload)) = texts.get(*count % texts.len().max(1)) {
                    *count += 1;
                    self.queue.send(control, link, Some(link), *kind, payload);
                }
            }
        }
    }

    fn ended(&mut self, control: &mut Control<'_>, link: LinkId, _ended: &Ended) {
        self.clients.remove(&link);
        self.replies.remove(&link);
        self.queue.forget(control, link);
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        self.queue.turn(control)
    }

    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        self.queue.talk()
    }
}
