//! The pipe: stdin to messages, messages to stdout, nothing lost, and when a session ends.
//!
//! Forms other than `lines` are the matter of forms.rs; codes and closing of close.rs and exit_codes.rs.

mod common;

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use common::{BINARY, CLOSE, FIN, Pace, Peer, TEXT, at_pace, close, echo, frame, gate, peer, text, wscope};

/// A server that takes its time over each answer.
fn slow_echo(millis: u64, pace: Pace) -> Peer {
    peer(move |c| {
        c.accept();
        while let Some(next) = c.next() {
            if next.opcode == CLOSE {
                return c.send(frame(FIN | CLOSE, &next.payload));
            }
            std::thread::sleep(Duration::from_millis(millis));
            pace.send(c, frame(FIN | next.opcode, &next.payload));
        }
    })
}

#[test]
fn every_line_is_a_message_and_every_answer_a_line() {
    let echo = echo();
    let rows: [(&str, &str, &str); 6] = [
        ("one\ntwo\nthree\n", "3", "one\ntwo\nthree\n"),
        ("one\r\ntwo\r\n", "2", "one\ntwo\n"),
        ("no newline at the end", "1", "no newline at the end\n"),
        ("\n\nx\n", "3", "\n\nx\n"),
        ("\n", "1", "\n"),
        ("\u{1f600} tab\t \u{7} bell\n", "1", "\u{1f600} tab\t \u{7} bell\n"),
    ];
    for (input, count, output) in rows {
        wscope(&["-n", count, &echo.url()]).stdin(input).run().exits(0).prints(output).silent();
    }
}

#[test]
fn a_hundred_lines_come_back_from_a_slow_server() {
    let lines: String = (0..100).map(|n| format!("line {n}\n")).collect();
    // No -n: the linger alone has to wait for all of them.
    let output = at_pace(Duration::from_secs(1), |pace| {
        let echo = slow_echo(20, pace);
        wscope(&["--linger", "1s", &echo.url()]).stdin(lines.as_str()).run()
    });
    output.exits(0).prints(lines);
}

#[test]
fn the_first_answer_may_take_longer_than_the_later_ones() {
    // By default five seconds for the first message after the end of input, then one.
    let output = at_pace(Duration::from_secs(5), |pace| {
        let echo = slow_echo(1300, pace);
        wscope(&[&echo.url()]).stdin("slow\n").run()
    });
    output.exits(0).prints("slow\n").silent();
}

#[test]
fn a_message_of_a_megabyte_stays_whole() {
    let echo = echo();
    let line = format!("{}\n", "0123456789abcdef".repeat(65536));
    wscope(&["-n1", &echo.url()]).stdin(line.as_str()).run().exits(0).prints(line);
}

/// The slowest test of the file, some seconds: 200 MB each way through a debug build.
#[test]
fn a_line_of_200_megabytes_is_one_message() {
    const SIZE: usize = 200_000_000;
    let peer = peer(|c| {
        c.accept();
        let message = c.frame();
        assert_eq!((message.fin, message.opcode, message.payload.len()), (true, TEXT, SIZE));
        assert!(message.payload.iter().step_by(9973).all(|byte| *byte == b'x'));
        c.send(frame(FIN | TEXT, &message.payload));
        c.expect_close_and_answer(1000);
    });
    let mut input = tempfile::tempfile().expect("a file");
    let block = vec![b'x'; 1_000_000];
    for _ in 0..200 {
        input.write_all(&block).expect("room on the disk");
    }
    input.seek(SeekFrom::Start(0)).expect("a file can be read from its start");
    let mut output = tempfile::tempfile().expect("a file");
    let stdout = output.try_clone().expect("a second handle");
    let args = ["-n1", "--max-message", "256M", &peer.url()];
    wscope(&args).stdin_file(input).stdout_file(stdout).run().exits(0).silent();
    assert_eq!(output.metadata().expect("a size").len(), SIZE as u64 + 1);
    output.seek(SeekFrom::Start(SIZE as u64 - 2)).expect("the file is long enough");
    let mut end = String::new();
    output.read_to_string(&mut end).expect("text");
    assert_eq!(end, "xx\n");
}

#[test]
fn messages_of_the_command_line_go_first_and_in_order() {
    let echo = echo();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message");
    std::fs::write(&file, "from\nfile\n").expect("a file");
    let at_file = format!("@{}", file.display());
    let args = ["-n4", "-m", "one", "-m", "@@x", "-m", &at_file, "-m", "", &echo.url()];
    wscope(&args).run().exits(0).prints("one\n@x\nfrom\nfile\n\n\n");
    let args = ["-n4", "-i", "lines", "-m", "first", "-m", "second", &echo.url()];
    wscope(&args).stdin("third\nfourth\n").run().exits(0).prints("first\nsecond\nthird\nfourth\n");
    wscope(&["-n1", "-m", "@-", &echo.url()]).stdin("all\nof it").run().exits(0).prints("all\nof it\n");
}

