//! The other end of a run: a sink, a source or an echo, on a thread and a port of its own.
//!
//! A peer serves one connection and tells whether all went well. It greets a WebSocket client as RFC 6455 has it, and
//! the raw pump with a head of the same kind; after that it sends the pump the same bytes and no close frame.
//!
//! A peer sleeps while it has nothing to do, as servers do, and waking it is part of what sending costs both. To spin
//! instead would make the raw pump faster, but take a core from whoever feeds and drains the program.

mod echo;
mod sink;
mod source;
mod talk;

use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use openssl::ssl::SslAcceptor;

use crate::load::{Load, Stream};
use talk::Talk;

pub use talk::{RAW_REPLY, RAW_REQUEST};

/// How long a peer may take to end after its program has.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a peer does once it has greeted.
#[derive(Clone)]
pub enum Part {
    /// Takes the messages of the load.
    Sink { load: Load, look: Look },
    /// Takes whatever comes until the program leaves.
    Listener,
    /// Sends these frames, and then closes. They are made before the time runs.
    Source { frames: Stream },
    /// Sends this frame, and has the program close.
    Teller { frame: Stream },
    /// Sends everything back.
    Echo,
}

/// How closely a sink looks at what it takes. It counts every byte in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Knows how long each frame must be, and looks for the close frame where all of them end.
    End,
    /// Reads each header, since the program may cut the content into messages as it likes.
    Headers,
    /// Unmasks and compares all of it.
    Content,
}

/// A peer that is waiting for its program, or talking with it.
pub struct Peer {
    pub port: u16,
    ended: Receiver<Result<()>>,
}

impl Peer {
    /// Listens on a free port, behind TLS where an acceptor is given.
    pub fn start(part: Part, tls: Option<SslAcceptor>) -> Result<Peer> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (tell, ended) = mpsc::channel();
        thread::spawn(move || {
            let outcome = Talk::accept(&listener, tls.as_ref()).and_then(|talk| play(part, talk));
            // Nobody waits any more where the run failed for another reason.
            let _ = tell.send(outcome);
        });
        Ok(Peer { port, ended })
    }

    /// Waits for its end; the program must have ended.
    pub fn finish(self) -> Result<()> {
        self.ended.recv_timeout(PATIENCE).context("the peer did not end")?.context("at the peer")
    }
}

fn play(part: Part, talk: Talk) -> Result<()> {
    match part {
        Part::Sink { load, look } => sink::take(talk, &load, look),
        Part::Listener => sink::listen(talk),
        Part::Source { frames } => source::send(talk, &frames),
        Part::Teller { frame } => source::tell(talk, &frame),
        Part::Echo => echo::echo(talk),
    }
}
