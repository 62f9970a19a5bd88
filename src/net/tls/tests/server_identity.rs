//! The server's own certificate, made or read, and the certificates it asks of its clients.

use std::fs;
use std::path::Path;

use openssl::pkcs12::Pkcs12;
use openssl::ssl::{SslConnector, SslSession, SslVerifyMode};
use openssl::stack::Stack;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};

use super::super::{Acceptor, ClientFault, IdentitySource, ServerIdentity, ServerOptions, Version};
use super::server::{BOTH, Once, at, options};
use super::*;

fn identity(identity: ServerIdentity) -> ServerOptions {
    ServerOptions { identity, client_ca: None, min: None, max: None }
}

fn made(ca_out: Option<&Path>) -> ServerOptions {
    identity(ServerIdentity::SelfSigned { ca_out: ca_out.map(Path::to_owned) })
}

fn load_error(options: &ServerOptions) -> Error {
    Acceptor::new(options).map(|_| ()).unwrap_err()
}

#[test]
fn a_made_certificate_is_trusted_by_its_authority_alone() {
    let files = Files::new();
    let file = files.0.path().join("ca.pem");
    let trusting = Options { cacert: Some(file.clone()), ..Options::default() };
    let acceptor = Acceptor::new(&made(Some(&file))).unwrap();
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.matches("BEGIN").count() == 1 && written.contains("BEGIN CERTIFICATE"), "{written}");
    for host in ["localhost", "127.0.0.1", "::1"] {
        let server = Once::new(&acceptor, |_| ());
        let (_, facts) = connect(&trusting, server.address, host).expect(host);
        assert!(facts.verified);
        assert_eq!(facts.names, ["localhost", "127.0.0.1", "::1"]);
        server.join().unwrap();
    }
    let server = Once::new(&acceptor, |_| ());
    connect(&trusting, server.address, "ex.test").unwrap_err();
    server.join().unwrap_err();
    // The next run has another authority.
    let server = Once::new(&Acceptor::new(&made(None)).unwrap(), |_| ());
    let error = connect(&trusting, server.address, "localhost").map(|_| ()).unwrap_err();
    assert!(error.is_about_certificate(), "{error}");
    let refused = server.join().unwrap_err();
    assert!(matches!(refused, Error::Client(ClientFault::Refused(_))), "{refused}");
}

#[test]
fn an_authority_that_cannot_be_written_is_told() {
    let error = load_error(&made(Some(Path::new("/no/such/folder/ca.pem"))));
    assert_eq!(error.to_string(), "could not write /no/such/folder/ca.pem: no such file or directory");
    assert!(error.is_local());
}

#[test]
fn a_chain_is_sent_from_pem_and_from_pkcs12() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let (middle, low) = (root.intermediate("middle"), "low");
    let low = middle.intermediate(low);
    let leaf = low.leaf(&["ex.test"]);
    let x509 = |pem: &str| X509::from_pem(pem.as_bytes()).unwrap();
    let key = PKey::private_key_from_pem(leaf.key.serialize_pem().as_bytes()).unwrap();
    let mut others = Stack::new().unwrap();
    others.push(x509(&low.pem)).unwrap();
    others.push(x509(&middle.pem)).unwrap();
    let leaf_x509 = x509(&leaf.pem);
    let archive = Pkcs12::builder().pkey(&key).cert(&leaf_x509).ca(others).build2("sesame").unwrap();
    let pkcs12 = |password: &str| {
        let file = files.write("server.p12", archive.to_der().unwrap());
        identity(ServerIdentity::Pkcs12 { file, password: password.to_owned() })
    };
    let cert = files.write("chain.pem", format!("{}{}{}", leaf.pem, low.pem, middle.pem));
    let key = files.write("leaf.key", leaf.key.serialize_pem());
    for options in [identity(ServerIdentity::Pem { cert, key }), pkcs12("sesame")] {
        let server = Once::new(&Acceptor::new(&options).unwrap(), |_| ());
        connect(&files.trusting(&root), server.address, "ex.test").unwrap();
        server.join().unwrap();
    }
    let error = load_error(&pkcs12("open"));
    assert!(error.to_string().ends_with("server.p12: the password is wrong"), "{error}");
    assert!(error.hint().unwrap().contains("--pass-file"));
}

#[test]
fn what_is_wrong_with_certificate_and_key_is_told_before_listening() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let (one, two) = (root.leaf(&["one.test"]), root.leaf(&["two.test"]));
    let cert = files.write("one.pem", &one.pem);
    let with_key =
        |key: &[u8]| identity(ServerIdentity::Pem { cert: cert.clone(), key: files.write("the.key", key) });
    let other = load_error(&with_key(two.key.serialize_pem().as_bytes()));
    assert!(other.to_string().starts_with("could not use ") && other.hint().is_none(), "{other}");
    assert!(other.to_string().contains("the.key: it does not match the first certificate in "), "{other}");
    let none = load_error(&with_key(one.pem.as_bytes()));
    assert!(none.to_string().ends_with("it holds no private key, but CERTIFICATE"), "{none}");
    let absent = identity(ServerIdentity::Pem { cert: "/no/such.pem".into(), key: "/no/such.key".into() });
    assert!(matches!(load_error(&absent), Error::File { .. }));
    let no_authority = files.write("empty.pem", "");
    let options = ServerOptions { client_ca: Some(no_authority), ..options(&files, &root) };
    assert!(matches!(load_error(&options), Error::Trust { .. }));
}

