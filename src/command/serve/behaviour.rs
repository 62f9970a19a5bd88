//! What a server does with its clients: the one thing in which `--echo`, `--broadcast`, a command and the others differ.
//!
//! The server tells its behaviour what happens, after it was shown; the behaviour sends through the `Control` it is
//! handed. It is never asked whether it has time: a client that is slow is the server's matter.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::command::client::Order;
use crate::session::{Control, Ended, LinkId, Opened, Ready, WatchId};
use crate::wire::Kind;

/// Something that a behaviour wants to have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Talk {
    /// Worth knowing.
    Notice(String),
    /// Something failed.
    Error(String),
    /// A line that a command wrote to its stderr, without its newline.
    #[allow(dead_code, reason = "only commands have a stderr, and none of the built-in behaviours is one")]
    Stderr(Vec<u8>),
}

/// What a server does with its clients and their messages.
pub trait Behaviour {
    /// The server begins to listen.
    ///
    /// # Errors
    /// What the behaviour needs is not there.
    fn begin(&mut self, _control: &mut Control<'_>) -> io::Result<()> {
        Ok(())
    }

    /// A client is in.
    fn opened(&mut self, _control: &mut Control<'_>, _link: LinkId, _opened: &Arc<Opened>) {}

    /// A client sent a data message.
    fn message(&mut self, control: &mut Control<'_>, link: LinkId, kind: Kind, payload: &[u8]);

    /// A client is gone.
    fn ended(&mut self, _control: &mut Control<'_>, _link: LinkId, _ended: &Ended) {}

    /// Standard input has something.
    fn input(&mut self, _ready: Ready) {}

    /// Sends what was typed to one client, or to all; returns those that were sent something.
    ///
    /// # Errors
    /// Why it was sent to nobody, in words.
    fn order(
        &mut self,
        _control: &mut Control<'_>,
        _to: Option<LinkId>,
        _order: &Order,
    ) -> Result<Vec<LinkId>, String> {
        Err("nothing can be typed here".to_owned())
    }

    /// A descriptor of its own is ready.
    fn watched(&mut self, _control: &mut Control<'_>, _watch: WatchId, _ready: Ready) {}

    /// Whether what was sent is shown so slowly that nothing more should be sent for now.
    fn hold(&mut self, _held: bool) {}

    /// All that had arrived was told. `true` asks for another turn at once.
    fn turn(&mut self, _control: &mut Control<'_>) -> bool {
        false
    }

    /// When `expired` is to be called.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The deadline has come.
    fn expired(&mut self, _control: &mut Control<'_>) {}

    /// The server stops: its clients are being closed with 1001. What the behaviour started is to end as well.
    fn stop(&mut self, _control: &mut Control<'_>) {}

    /// Whether nothing of what it started is left, so that the server may leave.
    fn is_done(&self) -> bool {
        true
    }

    /// Takes out what it wants to have said, with the client it is about.
    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        Vec::new()
    }
}
