//! What can be wrong with a URL, in words that name the part. Called by nobody but `target` and those who show errors.

use std::fmt;

/// A word that is no WebSocket URL. Texts never repeat userinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// No scheme, and not shaped like a host: more likely a mistyped command.
    Unlikely(String),
    /// A scheme other than ws, wss, http and https.
    Scheme(String),
    /// A fragment, which RFC 6455 §3 forbids.
    Fragment(String),
    /// No host.
    EmptyHost,
    /// A host that is neither a name nor an address.
    Host {
        /// The host as it was given.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// An IPv6 zone id that is empty or has characters no interface name has.
    Zone(String),
    /// A port that is not a number from 1 to 65535.
    Port(String),
    /// Userinfo that has what the text says.
    Userinfo(&'static str),
    /// A backslash anywhere.
    Backslash,
    /// A blank or control character anywhere.
    Character(char),
    /// A redirect's relative reference that leads to no WebSocket URL; the server's text.
    Location(String),
}

impl TargetError {
    /// One thing to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            TargetError::Unlikely(word) => Some(format!("if it is a host: ws://{word}")),
            TargetError::Scheme(scheme) if scheme.to_ascii_lowercase().contains("unix") => {
                Some("for a Unix socket: --unix-socket PATH ws://localhost/".to_owned())
            }
            TargetError::Fragment(_) => {
                Some("a `#` that belongs to the path or query is written `%23`".to_owned())
            }
            TargetError::Backslash => {
                Some("write `/`, or `%5C` where a backslash belongs to the path or query".to_owned())
            }
            TargetError::Character(' ') => Some("a blank is written `%20`".to_owned()),
            _ => None,
        }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetError::Unlikely(word) => write!(f, "`{word}` is neither a command nor a URL"),
            TargetError::Scheme(scheme) => {
                write!(
                    f,
                    "unknown scheme `{scheme}` in the URL: it must be ws or wss (http and https mean the same)"
                )
            }
            TargetError::Fragment(text) => {
                write!(
                    f,
                    "the URL has a fragment, `#{text}`, which a WebSocket URL must not have (RFC 6455 §3)"
                )
            }
            TargetError::EmptyHost => f.write_str("the URL has no host"),
            TargetError::Host { host, why } => write!(f, "the host `{host}` of the URL is not valid: {why}"),
            TargetError::Zone(zone) => write!(f, "the IPv6 zone id `{zone}` of the URL is not valid"),
            TargetError::Port(port) if port.is_empty() => {
                f.write_str("the URL has a colon, but no port after it")
            }
            TargetError::Port(port) => {
                write!(f, "the port `{port}` of the URL is not a number from 1 to 65535")
            }
            TargetError::Userinfo(what) => write!(f, "the user and password of the URL have {what}"),
            TargetError::Backslash => f.write_str("the URL has a backslash (`\\`)"),
            TargetError::Character(c) => {
                write!(f, "the URL has a blank or control character, U+{:04X}", u32::from(*c))
            }
            TargetError::Location(text) => write!(f, "the redirect to `{text}` leads to no WebSocket URL"),
        }
    }
}

impl std::error::Error for TargetError {}
