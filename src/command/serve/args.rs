//! Flags of `wscope serve`: what it does with messages, who its clients may be, and what is shown of them.

use std::path::PathBuf;

use super::admission::AdmissionArgs;
use super::exec::ExecArgs;
use super::fault::FaultArgs;
use crate::command::args::values::{Size, Span, some_size, some_span};
use crate::command::args::{Form, Showing};
use crate::net::tls::Version;

/// What `wscope serve` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Where to listen: PORT, :PORT, HOST:PORT or unix:PATH; 0 takes a free port [default: 127.0.0.1:8080]
    ///
    /// A port without a host is opened on 127.0.0.1, which other computers cannot reach. Other addresses are opened
    /// only when named, `*` for all of them, with a warning.
    #[arg(value_name = "ADDR", hide_default_value = true, default_value = "127.0.0.1:8080")]
    pub addr: String,

    #[command(flatten)]
    pub doing: Doing,
    #[command(flatten)]
    pub exec: ExecArgs,
    #[command(flatten)]
    pub messages: Messages,
    #[command(flatten)]
    pub admission: AdmissionArgs,
    #[command(flatten)]
    pub clients: Clients,
    #[command(flatten)]
    pub tls: Tls,
    #[command(flatten)]
    pub faults: FaultArgs,
    #[command(flatten)]
    pub showing: Showing,
}

/// What is done with messages: one of these.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Behaviour")]
#[group(id = "doing", multiple = false)]
pub struct Doing {
    /// Send every message back to its sender; this is the default
    #[arg(long)]
    pub echo: bool,

    /// Send every message to all other clients
    #[arg(long)]
    pub broadcast: bool,

    /// Send what is typed to all clients, or read from standard input where that is no terminal
    ///
    /// On a terminal there is a prompt: a line goes to all clients, `@3 text` to one of them, and slash commands work
    /// as in a session; /clients lists the clients, /kick N [CODE] closes one. From a pipe or a file each line is a
    /// message to all clients; it is read while there is a client to take it. The server stays when the input ends.
    #[arg(long)]
    pub console: bool,

    /// Answer nothing; tell how much came when a client leaves, and in the end
    #[arg(long)]
    pub sink: bool,

    /// Answer each message of a client with the next of these texts, going round; repeat it for more
    ///
    /// @FILE answers with the bytes of a file, @@x with the text @x.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reply: Vec<String>,

    /// Send each client the lines of this file, one every --every, and then nothing more
    #[arg(long, value_name = "FILE")]
    pub push: Option<PathBuf>,
}

/// How messages are sent, taken and written to stdout.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Messages")]
#[group(skip)]
pub struct Messages {
    /// With --broadcast: send a message to its sender, too
    #[arg(long, requires = "broadcast")]
    pub include_sender: bool,

    /// With --push: how long to wait between two lines; 0 sends all at once [default: 1s]
    #[arg(long, value_name = "TIME", requires = "push", default_value = "1s", hide_default_value = true)]
    pub every: Span,

    /// Send --reply, --push and lines of --console as text messages; this is the default
    #[arg(short = 't', long, overrides_with = "binary")]
    pub text: bool,

    /// Send --reply, --push and lines of --console as binary messages; with a command, send the blocks it writes, and add no newlines
    #[arg(short = 'b', long, overrides_with = "text")]
    pub binary: bool,

    /// Write the messages of all clients to stdout in this form [default: none; on a terminal human]
    #[arg(short = 'o', long, value_name = "FORM", hide_possible_values = true)]
    pub output: Option<Form>,

    /// Agree to permessage-deflate where a client offers it (RFC 7692)
    #[arg(short = 'z', long)]
    pub compress: bool,

    /// Send messages in fragments of at most this many bytes
    #[arg(long, value_name = "SIZE", value_parser = some_size)]
    pub fragment: Option<Size>,

    /// Report what clients do against the protocol and go on where what follows still makes sense
    #[arg(long)]
    pub lenient: bool,

