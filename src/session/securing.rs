//! A client in its TLS handshake, before it can say anything: each step goes as far as the bytes that are there allow.
//!
//! What comes out is a `Greeting`, with the same time limit: the handshake is a part of a client's time.

use std::time::Instant;

use super::door::{Door, TurnedAway};
use super::greeting::Greeting;
use crate::net::Stream;
use crate::net::tls::{Accepted, Accepting, Acceptor};

/// A client that is not heard yet.
pub(super) struct Securing {
    pub(super) accepting: Accepting,
    pub(super) peer: String,
    pub(super) until: Instant,
    /// There are too many connections; it is told so when it can be told anything.
    one_too_many: bool,
}

/// What came of going on.
pub(super) enum Secured {
    /// There is nothing to do for now.
    Waiting(Box<Securing>),
    /// The client can be heard.
    Done(Box<Greeting>),
    /// It cannot, and its connection is closed.
    Over(String, TurnedAway),
}

impl Securing {
    pub(super) fn new(
        acceptor: &Acceptor,
        stream: Stream,
        peer: String,
        until: Instant,
        one_too_many: bool,
    ) -> Securing {
        Securing { accepting: acceptor.begin(stream), peer, until, one_too_many }
    }

    /// Goes on as far as that is possible.
    pub(super) fn proceed(self, now: Instant, door: &Door) -> Secured {
        if now >= self.until {
            return Secured::Over(self.peer, TurnedAway::TooSlow);
        }
        let Securing { accepting, peer, until, one_too_many } = self;
        match accepting.proceed() {
            Ok(Accepted::Waiting(accepting)) => {
                Secured::Waiting(Box::new(Securing { accepting, peer, until, one_too_many }))
            }
            Ok(Accepted::Done(stream, facts)) => {
                let greeting = Greeting::new(stream, peer, Some(facts), door, until, one_too_many);
                Secured::Done(Box::new(greeting))
            }
            Err(error) => Secured::Over(peer, TurnedAway::Tls(error.to_string())),
        }
    }
}
