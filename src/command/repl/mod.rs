//! A client's prompt: lines are typed and sent, messages appear above the line being typed.
//!
//! The session runs here, on the main thread; how lines are typed is `typing`'s matter. The prompt ends with the
//! connection, whatever the editor is doing.

mod desk;
mod prompt;

use std::sync::atomic::Ordering;

use anyhow::Result;

use self::desk::Session;
use self::prompt::Prompt;
use super::client::{Client, LAST_CALL, Order, Plan, watch_signals};
use super::typing::Typing;
use super::{ExitCode, Outcome};
use crate::output::terminal::{self, Modes};
use crate::session::Engine;

/// Runs a session at a prompt.
pub fn run(plan: Plan, exit_code: ExitCode) -> Result<Outcome> {
    let modes = Modes::save();
    modes.restore_on_panic();
    let mut engine = Engine::new(plan.started, true)?;
    let mailbox = engine.mailbox();
    let over = watch_signals(mailbox.clone(), modes.clone(), LAST_CALL, Order::Signal)?;
    let desk = Session::new(&plan, mailbox.clone());
    let history = plan.options.showing.history();
    let mut typing = Typing::open(desk, terminal::knows_sequences(), modes.clone(), history, move || {
        // A loop that has ended needs no room.
        let _ = mailbox.send(Order::Drained);
    })?;
    let front = Prompt::new(&plan, typing.screen(), typing.starter());
    let mut client = Client::new(plan, front, exit_code)?.with_archive();
    let result = engine.run(&mut client, |client, control| client.begin(control));
    over.store(true, Ordering::SeqCst);
    let outcome = client.outcome();
    typing.finish();
    modes.restore();
    result?;
    Ok(outcome)
}
