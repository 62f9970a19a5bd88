//! Flags for how long a session lives.

use super::values::Span;

/// How the connection is kept alive, given up, and made again.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Life")]
pub struct Life {
    /// Send a ping this often [default: never]
    #[arg(long, value_name = "TIME", value_parser = super::values::some_span)]
    pub ping_interval: Option<Span>,

    /// End with exit code 7 when a pong takes longer than this; counts with --ping-interval
    #[arg(long, value_name = "TIME", default_value = "20s")]
    pub ping_timeout: Span,

    /// Do not answer pings
    #[arg(long)]
    pub no_pong: bool,

    /// End with exit code 124 when no data message went either way for this time
    #[arg(long, value_name = "TIME")]
    pub idle_timeout: Option<Span>,

    /// Connect again when the connection is lost, at most N times in a row
    ///
    /// Also tried for the first connection. Not after a close with 1000, a 4xx answer, or an input that ended.
    /// Messages given with -m are sent again on each connection.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "4294967295")]
    pub reconnect: Option<u32>,

    /// Wait this long before the first attempt to reconnect; doubles each time
    #[arg(long, value_name = "TIME", default_value = "500ms")]
    pub reconnect_delay: Span,

    /// Never wait longer than this between two attempts
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub reconnect_max: Span,

    /// Close with this code
    #[arg(long, value_name = "CODE", default_value = "1000", value_parser = super::values::close_code)]
    pub close_code: u16,

    /// Close with this reason, at most 123 bytes
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          value_parser = super::values::close_reason)]
    pub close_reason: String,

    /// Wait this long for the answer to our close frame, then end with exit code 7
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub close_timeout: Span,
}
