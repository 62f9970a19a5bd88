//! What a listener may do while it is told something: send on any link, open and watch, and end the loop.

#[cfg(unix)]
use std::io;
use std::time::{Duration, Instant, SystemTime};

use super::event::Stamp;
use super::link::LinkId;
use super::links::Links;
#[cfg(unix)]
use super::listener::{Source, WatchId};
use super::opening::Opening;
use super::outbound::Outbound;
use super::shell::Shell;

/// A listener's handle on the loop, for the time of one call.
pub struct Control<'a> {
    current: Option<(LinkId, &'a mut Outbound)>,
    links: &'a mut Links,
    shell: &'a mut Shell,
}

impl<'a> Control<'a> {
    pub(super) fn new(links: &'a mut Links, shell: &'a mut Shell) -> Control<'a> {
        Control { current: None, links, shell }
    }

    pub(super) fn of(
        id: LinkId,
        outbound: &'a mut Outbound,
        links: &'a mut Links,
        shell: &'a mut Shell,
    ) -> Control<'a> {
        Control { current: Some((id, outbound)), links, shell }
    }

    /// The sending half of a link; `None` once it has ended.
    pub fn link(&mut self, id: LinkId) -> Option<&mut Outbound> {
        match &mut self.current {
            Some((current, outbound)) if *current == id => Some(outbound),
            _ => self.links.outbound(id),
        }
    }

    /// The numbers of all links, oldest first. The one that is told of just now is among them.
    pub fn links(&self) -> Vec<LinkId> {
        let mut ids = self.links.ids();
        if let Some((current, _)) = &self.current {
            // While it is told something it is not in the table.
            let at = ids.partition_point(|id| id < current);
            ids.insert(at, *current);
        }
        ids
    }

    /// Lets nobody in any more; those who are in stay.
    pub fn close_door(&mut self) {
        self.shell.closed = true;
    }

    /// The time, read once each time the loop wakes.
    pub fn now(&self) -> Instant {
        self.shell.now
    }

    /// The time of an event, read now.
    pub fn stamp(&self) -> Stamp {
        Stamp { time: SystemTime::now(), elapsed: self.shell.started.elapsed() }
    }

    /// Since the program started.
    pub fn elapsed(&self) -> Duration {
        self.shell.started.elapsed()
    }

    /// Connects and performs the opening handshake in the background; the listener is told when it succeeded or
    /// failed. A dial that is under way is forgotten.
    pub fn open(&mut self, opening: Opening) {
        self.shell.open(opening);
    }

    /// Forgets a dial that is under way.
    pub fn forget_opening(&mut self) {
        self.shell.forget_opening();
    }

    /// Has the listener told when a descriptor becomes readable or writable. `false` where it cannot be waited
    /// for: a file is always ready.
    #[cfg(unix)]
    pub fn watch(&mut self, source: Source, descriptor: std::os::fd::RawFd) -> io::Result<bool> {
        self.shell.watch(source, descriptor)
    }

    /// Has the listener told, by this number, when one more descriptor becomes readable or writable.
    ///
    /// # Errors
    /// What the system says: a file, for one, cannot be waited for.
    #[cfg(unix)]
    pub fn add_watch(&mut self, source: Source, descriptor: std::os::fd::RawFd) -> io::Result<WatchId> {
        self.shell.add_watch(source, descriptor)
    }

    /// Ends what `watch` or `add_watch` began; to be called before the descriptor is closed.
    #[cfg(unix)]
    pub fn unwatch(&mut self, descriptor: std::os::fd::RawFd) {
        self.shell.unwatch(descriptor);
    }

    /// What wakes the loop from another thread.
    #[cfg(not(unix))]
    pub fn bell(&self) -> std::sync::Arc<mio::Waker> {
        self.shell.bell()
    }

    /// Ends the loop when the listener returns.
    pub fn stop(&mut self) {
        self.shell.stop = true;
    }
}
