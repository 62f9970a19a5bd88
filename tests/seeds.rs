//! Runs the committed seeds of the fuzz targets through the bodies of the targets, whole and damaged.
//!
//! What the fuzzer once found stays found: a crash becomes a seed. Beside each seed itself, beginnings of it and copies
//! with one bit flipped are run.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Longer seeds are only run whole.
const DAMAGED: usize = 400;

/// Runs the seeds of a target, and cuts and flips each at every `stride`th byte: 1 where a run is cheap.
fn run(name: &str, target: fn(&[u8]), stride: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{} has no seeds", folder.display());
    for seed in seeds {
        let bytes = fs::read(&seed).expect("the seed can be read");
        let seed = seed.display();
        try_one(target, &bytes, || format!("{seed}"));
        if bytes.len() > DAMAGED {
            continue;
        }
        for at in (0..bytes.len()).step_by(stride) {
            try_one(target, &bytes[..at], || format!("{seed}, cut at {at}"));
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            try_one(target, &flipped, || format!("{seed}, bit {} of byte {at} flipped", at % 8));
        }
    }
}

fn try_one(target: fn(&[u8]), bytes: &[u8], what: impl Fn() -> String) {
    let outcome = catch_unwind(AssertUnwindSafe(|| target(bytes)));
    assert!(outcome.is_ok(), "{}: see the panic above; the input is {}", what(), bytes.escape_ascii());
}

#[test]
fn response_heads() {
    run("response", targets::response::run, 1);
}

#[test]
fn request_heads() {
    run("request", targets::request::run, 1);
}

#[test]
fn connections() {
    run("connection", targets::connection::run, 1);
}

#[test]
fn extension_parameters() {
    run("extension", targets::extension::run, 1);
}

#[test]
fn deflate_streams() {
    run("deflate", targets::deflate::run, 1);
}

#[test]
fn target_urls() {
    run("target", targets::target::run, 1);
}

#[test]
fn record_lines() {
    run("record", targets::record::run, 1);
}

#[test]
fn events() {
    run("event", targets::event::run, 1);
}

#[test]
fn config_lines() {
    // The parser of the command line is built anew for each.
    run("config", targets::config::run, 8);
}
