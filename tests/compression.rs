//! permessage-deflate with the real binary: what is offered, which answers are taken, what is shown and recorded, and
//! bombs.

mod common;

use common::{BINARY, Conn, FIN, TEXT, frame, gate, peer, wscope};
use serde_json::json;

const RSV1: u8 = 0x40;
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// Accepts with this line, and returns what was offered.
fn accept(c: &mut Conn, answer: &str) -> Option<String> {
    let request = c.accept_with(&format!("Sec-WebSocket-Extensions: {answer}\r\n"));
    request.header("Sec-WebSocket-Extensions").map(str::to_owned)
}

/// The next message must be a compressed `Hello`, the first of its stream.
fn expect_hello(c: &mut Conn) {
    let frame = c.frame();
    assert_eq!((frame.opcode, frame.fin, frame.rsv), (TEXT, true, 4), "{frame:?}");
    assert_eq!(frame.payload, HELLO);
}

#[test]
fn the_offer_is_what_was_asked_for() {
    const DEFLATE: &str = "permessage-deflate";
    let rows: [(&[&str], &str); 6] = [
        (&["-z"], "permessage-deflate; client_max_window_bits"),
        (&["--compress"], "permessage-deflate; client_max_window_bits"),
        (&["--compress=permessage-deflate"], DEFLATE),
        (&["--compress=server_no_context_takeover"], "permessage-deflate; server_no_context_takeover"),
        (
            &["--compress=permessage-deflate; server_max_window_bits=9, permessage-deflate"],
            "permessage-deflate; server_max_window_bits=9, permessage-deflate",
        ),
        (&["-H", "Sec-WebSocket-Extensions: permessage-deflate"], DEFLATE),
    ];
    for (options, offer) in rows {
        let peer = peer(move |c| {
            let request = c.accept();
            let offered = request.all("Sec-WebSocket-Extensions");
            c.send(common::text(&offered.join(" + ")));
            c.close(1000, "");
        });
        let output = wscope(&[options, &["--no-input", &peer.url()]].concat()).run();
        output.exits(0).prints(format!("{offer}\n"));
    }
    let peer = peer(|c| {
        let request = c.accept();
        c.send(common::text(request.header("Sec-WebSocket-Extensions").unwrap_or("nothing")));
        c.close(1000, "");
    });
    wscope(&["--no-input", &peer.url()]).run().exits(0).prints("nothing\n");
}

#[test]
fn an_offer_that_breaks_the_rules_is_refused() {
    for (offer, words) in [
        ("server_max_window_bits=16", "RFC 7692 §7.1.2.1"),
        ("no_such_parameter", "\"no_such_parameter\" is unknown"),
    ] {
        let option = format!("--compress={offer}");
        wscope(&[&option, "ws://127.0.0.1:9/"]).run().fails(2, &["--compress", words]).prints("");
    }
}

#[test]
fn messages_are_compressed_both_ways_and_recorded() {
    for offer in ["-z", "--header=Sec-WebSocket-Extensions: permessage-deflate"] {
        let peer = peer(|c| {
            accept(c, "permessage-deflate");
            expect_hello(c);
            c.send(frame(FIN | RSV1 | TEXT, &HELLO));
            c.send(common::text("plain"));
            c.close(1000, "");
        });
        let output = wscope(&[offer, "-o", "jsonl", "-m", "Hello", "-n2", &peer.url()]).run();
        output.exits(0);
        let records = output.records();
        let open = &records[0];
        assert_eq!(open["extensions"], json!("permessage-deflate"), "{open}");
        let messages: Vec<_> = records.iter().filter(|record| record["event"] == "text").collect();
        let facts =
            |at: usize| (&messages[at]["direction"], &messages[at]["data"], &messages[at]["compressed"]);
        assert_eq!(facts(0), (&json!("sent"), &json!("Hello"), &json!(7)));
        assert_eq!(facts(1), (&json!("received"), &json!("Hello"), &json!(7)));
        assert_eq!(facts(2), (&json!("received"), &json!("plain"), &json!(null)));
    }
}

#[test]
fn verbose_shows_the_agreement_and_the_ratios() {
    let peer = peer(|c| {
        accept(c, "permessage-deflate; server_no_context_takeover; client_max_window_bits=12");
        c.next();
        c.send(frame(FIN | RSV1 | TEXT, &HELLO));
        c.close(1000, "");
    });
    let question = "a".repeat(100);
    let output = wscope(&["-zv", "-m", &question, "-n1", &peer.url()]).run();
    output.exits(0).prints("Hello\n");
    output.says("· permessage-deflate; server_no_context_takeover; client_max_window_bits=12\n");
    output
        .says("* sent 100 bytes compressed to ")
        .says("* received 5 bytes compressed to 7 bytes (140.0 %)\n");
    output.says("received 1 message, 5 bytes compressed to 7 bytes (140.0 %)");
}

