//! TLS: whom wscope trusts and why not, client certificates in every form, versions, names, and rude ends.
//!
//! Certificates are made by rcgen, servers by OpenSSL (so this file is for the systems where native-tls stands on
//! it). Refusals end with 4 and name the fact; a file that does not parse or match is found before connecting.
#![cfg(not(any(windows, target_vendor = "apple")))]

mod common;

use std::path::Path;

use common::certs::{Authority, Certified, named, self_signed};
use common::echo::Knobs;
use common::peer::{Wrap, peer_behind};
use common::{Echo, Peer, text, wscope};
use openssl::pkey::PKey;
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::x509::X509;
use rcgen::date_time_ymd;
use tempfile::TempDir;

/// An authority, its file, and a folder for what else a test writes.
struct Trust {
    authority: Authority,
    folder: TempDir,
    ca: String,
}

fn trust() -> Trust {
    let authority = Authority::new("wscope test root");
    let folder = tempfile::tempdir().expect("a folder");
    let ca = path(&authority.write(folder.path()));
    Trust { authority, folder, ca }
}

fn path(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn tls_echo(certified: Certified) -> Echo {
    Echo::start(Knobs { tls: Some(certified), ..Knobs::default() })
}

fn greeting_peer(wrap: Wrap) -> Peer {
    peer_behind(wrap, |c| {
        c.accept();
        c.send(text("hello"));
        c.close(1000, "");
    })
}

#[test]
fn an_own_authority_is_trusted_when_named() {
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    let args = ["--cacert", &trust.ca, "-n1", "-m", "x", &echo.url()];
    wscope(&args).run().exits(0).prints("x\n").silent();
    wscope(&["--cacert", &trust.ca, "-n1", "-m", "x", &format!("wss://127.0.0.1:{}/", echo.port())])
        .run()
        .exits(0)
        .prints("x\n");
    // A trailing dot and capitals belong to neither SNI nor the names of a certificate.
    let resolve = format!("*:{}:127.0.0.1", echo.port());
    let url = format!("wss://LOCALHOST.:{}/", echo.port());
    wscope(&["--resolve", &resolve, "--cacert", &trust.ca, "-n1", "-m", "x", &url])
        .run()
        .exits(0)
        .prints("x\n");
}

/// The variables of OpenSSL name what is trusted without `--cacert`: a bundle, or a folder of files that are named by the
/// hash of their subject.
#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn the_environment_names_what_is_trusted() {
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    let root = openssl::x509::X509::from_pem(trust.authority.pem().as_bytes()).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("{:08x}.0", root.subject_name_hash());
    std::fs::write(folder.path().join(name), trust.authority.pem()).expect("written");
    let call = || wscope(&["-n1", "-m", "x", &echo.url()]);
    call().env("SSL_CERT_FILE", &trust.ca).run().exits(0).prints("x\n");
    call().env("SSL_CERT_DIR", folder.path()).run().exits(0).prints("x\n");
    // A folder from which authorities are looked up, this one not among them: the bundle is asked after that.
    let others = tempfile::tempdir().expect("a folder");
    std::fs::write(others.path().join("00000000.0"), "").expect("written");
    let both = call().env("SSL_CERT_DIR", others.path()).env("SSL_CERT_FILE", &trust.ca);
    both.run().exits(0).prints("x\n").silent();
    call().run().fails(4, &["--cacert"]);
}

