//! What was learnt on the way to a connected stream: how long each phase took, and what TLS agreed on.

use std::time::{Duration, SystemTime};

/// How long each phase of connecting took. A phase that did not happen is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking the name up.
    pub dns: Option<Duration>,
    /// Connecting the socket.
    pub connect: Option<Duration>,
    /// Having the proxy open the tunnel.
    pub proxy: Option<Duration>,
    /// The TLS handshake with the origin.
    pub tls: Option<Duration>,
    /// The opening handshake (RFC 6455 §4), filled in by the session.
    pub upgrade: Option<Duration>,
}

/// What the TLS handshake agreed on, and who the peer says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// The IANA name of the cipher suite, or its number where it has none here.
    pub cipher: String,
    /// The subject of the peer's certificate as `CN=…, O=…`; the peer's text, unescaped.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The names the certificate is for (subjectAltName), the peer's text, unescaped.
    pub names: Vec<String>,
    /// When the certificate becomes valid.
    pub not_before: Option<SystemTime>,
    /// When it ends to be valid.
    pub not_after: Option<SystemTime>,
    /// Whether the certificate was verified (`false` with `--insecure`).
    pub verified: bool,
}
