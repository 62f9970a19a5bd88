//! The options of a server become what it is made of: everything that can be wrong with them, and every file they
//! name, is found out here, before anything listens.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::admission::Admission;
use super::args::{Args, Slow, Tls};
use super::behaviour::Behaviour;
use super::console::{Console, ConsoleDesk, Lines};
use super::display::{Display, Hand, Place};
use super::exec::{Exec, ServerFacts};
use super::fault::Faults;
use super::push::Push;
use super::queue::Queue;
use super::relay::{Relay, Route};
use super::server::Command;
use super::sink::Sink;
use crate::command::Fault;
use crate::command::args::Form;
use crate::command::args::values::{Size, Span};
use crate::command::client::{Journal, identity, read_named, tls_fault};
use crate::command::typing::Typing;
use crate::net::listen::{ListenAddr, Listener};
use crate::net::tls::{Acceptor, Error, IdentitySource, ServerIdentity, ServerOptions};
use crate::output::screen::{Here, Screen};
use crate::output::stdout::Stdout;
use crate::output::terminal::{self, Modes, Streams};
use crate::record::Writer;
use crate::session::{Door, Life, Limits, Mailbox};
use crate::wire::{Kind, Role, Settings};

/// Listens where the user asked for.
pub fn bind(addr: &str) -> Result<Listener> {
    let address =
        ListenAddr::parse(addr).map_err(|error| Fault::usage(error.to_string()).maybe_hint(error.hint()))?;
    let bound = Listener::bind(&address);
    Ok(bound.map_err(|error| Fault::local(error.to_string()).maybe_hint(error.hint().map(str::to_owned)))?)
}

/// How TLS is spoken, if a certificate is named or to be made.
pub fn tls(args: &Args, terminal: bool) -> Result<Option<Acceptor>> {
    let Tls { self_signed, ca_out, client_ca, .. } = &args.tls;
    let named = identity(&args.tls.of_client(), terminal)?;
    let identity = match named {
        Some(IdentitySource::Pem { cert, key }) => ServerIdentity::Pem { cert, key },
        Some(IdentitySource::Pkcs12 { file, password }) => ServerIdentity::Pkcs12 { file, password },
        None if *self_signed => ServerIdentity::SelfSigned { ca_out: ca_out.clone() },
        None if args.tls.is_asked_for() => {
            let fault = Fault::usage("--client-ca, --tls-min and --tls-max need a certificate");
            return Err(fault.hint("--self-signed, or --cert FILE --key FILE").into());
        }
        None => return Ok(None),
    };
    let (client_ca, min, max) = (client_ca.clone(), args.tls.tls_min, args.tls.tls_max);
    let options = ServerOptions { identity, client_ca, min, max };
    Ok(Some(Acceptor::new(&options).map_err(|error| match error {
        Error::Usage(text) => Fault::usage(text),
        error => tls_fault(&error),
    })?))
}

/// Where clients come in, and how their connections behave.
pub fn door(args: &Args, listener: Listener, tls: Option<Acceptor>) -> Door {
    let (messages, clients) = (&args.messages, &args.clients);
    let endless = Duration::MAX;
    let mut settings = Settings::new(Role::Server);
    settings.max_message = messages.max_message.0;
    settings.max_fragments = messages.max_fragments;
    settings.fragment = messages.fragment.and_then(|Size(size)| usize::try_from(size).ok()?.try_into().ok());
    settings.auto_pong = !clients.no_pong;
    settings.lenient = messages.lenient;
    settings.frames = args.showing.wants_frames();
    let life = Life {
        close_timeout: clients.close_timeout.0.unwrap_or(endless),
        ping_interval: clients.ping_interval.and_then(|Span(span)| span),
        ping_timeout: clients.ping_timeout.0.unwrap_or(endless),
    };
    let limits = Limits {
        connections: clients.connections as usize,
        patience: clients.handshake_timeout.0.unwrap_or(ENDLESS_HANDSHAKE),
        head: usize::try_from(clients.max_head.0).unwrap_or(usize::MAX),
    };
    Door { listener, tls, settings, life, limits }
}

/// What `--handshake-timeout forever` comes to: a moment that the clock can still tell.
const ENDLESS_HANDSHAKE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Who is let in, by the names of where the server listens.
pub fn admission(args: &Args, listener: &Listener) -> Result<Admission> {
    // On all addresses, every address is a name.
    let names = [listener.host_names(), vec![listener.local_addr_text()]].concat();
    Admission::new(&args.admission, !args.exec.command.is_empty(), names)
}

/// What is done wrong on purpose.
pub fn faults(args: &Args) -> Result<Faults> {
    let faults = Faults::new(&args.faults)?;
    match faults.needs_compression().filter(|_| !args.messages.compress) {
        Some(name) => {
            let fault = Fault::usage(format!("--fault {name}: nothing is compressed without -z"));
            Err(fault.hint("give -z here and to the client").into())
        }
        None => Ok(faults),
    }
}

