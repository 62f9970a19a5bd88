//! The extension permessage-deflate (RFC 7692): what is agreed on, compressing whole messages, inflating pieces.
//!
//! `parameters` reads offers and answers; `handshake` and `session` call it. `compressor` and `decompressor` keep the
//! two streams of a connection; its sender and receiver own one each. Frames and limits are not known here.

mod compressor;
mod decompressor;
mod parameters;

pub use compressor::Compressor;
pub use decompressor::{BadStream, Decompressor};
pub use parameters::{BadOffer, NAME, OFFER, Parameters, accept, answer, check_offer};
