//! A TLS connection after its handshake: reading, writing, and how it ended.
//!
//! It behaves as its socket does: blocking, with a deadline, or non-blocking. It never waits by itself. `net::Stream`
//! holds one.

use std::io::{self, Read, Write};

use super::error::Error;
pub use super::tap::Blocked;
use super::tap::Tap;

/// A TLS stream over the socket `S`.
///
/// After a WouldBlock, `blocked` tells what to wait for; then the same call is made again, a write with the same
/// bytes at its front. An error in which [`super::of_io`] finds a TLS error comes from TLS (often an alert: under
/// TLS 1.3 a refused client certificate shows on the first read); every other one comes from the socket as it is.
#[derive(Debug)]
pub struct Stream<S> {
    tls: native_tls::TlsStream<Tap<S>>,
    ending: Option<Ending>,
    has_identity: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    CloseNotify,
    Truncated,
}

impl<S: Read + Write> Stream<S> {
    pub(super) fn new(mut tls: native_tls::TlsStream<Tap<S>>, has_identity: bool) -> Self {
        tls.get_mut().close_observer();
        Self { tls, ending: None, has_identity }
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        self.tls.get_ref().socket()
    }

    /// The socket, to set it up; reading or writing it directly breaks the stream.
    pub fn get_mut(&mut self) -> &mut S {
        self.tls.get_mut().socket_mut()
    }

    /// Whether reading ended by a bare FIN, without close_notify (RFC 8446 §6.1): data may be missing.
    pub fn truncated(&self) -> bool {
        self.ending == Some(Ending::Truncated)
    }

    /// Bytes that are here already: decrypted, or received and not yet decrypted. Where it is not 0, read before
    /// waiting for the socket.
    pub fn buffered(&self) -> usize {
        // The library's own count cannot fail in any of its three forms; 0 would only cost a wait.
        self.tls.buffered_read_size().unwrap_or(0) + self.tls.get_ref().buffered()
    }

    /// What the last call waited for, where it returned WouldBlock.
    pub fn blocked(&self) -> Option<Blocked> {
        self.tls.get_ref().blocked()
    }

    /// Sends close_notify. The socket stays open in both directions; its owner half-closes it.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.tls.get_mut().begin();
        let result = self.tls.shutdown();
        self.explain(result)
    }

    /// The peer's certificate as DER.
    pub(super) fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.tls.peer_certificate().ok()??.to_der().ok()
    }

    /// Tells errors of TLS from errors of the socket.
    fn explain<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            if self.tls.get_ref().failed() {
                return error;
            }
            io::Error::other(Error::from_open_stream(&error.to_string(), self.has_identity))
        })
    }

    fn end(&mut self, ending: Ending) -> usize {
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
        self.tls.get_mut().begin();
        match self.tls.read(target) {
            Ok(0) if !self.tls.get_ref().ended() => Ok(self.end(Ending::CloseNotify)),
            // OpenSSL 3 makes an error of a bare FIN, others an end; here it is an end.
            Ok(0) | Err(_) if self.tls.get_ref().ended() => Ok(self.end(Ending::Truncated)),
            result => self.explain(result),
        }
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tls.get_mut().begin();
        let result = self.tls.write(bytes);
        self.explain(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tls.get_mut().begin();
        let result = self.tls.flush();
        self.explain(result)
    }
}
