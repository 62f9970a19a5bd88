//! What can go wrong with TLS, in words, and what to try.
//!
//! `Display` gives the cause, `hint` one thing to try. Text of the peer inside (certificate names, the answer of a
//! port that does not speak TLS) is raw: whoever shows an error escapes it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::acceptor::ClientFault;
use super::alert::Alert;
use super::fault::{Fault, Rejection};
use super::inspect::Inspection;
use super::stream::End;
use super::tap::describe;

/// Why there is no TLS connection, or no longer one.
#[derive(Debug)]
pub enum Error {
    /// The options contradict each other or hold an impossible server name: a usage error.
    Usage(String),
    /// A file cannot be read; nothing was tried yet.
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// A file cannot be written.
    Unwritten {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// Our certificate or key does not parse, does not match, or cannot be used.
    Identity {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// How to put it right.
        hint: Option<String>,
    },
    /// The file of trusted certificates holds none, or a broken one.
    Trust {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The socket's deadline passed during the handshake.
    TimedOut,
    /// The peer ended the connection during the handshake.
    Closed,
    /// The socket failed during the handshake.
    Socket {
        /// The kind of the system's error.
        kind: io::ErrorKind,
        /// Its text.
        what: String,
    },
    /// The port answered, but not in TLS.
    NotTls {
        /// The first bytes of the answer, at most 16: the peer's.
        answer: Vec<u8>,
    },
    /// The peer ended the handshake, or the connection, with a fatal alert (RFC 8446 §6.2).
    Refused {
        /// Which.
        alert: Alert,
        /// What it means here.
        why: String,
        /// What may help.
        hint: Option<String>,
    },
    /// A version was chosen that the options do not allow.
    Version {
        /// `TLSv1.2` and the like.
        chosen: String,
        /// What the options allow, in words.
        allowed: String,
    },
    /// The peer's certificate was not accepted.
    Certificate(Box<Rejection>),
    /// We are the server, and the client did something wrong or ended the handshake.
    Client(ClientFault),
    /// Something else, in the TLS library's words.
    Library(String),
}

/// What is known when an alert comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AlertContext<'a> {
    /// The name asked for; empty after the handshake.
    pub name: &'a str,
    /// The versions allowed, in words.
    pub allowed: &'a str,
    /// Whether a client certificate is configured.
    pub has_identity: bool,
    /// Whether the server was seen to ask for one.
    pub asks_certificate: bool,
}

impl Error {
    /// Whether the peer's certificate was refused and only the fact is known. Then dial again, call
    /// `Connector::inspect`, and complete the error with `with_inspection`.
    pub fn is_about_certificate(&self) -> bool {
        matches!(self, Self::Certificate(rejection) if rejection.inspection.is_none())
    }

    /// Whether a certificate was refused because its issuer is not known, which another trust store might.
    pub fn is_about_issuer(&self) -> bool {
        let unknown =
            |fault: &Fault| matches!(fault, Fault::UntrustedRoot | Fault::SelfSigned | Fault::UnknownIssuer);
        matches!(self, Self::Certificate(rejection) if unknown(&rejection.fault))
    }

    /// The same error with what an inspection found, where it is about the certificate.
    #[must_use]
    pub fn with_inspection(self, inspection: Inspection) -> Error {
        match self {
            Self::Certificate(rejection) => Self::Certificate(Box::new(rejection.complete(inspection))),
            other => other,
        }
    }

    /// Whether something of this system is at fault, not TLS: a file that cannot be read or written.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Unwritten { .. })
    }

