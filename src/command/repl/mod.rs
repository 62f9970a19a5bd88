//! The prompt: lines are typed and sent, messages appear above the line being typed.
//!
//! Three threads: the session runs on the main one, the editor reads lines on its own and sends orders, and the
//! screen's thread places texts above the typed line. The prompt ends with the connection, whatever the editor is
//! doing.

mod prompt;

use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;

use self::prompt::Prompt;
use super::client::{Client, LAST_CALL, Order, Plan, watch_signals};
use super::typing::{Setup, Typist};
use super::{ExitCode, Outcome};
use crate::output::screen::Screen;
use crate::output::terminal::{self, Modes};
use crate::session::Engine;

/// How long the editor may take to show what came last.
const MOMENT: Duration = Duration::from_millis(300);

/// Runs a session at a prompt.
pub fn run(plan: Plan, exit_code: ExitCode) -> Result<Outcome> {
    let modes = Modes::save();
    modes.restore_on_panic();
    let mut engine = Engine::new(plan.started, true)?;
    let mailbox = engine.mailbox();
    let over = watch_signals(mailbox.clone(), modes.clone(), LAST_CALL, Order::Signal)?;
    let setup = Setup::new(&plan, modes.clone());
    let history = plan.history();
    let mut typist = match terminal::can_edit() {
        true => Typist::with_editor(setup, history, mailbox.clone()),
        false => Typist::without_editor(setup, mailbox.clone()),
    };
    let drained = mailbox.clone();
    let place = typist.place()?;
    let (screen, printer) = Screen::start(place, move || {
        // A loop that has ended needs no room.
        let _ = drained.send(Order::Drained);
    });
    let front = Prompt::new(&plan, screen.clone(), typist.starter(screen.clone()));
    let mut client = Client::new(plan, front, exit_code)?.with_archive();
    let result = engine.run(&mut client, |client, control| client.begin(control));
    over.store(true, Ordering::SeqCst);
    let outcome = client.outcome();
    finish(typist, screen, printer);
    modes.restore();
    result?;
    Ok(outcome)
}

/// Shows what is left to be shown, and ends the editor.
///
/// An editor that is interrupted may hold a text that it has not shown. So it is given a moment to show all first;
/// only one that does not, because it searches or waits for the rest of a key, is interrupted at once.
fn finish(typist: Typist, screen: Screen, printer: JoinHandle<()>) {
    screen.end();
    let limit = Instant::now() + MOMENT;
    while !printer.is_finished() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(1));
    }
    typist.leave_prompt();
    // The printer only fails to join if it panicked, and then there is nothing more to wait for.
    let _ = printer.join();
    typist.end();
    let rest = screen.rest().concat();
    crate::output::terminal::write(&rest);
}
