//! `wscope serve --fault`: each kind of misbehaviour, and what our own client makes of it.

mod common;

use common::{serve, wscope};

/// The kinds that the tests below try, with what the client says. An empty text: it says nothing, for all is well.
const HANDSHAKE: [(&str, &str); 5] = [
    ("refuse=503", "503 Service Unavailable"),
    ("accept=wrong", "is not the hash of our key"),
    ("accept=doubled", "Sec-WebSocket-Accept more than once (RFC 6455 §11.3.3)"),
    ("extension", "\"x-wscope-unoffered\", which was not offered (RFC 6455 §4.1)"),
    ("subprotocol", "\"x-wscope-unoffered\", which was not offered (RFC 6455 §4.1)"),
];
const FRAMES: [(&str, &str); 13] = [
    ("masked", "1002 protocol error, server sent a text frame that is masked"),
    ("rsv=4", "1002 protocol error, server sent a text frame with RSV1 set"),
    ("rsv=3", "1002 protocol error, server sent a text frame with RSV2 and RSV3 set"),
    ("opcode=0", "1002 protocol error, server sent a continuation frame, but no message was begun"),
    ("opcode=3", "the reserved opcode 0x3 (RFC 6455 §5.2)"),
    ("opcode=15", "the reserved opcode 0xf (RFC 6455 §5.2)"),
    ("bad-utf8", "1007 invalid frame payload data, server sent a text message that is not UTF-8"),
    ("lying-length", "1009 message too big"),
    ("lying-length=65M", "1009 message too big"),
    ("long-control", "server sent a ping frame of more than 125 bytes (RFC 6455 §5.5)"),
    ("close=999", "a close frame with code 999, which must not be sent (RFC 6455 §7.4)"),
    ("close=1005", "a close frame with code 1005, which must not be sent (RFC 6455 §7.4)"),
    ("close=0", "a close frame with code 0, which must not be sent (RFC 6455 §7.4)"),
];
const BORNE: [&str; 6] = ["dribble", "delay=20ms", "drip", "drip=3", "fragment=1", "ping-flood=500"];
const LOST: [&str; 4] = ["reset", "half-open", "no-pong", "no-close"];
const OTHERS: [&str; 2] = ["close=1011", "bomb"];

#[test]
fn a_broken_opening_handshake_is_refused() {
    for (kind, words) in HANDSHAKE {
        serve(&["--fault", kind]).client(&["-m", "a", "-1"]).fails(5, &[words]).prints("");
    }
}

#[test]
fn a_frame_that_breaks_a_rule_fails_the_connection() {
    for (kind, words) in FRAMES {
        serve(&["--fault", kind]).client(&["-m", "a", "-n", "5"]).fails(6, &[words]).prints("");
    }
}

#[test]
fn what_is_legal_is_borne() {
    for kind in BORNE {
        let server = serve(&["--fault", kind]);
        server.client(&["-m", "ä1", "-m", "ö2", "-n", "2"]).exits(0).prints("ä1\nö2\n");
    }
}

#[test]
fn fragments_are_as_small_as_was_asked_for() {
    let server = serve(&["--fault", "fragment=2", "--fault-after", "1"]);
    let told = server.client(&["-m", "abcde", "-m", "abcde", "-n", "2", "--frames"]);
    told.exits(0).prints("abcde\nabcde\n").says("fragment 3 · 1 byte").never_says("fragment 4");
    assert_eq!(told.stderr.matches("<< text FIN").count(), 1, "{told}");
}

#[test]
fn a_reset_is_told_as_one() {
    let server = serve(&["--fault", "reset"]);
    server.client(&["-m", "a", "-1"]).fails(7, &["1006", "connection reset by the peer"]);
}

#[test]
fn pings_find_a_server_that_answers_none() {
    for kind in ["no-pong", "half-open"] {
        let server = serve(&["--fault", kind]);
        let pings = ["--ping-interval", "50ms", "--ping-timeout", "200ms", "--no-input"];
        server.client(&pings).fails(7, &["no pong came within 200ms"]);
    }
}

#[test]
fn a_close_frame_without_an_answer_is_told() {
    for kind in ["no-close", "half-open"] {
        let server = serve(&["--fault", kind]);
        let leaves = ["-m", "a", "--linger", "0", "--close-timeout", "200ms"];
        server.client(&leaves).fails(7, &["our close frame was not answered within 200ms"]);
    }
}

#[test]
fn a_client_that_gave_up_is_forgotten_by_a_server_that_reads_nothing() {
    let server = serve(&["--fault", "half-open", "--connections", "1"]);
    for number in 1..=3 {
        server.client(&["-m", "a", "--linger", "0", "--close-timeout", "100ms"]).exits(7);
        server.wait_stderr(&format!(
            "@{number} wscope: connection lost: 1006 no close frame, the peer ended TCP"
        ));
    }
}

#[test]
fn a_close_frame_with_an_error_code_is_the_answer() {
    serve(&["--fault", "close=1011"]).client(&["-m", "a", "-1"]).fails(8, &["1011 internal error (clean)"]);
    serve(&["--fault", "close=1000"]).client(&["--no-input"]).exits(0);
}

