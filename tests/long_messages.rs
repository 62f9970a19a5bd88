//! Messages that are masked while they still come: longer than a megabyte, in the forms whose messages have an end.
//!
//! A file is read in blocks of 128 KiB, so that what lies at the seams is known.

mod common;

use std::sync::mpsc;

use common::{
    BINARY, Conn, FIN, Frame, Output, PING, PONG, Peer, Running, TEXT, frame, gate, peer, text, wscope,
};

const BLOCK: usize = 128 * 1024;
const LONG: usize = 1024 * 1024;

/// Runs a call on a file against a server that only listens; gives the frames it got and how it ended.
#[track_caller]
fn frames_of(options: &[&str], input: &[u8]) -> (Vec<Frame>, Output) {
    let (give, take) = mpsc::channel();
    let peer = peer(move |c| {
        c.accept();
        give.send(c.frames_until_close()).expect("the test waits for them");
    });
    let url = peer.url();
    let args = [options, &["--linger", "0", &url]].concat();
    let output = wscope(&args).stdin_in_file(input).run();
    (take.recv_timeout(common::DEADLINE).unwrap_or_else(|_| panic!("no frames: {output}")), output)
}

/// Letters that repeat with no power of two.
fn letters(length: usize) -> Vec<u8> {
    (0..length).map(|at| b'a' + (at % 23) as u8).collect()
}

#[track_caller]
fn becomes(options: &[&str], input: &[u8], opcode: u8, messages: &[&[u8]]) {
    let (frames, output) = frames_of(options, input);
    output.exits(0);
    assert_eq!(frames.len(), messages.len(), "{options:?}");
    for (frame, message) in frames.iter().zip(messages) {
        assert_eq!(
            (frame.fin, frame.opcode, frame.payload.len()),
            (true, opcode, message.len()),
            "{options:?}"
        );
        assert!(frame.payload == *message, "{options:?}: a message of {} bytes differs", message.len());
    }
}

#[test]
fn lines_of_any_length_stay_whole_and_in_order() {
    let lengths = [3, LONG - 1, LONG, LONG + 1, 0, 5 * LONG + 77, LONG + BLOCK - 1, 40, 3 * LONG];
    let lines: Vec<Vec<u8>> = lengths.iter().map(|length| letters(*length)).collect();
    let expected: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    for (options, end) in [(&[][..], "\n"), (&[], "\r\n"), (&["-i", "nul"], "\0")] {
        let input: Vec<u8> = expected.iter().flat_map(|line| [line, end.as_bytes()].concat()).collect();
        becomes(options, &input, TEXT, &expected);
    }
    // The last one needs no end.
    becomes(&["-b", "-i", "lines"], &lines.join(&b'\n'), BINARY, &expected);
    becomes(&["-i", "whole"], &lines.join(&b'\n'), TEXT, &[&lines.join(&b'\n')]);
}

#[test]
fn a_carriage_return_at_a_seam_is_part_of_the_end_or_of_the_message() {
    let ends_at_seam = letters(12 * BLOCK - 1);
    let with = |more: &[u8]| [&ends_at_seam, more].concat();
    becomes(&[], &with(b"\r\nx\n"), TEXT, &[&ends_at_seam, b"x"]);
    becomes(&[], &with(b"\rx\r\r\n"), TEXT, &[&with(b"\rx\r")]);
    becomes(&[], &with(b"\r"), TEXT, &[&with(b"\r")]);
    becomes(&["-i", "nul"], &with(b"\r\0"), TEXT, &[&with(b"\r")]);
    becomes(&["-i", "whole"], &with(b"\r\n"), TEXT, &[&with(b"\r\n")]);
}

#[test]
fn a_character_may_lie_across_a_seam() {
    let line = format!("x{}", "\u{e9}\u{1f600}".repeat(LONG / 3));
    becomes(&[], format!("{line}\n{line}").as_bytes(), TEXT, &[line.as_bytes(), line.as_bytes()]);
}