#[test]
fn an_answer_that_breaks_a_rule_fails_the_handshake() {
    let rows = [
        ("permessage-deflate; x", "RFC 7692 §7.1)"),
        ("permessage-deflate; server_max_window_bits=16", "RFC 7692 §7.1.2.1)"),
        ("permessage-deflate; client_max_window_bits=08", "RFC 7692 §7.1.2.2)"),
        ("permessage-deflate; client_max_window_bits", "RFC 7692 §7.1.2.2)"),
        ("permessage-deflate; server_no_context_takeover=1", "RFC 7692 §7.1.1.1)"),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", "RFC 7692 §7.1)"),
        ("permessage-deflate, permessage-deflate", "RFC 7692 §5)"),
    ];
    for (answer, section) in rows {
        let peer = peer(move |c| {
            accept(c, answer);
            c.next();
        });
        let output = wscope(&["-z", "--no-input", &peer.url()]).run();
        output.fails(5, &["permessage-deflate", section]).prints("");
    }
    let peer = peer(|c| {
        accept(c, "permessage-deflate; client_max_window_bits=10");
        c.next();
    });
    let output = wscope(&["--compress=permessage-deflate", "--no-input", &peer.url()]).run();
    output.fails(5, &["client_max_window_bits was not offered (RFC 7692 §7.1.2.2)"]);
}

#[test]
fn a_window_of_256_bytes_is_inflated_but_never_made() {
    let peer = peer(|c| {
        accept(c, "permessage-deflate; client_max_window_bits=8; server_max_window_bits=8");
        c.expect_text("Hello");
        c.send(frame(FIN | RSV1 | TEXT, &HELLO));
        c.close(1000, "");
    });
    let output = wscope(&["-z", "-m", "Hello", "-n1", &peer.url()]).run();
    output.exits(0).prints("Hello\n").says("messages are sent uncompressed");
}

#[test]
fn the_echo_server_of_the_demo_compresses() {
    let text = "again and again ".repeat(1000);
    let output = wscope(&["demo", "-z", "-o", "jsonl", "-n1", "-m", &text]).run();
    output.exits(0);
    let records = output.records();
    assert_eq!(records[0]["extensions"], json!("permessage-deflate"));
    let echoed = records.iter().find(|record| record["direction"] == "received").expect("the echo");
    assert_eq!(echoed["data"], json!(text));
    assert!(echoed["compressed"].as_u64().is_some_and(|wire| wire < 200), "{}", echoed["compressed"]);
    wscope(&["demo", "-o", "jsonl", "-n1", "-m", "x"]).run().exits(0).never_says("deflate");
}

#[test]
fn a_new_connection_has_new_streams_and_an_agreement_of_its_own() {
    let peer = peer(|c| match c.number {
        0 => {
            accept(c, "permessage-deflate");
            expect_hello(c);
            c.send(frame(FIN | RSV1 | TEXT, &HELLO));
            // FIN without a close frame.
        }
        1 => {
            accept(c, "permessage-deflate");
            expect_hello(c);
            c.send(frame(FIN | RSV1 | TEXT, &HELLO));
        }
        _ => {
            c.accept();
            c.expect_text("Hello");
            c.close(1000, "");
        }
    });
    let options = ["-z", "--reconnect", "--reconnect-delay", "10ms", "--no-input", "-m", "Hello"];
    wscope(&[&options[..], &[&peer.url()]].concat()).run().exits(0).prints("Hello\nHello\n");
    assert_eq!(peer.calls(), 3);
}

/// So many MiB of zeros, compressed: a flush ends each, so that they can be repeated.
fn bomb(pieces: usize) -> Vec<u8> {
    use flate2::{Compress, Compression, FlushCompress};
    let mut piece = Vec::with_capacity(8192);
    let mut stream = Compress::new(Compression::best(), false);
    stream.compress_vec(&vec![0; 1 << 20], &mut piece, FlushCompress::Sync).expect("room for all of it");
    piece.repeat(pieces)
}

#[test]
fn a_gibibyte_of_zeros_is_stopped_early() {
    for fragment in [usize::MAX, 16 * 1024] {
        let (stopped, go) = (gate(), gate());
        let (tell, wait) = (stopped.clone(), go.clone());
        let peer = peer(move |c| {
            accept(c, "permessage-deflate");
            let bomb = bomb(1024);
            for (at, piece) in bomb.chunks(fragment.min(bomb.len())).enumerate() {
                // It stops reading long before all of it has come.
                if !c.try_send(frame(if at == 0 { RSV1 | BINARY } else { 0 }, piece)) {
                    break;
                }
            }
            c.expect_close(1009);
            tell.open();
            wait.wait();
        });
        let mut run = wscope(&["-z", "--no-input", &peer.url()]).start();
        stopped.wait();
        #[cfg(target_os = "linux")]
        {
            // It goes soon after its close frame, whoever is still there.
            let peak = run.peak_kib().unwrap_or(0);
            assert!(peak < 64 * 1024, "{peak} KiB were held");
        }
        go.open();
        let words = ["inflates more than 1000 times", "RFC 6455 §10.4", "--max-message"];
        run.finish_with_stdin_open().fails(6, &words).prints("");
    }
}
