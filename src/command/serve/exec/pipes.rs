//! The pipes to and from a command, in the event loop: used until they would block, and closed only after the loop has
//! forgotten them.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ChildStdin;

use crate::session::{Control, Source, WatchId};

/// A queue that is empty keeps no more room than this.
const KEPT: usize = 64 * 1024;

/// A pipe that a command writes to.
pub(super) struct Inlet<P> {
    pipe: P,
    pub(super) watch: WatchId,
    /// There may be something to read.
    pub(super) ready: bool,
}

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// So many bytes.
    Read(usize),
    /// Nothing is there now; the loop tells when something is.
    Later,
    /// Nobody can write to it any more.
    End,
}

impl<P: Read + AsFd + AsRawFd> Inlet<P> {
    pub(super) fn new(pipe: P, control: &mut Control<'_>) -> io::Result<Inlet<P>> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let watch = control.add_watch(Source::Input, pipe.as_raw_fd())?;
        Ok(Inlet { pipe, watch, ready: true })
    }

    /// Reads once.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Reading {
        loop {
            match self.pipe.read(buffer) {
                Ok(0) => return Reading::End,
                Ok(count) => return Reading::Read(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.ready = false;
                    return Reading::Later;
                }
                Err(_) => return Reading::End,
            }
        }
    }

    /// How much is in the pipe.
    pub(super) fn waiting(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.pipe).unwrap_or(0)
    }

    pub(super) fn close(self, control: &mut Control<'_>) {
        control.unwatch(self.pipe.as_raw_fd());
    }
}

/// The pipe that a command reads from, and what waits for room in it.
pub(super) struct Outlet {
    pipe: ChildStdin,
    pub(super) watch: WatchId,
    /// There may be room.
    pub(super) ready: bool,
    queue: Vec<u8>,
    /// How much of the queue is written.
    written: usize,
}

impl Outlet {
    pub(super) fn new(pipe: ChildStdin, control: &mut Control<'_>) -> io::Result<Outlet> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let watch = control.add_watch(Source::Output, pipe.as_raw_fd())?;
        Ok(Outlet { pipe, watch, ready: true, queue: Vec::new(), written: 0 })
    }

    /// Puts something at the end of the queue.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.written > self.queue.len() / 2 {
            self.queue.drain(..self.written);
            self.written = 0;
        }
        self.queue.extend_from_slice(bytes);
    }

    /// How much waits.
    pub(super) fn queued(&self) -> usize {
        self.queue.len() - self.written
    }

    /// Writes what the pipe takes, and says whether it took anything.
    ///
    /// # Errors
    /// Nobody reads from it any more.
    pub(super) fn write(&mut self) -> io::Result<bool> {
        let before = self.queued();
        while self.ready && self.queued() > 0 {
            match self.pipe.write(&self.queue[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.ready = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let took = self.queued() < before;
        if self.queued() == 0 {
            self.queue.clear();
            self.queue.shrink_to(KEPT);
            self.written = 0;
        }
        Ok(took)
    }

    pub(super) fn close(self, control: &mut Control<'_>) {
        control.unwatch(self.pipe.as_raw_fd());
    }
}
