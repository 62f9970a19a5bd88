//! What can be sent: messages, control frames, and whatever else is put on the wire.
//!
//! Each is queued here, told as a `Sent` event where that is asked for, and written by the loop.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Instant;

use super::Outbound;
use crate::session::event::{Direction, Event};
use crate::wire::frame::{CLOSE, PING};
use crate::wire::{Crafted, Draft, Frame, Kind, SendError, State, close};

/// How many pings of ours are remembered while their pongs are awaited.
const PINGS_REMEMBERED: usize = 64;

impl Outbound {
    /// Queues one data message.
    pub fn message(&mut self, kind: Kind, payload: &[u8]) -> Result<(), SendError> {
        let compressed = self.sender.message(kind, payload)?;
        self.sent_message(kind, payload, compressed);
        Ok(())
    }

    /// Queues data messages in one go; returns how many they were. `None` where they are to be queued one by one: none
    /// is queued then.
    ///
    /// # Errors
    /// A close frame was sent already.
    pub fn messages<'a>(
        &mut self,
        kind: Kind,
        payloads: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Option<u64>, SendError> {
        if self.reports_all {
            return Ok(None);
        }
        let queued = self.sender.messages(kind, payloads)?;
        Ok(queued.map(|(messages, bytes)| {
            self.sent.add_run(messages, bytes);
            messages
        }))
    }

    /// Whether a data message may be queued as a draft, and not whole because more is to be told of it.
    pub fn takes_drafts(&self) -> bool {
        !self.reports_all && self.sender.takes_drafts()
    }

    /// Begins a data message that is to be queued when its end has come, where drafts are taken. `None` while something
    /// is to be written.
    pub fn draft(&mut self) -> Option<Draft> {
        self.sender.draft()
    }

    /// Queues a draft, of this link or another.
    ///
    /// # Errors
    /// A close frame was sent already: the draft comes back.
    pub fn queue_draft(&mut self, kind: Kind, draft: Draft) -> Result<(), Draft> {
        if self.state() != State::Open {
            return Err(draft);
        }
        let length = draft.length();
        match if self.reports_all { Err(draft) } else { self.sender.queue_draft(kind, draft) } {
            Ok(()) => self.sent.add(length, None),
            Err(draft) => self.message(kind, &draft.payload()).map_err(|_| draft)?,
        }
        Ok(())
    }

    /// Queues one data message in so many frames (RFC 6455 §5.4).
    pub fn fragmented(&mut self, kind: Kind, payload: &[u8], count: NonZeroU32) -> Result<(), SendError> {
        let compressed = self.sender.fragmented(kind, payload, count)?;
        self.sent_message(kind, payload, compressed);
        Ok(())
    }

    #[inline]
    fn sent_message(&mut self, kind: Kind, payload: &[u8], compressed: Option<u64>) {
        self.sent.add(payload.len(), compressed);
        self.report(|| Event::Message {
            direction: Direction::Sent,
            kind,
            payload: Cow::Owned(payload.to_vec()),
            compressed,
        });
    }

    /// Queues a frame as described, whatever the rules and the state say; `sizes` are those of the single writes. A
    /// close frame starts the closing handshake; a ping is awaited as any other.
    pub fn craft(&mut self, crafted: &Crafted, sizes: &[usize]) {
        let was_open = self.state() == State::Open;
        let bytes = self.sender.craft(crafted, sizes);
        self.report(|| Event::Raw { bytes: Cow::Owned(bytes), crafted: true });
        if was_open && self.state() != State::Open {
            self.start_closing(close::read(&crafted.payload).0);
        }
        if crafted.opcode == PING {
            self.await_pong(&crafted.payload);
        }
    }

    /// Queues bytes as they are, whatever the rules and the state say; `sizes` are those of the single writes. A whole
    /// close frame among whole frames starts the closing handshake.
    pub fn raw(&mut self, bytes: &[u8], sizes: &[usize]) {
        let was_open = self.state() == State::Open;
        self.sender.raw(bytes, sizes);
        self.report(|| Event::Raw { bytes: Cow::Owned(bytes.to_vec()), crafted: false });
        if was_open && self.state() != State::Open {
            let frames = Frame::read_all(bytes).unwrap_or_default();
            let close = frames.iter().find(|frame| frame.opcode() == CLOSE);
            self.start_closing(close.and_then(|frame| close::read(&frame.payload).0));
        }
    }

    /// Has every frame told that goes either way, or none.
    pub fn watch(&mut self, frames: bool) {
        self.sender.watch(frames);
    }

    /// Queues a ping of at most 125 bytes (RFC 6455 §5.5.2).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.sender.ping(payload)?;
        self.await_pong(payload);
        self.report(|| Event::Ping { direction: Direction::Sent, payload: Cow::Owned(payload.to_vec()) });
        Ok(())
    }

    fn await_pong(&mut self, payload: &[u8]) {
        if self.pings.len() == PINGS_REMEMBERED {
            self.pings.pop_front();
        }
        self.pings.push_back((payload.to_vec(), Instant::now()));
    }

    /// Queues an unsolicited pong (RFC 6455 §5.5.3).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.sender.pong(payload)?;
        self.report(|| Event::Pong {
            direction: Direction::Sent,
            payload: Cow::Owned(payload.to_vec()),
            rtt: None,
            auto: false,
        });
        Ok(())
    }

    /// Starts the closing handshake (RFC 6455 §7.1.2); `None` sends an empty close frame.
    pub fn close(&mut self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        self.sender.close(code, reason)?;
        self.closed(code, reason.as_bytes().to_vec());
        Ok(())
    }
}
