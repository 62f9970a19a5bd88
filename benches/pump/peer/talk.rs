//! A connection as a peer sees it: accepted, greeted, and ended so that nothing is lost.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use anyhow::{Context, Result, bail};
use openssl::ssl::{SslAcceptor, SslStream};
use tungstenite::handshake::derive_accept_key;

use crate::frames::{CLOSE_FRAME, Walker};
use crate::pipes::BLOCK;
use crate::secure::{self, Buffered};

/// How the raw pump greets, and how it is greeted.
pub const RAW_REQUEST: &[u8] = b"GET /raw HTTP/1.1\r\n\r\n";
pub const RAW_REPLY: &[u8] = b"HTTP/1.1 101 Raw\r\n\r\n";

/// The longest head that a program sends.
const LONGEST_HEAD: usize = 4096;

/// A greeted connection.
pub struct Talk {
    stream: Transport,
    /// With the raw pump: there are no frames.
    pub is_raw: bool,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<SslStream<Buffered>>),
}

impl Talk {
    /// Waits for the program and greets it.
    pub fn accept(listener: &TcpListener, tls: Option<&SslAcceptor>) -> Result<Talk> {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        let stream = match tls {
            None => Transport::Plain(socket),
            Some(acceptor) => Transport::Tls(Box::new(secure::accept(acceptor, socket)?)),
        };
        let mut talk = Talk { stream, is_raw: false };
        talk.greet().context("in the opening handshake")?;
        Ok(talk)
    }

    fn greet(&mut self) -> Result<()> {
        let head = self.head()?;
        self.is_raw = head == RAW_REQUEST;
        let reply = if self.is_raw { RAW_REPLY.to_vec() } else { switch(&head)? };
        self.write_all(&reply)?;
        Ok(self.flush()?)
    }

    /// Reads the request; nothing comes behind it before it is answered.
    fn head(&mut self) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        let mut block = [0; LONGEST_HEAD];
        while !head.ends_with(b"\r\n\r\n") {
            match self.read(&mut block)? {
                0 => bail!("the program left"),
                length => head.extend_from_slice(&block[..length]),
            }
        }
        Ok(head)
    }

    /// Answers a close frame, and ends.
    pub fn answer_close(mut self) -> Result<()> {
        self.write_all(&CLOSE_FRAME)?;
        self.end()
    }

    /// Sends a close frame, waits for the answer, and ends.
    pub fn close(mut self) -> Result<()> {
        self.write_all(&CLOSE_FRAME)?;
        self.flush()?;
        self.await_close()?;
        self.end()
    }

    /// Takes what comes up to the close frame, and ends.
    pub fn be_closed(mut self) -> Result<()> {
        self.await_close()?;
        self.answer_close()
    }

    fn await_close(&mut self) -> Result<()> {
        let mut walker = Walker::new();
        let mut block = vec![0; BLOCK];
        loop {
            match self.read(&mut block)? {
                0 => bail!("the program left without a close frame"),
                length if walker.feed(&mut block[..length])? => return Ok(()),
                _ => {}
            }
        }
    }

    /// Sends the end of the stream and waits for the program's.
    pub fn end(mut self) -> Result<()> {
        self.flush()?;
        if let Transport::Tls(stream) = &mut self.stream {
            // A program that has gone already needs no farewell.
            let _ = stream.shutdown();
            let _ = stream.get_mut().flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
        let mut rest = [0; 1024];
        while matches!(self.socket().read(&mut rest), Ok(1..)) {}
        Ok(())
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Transport::Plain(socket) => socket,
            Transport::Tls(stream) => &stream.get_ref().socket,
        }
    }
}

/// The 101 that answers this request.
fn switch(head: &[u8]) -> Result<Vec<u8>> {
    let head = std::str::from_utf8(head).context("the request is not text")?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Sec-WebSocket-Key").then(|| value.trim())
    });
    let accept = derive_accept_key(key.context("the request has no key")?.as_bytes());
    let reply = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    Ok(reply.into_bytes())
}

impl Read for Talk {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Transport::Plain(socket) => socket.read(block),
            Transport::Tls(stream) => stream.read(block),
        }
    }
}

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Transport::Plain(socket) => socket.write(bytes),
            Transport::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Transport::Plain(_) => Ok(()),
            Transport::Tls(stream) => stream.flush(),
        }
    }
}
