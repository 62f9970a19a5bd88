//! What stands between a session and its user. The pipe and the prompt are the two of them.

use std::io;

use super::plan::time_style;
use crate::command::args::{PrettyWhen, TimeForm};
use crate::output::stdout::Flushed;
use crate::render::Style;
use crate::session::{Control, Event, Opened, Outbound, Ready, Source, Stamp};

/// What came of asking a front for messages to send.
#[derive(Debug)]
pub enum Fed {
    /// Nothing to send for now.
    Waiting,
    /// There may be more at once.
    More,
    /// There is more, but the socket is slow.
    Full,
    /// The input has ended; a `close` record may say how to close.
    Ended(Option<(Option<u16>, String)>),
    /// The input cannot be sent.
    Failed(String),
}

/// How a front takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// Each as an event.
    Events,
    /// The bytes of each are enough.
    Payloads,
    /// And they may come in pieces.
    Pieces,
}

/// A change of what is shown.
#[derive(Clone, Debug)]
pub enum Display {
    /// Lay out JSON.
    Pretty(PrettyWhen),
    /// Show the time of events.
    Time(Option<TimeForm>),
    /// Show only messages that match; `None` shows all.
    Filter(Option<regex::bytes::Regex>),
    /// Show frames.
    Frames(bool),
    /// Show only what is asked for.
    Quiet(bool),
}

impl Display {
    /// Changes how events look, as far as that is what is to be changed.
    pub fn restyle(&self, style: &mut Style) {
        match self {
            Display::Pretty(when) => style.pretty = *when != PrettyWhen::Never,
            Display::Time(form) => style.time = form.map(time_style),
            Display::Frames(shown) => style.frames = *shown,
            Display::Filter(_) | Display::Quiet(_) => {}
        }
    }
}

/// A way for a user to talk through a session.
pub trait Front {
    /// Begins to wait for its own descriptors.
    fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()>;

    /// Shows an event. `stamp` reads the clock, which most forms of output do not need. `exit` is known with the
    /// last event.
    fn show(&mut self, event: &Event<'_>, stamp: &dyn Fn() -> Stamp, exit: Option<u8>);

    /// Whether it takes messages without an event for each, and perhaps in pieces: nothing but their bytes is shown.
    fn takes(&self) -> Taking {
        Taking::Events
    }

    /// Whether `give_back` has something to give back.
    fn has_spare(&self) -> bool {
        false
    }

    /// Nothing happens at present: memory that holds nothing is given back.
    fn give_back(&mut self) {}

    /// A message, or a piece of one.
    fn take(&mut self, _payload: &[u8]) {}

    /// Says something that is no event of the session.
    fn say(&mut self, text: &str);

    /// When `flush` is to be called although nothing happened.
    fn refresh_at(&self) -> Option<std::time::Instant> {
        None
    }

    /// Shows the heads of the opening handshake.
    fn heads(&mut self, _opened: &Opened) {}

    /// Sends what there is to send, as far as the socket keeps up.
    fn feed(&mut self, outbound: &mut Outbound, now: std::time::Instant) -> Fed;

    /// Messages read but not sent yet.
    fn unsent(&self) -> u64 {
        0
    }

    /// When `feed` is to be called although nothing happened.
    fn feed_at(&self) -> Option<std::time::Instant> {
        None
    }

    /// The end is about to be shown. `unheard`: nobody reads the output any more, so nothing need be said of it.
    fn leaving(&mut self, _unheard: bool) {}

    /// Writes out what was shown.
    fn flush(&mut self) -> io::Result<Flushed>;

    /// Gives up what could not be written.
    fn forget(&mut self) {}

    /// Whether the peer should be slowed because the output is.
    fn is_full(&self) -> bool;

    /// A watched descriptor is ready. `true` if the reader of the output has gone.
    fn ready(&mut self, _source: Source, _ready: Ready) -> bool {
        false
    }

    /// Changes what is shown.
    fn display(&mut self, _change: Display) {}

    /// An event without the limits on what is shown of a payload.
    fn in_full(&self, _event: &Event<'_>, _stamp: &Stamp) -> String {
        String::new()
    }

    /// A line that is about to be sent stands on the screen already.
    fn typed(&mut self, _payload: &[u8]) {}

    /// A connection is open.
    fn connected(&mut self) {}
}
