//! What the peer may send, and what is passed over where that is wanted.
//!
//! Most frames are as they should be, which the first look tells; the second one finds each rule that is broken. Called
//! by `receiver`, frame by frame.

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::inflation::{self, Inflation};
use crate::wire::close::MAX_CONTROL_PAYLOAD;
use crate::wire::frame::{Head, Start};
use crate::wire::{Role, Rule, Violation};

/// The longest control frame that is passed over, in bytes: it has to come whole before it is taken.
pub(super) const MAX_TOLERATED_CONTROL: u64 = 4096;

/// Who judges.
pub(super) struct Judge {
    pub(super) peer: Role,
    pub(super) lenient: bool,
    tolerated: Vec<Violation>,
}

impl Judge {
    pub(super) fn new(peer: Role, lenient: bool) -> Self {
        Self { peer, lenient, tolerated: Vec::new() }
    }

    /// Whether frames must be masked: those of a client (RFC 6455 §5.1).
    #[inline]
    pub(super) fn wants_mask(&self) -> bool {
        self.peer == Role::Client
    }

    /// Whether the first two bytes of a frame break no rule.
    #[inline]
    pub(super) fn is_plain(&self, start: Start, in_message: bool) -> bool {
        if start.has_reserved_bits() || start.is_masked() != self.wants_mask() {
            return false;
        }
        match start.opcode() {
            OpCode::Data(Data::Continue) => in_message,
            OpCode::Data(Data::Text | Data::Binary) => !in_message,
            OpCode::Control(Control::Close | Control::Ping | Control::Pong) => {
                start.is_final() && usize::from(start.short_length()) <= MAX_CONTROL_PAYLOAD
            }
            OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => false,
        }
    }

    /// The rules that the first two bytes of a frame break, the one to be reported first in front.
    #[cold]
    pub(super) fn breaches(
        &self,
        start: Start,
        in_message: bool,
        inflation: Option<&Inflation>,
    ) -> Vec<Rule> {
        let bits = start.has_reserved_bits().then(|| inflation::judge_bits(inflation, start).err()).flatten();
        let opcode = start.opcode();
        let is_control = matches!(opcode, OpCode::Control(_));
        let is_reserved =
            matches!(opcode, OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)));
        let is_first = matches!(opcode, OpCode::Data(Data::Text | Data::Binary));
        let broken = [
            (is_reserved, Rule::ReservedOpcode),
            (start.is_masked() && self.peer == Role::Server, Rule::Masked),
            (!start.is_masked() && self.peer == Role::Client, Rule::Unmasked),
            (is_control && !start.is_final(), Rule::ControlFragmented),
            (is_control && usize::from(start.short_length()) > MAX_CONTROL_PAYLOAD, Rule::ControlTooLong),
            (opcode == OpCode::Data(Data::Continue) && !in_message, Rule::NothingToContinue),
            (is_first && in_message, Rule::MessageNotFinished),
        ];
        let broken = broken.into_iter().filter(|(broken, _)| *broken).map(|(_, rule)| rule);
        bits.into_iter().chain(broken).collect()
    }

    /// A rule is broken by the frame that `bytes` begin with: notes it where it is passed over.
    ///
    /// # Errors
    /// The rule, where it is not.
    #[cold]
    pub(super) fn pass(&mut self, rule: Rule, bytes: &[u8]) -> Result<(), Rule> {
        if !self.lenient || !rule.is_tolerable() {
            return Err(rule);
        }
        self.note(rule, bytes);
        Ok(())
    }

    /// Notes a breach that changes nothing.
    pub(super) fn note(&mut self, rule: Rule, bytes: &[u8]) {
        let violation = self.violation(rule, bytes);
        self.tolerated.push(violation);
    }

    /// Whether there are breaches to fetch.
    #[inline]
    pub(super) fn has_tolerated(&self) -> bool {
        !self.tolerated.is_empty()
    }

    /// Takes out the breaches that were passed over, oldest first.
    pub(super) fn take_tolerated(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.tolerated)
    }

    /// Reports a broken rule with the frame that `bytes` begin with.
    #[cold]
    pub(super) fn violation(&self, rule: Rule, bytes: &[u8]) -> Violation {
        let start = Start::read(bytes);
        let size = start.map_or(0, |start| if rule.shows_in_two_bytes() { 2 } else { start.header_size() });
        let more = start.is_some_and(|start| start.has_more() && (size == 2 || start.short_length() > 0));
        Violation::new(rule, self.peer, &bytes[..size.min(bytes.len())], more)
    }
}

/// Whether a frame that breaks rules has come as far as it must before it can be passed over.
pub(super) fn is_ready(start: Start, input: &[u8]) -> bool {
    let Some(head) = start.finish(input) else { return false };
    match head.header.opcode {
        OpCode::Data(_) => true,
        OpCode::Control(_) => is_endless(&head) || input.len() as u64 >= head.size as u64 + head.length,
    }
}

/// Whether a control frame is too long to be waited for.
pub(super) fn is_endless(head: &Head) -> bool {
    head.length > MAX_TOLERATED_CONTROL
}
