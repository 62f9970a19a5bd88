//! Where to listen, as typed: `PORT`, `:PORT`, `HOST:PORT` or `unix:PATH`, parsed and checked part by part.
//!
//! Opens nothing and looks nothing up; `Listener::bind` does.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::net::target::{Host, TargetError};

/// Where to listen. The default is `127.0.0.1:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddr {
    /// A TCP port.
    Tcp {
        /// Which of the computer's addresses.
        host: ListenHost,
        /// 0 takes a free one.
        port: u16,
    },
    /// The path of a Unix socket, never too long for the system and without NUL.
    Unix(PathBuf),
}

/// Which of the computer's addresses a port is opened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenHost {
    /// No host was named: 127.0.0.1, which other computers cannot reach.
    ///
    /// Not `::1` as well: that would be two listeners, whose free port (`:0`) need not be the same, and clients that
    /// know the server as `localhost` try 127.0.0.1, too.
    Loopback,
    /// `*`: every address, of both families where the system has IPv6.
    All,
    /// The address, or the name that stands for one of the computer's addresses.
    Named(Host),
}

impl ListenAddr {
    /// Parses what a user typed.
    ///
    /// # Errors
    /// Names the part that is wrong.
    pub fn parse(text: &str) -> Result<ListenAddr, ListenAddrError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path);
        }
        if text.is_empty() {
            return Err(ListenAddrError::Empty);
        }
        if text.contains("://") {
            return Err(ListenAddrError::Url(text.to_owned()));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(ListenAddr::Tcp { host: ListenHost::Loopback, port: parse_port(text)? });
        }
        let (host, port) = split(text)?;
        Ok(ListenAddr::Tcp { host: parse_host(host)?, port: parse_port(port)? })
    }
}

impl Default for ListenAddr {
    fn default() -> ListenAddr {
        ListenAddr::Tcp { host: ListenHost::Loopback, port: 8080 }
    }
}

impl FromStr for ListenAddr {
    type Err = ListenAddrError;

    fn from_str(text: &str) -> Result<ListenAddr, ListenAddrError> {
        ListenAddr::parse(text)
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddr::Tcp { host: ListenHost::Loopback, port } => write!(f, "127.0.0.1:{port}"),
            ListenAddr::Tcp { host: ListenHost::All, port } => write!(f, "*:{port}"),
            ListenAddr::Tcp { host: ListenHost::Named(Host::V6(address, Some(zone))), port } => {
                write!(f, "[{address}%{zone}]:{port}")
            }
            ListenAddr::Tcp { host: ListenHost::Named(host), port } => write!(f, "{host}:{port}"),
            ListenAddr::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Host and port, of which the host may be empty.
fn split(text: &str) -> Result<(&str, &str), ListenAddrError> {
    let bare_v6 = text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
    if bare_v6 || (!text.starts_with('[') && text.matches(':').count() > 1) {
        let why = "an IPv6 address stands in brackets: [::1]:8080".to_owned();
        return Err(ListenAddrError::Host { host: text.to_owned(), why });
    }
    match text.rsplit_once(':') {
        // The colon of an address that was not followed by a port.
        Some((_, after)) if text.starts_with('[') && after.ends_with(']') => {
            Err(ListenAddrError::NoPort(text.to_owned()))
        }
        Some(both) => Ok(both),
        None => Err(ListenAddrError::NoPort(text.to_owned())),
    }
}

fn parse_host(text: &str) -> Result<ListenHost, ListenAddrError> {
    match text {
        "" => Ok(ListenHost::Loopback),
        "*" => Ok(ListenHost::All),
        _ => Host::parse(text).map(ListenHost::Named).map_err(|error| {
            let why = match error {
                TargetError::Host { why, .. } => why,
                TargetError::Zone(zone) => format!("`{zone}` is no zone id"),
                other => other.to_string(),
            };
            ListenAddrError::Host { host: text.to_owned(), why }
        }),
    }
}

fn parse_port(text: &str) -> Result<u16, ListenAddrError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { text.parse().ok() } else { None };
    port.ok_or_else(|| ListenAddrError::Port(text.to_owned()))
}

#[cfg(unix)]
fn unix(path: &str) -> Result<ListenAddr, ListenAddrError> {
    use crate::net::dial::MAX_UNIX_PATH;
    let why = match path.len() {
        0 => "it is empty".to_owned(),
        length if length > MAX_UNIX_PATH => {
            format!("the path of a Unix socket has at most {MAX_UNIX_PATH} bytes, this one has {length}")
        }
        _ if path.contains('\0') => "it has a NUL".to_owned(),
        _ => return Ok(ListenAddr::Unix(path.into())),
    };
    Err(ListenAddrError::Path { path: path.to_owned(), why })
}

#[cfg(not(unix))]
fn unix(path: &str) -> Result<ListenAddr, ListenAddrError> {
    let why = "this system has no Unix sockets".to_owned();
    Err(ListenAddrError::Path { path: path.to_owned(), why })
}

/// A word that is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddrError {
    /// Nothing at all.
    Empty,
    /// A URL.
    Url(String),
    /// A host without a port.
    NoPort(String),
    /// A host that is neither a name nor an address.
    Host {
        /// The host as it was given.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// A port that is not a number from 0 to 65535.
    Port(String),
    /// A path that cannot be one of a Unix socket.
    Path {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl ListenAddrError {
    /// One thing to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            ListenAddrError::Empty | ListenAddrError::Url(_) => {
                Some("write it as 8080, localhost:8080 or unix:PATH".to_owned())
            }
            ListenAddrError::NoPort(host) => Some(format!("{host}:8080, or {host}:0 for a free port")),
            ListenAddrError::Port(port) if port.is_empty() => Some("0 takes a free one".to_owned()),
            _ => None,
        }
    }
}

