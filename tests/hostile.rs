//! A hostile server: frames that break RFC 6455, messages that never end, and text that attacks the terminal.
//!
//! Each violation fails the connection: a close frame with the right code goes out, the error names the rule and
//! the bytes at fault, exit 6, and nothing of the bad message is printed.

mod common;

use common::frames::masked;
use common::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, binary, close, frame, peer, text, wscope};

const RSV1: u8 = 0x40;
const RSV2: u8 = 0x20;
const RSV3: u8 = 0x10;

/// After a good message these bytes come; wscope must fail the connection with `code` and say `words`.
#[track_caller]
fn fails(options: &[&str], bytes: Vec<u8>, code: u16, words: &[&str]) {
    let shown = bytes[..bytes.len().min(20)].escape_ascii().to_string();
    let after = shown.clone();
    let peer = peer(move |c| {
        c.accept();
        c.send([&text("good")[..], &bytes].concat());
        let answer = c.next().unwrap_or_else(|| panic!("no close frame after {after}"));
        assert_eq!(answer.opcode, CLOSE, "after {after}");
        assert_eq!(answer.close_code(), Some(code), "after {after}");
    });
    let output = wscope(&[options, &["--no-input", &peer.url()]].concat()).run();
    assert_eq!(output.code, Some(6), "after {shown}: {output}");
    output.fails(6, words).prints("good\n");
}

#[test]
fn frames_that_break_the_rules_fail_the_connection() {
    let with_length = |first: u8, length: u8, extended: &[u8]| [&[first, length], extended].concat();
    let rows: Vec<(Vec<u8>, &[&str])> = vec![
        (frame(FIN | RSV1 | TEXT, b"x"), &["RSV1", "5.2", "c1 01"]),
        (frame(FIN | RSV2 | TEXT, b"x"), &["RSV2", "5.2", "a1 01"]),
        (frame(FIN | RSV3 | BINARY, b"x"), &["RSV3", "5.2"]),
        (frame(FIN | RSV1 | PING, b""), &["RSV1", "5.2"]),
        (masked(FIN | TEXT, b"x"), &["mask", "5.1", "81 81"]),
        (masked(FIN | PING, b""), &["mask", "5.1"]),
        (frame(PING, b""), &["fragment", "5.5"]),
        (frame(CLOSE, b""), &["fragment", "5.5"]),
        (with_length(FIN | PING, 126, &[0, 126]), &["125", "5.5"]),
        (with_length(FIN | CLOSE, 127, &[0; 8]), &["5.5"]),
        (frame(FIN | CONTINUATION, b"x"), &["continu", "5.4"]),
        (frame(CONTINUATION, b"x"), &["continu", "5.4"]),
        ([frame(TEXT, b"a"), frame(FIN | TEXT, b"b")].concat(), &["5.4"]),
        ([frame(BINARY, b"a"), frame(TEXT, b"b")].concat(), &["5.4"]),
        (with_length(FIN | TEXT, 126, &[0, 125]), &["5.2"]),
        (with_length(FIN | TEXT, 127, &[0, 0, 0, 0, 0, 0, 255, 255]), &["5.2"]),
        (with_length(FIN | TEXT, 127, &[0x80, 0, 0, 0, 0, 0, 0, 0]), &["5.2"]),
    ];
    for (bytes, words) in rows {
        fails(&[], bytes, 1002, &[words, &["RFC 6455"]].concat());
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        fails(&[], frame(FIN | opcode, b""), 1002, &["opcode", "RFC 6455", "5.2"]);
    }
}

#[test]
fn text_that_is_not_utf8_fails_as_soon_as_it_shows() {
    let unfinished = |payload: &[u8]| {
        let whole = frame(FIN | TEXT, &[payload, &[b'x'; 1000]].concat());
        whole[..4 + payload.len()].to_vec()
    };
    let rows = [
        frame(FIN | TEXT, b"a\xffb"),
        frame(FIN | TEXT, b"\xc0\xaf"),
        frame(FIN | TEXT, b"\xed\xa0\x80"),
        frame(FIN | TEXT, b"\xf4\x90\x80\x80"),
        frame(FIN | TEXT, b"cut \xe2\x82"),
        [frame(TEXT, b"\xe2\x82"), frame(FIN, b"\x41")].concat(),
        [frame(TEXT, b"\xe2"), frame(FIN, b"")].concat(),
        // Neither the frame nor the message is whole here: the bad byte alone decides.
        frame(TEXT, b"\xff"),
        unfinished(b"\xff"),
        unfinished(b"\xf8"),
    ];
    for bytes in rows {
        fails(&[], bytes, 1007, &["UTF-8", "RFC 6455"]);
    }
}