#[test]
fn a_bomb_is_stopped_before_it_goes_off() {
    let server = serve(&["-z", "--fault", "bomb"]);
    server
        .client(&["-z", "-m", "a", "-n", "5"])
        .fails(6, &["1009 message too big", "RFC 6455 §10.4"])
        .prints("");
    let server = serve(&["-z", "--fault", "bomb=2M"]);
    let small = server.client(&["-z", "-m", "a", "-n", "5", "--max-message", "1M"]);
    small.fails(6, &["more than 1048576 bytes, the limit here"]);
    let borne = server.client(&["-z", "-m", "a", "-n", "2", "-o", "raw"]).exits(0).stdout.len();
    assert_eq!(borne, 2 * 1024 * 1024 + 1);
}

#[cfg(unix)]
#[test]
fn a_bomb_without_compression_is_told_not_to_be_one() {
    let server = serve(&["-z", "--fault", "bomb"]);
    server.client(&["-m", "a", "-1"]).exits(0).prints("a\n");
    server.stop().says("no fault bomb: compression is not agreed on");
    wscope(&["serve", ":0", "--fault", "bomb"]).run().fails(2, &["nothing is compressed without -z"]);
}

#[test]
fn messages_that_are_to_be_spared_are_answered_first() {
    let three = ["-m", "1", "-m", "2", "-m", "3", "-n", "3"];
    for (kind, code, words) in [("close=4000", 8, "4000"), ("masked", 6, "masked"), ("reset", 7, "reset")] {
        let server = serve(&["--fault", kind, "--fault-after", "2"]);
        server.client(&three).fails(code, &[words]).prints("1\n2\n");
    }
}

#[test]
fn several_faults_come_in_the_order_they_were_asked_for() {
    let server = serve(&["--fault", "ping-flood=2", "--fault", "fragment=1", "--fault", "opcode=11"]);
    let told = server.client(&["-m", "a", "-n", "1", "-vv"]);
    told.fails(6, &["the reserved opcode 0xb", "<< ping FIN"]);
    let both = serve(&["--fault", "accept=wrong", "--fault", "subprotocol"]);
    both.client(&["-v", "-m", "a", "-1"]).fails(5, &["Sec-WebSocket-Protocol: x-wscope-unoffered"]);
}

/// How many messages are answered before a connection is reset, by one server for a few clients.
#[cfg(unix)]
fn answered(seed: &str) -> Vec<usize> {
    let server = serve(&["--fault", "close=4000", "--fault-rate", "20%", "--seed", seed]);
    let input = (0..40).map(|number| format!("{number}\n")).collect::<String>();
    let client = || wscope(&["-n", "40", server.url()]).stdin(input.clone()).run();
    (0..4).map(|_| client().text().lines().count()).collect()
}

#[cfg(unix)]
#[test]
fn the_same_messages_are_hit_for_the_same_seed() {
    let first = answered("1");
    assert_eq!(first, answered("1"));
    assert_ne!(first, answered("2"));
    assert!(first.iter().any(|count| *count < 40), "{first:?}");
}

#[test]
fn a_share_of_the_connections_is_hit() {
    let count = |share: &str| {
        let server = serve(&["--fault", "refuse=503", "--fault-rate", share]);
        (0..12).filter(|_| server.client(&["-m", "a", "-1"]).code == Some(5)).count()
    };
    assert_eq!((count("0"), count("1")), (0, 12));
    assert!((1..12).contains(&count("50%")));
}

#[test]
fn a_wrong_fault_is_a_usage_error_before_anything_listens() {
    let rows: [(&[&str], &[&str]); 6] = [
        (&["--fault", "maskd"], &["there is no kind 'maskd'", "--fault masked"]),
        (&["--fault", "close"], &["its argument is missing", "--fault close=CODE"]),
        (&["--fault", "rsv=8"], &["'8'", "rsv=1..7"]),
        (&["--fault", "refuse=500", "--fault-after", "1"], &["no message comes before"]),
        (&["--fault-after", "1"], &["--fault"]),
        (&["--fault", "reset", "--fault-rate", "2"], &["not a share"]),
    ];
    for (args, words) in rows {
        let told = wscope(&[&["serve", ":0"], args].concat()).run();
        told.fails(2, words).never_says("listening");
    }
}

#[test]
fn every_kind_that_help_tells_of_is_tried_here() {
    let help = wscope(&["help", "faults"]).run();
    let entries = help.exits(0).text().lines().filter(|line| line.starts_with("  ")).step_by(2);
    let kinds: Vec<&str> =
        entries.filter_map(|line| line.trim_start().split([' ', '=', '[']).next()).collect();
    assert!(kinds.len() > 20, "{kinds:?}");
    let tried = HANDSHAKE.iter().chain(&FRAMES).map(|(kind, _)| *kind);
    let tried: Vec<&str> = tried.chain(BORNE).chain(LOST).chain(OTHERS).collect();
    for kind in kinds {
        let is_it = |tried: &&str| tried.split('=').next() == Some(kind);
        assert!(tried.iter().any(is_it), "{kind} is not tried");
    }
}
