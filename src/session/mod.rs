//! Floor 2: owns sockets and protocol states, and waits for them.
//!
//! `Engine` is the only event loop of the program. It drives any number of links (a client has one, a server many):
//! it reads, hands the bytes to `wire`, writes what `wire` answers, and only then tells the events to its
//! `Listener`. Everybody else acts through the `Control` a listener is handed, or from another thread through a
//! `Mailbox`. Nothing wakes the loop while nothing happens, but once after an opening (`footprint`).
//!
//! The hot path is the same road, kept short: a read of up to 256 KiB, the messages in it taken in runs without an event
//! each where the listener cares for nothing but their bytes (`Listener::takes`), one write of stdout for all of them;
//! and a block of input framed in one pass, written at once. Nothing is allocated, and no clock read, for a message.
//!
//! The rule of this floor: one thread owns a socket for reading, writing and closing. `net` and `wire` do not know
//! each other; they meet here. How events look and where they go is decided above.

mod control;
mod door;
mod engine;
pub mod event;
#[cfg(target_os = "linux")]
mod footprint;
mod greet;
mod greeting;
mod life;
mod link;
mod links;
mod listener;
mod mailbox;
pub mod opening;
mod outbound;
mod random;
mod securing;
mod shell;

pub use control::Control;
pub use door::{Answer, Door, Knock, Limits, Pace, TurnedAway, Welcome};
pub use engine::Engine;
pub use event::{By, Cause, Count, Direction, Ended, Event, Opened, Stamp};
pub use life::Life;
pub use link::LinkId;
pub use listener::{Listener, Ready, Source, Takes, WatchId};
pub use mailbox::Mailbox;
pub use outbound::{Outbound, Pause};
pub use random::random;
