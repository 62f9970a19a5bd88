//! The links of a loop by number: which of them have something to do, and which of them when.
//!
//! A loop with a thousand links must not look at all of them because one has something to read. A link is looked at
//! after it was woken, after its time has come, and after a listener had it in its hands.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::link::{Link, LinkId};
use super::outbound::Outbound;

/// The links of a loop.
pub(super) struct Links {
    table: HashMap<LinkId, Box<Link>>,
    last: u64,
    /// Those to be looked at, each once.
    ready: Vec<LinkId>,
    /// When links, and clients that knock, have something to do.
    timers: BTreeSet<(Instant, LinkId)>,
}

impl Links {
    pub(super) fn new() -> Links {
        Links { table: HashMap::new(), last: 0, ready: Vec::new(), timers: BTreeSet::new() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.table.len()
    }

    /// All of them, in the order of their numbers.
    pub(super) fn ids(&self) -> Vec<LinkId> {
        let mut ids: Vec<LinkId> = self.table.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// A number that no link has had.
    pub(super) fn next_id(&mut self) -> LinkId {
        self.last += 1;
        LinkId(self.last)
    }

    /// The sending half of a link, which is looked at once the listener is done with it.
    pub(super) fn outbound(&mut self, id: LinkId) -> Option<&mut Outbound> {
        let link = self.table.get_mut(&id)?;
        if !std::mem::replace(&mut link.is_ready, true) {
            self.ready.push(id);
        }
        Some(&mut link.outbound)
    }

    /// A link that is to be looked at; `None` if it is gone.
    pub(super) fn wake(&mut self, id: LinkId) -> Option<&mut Link> {
        let link = self.table.get_mut(&id)?;
        if !std::mem::replace(&mut link.is_ready, true) {
            self.ready.push(id);
        }
        Some(link)
    }

    /// Takes out the numbers of those to be looked at.
    pub(super) fn take_ready(&mut self) -> Vec<LinkId> {
        std::mem::take(&mut self.ready)
    }

    /// Whether a link is to be looked at.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes a link out, so that its listener may meanwhile reach all the others.
    pub(super) fn take(&mut self, id: LinkId) -> Option<Box<Link>> {
        let mut link = self.table.remove(&id)?;
        link.is_ready = false;
        Some(link)
    }

    /// Puts a link in that is to be settled yet.
    pub(super) fn put(&mut self, link: Box<Link>) {
        self.table.insert(link.id, link);
    }

    /// Puts a link in that is settled: it is looked at again if it has more to do, and when its time has come.
    pub(super) fn rest(&mut self, mut link: Box<Link>) {
        let (id, is_busy, deadline) = (link.id, link.is_busy(), link.deadline());
        let timer = std::mem::replace(&mut link.timer, deadline);
        if timer != deadline {
            self.set_timer(id, timer, deadline);
        }
        self.put(link);
        if is_busy {
            self.wake(id);
        }
    }

    /// Nothing happens at present: gives back the memory that holds nothing.
    pub(super) fn give_back(&mut self) {
        for link in self.table.values_mut() {
            link.give_back();
        }
    }

    /// A link has ended.
    pub(super) fn forget(&mut self, link: &Link) {
        self.set_timer(link.id, link.timer, None);
    }

    /// Replaces a timer.
    pub(super) fn set_timer(&mut self, id: LinkId, old: Option<Instant>, new: Option<Instant>) {
        if let Some(old) = old {
            self.timers.remove(&(old, id));
        }
        if let Some(new) = new {
            self.timers.insert((new, id));
        }
    }

    /// When the first timer runs out.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Takes out a timer that has run out.
    pub(super) fn due(&mut self, now: Instant) -> Option<LinkId> {
        let (at, id) = *self.timers.first().filter(|(at, _)| *at <= now)?;
        self.timers.remove(&(at, id));
        Some(id)
    }
}
