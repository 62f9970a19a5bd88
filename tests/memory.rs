//! Memory stays bounded however fast one side and however slow the other, and nothing is dropped on the way.
//!
//! Linux tells the peak of a process (VmHWM); the limit is 32 MiB for messages below 1 MiB, also in a debug build.
//! Every test waits until the fast side is held up, reads the peak there, and lets go only then.
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, BufReader, Write};

use std::time::{Duration, Instant};

use common::{FIN, Gate, PING, Running, TEXT, call, frame, gate, peer, serve, text, wscope};

const RSV1: u8 = 0x40;
const LIMIT_KIB: u64 = 32 * 1024;

#[track_caller]
fn check_peak(run: &Running) {
    let peak = run.peak_kib().expect("it runs");
    assert!(peak < LIMIT_KIB, "{peak} KiB were held, {LIMIT_KIB} are allowed");
}

/// What a script calls when it is held up: it tells the test and waits until the test lets it go on.
fn holdup() -> (impl Fn() + Send + Sync, Gate, Gate) {
    let (held, go) = (gate(), gate());
    let (tell, wait) = (held.clone(), go.clone());
    let stuck = move || {
        tell.open();
        wait.wait();
    };
    (stuck, held, go)
}

/// A line of a thousand bytes that says which one it is.
fn numbered(number: usize) -> String {
    format!("{number:08} {}", "x".repeat(990))
}

#[test]
fn a_slow_reader_slows_the_server_down() {
    const COUNT: usize = 60_000;
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept();
        let flood = (0..COUNT).map(|number| text(&numbered(number))).collect::<Vec<_>>().concat();
        assert!(c.send_noticing_stall(&flood, &stuck), "wscope left");
        c.close(1000, "");
    });
    let mut run = wscope(&["--no-input", &peer.url()]).stdout_unread().start();
    told.wait();
    check_peak(&run);
    let mut reader = BufReader::new(run.take_stdout());
    go.open();
    let mut line = String::new();
    for number in 0..COUNT {
        line.clear();
        reader.read_line(&mut line).expect("a line");
        assert_eq!(line.trim_end(), numbered(number));
    }
    check_peak_if_running(&run);
    run.finish_with_stdin_open().exits(0);
}

/// The peak also counts what happened while the backlog was worked off; after the end there is none to read.
fn check_peak_if_running(run: &Running) {
    let peak = run.peak_kib().unwrap_or(0);
    assert!(peak < LIMIT_KIB, "{peak} KiB were held, {LIMIT_KIB} are allowed");
}

#[test]
fn a_slow_server_slows_the_input_down() {
    const COUNT: usize = 60_000;
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept();
        c.wait_until_client_stalls();
        stuck();
        for number in 0..COUNT {
            c.expect_text(&numbered(number));
        }
        stuck();
        c.close(1000, "");
    });
    let lines: String = (0..COUNT).map(|number| numbered(number) + "\n").collect();
    let mut run = wscope(&["--linger", "forever", &peer.url()]).stdin_in_file(lines.as_bytes()).start();
    told.wait();
    check_peak(&run);
    go.open();
    told.wait();
    check_peak(&run);
    go.open();
    run.finish_with_stdin_open().exits(0);
}

#[test]
fn endless_input_is_held_up_and_ends_with_the_signal() {
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept();
        c.wait_until_client_stalls();
        stuck();
        c.stall();
    });
    for form in ["lines", "raw"] {
        let mut run = wscope(&["-i", form, &peer.url()]).stdin_open().start();
        let mut stdin = run.take_stdin();
        let feeder = std::thread::spawn(move || {
            let block = "yes yes yes yes\n".repeat(4096);
            while stdin.write_all(block.as_bytes()).is_ok() {}
        });
        told.wait();
        check_peak(&run);
        go.open();
        run.signal(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(run.finish_with_stdin_open().signal, Some(15));
        feeder.join().expect("the feeder ends with its pipe");
    }
}

