//! What waits for each client, and what is done when one reads more slowly than it is sent to (`--queue`, `--slow`).
//!
//! Behaviours send through it, so that the memory of a server stays bounded whatever its clients do: beyond its queue
//! a client misses messages, or is closed, or those who talk to it are not read until it has caught up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::args::Slow;
use super::behaviour::Talk;
use crate::render::units;
use crate::session::{Control, LinkId, Pause};
use crate::wire::Kind;

/// How long the close frame to a client that reads too slowly may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// The queues of all clients: they stand in the links, what is known of those that are full stands here.
pub struct Queue {
    limit: usize,
    slow: Slow,
    full: BTreeMap<LinkId, Full>,
    talk: Vec<(Option<LinkId>, Talk)>,
}

/// A client whose queue was full, and is not yet empty again.
#[derive(Default)]
struct Full {
    /// Messages that it missed.
    missed: u64,
    /// Those that are not read until the queue is empty.
    held: Vec<LinkId>,
}

impl Queue {
    /// Queues of this size.
    pub fn new(limit: u64, slow: Slow) -> Queue {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Queue { limit, slow, full: BTreeMap::new(), talk: Vec::new() }
    }

    /// Sends a message to a client, because of one that came from another, or from itself. `false` if it was not sent.
    pub fn send(
        &mut self,
        control: &mut Control<'_>,
        to: LinkId,
        from: Option<LinkId>,
        kind: Kind,
        payload: &[u8],
    ) -> bool {
        if !self.admits(control, to) {
            return false;
        }
        let Some(outbound) = control.link(to) else { return false };
        // A client that is leaving takes no more, and needs no more.
        let sent = outbound.message(kind, payload).is_ok();
        if self.slow == Slow::Wait && outbound.unsent() > self.limit {
            self.hold(control, to, from);
        }
        sent
    }

    /// Whether a client may be sent something more; what is to be done where it is too slow for that, is done.
    pub fn admits(&mut self, control: &mut Control<'_>, to: LinkId) -> bool {
        let is_full = !self.has_room(control, to);
        // One that can be sent nothing any more is about to end.
        let Some(outbound) = control.link(to).filter(|outbound| !outbound.is_broken()) else { return false };
        match self.slow {
            Slow::Drop if is_full => {
                self.miss(to);
                false
            }
            Slow::Disconnect if is_full => {
                if outbound.close(Some(1008), "reads too slowly").is_ok() {
                    outbound.hurry(FAREWELL);
                    let text = "it reads too slowly and is being closed (--slow disconnect)";
                    self.talk.push((Some(to), Talk::Error(text.to_owned())));
                }
                false
            }
            Slow::Drop | Slow::Wait | Slow::Disconnect => true,
        }
    }

    /// Whether those who fill a queue wait for it.
    pub fn waits(&self) -> bool {
        self.slow == Slow::Wait
    }

    /// Whether a client's queue has room, once the socket has taken what it can.
    pub fn has_room(&self, control: &mut Control<'_>, link: LinkId) -> bool {
        let Some(outbound) = control.link(link) else { return true };
        if outbound.unsent() > self.limit {
            outbound.flush();
        }
        outbound.unsent() <= self.limit
    }

    fn miss(&mut self, link: LinkId) {
        let full = self.full.entry(link).or_default();
        full.missed += 1;
        if full.missed == 1 {
            let text = "it reads too slowly and misses messages (--slow drop)";
            self.talk.push((Some(link), Talk::Notice(text.to_owned())));
        }
    }

    fn hold(&mut self, control: &mut Control<'_>, to: LinkId, from: Option<LinkId>) {
        let full = self.full.entry(to).or_default();
        let Some(from) = from.filter(|from| !full.held.contains(from)) else { return };
        full.held.push(from);
        if let Some(outbound) = control.link(from) {
            outbound.pause_for(Pause::Queue, true);
        }
    }

    /// A client is gone, and those who waited for it go on.
    pub fn forget(&mut self, control: &mut Control<'_>, link: LinkId) {
        if let Some(full) = self.full.remove(&link) {
            self.release(control, link, full);
        }
    }

    /// Looks whether the slow ones have caught up. `true` if somebody can be read again.
    pub fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let is_empty = |id: &LinkId| {
            control.link(*id).is_none_or(|outbound| {
                // What the loop writes only after this turn is followed by no edge that would bring us back.
                outbound.flush();
                outbound.unsent() == 0
            })
        };
        let empty: Vec<LinkId> = self.full.keys().copied().filter(is_empty).collect();
        for &id in &empty {
            self.forget(control, id);
        }
        !empty.is_empty()
    }

    fn release(&mut self, control: &mut Control<'_>, link: LinkId, full: Full) {
        if full.missed > 0 {
            let text = format!("{} not sent to it (--slow drop)", units::count(full.missed, "message"));
            self.talk.push((Some(link), Talk::Notice(text)));
        }
        for from in full.held {
            let waits = self.full.values().any(|other| other.held.contains(&from));
            if let Some(outbound) = control.link(from).filter(|_| !waits) {
                outbound.pause_for(Pause::Queue, false);
            }
        }
    }

    /// What is to be said of it.
    pub fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        std::mem::take(&mut self.talk)
    }
}
