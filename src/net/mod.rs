//! Gets connected streams: to a target (name look-up, TCP or Unix sockets, proxies, TLS) or from a listener. Knows
//! no WebSocket.
//!
//! The rule of this floor: nothing here names a frame, a handshake header or a session, and nothing above is used.
//! `session` hands a `Target` to a `Dialer` on a thread of its own, does the opening handshake on the `Stream` under
//! the same deadline, and then sets it non-blocking and waits for it with mio.

mod dial;
mod error;
mod facts;
pub mod listen;
mod proxy;
#[cfg(target_os = "linux")]
mod sendqueue;
mod socket;
mod stream;
mod target;
pub mod tls;

pub use dial::{Dialed, Dialer, Family, Options, Resolve, ResolveError};
pub use error::{Cause, Error, Phase, io_text};
pub use facts::{Timings, TlsFacts};
pub use proxy::{Proxy, ProxyChoice, ProxyError, ProxyScheme, Refusal};
pub use stream::Stream;
pub use target::{Host, Scheme, Target, TargetError, Userinfo};
