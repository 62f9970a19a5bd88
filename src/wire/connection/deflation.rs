//! Compressed messages on their way out: what compresses them (RFC 7692 §7.2.1).
//!
//! Called by `sender`, and only where compression was agreed on.

use super::Settings;
use crate::wire::deflate::Compressor;

/// What messages are compressed with.
pub(super) struct Deflation {
    window_bits: u8,
    takes_context_over: bool,
    /// Made for the first message.
    stream: Option<Compressor>,
}

impl Deflation {
    /// `None` also where a window of 8 bits was agreed on: such streams cannot be made here, and a message may always
    /// go out uncompressed (RFC 7692 §6).
    pub(super) fn new(settings: &Settings) -> Option<Box<Self>> {
        let (window_bits, takes_context_over) = settings.deflate?.of(settings.role);
        let deflation = Self { window_bits, takes_context_over, stream: None };
        (window_bits > 8).then(|| Box::new(deflation))
    }

    pub(super) fn stream(&mut self) -> &mut Compressor {
        self.stream.get_or_insert_with(|| Compressor::new(self.window_bits, self.takes_context_over))
    }
}