impl fmt::Display for ListenAddrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddrError::Empty => f.write_str("the address to listen on is empty"),
            ListenAddrError::Url(url) => write!(f, "`{url}` is a URL, not an address to listen on"),
            ListenAddrError::NoPort(text) => write!(f, "the address `{text}` to listen on has no port"),
            ListenAddrError::Host { host, why } => {
                write!(f, "the host `{host}` to listen on is not valid: {why}")
            }
            ListenAddrError::Port(port) if port.is_empty() => {
                f.write_str("the address to listen on has a colon, but no port after it")
            }
            ListenAddrError::Port(port) => {
                write!(f, "the port `{port}` to listen on is not a number from 0 to 65535")
            }
            ListenAddrError::Path { path, why } => {
                write!(f, "the path `{}` to listen on is not valid: {why}", path.escape_debug())
            }
        }
    }
}

impl std::error::Error for ListenAddrError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_parses_and_shows_where_it_leads() {
        for (text, shown) in [
            ("8080", "127.0.0.1:8080"),
            (":8080", "127.0.0.1:8080"),
            (":0", "127.0.0.1:0"),
            ("0", "127.0.0.1:0"),
            ("127.0.0.1:65535", "127.0.0.1:65535"),
            ("127.1:80", "127.0.0.1:80"),
            ("LocalHost:80", "localhost:80"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::]:80", "[::]:80"),
            ("[::1]:80", "[::1]:80"),
            ("[fe80::1%25eth0]:80", "[fe80::1%eth0]:80"),
            ("*:80", "*:80"),
        ] {
            let address = ListenAddr::parse(text).expect(text);
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse::<ListenAddr>().expect(shown).to_string(), shown);
        }
        assert_eq!(ListenAddr::default().to_string(), "127.0.0.1:8080");
        assert_eq!(
            ListenAddr::parse("*:1"),
            Ok(ListenAddr::Tcp { host: ListenHost::All, port: 1 }),
            "all addresses are opened only where they are named"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", "the address to listen on is empty"),
            ("ws://127.0.0.1:80/", "`ws://127.0.0.1:80/` is a URL, not an address to listen on"),
            ("localhost", "the address `localhost` to listen on has no port"),
            ("127.0.0.1", "the address `127.0.0.1` to listen on has no port"),
            ("[::1]", "the address `[::1]` to listen on has no port"),
            ("localhost:", "the address to listen on has a colon, but no port after it"),
            ("65536", "the port `65536` to listen on is not a number from 0 to 65535"),
            (":+1", "the port `+1` to listen on is not a number from 0 to 65535"),
            ("h:http", "the port `http` to listen on is not a number from 0 to 65535"),
        ] {
            assert_eq!(ListenAddr::parse(text).expect_err(text).to_string(), error);
        }
        for text in ["::1", "::1:8080", "[::1:80", "[zz]:80", "a b:80", "a@b:80", "[::1%]:80", "a..b:80"] {
            let error = ListenAddr::parse(text).expect_err(text);
            assert!(matches!(error, ListenAddrError::Host { .. }), "{text}: {error}");
        }
        let hint = ListenAddr::parse("h.test").expect_err("no port").hint();
        assert_eq!(hint.as_deref(), Some("h.test:8080, or h.test:0 for a free port"));
    }

    #[cfg(unix)]
    #[test]
    fn unix_paths_are_bounded() {
        let longest = "x".repeat(crate::net::dial::MAX_UNIX_PATH);
        for path in ["a b", "/tmp/ü", "x:1", &longest] {
            let address = ListenAddr::parse(&format!("unix:{path}")).expect(path);
            assert_eq!(address, ListenAddr::Unix(path.into()));
            assert_eq!(address.to_string(), format!("unix:{path}"));
        }
        for (path, why) in [
            (String::new(), "it is empty"),
            ("a\0b".to_owned(), "it has a NUL"),
            (longest + "x", "bytes, this one has "),
        ] {
            let error = ListenAddr::parse(&format!("unix:{path}")).expect_err("no path").to_string();
            assert!(error.contains(why) && !error.contains('\0'), "{error}");
        }
    }
}