/// A server of `root` that asks for certificates of `clients`.
fn asking(files: &Files, root: &Authority, clients: &Authority) -> ServerOptions {
    ServerOptions { client_ca: Some(files.write("clients.pem", &clients.pem)), ..options(files, root) }
}

fn showing(files: &Files, root: &Authority, leaf: &Leaf) -> Options {
    let cert = files.write("client.pem", &leaf.pem);
    let key = files.write("client.key", leaf.key.serialize_pem());
    Options { identity: Some(IdentitySource::Pem { cert, key }), ..files.trusting(root) }
}

/// How a client's connection goes: the error of its handshake or first read, where there is one.
fn visit(options: &Options, address: SocketAddr) -> Result<(), Error> {
    use std::io::Read;
    let (mut stream, _) = connect(options, address, "ex.test")?;
    stream.read_exact(&mut [0; 5]).map_err(|error| error.downcast().expect("an error of TLS"))
}

#[test]
fn a_client_with_a_certificate_is_let_in_and_told() {
    let (files, root, clients) = (Files::new(), Authority::root("root"), Authority::root("clients"));
    let mut params = leaf_params(&["person.test"]);
    params.distinguished_name = common_name("person");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let person = clients.sign(&params);
    for version in BOTH {
        let server = Once::new(&at(version, asking(&files, &root, &clients)), |connection| {
            connection.write_all(b"hello");
            connection.facts.clone()
        });
        visit(&showing(&files, &root, &person), server.address).unwrap();
        let facts = server.join().unwrap();
        assert!(facts.verified);
        assert_eq!((facts.subject.as_str(), facts.issuer.as_str()), ("CN=person", "CN=clients"));
        assert_eq!((facts.names, facts.version), (vec!["person.test".to_owned()], format!("TLSv{version}")));
    }
}

#[test]
fn a_client_without_a_certificate_is_refused_at_both_ends() {
    let (files, root, clients) = (Files::new(), Authority::root("root"), Authority::root("clients"));
    for version in BOTH {
        let server = Once::new(&at(version, asking(&files, &root, &clients)), |_| ());
        let error = visit(&files.trusting(&root), server.address).unwrap_err();
        assert!(error.to_string().starts_with("the server requires a client certificate"), "{error}");
        let error = server.join().unwrap_err();
        assert_eq!(error.to_string(), "the client sent no certificate, and one is required");
    }
}

#[test]
fn certificates_that_are_not_accepted_are_told_with_their_subject() {
    let (files, root, clients) = (Files::new(), Authority::root("root"), Authority::root("clients"));
    let params = |change: fn(&mut CertificateParams)| {
        let mut params = leaf_params(&["person.test"]);
        change(&mut params);
        params
    };
    let expired = clients.sign(&params(|params| params.not_after = date_time_ymd(2001, 1, 1)));
    let early = clients.sign(&params(|params| params.not_before = date_time_ymd(3000, 1, 1)));
    let servers = clients
        .sign(&params(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]));
    let foreign = Authority::root("elsewhere").leaf(&["person.test"]);
    let alone = Leaf::self_signed(&["person.test"]);
    for (leaf, why) in [
        (expired, "it has expired"),
        (early, "it is not yet valid"),
        (servers, "it is not meant for clients (extended key usage)"),
        (foreign, "the authority that issued it is not among those of --client-ca"),
        (alone, "it is self-signed and not among those of --client-ca"),
    ] {
        for version in BOTH {
            let server = Once::new(&at(version, asking(&files, &root, &clients)), |_| ());
            let error = visit(&showing(&files, &root, &leaf), server.address).unwrap_err();
            assert!(error.to_string().starts_with("the server refuses the client certificate"), "{error}");
            let error = server.join().unwrap_err().to_string();
            assert_eq!(error, format!("the client's certificate (CN=leaf) is not accepted: {why}"));
        }
    }
}

#[test]
fn a_verified_client_may_resume_its_session() {
    let (files, root, clients) = (Files::new(), Authority::root("root"), Authority::root("clients"));
    let person = clients.leaf(&["person.test"]);
    let acceptor = at(Version::V1_2, asking(&files, &root, &clients));
    let visit = |session: Option<&SslSession>| {
        let server = Once::new(&acceptor, |connection| connection.facts.subject.clone());
        let mut builder = SslConnector::builder(SslMethod::tls()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_certificate(&X509::from_pem(person.pem.as_bytes()).unwrap()).unwrap();
        let key = PKey::private_key_from_pem(person.key.serialize_pem().as_bytes()).unwrap();
        builder.set_private_key(&key).unwrap();
        let mut ssl = builder.build().configure().unwrap().into_ssl("ex.test").unwrap();
        if let Some(session) = session {
            // SAFETY: the session comes from a context of the same settings.
            #[allow(unsafe_code)] // Nothing safe resumes a session.
            unsafe {
                ssl.set_session(session).unwrap();
            }
        }
        let mut stream = ssl.connect(socket(server.address)).unwrap();
        assert_eq!(stream.ssl().session_reused(), session.is_some());
        let session = stream.ssl().session().unwrap().to_owned();
        assert_eq!(server.join().unwrap(), "CN=leaf");
        // A session whose connection was just dropped is not resumed.
        stream.shutdown().unwrap();
        session
    };
    let session = visit(None);
    visit(Some(&session));
}
