//! The event loop.
//!
//! One turn: wait until a descriptor, the mailbox or a deadline calls; let each link that has something read it and
//! tell its events; give the listener its turn (it reads its input and flushes its output there); write what was
//! queued. Waiting is edge-triggered: a descriptor is used until it would block, and only then waited for, so bytes
//! that came with the opening handshake are handed on before the first wait.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use mio::{Events, Interest, Poll, Registry, Token, Waker};

use super::accept::{Door, Greeting, Step};
use super::control::Control;
use super::event::Event;
use super::link::{Beginning, Link, LinkId};
use super::mailbox::Mailbox;
use super::opening::{self, Established, Opening};
use super::outbound::Outbound;

/// How much is read at a time: large enough for bulk, small enough to stay in the cache.
pub(super) const READ_BUFFER: usize = 256 * 1024;

const BELL: Token = Token(0);
const INPUT: Token = Token(1);
const OUTPUT: Token = Token(2);
const DOOR: Token = Token(3);
const FIRST_LINK: usize = 16;

/// A descriptor of the listener's that the loop can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Where the listener reads from.
    Input,
    /// Where it writes to.
    Output,
}

/// What became of a watched descriptor, which can be used in any case.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// Its other end has gone.
    pub closed: bool,
}

/// Who is told what happens. All of it is called on the loop's thread.
pub trait Listener {
    /// What other threads may send to this listener.
    type Command: Send + 'static;

