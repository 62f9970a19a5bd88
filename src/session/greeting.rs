//! A client in its opening handshake, as the server sees it: reading, answering, and seeing off those who are refused.
//!
//! Nothing waits here; the loop calls again when the socket is ready or the time has come. A refused client gets its
//! answer whole: the socket is closed only when it has read it, or has had its time.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::door::{Answer, Door, Pace, TurnedAway, Welcome};
use super::event::Opened;
use super::link::Beginning;
use crate::net::{self, Stream, TlsFacts};
use crate::wire::handshake::server::{self, ClientRequest, Refusal, RequestProgress, RequestReader, Upgrade};
use crate::wire::{Settings, deflate};

/// How long a client that was refused may take to read why.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// A client that is not let in yet.
pub(super) struct Greeting {
    pub(super) stream: Stream,
    pub(super) peer: String,
    tls: Option<TlsFacts>,
    stage: Stage,
    until: Instant,
    /// There are too many connections; its request is answered with that.
    one_too_many: bool,
}

enum Stage {
    Reading(RequestReader),
    Answering(Box<Answering>),
    /// The answer is sent; what still comes is of no interest.
    SeeingOff(TurnedAway),
}

struct Answering {
    bytes: Vec<u8>,
    written: usize,
    pace: Option<Pace>,
    /// When more may be written.
    next: Option<Instant>,
    then: Then,
}

/// What follows the answer.
enum Then {
    Enter(Box<Entrance>),
    Leave(TurnedAway),
}

/// What the link of a client that was let in is made of.
struct Entrance {
    opened: Opened,
    tail: Vec<u8>,
    settings: Settings,
    pace: Option<Pace>,
}

/// A request that waits for its answer.
pub(super) struct Asking {
    pub(super) greeting: Greeting,
    pub(super) request: ClientRequest,
    /// What came behind the request.
    tail: Vec<u8>,
}

/// What came of going on.
pub(super) enum Step {
    /// There is nothing to do for now.
    Waiting(Greeting),
    /// A request is to be answered.
    Asks(Box<Asking>),
    /// The client is in.
    Entered(Box<Beginning>, Option<Pace>),
    /// It is not, and its socket can be closed.
    Over(Greeting, TurnedAway),
}

impl Greeting {
    pub(super) fn new(
        stream: Stream,
        peer: String,
        tls: Option<TlsFacts>,
        door: &Door,
        until: Instant,
        one_too_many: bool,
    ) -> Greeting {
        let stage = Stage::Reading(RequestReader::with_limit(door.limits.head));
        Greeting { stream, peer, tls, stage, until, one_too_many }
    }

    /// When `proceed` is to be called although nothing came.
    pub(super) fn deadline(&self) -> Instant {
        match &self.stage {
            Stage::Answering(answering) => answering.next.map_or(self.until, |next| next.min(self.until)),
            _ => self.until,
        }
    }

    /// Goes on as far as that is possible.
    pub(super) fn proceed(mut self, now: Instant, door: &Door) -> Step {
        if now >= self.until {
            let why = match self.stage {
                Stage::SeeingOff(why) => why,
                _ => TurnedAway::TooSlow,
            };
            self.stage = Stage::SeeingOff(why.clone());
            return Step::Over(self, why);
        }
        let result = match self.stage {
            Stage::Reading(_) => return self.read(now, door),
            Stage::Answering(_) => return self.write(now, door),
            Stage::SeeingOff(_) => self.drain(),
        };
        match (result, &self.stage) {
            (Ok(false), _) => Step::Waiting(self),
            (_, Stage::SeeingOff(why)) => {
                let why = why.clone();
                Step::Over(self, why)
            }
            (_, _) => Step::Over(self, TurnedAway::Left),
        }
    }

