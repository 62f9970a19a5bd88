//! A connection after its opening handshake: bytes in, events and bytes to write out (RFC 6455 §5 to §7).
//!
//! Two halves, so that an event may borrow from the receiver or its input while the sender is used. The sender holds
//! the state; the receiver is handed it with every block of input, answers pings and closes through it, and fails
//! the connection there. Called by `session` with blocks as they come from the socket.

mod crafted;
mod crafting;
mod deflation;
mod draft;
mod frames;
mod framing;
mod inflation;
mod judging;
mod kept;
mod masks;
mod message;
mod outgoing;
mod receiver;
mod refusal;
mod runs;
mod sender;
mod taking;
mod unsent;

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;

pub use crafted::{Crafted, DoesNotFit, LengthForm, Masking};
pub use draft::Draft;
pub use frames::Frame;
pub use kept::Unsent;
pub use masks::Draw;
pub use receiver::{Event, Received, Receiver};
pub use refusal::{NotOpen, SendError};
pub use runs::Run;
pub use sender::{Automatic, Sender, State};

use super::{Role, deflate::Parameters};

/// What a connection is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our role; a client masks what it sends.
    pub role: Role,
    /// The longest message taken, in bytes; a longer one fails the connection with 1009.
    pub max_message: u64,
    /// The most fragments a message may come in, empty ones counted; more fail the connection with 1009.
    pub max_fragments: u32,
    /// Split messages that are sent into fragments of at most this many bytes.
    pub fragment: Option<NonZeroUsize>,
    /// Whether pings are answered.
    pub auto_pong: bool,
    /// What was agreed on of permessage-deflate (RFC 7692); `None` where nothing is compressed.
    pub deflate: Option<Parameters>,
    /// Whether breaches of a rule are reported and passed over where what follows still makes sense.
    pub lenient: bool,
    /// Whether each frame is logged from the start.
    pub frames: bool,
}

impl Settings {
    /// The settings of a role: 64 MiB a message, 131 072 fragments, nothing split or compressed, pings
    /// answered.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            max_message: 64 << 20,
            max_fragments: 131_072,
            fragment: None,
            auto_pong: true,
            deflate: None,
            lenient: false,
            frames: false,
        }
    }
}

/// Both halves of an open connection.
pub struct Connection {
    /// What comes in.
    pub receiver: Receiver,
    /// What goes out, and the state.
    pub sender: Sender,
}

impl Connection {
    /// An open connection. `draw` must give unpredictable bytes (RFC 6455 §10.3); a server never calls it.
    #[must_use]
    pub fn new(settings: Settings, draw: Draw) -> Self {
        Self { receiver: Receiver::new(&settings), sender: Sender::new(&settings, draw) }
    }
}