    /// Something happened on a link. Borrowed payloads last until the return.
    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>);

    /// A dial failed.
    fn failed(&mut self, control: &mut Control<'_>, error: opening::Error);

    /// A command from another thread.
    fn command(&mut self, control: &mut Control<'_>, command: Self::Command);

    /// A watched descriptor is ready.
    fn ready(&mut self, _control: &mut Control<'_>, _source: Source, _ready: Ready) {}

    /// Everything that had arrived has been told; called before each wait. `true` asks for another turn at once.
    fn turn(&mut self, _control: &mut Control<'_>) -> bool {
        false
    }

    /// When `expired` is to be called.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The deadline has come.
    fn expired(&mut self, _control: &mut Control<'_>) {}
}

/// What the loop owns beside its links.
pub(super) struct Shell {
    registry: Registry,
    bell: Arc<Waker>,
    pub(super) buffer: Vec<u8>,
    pub(super) started: Instant,
    pub(super) now: Instant,
    pub(super) stop: bool,
    report: bool,
    dials: u64,
    dialled: Sender<(u64, Result<Established, opening::Error>)>,
}

impl Shell {
    pub(super) fn open(&mut self, opening: Opening) {
        self.dials += 1;
        let (number, results, bell) = (self.dials, self.dialled.clone(), Arc::clone(&self.bell));
        std::thread::spawn(move || {
            let result = opening.run();
            // The loop may have ended meanwhile; then nobody wants to know.
            if results.send((number, result)).is_ok() {
                let _ = bell.wake();
            }
        });
    }

    #[cfg(not(unix))]
    pub(super) fn bell(&self) -> Arc<Waker> {
        Arc::clone(&self.bell)
    }

    pub(super) fn forget_opening(&mut self) {
        self.dials += 1;
    }

    #[cfg(unix)]
    pub(super) fn watch(&mut self, source: Source, descriptor: std::os::fd::RawFd) -> io::Result<bool> {
        let (token, interest) = match source {
            Source::Input => (INPUT, Interest::READABLE),
            Source::Output => (OUTPUT, Interest::WRITABLE),
        };
        match self.registry.register(&mut mio::unix::SourceFd(&descriptor), token, interest) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    pub(super) fn unwatch(&mut self, descriptor: std::os::fd::RawFd) {
        // It may never have been watched.
        let _ = self.registry.deregister(&mut mio::unix::SourceFd(&descriptor));
    }
}

/// The links of a loop by number.
pub(super) struct Links {
    table: HashMap<LinkId, Box<Link>>,
    last: u64,
}

impl Links {
    pub(super) fn outbound(&mut self, id: LinkId) -> Option<&mut Outbound> {
        self.table.get_mut(&id).map(|link| &mut link.outbound)
    }
}

/// The event loop and what it drives.
pub struct Engine<L: Listener> {
    poll: Poll,
    shell: Shell,
    links: Links,
    door: Option<Door>,
    greetings: HashMap<LinkId, Greeting>,
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
        let shell = Shell {
            registry: poll.registry().try_clone()?,
            bell,
            buffer: Vec::new(),
            started,
            now: Instant::now(),
            stop: false,
            report,
            dials: 0,
            dialled: sender,
        };
        let links = Links { table: HashMap::new(), last: 0 };
        let greetings = HashMap::new();
        Ok(Engine { poll, shell, links, door: None, greetings, mailbox, commands, dialled })
    }

    /// The way for other threads to reach the listener.
    pub fn mailbox(&self) -> Mailbox<L::Command> {
        self.mailbox.clone()
    }

    /// Accepts connections, as a server.
    pub fn accept(&mut self, mut door: Door) -> io::Result<()> {
        self.shell.registry.register(&mut door.listener, DOOR, Interest::READABLE)?;
        self.door = Some(door);
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
            busy = self.turns(listener);
        }
        Ok(())
    }

    fn wait(&mut self, events: &mut Events, listener: &L, busy: bool) -> io::Result<()> {
        loop {
            let timeout = match busy {
                true => Some(std::time::Duration::ZERO),
                false => self.deadline(listener).map(|at| at.saturating_duration_since(Instant::now())),
            };
            match self.poll.poll(events, timeout) {
                // As when a stopped process goes on. What is ready is not known then.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn deadline(&self, listener: &L) -> Option<Instant> {
        let links = self.links.table.values().filter_map(|link| link.deadline());
        let greetings = self.greetings.values().map(Greeting::deadline);
        links.chain(greetings).chain(listener.deadline()).min()
    }

    fn woken(&mut self, event: &mio::event::Event, listener: &mut L) {
        let closed = event.is_error() || event.is_write_closed() || event.is_read_closed();
        let ready = Ready { closed };
        match event.token() {
            BELL => {}
            DOOR => self.greet(),
            INPUT => {
                listener.ready(&mut Control::new(&mut self.links, &mut self.shell), Source::Input, ready)
            }
            OUTPUT => {
                listener.ready(&mut Control::new(&mut self.links, &mut self.shell), Source::Output, ready)
            }
            Token(number) => {
                let id = LinkId((number - FIRST_LINK) as u64);
                if let Some(link) = self.links.table.get_mut(&id) {
                    link.woken(closed);
                } else {
                    self.listen_to(id, listener);
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
        let id = self.next_id();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.shell
            .registry
            .register(&mut beginning.stream, token(id), interest)
            .map_err(opening::Error::Local)?;
        self.enter(id, beginning);
        listener.event(&mut Control::new(&mut self.links, &mut self.shell), id, Event::Open(opened));
        Ok(())
    }

    fn next_id(&mut self) -> LinkId {
        self.links.last += 1;
        LinkId(self.links.last)
    }

    fn enter(&mut self, id: LinkId, beginning: Beginning) {
        self.links.table.insert(id, Box::new(Link::new(id, beginning, self.shell.report)));
    }

    /// Takes in all who knock.
    fn greet(&mut self) {
        while let Some(stream) = self.door.as_ref().and_then(Door::next) {
            let id = self.next_id();
            let mut greeting = Greeting::new(stream, self.shell.now);
            let interest = Interest::READABLE | Interest::WRITABLE;
            if self.shell.registry.register(&mut greeting.stream, token(id), interest).is_ok() {
                self.greetings.insert(id, greeting);
            }
        }
    }

    /// Reads on in an opening handshake of a client.
    fn listen_to(&mut self, id: LinkId, listener: &mut L) {
        let (Some(greeting), Some(door)) = (self.greetings.remove(&id), &self.door) else { return };
        match greeting.proceed(door) {
            Ok(Step::Done(beginning)) => {
                let opened = Arc::clone(&beginning.opened);
                self.enter(id, beginning);
                listener.event(&mut Control::new(&mut self.links, &mut self.shell), id, Event::Open(opened));
            }
            Ok(Step::Waiting(greeting)) => {
                self.greetings.insert(id, greeting);
            }
            // A client that did not finish its opening handshake leaves nothing to tell; its socket is closed.
            Err(_) => {}
        }
    }

    fn expire(&mut self, listener: &mut L) {
        let now = self.shell.now;
        for link in self.links.table.values_mut() {
            if link.deadline().is_some_and(|at| at <= now) {
                link.tick(now);
            }
        }
        self.greetings.retain(|_, greeting| greeting.deadline() > now);
        if listener.deadline().is_some_and(|at| at <= now) {
            listener.expired(&mut Control::new(&mut self.links, &mut self.shell));
        }
    }

    /// Gives every link and the listener their turn. `true` if one of them has more to do without waiting.
    fn turns(&mut self, listener: &mut L) -> bool {
        let ids: Vec<LinkId> = self.links.table.keys().copied().collect();
        for &id in &ids {
            self.turn(id, listener);
        }
        // Only now: what came in time is no less in time because we were late to read it.
        self.expire(listener);
        let mut busy = listener.turn(&mut Control::new(&mut self.links, &mut self.shell));
        for id in ids {
            busy |= self.settle(id, listener);
        }
        busy
    }

    fn turn(&mut self, id: LinkId, listener: &mut L) {
        let Some(mut link) = self.links.table.remove(&id) else { return };
        link.turn(&mut self.shell, &mut self.links, listener);
        self.links.table.insert(id, link);
    }

    /// Writes what was queued for a link, and ends it where it is over. `true` if it has more to do.
    fn settle(&mut self, id: LinkId, listener: &mut L) -> bool {
        let Some(mut link) = self.links.table.remove(&id) else { return false };
        link.settle(&mut self.shell, &mut self.links, listener);
        if !link.has_ended() {
            let busy = link.is_busy();
            self.links.table.insert(id, link);
            return busy;
        }
        // Deregistering can fail only for a descriptor that is closed already.
        let _ = self.shell.registry.deregister(&mut link.outbound.stream);
        let ended = link.finish();
        listener.event(&mut Control::new(&mut self.links, &mut self.shell), id, Event::End(ended));
        true
    }
}

fn token(id: LinkId) -> Token {
    Token(FIRST_LINK + id.0 as usize)
}
