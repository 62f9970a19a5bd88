//! TLS for both ends of the bench: a certificate made for the occasion, and OpenSSL over a socket with large buffers.
//!
//! OpenSSL reads and writes one record of 16 KiB at a time; with buffers below it a system call moves many of them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslContext, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use tempfile::TempDir;

use crate::pipes::BLOCK;

/// A server's end of TLS for localhost, and the certificate that clients are to trust.
pub struct Identity {
    acceptor: SslAcceptor,
    folder: TempDir,
}

impl Identity {
    /// One with a new key.
    pub fn new() -> Result<Identity> {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let certificate = X509::from_pem(certified.cert.pem().as_bytes())?;
        let key = PKey::private_key_from_pem(certified.signing_key.serialize_pem().as_bytes())?;
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
        builder.set_private_key(&key)?;
        builder.set_certificate(&certificate)?;
        let identity = Identity { acceptor: builder.build(), folder: TempDir::new()? };
        std::fs::write(identity.cacert(), certified.cert.pem())?;
        Ok(identity)
    }

    /// The file with the certificate.
    pub fn cacert(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What makes the server's end.
    pub fn acceptor(&self) -> SslAcceptor {
        self.acceptor.clone()
    }
}

/// The server's end on this socket.
pub fn accept(acceptor: &SslAcceptor, socket: TcpStream) -> Result<SslStream<Buffered>> {
    acceptor.accept(Buffered::new(socket)).map_err(|error| anyhow!("TLS with the program: {error}"))
}

/// The client's end on this socket, for the raw pump: verified, and without loading the system's certificates.
pub fn connect(socket: TcpStream, cacert: &Path) -> Result<SslStream<Buffered>> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
    builder.set_ca_file(cacert)?;
    builder.set_verify(SslVerifyMode::PEER);
    let mut ssl = Ssl::new(&builder.build())?;
    ssl.set_hostname("localhost")?;
    ssl.param_mut().set_host("localhost")?;
    let mut stream = SslStream::new(ssl, Buffered::new(socket))?;
    stream.connect().context("TLS with the peer")?;
    Ok(stream)
}

/// A socket with a buffer each way. What is written leaves when the buffer is full, on `flush`, and before a read.
#[derive(Debug)]
pub struct Buffered {
    pub socket: TcpStream,
    input: Box<[u8]>,
    /// What of `input` is filled and not yet handed on.
    from: usize,
    to: usize,
    output: Vec<u8>,
}

impl Buffered {
    fn new(socket: TcpStream) -> Buffered {
        let input = vec![0; BLOCK].into_boxed_slice();
        Buffered { socket, input, from: 0, to: 0, output: Vec::with_capacity(BLOCK) }
    }

    /// Whether a read would find something without asking the system.
    pub fn has_input(&self) -> bool {
        self.from < self.to
    }
}

impl Read for Buffered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.has_input() {
            self.flush()?;
            self.from = 0;
            self.to = self.socket.read(&mut self.input)?;
        }
        let length = out.len().min(self.to - self.from);
        out[..length].copy_from_slice(&self.input[self.from..self.from + length]);
        self.from += length;
        Ok(length)
    }
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.output.len() + bytes.len() > BLOCK {
            self.flush()?;
        }
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.output)?;
        self.output.clear();
        Ok(())
    }
}
