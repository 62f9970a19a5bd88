//! Under which names a server may be called, and from the pages of which origins (RFC 6455 §10.2, RFC 6454 §7).
//!
//! A web page can have a browser connect to any address, also to one of this machine; two fields tell of it that no
//! page can forge. `Origin` names the page. `Host` names whom the page believes to call: a name of its own, where it
//! had that name point here.

use std::net::IpAddr;

use anyhow::Result;
use url::Url;

use crate::command::Fault;
use crate::wire::handshake::server::{ClientRequest, Refusal};

/// The names that a server answers to.
pub(super) struct Hosts {
    /// `None` where any name will do.
    names: Option<Vec<Name>>,
    /// Any address will do: it is listened on all that there are, and a page cannot forge an address.
    any_address: bool,
}

/// A host, and a port where only one will do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    host: String,
    port: Option<u16>,
}

impl Hosts {
    pub(super) fn new(named: &[String], with_command: bool, own: Vec<String>) -> Result<Hosts> {
        let any = named.iter().any(|name| name == "*");
        if any || (!with_command && named.is_empty()) {
            return Ok(Hosts { names: None, any_address: true });
        }
        let own: Vec<Name> = own.iter().filter_map(|name| Name::parse(name)).collect();
        let any_address =
            own.iter().any(|name| name.host.parse().is_ok_and(|at: IpAddr| at.is_unspecified()));
        let named: Result<Vec<Name>> = named.iter().map(|name| Name::named(name)).collect();
        Ok(Hosts { names: Some([own, named?].concat()), any_address })
    }

    /// Refuses who calls another name: that is what a name which was made to point here would say.
    pub(super) fn judge(&self, request: &ClientRequest) -> Result<(), Refusal> {
        let Some(names) = &self.names else { return Ok(()) };
        let Some(called) = authority(request) else {
            return Err(Refusal::new(400, "Bad Request", "the request must have one valid Host field"));
        };
        let is_address = called.host.parse::<IpAddr>().is_ok();
        if names.iter().any(|name| called.is(name)) || (self.any_address && is_address) {
            return Ok(());
        }
        let text = "this server does not answer to the name in Host (--host NAME lets it)";
        Err(Refusal::new(421, "Misdirected Request", text))
    }
}

/// The origins whose pages are let in.
pub(super) struct Origins {
    /// `None` where any will do.
    allowed: Option<Vec<String>>,
    /// Pages of the host that is called are let in.
    same_host: bool,
}

impl Origins {
    /// Without any that is named, a command takes none but its own host's, and anything else takes all.
    pub(super) fn new(named: &[String], with_command: bool, same_host: bool) -> Result<Origins> {
        let any = named.iter().any(|origin| origin == "*") || (named.is_empty() && !with_command);
        let mut allowed = Vec::new();
        for origin in named {
            allowed.extend(normalized(origin)?);
        }
        Ok(Origins { allowed: (!any).then_some(allowed), same_host })
    }

    /// Refuses pages of other origins; who sends no origin is no page.
    pub(super) fn judge(&self, request: &ClientRequest) -> Result<(), Refusal> {
        let Some(allowed) = &self.allowed else { return Ok(()) };
        let mut origins = request.headers.get_all("Origin");
        let good = match (origins.next(), origins.next()) {
            (None, _) => return Ok(()),
            (Some(origin), None) => {
                let origin = String::from_utf8_lossy(origin.trim_ascii()).into_owned();
                allowed.contains(&serialized(&origin)) || (self.same_host && is_same_host(&origin, request))
            }
            (Some(_), Some(_)) => false,
        };
        let text = "pages of this origin are not let in (--origin ORIGIN lets them)";
        if good { Ok(()) } else { Err(Refusal::new(403, "Forbidden", text)) }
    }
}

/// Whether the page came from the host and port that are called.
fn is_same_host(origin: &str, request: &ClientRequest) -> bool {
    let (Ok(url), Some(called)) = (Url::parse(origin), authority(request)) else { return false };
    let default = match url.scheme() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let page = url.host_str().map(bare);
    page == Some(called.host) && url.port().unwrap_or(default) == called.port.unwrap_or(default)
}

