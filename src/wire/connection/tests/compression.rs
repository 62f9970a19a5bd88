//! permessage-deflate in a connection (RFC 7692 §6, §7.2): examples and breaches at every split of the input, limits,
//! and properties over random messages with all parameters.

use super::*;
use crate::wire::deflate::{Compressor, Parameters};

const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

fn settings(role: Role) -> Settings {
    Settings { deflate: Some(Parameters::default()), ..Settings::new(role) }
}

/// A frame from a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..=125 => bytes.push(short as u8),
        length @ ..=0xffff => bytes.extend([&[126][..], &(length as u16).to_be_bytes()].concat()),
        length => bytes.extend([&[127][..], &(length as u64).to_be_bytes()].concat()),
    }
    [&bytes[..], payload].concat()
}

#[test]
fn compressed_and_plain_messages_are_mixed_and_fragmented() {
    let bytes = [
        frame(0xc1, &HELLO),
        frame(0x81, b"plain"),
        frame(0x41, &HELLO[..3]),
        frame(0x89, b"between"),
        frame(0x00, &[]),
        frame(0x80, &HELLO[3..]),
        frame(0xc2, &[0x00]),
        frame(0x01, b"pl"),
        frame(0x80, b"ain"),
        // A final block, and a message that begins anew behind it.
        frame(0xc1, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]),
        frame(0xc1, &HELLO),
    ]
    .concat();
    let (seen, _, state) = run_with(&settings(Role::Client), &bytes);
    let expected = [
        text("Hello"),
        text("plain"),
        Seen::Ping(b"between".into()),
        Seen::Message(Kind::Text, b"Hello".into(), 3),
        Seen::Message(Kind::Binary, vec![], 1),
        Seen::Message(Kind::Text, b"plain".into(), 2),
        text("Hello"),
        text("Hello"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(state, State::Open);
}

#[test]
fn the_length_on_the_wire_is_told_both_ways() {
    let mut client = Connection::new(settings(Role::Client), draw());
    let mut server = Connection::new(settings(Role::Server), draw());
    assert_eq!(client.sender.message(Kind::Text, b"Hello"), Ok(Some(7)));
    assert_eq!(client.sender.message(Kind::Text, b"Hello"), Ok(Some(5)));
    let mut bytes = client.sender.unsent().to_vec();
    let received = server.receiver.receive(&mut bytes, &mut server.sender);
    let event = Event::Message { kind: Kind::Text, payload: b"Hello", fragments: 1, compressed: Some(7) };
    assert_eq!(received.event, Some(event));
    let mut plain = Connection::new(Settings::new(Role::Client), draw());
    assert_eq!(plain.sender.message(Kind::Text, b"Hello"), Ok(None));
    let mut bytes = *b"\x81\x01x";
    let received = plain.receiver.receive(&mut bytes, &mut plain.sender);
    let event = Event::Message { kind: Kind::Text, payload: b"x", fragments: 1, compressed: None };
    assert_eq!(received.event, Some(event));
}

#[test]
fn breaches_are_reported_with_the_section() {
    let unfinished = &HELLO[..4];
    let rows: [(Vec<u8>, &str, u16); 12] = [
        (frame(0xc9, b""), "a ping frame with RSV1 set, which only the first frame of a data message", 1002),
        (frame(0xc8, b""), "a close frame with RSV1 set", 1002),
        (
            [frame(0x41, &HELLO[..3]), frame(0xc0, &HELLO[3..])].concat(),
            "continuation frame with RSV1 set, which only the first frame of a data message may have (RFC 7692 §6.1)",
            1002,
        ),
        (
            frame(0xa1, b""),
            "a text frame with RSV2 set, which no agreed extension uses (RFC 6455 §5.2)",
            1002,
        ),
        (frame(0xf1, b""), "a text frame with RSV2 and RSV3 set, which no agreed", 1002),
        (frame(0xc3, b""), "the reserved opcode 0x3", 1002),
        (frame(0xc1, &[0xff; 9]), "that cannot be inflated (RFC 7692 §7.2.2): c1 09 …", 1007),
        (frame(0xc1, unfinished), "that ends in the middle of a block (RFC 7692 §7.2.2): c1 04 …", 1007),
        (frame(0xc1, b""), "that ends in the middle of a block (RFC 7692 §7.2.2): c1 00", 1007),
        ([frame(0x41, unfinished), frame(0x80, b"")].concat(), "ends in the middle of a block", 1007),
        (
            frame(0xc1, Compressor::new(15, true).message(b"a\xff")),
            "byte 0xff at offset 1 (RFC 6455 §8.1)",
            1007,
        ),
        (
            frame(0xc1, Compressor::new(15, true).message(b"a\xc3")),
            "byte 0xc3 at offset 1 (RFC 6455 §8.1)",
            1007,
        ),
    ];
    for (bytes, words, code) in rows {
        let (report, sent) = violation(&settings(Role::Client), &bytes);
        assert!(report.contains(words), "{report}");
        assert_eq!(sent, code, "{report}");
    }
    let (report, code) = violation(&Settings::new(Role::Client), &frame(0xc1, &HELLO));
    assert!(report.contains("RSV1 set, but no extension was negotiated"), "{report}");
    assert_eq!(code, 1002);
}

#[test]
fn bad_text_is_noticed_before_the_frame_ends() {
    let compressed =
        Compressor::new(15, true).message(&[b"fine \xff", &b"and so on ".repeat(20)[..]].concat()).to_vec();
    let mut bytes = frame(0xc1, &compressed);
    bytes.truncate(bytes.len() - 4);
    let mut connection = Connection::new(settings(Role::Client), draw());
    let seen = feed(&mut connection, &[&bytes], false);
    assert!(
        matches!(&seen[..], [Seen::Violation(report)] if report.contains("0xff at offset 5")),
        "{seen:?}"
    );
}

#[test]
fn a_message_is_stopped_at_the_limit_before_it_is_inflated() {
    let limit = |max_message| Settings { max_message, ..settings(Role::Client) };
    let compressed = Compressor::new(15, true).message(&[b'x'; 3000]).to_vec();
    let (seen, ..) = run_with(&limit(3000), &frame(0xc1, &compressed));
    assert_eq!(seen, [Seen::Message(Kind::Text, vec![b'x'; 3000], 1)]);
    let (report, code) = violation(&limit(2999), &frame(0xc1, &compressed));
    assert!(report.contains("more than 2999 bytes, the limit here (RFC 6455 §10.4)"), "{report}");
    assert_eq!(code, 1009);
    // A length beyond everything the limit allows is refused on the header.
    let (report, code) = violation(&limit(100), b"\xc1\x7e\xff\xff");
    assert!(report.contains("more than 100 bytes, the limit here"), "{report}");
    assert_eq!(code, 1009);
}

#[test]
fn what_comes_before_the_limit_is_judged_first() {
    let limit = Settings { max_message: 100, ..settings(Role::Client) };
    let compressed = Compressor::new(15, true).message(&[&b"fine \xff"[..], &[b'x'; 200]].concat()).to_vec();
    let (report, code) = violation(&limit, &frame(0xc1, &compressed));
    assert!(report.contains("byte 0xff at offset 5"), "{report}");
    assert_eq!(code, 1007);
}

#[test]
fn a_compressed_message_leaves_the_limit_of_the_next_alone() {
    let settings = Settings { max_message: 100, ..settings(Role::Client) };
    let after = |length: usize| [frame(0xc1, &HELLO), frame(0x82, &vec![0; length])].concat();
    let (seen, ..) = run_with(&settings, &after(100));
    assert_eq!(seen[1], Seen::Message(Kind::Binary, vec![0; 100], 1));
    let (seen, ..) = run_with(&settings, &after(101));
    assert!(
        matches!(&seen[1], Seen::Violation(report) if report.contains("more than 100 bytes")),
        "{seen:?}"
    );
}

#[test]
fn a_bomb_is_stopped_by_its_ratio() {
    let compressed = Compressor::new(15, true).message(&vec![0; 20 << 20]).to_vec();
    assert!(compressed.len() < 21_000);
    for fragment in [compressed.len(), 1000] {
        let mut bytes = Vec::new();
        for (at, piece) in compressed.chunks(fragment).enumerate() {
            bytes.extend(frame(if at == 0 { 0x42 } else { 0x00 }, piece));
        }
        let mut connection = Connection::new(settings(Role::Client), draw());
        let seen = feed(&mut connection, &[&bytes], false);
        let [Seen::Violation(report)] = &seen[..] else { panic!("{} events", seen.len()) };
        assert!(report.contains("more than 16777216 bytes that inflates more than 1000 times"), "{report}");
        // Who raises the limit takes it.
        let settings = Settings { max_message: 80 << 20, ..settings(Role::Client) };
        bytes.extend(frame(0x80, b""));
        let seen = feed(&mut Connection::new(settings, draw()), &[&bytes], false);
        assert!(matches!(&seen[..], [Seen::Message(_, payload, _)] if payload.len() == 20 << 20));
    }
}

#[test]
fn what_was_not_written_is_given_back_as_it_was() {
    let settings = Settings { fragment: NonZeroUsize::new(3), ..settings(Role::Client) };
    let mut connection = Connection::new(settings, draw());
    let sender = &mut connection.sender;
    sender.message(Kind::Text, b"first").unwrap();
    let first = sender.unsent().len();
    sender.message(Kind::Binary, b"second and first").unwrap();
    sender.message(Kind::Text, b"").unwrap();
    sender.advance(first + 1);
    let unsent = sender.unsent_messages();
    assert_eq!((unsent.messages, unsent.bytes), (2, 16));
    assert_eq!(sender.held(), sender.unsent().len() + 16);
    let taken = [(Kind::Binary, b"second and first".to_vec()), (Kind::Text, vec![])];
    assert_eq!(sender.take_unsent(), taken);
    assert_eq!((sender.held(), sender.unsent_messages().messages), (0, 0));
}

#[test]
fn with_a_window_of_8_bits_messages_go_out_plain() {
    let agreed = Parameters { client_max_window_bits: 8, ..Parameters::default() };
    let mut client = Connection::new(Settings { deflate: Some(agreed), ..settings(Role::Client) }, draw());
    assert_eq!(client.sender.message(Kind::Text, b"Hello"), Ok(None));
    assert_eq!(client.sender.unsent()[0], 0x81);
    assert_eq!(feed(&mut client, &[&frame(0xc1, &HELLO)], false), [text("Hello")]);
}

fn parameters() -> impl Strategy<Value = Parameters> {
    (any::<bool>(), any::<bool>(), 9..=15_u8, 9..=15_u8).prop_map(
        |(server, client, server_bits, client_bits)| Parameters {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: server_bits,
            client_max_window_bits: client_bits,
        },
    )
}

/// Payloads that compress well, badly and not at all, and repeat each other.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2000),
        (any::<u8>(), 0..100_000_usize).prop_map(|(byte, length)| vec![byte; length]),
        (1..400_usize).prop_map(|times| b"the same words again and again, ".repeat(times)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sent_is_received(
        agreed in parameters(),
        from_client in any::<bool>(),
        payloads in prop::collection::vec(payload(), 1..6),
        fragment in prop::option::of(1..5000_usize),
        step in 1..9000_usize,
    ) {
        let role = if from_client { Role::Client } else { Role::Server };
        let settings = |role| Settings { deflate: Some(agreed), ..Settings::new(role) };
        let fragment = fragment.and_then(NonZeroUsize::new);
        let mut from = Connection::new(Settings { fragment, ..settings(role) }, draw());
        let mut to = Connection::new(settings(role.peer()), draw());
        for payload in &payloads {
            let compressed = from.sender.message(Kind::Binary, payload).unwrap();
            prop_assert!(compressed.is_some());
            from.sender.ping(b"between").unwrap();
        }
        let wire = from.sender.unsent().to_vec();
        let seen = feed(&mut to, &wire.chunks(step).collect::<Vec<_>>(), false);
        let got: Vec<Vec<u8>> = seen.into_iter().filter_map(|seen| match seen {
            Seen::Message(_, payload, _) => Some(payload),
            _ => None,
        }).collect();
        prop_assert_eq!(got, payloads);
    }

    #[test]
    fn any_bytes_are_a_message_or_a_violation(stream in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut connection = Connection::new(settings(Role::Client), draw());
        let seen = feed(&mut connection, &[&frame(0xc2, &stream)], false);
        prop_assert!(matches!(&seen[..], [Seen::Message(..) | Seen::Violation(_)]), "{:?}", seen);
    }
}
