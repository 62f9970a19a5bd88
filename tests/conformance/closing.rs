//! RFC 6455 §5.5.1 and §7: codes that may come and codes that may not, reasons, payloads, and what follows a close.

use super::row::{self, Row, ping, text};
use crate::common::{CLOSE, FIN, PING, TEXT, close, frame};

const FRAME: &str = "RFC 6455 §5.5.1";
const CODES: &str = "RFC 6455 §7.4";

/// All edges of the ranges that a close frame may carry (§7.4.2, and the registry for 1012 to 1014).
const GOOD: [u16; 19] = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4001,
    4998, 4999,
];
const BAD: [u16; 18] =
    [0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1999, 2000, 2998, 2999, 5000, 5001, 65535];

pub fn rows() -> Vec<Row> {
    [codes(), payloads(), reasons(), afterwards()].concat()
}

fn codes() -> Vec<Row> {
    let mut rows = Vec::new();
    for code in GOOD {
        rows.push(
            Row::new(format!("7.4-code-{code}"), CODES, format!("Code {code} is taken and sent back"))
                .sends(close(code, ""))
                .closes(Some(code), "")
                .twin(close(code | 0x8000, "")),
        );
    }
    for code in BAD {
        rows.push(
            Row::new(format!("7.4-code-{code}"), CODES, format!("Code {code} is not for the wire"))
                .sends(close(code, ""))
                .shows(&[row::close(Some(code), "")])
                .fails(1002, &[0x88, 2])
                .twin(close(1000, "")),
        );
    }
    for code in [999, 1005, 1006, 5000] {
        rows.push(
            Row::new(format!("7.4-code-{code}-reason"), CODES, format!("Code {code} with a reason"))
                .sends(close(code, "bye"))
                .shows(&[row::close(Some(code), "bye")])
                .fails(1002, &[0x88, 5])
                .twin(close(1000, "bye")),
        );
    }
    rows
}

fn payloads() -> Vec<Row> {
    let mut rows = vec![
        Row::new("5.5.1-empty", FRAME, "A close frame without a code is answered without one")
            .sends(frame(FIN | CLOSE, b""))
            .closes(None, "")
            .twin(close(1000, "")),
        Row::new("7.1.5-code-only", "RFC 6455 §7.1.5", "A code without a reason")
            .sends(close(1001, ""))
            .closes(Some(1001), "")
            .twin(frame(FIN | CLOSE, b"")),
    ];
    for byte in [0, 3, 0xff] {
        rows.push(
            Row::new(format!("5.5.1-one-byte-{byte}"), FRAME, "A payload of one byte holds no code")
                .sends(frame(FIN | CLOSE, &[byte]))
                .shows(&[row::close(None, [byte])])
                .fails(1002, &[0x88, 1])
                .twin(close(1000, "")),
        );
    }
    rows
}

fn reasons() -> Vec<Row> {
    let mut rows = Vec::new();
    let longest = "x".repeat(123);
    let wide = "\u{1d11e}".repeat(30);
    for (name, reason) in [
        ("ascii", "bye"),
        ("accents", "d\u{e9}j\u{e0} vu"),
        ("wide", &wide[..]),
        ("nul", "\0"),
        ("escape", "\u{1b}[2J"),
        ("122", &longest[..122]),
        ("123", &longest),
    ] {
        rows.push(
            Row::new(format!("7.1.6-reason-{name}"), "RFC 6455 §7.1.6", format!("A reason: {name}"))
                .sends(close(1000, reason))
                .closes(Some(1000), reason)
                .twin(close(1000, "spoilt")),
        );
    }
    rows.push(
        Row::new("5.5-reason-124", "RFC 6455 §5.5", "A reason of 124 bytes makes the frame too long")
            .sends(close(1000, &"x".repeat(124)))
            .fails(1002, &[0x88, 126])
            .twin(close(1000, &longest)),
    );
    let bad: [(&str, &[u8], u64); 8] = [
        ("invalid", b"a\xffb", 1),
        ("cut", b"end \xe2\x82", 4),
        ("overlong", b"\xc0\xaf", 0),
        ("surrogate", b"\xed\xa0\x80", 0),
        ("too-high", b"\xf4\x90\x80\x80", 0),
        ("alone", b"\x80", 0),
        ("first", b"\xfftext", 0),
        ("last", b"text\xfe", 4),
    ];
    for (name, reason, offset) in bad {
        let payload = [&[3, 232], reason].concat();
        rows.push(
            Row::new(format!("5.5.1-reason-{name}"), FRAME, format!("A reason that is not UTF-8: {name}"))
                .sends(frame(FIN | CLOSE, &payload))
                .shows(&[row::close(Some(1000), reason)])
                .fails(1007, &[0x88, payload.len() as u8])
                .offset(offset)
                .twin(close(1000, "good")),
        );
    }
    rows
}

fn afterwards() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, after) in [
        ("text", frame(FIN | TEXT, b"late")),
        ("ping", frame(FIN | PING, b"late")),
        ("close", close(1001, "again")),
        ("violation", frame(FIN | 0x70 | TEXT, b"late")),
        ("noise", vec![0xff; 40]),
    ] {
        rows.push(
            Row::new(
                format!("5.5.1-after-{name}"),
                FRAME,
                format!("What comes after a close frame is told, and means nothing: {name}"),
            )
            .sends([&close(1000, "")[..], &after].concat())
            .closes(Some(1000), "")
            .passes_over(&after[..2])
            .twin([&after[..], &close(1000, "")].concat()),
        );
    }
    for (name, after) in [("text", frame(FIN | TEXT, b"late")), ("ping", frame(FIN | PING, b"late"))] {
        rows.push(
            Row::new(
                format!("7.1.7-after-failure-{name}"),
                "RFC 6455 §5.2",
                format!("What comes after a violation means nothing: {name}"),
            )
            .sends([&frame(FIN | 0x20 | TEXT, b"")[..], &after].concat())
            .fails(1002, &[0xa1, 0])
            .twin([&frame(FIN | TEXT, b"")[..], &after].concat()),
        );
    }
    rows.push(
        Row::new("5.5.1-we-closed-text", FRAME, "After our close frame the peer's messages still come")
            .after_our_close()
            .sends([frame(FIN | TEXT, b"still"), close(1000, "")].concat())
            .shows(&[text("still")])
            .closes(Some(1000), "")
            .twin(close(1000, "")),
    );
    rows.push(
        Row::new("5.5.1-we-closed-ping", FRAME, "After our close frame nothing is sent, no pong either")
            .after_our_close()
            .sends([frame(FIN | PING, b"p"), close(1000, "")].concat())
            .shows(&[ping("p")])
            .closes(Some(1000), "")
            .twin([frame(FIN | PING, b"q"), close(1000, "")].concat()),
    );
    rows
}
