//! RFC 7692 §6 and §7.2: RSV1, the forms a compressed message may have, context takeover, and bad streams.

use super::row::{Row, binary, ping, text};
use crate::common::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame};

/// `Hello`, alone (§7.2.3.1).
pub const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
/// `Hello` again, as a reference to the message before (§7.2.3.2).
const AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];
/// `Hello`, not compressed (§7.2.3.3).
const STORED: [u8; 11] = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
/// `Hello` in a final block (§7.2.3.4).
const FINAL: [u8; 8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
/// `Hello` in two blocks (§7.2.3.5).
const TWO: [u8; 13] = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];

const RSV1: u8 = 0x40;
const AGREED: &str = "permessage-deflate";
const STREAM: &str = "RFC 7692 §7.2.2";

pub fn rows() -> Vec<Row> {
    [forms(), fragments(), mixed(), takeover(), bits(), bad_streams(), bad_text()].concat()
}

fn row(id: impl AsRef<str>, section: &'static str, sentence: impl Into<String>) -> Row {
    Row::new(format!("7692-{}", id.as_ref()), section, sentence).agrees(AGREED)
}

/// A compressed text in one frame.
fn message(compressed: &[u8]) -> Vec<u8> {
    frame(FIN | RSV1 | TEXT, compressed)
}

/// The same with a bit of its first byte turned, so that the stream is another or none.
fn spoilt(compressed: &[u8]) -> Vec<u8> {
    let mut bytes = compressed.to_vec();
    bytes[0] ^= 0x04;
    message(&bytes)
}

fn forms() -> Vec<Row> {
    let section = "RFC 7692 §7.2.3";
    let no_tail = &FINAL[..7];
    let forms: [(&str, &[u8], &str); 9] = [
        ("one-block", &HELLO, "Hello"),
        ("stored", &STORED, "Hello"),
        ("final-block", &FINAL, "Hello"),
        ("final-block-alone", no_tail, "Hello"),
        ("two-blocks", &TWO, "Hello"),
        ("final-blocks", &[&FINAL[..7], &FINAL[..7]].concat(), "HelloHello"),
        ("final-then-other", &[&FINAL[..7], &HELLO].concat(), "HelloHello"),
        ("empty-00", &[0x00], ""),
        ("empty-02-00", &[0x02, 0x00], ""),
    ];
    let mut rows = Vec::new();
    for (name, compressed, shown) in forms {
        rows.push(
            row(format!("form-{name}"), section, format!("A form of a compressed message: {name}"))
                .sends(message(compressed))
                .shows(&[text(shown)])
                .twin(spoilt(compressed)),
        );
    }
    rows.push(
        row("form-binary", section, "A compressed binary message")
            .sends(frame(FIN | RSV1 | BINARY, &HELLO))
            .shows(&[binary("Hello")])
            .twin(message(&HELLO)),
    );
    rows.push(
        row("form-after-final", section, "A message after one with a final block")
            .sends([message(&FINAL), message(&HELLO), message(&FINAL), message(&HELLO)].concat())
            .shows(&[text("Hello"), text("Hello"), text("Hello"), text("Hello")])
            .twin([message(&FINAL), message(&HELLO), message(&FINAL), spoilt(&HELLO)].concat()),
    );
    rows
}

fn fragments() -> Vec<Row> {
    let mut rows = Vec::new();
    for at in 0..=HELLO.len() {
        let (first, rest) = HELLO.split_at(at);
        rows.push(
            row(
                format!("fragments-{at}"),
                "RFC 7692 §6.1",
                format!("A compressed message cut after byte {at}"),
            )
            .sends([frame(RSV1 | TEXT, first), frame(FIN, rest)].concat())
            .shows(&[text("Hello")])
            .twin([frame(TEXT, first), frame(FIN, rest)].concat()),
        );
    }
    let each: Vec<u8> = HELLO.iter().flat_map(|byte| frame(CONTINUATION, &[*byte])).collect();
    rows.push(
        row("fragments-each", "RFC 7692 §6.1", "A fragment for each byte, and empty ones around")
            .sends([frame(RSV1 | TEXT, b""), each.clone(), frame(FIN, b"")].concat())
            .shows(&[text("Hello")])
            .twin([frame(RSV1 | TEXT, b""), each, frame(FIN, b"\xff")].concat()),
    );
    let with_ping = |first: u8| {
        [frame(first | TEXT, &HELLO[..3]), frame(FIN | PING, b"p"), frame(FIN, &HELLO[3..])].concat()
    };
    rows.push(
        row("fragments-ping", "RFC 7692 §6.1", "A ping inside a compressed message is not compressed")
            .sends(with_ping(RSV1))
            .shows(&[ping("p"), text("Hello")])
            .twin(with_ping(0)),
    );
    rows
}

