//! How a connection ends: every close code, who closed, what is told, and what is left behind in time.
//!
//! RFC 6455 §7. The exit codes that follow from an end are asserted here too; exit_codes.rs has one of each kind.

mod common;

use common::{CLOSE, FIN, TEXT, close, frame, peer, text, wscope};

/// The codes a server may send (RFC 6455 §7.4, IANA), the exit code, and the registered name.
const CODES: [(u16, i32, &str); 18] = [
    (1000, 0, "normal"),
    (1001, 0, "going away"),
    (1002, 8, "protocol error"),
    (1003, 8, "unsupported data"),
    (1007, 8, "payload"),
    (1008, 8, "policy violation"),
    (1009, 8, "too big"),
    (1010, 8, "extension"),
    (1011, 8, "internal"),
    (1012, 8, "restart"),
    (1013, 8, "try again later"),
    (1014, 8, "gateway"),
    (3000, 8, ""),
    (3003, 8, ""),
    (3999, 8, ""),
    (4000, 8, ""),
    (4404, 8, ""),
    (4999, 8, ""),
];

#[test]
fn every_code_of_a_server_is_answered_and_told() {
    for (code, exit, name) in CODES {
        let peer = peer(move |c| {
            c.accept();
            c.send(text("before"));
            c.close(code, "the reason");
        });
        let output = wscope(&["-v", &peer.url()]).stdin_open().start().finish_with_stdin_open();
        output.exits(exit).prints("before\n");
        output.says(&code.to_string()).says(name).says("the reason").says("server").says("clean");
    }
}

#[test]
fn a_good_end_is_told_only_when_asked_and_a_bad_one_always() {
    for (code, exit, _) in CODES {
        let peer = peer(move |c| {
            c.accept();
            c.close(code, "");
        });
        let output = wscope(&[&peer.url()]).run();
        output.exits(exit);
        if exit == 0 {
            output.silent()
        } else {
            output.says(&code.to_string())
        };
    }
}

#[test]
fn a_close_without_code_is_a_good_end_and_shown_as_1005() {
    for option in ["-v", "-o=lines"] {
        let peer = peer(|c| {
            c.accept();
            c.send(frame(FIN | CLOSE, b""));
            assert!(matches!(c.frame().close_code(), None | Some(1000)));
        });
        let output = wscope(&[option, &peer.url()]).run();
        output.exits(0);
        if option == "-v" {
            output.says("1005")
        } else {
            output.silent()
        };
    }
}

#[test]
fn a_close_frame_no_peer_may_send_fails_the_connection() {
    let codes = [0u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
    let mut rows: Vec<(Vec<u8>, u16)> =
        codes.iter().map(|code| (code.to_be_bytes().to_vec(), 1002)).collect();
    rows.push((vec![3], 1002));
    rows.push((b"\x03\xe8bad \xff".to_vec(), 1007));
    rows.push((b"\x03\xe8cut \xe2\x82".to_vec(), 1007));
    for (payload, code) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.send(frame(FIN | CLOSE, &payload));
            c.expect_close(code);
        });
        wscope(&[&peer.url()]).stdin_open().start().finish_with_stdin_open().fails(6, &["RFC 6455"]);
    }
}

#[test]
fn after_the_input_wscope_closes_with_1000_or_as_told() {
    let rows: [(&[&str], u16, &str); 4] = [
        (&[], 1000, ""),
        (&["--close-reason", "bye"], 1000, "bye"),
        (&["--close-code", "4000"], 4000, ""),
        (&["--close-code", "3001", "--close-reason", "gr\u{fc}n"], 3001, "gr\u{fc}n"),
    ];
    for (options, code, reason) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.expect_text("x");
            assert_eq!(c.expect_close_and_answer(code), reason);
        });
        wscope(&[options, &["--linger", "0", "-m", "x", &peer.url()]].concat()).run().exits(0);
    }
}

#[test]
fn an_answer_with_the_same_code_is_good_and_another_code_is_not() {
    let rows = [("4000", 4000, 0), ("4000", 1000, 0), ("4000", 4001, 8), ("1000", 1011, 8)];
    for (sent, answered, exit) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.frame();
            c.send(close(answered, ""));
        });
        let output = wscope(&["--linger", "0", "--close-code", sent, &peer.url()]).run();
        output.exits(exit);
    }
}

