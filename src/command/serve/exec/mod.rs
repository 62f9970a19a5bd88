//! `serve … -- COMMAND`: one process for each connection, as websocketd has it.
//!
//! A message becomes a line of the command's stdin, a line of its stdout becomes a text message, and what it writes to
//! stderr is shown. A message that holds newlines becomes as many lines, as with websocketd: the command cannot tell
//! them apart. With `raw` nothing is added or cut: each message is written as it is, each block read is a binary message.
//!
//! The pipes are watched by the event loop beside the sockets, so that a thousand commands need no thread. That is how it
//! is done on Unix; elsewhere pipes cannot be waited for with sockets, and the command is refused.

mod args;

pub use args::ExecArgs;

#[cfg(unix)]
mod child;
#[cfg(unix)]
mod ending;
#[cfg(unix)]
mod ends;
#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod lines;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod session;
#[cfg(unix)]
mod talking;
#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::Exec;

#[cfg(not(unix))]
mod elsewhere;
#[cfg(not(unix))]
pub use elsewhere::Exec;

/// What a command is told of the server, and what the server allows.
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "nobody is told where no command can be run"))]
pub struct ServerFacts {
    /// Name and version, as `wscope/1.0`.
    pub software: String,
    /// The longest message; a longer line of output ends the connection.
    pub max_message: u64,
    /// How much may wait for a client before its command is not read any more.
    pub queue: u64,
}
