//! The listener of a server: lets clients in, shows what they do, hands their messages to the behaviour, and leaves.
//!
//! What is typed at its console is carried out in `orders`.

mod orders;
mod refusal;

use std::time::{Duration, Instant};

use self::refusal::refusal;
use super::admission::Admission;
use super::behaviour::{Behaviour, Talk};
use super::display::{Display, Written};
use super::fault::{Faults, Handled};
use crate::command::Outcome;
use crate::command::client::Order;
use crate::render::escape;
use crate::session::{
    Answer, Control, Direction, Event, Knock, LinkId, Listener, Pause, Ready, Source, TurnedAway, WatchId,
    Welcome, opening,
};

/// How long a client may take to answer our close frame when the server leaves.
const FAREWELL: Duration = Duration::from_secs(1);

/// When those who are still there are given up.
const GRACE: Duration = Duration::from_millis(1400);

/// When the server leaves whatever is left of what its behaviour started.
const LAST: Duration = Duration::from_millis(1700);

/// How often a reader of a full output is looked after.
const OUTPUT_CHECK: Duration = Duration::from_millis(100);

/// What other threads tell a server.
pub enum Command {
    /// The process got this signal.
    Signal(i32),
    /// The terminal has room again.
    Drained,
    /// Somebody typed this at the console.
    Typed(Typed),
}

/// What was typed at a console.
pub enum Typed {
    /// Do it: for one client, or for all.
    Order {
        /// The client.
        to: Option<LinkId>,
        /// What is to be done.
        order: Order,
    },
    /// List the clients.
    Clients,
}

/// A server and all it knows.
pub struct Server {
    behaviour: Box<dyn Behaviour>,
    display: Display,
    compress: bool,
    /// `None` where everybody is let in whom the RFC lets in.
    admission: Option<Admission>,
    faults: Faults,
    /// Whether frames are shown, where that was changed at the console.
    frames: Option<bool>,
    /// Clients that are not read because the output is slow.
    held: Vec<LinkId>,
    leaving: Option<Leaving>,
}

/// The server is on its way out.
struct Leaving {
    outcome: Outcome,
    since: Instant,
    /// Those who were still there have been given up.
    gave_up: bool,
}

impl Server {
    /// A server that does this with messages. `compress`: it agrees to permessage-deflate.
    pub fn new(behaviour: Box<dyn Behaviour>, display: Display, compress: bool) -> Server {
        let (admission, faults) = (None, Faults::default());
        Server {
            behaviour,
            display,
            compress,
            admission,
            faults,
            frames: None,
            held: Vec::new(),
            leaving: None,
        }
    }

    /// The same letting in only those, and misbehaving so.
    pub fn guarded(self, admission: Admission, faults: Faults) -> Server {
        Server { admission: Some(admission), faults, ..self }
    }

    /// Says that clients can come, and what else is to be known from the start.
    pub fn begin(&mut self, control: &mut Control<'_>, url: &str, notices: Vec<String>) {
        let result = self.display.begin(control);
        self.display.listening(url, &control.stamp());
        for text in notices {
            self.show(control, Display::HOUSE, &Event::Notice(text.into()));
        }
        self.written(control, result.map(|()| Written::All));
        if let Err(error) = self.behaviour.begin(control) {
            let text = format!("standard input cannot be read: {}", crate::net::io_text(&error));
            self.show(control, Display::HOUSE, &Event::Error(text.into()));
            self.leave(control, Outcome::Local);
        }
        self.display.begin_typing();
    }

    /// How it ended.
    pub fn outcome(self) -> Outcome {
        self.display.end();
        self.leaving.map_or(Outcome::Local, |leaving| leaving.outcome)
    }

    fn show(&mut self, control: &mut Control<'_>, link: LinkId, event: &Event<'_>) {
        let result = self.display.event(link, event, &|| control.stamp());
        self.written(control, result.map(|()| Written::All));
    }

    /// Says what the behaviour wants to have said, and what was done wrong on purpose.
    fn talk(&mut self, control: &mut Control<'_>) {
        for (link, text) in self.faults.notices() {
            self.show(control, link, &Event::Notice(text.into()));
        }
        for (link, talk) in self.behaviour.talk() {
            let event = match talk {
                Talk::Notice(text) => Event::Notice(text.into()),
                Talk::Error(text) => Event::Error(text.into()),
                Talk::Stderr(line) => Event::Notice(format!("stderr: {}", escape(&line)).into()),
            };
            self.show(control, link.unwrap_or(Display::HOUSE), &event);
        }
    }

    /// Hands a message to the behaviour, and slows its sender while the output is slow.
    fn received(&mut self, control: &mut Control<'_>, link: LinkId, event: &Event<'_>) {
        let Event::Message { kind, payload, .. } = event else { return };
        if self.leaving.is_some() {
            return;
        }
        if self.faults.message(control, link, *kind, payload) == Handled::No {
            self.behaviour.message(control, link, *kind, payload);
        }
        if self.display.is_full()
            && let Some(outbound) = control.link(link)
        {
            outbound.pause_for(Pause::Output, true);
            self.held.push(link);
        }
    }

    /// Those who were slowed go on once the output has room.
    fn flush(&mut self, control: &mut Control<'_>) -> bool {
        let result = self.display.flush();
        self.written(control, result);
        if self.held.is_empty() || self.display.is_full() {
            return false;
        }
        for id in self.held.drain(..) {
            if let Some(outbound) = control.link(id) {
                outbound.pause_for(Pause::Output, false);
            }
        }
        true
    }

