//! Listening sockets for servers: TCP or Unix, non-blocking, for a loop that waits with mio.
//!
//! `command` parses the address, binds before anything else is told to the user, and hands the listener to `session`.
//! TLS is no matter of the listener: a `tls::Acceptor` makes it of the streams that come out.

mod address;
mod error;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use mio::event::Source;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

pub use address::{ListenAddr, ListenAddrError, ListenHost};
pub use error::ListenError;

use super::{Host, Stream, io_text};

/// So many connections may wait to be accepted; systems lower it to what they allow.
const BACKLOG: i32 = 1024;

/// A bound, non-blocking listener. A Unix socket's file goes with it.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp {
        listener: mio::net::TcpListener,
        /// With the port that the system chose, where it did.
        bound: SocketAddr,
        /// The name under which the address was given.
        name: Option<String>,
    },
    #[cfg(unix)]
    Unix(unix::UnixListener),
}

impl Listener {
    /// Looks the host up, where it is a name, and listens.
    ///
    /// A name with several addresses gives one listener: at its first IPv4 address that is this computer's, or else
    /// at its first IPv6 address.
    ///
    /// # Errors
    /// Says in words what is in the way. A Unix socket is not opened over a file that is no socket, nor over a socket
    /// at which somebody answers.
    pub fn bind(address: &ListenAddr) -> Result<Listener, ListenError> {
        match address {
            ListenAddr::Tcp { host, port } => bind_tcp(address, host, *port),
            #[cfg(unix)]
            ListenAddr::Unix(path) => {
                unix::UnixListener::bind(address, path).map(|listener| Listener(Kind::Unix(listener)))
            }
            // `parse` gives none.
            #[cfg(not(unix))]
            ListenAddr::Unix(_) => Err(ListenError::new(address, "this system has no Unix sockets", None)),
        }
    }

    /// The next connection that waits, non-blocking, and its peer's address: `127.0.0.1:5000`, or `unix:PATH` with
    /// our own path, since clients of Unix sockets have none.
    ///
    /// # Errors
    /// `WouldBlock` where none waits; otherwise what the system says, which is mostly about one connection
    /// (`ConnectionAborted`) or about the lack of descriptors or memory, and seldom about the listener.
    pub fn accept(&self) -> io::Result<(Stream, String)> {
        match &self.0 {
            Kind::Tcp { listener, .. } => {
                let (socket, peer) = listener.accept()?;
                Ok((Stream::from_accepted(socket), canonical(peer).to_string()))
            }
            #[cfg(unix)]
            Kind::Unix(unix) => {
                let (socket, _) = unix.listener.accept()?;
                Ok((Stream::from_accepted_unix(socket), self.local_addr_text()))
            }
        }
    }

    /// The URL that leads here from this computer: `ws://127.0.0.1:8080/`, with the host's name where the address was
    /// given by one; `ws+unix:PATH` for a Unix socket.
    pub fn url(&self, tls: bool) -> String {
        let scheme = if tls { "wss" } else { "ws" };
        match &self.0 {
            Kind::Tcp { bound, name: Some(name), .. } => format!("{scheme}://{name}:{}/", bound.port()),
            Kind::Tcp { bound, name: None, .. } => format!("{scheme}://{}/", url_authority(bound)),
            #[cfg(unix)]
            Kind::Unix(unix) => format!("{scheme}+unix:{}", unix.path.display()),
        }
    }

    /// The bound address: `127.0.0.1:8080`, `[::1]:8080` or `unix:PATH`.
    pub fn local_addr_text(&self) -> String {
        match &self.0 {
            Kind::Tcp { bound, .. } => bound.to_string(),
            #[cfg(unix)]
            Kind::Unix(unix) => format!("unix:{}", unix.path.display()),
        }
    }

    /// Whether nobody but this computer can connect.
    pub fn is_loopback(&self) -> bool {
        match &self.0 {
            Kind::Tcp { bound, .. } => bound.ip().to_canonical().is_loopback(),
            #[cfg(unix)]
            Kind::Unix(_) => true,
        }
    }

