//! The life of a connection: pings and pongs, idleness, reconnecting, signals.

mod common;

use std::time::Duration;

use common::{CLOSE, FIN, PING, PONG, TEXT, Wscope, at_pace, close, frame, peer, text, wscope};

#[test]
fn nothing_is_sent_unasked() {
    let peer = peer(|c| {
        c.accept();
        assert_eq!(c.frames_until_close(), Vec::new());
    });
    wscope(&["--linger", "500ms", &peer.url()]).run().exits(0);
}

#[test]
fn pings_come_at_the_interval_and_answered_ones_keep_the_connection() {
    let peer = peer(|c| {
        c.accept();
        for _ in 0..4 {
            let ping = c.frame();
            assert_eq!(ping.opcode, PING);
            c.send(frame(FIN | PONG, &ping.payload));
        }
        c.close_among_pings(1000);
    });
    wscope(&["--ping-interval", "50ms", "--ping-timeout", "60s", "--no-input", &peer.url()])
        .run()
        .exits(0)
        .silent();
}

#[test]
fn a_pong_that_never_comes_is_a_lost_connection() {
    let peer = peer(|c| {
        c.accept();
        while c.next().is_some() {}
    });
    let args = ["--ping-interval", "50ms", "--ping-timeout", "200ms", "--no-input", &peer.url()];
    wscope(&args).run().ends(7, &["pong", "--ping-timeout"]);
}

#[test]
fn a_ping_is_answered_with_its_payload_unless_told_otherwise() {
    for payload in [&b""[..], b"hello", &[0xff; 125]] {
        let peer = peer(move |c| {
            c.accept();
            c.send([frame(FIN | PONG, b"nobody asked"), frame(FIN | PING, payload)].concat());
            c.expect(PONG, payload);
            c.close(1000, "");
        });
        wscope(&["--no-input", &peer.url()]).run().exits(0).prints("").silent();
    }
    let peer = peer(|c| {
        c.accept();
        c.send([frame(FIN | PING, b"x"), text("after the ping")].concat());
        // What comes back first is the echoed text: there was no pong.
        c.expect(TEXT, "after the ping");
        c.close(1000, "");
    });
    wscope(&["--no-pong", "--echo", &peer.url()]).run().exits(0);
}

#[test]
fn pings_may_come_between_fragments() {
    let peer = peer(|c| {
        c.accept();
        c.send([frame(TEXT, b"one "), frame(FIN | PING, b"x"), frame(FIN, b"message")].concat());
        c.expect(PONG, "x");
        c.close(1000, "");
    });
    wscope(&["--no-input", &peer.url()]).run().exits(0).prints("one message\n");
}

#[test]
fn idle_means_no_data_and_pings_are_none() {
    let peer = peer(|c| {
        c.accept();
        while let Some(ping) = c.next() {
            match ping.opcode {
                PING => c.send(frame(FIN | PONG, &ping.payload)),
                CLOSE => return c.send(close(1000, "")),
                opcode => assert_eq!(opcode, PONG),
            }
            c.send(frame(FIN | PING, b"still here"));
        }
    });
    let args = ["--idle-timeout", "400ms", "--ping-interval", "50ms", "--no-input", &peer.url()];
    wscope(&args).run().fails(124, &["--idle-timeout"]);
}

#[test]
fn data_keeps_the_idle_timeout_away() {
    let output = at_pace(Duration::from_millis(700), |pace| {
        let peer = peer(move |c| {
            c.accept();
            for n in 0..8 {
                pace.send(c, text(&n.to_string()));
                std::thread::sleep(Duration::from_millis(100));
            }
            pace.send(c, close(1000, ""));
            c.expect_close(1000);
        });
        wscope(&["--idle-timeout", "700ms", "--no-input", &peer.url()]).run()
    });
    output.exits(0).prints("0\n1\n2\n3\n4\n5\n6\n7\n");
}

/// A call that reconnects without waiting long.
fn quickly(options: &[&str], url: &str) -> Wscope {
    wscope(&[&["--reconnect-delay", "10ms", "--reconnect-max", "50ms"], options, &[url]].concat())
}

#[test]
fn a_lost_connection_is_made_again_and_m_is_sent_again() {
    let peer = peer(|c| {
        c.accept();
        c.expect_text("subscribe");
        c.send(text(&format!("connection {}", c.number)));
        match c.number {
            2 => c.close(1000, ""),
            // FIN without a close frame, when the script ends.
            _ => assert!(c.number < 2),
        }
    });
    let output = quickly(&["--reconnect", "--no-input", "-m", "subscribe"], &peer.url()).run();
    output.exits(0).prints("connection 0\nconnection 1\nconnection 2\n").says("connect");
    assert_eq!(peer.calls(), 3);
}

#[test]
fn input_not_yet_handed_over_goes_to_the_next_connection() {
    let peer = peer(|c| {
        c.accept();
        match c.number {
            0 => {
                c.expect_text("one");
                c.send(text("got one"));
            }
            _ => {
                c.expect_text("two");
                c.expect_close_and_answer(1000);
            }
        }
    });
    let mut run = quickly(&["--reconnect", "--linger", "100ms"], &peer.url()).stdin_open().start();
    run.write("one\n");
    run.wait_stdout("got one\n");
    run.wait_stderr("1006");
    run.write("two\n");
    run.finish().exits(0);
    assert_eq!(peer.calls(), 2);
}

