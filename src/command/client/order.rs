//! What other threads ask of a session: typed lines and commands of a prompt, and signals.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::front::Display;
use crate::net::Target;
use crate::session::Outbound;
use crate::wire::{Crafted, Kind, SendError};

/// How long a repetition waits for a socket or the screen.
const WAIT: Duration = Duration::from_millis(5);

/// One thing to do.
#[derive(Clone)]
pub enum Order {
    /// Send a data message. One that was `typed` stands on the screen already.
    Send { kind: Kind, payload: Vec<u8>, typed: bool },
    /// Send a ping.
    Ping(Vec<u8>),
    /// Send an unsolicited pong.
    Pong(Vec<u8>),
    /// Start the closing handshake; `None` sends no code.
    Close { code: Option<u16>, reason: String },
    /// Send a data message in so many frames.
    Fragment { count: NonZeroU32, kind: Kind, payload: Vec<u8> },
    /// Send a frame as described, in writes of these sizes.
    Frame { crafted: Crafted, writes: Vec<usize> },
    /// Send bytes as they are, in writes of these sizes.
    Raw { bytes: Vec<u8>, writes: Vec<usize> },
    /// Show each frame, or none.
    Frames(bool),
    /// Do the order so many times, with a pause between.
    Repeat { count: u64, pause: Duration, order: Box<Order> },
    /// Tell the state of the connection.
    Status,
    /// Tell the heads of the opening handshake.
    Headers,
    /// Tell counters and rates.
    Statistics,
    /// Record from now on; `None` stops.
    Record(Option<PathBuf>),
    /// Write the session so far to a file.
    Save(PathBuf),
    /// Hand over the text of a message in full: the last is 1.
    Show { back: usize, reply: Sender<Option<String>> },
    /// Change what is shown.
    Display(Display),
    /// Close this connection and open another: the same again, or a new one.
    Reconnect(Option<Target>),
    /// Something typed could not be done.
    Complain(String),
    /// The user has nothing more to say.
    EndOfInput,
    /// Ctrl-C on an empty line.
    Interrupt,
    /// The process got this signal.
    Signal(i32),
    /// The screen has room again.
    Drained,
}

impl Order {
    /// Sends what it says on a connection; nothing where it asks for something else.
    ///
    /// # Errors
    /// The connection takes it no more.
    pub fn send_on(&self, outbound: &mut Outbound) -> Result<(), SendError> {
        match self {
            Order::Send { kind, payload, .. } => outbound.message(*kind, payload),
            Order::Ping(payload) => outbound.ping(payload),
            Order::Pong(payload) => outbound.pong(payload),
            Order::Close { code, reason } => outbound.close(*code, reason),
            Order::Fragment { count, kind, payload } => outbound.fragmented(*kind, payload, *count),
            Order::Frame { crafted, writes } => {
                outbound.craft(crafted, writes);
                Ok(())
            }
            Order::Raw { bytes, writes } => {
                outbound.raw(bytes, writes);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// An order that is carried out again and again.
pub struct Repeat {
    left: u64,
    pause: Duration,
    order: Order,
    /// When it is carried out next; `None` for never.
    at: Option<Instant>,
}

impl Repeat {
    /// The order so many times, from now on; `None` for not at all.
    pub fn new(count: u64, pause: Duration, order: Order, now: Instant) -> Option<Repeat> {
        (count > 0).then_some(Repeat { left: count, pause, order, at: Some(now) })
    }

    /// When it is due next.
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Whether it is due.
    pub fn is_due(&self, now: Instant) -> bool {
        self.at.is_some_and(|at| at <= now)
    }

    /// What is to be done.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The same when there may be room for it.
    pub fn later(self, now: Instant) -> Repeat {
        Repeat { at: Some(now + WAIT), ..self }
    }

    /// What is left once it was done.
    pub fn again(self, now: Instant) -> Option<Repeat> {
        let at = now.checked_add(self.pause);
        (self.left > 1).then(|| Repeat { left: self.left - 1, at, ..self })
    }
}