    fn written(&mut self, control: &mut Control<'_>, result: std::io::Result<Written>) {
        match result {
            Ok(Written::All) => {}
            Ok(Written::ReaderGone) => self.leave(control, Outcome::Done),
            Err(error) => {
                // What cannot be written is given up, so that this is told once.
                self.display.give_up();
                self.display.complain(&crate::net::io_text(&error));
                self.leave(control, Outcome::Local);
            }
        }
    }

    /// Closes the door, and all connections with 1001.
    fn leave(&mut self, control: &mut Control<'_>, outcome: Outcome) {
        if let Some(leaving) = &mut self.leaving {
            if matches!(outcome, Outcome::Signal(_)) {
                leaving.outcome = outcome;
            }
            return;
        }
        control.close_door();
        self.leaving = Some(Leaving { outcome, since: control.now(), gave_up: false });
        self.behaviour.stop(control);
        for id in control.links() {
            see_off(control, id);
        }
    }

    /// Stops the loop once all are gone.
    fn stop_if_over(&mut self, control: &mut Control<'_>) {
        let Some(leaving) = &self.leaving else { return };
        let is_late = control.now() >= leaving.since + LAST;
        if is_late || (control.links().is_empty() && self.behaviour.is_done()) {
            control.stop();
        }
    }
}

/// Closes a connection because the server leaves.
fn see_off(control: &mut Control<'_>, link: LinkId) {
    if let Some(outbound) = control.link(link) {
        // Where the closing handshake has begun already, it goes on.
        let _ = outbound.close(Some(1001), "");
        outbound.hurry(FAREWELL);
        outbound.read_on();
    }
}

impl Listener for Server {
    type Command = Command;

    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>) {
        self.show(control, link, &event);
        match &event {
            Event::Open(opened) => {
                if let (Some(frames), Some(outbound)) = (self.frames, control.link(link)) {
                    outbound.watch(frames);
                }
                self.faults.opened(control, link);
                self.behaviour.opened(control, link, opened);
                if self.leaving.is_some() {
                    see_off(control, link);
                }
            }
            Event::Message { direction: Direction::Received, .. } => self.received(control, link, &event),
            Event::End(ended) => {
                self.faults.ended(link);
                self.behaviour.ended(control, link, ended);
                self.display.forget(link);
            }
            _ => {}
        }
        self.talk(control);
    }

    fn failed(&mut self, _control: &mut Control<'_>, _error: opening::Error) {}

    fn command(&mut self, control: &mut Control<'_>, command: Command) {
        match command {
            Command::Signal(number) => self.leave(control, Outcome::Signal(number)),
            // The turn that follows looks after the output.
            Command::Drained => {}
            Command::Typed(Typed::Order { to, order }) => self.obey(control, to, order),
            Command::Typed(Typed::Clients) => self.list(control),
        }
        self.talk(control);
    }

    fn knock(&mut self, _control: &mut Control<'_>, link: LinkId, knock: &Knock<'_>) -> Answer {
        let compress = self.compress;
        let answer = match self.admission.as_ref().map(|admission| admission.answer(knock)) {
            None => Answer::by_the_rules(knock, compress),
            Some(Answer::Welcome(welcome)) => Answer::Welcome(Welcome { compress, ..welcome }),
            Some(refusal) => refusal,
        };
        self.faults.answer(link, knock, answer)
    }

    fn turned_away(&mut self, control: &mut Control<'_>, link: LinkId, peer: &str, why: &TurnedAway) {
        self.show(control, link, &refusal(peer, why));
        self.display.forget(link);
    }

    fn ready(&mut self, control: &mut Control<'_>, source: Source, ready: Ready) {
        match source {
            Source::Input => self.behaviour.input(ready),
            Source::Output if ready.closed => self.leave(control, Outcome::Done),
            Source::Output => {}
        }
    }

    fn watched(&mut self, control: &mut Control<'_>, watch: WatchId, ready: Ready) {
        self.behaviour.watched(control, watch, ready);
        self.talk(control);
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        self.behaviour.hold(self.display.is_full());
        let more = self.behaviour.turn(control);
        self.talk(control);
        let again = self.flush(control);
        self.stop_if_over(control);
        more || again
    }

    fn has_spare(&self) -> bool {
        self.display.has_spare()
    }

    fn give_back(&mut self) {
        self.display.give_back();
    }

    fn deadline(&self) -> Option<Instant> {
        let blocked = (!self.held.is_empty()).then(|| Instant::now() + OUTPUT_CHECK);
        let leaving = self.leaving.as_ref().map(|leaving| match leaving.gave_up {
            false => leaving.since + GRACE,
            true => leaving.since + LAST,
        });
        [blocked, leaving, self.behaviour.deadline(), self.faults.deadline()].into_iter().flatten().min()
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        let now = control.now();
        if self.faults.deadline().is_some_and(|at| at <= now) {
            self.faults.expired(control);
            self.talk(control);
        }
        if self.behaviour.deadline().is_some_and(|at| at <= now) {
            self.behaviour.expired(control);
            self.talk(control);
        }
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.since + GRACE <= now) {
            leaving.gave_up = true;
            abandon_all(control);
        }
    }
}

/// Ends all connections without waiting for anything.
fn abandon_all(control: &mut Control<'_>) {
    for id in control.links() {
        if let Some(outbound) = control.link(id) {
            outbound.abandon();
        }
    }
}
