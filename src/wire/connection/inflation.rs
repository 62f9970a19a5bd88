//! Compressed messages on their way in: which bits they may have, and how far they may inflate (RFC 7692 §6, §7.2.2).
//!
//! Inflates into the message being assembled, piece by piece, and stops where that becomes too long. Called by
//! `receiver`.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{Settings, message::Message};
use crate::wire::{Rule, deflate::Decompressor, frame::Start};

/// How far any message may inflate; beyond that, and beyond a quarter of the limit, its ratio counts.
const MAY_INFLATE: u64 = 16 * 1024 * 1024;

/// How many times its size a large message may inflate to. Deflate can do 1032, which only bombs come near.
const MOST_RATIO: u64 = 1000;

/// What compressed messages are inflated with.
pub(super) struct Inflation {
    takes_context_over: bool,
    /// Made for the first message that is compressed.
    stream: Option<Decompressor>,
}

impl Inflation {
    /// `None` where compression was not agreed on.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let (_, takes_context_over) = settings.deflate?.of(settings.role.peer());
        Some(Self { takes_context_over, stream: None })
    }

    /// Inflates a piece into the message, and stops as soon as that is too long.
    pub(super) fn inflate(&mut self, piece: &[u8], message: &mut Message, limit: u64) -> Result<(), Rule> {
        let beyond = MAY_INFLATE.max(limit / 4);
        self.stream().inflate(piece, |inflated, compressed| {
            // What fits is judged before the limit, or the report would depend on how the input was cut.
            let room = usize::try_from(limit.saturating_sub(message.length())).unwrap_or(usize::MAX);
            let fits = &inflated[..inflated.len().min(room)];
            message.append(fits).map_err(Rule::InvalidUtf8)?;
            let length = message.length();
            if fits.len() < inflated.len() {
                Err(Rule::MessageTooBig { limit })
            } else if length > beyond && length / MOST_RATIO > compressed {
                Err(Rule::InflatesTooMuch { beyond })
            } else {
                Ok(())
            }
        })
    }

    /// All of the message has come; nothing to do for one that is not compressed.
    pub(super) fn finish(&mut self, message: &Message) -> Result<(), Rule> {
        if message.compressed().is_some() {
            self.stream().finish()?;
        }
        Ok(())
    }

    fn stream(&mut self) -> &mut Decompressor {
        self.stream.get_or_insert_with(|| Decompressor::new(self.takes_context_over))
    }
}

/// Whether the reserved bits that are set may be (RFC 7692 §6).
#[cold]
pub(super) fn judge_bits(inflation: Option<&Inflation>, start: Start) -> Result<(), Rule> {
    if inflation.is_none() {
        return Err(Rule::ReservedBits);
    }
    if start.has_unknown_bits() {
        return Err(Rule::BitsWithoutMeaning);
    }
    match start.opcode() {
        OpCode::Data(Data::Continue) | OpCode::Control(_) => Err(Rule::MisplacedCompressionBit),
        OpCode::Data(_) => Ok(()),
    }
}
