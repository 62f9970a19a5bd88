//! Why no connection came to be: the phase, what was tried, the cause, and a hint.
//!
//! The texts of this module are for people. Text that a peer chose (a proxy's status line, head, body and realm, the
//! names in a certificate) is in them unescaped: `Cause::Proxy` and `Cause::Tls` carry it, `what` never does.
//! `session` and `command` escape before they show it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::proxy::Refusal;
use super::tls;

/// The step of connecting at which something failed or ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking a name up.
    Dns,
    /// Connecting a socket.
    Tcp,
    /// Having a proxy open the tunnel, TLS to the proxy included.
    Proxy,
    /// The TLS handshake with the origin.
    Tls,
    /// The opening handshake (RFC 6455 §4).
    Http,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Dns => "dns",
            Phase::Tcp => "tcp",
            Phase::Proxy => "proxy",
            Phase::Tls => "tls",
            Phase::Http => "http",
        })
    }
}

/// A connection that did not come to be. `Display` gives `what` and the cause; the hint stands apart.
#[derive(Debug)]
pub struct Error {
    /// Where it failed.
    pub phase: Phase,
    /// What was tried, with its value: `could not connect to 127.0.0.1:1`.
    pub what: String,
    /// Why it failed.
    pub cause: Cause,
    hint: Option<String>,
}

impl Error {
    /// An error whose hint, where there is one, follows from its cause.
    pub fn new(phase: Phase, what: impl Into<String>, cause: Cause) -> Error {
        Error { phase, what: what.into(), cause, hint: None }
    }

    /// The same error with a better hint than its cause alone can give.
    pub fn with_hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    /// Whether the deadline passed, rather than something being refused.
    pub fn timed_out(&self) -> bool {
        matches!(self.cause, Cause::TimedOut)
    }

    /// The head and the start of the body that a proxy answered with: its text, unescaped.
    pub fn answer(&self) -> Option<(&[u8], &[u8])> {
        match &self.cause {
            Cause::Proxy(refusal) => refusal.answer(),
            _ => None,
        }
    }

    /// Whether something of this system is at fault: a file that cannot be read.
    pub fn is_local(&self) -> bool {
        matches!(&self.cause, Cause::Tls(error) if error.is_local())
    }

    /// Whether another attempt must fail in the same way: a setting, a certificate, a key.
    pub fn is_permanent(&self) -> bool {
        match &self.cause {
            Cause::Setting(_) => true,
            Cause::Tls(error) => error.is_permanent(),
            _ => false,
        }
    }

    /// One thing to try.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone().or_else(|| self.cause.hint())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            Cause::TimedOut => write!(f, "{}: timed out (phase {})", self.what, self.phase),
            ref cause => write!(f, "{}: {cause}", self.what),
        }
    }
}

impl std::error::Error for Error {}

/// Why a phase failed.
#[derive(Debug)]
pub enum Cause {
    /// The deadline passed.
    TimedOut,
    /// The name has no address, or none of the family asked for; the text is the system's or ours.
    NotFound(String),
    /// The system said so.
    Io(io::Error),
    /// Several addresses were tried, and each failed.
    Attempts(Vec<(SocketAddr, io::Error)>),
    /// A setting that cannot be used (a proxy URL, the path of a socket); found before anything was connected.
    Setting(String),
    /// The proxy said no, or did not speak its protocol. Holds the proxy's text, unescaped.
    Proxy(Box<Refusal>),
    /// TLS failed, with the origin or (phase `Proxy`) with the proxy. Holds certificate text, unescaped.
    Tls(Box<tls::Error>),
}

impl Cause {
    fn hint(&self) -> Option<String> {
        match self {
            Cause::NotFound(_) => Some(
                "check the spelling of the host, or give its address: --resolve HOST:PORT:ADDRESS".into(),
            ),
            Cause::Io(error) => io_hint(error).map(Into::into),
            Cause::Attempts(failures) => failures.first().and_then(|(_, e)| io_hint(e)).map(Into::into),
            Cause::Tls(error) => error.hint(),
            Cause::TimedOut | Cause::Setting(_) | Cause::Proxy(_) => None,
        }
    }
}

fn io_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("is the server running on that port?"),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Some("is the network up? -4 and -6 limit the addresses tried to one family")
        }
        _ => None,
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::TimedOut => f.write_str("timed out"),
            Cause::NotFound(text) | Cause::Setting(text) => f.write_str(text),
            Cause::Io(error) => f.write_str(&io_text(error)),
            Cause::Attempts(failures) => f.write_str(&attempts_text(failures)),
            Cause::Proxy(refusal) => refusal.fmt(f),
            Cause::Tls(error) => error.fmt(f),
        }
    }
}

/// `127.0.0.1:80: connection refused; [::1]:80: connection refused`.
pub(super) fn attempts_text(failures: &[(SocketAddr, io::Error)]) -> String {
    let each: Vec<_> = failures.iter().map(|(address, e)| format!("{address}: {}", io_text(e))).collect();
    each.join("; ")
}

/// The system's text for an error, in lower case and without its number: `connection refused`.
pub fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or_default();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(text);
    let mut rest = text.chars();
    match (rest.next(), rest.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(rest).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_lose_their_number_and_capital() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(io_text(&refused), "connection refused");
        let custom = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(io_text(&custom), "name or service not known");
        assert_eq!(io_text(&io::Error::other("TLS ended")), "TLS ended");
        assert_eq!(io_text(&io::Error::other("")), "");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn system_error_numbers_are_cut() {
        assert_eq!(io_text(&io::Error::from_raw_os_error(111)), "connection refused");
    }

    #[test]
    fn a_timeout_names_its_phase() {
        let error = Error::new(Phase::Tcp, "could not connect to 192.0.2.1:80", Cause::TimedOut);
        assert_eq!(error.to_string(), "could not connect to 192.0.2.1:80: timed out (phase tcp)");
        assert!(error.timed_out());
        assert_eq!(error.hint(), None);
    }

    #[test]
    fn several_attempts_are_listed() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let failures = vec![
            ("127.0.0.1:1".parse().expect("a literal"), refused()),
            ("[::1]:1".parse().expect("a literal"), refused()),
        ];
        let error = Error::new(Phase::Tcp, "could not connect to h:1", Cause::Attempts(failures));
        assert_eq!(
            error.to_string(),
            "could not connect to h:1: 127.0.0.1:1: connection refused; [::1]:1: connection refused"
        );
        assert_eq!(error.hint().as_deref(), Some("is the server running on that port?"));
        assert_eq!(error.with_hint("x").hint().as_deref(), Some("x"));
    }
}
