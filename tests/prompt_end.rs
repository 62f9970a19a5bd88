//! The end of a prompt: the moment the connection ends, whatever the editor is doing; by keys; by signals.
//!
//! The terminal must be as it was before, each time.
#![cfg(unix)]

mod common;

use common::{Peer, Terminal, gate, peer, terminal, text};
use nix::sys::signal::Signal;

/// A server that greets, and once the gate opens says something and closes with `code`.
fn closing(code: u16, go: &common::Gate) -> Peer {
    let wait = go.clone();
    peer(move |c| {
        c.accept();
        c.send(text("ready"));
        wait.wait();
        c.send(text("last words"));
        c.close(code, "that is all");
    })
}

#[test]
fn it_ends_at_once_whatever_the_editor_is_doing() {
    // The keys typed, and what the screen shows when they have been taken.
    let rows = [
        ("nothing typed", "", "ready"),
        ("a half line", "half a line", "half a line"),
        ("the middle of a line", "half a line\x1b[D\x1b[D", "half a line"),
        ("reverse search", "\x12needle", "needle"),
        ("completion", "/s\t", "/s"),
        ("a list of completions", "/s\t\t", "/status"),
        ("a lone ESC", "abc\x1b", "abc"),
        ("an unfinished key sequence", "abc\x1b[", "abc"),
        ("quoted insert", "abc\x16", "abc"),
        ("an open paste", "abc\x1b[200~def", "abc"),
        ("an unfinished JSON value", "{\"a\":\r", "{\"a\":"),
        ("an argument of Meta", "abc\x1b5", "abc"),
    ];
    for (what, keys, shown) in rows {
        let go = gate();
        let peer = closing(1000, &go);
        let mut terminal = terminal(&[&peer.url()]).start();
        terminal.wait_for("< ready");
        terminal.wait_for_editor();
        terminal.keys(keys);
        terminal.wait_for(shown);
        go.open();
        assert_eq!(terminal.ends(), Ok(0), "{what}:\n{}", terminal.screen());
        let screen = terminal.screen();
        assert!(screen.contains("closed by the server: 1000"), "{what}:\n{screen}");
        assert!(screen.contains("that is all"), "{what}:\n{screen}");
        terminal.restored();
    }
}

#[test]
fn messages_keep_coming_while_the_editor_waits_for_more_keys() {
    for keys in ["abc\x1b", "\x12needle", "/s\t"] {
        let go = gate();
        let wait = go.clone();
        let peer = peer(move |c| {
            c.accept();
            c.send(text("ready"));
            wait.wait();
            c.send(text("last words"));
            wait.wait();
            c.close(1000, "");
        });
        let mut terminal = terminal(&[&peer.url()]).start();
        terminal.wait_for("< ready");
        terminal.wait_for_editor();
        terminal.keys(keys);
        go.open();
        if keys.contains('\x1b') {
            terminal.wait_for("< last words");
        }
        go.open();
        assert_eq!(terminal.ends(), Ok(0));
        assert!(terminal.screen().contains("< last words"), "{}", terminal.screen());
        terminal.restored();
    }
}

#[test]
fn bad_ends_have_their_exit_codes_at_the_prompt_too() {
    let go = gate();
    let peer = closing(1011, &go);
    let mut terminal = terminal(&[&peer.url()]).start();
    terminal.wait_for("< ready");
    terminal.wait_for_editor();
    go.open();
    assert_eq!(terminal.ends(), Ok(8));
    assert!(terminal.screen().contains("1011"), "{}", terminal.screen());
    terminal.restored();
    let lost = common::peer(|c| {
        c.accept();
        c.send(text("ready"));
    });
    let mut terminal = common::terminal(&[&lost.url()]).start();
    assert_eq!(terminal.ends(), Ok(7));
    assert!(terminal.screen().contains("1006"), "{}", terminal.screen());
    terminal.restored();
}

