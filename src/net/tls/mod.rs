//! TLS over any blocking or non-blocking stream, for clients and servers: trust, certificates, the handshake, and
//! failures in words.
//!
//! It opens no sockets, waits on nothing but the socket it is given, and knows neither proxies nor WebSocket.
//! `net` builds one `Connector` and calls it for every TLS connection, to the origin and to an `https` proxy alike; a
//! server builds one `Acceptor`.
//! Text that comes from the peer (certificate names, the bytes of a port that does not speak TLS) is kept raw in
//! facts and errors; whoever shows it escapes it.

mod acceptor;
mod alert;
mod certificate;
mod cipher;
mod connector;
mod der;
mod error;
mod fault;
mod hello;
mod identity;
mod inspect;
mod library;
mod options;
mod pem;
#[cfg(any(windows, target_vendor = "apple"))]
#[path = "self_signed_elsewhere.rs"]
mod self_signed;
#[cfg(not(any(windows, target_vendor = "apple")))]
mod self_signed;
mod stream;
mod tap;
mod trust;

// Its servers need the OpenSSL crate, which other systems do without.
#[cfg(all(test, not(any(windows, target_vendor = "apple"))))]
mod tests;

pub use acceptor::{Accepted, Accepting, Acceptor, ClientFault, ServerIdentity, ServerOptions};
pub use alert::Alert;
pub use connector::{Connector, library};
pub use error::{Error, of_io};
pub use fault::{Fault, Rejection};
pub use inspect::Inspection;
pub use options::{IdentitySource, Options, Version};
pub use stream::{Blocked, Stream};
