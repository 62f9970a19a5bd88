//! Builds the TLS configuration once and does handshakes with it, each failure put in words.
//!
//! Called by `net` when dialing. Building may load the trust store (about 30 ms), so one `Connector` is kept and cloned.

#[cfg(any(windows, target_vendor = "apple"))]
#[path = "native.rs"]
pub(super) mod handshake;
#[cfg(not(any(windows, target_vendor = "apple")))]
#[path = "openssl.rs"]
mod handshake;
#[cfg(not(any(windows, target_vendor = "apple")))]
mod roots;

use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

use self::handshake::Context;
use super::Stream;
use super::alert::Alert;
use super::certificate::{AltName, Certificate};
use super::error::{AlertContext, Error, reason};
use super::fault::{Fault, Rejection};
use super::hello::{Opening, looks_like_tls, version_name};
use super::inspect::{Inspection, facts, inspect};
use super::options::{IdentitySource, Options, Version, check_name, verified_name, versions_text};
use super::stream::End;
use super::tap::{Observer, Seen, Tap, lock};
use crate::net::TlsFacts;

/// So many bytes of an answer that is not TLS are kept for the error.
const ANSWER_SHOWN: usize = 16;

/// The TLS configuration of a program run, ready for handshakes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connector {
    context: Context,
    options: Options,
}

/// How a handshake failed.
pub(super) enum Failure {
    /// The socket did not do what was to be done, in its time.
    Late,
    /// In the library's words.
    Told(String),
}

impl Connector {
    /// Reads the files the options name and builds the configuration.
    ///
    /// Errors: `Usage`; `File` where one cannot be read; `Identity` and `Trust` where one does not parse or match.
    pub fn new(options: &Options) -> Result<Connector, Error> {
        options.check().map_err(Error::Usage)?;
        Ok(Connector { context: Context::new(options)?, options: options.clone() })
    }

    /// Has all authorities that the system trusts taken into account from now on; until then it is those alone that can
    /// be looked up one by one, which costs nothing at the start. `false` where they were already, or cannot be.
    pub fn load_all_roots(&self) -> bool {
        self.context.load_all_roots()
    }

    /// Does the handshake on a connected socket, which stays as blocking as it is: where it returns TimedOut or
    /// WouldBlock, the error is `TimedOut` and the socket is gone.
    ///
    /// `host` is a name in ASCII or an IP address; brackets, a zone and a trailing dot are left out. It is sent as
    /// the server name (addresses are not) and verified in the certificate, unless `Options::sni` replaces it.
    pub fn connect<S: Read + Write>(&self, host: &str, socket: S) -> Result<(Stream<S>, TlsFacts), Error> {
        let name = self.name(host)?;
        let observer = Observer::default();
        match self.context.connect(name, Tap::new(socket, Arc::clone(&observer))) {
            Ok(session) => {
                let end = End::Client { has_identity: self.options.identity.is_some() };
                let stream = Stream::new(session, end);
                let facts = self.check(name, &stream, &Opening::read(&lock(&observer).received))?;
                Ok((stream, facts))
            }
            Err(Failure::Late) => Err(Error::TimedOut),
            Err(Failure::Told(text)) => Err(self.explain(name, &text, &lock(&observer))),
        }
    }

    /// Looks at the certificates of a server whose certificate `connect` refused, by a handshake on a connection of
    /// its own that verifies nothing, shows no client certificate and sends no data. `None` where that fails.
    pub fn inspect<S: Read + Write>(&self, host: &str, socket: S) -> Option<Inspection> {
        inspect(&self.options, self.name(host).ok()?, socket)
    }

    fn name<'a>(&'a self, host: &'a str) -> Result<&'a str, Error> {
        let name = self.options.sni.as_deref().unwrap_or(host);
        check_name(name).map_err(Error::Usage)?;
        Ok(verified_name(name))
    }

