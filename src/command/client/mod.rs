//! The client's session, whatever stands between it and the user.
//!
//! `plan` reads the options, `Client` is the session's listener and decides when it is done, and a `Front` is what
//! shows its events and feeds it: the pipe or the prompt. Used by `connect`, which chooses one of the two.

pub mod credentials;
pub mod decode;
mod ending;
mod front;
pub mod headers;
mod journal;
mod listener;
mod named;
mod order;
mod plan;
pub mod report;
mod retry;
mod signals;

pub use credentials::identity;
pub use front::{Display, Fed, Front, Taking};
pub use journal::Journal;
pub use listener::Client;
pub use named::read_named;
pub use order::{Order, Repeat};
pub use plan::{Mode, Plan, tls_fault};
pub use signals::{LAST_CALL, SIGINT, die, watch as watch_signals};
