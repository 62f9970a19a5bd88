//! The sending half, and the state of the connection (RFC 6455 §5.1, §5.5, §7).
//!
//! Frames what it is given into one buffer that `session` writes out, and refuses what the state or the RFC forbids.
//! Answers to pings and closes are put here by the receiver; `automatic` tells of them.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;

use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::deflation::{Deflation, Unsent};
use super::{Settings, masks::Draw, masks::Masks, outgoing::Outgoing};
use crate::wire::close::{self, MAX_CONTROL_PAYLOAD, MAX_REASON};
use crate::wire::{Kind, Role, frame, mask, violation::Violation};

/// Pings are answered one by one while fewer than this many bytes are unsent.
const PONG_LIMIT: usize = 64 * 1024;

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

/// A control frame that the connection queued by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Automatic {
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The answer to a close frame, or the close frame that fails the connection.
    Close {
        /// The code; `None` where the frame has no payload.
        code: Option<u16>,
        /// The reason.
        reason: String,
    },
}

/// Nothing may be sent after a close frame (RFC 6455 §5.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpen;

impl From<NotOpen> for SendError {
    fn from(NotOpen: NotOpen) -> Self {
        SendError::NotOpen
    }
}

/// Why a control frame was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// A close frame was sent already.
    NotOpen,
    /// The payload has so many bytes; 125 is the most (RFC 6455 §5.5).
    PayloadTooLong(usize),
    /// The reason has so many bytes; 123 is the most (RFC 6455 §5.5).
    ReasonTooLong(usize),
    /// The code is not meant for the wire (RFC 6455 §7.4).
    Code(u16),
    /// A reason needs a code before it (RFC 6455 §5.5.1).
    ReasonWithoutCode,
}

/// What `State` does not tell: whether the peer is still listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    CloseSent,
    Failed,
    Closed,
}

/// A ping that is answered once what was queued before it has been written.
struct Pending {
    payload: Vec<u8>,
    due: u64,
}

/// The sending half of a connection.
pub struct Sender {
    phase: Phase,
    /// `None` for a server, which does not mask.
    masks: Option<Masks>,
    fragment: Option<NonZeroUsize>,
    /// `None` where messages go out as they are.
    deflation: Option<Box<Deflation>>,
    auto_pong: bool,
    outgoing: Outgoing,
    pending: Option<Pending>,
    automatic: VecDeque<Automatic>,
}

impl Sender {
    pub(super) fn new(settings: &Settings, draw: Draw) -> Self {
        Self {
            phase: Phase::Open,
            masks: (settings.role == Role::Client).then(|| Masks::new(draw)),
            fragment: settings.fragment,
            deflation: Deflation::new(settings),
            auto_pong: settings.auto_pong,
            outgoing: Outgoing::default(),
            pending: None,
            automatic: VecDeque::new(),
        }
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
        if self.deflation.is_some() {
            return Ok(self.compressed(kind, payload));
        }
        self.frames(kind, false, payload);
        Ok(None)
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

    /// Fails the connection (RFC 6455 §7.1.7): queues a close frame with the violation's code, unless one was sent,
    /// and has the receiver ignore all that follows.
    pub fn fail(&mut self, violation: &Violation) {
        if self.phase == Phase::Open {
            self.automatic_close(Some(violation.close_code), close::cut_reason(&violation.what));
        }
        self.phase = Phase::Failed;
    }

    /// The bytes to write next. Bytes once shown here stay the same and in front until they are written.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        self.outgoing.unsent()
    }

    /// The socket has taken the first `written` bytes of `unsent`.
    pub fn advance(&mut self, written: usize) {
        self.outgoing.advance(written);
        if let Some(deflation) = &mut self.deflation {
            deflation.kept.written(self.outgoing.written());
        }
        if let Some(pending) = self.pending.take_if(|pending| self.outgoing.written() >= pending.due) {
            self.automatic_pong(pending.payload);
        }
    }

    /// The data messages that are not written whole.
    #[must_use]
    pub fn unsent_messages(&self) -> Unsent {
        match &self.deflation {
            Some(deflation) => deflation.kept.total(),
            None => {
                let (messages, bytes) = self.outgoing.messages();
                Unsent { messages, bytes, wire: bytes }
            }
        }
    }

    /// How many bytes are held here: those to write, and the payloads of compressed messages among them. It grows with
    /// each message, and is zero once all is written.
    #[must_use]
    pub fn held(&self) -> usize {
        let kept = self.deflation.as_ref().map_or(0, |deflation| deflation.kept.total().bytes);
        self.unsent().len().saturating_add(usize::try_from(kept).unwrap_or(usize::MAX))
    }

    /// Takes out the data messages that are not written whole, for another connection to send; what is left here is
    /// of no use after that.
    pub fn take_unsent(&mut self) -> Vec<(Kind, Vec<u8>)> {
        let queued = self.outgoing.take_messages();
        match &mut self.deflation {
            Some(deflation) => deflation.kept.take(),
            None => queued,
        }
    }

