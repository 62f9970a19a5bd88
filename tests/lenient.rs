//! `--lenient`: each breach that is passed over is reported and the session goes on; what leaves no sense still fails.
//! And close frames that break rules, which are shown as they came with and without it.

mod common;

use common::frames::masked;
use common::{BINARY, CLOSE, CONTINUATION, FIN, Output, PING, PONG, TEXT, close, frame, peer, text, wscope};
use serde_json::{Value, json};

const RSV1: u8 = 0x40;
const RSV2: u8 = 0x20;

/// A lenient session in which these bytes come, then a good message and the end.
#[track_caller]
fn passes(options: &[&str], bytes: Vec<u8>) -> Output {
    let peer = peer(move |c| {
        c.accept();
        c.send([&bytes[..], &text("good"), &close(1000, "")].concat());
        while c.frame().opcode != CLOSE {}
    });
    wscope(&[&["--lenient", "--no-input"], options, &[&peer.url()]].concat()).run()
}

#[test]
fn each_breach_is_reported_and_the_session_goes_on() {
    let rows: Vec<(Vec<u8>, &str, &str, &str)> = vec![
        (frame(FIN | RSV1 | TEXT, b"x"), "x\n", "RSV1 set", "(RFC 6455 §5.2): c1 01 …"),
        (frame(FIN | RSV2 | BINARY, b"x"), "x\n", "RSV2 set", "(RFC 6455 §5.2): a2 01 …"),
        (frame(FIN | 3, b"x"), "", "reserved opcode 0x3", "(RFC 6455 §5.2): 83 01 …"),
        (frame(FIN | 15, b""), "", "reserved opcode 0xf", "(RFC 6455 §5.2): 8f 00"),
        (masked(FIN | TEXT, b"x"), "x\n", "masked", "(RFC 6455 §5.1): 81 81 …"),
        (frame(PING, b""), "", "without FIN", "(RFC 6455 §5.5): 09 00"),
        (frame(FIN | PING, &[b'x'; 126]), "", "125 bytes", "(RFC 6455 §5.5): 89 7e …"),
        (frame(FIN | CONTINUATION, b"x"), "x\n", "no message was begun", "(RFC 6455 §5.4): 80 01 …"),
        ([frame(TEXT, b"lost"), text("x")].concat(), "x\n", "before the message", "(RFC 6455 §5.4): 81 01 …"),
        (vec![0x81, 126, 0, 1, b'x'], "x\n", "shortest form", "(RFC 6455 §5.2): 81 7e 00 01 …"),
        (vec![0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, b'x'], "x\n", "shortest form", "(RFC 6455 §5.2): 82 7f 00"),
    ];
    for (bytes, printed, words, place) in rows {
        let shown = bytes[..2].escape_ascii().to_string();
        let output = passes(&[], bytes);
        assert_eq!(output.code, Some(0), "{shown}: {output}");
        output.prints(format!("{printed}good\n")).says(words).says(place).says("passed over");
        assert_eq!(output.stderr.lines().count(), 1, "{shown}: {output}");
    }
}

#[test]
fn text_that_is_not_utf8_comes_through_byte_for_byte() {
    let rows: [Vec<u8>; 3] = [
        frame(FIN | TEXT, b"a\xffb"),
        [frame(TEXT, b"a\xff"), frame(FIN, b"b")].concat(),
        [frame(TEXT, b"a"), frame(FIN | PONG, b""), frame(FIN, b"\xffb")].concat(),
    ];
    for bytes in rows {
        let output = passes(&[], bytes.clone());
        output
            .exits(0)
            .prints(b"a\xffb\ngood\n")
            .says("not UTF-8")
            .says("at offset 1 (")
            .says("RFC 6455 §8.1");
        let records = passes(&["-o", "jsonl"], bytes.clone()).exits(0).records();
        let text = records.iter().find(|record| record["event"] == "text").expect("a text message");
        assert_eq!((&text["base64"], &text["data"]), (&json!("Yf9i"), &Value::Null), "{text}");
        passes(&["-o", "human"], bytes).exits(0).prints("< a\\xffb\n< good\n");
    }
}

#[test]
fn breaches_are_records_and_are_told_even_when_quiet() {
    let bytes = [frame(FIN | 3, b""), frame(FIN | RSV1 | TEXT, b"x")].concat();
    let output = passes(&["-o", "jsonl"], bytes.clone());
    let records = output.exits(0).records();
    let error = |record: &&Value| record["event"] == "error";
    let told: Vec<&str> =
        records.iter().filter(error).filter_map(|record| record["message"].as_str()).collect();
    assert!(told.len() == 2 && told[0].contains("opcode 0x3") && told[1].contains("RSV1"), "{told:?}");
    for line in &told {
        output.says(&format!("wscope: {line}"));
    }
    let quiet = passes(&["-q"], bytes);
    assert_eq!(quiet.exits(0).stderr.matches("wscope: passed over: ").count(), 2, "{quiet}");
}

#[test]
fn a_ping_that_breaks_a_rule_is_answered_where_a_pong_can_hold_it() {
    let peer = peer(|c| {
        c.accept();
        c.send(
            [frame(FIN | RSV1 | PING, b"bits"), frame(FIN | PING, &[b'x'; 126]), frame(PING, b"parts")]
                .concat(),
        );
        c.expect(PONG, "bits");
        c.expect(PONG, "parts");
        c.close(1000, "");
    });
    wscope(&["--lenient", "--no-input", &peer.url()]).run().exits(0);
}

