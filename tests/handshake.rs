//! The opening handshake: replies that are legal however they arrive, and replies that are not.
//!
//! A row is the reply a server sends (`{accept}` stands for the right key) and what comes of it. Accepted rows are
//! followed by a message in the same bytes, which must arrive; refused rows end with 5 and name the rule. The
//! request wscope sends is the matter of request.rs.

mod common;

use common::{FIN, TEXT, close, echo, frame, peer, text, wscope};

const PROPER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: {accept}\r\n\r\n";

/// Sends `reply`, a message and a close in one go and says how wscope took it.
fn answer_with(reply: &str, options: &[&str]) -> common::Output {
    let reply = reply.to_owned();
    let peer = peer(move |c| {
        let accept = c.read_request().accept_key();
        let reply = reply.replace("{accept}", &accept);
        c.send([reply.as_bytes(), &text("first"), &close(1000, "")].concat());
    });
    let url = peer.url();
    let mut args = options.to_vec();
    args.push(&url);
    wscope(&args).stdin_open().start().finish_with_stdin_open()
}

#[test]
fn legal_replies_are_accepted() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(10);
    let rows: [(&[&str], String); 14] = [
        (&[], PROPER.to_owned()),
        (&[], PROPER.to_lowercase().replace("http/1.1", "HTTP/1.1")),
        (&[], PROPER.replace("Upgrade: websocket", "Upgrade: WebSocket")),
        (&[], PROPER.replace("Connection: Upgrade", "Connection: keep-alive, Upgrade")),
        (&[], PROPER.replace("Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade")),
        (&[], PROPER.replace("Connection: Upgrade", "Connection: , ,\tupgrade ,")),
        (&[], PROPER.replace(" Switching Protocols", " ")),
        (&[], PROPER.replace("Switching Protocols", "Fine by me \u{e9}")),
        (&[], PROPER.replace(": {accept}", ":   {accept}\t ")),
        (&[], PROPER.replace(": {accept}", ":{accept}")),
        (&[], format!("HTTP/1.1 100 Continue\r\n\r\n{PROPER}")),
        (&[], format!("{early}{PROPER}")),
        (&["-s", "chat.v2"], PROPER.replace("Upgrade\r\n", "Upgrade\r\nsec-websocket-protocol: chat.v2\r\n")),
        (&[], PROPER.replace("Upgrade\r\n", "Upgrade\r\nServer: a\r\nServer: b\r\nX-Empty:\r\n")),
    ];
    for (options, reply) in rows {
        answer_with(&reply, options).exits(0).prints("first\n");
    }
}

