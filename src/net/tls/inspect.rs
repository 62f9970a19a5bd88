//! Looks at the certificates of a server that was not trusted, to tell why.
//!
//! native-tls hands out no certificate when verification fails. So a second handshake, on a connection of its own,
//! accepts everything, shows no client certificate, and sends no data. Called through `Connector::inspect`.

use std::io::{Read, Write};

use super::certificate::Certificate;
use super::hello::{Agreed, Opening, version_name};
use super::tap::{Observer, lock};
use super::{Options, cipher};
use crate::net::TlsFacts;

/// What a server shows to somebody who does not verify it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The facts of the handshake, with `verified: false`.
    pub facts: TlsFacts,
    /// The certificates the server sent, its own first; only that one where the system does not tell more.
    pub(super) chain: Vec<Certificate>,
}

/// Does the handshake; `None` where the server shows no certificate this time.
pub(super) fn inspect<S: Read + Write>(options: &Options, name: &str, socket: S) -> Option<Inspection> {
    let observer = Observer::default();
    let sent = handshake::certificates(options, name, socket, &observer)?;
    let chain: Vec<_> = sent.iter().filter_map(|der| Certificate::from_der(der)).collect();
    let agreed = Opening::read(&lock(&observer).received).agreed;
    Some(Inspection { facts: facts(agreed, chain.first(), false), chain })
}

/// Joins what the ServerHello and the certificate tell.
pub(super) fn facts(agreed: Option<Agreed>, leaf: Option<&Certificate>, verified: bool) -> TlsFacts {
    TlsFacts {
        version: agreed.map_or_else(|| "TLS".to_owned(), |agreed| version_name(agreed.version)),
        cipher: agreed.map_or_else(|| "unknown".to_owned(), |agreed| cipher::name(agreed.cipher)),
        subject: leaf.map(|leaf| leaf.subject.to_string()).unwrap_or_default(),
        issuer: leaf.map(|leaf| leaf.issuer.to_string()).unwrap_or_default(),
        names: leaf.map(|leaf| leaf.names.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        not_before: leaf.and_then(|leaf| leaf.not_before),
        not_after: leaf.and_then(|leaf| leaf.not_after),
        verified,
    }
}

/// With the OpenSSL crate the whole chain can be had, even where the handshake fails after it was sent.
#[cfg(not(any(windows, target_vendor = "apple")))]
mod handshake {
    use std::io::{Read, Write};
    use std::net::IpAddr;
    use std::sync::Arc;

    use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVerifyMode};

    use super::super::options::Version;
    use super::super::tap::{Observer, Tap};
    use super::Options;

    pub fn certificates<S: Read + Write>(
        options: &Options,
        name: &str,
        socket: S,
        observer: &Observer,
    ) -> Option<Vec<Vec<u8>>> {
        let mut stream =
            SslStream::new(session(options, name)?, Tap::new(socket, Arc::clone(observer))).ok()?;
        // A server that insists on a client certificate fails this; its own certificate has come by then.
        let _ = stream.connect();
        let chain = stream.ssl().peer_cert_chain()?;
        Some(chain.iter().filter_map(|certificate| certificate.to_der().ok()).collect())
    }

    fn session(options: &Options, name: &str) -> Option<Ssl> {
        let mut context = SslContext::builder(SslMethod::tls_client()).ok()?;
        context.set_verify(SslVerifyMode::NONE);
        let least = options.min.unwrap_or(Version::V1_2).version_of_library();
        context.set_min_proto_version(Some(least)).ok()?;
        context.set_max_proto_version(options.max.map(Version::version_of_library)).ok()?;
        let mut session = Ssl::new(&context.build()).ok()?;
        if name.parse::<IpAddr>().is_err() {
            session.set_hostname(name).ok()?;
        }
        Some(session)
    }
}

/// Elsewhere native-tls gives the server's own certificate.
#[cfg(any(windows, target_vendor = "apple"))]
mod handshake {
    use std::io::{Read, Write};
    use std::sync::Arc;

    use super::super::connector::handshake::builder;
    use super::super::tap::{Observer, Tap};
    use super::Options;

    pub fn certificates<S: Read + Write>(
        options: &Options,
        name: &str,
        socket: S,
        observer: &Observer,
    ) -> Option<Vec<Vec<u8>>> {
        let mut builder = builder(options);
        builder.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true);
        let tap = Tap::new(socket, Arc::clone(observer));
        let stream = builder.build().ok()?.connect(name, tap).ok()?;
        Some(vec![stream.peer_certificate().ok()??.to_der().ok()?])
    }
}