/// A prompt whose server expects to be closed with this code.
fn expecting(code: u16) -> (Terminal, Peer) {
    let peer = peer(move |c| {
        c.accept();
        c.send(text("ready"));
        c.expect_close_and_answer(code);
    });
    let terminal = terminal(&[&peer.url()]).start();
    terminal.wait_for("< ready");
    terminal.wait_for_editor();
    (terminal, peer)
}

#[test]
fn ctrl_d_closes_with_1000() {
    let (mut terminal, _peer) = expecting(1000);
    terminal.keys("\x04");
    assert_eq!(terminal.ends(), Ok(0));
    terminal.restored();
}

#[test]
fn ctrl_c_clears_the_line_and_on_an_empty_line_interrupts() {
    let (mut terminal, _peer) = expecting(1001);
    terminal.keys("not to be sent");
    terminal.wait_for("not to be sent");
    terminal.keys("\x03");
    // The next prompt shows that the next editor has the terminal; between two of them Ctrl-C is a signal.
    terminal.wait_for_cursor_line("an empty line", |line| line.trim_end() == ">");
    terminal.wait_for_editor();
    terminal.keys("/sta");
    terminal.wait_for_cursor_line("the command", |line| line.ends_with("/sta"));
    terminal.keys("\x03");
    terminal.wait_for_cursor_line("an empty line", |line| line.trim_end() == ">");
    terminal.wait_for_editor();
    terminal.keys("\x03");
    // A shell sees 130 either way.
    let end = terminal.ends();
    assert!(end == Ok(130) || end == Err("Interrupt".to_owned()), "{end:?}\n{}", terminal.screen());
    terminal.restored();
}

#[test]
fn signals_restore_the_terminal_and_end_it_by_themselves() {
    for (signal, name) in
        [(Signal::SIGTERM, "Terminated"), (Signal::SIGHUP, "Hangup"), (Signal::SIGINT, "Interrupt")]
    {
        for keys in ["", "half a line", "\x12needle", "abc\x1b"] {
            let (mut terminal, _peer) = expecting(1001);
            terminal.keys(keys);
            terminal.signal(signal);
            assert_eq!(terminal.ends(), Err(name.to_owned()), "{keys:?}\n{}", terminal.screen());
            terminal.restored();
        }
    }
}

#[test]
fn a_second_signal_restores_the_terminal_as_well() {
    let told = gate();
    let tell = told.clone();
    let peer = peer(move |c| {
        c.accept();
        c.send(text("ready"));
        c.expect_close(1001);
        tell.open();
        c.stall();
    });
    let mut terminal = terminal(&[&peer.url()]).start();
    terminal.wait_for("< ready");
    terminal.wait_for_editor();
    terminal.signal(Signal::SIGTERM);
    told.wait();
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.ends(), Err("Terminated".to_owned()));
    terminal.restored();
}

#[test]
fn timeouts_end_a_prompt_too() {
    let peer = peer(|c| {
        c.accept();
        c.frames_until_close();
    });
    let mut terminal = terminal(&["--timeout", "3s", &peer.url()]).start();
    assert_eq!(terminal.ends(), Ok(124));
    assert!(terminal.screen().contains("--timeout"), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn a_refused_connection_leaves_the_terminal_alone() {
    let nobody = common::closed();
    let mut terminal = terminal(&[&nobody.url()]).start();
    assert_eq!(terminal.ends(), Ok(3));
    assert!(terminal.screen().contains("wscope: "), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn type_ahead_is_not_lost() {
    let go = gate();
    let wait = go.clone();
    let peer = peer(move |c| {
        wait.wait();
        c.accept();
        c.expect_text("typed early");
        c.close(1000, "");
    });
    let mut terminal = terminal(&[&peer.url()]).start();
    terminal.line("typed early");
    go.open();
    assert_eq!(terminal.ends(), Ok(0));
    terminal.restored();
}
