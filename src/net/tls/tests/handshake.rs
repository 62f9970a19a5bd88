//! Versions, ciphers, and handshakes that fail for other reasons than a certificate.

use std::io::Read;
use std::time::Instant;

use openssl::ssl::{SniError, SslAlert, SslVerifyMode, SslVersion};

use super::super::{Alert, Version, library};
use super::*;

const INSECURE: Options =
    Options { insecure: true, cacert: None, identity: None, sni: None, min: None, max: None };

#[test]
fn version_and_cipher_are_told() {
    for (version, name, cipher) in [
        (SslVersion::TLS1_2, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (SslVersion::TLS1_3, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
    ] {
        let mut acceptor = only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), version);
        acceptor.set_cipher_list("ECDHE-ECDSA-AES256-GCM-SHA384").unwrap();
        acceptor.set_ciphersuites("TLS_AES_256_GCM_SHA384").unwrap();
        let (_, facts) = connect(&INSECURE, serve(acceptor), "ex.test").unwrap();
        assert_eq!((facts.version.as_str(), facts.cipher.as_str()), (name, cipher));
    }
}

#[test]
fn a_retried_hello_tells_the_same() {
    let mut acceptor = only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), SslVersion::TLS1_3);
    // The client's first key share is for another group, so a HelloRetryRequest comes first.
    acceptor.set_groups_list("P-521").unwrap();
    let (_, facts) = connect(&INSECURE, serve(acceptor), "ex.test").unwrap();
    assert_eq!(facts.version, "TLSv1.3");
}

#[test]
fn the_versions_asked_for_are_kept_to() {
    let leaf = Leaf::self_signed(&["ex.test"]);
    let old = serve(only(leaf.acceptor(&[]), SslVersion::TLS1_2));
    let new = serve(only(leaf.acceptor(&[]), SslVersion::TLS1_3));
    let both = serve(leaf.acceptor(&[]));
    let min = Options { min: Some(Version::V1_3), ..INSECURE };
    let max = Options { max: Some(Version::V1_2), ..INSECURE };
    assert_eq!(connect(&min, both, "ex.test").unwrap().1.version, "TLSv1.3");
    assert_eq!(connect(&max, both, "ex.test").unwrap().1.version, "TLSv1.2");
    for (options, server, allowed) in [(&min, old, "TLS 1.3"), (&max, new, "TLS 1.2")] {
        let error = error(options, server, "ex.test");
        assert!(matches!(&error, Error::Refused { alert: Alert::PROTOCOL_VERSION, .. }), "{error}");
        assert!(error.to_string().contains(&format!("allowed here ({allowed})")), "{error}");
    }
}

#[test]
fn a_lowest_version_above_the_highest_is_a_usage_error() {
    let options = Options { min: Some(Version::V1_3), max: Some(Version::V1_2), ..INSECURE };
    assert!(matches!(Connector::new(&options), Err(Error::Usage(_))));
}

#[test]
fn servers_with_old_versions_only_are_explained() {
    for version in [SslVersion::TLS1, SslVersion::TLS1_1] {
        let mut acceptor = Leaf::self_signed(&["ex.test"]).acceptor(&[]);
        acceptor.clear_options(openssl::ssl::SslOptions::NO_TLSV1 | openssl::ssl::SslOptions::NO_TLSV1_1);
        acceptor.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        let error = error(&INSECURE, serve(only(acceptor, version)), "ex.test");
        assert!(
            error.to_string().contains("speaks no TLS version that is allowed here (TLS 1.2 to 1.3)"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("RFC 8996"));
    }
}

#[test]
fn a_server_that_answers_with_an_old_version_is_refused() {
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x13, 0]);
    let address = answer(&hello);
    let error = error(&INSECURE, address, "ex.test");
    assert!(matches!(&error, Error::Version { chosen, .. } if chosen == "TLSv1.0"), "{error}");
}

