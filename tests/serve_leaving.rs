//! How `wscope serve` leaves: every client is closed with 1001, mute ones are not waited for.
#![cfg(unix)]

mod common;

use common::{Caller, call, serve, terminal, wscope};
use nix::sys::signal::Signal;

#[test]
fn a_signal_closes_every_client_with_1001() {
    for (signal, number) in [(Signal::SIGINT, 2), (Signal::SIGTERM, 15), (Signal::SIGHUP, 1)] {
        let mut server = serve(&[]);
        let mut callers = [call(server.addr()), call(server.addr())];
        server.signal(signal);
        for caller in &mut callers {
            caller.expect_close(1001);
            caller.close(1001);
            caller.read_to_end();
        }
        let output = server.finish_with_stdin_open();
        assert_eq!(output.signal, Some(number), "{output}");
        for number in 1..=2 {
            output.says(&format!("@{number} * closed by the server: 1001 going away (clean)\n"));
        }
    }
}

#[test]
fn mute_clients_are_not_waited_for() {
    let mut server = serve(&[]);
    let _mute = call(server.addr());
    let _in_handshake = Caller::connect(server.addr());
    let mut deaf = call(server.addr());
    // The echoes of these fill every buffer between, since nobody reads them.
    let text = "x".repeat(1 << 16);
    for _ in 0..16 {
        deaf.text(&text);
    }
    server.signal(Signal::SIGTERM);
    let output = server.finish_with_stdin_open();
    assert_eq!(output.signal, Some(15), "{output}");
    output.says("@1 ");
}

#[test]
fn nobody_is_let_in_any_more() {
    let server = serve(&[]);
    let mut caller = call(server.addr());
    server.signal(Signal::SIGTERM);
    caller.expect_close(1001);
    // The door is closed before the first client is; only what was let in by then is served.
    assert!(std::net::TcpStream::connect(server.addr()).is_err());
}

#[test]
fn a_terminal_shows_it_all_with_numbers() {
    let mut server = terminal(&["serve", ":0"]).start();
    server.wait_for("listening on ws://127.0.0.1:");
    let screen = server.screen();
    let url = screen.lines().find_map(|line| line.trim().strip_prefix("listening on ")).expect("a URL");
    wscope(&["-1", "-m", "hello", url]).run().exits(0).prints("hello\n");
    server.wait_for("@1 < hello");
    server.wait_for("@1 > hello");
    server.wait_for("@1 * closed by the client: 1000 normal closure (clean)");
    server.signal(Signal::SIGTERM);
    assert!(server.ends().is_err(), "it dies of the signal");
}
