//! The sending half, and the state of the connection (RFC 6455 §5.1, §5.5, §7).
//!
//! Frames what it is given into one buffer that `session` writes out, and refuses what the state or the RFC forbids.
//! What it sends by itself is made, and told of, in `automatic`.

mod automatic;
mod backlog;
mod conduct;
mod drafting;

use std::collections::VecDeque;
use std::num::NonZeroU32;

use tungstenite::protocol::frame::coding::Control;

pub use automatic::Automatic;
use automatic::Pending;

use super::deflation::Deflation;
use super::framing::{Framer, Split};
use super::kept::Kept;
use super::{Frame, NotOpen, SendError, Settings};
use super::{frames::FrameLog, masks::Draw, masks::Masks, outgoing::Outgoing};
use crate::wire::close::{self, MAX_CONTROL_PAYLOAD, MAX_REASON};
use crate::wire::{Kind, Role, Room, violation::Violation};

/// The states of RFC 6455 after the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Messages may go both ways.
    Open,
    /// We sent a close frame, and the peer has not: the peer's answer is awaited, or the connection was failed.
    Closing,
    /// Both ends sent a close frame; only the transport is left to close.
    Closed,
}

/// What `State` does not tell: whether the peer is still listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    CloseSent,
    Failed,
    Closed,
}

/// The sending half of a connection.
pub struct Sender {
    phase: Phase,
    pub(super) framer: Framer,
    split: Split,
    /// `None` where messages go out as they are.
    deflation: Option<Box<Deflation>>,
    /// `None` where the bytes to be written tell which messages are not written.
    kept: Option<Kept>,
    auto_pong: bool,
    auto_close: bool,
    pending: Option<Pending>,
    automatic: VecDeque<Automatic>,
    /// Frames that the receiver logged.
    received: Vec<Frame>,
    /// Breaches that the receiver passed over.
    tolerated: VecDeque<Violation>,
}

impl Sender {
    pub(super) fn new(settings: &Settings, draw: Draw) -> Self {
        let is_client = settings.role == Role::Client;
        let framer = Framer {
            masks: Masks::new(draw),
            is_client,
            outgoing: Outgoing::new(Room::of(settings.role)),
            log: FrameLog::new(settings.frames),
        };
        let mut sender = Self {
            phase: Phase::Open,
            framer,
            split: settings.fragment.map_or(Split::Whole, Split::Size),
            deflation: Deflation::new(settings),
            kept: None,
            auto_pong: settings.auto_pong,
            auto_close: true,
            pending: None,
            automatic: VecDeque::new(),
            received: Vec::new(),
            tolerated: VecDeque::new(),
        };
        if sender.deflation.is_some() || settings.fragment.is_some() {
            sender.keep();
        }
        sender
    }

