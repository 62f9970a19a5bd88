//! The flags that several commands share, in the groups in which help shows them.
//!
//! A flag is declared once, here or on the `Args` of its command: its name, its help, its default and its form.
//! The parser, `--help`, the man page and the completions are all made from that declaration.

mod connecting;
mod life;
mod messages;
mod showing;
mod tls;
pub mod values;

pub use connecting::Connecting;
pub use life::Life;
pub use messages::{Form, Messages};
pub use showing::{ColorWhen, PrettyWhen, Showing, TimeForm};
pub use tls::Tls;

/// The options of a session.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    pub messages: Messages,
    #[command(flatten)]
    pub connecting: Connecting,
    #[command(flatten)]
    pub tls: Tls,
    #[command(flatten)]
    pub life: Life,
    #[command(flatten)]
    pub showing: Showing,
}