    /// The next control frame that the connection queued by itself, oldest first. To be asked until `None` after
    /// each `receive`, `advance` and `fail`, because nothing else empties this list.
    pub fn automatic(&mut self) -> Option<Automatic> {
        self.automatic.pop_front()
    }

    /// Whether received bytes still mean anything (RFC 6455 §1.4, §7.1.7).
    #[inline]
    pub(super) fn listens(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::CloseSent)
    }

    /// Answers a ping: at once while little is unsent. Beyond that only the latest ping is remembered
    /// (RFC 6455 §5.5.3), and answered when what was queued before the first one has left, so that neither a peer
    /// that never reads fills our memory nor a busy sender starves the answer.
    pub(super) fn answer_ping(&mut self, payload: &[u8]) {
        if !self.auto_pong || self.phase != Phase::Open {
            return;
        }
        if let Some(pending) = &mut self.pending {
            pending.payload = payload.to_vec();
        } else if self.outgoing.unsent().len() < PONG_LIMIT {
            self.automatic_pong(payload.to_vec());
        } else {
            self.pending = Some(Pending { payload: payload.to_vec(), due: self.outgoing.added() });
        }
    }

    /// The peer sent a close frame: answers it with the same code unless we sent ours (RFC 6455 §5.5.1).
    pub(super) fn answer_close(&mut self, code: Option<u16>) {
        if self.phase == Phase::Open {
            self.automatic_close(code, "");
        }
        self.phase = Phase::Closed;
    }

    fn control(&mut self, opcode: Control, payload: &[u8]) -> Result<(), SendError> {
        if self.phase != Phase::Open {
            return Err(SendError::NotOpen);
        }
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::PayloadTooLong(payload.len()));
        }
        self.frame(OpCode::Control(opcode), true, false, payload);
        Ok(())
    }

    fn automatic_pong(&mut self, payload: Vec<u8>) {
        self.frame(OpCode::Control(Control::Pong), true, false, &payload);
        self.automatic.push_back(Automatic::Pong(payload));
    }

    fn automatic_close(&mut self, code: Option<u16>, reason: &str) {
        self.close_frame(code, reason);
        self.automatic.push_back(Automatic::Close { code, reason: reason.to_owned() });
    }

    fn close_frame(&mut self, code: Option<u16>, reason: &str) {
        self.pending = None;
        self.frame(OpCode::Control(Control::Close), true, false, &close::payload(code, reason));
    }

    /// Queues a message compressed; returns its length on the wire.
    #[cold]
    fn compressed(&mut self, kind: Kind, payload: &[u8]) -> Option<u64> {
        let mut deflation = self.deflation.take()?;
        let compressed = deflation.stream().message(payload);
        let length = compressed.len() as u64;
        self.frames(kind, true, compressed);
        deflation.kept.add(kind, payload, length, self.outgoing.added());
        self.deflation = Some(deflation);
        Some(length)
    }

    /// Queues the frames of a message.
    #[inline]
    fn frames(&mut self, kind: Kind, rsv1: bool, payload: &[u8]) {
        match self.fragment {
            Some(size) if payload.len() > size.get() => self.fragments(kind, rsv1, payload, size),
            _ => self.frame(frame::opcode(kind), true, rsv1, payload),
        }
    }

    /// RSV1 is set on the first fragment only (RFC 7692 §6.1).
    fn fragments(&mut self, kind: Kind, mut rsv1: bool, payload: &[u8], size: NonZeroUsize) {
        let mut opcode = frame::opcode(kind);
        let mut rest = payload;
        while rest.len() > size.get() {
            let (fragment, after) = rest.split_at(size.get());
            self.frame(opcode, false, rsv1, fragment);
            rsv1 = false;
            opcode = OpCode::Data(Data::Continue);
            rest = after;
        }
        self.frame(opcode, true, rsv1, rest);
    }

    #[inline]
    fn frame(&mut self, opcode: OpCode, is_final: bool, rsv1: bool, payload: &[u8]) {
        let mask = self.masks.as_mut().map(Masks::next);
        let header = FrameHeader { is_final, rsv1, opcode, mask, ..FrameHeader::default() };
        let out = self.outgoing.end();
        out.reserve(frame::MAX_HEADER + payload.len());
        frame::write_header(out, &header, payload.len());
        match mask {
            Some(key) => mask::append(out, payload, key),
            None => out.extend_from_slice(payload),
        }
    }
}

impl fmt::Display for NotOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closing: nothing may be sent after a close frame (RFC 6455 §5.5.1)")
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::NotOpen => NotOpen.fmt(f),
            SendError::PayloadTooLong(length) => {
                write!(f, "{length} bytes are too many for a control frame, 125 is the most (RFC 6455 §5.5)")
            }
            SendError::ReasonTooLong(length) => {
                write!(f, "a reason of {length} bytes is too long, 123 is the most (RFC 6455 §5.5)")
            }
            SendError::Code(code) => write!(f, "close code {code} must not be sent (RFC 6455 §7.4)"),
            SendError::ReasonWithoutCode => {
                f.write_str("a close reason needs a code before it (RFC 6455 §5.5.1)")
            }
        }
    }
}

impl std::error::Error for NotOpen {}
impl std::error::Error for SendError {}
