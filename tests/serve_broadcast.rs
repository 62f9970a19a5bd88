//! `wscope serve --broadcast`, and what a client that does not read makes of the others.

mod common;

use common::{Caller, Running, Served, call, serve, wscope};

/// So many clients listen beside the one that is stuck.
const CLIENTS: usize = 100;

/// Clients that have got one message each, so that all are known to be in.
#[track_caller]
fn gather(server: &Served, count: usize) -> Vec<Caller> {
    let callers: Vec<Caller> = (0..count).map(|_| call(server.addr())).collect();
    server.wait_stderr(&format!("@{count} * "));
    callers
}

/// A listener that ends after this message.
fn listener(server: &Served, last: &str) -> Running {
    wscope(&["--no-input", "--until", &format!("^{last}$"), server.url()]).start()
}

#[test]
fn messages_go_to_all_others() {
    let server = serve(&["--broadcast"]);
    let mut callers = gather(&server, 3);
    callers[0].text("from the first");
    callers[1].expect_text("from the first");
    callers[2].expect_text("from the first");
    callers[2].text("from the third");
    callers[0].expect_text("from the third");
    callers[1].expect_text("from the third");
}

#[test]
fn their_sender_is_among_them_where_asked() {
    let server = serve(&["--broadcast", "--include-sender"]);
    let mut callers = gather(&server, 2);
    callers[0].text("x");
    for caller in &mut callers {
        caller.expect_text("x");
    }
}

#[test]
fn a_client_that_left_is_no_longer_sent_to() {
    let server = serve(&["--broadcast"]);
    let mut callers = gather(&server, 3);
    callers[1].close(1000);
    callers[1].expect_close(1000);
    server.wait_stderr("@2 * closed by the client");
    callers[0].text("x");
    callers[2].expect_text("x");
}

#[test]
fn a_stuck_reader_among_a_hundred_changes_nothing_for_the_others() {
    let server = serve(&["--broadcast", "--queue", "64K"]);
    let _stuck = call(server.addr());
    let mut readers: Vec<Caller> = (0..CLIENTS).map(|_| call(server.addr())).collect();
    let mut sender = call(server.addr());
    server.wait_stderr(&format!("@{} * ", CLIENTS + 2));
    let mut text = "x".repeat(256 * 1024);
    // The buffers of the system take some of it first.
    let mut rounds = 0;
    while !server.stderr_so_far().contains("@1 * it reads too slowly and misses messages (--slow drop)") {
        assert!(rounds < 200, "{}", server.stderr_so_far());
        text.replace_range(..4, &format!("{rounds:04}"));
        sender.text(&text);
        for reader in &mut readers {
            reader.expect_text(&text);
        }
        rounds += 1;
    }
    sender.text("the last");
    for reader in &mut readers {
        reader.expect_text("the last");
    }
    let told = server.stderr_so_far();
    assert_eq!(told.matches("reads too slowly").count(), 1, "{told}");
    #[cfg(target_os = "linux")]
    {
        let peak = server.peak_kib().expect("it runs");
        assert!(peak < 256 * 1024, "{peak} KiB are held for one stuck reader");
    }
}

#[test]
fn a_client_that_reads_again_is_told_what_it_missed() {
    let server = serve(&["--broadcast", "--queue", "1K"]);
    let mut slow = call(server.addr());
    let mut sender = call(server.addr());
    server.wait_stderr("@2 * ");
    let text = "x".repeat(1 << 20);
    let mut sent = 0;
    while !server.stderr_so_far().contains("@1 * it reads too slowly") {
        assert!(sent < 200, "{}", server.stderr_so_far());
        sender.text(&text);
        sent += 1;
        // Whatever it was, it has been looked at once the answer to a ping is here.
        sender.send(common::frames::masked(common::FIN | common::PING, b"p"));
        assert_eq!(sender.next().expect("a pong").opcode, common::PONG);
    }
    let mut got = 0;
    while !server.stderr_so_far().contains(" not sent to it (--slow drop)") {
        slow.expect_text(&text);
        got += 1;
    }
    sender.text("news");
    while slow.next().expect("a frame").payload != b"news" {
        got += 1;
    }
    let missed = sent - got;
    let plural = if missed == 1 { "" } else { "s" };
    server.wait_stderr(&format!("@1 * {missed} message{plural} not sent to it (--slow drop)\n"));
}

#[test]
fn a_stuck_reader_can_be_disconnected() {
    let server = serve(&["--broadcast", "--slow", "disconnect", "--queue", "1K"]);
    let _stuck = call(server.addr());
    let reader = listener(&server, "end");
    server.wait_stderr("@2 * ");
    let mut sender = call(server.addr());
    let text = "x".repeat(1 << 20);
    for _ in 0..200 {
        if server.stderr_so_far().contains("@1 wscope: it reads too slowly and is being closed") {
            break;
        }
        sender.text(&text);
    }
    server.wait_stderr("@1 wscope: it reads too slowly and is being closed (--slow disconnect)");
    server.wait_stderr("@1 wscope: connection lost: 1006");
    sender.text("end");
    let output = reader.finish();
    output.exits(0);
    assert!(output.stdout.ends_with(b"end\n"), "{output}");
}

#[test]
fn those_who_talk_can_be_made_to_wait() {
    let server = serve(&["--broadcast", "--slow", "wait", "--queue", "64K"]);
    let mut slow = call(server.addr());
    let count = 32;
    let text = "x".repeat(1 << 20);
    let input = format!("{text}\n").repeat(count);
    let sender = wscope(&["--linger", "0", "--close-timeout", "forever", server.url()]).stdin(input).start();
    for _ in 0..count {
        slow.expect_text(&text);
    }
    sender.finish().exits(0);
    let told = server.stderr_so_far();
    assert!(!told.contains("slow"), "{told}");
    #[cfg(target_os = "linux")]
    {
        let peak = server.peak_kib().expect("it runs");
        assert!(peak < 24 * 1024, "{peak} KiB are held where the sender should wait");
    }
}
