//! Lines that are typed at a terminal: read by an editor with history and completion on a thread of its own, or plainly
//! where the terminal cannot edit, and understood as text to send or as slash commands.
//!
//! It knows neither a session nor a screen's contents; who is told what was typed decides that.

mod editor;
mod helper;
mod line;
mod plain;
mod slash;
mod thread;
mod viewer;

pub use line::Setup;
pub use thread::Typist;

/// What can be typed, for `wscope help repl`.
pub fn help() -> String {
    slash::help(None)
}
