//! A layer between TLS and the socket that buffers both ways and remembers what TLS libraries do not tell.
//!
//! A TLS read may have to write and the other way round, and WouldBlock does not say which; a bare FIN looks like a
//! close_notify; a failed handshake swallows the socket's own error. The tap sees all of it. Only `connector` and
//! `stream` use it.

mod held;

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::held::Held;

/// Reading in large pieces saves system calls: OpenSSL asks for a record's 5 header bytes and its body apart.
const BUFFER: usize = 256 * 1024;

/// The same for a server, which has many connections: a whole record (RFC 8446 §5.2).
const SMALL_BUFFER: usize = 5 + 16384 + 256;

/// Enough for the plain part of a TLS 1.2 handshake with a long certificate chain.
const KEPT: usize = 32 * 1024;

/// What a stream waits for after WouldBlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The socket must become readable.
    Read,
    /// The socket must become writable.
    Write,
}

/// What was seen during the handshake; shared, because the TLS library drops the tap when the handshake fails.
#[derive(Debug, Default)]
pub struct Seen {
    /// The first bytes that came.
    pub received: Vec<u8>,
    /// The first bytes that were sent.
    pub sent: Vec<u8>,
    /// The socket's last error.
    pub failure: Option<(io::ErrorKind, String)>,
    /// Whether the peer ended the stream.
    pub ended: bool,
}

/// What the handshake's observer holds.
pub type Observer = Arc<Mutex<Seen>>;

/// The wrapped socket.
#[derive(Debug)]
pub struct Tap<S> {
    socket: S,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// A server's connection: its buffer is small, and there is none while nothing comes.
    one_of_many: bool,
    held: Held,
    /// What TLS writes is held until `write_held`.
    holds: bool,
    /// What the last WouldBlock was about.
    blocked: Option<Blocked>,
    /// Whether the socket itself failed since `begin`; such an error is not TLS's.
    failed: bool,
    /// Whether the peer ended the stream, with or without close_notify.
    ended: bool,
    observer: Option<Observer>,
}

impl<S> Tap<S> {
    /// Wraps a socket; until `close_observer` everything of note is written to the observer.
    pub fn new(socket: S, observer: Observer) -> Self {
        let observer = Some(observer);
        Self {
            socket,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            one_of_many: false,
            held: Held::default(),
            holds: false,
            blocked: None,
            failed: false,
            ended: false,
            observer,
        }
    }

    /// The same for one of many connections, of which most are idle.
    pub fn one_of_many(socket: S, observer: Observer) -> Self {
        Self { one_of_many: true, ..Self::new(socket, observer) }
    }

    /// Ends the observation; the handshake is over.
    pub fn close_observer(&mut self) {
        self.observer = None;
    }

    /// The socket.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The socket, for setting it up; reading or writing it directly breaks the TLS stream.
    pub fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Forgets the outcome of the last call, before TLS is called again.
    pub fn begin(&mut self) {
        self.blocked = None;
        self.failed = false;
    }

    /// What the last WouldBlock since `begin` was about.
    pub fn blocked(&self) -> Option<Blocked> {
        self.blocked
    }

    /// Whether the socket returned an error since `begin`.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Whether the peer ended the stream.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Bytes read from the socket that TLS has not taken yet.
    pub fn buffered(&self) -> usize {
        self.end - self.start
    }

    /// Whether what TLS writes from now on is held until `write_held`.
    pub fn hold(&mut self, holds: bool) {
        self.holds = holds;
    }

    /// Whether so much is held that it should be written.
    pub fn holds_enough(&self) -> bool {
        self.held.len() >= held::MOST
    }

    /// What is held: how much of it was ever added, and ever written.
    pub fn held(&self) -> &Held {
        &self.held
    }

    fn note<T>(&mut self, result: io::Result<T>, direction: Blocked) -> io::Result<T> {
        if let Err(error) = &result {
            self.failed = true;
            if error.kind() == io::ErrorKind::WouldBlock {
                self.blocked = Some(direction);
            }
            self.observe(|seen| seen.failure = Some((error.kind(), describe(error))));
        }
        result
    }

    fn observe(&self, record: impl FnOnce(&mut Seen)) {
        if let Some(observer) = &self.observer {
            record(&mut lock(observer));
        }
    }
}

impl<S: Read> Tap<S> {
    /// One read of the socket into the empty buffer.
    fn fill(&mut self) -> io::Result<usize> {
        if self.buffer.is_empty() {
            self.buffer = vec![0; if self.one_of_many { SMALL_BUFFER } else { BUFFER }];
        }
        let result = uninterrupted(|| self.socket.read(&mut self.buffer));
        if self.one_of_many && result.is_err() {
            (self.start, self.end, self.buffer) = (0, 0, Vec::new());
        }
        let count = self.note(result, Blocked::Read)?;
        (self.start, self.end) = (0, count);
        self.ended |= count == 0;
        self.observe(|seen| {
            seen.ended |= count == 0;
            keep(&mut seen.received, &self.buffer[..count]);
        });
        Ok(count)
    }
}

