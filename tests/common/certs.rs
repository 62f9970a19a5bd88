//! Certificates for servers and clients in tests: a certificate authority of our own, and leaves it signs.
//!
//! rcgen makes them; `Certified` is a leaf with its key, ready to serve with. Special certificates are made by
//! giving `Authority::issue` a function that changes the parameters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};

use super::peer::{Duplex, Wrap};

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as PEM. The key is PKCS#8.
#[derive(Clone, Debug)]
pub struct Certified {
    pub cert: String,
    pub key: String,
}

impl Authority {
    /// An authority of this name.
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a root certificate").pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes its certificate into a folder, for `--cacert`.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, &self.pem).expect("the folder can be written");
        path
    }

    /// A leaf for these names (DNS or IP), changed by `change`.
    pub fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let mut params = leaf(names);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a leaf certificate");
        Certified { cert: cert.pem(), key: key.serialize_pem() }
    }

    /// The usual one: for localhost and 127.0.0.1.
    pub fn localhost(&self) -> Certified {
        self.issue(&["localhost", "127.0.0.1"], |_| ())
    }
}

/// A certificate that signs itself.
pub fn self_signed(names: &[&str]) -> Certified {
    let key = KeyPair::generate().expect("a key");
    let cert = leaf(names).self_signed(&key).expect("a certificate");
    Certified { cert: cert.pem(), key: key.serialize_pem() }
}

/// A distinguished name with this common name.
pub fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

impl Certified {
    /// A server's end of TLS with this certificate, for `peer_behind`.
    #[cfg(any(windows, target_vendor = "apple"))]
    pub fn wrap(&self) -> Wrap {
        let identity = native_tls::Identity::from_pkcs8(self.cert.as_bytes(), self.key.as_bytes());
        let acceptor = native_tls::TlsAcceptor::new(identity.expect("cert and key")).expect("an acceptor");
        Arc::new(move |socket| {
            let stream = acceptor.accept(socket).map_err(std::io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn Duplex>)
        })
    }

    /// A server's end of TLS with this certificate, for `peer_behind`.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    pub fn wrap(&self) -> Wrap {
        self.wrap_with(|_| ())
    }

    /// The same, changed by `change`.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    pub fn wrap_with(&self, change: impl FnOnce(&mut openssl::ssl::SslAcceptorBuilder)) -> Wrap {
        let acceptor = self.acceptor(change);
        Arc::new(move |socket| {
            let stream = acceptor.accept(socket).map_err(|error| std::io::Error::other(error.to_string()))?;
            Ok(Box::new(stream) as Box<dyn Duplex>)
        })
    }

    /// What makes a server's end of TLS of any stream. OpenSSL itself, because native-tls offers no TLS 1.3 on this
    /// side.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    pub fn acceptor(
        &self,
        change: impl FnOnce(&mut openssl::ssl::SslAcceptorBuilder),
    ) -> openssl::ssl::SslAcceptor {
        use openssl::{pkey::PKey, ssl::SslAcceptor, ssl::SslMethod, x509::X509};
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("OpenSSL works");
        let key = PKey::private_key_from_pem(self.key.as_bytes()).expect("a key");
        let cert = X509::from_pem(self.cert.as_bytes()).expect("a certificate");
        builder.set_private_key(&key).and_then(|()| builder.set_certificate(&cert)).expect("cert and key");
        change(&mut builder);
        builder.build()
    }

    /// Writes `NAME.pem` and `NAME.key` into a folder.
    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (cert, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        std::fs::write(&cert, &self.cert).expect("the folder can be written");
        std::fs::write(&key, &self.key).expect("the folder can be written");
        (cert, key)
    }
}

fn leaf(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut params = CertificateParams::new(names).expect("names that can stand in a certificate");
    params.distinguished_name = named("wscope test");
    params
}
