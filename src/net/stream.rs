//! A connected stream to the origin, whatever lies between: a socket, or TLS over a stream, as deep as proxies ask.
//!
//! `dial` makes it and drives it blocking under a deadline; `session` then sets it non-blocking and owns it.
//! Knows nothing of what is sent over it.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::TlsFacts;
use super::listen::canonical;
use super::socket::Socket;
use super::tls;

/// A byte stream, plain or under TLS.
#[derive(Debug)]
pub struct Stream(Layer);

#[derive(Debug)]
enum Layer {
    Socket(Socket),
    /// TLS over another stream: over TLS itself, where wss goes through an https proxy.
    Tls(Box<tls::Stream<Stream>>),
}

impl Stream {
    /// Takes a connection that a server accepted from a non-blocking listener.
    pub fn from_accepted(socket: mio::net::TcpStream) -> Stream {
        Stream(Layer::Socket(Socket::accepted(socket)))
    }

    /// Takes a connection that a server accepted from a non-blocking Unix listener.
    #[cfg(unix)]
    pub fn from_accepted_unix(socket: mio::net::UnixStream) -> Stream {
        Stream(Layer::Socket(Socket::accepted_unix(socket)))
    }

    pub(super) fn new(socket: Socket) -> Stream {
        Stream(Layer::Socket(socket))
    }

    /// The TLS handshake over this stream, blocking until the deadline.
    pub(super) fn secure(
        self,
        connector: &tls::Connector,
        name: &str,
    ) -> Result<(Stream, TlsFacts), tls::Error> {
        let (stream, facts) = connector.connect(name, self)?;
        Ok((Stream::over_tls(stream), facts))
    }

    /// Takes a server's end of TLS after its handshake.
    pub(super) fn over_tls(stream: tls::Stream<Stream>) -> Stream {
        Stream(Layer::Tls(Box::new(stream)))
    }

