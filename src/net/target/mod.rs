//! The target of a connection: a WebSocket URI (RFC 6455 §3), parsed and checked part by part.
//!
//! Opens nothing and looks nothing up. `command` parses what the user typed, `session` asks for the parts of the
//! request and for redirect targets, `dial` for host and port. `wss` never turning into `ws` on a redirect is the
//! caller's rule, as is whether credentials follow.

mod authority;
mod error;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode, utf8_percent_encode};

pub(in crate::net) use authority::Authority;
pub use authority::{Host, Userinfo};
pub use error::TargetError;

/// What RFC 3986 §3.3 and §3.4 do not allow raw, but for the percent sign and brackets, which stay as typed.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'^');

/// The two schemes of RFC 6455 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `ws`: plain.
    Ws,
    /// `wss`: over TLS.
    Wss,
}

impl Scheme {
    /// 80 or 443 (RFC 6455 §3).
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Ws => 80,
            Scheme::Wss => 443,
        }
    }

    fn parse(text: &str) -> Result<Scheme, TargetError> {
        match text.to_ascii_lowercase().as_str() {
            "ws" | "http" => Ok(Scheme::Ws),
            "wss" | "https" => Ok(Scheme::Wss),
            _ => Err(TargetError::Scheme(text.to_owned())),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
        })
    }
}

/// A checked WebSocket URI. `Display` and `Debug` leave the userinfo out.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    path_and_query: String,
    userinfo: Option<Userinfo>,
    unicode_host: Option<String>,
    tls_name: String,
}

impl Target {
    /// Parses what a user typed: a URL, or a word such as `localhost:8080/x` that stands for a `ws` one.
    ///
    /// # Errors
    /// Names the part that is wrong; `Unlikely` where the word has no scheme and does not look like a host.
    pub fn parse(word: &str) -> Result<Target, TargetError> {
        check_characters(word)?;
        let (scheme, rest) = match split_scheme(word) {
            Some((scheme, rest)) => (Some(Scheme::parse(scheme)?), rest),
            None => (None, word),
        };
        if scheme.is_none() && !looks_like_host(word) {
            return Err(TargetError::Unlikely(word.to_owned()));
        }
        if let Some((_, fragment)) = rest.split_once('#') {
            return Err(TargetError::Fragment(fragment.to_owned()));
        }
        let (authority, path) = split_authority(rest);
        if scheme.is_none() && authority.ends_with(':') {
            return Err(TargetError::Port(String::new()));
        }
        let parsed = Authority::parse(authority)?;
        let host = match parsed.host {
            Some(host) => host,
            None if scheme.is_none() && parsed.port.is_some() => Host::Name("localhost".to_owned()),
            None => return Err(TargetError::EmptyHost),
        };
        Ok(Target::new(scheme.unwrap_or(Scheme::Ws), host, parsed.port, path).with_userinfo(parsed.userinfo))
    }

    /// The target that a `Location` header names, relative or absolute (RFC 9110 §10.2.2).
    ///
    /// A fragment is dropped. The own userinfo is kept where scheme, host and port stay the same; a userinfo in the
    /// header is ignored, because a server has no business choosing credentials.
    ///
    /// # Errors
    /// As `parse`, for the URL that the header gives; its text is then the server's, unescaped.
    pub fn redirect(&self, location: &[u8]) -> Result<Target, TargetError> {
        let text = location_text(location);
        check_characters(&text)?;
        let text = text.split('#').next().unwrap_or_default();
        let mut next = if split_scheme(text).is_some() {
            Target::parse(text)?
        } else if text.starts_with("//") {
            Target::parse(&format!("{}:{text}", self.scheme))?
        } else {
            self.relative(text)?
        };
        next.userinfo = if self.same_origin(&next) { self.userinfo.clone() } else { None };
        Ok(next)
    }

    /// `ws` or `wss`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whom to connect to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the default one of the scheme where the URL has none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `Host` header: IPv6 bracketed, no zone id, the default port left out (RFC 6455 §4.1).
    pub fn authority(&self) -> String {
        match self.port == self.scheme.default_port() {
            true => self.host.to_string(),
            false => self.host_and_port(),
        }
    }

