//! Standard output of a pipe: collected, and written without ever blocking the loop where the system allows that.
//!
//! O_NONBLOCK is never set on descriptor 1 itself: other programs share it. On Linux a pipe can be opened a second
//! time through /proc, which gives a description of our own to make non-blocking; a socket takes MSG_DONTWAIT. What
//! is neither (a file, a terminal, a pipe of another system) is written blocking.

#[cfg(any(target_os = "linux", not(unix)))]
use std::io::Write;
use std::io::{self, ErrorKind};

use crate::wire::Room;

/// Beyond this many bytes waiting, the peer is slowed. The pipe itself holds more.
const FULL: usize = 256 * 1024;

/// How much a pipe is to hold: its default of 64 KiB halves the throughput.
#[cfg(target_os = "linux")]
const PIPE: usize = 1024 * 1024;

/// What came of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// All is written.
    Done,
    /// The reader is slow: try again when the descriptor is writable.
    Blocked,
    /// The reader has gone.
    Gone,
}

/// Standard output with what has not been written yet.
pub struct Stdout {
    sink: Sink,
    buffer: Vec<u8>,
    room: Room,
    written: usize,
    /// Nothing can be written any more: what comes is forgotten.
    closed: bool,
}

enum Sink {
    /// Blocks until all is taken.
    Blocking(io::Stdout),
    /// A second description of the pipe behind descriptor 1.
    #[cfg(target_os = "linux")]
    Pipe(std::fs::File),
    #[cfg(unix)]
    Socket,
}

impl Stdout {
    /// Finds out what standard output is.
    pub fn new() -> Stdout {
        Stdout { sink: Sink::find(), buffer: Vec::new(), room: Room::keeping(), written: 0, closed: false }
    }

    /// The bytes to write; append to them.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether so much waits that the peer should be slowed.
    pub fn is_full(&self) -> bool {
        self.waiting() >= FULL
    }

    /// Bytes not written yet.
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.written
    }

    /// The descriptor to wait for after `Flushed::Blocked`, and that shows when the reader has gone. `None` where
    /// nothing can be waited for.
    #[cfg(unix)]
    pub fn descriptor(&self) -> Option<std::os::fd::RawFd> {
        use std::os::fd::AsRawFd;
        match &self.sink {
            #[cfg(target_os = "linux")]
            Sink::Pipe(pipe) => Some(pipe.as_raw_fd()),
            Sink::Socket | Sink::Blocking(_) => Some(io::stdout().as_raw_fd()),
        }
    }

    /// Forgets what has not been written, and all that still comes.
    pub fn close(&mut self) {
        self.closed = true;
        self.clear();
    }

    /// Writes what it can.
    pub fn flush(&mut self) -> io::Result<Flushed> {
        if self.closed {
            self.clear();
        }
        let (count, flushed) = self.sink.write_all(&self.buffer[self.written..])?;
        self.written += count;
        match flushed {
            Flushed::Blocked => self.blocked(),
            Flushed::Done | Flushed::Gone => self.clear(),
        }
        Ok(flushed)
    }

    /// Writes what waits and then these bytes, as far as that is possible at once; the rest waits. Saves a copy of what
    /// is large.
    pub fn write_through(&mut self, bytes: &[u8]) -> io::Result<Flushed> {
        let flushed = self.flush()?;
        if flushed != Flushed::Done || self.closed {
            self.buffer.extend_from_slice(if self.closed { &[] } else { bytes });
            return Ok(flushed);
        }
        let (count, flushed) = self.sink.write_all(bytes)?;
        if flushed == Flushed::Blocked {
            self.buffer.extend_from_slice(&bytes[count..]);
        }
        Ok(flushed)
    }

    /// Forgets what has not been written.
    pub fn clear(&mut self) {
        self.written = 0;
        self.room.clear(&mut self.buffer);
    }

    /// Whether `give_back` has something to give back.
    pub fn has_spare(&self) -> bool {
        Room::has_spare(&self.buffer)
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        self.room.give_back(&mut self.buffer);
    }

    /// Moves what waits to the front once that is worth the copy.
    fn blocked(&mut self) {
        if self.written > self.buffer.len() / 2 {
            self.buffer.drain(..self.written);
            self.written = 0;
        }
    }
}

impl Default for Stdout {
    fn default() -> Self {
        Stdout::new()
    }
}

impl Sink {
    #[cfg(unix)]
    fn find() -> Sink {
        use rustix::fs::{FileType, fstat};
        let Ok(stat) = fstat(io::stdout()) else { return Sink::Blocking(io::stdout()) };
        match FileType::from_raw_mode(stat.st_mode) {
            #[cfg(target_os = "linux")]
            FileType::Fifo => {
                widen(io::stdout());
                reopen().map_or_else(|_| Sink::Blocking(io::stdout()), Sink::Pipe)
            }
            FileType::Socket => Sink::Socket,
            _ => Sink::Blocking(io::stdout()),
        }
    }

    #[cfg(not(unix))]
    fn find() -> Sink {
        Sink::Blocking(io::stdout())
    }

    /// Writes until all is taken, or no more is; returns how much was.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<(usize, Flushed)> {
        let mut written = 0;
        while written < bytes.len() {
            match self.write(&bytes[written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock => return Ok((written, Flushed::Blocked)),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                        return Ok((written, Flushed::Gone));
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok((written, Flushed::Done))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Sink::Blocking(stdout) => Ok(rustix::io::write(stdout, bytes)?),
            #[cfg(not(unix))]
            Sink::Blocking(stdout) => {
                let mut stdout = stdout.lock();
                stdout.write_all(bytes)?;
                stdout.flush()?;
                Ok(bytes.len())
            }
            #[cfg(target_os = "linux")]
            Sink::Pipe(pipe) => pipe.write(bytes),
            #[cfg(unix)]
            Sink::Socket => Ok(rustix::net::send(io::stdout(), bytes, rustix::net::SendFlags::DONTWAIT)?),
        }
    }
}

#[cfg(target_os = "linux")]
fn reopen() -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    std::fs::OpenOptions::new().write(true).custom_flags(flags).open("/proc/self/fd/1")
}

/// Widens a pipe. Where that is refused, so be it.
#[cfg(target_os = "linux")]
pub fn widen(pipe: impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
}
