//! TLS as a server: the configuration of a program run, and handshakes that never wait.
//!
//! `command` builds one `Acceptor` before it listens, so that what is wrong with certificate and key is told first.
//! `session` then begins a handshake for each connection and calls `proceed` whenever its socket is ready; how long
//! that may take, is up to it.

mod fault;
#[cfg(any(windows, target_vendor = "apple"))]
#[path = "native.rs"]
mod handshake;
#[cfg(not(any(windows, target_vendor = "apple")))]
#[path = "openssl.rs"]
mod handshake;
mod options;

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use mio::event::Source;
use mio::{Interest, Registry, Token};

pub use fault::ClientFault;
pub use options::{ServerIdentity, ServerOptions};

use self::handshake::{Context, Handshake};
use super::alert::Alert;
use super::certificate::Certificate;
use super::error::{Error, reason};
use super::hello::{Opening, looks_like_tls};
use super::identity::{self, Pair};
use super::inspect::facts;
use super::library::Session;
use super::options::{check_versions, versions_text};
use super::self_signed;
use super::stream::{Blocked, End, Stream as TlsStream};
use super::tap::{Observer, Seen, Tap, lock};
use crate::net::{Stream, TlsFacts};

/// So many bytes of what is not TLS are kept for the error.
const SENT_SHOWN: usize = 16;

/// The TLS configuration of a server, ready for handshakes. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor {
    context: Context,
    asks_certificate: bool,
    allowed: Arc<str>,
}

/// A handshake under way.
pub struct Accepting {
    state: State,
    acceptor: Acceptor,
    observer: Observer,
}

enum State {
    Begun(Tap<Stream>),
    Going(Handshake),
}

/// What came of going on with the library's handshake.
enum Step {
    /// The socket has nothing more, or takes nothing more.
    Waiting(Handshake),
    /// It is over.
    Done(Session<Stream>),
    /// It failed.
    Failed(Failure),
}

/// What the library tells of a failed handshake.
struct Failure {
    text: String,
    /// Why the client's certificate was not accepted, where that was it.
    refused: Option<ClientFault>,
}

/// What came of a step of the handshake.
#[derive(Debug)]
pub enum Accepted {
    /// It waits for the socket.
    Waiting(Accepting),
    /// It is over. The facts tell the client's certificate, where it sent one.
    Done(Stream, TlsFacts),
}

impl Acceptor {
    /// Reads the files that the options name, makes a certificate where one is to be made, and builds the
    /// configuration.
    ///
    /// # Errors
    /// `Usage`; `File` and `Unwritten`; `Identity` and `Trust` where a file does not parse or match.
    pub fn new(options: &ServerOptions) -> Result<Acceptor, Error> {
        check_versions(options.min, options.max).map_err(Error::Usage)?;
        let pair = match &options.identity {
            ServerIdentity::SelfSigned { ca_out } => make_pair(ca_out.as_deref())?,
            files => match files.source() {
                Some(source) => identity::load(&source)?,
                None => make_pair(None)?,
            },
        };
        let context = handshake::context(options, pair)?;
        let allowed = versions_text(options.min, options.max).into();
        Ok(Acceptor { context, asks_certificate: options.client_ca.is_some(), allowed })
    }

    /// Begins a handshake on a non-blocking stream; `proceed` does the first step of it. Where the stream is registered
    /// with mio already, it stays so.
    pub fn begin(&self, stream: Stream) -> Accepting {
        let observer = Observer::default();
        let tap = Tap::one_of_many(stream, Arc::clone(&observer));
        Accepting { state: State::Begun(tap), acceptor: self.clone(), observer }
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acceptor").field("asks_certificate", &self.asks_certificate).finish_non_exhaustive()
    }
}

fn make_pair(ca_out: Option<&Path>) -> Result<Pair, Error> {
    let made = self_signed::make().map_err(|error| Error::Library(error.to_string()))?;
    let pair = identity::pair(&made.chain, &made.key).map_err(Error::Library)?;
    if let Some(path) = ca_out {
        std::fs::write(path, &made.authority)
            .map_err(|cause| Error::Unwritten { path: path.to_owned(), cause })?;
    }
    Ok(pair)
}

impl Accepting {
    /// Goes on as far as the bytes that are there allow. To be called once at first, and then when the socket is
    /// ready for what [`Accepting::blocked`] says.
    ///
    /// # Errors
    /// `Client` for what the client did; `Socket` where the connection failed. The alert that tells the client was
    /// sent by then, as far as the socket took it.
    pub fn proceed(self) -> Result<Accepted, Error> {
        let Accepting { state, acceptor, observer } = self;
        let handshake = match state {
            State::Begun(tap) => Handshake::new(&acceptor.context, tap).map_err(Error::Library)?,
            State::Going(handshake) => handshake,
        };
        match handshake.proceed() {
            Step::Waiting(handshake) => {
                Ok(Accepted::Waiting(Accepting { state: State::Going(handshake), acceptor, observer }))
            }
            Step::Done(session) => {
                let stream = TlsStream::new(session, End::Server);
                let facts = acceptor.facts(&stream, &lock(&observer));
                Ok(Accepted::Done(Stream::over_tls(stream), facts))
            }
            Step::Failed(failure) => Err(acceptor.explain(failure, &lock(&observer))),
        }
    }

    /// What the last step waits for; `None` before the first.
    pub fn blocked(&self) -> Option<Blocked> {
        self.tap().blocked()
    }

    fn tap(&self) -> &Tap<Stream> {
        match &self.state {
            State::Begun(tap) => tap,
            State::Going(handshake) => handshake.tap(),
        }
    }

    fn stream_mut(&mut self) -> &mut Stream {
        match &mut self.state {
            State::Begun(tap) => tap.socket_mut(),
            State::Going(handshake) => handshake.tap_mut().socket_mut(),
        }
    }
}

impl Acceptor {
    fn facts(&self, stream: &TlsStream<Stream>, seen: &Seen) -> TlsFacts {
        let leaf = stream.peer_certificate().and_then(|der| Certificate::from_der(&der));
        let verified = self.asks_certificate && leaf.is_some();
        facts(Opening::read(&seen.sent).agreed, leaf.as_ref(), verified)
    }

    /// Finds out why a handshake failed. What the client said counts before what the library made of it.
    fn explain(&self, failure: Failure, seen: &Seen) -> Error {
        match &seen.failure {
            Some((ErrorKind::WouldBlock, _)) | None => {}
            Some((kind, what)) => return Error::Socket { kind: *kind, what: what.clone() },
        }
        let Failure { text, refused } = failure;
        let fault = if let Some(fault) = refused {
            fault
        } else if !looks_like_tls(&seen.received) {
            ClientFault::NotTls { sent: seen.received.iter().copied().take(SENT_SHOWN).collect() }
        } else if let Some(alert) = Alert::in_text(&text).or(Opening::read(&seen.received).alert) {
            ClientFault::Refused(alert)
        } else if seen.ended {
            ClientFault::Closed
        } else if let Some(fault) = ClientFault::in_text(&text, &self.allowed) {
            fault
        } else {
            return Error::Library(reason(&text));
        };
        Error::Client(fault)
    }
}

impl std::fmt::Debug for Accepting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accepting").field("blocked", &self.blocked()).finish_non_exhaustive()
    }
}

impl Source for Accepting {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.stream_mut().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.stream_mut().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.stream_mut().deregister(registry)
    }
}
