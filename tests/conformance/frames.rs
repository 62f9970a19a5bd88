//! RFC 6455 §5.1 and §5.2: masking in both roles, reserved bits, opcodes, and the forms of the length.

use super::row::{Row, binary, close, ping, pong, text};
use crate::common::frames::masked;
use crate::common::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame};

pub fn rows() -> Vec<Row> {
    [masking(), reserved_bits(), opcodes(), lengths(), forms_of_length()].concat()
}

fn masking() -> Vec<Row> {
    const SECTION: &str = "RFC 6455 §5.1";
    let mut rows = Vec::new();
    for (name, first, payload, shown) in [
        ("text", FIN | TEXT, &b"x"[..], text("x")),
        ("binary", FIN | BINARY, b"x", binary("x")),
        ("fragment", TEXT, b"x", String::new()),
        ("ping", FIN | PING, b"", ping("")),
        ("pong", FIN | PONG, b"", pong("")),
        ("close", FIN | CLOSE, b"", close(None, "")),
    ] {
        let (plain, with_mask) = (frame(first, payload), masked(first, payload));
        let length = payload.len() as u8;
        rows.push(
            Row::new(format!("5.1-masked-{name}"), SECTION, format!("A server never masks: {name}"))
                .sends(with_mask.clone())
                .fails(1002, &[first, 0x80 | length])
                .twin(unfinished_finished(&plain)),
        );
        rows.push(
            Row::new(format!("5.1-unmasked-{name}"), SECTION, format!("A client masks every frame: {name}"))
                .at_server()
                .sends(plain)
                .fails(1002, &[first, length])
                .twin(masked_finished(&with_mask)),
        );
        if matches!(name, "text" | "binary" | "ping" | "pong") {
            rows.push(
                Row::new(format!("5.3-unmask-{name}"), "RFC 6455 §5.3", format!("A server unmasks: {name}"))
                    .at_server()
                    .sends(with_mask)
                    .shows(&[shown])
                    .twin(frame(first, payload)),
            );
        }
    }
    let key_wraps = masked(FIN | BINARY, b"nine byte");
    let mut spoilt = key_wraps.clone();
    spoilt[5] ^= 1;
    rows.push(
        Row::new("5.3-key-wraps", "RFC 6455 §5.3", "The key is used again after four bytes")
            .at_server()
            .sends(key_wraps)
            .shows(&[binary("nine byte")])
            .twin(spoilt),
    );
    rows
}

/// A frame without FIN shows nothing; its twin has an end, so that something is seen.
fn unfinished_finished(first: &[u8]) -> Vec<u8> {
    [first, &frame(FIN | CONTINUATION, b"")].concat()
}

fn masked_finished(first: &[u8]) -> Vec<u8> {
    [first, &masked(FIN | CONTINUATION, b"")].concat()
}

fn reserved_bits() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, opcode, payload) in
        [("text", TEXT, &b"x"[..]), ("binary", BINARY, b"x"), ("ping", PING, b""), ("close", CLOSE, b"")]
    {
        for rsv in 1..=7_u8 {
            // Every combination for text; the single bits for the others.
            if kind != "text" && !rsv.is_power_of_two() {
                continue;
            }
            let first = FIN | rsv << 4 | opcode;
            rows.push(
                Row::new(
                    format!("5.2-rsv{rsv}-{kind}"),
                    "RFC 6455 §5.2",
                    format!("Reserved bits {rsv:03b} without an extension: {kind}"),
                )
                .sends(frame(first, payload))
                .fails(1002, &[first, payload.len() as u8])
                .twin(frame(FIN | opcode, payload)),
            );
        }
    }
    rows
}

fn opcodes() -> Vec<Row> {
    let mut rows = Vec::new();
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for (name, first, payload) in [("", FIN | opcode, &b""[..]), ("-payload", FIN | opcode, b"data")] {
            rows.push(
                Row::new(
                    format!("5.2-opcode-{opcode}{name}"),
                    "RFC 6455 §5.2",
                    format!("Opcode {opcode} is reserved"),
                )
                .sends(frame(first, payload))
                .fails(1002, &[first, payload.len() as u8])
                .twin(frame(FIN | if opcode < 8 { BINARY } else { PONG }, payload)),
            );
        }
    }
    rows.push(
        Row::new("5.2-opcode-inside", "RFC 6455 §5.2", "A reserved opcode inside a message")
            .sends([frame(TEXT, b"a"), frame(FIN | 3, b"b")].concat())
            .fails(1002, &[0x83, 0x01])
            .twin([frame(TEXT, b"a"), frame(FIN | CONTINUATION, b"b")].concat()),
    );
    rows
}

fn lengths() -> Vec<Row> {
    let mut rows = Vec::new();
    for length in [0_usize, 1, 125, 126, 127, 128, 65535, 65536] {
        let payload: Vec<u8> = (0..length).map(|at| b'a' + (at % 26) as u8).collect();
        for (name, opcode, shown) in [("text", TEXT, text(&payload)), ("binary", BINARY, binary(&payload))] {
            let mut spoilt = frame(FIN | opcode, &payload);
            match spoilt.last_mut() {
                Some(last) if length > 0 => *last ^= 1,
                _ => spoilt = frame(FIN | opcode, b"?"),
            }
            rows.push(
                Row::new(
                    format!("5.2-length-{length}-{name}"),
                    "RFC 6455 §5.2",
                    format!("A {name} message of {length} bytes comes whole"),
                )
                .sends(frame(FIN | opcode, &payload))
                .shows(&[shown])
                .twin(spoilt),
            );
        }
    }
    rows
}

fn forms_of_length() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut refuse = |id: &str, sentence: &str, header: Vec<u8>, payload: usize, twin: Vec<u8>| {
        let sent = [&header[..], &vec![b'x'; payload]].concat();
        let row = Row::new(format!("5.2-{id}"), "RFC 6455 §5.2", sentence);
        rows.push(row.sends(sent).fails(1002, &header).twin(twin));
    };
    for length in [0_u8, 1, 125] {
        let minimal = frame(FIN | BINARY, &vec![b'x'; usize::from(length)]);
        let in_16 = vec![FIN | BINARY, 126, 0, length];
        let sentence = format!("{length} bytes in a length of 16 bits");
        refuse(&format!("length-16-{length}"), &sentence, in_16, length.into(), minimal);
    }
    for length in [0_u16, 125, 126, 65535] {
        let minimal = frame(FIN | BINARY, &vec![b'x'; usize::from(length)]);
        let in_64 = [&[FIN | BINARY, 127][..], &u64::from(length).to_be_bytes()].concat();
        let sentence = format!("{length} bytes in a length of 64 bits");
        refuse(&format!("length-64-{length}"), &sentence, in_64, length.into(), minimal);
    }
    for (name, length) in [("only", 1_u64 << 63), ("more", 1 << 63 | 65536), ("all", u64::MAX)] {
        let header = [&[FIN | BINARY, 127][..], &length.to_be_bytes()].concat();
        let good = frame(FIN | BINARY, &[0; 65536]);
        refuse(&format!("length-top-bit-{name}"), "The top bit of a 64-bit length is 0", header, 0, good);
    }
    let header = vec![CONTINUATION | FIN, 126, 0, 1];
    let start = frame(TEXT, b"a");
    let twin = [&start[..], &frame(FIN, b"x")].concat();
    rows.push(
        Row::new(
            "5.2-length-16-continuation",
            "RFC 6455 §5.2",
            "A continuation frame's length is minimal too",
        )
        .sends([&start[..], &header, b"x"].concat())
        .fails(1002, &header)
        .twin(twin),
    );
    rows
}