    /// What no library checks on every system: the version, and that the name stands where it belongs.
    fn check<S: Read + Write>(
        &self,
        name: &str,
        stream: &Stream<S>,
        opening: &Opening,
    ) -> Result<TlsFacts, Error> {
        if let Some(error) = self.wrong_version(opening) {
            return Err(error);
        }
        let leaf = stream.peer_certificate().and_then(|der| Certificate::from_der(&der));
        let verified = !self.options.insecure;
        let facts = facts(opening.agreed, leaf.as_ref(), verified);
        match leaf {
            Some(leaf) if verified && !may_name(&leaf, name) => {
                let inspection = Some(Inspection { facts, chain: vec![leaf] });
                Err(rejected(name, Fault::CommonNameOnly, inspection))
            }
            _ => Ok(facts),
        }
    }

    /// Finds out why a handshake failed. What the peer said counts before what the library made of it.
    fn explain(&self, name: &str, text: &str, seen: &Seen) -> Error {
        if let Some((std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock, _)) = seen.failure {
            return Error::TimedOut;
        }
        if !looks_like_tls(&seen.received) {
            let answer = seen.received.iter().copied().take(ANSWER_SHOWN).collect();
            return Error::NotTls { answer };
        }
        let opening = Opening::read(&seen.received);
        if let Some(alert) = Alert::in_text(text).or(opening.alert) {
            return self.refused(alert, name, &opening);
        }
        if let Some(error) = self.wrong_version(&opening) {
            return error;
        }
        if let Some(fault) = Fault::in_text(text) {
            return rejected(name, fault, None);
        }
        match &seen.failure {
            Some((kind, what)) => Error::Socket { kind: *kind, what: what.clone() },
            None if seen.ended => Error::Closed,
            None => Error::Library(reason(text)),
        }
    }

    fn refused(&self, alert: Alert, name: &str, opening: &Opening) -> Error {
        let context = AlertContext {
            name,
            allowed: &self.allowed(),
            has_identity: self.options.identity.is_some(),
            asks_certificate: opening.asks_certificate,
        };
        Error::refused(alert, context)
    }

    fn wrong_version(&self, opening: &Opening) -> Option<Error> {
        let version = opening.agreed?.version;
        let too_low = version < self.options.min.unwrap_or(Version::V1_2).number();
        let too_high = self.options.max.is_some_and(|max| version > max.number());
        (too_low || too_high)
            .then(|| Error::Version { chosen: version_name(version), allowed: self.allowed() })
    }

    fn allowed(&self) -> String {
        versions_text(self.options.min, self.options.max)
    }
}

/// The TLS library and its version, as `OpenSSL 3.0.19`.
pub fn library() -> String {
    #[cfg(windows)]
    {
        "SChannel".to_owned()
    }
    #[cfg(target_vendor = "apple")]
    {
        "Secure Transport".to_owned()
    }
    #[cfg(not(any(windows, target_vendor = "apple")))]
    {
        openssl::version::version().split(' ').take(2).collect::<Vec<_>>().join(" ")
    }
}

/// Building fails on a client certificate that the library finds too weak, and on little else.
fn not_built(options: &Options, text: &str) -> Error {
    let what = reason(text);
    match &options.identity {
        Some(IdentitySource::Pem { cert: path, .. } | IdentitySource::Pkcs12 { file: path, .. }) => {
            Error::Identity { path: path.clone(), what, hint: None }
        }
        None => Error::Library(what),
    }
}

fn rejected(name: &str, fault: Fault, inspection: Option<Inspection>) -> Error {
    Error::Certificate(Box::new(Rejection { name: name.to_owned(), fault, inspection }))
}

/// Whether a certificate has a subjectAltName of the kind that can prove `name`. Libraries fall back to the common
/// name where it has none; browsers do not (RFC 9525 §2).
fn may_name(leaf: &Certificate, name: &str) -> bool {
    let wants_address = name.parse::<IpAddr>().is_ok();
    leaf.names.iter().any(|alt| match alt {
        AltName::Dns(_) => !wants_address,
        AltName::Ip(_) => wants_address,
        AltName::Other(_) => false,
    })
}
