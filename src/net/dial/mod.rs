//! From a target to a connected stream: look-up, TCP, proxy, TLS, all before one deadline.
//!
//! Blocks, so `session` runs it on a thread of its own. Each failure names its phase. Sends nothing to the origin but
//! the TLS handshake.

mod lookup;
mod race;
mod resolve;
mod securing;
#[cfg(unix)]
mod unix;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use resolve::{Resolve, ResolveError};
use securing::Securing;
#[cfg(unix)]
pub(in crate::net) use unix::MAX_PATH as MAX_UNIX_PATH;

use super::error::{Cause, Error, Phase};
use super::facts::{Timings, TlsFacts};
use super::proxy::{Chosen, Destination, Place, Proxy, ProxyChoice, ProxyScheme, Refusal};
use super::socket::Socket;
use super::stream::Stream;
use super::target::{Host, Scheme, Target};
use super::tls;

/// One of the two families of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4 only (`-4`).
    V4,
    /// IPv6 only (`-6`).
    V6,
}

/// How to reach a target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The family to use; both where `None`.
    pub family: Option<Family>,
    /// Addresses that stand for names (`--resolve`).
    pub resolve: Vec<Resolve>,
    /// A Unix socket to connect to, whatever the target says; proxies do not count then.
    pub unix_socket: Option<PathBuf>,
    /// The proxy to go through.
    pub proxy: ProxyChoice,
    /// How TLS is done with the origin. With an https proxy only `cacert` and the versions count: its certificate is
    /// verified even under `insecure`, and it is shown no client certificate.
    pub tls: tls::Options,
}

/// Connects to targets. Keeps what is costly to make (29 ms for the trust store), so keep it for further dials.
#[derive(Debug)]
pub struct Dialer {
    options: Options,
    origin_tls: OnceLock<tls::Connector>,
    proxy_tls: OnceLock<tls::Connector>,
}

/// A connected stream, still blocking, its deadline set.
#[derive(Debug)]
pub struct Dialed {
    /// The stream to the origin.
    pub stream: Stream,
    /// Address and port connected to, or the path of the socket. A proxy's address is followed by ` (proxy)`.
    pub peer: String,
    /// What TLS with the origin agreed on.
    pub tls: Option<TlsFacts>,
    /// How long each phase took.
    pub timings: Timings,
    /// What is worth knowing, as sentences without peer text.
    pub notices: Vec<String>,
}

impl Dialer {
    /// A dialer that does as the options say.
    pub fn new(options: Options) -> Dialer {
        Dialer { options, origin_tls: OnceLock::new(), proxy_tls: OnceLock::new() }
    }