#[test]
fn certificates_that_prove_nothing_are_refused_with_the_reason() {
    let trust = trust();
    let stranger = Authority::new("somebody else");
    let past = |params: &mut rcgen::CertificateParams| {
        (params.not_before, params.not_after) = (date_time_ymd(2019, 3, 4), date_time_ymd(2020, 5, 6));
    };
    let future = |params: &mut rcgen::CertificateParams| params.not_before = date_time_ymd(2077, 7, 8);
    let no_san = |params: &mut rcgen::CertificateParams| params.distinguished_name = named("localhost");
    let rows: [(Certified, &[&str]); 7] = [
        (trust.authority.issue(&["localhost"], past), &["expired", "2020", "2019"]),
        (trust.authority.issue(&["localhost"], future), &["not yet valid", "2077"]),
        (
            trust.authority.issue(&["other.test", "*.wild.test"], |_| ()),
            &["localhost", "other.test", "*.wild.test"],
        ),
        (trust.authority.issue(&["localhos", "*"], |_| ()), &["localhost"]),
        (trust.authority.issue(&[], no_san), &["subjectAltName"]),
        (stranger.localhost(), &["--cacert", "--insecure"]),
        (self_signed(&["localhost"]), &["self-signed"]),
    ];
    for (certified, words) in rows {
        let echo = tls_echo(certified);
        let args = ["--cacert", &trust.ca, "-n1", "-m", "x", &echo.url()];
        wscope(&args).run().fails(4, words).prints("");
        // --insecure takes each of them.
        wscope(&["-k", "-n1", "-m", "x", &echo.url()]).run().exits(0).prints("x\n");
    }
}

#[test]
fn without_cacert_the_system_s_trust_decides() {
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    wscope(&["-m", "x", &echo.url()]).run().fails(4, &["certificate", "--cacert"]);
}

#[test]
fn names_in_a_certificate_are_shown_harmless() {
    let trust = trust();
    let evil =
        |params: &mut rcgen::CertificateParams| params.distinguished_name = named("evil\x1b[2J\u{202e}");
    let echo = tls_echo(trust.authority.issue(&["localhost"], evil));
    let mut terminal =
        common::terminal(&["-v", "--cacert", &trust.ca, "-n1", "-m", "x", &echo.url()]).start();
    assert_eq!(terminal.ends(), Ok(0));
    assert!(terminal.screen().contains("evil\\x1b[2J\\u{202e}"), "{}", terminal.screen());
    assert!(memchr::memmem::find(&terminal.raw(), b"evil\x1b").is_none());
}

#[test]
fn sni_names_the_server_and_is_verified() {
    let trust = trust();
    let peer = peer_behind(
        trust.authority.issue(&["inner.test"], |_| ()).wrap_with(|builder| {
            builder.set_servername_callback(|ssl, _| {
                let name = ssl.servername(openssl::ssl::NameType::HOST_NAME);
                if name == Some("inner.test") { Ok(()) } else { Err(openssl::ssl::SniError::ALERT_FATAL) }
            });
        }),
        |c| {
            c.accept();
            c.close(1000, "");
        },
    );
    wscope(&["--cacert", &trust.ca, "--sni", "inner.test", &peer.tls_url()]).run().exits(0);
    wscope(&["--cacert", &trust.ca, "--sni", "other.test", &peer.tls_url()]).run().fails(4, &[]);
}

#[test]
fn versions_are_bounded_both_ways() {
    let trust = trust();
    let certified = trust.authority.localhost();
    let only = |version| {
        greeting_peer(certified.wrap_with(|builder| {
            builder.set_min_proto_version(Some(version)).expect("a version");
            builder.set_max_proto_version(Some(version)).expect("a version");
        }))
    };
    let rows: [(SslVersion, &[&str], i32); 6] = [
        (SslVersion::TLS1_2, &[], 0),
        (SslVersion::TLS1_3, &[], 0),
        (SslVersion::TLS1_2, &["--tls-max", "1.2"], 0),
        (SslVersion::TLS1_3, &["--tls-min", "1.3"], 0),
        (SslVersion::TLS1_2, &["--tls-min", "1.3"], 4),
        (SslVersion::TLS1_3, &["--tls-max", "1.2"], 4),
    ];
    for (version, options, code) in rows {
        let peer = only(version);
        let output = wscope(&[options, &["--cacert", &trust.ca, &peer.tls_url()]].concat()).run();
        output.exits(code).prints(if code == 0 { "hello\n" } else { "" });
    }
}

