//! Our own server's end of TLS with our own client: data, ends, facts, versions.
//!
//! Here also: what the other tests of the server's end are built from.

use std::io::{ErrorKind, Read};
use std::thread::JoinHandle;
use std::time::Instant;

use mio::{Events, Interest, Poll, Token};

use super::super::{Accepted, Acceptor, Blocked, ServerIdentity, ServerOptions, Version};
use super::*;
use crate::net::Stream as NetStream;
use crate::net::listen::Listener;

pub(super) const BOTH: [Version; 2] = [Version::V1_2, Version::V1_3];

/// A server for one connection, which waits with mio as `session` does. Joining it gives what came of it.
pub(super) struct Once<T> {
    pub address: SocketAddr,
    thread: JoinHandle<Result<T, Error>>,
}

impl<T: Send + 'static> Once<T> {
    pub fn new(acceptor: &Acceptor, each: impl FnOnce(&mut Connection) -> T + Send + 'static) -> Once<T> {
        let mut listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr_text().parse().unwrap();
        let acceptor = acceptor.clone();
        let thread = std::thread::spawn(move || {
            let mut waiter = Waiter::new();
            waiter.poll.registry().register(&mut listener, Token(0), Interest::READABLE).unwrap();
            let (stream, _) = loop {
                match listener.accept() {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => waiter.wait(),
                    result => break result.unwrap(),
                }
            };
            Connection::open(&acceptor, stream, waiter).map(|mut connection| each(&mut connection))
        });
        Once { address, thread }
    }

    pub fn join(self) -> Result<T, Error> {
        self.thread.join().unwrap()
    }
}

struct Waiter {
    poll: Poll,
    events: Events,
    end: Instant,
}

impl Waiter {
    fn new() -> Waiter {
        let (poll, events) = (Poll::new().unwrap(), Events::with_capacity(4));
        Waiter { poll, events, end: Instant::now() + PATIENCE }
    }

    fn wait(&mut self) {
        self.poll.poll(&mut self.events, Some(self.end.saturating_duration_since(Instant::now()))).unwrap();
        assert!(!self.events.is_empty(), "nothing came in time");
    }
}

/// A server's connection after its handshake.
pub(super) struct Connection {
    pub stream: NetStream,
    pub facts: TlsFacts,
    waiter: Waiter,
}

impl Connection {
    fn open(acceptor: &Acceptor, stream: NetStream, mut waiter: Waiter) -> Result<Connection, Error> {
        let mut accepting = acceptor.begin(stream);
        assert_eq!(accepting.blocked(), None);
        let both = Interest::READABLE | Interest::WRITABLE;
        waiter.poll.registry().register(&mut accepting, Token(1), both).unwrap();
        loop {
            match accepting.proceed()? {
                Accepted::Waiting(again) => {
                    assert_eq!(again.blocked(), Some(Blocked::Read));
                    accepting = again;
                }
                Accepted::Done(stream, facts) => return Ok(Connection { stream, facts, waiter }),
            }
            waiter.wait();
        }
    }

    /// Repeats a call until it does not have to wait.
    pub fn run<T>(
        &mut self,
        mut call: impl FnMut(&mut NetStream) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        loop {
            match call(&mut self.stream) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(self.stream.blocked().is_some());
                    self.waiter.wait();
                }
                result => return result,
            }
        }
    }

    pub fn write_all(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let count = self.run(|stream| stream.write(bytes)).unwrap();
            bytes = &bytes[count..];
        }
        self.run(|stream| stream.flush()).unwrap();
    }

    pub fn read_to_end(&mut self) -> Vec<u8> {
        let (mut all, mut piece) = (Vec::new(), [0; 10_000]);
        loop {
            match self.run(|stream| stream.read(&mut piece)).unwrap() {
                0 => return all,
                count => all.extend_from_slice(&piece[..count]),
            }
        }
    }
}

/// A server with a certificate of `root` for ex.test.
pub(super) fn options(files: &Files, root: &Authority) -> ServerOptions {
    let leaf = root.leaf(&["ex.test"]);
    let cert = files.write("server.pem", &leaf.pem);
    let key = files.write("server.key", leaf.key.serialize_pem());
    ServerOptions { identity: ServerIdentity::Pem { cert, key }, client_ca: None, min: None, max: None }
}

pub(super) fn at(version: Version, options: ServerOptions) -> Acceptor {
    Acceptor::new(&ServerOptions { min: Some(version), max: Some(version), ..options }).unwrap()
}

