//! Why nothing listens: where it was tried, the cause in words, and a hint.

use std::fmt;
use std::io;

use super::ListenAddr;
use crate::net::io_text;

/// An address that could not be listened on. `Display` gives the address and the cause; the hint stands apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenError {
    address: String,
    why: String,
    hint: Option<String>,
}

impl ListenError {
    pub(super) fn new(address: &ListenAddr, why: impl Into<String>, hint: Option<&str>) -> ListenError {
        ListenError { address: address.to_string(), why: why.into(), hint: hint.map(str::to_owned) }
    }

    /// What the system's error means for somebody who wants to listen.
    pub(super) fn of_io(address: &ListenAddr, error: &io::Error) -> ListenError {
        let tcp = matches!(address, ListenAddr::Tcp { .. });
        match error.kind() {
            io::ErrorKind::AddrInUse if tcp => {
                let hint = "choose another port, or 0 for a free one";
                ListenError::new(address, "another program listens on that port", Some(hint))
            }
            io::ErrorKind::PermissionDenied => ListenError::new(address, io_text(error), denied(address)),
            io::ErrorKind::AddrNotAvailable if tcp => {
                let hint = "127.0.0.1 is this computer alone, * all of its addresses";
                ListenError::new(address, "that is no address of this computer", Some(hint))
            }
            io::ErrorKind::NotFound => {
                ListenError::new(address, "the folder of the socket is not there", None)
            }
            _ => ListenError::new(address, io_text(error), None),
        }
    }

    /// One thing to try.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

fn denied(address: &ListenAddr) -> Option<&'static str> {
    match address {
        ListenAddr::Tcp { port: 1..1024, .. } => {
            Some("ports below 1024 are for the administrator; choose a higher one")
        }
        ListenAddr::Tcp { .. } => None,
        ListenAddr::Unix(_) => Some("the folder of the socket must be one you may write to"),
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not listen on {}: {}", self.address, self.why)
    }
}

impl std::error::Error for ListenError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str, kind: io::ErrorKind) -> (String, bool) {
        let address = address.parse().expect("an address of this test");
        let error = ListenError::of_io(&address, &kind.into());
        (error.to_string(), error.hint().is_some())
    }

    #[test]
    fn system_errors_are_told_in_words() {
        use io::ErrorKind::{AddrInUse, AddrNotAvailable, OutOfMemory, PermissionDenied};
        for (address, kind, text, hint) in [
            (
                ":80",
                AddrInUse,
                "could not listen on 127.0.0.1:80: another program listens on that port",
                true,
            ),
            (":80", PermissionDenied, "could not listen on 127.0.0.1:80: permission denied", true),
            (":8080", PermissionDenied, "could not listen on 127.0.0.1:8080: permission denied", false),
            (
                "[::2]:80",
                AddrNotAvailable,
                "could not listen on [::2]:80: that is no address of this computer",
                true,
            ),
            ("*:80", OutOfMemory, "could not listen on *:80: out of memory", false),
        ] {
            assert_eq!(told(address, kind), (text.to_owned(), hint));
        }
    }

    #[cfg(unix)]
    #[test]
    fn errors_of_unix_sockets_speak_of_the_folder() {
        let (text, hint) = told("unix:/x/s", io::ErrorKind::NotFound);
        assert_eq!(text, "could not listen on unix:/x/s: the folder of the socket is not there");
        assert!(!hint);
        let (text, hint) = told("unix:/x/s", io::ErrorKind::PermissionDenied);
        assert_eq!(text, "could not listen on unix:/x/s: permission denied");
        assert!(hint);
    }
}
