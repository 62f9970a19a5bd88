//! The prompt in a terminal: typing, commands, history, completion, pastes, and messages that come meanwhile.
//!
//! Asserted is what the screen shows and what the server gets. How the prompt ends is the matter of prompt_end.rs.
#![cfg(unix)]

mod common;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use common::terminal::shell_terminal;
use common::{
    BINARY, CLOSE, FIN, Frame, PING, PONG, Peer, TEXT, Terminal, close, frame, gate, peer, terminal, text,
    wscope,
};
use tempfile::TempDir;

/// A server that hands every frame to the test and echoes data.
fn listening() -> (Peer, Receiver<Frame>) {
    let (give, take) = channel();
    let peer = peer(move |c| {
        c.accept();
        while let Some(next) = c.next() {
            let answer = match next.opcode {
                PING => frame(FIN | PONG, &next.payload),
                opcode => frame(FIN | opcode, &next.payload),
            };
            // What the test hears of is answered already.
            c.send(answer);
            // The test may have what it wanted and be gone.
            let _ = give.send(next.clone());
            if next.opcode == CLOSE {
                return;
            }
        }
    });
    (peer, take)
}

/// A prompt connected to such a server.
fn prompt(options: &[&str]) -> (Terminal, Peer, Receiver<Frame>) {
    let (peer, frames) = listening();
    let terminal = terminal(&[options, &[&peer.url()]].concat()).start();
    terminal.wait_for("connected to");
    terminal.wait_for_editor();
    (terminal, peer, frames)
}

#[track_caller]
fn next(frames: &Receiver<Frame>) -> Frame {
    frames.recv_timeout(common::DEADLINE).expect("a frame reaches the server")
}

#[track_caller]
fn expect_text(frames: &Receiver<Frame>, payload: &str) {
    let frame = next(frames);
    assert_eq!((frame.opcode, frame.text()), (TEXT, payload));
}

#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.line("/quit");
    assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn a_typed_line_is_sent_and_the_answer_shown() {
    let (terminal, peer, frames) = prompt(&[]);
    assert!(terminal.screen().contains(&format!("* connected to {}", peer.url())), "{}", terminal.screen());
    terminal.line("hello");
    expect_text(&frames, "hello");
    terminal.wait_for("< hello");
    terminal.line("");
    terminal.line("gr\u{fc}n \u{1f600}");
    expect_text(&frames, "gr\u{fc}n \u{1f600}");
    terminal.line("//slash");
    expect_text(&frames, "/slash");
    terminal.wait_for("< /slash");
    quit(terminal);
}

#[test]
fn a_message_comes_above_the_line_being_typed() {
    let go = gate();
    let wait = go.clone();
    let peer = peer(move |c| {
        c.accept();
        wait.wait();
        c.send([text("incoming one"), text("two\nlines")].concat());
        c.expect_text("half a line");
        c.close(1000, "");
    });
    let mut terminal = terminal(&[&peer.url()]).start();
    terminal.wait_for("connected to");
    terminal.wait_for_editor();
    terminal.keys("half a lie\x1b[D");
    terminal.wait_for("half a lie");
    go.open();
    terminal.wait_for("< two\n  lines");
    terminal.wait_until("the typed line below the message", |screen| {
        screen
            .find("< incoming one")
            .zip(screen.rfind("half a lie"))
            .is_some_and(|(above, below)| above < below)
    });
    assert_eq!(terminal.screen().matches("half a lie").count(), 1, "{}", terminal.screen());
    terminal.keys("n\r");
    assert_eq!(terminal.ends(), Ok(0));
    terminal.restored();
}

#[test]
fn an_unfinished_json_value_or_a_backslash_continues_the_line() {
    let (terminal, _peer, frames) = prompt(&[]);
    terminal.line("{\"a\":");
    terminal.line("[1,");
    terminal.line("2]}");
    let value: serde_json::Value = serde_json::from_str(next(&frames).text()).expect("JSON arrives whole");
    assert_eq!(value, serde_json::json!({"a": [1, 2]}));
    terminal.line("one\\");
    terminal.line("two");
    expect_text(&frames, "one\ntwo");
    terminal.line("{\"never finished\"");
    terminal.line("");
    assert!(next(&frames).text().starts_with("{\"never finished\""));
    terminal.line("{\"closed\": \"}\"}");
    expect_text(&frames, "{\"closed\": \"}\"}");
    quit(terminal);
}

