//! `wscope serve`: a server for testing clients, proxies and pages.
//!
//! One loop serves all connections. `args` are its flags, `plan` makes of them what it is made of, `server` is the
//! loop's listener, `display` shows what happens, and a `Behaviour` is what is done with messages.

mod admission;
mod args;
mod behaviour;
mod console;
mod display;
mod exec;
mod fault;
mod plan;
mod push;
mod queue;
mod relay;
mod server;
mod sink;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;

use self::display::Display;
use self::queue::Queue;
use self::relay::{Relay, Route};
use self::server::{Command, Server};
use super::client::watch_signals;
use super::{Fault, Outcome};
use crate::net::listen::{ListenAddr, Listener};
use crate::output::terminal::{Modes, Streams};
use crate::session::{Door, Engine, Life, Limits};
use crate::wire::Settings;

pub use args::Args;
pub use console::topic as console_topic;
pub use fault::topic as faults_topic;

/// When the process ends after a signal, whatever it may be stuck in.
const LAST_CALL: Duration = Duration::from_millis(1900);

/// How much may wait for a client of the demo.
const QUEUE: u64 = 1024 * 1024;

/// Listens, and serves until a signal comes.
pub fn run(args: Args, started: Instant) -> Result<Outcome> {
    if args.showing.progress {
        return Err(Fault::usage("--progress is for a session; wscope serve has none").into());
    }
    let streams = Streams::find();
    // A server without a prompt changes nothing of the terminal, which may be another's by the time it ends.
    let modes = if plan::has_prompt(&args, streams) { Modes::save() } else { Modes::untouched() };
    modes.restore_on_panic();
    let behaviour = plan::behaviour(&args, streams)?;
    let tls = plan::tls(&args, streams.stdin)?;
    let faults = plan::faults(&args)?;
    let listener = plan::bind(&args.addr)?;
    let admission = plan::admission(&args, &listener)?;
    let url = listener.url(tls.is_some());
    let notices = plan::notices(&args, streams, &listener);
    // Who is told what was sent is known only once there is a place to show it.
    let mut engine = Engine::new(started, true)?;
    let display = plan::display(&args, streams, engine.mailbox())?;
    engine.report(display.wants_sent());
    let over = watch_signals(engine.mailbox(), modes.clone(), LAST_CALL, Command::Signal)?;
    engine.accept(plan::door(&args, listener, tls))?;
    let mut server = Server::new(behaviour, display, args.messages.compress).guarded(admission, faults);
    let result = engine.run(&mut server, |server, control| server.begin(control, &url, notices));
    over.store(true, Ordering::SeqCst);
    let outcome = server.outcome();
    modes.restore();
    result?;
    Ok(outcome)
}

/// Starts an echo server on a thread of its own, on loopback and a free port, and returns its URL. It shows nothing.
///
/// # Errors
/// There is no port, or the loop cannot be made.
pub fn echo_in_background(settings: Settings, started: Instant) -> Result<String> {
    let listener = Listener::bind(&ListenAddr::parse("127.0.0.1:0")?)?;
    let url = listener.url(false);
    let mut engine = Engine::new(started, false)?;
    let life =
        Life { close_timeout: Duration::from_secs(3), ping_interval: None, ping_timeout: Duration::MAX };
    let limits = Limits { connections: 16, patience: Duration::from_secs(10), head: 64 * 1024 };
    engine.accept(Door { listener, tls: None, settings, life, limits })?;
    std::thread::spawn(move || {
        let queue = Queue::new(QUEUE, args::Slow::Wait);
        let mut server = Server::new(Box::new(Relay::new(Route::Echo, queue)), Display::nowhere(), true);
        // It ends with the program.
        engine.run(&mut server, |_, _| {})
    });
    Ok(url)
}
