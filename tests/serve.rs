//! `wscope serve`: listening, what is shown of whom and where, limits, and leaving.
#![cfg(unix)]

mod common;

use common::caller::{call_with, request};
use common::frames::{FIN, TEXT, masked};
use common::{Caller, Served, call, serve, wscope};

/// The line of stderr that begins so.
#[track_caller]
fn line<'a>(text: &'a str, begins: &str) -> &'a str {
    let found = text.lines().find(|line| line.starts_with(begins));
    found.unwrap_or_else(|| panic!("no line begins with {begins:?}: {text}"))
}

#[test]
fn it_echoes_and_tells_openings_and_closings_by_number() {
    let server = serve(&[]);
    let url = format!("{}chat?token=abc", server.url());
    wscope(&["-n3", &url]).stdin("1\n2\n3\n").run().exits(0).prints("1\n2\n3\n").silent();
    server.wait_stderr("@1 * closed by the client: 1000 normal closure (clean)\n");
    wscope(&["-1", "-m", "x", "-s", "b,a", server.url()]).run().exits(0).prints("x\n");
    server.wait_stderr("@2 * closed by the client");
    let told = server.stderr_so_far();
    assert!(line(&told, "@1 * 127.0.0.1:").ends_with(" connected to /chat?token=<redacted>"), "{told}");
    assert!(line(&told, "@2 * 127.0.0.1:").ends_with(" connected to / · subprotocol b"), "{told}");
}

#[test]
fn stdout_carries_messages_only_where_a_form_asks_for_them() {
    for (args, stdout) in [(&[][..], ""), (&["-o", "lines"], "a\nb\n"), (&["-o", "hex"], "61\n62\n")] {
        let mut server = serve(args);
        for text in ["a", "b"] {
            let mut caller = call(server.addr());
            caller.text(text);
            caller.expect_text(text);
        }
        interrupt(&mut server).prints(stdout);
    }
}

