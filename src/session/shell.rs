//! What the event loop owns beside its links: the poll's registry and its tokens, the clock, dials under way, and what
//! links and listeners ask of the loop.

#[cfg(unix)]
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

#[cfg(unix)]
use mio::Interest;
use mio::{Registry, Token, Waker};

use super::link::LinkId;
#[cfg(unix)]
use super::listener::{Source, WatchId};
use super::opening::{self, Established, Opening};

pub(super) const BELL: Token = Token(0);
pub(super) const INPUT: Token = Token(1);
pub(super) const OUTPUT: Token = Token(2);
pub(super) const DOOR: Token = Token(3);
pub(super) const FIRST_LINK: usize = 16;

/// What the loop owns beside its links.
pub(super) struct Shell {
    pub(super) registry: Registry,
    bell: Arc<Waker>,
    pub(super) buffer: Vec<u8>,
    pub(super) started: Instant,
    pub(super) now: Instant,
    pub(super) stop: bool,
    /// Another turn is wanted at once.
    pub(super) again: bool,
    /// Nobody is let in any more.
    pub(super) closed: bool,
    /// A link holds memory that it does not need at rest.
    pub(super) has_spare: bool,
    pub(super) report: bool,
    #[cfg(unix)]
    watches: usize,
    pub(super) dials: u64,
    dialled: Sender<(u64, Result<Established, opening::Error>)>,
}

impl Shell {
    /// What a loop that began at this time starts with; dials tell their results to `dialled`.
    pub(super) fn new(
        registry: Registry,
        bell: Arc<Waker>,
        started: Instant,
        report: bool,
        dialled: Sender<(u64, Result<Established, opening::Error>)>,
    ) -> Shell {
        Shell {
            registry,
            bell,
            buffer: Vec::new(),
            started,
            now: Instant::now(),
            stop: false,
            again: false,
            closed: false,
            has_spare: false,
            report,
            #[cfg(unix)]
            watches: 0,
            dials: 0,
            dialled,
        }
    }

    pub(super) fn open(&mut self, opening: Opening) {
        self.dials += 1;
        let (number, results, bell) = (self.dials, self.dialled.clone(), Arc::clone(&self.bell));
        std::thread::spawn(move || {
            let result = opening.run();
            // The loop may have ended meanwhile; then nobody wants to know.
            if results.send((number, result)).is_ok() {
                let _ = bell.wake();
            }
        });
    }

    #[cfg(not(unix))]
    pub(super) fn bell(&self) -> Arc<Waker> {
        Arc::clone(&self.bell)
    }

    pub(super) fn forget_opening(&mut self) {
        self.dials += 1;
    }

    #[cfg(unix)]
    pub(super) fn watch(&mut self, source: Source, descriptor: std::os::fd::RawFd) -> io::Result<bool> {
        let (token, interest) = match source {
            Source::Input => (INPUT, Interest::READABLE),
            Source::Output => (OUTPUT, Interest::WRITABLE),
        };
        match self.registry.register(&mut mio::unix::SourceFd(&descriptor), token, interest) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    pub(super) fn add_watch(
        &mut self,
        source: Source,
        descriptor: std::os::fd::RawFd,
    ) -> io::Result<WatchId> {
        self.watches += 2;
        let id = WatchId(FIRST_LINK + self.watches - 1);
        let interest = match source {
            Source::Input => Interest::READABLE,
            Source::Output => Interest::WRITABLE,
        };
        self.registry.register(&mut mio::unix::SourceFd(&descriptor), Token(id.0), interest)?;
        Ok(id)
    }

    #[cfg(unix)]
    pub(super) fn unwatch(&mut self, descriptor: std::os::fd::RawFd) {
        // It may never have been watched.
        let _ = self.registry.deregister(&mut mio::unix::SourceFd(&descriptor));
    }
}

pub(super) fn token(id: LinkId) -> Token {
    Token(FIRST_LINK + 2 * id.0 as usize)
}
