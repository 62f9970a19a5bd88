//! The connection as a whole: these bytes in, those events and bytes out, at every split of the input; properties
//! over random messages; and tungstenite's `WebSocket` as the independent other end.

mod compression;
mod drafts;
mod lenient;
mod pieces;
mod tungstenite;
mod watched;

use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;
use crate::wire::{Kind, Rule, Violation, mask};

/// An event that outlives the input.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(Kind, Vec<u8>, u32),
    Piece(Vec<u8>, Option<u64>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
    Violation(String),
}

fn own(event: Event<'_>) -> Seen {
    match event {
        Event::Message { kind, payload, fragments, .. } => Seen::Message(kind, payload.to_vec(), fragments),
        Event::Piece { payload, ended } => Seen::Piece(payload.to_vec(), ended),
        Event::Ping(payload) => Seen::Ping(payload.to_vec()),
        Event::Pong(payload) => Seen::Pong(payload.to_vec()),
        Event::Close { code, reason } => Seen::Close(code, reason.to_vec()),
        Event::Violation(violation) => Seen::Violation(violation.to_string()),
    }
}

fn text(payload: &str) -> Seen {
    Seen::Message(Kind::Text, payload.as_bytes().to_vec(), 1)
}

/// Keys that are easy to read in a failed test.
fn draw() -> Draw {
    let mut last = 0_u8;
    Box::new(move |bytes| {
        for byte in bytes {
            last = last.wrapping_add(1);
            *byte = last;
        }
    })
}

fn connection(role: Role) -> Connection {
    Connection::new(Settings::new(role), draw())
}

/// Feeds the pieces as a session does, keeping what was not consumed for the next. `by_runs`: takes what it can in runs.
fn feed(connection: &mut Connection, pieces: &[&[u8]], by_runs: bool) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut input = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        let mut at = 0;
        loop {
            if by_runs {
                let take = |kind, payload: &[u8]| seen.push(Seen::Message(kind, payload.to_vec(), 1));
                at += connection.receiver.receive_run(&mut input[at..], &connection.sender, 3, take).consumed;
            }
            let received = connection.receiver.receive(&mut input[at..], &mut connection.sender);
            at += received.consumed;
            match received.event {
                Some(event) => seen.push(own(event)),
                None => break,
            }
        }
        input.drain(..at);
        assert!(input.len() <= 130, "{} bytes are left over", input.len());
    }
    seen
}

/// Feeds the bytes whole, at every split, and one by one, each with and without runs; all must give the same events and
/// answers.
fn run_with(settings: &Settings, bytes: &[u8]) -> (Vec<Seen>, Vec<u8>, State) {
    let run = |pieces: &[&[u8]], by_runs| {
        let mut connection = Connection::new(settings.clone(), draw());
        let seen = feed(&mut connection, pieces, by_runs);
        (seen, connection.sender.unsent().to_vec(), connection.sender.state())
    };
    let whole = run(&[bytes], false);
    for by_runs in [false, true] {
        for split in 0..bytes.len() {
            let halves = [&bytes[..split], &bytes[split..]];
            assert_eq!(run(&halves, by_runs), whole, "split at {split}, by runs: {by_runs}");
        }
        let bytes = bytes.chunks(1).collect::<Vec<_>>();
        assert_eq!(run(&bytes, by_runs), whole, "byte by byte, by runs: {by_runs}");
    }
    whole
}

fn run(bytes: &[u8]) -> (Vec<Seen>, Vec<u8>, State) {
    run_with(&Settings::new(Role::Client), bytes)
}

/// The one violation that the bytes are, and the code of the close frame it is answered with.
fn violation(settings: &Settings, bytes: &[u8]) -> (String, u16) {
    let (seen, mut answer, state) = run_with(settings, bytes);
    assert_eq!(state, State::Closing, "the connection is failed");
    let size = if settings.role == Role::Client { 6 } else { 2 };
    assert_eq!(answer[0], 0x88, "a close frame goes out");
    if size == 6 {
        let key = answer[2..6].first_chunk().copied().unwrap();
        mask::apply(&mut answer[6..], key);
    }
    let code = u16::from_be_bytes([answer[size], answer[size + 1]]);
    match &seen[..] {
        [Seen::Violation(report)] => (report.clone(), code),
        other => panic!("not one violation: {other:?}"),
    }
}

