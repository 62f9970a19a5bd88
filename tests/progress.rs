//! `--progress`: a line on a terminal's stderr while a pipe runs, and nothing of it left at the end.

mod common;

use common::terminal::shell_terminal;
use common::{gate, peer, text, wscope};

#[test]
fn the_line_counts_and_leaves_room_for_what_is_said() {
    let (shown, go) = (gate(), gate());
    let (tell, wait) = (shown.clone(), go.clone());
    let peer = peer(move |c| {
        c.accept();
        c.expect_text("one");
        c.send(text("answer"));
        tell.open();
        wait.wait();
        c.close(4000, "enough");
    });
    let line = r#"echo one | "$WSCOPE" --progress --linger forever "$1" >"$HOME/out""#;
    // A terminal that cannot erase: the line is written over.
    let mut terminal = shell_terminal(line, &[&peer.url()]).env("TERM", "dumb").start();
    shown.wait();
    terminal.wait_for("received 1 message, 6 bytes");
    assert!(terminal.screen().contains("sent 4 bytes"), "{}", terminal.screen());
    go.open();
    assert_eq!(terminal.ends(), Ok(8));
    let screen = terminal.screen();
    let said: Vec<&str> = screen.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    assert_eq!(said.len(), 1, "{screen}");
    assert!(said[0].starts_with("wscope: closed by the server: 4000"), "{screen}");
    assert!(!terminal.raw().contains(&0x1b), "{screen}");
}

#[test]
fn a_line_that_has_not_ended_is_not_sent() {
    let (shown, go) = (gate(), gate());
    let (tell, wait) = (shown.clone(), go.clone());
    let peer = peer(move |c| {
        c.accept();
        c.expect_text("one");
        tell.open();
        wait.wait();
        c.close(1000, "");
    });
    // More of it than a pipe holds is read when `echo` says so.
    let line = r#"{ echo one; head -c 4000000 /dev/zero | tr '\0' x; echo read >&2; cat; } |
        "$WSCOPE" --progress "$1" >"$HOME/out""#;
    let terminal = shell_terminal(line, &[&peer.url()]).start();
    shown.wait();
    terminal.wait_for("read");
    terminal.wait_for("sent 4 bytes");
    go.open();
}

#[test]
fn without_a_terminal_there_is_none() {
    let peer = peer(|c| {
        c.accept();
        c.echo_until_close();
    });
    wscope(&["--progress", "-n1", &peer.url()]).stdin("one\n").run().exits(0).prints("one\n").silent();
}
