//! `wscope serve … -- COMMAND` for tests: clients built on tungstenite, and the processes that a server started.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::{Error, Message};

use super::DEADLINE;
use super::served::{Served, serve};

/// A client of it.
pub type Client = WebSocket<TcpStream>;

/// Serves with these options and this command.
#[track_caller]
pub fn serve_command(options: &[&str], command: &[&str]) -> Served {
    serve(&[options, &["--"], command].concat())
}

/// The same for a shell script, which is handed over as it is.
#[track_caller]
pub fn serve_script(script: &str) -> Served {
    serve_command(&[], &["sh", "-c", script])
}

/// A client of a server.
#[track_caller]
pub fn connect(server: SocketAddr, target: &str) -> Client {
    let stream = TcpStream::connect(server).expect("the server listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    tungstenite::client(format!("ws://{server}{target}"), stream).expect("the client is let in").0
}

/// Sends a text message.
#[track_caller]
pub fn say(client: &mut Client, text: &str) {
    client.send(Message::text(text)).expect("the server takes it");
}

/// The next message, which must be text.
#[track_caller]
pub fn hear(client: &mut Client) -> String {
    loop {
        match client.read() {
            Ok(Message::Text(text)) => return text.to_string(),
            // Whoever is not read is asked now and then whether it is still there.
            Ok(Message::Pong(_)) => {}
            other => panic!("a text message was awaited: {other:?}"),
        }
    }
}

/// The text messages up to the server's close frame, and its code and reason.
#[track_caller]
pub fn hear_to_end(client: &mut Client) -> (Vec<String>, u16, String) {
    let (mut texts, mut close) = (Vec::new(), None);
    loop {
        match client.read() {
            Ok(Message::Text(text)) => texts.push(text.to_string()),
            Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                close = Some((u16::from(code), reason.to_string()));
            }
            Ok(Message::Pong(_)) => {}
            Err(Error::ConnectionClosed) if close.is_some() => {
                let (code, reason) = close.expect("there is one");
                return (texts, code, reason);
            }
            other => panic!("a text message or a close frame was awaited: {other:?}, after {texts:?}"),
        }
    }
}

/// The processes that have this in their environment, without `except`; those that have ended are not among them, even
/// where nobody reaped them.
#[cfg(target_os = "linux")]
pub fn marked(mark: &str, except: u32) -> Vec<u32> {
    let is_marked = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
    };
    processes().filter(|&pid| pid != except).filter(is_marked).collect()
}

/// The children of a process, those included that were not reaped.
#[cfg(target_os = "linux")]
pub fn children(parent: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name, which may hold anything: the state, and the parent.
        let parent_of = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    processes().filter(is_child).collect()
}

/// How many descriptors a process has open.
#[cfg(target_os = "linux")]
pub fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").count()
}

#[cfg(target_os = "linux")]
fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").expect("/proc is there").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Waits until this holds.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