    /// Bounds all further blocking reads and writes together: beyond it they fail with `TimedOut`.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.socket_mut().set_deadline(deadline);
    }

    /// The deadline of the blocking phase.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.socket().deadline()
    }

    /// Ends the blocking phase: from now on nothing waits, and `WouldBlock` says so.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_nonblocking(&mut self) -> io::Result<()> {
        self.socket_mut().set_nonblocking()
    }

    /// Whether the bytes pass through TLS, to the origin or to an https proxy. Then a read may wait until the socket
    /// is writable, and a write until it is readable.
    pub fn is_tls(&self) -> bool {
        matches!(self.0, Layer::Tls(_))
    }

    /// What the last `WouldBlock` under TLS waits for; `None` for a plain stream, and where nothing waits.
    pub fn blocked(&self) -> Option<tls::Blocked> {
        match &self.0 {
            Layer::Socket(_) => None,
            // The inner layer knows better: what the outer one takes for reading may be a write of the inner one.
            Layer::Tls(stream) => stream.get_ref().blocked().or_else(|| stream.blocked()),
        }
    }

    /// Bytes that are here already, inside TLS, whatever the socket says: where it is not 0, read before waiting.
    pub fn buffered(&self) -> usize {
        match &self.0 {
            Layer::Socket(_) => 0,
            Layer::Tls(stream) => stream.buffered() + stream.get_ref().buffered(),
        }
    }

    /// Whether TLS ended with a bare FIN, without close_notify (RFC 8446 §6.1): the end may be forged.
    pub fn truncated(&self) -> bool {
        match &self.0 {
            Layer::Socket(_) => false,
            Layer::Tls(stream) => stream.truncated(),
        }
    }

    /// Says that nothing more will be written: close_notify under TLS, then FIN. Reading goes on.
    ///
    /// # Errors
    /// What the system says; `WouldBlock` where the close_notify does not fit yet: then call again.
    pub fn shutdown_write(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Layer::Socket(socket) => socket.shutdown_write(),
            Layer::Tls(stream) => {
                stream.shutdown()?;
                stream.get_mut().shutdown_write()
            }
        }
    }

    /// Our own address and port, whatever lies over the socket; `None` for a Unix socket. IPv4 is told as IPv4, even
    /// where it came in at an IPv6 listener.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket().local_addr().map(canonical)
    }

    /// The address and port of the other end of the socket, in the same way. `None` also where the system has
    /// forgotten it, once the connection was reset.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.socket().peer_addr().map(canonical)
    }

    /// Bytes written that the peer has not acknowledged (for a Unix socket: not read; counted as kernel memory).
    /// `None` where the system has no such number.
    pub fn send_queue(&self) -> Option<usize> {
        self.socket().send_queue()
    }

    /// Has closing end the connection with RST instead of FIN (SO_LINGER of 0).
    pub fn reset_on_close(&mut self) {
        self.socket_mut().reset_on_close();
    }

    fn socket(&self) -> &Socket {
        match &self.0 {
            Layer::Socket(socket) => socket,
            Layer::Tls(stream) => stream.get_ref().socket(),
        }
    }

    fn socket_mut(&mut self) -> &mut Socket {
        match &mut self.0 {
            Layer::Socket(socket) => socket,
            Layer::Tls(stream) => stream.get_mut().socket_mut(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Layer::Socket(socket) => socket.read(buffer),
            Layer::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Layer::Socket(socket) => socket.write(bytes),
            Layer::Tls(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.0 {
            Layer::Socket(socket) => socket.write_vectored(parts),
            Layer::Tls(stream) => stream.write_vectored(parts),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Layer::Socket(socket) => socket.flush(),
            Layer::Tls(stream) => stream.flush(),
        }
    }
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.socket_mut().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.socket_mut().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket_mut().deregister(registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::Duration;

    fn pair() -> (Stream, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let ours = std::net::TcpStream::connect(address).expect("a listener is there");
        let (theirs, _) = listener.accept().expect("a connection waits");
        (Stream::new(Socket::tcp(ours)), theirs)
    }

    #[test]
    fn a_dribbling_peer_cannot_outlast_the_deadline() {
        let (mut stream, mut peer) = pair();
        let dribble = std::thread::spawn(move || {
            while peer.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let begun = Instant::now();
        stream.set_deadline(Some(begun + Duration::from_millis(200)));
        let error = stream.read_exact(&mut [0; 100_000]).expect_err("the peer never sends as much");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(200));
        assert!(begun.elapsed() < Duration::from_secs(60));
        drop(stream);
        dribble.join().expect("the peer does not panic");
    }

    #[test]
    fn a_mute_peer_and_a_full_one_time_out() {
        let (mut stream, _peer) = pair();
        stream.set_deadline(Some(Instant::now() + Duration::from_millis(50)));
        assert_eq!(stream.read(&mut [0]).map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
        stream.set_deadline(Some(Instant::now() + Duration::from_millis(50)));
        let written = stream.write_all(&vec![0; 64 << 20]);
        assert_eq!(written.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
    }

    #[test]
    fn a_deadline_can_be_taken_away() {
        let (mut stream, mut peer) = pair();
        stream.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
        assert!(stream.read(&mut [0]).is_err());
        stream.set_deadline(None);
        let late = std::thread::spawn(move || {
            // Longer than the old timeout: reading fails if that is still set.
            std::thread::sleep(Duration::from_millis(60));
            peer.write_all(b"x")
        });
        assert_eq!(stream.read(&mut [0]).map_err(|e| e.kind()), Ok(1));
        late.join().expect("the peer does not panic").expect("the stream is open");
    }

    #[test]
    fn after_the_blocking_phase_nothing_waits() {
        let (mut stream, mut peer) = pair();
        stream.set_deadline(Some(Instant::now()));
        stream.set_nonblocking().expect("a connected socket");
        assert_eq!(stream.read(&mut [0]).map_err(|e| e.kind()), Err(io::ErrorKind::WouldBlock));
        assert!(!stream.is_tls() && !stream.truncated() && stream.blocked().is_none());
        stream.write_all(b"a").expect("room for a byte");
        stream.shutdown_write().expect("a connected socket");
        let mut all = Vec::new();
        peer.read_to_end(&mut all).expect("FIN came");
        assert_eq!(all, b"a");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_send_queue_counts_what_the_peer_has_not_taken() {
        let (mut stream, mut peer) = pair();
        assert_eq!(stream.send_queue(), Some(0));
        stream.set_nonblocking().expect("a connected socket");
        let mut sent = 0;
        while let Ok(n) = stream.write(&[0; 65536]) {
            sent += n;
        }
        let queued = stream.send_queue().expect("Linux counts");
        assert!(queued > 0 && queued <= sent, "{queued} of {sent}");
        peer.read_exact(&mut vec![0; sent]).expect("all that was sent");
        let end = Instant::now() + Duration::from_secs(60);
        while stream.send_queue() != Some(0) {
            assert!(Instant::now() < end, "acknowledgements come");
            std::thread::yield_now();
        }
    }
}
