//! Messages that are handed on in pieces as they come, and what ends that.

use super::*;

/// Feeds the pieces to a client that wants long messages in pieces: the bytes that came, the lengths of the messages
/// that ended, and what else there was.
fn pass(settings: &Settings, pieces: &[&[u8]]) -> (Vec<u8>, Vec<u64>, Vec<Seen>) {
    let mut connection = Connection::new(settings.clone(), draw());
    connection.receiver.pass_on(true);
    let (mut bytes, mut lengths, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for seen in feed(&mut connection, pieces, true) {
        match seen {
            Seen::Message(_, payload, _) => {
                lengths.push(payload.len() as u64);
                bytes.extend(payload);
            }
            Seen::Piece(payload, ended) => {
                bytes.extend(payload);
                lengths.extend(ended);
            }
            other => others.push(other),
        }
    }
    (bytes, lengths, others)
}

#[test]
fn pieces_are_the_message_wherever_it_is_cut() {
    let wire = b"\x82\x03abc\x01\x02\xe2\x82\x89\x01p\x00\x00\x80\x04\xacdef\x81\x00\x82\x02gh";
    let expected = ("abc€defgh".as_bytes().to_vec(), vec![3, 6, 0, 2], vec![Seen::Ping(b"p".into())]);
    let settings = Settings::new(Role::Client);
    for split in 0..wire.len() {
        assert_eq!(pass(&settings, &[&wire[..split], &wire[split..]]), expected, "split at {split}");
    }
    assert_eq!(pass(&settings, &wire.chunks(1).collect::<Vec<_>>()), expected);
}

#[test]
fn limits_and_utf8_hold_for_pieces_too() {
    let settings = Settings { max_message: 4, ..Settings::new(Role::Client) };
    let (bytes, lengths, others) = pass(&settings, &[b"\x02\x03abc", b"\x80\x02de"]);
    assert_eq!((&bytes[..], &lengths[..]), (&b"abc"[..], &[][..]));
    assert!(matches!(&others[..], [Seen::Violation(report)] if report.contains("4 bytes")), "{others:?}");
    let (bytes, lengths, others) = pass(&Settings::new(Role::Client), &[b"\x81\x7e\x01\x00ab", b"c\xff"]);
    assert_eq!((&bytes[..], &lengths[..]), (&b"ab"[..], &[][..]));
    assert!(matches!(&others[..], [Seen::Violation(report)] if report.contains("UTF-8")), "{others:?}");
}

#[test]
fn what_may_be_taken_back_or_is_compressed_is_assembled() {
    let lenient = Settings { lenient: true, ..Settings::new(Role::Client) };
    let mut connection = Connection::new(lenient, draw());
    connection.receiver.pass_on(true);
    let seen = feed(&mut connection, &[b"\x02\x01a", b"\x80\x01b"], false);
    assert_eq!(seen, [Seen::Message(Kind::Binary, b"ab".into(), 2)]);
}
