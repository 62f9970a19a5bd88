//! Who is told what happens in the loop, and what it may say to that.

use std::time::Instant;

use super::control::Control;
use super::door::{Answer, Knock, TurnedAway};
use super::event::Event;
use super::link::LinkId;
use super::opening;

/// A descriptor of the listener's that the loop can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Where the listener reads from.
    Input,
    /// Where it writes to.
    Output,
}

/// A descriptor that is watched beside those two: even tokens are links, odd ones are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WatchId(pub(super) usize);

/// What became of a watched descriptor, which can be used in any case.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// Its other end has gone.
    pub closed: bool,
}

/// What a listener takes without an event for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// So many whole messages in a row.
    pub messages: u64,
    /// Long messages in pieces, as they come.
    pub pieces: bool,
}

/// Who is told what happens. All of it is called on the loop's thread.
pub trait Listener {
    /// What other threads may send to this listener.
    type Command: Send + 'static;

    /// Something happened on a link. Borrowed payloads last until the return.
    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>);

    /// How data messages of a link may be handed over with less ado than an event each; asked before they are.
    fn takes(&self, _link: LinkId) -> Takes {
        Takes::default()
    }

    /// A whole data message, or a piece of one, of the link that `takes` was asked of. `took` follows.
    fn take(&mut self, _payload: &[u8]) {}

    /// So many data messages have ended in what was taken.
    fn took(&mut self, _control: &mut Control<'_>, _link: LinkId, _messages: u64) {}

    /// A dial failed.
    fn failed(&mut self, control: &mut Control<'_>, error: opening::Error);

    /// A command from another thread.
    fn command(&mut self, control: &mut Control<'_>, command: Self::Command);

    /// A client asks to be let in; the number is that of the link it may become.
    fn knock(&mut self, _control: &mut Control<'_>, _link: LinkId, knock: &Knock<'_>) -> Answer {
        Answer::by_the_rules(knock, true)
    }

    /// A client did not get in.
    fn turned_away(&mut self, _control: &mut Control<'_>, _link: LinkId, _peer: &str, _why: &TurnedAway) {}

    /// A watched descriptor is ready.
    fn ready(&mut self, _control: &mut Control<'_>, _source: Source, _ready: Ready) {}

    /// A descriptor that `Control::add_watch` began to watch is ready.
    fn watched(&mut self, _control: &mut Control<'_>, _watch: WatchId, _ready: Ready) {}

    /// Everything that had arrived has been told; called before each wait. `true` asks for another turn at once.
    fn turn(&mut self, _control: &mut Control<'_>) -> bool {
        false
    }

    /// Whether `give_back` has something to give back; asked before each wait that may be long.
    fn has_spare(&self) -> bool {
        false
    }

    /// Nothing happens at present: memory that holds nothing is given back.
    fn give_back(&mut self) {}

    /// When `expired` is to be called.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The deadline has come.
    fn expired(&mut self, _control: &mut Control<'_>) {}
}
