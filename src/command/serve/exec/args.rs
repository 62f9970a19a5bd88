//! The options of `serve … -- COMMAND`.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use crate::command::args::values::{Span, some_span};

/// Which command is run for each connection, and how.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Running a command")]
pub struct ExecArgs {
    /// Run this command for each connection, as websocketd does
    ///
    /// Each message is a line of its stdin, each line of its stdout is a text message; with -b each message is written
    /// as it is, and each block read is a binary message. Its environment tells of the request as CGI does
    /// (QUERY_STRING, REMOTE_ADDR, HTTP_*), and holds PATH and what --pass-env names. What it writes to stderr is shown
    /// with the number of the connection. When it ends, so does the connection: with 1000 if its status is 0, else with
    /// 4000 and the status, or 4128 and the number of the signal. When the client leaves, its stdin ends; what is left of
    /// its process group gets TERM, and then KILL.
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "doing")]
    pub command: Vec<OsString>,

    /// Run no more commands than this at a time; one more client is closed with 1013
    #[arg(long, value_name = "N", default_value = "64", requires = "command")]
    pub max_children: NonZeroUsize,

    /// Hand this variable of wscope's environment on to the command; repeat it, or give a comma list
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "command")]
    pub pass_env: Vec<String>,

    /// How long a command may take to end when its client has left, and again after TERM
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = some_span, requires = "command")]
    pub grace: Span,
}
