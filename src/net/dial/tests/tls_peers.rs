//! TLS with the origin, with a proxy, and one inside the other.

use super::*;

/// A certificate for the name, as a server's identity and as PEM to trust. Its subject is the name as well: two of one
/// subject confuse a trust store.
fn identity(name: &str) -> (native_tls::Identity, String) {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name of this test");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = rcgen::KeyPair::generate().expect("a fresh key");
    let certificate = params.self_signed(&key).expect("a fresh certificate").pem();
    let key = key.serialize_pem();
    let identity =
        native_tls::Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).expect("a fresh pair");
    (identity, certificate)
}

fn trusting(folder: &tempfile::TempDir, certificates: &[&str], options: Options) -> Options {
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, certificates.concat()).expect("a fresh folder");
    Options { tls: tls::Options { cacert: Some(file), ..tls::Options::default() }, ..options }
}

#[test]
fn tls_with_the_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    let (id, certificate) = identity("h.test");
    let script = vec![Step::Tls(id), expect("hello"), send("there")];
    let (port, server) = peer(vec![script]);
    let resolve = vec![format!("h.test:{port}:127.0.0.1").parse().expect("well formed")];
    let options = trusting(&folder, &[&certificate], Options { resolve, ..direct() });
    let mut dialed =
        Dialer::new(options).dial(&target(&format!("wss://h.test:{port}")), soon()).expect("trusted");
    assert!(dialed.stream.is_tls() && dialed.timings.tls.is_some() && dialed.notices.is_empty());
    assert_eq!(
        dialed.tls.as_ref().map(|facts| (facts.verified, facts.names.clone())),
        Some((true, vec!["h.test".into()]))
    );
    dialed.stream.write_all(b"hello").expect("connected");
    read(&mut dialed.stream, b"there");
    dialed.stream.set_nonblocking().expect("connected");
    let waits = dialed.stream.read(&mut [0; 10]).map_err(|e| e.kind());
    assert_eq!(waits, Err(io::ErrorKind::WouldBlock));
    assert_eq!(dialed.stream.blocked(), Some(tls::Blocked::Read));
    dialed.stream.shutdown_write().expect("room for an alert");
    drop(dialed);
    played(server);
}

/// A server whose certificate nobody trusts, for so many connections: those that want to know more come again. The client
/// breaks every handshake off.
fn untrusted(connections: usize) -> u16 {
    let (id, _) = identity("127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound listener").port();
    thread::spawn(move || {
        for socket in listener.incoming().take(connections).flatten() {
            let _ = native_tls::TlsAcceptor::new(id.clone()).expect("an identity").accept(socket);
        }
    });
    port
}

#[test]
fn an_untrusted_origin_is_named_by_its_certificate() {
    let port = untrusted(usize::MAX);
    let options = Options { tls: tls::Options::default(), ..direct() };
    let error = Dialer::new(options)
        .dial(&target(&format!("wss://127.0.0.1:{port}")), soon())
        .expect_err("untrusted");
    assert_eq!(error.phase, Phase::Tls);
    assert!(
        error.to_string().starts_with(&format!("could not set up TLS with 127.0.0.1:{port}: ")),
        "{error}"
    );
    assert!(error.to_string().contains("self-signed"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--cacert")));
    let Cause::Tls(cause) = &error.cause else { panic!("{error}") };
    let tls::Error::Certificate(rejection) = &**cause else { panic!("{error}") };
    assert!(rejection.inspection.is_some(), "its certificate was looked at: {error}");
}

#[test]
fn a_server_that_takes_no_second_connection_is_still_untrusted() {
    let port = untrusted(1);
    let options = Options { tls: tls::Options::default(), ..direct() };
    let error = Dialer::new(options).dial(&target(&format!("wss://127.0.0.1:{port}")), soon());
    let error = error.expect_err("untrusted");
    assert!(error.to_string().contains("self-signed"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--cacert")));
}

#[test]
fn an_unverified_origin_is_told() {
    let (id, _) = identity("other.test");
    let (port, server) = peer(vec![vec![Step::Tls(id)]]);
    let options = Options { tls: tls::Options { insecure: true, ..tls::Options::default() }, ..direct() };
    let dialed =
        Dialer::new(options).dial(&target(&format!("wss://127.0.0.1:{port}")), soon()).expect("unverified");
    assert_eq!(dialed.notices, ["the certificate of 127.0.0.1 is not verified (--insecure)"]);
    drop(dialed);
    played(server);
}

#[test]
fn a_mute_tls_port_runs_into_the_deadline() {
    let (port, server) = peer(vec![vec![]]);
    let until = Instant::now() + Duration::from_secs(3);
    let error = Dialer::new(direct()).dial(&target(&format!("wss://127.0.0.1:{port}")), Some(until));
    let error = error.expect_err("no answer in time");
    assert_eq!(
        error.to_string(),
        format!("could not set up TLS with 127.0.0.1:{port}: timed out (phase tls)")
    );
    played(server);
}

#[test]
fn a_file_that_cannot_be_read_is_found_before_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener");
    let port = listener.local_addr().expect("a bound listener").port();
    let tls = tls::Options { cacert: Some("/no/such/file".into()), ..tls::Options::default() };
    let error =
        Dialer::new(Options { tls, ..direct() }).dial(&target(&format!("wss://127.0.0.1:{port}")), soon());
    assert!(error.expect_err("no such file").to_string().contains("/no/such/file"));
    assert_eq!(listener.accept().map(drop).map_err(|e| e.kind()), Err(io::ErrorKind::WouldBlock));
}

#[test]
fn tls_inside_the_tls_of_an_https_proxy() {
    let folder = tempfile::tempdir().expect("a folder");
    let ((origin, origin_pem), (proxy, proxy_pem)) = (identity("h.test"), identity("127.0.0.1"));
    let script = vec![
        Step::Tls(proxy),
        expect("CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n\r\n"),
        send("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Tls(origin),
        expect("hello"),
        send("there"),
    ];
    let (port, server) = peer(vec![script]);
    let options =
        trusting(&folder, &[&origin_pem, &proxy_pem], through(&format!("https://127.0.0.1:{port}")));
    let mut dialed = Dialer::new(options).dial(&target("wss://h.test"), soon()).expect("both are trusted");
    assert_eq!(dialed.tls.as_ref().map(|facts| facts.names.clone()), Some(vec!["h.test".into()]));
    dialed.stream.write_all(b"hello").expect("connected");
    read(&mut dialed.stream, b"there");
    drop(dialed);
    played(server);
}

#[test]
fn an_https_proxy_is_verified_even_under_insecure() {
    let port = untrusted(usize::MAX);
    let tls = tls::Options { insecure: true, ..tls::Options::default() };
    let options = Options { tls, ..through(&format!("https://127.0.0.1:{port}")) };
    let error =
        Dialer::new(options).dial(&target("ws://h.test"), soon()).expect_err("the proxy is not trusted");
    assert_eq!(error.phase, Phase::Proxy);
    assert!(matches!(error.cause, Cause::Tls(_)), "{error}");
    assert!(error.what.contains(&format!("the proxy 127.0.0.1:{port}")), "{error}");
}
