//! RFC 6455 §5.6 and §8.1: text messages are UTF-8, and a byte that cannot be is told as soon as it comes.
//!
//! The values follow the well-known decoder stress tests: lengths at their edges, lone, missing and superfluous
//! continuation bytes, overlong forms, surrogates, what lies beyond U+10FFFF.

use super::row::{Row, text};
use crate::common::{BINARY, CONTINUATION, FIN, PING, TEXT, frame};

const SECTION: &str = "RFC 6455 §8.1";
const KOSME: &str = "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}";

pub fn rows() -> Vec<Row> {
    [valid(), invalid(), split(), split_badly(), early()].concat()
}

fn valid() -> Vec<Row> {
    let values: [(&str, &[u8]); 21] = [
        ("kosme", KOSME.as_bytes()),
        ("nul", b"\x00"),
        ("u7f", b"\x7f"),
        ("u80", b"\xc2\x80"),
        ("u7ff", b"\xdf\xbf"),
        ("u800", b"\xe0\xa0\x80"),
        ("ud7ff", b"\xed\x9f\xbf"),
        ("ue000", b"\xee\x80\x80"),
        ("ufffd", b"\xef\xbf\xbd"),
        ("ufffe", b"\xef\xbf\xbe"),
        ("uffff", b"\xef\xbf\xbf"),
        ("u10000", b"\xf0\x90\x80\x80"),
        ("u1fffe", b"\xf0\x9f\xbf\xbe"),
        ("u3ffff", b"\xf0\xbf\xbf\xbf"),
        ("u40000", b"\xf1\x80\x80\x80"),
        ("u100000", b"\xf4\x80\x80\x80"),
        ("u10ffff", b"\xf4\x8f\xbf\xbf"),
        ("mark", b"\xef\xbb\xbfx"),
        ("combining", "e\u{301}".as_bytes()),
        ("controls", b"\x1b[31m\r\n\t"),
        ("mixed", "a\u{e9}\u{20ac}\u{1d11e}z".as_bytes()),
    ];
    let row = |(name, payload): (&str, &[u8])| {
        Row::new(format!("8.1-valid-{name}"), SECTION, format!("UTF-8 is taken: {name}"))
            .sends(frame(FIN | TEXT, payload))
            .shows(&[text(payload)])
            .twin(frame(FIN | TEXT, &[payload, b"\xff"].concat()))
    };
    values.into_iter().map(row).collect()
}

