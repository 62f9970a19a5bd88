//! `wscope serve` behind TLS: its certificate, those of its clients, and what is wrong with either.

mod common;

use std::io::Write;
use std::path::Path;

use common::certs::Authority;
use common::{Served, serve, wscope};

/// `wss://localhost:PORT/`.
fn url(server: &Served) -> String {
    format!("wss://localhost:{}/", server.addr().port())
}

fn name(path: &Path) -> &str {
    path.to_str().expect("a name")
}

#[test]
fn a_made_certificate_is_trusted_through_its_file_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    let server = serve(&["--self-signed", "--ca-out", name(&ca)]);
    assert!(server.url().starts_with("wss://127.0.0.1:"), "{}", server.url());
    let args = ["-1", "-m", "x", "--cacert", name(&ca)];
    wscope(&[&args[..], &[&url(&server)]].concat()).run().exits(0).prints("x\n");
    wscope(&[&args[..], &[server.url()]].concat()).run().exits(0).prints("x\n");
    wscope(&["-1", "-m", "x", &url(&server)]).run().exits(4);
    server.wait_stderr(": the TLS handshake failed: ");
    server.wait_stderr("@1 * closed by the client");
}

#[test]
fn the_handshake_is_a_part_of_a_clients_time() {
    let server = serve(&["--self-signed", "--handshake-timeout", "300ms"]);
    let mut mute = common::Caller::connect(server.addr());
    assert_eq!(mute.read_to_end(), b"");
    server.wait_stderr("took too long over its request (--handshake-timeout)");
    let mut plain = common::Caller::connect(server.addr());
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    plain.read_to_end();
    server.wait_stderr(": the TLS handshake failed: ");
}

#[test]
fn large_messages_go_both_ways() {
    let server = serve(&["--self-signed"]);
    let text = "x".repeat(4 << 20);
    let call = wscope(&["-k", "-q", "-i", "whole", "-n1", &url(&server)]).stdin(text.clone());
    call.run().exits(0).prints(text + "\n");
}

#[test]
fn wrong_files_and_options_are_told_before_anything_listens() {
    let authority = Authority::new("serve");
    let (one, other) = (authority.localhost(), authority.localhost());
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let write = |path: &Path, text: &str| {
        let mut file = std::fs::File::create(path).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    };
    write(&cert, &one.cert);
    write(&key, &other.key);
    let rows: [(&[&str], i32, &str); 5] = [
        (&["--cert", name(&cert), "--key", name(&key)], 4, "key"),
        (&["--cert", name(&cert), "--key", "/no/such"], 9, "/no/such"),
        (&["--cert", name(&cert)], 2, "--key"),
        (&["--client-ca", name(&cert)], 2, "certificate"),
        (&["--self-signed", "--cert", name(&cert), "--key", name(&key)], 2, "--self-signed"),
    ];
    for (args, code, words) in rows {
        let output = wscope(&[&["serve", ":0"], args].concat()).run();
        output.fails(code, &[words]).never_says("listening on ");
    }
    write(&key, &one.key);
    let ca = authority.write(folder.path());
    let server = serve(&["--cert", name(&cert), "--key", name(&key)]);
    wscope(&["--cacert", name(&ca), "-1", "-m", "x", &url(&server)]).run().exits(0).prints("x\n");
}

#[test]
fn client_ca_lets_in_those_whose_certificate_it_issued() {
    let (ours, clients, strangers) =
        (Authority::new("server"), Authority::new("ours"), Authority::new("others"));
    let folder = tempfile::tempdir().expect("a folder");
    let ca = ours.write(folder.path());
    let client_ca = folder.path().join("clients.pem");
    std::fs::write(&client_ca, clients.pem()).expect("written");
    let (cert, key) = ours.localhost().write(folder.path(), "leaf");
    let (good, good_key) = clients.issue(&["me"], |_| ()).write(folder.path(), "good");
    let (bad, bad_key) = strangers.issue(&["me"], |_| ()).write(folder.path(), "bad");
    for version in ["1.2", "1.3"] {
        let identity = ["--cert", name(&cert), "--key", name(&key), "--client-ca", name(&client_ca)];
        let server = serve(&[&identity[..], &["--tls-max", version]].concat());
        let call = |identity: &[&str]| {
            let args = ["--cacert", name(&ca), "-1", "-m", "x", &url(&server)];
            wscope(&[identity, &args].concat()).run()
        };
        call(&["--cert", name(&good), "--key", name(&good_key)]).exits(0).prints("x\n");
        call(&["--cert", name(&bad), "--key", name(&bad_key)]).fails(4, &["certificate"]);
        call(&[]).fails(4, &["certificate"]);
        server.wait_stderr("@1 * closed by the client: 1000");
        assert_eq!(server.stderr_so_far().matches(" * 127.0.0.1:").count(), 1, "only one was let in");
    }
}
