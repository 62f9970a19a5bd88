//! The event loop.
//!
//! One turn: wait until a descriptor, the mailbox or a deadline calls; let each link that has something read it and
//! tell its events; give the listener its turn (it reads its input and flushes its output there); write what was
//! queued. Waiting is edge-triggered: a descriptor is used until it would block, and only then waited for, so bytes
//! that came with the opening handshake are handed on before the first wait.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};

use super::control::Control;
use super::door::Door;
use super::event::Event;
use super::greet::Greeters;
use super::link::{Beginning, Link, LinkId};
use super::links::Links;
use super::listener::{Listener, Ready, Source, WatchId};
use super::mailbox::Mailbox;
use super::opening::{self, Established};
use super::shell::{BELL, DOOR, FIRST_LINK, INPUT, OUTPUT, Shell, token};

/// How much is read at a time: large enough for bulk, small enough to stay in the cache.
pub(super) const READ_BUFFER: usize = 256 * 1024;

/// Whether there is anything to give back of what a start or an opening needed.
const TRIMS: bool = cfg!(target_os = "linux");

/// After so long without anything to do it is given back, once for the start and once for each opening, and so are
/// buffers that hold nothing, once after each use. A session that does something more often than that keeps all of it.
const QUIET: Duration = Duration::from_millis(250);

/// The event loop and what it drives.
pub struct Engine<L: Listener> {
    poll: Poll,
    pub(super) shell: Shell,
    pub(super) links: Links,
    pub(super) greeters: Greeters,
    /// There may be something to give back.
    trims: bool,
    mailbox: Mailbox<L::Command>,
    commands: Receiver<L::Command>,
    dialled: Receiver<(u64, Result<Established, opening::Error>)>,
}

impl<L: Listener> Engine<L> {
    /// A loop without links. `started` is what elapsed times count from; with `report` the listener is told what
    /// it sent itself, too.
    pub fn new(started: Instant, report: bool) -> io::Result<Engine<L>> {
        let poll = Poll::new()?;
        let bell = Arc::new(Waker::new(poll.registry(), BELL)?);
        let (mailbox, commands) = Mailbox::new(Arc::clone(&bell));
        let (sender, dialled) = channel();
        let shell = Shell::new(poll.registry().try_clone()?, bell, started, report, sender);
        let links = Links::new();
        let greeters = Greeters::default();
        Ok(Engine { poll, shell, links, greeters, trims: TRIMS, mailbox, commands, dialled })
    }

    /// Has the listener told what it sends from now on, too, or not.
    pub fn report(&mut self, report: bool) {
        self.shell.report = report;
    }

    /// The way for other threads to reach the listener.
    pub fn mailbox(&self) -> Mailbox<L::Command> {
        self.mailbox.clone()
    }

    /// Accepts connections, as a server.
    pub fn accept(&mut self, mut door: Door) -> io::Result<()> {
        self.shell.registry.register(&mut door.listener, DOOR, Interest::READABLE)?;
        self.greeters.door = Some(door);
        Ok(())
    }

