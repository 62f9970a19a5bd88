//! A client's handshake by the OpenSSL crate, on which native-tls is built there.
//!
//! native-tls, and the crate's own connector, parse the whole bundle of the system's authorities at every start, 30 ms,
//! even where none of them is trusted (`--cacert`). So the context is made here, with their settings; how its trust store
//! is filled instead, `roots` tells.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslStream, SslVerifyMode,
};
use openssl::x509::X509VerifyResult;
use openssl::x509::verify::X509CheckFlags;

use super::super::error::{Error, reason};
use super::super::identity::{self, Pair};
use super::super::library::Session;
use super::super::options::{Options, Version};
use super::super::tap::Tap;
use super::super::trust;
use super::roots::{self, Extent};
use super::{Failure, not_built};

/// The cipher suites of TLS 1.2 that native-tls takes: none without authentication, none that is broken.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// The configuration. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Context {
    ssl: SslContext,
    /// The same with all authorities of the system, once they were needed.
    whole: Arc<OnceLock<SslContext>>,
    insecure: bool,
    parts: Parts,
}

/// What a context is built of, for building it again.
#[derive(Clone, Debug)]
struct Parts {
    options: Options,
    identity: Option<Pair>,
    /// How much of the system's trust store is in the first one.
    extent: Extent,
}

impl Context {
    /// Reads the files that the options name, and builds it.
    ///
    /// # Errors
    /// `File` where one cannot be read; `Identity` and `Trust` where one does not parse or match; `Library`.
    pub fn new(options: &Options) -> Result<Context, Error> {
        let library = |error: ErrorStack| not_built(options, &error.to_string());
        let identity = options.identity.as_ref().map(identity::load).transpose()?;
        let mut builder = builder(options, identity.as_ref()).map_err(library)?;
        let extent = match &options.cacert {
            Some(path) => trust_file(&mut builder, path)?,
            None if options.insecure => Extent::All,
            None => roots::load(&mut builder, Extent::Quick),
        };
        let parts = Parts { options: options.clone(), identity, extent };
        let (ssl, whole) = (builder.build(), Arc::default());
        Ok(Context { ssl, whole, insecure: options.insecure, parts })
    }

    /// Reads the rest of the system's trust store. `false` where there is none, or it was read already.
    pub fn load_all_roots(&self) -> bool {
        let Parts { options, identity, extent } = &self.parts;
        if *extent == Extent::All {
            return false;
        }
        // It could be built before; where it cannot any more, what the first one finds is told.
        let Ok(mut builder) = builder(options, identity.as_ref()) else { return false };
        roots::load(&mut builder, Extent::All);
        self.whole.set(builder.build()).is_ok()
    }

    /// Does the handshake.
    pub fn connect<S: Read + Write>(&self, name: &str, tap: Tap<S>) -> Result<Session<S>, Failure> {
        let told = |error: ErrorStack| Failure::Told(error.to_string());
        let ssl = self.session(name).map_err(told)?;
        let mut stream = SslStream::new(ssl, tap).map_err(told)?;
        match stream.connect() {
            Ok(()) => Ok(Session::OpenSsl(stream)),
            Err(error) if matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE) => {
                Err(Failure::Late)
            }
            Err(error) => Err(Failure::Told(match stream.ssl().verify_result() {
                X509VerifyResult::OK => error.to_string(),
                refused => format!("{error} ({refused})"),
            })),
        }
    }

    /// The library's object for one connection, which verifies and sends this name.
    fn session(&self, name: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(self.whole.get().unwrap_or(&self.ssl))?;
        let address = name.parse::<IpAddr>().ok();
        if address.is_none() {
            // An address is not sent (RFC 6066 §3).
            ssl.set_hostname(name)?;
        }
        if self.insecure {
            ssl.set_verify(SslVerifyMode::NONE);
            return Ok(ssl);
        }
        let verification = ssl.param_mut();
        verification.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        match address {
            Some(address) => verification.set_ip(address)?,
            None => verification.set_host(name)?,
        }
        Ok(ssl)
    }
}

/// Trusts the authorities of a file, and no others.
fn trust_file(builder: &mut SslContextBuilder, path: &Path) -> Result<Extent, Error> {
    for root in trust::x509(path)? {
        let what = |error: ErrorStack| reason(&error.to_string());
        let added = builder.cert_store_mut().add_cert(root);
        added.map_err(|error| Error::Trust { path: path.to_owned(), what: what(error) })?;
    }
    Ok(Extent::All)
}

/// Versions, suites, the library's ways, and what is shown to servers that ask for a certificate; trust comes on top.
fn builder(options: &Options, identity: Option<&Pair>) -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_options(
        (SslOptions::ALL | SslOptions::NO_COMPRESSION) & !SslOptions::DONT_INSERT_EMPTY_FRAGMENTS,
    );
    builder
        .set_mode(SslMode::AUTO_RETRY | SslMode::ACCEPT_MOVING_WRITE_BUFFER | SslMode::ENABLE_PARTIAL_WRITE);
    builder.set_cipher_list(CIPHERS)?;
    builder.set_verify(SslVerifyMode::PEER);
    builder.set_min_proto_version(Some(options.min.unwrap_or(Version::V1_2).version_of_library()))?;
    builder.set_max_proto_version(options.max.map(Version::version_of_library))?;
    if let Some(pair) = identity {
        builder.set_certificate(&pair.leaf)?;
        builder.set_private_key(&pair.key)?;
        pair.others.iter().try_for_each(|other| builder.add_extra_chain_cert(other.clone()))?;
    }
    Ok(builder)
}