#[test]
fn a_long_message_that_cannot_be_sent_names_its_place_and_keeps_what_went_before() {
    let long = letters(3 * LONG);
    let at = 2 * LONG + 1;
    let bad = [&long[..at], b"\xff", &long].concat();
    let cut = [&long[..], b"\xc3"].concat();
    let offset = |offset: usize, of_all: usize| format!("byte offset {offset} (byte {of_all} of the input)");
    let too_large = format!("--max-message {}", 2 * LONG);
    let rows: [(&[&str], &[u8], String); 4] = [
        (&[], &bad, offset(at, at + 3)),
        (&["-i", "lines"], &cut, offset(3 * LONG, 3 * LONG + 3)),
        (&["--max-message", "2M"], &long, too_large.clone()),
        (&["--max-message", "2M"], &[&long[..2 * LONG], b"\n", &long[..2 * LONG + 1]].concat(), too_large),
    ];
    for (number, (options, message, words)) in rows.into_iter().enumerate() {
        let (frames, output) = frames_of(options, &[b"ok\n", message, b"\nlater\n"].concat());
        output.fails(9, &[if number == 3 { "line 3" } else { "line 2" }, &words]);
        assert_eq!(frames.len(), if number == 3 { 2 } else { 1 });
        assert_eq!(frames[0].payload, b"ok");
    }
}

#[test]
fn a_ping_in_the_middle_of_a_long_message_is_answered_at_once() {
    let (begun, answered) = (gate(), gate());
    let (asks, told) = (begun.clone(), answered.clone());
    let peer = peer(move |c| {
        c.accept();
        asks.wait();
        c.send(frame(FIN | PING, b"still there?"));
        c.expect(PONG, "still there?");
        told.open();
        c.expect(TEXT, letters(5 * LONG));
        c.expect_close_and_answer(1000);
    });
    let mut run = wscope(&["--linger", "0", &peer.url()]).stdin_open().start();
    let line = letters(5 * LONG);
    // More than the pipe holds, so that most of it was read.
    run.write(&line[..4 * LONG]);
    begun.open();
    answered.wait();
    run.write(&line[4 * LONG..]);
    run.write("\n");
    run.finish().exits(0);
}

/// A server that loses the first connection as told, and takes this line and one more on the second.
fn loses_one(lose: impl Fn(&mut Conn) + Send + Sync + 'static, length: usize) -> Peer {
    peer(move |c| {
        c.accept();
        if c.number == 0 {
            c.send(text("here"));
            return lose(c);
        }
        let line = c.frame();
        assert!(line.opcode == TEXT && line.payload == letters(length), "{} bytes came", line.payload.len());
        c.expect_text("behind it");
        c.expect_close_and_answer(1000);
    })
}

/// A call that has shown that it is connected.
fn here(peer: &Peer) -> Running {
    let options = ["--reconnect", "--reconnect-delay", "10ms", "--linger", "100ms", &peer.url()];
    let run = wscope(&options).stdin_open().start();
    run.wait_stdout("here\n");
    run
}

#[test]
fn a_long_message_whose_connection_is_lost_before_its_end_goes_whole_to_the_next() {
    let begun = gate();
    let loses = begun.clone();
    let peer = loses_one(move |_| loses.wait(), 5 * LONG);
    let mut run = here(&peer);
    let line = letters(5 * LONG);
    run.write(&line[..4 * LONG]);
    begun.open();
    run.wait_stderr("1006");
    run.write([&line[4 * LONG..], b"\nbehind it\n"].concat());
    run.finish().exits(0).prints("here\n");
    assert_eq!(peer.calls(), 2);
}

#[test]
fn a_long_message_whose_connection_is_lost_on_its_way_goes_whole_to_the_next() {
    // More than the sockets hold.
    const LENGTH: usize = 24 * LONG;
    let peer = loses_one(Conn::wait_until_client_stalls, LENGTH);
    let mut run = here(&peer);
    run.write([&letters(LENGTH), &b"\nbehind it\n"[..]].concat());
    run.finish().exits(0).prints("here\n");
    assert_eq!(peer.calls(), 2);
}
