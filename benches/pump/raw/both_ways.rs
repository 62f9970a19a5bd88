//! Copying both ways at once, on one thread: stdin to the socket, the socket to stdout.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, poll};

use crate::pipes::BLOCK;

/// Copies until stdin has ended and the peer has sent all of it back.
pub fn copy(socket: TcpStream, input: File, output: File) -> Result<()> {
    socket.set_nonblocking(true)?;
    let mut sending = Sending { input, block: vec![0; BLOCK], from: 0, to: 0, ended: false };
    let mut receiving = Receiving { output, block: vec![0; BLOCK] };
    loop {
        let (can_read, may_send) = wait(&socket, &sending)?;
        if may_send {
            sending.step(&socket)?;
        }
        if can_read && receiving.step(&socket)? {
            return Ok(());
        }
    }
}

/// Waits until one way can go on: whether there is something to receive, and whether sending may be tried.
fn wait(socket: &TcpStream, sending: &Sending) -> Result<(bool, bool)> {
    let for_socket = if sending.waits() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let for_input = if sending.waits() || sending.ended { PollFlags::empty() } else { PollFlags::IN };
    let mut descriptors = [PollFd::new(socket, for_socket), PollFd::new(&sending.input, for_input)];
    // What is not asked for would still be told of an input whose writer has gone, again and again.
    let count = if for_input.is_empty() { 1 } else { 2 };
    poll(&mut descriptors[..count], None)?;
    let (socket, input) = (descriptors[0].revents(), descriptors[1].revents());
    let may_send = socket.contains(PollFlags::OUT) || (count == 2 && !input.is_empty());
    Ok((socket.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR), may_send))
}

/// From stdin to the socket.
struct Sending {
    input: File,
    block: Vec<u8>,
    /// What of the block was read and not yet written.
    from: usize,
    to: usize,
    ended: bool,
}

impl Sending {
    /// Whether the socket is to take more before anything is read.
    fn waits(&self) -> bool {
        self.from < self.to
    }

    /// Writes what waits; where nothing does, reads first.
    fn step(&mut self, mut socket: &TcpStream) -> Result<()> {
        if !self.waits() {
            self.from = 0;
            self.to = self.input.read(&mut self.block)?;
            if self.to == 0 {
                self.ended = true;
                return Ok(socket.shutdown(Shutdown::Write)?);
            }
        }
        match socket.write(&self.block[self.from..self.to]) {
            Ok(written) => self.from += written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// From the socket to stdout.
struct Receiving {
    output: File,
    block: Vec<u8>,
}

impl Receiving {
    /// Copies what is there; true at the end.
    fn step(&mut self, mut socket: &TcpStream) -> Result<bool> {
        match socket.read(&mut self.block) {
            Ok(0) => Ok(true),
            Ok(length) => self.output.write_all(&self.block[..length]).map(|()| false).map_err(Into::into),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
