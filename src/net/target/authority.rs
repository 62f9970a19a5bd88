//! The authority of a URL (RFC 3986 §3.2): userinfo, host and port, each checked.
//!
//! Hosts are normalised as browsers do it (IDNA, `127.1`, percent signs) by the `url` crate; IPv6 zone ids
//! (RFC 6874), which that crate does not know, are handled here. Called for targets and for proxies. Looks nothing up.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;

use super::TargetError;

/// Name and password, percent-decoded, without control characters.
pub type Userinfo = (String, Option<String>);

/// Whom to connect to. `Display` gives the form of a `Host` header: IPv6 bracketed, no zone id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name in its ASCII form, lower case; a trailing dot is kept.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, with the zone id (interface name or number) if one was given.
    V6(Ipv6Addr, Option<String>),
}

impl Host {
    /// Parses a host as it stands in a URL.
    pub(in crate::net) fn parse(text: &str) -> Result<Host, TargetError> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return parse_v6(inner);
        }
        let wrong = |why: &str| TargetError::Host { host: text.to_owned(), why: why.to_owned() };
        if has_bad_percent(text) {
            return Err(wrong("a percent sign must be followed by two hex digits"));
        }
        match url::Host::parse(text).map_err(|e| wrong(&e.to_string()))? {
            url::Host::Ipv4(address) => Ok(Host::V4(address)),
            url::Host::Ipv6(address) => Ok(Host::V6(address, None)),
            url::Host::Domain(name) => {
                let mut labels = name.strip_suffix('.').unwrap_or(&name).split('.');
                if labels.any(str::is_empty) {
                    return Err(wrong("it has an empty label"));
                }
                Ok(Host::Name(name))
            }
        }
    }

    /// The address, where the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Name(_) => None,
            Host::V4(address) => Some(IpAddr::V4(*address)),
            Host::V6(address, _) => Some(IpAddr::V6(*address)),
        }
    }

    /// The host as certificates name it: no brackets, no zone id, no trailing dot.
    pub(in crate::net) fn bare(&self) -> String {
        match self {
            Host::Name(name) => name.strip_suffix('.').unwrap_or(name).to_owned(),
            Host::V4(address) => address.to_string(),
            Host::V6(address, _) => address.to_string(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::V4(address) => address.fmt(f),
            Host::V6(address, _) => write!(f, "[{address}]"),
        }
    }
}

fn parse_v6(inner: &str) -> Result<Host, TargetError> {
    let (address, zone) = match inner.split_once('%') {
        Some((address, zone)) => (address, Some(parse_zone(zone)?)),
        None => (inner, None),
    };
    let wrong = |_| TargetError::Host { host: format!("[{inner}]"), why: "not an IPv6 address".to_owned() };
    Ok(Host::V6(address.parse().map_err(wrong)?, zone))
}

/// RFC 6874 writes `%25eth0`; people copy `%eth0` from the output of `ip` and `ping`.
fn parse_zone(text: &str) -> Result<String, TargetError> {
    let wrong = || TargetError::Zone(text.to_owned());
    let zone = match text.strip_prefix("25") {
        Some(encoded) => percent_decode_str(encoded).decode_utf8().map_err(|_| wrong())?.into_owned(),
        None => text.to_owned(),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:@".contains(c);
    if zone.is_empty() || !zone.chars().all(allowed) { Err(wrong()) } else { Ok(zone) }
}

fn has_bad_percent(text: &str) -> bool {
    text.split('%').skip(1).any(|after| {
        let digits = after.as_bytes();
        digits.len() < 2 || !digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

/// What stands between `//` and the path.
pub(in crate::net) struct Authority {
    pub userinfo: Option<Userinfo>,
    /// `None` where the host is empty.
    pub host: Option<Host>,
    /// `None` where there is no port, or an empty one.
    pub port: Option<u16>,
}

impl Authority {
    /// Parses and checks the three parts. Errors never repeat the userinfo, which may hold a password.
    pub fn parse(text: &str) -> Result<Authority, TargetError> {
        let (userinfo, rest) = match text.rsplit_once('@') {
            Some((userinfo, rest)) => (parse_userinfo(userinfo)?, rest),
            None => (None, text),
        };
        let (host, port) = split_port(rest)?;
        let host = if host.is_empty() { None } else { Some(Host::parse(host)?) };
        Ok(Authority { userinfo, host, port: parse_port(port)? })
    }
}

fn parse_userinfo(text: &str) -> Result<Option<Userinfo>, TargetError> {
    if text.contains('@') {
        return Err(TargetError::Userinfo(
            "an `@` more than once; in a name or password it is written `%40`",
        ));
    }
    if text.is_empty() {
        return Ok(None);
    }
    if has_bad_percent(text) {
        return Err(TargetError::Userinfo(
            "a percent sign without two hex digits; itself it is written `%25`",
        ));
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(decode(password)?)),
        None => (text, None),
    };
    Ok(Some((decode(name)?, password)))
}

/// RFC 7617 §2 forbids control characters in both; CR and LF would also end a header line.
fn decode(text: &str) -> Result<String, TargetError> {
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| TargetError::Userinfo("bytes that are not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(TargetError::Userinfo("a control character"));
    }
    Ok(text.into_owned())
}

fn split_port(text: &str) -> Result<(&str, &str), TargetError> {
    if text.starts_with('[') {
        let wrong = |why: &str| TargetError::Host { host: text.to_owned(), why: why.to_owned() };
        let end = text.find(']').ok_or_else(|| wrong("the `]` is missing"))?;
        let (host, after) = text.split_at(end + 1);
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if after.is_empty() => Ok((host, "")),
            None => Err(wrong("something follows the bracket")),
        };
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    if port.contains(':') {
        let why = "more than one colon; an IPv6 address is written in brackets".to_owned();
        return Err(TargetError::Host { host: text.to_owned(), why });
    }
    Ok((host, port))
}

fn parse_port(text: &str) -> Result<Option<u16>, TargetError> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || TargetError::Port(text.to_owned());
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(wrong()),
        Ok(port) => Ok(Some(port)),
    }
}
