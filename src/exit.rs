//! Exit codes (contract section 6), and the only mapping from outcomes and errors to them.

use std::process::ExitCode;

use crate::command::client::die;
use crate::command::{Fault, FaultKind, Outcome};
use crate::net::Phase;
use crate::output::talk;
use crate::render::escape_into;
use crate::session::{Cause, Ended, opening};

/// Done, as asked.
pub const DONE: u8 = 0;
/// The answer is no.
pub const NO: u8 = 1;
/// The command line or the config file is wrong; nothing was sent.
pub const USAGE: u8 = 2;
/// No connection: name, TCP or proxy.
pub const CONNECT: u8 = 3;
/// TLS or certificates.
pub const TLS: u8 = 4;
/// The opening handshake was refused or invalid.
pub const HANDSHAKE: u8 = 5;
/// The peer broke the protocol or a limit.
pub const PROTOCOL: u8 = 6;
/// The connection was lost.
pub const LOST: u8 = 7;
/// The peer closed with an error code.
pub const CLOSED: u8 = 8;
/// Local input or output failed.
pub const LOCAL: u8 = 9;
/// A time limit ran out, as with timeout(1).
pub const TIMEOUT: u8 = 124;
/// Added to the number of a signal, as shells do it.
pub const SIGNAL: u8 = 128;

/// What each code means, for `wscope help exit-codes` and the man page.
pub const MEANINGS: &[(u8, &str)] = &[
    (
        DONE,
        "done: closed with 1000, 1001 or no code, or ended as asked (-n reached, the reader of stdout left)",
    ),
    (NO, "the answer is no: fewer than -n messages, no match of --until, input left unsent"),
    (USAGE, "usage: bad option, URL or config file; nothing was sent"),
    (CONNECT, "could not connect: name, TCP, proxy"),
    (TLS, "TLS or certificate"),
    (HANDSHAKE, "opening handshake refused or invalid, or ended before a complete 101"),
    (PROTOCOL, "the peer broke the protocol or a limit, and wscope failed the connection"),
    (LOST, "connection lost: no close frame (1006), no pong in time, our close frame not answered"),
    (CLOSED, "the peer closed with another code than 1000, 1001 or none"),
    (LOCAL, "local input or output failed"),
    (TIMEOUT, "--connect-timeout, --timeout or --idle-timeout ran out"),
    (129, "hung up (SIGHUP)"),
    (130, "interrupted (SIGINT, Ctrl-C)"),
    (143, "terminated (SIGTERM)"),
];

/// The code of an outcome.
pub fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Done => DONE,
        Outcome::No => NO,
        Outcome::NotOpened(error) => opening_code(error),
        Outcome::Ended(ended) => end_code(ended),
        Outcome::Local => LOCAL,
        Outcome::TimedOut => TIMEOUT,
        Outcome::Signal(number) => {
            u8::try_from(*number).map_or(SIGNAL, |number| SIGNAL.saturating_add(number))
        }
    }
}

fn opening_code(error: &opening::Error) -> u8 {
    if error.timed_out().is_some() {
        return TIMEOUT;
    }
    match error {
        opening::Error::Dial(error) if error.is_local() => LOCAL,
        opening::Error::Dial(error) if error.phase == Phase::Tls => TLS,
        opening::Error::Dial(_) => CONNECT,
        opening::Error::Alert { .. } => TLS,
        opening::Error::Local(_) => LOCAL,
        opening::Error::Handshake { .. }
        | opening::Error::Refused(_)
        | opening::Error::Redirect { .. }
        | opening::Error::Ended { .. }
        | opening::Error::TimedOut { .. } => HANDSHAKE,
    }
}

fn end_code(ended: &Ended) -> u8 {
    match ended.cause {
        Cause::ClosingHandshake => CLOSED,
        Cause::Violation => PROTOCOL,
        Cause::Lost | Cause::Unanswered | Cause::NoPong => LOST,
        Cause::Tls => TLS,
        Cause::Abandoned => DONE,
    }
}

/// Leaves with the code of an outcome; after a signal by that signal itself.
pub fn leave(outcome: &Outcome) -> ExitCode {
    match outcome {
        Outcome::Signal(number) => die(*number),
        other => ExitCode::from(code(other)),
    }
}

/// Says why a command could not begin, and leaves with its code.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    let fault = error.downcast_ref::<Fault>();
    let mut text = "wscope: ".to_owned();
    escape_into(&mut text, format!("{error:#}").trim_end().as_bytes(), "\n");
    if let Some(hint) = fault.and_then(Fault::try_this) {
        text.push_str("\n  try: ");
        escape_into(&mut text, hint.as_bytes(), "\n");
    }
    text.push('\n');
    talk::say(&text);
    ExitCode::from(match fault.map(Fault::kind) {
        Some(FaultKind::Usage) => USAGE,
        Some(FaultKind::Tls) => TLS,
        Some(FaultKind::Local) | None => LOCAL,
    })
}
