//! What goes between clients and commands.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn messages_are_lines_and_lines_are_messages() {
    let server = serve(&["cat"], Options::default());
    let mut client = server.client();
    for message in ["hello", "", "ünï", "two\nlines"] {
        send(&mut client, message);
    }
    let texts: Vec<_> = (0..5).map(|_| text(&mut client)).collect();
    assert_eq!(texts, ["hello", "", "ünï", "two", "lines"]);
    client.send(Message::binary(&b"bytes"[..])).unwrap();
    assert_eq!(text(&mut client), "bytes");
    client.close(None).unwrap();
    server.stop();
}

#[test]
fn what_a_command_wrote_comes_before_the_close_frame() {
    let (texts, code, reason) = to_end(&mut shell("printf 'a\\r\\n\\nlast'").client());
    assert_eq!((texts, code, reason.as_str()), (vec!["a".into(), String::new(), "last".into()], 1000, ""));
    let (texts, code, reason) = to_end(&mut shell("seq 1 200000; exit 7").client());
    assert_eq!((texts.len(), code, reason.as_str()), (200_000, 4007, "exit status 7"));
    assert_eq!(texts.last().map(String::as_str), Some("200000"));
    let (_, code, reason) = to_end(&mut shell("kill -USR1 $$").client());
    assert_eq!((code, reason.as_str()), (4000 + 128 + 10, "signal SIGUSR1"));
}

#[test]
fn raw_blocks_are_binary_messages() {
    let server = serve(&["cat"], Options { raw: true, ..Options::default() });
    let mut client = server.client();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    client.send(Message::binary(bytes.clone())).unwrap();
    let mut back = Vec::new();
    while back.len() < bytes.len() {
        back.extend_from_slice(&client.read().unwrap().into_data());
    }
    assert!(back == bytes);
}

#[test]
fn stderr_is_told_line_by_line() {
    let server = shell("printf 'one\\ntwo' >&2; head -c 20000 /dev/zero | tr '\\0' x >&2; exit 1");
    to_end(&mut server.client());
    assert_eq!(server.heard(), Talk::Stderr(b"one".to_vec()));
    let Talk::Stderr(first) = server.heard() else { panic!("a line of stderr") };
    assert!(first.starts_with(b"twoxxx"));
    let mut rest = first.len();
    while rest < 20_003 {
        let Talk::Stderr(more) = server.heard() else { panic!("a line of stderr") };
        rest += more.len();
    }
    assert_eq!(rest, 20_003);
}

#[test]
fn lines_that_are_no_text_or_too_long() {
    let server = shell("printf 'a\\377\\nb\\n'");
    let mut client = server.client();
    assert_eq!(client.read().unwrap(), Message::binary(&b"a\xff"[..]));
    assert_eq!(to_end(&mut client).0, ["b"]);
    let Talk::Notice(notice) = server.heard() else { panic!("a notice") };
    assert!(notice.contains("not UTF-8"), "{notice}");
    let server = serve(
        &["sh", "-c", "echo fine; exec cat /dev/zero"],
        Options { max_message: 1000, ..Options::default() },
    );
    let (texts, code, reason) = to_end(&mut server.client());
    assert_eq!(
        (texts, code, reason.as_str()),
        (vec!["fine".to_owned()], 1011, "a line of output is too long")
    );
    let Talk::Error(error) = server.heard() else { panic!("an error") };
    assert!(error.contains("--max-message"), "{error}");
}

/// Waits until the count stands still: in twenty looks nothing has changed.
fn stands_still(count: &AtomicUsize) {
    let (mut last, mut same) = (0, 0);
    while same < 20 {
        std::thread::sleep(Duration::from_millis(10));
        let now = count.load(Ordering::SeqCst);
        same = if now == last && now > 0 { same + 1 } else { 0 };
        last = now;
    }
}

#[test]
fn neither_side_loses_anything_when_the_other_is_slow() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let server = shell(&format!("read go < {}; exec cat", gate.display()));
    let mut client = server.client();
    let stream = client.get_ref().try_clone().unwrap();
    let mut writer = WebSocket::from_raw_socket(stream, tungstenite::protocol::Role::Client, None);
    let (lines, line) = (20_000, "x".repeat(1000));
    let (count, counted) = (Arc::new(AtomicUsize::new(0)), line.clone());
    let counter = Arc::clone(&count);
    let sender = std::thread::spawn(move || {
        for n in 0..lines {
            send(&mut writer, &format!("{n} {counted}"));
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    // The command reads nothing, and the client is stopped.
    stands_still(&count);
    assert!(count.load(Ordering::SeqCst) < lines);
    // The client reads nothing, and the command is stopped.
    std::fs::write(&gate, "go\n").unwrap();
    stands_still(&count);
    assert!(count.load(Ordering::SeqCst) < lines);
    for n in 0..lines {
        assert_eq!(text(&mut client), format!("{n} {line}"));
    }
    sender.join().unwrap();
}

#[test]
fn a_command_sees_nothing_of_ours_but_what_cgi_tells() {
    const SCRIPT: &str = "echo $(ls /proc/self/fd); printf '%s\\n' \"$QUERY_STRING\"; env | cut -d= -f1";
    let (texts, code, _) = to_end(&mut shell(SCRIPT).client_at("/x?a=1&b"));
    assert_eq!(code, 1000);
    assert_eq!(texts[1], "a=1&b");
    // Whoever runs the tests may hand something on to us, and so to everybody.
    let plain = std::process::Command::new("sh").args(["-c", SCRIPT]).output().unwrap().stdout;
    let plain = String::from_utf8(plain).unwrap();
    assert_eq!(texts.first().map(String::as_str), plain.lines().next(), "descriptors of a command");
    let known = "AUTH_TYPE CONTENT_LENGTH CONTENT_TYPE GATEWAY_INTERFACE PATH PATH_INFO PATH_TRANSLATED PWD QUERY_STRING \
        REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_PORT REMOTE_USER REQUEST_METHOD REQUEST_URI SCRIPT_NAME SERVER_NAME \
        SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE UNIQUE_ID _ OLDPWD SHLVL";
    for name in &texts[2..] {
        let is_known = known.split_whitespace().any(|other| other == name);
        assert!(name.starts_with("HTTP_") || is_known, "{name} is set");
    }
}
