//! `--sink`: answers nothing, and counts what comes.

use std::collections::HashMap;
use std::sync::Arc;

use super::behaviour::{Behaviour, Talk};
use crate::render::units;
use crate::session::{Control, Count, Ended, LinkId, Opened};
use crate::wire::Kind;

/// Counts messages.
#[derive(Default)]
pub struct Sink {
    clients: HashMap<LinkId, Count>,
    /// Clients that were here, and what they sent.
    seen: u64,
    total: Count,
    stopping: bool,
    talk: Vec<(Option<LinkId>, Talk)>,
}

impl Sink {
    /// Tells the total once the last client is gone and no more come.
    fn tell_total(&mut self) {
        if self.stopping && self.clients.is_empty() {
            let clients = units::count(self.seen, "client");
            self.talk.push((None, Talk::Notice(format!("{} from {clients}", amount(self.total)))));
        }
    }
}

impl Behaviour for Sink {
    fn opened(&mut self, _control: &mut Control<'_>, link: LinkId, _opened: &Arc<Opened>) {
        self.clients.insert(link, Count::default());
        self.seen += 1;
    }

    fn message(&mut self, _control: &mut Control<'_>, link: LinkId, _kind: Kind, payload: &[u8]) {
        self.clients.entry(link).or_default().add(payload.len(), None);
        self.total.add(payload.len(), None);
    }

    fn ended(&mut self, _control: &mut Control<'_>, link: LinkId, _ended: &Ended) {
        let count = self.clients.remove(&link).unwrap_or_default();
        self.talk.push((Some(link), Talk::Notice(amount(count))));
        self.tell_total();
    }

    fn stop(&mut self, _control: &mut Control<'_>) {
        self.stopping = true;
        self.tell_total();
    }

    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        std::mem::take(&mut self.talk)
    }
}

fn amount(count: Count) -> String {
    format!("received {}, {}", units::count(count.messages, "message"), units::size(count.bytes))
}
