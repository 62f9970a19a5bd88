//! `wscope URL`: connects, and lets a person or a script talk.

use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::Result;

use super::args::Options;
use super::client::{Client, LAST_CALL, Mode, Order, Plan, watch_signals};
use super::pipe::Pipe;
use super::{ExitCode, Outcome, repl};
use crate::output::terminal::{Modes, Streams};
use crate::session::Engine;

/// What `wscope connect` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Where to connect: ws://, wss://, http:// or https://; without a scheme it is ws
    #[arg(value_name = "URL")]
    pub url: String,

    #[command(flatten)]
    pub options: Options,
}

/// Connects and runs the session to its end.
pub fn run(args: Args, started: Instant, exit_code: ExitCode) -> Result<Outcome> {
    let Args { options, url } = args;
    let streams = Streams::find();
    let mode = Mode::of(&options, streams);
    let plan = Plan::new(options, &url, mode, streams, started)?;
    match mode {
        Mode::Pipe => talk_in_pipe(plan, streams, exit_code),
        Mode::Prompt => repl::run(plan, exit_code),
    }
}

fn talk_in_pipe(plan: Plan, streams: Streams, exit_code: ExitCode) -> Result<Outcome> {
    let front = Pipe::new(&plan, streams)?;
    let mut engine = Engine::new(plan.started, plan.wants_sent() || front.wants_sent())?;
    let over = watch_signals(engine.mailbox(), Modes::save(), LAST_CALL, Order::Signal)?;
    let mut client = Client::new(plan, front, exit_code)?;
    engine.run(&mut client, |client, control| client.begin(control))?;
    over.store(true, Ordering::SeqCst);
    Ok(client.outcome())
}
