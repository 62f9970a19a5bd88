//! Reads lines from a terminal that cannot edit (TERM=dumb): slash commands work, history and completion do not.

use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, Sender};

use super::line::{Setup, is_unfinished};
use super::slash::{self, Command};
use crate::command::client::Order;
use crate::output::screen::{Here, Place, Screen};
use crate::session::Mailbox;

/// Reads lines until the input ends.
pub(super) fn run(
    setup: &Setup,
    mailbox: &Mailbox<Order>,
    go: &Receiver<Screen>,
    place: &Sender<Box<dyn Place>>,
) {
    // Main waits for the place; it is there until the program ends.
    let _ = place.send(Box::new(Here));
    let Ok(screen) = go.recv() else { return };
    let mut entry = String::new();
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line.map(String::from_utf8) else { break };
        let Ok(line) = line else {
            mailbox.send(Order::Complain("not sent: the line is not UTF-8".to_owned()));
            continue;
        };
        entry.push_str(line.strip_suffix('\r').unwrap_or(&line));
        if is_unfinished(&entry) {
            entry.push('\n');
            continue;
        }
        if !obey(setup, mailbox, &screen, &entry) {
            return;
        }
        entry.clear();
    }
    mailbox.send(Order::EndOfInput);
}

/// Does what an entry asks for. `false` when the session has ended.
fn obey(setup: &Setup, mailbox: &Mailbox<Order>, screen: &Screen, entry: &str) -> bool {
    let order = match setup.read(entry) {
        None => return true,
        // The terminal itself has shown what was typed.
        Some(Ok(Command::Order(order))) => order,
        Some(Ok(Command::Help(command))) => Order::Complain(slash::help(command.as_deref())),
        Some(Ok(Command::Show(back))) => {
            let (reply, message) = std::sync::mpsc::channel();
            mailbox.send(Order::Show { back, reply });
            if let Ok(Some(text)) = message.recv() {
                screen.show(text);
            }
            return true;
        }
        Some(Ok(Command::Edit)) => Order::Complain("/edit needs a terminal that can do more".to_owned()),
        Some(Err(error)) => Order::Complain(error),
    };
    mailbox.send(order)
}
