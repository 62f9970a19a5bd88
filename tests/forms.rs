//! The forms of input and output: which bytes become which messages, and the other way round.
//!
//! Input rows are stdin and the frames a server gets; output rows are frames and the bytes of stdout. Input that
//! does not decode is an error naming its place, and what went before stays sent.

mod common;

use std::sync::mpsc;

use common::{
    BINARY, CLOSE, FIN, Output, PING, PONG, TEXT, Wscope, binary, close, frame, peer, text, wscope,
};

/// Runs a call against a server that only listens; gives the frames it got (opcode and payload) and how it ended.
#[track_caller]
fn frames_of(options: &[&str], stdin: impl FnOnce(Wscope) -> Wscope) -> (Vec<(u8, Vec<u8>)>, Output) {
    let (give, take) = mpsc::channel();
    let peer = peer(move |c| {
        c.accept();
        let frames = c.frames_until_close();
        assert!(frames.iter().all(|frame| frame.fin && frame.rsv == 0), "{frames:?}");
        let frames = frames.into_iter().map(|frame| (frame.opcode, frame.payload)).collect();
        give.send(frames).expect("the test waits for them");
    });
    let url = peer.url();
    let args = [options, &["--linger", "0", &url]].concat();
    let output = stdin(wscope(&args)).run();
    (take.recv_timeout(common::DEADLINE).unwrap_or_else(|_| panic!("no frames: {output}")), output)
}

