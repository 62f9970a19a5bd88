//! What `wscope serve` answers: `--echo`, `--reply`, `--push`, `--sink`.

mod common;

use common::{BINARY, PING, PONG, call, serve, wscope};

#[test]
fn echoes_keep_kind_and_bytes() {
    let server = serve(&["--echo"]);
    let bytes: Vec<u8> = (0..=255).collect();
    let call = wscope(&["-b", "-i", "whole", "-n1", "-o", "raw", server.url()]).stdin(bytes.clone());
    call.run().exits(0).prints(&bytes);
    let mut caller = common::call(server.addr());
    caller.send(common::frames::masked(common::FIN | BINARY, &[0, 255]));
    let frame = caller.next().expect("an echo");
    assert_eq!((frame.opcode, frame.payload.as_slice()), (BINARY, &[0, 255][..]));
}

#[test]
fn a_client_that_sends_without_reading_is_not_read_either() {
    let server = serve(&["--queue", "64K"]);
    let text = "x".repeat(1 << 20);
    let input = format!("{text}\n").repeat(32);
    // It reads nothing while nobody reads its stdout.
    let mut client = wscope(&["-n", "32", server.url()]).stdin(input).stdout_unread().start();
    let mut other = call(server.addr());
    other.text("still served");
    other.expect_text("still served");
    let mut rest = client.take_stdout();
    let mut got = 0;
    let mut block = vec![0; 1 << 16];
    while let Ok(count @ 1..) = std::io::Read::read(&mut rest, &mut block) {
        got += count;
    }
    assert_eq!(got, 32 * ((1 << 20) + 1));
    client.finish().exits(0);
    #[cfg(target_os = "linux")]
    {
        let peak = server.peak_kib().expect("it runs");
        assert!(peak < 64 * 1024, "{peak} KiB are held for a client that does not read");
    }
}

#[test]
fn replies_go_round_for_each_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("three");
    std::fs::write(&file, "three\n").expect("written");
    let named = format!("@{}", file.display());
    let server = serve(&["--reply", "one", "--reply", "@@two", "--reply", &named]);
    let mut callers = [call(server.addr()), call(server.addr())];
    for answer in ["one", "@two", "three\n", "one"] {
        for caller in &mut callers {
            caller.text("?");
            caller.expect_text(answer);
        }
    }
}

#[test]
fn replies_are_binary_where_asked_and_text_only_where_they_can_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bytes");
    std::fs::write(&file, [0xff, 0]).expect("written");
    let named = format!("@{}", file.display());
    wscope(&["serve", ":0", "--reply", &named]).run().fails(9, &["UTF-8", "-b"]).never_says("listening on ");
    let server = serve(&["--reply", &named, "-b"]);
    wscope(&["-m", "?", "-1", "-o", "hex", server.url()]).run().exits(0).prints("ff00\n");
}

#[test]
fn lines_are_pushed_one_by_one_or_all_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lines");
    std::fs::write(&file, "a\r\n\nc").expect("written");
    let file = file.to_str().expect("a name");
    for every in ["0", "1ms", "50ms"] {
        let server = serve(&["--push", file, "--every", every]);
        let mut caller = call(server.addr());
        for line in ["a", "", "c"] {
            caller.expect_text(line);
        }
        // Then nothing more comes but what is asked for.
        caller.text("?");
        caller.send(common::frames::masked(common::FIN | PING, b"p"));
        assert_eq!(caller.next().expect("a pong").opcode, PONG);
    }
    let server = serve(&["--push", file, "--every", "forever"]);
    let mut caller = call(server.addr());
    caller.expect_text("a");
    caller.close(1000);
    caller.expect_close(1000);
}

#[test]
fn pushed_lines_wait_for_a_client_that_reads_slowly() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lines");
    let line = "x".repeat(1 << 20);
    std::fs::write(&file, format!("{line}\n").repeat(32)).expect("written");
    let server = serve(&["--push", file.to_str().expect("a name"), "--every", "0", "--queue", "64K"]);
    let mut slow = call(server.addr());
    let mut quick = call(server.addr());
    for caller in [&mut quick, &mut slow] {
        for _ in 0..32 {
            caller.expect_text(&line);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_sink_answers_nothing_and_counts() {
    let mut server = serve(&["--sink"]);
    wscope(&["--linger", "0", server.url()]).stdin("one\ntwo\n").run().exits(0).prints("");
    server.wait_stderr("@1 * received 2 messages, 6 bytes\n");
    wscope(&["--linger", "0", "-m", "three", server.url()]).run().exits(0).prints("");
    server.wait_stderr("@2 * received 1 message, 5 bytes\n");
    server.signal(nix::sys::signal::Signal::SIGTERM);
    server.finish_with_stdin_open().says("\n* received 3 messages, 11 bytes from 2 clients\n");
}
