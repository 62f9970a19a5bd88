//! The two ends of a program's stdin and stdout that are pipes: one thread feeds, one drains and compares.

use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};

use crate::load::{Checker, Stream};

/// So much is read at once.
pub const BLOCK: usize = 256 * 1024;

/// A thread's outcome, to be asked for once the program has ended.
pub type Outcome = JoinHandle<Result<()>>;

/// Waits for the outcome of a thread.
pub fn outcome(thread: Outcome) -> Result<()> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?.context("at stdin or stdout")
}

/// Widens a pipe to 1 MiB, the most that anyone may ask for. Where even that is refused it stays as it is.
pub fn widen(pipe: impl AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1024 * 1024);
}

/// A pipe that gives the stream and ends.
pub fn feed(stream: Stream) -> Result<(PipeReader, Outcome)> {
    let (reader, mut writer) = std::io::pipe()?;
    widen(&writer);
    Ok((reader, thread::spawn(move || Ok(stream.write_to(&mut writer)?))))
}

/// A pipe that takes the stream, and nothing else.
pub fn drain(stream: Stream) -> Result<(PipeWriter, Outcome)> {
    let (mut reader, writer) = std::io::pipe()?;
    widen(&writer);
    let drain = move || {
        let mut block = vec![0; BLOCK];
        let mut checker = Checker::new(stream);
        loop {
            match reader.read(&mut block)? {
                0 => return checker.finish(),
                length => checker.feed(&block[..length])?,
            }
        }
    };
    Ok((writer, thread::spawn(drain)))
}
