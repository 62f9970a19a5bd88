//! One call for each exit code, and which one wins where two would fit.
//!
//! The finer cases of a code stand beside its subject: close.rs, connecting.rs, tls.rs, handshake.rs.

mod common;

use common::{FIN, TEXT, close, echo, frame, peer, text, wscope};

#[test]
fn code_0_done() {
    wscope(&["-n1", "-m", "x", &echo().url()]).run().exits(0).prints("x\n").silent();
}

#[test]
fn code_1_the_answer_is_no() {
    let peer = peer(|c| {
        c.accept();
        c.close(1000, "");
    });
    wscope(&["-n1", &peer.url()]).run().exits(1).prints("");
}

#[test]
fn code_2_usage() {
    wscope(&["--no-such-option"]).run().fails(2, &["--no-such-option"]);
}

#[test]
fn code_3_could_not_connect() {
    let nobody = common::closed();
    wscope(&[&nobody.url()]).run().fails(3, &["refused", &nobody.addr().to_string()]);
}

#[test]
fn code_4_tls() {
    let authority = common::certs::Authority::new("nobody trusts this");
    let peer = common::peer::peer_behind(authority.localhost().wrap(), |_| ());
    wscope(&[&peer.tls_url()]).run().fails(4, &["certificate", "--cacert"]);
}

#[test]
fn code_5_handshake() {
    let peer = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    wscope(&[&peer.url()]).run().fails(5, &["404"]);
}

#[test]
fn code_6_the_peer_broke_the_protocol() {
    let peer = peer(|c| {
        c.accept();
        c.send(frame(FIN | 0x40 | TEXT, b"x"));
        c.expect_close(1002);
    });
    wscope(&[&peer.url()]).run().fails(6, &["RSV1", "RFC 6455", "c1 01"]);
}

#[test]
fn code_7_connection_lost() {
    let peer = peer(|c| {
        c.accept();
    });
    wscope(&[&peer.url()]).stdin_open().start().finish_with_stdin_open().ends(7, &["1006"]);
}

#[test]
fn code_8_the_peer_closed_with_an_error() {
    let peer = peer(|c| {
        c.accept();
        c.close(4321, "that was it");
    });
    wscope(&[&peer.url()]).run().exits(8).says("4321").says("that was it");
}

#[test]
fn code_9_a_file_that_cannot_be_read_is_found_before_connecting() {
    let missing = std::env::temp_dir().join("wscope-no-such-file");
    let missing = missing.to_str().expect("a name in UTF-8");
    let at_missing = format!("@{missing}");
    let rows: [&[&str]; 5] = [
        &["-m", &at_missing],
        &["-H", &at_missing],
        &["--bearer", &at_missing],
        &["--cacert", missing],
        &["--cert", missing, "--key", missing],
    ];
    for options in rows {
        let nobody = common::untouched();
        let scheme = if options[0].starts_with("--c") { "wss://" } else { "ws://" };
        let url = nobody.url().replace("ws://", scheme);
        wscope(&[options, &[&url]].concat()).run().fails(9, &["wscope-no-such-file"]);
        nobody.check();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn code_9_a_full_disk() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there");
    let echo = echo();
    wscope(&["-n1", "-m", "x", &echo.url()]).stdout_file(full()).run().fails(9, &["space"]);
    wscope(&["-n1", "-m", "x", "--record", "/dev/full", &echo.url()]).run().fails(9, &["/dev/full"]);
}

#[test]
fn code_124_time_ran_out() {
    let mute = || peer(|c| c.stall());
    let silent = || {
        peer(|c| {
            c.accept();
            c.frames_until_close();
        })
    };
    let peer = mute();
    wscope(&["--connect-timeout", "2s", &peer.url()]).run().fails(124, &["--connect-timeout", "http"]);
    let peer = silent();
    wscope(&["--timeout", "3s", "--no-input", &peer.url()]).run().fails(124, &["--timeout"]);
    let peer = silent();
    wscope(&["--idle-timeout", "200ms", "--no-input", &peer.url()]).run().fails(124, &["--idle-timeout"]);
}

#[cfg(unix)]
#[test]
fn signals_end_it_by_themselves() {
    use nix::sys::signal::Signal;
    for (signal, number) in [(Signal::SIGHUP, 1), (Signal::SIGINT, 2), (Signal::SIGTERM, 15)] {
        let peer = peer(|c| {
            c.accept();
            c.send(text("ready"));
            c.expect_close_and_answer(1001);
        });
        let mut run = wscope(&[&peer.url()]).stdin_open().start();
        run.wait_stdout("ready");
        run.signal(signal);
        let output = run.finish_with_stdin_open();
        assert_eq!((output.code, output.signal), (None, Some(number)), "{output}");
    }
}

#[cfg(unix)]
#[test]
fn a_shell_sees_129_130_and_143() {
    use nix::sys::signal::{Signal, kill};
    for (signal, code) in [(Signal::SIGHUP, "129"), (Signal::SIGINT, "130"), (Signal::SIGTERM, "143")] {
        let peer = peer(|c| {
            c.accept();
            c.send(text("ready"));
            c.expect_close_and_answer(1001);
        });
        let line = "sh -c 'echo pid $$. >&2; exec \"$WSCOPE\" --no-input \"$1\"' sh \"$1\"; echo \"code $?\"";
        let run = common::program::shell(line, &[&peer.url()]).start();
        run.wait_stdout("ready");
        run.wait_stderr(".\n");
        let told = run.stderr_so_far();
        let pid = told.trim().trim_start_matches("pid ").trim_end_matches('.').parse().expect("a process id");
        kill(nix::unistd::Pid::from_raw(pid), signal).expect("wscope is there");
        run.finish().exits(0).prints(format!("ready\ncode {code}\n"));
    }
}

#[test]
fn a_reached_count_outranks_a_lost_connection_and_a_bad_code() {
    let lost = peer(|c| {
        c.accept();
        c.send(text("x"));
    });
    wscope(&["-n1", &lost.url()]).run().exits(0).prints("x\n");
    let bad = peer(|c| {
        c.accept();
        c.send([text("x"), close(1011, "")].concat());
        c.stall();
    });
    wscope(&["--until", "x", &bad.url()]).run().exits(0).prints("x\n");
}
