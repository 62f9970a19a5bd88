//! Flags for what is sent, in which form it is read and written, and when a session is done.

use super::values::{Size, Span, some_size};

/// A form in which messages stand on stdin or stdout (contract section 2).
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One message a line
    Lines,
    /// Messages end with a NUL
    Nul,
    /// Payload bytes and nothing else; as input, each block read is one binary message
    Raw,
    /// All of stdin is one message (input only)
    Whole,
    /// One binary message a line, in hexadecimal
    Hex,
    /// One binary message a line, in Base64
    Base64,
    /// One event record a line, in JSON
    Jsonl,
    /// What a terminal shows (output only)
    Human,
}

/// What is sent and received, and when the session is done.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Messages")]
pub struct Messages {
    /// Send this message first; repeat it for more
    ///
    /// @FILE sends the bytes of a file, @- all of stdin, and @@x the text @x. Unless -i is given, stdin is then not
    /// read in a pipe.
    #[arg(short = 'm', long = "message", value_name = "TEXT", allow_hyphen_values = true)]
    pub messages: Vec<String>,

    /// Send text messages, whatever the input form
    #[arg(short = 't', long, overrides_with = "binary")]
    pub text: bool,

    /// Send binary messages; alone it makes `raw` the default form both ways
    #[arg(short = 'b', long, overrides_with = "text")]
    pub binary: bool,

    /// How stdin becomes messages [default: lines]
    #[arg(short = 'i', long, value_name = "FORM", hide_possible_values = true)]
    pub input: Option<Form>,

    /// How messages are written to stdout [default: lines; on a terminal human]
    #[arg(short = 'o', long, value_name = "FORM", hide_possible_values = true)]
    pub output: Option<Form>,

    /// Read blocks of this size with -i raw
    #[arg(long, value_name = "SIZE", default_value = "64K", value_parser = some_size)]
    pub chunk_size: Size,

    /// Never read stdin; the session then has no end of input
    #[arg(long)]
    pub no_input: bool,

    /// Send every data message back as it came: makes wscope a test peer; stdin is never read
    #[arg(long)]
    pub echo: bool,

    /// End when this many data messages have been received; fewer: exit code 1
    #[arg(short = 'n', long, value_name = "N", overrides_with = "one",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// The same as -n 1
    #[arg(short = '1', overrides_with = "count")]
    pub one: bool,

    /// End when a received message matches this regular expression; none: exit code 1
    #[arg(long, value_name = "REGEX")]
    pub until: Option<String>,

    /// After the end of input, end when nothing has arrived for this time
    ///
    /// The default is 5s for the first message and 1s after each, or forever with -n or --until.
    #[arg(long, value_name = "TIME")]
    pub linger: Option<Span>,

    /// Send messages in fragments of at most this many bytes
    #[arg(long, value_name = "SIZE", value_parser = some_size)]
    pub fragment: Option<Size>,

    /// Report what the peer does against the protocol and go on where what follows still makes sense
    ///
    /// By default the connection is failed with the close code that answers the breach, and the exit code is 6.
    /// Limits, and what leaves the stream without sense, fail it in any case.
    #[arg(long)]
    pub lenient: bool,

    /// The largest message, sent or received; a larger one received fails the connection (1009)
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = some_size)]
    pub max_message: Size,

    /// The most fragments of a message received, empty ones too; more fail the connection (1009)
    #[arg(long, value_name = "N", default_value = "131072", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fragments: u32,
}