/// A server that wants a certificate signed by the authority.
fn demanding_peer(trust: &Trust) -> Peer {
    let root = X509::from_pem(trust.authority.pem().as_bytes()).expect("the root");
    greeting_peer(trust.authority.localhost().wrap_with(move |builder| {
        builder.cert_store_mut().add_cert(root).expect("the root");
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }))
}

#[test]
fn a_client_certificate_is_taken_in_every_form() {
    let trust = trust();
    let folder = trust.folder.path();
    let client = trust.authority.issue(&["client.test"], |_| ());
    let (cert, pkcs8) = client.write(folder, "client");
    let key = PKey::private_key_from_pem(client.key.as_bytes()).expect("a key");
    let sec1 = folder.join("sec1.key");
    let ec = key.ec_key().expect("rcgen makes EC keys").private_key_to_pem().expect("SEC1");
    std::fs::write(&sec1, ec).expect("a file");
    let pfx = folder.join("client.p12");
    let x509 = X509::from_pem(client.cert.as_bytes()).expect("a certificate");
    let bundle = openssl::pkcs12::Pkcs12::builder().pkey(&key).cert(&x509).build2("secret").expect("PKCS#12");
    std::fs::write(&pfx, bundle.to_der().expect("DER")).expect("a file");
    let pass = folder.join("pass");
    std::fs::write(&pass, "secret\n").expect("a file");
    let (cert, pkcs8, sec1, pfx, pass) = (path(&cert), path(&pkcs8), path(&sec1), path(&pfx), path(&pass));
    let rows: [&[&str]; 3] = [
        &["--cert", &cert, "--key", &pkcs8],
        &["--cert", &cert, "--key", &sec1],
        &["--pkcs12", &pfx, "--pass-file", &pass],
    ];
    for options in rows {
        let peer = demanding_peer(&trust);
        wscope(&[options, &["--cacert", &trust.ca, &peer.tls_url()]].concat())
            .run()
            .exits(0)
            .prints("hello\n");
    }
}

#[test]
fn an_rsa_key_may_be_pkcs1() {
    let trust = trust();
    let rsa = openssl::rsa::Rsa::generate(2048).expect("a key");
    let key = PKey::from_rsa(rsa.clone()).expect("a key");
    let pair = rcgen::KeyPair::from_pem(
        std::str::from_utf8(&key.private_key_to_pem_pkcs8().expect("PKCS#8")).expect("PEM is text"),
    )
    .expect("rcgen reads RSA keys");
    let cert = rcgen::CertificateParams::new(vec!["client.test".to_owned()]).expect("a name");
    let cert = cert.self_signed(&pair).expect("a certificate");
    let pkcs1 = String::from_utf8(rsa.private_key_to_pem().expect("PKCS#1")).expect("PEM is text");
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"), "{pkcs1}");
    let (cert, key) = Certified { cert: cert.pem(), key: pkcs1 }.write(trust.folder.path(), "rsa");
    let peer = greeting_peer(trust.authority.localhost().wrap_with(|builder| {
        builder.set_verify_callback(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT, |_, _| true);
    }));
    let args = ["--cacert", &trust.ca, "--cert", &path(&cert), "--key", &path(&key), &peer.tls_url()];
    wscope(&args).run().exits(0).prints("hello\n");
}

#[test]
fn a_missing_client_certificate_is_a_tls_error_even_when_it_shows_late() {
    let trust = trust();
    let peer = demanding_peer(&trust);
    wscope(&["--cacert", &trust.ca, &peer.tls_url()]).run().fails(4, &["certificate", "--cert"]);
    let stranger = Authority::new("a stranger").issue(&["client.test"], |_| ());
    let (cert, key) = stranger.write(trust.folder.path(), "stranger");
    let args = ["--cacert", &trust.ca, "--cert", &path(&cert), "--key", &path(&key), &peer.tls_url()];
    wscope(&args).run().fails(4, &["certificate"]);
}

