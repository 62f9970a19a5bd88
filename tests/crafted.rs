//! Crafted frames and raw bytes from records: they reach the peer byte for byte, are shown, recorded, and can be sent
//! again. Wrong records are told with their line.

mod common;

use std::sync::mpsc::{Receiver, channel};

use common::{CLOSE, Output, PING, Peer, TEXT, close, peer, wscope};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.replace(' ', "").as_bytes()).expect("bytes in hexadecimal")
}

/// A server that must get exactly these bytes, and then closes.
fn getting(hex: &str) -> Peer {
    let wanted = bytes(hex);
    peer(move |c| {
        c.accept();
        let got = c.read_exact(wanted.len());
        assert_eq!(HEXLOWER.encode(&got), HEXLOWER.encode(&wanted));
        c.close(1000, "");
    })
}

/// A server that hands the test this many bytes, and then closes.
fn taking(count: usize) -> (Peer, Receiver<Vec<u8>>) {
    let (give, take) = channel();
    let peer = peer(move |c| {
        c.accept();
        give.send(c.read_exact(count)).expect("the test waits");
        c.close(1000, "");
    });
    (peer, take)
}

/// A session that is fed with these records, and lasts until the peer ends it.
#[track_caller]
fn feed(peer: &Peer, options: &[&str], records: &str) -> Output {
    let always = ["-i", "jsonl", "--linger", "forever", &peer.url()];
    wscope(&[&always[..], options].concat()).stdin(records).run()
}

/// The record of a frame with these fields.
fn frame(fields: Value) -> String {
    let mut record = json!({"event": "frame"});
    let all = record.as_object_mut().expect("an object");
    all.extend(fields.as_object().expect("an object").clone());
    format!("{record}\n")
}

#[test]
fn every_part_of_a_frame_can_be_chosen() {
    let rows = [
        (json!({"opcode": 1, "masked": false, "data": "a"}), "81 01 61"),
        (json!({"opcode": 0, "masked": false, "fin": false, "payload": "YWI="}), "00 02 61 62"),
        (json!({"opcode": 3, "masked": false}), "83 00"),
        (json!({"opcode": 15, "masked": false, "rsv": 7, "fin": false, "hex": "00 FF"}), "7f 02 00 ff"),
        (json!({"opcode": 2, "masked": false, "rsv": 4}), "c2 00"),
        (json!({"opcode": 2, "masked": false, "rsv": 2}), "a2 00"),
        (json!({"opcode": 2, "masked": false, "rsv": 1}), "92 00"),
        (json!({"opcode": 1, "mask": "37fa213d", "data": "Hello"}), "81 85 37fa213d 7f9f4d5158"),
        (json!({"opcode": 1, "mask": "00000000", "data": "Hi"}), "81 82 00000000 4869"),
        (json!({"opcode": 1, "mask": "37fa213d", "masked": false, "data": "Hi"}), "81 02 4869"),
        (json!({"opcode": 1, "masked": false, "length": 9, "data": "x"}), "81 09 78"),
        (json!({"opcode": 1, "masked": false, "length": 0, "data": "x"}), "81 00 78"),
        (json!({"opcode": 1, "masked": false, "length": 300}), "81 7e 012c"),
        (json!({"opcode": 1, "masked": false, "length": u64::MAX}), "81 7f ffffffffffffffff"),
        (json!({"opcode": 1, "masked": false, "length_bits": 16, "data": "x"}), "81 7e 0001 78"),
        (json!({"opcode": 1, "masked": false, "length_bits": 64, "data": "x"}), "81 7f 0000000000000001 78"),
        (json!({"opcode": 1, "masked": false, "length_bits": 7, "data": "x"}), "81 01 78"),
        (json!({"opcode": 1, "masked": false, "hex": "c0 af ed a0 80"}), "81 05 c0afeda080"),
        (json!({"opcode": 9, "masked": false, "length_bits": 16, "length": 126}), "89 7e 007e"),
    ];
    let (records, wanted): (Vec<String>, Vec<&str>) =
        rows.into_iter().map(|(fields, wanted)| (frame(fields), wanted)).unzip();
    feed(&getting(&wanted.concat()), &[], &records.concat()).exits(0).silent();
}

#[test]
fn what_is_not_said_is_as_the_rules_want_it() {
    let peer = peer(|c| {
        c.accept();
        c.expect(TEXT, "rules");
        c.expect(TEXT, "x".repeat(126));
        // A mask that is asked for is a fresh one.
        let keys = [c.expect(PING, "").mask, c.expect(PING, "").mask];
        assert_ne!(keys[0], keys[1]);
        c.close(1000, "");
    });
    let records = [
        json!({"opcode": 1, "data": "rules"}),
        json!({"opcode": 1, "data": "x".repeat(126), "fin": null, "rsv": null, "length": null}),
        json!({"opcode": 9, "masked": true}),
        json!({"opcode": 9}),
    ];
    feed(&peer, &[], &records.map(frame).concat()).exits(0).silent();
}

