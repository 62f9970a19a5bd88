//! A client's handshake by native-tls, where it is not built on OpenSSL: the system keeps the trust store.

use std::io::{Read, Write};

use native_tls::{HandshakeError, TlsConnector, TlsConnectorBuilder};

use super::super::error::Error;
use super::super::library::Session;
use super::super::options::{Options, Version};
use super::super::tap::Tap;
use super::super::{identity, trust};
use super::{Failure, not_built};

/// The configuration.
#[derive(Clone, Debug)]
pub struct Context(TlsConnector);

impl Context {
    /// Reads the files that the options name, and builds it.
    pub fn new(options: &Options) -> Result<Context, Error> {
        let mut builder = builder(options);
        if let Some(source) = &options.identity {
            builder.identity(identity::load(source)?);
        }
        if let Some(path) = &options.cacert {
            builder.disable_built_in_roots(true);
            for certificate in trust::certificates(path)? {
                builder.add_root_certificate(certificate);
            }
        }
        builder
            .danger_accept_invalid_certs(options.insecure)
            .danger_accept_invalid_hostnames(options.insecure);
        builder.build().map(Context).map_err(|error| not_built(options, &error.to_string()))
    }

    /// The system looks its authorities up by itself.
    pub fn load_all_roots(&self) -> bool {
        false
    }

    /// Does the handshake.
    pub fn connect<S: Read + Write>(&self, name: &str, tap: Tap<S>) -> Result<Session<S>, Failure> {
        match self.0.connect(name, tap) {
            Ok(stream) => Ok(Session::Native(stream)),
            Err(HandshakeError::WouldBlock(_)) => Err(Failure::Late),
            Err(HandshakeError::Failure(error)) => Err(Failure::Told(error.to_string())),
        }
    }
}

/// The versions alone; trust and identity come on top.
pub fn builder(options: &Options) -> TlsConnectorBuilder {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(options.min.unwrap_or(Version::V1_2).protocol()));
    builder.max_protocol_version(options.max.map(Version::protocol));
    builder
}