#[test]
fn with_m_alone_stdin_is_left_and_a_notice_names_i() {
    let echo = echo();
    let output = wscope(&["-n1", "-m", "x", &echo.url()]).stdin("waiting\n").run();
    output.exits(0).prints("x\n").says("-i");
    wscope(&["-n1", "-m", "x", &echo.url()]).run().exits(0).prints("x\n").silent();
}

#[test]
fn a_file_on_stdin_is_noticed_unless_it_was_read_or_is_not_wanted() {
    let echo = echo();
    let full = || {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"x").and_then(|()| file.seek(SeekFrom::Start(0))).expect("room on the disk");
        file
    };
    wscope(&["-n1", "-m", "x", &echo.url()]).stdin_file(full()).run().exits(0).prints("x\n").says("-i");
    for options in [&["-m", "@-"][..], &["-m", "x", "--no-input"]] {
        let call = wscope(&[options, &["-n1", &echo.url()]].concat());
        call.stdin_file(full()).run().exits(0).prints("x\n").silent();
    }
}

#[test]
fn data_that_comes_while_m_is_sent_is_noticed_too() {
    let (asked, told) = (gate(), gate());
    let (tell, wait) = (asked.clone(), told.clone());
    let peer = peer(move |c| {
        c.accept();
        c.expect_text("x");
        tell.open();
        wait.wait();
        c.close(1000, "");
    });
    let mut run = wscope(&["-m", "x", "--linger", "forever", &peer.url()]).stdin_open().start();
    asked.wait();
    run.write("late\n");
    told.open();
    run.finish_with_stdin_open().exits(0).prints("").says("-i");
}

#[test]
fn count_and_until_end_the_session_even_while_input_goes_on() {
    let echo = echo();
    for options in [&["-n", "2"][..], &["--count=2"], &["--until", "^b$"]] {
        let mut run = wscope(&[options, &[&echo.url()]].concat()).stdin_open().start();
        run.write("a\nb\n");
        run.finish_with_stdin_open().exits(0).prints("a\nb\n").silent();
    }
    let mut run = wscope(&["-1", &echo.url()]).stdin_open().start();
    run.write("a\n");
    run.finish_with_stdin_open().exits(0).prints("a\n");
}

#[test]
fn what_comes_after_the_count_is_not_printed() {
    let peer = peer(|c| {
        c.accept();
        c.send([text("a"), text("b"), text("c")].concat());
        c.expect_close_and_answer(1000);
    });
    wscope(&["-n2", &peer.url()]).run().exits(0).prints("a\nb\n");
}

#[test]
fn control_frames_do_not_count() {
    let peer = peer(|c| {
        c.accept();
        c.send([frame(0x89, b"ping"), frame(0x8a, b"pong"), frame(TEXT, b"o"), frame(FIN, b"ne")].concat());
        c.expect(common::PONG, "ping");
        c.expect_close_and_answer(1000);
    });
    wscope(&["-n1", &peer.url()]).run().exits(0).prints("one\n");
}

#[test]
fn a_count_or_match_that_never_comes_is_the_answer_no() {
    for options in [&["-n", "3"][..], &["--until", "nothing like it"]] {
        let peer = peer(|c| {
            c.accept();
            c.send(text("one"));
            c.close(1000, "");
        });
        wscope(&[options, &[&peer.url()]].concat()).run().exits(1).prints("one\n");
    }
    let failing = peer(|c| {
        c.accept();
        c.close(1011, "");
    });
    wscope(&["-n1", &failing.url()]).run().ends(8, &["1011"]);
}

#[test]
fn linger_bounds_the_silence_after_the_end_of_input() {
    let silent = || {
        peer(|c| {
            c.accept();
            c.expect_text("x");
            c.expect_close_and_answer(1000);
        })
    };
    let peer = silent();
    let output = wscope(&["--linger", "100ms", &peer.url()]).stdin("x\n").run();
    output.exits(0).prints("").says("--linger").says("-n");
    let peer = silent();
    wscope(&["--linger", "0", &peer.url()]).stdin("x\n").run().exits(0).prints("");
}

#[test]
fn an_answer_while_the_connection_is_closed_is_one() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("hi");
        c.expect_close(1000);
        c.send([text("late"), close(1000, "")].concat());
    });
    wscope(&["--linger", "0", "-m", "hi", &peer.url()]).run().exits(0).prints("late\n").silent();
}

#[test]
fn linger_forever_waits_for_the_server() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("x");
        // Longer than any default linger would be from here: one second after this message.
        c.send(text("soon"));
        std::thread::sleep(Duration::from_millis(1500));
        c.send(text("late"));
        c.close(1000, "");
    });
    wscope(&["--linger", "forever", &peer.url()]).stdin("x\n").run().exits(0).prints("soon\nlate\n").silent();
}

#[test]
fn each_message_starts_the_linger_anew() {
    let output = at_pace(Duration::from_millis(800), |pace| {
        let peer = peer(move |c| {
            c.accept();
            for n in 0..6 {
                pace.send(c, text(&n.to_string()));
                std::thread::sleep(Duration::from_millis(200));
            }
            c.expect_close_and_answer(1000);
        });
        wscope(&["--linger", "800ms", &peer.url()]).run()
    });
    output.exits(0).prints("0\n1\n2\n3\n4\n5\n");
}

