//! The harness against itself: the peer and the terminal do what the other tests rely on.
//!
//! Also shows that a failing script and a peer nobody called do fail a test.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{BINARY, CLOSE, FIN, TEXT, frame, peer, text};
use tungstenite::{Message, connect};

#[test]
fn a_script_sends_exact_bytes_and_reads_frames() {
    let peer = peer(|c| {
        let request = c.accept();
        assert_eq!(request.line, "GET / HTTP/1.1");
        c.send(text("hello"));
        c.expect_text("answer");
        assert_eq!(c.expect_close_and_answer(1000), "");
    });
    let (mut client, _) = connect(peer.url()).expect("the peer accepts");
    assert_eq!(client.read().expect("a message"), Message::text("hello"));
    client.send(Message::text("answer")).expect("it can be sent");
    let normal = tungstenite::protocol::CloseFrame { code: 1000.into(), reason: "".into() };
    client.close(Some(normal)).expect("it can be closed");
    while client.read().is_ok() {}
    assert_eq!(peer.calls(), 1);
}

#[test]
fn a_failing_script_fails_the_test() {
    let failing = peer(|c| {
        c.accept();
        c.expect_text("something else");
    });
    let (mut client, _) = connect(failing.url()).expect("the peer accepts");
    client.send(Message::text("this")).expect("it can be sent");
    drop(client);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(failing))).is_err());
    let lonely = peer(|_| ());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(lonely))).is_err());
}

#[test]
fn frames_have_the_shortest_length() {
    assert_eq!(frame(FIN | TEXT, b"Hello"), b"\x81\x05Hello");
    assert_eq!(frame(FIN | BINARY, &[0; 126])[..4], [0x82, 126, 0, 126]);
    assert_eq!(frame(FIN | BINARY, &[0; 65536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(common::close(1001, "bye"), b"\x88\x05\x03\xe9bye");
    assert_eq!(frame(FIN | CLOSE, b""), b"\x88\x00");
}

#[cfg(unix)]
#[test]
fn the_terminal_shows_what_a_program_prints_and_takes_keys() {
    let mut terminal =
        common::terminal::shell_terminal("stty -echo; printf 'ready\\n'; read x; echo \"<$x>\"; exit 3", &[])
            .start();
    terminal.wait_for("ready");
    terminal.keys("abc\n");
    terminal.wait_for("<abc>");
    assert_eq!(terminal.ends(), Ok(3));
    assert!(terminal.changed(), "stty changed the modes");
    assert!(catch_unwind(AssertUnwindSafe(|| terminal.restored())).is_err());
}

#[cfg(unix)]
#[test]
fn a_signal_shows_as_a_signal() {
    let output = common::program::shell("printf out; printf err >&2; kill -TERM $$", &[]).run();
    assert_eq!((output.code, output.signal), (None, Some(15)));
    output.prints("out").says("err");
    let mut terminal = common::terminal::shell_terminal("kill -HUP $$", &[]).start();
    assert_eq!(terminal.ends(), Err("Hangup".to_owned()));
}
