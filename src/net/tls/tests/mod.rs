//! The TLS matrix against OpenSSL servers on loopback, with certificates made for each test.
//!
//! Here: authorities, servers and clients to build tests from. The servers use the OpenSSL crate; where the client
//! is built on another library, these tests do not run.

mod client_certificate;
mod handshake;
mod open_stream;
mod server;
mod server_faults;
mod server_identity;
mod verify;

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslAcceptorBuilder, SslMethod, SslStream, SslVersion};
use openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::{Connector, Error, Options, Stream};
use crate::net::TlsFacts;

/// Long enough for a slow machine, short enough for a hanging test.
const PATIENCE: Duration = Duration::from_secs(60);

type Client = Stream<TcpStream>;

/// A certificate with its key, which may sign others.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate, its key, and the chain to send.
struct Leaf {
    pem: String,
    key: KeyPair,
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = common_name("leaf");
    params
}

impl Authority {
    fn root(name: &str) -> Authority {
        let (params, key) = (authority_params(name), KeyPair::generate().unwrap());
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    fn intermediate(&self, name: &str) -> Authority {
        let (params, key) = (authority_params(name), KeyPair::generate().unwrap());
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    fn leaf(&self, names: &[&str]) -> Leaf {
        self.sign(&leaf_params(names))
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf { pem: params.signed_by(&key, &self.issuer).unwrap().pem(), key }
    }
}

impl Leaf {
    fn self_signed(names: &[&str]) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf { pem: leaf_params(names).self_signed(&key).unwrap().pem(), key }
    }

    /// An acceptor for TLS 1.2 and 1.3 that sends this certificate and then `others`.
    fn acceptor(&self, others: &[&Authority]) -> SslAcceptorBuilder {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_certificate(&X509::from_pem(self.pem.as_bytes()).unwrap()).unwrap();
        acceptor
            .set_private_key(&PKey::private_key_from_pem(self.key.serialize_pem().as_bytes()).unwrap())
            .unwrap();
        for other in others {
            acceptor.add_extra_chain_cert(X509::from_pem(other.pem.as_bytes()).unwrap()).unwrap();
        }
        acceptor
    }
}

/// Limits an acceptor to one version.
fn only(mut acceptor: SslAcceptorBuilder, version: SslVersion) -> SslAcceptorBuilder {
    acceptor.set_min_proto_version(Some(version)).unwrap();
    acceptor.set_max_proto_version(Some(version)).unwrap();
    acceptor
}

/// Accepts connections for the rest of the test run and hands each one on.
fn serve_tcp(mut each: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            each(socket.unwrap());
        }
    });
    address
}

/// Does handshakes and hands on those that succeed.
fn serve_with(
    acceptor: SslAcceptorBuilder,
    mut each: impl FnMut(SslStream<TcpStream>) + Send + 'static,
) -> SocketAddr {
    let context = acceptor.build().into_context();
    serve_tcp(move |socket| {
        let mut stream = SslStream::new(Ssl::new(&context).unwrap(), socket).unwrap();
        match stream.accept() {
            Ok(()) => each(stream),
            Err(_) => drain(stream.get_ref()),
        }
    })
}

/// Closes without a reset, which could overtake the alert.
fn drain(mut socket: &TcpStream) {
    // A client that went rudely has ended both directions already.
    let _ = socket.shutdown(std::net::Shutdown::Write);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = std::io::copy(&mut socket, &mut std::io::sink());
}

/// A server that says `hello`, then close_notify. Clients that only do the handshake may be gone by then.
fn serve(acceptor: SslAcceptorBuilder) -> SocketAddr {
    serve_with(acceptor, |mut stream| {
        let _ = stream.write_all(b"hello").and_then(|()| stream.shutdown().map_err(std::io::Error::other));
    })
}

fn socket(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn connect(options: &Options, address: SocketAddr, host: &str) -> Result<(Client, TlsFacts), Error> {
    Connector::new(options)?.connect(host, socket(address))
}

/// As `net` does it: on a certificate failure a second connection completes the error.
fn error(options: &Options, address: SocketAddr, host: &str) -> Error {
    let connector = Connector::new(options).unwrap();
    let error = connector.connect(host, socket(address)).map(|_| ()).unwrap_err();
    match error.is_about_certificate() {
        true => error.with_inspection(connector.inspect(host, socket(address)).expect("an inspection")),
        false => error,
    }
}

/// A folder for the files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Options that trust one authority.
    fn trusting(&self, root: &Authority) -> Options {
        Options { cacert: Some(self.write("root.pem", &root.pem)), ..Options::default() }
    }
}
