//! Who is told what is typed.

use super::slash::Commands;
use crate::command::client::Order;

/// What came of an entry.
pub enum Entered {
    /// Nothing is left to be done here.
    Done,
    /// Show the Nth message from the end in full.
    Show(usize),
    /// Compose a message in the editor that `$EDITOR` names.
    Edit,
}

/// The other side of a prompt: it understands entries and has them done, elsewhere.
pub trait Desk: Send + 'static {
    /// Has an entry done, as far as that needs no terminal.
    fn enter(&self, entry: &str) -> Entered;

    /// Sends a text that was composed in another program, which this entry had asked for.
    fn compose(&self, asked: &str, text: &str);

    /// Hands on what was not typed as an entry: a complaint, the end of the input, an interrupt, a message to be
    /// shown. `false` when there is nobody any more to do it.
    fn order(&self, order: Order) -> bool;

    /// The commands that an entry can be, for completion.
    fn commands(&self) -> &Commands;
}
