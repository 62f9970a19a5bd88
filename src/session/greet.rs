//! The part of the loop that takes in clients: accepting, asking the listener about each, and making links of them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::Interest;

use super::control::Control;
use super::door::{Door, Knock, TurnedAway};
use super::engine::Engine;
use super::event::Event;
use super::greeting::{Asking, FAREWELL, Greeting, Step};
use super::link::LinkId;
use super::listener::Listener;
use super::securing::{Secured, Securing};
use super::shell::token;
use crate::net::Stream;
use crate::wire::handshake::server;

/// How many clients are accepted before those who are in get their turn again.
const AT_ONCE: usize = 64;

/// How long nobody is accepted where the system has no descriptors left.
const BREATHER: Duration = Duration::from_millis(100);

/// So many clients may be on their way out beyond the limit of connections; the next ones are closed without a word.
const SEEN_OFF: usize = 64;

/// The number that stands for the door among the timers; no link has it.
const DOOR: LinkId = LinkId(0);

/// The door, and those who stand in it.
#[derive(Default)]
pub(super) struct Greeters {
    pub(super) door: Option<Door>,
    /// Somebody may wait outside.
    pub(super) knocked: bool,
    visitors: HashMap<LinkId, (Visitor, Instant)>,
}

/// Somebody who is not let in yet.
enum Visitor {
    Securing(Box<Securing>),
    Greeting(Box<Greeting>),
}

impl<L: Listener> Engine<L> {
    /// Takes in those who wait outside.
    pub(super) fn greet(&mut self, listener: &mut L) {
        for _ in 0..AT_ONCE {
            let Some(door) = self.greeters.door.as_ref().filter(|_| self.greeters.knocked) else { return };
            match door.next() {
                Ok(Some((stream, peer))) => self.receive(stream, peer, listener),
                Ok(None) => self.greeters.knocked = false,
                Err(error) => return self.catch_breath(&error, listener),
            }
        }
        self.shell.again = true;
    }

    /// Out of descriptors: those who are in go on, and the others wait.
    fn catch_breath(&mut self, error: &io::Error, listener: &mut L) {
        self.greeters.knocked = false;
        let until = self.shell.now + BREATHER;
        self.links.set_timer(DOOR, None, Some(until));
        let text = format!("no more connections can be accepted for now: {}", crate::net::io_text(error));
        let mut control = Control::new(&mut self.links, &mut self.shell);
        listener.event(&mut control, DOOR, Event::Error(text.into()));
    }

    fn receive(&mut self, mut stream: Stream, peer: String, listener: &mut L) {
        let Some(door) = &self.greeters.door else { return };
        let (now, id) = (self.shell.now, self.links.next_id());
        let count = self.links.count() + self.greeters.visitors.len();
        if count >= door.limits.connections + SEEN_OFF {
            return self.tell_turned_away(id, &peer, &TurnedAway::TooMany, listener);
        }
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.shell.registry.register(&mut stream, token(id), interest) {
            let why = TurnedAway::Failed(crate::net::io_text(&error));
            return self.tell_turned_away(id, &peer, &why, listener);
        }
        let one_too_many = count >= door.limits.connections;
        // There are few places for those, so that none of them may take its time.
        let patience = if one_too_many { door.limits.patience.min(FAREWELL) } else { door.limits.patience };
        let until = now + patience;
        match &door.tls {
            Some(acceptor) => {
                let securing = Securing::new(acceptor, stream, peer, until, one_too_many);
                self.keep(id, Visitor::Securing(Box::new(securing)), until);
            }
            None => {
                let greeting = Greeting::new(stream, peer, None, door, until, one_too_many);
                self.keep_greeting(id, greeting);
            }
        }
    }

    /// A client in its opening handshake can go on.
    pub(super) fn greet_on(&mut self, id: LinkId, listener: &mut L) {
        if id == DOOR {
            self.greeters.knocked = true;
            return self.greet(listener);
        }
        let Some((visitor, timer)) = self.greeters.visitors.remove(&id) else { return };
        self.links.set_timer(id, Some(timer), None);
        let Some(door) = &self.greeters.door else { return };
        let now = self.shell.now;
        let greeting = match visitor {
            Visitor::Greeting(greeting) => *greeting,
            Visitor::Securing(securing) => match securing.proceed(now, door) {
                Secured::Done(greeting) => *greeting,
                Secured::Waiting(securing) => {
                    let until = securing.until;
                    return self.keep(id, Visitor::Securing(securing), until);
                }
                Secured::Over(peer, why) => return self.tell_turned_away(id, &peer, &why, listener),
            },
        };
        let step = greeting.proceed(now, door);
        self.step(id, step, listener);
    }

    fn keep_greeting(&mut self, id: LinkId, greeting: Greeting) {
        let timer = greeting.deadline();
        self.keep(id, Visitor::Greeting(Box::new(greeting)), timer);
    }

    fn keep(&mut self, id: LinkId, visitor: Visitor, timer: Instant) {
        self.links.set_timer(id, None, Some(timer));
        self.greeters.visitors.insert(id, (visitor, timer));
    }

    fn step(&mut self, id: LinkId, mut step: Step, listener: &mut L) {
        if let Step::Asks(asking) = step {
            step = self.ask(id, *asking, listener);
        }
        match step {
            Step::Waiting(greeting) => self.keep_greeting(id, greeting),
            Step::Entered(beginning, pace) => {
                let opened = Arc::clone(&beginning.opened);
                self.enter(id, *beginning);
                let mut control = Control::new(&mut self.links, &mut self.shell);
                if let Some(outbound) = control.link(id) {
                    outbound.slow_down(pace);
                }
                listener.event(&mut control, id, Event::Open(opened));
            }
            Step::Over(mut greeting, why) => {
                // Deregistering can fail only for a descriptor that is closed already.
                let _ = self.shell.registry.deregister(&mut greeting.stream);
                self.tell_turned_away(id, &greeting.peer, &why, listener);
            }
            // An answered request asks nothing more.
            Step::Asks(_) => {}
        }
    }

    /// Has the listener answer a request.
    fn ask(&mut self, id: LinkId, asking: Asking, listener: &mut L) -> Step {
        let upgrade = server::check(&asking.request);
        let knock =
            Knock { peer: &asking.greeting.peer, request: &asking.request, upgrade: upgrade.as_ref() };
        let answer = listener.knock(&mut Control::new(&mut self.links, &mut self.shell), id, &knock);
        let now = self.shell.now;
        match &self.greeters.door {
            Some(door) => asking.answer(answer, upgrade.as_ref().ok(), door, now),
            None => Step::Over(asking.greeting, TurnedAway::Left),
        }
    }

    fn tell_turned_away(&mut self, id: LinkId, peer: &str, why: &TurnedAway, listener: &mut L) {
        let mut control = Control::new(&mut self.links, &mut self.shell);
        listener.turned_away(&mut control, id, peer, why);
    }
}
