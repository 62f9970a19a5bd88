//! Standard input: read when it has something, without a thread between where the system can wait for it.
//!
//! On Unix a pipe, socket or terminal is waited for in the session's loop, and a file is always ready. O_NONBLOCK
//! is never set on descriptor 0, which other programs share: what is ready is asked for, and then read. Elsewhere a
//! thread reads and hands its blocks over one at a time.

pub use system::Stdin;

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// So many bytes were appended.
    Read(usize),
    /// Nothing is there now; the loop tells when something is.
    Later,
    /// The end.
    End,
}

#[cfg(unix)]
mod system {
    use std::io;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{FileType, fstat};

    use super::Block;
    use crate::session::{Control, Source};

    /// Standard input.
    pub struct Stdin {
        /// Whether the loop waits for it; a file needs no waiting.
        watched: bool,
        /// It is a pipe, and no terminal or socket.
        is_pipe: bool,
        ready: bool,
        /// Its other end has gone: it is read to its end.
        closed: bool,
    }

    impl Stdin {
        /// Nothing is read before `begin`.
        pub fn new() -> Stdin {
            Stdin { watched: false, is_pipe: false, ready: false, closed: false }
        }

        /// Begins to wait for it.
        pub fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
            #[cfg(target_os = "linux")]
            crate::output::stdout::widen(io::stdin());
            self.watched = control.watch(Source::Input, 0)?;
            self.is_pipe = self.watched
                && fstat(io::stdin())
                    .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
                && !in_packets();
            self.ready = true;
            Ok(())
        }

        /// The loop says that it has something. `closed`: its other end has gone, of which no second word comes.
        pub fn woken(&mut self, closed: bool) {
            self.ready = true;
            self.closed |= closed;
        }

        /// Appends what one read brings to `buffer`, for which there is room for `room` bytes at least.
        pub fn read(&mut self, buffer: &mut Vec<u8>, room: usize) -> io::Result<Block> {
            // Asked even where the loop has just said so: another process may read from the same pipe.
            if !self.ready || (self.watched && !has_something()?) {
                self.ready = false;
                return Ok(Block::Later);
            }
            buffer.reserve(room);
            match rustix::io::read(io::stdin(), rustix::buffer::spare_capacity(buffer)) {
                Ok(0) => Ok(Block::End),
                Ok(count) => {
                    // A pipe that gave less than it might is empty, and the loop tells when more comes. A terminal
                    // gives a line at a time, and a file need not be waited for.
                    self.ready = self.closed || !self.is_pipe || count >= room;
                    Ok(Block::Read(count))
                }
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(Block::Later),
                Err(error) => Err(error.into()),
            }
        }
    }

    /// Whether a pipe hands out what was written to it piece by piece (O_DIRECT): then a short read says nothing.
    #[cfg(target_os = "linux")]
    fn in_packets() -> bool {
        use rustix::fs::{OFlags, fcntl_getfl};
        fcntl_getfl(io::stdin()).is_ok_and(|flags| flags.contains(OFlags::DIRECT))
    }

    /// Only Linux has such pipes.
    #[cfg(not(target_os = "linux"))]
    fn in_packets() -> bool {
        false
    }

    /// Whether a read would not block.
    fn has_something() -> io::Result<bool> {
        let stdin = io::stdin();
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut polled, Some(&Timespec::default())) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Read};
    use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

    use super::Block;
    use crate::session::Control;

    /// Standard input, read by a thread.
    pub struct Stdin {
        wanted: Option<SyncSender<usize>>,
        blocks: Option<Receiver<io::Result<Vec<u8>>>>,
        asked: bool,
    }

    impl Stdin {
        /// Nothing is read before `begin`.
        pub fn new() -> Stdin {
            Stdin { wanted: None, blocks: None, asked: false }
        }

        /// Starts the thread; its blocks wake the loop.
        pub fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
            let (wanted, wishes) = sync_channel::<usize>(1);
            let (sender, blocks) = sync_channel(1);
            let bell = control.bell();
            std::thread::spawn(move || {
                for most in wishes {
                    let mut block = vec![0; most];
                    let result = io::stdin().lock().read(&mut block);
                    let result = result.map(|count| {
                        block.truncate(count);
                        block
                    });
                    if sender.send(result).is_err() || bell.wake().is_err() {
                        return;
                    }
                }
            });
            (self.wanted, self.blocks) = (Some(wanted), Some(blocks));
            Ok(())
        }

        /// The loop was woken: there may be a block.
        pub fn woken(&mut self, _closed: bool) {}

        /// Appends what one read brings to `buffer`, at most `most` bytes.
        pub fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> io::Result<Block> {
            let (Some(wanted), Some(blocks)) = (&self.wanted, &self.blocks) else { return Ok(Block::Later) };
            if !std::mem::replace(&mut self.asked, true) && wanted.send(most).is_err() {
                return Ok(Block::End);
            }
            match blocks.try_recv() {
                Err(TryRecvError::Empty) => Ok(Block::Later),
                Err(TryRecvError::Disconnected) => Ok(Block::End),
                Ok(result) => {
                    self.asked = false;
                    let block = result?;
                    buffer.extend_from_slice(&block);
                    Ok(if block.is_empty() { Block::End } else { Block::Read(block.len()) })
                }
            }
        }
    }
}
