//! `wscope serve --console`: what is typed, or piped, goes to the clients.
#![cfg(unix)]

mod common;

use std::net::SocketAddr;

use common::caller::call_with;
use common::frames::masked;
use common::terminal::shell_terminal;
use common::{Caller, FIN, PING, PONG, Served, Terminal, call, terminal, wscope};
use nix::sys::signal::Signal;

/// A server at whose prompt can be typed, and where it listens.
fn console(args: &[&str]) -> (Terminal, SocketAddr) {
    let terminal = terminal(&[&["serve", ":0", "--console"], args].concat()).size(60, 120).start();
    terminal.wait_for_editor();
    let addr = listening(&terminal);
    (terminal, addr)
}

/// Where it listens.
fn listening(terminal: &Terminal) -> SocketAddr {
    terminal.wait_for("listening on ws://");
    let screen = terminal.screen();
    let authority = screen.split("listening on ws://").nth(1).and_then(|rest| rest.split('/').next());
    authority.and_then(|authority| authority.parse().ok()).expect("an address and a port")
}

/// A client that the console has seen.
fn client(terminal: &Terminal, addr: SocketAddr, number: usize, path: &str) -> Caller {
    let caller = call_with(addr, path, "");
    terminal.wait_until("the client is in", |screen| {
        screen.lines().any(|line| {
            line.starts_with(&format!("@{number} * ")) && line.ends_with(&format!("connected to {path}"))
        })
    });
    caller
}

#[test]
fn a_typed_line_goes_to_all_and_an_address_to_one() {
    let (terminal, addr) = console(&[]);
    let mut first = client(&terminal, addr, 1, "/one");
    let mut second = client(&terminal, addr, 2, "/two");
    terminal.line("hello all");
    terminal.line("@2 only two");
    terminal.line("@1 only one");
    terminal.line("//slash");
    terminal.line("@@3 at");
    terminal.line("@you there");
    for (caller, own) in [(&mut first, "only one"), (&mut second, "only two")] {
        for text in ["hello all", own, "/slash", "@3 at", "@you there"] {
            caller.expect_text(text);
        }
    }
    second.text("answer");
    terminal.wait_for("@2 < answer");
    // Typed lines stand on the screen once.
    assert_eq!(terminal.screen().matches("hello all").count(), 1, "{}", terminal.screen());
}

#[test]
fn what_cannot_be_sent_is_said() {
    let (terminal, addr) = console(&[]);
    terminal.line("too early");
    terminal.wait_for("* no client is connected: nothing was sent");
    let mut only = client(&terminal, addr, 1, "/");
    for (line, words) in [
        ("@7 x", "there is no client @7"),
        ("@1", "what is it to be sent?"),
        ("/kick", "'' is no client"),
        ("/kick 9", "there is no client @9"),
        ("/kick 1 1005", "1005 may not be sent"),
        ("/clientz", "did you mean /clients?"),
        ("/connect ws://x/", "there is no command /connect"),
        ("/repeat 2 @1 x", "the number of the client comes first"),
        ("@1 /bin 0", "hex"),
        ("@1 /quit", "/quit is about all clients: type it without @1"),
    ] {
        terminal.line(line);
        terminal.wait_for(words);
    }
    terminal.line("at last");
    only.expect_text("at last");
}

#[test]
fn commands_reach_one_client_or_all() {
    let (terminal, addr) = console(&[]);
    let mut first = client(&terminal, addr, 1, "/one");
    let mut second = client(&terminal, addr, 2, "/two");
    terminal.line("@2 /ping abc");
    let ping = second.next().expect("a ping");
    assert_eq!((ping.opcode, &ping.payload[..]), (PING, &b"abc"[..]));
    second.send(masked(FIN | PONG, b"abc"));
    terminal.wait_until("the round-trip time", |screen| {
        screen.lines().any(|line| line.starts_with("@2 < pong \"abc\" ") && line.ends_with("ms"))
    });
    terminal.line("/repeat 3 again");
    for caller in [&mut first, &mut second] {
        (0..3).for_each(|_| caller.expect_text("again"));
    }
    terminal.line("@1 /frame opcode=3 rsv1 payload=text:odd");
    let odd = first.next().expect("a frame");
    assert_eq!((odd.opcode, odd.rsv, odd.text()), (3, 4, "odd"));
    terminal.line("/clients");
    terminal.wait_for("* 2 clients connected");
    terminal.wait_for("/one · 0 received, 3 sent");
    terminal.line("/headers");
    terminal.wait_for("there are several clients");
    terminal.line("@2 /headers");
    terminal.wait_for("@2 < GET /two HTTP/1.1");
    terminal.keys("/kick 2 10\t\t");
    terminal.wait_until("close codes", |screen| screen.contains("1001 ") && screen.contains("1011 "));
    terminal.keys("\x15");
    terminal.line("/kick 2 4001 bye bye");
    assert_eq!(second.expect_close(4001), "bye bye");
    second.close(4001);
    terminal.wait_for("@2 * closed by the server: 4001 private use \"bye bye\" (clean)");
    terminal.line("/kick 1");
    first.expect_close(1008);
}

