//! What went wrong once at an edge: full buffers, slow readers, redirects with tokens, reconnects. Each test stands
//! for something that was lost, sent twice, or waited for without end.

mod common;

use common::frames::{BINARY, FIN, close, frame};
use common::{echo, peer, text, wscope};

#[test]
fn input_goes_on_behind_a_message_that_filled_the_send_buffer() {
    let long = "x".repeat(1_300_000);
    let expected = long.clone();
    let peer = peer(move |c| {
        c.accept();
        c.expect_text(&expected);
        c.expect_text("next");
        c.expect_close_and_answer(1000);
    });
    let input = format!("{long}\nnext\n");
    wscope(&["--linger", "50ms", &peer.url()]).stdin(input).run().exits(0);
}

#[cfg(unix)]
#[test]
fn a_goal_is_reached_with_a_reader_that_is_slow_and_more_behind_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let peer = peer(move |c| {
        c.accept();
        let large = frame(FIN | BINARY, &vec![b'x'; 3 << 20]);
        c.send([large, text("more"), text("and more")].concat());
        // The goal is reached before the reader has read anything; only now it begins.
        c.expect_close(1000);
        std::fs::write(&go, "\n").expect("the reader waits for it");
        c.send(close(1000, ""));
    });
    let line =
        "mkfifo go; \"$WSCOPE\" --no-input -1 -o lines \"$1\" | (read -r ready < go; wc -c); echo done";
    let output = common::program::shell(line, &[&peer.url()]).current_dir(folder.path()).run();
    assert_eq!(output.text().split_whitespace().collect::<Vec<_>>(), ["3145729", "done"], "{output}");
}

#[test]
fn a_token_that_is_a_subprotocol_of_its_own_does_not_follow_a_redirect() {
    let other = peer(|c| {
        let request = c.accept();
        assert_eq!(request.header("Sec-WebSocket-Protocol"), None);
        assert_eq!(request.header("X-Api-Key"), None);
        c.close(1000, "");
    });
    let location = other.url();
    let first = peer(move |c| {
        assert!(
            c.read_request().header("Sec-WebSocket-Protocol").is_some_and(|list| list.contains("eyJhbGci"))
        );
        c.send(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"));
    });
    let args = ["-L", "-s", "bearer,eyJhbGci", "-H", "X-Api-Key: k", "--no-input", &first.url()];
    wscope(&args).run().exits(0);
    assert_eq!(other.calls(), 1);
}

#[test]
fn only_a_redirect_redirects() {
    let peer = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 503 Service Unavailable\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    });
    wscope(&["-L", &peer.url()]).run().fails(5, &["503"]);
    assert_eq!(peer.calls(), 1);
}

#[test]
fn a_secret_in_the_url_shows_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("r.jsonl");
    let nobody = common::closed();
    let target = format!("{}?token=s3cret", nobody.url());
    let args = ["-v", "--record", record.to_str().expect("UTF-8"), &target];
    wscope(&args).run().fails(3, &[]).never_says("s3cret");
    let recorded = std::fs::read_to_string(&record).expect("a recording");
    assert!(recorded.contains("\"end\"") && !recorded.contains("s3cret"), "{recorded}");
    let redirecting = peer(move |c| {
        let request = c.read_request();
        match c.number {
            0 => c.send("HTTP/1.1 302 Found\r\nLocation: /?token=s3cret\r\nContent-Length: 0\r\n\r\n"),
            _ => {
                c.send(common::peer::good_reply(&request, ""));
                c.close(1000, "");
            }
        }
    });
    wscope(&["-v", "-L", "--no-input", &redirecting.url()]).run().exits(0).says("302").never_says("s3cret");
}

#[test]
fn a_header_that_is_refused_is_not_quoted_with_its_value() {
    for header in ["Authorization Bearer s3cret", "X Key: s3cret"] {
        wscope(&["-H", header, "ws://127.0.0.1:1/"]).run().fails(2, &["-H"]).never_says("s3cret");
    }
    wscope(&["-H", "Sec-WebSocket-Foo: x", "ws://127.0.0.1:1/"]).run().fails(2, &["--unsafe-handshake"]);
}

#[test]
fn first_messages_are_sent_once_on_each_connection() {
    let peer = peer(|c| {
        if c.number == 0 {
            // The upgrade alone is read: the message cannot be taken whole.
            c.accept();
            c.reset();
            return;
        }
        c.accept();
        let large = "m".repeat(20 << 20);
        c.expect_text(&large);
        c.expect_text("line");
        c.expect_close_and_answer(1000);
    });
    let folder = tempfile::tempdir().expect("a folder");
    let large = folder.path().join("large");
    std::fs::write(&large, "m".repeat(20 << 20)).expect("a file");
    let message = format!("@{}", large.display());
    let args =
        ["--reconnect", "--reconnect-delay", "10ms", "-i", "lines", "-m", &message, "--linger", "50ms"];
    let mut run = wscope(&[&args[..], &[&peer.url()]].concat()).stdin_open().start();
    run.wait_stderr("connecting again");
    run.write("line\n");
    run.finish().exits(0);
}

#[test]
fn a_sleep_record_and_small_limits_do_not_get_in_the_way_of_records() {
    let echo = echo();
    let input = "{\"event\":\"open\",\"url\":\"ws://a-rather-long-url.example/with/a/path\",\"direction\":\"x\"}\n\
                 {\"event\":\"text\",\"data\":\"hi\",\"time\":\"2026-01-01T00:00:00.000000Z\",\"elapsed\":1.5}\n";
    let args = ["-i", "jsonl", "--max-message", "16", "-1", &echo.url()];
    wscope(&args).stdin(input).run().exits(0).prints("hi\n");
}

#[test]
fn the_last_of_two_options_wins() {
    let echo = echo();
    wscope(&["-b", "-t", "-i", "lines", "-o", "lines", "-1", &echo.url()])
        .stdin("x\n")
        .run()
        .exits(0)
        .prints("x\n");
    wscope(&["-n", "2", "-1", "-m", "x", &echo.url()]).run().exits(0).prints("x\n");
}

#[test]
fn an_endless_wait_between_attempts_is_no_panic() {
    let nobody = common::closed();
    let args =
        ["--reconnect", "--reconnect-delay", "forever", "--reconnect-max", "forever", "--timeout", "1500ms"];
    wscope(&[&args[..], &[&nobody.url()]].concat()).run().fails(124, &["--timeout"]);
    wscope(&["--ping-interval", "0", "ws://127.0.0.1:1/"]).run().fails(2, &["--ping-interval"]);
}

/// A server that sends without end, and goes when the client does.
#[cfg(unix)]
fn flooding(full: common::peer::Gate) -> common::Peer {
    peer(move |c| {
        c.accept();
        let flood = text(&"flood ".repeat(1000)).repeat(100);
        let full = full.clone();
        c.send_noticing_stall(&flood.repeat(64), move || full.open());
        while c.try_send(&flood) {}
    })
}

#[cfg(unix)]
#[test]
fn a_reader_that_stands_still_keeps_no_signal_away() {
    let full = common::gate();
    let peer = flooding(full.clone());
    let mut run = wscope(&["--no-input", &peer.url()]).stdout_unread().start();
    full.wait();
    run.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(run.finish_with_stdin_open().signal, Some(15));
}

#[cfg(unix)]
#[test]
fn a_reader_that_stands_still_keeps_no_timeout_away() {
    let full = common::gate();
    let peer = flooding(full);
    let mut run = wscope(&["--no-input", "--timeout", "4s", &peer.url()]).stdout_unread().start();
    run.finish_with_stdin_open().fails(124, &["--timeout"]);
}