fn invalid() -> Vec<Row> {
    let values: [(&str, &[u8], u64); 44] = [
        ("continuation-80", b"\x80", 0),
        ("continuation-bf", b"\xbf", 0),
        ("continuations", b"ok\x80\xbf\x80", 2),
        ("start-c2", b"\xc2 ", 0),
        ("start-df", b"\xdf ", 0),
        ("start-e0", b"\xe0 ", 0),
        ("start-ef", b"\xef ", 0),
        ("start-f0", b"\xf0 ", 0),
        ("start-f4", b"\xf4 ", 0),
        ("cut-2", b"end\xc2", 3),
        ("cut-3-1", b"end\xe2", 3),
        ("cut-3-2", b"end\xe2\x82", 3),
        ("cut-4-1", b"end\xf0", 3),
        ("cut-4-2", b"end\xf0\x9d", 3),
        ("cut-4-3", b"end\xf0\x9d\x84", 3),
        ("missing-3", b"\xe2\x82 x", 0),
        ("missing-4", b"\xf0\x9d\x84 x", 0),
        ("byte-c0", b"\xc0", 0),
        ("byte-c1", b"\xc1", 0),
        ("byte-f5", b"\xf5", 0),
        ("byte-fe", b"\xfe", 0),
        ("byte-ff", b"\xff", 0),
        ("bytes-fe-ff", b"\xfe\xfe\xff\xff", 0),
        ("five-bytes", b"\xf8\x88\x80\x80\x80", 0),
        ("six-bytes", b"\xfc\x84\x80\x80\x80\x80", 0),
        ("five-bytes-last", b"\xfb\xbf\xbf\xbf\xbf", 0),
        ("six-bytes-last", b"\xfd\xbf\xbf\xbf\xbf\xbf", 0),
        ("overlong-slash-2", b"\xc0\xaf", 0),
        ("overlong-slash-3", b"\xe0\x80\xaf", 0),
        ("overlong-slash-4", b"\xf0\x80\x80\xaf", 0),
        ("overlong-u7f", b"\xc1\xbf", 0),
        ("overlong-u7ff", b"\xe0\x9f\xbf", 0),
        ("overlong-uffff", b"\xf0\x8f\xbf\xbf", 0),
        ("overlong-nul-2", b"\xc0\x80", 0),
        ("overlong-nul-3", b"\xe0\x80\x80", 0),
        ("overlong-nul-4", b"\xf0\x80\x80\x80", 0),
        ("surrogate-d800", b"\xed\xa0\x80", 0),
        ("surrogate-dbff", b"\xed\xaf\xbf", 0),
        ("surrogate-dc00", b"\xed\xb0\x80", 0),
        ("surrogate-dfff", b"\xed\xbf\xbf", 0),
        ("surrogate-pair", b"ok\xed\xa0\xb5\xed\xb4\x9e", 2),
        ("above-u10ffff", b"\xf4\x90\x80\x80", 0),
        ("above-u1fffff", b"\xf7\xbf\xbf\xbf", 0),
        ("after-kosme", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xff", 7),
    ];
    let row = |(name, payload, offset): (&str, &[u8], u64)| {
        Row::new(format!("8.1-invalid-{name}"), SECTION, format!("What is not UTF-8 is refused: {name}"))
            .sends(frame(FIN | TEXT, payload))
            .fails(1007, &[0x81, payload.len() as u8])
            .offset(offset)
            .twin(frame(FIN | BINARY, payload))
    };
    values.into_iter().map(row).collect()
}

fn split() -> Vec<Row> {
    let mut rows = Vec::new();
    for whole in ["\u{e9}", "\u{20ac}", "\u{1d11e}", "a\u{1d11e}z"] {
        for at in 1..whole.len() {
            let (first, rest) = whole.as_bytes().split_at(at);
            rows.push(
                Row::new(
                    format!("8.1-split-{}-{at}", whole.len()),
                    SECTION,
                    format!("A character may be cut between fragments: {whole} after byte {at}"),
                )
                .sends([frame(TEXT, first), frame(FIN, rest)].concat())
                .shows(&[text(whole)])
                .twin([frame(TEXT, first), frame(FIN, &[rest, b"\x80"].concat())].concat()),
            );
        }
    }
    let bytes: Vec<u8> = KOSME.bytes().flat_map(|byte| frame(CONTINUATION, &[byte])).collect();
    let each = |last: &[u8]| [frame(TEXT, b""), bytes.clone(), frame(FIN, last)].concat();
    rows.push(
        Row::new("8.1-split-each", SECTION, "Every byte in a fragment of its own")
            .sends(each(b""))
            .shows(&[text(KOSME)])
            .twin(each(b"\xce")),
    );
    let parted = |last: &[u8]| {
        [frame(TEXT, b"\xf0\x9d"), frame(FIN | PING, b"\xff"), frame(0, b""), frame(FIN, last)].concat()
    };
    rows.push(
        Row::new("8.1-split-ping", SECTION, "A ping and an empty fragment inside a character")
            .sends(parted(b"\x84\x9e"))
            .shows(&[super::row::ping(b"\xff"), text("\u{1d11e}")])
            .twin(parted(b"\x84")),
    );
    rows
}

fn split_badly() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, first, rest, offset) in [
        ("not-continued", &b"\xe2\x82"[..], &b"x"[..], 0),
        ("not-finished", b"ab\xe2", b"\x82", 2),
        ("empty-end", b"ab\xe2\x82", b"", 2),
        ("overlong", b"\xe0", b"\x80\x80", 0),
        ("surrogate", b"\xed", b"\xa0\x80", 0),
        ("too-high", b"x\xf4", b"\x90\x80\x80", 1),
        ("one-too-many", b"\xc3", b"\xa9\x80", 2),
        ("second-starts-bad", b"ok", b"\x80", 2),
    ] {
        rows.push(
            Row::new(
                format!("8.1-split-bad-{name}"),
                SECTION,
                format!("A character that goes wrong in the next fragment: {name}"),
            )
            .sends([frame(TEXT, first), frame(FIN, rest)].concat())
            .fails(1007, &[0x80, rest.len() as u8])
            .offset(offset)
            .twin([frame(BINARY, first), frame(FIN, rest)].concat()),
        );
    }
    rows
}

/// Neither the message nor its frame is finished; the bad byte alone must decide.
fn early() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, bad, offset) in [
        ("ff", &b"\xff"[..], 0),
        ("c0", b"\xc0", 0),
        ("after-text", b"all good \xfe", 9),
        ("surrogate", b"\xed\xa0", 0),
        ("overlong-3", b"\xe0\x9f", 0),
        ("overlong-4", b"\xf0\x8f", 0),
        ("too-high", b"\xf4\x90", 0),
        ("continuation", b"\x80", 0),
        ("not-continued", b"\xe2\x82A", 0),
    ] {
        let id = format!("6.4-early-{name}");
        let in_frame = [&[FIN | TEXT, 100], bad].concat();
        rows.push(
            Row::new(format!("{id}-frame"), SECTION, format!("Told inside an unfinished frame: {name}"))
                .sends(in_frame)
                .fails(1007, &[0x81, 100])
                .offset(offset)
                .unfinished(vec![b'x'; 100 - bad.len()])
                .twin([&[FIN | BINARY, bad.len() as u8], bad].concat()),
        );
        rows.push(
            Row::new(format!("{id}-fragment"), SECTION, format!("Told before the message ends: {name}"))
                .sends(frame(TEXT, bad))
                .fails(1007, &[0x01, bad.len() as u8])
                .offset(offset)
                .unfinished(frame(FIN, b""))
                .twin([frame(BINARY, bad), frame(FIN, b"")].concat()),
        );
    }
    let long = [&[FIN | TEXT, 126, 0xff, 0xff][..], &[b'x'; 300], b"\xf8"].concat();
    rows.push(
        Row::new("6.4-early-long", SECTION, "Told after 300 bytes of a frame of 65535")
            .sends(long)
            .fails(1007, &[0x81, 126, 0xff, 0xff])
            .offset(300)
            .unfinished(vec![b'x'; 65535 - 301])
            .twin(frame(FIN | TEXT, &[b'x'; 300])),
    );
    rows
}