    /// The largest message received; a larger one fails its connection (1009)
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = some_size)]
    pub max_message: Size,

    /// The most fragments of a message received, empty ones too; more fail its connection (1009)
    #[arg(long, value_name = "N", default_value = "131072", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fragments: u32,
}

/// What is done about a client that reads more slowly than it is sent to.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// It misses messages until its queue has room
    Drop,
    /// Those whose messages fill its queue are not read until it has room
    Wait,
    /// Its connection is closed with 1008
    Disconnect,
}

/// How much is put up with from clients.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Clients")]
#[group(skip)]
pub struct Clients {
    /// The most connections at a time; one more is refused with 503
    #[arg(long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,

    /// What to do when more than --queue waits for a client: drop, wait or disconnect
    ///
    /// drop: it misses messages until its queue has room; a notice tells. wait: nothing more is read from those whose
    /// messages it is sent (and with --push its next line waits) until its queue is empty. disconnect: its connection
    /// is closed with 1008. The default is wait, and drop with --broadcast and --console, so that one slow client
    /// changes nothing for the others.
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub slow: Option<Slow>,

    /// How much may wait for one client; a larger message is taken by an empty queue
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = some_size)]
    pub queue: Size,

    /// How long a client may take from its connecting to the end of its request, TLS included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = some_span)]
    pub handshake_timeout: Span,

    /// The largest head of a request; no line may be longer than 8K
    #[arg(long, value_name = "SIZE", default_value = "16K", value_parser = some_size)]
    pub max_head: Size,

    /// Send each client a ping this often [default: never]
    #[arg(long, value_name = "TIME", value_parser = some_span)]
    pub ping_interval: Option<Span>,

    /// End a connection when a pong takes longer than this; counts with --ping-interval
    #[arg(long, value_name = "TIME", default_value = "20s")]
    pub ping_timeout: Span,

    /// Do not answer pings
    #[arg(long)]
    pub no_pong: bool,

    /// Wait this long for the answer to our close frame
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub close_timeout: Span,
}

/// How TLS is spoken, with which certificate.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
#[group(skip)]
pub struct Tls {
    /// Show this certificate (PEM, leaf first); needs --key
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["pkcs12", "self_signed"])]
    pub cert: Option<PathBuf>,

    /// The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// Show the certificate in this PKCS#12 file; its password is asked for
    #[arg(long, value_name = "FILE", conflicts_with = "self_signed")]
    pub pkcs12: Option<PathBuf>,

    /// Read the password of --pkcs12 from the first line of this file
    #[arg(long, value_name = "FILE", requires = "pkcs12")]
    pub pass_file: Option<PathBuf>,

    /// Make a certificate for localhost, 127.0.0.1 and ::1, for this run
    #[arg(long)]
    pub self_signed: bool,

    /// With --self-signed: write the certificate that clients have to trust to this file (their --cacert)
    #[arg(long, value_name = "FILE", requires = "self_signed")]
    pub ca_out: Option<PathBuf>,

    /// Let in only clients with a certificate that one of this file's (PEM or DER) has issued
    #[arg(long, value_name = "FILE")]
    pub client_ca: Option<PathBuf>,

    /// The oldest TLS version to accept: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    pub tls_min: Option<Version>,

    /// The newest TLS version to accept: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    pub tls_max: Option<Version>,
}

impl Tls {
    /// Whether something is asked for that only TLS has.
    pub fn is_asked_for(&self) -> bool {
        self.client_ca.is_some() || self.tls_min.is_some() || self.tls_max.is_some()
    }

    /// The certificate, as the options of a client name it.
    pub fn of_client(&self) -> crate::command::args::Tls {
        crate::command::args::Tls {
            insecure: false,
            cacert: None,
            cert: self.cert.clone(),
            key: self.key.clone(),
            pkcs12: self.pkcs12.clone(),
            pass_file: self.pass_file.clone(),
            sni: None,
            tls_min: self.tls_min,
            tls_max: self.tls_max,
        }
    }
}
