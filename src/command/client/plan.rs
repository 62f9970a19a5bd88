//! The options of a session become a plan: everything that can be wrong with them, and every file they name, is
//! found out here, before anything is sent.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use regex::bytes::Regex;

use super::ending::Goal;
use super::named::read_named;
use super::{credentials, headers};
use crate::command::Fault;
use crate::command::args::values::{Size, Span};
use crate::command::args::{ColorWhen, Form, Options, PrettyWhen, Showing, TimeForm};
use crate::net::{self, Dialer, Family, ProxyChoice, Target};
use crate::output::terminal::{self, Streams};
use crate::render::{Style, TimeStyle};
use crate::session::Life;
use crate::session::opening::Opening;
use crate::wire::{Kind, Role, Settings};

/// How stdin and stdout are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Lines are typed, and edited where the terminal can do that.
    Prompt,
    /// Stdin becomes messages, and messages go to stdout.
    Pipe,
}

impl Mode {
    /// A prompt needs a terminal on both sides, and nothing that asks for a pipe.
    pub fn of(options: &Options, streams: Streams) -> Mode {
        let messages = &options.messages;
        let pipe =
            messages.no_input || messages.echo || messages.output.is_some_and(|form| form != Form::Human);
        if streams.stdin && streams.stdout && !pipe { Mode::Prompt } else { Mode::Pipe }
    }
}

/// What a session is going to do.
pub struct Plan {
    /// The options as given.
    pub options: Options,
    /// How to open the connection.
    pub opening: Opening,
    /// The messages of `-m`, in order.
    pub first: Vec<(Kind, Vec<u8>)>,
    /// How input becomes messages; `None` if stdin is not read.
    pub input: Option<Form>,
    /// How messages are written.
    pub output: Form,
    /// What is sent where neither the form nor a record says it.
    pub kind: Kind,
    /// What `-n` and `--until` wait for.
    pub goal: Goal,
    /// Whether there is an end of input at all.
    pub input_ends: bool,
    /// When the program started.
    pub started: Instant,
}

impl Plan {
    /// Reads the options. `started` is when the program started.
    pub fn new(options: Options, url: &str, mode: Mode, streams: Streams, started: Instant) -> Result<Plan> {
        let opening = opening_for(&options, url, streams.stdin)?;
        let messages = &options.messages;
        let (input, output) = forms(&options, mode, streams)?;
        let kind = match (messages.text, messages.binary, input) {
            (true, _, _) => Kind::Text,
            (_, true, _) | (_, _, Some(Form::Raw | Form::Hex | Form::Base64)) => Kind::Binary,
            _ => Kind::Text,
        };
        let first_kind = if messages.binary { Kind::Binary } else { Kind::Text };
        let first = first_messages(&options, first_kind)?;
        let until = messages.until.as_deref().map(Regex::new).transpose();
        let until =
            until.map_err(|error| Fault::usage(format!("--until: not a regular expression: {error}")))?;
        let count = messages.count.or(messages.one.then_some(1));
        let unending = messages.no_input || messages.echo;
        let input_ends =
            input.is_some() || (!messages.messages.is_empty() && !unending) || messages.linger.is_some();
        let goal = Goal::new(count, until);
        Ok(Plan { options, opening, first, input, output, kind, goal, input_ends, started })
    }

    /// Whether what is sent must come back as an event: a recording tells it.
    pub fn wants_sent(&self) -> bool {
        self.options.showing.record.is_some()
    }
}

/// How to open a connection to `url` with these options. `terminal` tells whether a password can be asked for.
fn opening_for(options: &Options, url: &str, terminal: bool) -> Result<Opening> {
    let target =
        Target::parse(url).map_err(|error| Fault::usage(error.to_string()).maybe_hint(error.hint()))?;
    let connecting = &options.connecting;
    let authorization = credentials::authorization(connecting, &target, terminal)?;
    let asked = headers::read(connecting, authorization)?;
    let mut dialing = dialing(options, terminal)?;
    let dialer = Arc::new(Dialer::new(dialing.clone()));
    dialer.check(&target).map_err(|error| tls_fault(&error))?;
    dialing.tls.identity = None;
    let mut settings = Settings::new(Role::Client);
    settings.max_message = options.messages.max_message.0;
    settings.max_fragments = options.messages.max_fragments;
    settings.auto_pong = !options.life.no_pong;
    settings.fragment =
        options.messages.fragment.and_then(|Size(size)| usize::try_from(size).ok()?.try_into().ok());
    settings.lenient = options.messages.lenient;
    settings.frames = options.showing.wants_frames();
    Ok(Opening {
        target,
        dialer,
        stranger: Arc::new(Dialer::new(dialing)),
        fields: asked.fields,
        subprotocols: asked.subprotocols,
        compress: connecting.compress.as_deref().map(headers::compression).transpose()?,
        redirects: connecting.location.then_some(connecting.max_redirs),
        max_head: usize::try_from(connecting.max_head.0).unwrap_or(usize::MAX),
        timeout: connecting.connect_timeout.0,
        settings,
        life: life(options),
    })
}