#[test]
fn compressed_messages_that_nobody_reads_are_held_up() {
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept_with("Sec-WebSocket-Extensions: permessage-deflate\r\n");
        c.wait_until_client_stalls();
        stuck();
        c.stall();
    });
    let mut run = wscope(&["-z", &peer.url()]).stdin_open().start();
    let mut stdin = run.take_stdin();
    // Digits without a pattern, because what shrinks to nothing fills no socket.
    let mut state = 1_u64;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 60) as u8 % 10)
    };
    let block: String =
        (0..100).flat_map(|_| (0..999).map(|_| digit()).chain(['\n']).collect::<Vec<_>>()).collect();
    let feeder = std::thread::spawn(move || while stdin.write_all(block.as_bytes()).is_ok() {});
    told.wait();
    check_peak(&run);
    go.open();
    run.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(run.finish_with_stdin_open().signal, Some(15));
    feeder.join().expect("the feeder ends with its pipe");
}

#[test]
fn an_echo_whose_answers_nobody_reads_is_held_up() {
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept();
        let flood = text(&numbered(0)).repeat(60_000);
        let all_taken = c.send_noticing_stall(&flood, &stuck);
        assert!(!all_taken, "wscope was ended while it was held up");
    });
    // What is echoed is shown as well, so that somebody has to read it.
    let run = wscope(&["--echo", &peer.url()]).start();
    told.wait();
    check_peak(&run);
    drop(run);
    go.open();
}

#[test]
fn a_flood_of_pings_whose_pongs_nobody_reads_costs_nothing() {
    const COUNT: usize = 200_000;
    let (stuck, told, go) = holdup();
    let payload = |number: usize| format!("{number:0125}");
    let peer = peer(move |c| {
        c.accept();
        // More pongs than any socket buffer holds; only the latest ping needs an answer (RFC 6455 §5.5.3).
        c.send(
            (0..COUNT).flat_map(|number| frame(FIN | PING, payload(number).as_bytes())).collect::<Vec<_>>(),
        );
        c.send(text("done"));
        stuck();
        let mut pongs = 0;
        let mut last = String::new();
        while last != payload(COUNT - 1) {
            let pong = c.frame();
            assert_eq!(pong.opcode, common::PONG);
            assert!(pong.text() > &*last, "{} after {last}", pong.text());
            last = pong.text().to_owned();
            pongs += 1;
        }
        assert!(pongs < COUNT, "every ping was answered, so nothing was ever held up");
        c.close(1000, "");
    });
    let mut run = wscope(&["--no-input", &peer.url()]).start();
    told.wait();
    run.wait_stdout("done\n");
    check_peak(&run);
    go.open();
    run.finish_with_stdin_open().exits(0);
}

#[test]
fn a_claimed_length_costs_nothing() {
    // What is claimed is allowed; three bytes come.
    let largest = (1_u64 << 62).to_string();
    let rows: [(&[&str], u8, u64); 3] = [
        (&[], FIN | TEXT, 60 << 20),
        (&["--max-message", &largest], FIN | TEXT, 1 << 62),
        (&["-z", "--max-message", &largest], FIN | RSV1 | TEXT, 1 << 62),
    ];
    for (options, first, length) in rows {
        let (stuck, told, go) = holdup();
        let peer = peer(move |c| {
            c.accept_with(if first & RSV1 == 0 {
                ""
            } else {
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            });
            let header = [&[first, 127][..], &length.to_be_bytes(), &[0x4a, 0x4c, 0x4a]].concat();
            c.send([&text("before")[..], &header].concat());
            stuck();
        });
        let mut run = wscope(&[options, &["--no-input", &peer.url()]].concat()).start();
        run.wait_stdout("before\n");
        told.wait();
        check_peak(&run);
        go.open();
        run.finish_with_stdin_open().exits(7).prints("before\n");
    }
}

