//! The prompt for those who debug frames: `/frames`, `/frame`, `/raw`, `/fragment`, and close frames that break rules.
//!
//! Asserted is what the screen shows and which bytes the server gets.
#![cfg(unix)]

mod common;

use std::sync::mpsc::{Receiver, channel};

use common::{CLOSE, FIN, Frame, Peer, TEXT, Terminal, close, frame, peer, terminal, text};
use data_encoding::HEXLOWER;

/// A prompt at a server that runs this script once connected.
fn prompt(options: &[&str], script: impl Fn(&mut common::Conn) + Send + Sync + 'static) -> (Terminal, Peer) {
    let peer = peer(move |c| {
        c.accept();
        script(c);
    });
    let terminal = terminal(&[options, &[&peer.url()]].concat()).size(40, 140).start();
    terminal.wait_for("connected to");
    terminal.wait_for_editor();
    (terminal, peer)
}

/// A prompt at a server that echoes, with the frames it gets.
fn echoing(options: &[&str]) -> (Terminal, Peer, Receiver<Frame>) {
    let (give, take) = channel();
    let (terminal, peer) = prompt(options, move |c| {
        while let Some(next) = c.next() {
            c.send(frame(if next.fin { FIN } else { 0 } | next.opcode, &next.payload));
            // The test may have what it wanted and be gone.
            let _ = give.send(next.clone());
            if next.opcode == CLOSE {
                return;
            }
        }
    });
    (terminal, peer, take)
}

#[track_caller]
fn next(frames: &Receiver<Frame>) -> Frame {
    frames.recv_timeout(common::DEADLINE).expect("a frame reaches the server")
}

#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.line("/quit");
    assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn frames_are_shown_from_the_command_on_until_the_next() {
    let (terminal, _peer, frames) = echoing(&[]);
    terminal.line("first");
    next(&frames);
    terminal.wait_for("< first");
    assert!(!terminal.screen().contains("<<"), "{}", terminal.screen());
    terminal.line("/frames on");
    terminal.line("second");
    let key = HEXLOWER.encode(&next(&frames).mask);
    terminal.wait_for(&format!(">> text FIN · 6 bytes (7 bit), 12 on the wire · mask {key} · \"second\""));
    terminal.wait_for("<< text FIN · 6 bytes (7 bit), 8 on the wire · no mask · +");
    terminal.wait_for("< second");
    terminal.line("/frames off");
    terminal.line("third");
    next(&frames);
    terminal.wait_for("< third");
    let screen = terminal.screen();
    assert_eq!((screen.matches(">> ").count(), screen.matches("<< ").count()), (1, 1), "{screen}");
    quit(terminal);
}

#[test]
fn frames_stay_on_over_a_new_connection() {
    let (terminal, peer, frames) = echoing(&["--color", "never"]);
    terminal.line("/frames on");
    terminal.line("/reconnect");
    terminal.wait_until("a second connection", |screen| screen.matches("connected to").count() >= 2);
    terminal.line("again");
    while next(&frames).opcode != TEXT {}
    terminal.wait_until("the frame", |screen| {
        screen.split("connected to").nth(2).is_some_and(|after| after.contains("<< text FIN · 5 bytes"))
    });
    assert_eq!(peer.calls(), 2);
    // It is told by the frames of the old connection, too.
    assert!(terminal.screen().contains("<< close FIN · 2 bytes"), "{}", terminal.screen());
    quit(terminal);
}