#[test]
fn data_goes_both_ways_and_both_ends_close() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for version in BOTH {
        let server = Once::new(&at(version, options(&files, &root)), |connection| {
            let peers = (connection.stream.peer_addr().unwrap(), connection.stream.local_addr().unwrap());
            assert!(connection.stream.is_tls());
            let request = connection.read_to_end();
            assert!(!connection.stream.truncated());
            connection.write_all(&request);
            connection.run(NetStream::shutdown_write).unwrap();
            (peers, connection.facts.clone())
        });
        let (mut client, facts) = connect(&files.trusting(&root), server.address, "ex.test").unwrap();
        let sent: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        client.write_all(&sent).unwrap();
        client.shutdown().unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).unwrap();
        assert!(received == sent && !client.truncated());
        let (peers, theirs) = server.join().unwrap();
        assert_eq!(peers.0, client.get_ref().local_addr().unwrap());
        assert_eq!(peers.1, client.get_ref().peer_addr().unwrap());
        assert_eq!(theirs.version, format!("TLSv{version}"));
        assert_eq!((theirs.version, theirs.cipher), (facts.version, facts.cipher));
        assert_eq!((theirs.subject.as_str(), theirs.verified), ("", false), "no client certificate");
    }
}

#[test]
fn an_idle_client_blocks_reading_and_what_came_is_counted() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for version in BOTH {
        let server = Once::new(&at(version, options(&files, &root)), |connection| {
            let mut two = [0; 2];
            let idle = connection.stream.read(&mut two).map_err(|error| error.kind());
            assert_eq!(idle, Err(ErrorKind::WouldBlock));
            assert_eq!((connection.stream.blocked(), connection.stream.buffered()), (Some(Blocked::Read), 0));
            connection.write_all(b"go");
            assert_eq!(connection.run(|stream| stream.read(&mut two)).unwrap(), 2);
            assert_eq!((&two, connection.stream.buffered()), (b"he", 3));
        });
        let (mut client, _) = connect(&files.trusting(&root), server.address, "ex.test").unwrap();
        client.read_exact(&mut [0; 2]).unwrap();
        client.write_all(b"hello").unwrap();
        server.join().unwrap();
    }
}

#[test]
fn a_bare_fin_is_a_truncation_for_a_server_too() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for version in BOTH {
        let server = Once::new(&at(version, options(&files, &root)), |connection| {
            (connection.read_to_end(), connection.stream.truncated())
        });
        let (mut client, _) = connect(&files.trusting(&root), server.address, "ex.test").unwrap();
        client.write_all(b"part of it").unwrap();
        drain(client.get_ref());
        assert_eq!(server.join().unwrap(), (b"part of it".to_vec(), true));
    }
}

#[test]
fn only_http_1_1_is_agreed_on() {
    use openssl::ssl::{SslConnector, SslVerifyMode};
    let (files, root) = (Files::new(), Authority::root("root"));
    let acceptor = Acceptor::new(&options(&files, &root)).unwrap();
    for (offered, agreed) in
        [(&b"\x02h2\x08http/1.1"[..], Some(&b"http/1.1"[..])), (b"\x02h2", None), (b"", None)]
    {
        let server = Once::new(&acceptor, |_| ());
        let mut builder = SslConnector::builder(SslMethod::tls()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        if !offered.is_empty() {
            builder.set_alpn_protos(offered).unwrap();
        }
        let client = builder.build().connect("ex.test", socket(server.address)).unwrap();
        assert_eq!(client.ssl().selected_alpn_protocol(), agreed);
        server.join().unwrap();
    }
}

#[test]
fn the_versions_a_server_allows_are_kept_to() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let trusting = files.trusting(&root);
    let offers = |version| Options { min: Some(version), max: Some(version), ..trusting.clone() };
    let any = Acceptor::new(&options(&files, &root)).unwrap();
    for version in BOTH {
        let server = Once::new(&any, |connection| connection.facts.version.clone());
        connect(&offers(version), server.address, "ex.test").unwrap();
        assert_eq!(server.join().unwrap(), format!("TLSv{version}"));
    }
    for (ours, theirs) in [(Version::V1_2, Version::V1_3), (Version::V1_3, Version::V1_2)] {
        let server = Once::new(&at(ours, options(&files, &root)), |_| ());
        connect(&offers(theirs), server.address, "ex.test").unwrap_err();
        let error = server.join().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the client speaks no TLS version that is allowed here (TLS {ours})")
        );
    }
    let wrong =
        ServerOptions { min: Some(Version::V1_3), max: Some(Version::V1_2), ..options(&files, &root) };
    assert!(matches!(Acceptor::new(&wrong), Err(Error::Usage(_))));
}