#[test]
fn records_name_their_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("r.jsonl");
    let mut server = serve(&["-o", "jsonl", "--record", file.to_str().expect("a name")]);
    let mut first = call(server.addr());
    let mut second = call_with(server.addr(), "/two", "");
    second.text("hi");
    second.expect_text("hi");
    first.close(1000);
    first.expect_close(1000);
    server.wait_stderr("@1 * closed");
    let output = interrupt(&mut server);
    let records = String::from_utf8(output.stdout.clone()).expect("text");
    let mut seen = Vec::new();
    for record in records.lines() {
        let record: serde_json::Value = serde_json::from_str(record).expect("JSON");
        let direction = record["direction"].as_str().unwrap_or_default().to_owned();
        seen.push((
            record["event"].as_str().expect("an event").to_owned(),
            record["connection"].as_u64(),
            direction,
        ));
        assert_ne!(record["time"], serde_json::Value::Null);
    }
    assert_eq!((seen[0].0.as_str(), seen[0].1), ("listening", None));
    assert!(
        records.lines().next().is_some_and(|line| line.contains(&format!("\"url\":\"{}\"", server.url())))
    );
    for (event, connection, direction) in [
        ("open", 1, ""),
        ("open", 2, ""),
        ("text", 2, "received"),
        ("text", 2, "sent"),
        ("close", 1, "received"),
        ("end", 1, ""),
        ("close", 2, "sent"),
        ("end", 2, ""),
    ] {
        let wanted = (event.to_owned(), Some(connection), direction.to_owned());
        assert!(seen.contains(&wanted), "{wanted:?} is missing: {records}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("recorded").lines().count(), seen.len());
}

#[test]
fn nothing_of_a_client_passes_for_another_line() {
    let mut server = serve(&["-o", "human", "-v"]);
    let mut caller = call_with(server.addr(), "/@2", "X: \u{202e}@2 * fake\r\n");
    let attack = "\u{1b}[2J\n@2 * closed by the client: 1000 normal closure (clean)\n";
    caller.text(attack);
    caller.expect_text(attack);
    caller.send(masked(FIN | 8, b"\x03\xe8\n@2 < fake\x9b\r"));
    caller.read_to_end();
    server.wait_stderr("@1 wscope: ");
    let output = interrupt(&mut server);
    let stdout = String::from_utf8(output.stdout.clone()).expect("text");
    assert_eq!(stdout.lines().next(), Some("@1 < \\x1b[2J"));
    for line in stdout.lines().chain(output.stderr.lines()) {
        assert!(!line.starts_with("@2"), "{output}");
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}

#[test]
fn heads_are_shown_with_the_number_and_without_secrets() {
    let server = serve(&["-v"]);
    let call = wscope(&["-1", "-m", "x", "-H", "Authorization: Bearer abc", server.url()]);
    call.run().exits(0).prints("x\n");
    server.wait_stderr("@1 * sent 1 message");
    let told = server.stderr_so_far();
    for line in
        ["@1 < GET / HTTP/1.1", "@1 < Authorization: <redacted>", "@1 > HTTP/1.1 101 Switching Protocols"]
    {
        assert!(told.lines().any(|told| told == line), "{line:?} is missing: {told}");
    }
}

#[test]
fn what_is_no_opening_handshake_is_refused_and_told() {
    let server = serve(&["--max-head", "1K"]);
    let mut plain = Caller::connect(server.addr());
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(plain.read_answer().starts_with("HTTP/1.1 426 "), "{}", plain.answer);
    let mut large = Caller::connect(server.addr());
    large.send(request("/", &format!("X: {}\r\n", "x".repeat(2048))));
    assert!(large.read_answer().starts_with("HTTP/1.1 400 "), "{}", large.answer);
    Caller::connect(server.addr()).fin();
    server.wait_stderr(" was refused with 426\n");
    server.wait_stderr(" was refused with 400: ");
    server.wait_stderr(" left before its request was complete\n");
}

#[test]
fn limits_hold_for_each_client_and_for_all() {
    let server = serve(&["--connections", "2", "--max-message", "4", "--handshake-timeout", "300ms"]);
    let mut first = call(server.addr());
    let mut slow = Caller::connect(server.addr());
    slow.send("GET / HTTP");
    let mut third = Caller::connect(server.addr());
    third.send(request("/", ""));
    assert!(third.read_answer().starts_with("HTTP/1.1 503 "), "{}", third.answer);
    server.wait_stderr("too many connections (--connections)");
    assert_eq!(slow.read_to_end(), b"", "it took too long");
    server.wait_stderr("took too long over its request (--handshake-timeout)");
    first.text("12345");
    first.expect_close(1009);
    server.wait_stderr("@1 wscope: closed by the server: 1009 ");
    server.wait_stderr("--max-message");
}

#[test]
fn one_too_many_is_told_so_once_it_has_asked() {
    let server = serve(&["--connections", "1"]);
    let _first = call(server.addr());
    let _silent = Caller::connect(server.addr());
    let mut other = Caller::connect(server.addr());
    other.send(request("/", ""));
    assert!(other.read_answer().starts_with("HTTP/1.1 503 "), "{}", other.answer);
    let told = "too many connections (--connections)";
    server.wait_stderr(told);
    // An answer ahead of its request would belong to none (RFC 9112 §9.2).
    assert_eq!(server.stderr_so_far().matches(told).count(), 1, "who asks nothing is told nothing");
}

#[test]
fn pings_find_out_who_is_gone() {
    let server = serve(&["--ping-interval", "50ms", "--ping-timeout", "200ms"]);
    let mut silent = call(server.addr());
    silent.read_to_end();
    server.wait_stderr("@1 wscope: connection lost: 1006 no close frame, no pong came within 200ms");
}

#[test]
fn it_agrees_to_compression_only_where_asked() {
    let lines = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    for (args, agrees) in [(&[][..], false), (&["-z"], true)] {
        let server = serve(args);
        let caller = call_with(server.addr(), "/", lines);
        assert_eq!(caller.answer.contains("permessage-deflate"), agrees, "{}", caller.answer);
    }
}

#[test]
fn options_come_from_the_section_of_the_config_file_alone() {
    let call = wscope(&["serve", ":0"]);
    let folder = call.home_folder().path().join("config/wscope");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let config = "quiet\noutput hex\n[serve]\nreply pong\n";
    std::fs::write(folder.join("config"), config).expect("the file can be written");
    let mut server = Served::start(call);
    let mut caller = common::call(server.addr());
    caller.text("ping");
    caller.expect_text("pong");
    interrupt(&mut server).prints("");
}

#[test]
fn another_address_than_loopback_is_warned_of() {
    let server = Served::start(wscope(&["serve", "0.0.0.0:0"]));
    server.wait_stderr("* warning: other computers can reach this server, which listens on 0.0.0.0:");
}

#[test]
fn what_cannot_be_served_is_said_before_anything_listens() {
    let other = serve(&[]);
    let port = other.addr().port().to_string();
    wscope(&["serve", &port]).run().fails(9, &["another program listens"]).never_says("listening on ");
    let rows: [(&[&str], &str); 8] = [
        (&["localhost"], "no port"),
        (&["ws://localhost:1/"], "URL"),
        (&["70000"], "65535"),
        (&[":0", "--echo", "--broadcast"], "--broadcast"),
        (&[":0", "--reply", "x", "--sink"], "--sink"),
        (&[":0", "--include-sender"], "--broadcast"),
        (&[":0", "--slow", "never"], "--slow"),
        (&[":0", "-o", "whole"], "input only"),
    ];
    for (args, words) in rows {
        let output = wscope(&[&["serve"], args].concat()).run();
        output.fails(2, &[words]).never_says("listening on ");
    }
    wscope(&["serve", ":0", "--push", "/no/such"]).run().fails(9, &["/no/such"]).never_says("listening on ");
}

#[test]
fn unix_sockets_are_served_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let path = path.to_str().expect("a name");
    let running = wscope(&["serve", &format!("unix:{path}")]).start();
    running.wait_stderr(&format!("listening on ws+unix:{path}\n"));
    wscope(&["--unix-socket", path, "-1", "-m", "x", "localhost"]).run().exits(0).prints("x\n");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let call = wscope(&["serve", ":0", "-o", "lines"]).stdout_unread();
    let mut server = Served::start(call);
    let mut caller = common::call(server.addr());
    drop(server.take_stdout());
    caller.text("x");
    while caller.next().is_some_and(|frame| frame.opcode == TEXT) {}
    caller.close(1001);
    server.finish_with_stdin_open().exits(0).never_says("wscope:");
}

/// Ends the server as Ctrl-C does, and gives what it printed.
#[track_caller]
fn interrupt(server: &mut Served) -> common::Output {
    server.signal(nix::sys::signal::Signal::SIGINT);
    let output = server.finish_with_stdin_open();
    assert_eq!(output.signal, Some(2), "{output}");
    output
}