impl<S: Read> Read for Tap<S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.buffered() == 0 && (target.is_empty() || self.fill()? == 0) {
            return Ok(0);
        }
        let count = target.len().min(self.buffered());
        target[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }
}

impl<S: Write> Tap<S> {
    /// Writes what is held.
    ///
    /// # Errors
    /// What the socket says. What it has not taken goes first the next time.
    pub fn write_held(&mut self) -> io::Result<()> {
        let result = self.held.write_to(&mut self.socket);
        if self.one_of_many {
            self.held.give_back();
        }
        self.note(result, Blocked::Write)
    }
}

impl<S: Write> Write for Tap<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.holds || self.held.len() > 0 {
            // What TLS writes while it reads, the answer to a change of keys for one, keeps its place.
            self.held.add(bytes);
            return Ok(bytes.len());
        }
        let result = uninterrupted(|| self.socket.write(bytes));
        let count = self.note(result, Blocked::Write)?;
        self.observe(|seen| keep(&mut seen.sent, &bytes[..count]));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = uninterrupted(|| self.socket.flush());
        self.note(result, Blocked::Write)
    }
}

/// Appends what still fits.
fn keep(kept: &mut Vec<u8>, more: &[u8]) {
    let room = KEPT.saturating_sub(kept.len());
    kept.extend_from_slice(&more[..more.len().min(room)]);
}

/// What the observer saw. A panic elsewhere cannot leave it half-written, so a poisoned lock is as good.
pub fn lock(observer: &Observer) -> MutexGuard<'_, Seen> {
    observer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text of an error of the system without its number, as `connection refused`.
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let bare = text.rsplit_once(" (os error ").map_or(text.as_str(), |(bare, _)| bare);
    let mut letters = bare.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}

/// TLS libraries take EINTR for a failure of the stream.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Answers reads from a list and refuses every write.
    struct Script(VecDeque<io::Result<Vec<u8>>>);

    impl Read for Script {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.pop_front().unwrap_or(Ok(Vec::new()))?;
            target[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
    }

    impl Write for Script {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn tap(script: Vec<io::Result<Vec<u8>>>) -> (Tap<Script>, Observer) {
        let observer = Observer::default();
        (Tap::new(Script(script.into()), Arc::clone(&observer)), observer)
    }

    #[test]
    fn one_read_of_the_socket_serves_many_small_ones() {
        let (mut tap, observer) = tap(vec![Err(io::ErrorKind::Interrupted.into()), Ok(b"abcdef".to_vec())]);
        let mut five = [0; 5];
        assert_eq!(tap.read(&mut five).unwrap(), 5);
        assert_eq!((&five, tap.buffered()), (b"abcde", 1));
        assert_eq!(tap.read(&mut five).unwrap(), 1);
        assert!(!tap.ended());
        assert_eq!(tap.read(&mut five).unwrap(), 0);
        assert!(tap.ended());
        assert_eq!(lock(&observer).received, b"abcdef");
    }

    #[test]
    fn the_direction_of_would_block_is_remembered_until_the_next_call() {
        let (mut tap, _) = tap(vec![Err(io::ErrorKind::WouldBlock.into())]);
        tap.read(&mut [0]).unwrap_err();
        assert_eq!(tap.blocked(), Some(Blocked::Read));
        tap.write(b"x").unwrap_err();
        assert_eq!(tap.blocked(), Some(Blocked::Write));
        tap.begin();
        assert_eq!((tap.blocked(), tap.failed()), (None, false));
    }

    #[test]
    fn one_of_many_holds_no_buffer_while_nothing_comes() {
        let script = vec![Ok(b"ab".to_vec()), Err(io::ErrorKind::WouldBlock.into()), Ok(b"c".to_vec())];
        let mut tap = Tap::one_of_many(Script(script.into()), Observer::default());
        let mut two = [0; 2];
        assert_eq!((tap.read(&mut two).unwrap(), tap.buffer.len()), (2, SMALL_BUFFER));
        tap.read(&mut two).unwrap_err();
        assert_eq!((tap.buffer.capacity(), tap.buffered()), (0, 0));
        assert_eq!((tap.read(&mut two).unwrap(), two[0]), (1, b'c'));
    }

    #[test]
    fn only_the_first_bytes_are_kept_and_none_after_the_handshake() {
        let (mut tap, observer) =
            tap(vec![Ok(vec![1; KEPT - 1]), Ok(vec![2; 2]), Ok(vec![3; 2]), Ok(vec![4; 2])]);
        let mut target = vec![0; BUFFER];
        for _ in 0..3 {
            assert!(tap.read(&mut target).unwrap() > 0);
        }
        let received = std::mem::take(&mut lock(&observer).received);
        assert_eq!((received.len(), received.last()), (KEPT, Some(&2)));
        tap.close_observer();
        assert_eq!((tap.read(&mut target).unwrap(), Arc::strong_count(&observer)), (2, 1));
    }
}