#[test]
fn each_input_form_makes_its_messages() {
    type Row = (&'static [&'static str], &'static [u8], &'static [(u8, &'static [u8])]);
    let rows: [Row; 27] = [
        (&[], b"a\nb\n", &[(TEXT, b"a"), (TEXT, b"b")]),
        (&[], b"a\nb", &[(TEXT, b"a"), (TEXT, b"b")]),
        (&[], b"a\r\nb\r\n", &[(TEXT, b"a"), (TEXT, b"b")]),
        (&[], b"a\rb\n", &[(TEXT, b"a\rb")]),
        (&[], b"\n\r\n\n", &[(TEXT, b""), (TEXT, b""), (TEXT, b"")]),
        (&[], b" a \0b\n", &[(TEXT, b" a \0b")]),
        (&["-i", "lines"], b"\xc3\xa9\n", &[(TEXT, b"\xc3\xa9")]),
        (&["-b", "-i", "lines"], b"\xff\n\n", &[(BINARY, b"\xff"), (BINARY, b"")]),
        (&["-i", "nul"], b"a\nb\0\0c", &[(TEXT, b"a\nb"), (TEXT, b""), (TEXT, b"c")]),
        (&["-i", "nul"], b"a\0", &[(TEXT, b"a")]),
        (&["-b", "-i", "nul"], b"\xfe\0\xff\0", &[(BINARY, b"\xfe"), (BINARY, b"\xff")]),
        (&["-i", "raw"], b"a\n\0\xff", &[(BINARY, b"a\n\0\xff")]),
        (&["-b"], b"a\n\0\xff", &[(BINARY, b"a\n\0\xff")]),
        (
            &["-i", "raw", "--chunk-size", "3"],
            b"abcdefgh",
            &[(BINARY, b"abc"), (BINARY, b"def"), (BINARY, b"gh")],
        ),
        (&["-i", "whole"], b"a\nb\n", &[(TEXT, b"a\nb\n")]),
        (&["-b", "-i", "whole"], b"\0\xff", &[(BINARY, b"\0\xff")]),
        (&["-i", "hex"], b"48 65 6C\n\n00ff\n", &[(BINARY, b"Hel"), (BINARY, b""), (BINARY, b"\0\xff")]),
        (&["-i", "hex"], b"4 8\t65\r\n6c", &[(BINARY, b"He"), (BINARY, b"l")]),
        (&["-t", "-i", "hex"], b"4865\n", &[(TEXT, b"He")]),
        (&["-i", "base64"], b"SGk=\n/w==\n", &[(BINARY, b"Hi"), (BINARY, b"\xff")]),
        (&["--text", "-i", "base64"], b"SGk=\n", &[(TEXT, b"Hi")]),
        (&["-i", "jsonl"], b"{\"event\":\"text\",\"data\":\"a\\nb\"}\n", &[(TEXT, b"a\nb")]),
        (&["-i", "jsonl"], b"{\"event\":\"binary\",\"base64\":\"AP8=\"}", &[(BINARY, b"\0\xff")]),
        (
            &["-i", "jsonl"],
            b"{\"event\":\"ping\",\"data\":\"p\"}\n{\"event\":\"pong\",\"base64\":\"/w==\"}\n",
            &[(PING, b"p"), (PONG, b"\xff")],
        ),
        (&["-m", "x"], b"", &[(TEXT, b"x")]),
        (&["-b", "-m", "x"], b"", &[(BINARY, b"x")]),
        (&["-i", "lines", "-m", "x"], b"y\n", &[(TEXT, b"x"), (TEXT, b"y")]),
    ];
    for (options, input, wanted) in rows {
        let wanted: Vec<_> = wanted.iter().map(|(opcode, payload)| (*opcode, payload.to_vec())).collect();
        let (frames, output) = frames_of(options, |call| call.stdin_in_file(input));
        assert_eq!(frames, wanted, "{options:?} {}", input.escape_ascii());
        output.exits(0).prints("");
        let (frames, _) = frames_of(options, |call| call.stdin(input));
        // A pipe may give its bytes in several reads: blocks are its business, messages are not.
        if options.iter().all(|option| !matches!(*option, "raw" | "-b")) {
            assert_eq!(frames, wanted, "by pipe: {options:?} {}", input.escape_ascii());
        }
    }
}

#[test]
fn each_output_form_writes_its_messages() {
    let messages = [text("a"), text(""), frame(PING | FIN, b"not data"), binary(b"\0\xff\n")].concat();
    let rows: [(&[&str], &[u8]); 8] = [
        (&[], b"a\n\n\0\xff\n\n"),
        (&["-o", "lines"], b"a\n\n\0\xff\n\n"),
        (&["-o", "nul"], b"a\0\0\0\xff\n\0"),
        (&["-o", "raw"], b"a\0\xff\n"),
        (&["-b"], b"a\0\xff\n"),
        (&["-o", "hex"], b"61\n\n00ff0a\n"),
        (&["-o", "base64"], b"YQ==\n\nAP8K\n"),
        (&["-b", "-o", "lines"], b"a\n\n\0\xff\n\n"),
    ];
    for (options, wanted) in rows {
        let messages = messages.clone();
        let peer = peer(move |c| {
            c.accept();
            c.send(&messages);
            c.expect(PONG, "not data");
            c.close(1000, "");
        });
        let url = peer.url();
        wscope(&[options, &[&url]].concat()).run().exits(0).prints(wanted).silent();
    }
}

#[test]
fn form_human_is_what_a_terminal_shows() {
    let peer = peer(|c| {
        c.accept();
        c.send([text("two\nlines"), binary(b"Hello"), text("\x1b]0;title\x07")].concat());
        c.close(1001, "maintenance");
    });
    let output = wscope(&["-o", "human", &peer.url()]).run();
    output.exits(0);
    let shown = output.text();
    assert!(shown.contains("< two\n  lines\n"), "{output}");
    assert!(shown.contains("< binary 5 bytes\n"), "{output}");
    assert!(
        shown.contains("  00000000  48 65 6c 6c 6f                                    |Hello|\n"),
        "{output}"
    );
    assert!(!shown.contains("\x1b[3"), "coloured, though it is no terminal: {output}");
}

#[test]
fn what_one_form_writes_it_reads_again() {
    for form in ["lines", "nul", "hex", "base64"] {
        let echo = common::echo();
        let first = wscope(&["-n3", "-m", "a", "-m", "", "-m", "b c", "-o", form, &echo.url()]).run();
        let again = wscope(&["-n3", "-i", form, "-o", form, &echo.url()]).stdin(first.stdout.clone()).run();
        assert_eq!(again.exits(0).stdout, first.exits(0).stdout, "form {form}");
    }
}

#[test]
fn input_that_does_not_decode_names_its_place_and_keeps_what_went_before() {
    type Row = (&'static [&'static str], &'static [u8], &'static [&'static str]);
    let rows: [Row; 16] = [
        (&[], b"ok\nab\xffc\nlater\n", &["line 2", "byte", "UTF-8"]),
        (&[], b"ok\n\xed\xa0\x80\n", &["line 2", "byte", "UTF-8"]),
        (&[], b"ok\n\xc3", &["line 2", "byte", "UTF-8"]),
        (&["-i", "nul"], b"ok\0\xff\0", &["byte", "UTF-8"]),
        (&["-t", "-i", "hex"], b"6f6b\nff\n", &["line 2", "UTF-8"]),
        (&["-t", "-i", "hex"], b"6f6b\n6\n", &["line 2", "hex"]),
        (&["-t", "-i", "hex"], b"6f6b\nzz\n", &["line 2", "hex"]),
        (&["-t", "-i", "base64"], b"b2s=\n!!\n", &["line 2", "base64"]),
        (
            &["-i", "jsonl"],
            b"{\"event\":\"text\",\"data\":\"ok\"}\n{\"event\":\"dance\"}\n",
            &["line 2", "dance"],
        ),
        (
            &["-i", "jsonl"],
            b"{\"event\":\"text\",\"data\":\"ok\"}\n{\"event\":\"text\"}\n",
            &["line 2", "data"],
        ),
        (&["-i", "jsonl"], b"{\"event\":\"text\",\"data\":\"ok\"}\nnot json\n", &["line 2"]),
        (&["-i", "jsonl"], b"{\"event\":\"text\",\"data\":\"ok\"}\n{\"data\":\"x\"}\n", &["line 2", "event"]),
        (
            &["-i", "jsonl"],
            b"{\"event\":\"text\",\"data\":\"ok\"}\n{\"event\":\"text\",\"data\":7}\n",
            &["line 2"],
        ),
        (
            &["-i", "jsonl"],
            b"{\"event\":\"text\",\"data\":\"ok\"}\n{\"event\":\"binary\",\"base64\":\"!\"}\n",
            &["line 2"],
        ),
        (&["--max-message", "4"], b"ok\n12345\n", &["line 2", "--max-message"]),
        (&["--max-message", "4"], b"ok\n12345", &["line 2", "--max-message"]),
    ];
    for (options, input, words) in rows {
        let (frames, output) = frames_of(options, |call| call.stdin(input));
        assert_eq!(frames, [(TEXT, b"ok".to_vec())], "{options:?} {}", input.escape_ascii());
        output.fails(9, words);
    }
}

#[test]
fn the_session_goes_on_after_bad_input_as_after_its_end() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("ok");
        c.send(text("an answer that is still wanted"));
        c.close(1000, "");
    });
    let output = wscope(&["--linger", "100s", &peer.url()]).stdin(&b"ok\n\xff\n"[..]).run();
    output.exits(9).prints("an answer that is still wanted\n");
}

