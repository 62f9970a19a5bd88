//! What a lenient connection passes over, what it makes of it, and what it fails even so.

use super::*;

fn lenient(role: Role) -> Settings {
    Settings { lenient: true, ..Settings::new(role) }
}

/// The events and the breaches passed over, the same at every split.
fn passed(settings: &Settings, bytes: &[u8]) -> (Vec<Seen>, Vec<String>) {
    let run = |pieces: &[&[u8]]| {
        let mut connection = Connection::new(settings.clone(), draw());
        let seen = feed(&mut connection, pieces, false);
        let tolerated = std::iter::from_fn(|| connection.sender.tolerated());
        (seen, tolerated.map(|violation| violation.to_string()).collect::<Vec<_>>())
    };
    let whole = run(&[bytes]);
    for split in 0..bytes.len() {
        assert_eq!(run(&[&bytes[..split], &bytes[split..]]), whole, "split at {split}");
    }
    assert_eq!(run(&bytes.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

fn binary(payload: &[u8]) -> Seen {
    Seen::Message(Kind::Binary, payload.to_vec(), 1)
}

#[test]
fn what_follows_a_breach_is_read_on() {
    let ab = |bytes: &[u8]| Seen::Message(Kind::Text, bytes.to_vec(), 1);
    let table: [(&[u8], Vec<Seen>, &[&str]); 16] = [
        (b"\xf1\x01a", vec![text("a")], &["RSV1 and RSV2 and RSV3"]),
        (b"\x83\x02xy", vec![], &["opcode 0x3"]),
        (b"\x8b\x02xy", vec![], &["opcode 0xb"]),
        (b"\x01\x01a\x84\x01x\x80\x01b", vec![Seen::Message(Kind::Text, b"ab".into(), 2)], &["opcode 0x4"]),
        (b"\x81\x81\x01\x02\x03\x04\x60", vec![text("a")], &["masked"]),
        (b"\xd1\x81\x01\x02\x03\x04\x60", vec![text("a")], &["RSV1 and RSV3", "masked"]),
        (b"\x09\x01a", vec![Seen::Ping(b"a".into())], &["without FIN"]),
        (b"\x89\x7e\x00\x01a", vec![Seen::Ping(b"a".into())], &["125 bytes", "shortest form"]),
        (b"\x80\x01x", vec![binary(b"x")], &["no message was begun"]),
        (b"\x01\x01a\x81\x01b", vec![text("b")], &["before the message"]),
        (b"\x82\x7e\x00\x01a", vec![binary(b"a")], &["shortest form"]),
        (b"\x88\x01\x03", vec![Seen::Close(None, vec![3])], &["1 byte"]),
        (b"\x88\x03\x03\xedx", vec![Seen::Close(Some(1005), b"x".into())], &["code 1005"]),
        (b"\x88\x03\x03\xe8\xff", vec![Seen::Close(Some(1000), b"\xff".into())], &["not UTF-8"]),
        (b"\x81\x03a\xff\xfe", vec![ab(b"a\xff\xfe")], &["offset 1"]),
        (b"\x01\x01\xe2\x80\x00", vec![Seen::Message(Kind::Text, b"\xe2".into(), 2)], &["offset 0"]),
    ];
    for (bytes, expected, reports) in table {
        let closes = matches!(expected[..], [Seen::Close(..)]);
        let after: &[u8] = if closes { b"" } else { b"\x81\x02ok" };
        let (seen, passed) = passed(&lenient(Role::Client), &[bytes, after].concat());
        let expected: Vec<Seen> = expected.into_iter().chain((!closes).then(|| text("ok"))).collect();
        assert_eq!(seen, expected, "{bytes:x?}");
        assert_eq!(passed.len(), reports.len(), "{bytes:x?}: {passed:?}");
        for (report, part) in passed.iter().zip(reports) {
            assert!(report.contains(part) && report.contains("RFC 6455 §"), "{bytes:x?}: {report}");
        }
    }
}

#[test]
fn what_was_passed_over_is_told_before_what_is_not() {
    let stored = [&[0x00, 0x02, 0x00, 0xfd, 0xff][..], b"a\xff", &[0x07]].concat();
    let bytes = [&[0xc1, stored.len() as u8], &stored[..]].concat();
    let settings = Settings { deflate: Some(Parameters::default()), ..lenient(Role::Client) };
    let (seen, passed) = passed(&settings, &bytes);
    assert!(matches!(&seen[..], [Seen::Violation(report)] if report.contains("inflated")), "{seen:?}");
    assert!(matches!(&passed[..], [report] if report.contains("offset 1")), "{passed:?}");
}

#[test]
fn a_client_that_does_not_mask_is_read_too() {
    let (seen, passed) = passed(&lenient(Role::Server), b"\x81\x01x\x89\x80\0\0\0\0");
    assert_eq!(seen, [text("x"), Seen::Ping(vec![])]);
    assert!(matches!(&passed[..], [report] if report.contains("not masked")), "{passed:?}");
}

#[test]
fn what_leaves_no_sense_or_breaks_a_limit_fails_even_so() {
    let settings = Settings { max_message: 10, max_fragments: 2, ..lenient(Role::Client) };
    let cases: [(&[u8], u16); 5] = [
        (b"\x82\x7f\x80\0\0\0\0\0\0\0", 1002),
        (b"\x82\x0b", 1009),
        (b"\x02\x01a\x00\x01b\x80\x01c", 1009),
        (b"\x83\x0b", 1009),
        (b"\x89\x7e\x10\x01", 1002),
    ];
    for (bytes, code) in cases {
        assert_eq!(violation(&settings, bytes).1, code, "{bytes:x?}");
    }
}

#[test]
fn a_code_that_must_not_be_sent_is_not_sent_back() {
    let mut connection = Connection::new(lenient(Role::Server), draw());
    feed(&mut connection, &[b"\x88\x82\0\0\0\0\x03\xed"], false);
    assert_eq!(connection.sender.unsent(), b"\x88\x02\x03\xea");
    assert_eq!(connection.sender.state(), State::Closed);
}

#[test]
fn a_ping_that_no_pong_can_answer_is_not_answered() {
    let mut connection = Connection::new(lenient(Role::Server), draw());
    let ping = [b"\x89\xfe\x00\x7e\0\0\0\0".as_slice(), &[b'x'; 126]].concat();
    assert_eq!(feed(&mut connection, &[&ping], false), [Seen::Ping(vec![b'x'; 126])]);
    assert!(connection.sender.unsent().is_empty());
}

#[test]
fn data_behind_a_close_frame_is_told_once() {
    let (seen, passed) = passed(&Settings::new(Role::Client), b"\x88\x00\x81\x01x\x81\x01y");
    assert_eq!(seen, [Seen::Close(None, vec![])]);
    let report = "server sent a text frame after its close frame (RFC 6455 §5.5.1): 81 01 …";
    assert_eq!(passed, [report]);
}

#[test]
fn half_a_compressed_message_cannot_be_passed_over() {
    let deflate = Some(crate::wire::deflate::Parameters::default());
    let settings = Settings { deflate, ..lenient(Role::Client) };
    let (report, code) = violation(&settings, b"\x41\x01\xca\x81\x01b");
    assert!(report.contains("before the message") && code == 1002, "{report}");
    let (seen, passed) = passed(&settings, b"\xe9\x00\x41\x01\xf2\xc0\x06\x48\xcd\xc9\xc9\x07\x00\x81\x02ok");
    assert_eq!(seen, [Seen::Ping(vec![]), Seen::Message(Kind::Text, b"Hello".into(), 2), text("ok")]);
    assert_eq!(passed.len(), 2, "{passed:?}");
}

#[test]
fn a_bit_that_is_passed_over_makes_no_room_beyond_the_limit() {
    let compressing = Settings { deflate: Some(Parameters::default()), ..lenient(Role::Client) };
    for settings in [lenient(Role::Client), compressing] {
        let limited = Settings { max_message: 4, ..settings };
        let (seen, passed) = passed(&limited, b"\x02\x03abc\x40\x01d\x40\x01e");
        assert!(matches!(&seen[..], [Seen::Violation(report)] if report.contains("4 bytes")), "{seen:?}");
        assert_eq!(passed.len(), 2, "{passed:?}");
    }
    let limited = Settings { max_message: 4, ..lenient(Role::Client) };
    let (seen, _) = passed(&limited, b"\xc2\x05abcde");
    assert!(matches!(&seen[..], [Seen::Violation(report)] if report.contains("4 bytes")), "{seen:?}");
}
