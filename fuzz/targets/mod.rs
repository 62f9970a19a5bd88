//! The bodies of the fuzz targets: each takes any bytes, and panics where a promise of wscope does not hold.
//!
//! Two callers share them: libFuzzer by `fuzz_targets/`, and `tests/seeds.rs`, which runs the committed seeds. They use
//! nothing but wscope's public parts, and decide everything by the bytes, so that a crash repeats.

pub mod config;
pub mod connection;
pub mod deflate;
mod end;
pub mod event;
pub mod extension;
mod happening;
pub mod record;
pub mod request;
pub mod response;
pub mod target;

use wscope::render::text::is_hidden;

/// Text of ours that quotes a peer must hold nothing that a terminal would obey or hide.
fn assert_visible(text: &str) {
    assert!(!text.chars().any(is_hidden), "something hidden is in {text:?}");
}

/// The same bytes in one piece, byte by byte, and in pieces of `size`: what comes of them must not differ.
fn cuts(bytes: &[u8], size: usize) -> [Vec<&[u8]>; 3] {
    [vec![bytes], bytes.chunks(1).collect(), bytes.chunks(size.max(2)).collect()]
}
