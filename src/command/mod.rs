//! Floor 4: the things a user can ask for, one file or folder each, with its `Args` and a `run`.
//!
//! A command returns its `Outcome`, or a `Fault` where it could not begin; only `exit` makes a number of either.
//! Commands do not call each other, except that `connect` starts the prompt or the pipe, and `demo` starts a server
//! and then connects to it.

pub mod args;
pub mod client;
pub mod config;
pub mod connect;
pub mod demo;
mod fault;
mod form;
pub mod help;
mod pipe;
mod repl;
pub mod serve;
mod stdin;
mod typing;

use std::sync::Arc;

use crate::session::{Ended, opening};

pub use fault::{Fault, Kind as FaultKind};

/// How a command ended.
#[derive(Debug)]
pub enum Outcome {
    /// As asked: closed well, or what was waited for came.
    Done,
    /// The answer is no: too few messages, no match, input left unsent.
    No,
    /// The connection could not be opened.
    NotOpened(Box<opening::Error>),
    /// The connection ended, and how it did is the answer.
    Ended(Arc<Ended>),
    /// Local input or output failed.
    Local,
    /// A time limit ran out.
    TimedOut,
    /// A signal of this number ended it.
    Signal(i32),
}

/// Makes an exit code of an outcome. The mapping lives a floor higher and is handed down, because records tell it.
pub type ExitCode = fn(&Outcome) -> u8;