#[test]
fn utf8_may_be_split_between_fragments() {
    let peer = peer(|c| {
        c.accept();
        c.send(
            [frame(TEXT, b"\xf0\x9f"), frame(CONTINUATION, b""), frame(FIN | PING, b""), frame(0, b"\x98")]
                .concat(),
        );
        c.send([frame(FIN, b"\x80"), binary(b"\xff")].concat());
        c.expect(PONG, "");
        c.close(1000, "");
    });
    wscope(&["--no-input", &peer.url()]).run().exits(0).prints(b"\xf0\x9f\x98\x80\n\xff\n");
}

#[test]
fn messages_beyond_the_limit_fail_from_the_header_alone() {
    let claims = |length: u64| [&[FIN | BINARY, 127][..], &length.to_be_bytes()].concat();
    let rows: [(&[&str], Vec<u8>); 7] = [
        (&[], claims((64 << 20) + 1)),
        (&[], claims(i64::MAX as u64)),
        (&["--max-message", "1M"], claims((1 << 20) + 1)),
        (&["--max-message", "10"], frame(FIN | TEXT, b"elevenbytes")),
        (&["--max-message", "10"], [frame(TEXT, b"elev"), frame(0, b"enby"), frame(FIN, b"tes")].concat()),
        (&["--max-message", "10"], [frame(TEXT, b"ten bytes "), vec![FIN, 1]].concat()),
        (&["--max-message", "4"], [frame(BINARY, b"four"), frame(0, b"5")].concat()),
    ];
    for (options, bytes) in rows {
        fails(options, bytes, 1009, &["--max-message"]);
    }
    let peer = peer(|c| {
        c.accept();
        c.send([text("ten bytes!"), frame(TEXT, b"ten "), frame(FIN, b"bytes!")].concat());
        c.close(1000, "");
    });
    let output = wscope(&["--max-message", "10", "--no-input", &peer.url()]).run();
    output.exits(0).prints("ten bytes!\nten bytes!\n");
}

#[test]
fn a_message_of_endless_empty_fragments_is_given_up() {
    let peer = peer(|c| {
        c.accept();
        c.send(frame(TEXT, b""));
        let many = frame(CONTINUATION, b"").repeat(10_000);
        while c.try_send(&many) {}
    });
    wscope(&["--no-input", &peer.url()]).run().fails(6, &["131072 fragments", "--max-fragments"]).prints("");
}

#[test]
fn messages_of_more_fragments_than_allowed_fail_where_the_next_begins() {
    let fragmented = |count: usize, payload: &[u8]| {
        [frame(TEXT, payload), frame(CONTINUATION, payload).repeat(count - 1)].concat()
    };
    let rows: [(&[&str], Vec<u8>); 4] = [
        (&[], fragmented(131_072 + 1, b"x")),
        (&["--max-fragments", "1"], fragmented(2, b"x")),
        // An empty fragment counts as well, and the header of one that is announced is enough.
        (&["--max-fragments", "3"], fragmented(4, b"")),
        (&["--max-fragments", "3"], [fragmented(3, b"x"), vec![CONTINUATION, 100]].concat()),
    ];
    for (options, bytes) in rows {
        fails(options, bytes, 1009, &["fragments", "--max-fragments", "RFC 6455 §10.4"]);
    }
    let peer = peer(move |c| {
        c.accept();
        c.send([frame(TEXT, b"a"), frame(0, b"b"), frame(FIN | PING, b""), frame(FIN, b"c")].concat());
        c.expect(PONG, "");
        c.send(text("next"));
        c.close(1000, "");
    });
    let output = wscope(&["--max-fragments", "3", "--no-input", &peer.url()]).run();
    output.exits(0).prints("abc\nnext\n");
}

#[test]
fn nothing_follows_the_close_frame_of_a_failed_connection() {
    let peer = peer(|c| {
        c.accept();
        c.send([frame(FIN | RSV1 | TEXT, b"x"), frame(FIN | PING, b"x"), text("later")].concat());
        c.expect_close(1002);
        assert_eq!(c.next(), None);
    });
    wscope(&["--echo", &peer.url()]).run().fails(6, &[]).prints("");
}

