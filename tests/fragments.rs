//! `--fragment`: into which frames messages go, and what stays whole.

mod common;

use std::sync::mpsc::channel;

use common::{BINARY, CONTINUATION, FIN, Frame, PING, TEXT, close, echo, peer, wscope};
use data_encoding::HEXLOWER;

const RSV1: u8 = 0x40;

/// What a compressed `Hello` is (RFC 7692 §7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// The frames up to the close frame that wscope sends with these options and this input.
#[track_caller]
fn sent(options: &[&str], stdin: &[u8]) -> Vec<Frame> {
    let (give, take) = channel();
    let compressed = options.contains(&"-z");
    let peer = peer(move |c| {
        c.accept_with(if compressed { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" });
        give.send(c.frames_until_close()).expect("the test waits");
    });
    wscope(&[options, &["--linger", "0", &peer.url()]].concat()).stdin(stdin).run().exits(0).prints("");
    take.recv().expect("the peer was called")
}

/// A frame in short: the first byte, and the payload.
fn short(frame: &Frame) -> (u8, String) {
    let first = if frame.fin { FIN } else { 0 } | frame.rsv << 4 | frame.opcode;
    (first, frame.payload.escape_ascii().to_string())
}

#[test]
fn messages_go_in_fragments_of_that_size() {
    type Frames<'a> = &'a [(u8, &'a str)];
    let rows: [(&[&str], &[u8], Frames); 9] = [
        (&["--fragment", "2", "-m", "hello"], b"", &[(TEXT, "he"), (CONTINUATION, "ll"), (FIN, "o")]),
        (&["--fragment", "2", "-m", "four"], b"", &[(TEXT, "fo"), (FIN, "ur")]),
        (&["--fragment", "4", "-m", "four"], b"", &[(FIN | TEXT, "four")]),
        (&["--fragment", "64K", "-m", "four"], b"", &[(FIN | TEXT, "four")]),
        (&["--fragment", "1", "-m", ""], b"", &[(FIN | TEXT, "")]),
        (&["--fragment", "2", "-b", "-m", "hey"], b"", &[(BINARY, "he"), (FIN, "y")]),
        (&["--fragment", "3", "-i", "raw"], b"\0\x01\x02\x03", &[(BINARY, r"\x00\x01\x02"), (FIN, r"\x03")]),
        // A character may be cut (RFC 6455 §5.6).
        (&["--fragment", "1", "-m", "\u{fc}"], b"", &[(TEXT, r"\xc3"), (FIN, r"\xbc")]),
        (
            &["--fragment", "2"],
            b"abc\n\nd\n",
            &[(TEXT, "ab"), (FIN, "c"), (FIN | TEXT, ""), (FIN | TEXT, "d")],
        ),
    ];
    for (options, stdin, wanted) in rows {
        let frames = sent(options, stdin);
        let frames: Vec<(u8, String)> = frames.iter().map(short).collect();
        let wanted: Vec<(u8, String)> = wanted.iter().map(|(first, text)| (*first, (*text).into())).collect();
        assert_eq!(frames, wanted, "{options:?}");
    }
}

#[test]
fn every_fragment_has_a_masking_key_of_its_own() {
    let frames = sent(&["--fragment", "1", "-m", "abcdefgh"], b"");
    let mut keys: Vec<[u8; 4]> = frames.iter().map(|frame| frame.mask).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 8, "{frames:?}");
}

#[test]
fn a_compressed_message_is_cut_behind_the_compression() {
    let frames = sent(&["-z", "--fragment", "3", "-m", "Hello"], b"");
    let firsts: Vec<u8> = frames.iter().map(|frame| short(frame).0).collect();
    assert_eq!(firsts, [RSV1 | TEXT, CONTINUATION, FIN], "RSV1 on the first frame only (RFC 7692 §6.1)");
    let joined: Vec<u8> = frames.iter().flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(HEXLOWER.encode(&joined), HEXLOWER.encode(&HELLO));
    let frames = sent(&["-z", "--fragment", "7", "-m", "Hello"], b"");
    assert_eq!(short(&frames[0]), (FIN | RSV1 | TEXT, HELLO.escape_ascii().to_string()));
}

#[test]
fn control_frames_stay_whole() {
    let records =
        b"{\"event\":\"ping\",\"data\":\"longer than two\"}\n{\"event\":\"text\",\"data\":\"abc\"}\n";
    let peer = peer(|c| {
        c.accept();
        c.expect(PING, "longer than two");
        assert_eq!([c.frame().fin, c.frame().fin], [false, true]);
        assert_eq!(c.expect_close(1000), "a long reason");
        c.send(close(1000, ""));
    });
    let options = ["--fragment", "2", "-i", "jsonl", "--linger", "0", "--close-reason", "a long reason"];
    wscope(&[&options[..], &[&peer.url()]].concat()).stdin(&records[..]).run().exits(0);
}

#[test]
fn a_server_puts_the_fragments_together_again() {
    let echo = echo();
    let message = "0123456789\u{e4}\u{20ac}\u{1f600}".repeat(5000);
    for size in ["1", "125", "126", "65535", "65536"] {
        let output = wscope(&["--fragment", size, "-1", &echo.url()]).stdin(format!("{message}\n")).run();
        output.exits(0).prints(format!("{message}\n"));
    }
}

#[test]
fn a_size_that_is_none_is_refused() {
    for size in ["0", "0K", "-1", "many", ""] {
        let option = format!("--fragment={size}");
        wscope(&[&option, "ws://127.0.0.1:9/"]).run().fails(2, &["--fragment"]).prints("");
    }
}
