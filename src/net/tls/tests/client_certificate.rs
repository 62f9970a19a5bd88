//! Client certificates: every form of key, every mistake, and servers that insist.

use std::io::Read;

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name};

use super::super::{Alert, IdentitySource, of_io};
use super::*;

/// A client's key with a self-signed certificate.
struct Person {
    key: PKey<Private>,
    certificate: X509,
}

impl Person {
    fn with(key: PKey<Private>) -> Person {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", "person").unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        // Ed25519 signs without a digest of its own choosing.
        let edwards = key.id() == openssl::pkey::Id::ED25519;
        let digest = if edwards { MessageDigest::null() } else { MessageDigest::sha256() };
        builder.sign(&key, digest).unwrap();
        Person { key, certificate: builder.build() }
    }

    fn elliptic() -> Person {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Person::with(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    fn edwards() -> Person {
        Person::with(PKey::generate_ed25519().unwrap())
    }

    fn rsa() -> Person {
        Person::with(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    fn pkcs8(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }
}

fn source(files: &Files, cert: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> IdentitySource {
    IdentitySource::Pem { cert: files.write("client.pem", cert), key: files.write("client.key", key) }
}

fn options(identity: IdentitySource) -> Options {
    Options { insecure: true, identity: Some(identity), ..Options::default() }
}

/// A server that insists on a client certificate `person`, and says hello to it.
fn insisting(version: SslVersion, person: &Person) -> SocketAddr {
    let mut acceptor = only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), version);
    acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    acceptor.cert_store_mut().add_cert(person.certificate.clone()).unwrap();
    serve(acceptor)
}

/// What a client gets to read, or the TLS error of its handshake or first read.
fn greeting(options: &Options, address: SocketAddr) -> Result<String, Error> {
    let (mut stream, _) = connect(options, address, "ex.test")?;
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => match error.downcast::<Error>() {
            Ok(error) => Err(error),
            Err(error) => panic!("an error of the socket: {error}"),
        },
    }
}

fn load_error(source: IdentitySource) -> Error {
    Connector::new(&options(source)).map(|_| ()).unwrap_err()
}

#[test]
fn every_form_of_key_is_accepted() {
    let (files, elliptic, rsa) = (Files::new(), Person::elliptic(), Person::rsa());
    let ed25519 = Person::edwards();
    let sec1 = elliptic.key.ec_key().unwrap().private_key_to_pem().unwrap();
    let parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let pkcs1 = rsa.key.rsa().unwrap().private_key_to_pem().unwrap();
    for (person, key, form) in [
        (&elliptic, elliptic.pkcs8(), "BEGIN PRIVATE KEY"),
        (&elliptic, sec1.clone(), "BEGIN EC PRIVATE KEY"),
        (&elliptic, [&parameters[..], &sec1].concat(), "BEGIN EC PARAMETERS"),
        (&rsa, pkcs1, "BEGIN RSA PRIVATE KEY"),
        (&ed25519, ed25519.pkcs8(), "BEGIN PRIVATE KEY"),
        (&rsa, [b"Bag Attributes\r\n".to_vec(), rsa.pkcs8()].concat(), "Bag Attributes"),
        (&rsa, [rsa.pem(), rsa.pkcs8()].concat(), "BEGIN CERTIFICATE"),
    ] {
        assert!(String::from_utf8_lossy(&key).contains(form));
        let address = insisting(SslVersion::TLS1_3, person);
        assert_eq!(greeting(&options(source(&files, person.pem(), key)), address).expect(form), "hello");
    }
}

#[test]
fn the_chain_of_the_client_certificate_is_sent() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let middle = root.intermediate("middle");
    let leaf = middle.leaf(&["person"]);
    let mut acceptor = only(Leaf::self_signed(&["ex.test"]).acceptor(&[]), SslVersion::TLS1_3);
    acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    acceptor.cert_store_mut().add_cert(X509::from_pem(root.pem.as_bytes()).unwrap()).unwrap();
    let address = serve(acceptor);
    let chain = format!("{}{}", leaf.pem, middle.pem);
    let whole = options(source(&files, chain, leaf.key.serialize_pem()));
    assert_eq!(greeting(&whole, address).unwrap(), "hello");
    let alone = options(source(&files, &leaf.pem, leaf.key.serialize_pem()));
    let error = greeting(&alone, address).unwrap_err();
    assert!(error.to_string().starts_with("the server refuses the client certificate: "), "{error}");
}

#[test]
fn a_server_that_insists_is_explained_early_and_late() {
    let person = Person::elliptic();
    let none = Options { insecure: true, ..Options::default() };
    for (version, alert) in [(SslVersion::TLS1_2, Alert(40)), (SslVersion::TLS1_3, Alert(116))] {
        let error = greeting(&none, insisting(version, &person)).unwrap_err();
        assert!(matches!(&error, Error::Refused { alert: found, .. } if *found == alert), "{error}");
        assert!(error.to_string().starts_with("the server requires a client certificate"), "{error}");
        assert_eq!(error.hint().as_deref(), Some("--cert FILE --key FILE"));
    }
}

#[test]
fn a_certificate_the_server_does_not_trust_is_explained_early_and_late() {
    let (files, person, other) = (Files::new(), Person::elliptic(), Person::elliptic());
    let options = options(source(&files, other.pem(), other.pkcs8()));
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let error = greeting(&options, insisting(version, &person)).unwrap_err();
        assert!(error.to_string().starts_with("the server refuses the client certificate: "), "{error}");
    }
}