#[test]
fn the_number_of_attempts_is_bounded_and_the_first_one_is_retried_too() {
    let peer = peer(|c| {
        // Reset before the request came, TCP itself would fail at times.
        c.read_request();
        c.reset();
    });
    quickly(&["--reconnect=2", "--no-input"], &peer.url()).run().fails(5, &[]);
    assert_eq!(peer.calls(), 3, "one connection and two more");
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for() {
    let port = common::closed();
    let mut run = quickly(&["--reconnect", "--no-input"], &port.url()).start();
    run.wait_stderr("refused");
    let _peer = common::Peer::on(port.open(), std::sync::Arc::new(|socket| Ok(Box::new(socket))), |c| {
        c.accept();
        c.send(text("at last"));
        c.close(1000, "");
    });
    run.finish_with_stdin_open().exits(0).prints("at last\n");
}

#[test]
fn some_ends_are_final() {
    let normal = peer(|c| {
        c.accept();
        c.close(1000, "");
    });
    quickly(&["--reconnect", "--no-input"], &normal.url()).run().exits(0);
    assert_eq!(normal.calls(), 1, "after a 1000 close");
    let refused = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    quickly(&["--reconnect", "--no-input"], &refused.url()).run().fails(5, &["403"]);
    assert_eq!(refused.calls(), 1, "after a 4xx handshake");
    let lost = peer(|c| {
        c.accept();
        c.expect_text("x");
    });
    quickly(&["--reconnect"], &lost.url()).stdin("x\n").run().ends(7, &["1006"]);
    assert_eq!(lost.calls(), 1, "after an input that ended");
}

#[test]
fn a_5xx_handshake_is_tried_again() {
    let peer = peer(|c| match c.number {
        0 => {
            c.read_request();
            c.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        }
        _ => {
            c.accept();
            c.close(1000, "");
        }
    });
    quickly(&["--reconnect", "--no-input"], &peer.url()).run().exits(0).says("503");
}

#[cfg(unix)]
mod signals {
    use std::time::Duration;

    use super::common::program::shell;
    use super::common::{at_pace, close, gate, peer, text, wscope};
    use nix::sys::signal::Signal;

    #[test]
    fn an_answer_that_came_while_wscope_slept_is_in_time() {
        const LIMIT: Duration = Duration::from_secs(2);
        let output = at_pace(LIMIT, |pace| {
            let (heard, slept, answered) = (gate(), gate(), gate());
            let (tell, wait, done) = (heard.clone(), slept.clone(), answered.clone());
            let peer = peer(move |c| {
                c.accept();
                c.expect_close(1000);
                tell.open();
                wait.wait();
                c.send(close(1000, ""));
                done.open();
            });
            let mut run = wscope(&["--linger", "0", "--close-timeout", "2s", &peer.url()]).start();
            heard.wait();
            // By now wscope has seen its send queue empty, and waits for nothing but the answer.
            std::thread::sleep(LIMIT / 10);
            pace.measure(|| run.signal(Signal::SIGSTOP));
            slept.open();
            answered.wait();
            // Until its time is over.
            std::thread::sleep(LIMIT * 2);
            run.signal(Signal::SIGCONT);
            run.finish_with_stdin_open()
        });
        output.exits(0);
    }

    #[test]
    fn a_second_signal_ends_at_once() {
        let heard = gate();
        let told = heard.clone();
        let peer = peer(move |c| {
            c.accept();
            c.send(text("ready"));
            c.expect_close(1001);
            told.open();
            c.stall();
        });
        let mut run = wscope(&["--close-timeout", "forever", &peer.url()]).stdin_open().start();
        run.wait_stdout("ready");
        run.signal(Signal::SIGINT);
        heard.wait();
        run.signal(Signal::SIGINT);
        assert_eq!(run.finish_with_stdin_open().signal, Some(2));
    }

    #[test]
    fn a_server_that_does_not_answer_cannot_hold_an_interrupted_wscope() {
        let peer = peer(|c| {
            c.accept();
            c.send(text("ready"));
            c.expect_close(1001);
            c.stall();
        });
        let mut run = wscope(&["--close-timeout", "60s", &peer.url()]).stdin_open().start();
        run.wait_stdout("ready");
        run.signal(Signal::SIGTERM);
        assert_eq!(run.finish_with_stdin_open().signal, Some(15));
    }

    #[test]
    fn a_signal_while_connecting_ends_it_as_well() {
        let heard = gate();
        let told = heard.clone();
        let peer = peer(move |c| {
            c.read_request();
            told.open();
            c.stall();
        });
        let mut run = wscope(&["--connect-timeout", "60s", &peer.url()]).stdin_open().start();
        heard.wait();
        run.signal(Signal::SIGINT);
        assert_eq!(run.finish_with_stdin_open().signal, Some(2));
    }

    #[test]
    fn what_was_ignored_at_the_start_stays_ignored() {
        let signalled = gate();
        let go = signalled.clone();
        let peer = peer(move |c| {
            c.accept();
            c.send(text("ready"));
            go.wait();
            c.send(text("still here"));
            c.close(1000, "");
        });
        let line = "trap '' HUP; exec \"$WSCOPE\" --no-input \"$1\"";
        let mut run = shell(line, &[&peer.url()]).start();
        run.wait_stdout("ready");
        run.signal(Signal::SIGHUP);
        signalled.open();
        run.finish_with_stdin_open().exits(0).prints("ready\nstill here\n");
    }
}

#[test]
fn pings_do_not_hold_up_the_end_of_a_run() {
    let echo = common::echo();
    let args = ["--ping-interval", "1ms", "--ping-timeout", "60s", "--linger", "50ms", &echo.url()];
    wscope(&args).stdin("x\n").run().exits(0).prints("x\n");
}