/// The origins that an option names; without a scheme there are two.
fn normalized(option: &str) -> Result<Vec<String>> {
    let texts = match option.contains("://") || option == "null" || option == "*" {
        true => vec![option.to_owned()],
        false => vec![format!("http://{option}"), format!("https://{option}")],
    };
    for text in texts.iter().filter(|text| text.starts_with("http")) {
        let whole = Url::parse(text).is_ok_and(|url| url.path() == "/" && url.query().is_none());
        if !whole || option.is_empty() || option.contains(['@', '#']) {
            let fault = Fault::usage(format!("--origin '{option}': not an origin (RFC 6454 §7)"));
            return Err(fault.hint("write https://example.com, with a port where it has one").into());
        }
    }
    Ok(texts.iter().map(|text| serialized(text)).collect())
}

/// An origin as browsers write it: lower case, without the scheme's own port.
fn serialized(origin: &str) -> String {
    match Url::parse(origin).map(|url| url.origin()) {
        Ok(tuple @ url::Origin::Tuple(..)) => tuple.ascii_serialization(),
        _ => origin.trim_end_matches('/').to_ascii_lowercase(),
    }
}

/// Whom a request calls: an absolute target has the last word (RFC 9112 §3.2.2).
fn authority(request: &ClientRequest) -> Option<Name> {
    let mut hosts = request.headers.get_all("Host");
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let absolute = request.target.split_once("://").filter(|(scheme, _)| !scheme.contains('/'));
    match absolute {
        Some((_, rest)) => Name::parse(rest.split(['/', '?']).next().unwrap_or_default()),
        None => Name::parse(std::str::from_utf8(host).ok()?.trim()),
    }
}

impl Name {
    fn named(option: &str) -> Result<Name> {
        Name::parse(option).ok_or_else(|| {
            let fault = Fault::usage(format!("--host '{option}': not a host name"));
            fault.hint("write example.com, or example.com:8080 where only that port will do").into()
        })
    }

    /// `host`, `host:port`, `[address]`, `[address]:port` or a bare IPv6 address.
    fn parse(text: &str) -> Option<Name> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Name { host: address.to_string(), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match inside {
            Some(inside) => inside.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
            None => bare(host),
        };
        let letters = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
        (letters && !host.is_empty() && (inside.is_some() || !host.contains(':')))
            .then_some(Name { host, port })
    }

    /// Whether `name` allows this.
    fn is(&self, name: &Name) -> bool {
        self.host == name.host && name.port.is_none_or(|port| self.port == Some(port))
    }
}

/// A host for comparing: lower case, without brackets and without the dot of the root.
fn bare(host: &str) -> String {
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    inside.strip_suffix('.').unwrap_or(inside).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<(String, Option<u16>)> {
        Name::parse(text).map(|name| (name.host, name.port))
    }

    #[test]
    fn hosts_are_read_in_all_their_forms() {
        let rows = [
            ("LocalHost", "localhost", None),
            ("example.com.:80", "example.com", Some(80)),
            ("127.0.0.1:8080", "127.0.0.1", Some(8080)),
            ("[::1]:8080", "::1", Some(8080)),
            ("[0:0::1]", "::1", None),
            ("::1", "::1", None),
        ];
        for (text, host, port) in rows {
            assert_eq!(name(text), Some((host.to_owned(), port)), "{text}");
        }
        for bad in ["", ":80", "a b", "a:b", "a:99999", "[::1", "[x]", "a@b", "a/b", "a:1:2"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let rows: [(&str, &[&str]); 5] = [
            ("HTTPS://Example.com:443/", &["https://example.com"]),
            ("http://a:8080", &["http://a:8080"]),
            ("example.com", &["http://example.com", "https://example.com"]),
            ("null", &["null"]),
            ("chrome-extension://abc", &["chrome-extension://abc"]),
        ];
        for (option, expected) in rows {
            assert_eq!(normalized(option).expect(option), expected, "{option}");
        }
        for bad in ["", "https://", "https://a/b", "a b", "https://u@a", "https://a?b", "https://a#b"] {
            assert!(normalized(bad).is_err(), "{bad}");
        }
    }
}
