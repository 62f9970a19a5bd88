//! The streams of permessage-deflate (RFC 7692 §7.2): any bytes inflated under a limit, and what was compressed
//! inflated again.
//!
//! The input is three bytes of choices, then the bytes: compressed ones to inflate, or plain ones to compress.

use wscope::wire::deflate::{BadStream, Compressor, Decompressor};

use super::cuts;

/// The most that all messages may inflate to here.
const LIMIT: usize = 1 << 20;

/// Pieces are never longer than this.
const PIECE: usize = 64 * 1024;

/// Why a message was not inflated whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Bad(BadStream),
    Limit,
}

impl From<BadStream> for Stop {
    fn from(bad: BadStream) -> Self {
        Stop::Bad(bad)
    }
}

/// Runs the target.
pub fn run(data: &[u8]) {
    let Some((&[form, size, middle], bytes)) = data.split_first_chunk() else { return };
    let takes_over = form & 1 == 0;
    let size = usize::from(size) + 1;
    if form & 2 == 0 {
        let (first, second) = bytes.split_at(bytes.len().min(usize::from(middle)));
        inflate_any(&[first, second], size, takes_over);
    } else {
        let messages: Vec<&[u8]> = bytes.chunks(size * (usize::from(middle) + 1)).collect();
        compress_and_inflate(&messages, form >> 2, size, takes_over);
    }
}

/// One message after the other, the same in every cut.
fn inflate_any(messages: &[&[u8]], size: usize, takes_over: bool) {
    let all = |cut: usize| {
        let mut stream = Decompressor::new(takes_over);
        let mut inflated = Vec::new();
        let inflate = |message: &&[u8]| inflate(&mut stream, &cuts(message, size)[cut], &mut inflated);
        let outcome = messages.iter().try_for_each(inflate);
        // How far beyond the limit the last piece goes depends on the cut.
        inflated.truncate(LIMIT);
        (outcome, inflated)
    };
    let (outcome, inflated) = all(0);
    for cut in [1, 2] {
        let other = all(cut);
        assert_eq!(other.0, outcome, "cut {cut}");
        assert!(other.1 == inflated, "cut {cut} inflates to something else");
    }
}

/// Inflates a message to the end of `inflated`, until there is too much of it.
fn inflate(stream: &mut Decompressor, pieces: &[&[u8]], inflated: &mut Vec<u8>) -> Result<(), Stop> {
    let (mut fed, mut before) = (0, 0);
    for piece in pieces {
        fed += piece.len() as u64;
        stream.inflate(piece, |made, taken| {
            assert!(made.len() <= PIECE, "pieces stay small");
            assert!(before <= taken && taken <= fed, "no more is taken than came");
            before = taken;
            inflated.extend_from_slice(made);
            if inflated.len() > LIMIT { Err(Stop::Limit) } else { Ok(()) }
        })?;
    }
    Ok(stream.finish()?)
}

fn compress_and_inflate(messages: &[&[u8]], window: u8, size: usize, takes_over: bool) {
    let mut compressor = Compressor::new(9 + window % 7, takes_over);
    let mut anew = Decompressor::new(takes_over);
    for message in messages {
        let compressed = compressor.message(message).to_vec();
        assert!(compressed.len() <= message.len() + message.len() / 8 + 64, "noise grows but little");
        let mut inflated = Vec::new();
        let outcome = inflate(&mut anew, &cuts(&compressed, size)[2], &mut inflated);
        assert_eq!(outcome, Ok(()));
        assert!(inflated == *message, "what was compressed comes back");
    }
}
