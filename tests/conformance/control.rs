//! RFC 6455 §5.5, §5.5.2, §5.5.3: the size and form of control frames, pings and pongs.

use super::row::{Row, Severity, ping, pong, text};
use crate::common::{CLOSE, FIN, PING, PONG, TEXT, frame};

pub fn rows() -> Vec<Row> {
    [sizes(), forms(), answers()].concat()
}

fn sizes() -> Vec<Row> {
    let mut rows = Vec::new();
    for length in [0, 1, 2, 124, 125] {
        let payload: Vec<u8> = (0..length).map(|at| at as u8 | 0x80).collect();
        for (name, opcode, shown) in [("ping", PING, ping(&payload)), ("pong", PONG, pong(&payload))] {
            let other = if opcode == PING { PONG } else { PING };
            rows.push(
                Row::new(
                    format!("5.5.{}-{name}-{length}", if opcode == PING { 2 } else { 3 }),
                    if opcode == PING { "RFC 6455 §5.5.2" } else { "RFC 6455 §5.5.3" },
                    format!("A {name} of {length} bytes, whatever they are"),
                )
                .sends(frame(FIN | opcode, &payload))
                .shows(&[shown])
                .twin(frame(FIN | other, &payload)),
            );
        }
    }
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        for length in [126_usize, 127, 65536] {
            let sent = frame(FIN | opcode, &vec![b'x'; length]);
            rows.push(
                Row::new(
                    format!("5.5-{name}-{length}"),
                    "RFC 6455 §5.5",
                    format!("A {name} of {length} bytes is too long"),
                )
                .sends(sent.clone())
                .fails(1002, &sent[..2])
                .twin(frame(FIN | opcode, &[3, 232])),
            );
        }
    }
    rows
}

fn forms() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        for payload in [&b""[..], &[3, 232]] {
            rows.push(
                Row::new(
                    format!("5.5-fragmented-{name}-{}", payload.len()),
                    "RFC 6455 §5.5",
                    format!("A {name} is never fragmented"),
                )
                .sends(frame(opcode, payload))
                .fails(1002, &[opcode, payload.len() as u8])
                .twin(frame(FIN | opcode, payload)),
            );
        }
        rows.push(
            Row::new(
                format!("5.5-length-16-{name}"),
                "RFC 6455 §5.5",
                format!("A {name} never has a length of 16 bits, even for a short payload"),
            )
            .sends([FIN | opcode, 126, 0, 2, 3, 232])
            .fails(1002, &[FIN | opcode, 126])
            .twin(frame(FIN | opcode, &[3, 232])),
        );
    }
    rows
}

fn answers() -> Vec<Row> {
    let pings: Vec<String> = (0..10).map(|number| ping(number.to_string())).collect();
    let bytes: Vec<u8> =
        (0..10).flat_map(|number: u8| frame(FIN | PING, number.to_string().as_bytes())).collect();
    let mut swapped = bytes.clone();
    swapped.swap(2, 5);
    vec![
        Row::new("5.5.2-ten-pings", "RFC 6455 §5.5.2", "Ten pings at once are answered in order")
            .severity(Severity::Should)
            .sends(bytes)
            .shows(&pings)
            .twin(swapped),
        Row::new("5.5.3-unsolicited", "RFC 6455 §5.5.3", "A pong that answers nothing is not answered")
            .sends(frame(FIN | PONG, b"by the way"))
            .shows(&[pong("by the way")])
            .twin(frame(FIN | PING, b"by the way")),
        Row::new("5.5.3-pong-then-ping", "RFC 6455 §5.5.3", "A ping after an unsolicited pong is answered")
            .sends([frame(FIN | PONG, b"a"), frame(FIN | PING, b"b")].concat())
            .shows(&[pong("a"), ping("b")])
            .twin([frame(FIN | PING, b"a"), frame(FIN | PONG, b"b")].concat()),
        Row::new("5.5.2-before-violation", "RFC 6455 §5.2", "A ping before a violation is answered first")
            .sends([frame(FIN | PING, b"p"), frame(FIN | 0x10 | TEXT, b"")].concat())
            .shows(&[ping("p")])
            .fails(1002, &[0x91, 0])
            .twin([frame(FIN | PING, b"p"), frame(FIN | TEXT, b"")].concat()),
        Row::new("5.5.2-between-messages", "RFC 6455 §5.5.2", "A ping between messages is answered")
            .sends([frame(FIN | TEXT, b"a"), frame(FIN | PING, b"p"), frame(FIN | TEXT, b"b")].concat())
            .shows(&[text("a"), ping("p"), text("b")])
            .twin([frame(FIN | TEXT, b"a"), frame(FIN | PONG, b"p"), frame(FIN | TEXT, b"b")].concat()),
    ]
}