    /// Host and port, the port always present: what a person reads in messages, and what CONNECT asks for.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The request target in origin form (RFC 9112 §3.2.1), the resource name of RFC 6455 §3; never empty.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// Name and password from the URL, percent-decoded.
    pub fn userinfo(&self) -> Option<&Userinfo> {
        self.userinfo.as_ref()
    }

    /// The whole URL without userinfo, as shown and recorded. It has the zone id of an IPv6 address.
    pub fn url(&self) -> String {
        let host = match &self.host {
            Host::V6(address, Some(zone)) => format!("[{address}%25{zone}]"),
            host => host.to_string(),
        };
        let port = match self.port == self.scheme.default_port() {
            true => String::new(),
            false => format!(":{}", self.port),
        };
        format!("{}://{host}{port}{}", self.scheme, self.path_and_query)
    }

    /// The host in Unicode, where that differs from its ASCII form (RFC 5891).
    pub fn unicode_host(&self) -> Option<&str> {
        self.unicode_host.as_deref()
    }

    /// The host as certificates and SNI name it: no brackets, no zone id, no trailing dot.
    pub fn tls_name(&self) -> &str {
        &self.tls_name
    }

    /// Whether scheme, host and port are the same (RFC 6454 §5).
    pub fn same_origin(&self, other: &Target) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    fn new(scheme: Scheme, host: Host, port: Option<u16>, path: &str) -> Target {
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path_and_query = format!("{slash}{}", utf8_percent_encode(path, ENCODED));
        let port = port.unwrap_or(scheme.default_port());
        let unicode_host = unicode_form(&host);
        let tls_name = host.bare();
        Target { scheme, host, port, path_and_query, userinfo: None, unicode_host, tls_name }
    }

    fn with_userinfo(self, userinfo: Option<Userinfo>) -> Target {
        Target { userinfo, ..self }
    }

    /// RFC 3986 §5.2, done by the `url` crate on a stand-in host, which must come out unchanged: a reference such as
    /// `mailto:x` would replace it.
    fn relative(&self, reference: &str) -> Result<Target, TargetError> {
        const BASE: &str = "ws://relative";
        let base = url::Url::parse(&format!("{BASE}{}", self.path_and_query));
        let joined = base
            .and_then(|base| base.join(reference))
            .map_err(|_| TargetError::Location(reference.to_owned()))?;
        match joined.as_str().strip_prefix(BASE) {
            Some(path) => Ok(Target::new(self.scheme, self.host.clone(), Some(self.port), path)),
            None => Err(TargetError::Location(reference.to_owned())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.url())
    }
}

/// `ws://h` has one; `h/x?u=http://y` has none, because its `://` does not end a first word.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    text.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#', ':', '@']))
}

fn looks_like_host(word: &str) -> bool {
    word.eq_ignore_ascii_case("localhost") || word.contains(['.', ':', '/'])
}

pub(in crate::net) fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()))
}

/// The `url` crate takes a backslash for a slash and drops tabs and line ends: what is dialed would not be what is read.
pub(in crate::net) fn check_characters(text: &str) -> Result<(), TargetError> {
    match text.chars().find(|c| c.is_control() || c.is_whitespace() || *c == '\\') {
        Some('\\') => Err(TargetError::Backslash),
        Some(c) => Err(TargetError::Character(c)),
        None => Ok(()),
    }
}

fn unicode_form(host: &Host) -> Option<String> {
    let Host::Name(ascii) = host else { return None };
    let (unicode, valid) = idna::domain_to_unicode(ascii);
    (valid.is_ok() && unicode != *ascii).then_some(unicode)
}

/// Servers put blanks and raw bytes into `Location`, and clients percent-encode them.
fn location_text(location: &[u8]) -> Cow<'_, str> {
    const BLANK: &AsciiSet = &AsciiSet::EMPTY.add(b' ');
    percent_encode(location.trim_ascii(), BLANK).into()
}

#[cfg(test)]
mod tests;
