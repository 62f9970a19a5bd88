//! What is typed at a server's console: text and commands for all clients, or for the one whose number stands before.

use crate::command::args::Form;
use crate::command::client::Order;
use crate::command::serve::server::{Command, Typed};
use crate::command::typing::{self, Commands, Desk, Entered, Entry, SESSION, Setup, address, close, entry};
use crate::session::{LinkId, Mailbox};
use crate::wire::Kind;

/// The commands that a session does not have, or that mean something else there.
const OWN: [Entry; 3] = [
    entry("clients", "", "list the clients: number, address, path, and what they sent and were sent"),
    entry("kick", "N [CODE] [REASON]", "close the connection of client N, with 1008 unless told otherwise"),
    entry("quit", "", "close all connections with 1001 and leave, as Ctrl-D does"),
];

/// Those of a session that a server does not take from there.
const NOT_HERE: [&str; 3] = ["reconnect", "connect", "quit"];

/// Those that are about all clients at once.
const ABOUT_ALL: [&str; 12] = [
    "frames", "pretty", "time", "filter", "quiet", "record", "save", "show", "help", "clients", "kick",
    "quit",
];

const HEAD: &str = "typed lines are sent to all clients; @3 TEXT and @3 /COMMAND to one; //x sends /x, @@x sends @x;\n\
    a line that ends with \\ or opens JSON continues";

/// With which code a client is closed that is kicked: policy violation (RFC 6455 §7.4.1).
const KICKED: &str = "1008";

/// The server, seen from its console.
pub struct Console {
    setup: Setup,
    mailbox: Mailbox<Command>,
}

/// What can be typed at a console.
fn commands() -> Commands {
    let session = SESSION.iter().filter(|entry| !NOT_HERE.contains(&entry.name));
    Commands { head: HEAD, addressed: true, about_all: &ABOUT_ALL, entries: session.chain(&OWN).collect() }
}

/// What a console has beside the prompt of a session, for `wscope help repl`.
pub fn topic() -> String {
    let own = Commands { entries: OWN.iter().collect(), ..commands() };
    format!("wscope serve --console: the same but for /reconnect and /connect, and\n{}\n", own.help(None))
}

impl Console {
    /// Typed lines are sent as messages of this kind and at most this size.
    pub fn new(kind: Kind, max_message: u64, mailbox: Mailbox<Command>) -> Console {
        Console { setup: Setup { form: Form::Lines, kind, max_message, commands: commands() }, mailbox }
    }

    /// Sends an order to the server, for one client or for all.
    fn tell(&self, to: Option<u64>, order: Order) -> bool {
        self.mailbox.send(Command::Typed(Typed::Order { to: to.map(LinkId), order }))
    }

    /// What an entry without its address asks for, if that is not what it would be in a session.
    fn own(&self, entry: &str) -> Option<Result<Typed, String>> {
        let (name, argument) = entry.split_once(' ').unwrap_or((entry, ""));
        match name {
            "/clients" => Some(Ok(Typed::Clients)),
            "/kick" => Some(kick(argument.trim())),
            _ => None,
        }
    }
}

/// `/kick N` is `/close` for one client.
fn kick(argument: &str) -> Result<Typed, String> {
    let (number, rest) = argument.split_once(' ').unwrap_or((argument, ""));
    let to = number.strip_prefix('@').unwrap_or(number).parse();
    let to = to.map_err(|_| format!("'{number}' is no client: /kick N [CODE] [REASON]"))?;
    let order = close(if rest.trim().is_empty() { KICKED } else { rest.trim() })?;
    Ok(Typed::Order { to: Some(LinkId(to)), order })
}

/// Whether an order repeats a line that has an address of its own, which would be sent as text.
fn misplaced_address(order: &Order) -> bool {
    let Order::Repeat { order, .. } = order else { return false };
    let Order::Send { payload, .. } = &**order else { return false };
    std::str::from_utf8(payload).is_ok_and(|text| address(text).0.is_some())
}

impl Console {
    /// Whom an entry is for, and what; a second @ says that the first is text.
    fn address<'a>(&self, entry: &'a str) -> (Option<u64>, &'a str) {
        let (to, rest) = self.setup.commands.address(entry);
        (to, if rest.starts_with("@@") { &rest[1..] } else { rest })
    }

    /// What the server is asked for, or the prompt.
    fn read(&self, to: Option<u64>, rest: &str) -> Result<Result<Typed, Entered>, String> {
        let name = rest.strip_prefix('/').and_then(|rest| rest.split_whitespace().next());
        if let (Some(to), Some(name)) = (to, name.filter(|name| ABOUT_ALL.contains(name))) {
            return Err(format!("/{name} is about all clients: type it without @{to}"));
        }
        if let Some(own) = self.own(rest) {
            return own.map(Ok);
        }
        let order = match self.setup.read(rest) {
            None if to.is_some() => return Err("what is it to be sent?".to_owned()),
            None => return Ok(Err(Entered::Done)),
            Some(command) => command?,
        };
        Ok(match order {
            typing::Command::Show(back) => Err(Entered::Show(back)),
            typing::Command::Edit => Err(Entered::Edit),
            typing::Command::Help(command) => return Err(self.setup.commands.help(command.as_deref())),
            typing::Command::Order(order) if misplaced_address(&order) => {
                return Err("the number of the client comes first: @3 /repeat 5 TEXT".to_owned());
            }
            typing::Command::Order(order) => Ok(Typed::Order { to: to.map(LinkId), order }),
        })
    }
}

impl Desk for Console {
    fn enter(&self, entry: &str) -> Entered {
        let (to, rest) = self.address(entry);
        match self.read(to, rest) {
            Ok(Ok(typed)) => drop(self.mailbox.send(Command::Typed(typed))),
            Ok(Err(entered)) => return entered,
            Err(complaint) => drop(self.order(Order::Complain(complaint))),
        }
        Entered::Done
    }

    fn compose(&self, asked: &str, text: &str) {
        let (to, _) = self.address(asked);
        self.tell(to, self.setup.composed(text).unwrap_or_else(Order::Complain));
    }

    fn order(&self, order: Order) -> bool {
        self.tell(None, order)
    }

    fn commands(&self) -> &Commands {
        &self.setup.commands
    }
}
