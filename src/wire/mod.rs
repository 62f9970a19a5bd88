//! RFC 6455 as pure code: frames, messages, closing, the opening handshake, and the connection that joins them.
//!
//! The rule of this floor: everything here is a function of its inputs. No socket, clock, thread, random source,
//! environment, file or print; what is unpredictable (masking keys, `Sec-WebSocket-Key`) is drawn above and handed
//! in. `session` brings the bytes and takes events and bytes to write. `net` is unknown here.
//!
//! flate2 lends the deflate streams; tungstenite lends its public frame types and the hash of the handshake key. Its own message layer is used only
//! in tests, as the independent other end.

pub mod close;
pub mod connection;
pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod mask;
pub mod room;
pub mod utf8;
pub mod violation;

pub use connection::{
    Automatic, Connection, Crafted, DoesNotFit, Draft, Draw, Event, Frame, LengthForm, Masking, NotOpen,
    Received, Receiver, Run, SendError, Sender, Settings, State, Unsent,
};
pub use room::Room;
pub use violation::{CloseFrame, Rule, Violation};

/// The type of a data message (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text: the payload is UTF-8.
    Text,
    /// Binary: the payload is any bytes.
    Binary,
}

/// One of the two ends of a connection (RFC 6455 §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end that asked for the connection; it masks what it sends.
    Client,
    /// The end that accepted it.
    Server,
}

impl Role {
    /// The role at the other end.
    #[must_use]
    pub fn peer(self) -> Self {
        match self {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }
}
