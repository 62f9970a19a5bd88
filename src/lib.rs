//! wscope: a WebSocket client and test tool for the terminal.
//!
//! The code stands on floors; a file uses its own floor and those below, never above:
//!
//! - 5: `cli` and `exit`, which `main` needs
//! - 4: `command`, one folder or file per thing a user can ask for
//! - 3: `render`, `record` and `output`: events become text and lines, and go somewhere
//! - 2: `session`, which owns the sockets and the only event loop
//! - 1: `net`, which gets a connected stream and knows no WebSocket
//! - 0: `wire`, RFC 6455 as pure code
//!
//! It is a library only so that tests, benches and fuzz targets reach its parts; there is no promise of a stable API.

mod cli;
mod command;
mod exit;
pub mod net;
pub mod output;
pub mod record;
pub mod render;
pub mod session;
pub mod wire;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

/// The whole program: reads the command line, does what it asks for, says what went wrong, and gives the exit code.
/// `started` is what elapsed times count from.
pub fn run(args: impl IntoIterator<Item = OsString>, started: Instant) -> ExitCode {
    match cli::parse(args).and_then(|call| cli::run(call, started)) {
        Ok(outcome) => exit::leave(&outcome),
        Err(error) => exit::fail(&error),
    }
}

/// What a config file of this text adds to the command line of a session, or the number of a line and what is wrong
/// with it. It is here for the fuzz target of those lines alone: `command` is no part that others build on.
#[doc(hidden)]
pub fn config_options(text: &str) -> Result<Vec<String>, (usize, String)> {
    cli::config_options(text)
}
