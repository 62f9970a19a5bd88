//! What a server may ask of TLS: its certificate, the authority of its clients, versions.
//!
//! Plain values; nothing here reads a file.

use std::fmt;
use std::path::PathBuf;

use super::super::options::{IdentitySource, Version};

/// How to do TLS as a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// The certificate to show.
    pub identity: ServerIdentity,
    /// Clients must show a certificate that one of this file's (PEM, one or several, or DER) has issued. Only where
    /// OpenSSL is the TLS library.
    pub client_ca: Option<PathBuf>,
    /// The lowest protocol version to agree on; `None` is TLS 1.2.
    pub min: Option<Version>,
    /// The highest protocol version to agree on; `None` is the highest the library speaks.
    pub max: Option<Version>,
}

/// Where the server's certificate and its private key come from.
#[derive(Clone, PartialEq, Eq)]
pub enum ServerIdentity {
    /// Two PEM files, or twice the same one that holds both.
    Pem {
        /// The certificate, then any intermediate ones, from the leaf towards the root.
        cert: PathBuf,
        /// The private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
        key: PathBuf,
    },
    /// A PKCS#12 archive (RFC 7292).
    Pkcs12 {
        /// The `.p12` or `.pfx` file.
        file: PathBuf,
        /// Opens it; empty for none. Never printed.
        password: String,
    },
    /// A certificate for localhost, 127.0.0.1 and ::1, made for this run and valid for a week.
    SelfSigned {
        /// The certificate that clients have to trust is written to this file. Its key, nowhere.
        ca_out: Option<PathBuf>,
    },
}

impl ServerIdentity {
    /// The files it comes from; `None` where it is made.
    pub(super) fn source(&self) -> Option<IdentitySource> {
        match self.clone() {
            Self::Pem { cert, key } => Some(IdentitySource::Pem { cert, key }),
            Self::Pkcs12 { file, password } => Some(IdentitySource::Pkcs12 { file, password }),
            Self::SelfSigned { .. } => None,
        }
    }
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem { cert, key } => f.debug_struct("Pem").field("cert", cert).field("key", key).finish(),
            Self::Pkcs12 { file, .. } => f.debug_struct("Pkcs12").field("file", file).finish_non_exhaustive(),
            Self::SelfSigned { ca_out } => f.debug_struct("SelfSigned").field("ca_out", ca_out).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_tell_the_password() {
        let identity = ServerIdentity::Pkcs12 { file: "us.p12".into(), password: "sesame".into() };
        assert_eq!(format!("{identity:?}"), r#"Pkcs12 { file: "us.p12", .. }"#);
    }
}