#[test]
fn binary_bytes_of_every_value_survive_both_ways() {
    let echo = common::echo();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let args = ["-b", "-i", "whole", "-o", "raw", "-n1", &echo.url()];
    wscope(&args).stdin(bytes.clone()).run().exits(0).prints(&bytes).silent();
}

#[test]
fn an_input_record_may_close_and_ends_the_input() {
    let records = b"{\"event\":\"text\",\"data\":\"a\"}\n{\"event\":\"close\",\"code\":4001,\"reason\":\"done\"}\n{\"event\":\"text\",\"data\":\"never\"}\n";
    let peer = peer(|c| {
        c.accept();
        c.expect_text("a");
        assert_eq!(c.expect_close_and_answer(4001), "done");
    });
    wscope(&["-i", "jsonl", &peer.url()]).stdin(&records[..]).run().exits(0);
}

#[test]
fn recorded_events_that_are_not_ours_to_send_are_skipped() {
    let records = [
        r#"{"event":"open","url":"ws://x/"}"#,
        r#"{"event":"text","direction":"sent","data":"one"}"#,
        r#"{"event":"text","direction":"received","data":"skip"}"#,
        r#"{"event":"pong","direction":"sent","data":"skip","auto":true}"#,
        r#"{"event":"frame","direction":"sent","opcode":1}"#,
        r#"{"event":"notice","message":"skip"}"#,
        r#"{"event":"error","message":"skip"}"#,
        r#"{"event":"listening","address":"skip"}"#,
        r#"{"event":"sleep","seconds":0.05}"#,
        r#"{"event":"ping","direction":"sent","data":"p","unknown_field":1}"#,
        r#"{"event":"end","exit":0}"#,
        r#"{"event":"text","data":"two"}"#,
    ];
    let (frames, output) = frames_of(&["-i", "jsonl"], |call| call.stdin(records.join("\n")));
    assert_eq!(frames, [(TEXT, b"one".to_vec()), (PING, b"p".to_vec()), (TEXT, b"two".to_vec())]);
    output.exits(0);
}

#[test]
fn a_stdout_file_gets_data_and_nothing_else() {
    let peer = peer(|c| {
        c.accept();
        c.send([frame(FIN | PING, b"x"), text("data"), close(1008, "no more")].concat());
        while c.next().is_some_and(|frame| frame.opcode != CLOSE) {}
    });
    wscope(&["-v", &peer.url()]).run().ends(8, &["1008"]).prints("data\n");
}