    /// Reads the files that TLS to the target needs, and finds out whether they can be used. Where the target needs
    /// no TLS they are only looked for.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn check(&self, target: &Target) -> Result<(), tls::Error> {
        if target.scheme() == Scheme::Ws {
            return self.options.tls.look_for_files();
        }
        if self.origin_tls.get().is_none() {
            // Whoever was faster has made the same connector.
            let _ = self.origin_tls.set(tls::Connector::new(&self.options.tls)?);
        }
        Ok(())
    }

    /// Connects, and does the TLS handshake where the target is `wss`. Blocks until the deadline at most.
    ///
    /// # Errors
    /// The phase that failed, and why. Files that TLS needs are read first, so that nothing is connected where one
    /// cannot be used.
    pub fn dial(&self, target: &Target, deadline: Option<Instant>) -> Result<Dialed, Error> {
        let chosen = match self.options.unix_socket {
            Some(_) => None,
            None => self.options.proxy.choose(target).map_err(bad_variable)?,
        };
        let connector = match target.scheme() {
            Scheme::Wss => Some(connector(&self.origin_tls, &self.options.tls, Phase::Tls)?),
            Scheme::Ws => None,
        };
        let mut dialed = self.reach(target, chosen.as_ref(), deadline)?;
        if let Some(connector) = connector {
            let again = |until| self.reach(target, chosen.as_ref(), Some(until)).ok();
            let (whom, name) = (target.host_and_port(), target.tls_name());
            dialed = Securing { phase: Phase::Tls, whom, name, connector }.run(dialed, again)?;
            if dialed.tls.as_ref().is_some_and(|facts| !facts.verified) {
                let notice = format!("the certificate of {name} is not verified (--insecure)");
                dialed.notices.push(notice);
            }
        }
        Ok(dialed)
    }

    /// A stream that leads to the origin, before TLS with it.
    fn reach(
        &self,
        target: &Target,
        chosen: Option<&Chosen>,
        deadline: Option<Instant>,
    ) -> Result<Dialed, Error> {
        match (&self.options.unix_socket, chosen) {
            (Some(path), _) => connect_unix(path, deadline),
            (None, Some(chosen)) => self.tunnel(target, chosen, deadline),
            (None, None) => self.connect(target.host(), target.port(), "", deadline),
        }
    }

    /// A TCP connection to the first address of the host that answers.
    fn connect(
        &self,
        host: &Host,
        port: u16,
        whom: &str,
        deadline: Option<Instant>,
    ) -> Result<Dialed, Error> {
        let found = lookup::find(&self.options, host, port, deadline)?;
        let begun = Instant::now();
        let (socket, address) = race::connect(&found.addresses, deadline)
            .map_err(|lost| lost.explain(&format!("{whom}{host}:{port}"), host))?;
        let timings = Timings { dns: found.took, connect: Some(begun.elapsed()), ..Timings::default() };
        Ok(plain(Socket::tcp(socket), address.to_string(), timings, deadline))
    }

    /// A stream that a proxy joined to the origin.
    fn tunnel(&self, target: &Target, chosen: &Chosen, deadline: Option<Instant>) -> Result<Dialed, Error> {
        let proxy = &chosen.proxy;
        let (destination, here) = self.destination(target, proxy, deadline)?;
        let mut dialed = self.to_proxy(proxy, deadline)?;
        if proxy.scheme() == ProxyScheme::Https {
            dialed = self.secure_proxy(proxy, dialed)?;
        }
        let begun = Instant::now();
        proxy.open(&mut dialed.stream, &destination).map_err(|refusal| no_tunnel(proxy, target, refusal))?;
        dialed.stream.set_deadline(deadline);
        // TLS with the proxy is part of it, on the connection that is used.
        let secured = dialed.timings.tls.take().unwrap_or_default();
        dialed.timings.proxy = Some(secured + begun.elapsed());
        dialed.timings.dns = here.into_iter().chain(dialed.timings.dns).reduce(|a, b| a + b);
        dialed.peer.push_str(" (proxy)");
        dialed
            .notices
            .extend(chosen.variable.map(|name| format!("using the proxy {proxy}, which {name} names")));
        Ok(dialed)
    }

    fn to_proxy(&self, proxy: &Proxy, deadline: Option<Instant>) -> Result<Dialed, Error> {
        self.connect(proxy.host(), proxy.port(), "the proxy ", deadline).map_err(|error| match error.phase {
            Phase::Tcp if !error.timed_out() => error.with_hint("is the proxy running on that port?"),
            _ => error,
        })
    }

    fn secure_proxy(&self, proxy: &Proxy, dialed: Dialed) -> Result<Dialed, Error> {
        let options = tls::Options { insecure: false, identity: None, sni: None, ..self.options.tls.clone() };
        let connector = connector(&self.proxy_tls, &options, Phase::Proxy)?;
        let whom = format!("the proxy {}", proxy.authority());
        let again = |until| self.to_proxy(proxy, Some(until)).ok();
        let name = proxy.host().bare();
        let securing = Securing { phase: Phase::Proxy, whom, name: &name, connector };
        // What is told of TLS is told of the origin.
        Ok(Dialed { tls: None, ..securing.run(dialed, again)? })
    }

    /// What the proxy is asked for, and how long a look-up on this side took.
    fn destination(
        &self,
        target: &Target,
        proxy: &Proxy,
        deadline: Option<Instant>,
    ) -> Result<(Destination, Option<Duration>), Error> {
        let port = target.port();
        let named = |place| Ok((Destination { place, port }, None));
        match (target.host().ip(), proxy.scheme()) {
            (Some(address), _) => named(Place::Address(address)),
            (None, ProxyScheme::Socks5) => {
                let found = lookup::find(&self.options, target.host(), port, deadline)?;
                Ok((Destination { place: Place::Address(found.first().ip()), port }, found.took))
            }
            (None, _) => named(Place::Name(target.host().bare())),
        }
    }
}

fn connector<'a>(
    cell: &'a OnceLock<tls::Connector>,
    options: &tls::Options,
    phase: Phase,
) -> Result<&'a tls::Connector, Error> {
    if let Some(connector) = cell.get() {
        return Ok(connector);
    }
    let unusable = |error| Error::new(phase, "could not prepare TLS", Cause::Tls(Box::new(error)));
    let fresh = tls::Connector::new(options).map_err(unusable)?;
    Ok(cell.get_or_init(|| fresh))
}

fn plain(socket: Socket, peer: String, timings: Timings, deadline: Option<Instant>) -> Dialed {
    let mut stream = Stream::new(socket);
    stream.set_deadline(deadline);
    Dialed { stream, peer, tls: None, timings, notices: Vec::new() }
}

#[cfg(unix)]
fn connect_unix(path: &std::path::Path, deadline: Option<Instant>) -> Result<Dialed, Error> {
    let begun = Instant::now();
    let socket = unix::connect(path, deadline)?;
    let timings = Timings { connect: Some(begun.elapsed()), ..Timings::default() };
    Ok(plain(Socket::unix(socket), path.display().to_string(), timings, deadline))
}

#[cfg(not(unix))]
fn connect_unix(path: &std::path::Path, _: Option<Instant>) -> Result<Dialed, Error> {
    let what = format!("could not connect to {}", path.display());
    Err(Error::new(Phase::Tcp, what, Cause::Setting("Unix sockets need a Unix system".to_owned())))
}

fn no_tunnel(proxy: &Proxy, target: &Target, refusal: Refusal) -> Error {
    let what = format!("no tunnel to {} through the proxy {}", target.host_and_port(), proxy.authority());
    let hint = proxy.hint(&refusal);
    let cause = match refusal {
        Refusal::Io(e) if e.kind() == std::io::ErrorKind::TimedOut => Cause::TimedOut,
        refusal => Cause::Proxy(Box::new(refusal)),
    };
    let error = Error::new(Phase::Proxy, what, cause);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn bad_variable((name, error): (&'static str, super::proxy::ProxyError)) -> Error {
    let what = format!("the environment variable {name} names no usable proxy");
    Error::new(Phase::Proxy, what, Cause::Setting(error.to_string()))
        .with_hint("correct it, or go without: --proxy ''")
}

#[cfg(test)]
mod tests;
