//! A TLS connection after its handshake: reading, writing, and how it ended.
//!
//! It behaves as its socket does: blocking, with a deadline, or non-blocking. It never waits by itself. `net::Stream`
//! holds one.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use super::error::Error;
use super::library::Session;
pub use super::tap::Blocked;

/// A TLS stream over the socket `S`.
///
/// After a WouldBlock, `blocked` tells what to wait for; then the same call is made again, a write with the same
/// bytes at its front. An error in which [`super::of_io`] finds a TLS error comes from TLS (often an alert: under
/// TLS 1.3 a refused client certificate shows on the first read); every other one comes from the socket as it is.
#[derive(Debug)]
pub struct Stream<S> {
    session: Session<S>,
    ending: Option<Ending>,
    end: End,
    /// Bytes that were encrypted, a record each, and where in the encrypted stream that ends: they are told as written
    /// once the socket has taken it.
    owed: VecDeque<(u64, usize)>,
}

/// Which end of the connection is ours; errors are told from there.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// The peer is a server, to which we may have shown a certificate.
    Client { has_identity: bool },
    /// The peer is a client.
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    CloseNotify,
    Truncated,
}

impl<S: Read + Write> Stream<S> {
    /// Takes a connection whose handshake is over.
    pub(super) fn new(mut session: Session<S>, end: End) -> Self {
        session.tap_mut().close_observer();
        Self { session, ending: None, end, owed: VecDeque::new() }
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        self.session.tap().socket()
    }

    /// The socket, to set it up; reading or writing it directly breaks the stream.
    pub fn get_mut(&mut self) -> &mut S {
        self.session.tap_mut().socket_mut()
    }

    /// Whether reading ended by a bare FIN, without close_notify (RFC 8446 §6.1): data may be missing.
    pub fn truncated(&self) -> bool {
        self.ending == Some(Ending::Truncated)
    }

    /// Bytes that are here already: decrypted, or received and not yet decrypted. Where it is not 0, read before
    /// waiting for the socket.
    pub fn buffered(&self) -> usize {
        self.session.decrypted() + self.session.tap().buffered()
    }

    /// What the last call waited for, where it returned WouldBlock.
    pub fn blocked(&self) -> Option<Blocked> {
        self.session.tap().blocked()
    }

    /// Sends close_notify. The socket stays open in both directions; its owner half-closes it.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.session.tap_mut().begin();
        let result = self.session.shutdown();
        self.explain(result)?;
        self.session.tap_mut().write_held()
    }

    /// The peer's certificate as DER.
    pub(super) fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.session.peer_certificate()
    }

    /// Tells errors of TLS from errors of the socket.
    fn explain<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            if self.session.tap().failed() {
                return error;
            }
            io::Error::other(Error::from_open_stream(&error.to_string(), self.end))
        })
    }

    /// Encrypts records as long as that does not wait, and as much as is written in one go.
    fn encrypt(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.session.tap_mut().hold(true);
        let mut count = 0;
        let mut result = Ok(0);
        while count < bytes.len() && result.is_ok() && !self.session.tap().holds_enough() {
            result = self.session.write(&bytes[count..]);
            if let Ok(more) = result {
                count += more;
                self.owed.push_back((self.session.tap().held().added(), more));
            }
        }
        self.session.tap_mut().hold(false);
        // What failed behind others will fail again, once those are told.
        if count > 0 { Ok(()) } else { self.explain(result).map(drop) }
    }

    /// Takes out how many of the bytes owed the socket has taken.
    fn paid(&mut self) -> usize {
        let written = self.session.tap().held().written();
        let mut count = 0;
        while let Some((_, more)) = self.owed.pop_front_if(|(end, _)| *end <= written) {
            count += more;
        }
        count
    }

    fn ended(&mut self, ending: Ending) -> usize {
        self.ending = Some(ending);
        0
    }
}

impl<S: Read + Write> Read for Stream<S> {
    /// `Ok(0)` is the end, by close_notify or bare FIN: see [`Stream::truncated`].
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.ending.is_some() || target.is_empty() {
            return Ok(0);
        }
        self.session.tap_mut().begin();
        match self.session.read(target) {
            Ok(0) if !self.session.tap().ended() => Ok(self.ended(Ending::CloseNotify)),
            // OpenSSL 3 makes an error of a bare FIN, others an end; here it is an end.
            Ok(0) | Err(_) if self.session.tap().ended() => Ok(self.ended(Ending::Truncated)),
            result => self.explain(result),
        }
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.session.tap_mut().begin();
        if self.owed.is_empty() {
            self.encrypt(bytes)?;
        }
        let result = self.session.tap_mut().write_held();
        match self.paid() {
            0 => result.map(|()| 0),
            // Whatever else there is to say comes with the next call.
            count => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.tap_mut().begin();
        let result = self.session.flush();
        self.explain(result)?;
        self.session.tap_mut().write_held()
    }
}
