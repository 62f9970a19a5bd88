//! From a host to the addresses to try, in the order to try them.
//!
//! The system's look-up has no timeout, so it runs on a thread that is left behind when the deadline passes. Literals
//! and `--resolve` need none.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::race::receive;
use super::{Family, Options, resolve};
use crate::net::error::{Cause, Error, Phase, io_text};
use crate::net::target::Host;

/// What a look-up gave.
#[derive(Debug)]
pub struct Found {
    /// At least one, in the order to try them.
    pub addresses: Vec<SocketAddr>,
    /// How long the system took; `None` where it was not asked.
    pub took: Option<Duration>,
}

impl Found {
    /// The address to prefer.
    pub fn first(&self) -> SocketAddr {
        self.addresses[0]
    }
}

/// Finds the addresses of a host.
pub fn find(options: &Options, host: &Host, port: u16, deadline: Option<Instant>) -> Result<Found, Error> {
    let begun = Instant::now();
    let (all, asked) = match (resolve::addresses(&options.resolve, host, port), host) {
        (Some(given), _) => (given, false),
        (None, Host::V4(address)) => (vec![SocketAddr::new(IpAddr::V4(*address), port)], false),
        (None, Host::V6(address, None)) => (vec![SocketAddr::new(IpAddr::V6(*address), port)], false),
        (None, Host::V6(address, Some(zone))) => zoned(*address, zone, port, deadline)?,
        (None, Host::Name(name)) => (named(name, port, deadline)?, true),
    };
    let addresses = interleaved(all.into_iter().filter(|address| fits(options.family, address)));
    if addresses.is_empty() {
        return Err(none_left(host, options.family));
    }
    Ok(Found { addresses, took: asked.then(|| begun.elapsed()) })
}