#[test]
fn a_paste_is_one_entry_and_nothing_in_it_is_sent_by_itself() {
    let (terminal, _peer, frames) = prompt(&[]);
    terminal.keys("\x1b[200~first\nsecond\n/quit\x1b[201~");
    terminal.wait_for("/quit");
    terminal.keys("!\r");
    expect_text(&frames, "first\nsecond\n/quit!");
    let large = format!("begin {} end", "0123456789".repeat(2000));
    // A terminal without an editor keeps no more than 4096 bytes of a line.
    terminal.wait_for_editor();
    terminal.keys(&format!("\x1b[200~{large}\x1b[201~"));
    terminal.wait_for("end");
    terminal.keys("\r");
    expect_text(&frames, &large);
    quit(terminal);
}

#[test]
fn history_is_recalled_searched_kept_and_private() {
    let home = Arc::new(TempDir::new().expect("a folder"));
    let session = |options: &[&str]| {
        let (peer, frames) = listening();
        let terminal = terminal(&[options, &[&peer.url()]].concat()).home(home.clone()).start();
        terminal.wait_for("connected to");
        terminal.wait_for_editor();
        (terminal, peer, frames)
    };
    let (terminal, _peer, frames) = session(&[]);
    for line in ["alpha one", "beta two", " hidden three"] {
        terminal.line(line);
        expect_text(&frames, line);
    }
    terminal.wait_for_editor();
    terminal.keys("\x1b[A\r");
    expect_text(&frames, "beta two");
    terminal.wait_for_editor();
    terminal.keys("\x12alp");
    terminal.wait_for("alpha one");
    terminal.keys("\r");
    expect_text(&frames, "alpha one");
    quit(terminal);
    let file = home.path().join("state/wscope/history");
    let history = std::fs::read_to_string(&file).expect("a history file");
    assert!(history.contains("beta two") && !history.contains("hidden"), "{history}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let (terminal, _peer, frames) = session(&["--no-history"]);
    terminal.line("not to be kept");
    expect_text(&frames, "not to be kept");
    quit(terminal);
    assert!(!std::fs::read_to_string(&file).expect("a history file").contains("not to be kept"));
    let (terminal, _peer, frames) = session(&[]);
    terminal.keys("\x12beta");
    terminal.wait_for("beta two");
    terminal.keys("\r");
    expect_text(&frames, "beta two");
    quit(terminal);
}

#[test]
fn commands_codes_and_paths_are_completed() {
    let (terminal, _peer, frames) = prompt(&[]);
    terminal.keys("/pin\t");
    terminal.wait_for("/ping");
    terminal.keys("\r");
    assert_eq!(next(&frames).opcode, PING);
    terminal.wait_for("< pong");
    terminal.wait_for_editor();
    terminal.keys("/sta\t\t");
    terminal.wait_until("both commands that begin so", |screen| {
        screen.contains("/status") && screen.contains("/stats")
    });
    terminal.keys("\x15/close 10\t\t");
    terminal.wait_until("close codes", |screen| screen.contains("1001") && screen.contains("1011"));
    terminal.keys("\x15");
    std::fs::write(terminal.home_folder().path().join("a-file-to-send"), "content").expect("a file");
    terminal.keys("/file a-file\t");
    terminal.wait_for("/file a-file-to-send");
    terminal.keys("\r");
    assert_eq!(next(&frames).payload, b"content");
    quit(terminal);
}

#[test]
fn commands_send_what_they_say() {
    let (terminal, _peer, frames) = prompt(&[]);
    std::fs::write(terminal.home_folder().path().join("file"), "from file").expect("a file");
    let rows: [(&str, u8, &[u8]); 11] = [
        ("/text /with slash", TEXT, b"/with slash"),
        ("/bin 48 65 6c6c6f", BINARY, b"Hello"),
        ("/base64 AP8=", BINARY, b"\0\xff"),
        ("/file file", BINARY, b"from file"),
        ("/file --text file", TEXT, b"from file"),
        ("/ping", PING, b""),
        ("/ping abc", PING, b"abc"),
        ("/ping 0x00ff", PING, b"\0\xff"),
        ("/pong unasked", PONG, b"unasked"),
        ("/repeat 2 again", TEXT, b"again"),
        ("  spaces stay  ", TEXT, b"  spaces stay  "),
    ];
    for (line, opcode, payload) in rows {
        terminal.line(line);
        let count = if line.starts_with("/repeat") { 2 } else { 1 };
        for _ in 0..count {
            let frame = next(&frames);
            assert_eq!((frame.opcode, frame.payload.as_slice()), (opcode, payload), "{line}");
        }
    }
    terminal.wait_for("< pong \"abc\"");
    terminal.wait_for("|Hello|");
    quit(terminal);
}

#[test]
fn a_wrong_command_is_told_and_nothing_is_sent() {
    let (terminal, _peer, frames) = prompt(&[]);
    let rows = [
        ("/pnig", "/ping"),
        ("/bin 4", "hex"),
        ("/base64 !", "character 1"),
        ("/close 1005", "1005"),
        ("/file /no/such/file", "/no/such/file"),
        ("/repeat many x", "many"),
    ];
    for (line, words) in rows {
        terminal.line(line);
        terminal.wait_until(words, |screen| {
            screen.lines().any(|shown| shown.contains(words) && !shown.ends_with(line))
        });
        terminal.wait_for_editor();
        terminal.keys("\x0c");
    }
    terminal.line("still alive");
    expect_text(&frames, "still alive");
    quit(terminal);
}

#[test]
fn state_heads_counters_and_help_are_shown() {
    let (terminal, peer, frames) = prompt(&["-s", "chat"]);
    terminal.line("five5");
    expect_text(&frames, "five5");
    terminal.wait_for("< five5");
    let rows: [(&str, &[&str]); 6] = [
        ("/status", &["127.0.0.1", "open"]),
        ("/headers", &["Sec-WebSocket-Key", "HTTP/1.1 101"]),
        ("/stats", &["1", "5"]),
        ("/help", &["/ping", "/close", "/quit", "/headers"]),
        ("/help close", &["CODE"]),
        ("/show", &["five5"]),
    ];
    for (line, words) in rows {
        terminal.wait_for_editor();
        terminal.keys("\x0c");
        terminal.line(line);
        for word in words {
            terminal.wait_until(word, |screen| screen.split(line).skip(1).any(|after| after.contains(word)));
        }
    }
    quit(terminal);
    assert_eq!(peer.calls(), 1);
}

#[test]
fn what_is_shown_can_be_changed() {
    let (terminal, _peer, frames) = prompt(&[]);
    let say = |line: &str| {
        terminal.line(line);
        expect_text(&frames, line);
    };
    terminal.line("/filter ^keep");
    say("drop this");
    say("keep this");
    terminal.wait_for("< keep this");
    assert!(!terminal.screen().contains("< drop this"), "{}", terminal.screen());
    terminal.line("/filter");
    say("drop no more");
    terminal.wait_for("< drop no more");
    terminal.line("/quiet on");
    say("quiet now");
    // When the last of these has been sent, the answer to the first has been read.
    say("quiet still");
    say("quiet yet");
    terminal.line("/quiet off");
    say("loud again");
    terminal.wait_for("< loud again");
    assert!(!terminal.screen().contains("< quiet now"), "{}", terminal.screen());
    terminal.line("/pretty always");
    say("{\"n\":1.50,\"n\":[1,2]}");
    terminal.wait_until("numbers and duplicates as sent", |screen| screen.matches("\"n\"").count() >= 4);
    assert!(terminal.screen().contains("1.50"), "{}", terminal.screen());
    quit(terminal);
}

#[test]
fn a_session_can_be_saved_and_recorded() {
    let (terminal, _peer, frames) = prompt(&[]);
    let home = terminal.home_folder();
    terminal.line("early");
    expect_text(&frames, "early");
    terminal.wait_for("< early");
    terminal.line("/record later.jsonl");
    terminal.line("late");
    expect_text(&frames, "late");
    terminal.wait_for("< late");
    terminal.line("/save all.jsonl");
    terminal.wait_until("the file is named", |screen| screen.matches("all.jsonl").count() >= 2);
    quit(terminal);
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("a recording");
    let (all, later) = (read("all.jsonl"), read("later.jsonl"));
    assert!(all.contains("\"early\"") && all.contains("\"late\""), "{all}");
    assert!(!later.contains("\"early\"") && later.contains("\"late\""), "{later}");
}

#[test]
fn a_new_connection_in_the_same_session() {
    let (terminal, peer, frames) = prompt(&[]);
    terminal.line("/reconnect");
    terminal.wait_until("a second connection", |screen| screen.matches("connected to").count() >= 2);
    terminal.wait_until("the old one is closed", |_| peer.calls() == 2);
    let (other, other_frames) = listening();
    terminal.line(&format!("/connect {}", other.url()));
    terminal.wait_for(&format!("connected to {}", other.url()));
    terminal.line("over here");
    expect_text(&other_frames, "over here");
    assert!(frames.try_iter().all(|frame| frame.opcode == CLOSE), "a message went to the first server");
    quit(terminal);
}

#[test]
fn close_shows_the_answer() {
    let peer = peer(|c| {
        c.accept();
        assert_eq!(c.expect_close(4001), "see you");
        c.send(close(4001, "later"));
    });
    let mut terminal = terminal(&[&peer.url()]).start();
    terminal.wait_for("connected to");
    terminal.line("/close 4001 see you");
    assert_eq!(terminal.ends(), Ok(0));
    assert!(terminal.screen().contains("4001"), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn an_editor_composes_a_message() {
    let (peer, frames) = listening();
    let home = Arc::new(TempDir::new().expect("a folder"));
    let editor = home.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nprintf 'composed\\nin two lines' >\"$1\"\n").expect("a file");
    let command = format!("sh {}", editor.display());
    let terminal =
        terminal(&[&peer.url()]).home(home).env("EDITOR", &command).env("VISUAL", &command).start();
    terminal.wait_for("connected to");
    terminal.line("/edit");
    assert_eq!(next(&frames).text().trim_end(), "composed\nin two lines");
    quit(terminal);
}

#[test]
fn forms_and_binary_hold_at_the_prompt() {
    let (terminal, _peer, frames) = prompt(&["-i", "hex"]);
    terminal.line("48 69");
    assert_eq!((next(&frames).opcode, terminal.wait_for("|Hi|")), (BINARY, ()));
    quit(terminal);
    let (terminal, _peer, frames) = prompt(&["-b"]);
    terminal.line("bytes");
    let frame = next(&frames);
    assert_eq!((frame.opcode, frame.payload.as_slice()), (BINARY, &b"bytes"[..]));
    quit(terminal);
}

#[test]
fn half_a_terminal_has_no_prompt() {
    let (peer, frames) = listening();
    let mut terminal =
        shell_terminal("\"$WSCOPE\" -n1 \"$1\" >out; echo \"code $?\"", &[&peer.url()]).start();
    terminal.line("typed");
    expect_text(&frames, "typed");
    assert_eq!(terminal.ends(), Ok(0));
    assert!(terminal.screen().contains("code 0"), "{}", terminal.screen());
    assert_eq!(std::fs::read(terminal.home_folder().path().join("out")).expect("a file"), b"typed\n");
    let mut terminal = shell_terminal("echo piped | \"$WSCOPE\" -n1 \"$1\"", &[&peer.url()]).start();
    assert_eq!(terminal.ends(), Ok(0));
    assert!(terminal.screen().contains("< piped"), "{}", terminal.screen());
}

#[test]
fn strange_surroundings_still_work() {
    let rows: [(&str, &str, (u16, u16)); 5] = [
        ("TERM", "dumb", (40, 100)),
        ("TERM", "", (40, 100)),
        ("LANG", "C", (40, 100)),
        ("HOME", "/nonexistent", (5, 20)),
        ("COLUMNS", "1", (24, 1)),
    ];
    for (name, value, (rows, cols)) in rows {
        let (peer, frames) = listening();
        let setup = terminal(&[&peer.url()]).size(rows, cols).env(name, value);
        let setup = if name == "HOME" { setup.env("XDG_STATE_HOME", "/nonexistent/state") } else { setup };
        let terminal = setup.start();
        // A window of one column shows no words to wait for; typed keys wait in the terminal.
        terminal.line("hello");
        expect_text(&frames, "hello");
        quit(terminal);
    }
}

#[test]
fn resizing_keeps_the_typed_line() {
    let (terminal, _peer, frames) = prompt(&[]);
    terminal.keys("before and ");
    terminal.wait_for("before and ");
    for (rows, cols) in [(10, 30), (40, 1), (3, 200), (40, 100)] {
        terminal.resize(rows, cols);
    }
    terminal.keys("after\r");
    expect_text(&frames, "before and after");
    quit(terminal);
}

#[test]
fn m_goes_first_and_colour_never_means_never() {
    let (peer, frames) = listening();
    let terminal = terminal(&["--color", "never", "-m", "first", &peer.url()]).start();
    terminal.wait_for("< first");
    expect_text(&frames, "first");
    terminal.line("second");
    expect_text(&frames, "second");
    terminal.wait_for("< second");
    let coloured = memchr::memmem::find(&terminal.raw(), b"\x1b[3").is_some();
    assert!(!coloured, "{}", terminal.raw().escape_ascii());
    quit(terminal);
    // Without a terminal nothing is coloured, whatever TERM says.
    let output = wscope(&["-o", "human", "-n1", "-m", "x", &peer.url()]).run();
    assert!(!output.text().contains('\x1b') && !output.stderr.contains('\x1b'), "{output}");
}

#[test]
fn a_terminal_that_knows_no_sequences_is_sent_none() {
    for (term, rest) in [("dumb", &[][..]), ("", &[]), ("dumb", &["--color", "always"])] {
        let (peer, frames) = listening();
        let mut terminal =
            terminal(&[rest, &["-m", "first", &peer.url()]].concat()).env("TERM", term).start();
        terminal.wait_for("< first");
        expect_text(&frames, "first");
        terminal.line("second");
        expect_text(&frames, "second");
        terminal.wait_for("< second");
        terminal.line("/quit");
        assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
        let escapes = terminal.raw().contains(&0x1b);
        assert_eq!(escapes, !rest.is_empty(), "{}", terminal.raw().escape_ascii());
    }
}
