//! The mode `--raw`: a program that only reads and writes, as fast as that goes. It is what wscope is measured by.
//!
//! Blocks of 256 KiB, pipes as wide as they get, no frames. Over TLS its buffers are as large (see `secure`). It
//! greets the peer with one exchange, as long as an opening handshake takes.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::peer::{RAW_REPLY, RAW_REQUEST};
use crate::pipes::{BLOCK, widen};
use crate::secure;

mod both_ways;

/// The most that one record of TLS holds.
const RECORD: usize = 16 * 1024;

/// Copies one way or both: `send`, `receive`, `once` or `echo`, then the port, then for TLS the certificate to trust.
pub fn pump(args: &[&str]) -> Result<()> {
    let [way, port, cacert @ ..] = args else { bail!("a way and a port are missing") };
    let socket = TcpStream::connect(("127.0.0.1", port.parse()?))?;
    socket.set_nodelay(true)?;
    let input = own(std::io::stdin())?;
    let output = own(std::io::stdout())?;
    match (*way, cacert.first()) {
        ("send", None) => send(greet(socket)?, input),
        ("receive", None) => receive(greet(socket)?, output),
        ("once", None) => once(greet(socket)?, output),
        ("echo", None) => both_ways::copy(greet(socket)?, input, output),
        ("send", Some(cacert)) => send_tls(socket, Path::new(cacert), input),
        ("receive", Some(cacert)) => receive_tls(socket, Path::new(cacert), output),
        ("once", Some(cacert)) => once(greet(secure::connect(socket, Path::new(cacert))?)?, output),
        _ => bail!("{way} is no way to copy"),
    }
}

/// stdin or stdout without the buffers that the library puts before them.
fn own(stream: impl AsFd) -> Result<File> {
    let file = File::from(stream.as_fd().try_clone_to_owned()?);
    widen(&file);
    Ok(file)
}

/// One exchange of heads.
fn greet<S: Read + Write>(mut stream: S) -> Result<S> {
    stream.write_all(RAW_REQUEST)?;
    stream.flush()?;
    let mut reply = [0; RAW_REPLY.len()];
    stream.read_exact(&mut reply)?;
    ensure!(reply == RAW_REPLY, "this is no peer of the raw pump");
    Ok(stream)
}

fn send(mut socket: TcpStream, mut input: File) -> Result<()> {
    copy(&mut input, &mut socket)?;
    socket.shutdown(Shutdown::Write)?;
    await_end(socket)
}

fn receive(mut socket: TcpStream, mut output: File) -> Result<()> {
    copy(&mut socket, &mut output)
}

/// Prints what comes first, and leaves.
fn once(mut stream: impl Read, mut output: File) -> Result<()> {
    let mut block = vec![0; RECORD];
    let length = stream.read(&mut block)?;
    Ok(output.write_all(&block[..length])?)
}

fn send_tls(socket: TcpStream, cacert: &Path, mut input: File) -> Result<()> {
    let mut stream = greet(secure::connect(socket, cacert)?)?;
    copy(&mut input, &mut stream)?;
    stream.flush()?;
    stream.shutdown()?;
    stream.get_mut().flush()?;
    stream.get_ref().socket.shutdown(Shutdown::Write)?;
    await_end(&stream.get_ref().socket)
}

/// Collects records until no more of them are there already, or a block is full.
fn receive_tls(socket: TcpStream, cacert: &Path, mut output: File) -> Result<()> {
    let mut stream = greet(secure::connect(socket, cacert)?)?;
    let mut block = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        let length = stream.read(&mut block[filled..])?;
        filled += length;
        if length == 0 || !stream.get_ref().has_input() || block.len() - filled < RECORD {
            output.write_all(&block[..filled])?;
            filled = 0;
        }
        if length == 0 {
            return Ok(());
        }
    }
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match from.read(&mut block)? {
            0 => return Ok(()),
            length => to.write_all(&block[..length])?,
        }
    }
}

/// Until the peer has taken everything and says so.
fn await_end(mut socket: impl Read) -> Result<()> {
    while socket.read(&mut [0; 1024])? > 0 {}
    Ok(())
}
