//! The half of a link that sends, and what it remembers until the end: counters, pings under way, who closed.
//!
//! It is a half of its own so that a listener may answer an event while that event still borrows the bytes it was
//! read from. Everything a listener sends goes through here, comes back to it as a `Sent` event where those were
//! asked for, and is written by the loop.

mod closing;
mod conduct;
mod sending;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::door::Pace;
use super::event::{By, Count, Direction, Event, Opened};
use super::life::{Clocks, Life};
use crate::net::Stream;
use crate::wire::{Automatic, Role, Sender, State, Violation};

/// Who stops reading from a link, each for a reason of its own: it is read while nobody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Pause {
    /// What is made of the messages takes its time.
    Use = 1,
    /// Where they are shown or written to is slow.
    Output = 2,
    /// Somebody who is sent something because of them reads slowly.
    Queue = 4,
    /// It was asked to be slow.
    Delay = 8,
}

/// The sending half of a link.
pub struct Outbound {
    pub(super) stream: Stream,
    pub(super) sender: Sender,
    pub(super) clocks: Clocks,
    pub(super) writable: bool,
    /// Those who stop reading, a bit each.
    pauses: u8,
    /// The peer has sent its last byte: read until it shows, since no further edge will tell.
    pub(super) hung_up: bool,
    /// Nothing will be read any more.
    pub(super) deaf: bool,
    pub(super) abandoned: bool,
    /// It ends with RST.
    pub(super) resets: bool,
    pace: Option<Pace>,
    /// When more may be written.
    next_write: Option<Instant>,
    pub(super) received: Count,
    role: Role,
    opened: Arc<Opened>,
    sent: Count,
    pings: VecDeque<(Vec<u8>, Instant)>,
    last_rtt: Option<Duration>,
    /// What was sent, for the listener; frames and raw bytes where nothing else is asked for.
    reports: Vec<Event<'static>>,
    reports_all: bool,
    first_close: Option<By>,
    own_code: Option<u16>,
    own_reason: Vec<u8>,
    peer_close: Option<(Option<u16>, Vec<u8>)>,
    violation: Option<Violation>,
    broken: Option<io::Error>,
    /// The end of what we write was said.
    finished: bool,
}

impl Outbound {
    pub(super) fn new(
        stream: Stream,
        sender: Sender,
        role: Role,
        opened: Arc<Opened>,
        life: Life,
        report: bool,
    ) -> Self {
        Outbound {
            stream,
            sender,
            clocks: Clocks::new(life, Instant::now()),
            writable: true,
            pauses: 0,
            hung_up: false,
            deaf: false,
            abandoned: false,
            resets: false,
            pace: None,
            next_write: None,
            received: Count::default(),
            role,
            opened,
            sent: Count::default(),
            pings: VecDeque::new(),
            last_rtt: None,
            reports: Vec::new(),
            reports_all: report,
            first_close: None,
            own_code: None,
            own_reason: Vec::new(),
            peer_close: None,
            violation: None,
            broken: None,
            finished: false,
        }
    }

    /// Grants the closing handshake no more than `limit` from now.
    pub fn hurry(&mut self, limit: Duration) {
        self.clocks.hurry(Instant::now(), limit);
    }

    /// Ends the link without waiting for anything.
    pub fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// Stops or resumes reading: how a slow output slows the peer.
    pub fn pause(&mut self, paused: bool) {
        self.pause_for(Pause::Use, paused);
    }

    /// The same for one of several reasons.
    pub fn pause_for(&mut self, why: Pause, paused: bool) {
        match paused {
            true => self.pauses |= why as u8,
            false => self.pauses &= !(why as u8),
        }
    }

    /// Reads on, whoever stopped it.
    pub fn read_on(&mut self) {
        self.pauses = 0;
    }

    /// Whether nothing is read.
    pub(super) fn is_paused(&self) -> bool {
        self.pauses != 0 || self.deaf
    }

    /// Whether the peer has sent its last byte, as far as the system tells. A paused link does not read that far:
    /// its end shows only once it is resumed, and what is still to be read is bounded then.
    pub fn hung_up(&self) -> bool {
        self.hung_up
    }

    /// Writes no faster than this from now on.
    pub fn slow_down(&mut self, pace: Option<Pace>) {
        self.pace = pace;
        self.next_write = None;
    }

    /// Ends the link with RST.
    pub fn reset(&mut self) {
        self.stream.reset_on_close();
        self.resets = true;
        self.abandon();
    }

    /// Where the connection stands.
    pub fn state(&self) -> State {
        self.sender.state()
    }

    /// Bytes queued here that the socket has not taken yet, the payloads of compressed messages among
    /// them counted, too.
    pub fn unsent(&self) -> usize {
        self.sender.held()
    }

