//! A client's handshake by the OpenSSL crate, on which native-tls is built there.
//!
//! native-tls would parse the whole bundle of the system's authorities at every start, 30 ms, even where none of them is
//! trusted (`--cacert`). Its settings are those of this crate's `SslConnector`, which is used here as well; only the
//! trust store is filled otherwise (`roots`).

use std::io::{Read, Write};

use openssl::error::ErrorStack;
use openssl::ssl::{HandshakeError, SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};

use super::super::error::{Error, reason};
use super::super::identity::{self, Pair};
use super::super::library::Session;
use super::super::options::{Options, Version};
use super::super::tap::Tap;
use super::super::trust;
use super::roots::{self, Extent};
use super::{Failure, not_built};

/// The configuration.
#[derive(Clone, Debug)]
pub struct Context {
    ssl: SslConnector,
    options: Options,
    extent: Extent,
}

impl Context {
    /// Reads the files that the options name, and builds it.
    pub fn new(options: &Options) -> Result<Context, Error> {
        Context::build(options, Extent::Quick)
    }

    /// The same with all authorities of the system.
    pub fn with_all_roots(&self) -> Option<Context> {
        // The files could be used before; where they cannot any more, what went wrong then is told.
        (self.extent == Extent::Quick).then(|| Context::build(&self.options, Extent::All).ok()).flatten()
    }

    fn build(options: &Options, wanted: Extent) -> Result<Context, Error> {
        let library = |error: ErrorStack| not_built(options, &error.to_string());
        let mut builder = builder(options).map_err(library)?;
        if let Some(source) = &options.identity {
            show(&mut builder, identity::load(source)?).map_err(library)?;
        }
        let extent = match &options.cacert {
            Some(path) => {
                let store = X509StoreBuilder::new().map_err(library)?;
                builder.set_cert_store(store.build());
                for certificate in trust::certificates(path)? {
                    let der = certificate.to_der().map_err(|error| Error::Library(error.to_string()))?;
                    let added = X509::from_der(&der).and_then(|root| builder.cert_store_mut().add_cert(root));
                    let what = |error: ErrorStack| reason(&error.to_string());
                    added.map_err(|error| Error::Trust { path: path.clone(), what: what(error) })?;
                }
                Extent::All
            }
            None if options.insecure => Extent::All,
            None => roots::load(&mut builder, wanted),
        };
        Ok(Context { ssl: builder.build(), options: options.clone(), extent })
    }

    /// Does the handshake.
    pub fn connect<S: Read + Write>(&self, name: &str, tap: Tap<S>) -> Result<Session<S>, Failure> {
        let told = |error: ErrorStack| Failure::Told(error.to_string());
        let mut session = self.ssl.configure().map_err(told)?;
        session.set_verify_hostname(!self.options.insecure);
        if self.options.insecure {
            session.set_verify(SslVerifyMode::NONE);
        }
        session.connect(name, tap).map(Session::OpenSsl).map_err(|error| match error {
            HandshakeError::SetupFailure(error) => told(error),
            HandshakeError::WouldBlock(_) => Failure::Late,
            HandshakeError::Failure(stream) => {
                let text = stream.error().to_string();
                match stream.ssl().verify_result() {
                    X509VerifyResult::OK => Failure::Told(text),
                    refused => Failure::Told(format!("{text} ({refused})")),
                }
            }
        })
    }
}

/// The versions alone; trust and identity come on top.
fn builder(options: &Options) -> Result<SslConnectorBuilder, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(options.min.unwrap_or(Version::V1_2).version_of_library()))?;
    builder.set_max_proto_version(options.max.map(Version::version_of_library))?;
    Ok(builder)
}

/// Has the certificate shown to servers that ask for one.
fn show(builder: &mut SslConnectorBuilder, pair: Pair) -> Result<(), ErrorStack> {
    builder.set_certificate(&pair.leaf)?;
    builder.set_private_key(&pair.key)?;
    pair.others.into_iter().try_for_each(|other| builder.add_extra_chain_cert(other))
}