#[test]
fn the_examples_of_section_5_7_are_read() {
    let (seen, answer, state) = run(b"\x81\x05Hello\x01\x03Hel\x80\x02lo\x89\x05Hello\x8a\x05Hello");
    let fragmented = Seen::Message(Kind::Text, b"Hello".to_vec(), 2);
    assert_eq!(seen, [text("Hello"), fragmented, Seen::Ping(b"Hello".into()), Seen::Pong(b"Hello".into())]);
    assert_eq!(answer[..6], [0x8a, 0x85, 1, 2, 3, 4], "the ping is answered with a masked pong");
    assert_eq!(state, State::Open);
    let (seen, ..) = run_with(&Settings::new(Role::Server), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_eq!(seen, [text("Hello")]);
}

#[test]
fn control_frames_come_between_fragments_and_characters_are_split() {
    let (seen, ..) = run(b"\x01\x01\xe2\x89\x00\x00\x00\x00\x02\x82\xac\x8a\x01x\x80\x00\x82\x00");
    let euro = Seen::Message(Kind::Text, "€".into(), 4);
    let empty = Seen::Message(Kind::Binary, vec![], 1);
    assert_eq!(seen, [Seen::Ping(vec![]), Seen::Pong(b"x".into()), euro, empty]);
}

#[test]
fn longer_lengths_are_read_whole_and_in_pieces() {
    for (header, length) in [(&b"\x82\x7e\x00\x7e"[..], 126), (b"\x82\x7f\0\0\0\0\0\x01\0\0", 65536)] {
        let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
        let bytes = [header, &payload].concat();
        for pieces in [vec![&bytes[..]], bytes.chunks(1).collect(), bytes.chunks(1000).collect()] {
            let seen = feed(&mut connection(Role::Client), &pieces, false);
            assert_eq!(seen, [Seen::Message(Kind::Binary, payload.clone(), 1)]);
        }
    }
}

#[test]
fn a_close_is_answered_once_and_nothing_follows() {
    let (seen, answer, state) = run(b"\x88\x05\x03\xe9bye\x81\x01x\x89\x00\x88\x00");
    assert_eq!(seen, [Seen::Close(Some(1001), b"bye".into())]);
    assert_eq!(answer, [0x88, 0x82, 1, 2, 3, 4, 1 ^ 3, 2 ^ 0xe9]);
    assert_eq!(state, State::Closed);
    let (seen, answer, _) = run(b"\x88\x00");
    assert_eq!((seen, &answer[..]), (vec![Seen::Close(None, vec![])], &[0x88, 0x80, 1, 2, 3, 4][..]));
}

#[test]
fn after_our_close_data_is_still_read_but_no_ping_answered() {
    let mut connection = connection(Role::Server);
    connection.sender.close(Some(1000), "").unwrap();
    assert_eq!(connection.sender.state(), State::Closing);
    assert_eq!(connection.sender.message(Kind::Text, b"x"), Err(NotOpen));
    assert_eq!(connection.sender.close(None, ""), Err(SendError::NotOpen));
    let seen = feed(&mut connection, &[b"\x81\x81\0\0\0\0x\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8"], false);
    assert_eq!(seen, [text("x"), Seen::Ping(vec![]), Seen::Close(Some(1000), vec![])]);
    assert_eq!(connection.sender.unsent(), b"\x88\x02\x03\xe8", "one close frame, no pong");
    assert_eq!((connection.sender.automatic(), connection.sender.state()), (None, State::Closed));
}

#[test]
fn frames_that_break_a_rule_fail_the_connection() {
    let cases: [(&[u8], &str); 17] = [
        (
            b"\xc1\x05Hello",
            "server sent a text frame with RSV1 set, but no extension was negotiated (RFC 6455 §5.2): c1 05 …",
        ),
        (
            b"\xb0\x00",
            "server sent a continuation frame with RSV2 and RSV3 set, but no extension was negotiated (RFC 6455 §5.2): b0 00",
        ),
        (b"\x83\x00", "server sent a frame with the reserved opcode 0x3 (RFC 6455 §5.2): 83 00"),
        (b"\x8b\x01x", "server sent a frame with the reserved opcode 0xb (RFC 6455 §5.2): 8b 01 …"),
        (
            b"\x81\x81\0\0\0\0x",
            "server sent a text frame that is masked, which only a client does (RFC 6455 §5.1): 81 81 …",
        ),
        (
            b"\x09\x00",
            "server sent a ping frame without FIN, but control frames are never fragmented (RFC 6455 §5.5): 09 00",
        ),
        (b"\x89\x7e\x00\x7e", "server sent a ping frame of more than 125 bytes (RFC 6455 §5.5): 89 7e …"),
        (b"\x80\x01x", "server sent a continuation frame, but no message was begun (RFC 6455 §5.4): 80 01 …"),
        (
            b"\x01\x01x\x81\x01y",
            "server sent a text frame before the message it had begun was finished (RFC 6455 §5.4): 81 01 …",
        ),
        (
            b"\x82\x7e\x00\x7dx",
            "server sent a binary frame whose length is not written in the shortest form (RFC 6455 §5.2): 82 7e 00 7d …",
        ),
        (
            b"\x82\x7f\x80\0\0\0\0\0\0\0",
            "server sent a binary frame whose 64-bit length has the top bit set (RFC 6455 §5.2): 82 7f 80 00 00 00 00 00 00 00 …",
        ),
        (
            b"\x88\x01\x03",
            "server sent a close frame of 1 byte, which is too short for a code (RFC 6455 §5.5.1): 88 01 …",
        ),
        (
            b"\x88\x02\x03\xed",
            "server sent a close frame with code 1005, which must not be sent (RFC 6455 §7.4): 88 02 …",
        ),
        (
            b"\x88\x03\x03\xe8\xff",
            "server sent a close frame whose reason is not UTF-8: byte 0xff at offset 0 (RFC 6455 §5.5.1): 88 03 …",
        ),
        (
            b"\x81\x03a\xffb",
            "server sent a text message that is not UTF-8: byte 0xff at offset 1 (RFC 6455 §8.1): 81 03 …",
        ),
        (
            b"\x01\x02a\xe2\x80\x02\x82\x28",
            "server sent a text message that is not UTF-8: byte 0xe2 at offset 1 (RFC 6455 §8.1): 80 02 …",
        ),
        (
            b"\x01\x01\xe2\x80\x00",
            "server sent a text message that is not UTF-8: byte 0xe2 at offset 0 (RFC 6455 §8.1): 80 00",
        ),
    ];
    for (bytes, report) in cases {
        let code = if report.contains("UTF-8") { 1007 } else { 1002 };
        let bytes = [bytes, b"\x89\x00\x81\x01x"].concat();
        assert_eq!(violation(&Settings::new(Role::Client), &bytes), (report.to_owned(), code));
    }
    let report =
        "client sent a text frame that is not masked, which a client must do (RFC 6455 §5.1): 81 01 …";
    assert_eq!(violation(&Settings::new(Role::Server), b"\x81\x01x"), (report.to_owned(), 1002));
}

#[test]
fn limits_are_judged_on_the_header_and_sums_count() {
    let settings = Settings { max_message: 10, max_fragments: 3, ..Settings::new(Role::Client) };
    let (report, code) = violation(&settings, b"\x82\x0b");
    assert_eq!((report.contains("more than 10 bytes"), code), (true, 1009), "{report}");
    let (_, code) = violation(&settings, b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff");
    assert_eq!(code, 1009);
    let (_, code) = violation(&settings, b"\x02\x06123456\x80\x05");
    assert_eq!(code, 1009);
    let (report, code) = violation(&settings, b"\x02\x00\x00\x00\x00\x00\x80\x00");
    assert_eq!((report.contains("more than 3 fragments"), code), (true, 1009), "{report}");
    let (seen, ..) = run_with(&settings, b"\x02\x0512345\x00\x00\x80\x0567890\x82\x0a1234567890");
    assert_eq!(seen.len(), 2);
}

#[test]
fn bad_text_is_told_inside_an_unfinished_frame() {
    let mut connection = connection(Role::Client);
    let seen = feed(&mut connection, &[b"\x81\x7e\x10\x00abc\xff"], false);
    assert!(matches!(&seen[..], [Seen::Violation(report)] if report.contains("offset 3")), "{seen:?}");
}

#[test]
fn started_tells_the_middle_of_a_frame_or_message() {
    for (bytes, started) in [
        (&b""[..], false),
        (b"\x81", true),
        (b"\x81\x02a", true),
        (b"\x89\x02a", true),
        (b"\x81\x01a", false),
        (b"\x01\x01a", true),
        (b"\x01\x01a\x80\x00", false),
    ] {
        let mut connection = connection(Role::Client);
        feed(&mut connection, &[bytes], false);
        assert_eq!(connection.receiver.started(), started, "{bytes:x?}");
    }
}

#[test]
fn a_ping_flood_that_is_never_read_keeps_one_answer() {
    let mut connection = connection(Role::Server);
    let ping = |number: u8| [0x89, 0x81, 0, 0, 0, 0, number];
    let mut pongs = 0;
    for number in 0..100_000_u32 {
        feed(&mut connection, &[&ping(number as u8)], false);
        while let Some(Automatic::Pong(_)) = connection.sender.automatic() {
            pongs += 1;
        }
    }
    let queued = connection.sender.unsent().len();
    assert_eq!((queued, pongs), (64 * 1024 + 2, 64 * 1024 / 3 + 1));
    connection.sender.advance(queued - 1);
    assert_eq!(connection.sender.unsent().len(), 1);
    connection.sender.advance(1);
    let latest = (99_999_u32) as u8;
    assert_eq!(connection.sender.unsent(), [0x8a, 1, latest]);
    assert_eq!(connection.sender.automatic(), Some(Automatic::Pong(vec![latest])));
}

#[test]
fn a_busy_sender_still_answers_a_ping() {
    let mut connection = connection(Role::Server);
    connection.sender.message(Kind::Binary, &[0; 100_000]).unwrap();
    feed(&mut connection, &[b"\x89\x80\0\0\0\0"], false);
    connection.sender.message(Kind::Binary, &[0; 200_000]).unwrap();
    assert_eq!(connection.sender.automatic(), None);
    connection.sender.advance(100_010);
    assert_eq!(connection.sender.automatic(), Some(Automatic::Pong(vec![])));
    assert!(connection.sender.unsent().ends_with(&[0x8a, 0x00]), "behind what was offered");
}

#[test]
fn what_must_not_be_sent_is_refused() {
    let mut sender = connection(Role::Client).sender;
    assert_eq!(sender.ping(&[0; 126]), Err(SendError::PayloadTooLong(126)));
    assert_eq!(sender.close(Some(1006), ""), Err(SendError::Code(1006)));
    assert_eq!(sender.close(None, "x"), Err(SendError::ReasonWithoutCode));
    assert_eq!(sender.close(Some(1000), &"x".repeat(124)), Err(SendError::ReasonTooLong(124)));
    assert!(sender.unsent().is_empty());
    assert_eq!(sender.pong(&[0; 125]), Ok(()));
    assert_eq!(sender.close(Some(1000), &"x".repeat(123)), Ok(()));
}

#[test]
fn failing_queues_one_close_frame_and_tells_of_it() {
    let mut sender = connection(Role::Server).sender;
    let violation = Violation::new(Rule::ReservedOpcode, Role::Client, &[0x83, 0x80], true);
    sender.fail(&violation);
    let length = sender.unsent().len();
    sender.fail(&violation);
    assert_eq!(sender.unsent().len(), length);
    let close = Automatic::Close { code: Some(1002), reason: violation.what };
    assert_eq!((sender.automatic(), sender.automatic()), (Some(close), None));
}

#[test]
fn without_auto_pong_pings_are_only_told() {
    let settings = Settings { auto_pong: false, ..Settings::new(Role::Client) };
    let (seen, answer, _) = run_with(&settings, b"\x89\x01x");
    assert_eq!((seen, answer), (vec![Seen::Ping(b"x".into())], vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_is_received(
        messages in prop::collection::vec((any::<bool>(), "\\PC{0,300}"), 0..8),
        fragment in prop::option::of(1..70_usize),
        piece in 1..400_usize,
    ) {
        let fragment = fragment.and_then(NonZeroUsize::new);
        let mut client = Connection::new(Settings { fragment, ..Settings::new(Role::Client) }, draw());
        let mut expected = Vec::new();
        for (is_text, payload) in &messages {
            let kind = if *is_text { Kind::Text } else { Kind::Binary };
            let bytes = payload.as_bytes();
            client.sender.message(kind, bytes).unwrap();
            client.sender.ping(&bytes[..bytes.len().min(125)]).unwrap();
            let frames = fragment.map_or(1, |size| bytes.len().div_ceil(size.get()).max(1));
            expected.push(Seen::Message(kind, bytes.to_vec(), frames as u32));
            expected.push(Seen::Ping(bytes[..bytes.len().min(125)].to_vec()));
        }
        let wire = client.sender.unsent().to_vec();
        let mut server = connection(Role::Server);
        let seen = feed(&mut server, &wire.chunks(piece).collect::<Vec<_>>(), false);
        prop_assert_eq!(seen, expected);
        prop_assert!(!server.receiver.started());
    }

    #[test]
    fn random_bytes_never_panic_and_chunking_does_not_matter(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x81), Just(0x01), Just(0x80), Just(0x89), 0..8_u8], 0..300),
        piece in 1..50_usize,
        is_client in any::<bool>(),
    ) {
        let role = if is_client { Role::Client } else { Role::Server };
        let whole = feed(&mut connection(role), &[&bytes], false);
        let pieces = feed(&mut connection(role), &bytes.chunks(piece).collect::<Vec<_>>(), false);
        prop_assert_eq!(whole, pieces);
    }
}
