//! What a listener may do while it is told something: send on any link, open and watch, and end the loop.

#[cfg(unix)]
use std::io;
use std::time::{Duration, Instant, SystemTime};

#[cfg(unix)]
use super::engine::Source;
use super::engine::{Links, Shell};
use super::event::Stamp;
use super::link::LinkId;
use super::opening::Opening;
use super::outbound::Outbound;

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

    /// Ends what `watch` began.
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