#[test]
fn what_is_shown_can_be_changed_and_kept() {
    let (terminal, addr) = console(&[]);
    let folder = terminal.home_folder();
    let mut only = client(&terminal, addr, 1, "/");
    terminal.line("/record now.jsonl");
    terminal.wait_for("* recording to now.jsonl");
    terminal.line("/filter ^keep");
    terminal.line("/frames on");
    terminal.line("keep");
    only.expect_text("keep");
    terminal.wait_for("@1 >> text FIN · 4 bytes");
    only.text("drop this");
    only.text("keep this");
    terminal.wait_for("@1 < keep this");
    assert!(!terminal.screen().contains("@1 < drop"), "{}", terminal.screen());
    terminal.line("/show 2");
    terminal.wait_for("@1 < drop this");
    // What comes later is watched, too.
    let mut later = client(&terminal, addr, 2, "/later");
    later.text("keep");
    terminal.wait_for("@2 << text FIN · 4 bytes");
    terminal.line("/record");
    terminal.wait_for("* recorded to now.jsonl");
    terminal.line("/save all.jsonl");
    terminal.wait_for("to all.jsonl");
    for name in ["now.jsonl", "all.jsonl"] {
        let records = std::fs::read_to_string(folder.path().join(name)).expect("the recording");
        let wanted =
            ["\"connection\":1,\"direction\":\"received\",\"data\":\"drop this\"", "\"connection\":2,"];
        assert!(wanted.iter().all(|words| records.contains(words)), "{name}: {records}");
    }
}

#[test]
fn the_console_ends_all_and_restores_the_terminal() {
    let ends: [(&str, Result<u32, &str>); 3] =
        [("\x04", Ok(0)), ("/quit\r", Ok(0)), ("\x03", Err("Interrupt"))];
    for (keys, status) in ends {
        let (mut terminal, addr) = console(&[]);
        let mut only = client(&terminal, addr, 1, "/");
        terminal.keys(keys);
        only.expect_close(1001);
        only.close(1001);
        assert_eq!(terminal.ends(), status.map_err(str::to_owned), "{keys:?}");
        terminal.restored();
    }
    let (mut terminal, addr) = console(&[]);
    let only = client(&terminal, addr, 1, "/");
    terminal.keys("half a line");
    terminal.wait_for("half a line");
    terminal.signal(Signal::SIGTERM);
    // It does not answer.
    assert_eq!(terminal.ends(), Err("Terminated".to_owned()));
    terminal.restored();
    drop(only);
}

#[test]
fn piped_lines_wait_for_the_first_client_and_go_to_all() {
    let call = wscope(&["serve", ":0", "--console"]).stdin_open();
    let mut server = Served::start(call);
    server.write("one\r\n\ntwo\n");
    let mut first = common::call(server.addr());
    for text in ["one", "", "two"] {
        first.expect_text(text);
    }
    let mut second = common::call(server.addr());
    server.wait_stderr("@2 * ");
    // No command is one here, and the end of the input ends a line.
    server.write("/quit\n@1 both");
    server.close_stdin();
    for caller in [&mut first, &mut second] {
        caller.expect_text("/quit");
        caller.expect_text("@1 both");
    }
    server.signal(Signal::SIGTERM);
    first.expect_close(1001);
    let output = server.finish_with_stdin_open();
    assert_eq!((output.signal, output.text()), (Some(15), ""));
}

#[test]
fn piped_lines_that_cannot_be_sent_are_told_and_passed_over() {
    let call = wscope(&["serve", ":0", "--console", "--max-message", "8"]);
    let input = [&b"a\nb\xff\n123456789\n"[..], &[b'x'; 200_000], b"\n12345678\n", &[b'y'; 300_000]].concat();
    let server = Served::start(call.stdin(input));
    let mut only = common::call(server.addr());
    only.expect_text("a");
    only.expect_text("12345678");
    for (line, why) in
        [(2, "not UTF-8 at byte offset 1"), (3, "it is larger"), (4, "it is larger"), (6, "it is larger")]
    {
        server.wait_stderr(&format!("wscope: standard input, line {line} is not sent: {why}"));
    }
}

#[test]
fn piped_lines_go_as_fast_as_the_fastest_client_takes_them() {
    let lines: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    for args in [&[][..], &["--slow", "wait"], &["-b"]] {
        let call = wscope(&[&["serve", ":0", "--console", "--queue", "4K"], args].concat());
        let server = Served::start(call.stdin(lines.clone()));
        // Its default form makes a line of each message, binary or not.
        server.client(&["-n", "200000", "--no-input"]).exits(0).prints(&lines);
    }
}