#[test]
fn raw_bytes_go_out_in_order_however_they_are_cut() {
    let records = [
        json!({"event": "raw", "hex": "81"}),
        json!({"event": "raw", "hex": "05 48 65 6C"}),
        json!({"event": "raw", "hex": "6c6f"}),
        json!({"event": "raw", "hex": "82020102", "writes": [1, 1, 1]}),
        json!({"event": "raw", "hex": "", "writes": [3]}),
        json!({"event": "frame", "opcode": 1, "masked": false, "data": "cut", "writes": [1, 100, 2]}),
        json!({"event": "raw", "hex": "ff", "writes": []}),
    ];
    let records: String = records.iter().map(|record| format!("{record}\n")).collect();
    feed(&getting("81 05 48656c 6c6f 82020102 8103637574 ff"), &[], &records).exits(0).silent();
}

#[test]
fn crafted_frames_keep_their_place_among_messages() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("before");
        let frame = c.frame();
        assert_eq!((frame.opcode, frame.rsv, &frame.payload[..]), (5, 2, &b"odd"[..]));
        c.expect_text("after");
        c.close(1000, "");
    });
    let message = |text: &str| format!("{}\n", json!({"event": "text", "data": text}));
    let odd = frame(json!({"opcode": 5, "rsv": 2, "data": "odd"}));
    let output = feed(&peer, &["-o", "jsonl"], &[message("before"), odd, message("after")].concat());
    let records = output.exits(0).records();
    let order: Vec<&str> = records.iter().filter_map(|record| record["event"].as_str()).collect();
    assert_eq!(order[..4], ["open", "text", "raw", "text"], "{output}");
    // A crafted frame is no message.
    assert_eq!(records.last().map(|end| &end["sent"]), Some(&json!({"messages": 2, "bytes": 11})));
}

#[test]
fn a_crafted_close_starts_the_closing_handshake() {
    let rows: [(&str, Option<u16>, i32); 6] = [
        ("03e8", Some(1000), 0),
        ("0fa0", Some(4000), 0),
        ("", None, 0),
        // No such close frame may be sent; how the server answers decides.
        ("03ed", Some(1002), 8),
        ("03", Some(1002), 8),
        ("03e8fffe", Some(1007), 8),
    ];
    for (payload, answer, code) in rows {
        let peer = peer(move |c| {
            c.accept();
            let got = c.frame();
            assert_eq!((got.opcode, HEXLOWER.encode(&got.payload)), (CLOSE, payload.to_owned()));
            let answer = answer.map_or(vec![0x88, 0], |answer| close(answer, ""));
            c.send(answer);
            c.fin();
            assert_eq!(c.next(), None, "one close frame is enough");
        });
        feed(&peer, &[], &frame(json!({"opcode": 8, "hex": payload}))).exits(code);
    }
    let silent = peer(|c| {
        c.accept();
        assert_eq!(c.frame().opcode, CLOSE);
        c.stall();
    });
    let output = feed(&silent, &["--close-timeout", "100ms"], &frame(json!({"opcode": 8})));
    output.ends(7, &["--close-timeout"]);
}

#[test]
fn a_close_frame_among_raw_bytes_starts_the_closing_handshake() {
    let rows = [("888200000000 03e8", 1000, 0), ("8100 888200000000 0fa0", 4000, 0), ("8800", 1002, 8)];
    for (hex, answer, code) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.read_exact(bytes(hex).len());
            c.send(close(answer, ""));
            c.fin();
            assert_eq!(c.next(), None, "one close frame is enough");
        });
        let output = feed(&peer, &["-o", "jsonl"], &format!("{}\n", json!({"event": "raw", "hex": hex})));
        let records = output.exits(code).records();
        assert_eq!(records.last().map(|end| &end["by"]), Some(&json!("client")), "{output}");
    }
}

#[test]
fn frames_follow_a_crafted_close_but_messages_do_not() {
    let peer = peer(|c| {
        c.accept();
        assert_eq!(HEXLOWER.encode(&c.read_exact(6 + 2)), "8880000000008100");
        c.send(close(1000, ""));
    });
    let records = [
        frame(json!({"opcode": 8, "mask": "00000000"})),
        frame(json!({"opcode": 1, "masked": false})),
        "{\"event\":\"text\",\"data\":\"too late\"}\n".to_owned(),
    ];
    let output = feed(&peer, &[], &records.concat());
    output.ends(1, &["unsent"]);
}