#[test]
fn a_peer_that_never_answers_the_close_is_left() {
    let peer = peer(|c| {
        c.accept();
        c.expect_close(1000);
        c.stall();
    });
    let output = wscope(&["--linger", "0", "--close-timeout", "200ms", &peer.url()]).run();
    output.ends(7, &["--close-timeout"]);
}

#[test]
fn a_peer_that_talks_on_instead_of_answering_is_left_too() {
    let peer = peer(|c| {
        c.accept();
        c.expect_close(1000);
        // Not so much that the output is slow: what was not read could not have been the answer.
        while c.try_send(text("and another thing")) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    wscope(&["--linger", "0", "--close-timeout", "300ms", &peer.url()]).run().exits(7);
}

#[test]
fn a_server_that_closed_but_keeps_the_socket_is_left() {
    let peer = peer(|c| {
        c.accept();
        c.close(1000, "");
        c.stall();
    });
    wscope(&["--close-timeout", "200ms", &peer.url()]).run().exits(0);
}

#[test]
fn data_after_a_close_frame_is_ignored() {
    // Not even looked at: the second and the third would be violations, the last a message without end.
    let claimed = [&[FIN | TEXT, 127][..], &(1_u64 << 62).to_be_bytes()].concat();
    for after in [text("after"), frame(FIN | 0x70 | 3, b"x"), close(999, ""), claimed] {
        let peer = peer(move |c| {
            c.accept();
            c.send([&text("before")[..], &close(1000, ""), &after].concat());
            c.expect_close(1000);
        });
        wscope(&[&peer.url()]).run().exits(0).prints("before\n");
    }
}

#[test]
fn a_server_that_floods_after_its_close_frame_is_left() {
    let peer = peer(|c| {
        c.accept();
        c.send([text("before"), close(1000, "")].concat());
        let flood = text(&"x".repeat(1000)).repeat(1000);
        while c.try_send(&flood) {}
    });
    wscope(&[&peer.url()]).run().exits(0).prints("before\n");
}

#[test]
fn an_end_without_close_frame_is_1006_and_says_what_happened() {
    let rows: [(&str, bool, &[&str]); 2] = [("fin", false, &["1006"]), ("reset", true, &["1006", "reset"])];
    for (_, rude, words) in rows {
        let peer = peer(move |c| {
            c.accept();
            c.send(text("one"));
            // The answer shows that the message was taken: RST may overtake what is not read yet.
            c.expect_text("go");
            if rude {
                c.reset();
            }
        });
        let mut run = wscope(&["-v", &peer.url()]).stdin_open().start();
        run.wait_stdout("one\n");
        run.write("go\n");
        run.finish_with_stdin_open().ends(7, words).prints("one\n");
    }
}

#[test]
fn a_message_cut_short_is_never_printed() {
    let half = &text("a whole message")[..8];
    let half_header = &frame(FIN | TEXT, &[b'x'; 300])[..3];
    let unfinished = &frame(TEXT, b"first half")[..];
    for bytes in [half, half_header, unfinished] {
        let bytes = [&text("whole")[..], bytes].concat();
        let peer = peer(move |c| {
            c.accept();
            c.send(&bytes);
        });
        wscope(&[&peer.url()])
            .stdin_open()
            .start()
            .finish_with_stdin_open()
            .ends(7, &["1006"])
            .prints("whole\n");
    }
}

#[test]
fn a_reset_after_the_closing_handshake_is_no_error() {
    // The server closes, has the answer, and resets: both close frames are through.
    for _ in 0..5 {
        let peer = peer(|c| {
            c.accept();
            c.close(1000, "");
            c.reset();
        });
        wscope(&[&peer.url()]).stdin_open().start().finish_with_stdin_open().exits(0).silent();
    }
}

#[test]
fn both_may_close_at_once() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("x");
        c.send(close(1000, "mine"));
        assert_eq!(c.frame().opcode, CLOSE);
    });
    wscope(&["--linger", "0", "-m", "x", &peer.url()]).run().exits(0);
}

#[test]
fn nothing_is_sent_after_the_close_frame() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("last");
        c.send(text("enough"));
        assert_eq!(c.frame().opcode, CLOSE);
        // A ping now must find no pong, and no further line may come.
        c.send(frame(FIN | common::PING, b"too late"));
        c.send(close(1000, ""));
        assert_eq!(c.next(), None, "a frame after the close frame");
    });
    let mut run = wscope(&["-n1", &peer.url()]).stdin_open().start();
    run.write("last\n");
    run.finish_with_stdin_open().exits(0).prints("enough\n");
}