fn mixed() -> Vec<Row> {
    let plain = frame(FIN | TEXT, b"plain");
    vec![
        row("plain", "RFC 7692 §6", "A message may be sent uncompressed")
            .sends(plain.clone())
            .shows(&[text("plain")])
            .twin(frame(FIN | RSV1 | TEXT, b"plain")),
        row("plain-between", "RFC 7692 §6", "An uncompressed message between leaves the context alone")
            .sends([message(&HELLO), plain.clone(), message(&AGAIN)].concat())
            .shows(&[text("Hello"), text("plain"), text("Hello")])
            .twin([plain.clone(), message(&AGAIN), message(&HELLO)].concat()),
        row("plain-fragments", "RFC 7692 §6", "Uncompressed fragments after a compressed message")
            .sends([message(&HELLO), frame(TEXT, b"a"), frame(FIN, b"b"), message(&AGAIN)].concat())
            .shows(&[text("Hello"), text("ab"), text("Hello")])
            .twin([message(&HELLO), frame(TEXT, b"a"), frame(FIN, b"b"), message(&HELLO[..6])].concat()),
        row("plain-bytes", "RFC 7692 §6", "Without RSV1 compressed bytes are just bytes")
            .sends(frame(FIN | BINARY, &HELLO))
            .shows(&[binary(HELLO)])
            .twin(frame(FIN | RSV1 | BINARY, &HELLO)),
    ]
}

fn takeover() -> Vec<Row> {
    const ANEW: &str = "permessage-deflate; server_no_context_takeover";
    let both = [message(&HELLO), message(&AGAIN)].concat();
    let whole = [message(&HELLO), message(&HELLO)].concat();
    let empty = [message(&HELLO), message(&[0x00]), message(&AGAIN)].concat();
    let hello = text("Hello");
    vec![
        row("takeover", "RFC 7692 §7.1.1.1", "A message refers to the one before")
            .sends(both.clone())
            .shows(&[hello.clone(), hello.clone()])
            .twin(message(&AGAIN)),
        row("takeover-unused", "RFC 7692 §7.1.1.1", "A message need not refer to the one before")
            .sends(whole.clone())
            .shows(&[hello.clone(), hello.clone()])
            .twin(both[..both.len() - 1].to_vec()),
        row("takeover-empty", "RFC 7692 §7.1.1.1", "An empty message between keeps the context")
            .sends(empty)
            .shows(&[hello.clone(), text(""), hello.clone()])
            .twin([message(&[0x00]), message(&AGAIN)].concat()),
        row("takeover-none", "RFC 7692 §7.1.1.1", "Without takeover each message stands alone")
            .agrees(ANEW)
            .sends(whole.clone())
            .shows(&[hello.clone(), hello.clone()])
            .twin(both.clone()),
        row("takeover-forbidden", STREAM, "Without takeover no message refers to the one before")
            .agrees(ANEW)
            .sends(both)
            .shows(std::slice::from_ref(&hello))
            .fails(1007, &[0xc1, 5])
            .twin(whole),
        row("takeover-first", STREAM, "The first message has nothing to refer to")
            .sends(message(&AGAIN))
            .fails(1007, &[0xc1, 5])
            .twin(message(&HELLO)),
    ]
}

