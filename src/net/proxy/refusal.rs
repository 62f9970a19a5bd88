//! How a proxy failed to open a tunnel, in words. Made by `connect` and `socks`; shown by whoever shows `net::Error`.

use std::fmt;
use std::io;

use crate::net::error::io_text;

/// Why there is no tunnel. Everything but the SOCKS codes is the proxy's text, unescaped.
#[derive(Debug)]
pub enum Refusal {
    /// CONNECT was answered with another status than 2xx.
    Status {
        /// The HTTP status.
        status: u16,
        /// The status line, without its line end.
        line: Vec<u8>,
        /// The whole head, with its blank line.
        head: Vec<u8>,
        /// The first KiB of the body, or what of it came within a second.
        body: Vec<u8>,
        /// The realm of `Proxy-Authenticate`, where there is one.
        realm: Option<String>,
    },
    /// The reply code of SOCKS 5 (RFC 1928 §6).
    Socks(u8),
    /// The SOCKS proxy takes none of the authentication methods offered (RFC 1928 §3).
    Method {
        /// Whether name and password were among them.
        offered_password: bool,
    },
    /// The SOCKS proxy did not accept name and password (RFC 1929 §2).
    Password,
    /// The name is longer than the 255 bytes that SOCKS 5 can carry.
    LongName,
    /// Not the protocol: what was expected, and the first bytes that came instead.
    Garbled(&'static str, Vec<u8>),
    /// The proxy closed the connection before it had answered.
    Closed,
    /// The system said so; `TimedOut` where the deadline passed.
    Io(io::Error),
}

impl Refusal {
    /// The head and the start of the body that the proxy answered with.
    pub fn answer(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Refusal::Status { head, body, .. } => Some((head, body)),
            _ => None,
        }
    }

    /// Whether other credentials may help.
    pub fn wants_credentials(&self) -> bool {
        matches!(self, Refusal::Status { status: 407, .. } | Refusal::Method { .. } | Refusal::Password)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Refusal::Closed,
            _ => Refusal::Io(error),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Status { line, realm, .. } => {
                write!(f, "the proxy answered {}", String::from_utf8_lossy(line))?;
                realm.iter().try_for_each(|realm| write!(f, " (realm \"{realm}\")"))
            }
            Refusal::Socks(code) => {
                write!(f, "the proxy answered {} (SOCKS reply {code})", socks_text(*code))
            }
            Refusal::Method { offered_password: false } => f.write_str("the proxy wants credentials"),
            Refusal::Method { offered_password: true } => {
                f.write_str("the proxy takes neither a password nor a connection without one")
            }
            Refusal::Password => f.write_str("the proxy did not accept name and password"),
            Refusal::LongName => f.write_str("the host name is over 255 bytes, which SOCKS cannot carry"),
            Refusal::Garbled(expected, bytes) => {
                let hex: Vec<_> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                write!(f, "expected {expected}, got {}", hex.join(" "))
            }
            Refusal::Closed => f.write_str("the proxy closed the connection"),
            Refusal::Io(error) => f.write_str(&io_text(error)),
        }
    }
}

/// RFC 1928 §6.
fn socks_text(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "connection not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "with an unassigned code",
    }
}
