//! The parameters of permessage-deflate, read by both ends (RFC 7692 §7).
//!
//! The input is lines: the first is a server's answer, the others are offers, each one element of
//! `Sec-WebSocket-Extensions`.

use wscope::wire::Role;
use wscope::wire::deflate::{NAME, Parameters, accept, answer, check_offer};

use super::assert_visible;

/// Runs the target.
pub fn run(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let answered = lines.next().unwrap_or_default();
    let offers: Vec<&[u8]> = lines.collect();
    match accept(answered, offers.iter().copied()) {
        Ok(parameters) => {
            assert!(!offers.is_empty(), "nothing was offered");
            assert_possible(parameters);
        }
        Err(error) => assert_visible(&error.to_string()),
    }
    if let Some((parameters, text)) = answer(offers.iter().copied()) {
        meet(parameters, &text, &offers);
    }
}

/// A client must accept what our server answers, and take it to mean the same.
fn meet(parameters: Parameters, text: &str, offers: &[&[u8]]) {
    assert!(text.starts_with(NAME));
    assert_possible(parameters);
    assert!(parameters.server_max_window_bits > 8, "no such stream can be made here");
    let accepted = accept(text.as_bytes(), offers.iter().copied()).expect("our own answer is good");
    // An offer that breaks the rules is passed over by the server, but binds a client that was told to send it.
    if offers.iter().all(|offer| std::str::from_utf8(offer).is_ok_and(|offer| check_offer(offer).is_ok())) {
        assert_eq!(accepted, parameters);
    }
}

fn assert_possible(parameters: Parameters) {
    for role in [Role::Client, Role::Server] {
        let (window_bits, _) = parameters.of(role);
        assert!((8..=15).contains(&window_bits));
    }
}
