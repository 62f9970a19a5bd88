//! Flags for what is shown and recorded.

use std::path::PathBuf;

use super::values::Size;

/// When to use colours.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set, or TERM is dumb or not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When JSON payloads are laid out.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrettyWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How the time of an event is shown.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Seconds since the start
    Relative,
    /// The time of day
    Clock,
    /// Seconds since the event before
    Delta,
}

/// What is shown, how, and what is recorded.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Showing")]
pub struct Showing {
    /// Show the heads of request and response, TLS facts, timings, compression and final statistics; -vv: frames too
    #[arg(short = 'v', long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Show each frame, sent and received, as it was on the wire
    ///
    /// One line a frame, in the session or on stderr; with -o jsonl and --record a `frame` record each.
    #[arg(long)]
    pub frames: bool,

    /// Say nothing on stderr but errors
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// Show when each event happened: relative, clock or delta [default: relative]
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "relative",
          hide_possible_values = true)]
    pub time: Option<TimeForm>,

    /// Show at most this many bytes of a binary payload on a terminal; 0 is all
    #[arg(long, value_name = "SIZE", default_value = "256")]
    pub hex_limit: Size,

    /// Show at most this many bytes of a text payload on a terminal; 0 is all
    #[arg(long, value_name = "SIZE", default_value = "64K")]
    pub text_limit: Size,

    /// Lay out JSON payloads: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub pretty: PrettyWhen,

    /// Use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,

    /// Do not neutralise control characters of the peer on a terminal
    #[arg(long)]
    pub raw_terminal: bool,

    /// Show messages, bytes and rate on stderr while a pipe runs
    #[arg(long)]
    pub progress: bool,

    /// Write the session as event records to this file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Show passwords, tokens and cookies instead of <redacted>
    #[arg(long)]
    pub show_secrets: bool,

    /// Keep no history of typed lines
    #[arg(long)]
    pub no_history: bool,

    /// Read no config file
    #[arg(long)]
    pub no_config: bool,
}

impl Showing {
    /// Whether each frame is shown.
    pub fn wants_frames(&self) -> bool {
        self.frames || self.verbose > 1
    }
}