    /// Bytes that have not reached the peer's system, as far as ours can tell.
    pub fn in_flight(&self) -> usize {
        self.unsent() + self.stream.send_queue().unwrap_or(0)
    }

    /// Where in the stream that goes out what is queued by now ends.
    pub fn position(&self) -> u64 {
        self.sender.queued()
    }

    /// How many bytes before this position have not reached the peer's system, as far as ours can tell. What was queued
    /// behind it, a ping for one, does not count.
    pub fn in_flight_before(&self, position: u64) -> u64 {
        let queue = self.stream.send_queue().unwrap_or(0) as u64;
        position.saturating_sub(self.sender.written().saturating_sub(queue))
    }

    /// What the opening handshake established.
    pub fn opened(&self) -> &Arc<Opened> {
        &self.opened
    }

    /// Messages sent: those handed to the socket, not those still queued here.
    pub fn sent(&self) -> Count {
        let unsent = self.sender.unsent_messages();
        Count {
            messages: self.sent.messages.saturating_sub(unsent.messages),
            bytes: self.sent.bytes.saturating_sub(unsent.bytes),
            wire: self.sent.wire.saturating_sub(unsent.wire),
        }
    }

    /// Messages received.
    pub fn received(&self) -> Count {
        self.received
    }

    /// The round-trip time of the last ping that was answered.
    pub fn last_rtt(&self) -> Option<Duration> {
        self.last_rtt
    }

    /// Tells what was queued: its frames, and what they are.
    #[inline]
    fn report(&mut self, event: impl FnOnce() -> Event<'static>) {
        let direction = Direction::Sent;
        self.reports.extend(self.sender.frames().into_iter().map(|frame| Event::Frame { direction, frame }));
        if self.reports_all {
            self.reports.push(event());
        }
    }

    /// The `Sent` events collected since the last call.
    pub(super) fn take_reports(&mut self) -> Vec<Event<'static>> {
        std::mem::take(&mut self.reports)
    }

    /// Writes what is queued, as far as the socket takes it. The loop does so after each turn; a listener does it
    /// that wants to know at once whether there is room again.
    pub fn flush(&mut self) {
        while self.writable && self.broken.is_none() && !self.sender.next_write().is_empty() {
            if self.next_write.is_some_and(|at| at > Instant::now()) {
                return;
            }
            let bytes = self.sender.next_write();
            let size = self.pace.map_or(bytes.len(), |pace| pace.size.min(bytes.len()));
            match self.stream.write(&bytes[..size]) {
                Ok(written) if written > 0 => {
                    self.sender.advance(written);
                    self.next_write = self.pace.and_then(|pace| Instant::now().checked_add(pace.every));
                }
                Ok(_) => self.broken = Some(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.broken = Some(error),
            }
        }
    }

    /// When more may be written of what is queued, where that is not now.
    pub(super) fn next_write(&self) -> Option<Instant> {
        self.next_write.filter(|_| !self.sender.next_write().is_empty() && self.writable)
    }

    /// Whether there is something to write or to tell that nothing else brings up.
    pub(super) fn is_unsettled(&self) -> bool {
        let writes = self.writable && self.broken.is_none() && self.next_write.is_none();
        !self.reports.is_empty() || (writes && !self.sender.next_write().is_empty())
    }

    /// Whether nothing can be written any more.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// What came in beside events: frames, where they are watched, and breaches that were passed over.
    #[inline]
    pub(super) fn noticed(&mut self) -> Vec<Event<'static>> {
        let direction = Direction::Received;
        let frames = self.sender.received_frames().into_iter();
        let mut noticed: Vec<_> = frames.map(|frame| Event::Frame { direction, frame }).collect();
        while let Some(violation) = self.sender.tolerated() {
            noticed.push(Event::Error(Cow::Owned(format!("passed over: {violation}"))));
        }
        noticed
    }

    /// Takes note of what the connection queued by itself.
    pub(super) fn collect_automatic(&mut self) {
        while let Some(automatic) = self.sender.automatic() {
            match automatic {
                Automatic::Pong(payload) => self.report(|| Event::Pong {
                    direction: Direction::Sent,
                    payload: Cow::Owned(payload),
                    rtt: None,
                    auto: true,
                }),
                Automatic::Close { code, reason } => self.closed(code, reason.into_bytes()),
            }
        }
    }

    /// A pong came: the time since the ping it answers, if it answers one. Older pings are answered by it too
    /// (RFC 6455 §5.5.3).
    pub(super) fn ponged(&mut self, payload: &[u8]) -> Option<Duration> {
        let at = self.pings.iter().position(|(sent, _)| sent == payload)?;
        let (_, since) = self.pings.drain(..=at).next_back()?;
        self.clocks.ponged();
        self.last_rtt = Some(since.elapsed());
        self.last_rtt
    }
}
