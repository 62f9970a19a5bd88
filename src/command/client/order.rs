//! What other threads ask of a session: typed lines and commands of a prompt, and signals.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::front::Display;
use crate::net::Target;
use crate::wire::{Crafted, Kind};

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
