//! RFC 6455 §5.4: messages in fragments, control frames between them, and sequences that are none.

use super::row::{Row, binary, ping, pong, text};
use crate::common::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, frame};

const SECTION: &str = "RFC 6455 §5.4";
const LAST: u8 = FIN | CONTINUATION;

pub fn rows() -> Vec<Row> {
    [joined(), interleaved(), broken()].concat()
}

fn joined() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut join = |id: &str, sentence: &str, first: u8, parts: &[&[u8]], twin: &[&[u8]]| {
        let whole = parts.concat();
        let shown = if first == TEXT { text(&whole) } else { binary(&whole) };
        let row = Row::new(format!("5.4-{id}"), SECTION, sentence);
        rows.push(row.sends(fragments(first, parts)).shows(&[shown]).twin(fragments(first, twin)));
    };
    join("two-text", "A text in two fragments", TEXT, &[b"Hel", b"lo"], &[b"Hel", b"l0"]);
    join(
        "two-binary",
        "A binary message in two fragments",
        BINARY,
        &[b"\0\xff", b"\xfe"],
        &[b"\0\xff", b"\xfd"],
    );
    join("empty-first", "The first fragment is empty", TEXT, &[b"", b"x"], &[b"", b"y"]);
    join("empty-last", "The last fragment is empty", TEXT, &[b"x", b""], &[b"y", b""]);
    join("empty-middle", "A fragment between is empty", TEXT, &[b"a", b"", b"b"], &[b"a", b"", b"c"]);
    join("all-empty", "All fragments are empty", TEXT, &[b"", b"", b""], &[b"", b"", b"!"]);
    join(
        "all-empty-binary",
        "All fragments of a binary message are empty",
        BINARY,
        &[b"", b""],
        &[b"", b"!"],
    );
    let bytes: Vec<&[u8]> = b"one byte a fragment".chunks(1).collect();
    join("each-byte", "A fragment for each byte", TEXT, &bytes, &bytes[1..]);
    let (large, other) = (vec![b'a'; 300], vec![b'b'; 300]);
    join(
        "longer-lengths",
        "Fragments with a length of 16 bits",
        BINARY,
        &[&large, &large],
        &[&large, &other],
    );
    rows.push(
        Row::new("5.4-two-messages", SECTION, "A fragmented message follows another")
            .sends([fragments(TEXT, &[b"a", b"b"]), fragments(BINARY, &[b"c", b"d"])].concat())
            .shows(&[text("ab"), binary("cd")])
            .twin([fragments(TEXT, &[b"a", b"b"]), fragments(TEXT, &[b"c", b"d"])].concat()),
    );
    rows
}

fn interleaved() -> Vec<Row> {
    let between = |control: Vec<u8>| [frame(TEXT, b"a"), control, frame(LAST, b"b")].concat();
    let mut rows = Vec::new();
    for payload in [&b""[..], b"p", b"\0\xff\xfe", &[b'x'; 125]] {
        let size = payload.len();
        rows.push(
            Row::new(
                format!("5.4-ping-between-{size}"),
                SECTION,
                format!("A ping of {size} bytes between fragments is answered before the message ends"),
            )
            .sends(between(frame(FIN | PING, payload)))
            .shows(&[ping(payload), text("ab")])
            .twin([frame(TEXT, b"a"), frame(LAST, b"b"), frame(FIN | PING, payload)].concat()),
        );
    }
    rows.push(
        Row::new("5.4-pong-between", SECTION, "A pong between fragments")
            .sends(between(frame(FIN | PONG, b"p")))
            .shows(&[pong("p"), text("ab")])
            .twin(between(frame(FIN | PING, b"p"))),
    );
    rows.push(
        Row::new("5.4-many-between", SECTION, "Control frames between all fragments keep their order")
            .sends(
                [
                    frame(TEXT, b"a"),
                    frame(FIN | PING, b"1"),
                    frame(CONTINUATION, b"b"),
                    frame(FIN | PING, b"2"),
                    frame(FIN | PONG, b"3"),
                    frame(LAST, b"c"),
                    frame(FIN | PING, b"4"),
                ]
                .concat(),
            )
            .shows(&[ping("1"), ping("2"), pong("3"), text("abc"), ping("4")])
            .twin(fragments(TEXT, &[b"a", b"b", b"c"])),
    );
    rows.push(
        Row::new(
            "5.4-close-between",
            "RFC 6455 §5.5.1",
            "A close frame between fragments ends it; the message is lost",
        )
        .sends(between(frame(FIN | 8, &[3, 232])))
        .closes(Some(1000), "")
        .passes_over(&[LAST, 1])
        .twin(between(frame(FIN | PONG, b""))),
    );
    rows
}

fn broken() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut refuse =
        |id: &str, sentence: &str, before: Vec<u8>, bad: Vec<u8>, twin: Vec<u8>, shown: &[String]| {
            let row = Row::new(format!("5.4-{id}"), SECTION, sentence);
            let sent = [&before[..], &bad].concat();
            rows.push(row.sends(sent).shows(shown).fails(1002, &bad[..2]).twin([before, twin].concat()));
        };
    let whole = frame(FIN | TEXT, b"x");
    for (name, first) in [("last", LAST), ("not-last", CONTINUATION)] {
        for payload in [&b""[..], b"x"] {
            let id = format!("no-start-{name}-{}", payload.len());
            let sentence = "A continuation frame continues nothing";
            refuse(&id, sentence, vec![], frame(first, payload), whole.clone(), &[]);
        }
        let after = fragments(TEXT, &[b"a", b"b"]);
        let id = format!("no-start-after-message-{name}");
        let sentence = "A continuation frame after the end of a fragmented message";
        refuse(&id, sentence, after, frame(first, b"c"), whole.clone(), &[text("ab")]);
        let id = format!("no-start-after-whole-{name}");
        let sentence = "A continuation frame after a message of one frame";
        refuse(&id, sentence, frame(FIN | TEXT, b"a"), frame(first, b"b"), whole.clone(), &[text("a")]);
    }
    for (begun, inside) in [(TEXT, TEXT), (TEXT, BINARY), (BINARY, TEXT), (BINARY, BINARY)] {
        for fin in [FIN, 0] {
            let id = format!("new-inside-{begun}-{inside}{}", if fin == 0 { "-not-last" } else { "" });
            let sentence = "A new message begins before the last has ended";
            refuse(&id, sentence, frame(begun, b"a"), frame(fin | inside, b"b"), frame(LAST, b"b"), &[]);
        }
    }
    let (before, bad) = ([frame(TEXT, b"a"), frame(FIN | PING, b"")].concat(), frame(FIN | TEXT, b"b"));
    refuse(
        "new-inside-after-ping",
        "A control frame between does not end the message",
        before,
        bad,
        frame(LAST, b"b"),
        &[ping("")],
    );
    rows
}

/// A message in these parts.
fn fragments(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let last = parts.len() - 1;
    let opcode = |at: usize| if at == 0 { first } else { CONTINUATION };
    let fin = |at: usize| if at == last { FIN } else { 0 };
    parts.iter().enumerate().flat_map(|(at, part)| frame(fin(at) | opcode(at), part)).collect()
}
