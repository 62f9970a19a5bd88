//! RFC 6455 §10.4: limits of ours, judged on what a header claims, and closed with 1009.

use super::row::{Row, Severity, binary, text};
use crate::common::{BINARY, CONTINUATION, FIN, TEXT, frame};

const SECTION: &str = "RFC 6455 §10.4";

pub fn rows() -> Vec<Row> {
    [sizes(), claims(), fragments()].concat()
}

fn row(id: &str, sentence: &str) -> Row {
    Row::new(format!("10.4-{id}"), SECTION, sentence).severity(Severity::Inform)
}

fn sizes() -> Vec<Row> {
    let whole = frame(FIN | TEXT, b"ten bytes!");
    let over = frame(FIN | TEXT, b"ten bytes!?");
    let parts = [frame(TEXT, b"ten "), frame(FIN, b"bytes!")].concat();
    let parts_over = [frame(TEXT, b"ten "), frame(FIN, b"bytes!?")].concat();
    vec![
        row("at-limit", "A message as long as the limit is taken")
            .limit(10)
            .sends(whole.clone())
            .shows(&[text("ten bytes!")])
            .twin(over.clone()),
        row("over-limit", "A message a byte longer is not")
            .limit(10)
            .sends(over)
            .fails(1009, &[0x81, 11])
            .twin(whole),
        row("parts-at-limit", "Fragments as long together as the limit are taken")
            .limit(10)
            .sends(parts.clone())
            .shows(&[text("ten bytes!")])
            .twin(parts_over.clone()),
        row("parts-over-limit", "Fragments a byte longer together are not")
            .limit(10)
            .sends(parts_over)
            .fails(1009, &[0x80, 7])
            .twin(parts),
        row("parts-over-by-claim", "A fragment that claims too much is refused before its payload")
            .limit(10)
            .sends([frame(BINARY, b"ten bytes!"), vec![FIN, 1]].concat())
            .fails(1009, &[0x80, 1])
            .twin([frame(BINARY, b"ten bytes!"), frame(FIN, b"")].concat()),
        row("each-for-itself", "The limit is that of one message")
            .limit(10)
            .sends([frame(FIN | BINARY, b"ten bytes!"), frame(FIN | BINARY, b"ten more..")].concat())
            .shows(&[binary("ten bytes!"), binary("ten more..")])
            .twin([frame(BINARY, b"ten bytes!"), frame(FIN, b"ten more..")].concat()),
        row("control-not-counted", "Control frames have a limit of their own")
            .limit(1)
            .sends(frame(FIN | 9, b"more than one byte"))
            .shows(&[super::row::ping("more than one byte")])
            .twin(frame(FIN | BINARY, b"more than one byte")),
        row("compressed-over", "What a compressed message inflates to counts")
            .agrees("permessage-deflate")
            .limit(4)
            .sends(frame(FIN | 0x40 | TEXT, &super::deflate::HELLO))
            .fails(1009, &[0xc1, 7])
            .twin(frame(FIN | TEXT, b"Hell")),
        row("compressed-at", "A compressed message may inflate to the limit")
            .agrees("permessage-deflate")
            .limit(5)
            .sends(frame(FIN | 0x40 | TEXT, &super::deflate::HELLO))
            .shows(&[text("Hello")])
            .twin(frame(FIN | TEXT, b"Hello!")),
    ]
}

fn claims() -> Vec<Row> {
    let mut rows = Vec::new();
    for length in [(64 << 20) + 1, 1 << 32, 1 << 62, i64::MAX as u64] {
        for (name, first) in [("text", FIN | TEXT), ("binary", FIN | BINARY), ("fragment", BINARY)] {
            let header = [&[first, 127][..], &length.to_be_bytes()].concat();
            rows.push(
                row(
                    &format!("claims-{length}-{name}"),
                    "A length beyond 64 MiB is refused from the header alone",
                )
                .sends(header.clone())
                .fails(1009, &header)
                .twin(frame(FIN | BINARY, &[0; 65536])),
            );
        }
    }
    rows
}

fn fragments() -> Vec<Row> {
    const MOST: usize = 131_072;
    let begun = |count: usize| [frame(BINARY, b""), frame(CONTINUATION, b"").repeat(count - 1)].concat();
    let most = [begun(MOST - 1), frame(FIN, b"")].concat();
    let over = begun(MOST + 1);
    vec![
        row("most-fragments", "A message may have 131072 fragments, empty ones too")
            .sends(most.clone())
            .shows(&[binary("")])
            .twin(over.clone()),
        row("too-many-fragments", "One more is too many").sends(over).fails(1009, &[0, 0]).twin(most),
    ]
}