fn dialing(options: &Options, terminal: bool) -> Result<net::Options> {
    let connecting = &options.connecting;
    let family = match (connecting.ipv4, connecting.ipv6) {
        (true, _) => Some(Family::V4),
        (_, true) => Some(Family::V6),
        _ => None,
    };
    let proxy = match &connecting.proxy {
        None => ProxyChoice::Environment,
        Some(url) => {
            url.parse().map_err(|error: net::ProxyError| Fault::usage(format!("--proxy: {error}")))?
        }
    };
    let tls = net::tls::Options {
        insecure: options.tls.insecure,
        cacert: options.tls.cacert.clone(),
        identity: credentials::identity(&options.tls, terminal)?,
        sni: options.tls.sni.clone(),
        min: options.tls.tls_min,
        max: options.tls.tls_max,
    };
    tls.check().map_err(Fault::usage)?;
    Ok(net::Options {
        family,
        resolve: connecting.resolve.clone(),
        unix_socket: connecting.unix_socket.clone(),
        proxy,
        tls,
    })
}

/// A file that cannot be read is a local failure, one that cannot be used a failure of TLS.
pub fn tls_fault(error: &net::tls::Error) -> Fault {
    let text = error.to_string();
    let fault = if error.is_local() { Fault::local(text) } else { Fault::tls(text) };
    fault.maybe_hint(error.hint())
}

fn life(options: &Options) -> Life {
    let endless = std::time::Duration::MAX;
    Life {
        close_timeout: options.life.close_timeout.0.unwrap_or(endless),
        ping_interval: options.life.ping_interval.and_then(|Span(span)| span),
        ping_timeout: options.life.ping_timeout.0.unwrap_or(endless),
    }
}

/// The forms of input and output (contract section 2).
fn forms(options: &Options, mode: Mode, streams: Streams) -> Result<(Option<Form>, Form)> {
    let messages = &options.messages;
    let raw_default = messages.binary && messages.input.is_none() && messages.output.is_none();
    let input = match messages.input {
        Some(Form::Human) => return Err(Fault::usage("-i human: this form is for output only").into()),
        Some(Form::Raw) if messages.text => {
            return Err(Fault::usage("-t -i raw: blocks of bytes cannot be sent as text messages").into());
        }
        Some(form) => form,
        None if raw_default && mode == Mode::Pipe => Form::Raw,
        None => Form::Lines,
    };
    let output = match messages.output {
        Some(Form::Whole) => return Err(Fault::usage("-o whole: this form is for input only").into()),
        Some(form) => form,
        None if streams.stdout => Form::Human,
        None if raw_default => Form::Raw,
        None => Form::Lines,
    };
    let with_messages = !messages.messages.is_empty() && messages.input.is_none();
    let read = !messages.no_input && !messages.echo && (mode == Mode::Prompt || !with_messages);
    Ok((read.then_some(input), output))
}

/// The messages of `-m`.
fn first_messages(options: &Options, kind: Kind) -> Result<Vec<(Kind, Vec<u8>)>> {
    let limit = options.messages.max_message.0;
    let mut first = Vec::new();
    for text in &options.messages.messages {
        let payload = match text.strip_prefix('@') {
            None => text.clone().into_bytes(),
            Some(rest) if rest.starts_with('@') => rest.as_bytes().to_vec(),
            Some(path) => read_named("-m", path)?,
        };
        if payload.len() as u64 > limit {
            let length = payload.len();
            return Err(
                Fault::local(format!("-m: a message of {length} bytes is beyond --max-message")).into()
            );
        }
        if kind == Kind::Text
            && let Err(error) = std::str::from_utf8(&payload)
        {
            let at = error.valid_up_to();
            let fault = Fault::local(format!(
                "-m {text}: not UTF-8 at byte offset {at}, so it cannot be sent as text"
            ));
            return Err(fault.hint("-b sends it as binary").into());
        }
        first.push((kind, payload));
    }
    Ok(first)
}

impl Showing {
    /// Where typed lines are kept; `None` where there is no home for them or none is wanted.
    pub fn history(&self) -> Option<PathBuf> {
        use etcetera::BaseStrategy;
        if self.no_history {
            return None;
        }
        let base = etcetera::choose_base_strategy().ok()?;
        Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("wscope").join("history"))
    }

    /// How text looks on a stream, which may be a terminal.
    pub fn style(&self, terminal: bool) -> Style {
        let on = |when: bool, always: bool| always || (when && terminal);
        let color = match self.color {
            ColorWhen::Auto => terminal && terminal::takes_color(),
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        };
        Style {
            color,
            escape: !self.raw_terminal,
            hex_limit: usize::try_from(self.hex_limit.0).unwrap_or(usize::MAX),
            text_limit: usize::try_from(self.text_limit.0).unwrap_or(usize::MAX),
            pretty: on(self.pretty == PrettyWhen::Auto, self.pretty == PrettyWhen::Always),
            width: if terminal { terminal::width() } else { 0 },
            time: self.time.map(time_style),
            verbose: self.verbose > 0,
            frames: self.wants_frames(),
            show_secrets: self.show_secrets,
            label: String::new(),
        }
    }
}

/// The form of `--time` for the renderer.
pub fn time_style(form: TimeForm) -> TimeStyle {
    match form {
        TimeForm::Relative => TimeStyle::Relative,
        TimeForm::Clock => TimeStyle::Clock(jiff::tz::TimeZone::system()),
        TimeForm::Delta => TimeStyle::Delta,
    }
}

/// Whether data waits on a standard input that is not going to be read.
pub fn input_waits() -> bool {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return false;
    }
    #[cfg(unix)]
    {
        // Of a file it counts what lies beyond the place up to which it was read.
        rustix::io::ioctl_fionread(&stdin).is_ok_and(|waiting| waiting > 0)
    }
    #[cfg(not(unix))]
    false
}
