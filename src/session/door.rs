//! Where connections come in, and what is said to those who knock (RFC 6455 §4.2).
//!
//! A `Door` listens; who knocks has a `Greeting` until the listener has answered the request. What the RFC says of a
//! request is judged here; who is welcome beyond that, and what a refusal says, is for the listener to decide.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::life::Life;
use crate::net::{Stream, listen, tls};
use crate::wire::Settings;
use crate::wire::handshake::Headers;
use crate::wire::handshake::server::{ClientRequest, Refusal, Upgrade};

/// A listening socket, and how the connections that come in through it behave.
pub struct Door {
    /// Where clients connect.
    pub listener: listen::Listener,
    /// How TLS is spoken with them; `None` where it is not.
    pub tls: Option<tls::Acceptor>,
    /// How their connections behave.
    pub settings: Settings,
    /// How long they wait.
    pub life: Life,
    /// How much is put up with from those who are not let in yet.
    pub limits: Limits,
}

/// How much is put up with from clients in their opening handshake.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time, those in their opening handshake counted; one more gets a 503.
    pub connections: usize,
    /// How long a client may take from its connecting to the end of its request, TLS included.
    pub patience: Duration,
    /// The longest head of a request, in bytes.
    pub head: usize,
}

/// A client that asks to be let in.
pub struct Knock<'a> {
    /// Address and port of the client, or the path of its socket.
    pub peer: &'a str,
    /// The request as it came.
    pub request: &'a ClientRequest,
    /// What it asks for, if it is an opening handshake as the RFC demands; else the answer that the RFC suggests.
    pub upgrade: Result<&'a Upgrade, &'a Refusal>,
}

/// What is said to a client that knocks.
pub enum Answer {
    /// It is let in.
    Welcome(Welcome),
    /// It is not, and its HTTP connection ends with this.
    Refuse(Refusal),
    /// The connection is reset without a word.
    Reset,
}

/// How a client is let in.
#[derive(Clone, Debug, Default)]
pub struct Welcome {
    /// The subprotocol chosen of those it offers.
    pub subprotocol: Option<String>,
    /// Fields of the 101 beside those of the RFC.
    pub headers: Headers,
    /// Whether permessage-deflate is agreed to where the client offers it (RFC 7692).
    pub compress: bool,
    /// How this connection behaves, where that is not as the door says.
    pub settings: Option<Settings>,
    /// The whole response as it is to be sent, right or wrong, instead of a 101 made here.
    pub head: Option<Vec<u8>>,
    /// How slowly the response, and all that follows, is written.
    pub pace: Option<Pace>,
}

/// How slowly bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// At most so many bytes at a time; not 0.
    pub size: usize,
    /// How long is waited between.
    pub every: Duration,
}

/// Why a client did not get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// It was refused with this HTTP status.
    Refused(u16),
    /// It was reset without a word.
    Reset,
    /// What came is no request, or too large: in words.
    Invalid(String),
    /// Its TLS handshake failed: in words.
    Tls(String),
    /// It took too long.
    TooSlow,
    /// It left.
    Left,
    /// There are too many connections.
    TooMany,
    /// Its socket failed: in words.
    Failed(String),
}

impl Door {
    /// The next client that waits, with its address.
    pub(super) fn next(&self) -> io::Result<Option<(Stream, String)>> {
        loop {
            match self.listener.accept() {
                Ok(accepted) => return Ok(Some(accepted)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                // A client that left before it was let in is no reason not to look at the next one.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Answer {
    /// Lets in whom the RFC lets in, with the first subprotocol that is offered.
    pub fn by_the_rules(knock: &Knock<'_>, compress: bool) -> Answer {
        match knock.upgrade {
            Ok(upgrade) => {
                let subprotocol = upgrade.subprotocols.first().cloned();
                Answer::Welcome(Welcome { subprotocol, compress, ..Welcome::default() })
            }
            Err(refusal) => Answer::Refuse(refusal.clone()),
        }
    }
}