    /// Runs `begin`, then the loop until the listener stops it.
    pub fn run(&mut self, listener: &mut L, begin: impl FnOnce(&mut L, &mut Control<'_>)) -> io::Result<()> {
        begin(listener, &mut Control::new(&mut self.links, &mut self.shell));
        let mut events = Events::with_capacity(256);
        let mut busy = self.turns(listener);
        while !self.shell.stop {
            self.wait(&mut events, listener, busy)?;
            self.shell.now = Instant::now();
            for event in &events {
                self.woken(event, listener);
            }
            self.post(listener);
            self.greet(listener);
            if self.shell.closed {
                self.greeters = Greeters::default();
            }
            busy = self.turns(listener);
        }
        Ok(())
    }

    fn wait(&mut self, events: &mut Events, listener: &mut L, busy: bool) -> io::Result<()> {
        loop {
            let timeout = match busy {
                true => Some(Duration::ZERO),
                false => self.deadline(listener).map(|at| at.saturating_duration_since(Instant::now())),
            };
            let rests = timeout.is_none_or(|timeout| timeout > QUIET);
            let trims = rests && (self.trims || self.shell.has_spare || listener.has_spare());
            match self.poll.poll(events, if trims { Some(QUIET) } else { timeout }) {
                // As when a stopped process goes on. What is ready is not known then.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(()) if trims && events.is_empty() => self.give_back(listener),
                other => return other,
            }
        }
    }

    /// Nothing happens at present: what is not needed meanwhile is given back.
    fn give_back(&mut self, listener: &mut L) {
        listener.give_back();
        self.shell.buffer = Vec::new();
        if std::mem::take(&mut self.shell.has_spare) {
            self.links.give_back();
        }
        #[cfg(target_os = "linux")]
        super::footprint::give_back(std::mem::take(&mut self.trims));
    }

    fn deadline(&self, listener: &L) -> Option<Instant> {
        self.links.deadline().into_iter().chain(listener.deadline()).min()
    }

    fn woken(&mut self, event: &mio::event::Event, listener: &mut L) {
        let closed = event.is_error() || event.is_write_closed() || event.is_read_closed();
        let ready = Ready { closed };
        match event.token() {
            BELL => {}
            DOOR => self.greeters.knocked = true,
            INPUT => {
                listener.ready(&mut Control::new(&mut self.links, &mut self.shell), Source::Input, ready)
            }
            OUTPUT => {
                listener.ready(&mut Control::new(&mut self.links, &mut self.shell), Source::Output, ready)
            }
            Token(number) if number % 2 == 1 => {
                let id = WatchId(number);
                listener.watched(&mut Control::new(&mut self.links, &mut self.shell), id, ready);
            }
            Token(number) => {
                let id = LinkId((number - FIRST_LINK) as u64 / 2);
                if let Some(link) = self.links.wake(id) {
                    link.woken(closed);
                } else {
                    self.greet_on(id, listener);
                }
            }
        }
    }

    /// Delivers commands and finished dials.
    fn post(&mut self, listener: &mut L) {
        while let Ok(command) = self.commands.try_recv() {
            listener.command(&mut Control::new(&mut self.links, &mut self.shell), command);
        }
        while let Ok((number, result)) = self.dialled.try_recv() {
            if number != self.shell.dials {
                continue;
            }
            match result.and_then(|established| self.attach(established.into(), listener)) {
                Ok(()) => {}
                Err(error) => listener.failed(&mut Control::new(&mut self.links, &mut self.shell), error),
            }
        }
    }

    /// Makes a link of a connection whose opening handshake is done.
    fn attach(&mut self, mut beginning: Beginning, listener: &mut L) -> Result<(), opening::Error> {
        let opened = Arc::clone(&beginning.opened);
        beginning.stream.set_nonblocking().map_err(opening::Error::Local)?;
        let id = self.links.next_id();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.shell
            .registry
            .register(&mut beginning.stream, token(id), interest)
            .map_err(opening::Error::Local)?;
        self.enter(id, beginning);
        listener.event(&mut Control::new(&mut self.links, &mut self.shell), id, Event::Open(opened));
        Ok(())
    }

    pub(super) fn enter(&mut self, id: LinkId, beginning: Beginning) {
        // A start whose pages were given back while an opening took its time needs them for the rest of it.
        self.trims = TRIMS;
        self.links.put(Box::new(Link::new(id, beginning, self.shell.report)));
        self.links.wake(id);
    }

    fn expire(&mut self, listener: &mut L) {
        let now = self.shell.now;
        while let Some(id) = self.links.due(now) {
            match self.links.wake(id) {
                Some(link) => {
                    link.timer = None;
                    link.tick(now);
                }
                None => self.greet_on(id, listener),
            }
        }
        if listener.deadline().is_some_and(|at| at <= now) {
            listener.expired(&mut Control::new(&mut self.links, &mut self.shell));
        }
    }

    /// Gives every link that was woken, and the listener, their turn. `true` if one of them has more to do without
    /// waiting.
    fn turns(&mut self, listener: &mut L) -> bool {
        let woken = self.links.take_ready();
        for &id in &woken {
            if let Some(mut link) = self.links.take(id) {
                link.turn(&mut self.shell, &mut self.links, listener);
                self.links.put(link);
            }
        }
        // Only now: what came in time is no less in time because we were late to read it.
        self.expire(listener);
        let more = listener.turn(&mut Control::new(&mut self.links, &mut self.shell));
        // Those that the listener had in its hands are settled with the others, each once.
        for id in woken {
            self.links.wake(id);
        }
        for id in self.links.take_ready() {
            self.settle(id, listener);
        }
        more || self.links.has_ready() || std::mem::take(&mut self.shell.again)
    }

    /// Writes what was queued for a link, and ends it where it is over.
    fn settle(&mut self, id: LinkId, listener: &mut L) {
        let Some(mut link) = self.links.take(id) else { return };
        link.settle(&mut self.shell, &mut self.links, listener);
        self.shell.has_spare |= link.has_spare();
        if !link.has_ended() {
            return self.links.rest(link);
        }
        self.links.forget(&link);
        // Deregistering can fail only for a descriptor that is closed already.
        let _ = self.shell.registry.deregister(&mut link.outbound.stream);
        let ended = link.finish();
        listener.event(&mut Control::new(&mut self.links, &mut self.shell), id, Event::End(ended));
        // The listener may want to go on, or to stop, at once.
        self.shell.again = true;
    }
}
