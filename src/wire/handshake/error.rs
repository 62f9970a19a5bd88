//! What can be wrong with a handshake that came from the peer.
//!
//! Each kind stays apart so that the floors above can give a fitting hint. Text of the peer's is escaped by
//! `Display`. Made by the readers and by `accept`.

use std::fmt;

/// Why a handshake cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The first bytes are not HTTP.
    NotHttp(NotHttp),
    /// The head is longer than we allow.
    HeadTooLong {
        /// `response` or `request`.
        whose: &'static str,
        /// The most bytes it may have.
        limit: usize,
    },
    /// Another limit of ours is exceeded.
    TooLarge(String),
    /// An HTTP version that does not do; holds it as it came, such as `HTTP/1.0`.
    Version(Vec<u8>),
    /// HTTP that breaks its own grammar.
    Malformed {
        /// What is wrong.
        what: String,
        /// Where the rule stands, such as `RFC 9112 §5`.
        section: &'static str,
    },
    /// Good HTTP that breaks a rule of the opening handshake.
    Rule {
        /// What is wrong.
        what: String,
        /// Where the rule stands, such as `RFC 6455 §4.1`.
        section: &'static str,
    },
}

/// What it is, where it is not HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotHttp {
    /// A TLS record: an alert from a server that wants TLS, or a client that speaks it.
    Tls,
    /// An SSH server.
    Ssh,
    /// Something else; holds its first bytes.
    Other(Vec<u8>),
}

impl HandshakeError {
    /// What is spoken instead of HTTP, where that is the trouble.
    #[must_use]
    pub fn not_http(&self) -> Option<&NotHttp> {
        match self {
            Self::NotHttp(other) => Some(other),
            _ => None,
        }
    }

    pub(super) fn malformed(what: impl Into<String>, section: &'static str) -> Self {
        Self::Malformed { what: what.into(), section }
    }

    pub(super) fn rule(what: impl Into<String>, section: &'static str) -> Self {
        Self::Rule { what: what.into(), section }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandshakeError::NotHttp(NotHttp::Tls) => f.write_str("the peer speaks TLS, not plain HTTP"),
            HandshakeError::NotHttp(NotHttp::Ssh) => f.write_str("the peer speaks SSH, not HTTP"),
            HandshakeError::NotHttp(NotHttp::Other(first)) => {
                write!(f, "the peer does not speak HTTP/1.1; it begins with \"{}\"", first.escape_ascii())
            }
            HandshakeError::HeadTooLong { whose, limit } => {
                write!(f, "the {whose} head is longer than {limit} bytes")
            }
            HandshakeError::TooLarge(what) => f.write_str(what),
            HandshakeError::Version(version) => {
                write!(
                    f,
                    "HTTP/1.1 is needed (RFC 6455 §4.1), but the peer speaks {}",
                    version.escape_ascii()
                )
            }
            HandshakeError::Malformed { what, section } | HandshakeError::Rule { what, section } => {
                write!(f, "{what} ({section})")
            }
        }
    }
}

impl std::error::Error for HandshakeError {}