    /// The values of `Host` under which clients reach this listener, in lower case. Any other name was made to lead
    /// here by somebody else (DNS rebinding).
    ///
    /// For a listener on all addresses these are the names of the loopback alone: which address a connection came in
    /// at, `Stream::local_addr` tells. A Unix socket has no host; its clients mostly say `localhost`.
    pub fn host_names(&self) -> Vec<String> {
        let (bound, name) = match &self.0 {
            Kind::Tcp { bound, name, .. } => (bound, name),
            #[cfg(unix)]
            Kind::Unix(_) => return vec!["localhost".to_owned()],
        };
        let port = bound.port();
        let hosts = hosts(bound.ip()).into_iter().chain(name.clone());
        let mut names = Vec::new();
        for host in hosts {
            names.push(format!("{host}:{port}"));
            // Clients leave the default port out (RFC 9110 §7.2).
            if port == 80 || port == 443 {
                names.push(host);
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

fn bind_tcp(address: &ListenAddr, host: &ListenHost, port: u16) -> Result<Listener, ListenError> {
    let name = match host {
        ListenHost::Named(Host::Name(name)) => Some(name.clone()),
        _ => None,
    };
    let mut absent = None;
    for candidate in candidates(address, host, port)? {
        match listen(candidate) {
            Ok((listener, bound)) => {
                let listener = mio::net::TcpListener::from_std(listener);
                return Ok(Listener(Kind::Tcp { listener, bound, name }));
            }
            Err(error) if is_absent(&error) => absent = Some(ListenError::of_io(address, &error)),
            // A port in use is not evaded: who asks for the name would reach the other program.
            Err(error) => return Err(ListenError::of_io(address, &error)),
        }
    }
    Err(absent.unwrap_or_else(|| ListenError::new(address, "the name has no address", None)))
}

/// The addresses to try in order.
fn candidates(address: &ListenAddr, host: &ListenHost, port: u16) -> Result<Vec<SocketAddr>, ListenError> {
    let with_port = |ip: IpAddr| SocketAddr::new(ip, port);
    let name = match host {
        ListenHost::Loopback => return Ok(vec![with_port(Ipv4Addr::LOCALHOST.into())]),
        ListenHost::All => {
            return Ok(vec![
                with_port(Ipv6Addr::UNSPECIFIED.into()),
                with_port(Ipv4Addr::UNSPECIFIED.into()),
            ]);
        }
        ListenHost::Named(Host::V4(ip)) => return Ok(vec![with_port((*ip).into())]),
        ListenHost::Named(Host::V6(ip, None)) => return Ok(vec![with_port((*ip).into())]),
        ListenHost::Named(Host::V6(ip, Some(zone))) => format!("{ip}%{zone}"),
        ListenHost::Named(Host::Name(name)) => name.clone(),
    };
    let found = (name.as_str(), port).to_socket_addrs().map_err(|error| {
        let hint = "check the spelling, or give an address of this computer";
        ListenError::new(address, io_text(&error), Some(hint))
    })?;
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    Ok(found)
}

/// Whether the computer lacks the address, or its whole family.
fn is_absent(error: &io::Error) -> bool {
    if error.kind() == io::ErrorKind::AddrNotAvailable {
        return true;
    }
    #[cfg(unix)]
    let family = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
    #[cfg(windows)]
    let family = 10047; // WSAEAFNOSUPPORT
    error.raw_os_error() == Some(family)
}

fn listen(address: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Connections that are still closing do not keep a new server from their port. On Windows the same option would
    // let two servers share it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `[::]` takes IPv4 as well on every system, as it does on most.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = std::net::TcpListener::from(socket);
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// An IPv4 address that came in at an IPv6 listener, as the IPv4 address it is.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// Address and port as they stand in a URL, where a zone id is written with `%25` (RFC 6874).
fn url_authority(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => {
            format!("[{}%25{}]:{}", v6.ip(), v6.scope_id(), v6.port())
        }
        _ => address.to_string(),
    }
}

/// The hosts that stand for an address in a `Host` header.
fn hosts(ip: IpAddr) -> Vec<String> {
    let mut hosts = match ip {
        IpAddr::V6(ip) => vec![format!("[{ip}]")],
        IpAddr::V4(ip) => vec![ip.to_string()],
    };
    if ip.is_unspecified() {
        hosts.push("127.0.0.1".to_owned());
    }
    if ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        hosts.push("[::1]".to_owned());
    }
    if ip.is_unspecified() || ip.is_loopback() {
        hosts.push("localhost".to_owned());
    }
    hosts
}

impl Source for Listener {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.source().deregister(registry)
    }
}

impl Listener {
    fn source(&mut self) -> &mut dyn Source {
        match &mut self.0 {
            Kind::Tcp { listener, .. } => listener,
            #[cfg(unix)]
            Kind::Unix(unix) => &mut unix.listener,
        }
    }
}
