//! Connections that come in: the opening handshake as a server (RFC 6455 §4.2), without blocking the loop.
//!
//! A `Door` listens; who knocks has a `Greeting` until its request is complete and judged. Then it is a link like
//! any other.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpListener;

use super::event::Opened;
use super::life::Life;
use super::link::Beginning;
use crate::net::Stream;
use crate::wire::handshake::Headers;
use crate::wire::handshake::server::{self, RequestProgress, RequestReader};
use crate::wire::{Settings, deflate};

/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listening socket, and how the connections that come in through it behave.
pub struct Door {
    /// Where clients connect.
    pub listener: TcpListener,
    /// How their connections behave.
    pub settings: Settings,
    /// How long they wait.
    pub life: Life,
    /// Whether permessage-deflate is agreed to where a client offers it (RFC 7692).
    pub compress: bool,
}

/// A client in its opening handshake.
pub(super) struct Greeting {
    pub(super) stream: Stream,
    reader: RequestReader,
    until: Instant,
}

/// What came of reading on.
pub(super) enum Step {
    /// The request is not complete.
    Waiting(Greeting),
    /// The client was let in.
    Done(Beginning),
}

impl Door {
    /// The next client that waits.
    pub(super) fn next(&self) -> Option<Stream> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return Some(Stream::from_accepted(stream)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                // A client that left before it was let in is no reason not to look at the next one.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => return None,
            }
        }
    }
}

impl Greeting {
    pub(super) fn new(stream: Stream, now: Instant) -> Greeting {
        Greeting { stream, reader: RequestReader::new(), until: now + PATIENCE }
    }

    /// When the client has taken too long.
    pub(super) fn deadline(&self) -> Instant {
        self.until
    }

    /// Reads what has come. A complete request is answered: a good one becomes a link.
    pub(super) fn proceed(mut self, door: &Door) -> io::Result<Step> {
        let mut buffer = [0; 4096];
        loop {
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Step::Waiting(self)),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            match self.reader.feed(&buffer[..count]) {
                Ok(RequestProgress::More) => {}
                Ok(RequestProgress::Done { request, used }) => {
                    return self.answer(&request, &buffer[used..count], door).map(Step::Done);
                }
                Err(error) => {
                    let refusal = server::Refusal::new(400, "Bad Request", error.to_string());
                    return self.refuse(&refusal).map(Step::Done);
                }
            }
        }
    }

    fn answer(mut self, request: &server::ClientRequest, tail: &[u8], door: &Door) -> io::Result<Beginning> {
        let upgrade = match server::check(request) {
            Ok(upgrade) => upgrade,
            Err(refusal) => return self.refuse(&refusal),
        };
        let subprotocol = upgrade.subprotocols.first().cloned();
        let mut extra = Headers::new();
        let offers = upgrade.extensions.iter().map(Vec::as_slice).filter(|_| door.compress);
        let compression = deflate::answer(offers);
        if let Some((_, answer)) = &compression {
            extra.push("Sec-WebSocket-Extensions", answer.as_str());
        }
        let head = server::response_bytes(&upgrade.key, subprotocol.as_deref(), &extra);
        // A new connection's empty send buffer takes a head of this size whole.
        self.stream.write_all(&head)?;
        let opened = Opened {
            status: 101,
            subprotocol,
            offered_subprotocols: upgrade.subprotocols,
            request_headers: request.headers.clone().into_list(),
            response_head: head,
            extensions: compression.as_ref().map(|(_, answer)| answer.clone()).unwrap_or_default(),
            ..Opened::default()
        };
        Ok(Beginning {
            stream: self.stream,
            opened: Arc::new(opened),
            tail: tail.to_vec(),
            settings: Settings { deflate: compression.map(|(agreed, _)| agreed), ..door.settings.clone() },
            life: door.life,
        })
    }

    fn refuse(mut self, refusal: &server::Refusal) -> io::Result<Beginning> {
        self.stream.write_all(&refusal.to_bytes())?;
        Err(ErrorKind::InvalidData.into())
    }
}