/// A zone is an interface's number, or its name, which the system's look-up knows how to turn into one.
fn zoned(
    address: Ipv6Addr,
    zone: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<(Vec<SocketAddr>, bool), Error> {
    match zone.parse() {
        Ok(number) => Ok((vec![SocketAddr::V6(SocketAddrV6::new(address, port, 0, number))], false)),
        Err(_) => Ok((ask_system(format!("{address}%{zone}"), port, deadline)?, true)),
    }
}

/// A name that ends with a dot is asked for as it is; a system that knows it only from a file of hosts, without.
fn named(name: &str, port: u16, deadline: Option<Instant>) -> Result<Vec<SocketAddr>, Error> {
    match (ask_system(name.to_owned(), port, deadline), name.strip_suffix('.')) {
        (Err(error), Some(bare)) if !error.timed_out() => {
            ask_system(bare.to_owned(), port, deadline).map_err(|_| error)
        }
        (result, _) => result,
    }
}

fn ask_system(name: String, port: u16, deadline: Option<Instant>) -> Result<Vec<SocketAddr>, Error> {
    let failed = |cause| Error::new(Phase::Dns, format!("could not look up {name}"), cause);
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(failed(Cause::TimedOut));
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let asked = name.clone();
    let look = move || {
        let found = (asked.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        // Nobody listens any more once the deadline has passed.
        let _ = sender.send(found);
    };
    thread::Builder::new().name("lookup".to_owned()).spawn(look).map_err(|e| failed(Cause::Io(e)))?;
    match receive(&receiver, deadline) {
        Some(found) => found.map_err(|e| failed(not_found(&e))),
        None => Err(failed(Cause::TimedOut)),
    }
}

fn not_found(error: &io::Error) -> Cause {
    Cause::NotFound(io_text(error))
}

fn fits(family: Option<Family>, address: &SocketAddr) -> bool {
    match family {
        None => true,
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
    }
}

fn none_left(host: &Host, family: Option<Family>) -> Error {
    let (text, option) = match family {
        Some(Family::V4) => ("it has no IPv4 address", Some("-4")),
        Some(Family::V6) => ("it has no IPv6 address", Some("-6")),
        None => ("it has no address", None),
    };
    let error = Error::new(Phase::Dns, format!("could not look up {host}"), Cause::NotFound(text.to_owned()));
    match option {
        Some(option) => error.with_hint(format!("leave {option} out")),
        None => error,
    }
}

/// The families by turns, beginning with that of the first address (RFC 8305 §4); no address twice.
fn interleaved(all: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut each = Vec::new();
    for address in all {
        if !each.contains(&address) {
            each.push(address);
        }
    }
    let first_is_v6 = each.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = each.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut by_turns: Vec<_> = first.into_iter().flat_map(|a| [Some(a), second.next()]).flatten().collect();
    by_turns.extend(second);
    by_turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Target;

    fn look(options: &Options, url: &str) -> Result<Found, Error> {
        let target = Target::parse(url).expect("a URL of this test");
        find(options, target.host(), target.port(), None)
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address of this test")).collect()
    }

    #[test]
    fn families_take_turns() {
        let rows: [(&[&str], &[&str]); 5] = [
            (&[], &[]),
            (&["1.1.1.1:1", "1.1.1.2:1"], &["1.1.1.1:1", "1.1.1.2:1"]),
            (&["[::1]:1", "[::2]:1", "1.1.1.1:1"], &["[::1]:1", "1.1.1.1:1", "[::2]:1"]),
            (
                &["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"],
                &["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"],
            ),
            (&["1.1.1.1:1", "1.1.1.1:1", "[::1]:1"], &["1.1.1.1:1", "[::1]:1"]),
        ];
        for (given, ordered) in rows {
            assert_eq!(interleaved(addresses(given).into_iter()), addresses(ordered), "{given:?}");
        }
    }

    #[test]
    fn literals_need_no_look_up() {
        for (url, address) in [
            ("ws://127.1:8/", "127.0.0.1:8"),
            ("ws://[::1]:8/", "[::1]:8"),
            ("ws://[fe80::1%253]:8/", "[fe80::1%3]:8"),
        ] {
            let found = look(&Options::default(), url).expect("a literal");
            assert_eq!((found.addresses, found.took), (addresses(&[address]), None));
        }
    }

    #[test]
    fn a_family_that_the_host_lacks() {
        let options = Options { family: Some(Family::V6), ..Options::default() };
        let error = look(&options, "ws://127.0.0.1").expect_err("no IPv6 address");
        assert_eq!(error.phase, Phase::Dns);
        assert_eq!(error.to_string(), "could not look up 127.0.0.1: it has no IPv6 address");
        assert_eq!(error.hint().as_deref(), Some("leave -6 out"));
    }

    #[test]
    fn localhost_is_looked_up_by_the_system() {
        let options = Options { family: Some(Family::V4), ..Options::default() };
        let found = look(&options, "ws://localhost:8").expect("every system knows localhost");
        assert!(found.addresses.iter().all(|a| a.ip().is_loopback()) && found.took.is_some());
    }

    #[test]
    fn a_name_that_does_not_exist() {
        // RFC 6761 §6.4: never resolves. Where no resolver answers, the look-up fails as well.
        let error = look(&Options::default(), "ws://no-such-host.invalid").expect_err("reserved");
        assert_eq!(error.phase, Phase::Dns);
        assert!(matches!(error.cause, Cause::NotFound(_)), "{error}");
        assert!(error.to_string().starts_with("could not look up no-such-host.invalid: "), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("--resolve")));
    }

    #[test]
    fn a_passed_deadline_ends_the_look_up() {
        let target = Target::parse("ws://no-such-host.invalid").expect("valid");
        let error = find(&Options::default(), target.host(), 80, Some(Instant::now())).expect_err("no time");
        assert!(error.timed_out());
        assert_eq!(error.to_string(), "could not look up no-such-host.invalid: timed out (phase dns)");
    }
}
