//! Why a connection could not be opened, in the parts that an error message needs: what failed, why, what to try.
//!
//! Heads, bodies, reasons and locations are the peer's bytes: whoever prints them escapes and redacts them.

use std::fmt;
use std::io;

use crate::net::{self, Phase};
use crate::wire::handshake::{HandshakeError, NotHttp};

/// Why a connection could not be opened.
#[derive(Debug)]
pub enum Error {
    /// No connected stream: name, TCP, proxy or TLS.
    Dial(net::Error),
    /// TLS refused us after its handshake, as TLS 1.3 does with client certificates.
    Alert {
        /// What was asked for.
        url: String,
        /// What TLS says, in words.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// The answer breaks a rule of the opening handshake.
    Handshake {
        /// Which rule.
        error: HandshakeError,
        /// What was asked for.
        url: String,
        /// The head of the answer, where it came whole.
        head: Option<Vec<u8>>,
    },
    /// The server answered with another status than 101.
    Refused(Box<Refusal>),
    /// A redirect that was to be followed cannot be.
    Redirect {
        /// Why not.
        why: String,
        /// The answer that redirects.
        refusal: Box<Refusal>,
    },
    /// The connection ended before a complete answer.
    Ended {
        /// What was asked for.
        url: String,
        /// What ended it, in words.
        cause: String,
        /// The start of what came.
        came: Vec<u8>,
    },
    /// The time for connecting ran out.
    TimedOut {
        /// What was asked for.
        url: String,
        /// The phase it ran out in.
        phase: Phase,
        /// The start of what came.
        came: Vec<u8>,
    },
    /// Something of this system failed.
    Local(io::Error),
}

/// An answer other than 101 (RFC 9110 §15).
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What was asked for.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The reason phrase, as it came.
    pub reason: Vec<u8>,
    /// Where a redirect leads, as it came.
    pub location: Option<Vec<u8>>,
    /// Whether the request had an `Origin`.
    pub sent_origin: bool,
    /// Whether the request had an `Authorization`.
    pub sent_authorization: bool,
    /// The subprotocols that were offered.
    pub subprotocols: Vec<String>,
    /// The response head as it came.
    pub head: Vec<u8>,
    /// The first KiB of the body.
    pub body: Vec<u8>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Dial(error) if error.timed_out() => write!(f, "{error} (--connect-timeout)"),
            Error::Dial(error) => error.fmt(f),
            Error::Alert { url, text, .. } => write!(f, "{url}: {text}"),
            Error::Handshake { error, url, .. } => {
                write!(f, "the opening handshake with {url} failed: {error}")
            }
            Error::Refused(refusal) => refusal.fmt(f),
            Error::Redirect { why, refusal } => write!(f, "{refusal}; the redirect is not followed: {why}"),
            Error::Ended { url, cause, .. } => {
                write!(f, "the opening handshake with {url} failed: no complete 101 before the end: {cause}")
            }
            Error::TimedOut { url, phase, came } => {
                let seen = if came.is_empty() { "nothing came" } else { "the answer is not complete" };
                write!(f, "connecting to {url} took too long (--connect-timeout, phase {phase}): {seen}")
            }
            Error::Local(error) => write!(f, "this system failed: {}", net::io_text(error)),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = String::from_utf8_lossy(&self.reason);
        write!(f, "{} refused the opening handshake: {} {}", self.url, self.status, reason.trim())
    }
}

impl Error {
    /// One thing to try, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Dial(error) => error.hint(),
            Error::Alert { hint, .. } => hint.clone(),
            Error::Handshake { error, url, .. } => handshake_hint(error, url),
            Error::Refused(refusal) => refusal.hint(),
            Error::Redirect { refusal, .. } => {
                refusal.location_text().map(|to| format!("connect to {to} yourself"))
            }
            Error::Ended { url, came, .. } if came.is_empty() => Some(format!(
                "a port that speaks TLS may answer so: {}",
                tls_form(url).unwrap_or_else(|| "check the port".to_owned())
            )),
            Error::TimedOut { .. } => Some("--connect-timeout 60s waits longer".to_owned()),
            Error::Ended { .. } | Error::Local(_) => None,
        }
    }

    /// The head and the start of the body of the answer, where one came.
    pub fn answer(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Error::Refused(refusal) | Error::Redirect { refusal, .. } => Some((&refusal.head, &refusal.body)),
            Error::Dial(error) => error.answer(),
            Error::Handshake { head: Some(head), .. } => Some((head, b"")),
            Error::Ended { came, .. } | Error::TimedOut { came, .. } if !came.is_empty() => Some((came, b"")),
            _ => None,
        }
    }

    /// The phase whose time ran out.
    pub fn timed_out(&self) -> Option<Phase> {
        match self {
            Error::Dial(error) if error.timed_out() => Some(error.phase),
            Error::TimedOut { phase, .. } => Some(*phase),
            _ => None,
        }
    }
}

impl Refusal {
    fn location_text(&self) -> Option<String> {
        self.location.as_deref().map(|location| String::from_utf8_lossy(location).trim().to_owned())
    }

    fn hint(&self) -> Option<String> {
        match (self.status, self.location_text()) {
            (300..=399, Some(to)) => Some(format!("it redirects to {to}: -L follows")),
            (401, _) if self.sent_authorization => Some("check the credentials that were sent".to_owned()),
            (401, _) => Some("give credentials: --user NAME:PASSWORD or --bearer TOKEN".to_owned()),
            (403, _) if !self.sent_origin => {
                Some("servers often want the page's origin: -H 'Origin: https://example.com'".to_owned())
            }
            (403, _) => Some("check the Origin and the credentials that were sent".to_owned()),
            (400, _) if self.subprotocols.is_empty() => {
                Some("a server may insist on a subprotocol: -s NAME".to_owned())
            }
            (404, _) => Some("check the path of the URL".to_owned()),
            (407, _) => {
                Some("give credentials: name, colon, password and @ before the host of --proxy".to_owned())
            }
            (426, _) => Some("the server wants another protocol version; see its Upgrade header".to_owned()),
            (429 | 503, _) => Some("try again later".to_owned()),
            (200..=299, _) => Some("no WebSocket endpoint is at that path; check the URL".to_owned()),
            _ => None,
        }
    }
}

fn handshake_hint(error: &HandshakeError, url: &str) -> Option<String> {
    if let HandshakeError::HeadTooLong { .. } = error {
        return Some("a larger --max-head takes it".to_owned());
    }
    match error.not_http()? {
        NotHttp::Tls => tls_form(url),
        NotHttp::Ssh => Some("an SSH server listens there; check the port".to_owned()),
        NotHttp::Other(_) => Some("another protocol is spoken there; check the port".to_owned()),
    }
}

fn tls_form(url: &str) -> Option<String> {
    url.strip_prefix("ws://").map(|rest| format!("try wss://{rest}"))
}
