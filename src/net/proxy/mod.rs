//! Proxies: which one to use, and how to have it open a tunnel over a stream already connected to it.
//!
//! The choice is in `choice`, the protocols are in `connect` (HTTP CONNECT) and `socks`. Connecting to the proxy,
//! and TLS with it, are the business of `dial`, which is the only caller.

mod choice;
mod connect;
mod refusal;
mod socks;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::stream::Stream;
use super::target::{Authority, Host, TargetError, check_characters, split_authority};

pub(super) use choice::Chosen;
pub use choice::ProxyChoice;
pub use refusal::Refusal;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// CONNECT (RFC 9110 §9.3.6) over a plain connection.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS 5 (RFC 1928); names are looked up here.
    Socks5,
    /// SOCKS 5; names are looked up by the proxy.
    Socks5h,
}

impl ProxyScheme {
    fn parse(text: &str) -> Result<ProxyScheme, ProxyError> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Ok(ProxyScheme::Http),
            "https" => Ok(ProxyScheme::Https),
            "socks5" => Ok(ProxyScheme::Socks5),
            "socks5h" => Ok(ProxyScheme::Socks5h),
            _ => Err(ProxyError::Scheme(text.to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            ProxyScheme::Http => "http",
            ProxyScheme::Https => "https",
            ProxyScheme::Socks5 => "socks5",
            ProxyScheme::Socks5h => "socks5h",
        }
    }

    /// As curl has them: 443 for https, 1080 for the others.
    fn default_port(self) -> u16 {
        if self == ProxyScheme::Https { 443 } else { 1080 }
    }
}

/// A proxy, from a URL such as `http://user:password@proxy.test:3128`. `Display` and `Debug` hide the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    scheme: ProxyScheme,
    host: Host,
    port: u16,
    credentials: Option<(String, String)>,
}

impl Proxy {
    /// How it is spoken to.
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, for people.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Has the proxy connect the stream to the destination. What the stream reads next comes from the destination.
    pub(super) fn open(&self, stream: &mut Stream, destination: &Destination) -> Result<(), Refusal> {
        let credentials =
            self.credentials.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
        match self.scheme {
            ProxyScheme::Http | ProxyScheme::Https => connect::open(stream, destination, credentials),
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => socks::open(stream, destination, credentials),
        }
    }