/// Every kind of record that puts bytes of its own on the wire, and how many bytes they are.
fn odd_records() -> (String, usize) {
    let records = [
        (json!({"event": "frame", "opcode": 1, "data": "masked afresh"}), 2 + 4 + 13),
        (
            json!({"event": "frame", "opcode": 11, "rsv": 3, "fin": false, "masked": false, "length": 70000}),
            10,
        ),
        (json!({"event": "frame", "opcode": 9, "length_bits": 64, "data": "p", "writes": [1]}), 15),
        (json!({"event": "raw", "hex": "81", "writes": [1]}), 1),
        (json!({"event": "raw", "hex": "0568656c6c6f"}), 6),
    ];
    let lines = records.iter().map(|(record, _)| format!("{record}\n")).collect();
    (lines, records.iter().map(|(_, size)| size).sum())
}

#[test]
fn what_was_recorded_goes_out_again_byte_for_byte() {
    let (records, size) = odd_records();
    let (peer, take) = taking(size);
    let output = feed(&peer, &["-o", "jsonl", "--frames"], &records);
    let first = take.recv().expect("it was sent");
    let recorded = output.exits(0).records();
    let raw: Vec<&str> = recorded.iter().filter_map(|record| record["hex"].as_str()).collect();
    assert_eq!(raw.concat(), HEXLOWER.encode(&first), "each is recorded as it was sent");
    assert!(recorded.iter().all(|record| record["hex"].is_null() || record["event"] == "raw"), "{output}");
    let (peer, take) = taking(size);
    feed(&peer, &[], output.text()).exits(0);
    assert_eq!(HEXLOWER.encode(&take.recv().expect("sent again")), HEXLOWER.encode(&first));
}

#[test]
fn what_was_sent_is_shown_as_frames_or_as_bytes() {
    let records = [
        frame(json!({"opcode": 3, "masked": false, "length": 9, "data": "abc"})),
        "{\"event\":\"raw\",\"hex\":\"81\"}\n".to_owned(),
    ];
    let line = ">> opcode 0x3 FIN · 9 bytes (7 bit), 3 there, 5 on the wire · no mask · 61 62 63\n";
    for options in [&["-v"][..], &["-vv"], &["-o", "human", "-v"], &["-o", "human", "--frames"]] {
        let (peer, _take) = taking(6);
        let output = feed(&peer, options, &records.concat());
        let shown = output.exits(0).text().to_owned() + &output.stderr;
        assert_eq!(shown.matches(line).count(), 1, "{output}");
        assert!(shown.contains(">> raw 1 byte\n  00000000  81 "), "{output}");
    }
    // What is no whole frame is shown beside the frames.
    let (peer, _take) = taking(6);
    feed(&peer, &["--frames"], &records.concat()).exits(0).says(line).says(">> raw 1 byte\n  00000000  81 ");
    for options in [&[][..], &["-q"], &["-q", "-v"], &["-q", "--frames"]] {
        let (peer, _take) = taking(6);
        feed(&peer, options, &records.concat()).exits(0).prints("").silent();
    }
}

#[test]
fn a_wrong_record_ends_the_input_with_its_line() {
    let rows = [
        (json!({"event": "frame"}), "\"opcode\""),
        (json!({"event": "frame", "opcode": 16}), "from 0 to 15"),
        (json!({"event": "frame", "opcode": "text"}), "from 0 to 15"),
        (json!({"event": "frame", "opcode": 1, "rsv": 8}), "from 0 to 7"),
        (json!({"event": "frame", "opcode": 1, "fin": 1}), "\"fin\" must be true or false"),
        (json!({"event": "frame", "opcode": 1, "mask": "0102"}), "four bytes in hexadecimal"),
        (json!({"event": "frame", "opcode": 1, "mask": "on"}), "\"mask\""),
        (json!({"event": "frame", "opcode": 1, "length": -1}), "\"length\""),
        (json!({"event": "frame", "opcode": 1, "length_bits": 8}), "7, 16 or 64"),
        (json!({"event": "frame", "opcode": 1, "length_bits": 7, "length": 126}), "126 does not fit"),
        (json!({"event": "frame", "opcode": 1, "length_bits": 16, "length": 65536}), "65536 does not fit"),
        (json!({"event": "frame", "opcode": 1, "payload": "?"}), "base64"),
        (json!({"event": "frame", "opcode": 1, "hex": "0"}), "bytes in hexadecimal"),
        (json!({"event": "frame", "opcode": 1, "writes": [0]}), "a list of sizes from 1"),
        (json!({"event": "raw"}), "lacks \"hex\""),
        (json!({"event": "raw", "hex": "xy"}), "bytes in hexadecimal"),
        (json!({"event": "raw", "hex": "00", "writes": 1}), "\"writes\""),
    ];
    for (record, words) in rows {
        let peer = peer(|c| {
            c.accept();
            assert_eq!(HEXLOWER.encode(&c.read_exact(2)), "8100", "what went before stays sent");
            assert!(c.frames_until_close().is_empty());
        });
        let good = "{\"event\":\"raw\",\"hex\":\"8100\"}\n\n";
        let output = feed(&peer, &["--linger", "0"], &format!("{good}{record}\n{good}"));
        output.fails(9, &["line 3", words]);
    }
}
