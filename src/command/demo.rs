//! `wscope demo`: a session with an echo server that is built in, on loopback and a free port.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mio::net::TcpListener;

use super::args::Options;
use super::{ExitCode, Outcome, connect};
use crate::session::{Control, Direction, Door, Engine, Event, Life, Limits, LinkId, Listener, opening};
use crate::wire::{Role, Settings};

/// Beyond this many unsent bytes the echo reads no more: a client that does not read is slowed.
const ENOUGH: usize = 1024 * 1024;

/// What `wscope demo` takes: the options of a session.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    pub options: Options,
}

/// Sends every message back.
#[derive(Default)]
struct Echo {
    /// Links that are not read until what was sent to them has gone.
    slow: Vec<LinkId>,
}

/// Starts the server on a thread of its own, and connects to it.
pub fn run(args: Args, started: Instant, exit_code: ExitCode) -> Result<Outcome> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).context("no port to listen on")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let mut engine = Engine::new(started, false)?;
    let mut settings = Settings::new(Role::Server);
    settings.max_message = args.options.messages.max_message.0;
    settings.max_fragments = args.options.messages.max_fragments;
    let life =
        Life { close_timeout: Duration::from_secs(3), ping_interval: None, ping_timeout: Duration::MAX };
    let limits = Limits { connections: 16, patience: Duration::from_secs(10), head: 64 * 1024 };
    engine.accept(Door { listener, settings, life, limits })?;
    std::thread::spawn(move || engine.run(&mut Echo::default(), |_, _| {}));
    let mut options = args.options;
    // The server is on this machine, whatever the environment says of proxies.
    options.connecting.proxy = Some(String::new());
    connect::run(connect::Args { options, url }, started, exit_code)
}

impl Listener for Echo {
    type Command = ();

    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>) {
        let Event::Message { direction: Direction::Received, kind, payload, .. } = event else { return };
        let Some(outbound) = control.link(link) else { return };
        // A link that is closing takes no more, and needs no more.
        let _ = outbound.message(kind, &payload);
        if outbound.unsent() > ENOUGH {
            outbound.pause(true);
            self.slow.push(link);
        }
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let before = self.slow.len();
        self.slow.retain(|&link| match control.link(link) {
            Some(outbound) if outbound.unsent() > 0 => true,
            Some(outbound) => {
                outbound.pause(false);
                false
            }
            None => false,
        });
        self.slow.len() < before
    }

    fn failed(&mut self, _control: &mut Control<'_>, _error: opening::Error) {}

    fn command(&mut self, _control: &mut Control<'_>, _command: ()) {}
}