#[test]
fn the_late_refusal_is_a_tls_error_inside_the_io_error() {
    let none = Options { insecure: true, ..Options::default() };
    let address = insisting(SslVersion::TLS1_3, &Person::elliptic());
    let (mut stream, _) = connect(&none, address, "ex.test").unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(of_io(&error), Some(Error::Refused { .. })), "{error}");
}

#[test]
fn a_key_of_another_certificate_is_found_before_connecting() {
    let files = Files::new();
    for (one, two) in [(Person::rsa(), Person::elliptic()), (Person::elliptic(), Person::elliptic())] {
        let error = load_error(source(&files, one.pem(), two.pkcs8()));
        assert!(
            error.to_string().contains("client.key: it does not match the first certificate in "),
            "{error}"
        );
        assert!(error.to_string().ends_with("client.pem"), "{error}");
    }
}

#[test]
fn encrypted_keys_are_explained_without_asking() {
    let (files, person) = (Files::new(), Person::rsa());
    let cipher = Cipher::aes_256_cbc();
    for key in [
        person.key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap(),
        person.key.rsa().unwrap().private_key_to_pem_passphrase(cipher, b"secret").unwrap(),
    ] {
        let error = load_error(source(&files, person.pem(), key));
        assert!(error.to_string().ends_with("client.key: its private key is encrypted"), "{error}");
        assert!(error.hint().unwrap().starts_with("decrypt it: openssl pkey -in "));
    }
}

#[test]
fn files_without_what_is_wanted_are_explained() {
    let (files, person) = (Files::new(), Person::elliptic());
    let broken = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let der = person.certificate.to_der().unwrap();
    for (cert, key, text) in [
        (person.pem(), person.pem(), "client.key: it holds no private key, but CERTIFICATE"),
        (person.pem(), Vec::new(), "client.key: it holds no private key in PEM form"),
        (person.pem(), broken.into(), "client.key: its private key does not parse"),
        (person.pkcs8(), person.pkcs8(), "client.pem: it holds no certificate in PEM form"),
        (der, person.pkcs8(), "client.pem: it holds no certificate in PEM form"),
    ] {
        let error = load_error(source(&files, cert, key));
        assert!(matches!(error, Error::Identity { .. }) && error.to_string().contains(text), "{error}");
    }
    let missing = files.0.path().join("none.key");
    let error = load_error(IdentitySource::Pem {
        cert: files.write("client.pem", person.pem()),
        key: missing.clone(),
    });
    assert!(matches!(error, Error::File { path, .. } if path == missing));
}

fn archive(person: &Person) -> Vec<u8> {
    let mut builder = Pkcs12::builder();
    builder.pkey(&person.key).cert(&person.certificate);
    builder.build2("sesame").unwrap().to_der().unwrap()
}

fn pkcs12(files: &Files, content: impl AsRef<[u8]>, password: &str) -> IdentitySource {
    IdentitySource::Pkcs12 { file: files.write("client.p12", content), password: password.to_owned() }
}

#[test]
fn a_pkcs12_archive_is_accepted_with_its_password() {
    let (files, person) = (Files::new(), Person::elliptic());
    let archive = archive(&person);
    let address = insisting(SslVersion::TLS1_3, &person);
    assert_eq!(greeting(&options(pkcs12(&files, &archive, "sesame")), address).unwrap(), "hello");
    for (content, password, text) in [
        (&archive[..], "wrong", "client.p12: the password is wrong"),
        (&archive, "", "client.p12: the password is wrong"),
        (&archive, "a\0b", "client.p12: the password holds a NUL"),
        (b"garbage", "sesame", "client.p12: it is not a PKCS#12 archive"),
        (b"", "sesame", "client.p12: it is not a PKCS#12 archive"),
    ] {
        let error = load_error(pkcs12(&files, content, password));
        assert!(matches!(error, Error::Identity { .. }) && error.to_string().contains(text), "{error}");
    }
}

#[test]
fn an_archive_with_an_old_algorithm_is_accepted_or_explained() {
    let files = Files::new();
    let has_legacy = openssl::provider::Provider::try_load(None, "legacy", true).is_ok();
    let result = Connector::new(&options(pkcs12(&files, LEGACY_ARCHIVE, "sesame")));
    if has_legacy {
        result.unwrap();
        return;
    }
    let error = result.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no legacy provider"), "{error}");
    assert!(error.hint().unwrap().contains("openssl pkcs12 -legacy"));
}

/// Made by `openssl pkcs12 -export -legacy`, as Windows and macOS still write them.
const LEGACY_ARCHIVE: &[u8] = include_bytes!("legacy.p12");
