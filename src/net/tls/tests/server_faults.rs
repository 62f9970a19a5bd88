//! Clients that are slow, rude or no TLS clients at all, and what the server's end says of them.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;

use openssl::ssl::{SslConnector, SslOptions, SslVerifyMode};

use super::super::{Accepted, Accepting, Acceptor, Alert, ClientFault};
use super::server::{BOTH, Once, at, options};
use super::*;
use crate::net::Stream as NetStream;

/// A handshake on one end of a Unix socket, where what is written is there at once; and the other end.
fn begun(acceptor: &Acceptor) -> (Accepting, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let ours = NetStream::from_accepted_unix(mio::net::UnixStream::from_std(ours));
    (acceptor.begin(ours), theirs)
}

type Handle = std::thread::JoinHandle<Result<(Stream<UnixStream>, TlsFacts), Error>>;

/// A client that does its handshake on the other end of the socket, and how that ended.
fn client(options: Options) -> (UnixStream, Handle) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_read_timeout(Some(PATIENCE)).unwrap();
    let connector = Connector::new(&options).unwrap();
    let thread = std::thread::spawn(move || connector.connect("ex.test", theirs));
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    (ours, thread)
}

fn some_bytes(mut socket: &UnixStream) -> Vec<u8> {
    let mut bytes = vec![0; 10_000];
    let count = socket.read(&mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

/// What a client sends at first.
fn hello() -> Vec<u8> {
    let (wire, client) = client(Options { insecure: true, ..Options::default() });
    let hello = some_bytes(&wire);
    drop(wire);
    assert!(client.join().unwrap().is_err());
    hello
}

/// Sends bytes, then FIN where `ends`, and gives the outcome of the handshake; `None` where it waits.
fn outcome(acceptor: &Acceptor, bytes: &[u8], ends: bool) -> Option<Error> {
    let (accepting, mut client) = begun(acceptor);
    client.write_all(bytes).unwrap();
    if ends {
        client.shutdown(std::net::Shutdown::Write).unwrap();
    }
    match accepting.proceed() {
        Ok(Accepted::Waiting(_)) => None,
        Ok(Accepted::Done(..)) => panic!("done after {bytes:02x?}"),
        Err(error) => Some(error),
    }
}

fn fault(error: Option<Error>) -> ClientFault {
    match error {
        Some(Error::Client(fault)) => fault,
        other => panic!("not about the client: {other:?}"),
    }
}

/// Hands on the client's bytes one by one, and the answers to them; gives the number of bytes it took.
fn one_by_one(accepting: Accepting, mut relay: UnixStream, mut wire: &UnixStream) -> usize {
    relay.set_nonblocking(true).unwrap();
    let (mut steps, mut waiting) = (0, Some(accepting));
    while waiting.is_some() {
        for byte in some_bytes(wire) {
            let accepting = waiting.expect("nothing follows the client's last message");
            relay.write_all(&[byte]).unwrap();
            steps += 1;
            waiting = match accepting.proceed().unwrap() {
                Accepted::Waiting(again) => Some(again),
                Accepted::Done(..) => None,
            };
        }
        let mut answer = [0; 10_000];
        match relay.read(&mut answer) {
            Ok(count) => wire.write_all(&answer[..count]).unwrap(),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    steps
}

#[test]
fn a_handshake_may_come_byte_by_byte() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for version in BOTH {
        let (wire, done) = client(files.trusting(&root));
        let (accepting, relay) = begun(&at(version, options(&files, &root)));
        assert!(one_by_one(accepting, relay, &wire) > 100);
        assert_eq!(done.join().unwrap().unwrap().1.version, format!("TLSv{version}"));
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_is_told_as_such() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let (acceptor, hello) = (Acceptor::new(&options(&files, &root)).unwrap(), hello());
    for cut in 0..hello.len() {
        assert!(outcome(&acceptor, &hello[..cut], false).is_none(), "{cut} bytes are not enough");
        assert_eq!(fault(outcome(&acceptor, &hello[..cut], true)), ClientFault::Closed, "{cut}");
    }
    assert!(outcome(&acceptor, &hello, false).is_none());
    assert_eq!(fault(outcome(&acceptor, &hello, true)), ClientFault::Closed);
}

#[test]
fn other_protocols_are_told_by_their_first_bytes() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let acceptor = Acceptor::new(&options(&files, &root)).unwrap();
    for (bytes, text) in [
        (
            &b"GET /chat HTTP/1.1\r\nHost: ex.test\r\n\r\n"[..],
            "the client does not speak TLS: it sent a plain HTTP request",
        ),
        (b"CONNECT h:1 HTTP/1.1\r\n\r\n", "the client does not speak TLS: it sent a plain HTTP request"),
        (b"SSH-2.0-x\r\n", "the client does not speak TLS: it sent 53 53 48 2d 32 2e 30 2d 78 0d 0a"),
    ] {
        let error = outcome(&acceptor, bytes, false).expect("an error");
        assert_eq!(error.to_string(), text);
        assert!(error.hint().unwrap().contains("wss://"));
    }
}

#[test]
fn messages_out_of_order_end_the_handshake() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let acceptor = Acceptor::new(&options(&files, &root)).unwrap();
    let finished_first = [22, 3, 3, 0, 16, 20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let data_first = [&[23, 3, 3, 0, 20][..], &[7; 20]].concat();
    let hello_twice = [hello(), hello()].concat();
    for bytes in [&finished_first[..], &data_first, &hello_twice] {
        let error = outcome(&acceptor, bytes, false).expect("an error");
        assert!(matches!(error, Error::Library(_)), "{error}");
        assert!(!error.to_string().contains("error:"), "{error}");
    }
    // An alert in plain in place of a hello.
    let refused = fault(outcome(&acceptor, &[21, 3, 3, 0, 2, 2, 90], false));
    assert_eq!(refused, ClientFault::Refused(Alert(90)));
}

#[test]
fn a_reset_is_an_error_of_the_socket() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let acceptor = Acceptor::new(&options(&files, &root)).unwrap();
    let server = Once::new(&acceptor, |_| ());
    let client = socket(server.address);
    socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let error = server.join().unwrap_err();
    assert!(matches!(error, Error::Socket { kind: ErrorKind::ConnectionReset, .. }), "{error}");
}

#[test]
fn a_client_that_does_not_trust_us_is_told() {
    let (files, root, other) = (Files::new(), Authority::root("root"), Authority::root("other"));
    for version in BOTH {
        let server = Once::new(&at(version, options(&files, &root)), |_| ());
        connect(&files.trusting(&other), server.address, "ex.test").unwrap_err();
        let error = server.join().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the client refused our certificate: it does not know the authority that issued it \
             (TLS alert unknown_ca)"
        );
        assert!(error.hint().unwrap().contains("--ca-out"));
    }
}

#[test]
fn old_versions_and_foreign_ciphers_are_told() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for (max, ciphers, text) in [
        (SslVersion::TLS1_1, "ALL:@SECLEVEL=0", "no TLS version that is allowed here (TLS 1.2 to 1.3)"),
        (SslVersion::TLS1_2, "ECDHE-RSA-AES128-SHA", "no cipher suite or signature that fits"),
    ] {
        let server = Once::new(&Acceptor::new(&options(&files, &root)).unwrap(), |_| ());
        let mut client = SslConnector::builder(SslMethod::tls()).unwrap();
        client.set_verify(SslVerifyMode::NONE);
        client.clear_options(SslOptions::NO_TLSV1_1);
        client.set_min_proto_version(Some(SslVersion::TLS1_1)).unwrap();
        client.set_max_proto_version(Some(max)).unwrap();
        client.set_cipher_list(ciphers).unwrap();
        client.build().connect("ex.test", socket(server.address)).unwrap_err();
        let error = server.join().unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}
