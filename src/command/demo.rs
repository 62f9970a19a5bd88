//! `wscope demo`: a session with an echo server that is built in, on loopback and a free port.

use std::time::Instant;

use anyhow::{Context, Result};

use super::args::Options;
use super::{ExitCode, Outcome, connect, serve};
use crate::wire::{Role, Settings};

/// What `wscope demo` takes: the options of a session.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    pub options: Options,
}

/// Starts the server, and connects to it.
pub fn run(args: Args, started: Instant, exit_code: ExitCode) -> Result<Outcome> {
    let mut settings = Settings::new(Role::Server);
    settings.max_message = args.options.messages.max_message.0;
    settings.max_fragments = args.options.messages.max_fragments;
    let url = serve::echo_in_background(settings, started).context("the echo server cannot start")?;
    let mut options = args.options;
    // The server is on this machine, whatever the environment says of proxies.
    options.connecting.proxy = Some(String::new());
    connect::run(connect::Args { options, url }, started, exit_code)
}
