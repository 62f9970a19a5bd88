//! Reads lines from a terminal that cannot edit (TERM=dumb), or whose output goes elsewhere: slash commands work, history
//! and completion do not.

use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, Sender};

use super::desk::{Desk, Entered};
use crate::command::client::Order;
use crate::output::screen::{Here, Place, Screen};

/// Reads lines until the input ends.
pub(super) fn run(desk: &dyn Desk, go: &Receiver<Screen>, place: &Sender<Box<dyn Place>>) {
    // Main waits for the place; it is there until the program ends.
    let _ = place.send(Box::new(Here));
    let Ok(screen) = go.recv() else { return };
    let mut entry = String::new();
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line.map(String::from_utf8) else { break };
        let Ok(line) = line else {
            desk.order(Order::Complain("not sent: the line is not UTF-8".to_owned()));
            continue;
        };
        entry.push_str(line.strip_suffix('\r').unwrap_or(&line));
        if desk.commands().is_unfinished(&entry) {
            entry.push('\n');
            continue;
        }
        obey(desk, &screen, &entry);
        entry.clear();
    }
    desk.order(Order::EndOfInput);
}

/// Does what an entry asks for. The terminal itself has shown what was typed.
fn obey(desk: &dyn Desk, screen: &Screen, entry: &str) {
    match desk.enter(entry) {
        Entered::Done => {}
        Entered::Show(back) => {
            let (reply, message) = std::sync::mpsc::channel();
            desk.order(Order::Show { back, reply });
            if let Ok(Some(text)) = message.recv() {
                screen.show(text);
            }
        }
        Entered::Edit => {
            desk.order(Order::Complain("/edit needs a terminal that can do more".to_owned()));
        }
    }
}