/// What is done with messages.
pub fn behaviour(args: &Args, streams: Streams) -> Result<Box<dyn Behaviour>> {
    if !args.exec.command.is_empty() {
        let facts = ServerFacts {
            software: concat!("wscope/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_message: args.messages.max_message.0,
            queue: args.clients.queue.0,
        };
        return Ok(Box::new(Exec::new(&args.exec, args.messages.binary, facts)?));
    }
    let doing = &args.doing;
    let many = doing.broadcast || doing.console;
    let slow = args.clients.slow.unwrap_or(if many { Slow::Drop } else { Slow::Wait });
    let queue = Queue::new(args.clients.queue.0, slow);
    if doing.sink {
        return Ok(Box::new(Sink::default()));
    }
    if doing.console {
        let lines = (!has_prompt(args, streams)).then(|| Lines::new(args.messages.max_message.0));
        return Ok(Box::new(Console::new(kind(args), queue, lines)));
    }
    if let Some(path) = &doing.push {
        let (kind, every) = (kind(args), args.messages.every.0);
        return Ok(Box::new(Push::new(kind, lines(path, kind)?, every, queue)));
    }
    let route = match () {
        () if doing.broadcast => Route::Broadcast { include_sender: args.messages.include_sender },
        () if !doing.reply.is_empty() => Route::Reply(replies(args)?),
        () => Route::Echo,
    };
    Ok(Box::new(Relay::new(route, queue)))
}

/// The lines of a file, read as `-i lines` reads them.
fn lines(path: &Path, kind: Kind) -> Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(path).map_err(|error| Fault::file("--push", path, &error))?;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    if bytes.is_empty() {
        return Err(Fault::local(format!("--push {}: the file has no lines", path.display())).into());
    }
    let line = |(index, line): (usize, &[u8])| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        check_text(kind, line, &format!("--push {}, line {}", path.display(), index + 1))?;
        Ok(line.to_vec())
    };
    bytes.split(|&byte| byte == b'\n').enumerate().map(line).collect()
}

/// The texts of `--reply`, or what they name.
fn replies(args: &Args) -> Result<Vec<(Kind, Vec<u8>)>> {
    let kind = kind(args);
    let read = |reply: &String| {
        let payload = match reply.strip_prefix('@') {
            Some(text) if text.starts_with('@') => text.as_bytes().to_vec(),
            Some(path) => read_named("--reply", path)?,
            None => reply.as_bytes().to_vec(),
        };
        check_text(kind, &payload, &format!("--reply {reply}"))?;
        Ok((kind, payload))
    };
    args.doing.reply.iter().map(read).collect()
}

fn kind(args: &Args) -> Kind {
    if args.messages.binary { Kind::Binary } else { Kind::Text }
}

/// Text messages are UTF-8 (RFC 6455 §5.6).
fn check_text(kind: Kind, payload: &[u8], what: &str) -> Result<()> {
    match (kind, std::str::from_utf8(payload)) {
        (Kind::Text, Err(error)) => {
            let at = error.valid_up_to();
            let fault =
                Fault::local(format!("{what}: not UTF-8 at byte {at}, so it cannot be a text message"));
            Err(fault.hint("-b sends it as binary").into())
        }
        _ => Ok(()),
    }
}

/// Whether lines are typed at a prompt: it needs a terminal on both sides, and nothing that asks for a pipe.
pub fn has_prompt(args: &Args, streams: Streams) -> bool {
    let human = matches!(args.messages.output, None | Some(Form::Human));
    args.doing.console && streams.stdin && streams.stdout && human
}

/// What is to be known from the start.
pub fn notices(args: &Args, streams: Streams, listener: &Listener) -> Vec<String> {
    let reached = (!listener.is_loopback()).then(|| {
        let address = listener.local_addr_text();
        format!("warning: other computers can reach this server, which listens on {address}")
    });
    let typed = args.doing.console && streams.stdin && !has_prompt(args, streams);
    let typed = typed.then(|| {
        "no prompt where the output is no terminal: each line goes to all clients, and none is a command"
            .to_owned()
    });
    reached.into_iter().chain(typed).collect()
}

/// Where what happens is shown. Creates the recording.
pub fn display(args: &Args, streams: Streams, mailbox: Mailbox<Command>) -> Result<Display> {
    let showing = &args.showing;
    let journal = match &showing.record {
        None => None,
        Some(path) => Some(
            Journal::create(path, Writer::new(showing.show_secrets))
                .map_err(|error| Fault::file("--record", path, &error))?,
        ),
    };
    let form = match args.messages.output {
        Some(Form::Whole) => return Err(Fault::usage("-o whole: this form is for input only").into()),
        // Explicit forms are escaped on a terminal, too.
        Some(Form::Lines | Form::Nul | Form::Raw) if streams.stdout && !showing.raw_terminal => {
            Some(Form::Human)
        }
        form => form,
    };
    let place = match form {
        Some(Form::Human) | None if streams.stdout => terminal_place(args, streams, mailbox)?,
        Some(form) => Place::Stdout(form, Stdout::new()),
        None => Place::Stderr,
    };
    let styles = [showing.style(streams.stdout), showing.style(streams.stderr)];
    // What a sink swallows is worth a count; each message, only to those who ask.
    let messages = !args.doing.sink || showing.verbose > 0;
    Ok(Display::new(showing, place, styles, journal, messages))
}

/// The terminal, with a prompt where one is asked for.
fn terminal_place(args: &Args, streams: Streams, mailbox: Mailbox<Command>) -> Result<Place> {
    let bell = mailbox.clone();
    let drained = move || {
        // A loop that has ended needs no room.
        let _ = bell.send(Command::Drained);
    };
    if !has_prompt(args, streams) {
        let (screen, thread) = Screen::start(Here, drained);
        return Ok(Place::Terminal(screen, Hand::Thread(thread)));
    }
    let desk = ConsoleDesk::new(kind(args), args.messages.max_message.0, mailbox);
    let (edits, history) = (terminal::knows_sequences(), args.showing.history());
    let typing = Typing::open(desk, edits, Modes::save(), history, drained)?;
    Ok(Place::Terminal(typing.screen(), Hand::Typing(Box::new(typing))))
}
