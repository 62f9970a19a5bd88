//! What is typed at a client's prompt becomes orders for its session.

use crate::command::args::Form;
use crate::command::client::{Order, Plan};
use crate::command::typing::{Command, Commands, Desk, Entered, Setup};
use crate::session::Mailbox;

/// The session, seen from the prompt.
pub struct Session {
    setup: Setup,
    mailbox: Mailbox<Order>,
}

impl Session {
    /// What the plan says of typed lines.
    pub fn new(plan: &Plan, mailbox: Mailbox<Order>) -> Session {
        let setup = Setup {
            form: plan.input.unwrap_or(Form::Lines),
            kind: plan.kind,
            max_message: plan.options.messages.max_message.0,
            commands: Commands::of_session(),
        };
        Session { setup, mailbox }
    }
}

impl Desk for Session {
    fn enter(&self, entry: &str) -> Entered {
        let order = match self.setup.read(entry) {
            None => return Entered::Done,
            Some(Ok(Command::Show(back))) => return Entered::Show(back),
            Some(Ok(Command::Edit)) => return Entered::Edit,
            Some(Ok(Command::Order(order))) => order,
            Some(Ok(Command::Help(command))) => Order::Complain(self.setup.commands.help(command.as_deref())),
            Some(Err(error)) => Order::Complain(error),
        };
        self.order(order);
        Entered::Done
    }

    fn compose(&self, _asked: &str, text: &str) {
        self.order(self.setup.composed(text).unwrap_or_else(Order::Complain));
    }

    fn order(&self, order: Order) -> bool {
        self.mailbox.send(order)
    }

    fn commands(&self) -> &Commands {
        &self.setup.commands
    }
}
