//! The frame view with the real binary: where the lines of frames go, what they say, and in which order.
//!
//! How single headers read has its table beside `render::frame`; here it is what a peer really sent and got.

mod common;

use std::sync::mpsc::channel;

use common::{
    BINARY, CLOSE, CONTINUATION, FIN, Output, PING, PONG, Peer, TEXT, close, frame, peer, text, wscope,
};
use data_encoding::BASE64;
use serde_json::{Value, json};

const RSV1: u8 = 0x40;

/// What a compressed `Hello` is (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// The lines of frames in this text, without what differs each time: the masking key, and the time since the frame
/// before, which only the first of a connection lacks.
#[track_caller]
fn lines(shown: &str) -> Vec<String> {
    let frames = shown.lines().filter(|line| line.starts_with("<< ") || line.starts_with(">> "));
    let plain = frames.enumerate().map(|(index, line)| {
        let is_time = |part: &&str| part.starts_with('+') && (part.ends_with(" ms") || part.ends_with(" s"));
        let parts: Vec<&str> = line.split(" · ").collect();
        assert_eq!(parts.iter().filter(|part| is_time(part)).count(), usize::from(index > 0), "{line}");
        let parts = parts.iter().filter(|part| !is_time(part));
        let parts = parts.map(|part| if part.starts_with("mask ") { "mask …" } else { part });
        parts.collect::<Vec<_>>().join(" · ")
    });
    plain.collect()
}

/// A server that sends these bytes and closes; the client answers.
fn sending(bytes: Vec<u8>) -> Peer {
    peer(move |c| {
        c.accept();
        c.send([&bytes[..], &close(1000, "")].concat());
        while c.frame().opcode != CLOSE {}
    })
}

/// The session with such a server.
fn session(options: &[&str], bytes: Vec<u8>) -> Output {
    wscope(&[options, &["--no-input", &sending(bytes).url()]].concat()).run()
}

/// The records of frames, with the direction, without the times.
fn frame_records(records: &[Value]) -> Vec<&Value> {
    records.iter().filter(|record| record["event"] == "frame").collect()
}

const CLOSED: [&str; 2] = [
    "<< close FIN · 2 bytes (7 bit), 4 on the wire · no mask · 1000 normal closure",
    ">> close FIN · 2 bytes (7 bit), 8 on the wire · mask … · 1000 normal closure",
];

#[test]
fn in_a_pipe_frames_are_told_on_stderr_or_among_what_is_shown() {
    let wanted = ["<< text FIN · 2 bytes (7 bit), 4 on the wire · no mask · \"hi\"", CLOSED[0], CLOSED[1]];
    let plain: [(&[&str], &str); 4] = [
        (&["--frames"], "hi\n"),
        (&["-vv"], "hi\n"),
        (&["--frames", "-o", "raw"], "hi"),
        (&["--frames", "-o", "base64"], "aGk=\n"),
    ];
    for (options, stdout) in plain {
        let output = session(options, text("hi"));
        output.exits(0).prints(stdout);
        assert_eq!(lines(&output.stderr), wanted, "{options:?}");
    }
    let output = session(&["--frames", "-o", "human"], text("hi"));
    output.exits(0).silent();
    let message = output.text().find("< hi\n").expect("the message is shown");
    assert!(output.text().find("<< text").is_some_and(|frame| frame < message), "{output}");
    assert_eq!(lines(output.text()), wanted);
    session(&["--frames", "-q"], text("hi")).exits(0).prints("hi\n").silent();
    for options in [&["-v"][..], &[]] {
        let output = session(options, text("hi"));
        assert_eq!(lines(&output.stderr), [""; 0], "{output}");
        assert!(!output.exits(0).text().contains("<<"), "{output}");
    }
}

#[test]
fn records_have_each_frame_wherever_they_go() {
    let output = session(&["--frames", "-o", "jsonl"], text("hi"));
    output.exits(0).silent();
    let frames = |records: &[Value]| {
        let direction = |record: &&Value| format!("{} {}", record["direction"], record["header"]);
        frame_records(records).iter().map(direction).collect::<Vec<_>>()
    };
    let shown = frames(&output.records());
    assert_eq!(shown[..2], ["\"received\" \"8102\"", "\"received\" \"8802\""]);
    assert!(shown.len() == 3 && shown[2].starts_with("\"sent\" \"8882"), "{shown:?}");
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("record");
    let file = path.to_str().expect("a path in UTF-8");
    for (options, count) in [(&["--record", file, "--frames"][..], 3), (&["--record", file], 0)] {
        let output = session(options, text("hi"));
        assert_eq!(lines(&output.exits(0).prints("hi\n").stderr).len(), count, "{output}");
        let recorded = std::fs::read_to_string(&path).expect("a recording");
        let records: Vec<Value> =
            recorded.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(frames(&records).len(), count, "{recorded}");
        std::fs::remove_file(&path).expect("the recording is there");
    }
}

