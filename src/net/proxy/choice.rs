//! Which proxy a target is reached through: the one given, or the one the environment names, as curl reads it.
//!
//! A pure function of the target and a look-up of variables; connects to nothing. Called by `dial`, once a dial.

use std::env;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Proxy, ProxyError};
use crate::net::target::{Host, Scheme, Target};

/// What was said about proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// Nothing: the environment decides.
    #[default]
    Environment,
    /// No proxy, whatever the environment says.
    Direct,
    /// This one for every target; `NO_PROXY` does not count.
    Given(Proxy),
}

impl FromStr for ProxyChoice {
    type Err = ProxyError;

    /// The value of `--proxy`: empty for none.
    fn from_str(text: &str) -> Result<ProxyChoice, ProxyError> {
        if text.is_empty() { Ok(ProxyChoice::Direct) } else { text.parse().map(ProxyChoice::Given) }
    }
}

/// A proxy that was chosen, and the variable that named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub proxy: Proxy,
    pub variable: Option<&'static str>,
}

impl ProxyChoice {
    /// The proxy to reach the target through; `None` for a direct connection.
    ///
    /// # Errors
    /// The name of a variable that holds no proxy URL, and what is wrong with it.
    pub(in crate::net) fn choose(
        &self,
        target: &Target,
    ) -> Result<Option<Chosen>, (&'static str, ProxyError)> {
        match self {
            ProxyChoice::Direct => Ok(None),
            ProxyChoice::Given(proxy) => Ok(Some(Chosen { proxy: proxy.clone(), variable: None })),
            ProxyChoice::Environment => from_environment(target, |name| env::var(name).ok()),
        }
    }
}