#[test]
fn what_leaves_no_sense_or_breaks_a_limit_fails_even_so() {
    let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let rows: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("", vec![0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002, "RFC 6455 §5.2"),
        ("", vec![FIN | PING, 126, 0x10, 0x01], 1002, "RFC 6455 §5.5"),
        ("", frame(FIN | TEXT, &[b'x'; 101]), 1009, "--max-message"),
        ("", frame(FIN | 3, &[b'x'; 101]), 1009, "--max-message"),
        (
            "",
            [frame(TEXT, b""), frame(0, b""), frame(0, b""), frame(0, b"")].concat(),
            1009,
            "--max-fragments",
        ),
        (deflate, frame(FIN | RSV1 | TEXT, b"\xff\xff\xff"), 1007, "RFC 7692"),
        (deflate, [frame(RSV1 | TEXT, b"\xf2"), text("x")].concat(), 1002, "RFC 6455 §5.4"),
    ];
    for (extensions, bytes, code, words) in rows {
        let shown = bytes[..2].escape_ascii().to_string();
        let peer = peer(move |c| {
            c.accept_with(extensions);
            c.send(&bytes);
            let answer = c.frame();
            assert_eq!((answer.opcode, answer.close_code()), (CLOSE, Some(code)), "{shown}");
        });
        let limits = ["--max-message", "100", "--max-fragments", "3", "-z"];
        let output = wscope(&[&["--lenient", "--no-input"], &limits[..], &[&peer.url()]].concat()).run();
        output.fails(6, &[words]).prints("");
    }
}

/// A close frame that breaks a rule, how it is shown, and what fails the connection that is not lenient.
const BAD_CLOSES: [(&[u8], &str, u16, &str); 4] = [
    (b"\x03\xed", "1005", 1002, "code 1005"),
    (b"\x1f\x41bye", "8001 undefined \"bye\"", 1002, "code 8001"),
    (b"\x0f\xa0a\xff\x1b", r#"4000 private use "a\xff\x1b""#, 1007, "not UTF-8"),
    (b"\x03", "(no code)", 1002, "1 byte"),
];

#[test]
fn a_close_frame_that_breaks_a_rule_is_shown_as_it_came() {
    for (payload, shown, code, words) in BAD_CLOSES {
        let session = |options: &[&str]| {
            let peer = peer(move |c| {
                c.accept();
                c.send(frame(FIN | CLOSE, payload));
                assert_eq!(c.frame().close_code(), Some(code));
            });
            wscope(&[options, &["--no-input", &peer.url()]].concat()).run()
        };
        let output = session(&["-v"]);
        output.fails(6, &[words, "RFC 6455 §"]).says(&format!("< close {shown}"));
        session(&[]).fails(6, &[words]).says(&format!("< close {shown}"));
        session(&["-q"]).never_says("< close");
        let output = session(&["-o", "jsonl"]);
        output.never_says("< close");
        let records = output.exits(6).records();
        let close = records.iter().find(|record| record["event"] == "close").expect("it is recorded");
        assert_eq!(close["direction"], "received");
        let (known, reason) = payload.split_at(if payload.len() < 2 { 0 } else { 2 });
        let known = known.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
        // Bytes that are no text are recorded one character each; one byte alone is no code.
        let reason: String = reason.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!((&close["code"], &close["reason"]), (&json!(known), &json!(reason)), "{close}");
        assert_eq!(records.last().map(|end| &end["code"]), Some(&json!(code)));
    }
}

#[test]
fn a_lenient_session_ends_with_what_the_close_frame_said() {
    let ends = [(8, Some(1002)), (8, Some(1002)), (8, Some(4000)), (0, None)];
    for ((payload, shown, _, words), (exit, answer)) in BAD_CLOSES.into_iter().zip(ends) {
        let peer = peer(move |c| {
            c.accept();
            c.send(frame(FIN | CLOSE, payload));
            assert_eq!(c.frame().close_code(), answer, "a code that must not be sent is not sent back");
        });
        let output = wscope(&["--lenient", "--no-input", "-v", &peer.url()]).run();
        output
            .exits(exit)
            .says(words)
            .says("passed over")
            .says("RFC 6455 §")
            .says(&format!("< close {shown}"));
        let end = output.stderr.lines().find(|line| line.contains("closed by the server: "));
        assert!(end.is_some_and(|line| line.ends_with("(clean)")), "{output}");
        // Such a code stands for the lack of one, so it is said where it is none of ours.
        assert_eq!(shown == "1005", end.is_some_and(|line| line.contains("carried this code")), "{output}");
    }
}

#[test]
fn what_comes_behind_the_close_frame_is_told_once_in_any_session() {
    for options in [&[][..], &["--lenient"]] {
        let peer = peer(|c| {
            c.accept();
            c.send([close(1000, "bye"), text("too late"), frame(FIN | PING, b"")].concat());
            assert_eq!(c.frame().close_code(), Some(1000));
            c.fin();
            assert_eq!(c.next(), None, "what comes behind a close frame is not answered");
        });
        let output = wscope(&[options, &["--no-input", &peer.url()]].concat()).run();
        output.exits(0).prints("").says("a text frame after its close frame (RFC 6455 §5.5.1): 81 08 …");
        assert_eq!(output.stderr.lines().count(), 1, "{output}");
    }
}