#[test]
fn the_end_of_the_connection_ends_wscope_whatever_stdin_does() {
    let peer = peer(|c| {
        c.accept();
        c.close(1000, "");
    });
    wscope(&[&peer.url()]).stdin_open().start().finish_with_stdin_open().exits(0).prints("").silent();
}

#[test]
fn without_input_the_session_lasts_until_the_server_ends_it() {
    for option in ["--no-input", "--echo"] {
        let peer = peer(|c| {
            c.accept();
            c.send(text("hello"));
            if c.request.line.contains("echo") {
                c.expect_text("hello");
                c.send(common::binary(&[0, 255]));
                c.expect(BINARY, [0, 255]);
            }
            c.close(1000, "");
        });
        let url = format!("{}{option}", peer.url());
        let output = wscope(&[option, &url]).stdin("never read\n").run();
        output.exits(0);
        assert!(output.stdout.starts_with(b"hello\n"), "{output}");
    }
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    // The server says one thing and falls silent: the closed pipe must be noticed without writing to it.
    let peer = peer(|c| {
        c.accept();
        c.send(text("first"));
        let frame = c.frame();
        assert_eq!(frame.opcode, CLOSE);
        c.send(close(1000, ""));
    });
    let mut run = wscope(&[&peer.url()]).stdin_open().stdout_unread().start();
    let mut reader = BufReader::new(run.take_stdout());
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert_eq!(line, "first\n");
    drop(reader);
    run.finish_with_stdin_open().exits(0).silent();
}

#[test]
fn a_reader_that_leaves_a_flood_ends_it_quietly() {
    let peer = peer(|c| {
        c.accept();
        let flood = text(&"x".repeat(1000)).repeat(1000);
        for _ in 0..10 {
            c.send(&flood);
        }
        c.stall();
    });
    let mut run = wscope(&[&peer.url()]).stdin_open().stdout_unread().start();
    let mut reader = BufReader::new(run.take_stdout());
    reader.read_line(&mut String::new()).expect("a line");
    drop(reader);
    // This server does not answer the close frame, of which a warning may tell.
    run.finish_with_stdin_open().exits(0);
}

#[test]
fn input_that_could_not_be_sent_is_counted() {
    let peer = peer(|c| {
        c.accept();
        c.wait_until_client_stalls();
        c.send(close(1000, ""));
        c.stall();
    });
    let line = format!("{}\n", "y".repeat(999));
    let output =
        wscope(&["--close-timeout", "10s", &peer.url()]).stdin_in_file(line.repeat(40_000).as_bytes()).run();
    output.exits(1).says("unsent").says("sent");
}

#[test]
fn a_last_line_without_its_end_that_could_not_be_sent_is_counted() {
    for (form, length) in [("lines", 3), ("lines", 4 << 20), ("nul", 4 << 20)] {
        let peer = peer(|c| {
            let request = c.read_request();
            // In one write, so that nothing can be sent before it.
            c.send([common::peer::good_reply(&request, "").as_bytes(), &close(1000, "")].concat());
            c.expect_close(1000);
            c.stall();
        });
        let output = wscope(&["-i", form, "--close-timeout", "1s", &peer.url()])
            .stdin_in_file(&vec![b'y'; length])
            .run();
        output.exits(1).says("0 messages sent, 1 not");
    }
}

#[test]
fn empty_input_sends_nothing() {
    for form in ["lines", "nul", "raw", "whole", "hex", "base64", "jsonl"] {
        let peer = peer(|c| {
            c.accept();
            assert_eq!(c.frames_until_close(), Vec::new());
        });
        wscope(&["-i", form, "--linger", "0", &peer.url()]).stdin("").run().exits(0).prints("");
    }
}

#[test]
fn quiet_keeps_notices_away_but_not_errors() {
    let peer = peer(|c| {
        c.accept();
        match c.number {
            0 => assert_eq!(c.frames_until_close().len(), 1),
            _ => c.close(1008, "no"),
        }
    });
    wscope(&["-q", "--linger", "50ms", &peer.url()]).stdin("x\n").run().exits(0).silent();
    wscope(&["-q", &peer.url()]).run().ends(8, &["1008"]);
}

#[test]
fn every_frame_has_a_mask_of_its_own() {
    let peer = peer(|c| {
        c.accept();
        let frames = c.frames_until_close();
        let masks: std::collections::HashSet<_> = frames.iter().map(|frame| frame.mask).collect();
        assert_eq!((frames.len(), masks.len()), (64, 64), "masks repeat");
    });
    wscope(&["--linger", "0", &peer.url()]).stdin("same\n".repeat(64)).run().exits(0);
}

#[test]
fn demo_is_an_echo_server_and_a_session_in_one() {
    wscope(&["demo"]).stdin("1\n2\n3\n").run().exits(0).prints("1\n2\n3\n").silent();
    wscope(&["demo", "-n1", "-m", "x"]).run().exits(0).prints("x\n").silent();
}
