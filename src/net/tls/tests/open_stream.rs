//! A stream after its handshake: data, both ways to end, WouldBlock.

use std::io::{ErrorKind, Read};

use super::super::{Blocked, of_io};
use super::*;

fn insecure() -> Options {
    Options { insecure: true, ..Options::default() }
}

fn acceptor(version: SslVersion) -> SslAcceptorBuilder {
    only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), version)
}

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

#[test]
fn data_goes_both_ways_and_close_notify_is_a_clean_end() {
    for version in VERSIONS {
        let address = serve_with(acceptor(version), |mut stream| {
            let mut request = Vec::new();
            stream.read_to_end(&mut request).unwrap();
            stream.write_all(&request).unwrap();
            stream.shutdown().unwrap();
        });
        let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
        let sent: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        stream.write_all(&sent).unwrap();
        stream.flush().unwrap();
        stream.shutdown().unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        assert!(received == sent && !stream.truncated());
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn a_bare_fin_is_a_truncation() {
    for version in VERSIONS {
        let address = serve_with(acceptor(version), |mut stream| {
            stream.write_all(b"part of it").unwrap();
            drain(stream.get_ref());
        });
        let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        assert_eq!((received.as_slice(), stream.truncated()), (&b"part of it"[..], true));
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        assert!(stream.truncated());
    }
}

#[test]
fn a_record_cut_in_the_middle_is_a_truncation() {
    let address = serve_with(acceptor(SslVersion::TLS1_3), |stream| {
        let mut socket = stream.get_ref();
        socket.write_all(&[0x17, 3, 3, 0, 100, 1, 2, 3]).unwrap();
        drain(socket);
    });
    let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
    assert_eq!(stream.read(&mut [0; 10]).unwrap(), 0);
    assert!(stream.truncated());
}

#[test]
fn an_idle_socket_blocks_on_reading_and_a_full_one_on_writing() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let address = serve_with(acceptor(SslVersion::TLS1_2), move |mut stream| {
        stream.write_all(b"hello").unwrap();
        released.recv_timeout(PATIENCE).unwrap();
    });
    let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
    let mut two = [0; 2];
    stream.read_exact(&mut two).unwrap();
    assert_eq!((&two, stream.buffered()), (b"he", 3));
    stream.read_exact(&mut [0; 3]).unwrap();
    assert_eq!(stream.buffered(), 0);

    stream.get_ref().set_nonblocking(true).unwrap();
    assert_eq!(stream.read(&mut two).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(stream.blocked(), Some(Blocked::Read));
    let full = loop {
        if let Err(error) = stream.write(&[0; 65536]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    assert!(of_io(&full).is_none());
    assert_eq!(stream.blocked(), Some(Blocked::Write));
    release.send(()).unwrap();
}

#[test]
fn bytes_that_are_not_tls_are_a_tls_error() {
    let address = serve_with(acceptor(SslVersion::TLS1_3), |stream| {
        let mut socket = stream.get_ref();
        socket.write_all(b"not a record at all").unwrap();
        drain(socket);
    });
    let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
    let error = stream.read(&mut [0; 10]).unwrap_err();
    assert!(matches!(of_io(&error), Some(Error::Library(_))), "{error}");
}

#[test]
fn a_reset_is_an_error_of_the_socket() {
    let address = serve_with(acceptor(SslVersion::TLS1_3), |stream| {
        // Closing with unread bytes resets the connection.
        stream.get_ref().peek(&mut [0]).unwrap();
    });
    let (mut stream, _) = connect(&insecure(), address, "ex.test").unwrap();
    stream.write_all(b"x").unwrap();
    let mut rest = Vec::new();
    let error = stream.read_to_end(&mut rest).unwrap_err();
    assert_eq!((error.kind(), of_io(&error).is_none()), (ErrorKind::ConnectionReset, true));
}