    /// Whether another attempt must fail in the same way: anything but a lost or slow connection.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::TimedOut | Self::Closed | Self::Socket { .. })
    }

    /// Whether the socket's deadline passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut)
    }

    /// One thing to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Identity { hint, .. } | Self::Refused { hint, .. } => hint.clone(),
            Self::NotTls { .. } | Self::Closed => {
                Some("use ws:// if the server has no TLS on this port".to_owned())
            }
            Self::Version { .. } => Some("--tls-min and --tls-max set what is allowed".to_owned()),
            Self::Certificate(rejection) => Some(rejection.hint()),
            Self::Client(fault) => fault.hint().map(str::to_owned),
            Self::Usage(_) | Self::File { .. } | Self::Unwritten { .. } | Self::Trust { .. } => None,
            Self::TimedOut | Self::Socket { .. } | Self::Library(_) => None,
        }
    }

    /// An error of the library that came up after the handshake.
    pub(super) fn from_open_stream(text: &str, end: End) -> Error {
        match (Alert::in_text(text), end) {
            (Some(alert), End::Client { has_identity }) => {
                Self::refused(alert, AlertContext { has_identity, ..AlertContext::default() })
            }
            (Some(alert), End::Server) => Self::Client(ClientFault::Refused(alert)),
            (None, _) => Self::Library(reason(text)),
        }
    }

    /// Says what an alert means.
    pub(super) fn refused(alert: Alert, context: AlertContext<'_>) -> Error {
        let AlertContext { name, allowed, has_identity, asks_certificate } = context;
        let early_request = alert == Alert::HANDSHAKE_FAILURE && asks_certificate;
        let wants_ours = alert == Alert::CERTIFICATE_REQUIRED || alert.about_our_certificate().is_some();
        let (why, hint) = if !has_identity && (early_request || wants_ours) {
            ("the server requires a client certificate".to_owned(), Some("--cert FILE --key FILE".to_owned()))
        } else if let Some(fault) = alert.about_our_certificate() {
            (format!("the server refuses the client certificate: {fault}"), None)
        } else if early_request {
            ("the server ended the handshake after asking for the client certificate".to_owned(), None)
        } else if alert == Alert::PROTOCOL_VERSION {
            let hint = "servers with only TLS 1.0 or 1.1 are not supported (RFC 8996)".to_owned();
            (format!("the server speaks no TLS version that is allowed here ({allowed})"), Some(hint))
        } else if alert == Alert::UNRECOGNIZED_NAME {
            let hint = "--sni NAME asks for another".to_owned();
            (format!("the server does not know the name {name}"), Some(hint))
        } else if alert == Alert::HANDSHAKE_FAILURE {
            ("the server found no cipher suite or other parameter in common".to_owned(), None)
        } else {
            ("the server ended the TLS connection".to_owned(), None)
        };
        Self::Refused { alert, why, hint }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::File { path, cause } => write!(f, "could not read {}: {}", path.display(), describe(cause)),
            Self::Unwritten { path, cause } => {
                write!(f, "could not write {}: {}", path.display(), describe(cause))
            }
            Self::Identity { path, what, .. } => write!(f, "could not use {}: {what}", path.display()),
            Self::Trust { path, what } => write!(f, "trusted certificates {}: {what}", path.display()),
            Self::TimedOut => f.write_str("the TLS handshake timed out"),
            Self::Closed => f.write_str("the peer closed the connection during the TLS handshake"),
            Self::Socket { what, .. } => write!(f, "the connection failed during the TLS handshake: {what}"),
            Self::NotTls { answer } => not_tls(f, answer),
            Self::Refused { alert, why, .. } => write!(f, "{why} (TLS alert {})", alert.name()),
            Self::Version { chosen, allowed } => {
                write!(f, "the server chose {chosen}, which is not allowed here ({allowed})")
            }
            Self::Certificate(rejection) => rejection.fmt(f),
            Self::Client(fault) => fault.fmt(f),
            Self::Library(what) => write!(f, "TLS failed: {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { cause, .. } | Self::Unwritten { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

/// The TLS error inside an error that reading or writing a `Stream` returned; `None` where the socket failed.
pub fn of_io(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Reads a file the options name.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
}

/// The reason in an OpenSSL error (`error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:…`), of the first where they are
/// several; any other text as it is.
pub(super) fn reason(text: &str) -> String {
    let reason = text.strip_prefix("error:").and_then(|rest| rest.split(':').nth(3));
    reason.filter(|reason| !reason.is_empty()).unwrap_or(text).to_owned()
}

fn not_tls(f: &mut fmt::Formatter<'_>, answer: &[u8]) -> fmt::Result {
    f.write_str("the port does not speak TLS: it answered")?;
    if answer.starts_with(b"HTTP/") {
        f.write_str(" in plain HTTP,")?;
    }
    answer.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_taken_out_of_the_librarys_text() {
        let text = "error:0A000086:SSL routines:tls_process:certificate verify failed:ssl/x.c:1889:";
        assert_eq!(reason(text), "certificate verify failed");
        assert_eq!(reason("expected PKCS#8 PEM"), "expected PKCS#8 PEM");
        assert_eq!(reason("error:123"), "error:123");
    }

    #[test]
    fn alerts_are_explained_by_what_is_known() {
        let plain = AlertContext { name: "ex.test", allowed: "TLS 1.3", ..AlertContext::default() };
        let asked = AlertContext { asks_certificate: true, ..plain };
        let ours = AlertContext { has_identity: true, ..asked };
        for (alert, context, text) in [
            (116, plain, "the server requires a client certificate (TLS alert certificate_required)"),
            (40, asked, "the server requires a client certificate (TLS alert handshake_failure)"),
            (
                40,
                plain,
                "the server found no cipher suite or other parameter in common (TLS alert handshake_failure)",
            ),
            (
                48,
                ours,
                "the server refuses the client certificate: it does not know the authority that issued it (TLS alert unknown_ca)",
            ),
            (
                70,
                plain,
                "the server speaks no TLS version that is allowed here (TLS 1.3) (TLS alert protocol_version)",
            ),
            (112, plain, "the server does not know the name ex.test (TLS alert unrecognized_name)"),
            (80, plain, "the server ended the TLS connection (TLS alert internal_error)"),
        ] {
            assert_eq!(Error::refused(Alert(alert), context).to_string(), text);
        }
    }

    #[test]
    fn errors_travel_inside_io_errors() {
        let end = End::Client { has_identity: false };
        let error = io::Error::other(Error::from_open_stream("error:1:2:3:boom:SSL alert number 116", end));
        let inner = of_io(&error).unwrap();
        assert!(matches!(inner, Error::Refused { alert: Alert::CERTIFICATE_REQUIRED, .. }));
        assert_eq!(inner.hint().as_deref(), Some("--cert FILE --key FILE"));
        assert!(of_io(&io::ErrorKind::ConnectionReset.into()).is_none());
    }
}
