//! The socket at the bottom of every stream: TCP or Unix, first blocking under a deadline, then non-blocking.
//!
//! While blocking, each single read and write is given the time that remains, so a peer that sends a byte now and
//! then cannot outlast the deadline. Used by `stream` only; connecting is done in `dial`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

/// A connected socket with the deadline of its blocking phase.
#[derive(Debug)]
pub(super) struct Socket {
    kind: Kind,
    phase: IoPhase,
}

#[derive(Debug)]
enum Kind {
    Tcp(mio::net::TcpStream),
    #[cfg(unix)]
    Unix(mio::net::UnixStream),
}

#[derive(Clone, Copy, Debug)]
enum IoPhase {
    /// Reads and writes wait, at most until the deadline. `timed` tells that the socket has timeouts set.
    Blocking { deadline: Option<Instant>, timed: bool },
    /// Reads and writes never wait.
    NonBlocking,
}

const BLOCKING: IoPhase = IoPhase::Blocking { deadline: None, timed: false };

impl Socket {
    /// Takes a connected blocking socket, and has small writes sent at once (TCP_NODELAY).
    pub fn tcp(socket: std::net::TcpStream) -> Socket {
        // Fails on some systems where the peer has reset the connection already; the first read then tells.
        let _ = socket.set_nodelay(true);
        Socket { kind: Kind::Tcp(mio::net::TcpStream::from_std(socket)), phase: BLOCKING }
    }

    /// Takes a connected blocking Unix socket.
    #[cfg(unix)]
    pub fn unix(socket: std::os::unix::net::UnixStream) -> Socket {
        Socket { kind: Kind::Unix(mio::net::UnixStream::from_std(socket)), phase: BLOCKING }
    }

    /// Takes what a non-blocking listener accepted.
    pub fn accepted(socket: mio::net::TcpStream) -> Socket {
        // As above.
        let _ = socket.set_nodelay(true);
        Socket { kind: Kind::Tcp(socket), phase: IoPhase::NonBlocking }
    }

    /// Takes what a non-blocking Unix listener accepted.
    #[cfg(unix)]
    pub fn accepted_unix(socket: mio::net::UnixStream) -> Socket {
        Socket { kind: Kind::Unix(socket), phase: IoPhase::NonBlocking }
    }

    /// Our own address; `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Tcp(socket) => socket.local_addr().ok(),
            #[cfg(unix)]
            Kind::Unix(_) => None,
        }
    }

    /// The peer's address; `None` for a Unix socket, and on some systems once the peer has reset the connection.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Tcp(socket) => socket.peer_addr().ok(),
            #[cfg(unix)]
            Kind::Unix(_) => None,
        }
    }

    /// Bounds all reads and writes of the blocking phase; without effect after it.
    pub fn set_deadline(&mut self, until: Option<Instant>) {
        if let IoPhase::Blocking { deadline, .. } = &mut self.phase {
            *deadline = until;
        }
    }

    /// The deadline of the blocking phase.
    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            IoPhase::Blocking { deadline, .. } => deadline,
            IoPhase::NonBlocking => None,
        }
    }

    /// Ends the blocking phase.
    pub fn set_nonblocking(&mut self) -> io::Result<()> {
        self.sock_ref().set_nonblocking(true)?;
        self.phase = IoPhase::NonBlocking;
        Ok(())
    }

    /// Sends FIN; reading goes on.
    pub fn shutdown_write(&self) -> io::Result<()> {
        self.sock_ref().shutdown(Shutdown::Write)
    }

    /// Has closing send RST.
    pub fn reset_on_close(&self) {
        // Where that cannot be had (a Unix socket has no RST), the connection just ends.
        let _ = self.sock_ref().set_linger(Some(Duration::ZERO));
    }

    /// Bytes written that are still on their way; `None` where the system has no such number.
    pub fn send_queue(&self) -> Option<usize> {
        #[cfg(target_os = "linux")]
        return match &self.kind {
            Kind::Tcp(socket) => super::sendqueue::unsent(socket),
            Kind::Unix(socket) => super::sendqueue::unsent(socket),
        };
        #[cfg(not(target_os = "linux"))]
        None
    }

    fn sock_ref(&self) -> SockRef<'_> {
        match &self.kind {
            Kind::Tcp(socket) => SockRef::from(socket),
            #[cfg(unix)]
            Kind::Unix(socket) => SockRef::from(socket),
        }
    }

    fn source(&mut self) -> &mut dyn Source {
        match &mut self.kind {
            Kind::Tcp(socket) => socket,
            #[cfg(unix)]
            Kind::Unix(socket) => socket,
        }
    }

    /// Gives the socket the time that remains as its timeout.
    fn arm(&mut self) -> io::Result<()> {
        let IoPhase::Blocking { deadline, timed } = self.phase else { return Ok(()) };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if left.is_some() || timed {
            // Less than the clock's unit would count as no timeout at all; Windows counts in milliseconds.
            let left = left.map(|left| left.max(Duration::from_millis(1)));
            self.sock_ref().set_read_timeout(left)?;
            self.sock_ref().set_write_timeout(left)?;
            self.phase = IoPhase::Blocking { deadline, timed: left.is_some() };
        }
        Ok(())
    }

    /// Runs one read or write. A signal interrupts system calls that have a timeout even under SA_RESTART, and the
    /// TLS library takes that for a failure: so they are repeated here.
    fn run<T>(&mut self, mut call: impl FnMut(&mut Kind) -> io::Result<T>) -> io::Result<T> {
        loop {
            self.arm()?;
            match call(&mut self.kind) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // What an expired timeout looks like on Unix; mapped, because callers may take it for "try again".
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && self.is_blocking() => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                result => return result,
            }
        }
    }

    fn is_blocking(&self) -> bool {
        matches!(self.phase, IoPhase::Blocking { .. })
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.run(|kind| match kind {
            Kind::Tcp(socket) => socket.read(buffer),
            #[cfg(unix)]
            Kind::Unix(socket) => socket.read(buffer),
        })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.run(|kind| match kind {
            Kind::Tcp(socket) => socket.write(bytes),
            #[cfg(unix)]
            Kind::Unix(socket) => socket.write(bytes),
        })
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.run(|kind| match kind {
            Kind::Tcp(socket) => socket.write_vectored(parts),
            #[cfg(unix)]
            Kind::Unix(socket) => socket.write_vectored(parts),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for Socket {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.source().deregister(registry)
    }
}