/// The variables' names, lower case before upper case, that of the scheme before the one for all.
fn from_environment(
    target: &Target,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Chosen>, (&'static str, ProxyError)> {
    // As curl does it, an empty variable counts as none.
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let names = match target.scheme() {
        Scheme::Wss => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        // A CGI script's HTTP_PROXY is the `Proxy` header of whoever called it (CVE-2016-5385).
        Scheme::Ws if value("REQUEST_METHOD").is_some() => {
            ["http_proxy", "http_proxy", "all_proxy", "ALL_PROXY"]
        }
        Scheme::Ws => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let Some((name, url)) = names.into_iter().find_map(|name| Some((name, value(name)?))) else {
        return Ok(None);
    };
    let exempt = value("no_proxy").or_else(|| value("NO_PROXY")).unwrap_or_default();
    if is_exempt(&exempt, target.host(), target.port()) {
        return Ok(None);
    }
    let proxy = url.parse().map_err(|e| (name, e))?;
    Ok(Some(Chosen { proxy, variable: Some(name) }))
}

/// Whether a `NO_PROXY` list names the host. An entry is `*`, a domain (which stands for all below it, with or without
/// a leading dot), an address or a network (`10.0.0.0/8`), the first three with a port if one is meant.
fn is_exempt(list: &str, host: &Host, port: u16) -> bool {
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| matches(entry, host, port))
}

fn matches(entry: &str, host: &Host, port: u16) -> bool {
    let (entry, port_named) = split_port(entry);
    if port_named.is_some_and(|named| named != port) {
        return false;
    }
    match (entry, host.ip()) {
        ("*", _) => true,
        (_, Some(address)) => network_has(entry, address),
        (_, None) => domain_has(entry, &host.bare()),
    }
}

/// Cuts a port off. `::1` has none, for all its colons.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn domain_has(entry: &str, name: &str) -> bool {
    let entry = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')).unwrap_or(entry);
    let Ok(Host::Name(domain)) = Host::parse(entry) else { return false };
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    name.strip_suffix(domain).is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

fn network_has(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()),
        None => (entry, Some(u32::MAX)),
    };
    let network = network.trim_start_matches('[').trim_end_matches(']');
    let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), bits) else { return false };
    // A single address counts as a network of all its bits; a length beyond them is a mistake that matches nothing.
    let (width, difference) = match (network.to_canonical(), address.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (32, u128::from(a.to_bits() ^ b.to_bits())),
        (IpAddr::V6(a), IpAddr::V6(b)) => (128, a.to_bits() ^ b.to_bits()),
        _ => return false,
    };
    match bits {
        u32::MAX => difference == 0,
        0 => true,
        bits => bits <= width && difference >> (width - bits) == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, variables: &[(&str, &str)]) -> Option<(String, &'static str)> {
        let target = Target::parse(url).expect("a URL of this test");
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let chosen = from_environment(&target, find).expect("proxy URLs of this test");
        chosen.map(|c| (c.proxy.to_string(), c.variable.expect("it came from a variable")))
    }

    #[test]
    fn each_scheme_has_its_variables_in_order() {
        let all = [
            ("http_proxy", "http://a:1"),
            ("HTTP_PROXY", "http://b:1"),
            ("https_proxy", "http://c:1"),
            ("HTTPS_PROXY", "http://d:1"),
            ("all_proxy", "http://e:1"),
            ("ALL_PROXY", "http://f:1"),
        ];
        let plain = [("http_proxy", 0), ("HTTP_PROXY", 1), ("all_proxy", 4), ("ALL_PROXY", 5)];
        let secure = [("https_proxy", 2), ("HTTPS_PROXY", 3), ("all_proxy", 4), ("ALL_PROXY", 5)];
        for (url, order) in [("ws://h", plain), ("wss://h", secure)] {
            let mut left = all.to_vec();
            for (name, at) in order {
                assert_eq!(chosen(url, &left), Some((all[at].1.to_owned(), name)), "{url}");
                left.retain(|(n, _)| *n != name);
            }
            assert_eq!(chosen(url, &left), None, "{url}");
        }
    }

    #[test]
    fn empty_variables_and_cgi() {
        assert_eq!(chosen("ws://h", &[("http_proxy", "")]), None);
        let both = [("http_proxy", ""), ("HTTP_PROXY", "b:1")];
        assert_eq!(chosen("ws://h", &both), Some(("http://b:1".into(), "HTTP_PROXY")));
        assert_eq!(chosen("ws://h", &[("HTTP_PROXY", "b:1"), ("REQUEST_METHOD", "GET")]), None);
    }

    #[test]
    fn a_bad_variable_is_named() {
        let target = Target::parse("ws://h").expect("valid");
        let found = from_environment(&target, |name| (name == "ALL_PROXY").then(|| "ftp://x".to_owned()));
        assert_eq!(found, Err(("ALL_PROXY", ProxyError::Scheme("ftp".into()))));
    }

    #[test]
    fn no_proxy_table() {
        let rows = [
            ("*", "ws://h", true),
            ("", "ws://h", false),
            ("h", "ws://h", true),
            ("H", "ws://h", true),
            ("h", "ws://hh", false),
            ("a,b h\tc", "ws://h", true),
            ("example.com", "ws://example.com", true),
            ("example.com", "ws://www.example.com", true),
            (".example.com", "ws://www.example.com", true),
            (".example.com", "ws://example.com", true),
            ("*.example.com", "ws://www.example.com", true),
            ("example.com", "ws://notexample.com", false),
            ("www.example.com", "ws://example.com", false),
            ("example.com.", "ws://example.com", true),
            ("example.com", "ws://example.com.", true),
            ("bücher.example", "ws://xn--bcher-kva.example", true),
            ("example.com:80", "ws://example.com", true),
            ("example.com:81", "ws://example.com", false),
            ("example.com:443", "wss://example.com", true),
            ("*:81", "ws://h:81", true),
            ("*:81", "ws://h:82", false),
            ("127.0.0.1", "ws://127.0.0.1", true),
            ("127.0.0.1", "ws://127.1", true),
            ("127.0.0.1:81", "ws://127.0.0.1:81", true),
            ("127.0.0.1:81", "ws://127.0.0.1:82", false),
            ("0.0.1", "ws://127.0.0.1", false),
            ("127.0.0.0/8", "ws://127.9.9.9", true),
            ("127.0.0.0/8", "ws://128.0.0.1", false),
            ("10.0.0.0/33", "ws://10.0.0.0", false),
            ("10.0.0.0/x", "ws://10.0.0.0", false),
            ("0.0.0.0/0", "ws://10.0.0.1", true),
            ("0.0.0.0/0", "ws://[::1]", false),
            ("192.168.1.128/25", "ws://192.168.1.127", false),
            ("192.168.1.128/25", "ws://192.168.1.200", true),
            ("::1", "ws://[::1]", true),
            ("[::1]", "ws://[::1]", true),
            ("[::1]:81", "ws://[::1]:81", true),
            ("[::1]:81", "ws://[::1]:82", false),
            ("fe80::/10", "ws://[fe80::1%25eth0]", true),
            ("fe80::/10", "ws://[fec0::1]", false),
            ("::/0", "ws://[2001:db8::1]", true),
            ("10.0.0.0/8", "ws://ten.example", false),
            ("localhost", "ws://localhost:8080", true),
            ("localhost", "ws://127.0.0.1", false),
        ];
        for (list, url, direct) in rows {
            let variables = [("all_proxy", "p:1"), ("no_proxy", list)];
            assert_eq!(chosen(url, &variables).is_none(), direct, "{list:?} {url}");
        }
        let upper = [("all_proxy", "p:1"), ("NO_PROXY", "h")];
        assert_eq!(chosen("ws://h", &upper), None);
    }

    #[test]
    fn an_empty_option_means_no_proxy() {
        assert_eq!("".parse(), Ok(ProxyChoice::Direct));
        let target = Target::parse("ws://h").expect("valid");
        assert_eq!(ProxyChoice::Direct.choose(&target), Ok(None));
        let given: ProxyChoice = "socks5://p".parse().expect("valid");
        let chosen = given.choose(&target).expect("valid").map(|c| (c.proxy.to_string(), c.variable));
        assert_eq!(chosen, Some(("socks5://p:1080".to_owned(), None)));
    }
}