#[test]
fn a_pipe_gets_the_bytes_as_they_came() {
    let attack = "\x1b]0;title\x07\x1b[2J\r\u{9b}31m\u{202e}\u{200b}\x08\x7f";
    let peer = peer(move |c| {
        c.accept();
        c.send(text(attack));
        c.close(1000, "");
    });
    wscope(&["--no-input", &peer.url()]).run().exits(0).prints(format!("{attack}\n"));
}

/// What may reach a terminal in place of what was sent.
#[cfg(unix)]
const ATTACKS: [(&str, &str); 12] = [
    ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
    ("\x1b]52;c;ZXZpbA==\x07", "\\x1b]52;c;"),
    ("\x1b]8;;http://evil.test\x1b\\", "\\x1b]8;;"),
    ("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
    ("\x1b[6nreport", "\\x1b[6nreport"),
    ("\x1bP$qm\x1b\\", "\\x1bP$qm"),
    ("over\rwritten", "over\\"),
    ("bs\x08\x08del\x7f", "bs\\x08"),
    ("\u{9b}2J", "\\u{9b}2J"),
    ("\u{9d}0;x", "\\u{9d}0;x"),
    ("\u{202e}evil\u{2066}", "\\u{202e}evil"),
    ("tag\u{e0041}\u{200b}", "tag\\u{e0041}"),
];

#[cfg(unix)]
#[track_caller]
fn stays_harmless(terminal: &common::Terminal, attack: &str, shown: &str) {
    let screen = terminal.screen();
    assert!(screen.contains(shown), "{shown} is not on the screen:\n{screen}");
    let raw = terminal.raw();
    assert!(memchr::memmem::find(&raw, attack.as_bytes()).is_none(), "{attack:?} reached the terminal");
}

#[cfg(unix)]
#[test]
fn text_of_the_peer_is_harmless_on_a_terminal() {
    for (attack, shown) in ATTACKS {
        let peer = peer(move |c| {
            c.accept();
            c.send([text(attack), frame(FIN | PING, attack.as_bytes())].concat());
            c.send(close(4000, attack));
            c.frames_until_close();
        });
        let mut terminal = common::terminal(&[&peer.url()]).start();
        assert_eq!(terminal.ends(), Ok(8));
        stays_harmless(&terminal, attack, shown);
        let told = terminal.screen().matches(shown).count();
        assert!(told >= 2, "message and close reason show {shown}:\n{}", terminal.screen());
    }
}

#[cfg(unix)]
#[test]
fn a_reply_of_the_peer_is_harmless_on_a_terminal() {
    for (attack, shown) in ATTACKS {
        // A bare CR does not get through an HTTP head; the body carries it.
        let reply =
            format!("HTTP/1.1 403 No\r\nX-Clean: yes\r\nContent-Length: {}\r\n\r\n{attack}", attack.len());
        let peer = peer(move |c| {
            c.read_request();
            c.send(&reply);
        });
        let mut terminal = common::terminal(&[&peer.url()]).start();
        assert_eq!(terminal.ends(), Ok(5));
        stays_harmless(&terminal, attack, shown);
    }
    let evil = "\u{9b}2J\u{202e}";
    let peer = peer(move |c| {
        c.accept_with(&format!("X-Evil: {evil}\r\n"));
        c.close(1000, "");
    });
    let mut terminal = common::terminal(&["-v", &peer.url()]).start();
    assert_eq!(terminal.ends(), Ok(0));
    stays_harmless(&terminal, evil, "\\u{9b}2J\\u{202e}");
}

#[cfg(unix)]
#[test]
fn an_explicit_form_on_a_terminal_is_escaped_too_and_raw_terminal_is_not() {
    for form in ["lines", "nul", "raw", "human", "jsonl"] {
        let peer = peer(|c| {
            c.accept();
            c.send(text("x\u{1b}]0;title\u{7}\u{9b}y"));
            c.close(1000, "");
        });
        let mut terminal = common::terminal(&["-o", form, "--no-input", &peer.url()]).start();
        assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
        let raw = terminal.raw();
        assert!(memchr::memmem::find(&raw, b"\x1b]0;title").is_none(), "form {form} let it through");
        assert!(memchr::memmem::find(&raw, "\u{9b}".as_bytes()).is_none(), "form {form} let it through");
    }
    let peer = peer(|c| {
        c.accept();
        c.send(text("\x1b]0;title\x07"));
        c.close(1000, "");
    });
    let mut terminal = common::terminal(&["--raw-terminal", "--no-input", &peer.url()]).start();
    assert_eq!(terminal.ends(), Ok(0));
    assert!(memchr::memmem::find(&terminal.raw(), b"\x1b]0;title\x07").is_some());
}