#[test]
fn illegal_replies_are_refused_and_the_rule_named() {
    let with = |line: &str| PROPER.replace("Upgrade\r\n", &format!("Upgrade\r\n{line}\r\n"));
    let rows: [(&[&str], String, &str); 21] = [
        (&[], PROPER.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "Sec-WebSocket-Accept"),
        (&[], PROPER.replace("{accept}", ""), "Sec-WebSocket-Accept"),
        (&[], PROPER.replace("Sec-WebSocket-Accept: {accept}\r\n", ""), "Sec-WebSocket-Accept"),
        (&[], with("Sec-WebSocket-Accept: {accept}"), "Sec-WebSocket-Accept"),
        (&[], with("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "Sec-WebSocket-Accept"),
        (&[], PROPER.replace("Upgrade: websocket\r\n", ""), "Upgrade"),
        (&[], PROPER.replace("Upgrade: websocket", "Upgrade: h2c"), "Upgrade"),
        (&[], PROPER.replace("Upgrade: websocket", "Upgrade: websockets"), "Upgrade"),
        (&[], PROPER.replace("Connection: Upgrade\r\n", ""), "Connection"),
        (&[], PROPER.replace("Connection: Upgrade", "Connection: close"), "Connection"),
        (&[], PROPER.replace("Connection: Upgrade", "Connection: upgraded"), "Connection"),
        (&[], PROPER.replace("HTTP/1.1", "HTTP/1.0"), "HTTP/1.0"),
        (&[], with("Sec-WebSocket-Extensions: permessage-deflate"), "permessage-deflate"),
        (&[], with("Sec-WebSocket-Extensions: x-unknown"), "x-unknown"),
        (&[], with("Sec-WebSocket-Protocol: nobody-asked"), "nobody-asked"),
        (&["-s", "chat"], with("Sec-WebSocket-Protocol: other"), "other"),
        (&["-s", "chat"], with("Sec-WebSocket-Protocol: Chat"), "Chat"),
        (
            &["-s", "a,b"],
            with("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b"),
            "Sec-WebSocket-Protocol",
        ),
        (&["-s", "a,b"], with("Sec-WebSocket-Protocol: a, b"), "Sec-WebSocket-Protocol"),
        (&[], with("broken header line"), "header"),
        (&[], "HTTP/1.1 100 Continue\r\n\r\n".repeat(11) + PROPER, "1xx"),
    ];
    for (options, reply, words) in rows {
        let output = answer_with(&reply, options);
        output.fails(5, &[words]).prints("");
        if !reply.contains("broken") && !reply.contains(" 100 ") && !reply.contains("HTTP/1.0") {
            output.says("RFC 6455");
        }
    }
}

#[test]
fn the_reply_may_be_cut_anywhere() {
    let peer = peer(|c| {
        let accept = c.read_request().accept_key();
        let bytes =
            [PROPER.replace("{accept}", &accept).as_bytes(), &text("first"), &text("second")].concat();
        match c.number {
            0 => c.send_in_pieces(&bytes, &(1..bytes.len()).collect::<Vec<_>>()),
            number => c.send_in_pieces(&bytes, &[(number * 6 - 1).min(bytes.len())]),
        }
        c.close(1001, "");
    });
    for _ in 0..24 {
        wscope(&[&peer.url()])
            .stdin_open()
            .start()
            .finish_with_stdin_open()
            .exits(0)
            .prints("first\nsecond\n");
    }
}

#[test]
fn a_subprotocol_nobody_chose_is_a_notice() {
    answer_with(PROPER, &["-s", "chat.v2", "-s", "chat.v1"]).exits(0).prints("first\n").says("subprotocol");
    let knobs = common::echo::Knobs { subprotocol: Some("chat.v1"), ..Default::default() };
    let echo = common::Echo::start(knobs);
    let output = wscope(&["-v", "-n1", "-m", "x", "-s", "chat.v2,chat.v1", &echo.url()]).run();
    output.exits(0).prints("x\n").says("chat.v1");
}

#[test]
fn a_refusal_shows_status_head_body_and_a_hint() {
    let body = format!("{}{}", "Q".repeat(3000), "!");
    let rows: [(&str, &str, &[&str]); 9] = [
        ("200 OK", "Content-Type: text/html\r\n", &["200"]),
        (
            "301 Moved Permanently",
            "Location: ws://elsewhere.test/x\r\n",
            &["301", "ws://elsewhere.test/x", "-L"],
        ),
        ("307 Temporary Redirect", "Location: /login\r\n", &["307", "/login", "-L"]),
        ("400 Bad Request", "X-Reason: because\r\n", &["400", "X-Reason: because"]),
        ("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", &["401", "-u"]),
        ("403 Forbidden", "", &["403", "Origin"]),
        ("404 Not Found", "", &["404", "Not Found"]),
        ("426 Upgrade Required", "Sec-WebSocket-Version: 8\r\n", &["426", "Sec-WebSocket-Version: 8"]),
        ("503 Service Unavailable", "Retry-After: 5\r\n", &["503", "Retry-After: 5"]),
    ];
    for (status, lines, words) in rows {
        let reply = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len());
        let peer = peer(move |c| {
            c.read_request();
            c.send(&reply);
            // The connection stays open: the length says where the body ends.
            c.stall();
        });
        let output = wscope(&[&peer.url()]).run();
        output.fails(5, words);
        let shown = output.stderr.matches('Q').count();
        assert!((1000..=1100).contains(&shown), "{shown} bytes of the body are shown\n{output}");
    }
}

#[test]
fn a_body_in_chunks_or_without_length_is_shown() {
    let chunked =
        "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nthe reas\r\n5\r\non is\r\n0\r\n\r\n";
    let to_the_end = "HTTP/1.1 500 Oops\r\n\r\nthe reason is";
    for reply in [chunked, to_the_end] {
        let peer = peer(move |c| {
            c.read_request();
            c.send(reply);
        });
        wscope(&[&peer.url()]).run().fails(5, &["500", "Oops", "the reas"]);
    }
}

#[test]
fn a_port_that_speaks_something_else_is_named() {
    let tls_alert = b"\x15\x03\x01\x00\x02\x02\x16".to_vec();
    let rows: [(Vec<u8>, &str); 5] = [
        (b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), "SSH"),
        (b"220 mail.test ESMTP\r\n".to_vec(), "HTTP"),
        (b"+PONG\r\n".to_vec(), "HTTP"),
        (tls_alert, "wss://"),
        (vec![0; 2000], "HTTP"),
    ];
    for (bytes, words) in rows {
        let peer = peer(move |c| c.send(&bytes));
        wscope(&[&peer.url()]).run().fails(5, &[words]);
    }
}