fn bits() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        rows.push(
            row(format!("rsv1-{name}"), "RFC 7692 §6.1", format!("RSV1 on a {name}"))
                .sends(frame(FIN | RSV1 | opcode, b""))
                .fails(1002, &[FIN | RSV1 | opcode, 0])
                .twin(frame(FIN | opcode, b"")),
        );
    }
    for (name, fin) in [("last", FIN), ("not-last", 0)] {
        for (kind, first) in [("compressed", RSV1 | TEXT), ("plain", BINARY)] {
            let (start, rest) = HELLO.split_at(3);
            let sent = [frame(first, start), frame(fin | RSV1, rest)].concat();
            rows.push(
                row(
                    format!("rsv1-continuation-{name}-{kind}"),
                    "RFC 7692 §6.1",
                    format!("RSV1 on a continuation frame of a {kind} message"),
                )
                .sends(sent)
                .fails(1002, &[fin | RSV1, 4])
                .twin([frame(RSV1 | TEXT, start), frame(FIN, rest)].concat()),
            );
        }
    }
    for rsv in [2_u8, 3, 1 | 4, 7] {
        // RSV3 is the lowest of the three bits, RSV1 the highest.
        let first = FIN | rsv << 4 | TEXT;
        rows.push(
            row(
                format!("rsv-{rsv:03b}"),
                "RFC 6455 §5.2",
                format!("Bits {rsv:03b}: only RSV1 has a meaning"),
            )
            .sends(frame(first, &HELLO))
            .fails(1002, &[first, 7])
            .twin(message(&HELLO)),
        );
    }
    rows
}

fn bad_streams() -> Vec<Row> {
    let mut rows = Vec::new();
    let streams: [(&str, &[u8]); 12] = [
        ("nothing", b""),
        ("block-type-3", &[0x06]),
        ("block-type-3-final", &[0x07]),
        ("noise", &[0xff; 4]),
        ("stored-length", &[0x00, 0x05, 0x00, 0xfb, 0xff, 0x48]),
        ("stored-cut", &STORED[..8]),
        ("stored-header-cut", &STORED[..3]),
        ("cut-3", &HELLO[..3]),
        ("cut-4", &HELLO[..4]),
        ("cut-5", &HELLO[..5]),
        ("too-far-back", &[0x02, 0x05, 0x00]),
        ("zlib-header", &[0x78, 0x9c, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
    ];
    for (name, compressed) in streams {
        rows.push(
            row(format!("bad-{name}"), STREAM, format!("A stream that cannot be inflated: {name}"))
                .sends(message(compressed))
                .fails(1007, &[0xc1, compressed.len() as u8])
                .twin(message(&HELLO)),
        );
    }
    rows.push(
        row("bad-in-fragment", STREAM, "A stream that goes wrong in a later fragment")
            .sends([frame(RSV1 | TEXT, &STORED[..3]), frame(FIN, &[0xfb, 0xff, 0x48])].concat())
            .fails(1007, &[0x80, 3])
            .twin([frame(RSV1 | TEXT, &STORED[..3]), frame(FIN, &STORED[3..])].concat()),
    );
    rows
}

/// Text is judged after it was inflated, and as early.
fn bad_text() -> Vec<Row> {
    let stored = |payload: &[u8]| {
        let length = payload.len() as u8;
        [&[0x00, length, 0x00, !length, 0xff][..], payload, &[0x00]].concat()
    };
    let bad = stored(b"ok\xff");
    vec![
        row("text-invalid", "RFC 6455 §8.1", "A compressed text is UTF-8 too")
            .sends(message(&bad))
            .fails(1007, &[0xc1, bad.len() as u8])
            .offset(2)
            .twin(frame(FIN | RSV1 | BINARY, &bad)),
        row("text-early", "RFC 6455 §8.1", "What shows in an unfinished frame is told there")
            .sends([&[FIN | RSV1 | TEXT, 100][..], &bad].concat())
            .fails(1007, &[0xc1, 100])
            .offset(2)
            .unfinished(vec![0; 100 - bad.len()])
            .twin(frame(FIN | RSV1 | BINARY, &bad)),
        row("text-cut", "RFC 6455 §8.1", "A character that the end of a compressed text cuts short")
            .sends(message(&stored(b"ok\xe2\x82")))
            .fails(1007, &[0xc1, 10])
            .offset(2)
            .twin(message(&stored(b"ok\xe2\x82\xac"))),
        row("text-split", "RFC 6455 §8.1", "A character in two blocks of a compressed text")
            .sends(message(&[&stored(b"\xe2\x82")[..7], &stored(b"\xac")].concat()))
            .shows(&[text("\u{20ac}")])
            .twin(message(&[&stored(b"\xe2\x82")[..7], &stored(b"x")].concat())),
    ]
}