#[test]
fn files_that_do_not_parse_or_match_are_found_before_connecting() {
    let trust = trust();
    let folder = trust.folder.path();
    let (cert, key) = trust.authority.issue(&["a.test"], |_| ()).write(folder, "a");
    let (_, other_key) = trust.authority.issue(&["b.test"], |_| ()).write(folder, "b");
    let garbage = folder.join("garbage.pem");
    std::fs::write(&garbage, "not a certificate").expect("a file");
    let encrypted = folder.join("encrypted.key");
    let pem = std::fs::read(&key).expect("the key");
    let secret = PKey::private_key_from_pem(&pem).expect("a key");
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let pem = secret.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").expect("PEM");
    std::fs::write(&encrypted, pem).expect("a file");
    let (cert, key, other_key) = (path(&cert), path(&key), path(&other_key));
    let (garbage, encrypted) = (path(&garbage), path(&encrypted));
    let rows: [(&[&str], &[&str]); 6] = [
        (&["--cert", &cert, "--key", &other_key], &["b.key"]),
        (&["--cert", &garbage, "--key", &key], &["garbage.pem"]),
        (&["--cert", &cert, "--key", &garbage], &["garbage.pem"]),
        (&["--cert", &cert, "--key", &encrypted], &["encrypted", "openssl"]),
        (&["--cacert", &garbage], &["garbage.pem"]),
        (&["--pkcs12", &garbage, "--pass-file", &garbage], &["garbage.pem"]),
    ];
    for (options, words) in rows {
        let nobody = common::untouched();
        let url = nobody.url().replace("ws://", "wss://");
        wscope(&[options, &[&url]].concat()).run().fails(4, words);
        nobody.check();
    }
}

#[test]
fn a_plain_port_and_a_tls_port_are_told_apart() {
    let plain = common::peer(|c| {
        c.read_exact(5);
        c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    wscope(&[&plain.tls_url()]).run().fails(4, &["ws://"]);
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    let output = wscope(&[&format!("ws://localhost:{}/", echo.port())]).run();
    output.fails(5, &["wss://"]);
}

#[test]
fn a_bare_end_of_tcp_is_no_close_even_under_tls() {
    let trust = trust();
    let peer = peer_behind(trust.authority.localhost().wrap(), |c| {
        c.accept();
        c.send(text("one"));
    });
    let output =
        wscope(&["--cacert", &trust.ca, &peer.tls_url()]).stdin_open().start().finish_with_stdin_open();
    output.ends(7, &["1006"]).prints("one\n");
}

#[test]
fn a_large_message_and_many_small_ones_pass_through_tls() {
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    let large = format!("{}\n", "0123456789".repeat(300_000));
    let small: String = (0..3000).map(|n| format!("{n}\n")).collect();
    let input = format!("{large}{small}");
    let args = ["--cacert", &trust.ca, "-n", "3001", &echo.url()];
    wscope(&args).stdin(input.as_str()).run().exits(0).prints(input).silent();
}

#[test]
fn tls_facts_are_told_when_asked() {
    let trust = trust();
    let echo = tls_echo(trust.authority.localhost());
    let args = ["-v", "--cacert", &trust.ca, "-n1", "-m", "x", &echo.url()];
    wscope(&args).run().exits(0).says("TLSv1.").says("wscope test").says("wscope test root");
    let args = ["-o", "jsonl", "--cacert", &trust.ca, "-n1", "-m", "x", &echo.url()];
    let open = &wscope(&args).run().records()[0];
    assert_eq!(open["event"], "open");
    let version = open["tls"]["version"].as_str().expect("a version");
    assert!(version.starts_with("TLSv1."), "{open}");
    for field in ["cipher", "subject", "issuer", "not_after"] {
        assert!(open["tls"][field].is_string(), "{field}: {open}");
    }
}