#[test]
fn a_connection_that_ends_before_the_reply_does_is_no_handshake() {
    for part in ["", "HTTP/1.1 101 Sw", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"] {
        for rude in [false, true] {
            let peer = peer(move |c| {
                c.read_request();
                c.send(part);
                if rude {
                    c.reset();
                }
            });
            wscope(&[&peer.url()]).run().fails(5, &["handshake"]);
        }
    }
}

#[test]
fn a_head_without_end_is_cut_off() {
    let many = (0..200).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    let filled = format!("X-Fill: {}\r\n", "y".repeat(7000)).repeat(20);
    let rows: [(String, &[&str]); 5] = [
        (format!("HTTP/1.1 101 Switching Protocols\r\n{many}"), &["more than 128 header fields"]),
        (
            format!("HTTP/1.1 101 Switching Protocols\r\nX-Long: {}", "y".repeat(300_000)),
            &["a line of the response head is longer than 8192 bytes"],
        ),
        ("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5000), &["more than 10 interim responses (1xx)"]),
        (
            format!("HTTP/1.1 101 Switching Protocols\r\n{filled}"),
            &["the response head is longer than 65536 bytes", "--max-head"],
        ),
        (
            format!("HTTP/1.1 103 Early Hints\r\n{}\r\n", &filled[..7010 * 3]).repeat(9),
            &["the response head is longer than 65536 bytes", "--max-head"],
        ),
    ];
    for (reply, words) in rows {
        let peer = peer(move |c| {
            c.read_request();
            c.send(&reply);
            // No end comes: what was sent is enough to give up.
            c.stall();
        });
        wscope(&["--connect-timeout", "20s", &peer.url()]).run().fails(5, words);
    }
}

#[test]
fn the_longest_head_is_what_the_option_says() {
    let filled = |count| {
        let lines = format!("X-Fill: {}\r\n", "y".repeat(7000)).repeat(count);
        PROPER.replace("Upgrade\r\n", &format!("Upgrade\r\n{lines}"))
    };
    // {accept} stands for 28 bytes.
    let (small, length) = (filled(1), filled(1).len() + 28 - "{accept}".len());
    answer_with(&small, &["--max-head", &length.to_string()]).exits(0).prints("first\n");
    let output = answer_with(&small, &["--max-head", &(length - 1).to_string()]);
    output.fails(5, &[&format!("longer than {} bytes", length - 1), "--max-head"]).prints("");
    let large = filled(20);
    answer_with(&large, &["--max-head", "1M"]).exits(0).prints("first\n");
    answer_with(&large, &[]).fails(5, &["65536"]).prints("");
}

#[test]
fn a_fragmented_message_may_begin_with_the_reply() {
    let peer = peer(|c| {
        let accept = c.read_request().accept_key();
        let head = PROPER.replace("{accept}", &accept);
        c.send([head.as_bytes(), &frame(TEXT, b"one ")].concat());
        c.send(frame(FIN, b"message"));
        c.close(1000, "");
    });
    wscope(&[&peer.url()]).stdin_open().start().finish_with_stdin_open().exits(0).prints("one message\n");
}

#[test]
fn verbose_shows_both_heads_as_curl_does() {
    let echo = echo();
    let output = wscope(&["-v", "-n1", "-m", "x", &echo.url()]).run();
    output.exits(0).prints("x\n");
    output
        .says("> GET / HTTP/1.1")
        .says("> Upgrade: websocket")
        .says("< HTTP/1.1 101")
        .says("< Sec-WebSocket-Accept:");
}
