//! `wscope serve` with many clients: each sends a few messages, waits for their echo, and begins again.
//!
//! One thread plays all the clients; what the server takes is learnt from the server, so it matters little how fast
//! that thread is. Every byte of the answers is compared.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::frames::{self, unmask};
use crate::load::{Kind, Load};
use crate::process;
use crate::program::WSCOPE;

/// How many messages a client sends before it reads.
const AT_ONCE: usize = 16;

/// How many messages all clients send together.
const MESSAGES: usize = 256_000;

/// The key of every frame: what it is makes no difference to the server.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a server took.
pub struct Served {
    pub messages: usize,
    pub wall: Duration,
    pub cpu: Duration,
    /// The memory it held at the end, and by how much that is more than before the first client, in KiB.
    pub held_kib: u64,
    pub grown_kib: u64,
}

/// Has so many clients talk with a server, and learns what that took.
pub fn serve(connections: usize) -> Result<Served> {
    let server = Server::start()?;
    let before = process::resident_kib(server.process())?;
    let mut clients = (0..connections).map(|_| connect(server.port)).collect::<Result<Vec<TcpStream>>>()?;
    let load = Load::text(100, AT_ONCE as u64);
    let (out, back) = (batch(&load)?, whole(&load)?);
    let turns = MESSAGES / AT_ONCE / connections;
    let (cpu, started) = (process::cpu(server.process())?, Instant::now());
    for _ in 0..turns {
        turn(&mut clients, &out, &back)?;
    }
    let wall = started.elapsed();
    let cpu = process::cpu(server.process())? - cpu;
    let held_kib = process::resident_kib(server.process())?;
    let grown_kib = held_kib.saturating_sub(before);
    Ok(Served { messages: turns * AT_ONCE * connections, wall, cpu, held_kib, grown_kib })
}

/// All clients send, and then all read.
fn turn(clients: &mut [TcpStream], out: &[u8], back: &[u8]) -> Result<()> {
    for client in &mut *clients {
        client.write_all(out)?;
    }
    let mut answer = vec![0; back.len()];
    for client in clients {
        client.read_exact(&mut answer)?;
        ensure!(answer == back, "the server sent back something else");
    }
    Ok(())
}

/// The frames of the load as a server sends them.
fn whole(load: &Load) -> Result<Vec<u8>> {
    let mut frames = Vec::new();
    load.frames().write_to(&mut frames)?;
    Ok(frames)
}

/// The frames of the load as a client sends them.
fn batch(load: &Load) -> Result<Vec<u8>> {
    let mut payloads = Vec::new();
    load.payloads().write_to(&mut payloads)?;
    let mut header = frames::header(Kind::Text, load.size);
    header[1] |= 0x80;
    let mut batch = Vec::new();
    for payload in payloads.chunks_exact_mut(load.size) {
        unmask(payload, KEY);
        batch.extend([&header[..], &KEY, payload].concat());
    }
    Ok(batch)
}

fn connect(port: u16) -> Result<TcpStream> {
    let mut client = TcpStream::connect(("127.0.0.1", port))?;
    client.set_nodelay(true)?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    client.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut block = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let length = client.read(&mut block)?;
        ensure!(length > 0, "the server left in the opening handshake");
        head.extend_from_slice(&block[..length]);
    }
    ensure!(head.starts_with(b"HTTP/1.1 101 "), "refused: {}", head.escape_ascii());
    Ok(client)
}

/// A server that runs; dropping it ends it.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it on a free port and waits until it says which.
    fn start() -> Result<Server> {
        let mut command = Command::new(WSCOPE);
        command.args(["serve", ":0", "--no-config"]).env_clear();
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().context("stderr was asked to be a pipe")?);
        let mut line = String::new();
        stderr.read_line(&mut line)?;
        // What it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let port = line.trim_end().trim_end_matches('/').rsplit(':').next().map(str::parse);
        let port = port.and_then(Result::ok).with_context(|| format!("the server says {line:?}"));
        Ok(Server { child, port: port? })
    }

    fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