    /// The state of the connection.
    #[must_use]
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Open => State::Open,
            Phase::CloseSent | Phase::Failed => State::Closing,
            Phase::Closed => State::Closed,
        }
    }

    /// Queues a message, compressed if that was agreed on, in fragments if the settings say so. Text must be UTF-8;
    /// that is for the caller to see to. Returns the bytes of its frames' payloads where it is compressed.
    ///
    /// # Errors
    /// A close frame was sent already.
    #[inline]
    pub fn message(&mut self, kind: Kind, payload: &[u8]) -> Result<Option<u64>, NotOpen> {
        if self.phase != Phase::Open {
            return Err(NotOpen);
        }
        if self.kept.is_some() {
            return Ok(self.kept_message(kind, payload, self.split));
        }
        self.framer.message(kind, false, payload, self.split);
        Ok(None)
    }

    /// Queues messages as `message` does each; returns how many they were and the bytes of their payloads. `None` where
    /// they must be queued one by one, because more is to be told of each: none is queued then.
    ///
    /// # Errors
    /// A close frame was sent already.
    #[inline]
    pub fn messages<'a>(
        &mut self,
        kind: Kind,
        payloads: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Option<(u64, u64)>, NotOpen> {
        if self.phase != Phase::Open {
            return Err(NotOpen);
        }
        Ok(self.frames_plainly().then(|| self.framer.run(kind, payloads)))
    }

    /// Whether a message becomes one frame of which nothing more is to be told.
    #[inline]
    fn frames_plainly(&self) -> bool {
        self.kept.is_none() && !self.is_watched()
    }

    /// Queues a message in so many frames, whatever the settings say of fragments. Otherwise as `message`.
    ///
    /// # Errors
    /// A close frame was sent already.
    pub fn fragmented(
        &mut self,
        kind: Kind,
        payload: &[u8],
        count: NonZeroU32,
    ) -> Result<Option<u64>, NotOpen> {
        if self.phase != Phase::Open {
            return Err(NotOpen);
        }
        self.keep();
        Ok(self.kept_message(kind, payload, Split::Count(count)))
    }

    /// Queues a ping frame.
    ///
    /// # Errors
    /// A close frame was sent already, or the payload is longer than 125 bytes.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(Control::Ping, payload)
    }

    /// Queues a pong frame that answers nothing (RFC 6455 §5.5.3).
    ///
    /// # Errors
    /// A close frame was sent already, or the payload is longer than 125 bytes.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(Control::Pong, payload)
    }

    /// Queues a close frame, which starts the closing handshake (RFC 6455 §7.1.2).
    ///
    /// # Errors
    /// A close frame was sent already, the code is not for the wire, the reason is longer than 123 bytes or has no
    /// code before it.
    pub fn close(&mut self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        if self.phase != Phase::Open {
            return Err(SendError::NotOpen);
        }
        match code {
            Some(code) if !close::may_be_sent(code) => return Err(SendError::Code(code)),
            None if !reason.is_empty() => return Err(SendError::ReasonWithoutCode),
            _ if reason.len() > MAX_REASON => return Err(SendError::ReasonTooLong(reason.len())),
            _ => {}
        }
        self.close_frame(code, reason);
        self.phase = Phase::CloseSent;
        Ok(())
    }

    /// Has every frame logged that goes either way from now on, or none. The receiver asks here.
    pub fn watch(&mut self, frames: bool) {
        self.framer.log.turn(frames);
    }

    /// Whether frames are logged.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.framer.log.is_on()
    }

    /// The frames queued since the last call, where they are watched.
    #[inline]
    pub fn frames(&mut self) -> Vec<Frame> {
        self.framer.log.take()
    }

    /// The frames that the receiver took since the last call, where they are watched: whole ones, and the one that
    /// broke a rule as far as it came. To be asked after each `receive`, before its event is told.
    #[inline]
    pub fn received_frames(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.received)
    }

    /// The next breach that the receiver passed over, oldest first: where the connection is lenient, or behind a close
    /// frame, when nothing is left to fail. To be asked until `None` after each `receive`.
    #[inline]
    pub fn tolerated(&mut self) -> Option<Violation> {
        self.tolerated.pop_front()
    }

    /// Takes what the receiver noticed beside its events.
    pub(super) fn noticed(&mut self, frames: Vec<Frame>, tolerated: Vec<Violation>) {
        self.received.extend(frames);
        self.tolerated.extend(tolerated);
    }

    /// Whether received bytes still mean anything (RFC 6455 §1.4, §7.1.7).
    #[inline]
    pub(super) fn listens(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::CloseSent)
    }

    fn control(&mut self, opcode: Control, payload: &[u8]) -> Result<(), SendError> {
        if self.phase != Phase::Open {
            return Err(SendError::NotOpen);
        }
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::PayloadTooLong(payload.len()));
        }
        self.framer.control(opcode, payload);
        Ok(())
    }

    /// A close frame was made by hand.
    pub(super) fn close_sent(&mut self) {
        if self.phase == Phase::Open {
            self.pending = None;
            self.phase = Phase::CloseSent;
        }
    }

    fn close_frame(&mut self, code: Option<u16>, reason: &str) {
        self.pending = None;
        self.framer.control(Control::Close, &close::payload(code, reason));
    }

    /// From now on messages are kept aside until they are written.
    pub(super) fn keep(&mut self) {
        let kept = self.kept.get_or_insert_default();
        self.framer.outgoing.make_opaque(kept);
    }

    /// Queues a message and keeps it; returns its length on the wire where it is compressed.
    #[cold]
    fn kept_message(&mut self, kind: Kind, payload: &[u8], split: Split) -> Option<u64> {
        let compressed = match &mut self.deflation {
            Some(deflation) => {
                let compressed = deflation.stream().message(payload);
                self.framer.message(kind, true, compressed, split);
                Some(compressed.len() as u64)
            }
            None => {
                self.framer.message(kind, false, payload, split);
                None
            }
        };
        let wire = compressed.unwrap_or(payload.len() as u64);
        let end = self.framer.outgoing.added();
        self.kept.get_or_insert_default().add(kind, payload, wire, end);
        compressed
    }
}
