//! `--resolve HOST:PORT:ADDRESS`: addresses that stand for a name, in curl's form. Read by `lookup`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::net::target::Host;

/// One entry: `HOST:PORT:ADDRESS[,ADDRESS]...`; the host `*` stands for every one, IPv6 may be in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// `None` for every host.
    host: Option<String>,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// The addresses that the entries give the host; the first entry that fits counts, an exact one before `*`.
pub fn addresses(entries: &[Resolve], host: &Host, port: u16) -> Option<Vec<SocketAddr>> {
    let name = host.bare();
    let at_port = || entries.iter().filter(|entry| entry.port == port);
    let entry = at_port()
        .find(|entry| entry.host.as_ref() == Some(&name))
        .or_else(|| at_port().find(|entry| entry.host.is_none()))?;
    Some(entry.addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveError(String);

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; the form is HOST:PORT:ADDRESS[,ADDRESS]...", self.0)
    }
}

impl std::error::Error for ResolveError {}

impl FromStr for Resolve {
    type Err = ResolveError;

    fn from_str(text: &str) -> Result<Resolve, ResolveError> {
        let (host, rest) = split_host(text).ok_or_else(|| ResolveError(format!("no port in `{text}`")))?;
        let (port, list) =
            rest.split_once(':').ok_or_else(|| ResolveError(format!("no address in `{text}`")))?;
        let host = match host {
            "*" => None,
            host => Some(Host::parse(host).map_err(|_| ResolveError(format!("`{host}` is no host")))?.bare()),
        };
        let port = match port.parse() {
            Ok(0) | Err(_) => return Err(ResolveError(format!("`{port}` is no port"))),
            Ok(port) => port,
        };
        let addresses = list.split(',').map(parse_address).collect::<Result<_, _>>()?;
        Ok(Resolve { host, port, addresses })
    }
}

fn split_host(text: &str) -> Option<(&str, &str)> {
    let colon = if text.starts_with('[') { text.find("]:")? + 1 } else { text.find(':')? };
    Some((&text[..colon], &text[colon + 1..]))
}

fn parse_address(text: &str) -> Result<IpAddr, ResolveError> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| ResolveError(format!("`{text}` is no address")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Target;

    #[track_caller]
    fn found(entries: &[&str], url: &str) -> Option<String> {
        let entries: Vec<Resolve> =
            entries.iter().map(|e| e.parse().unwrap_or_else(|e| panic!("{e}"))).collect();
        let target = Target::parse(url).expect("a URL of this test");
        let all = addresses(&entries, target.host(), target.port())?;
        Some(all.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn entries_stand_for_hosts() {
        let rows: [(&[&str], &str, Option<&str>); 10] = [
            (&["h:80:1.2.3.4"], "ws://h", Some("1.2.3.4:80")),
            (&["H:80:1.2.3.4"], "ws://h.", Some("1.2.3.4:80")),
            (&["h:80:1.2.3.4"], "wss://h", None),
            (&["h:80:1.2.3.4"], "ws://x.h", None),
            (&["h:80:::1"], "ws://h", Some("[::1]:80")),
            (&["h:80:[::1],1.2.3.4"], "ws://h", Some("[::1]:80 1.2.3.4:80")),
            (&["[::1]:80:1.2.3.4"], "ws://[::1]", Some("1.2.3.4:80")),
            (&["*:80:1.1.1.1", "h:80:2.2.2.2"], "ws://h", Some("2.2.2.2:80")),
            (&["*:80:1.1.1.1", "h:80:2.2.2.2"], "ws://x", Some("1.1.1.1:80")),
            (&["bücher.example:80:1.1.1.1"], "ws://xn--bcher-kva.example", Some("1.1.1.1:80")),
        ];
        for (entries, url, expected) in rows {
            assert_eq!(found(entries, url).as_deref(), expected, "{entries:?} {url}");
        }
    }

    #[test]
    fn wrong_entries_are_named() {
        let rows = [
            ("h", "no port in `h`"),
            ("h:80", "no address in `h:80`"),
            ("h:0:1.1.1.1", "`0` is no port"),
            ("h:x:1.1.1.1", "`x` is no port"),
            ("h:80:x", "`x` is no address"),
            ("h:80:", "`` is no address"),
            ("h:80:1.1.1.1,", "`` is no address"),
            ("a b:80:1.1.1.1", "`a b` is no host"),
            ("[::1:80:1.1.1.1", "no port in `[::1:80:1.1.1.1`"),
        ];
        for (text, why) in rows {
            assert_eq!(text.parse::<Resolve>(), Err(ResolveError(why.to_owned())), "{text}");
        }
    }
}