#[test]
fn a_frame_goes_out_as_described() {
    // What was sent bit by bit is shown without /frames, since nothing else tells it.
    let rows = [
        (
            "opcode=3 mask=off payload=text:with  blanks",
            ">> opcode 0x3 FIN · 12 bytes (7 bit), 14 on the wire",
        ),
        (
            "fin=0 rsv1 rsv3=1 opcode=binary mask=01020304 payload=hex:01 02",
            ">> binary RSV1 RSV3 · 2 bytes (7 bit), 8 on the wire · mask 01020304 · 01 02",
        ),
        ("mask=off len=300", ">> text FIN · 300 bytes (16 bit), 0 there, 4 on the wire · no mask"),
        ("mask=off lenbits=64 payload=base64:AP8=", ">> text FIN · 2 bytes (64 bit), 12 on the wire"),
        ("opcode=0xf mask=off cut=1,1 payload=text:cut", ">> opcode 0xf FIN · 3 bytes"),
        ("opcode=ping mask=off", ">> ping FIN · 0 bytes (7 bit), 2 on the wire · no mask"),
        ("opcode=close mask=00000000 payload=close:4242 why not", "4242 private use \"why not\""),
    ];
    let bytes = "830c 7769746820 20626c616e6b73 5282 01020304 0000 817e012c 817f0000000000000002 00ff 8f03 637574 \
                 8900 8889 00000000 1092 776879206e6f74";
    let (mut terminal, _peer) = prompt(&[], move |c| {
        let wanted = bytes.replace(' ', "");
        assert_eq!(HEXLOWER.encode(&c.read_exact(wanted.len() / 2)), wanted);
        c.send(close(4242, "for that"));
    });
    for (words, shown) in rows {
        terminal.wait_for_editor();
        terminal.line(&format!("/frame {words}"));
        terminal.wait_for(shown);
    }
    assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn a_frame_can_be_repeated() {
    let (mut terminal, _peer) = prompt(&[], |c| {
        assert_eq!(c.read_exact(6), b"\x89\x00\x89\x00\x89\x00");
        c.close(1000, "");
    });
    terminal.line("/repeat 3 /frame opcode=ping mask=off");
    assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
    assert_eq!(terminal.screen().matches(">> ping FIN").count(), 3, "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn raw_bytes_go_out_as_they_are() {
    let rows = [
        ("81 | 05 48656C 6c|6f", ">> text FIN · 5 bytes (7 bit), 7 on the wire · no mask · \"Hello\""),
        ("81", "  00000000  81 "),
        ("00", "  00000000  00 "),
        ("8900", ">> ping FIN · 0 bytes (7 bit), 2 on the wire · no mask"),
    ];
    let (mut terminal, _peer) = prompt(&[], |c| {
        assert_eq!(c.read_exact(11), b"\x81\x05Hello\x81\x00\x89\x00");
        c.close(1000, "");
    });
    for (hex, shown) in rows {
        terminal.wait_for_editor();
        terminal.line(&format!("/raw {hex}"));
        terminal.wait_for(shown);
    }
    assert_eq!(terminal.ends(), Ok(0), "{}", terminal.screen());
    terminal.restored();
}

#[test]
fn a_message_can_be_cut_into_frames_by_count() {
    let (terminal, _peer, frames) = echoing(&[]);
    terminal.line("/fragment 3 hello");
    let got: Vec<_> = (0..3).map(|_| next(&frames)).collect();
    let got: Vec<_> = got.iter().map(|frame| (frame.fin, frame.opcode, frame.text())).collect();
    assert_eq!(got, [(false, 1, "he"), (false, 0, "ll"), (true, 0, "o")]);
    terminal.wait_for("< hello");
    terminal.line("/fragment 2 ");
    let got = [next(&frames), next(&frames)];
    assert!(got.iter().all(|frame| frame.payload.is_empty()) && got[1].fin, "{got:?}");
    quit(terminal);
}

#[test]
fn wrong_arguments_are_explained_and_nothing_is_sent() {
    let (terminal, _peer, frames) = echoing(&[]);
    let rows = [
        ("/frames maybe", "on"),
        ("/frame opcode=16", "opcode=16: a number from 0 to 15?"),
        ("/frame colour=red", "'colour' is none of fin,"),
        ("/frame rsv=8", "rsv=8: a number from 0 to 7?"),
        ("/frame fin=maybe", "fin=maybe: 0 or 1?"),
        ("/frame mask=12", "mask=12: on, off, or four bytes in hexadecimal?"),
        ("/frame len=126 lenbits=7", "126 does not fit into 7 bits"),
        ("/frame lenbits=8", "lenbits=8: 7, 16 or 64?"),
        ("/frame cut=0", "cut=0: sizes in bytes"),
        ("/frame payload=hello", "payload=hex:…"),
        ("/raw", "bytes in hexadecimal are missing"),
        ("/raw 81 || 00", "bytes in hexadecimal are missing"),
        ("/raw 8", "hex"),
        ("/fragment 0 x", "'0' is no number of frames"),
        ("/fragment hello", "'hello' is no number of frames"),
    ];
    for (line, words) in rows {
        terminal.line(line);
        terminal.wait_until(words, |screen| {
            screen.lines().any(|shown| shown.starts_with("* ") && shown.contains(words))
        });
        terminal.wait_for_editor();
        terminal.keys("\x0c");
    }
    terminal.line("still alive");
    assert_eq!(next(&frames).text(), "still alive");
    quit(terminal);
}

#[test]
fn the_words_of_a_frame_are_completed() {
    let (terminal, _peer, frames) = echoing(&[]);
    terminal.keys("/fra\t\t");
    terminal.wait_until("the commands that begin so", |screen| {
        ["/frames", "/frame ", "/fragment"].iter().all(|name| screen.contains(name))
    });
    terminal.keys("\x15/frame opc\t");
    terminal.wait_for("/frame opcode=");
    terminal.keys("text pay\t");
    terminal.wait_for("/frame opcode=text payload=");
    terminal.keys("te\t");
    terminal.wait_for("payload=text:");
    terminal.keys("completed\r");
    assert_eq!(next(&frames).text(), "completed");
    quit(terminal);
}

#[test]
fn a_close_frame_that_breaks_a_rule_is_shown_as_it_came() {
    let rows: [(&[u8], u16, &str); 3] = [
        (b"\x1f\x41bye", 1002, "< close 8001 undefined \"bye\""),
        (b"\x0f\xa0a\xff\x1b", 1007, r#"< close 4000 private use "a\xff\x1b""#),
        (b"\x03", 1002, r#"< close (no code) "\x03""#),
    ];
    for (payload, code, line) in rows {
        for options in [&[][..], &["-v"]] {
            let (mut terminal, _peer) = prompt(options, move |c| {
                c.expect_text("go");
                c.send([text("before"), frame(FIN | CLOSE, payload)].concat());
                assert_eq!(c.frame().close_code(), Some(code));
            });
            terminal.line("go");
            assert_eq!(terminal.ends(), Ok(6));
            let screen = terminal.screen();
            assert_eq!(screen.matches(line).count(), 1, "{screen}");
            let end = format!("* closed by the client: {code}");
            assert!(screen.find(line) < screen.find(&end), "{screen}");
        }
    }
}

#[test]
fn lines_typed_ahead_are_all_shown_in_their_order() {
    for _ in 0..5 {
        let (mut terminal, _peer) = prompt(&[], |c| {
            c.frames_until_close();
        });
        let lines: String = (0..8).map(|n| format!("/frame opcode=ping payload=text:m{n}\r")).collect();
        terminal.keys(&(lines + "/quit\r"));
        assert_eq!(terminal.ends(), Ok(0));
        let screen = terminal.screen();
        // What was typed has no quotes.
        let places: Vec<_> = (0..8).map(|n| screen.find(&format!("\"m{n}\""))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{screen}");
    }
}