    fn read(mut self, now: Instant, door: &Door) -> Step {
        let mut buffer = [0; 4096];
        loop {
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => return Step::Over(self, TurnedAway::Left),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Step::Waiting(self),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return self.broken(&error),
            };
            let Stage::Reading(reader) = &mut self.stage else { return Step::Waiting(self) };
            match reader.feed(&buffer[..count]) {
                Ok(RequestProgress::More) => {}
                // Not before: an answer that comes ahead of its request belongs to none (RFC 9112 §9.2).
                Ok(RequestProgress::Done { .. }) if self.one_too_many => {
                    let refusal = Refusal::new(503, "Service Unavailable", "too many connections");
                    self.refuse(&refusal.with("Retry-After", "1"), TurnedAway::TooMany, now);
                    return self.proceed(now, door);
                }
                Ok(RequestProgress::Done { request, used }) => {
                    let tail = buffer[used..count].to_vec();
                    return Step::Asks(Box::new(Asking { greeting: self, request, tail }));
                }
                Err(error) => {
                    let text = error.to_string();
                    let refusal = Refusal::new(400, "Bad Request", text.clone());
                    self.refuse(&refusal, TurnedAway::Invalid(text), now);
                    // No edge tells that the socket can be written.
                    return self.proceed(now, door);
                }
            }
        }
    }

    fn refuse(&mut self, refusal: &Refusal, why: TurnedAway, now: Instant) {
        self.until = now + FAREWELL;
        self.answer_with(refusal.to_bytes(), None, Then::Leave(why));
    }

    fn answer_with(&mut self, bytes: Vec<u8>, pace: Option<Pace>, then: Then) {
        self.stage = Stage::Answering(Box::new(Answering { bytes, written: 0, pace, next: None, then }));
    }

    /// Writes as much of the answer as the socket takes, and the pace allows.
    fn write(mut self, now: Instant, door: &Door) -> Step {
        let Stage::Answering(answering) = &mut self.stage else { return Step::Waiting(self) };
        while answering.written < answering.bytes.len() {
            if answering.next.is_some_and(|next| next > now) {
                return Step::Waiting(self);
            }
            let rest = &answering.bytes[answering.written..];
            let size = answering.pace.map_or(rest.len(), |pace| pace.size.min(rest.len()));
            match self.stream.write(&rest[..size]) {
                Ok(written) => {
                    answering.written += written;
                    answering.next = answering.pace.and_then(|pace| now.checked_add(pace.every));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Step::Waiting(self),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.broken(&error),
            }
        }
        self.answered(now, door)
    }

    fn answered(mut self, now: Instant, door: &Door) -> Step {
        let Stage::Answering(answering) =
            std::mem::replace(&mut self.stage, Stage::SeeingOff(TurnedAway::Left))
        else {
            return Step::Waiting(self);
        };
        match answering.then {
            Then::Enter(entrance) => {
                let Entrance { opened, tail, settings, pace } = *entrance;
                let (stream, opened) = (self.stream, Arc::new(opened));
                let beginning = Beginning { stream, opened, tail, settings, life: door.life };
                Step::Entered(Box::new(beginning), pace)
            }
            Then::Leave(why) => {
                self.stage = Stage::SeeingOff(why);
                // The client may have gone; then reading says so.
                let _ = self.stream.shutdown_write();
                self.proceed(now, door)
            }
        }
    }

    /// Reads what still comes, so that closing does not reset what the client has not read. `true` at its end.
    fn drain(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn broken(self, error: &io::Error) -> Step {
        let why = TurnedAway::Failed(net::io_text(error));
        Step::Over(self, why)
    }
}

impl Asking {
    /// Answers the request; the greeting then goes on.
    pub(super) fn answer(self, answer: Answer, upgrade: Option<&Upgrade>, door: &Door, now: Instant) -> Step {
        let Asking { mut greeting, request, tail } = self;
        match (answer, upgrade) {
            (Answer::Welcome(welcome), Some(upgrade)) => {
                greeting.welcome(welcome, &request, upgrade, tail, door);
                greeting.proceed(now, door)
            }
            (Answer::Refuse(refusal), _) => {
                let status = refusal.status;
                greeting.refuse(&refusal, TurnedAway::Refused(status), now);
                greeting.proceed(now, door)
            }
            (Answer::Reset | Answer::Welcome(_), _) => {
                greeting.stream.reset_on_close();
                Step::Over(greeting, TurnedAway::Reset)
            }
        }
    }
}

impl Greeting {
    fn welcome(
        &mut self,
        welcome: Welcome,
        request: &ClientRequest,
        upgrade: &Upgrade,
        tail: Vec<u8>,
        door: &Door,
    ) {
        let Welcome { subprotocol, mut headers, compress, settings, head, pace } = welcome;
        let offers = upgrade.extensions.iter().map(Vec::as_slice).filter(|_| compress);
        let compression = deflate::answer(offers);
        if let Some((_, answer)) = &compression {
            headers.push("Sec-WebSocket-Extensions", answer.as_str());
        }
        let head =
            head.unwrap_or_else(|| server::response_bytes(&upgrade.key, subprotocol.as_deref(), &headers));
        let host = request.headers.get("Host").map(String::from_utf8_lossy).unwrap_or_default();
        let scheme = if self.stream.is_tls() { "wss" } else { "ws" };
        let opened = Opened {
            url: format!("{scheme}://{host}{}", request.target),
            peer: self.peer.clone(),
            accepted: true,
            tls: self.tls.take(),
            status: 101,
            subprotocol,
            offered_subprotocols: upgrade.subprotocols.clone(),
            request_head: request.raw.clone(),
            request_headers: request.headers.clone().into_list(),
            response_head: head.clone(),
            extensions: compression.as_ref().map(|(_, answer)| answer.clone()).unwrap_or_default(),
            ..Opened::default()
        };
        let settings = settings.unwrap_or_else(|| door.settings.clone());
        let settings = Settings { deflate: compression.map(|(agreed, _)| agreed), ..settings };
        self.answer_with(head, pace, Then::Enter(Box::new(Entrance { opened, tail, settings, pace })));
    }
}