#[test]
fn every_field_of_a_header_is_told() {
    let long = |first: u8, length: usize| frame(first, &vec![b'x'; length]);
    let start = format!("\"{}\"…", "x".repeat(48));
    let rows: Vec<(Vec<u8>, String)> = vec![
        (text(""), "text FIN · 0 bytes (7 bit), 2 on the wire · no mask".into()),
        (
            frame(FIN | BINARY, b"\0\xff"),
            "binary FIN · 2 bytes (7 bit), 4 on the wire · no mask · 00 ff".into(),
        ),
        (long(FIN | TEXT, 125), format!("text FIN · 125 bytes (7 bit), 127 on the wire · no mask · {start}")),
        (
            long(FIN | TEXT, 126),
            format!("text FIN · 126 bytes (16 bit), 130 on the wire · no mask · {start}"),
        ),
        (
            long(FIN | TEXT, 65536),
            format!("text FIN · 65536 bytes (64 bit), 65546 on the wire · no mask · {start}"),
        ),
        (
            long(FIN | BINARY, 17),
            format!("binary FIN · 17 bytes (7 bit), 19 on the wire · no mask · {}…", "78 ".repeat(16)),
        ),
        (
            frame(FIN | 0x70 | TEXT, b"r"),
            "text FIN RSV1 RSV2 RSV3 · 1 byte (7 bit), 3 on the wire · no mask · 72".into(),
        ),
        (frame(0x0f, b""), "opcode 0xf · 0 bytes (7 bit), 2 on the wire · no mask".into()),
        (
            common::frames::masked(FIN | TEXT, b"m"),
            "text FIN · 1 byte (7 bit), 7 on the wire · mask … · \"m\"".into(),
        ),
        (vec![0x82, 126, 0, 1, 7], "binary FIN · 1 byte (16 bit), 5 on the wire · no mask · 07".into()),
        (frame(FIN | PONG, b"p"), "pong FIN · 1 byte (7 bit), 3 on the wire · no mask · \"p\"".into()),
    ];
    let bytes: Vec<u8> = rows.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
    let output = session(&["--frames", "--lenient", "-o", "base64"], bytes);
    let mut wanted: Vec<String> = rows.iter().map(|(_, line)| format!("<< {line}")).collect();
    wanted.extend(CLOSED.map(str::to_owned));
    assert_eq!(lines(&output.exits(0).stderr), wanted);
    assert!(output.stderr.contains("mask 01020304"), "{output}");
}

#[test]
fn what_is_sent_is_told_as_the_peer_gets_it() {
    let (give, take) = channel();
    let peer = peer(move |c| {
        c.accept();
        for _ in 0..3 {
            give.send(c.frame()).expect("the test waits");
        }
        c.close(1000, "");
    });
    let (short, long) = ("y".repeat(126), "z".repeat(65536));
    let messages = ["-m", "one", "-m", &short, "-m", &long];
    let output = wscope(&[&["--frames", "-o", "jsonl"], &messages[..], &[&peer.url()]].concat()).run();
    let records = output.exits(0).records();
    let sent = frame_records(&records);
    for (index, start) in ["8183", "81fe007e", "81ff0000000000010000"].iter().enumerate() {
        let got = take.recv().expect("the peer got it");
        let key = data_encoding::HEXLOWER.encode(&got.mask);
        assert_eq!(sent[index]["header"], json!(format!("{start}{key}")));
        assert_eq!((&sent[index]["masked"], &sent[index]["mask"]), (&json!(true), &json!(key)));
        assert_eq!(sent[index]["length"], json!(got.payload.len()));
        assert_eq!(sent[index]["payload"], json!(BASE64.encode(&got.payload)));
    }
}

#[test]
fn control_frames_stand_between_the_fragments_where_they_came() {
    let bytes =
        [frame(TEXT, b"he"), frame(FIN | PING, b"?"), frame(CONTINUATION, b"l"), frame(FIN, b"lo")].concat();
    let output = session(&["--frames"], bytes.clone());
    let told = lines(&output.exits(0).prints("hello\n").stderr);
    let wanted = [
        "<< text · fragment 1 · 2 bytes (7 bit), 4 on the wire · no mask · \"he\"",
        "<< ping FIN · 1 byte (7 bit), 3 on the wire · no mask · \"?\"",
        // The answer goes out before anything else is looked at.
        ">> pong FIN · 1 byte (7 bit), 7 on the wire · mask … · \"?\"",
        "<< continuation · fragment 2 · 1 byte (7 bit), 3 on the wire · no mask · \"l\"",
        "<< continuation FIN · fragment 3 · 2 bytes (7 bit), 4 on the wire · no mask · \"lo\"",
        CLOSED[0],
        CLOSED[1],
    ];
    assert_eq!(told, wanted);
    let output = session(&["--frames", "-o", "jsonl"], bytes);
    let records = output.exits(0).records();
    let received = records.iter().filter(|record| record["direction"] == "received");
    let order: Vec<String> = received
        .map(|record| match record["event"].as_str() {
            Some("frame") => format!("{}/{}", record["opcode"], record["fragment"]),
            event => event.unwrap_or_default().to_owned(),
        })
        .collect();
    assert_eq!(order, ["1/1", "9/null", "ping", "0/2", "0/3", "text", "8/null", "close"]);
}