/// Waits until the process holds no more than `most` allows, which is told the peak; all in KiB.
#[track_caller]
fn wait_until_it_holds(run: &Running, most: impl Fn(u64) -> u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (held, peak) = (run.resident_kib().expect("it runs"), run.peak_kib().expect("it runs"));
        if held <= most(peak) {
            return;
        }
        assert!(Instant::now() < deadline, "{held} KiB of {peak} are still held");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_only_the_start_needed_is_given_back_and_comes_back_when_needed() {
    let server = serve(&[]);
    // It does so once, and a first client may come later than that.
    wait_until_it_holds(&server, |peak| peak * 3 / 4);
    let mut run = wscope(&[server.url()]).stdin_open().start();
    wait_until_it_holds(&run, |peak| peak * 3 / 4);
    run.write("still there\n");
    run.wait_stdout("still there\n");
    run.finish().exits(0).prints("still there\n");
    server.stop().says("closed by the client: 1000");
}

#[test]
fn what_a_slow_opening_needed_is_given_back_too() {
    let answer = gate();
    let asked = answer.clone();
    let peer = peer(move |c| {
        let request = c.read_request();
        asked.wait();
        c.send(common::peer::good_reply(&request, ""));
        c.echo_until_close();
    });
    let mut run = wscope(&[&peer.url()]).stdin_open().start();
    wait_until_it_holds(&run, |peak| peak * 3 / 4);
    answer.open();
    run.write("here\n");
    run.wait_stdout("here\n");
    wait_until_it_holds(&run, |peak| peak * 3 / 4);
    run.finish().exits(0).prints("here\n");
}

#[test]
fn a_large_message_is_held_no_longer_than_it_takes_to_print() {
    const LARGE: usize = 16 << 20;
    let peer = peer(|c| {
        c.accept();
        c.send(text(&"x".repeat(LARGE)));
        c.frames_until_close();
    });
    // Nobody reads at first, so that the connection is not read on when the message has come.
    let mut run = wscope(&["--no-input", &peer.url()]).stdout_unread().start();
    let mut reader = BufReader::new(run.take_stdout());
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert_eq!(line.len(), LARGE + 1);
    wait_until_it_holds(&run, |_| LARGE as u64 / 1024);
    run.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(run.finish_with_stdin_open().signal, Some(15));
}

#[test]
fn a_server_gives_back_what_large_messages_took() {
    const LARGE: usize = 16 << 20;
    let server = serve(&[]);
    let mut caller = call(server.addr());
    let large = "x".repeat(LARGE);
    for _ in 0..3 {
        caller.text(&large);
        caller.expect_text(&large);
    }
    // The connection stays open; what it needed does not.
    wait_until_it_holds(&server, |_| LARGE as u64 / 1024);
    caller.close(1000);
}

#[test]
fn a_client_that_rests_gives_back_what_large_messages_took() {
    const LARGE: usize = 16 << 20;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("r.jsonl");
    let recorded = ["--record", path.to_str().expect("a path of letters")];
    let input = format!("{}\n", "x".repeat(LARGE)).repeat(3);
    // With records, what was sent and the opening are lines, too.
    let rows: [(&[&str], usize); 4] = [(&[], 3), (&recorded, 3), (&["-o", "jsonl"], 7), (&["-z"], 3)];
    for (options, lines) in rows {
        let server = serve(&["-z"]);
        let call = wscope(&[options, &["--linger", "forever", server.url()]].concat());
        let mut run = call.stdin_open().stdout_unread().start();
        let mut stdin = run.take_stdin();
        let mut reader = BufReader::new(run.take_stdout());
        std::thread::scope(|scope| {
            // The end of the input is no reason to hold it any longer.
            let feeder = scope.spawn(|| stdin.write_all(input.as_bytes()).map(|()| drop(stdin)));
            for _ in 0..lines {
                reader.skip_until(b'\n').expect("a line");
            }
            feeder.join().expect("no panic").expect("all of it is read");
        });
        wait_until_it_holds(&run, |_| LARGE as u64 / 1024);
        run.signal(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(run.finish_with_stdin_open().signal, Some(15));
    }
}

#[test]
fn what_a_long_line_took_is_given_back_though_the_next_has_begun() {
    const LONG: usize = 48 << 20;
    let (heard, go) = (gate(), gate());
    let (tell, wait) = (heard.clone(), go.clone());
    let peer = peer(move |c| {
        c.accept();
        assert_eq!(c.frame().payload.len(), LONG);
        tell.open();
        wait.wait();
        c.close(1000, "");
    });
    let mut run = wscope(&[&peer.url()]).stdin_open().start();
    run.write([&vec![b'x'; LONG][..], b"\n"].concat());
    heard.wait();
    // More than a pipe holds.
    run.write(vec![b'y'; 3 << 20]);
    wait_until_it_holds(&run, |_| LONG as u64 / 1024);
    go.open();
    run.finish_with_stdin_open().exits(0);
}

#[test]
fn a_server_that_rests_gives_back_what_its_output_took() {
    const LARGE: usize = 16 << 20;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("r.jsonl");
    let recorded = ["--record", path.to_str().expect("a path of letters")];
    for options in [&["-o", "jsonl"][..], &["-o", "lines"], &recorded] {
        let server = serve(options);
        let mut caller = call(server.addr());
        caller.text(&"x".repeat(LARGE));
        caller.expect_text(&"x".repeat(LARGE));
        wait_until_it_holds(&server, |_| LARGE as u64 / 1024);
        caller.close(1000);
    }
}

/// How far a program has read the file that is its stdin, once it reads no further: in twenty looks.
#[track_caller]
fn read_so_far(run: &Running) -> usize {
    let position = || {
        let info = std::fs::read_to_string(format!("/proc/{}/fdinfo/0", run.id())).expect("it runs");
        let told = info.lines().find_map(|line| line.strip_prefix("pos:")).map(str::trim);
        told.and_then(|told| told.parse::<usize>().ok()).expect("a position")
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    let (mut last, mut same) = (0, 0);
    while same < 20 {
        assert!(Instant::now() < deadline, "it reads on behind {last}");
        std::thread::sleep(Duration::from_millis(20));
        let now = position();
        same = if now > 0 && now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

#[test]
fn a_long_line_is_not_collected_while_the_one_before_it_is_on_its_way() {
    const LONG: usize = 16 << 20;
    let (held, go) = (gate(), gate());
    let (tell, wait) = (held.clone(), go.clone());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("s");
    // A Unix socket holds little, so that the end of the first line stays with wscope.
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut c = common::Conn::over(Box::new(stream));
        c.accept();
        c.read_exact(LONG + 14 - 250_000);
        tell.open();
        wait.wait();
        c.read_exact(250_000);
        assert_eq!(c.frame().payload.len(), LONG);
        c.expect_close_and_answer(1000);
    });
    let path = path.to_str().expect("a path of letters");
    let mut run = wscope(&["--linger", "0", "--unix-socket", path, "ws://h.test/"])
        .stdin_in_file(&[&vec![b'x'; LONG][..], b"\n"].concat().repeat(2))
        .start();
    held.wait();
    let read = read_so_far(&run);
    assert!(read < LONG + (4 << 20), "{read} bytes were read");
    go.open();
    run.finish_with_stdin_open().exits(0);
    server.join().expect("all was right");
}

#[test]
fn a_long_line_is_held_once() {
    const LONG: usize = 64 << 20;
    let (stuck, told, go) = holdup();
    let peer = peer(move |c| {
        c.accept();
        assert_eq!(c.frame().payload.len(), LONG);
        stuck();
        c.close(1000, "");
    });
    let mut run = wscope(&["--linger", "forever", &peer.url()]).stdin_in_file(&vec![b'x'; LONG]).start();
    told.wait();
    let peak = run.peak_kib().expect("it runs");
    assert!(peak < LONG as u64 / 1024 + LIMIT_KIB, "{peak} KiB were held");
    go.open();
    run.finish_with_stdin_open().exits(0);
}