    /// What to try after the proxy refused.
    pub(super) fn hint(&self, refusal: &Refusal) -> Option<String> {
        match (refusal.wants_credentials(), &self.credentials) {
            (true, None) => {
                let scheme = self.scheme.name();
                Some(format!(
                    "give credentials: name, colon, password and @ before the host of --proxy {scheme}://{}",
                    self.authority()
                ))
            }
            (true, Some(_)) => {
                Some("the proxy did not accept the user and password that were given".to_owned())
            }
            (false, _) => None,
        }
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// Without a scheme it is http; the port is 1080 (443 for https) where none is given; there is no path.
    fn from_str(text: &str) -> Result<Proxy, ProxyError> {
        check_characters(text)?;
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = ProxyScheme::parse(scheme)?;
        let (authority, path) = split_authority(rest);
        if !matches!(path, "" | "/") {
            return Err(ProxyError::Path(path.to_owned()));
        }
        let parsed = Authority::parse(authority)?;
        let host = parsed.host.ok_or(TargetError::EmptyHost)?;
        let credentials = parsed.userinfo.map(|(name, password)| (name, password.unwrap_or_default()));
        if let Some((name, password)) = &credentials {
            check_credentials(scheme, name, password)?;
        }
        Ok(Proxy { scheme, host, port: parsed.port.unwrap_or(scheme.default_port()), credentials })
    }
}

/// Control characters are refused with the rest of the userinfo.
fn check_credentials(scheme: ProxyScheme, name: &str, password: &str) -> Result<(), ProxyError> {
    match scheme {
        ProxyScheme::Http | ProxyScheme::Https if name.contains(':') => {
            Err(ProxyError::Credentials("a name with a colon, which Basic cannot carry (RFC 7617 §2)"))
        }
        ProxyScheme::Socks5 | ProxyScheme::Socks5h
            if name.is_empty() || name.len() > 255 || password.is_empty() || password.len() > 255 =>
        {
            Err(ProxyError::Credentials("a name or password that is empty or over 255 bytes (RFC 1929 §2)"))
        }
        _ => Ok(()),
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// What is wrong with a proxy's URL. Texts never repeat its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyError {
    /// A scheme that is none of `http`, `https`, `socks5`, `socks5h`.
    Scheme(String),
    /// Host, port, userinfo or a character.
    Url(TargetError),
    /// A path or query, which no proxy URL has.
    Path(String),
    /// Credentials that the proxy's protocol cannot carry.
    Credentials(&'static str),
}

impl From<TargetError> for ProxyError {
    fn from(error: TargetError) -> ProxyError {
        ProxyError::Url(error)
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProxyError::Scheme(scheme) => {
                write!(f, "unknown proxy scheme `{scheme}`: it must be http, https, socks5 or socks5h")
            }
            ProxyError::Url(error) => write!(f, "in the proxy's URL: {error}"),
            ProxyError::Path(path) => write!(f, "the proxy's URL must end after the port, but has `{path}`"),
            ProxyError::Credentials(what) => write!(f, "the proxy's credentials have {what}"),
        }
    }
}

impl std::error::Error for ProxyError {}

/// Where the tunnel shall lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub place: Place,
    pub port: u16,
}

/// A name for the proxy to look up, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Name(String),
    Address(IpAddr),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Name(name) => write!(f, "{name}:{}", self.port),
            Place::Address(IpAddr::V4(address)) => write!(f, "{address}:{}", self.port),
            Place::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_urls() {
        let rows = [
            ("http://p:3128", "http://p:3128"),
            ("p:3128", "http://p:3128"),
            ("p", "http://p:1080"),
            ("http://p/", "http://p:1080"),
            ("HTTPS://P", "https://p:443"),
            ("socks5://127.1", "socks5://127.0.0.1:1080"),
            ("socks5h://u:p@[::1]:9", "socks5h://[::1]:9"),
        ];
        for (text, shown) in rows {
            assert_eq!(text.parse::<Proxy>().map(|p| p.to_string()), Ok(shown.to_owned()), "{text}");
        }
        let proxy: Proxy = "http://u%40:p%3Aw@p".parse().expect("valid");
        assert_eq!(proxy.credentials, Some(("u@".to_owned(), "p:w".to_owned())));
        assert!(!format!("{proxy} {proxy:?}").contains("p:w"));
    }

    #[test]
    fn wrong_proxy_urls() {
        let refused = |text: &str| text.parse::<Proxy>().err().unwrap_or_else(|| panic!("{text} was taken"));
        assert_eq!(refused("socks4://p"), ProxyError::Scheme("socks4".into()));
        assert_eq!(refused("http://p/x"), ProxyError::Path("/x".into()));
        assert_eq!(refused("http://p:0"), ProxyError::Url(TargetError::Port("0".into())));
        assert_eq!(refused("http://"), ProxyError::Url(TargetError::EmptyHost));
        assert_eq!(refused("http://p\r\nX:1"), ProxyError::Url(TargetError::Character('\r')));
        for text in ["http://u:a%0d%0aX:1@p", "http://u%00@p", "socks5://u:%0a@p"] {
            let why = ProxyError::Url(TargetError::Userinfo("a control character"));
            assert_eq!(refused(text), why, "{text}");
        }
        assert!(matches!(refused("http://a%3ab:c@p"), ProxyError::Credentials(_)));
        assert!(matches!(refused("socks5://u@p"), ProxyError::Credentials(_)));
        let long = format!("socks5://{}:p@p", "u".repeat(256));
        assert!(matches!(refused(&long), ProxyError::Credentials(_)));
    }
}
