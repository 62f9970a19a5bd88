//! Real commands behind a real loop, with clients that nobody here wrote.

mod ending;
mod talking;

use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::{Error, Message};

use super::super::behaviour::{Behaviour, Talk};
use super::*;
use crate::command::args::values::Span;
use crate::net::listen;
use crate::session::{
    Control, Direction, Door, Engine, Event, Life, Limits, LinkId, Listener, Mailbox, Ready, WatchId, opening,
};
use crate::wire::{Role, Settings};

/// How long anything may take before a test gives up.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server that has nothing but its commands.
struct Host {
    exec: Exec,
    said: Sender<Talk>,
    stopping: bool,
}

impl Host {
    fn tell(&mut self) {
        for (_, talk) in self.exec.talk() {
            // The test may have heard enough.
            let _ = self.said.send(talk);
        }
    }
}

impl Listener for Host {
    type Command = ();

    fn event(&mut self, control: &mut Control<'_>, link: LinkId, event: Event<'_>) {
        match event {
            Event::Open(opened) => self.exec.opened(control, link, &opened),
            Event::Message { direction: Direction::Received, kind, payload, .. } => {
                self.exec.message(control, link, kind, &payload);
            }
            Event::End(ended) => self.exec.ended(control, link, &ended),
            _ => {}
        }
    }

    fn failed(&mut self, _control: &mut Control<'_>, _error: opening::Error) {}

    fn command(&mut self, control: &mut Control<'_>, _command: ()) {
        self.stopping = true;
        self.exec.stop(control);
    }

    fn watched(&mut self, control: &mut Control<'_>, watch: WatchId, ready: Ready) {
        self.exec.watched(control, watch, ready);
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let again = self.exec.turn(control);
        self.tell();
        if self.stopping && self.exec.is_done() {
            control.stop();
        }
        again
    }

    fn deadline(&self) -> Option<Instant> {
        self.exec.deadline()
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        self.exec.expired(control);
    }
}

/// The server on a thread of its own.
struct Server {
    port: u16,
    said: Receiver<Talk>,
    mailbox: Mailbox<()>,
    thread: Option<JoinHandle<()>>,
}

struct Options {
    raw: bool,
    max_children: usize,
    max_message: u64,
    grace: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { raw: false, max_children: 64, max_message: 64 << 20, grace: Duration::from_millis(200) }
    }
}

fn serve(command: &[&str], options: Options) -> Server {
    let args = ExecArgs {
        command: command.iter().map(Into::into).collect(),
        max_children: options.max_children.try_into().unwrap(),
        pass_env: Vec::new(),
        grace: Span(Some(options.grace)),
    };
    let facts =
        ServerFacts { software: "wscope/test".to_owned(), max_message: options.max_message, queue: 1 << 20 };
    let exec = Exec::new(&args, options.raw, facts).unwrap();
    let listener = listen::Listener::bind(&listen::ListenAddr::parse("127.0.0.1:0").unwrap()).unwrap();
    let port = listener.url(false).rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let mut engine: Engine<Host> = Engine::new(Instant::now(), false).unwrap();
    let life = Life { close_timeout: DEADLINE, ping_interval: None, ping_timeout: Duration::MAX };
    let limits = Limits { connections: 1024, patience: DEADLINE, head: 64 * 1024 };
    engine.accept(Door { listener, settings: Settings::new(Role::Server), life, limits, tls: None }).unwrap();
    let (mailbox, (said, heard)) = (engine.mailbox(), channel());
    let thread = std::thread::spawn(move || {
        engine.run(&mut Host { exec, said, stopping: false }, |_, _| {}).unwrap();
    });
    Server { port, said: heard, mailbox, thread: Some(thread) }
}

fn shell(script: &str) -> Server {
    serve(&["sh", "-c", script], Options::default())
}

type Client = WebSocket<TcpStream>;

impl Server {
    fn client(&self) -> Client {
        self.client_at("/")
    }

    fn client_at(&self, target: &str) -> Client {
        connect(self.port, target)
    }

    fn heard(&self) -> Talk {
        self.said.recv_timeout(DEADLINE).expect("something is said")
    }

    fn stop(mut self) {
        self.mailbox.send(());
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must not leave commands behind.
        self.mailbox.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(port: u16, target: &str) -> Client {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    tungstenite::client(format!("ws://127.0.0.1:{port}{target}"), stream).unwrap().0
}

fn text(client: &mut Client) -> String {
    loop {
        match client.read().unwrap() {
            Message::Text(text) => return text.to_string(),
            // Whoever is not read is asked now and then whether it is still there.
            Message::Pong(_) => {}
            other => panic!("a text message was awaited: {other:?}"),
        }
    }
}

fn send(client: &mut Client, text: &str) {
    client.send(Message::text(text)).unwrap();
}

/// The rest of the text messages, and the close frame.
fn to_end(client: &mut Client) -> (Vec<String>, u16, String) {
    let (mut texts, mut close) = (Vec::new(), None);
    loop {
        match client.read() {
            Ok(Message::Text(text)) => texts.push(text.to_string()),
            Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                close = Some((u16::from(code), reason.to_string()));
            }
            Ok(Message::Pong(_)) => {}
            Ok(other) => panic!("not awaited: {other:?}"),
            Err(Error::ConnectionClosed) => {
                let (code, reason) = close.expect("a close frame");
                return (texts, code, reason);
            }
            Err(error) => panic!("{error}; {texts:?}"),
        }
    }
}