#[test]
fn a_client_that_reads_nothing_does_not_hold_up_the_others() {
    let lines: String = (0..50_000).map(|number| format!("{number:600}\n")).collect();
    let mut server = Served::start(wscope(&["serve", ":0", "--console"]).stdin_open());
    let stuck = call(server.addr());
    server.wait_stderr("@1 * ");
    let client = wscope(&["-n", "50000", "--no-input", server.url()]).start();
    server.wait_stderr("@2 * ");
    let mut stdin = server.take_stdin();
    let text = lines.clone();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, text.as_bytes()));
    client.finish().exits(0).prints(&lines);
    writer.join().expect("no panic").expect("all was read");
    server.wait_stderr("@1 * it reads too slowly and misses messages (--slow drop)");
    drop(stuck);
}

#[test]
fn a_console_has_no_command_and_no_other_behaviour() {
    for args in [&["--console", "--echo"][..], &["--console", "--", "cat"]] {
        wscope(&[&["serve", ":0"], args].concat()).run().fails(2, &["--console"]).never_says("listening on ");
    }
}

#[test]
fn a_client_that_is_leaving_takes_no_line_from_the_others() {
    let mut server = Served::start(wscope(&["serve", ":0", "--console"]).stdin_open());
    let mut first = call(server.addr());
    server.write("one\n");
    first.expect_text("one");
    first.close(1000);
    first.expect_close(1000);
    // Whatever comes from here on is for the next one, however late its end shows.
    server.write("two\nthree\n");
    let mut second = call(server.addr());
    second.expect_text("two");
    second.expect_text("three");
}

#[test]
fn what_one_client_does_not_take_any_more_goes_to_the_others() {
    let (terminal, addr) = console(&["--close-timeout", "forever"]);
    let mut silent = client(&terminal, addr, 1, "/silent");
    let mut other = client(&terminal, addr, 2, "/other");
    terminal.line("/kick 1");
    silent.expect_close(1008);
    terminal.line("/ping x");
    let ping = other.next().expect("a ping");
    assert_eq!((ping.opcode, ping.text()), (PING, "x"));
    terminal.line("@1 /repeat 1000000000 x");
    terminal.wait_for("* @1 is leaving: nothing was sent");
    terminal.line("still here");
    other.expect_text("still here");
}

#[test]
fn a_repetition_leaves_time_for_everything_else() {
    let (mut terminal, addr) = console(&[]);
    let client = wscope(&["-q", "--no-input", &format!("ws://{addr}/")]).stdout_file(null()).start();
    terminal.wait_for("connected to /");
    terminal.line("/quiet on");
    terminal.line("/repeat 1000000000 hello");
    terminal.line("/stats");
    terminal.wait_for("* sent ");
    terminal.keys("\x04");
    assert_eq!(terminal.ends(), Ok(0));
    drop(client);
}

fn null() -> std::fs::File {
    std::fs::OpenOptions::new().write(true).open("/dev/null").expect("there is one")
}

#[test]
fn what_is_composed_for_one_goes_to_one() {
    let terminal = shell_terminal("EDITOR=./editor exec \"$WSCOPE\" serve :0 --console", &[]).size(60, 120);
    let home = std::sync::Arc::new(tempfile::tempdir().expect("a folder"));
    let editor = home.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nprintf composed > \"$1\"\n").expect("written");
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours");
    let terminal = terminal.home(home).start();
    let addr = listening(&terminal);
    let mut first = client(&terminal, addr, 1, "/one");
    let mut second = client(&terminal, addr, 2, "/two");
    terminal.line("@2 /edit");
    second.expect_text("composed");
    terminal.line("all");
    first.expect_text("all");
}

#[test]
fn with_wait_a_typed_line_is_not_queued_without_end() {
    let (terminal, addr) = console(&["--slow", "wait", "--queue", "4K"]);
    let stuck = client(&terminal, addr, 1, "/");
    std::fs::write(terminal.home_folder().path().join("big"), vec![b'x'; 32 << 20]).expect("written");
    terminal.line("/file big");
    terminal.line("more");
    terminal.wait_for("@1 * not sent: it reads too slowly, and more than --queue waits for it");
    drop(stuck);
}

#[test]
fn without_a_prompt_a_terminal_is_told_what_lines_are() {
    let terminal = shell_terminal("\"$WSCOPE\" serve :0 --console | cat", &[]).size(60, 120).start();
    terminal.wait_for("* no prompt where the output is no terminal: each line goes to all clients");
    let addr = listening(&terminal);
    let mut only = call_with(addr, "/", "");
    terminal.line("/ping as text");
    only.expect_text("/ping as text");
}
