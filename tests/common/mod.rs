//! What the tests of the real binary share: the program under test, the other end of the wire, and a terminal.
//!
//! `program` runs wscope, `peer` is a scripted server that sends exact bytes, `served` is wscope as a server, `echo` the
//! same as a well-behaved peer, and `caller` a scripted client of it, `command` is a server that runs a command,
//! `address` has no server, `proxy` stands between, `pace` repeats a test whose peer was late, `certs` makes
//! certificates, `terminal` is a pseudo-terminal whose screen can be read. Nothing here sleeps for luck or uses a fixed
//! port: everything waits for a fact, and a deadline only guards against hanging. It asserts no behaviour of wscope
//! beyond "no panic, ends in time".
#![allow(dead_code, reason = "every test file compiles this module and uses a part of it")]
#![allow(unused_imports, reason = "the same: a file imports from here what it needs")]

pub mod address;
pub mod caller;
pub mod certs;
pub mod command;
pub mod echo;
pub mod frames;
pub mod pace;
pub mod peer;
pub mod program;
pub mod proxy;
pub mod served;
#[cfg(unix)]
pub mod terminal;

use std::time::Duration;

pub use address::{Closed, closed, untouched};
pub use caller::{Caller, call};
pub use echo::{Echo, echo};
pub use frames::{BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, TEXT, binary, close, frame, text};
pub use pace::{Pace, at_pace};
pub use peer::{Conn, Gate, Peer, Request, gate, peer};
pub use program::{Output, Running, Wscope, wscope};
pub use served::{Served, serve};
#[cfg(unix)]
pub use terminal::{Terminal, terminal};

/// How long anything may take before a test gives up. Generous: it is a guard, not a measurement, and a machine may be
/// slow and busy.
pub const DEADLINE: Duration = Duration::from_secs(120);