#[test]
fn compressed_frames_are_told_as_they_are_on_the_wire() {
    let peer = peer(|c| {
        c.accept_with("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n");
        assert_eq!(c.frame().payload, HELLO);
        c.send([frame(RSV1 | TEXT, &HELLO[..3]), frame(FIN, &HELLO[3..])].concat());
        c.close(1000, "");
    });
    let output = wscope(&["-z", "--frames", "-m", "Hello", &peer.url()]).run();
    let wanted = [
        ">> text FIN RSV1 · 7 bytes (7 bit), 13 on the wire · mask … · f2 48 cd c9 c9 07 00",
        "<< text RSV1 · fragment 1 · 3 bytes (7 bit), 5 on the wire · no mask · f2 48 cd",
        // What continues a compressed message is no text either, though only the first frame says so.
        "<< continuation FIN · fragment 2 · 4 bytes (7 bit), 6 on the wire · no mask · c9 c9 07 00",
    ];
    let shown = lines(&output.exits(0).prints("Hello\n").stderr);
    assert_eq!(shown[..3], wanted);
}

#[test]
fn the_frame_that_breaks_a_rule_is_told_before_the_error() {
    let rows: [(Vec<u8>, &str); 6] = [
        (frame(FIN | 3, b"abc"), "opcode 0x3 FIN · 3 bytes (7 bit), 5 on the wire · no mask · 61 62 63"),
        (frame(FIN | RSV1 | TEXT, b"a"), "text FIN RSV1 · 1 byte (7 bit), 3 on the wire · no mask · 61"),
        (frame(FIN | TEXT, b"a\xff"), "text FIN · 2 bytes (7 bit), 4 on the wire · no mask · 61 ff"),
        (vec![0x83, 5, b'a'], "opcode 0x3 FIN · 5 bytes (7 bit), 1 there, 3 on the wire · no mask · 61"),
        (vec![0x83, 126], "opcode 0x3 FIN · header 837e … · no mask"),
        (
            frame(FIN | CLOSE, b"\x03\xed"),
            "close FIN · 2 bytes (7 bit), 4 on the wire · no mask · 1005 no status code",
        ),
    ];
    for (bytes, line) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.send(&bytes);
            assert_eq!(c.frame().opcode, CLOSE);
        });
        let output = wscope(&["--frames", "--no-input", &peer.url()]).run();
        let shown = lines(&output.fails(6, &["RFC 6455"]).stderr);
        assert_eq!(shown[0], format!("<< {line}"), "{output}");
        assert!(shown.len() == 2 && shown[1].starts_with(">> close FIN"), "{output}");
        let (told, failed) = (output.stderr.find("<< "), output.stderr.find("wscope: "));
        assert!(told < failed, "{output}");
    }
}

#[test]
fn no_payload_attacks_the_terminal_and_no_message_passes_for_a_frame() {
    let attack = "\x1b[2J\u{202e}\u{9b}31m\r\n<< text FIN · forged";
    let bytes = [
        text(attack),
        frame(FIN | PING, attack.as_bytes()),
        text("<< text FIN · forged"),
        text("a\n<< text FIN · forged\n>> close"),
    ];
    let peer = peer(move |c| {
        c.accept();
        c.send(bytes.concat());
        c.expect(PONG, attack);
        c.close(1000, attack);
    });
    let output = wscope(&["--frames", "-o", "human", "--no-input", &peer.url()]).run();
    output.exits(0).silent();
    let shown = lines(output.text());
    assert_eq!(shown.iter().filter(|line| line.starts_with("<<")).count(), 5, "{output}");
    assert!(shown.iter().all(|line| !line.ends_with("· forged")), "{output}");
    for mark in ['\x1b', '\r', '\u{202e}', '\u{9b}'] {
        assert!(!output.text().contains(mark), "{mark:?} in {output}");
    }
    assert!(shown[0].contains(r#""\x1b[2J\u{202e}\u{9b}31m\r\n<< text FIN"#), "{}", shown[0]);
}
