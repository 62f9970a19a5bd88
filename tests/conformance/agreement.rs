//! RFC 7692 §5 and §7.1: which parameters of permessage-deflate an answer may have.
//!
//! The offer is ours: `permessage-deflate; client_max_window_bits`.

use super::row::{Row, text};
use crate::common::{FIN, TEXT, frame};

/// `Hello` of RFC 7692 §7.2.3.1.
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

pub fn rows() -> Vec<Row> {
    [taken(), refused()].concat()
}

fn taken() -> Vec<Row> {
    let mut answers = vec![
        "permessage-deflate".to_owned(),
        "PerMessage-Deflate".to_owned(),
        "permessage-deflate; server_no_context_takeover".to_owned(),
        "permessage-deflate; client_no_context_takeover".to_owned(),
        "permessage-deflate;server_no_context_takeover;client_no_context_takeover".to_owned(),
        "permessage-deflate; client_max_window_bits=10; server_max_window_bits=11".to_owned(),
        "permessage-deflate; server_max_window_bits=\"12\"".to_owned(),
        "permessage-deflate ; server_max_window_bits = 12".to_owned(),
        "permessage-deflate; Server_No_Context_Takeover".to_owned(),
    ];
    for bits in 8..=15 {
        answers.push(format!("permessage-deflate; server_max_window_bits={bits}"));
        answers.push(format!("permessage-deflate; client_max_window_bits={bits}"));
    }
    let row = |(number, answer): (usize, &String)| {
        Row::new(
            format!("7692-answer-{number}"),
            "RFC 7692 §7.1",
            format!("An answer that is taken: {answer}"),
        )
        .agrees(answer)
        .sends(frame(FIN | 0x40 | TEXT, &HELLO))
        .shows(&[text("Hello")])
        .twin_reply(super::row::PROPER)
    };
    answers.iter().enumerate().map(row).collect()
}

fn refused() -> Vec<Row> {
    let bad_bits = ["7", "16", "0", "08", "+9", "-9", "9.0", "1e1", "x", "", "\"\"", "256", "15 15"];
    let mut answers: Vec<(String, &'static str)> = Vec::new();
    for bits in bad_bits {
        answers.push((format!("server_max_window_bits={bits}"), "RFC 7692 §7.1.2.1"));
        answers.push((format!("client_max_window_bits={bits}"), "RFC 7692 §7.1.2.2"));
    }
    for (answer, section) in [
        ("server_max_window_bits", "RFC 7692 §7.1.2.1"),
        ("client_max_window_bits", "RFC 7692 §7.1.2.2"),
        ("server_no_context_takeover=true", "RFC 7692 §7.1.1.1"),
        ("server_no_context_takeover=", "RFC 7692 §7.1.1.1"),
        ("client_no_context_takeover=1", "RFC 7692 §7.1.1.2"),
        ("x", "RFC 7692 §7.1"),
        ("x=1", "RFC 7692 §7.1"),
        ("server_max_window_bit=9", "RFC 7692 §7.1"),
        ("server_no_context_takeover; server_no_context_takeover", "RFC 7692 §7.1"),
        ("client_no_context_takeover; client_no_context_takeover", "RFC 7692 §7.1"),
        ("server_max_window_bits=9; server_max_window_bits=9", "RFC 7692 §7.1"),
        ("client_max_window_bits=9; client_max_window_bits=10", "RFC 7692 §7.1"),
        ("server_max_window_bits=9, permessage-deflate", "RFC 7692 §5"),
    ] {
        answers.push((answer.to_owned(), section));
    }
    let row = |(number, (answer, section)): (usize, (String, &'static str))| {
        let answer = format!("permessage-deflate; {answer}");
        let good = Row::new("", section, "").agrees("permessage-deflate").sent.reply;
        let sentence = format!("An answer that is refused: {answer}");
        let mut row = Row::new(format!("7692-refused-{number}"), section, sentence)
            .agrees(&answer)
            .sends(frame(FIN | 0x40 | TEXT, &HELLO))
            .refused(section)
            .twin_reply(good);
        row.opening = true;
        row
    };
    answers.into_iter().enumerate().map(row).collect()
}