#[test]
fn no_cipher_in_common_is_explained() {
    let mut acceptor = only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), SslVersion::TLS1_2);
    acceptor.set_cipher_list("aNULL:eNULL:@SECLEVEL=0").unwrap();
    let error = error(&INSECURE, serve(acceptor), "ex.test");
    assert!(error.to_string().contains("no cipher suite or other parameter in common"), "{error}");
}

#[test]
fn a_name_the_server_does_not_know_is_explained() {
    let mut acceptor = Leaf::self_signed(&["ex.test"]).acceptor(&[]);
    acceptor.set_servername_callback(|_, alert| {
        *alert = SslAlert::UNRECOGNIZED_NAME;
        Err(SniError::ALERT_FATAL)
    });
    let error = error(&INSECURE, serve(acceptor), "zzz.test");
    assert_eq!(error.to_string(), "the server does not know the name zzz.test (TLS alert unrecognized_name)");
    assert!(error.hint().unwrap().contains("--sni"));
}

#[test]
fn another_fatal_alert_is_named() {
    let mut acceptor = Leaf::self_signed(&["ex.test"]).acceptor(&[]);
    acceptor.set_servername_callback(|_, alert| {
        *alert = SslAlert::DECODE_ERROR;
        Err(SniError::ALERT_FATAL)
    });
    let error = error(&INSECURE, serve(acceptor), "ex.test");
    assert_eq!(error.to_string(), "the server ended the TLS connection (TLS alert decode_error)");
}

/// A server that reads something, answers in plain and closes.
fn answer(bytes: &[u8]) -> std::net::SocketAddr {
    let bytes = bytes.to_vec();
    serve_tcp(move |mut socket| {
        assert!(socket.read(&mut [0; 4096]).unwrap() > 0);
        socket.write_all(&bytes).unwrap();
        drain(&socket);
    })
}

#[test]
fn ports_without_tls_are_told_by_their_answer() {
    let http = error(&INSECURE, answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "ex.test");
    assert_eq!(
        http.to_string(),
        "the port does not speak TLS: it answered in plain HTTP, \
         48 54 54 50 2f 31 2e 31 20 34 30 30 20 42 61 64"
    );
    assert!(http.hint().unwrap().contains("ws://"));
    let ssh = error(&INSECURE, answer(b"SSH-2.0-x\r\n"), "ex.test");
    assert_eq!(ssh.to_string(), "the port does not speak TLS: it answered 53 53 48 2d 32 2e 30 2d 78 0d 0a");
}

#[test]
fn a_peer_that_closes_or_resets_is_told() {
    let closes = error(&INSECURE, answer(b""), "ex.test");
    assert!(matches!(closes, Error::Closed), "{closes}");
    let resets = serve_tcp(|socket| {
        // Closing with unread bytes resets the connection.
        socket.peek(&mut [0]).unwrap();
    });
    let error = error(&INSECURE, resets, "ex.test");
    assert!(matches!(error, Error::Socket { kind: std::io::ErrorKind::ConnectionReset, .. }), "{error}");
    assert!(!error.to_string().contains("os error"), "{error}");
}

#[test]
fn a_mute_port_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let start = Instant::now();
    let error = Connector::new(&INSECURE).unwrap().connect("ex.test", socket).map(|_| ()).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_certificate_asked_for_but_not_required_does_not_matter() {
    let mut acceptor = Leaf::self_signed(&["ex.test"]).acceptor(&[]);
    acceptor.set_verify(SslVerifyMode::PEER);
    connect(&INSECURE, serve(acceptor), "ex.test").unwrap();
}

#[test]
fn a_host_that_cannot_be_a_name_is_an_error_and_no_panic() {
    let address = serve(Leaf::self_signed(&["ex.test"]).acceptor(&[]));
    assert!(matches!(connect(&INSECURE, address, "a\0b"), Err(Error::Usage(_))));
    assert!(matches!(connect(&INSECURE, address, "."), Err(Error::Usage(_))));
}

#[test]
fn the_library_is_named_with_its_version() {
    let name = library();
    let version = name.strip_prefix("OpenSSL ").or(name.strip_prefix("LibreSSL ")).unwrap();
    assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{name}");
}
