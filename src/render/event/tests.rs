//! Events in, the exact lines of contract section 4 out. The renderer keeps what came before, so each table renders
//! whole sequences from a fresh one.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use super::*;
use crate::render::TimeStyle;
use crate::session::event::Count;

fn at(micros: u64) -> Stamp {
    Stamp { time: SystemTime::UNIX_EPOCH, elapsed: Duration::from_micros(micros) }
}

fn render(style: &Style, events: &[Event<'_>]) -> String {
    let mut renderer = Renderer::new(style.clone());
    let mut out = String::new();
    for (index, event) in (1..).zip(events) {
        renderer.event(event, &at(index * 1500), &mut out);
    }
    out
}

fn plain(event: Event<'_>) -> String {
    render(&Style::default(), &[event])
}

fn message(direction: Direction, kind: Kind, payload: &[u8]) -> Event<'_> {
    Event::Message { direction, kind, payload: Cow::Borrowed(payload), compressed: None }
}

fn received(payload: &[u8]) -> Event<'_> {
    message(Direction::Received, Kind::Text, payload)
}

fn close(direction: Direction, code: u16, reason: &[u8]) -> Event<'_> {
    Event::Close { direction, code: Some(code), reason: Cow::Borrowed(reason) }
}

fn ended(by: By, clean: bool, code: u16, reason: &[u8], error: Option<&str>) -> Event<'static> {
    Event::End(Arc::new(Ended {
        by,
        cause: Cause::ClosingHandshake,
        clean,
        code,
        own_code: None,
        own_first: false,
        own_reason: Vec::new(),
        reason: reason.to_vec(),
        error: error.map(str::to_owned),
        sent: Count::default(),
        received: Count::default(),
        unsent: Vec::new(),
        opened: true,
    }))
}

fn opened() -> Opened {
    Opened {
        url: "ws://127.0.0.1:8080/chat".to_owned(),
        peer: "127.0.0.1:8080".to_owned(),
        subprotocol: Some("chat.v2".to_owned()),
        extensions: "permessage-deflate".to_owned(),
        request_head: b"GET /chat HTTP/1.1\r\nCookie: a\r\n\r\n".to_vec(),
        response_head: b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec(),
        timings: Timings {
            connect: Some(Duration::from_micros(400)),
            upgrade: Some(Duration::from_micros(1500)),
            ..Timings::default()
        },
        ..Opened::default()
    }
}

#[test]
fn the_sample_of_the_contract() {
    let ping = b"a";
    let events = [
        Event::Open(Arc::new(opened())),
        message(Direction::Sent, Kind::Text, b"hello"),
        received(br#"{"type":"welcome","id":7}"#),
        message(Direction::Received, Kind::Binary, b"Hello"),
        Event::Ping { direction: Direction::Sent, payload: Cow::Borrowed(ping) },
        Event::Pong {
            direction: Direction::Received,
            payload: Cow::Borrowed(ping),
            rtt: Some(Duration::from_micros(210)),
            auto: false,
        },
        close(Direction::Received, 1001, b"maintenance"),
        close(Direction::Sent, 1001, b""),
        ended(By::Server, true, 1001, b"maintenance", None),
    ];
    let expected = r#"* connected to ws://127.0.0.1:8080/chat in 1.9 ms · subprotocol chat.v2 · permessage-deflate
> hello
< {"type":"welcome","id":7}
< binary 5 bytes
  00000000  48 65 6c 6c 6f                                    |Hello|
> ping "a"
< pong "a" 0.21 ms
* closed by the server: 1001 going away "maintenance" (clean)
"#;
    assert_eq!(render(&Style::default(), &events), expected);
    let pretty = Style { pretty: true, width: 80, ..Style::default() };
    assert_eq!(render(&pretty, &events), expected);
}

#[test]
fn no_payload_passes_for_an_event() {
    assert_eq!(
        plain(received(b"a\n* closed by the server\n\n> x")),
        "< a\n  * closed by the server\n  \n  > x\n"
    );
    assert_eq!(plain(received(b"a\r* closed\x1b[1G\xe2\x80\xa8* x")), "< a\\r* closed\\x1b[1G\\u{2028}* x\n");
    assert_eq!(plain(Event::Notice("a\nb".into())), "* a\n  b\n");
    assert_eq!(plain(Event::Error("a\x1b\nb".into())), "wscope: a\\x1b\n  b\n");
}

#[test]
fn empty_messages_are_visible() {
    assert_eq!(plain(received(b"")), "< text 0 bytes\n");
    assert_eq!(plain(message(Direction::Sent, Kind::Binary, b"")), "> binary 0 bytes\n");
}

#[test]
fn control_payloads() {
    let ping =
        |payload: &'static [u8]| Event::Ping { direction: Direction::Received, payload: payload.into() };
    assert_eq!(plain(ping(b"")), "< ping\n");
    assert_eq!(plain(ping(b"\x00\xff")), "< ping 0x00ff\n");
    assert_eq!(plain(ping(b"\" 1 ms\n\x1b")), "< ping \"\\\" 1 ms\\n\\x1b\"\n");
    let pong = Event::Pong { direction: Direction::Sent, payload: b"x".into(), rtt: None, auto: true };
    assert_eq!(plain(pong), "> pong \"x\"\n");
}

#[test]
fn limits_say_how_much_is_left() {
    let style = Style { text_limit: 4, hex_limit: 2, ..Style::default() };
    let shown = |event| render(&style, &[event]);
    assert_eq!(shown(received(b"abcd")), "< abcd\n");
    assert_eq!(shown(received(b"abcdef")), "< abcd\n  … 2 bytes more (--text-limit 0 or /show for all)\n");
    assert_eq!(
        shown(received("abc日".as_bytes())),
        "< abc\n  … 3 bytes more (--text-limit 0 or /show for all)\n"
    );
    let dump = shown(message(Direction::Received, Kind::Binary, &[b'a'; 1026]));
    assert!(dump.starts_with("< binary 1026 bytes\n  00000000  61 61 "), "{dump}");
    assert!(dump.ends_with("|aa|\n  … 1.0 KiB more (--hex-limit 0 or /show for all)\n"), "{dump}");
    let all = Style { text_limit: 0, hex_limit: 0, ..Style::default() };
    let long = [b'x'; 100_000];
    assert_eq!(render(&all, &[received(&long)]).len(), long.len() + 3);
    assert_eq!(render(&all, &[message(Direction::Sent, Kind::Binary, &long)]).lines().count(), 1 + 6250);
}

#[test]
fn json_is_indented_where_it_does_not_fit() {
    let style = Style { pretty: true, width: 12, ..Style::default() };
    assert_eq!(render(&style, &[received(b"{\"a\":1}")]), "< {\"a\":1}\n");
    assert_eq!(render(&style, &[received(b"{\"a\":12345}")]), "< {\n    \"a\": 12345\n  }\n");
    assert_eq!(render(&style, &[received(b"{\"a\":12345")]), "< {\"a\":12345\n");
    let narrow = Style { width: 1, ..style };
    assert_eq!(render(&narrow, &[received(b"[1]")]), "< [\n    1\n  ]\n");
}

#[test]
fn every_ending_says_who_what_and_whether_clean() {
    let table = [
        (ended(By::Client, true, 1000, b"", None), "closed by the client: 1000 normal closure (clean)"),
        (ended(By::Server, true, 1005, b"", None), "closed by the server: 1005 no status code (clean)"),
        (
            ended(By::Server, true, 4001, b"\x1b\"", None),
            r#"closed by the server: 4001 private use "\x1b\"" (clean)"#,
        ),
        (
            ended(By::Connection, false, 1006, b"", Some("connection reset")),
            "connection lost: 1006 no close frame, connection reset (not clean)",
        ),
        (
            ended(By::Client, false, 1002, b"", Some("x")),
            "closed by the client: 1002 protocol error, x (not clean)",
        ),
    ];
    for (event, text) in table {
        assert_eq!(plain(event), format!("* {text}\n"));
    }
    // Close frames that crossed.
    let Event::End(crossed) = ended(By::Client, true, 1011, b"oops", None) else { unreachable!() };
    let crossed = Ended { own_first: true, own_code: Some(1000), ..(*crossed).clone() };
    assert_eq!(
        end(&crossed),
        r#"closed by the client: 1000 normal closure; the server said 1011 internal error "oops" (clean)"#
    );
    let Event::End(lost) = ended(By::Connection, false, 1006, b"", None) else { unreachable!("made above") };
    let left = Ended { cause: Cause::Abandoned, ..(*lost).clone() };
    assert_eq!(end(&left), "connection given up by this side: 1006 no close frame (not clean)");
}

#[test]
fn close_frames_are_told_where_they_are_news() {
    let sent = || close(Direction::Sent, 1000, b"bye");
    let quiet = Style::default();
    let line = "> close 1000 normal closure \"bye\"\n";
    let answered = render(&quiet, &[sent(), close(Direction::Received, 1000, b"bye")]);
    assert_eq!(answered, format!("{line}< close 1000 normal closure \"bye\"\n"));
    let other = render(&quiet, &[sent(), close(Direction::Received, 1001, b"no")]);
    assert_eq!(other, format!("{line}< close 1001 going away \"no\"\n"));
    assert_eq!(render(&quiet, &[close(Direction::Received, 1000, b""), sent()]), "");
    let bad = render(&quiet, &[close(Direction::Received, 1005, b"bye"), sent()]);
    assert_eq!(bad, "< close 1005 no status code \"bye\"\n");
    let bad = render(&quiet, &[close(Direction::Received, 1000, b"a\xffb"), sent()]);
    assert_eq!(bad, "< close 1000 normal closure \"a\\xffb\"\n");
    let again = [close(Direction::Received, 1000, b""), Event::Open(Arc::new(Opened::default())), sent()];
    assert_eq!(render(&quiet, &again), format!("* connected to \n{line}"));
    let verbose = Style { verbose: true, ..Style::default() };
    let none = Event::Close { direction: Direction::Received, code: None, reason: b"".into() };
    assert_eq!(render(&verbose, &[none, sent()]), format!("< close (no code)\n{line}"));
}

#[test]
fn verbose_shows_heads_and_statistics() {
    let verbose = Style { verbose: true, ..Style::default() };
    let events = [Event::Open(Arc::new(opened())), ended(By::Client, true, 1000, b"", None)];
    let expected = "* peer 127.0.0.1:8080\n> GET /chat HTTP/1.1\n> Cookie: <redacted>\n>\n\
        < HTTP/1.1 101 Switching Protocols\n<\n* connect 0.40 ms · upgrade 1.5 ms\n\
        * connected to ws://127.0.0.1:8080/chat in 1.9 ms · subprotocol chat.v2 · permessage-deflate\n\
        * closed by the client: 1000 normal closure (clean)\n\
        * sent 0 messages, 0 bytes · received 0 messages, 0 bytes · open for 1.5 ms\n";
    assert_eq!(render(&verbose, &events), expected);
}

#[test]
fn frames_have_signs_of_their_own_and_the_time_between() {
    let frame = |direction, bytes| {
        let (frame, _) = Frame::read(bytes).expect("a frame");
        Event::Frame { direction, frame }
    };
    let events = [
        frame(Direction::Sent, b"\x89\x00"),
        received(b"< text FIN"),
        frame(Direction::Received, b"\x8a\x01x"),
    ];
    let expected = ">> ping FIN · 0 bytes (7 bit), 2 on the wire · no mask\n< < text FIN\n\
        << pong FIN · 1 byte (7 bit), 3 on the wire · no mask · +3.0 ms · \"x\"\n";
    assert_eq!(render(&Style::default(), &events), expected);
}

#[test]
fn raw_bytes_are_shown_once_as_frames_or_as_they_are() {
    let raw = |bytes: &'static [u8], crafted| [Event::Raw { bytes: bytes.into(), crafted }];
    let frames = Style { frames: true, ..Style::default() };
    let two = ">> text FIN · 1 byte (7 bit), 3 on the wire · no mask · \"a\"\n\
        >> ping FIN · 0 bytes (7 bit), 2 on the wire · no mask\n";
    assert_eq!(render(&Style::default(), &raw(b"\x81\x01a\x89\x00", false)), two);
    assert_eq!(render(&frames, &raw(b"\x81\x01a\x89\x00", false)), "");
    let lying = ">> text FIN · 1 byte (7 bit), 2 there, 4 on the wire · no mask · \"ab\"\n";
    assert_eq!(render(&Style::default(), &raw(b"\x81\x01ab", true)), lying);
    // Bytes that are a part of a frame are not taken for a header.
    let part = ">> raw 2 bytes\n  00000000  65 6c                                             |el|\n";
    for style in [Style::default(), frames] {
        assert_eq!(render(&style, &raw(b"el", false)), part);
    }
}

#[test]
fn time_stands_before_the_sign() {
    let style = Style { time: Some(TimeStyle::Delta), ..Style::default() };
    let hidden = close(Direction::Received, 1000, b"");
    assert_eq!(
        render(&style, &[received(b"a\nb"), hidden, received(b"c")]),
        "+0.001500s < a\n  b\n+0.003000s < c\n"
    );
}

#[test]
fn colour_comes_with_the_sign_on_every_line() {
    let style = Style { color: true, pretty: true, ..Style::default() };
    assert_eq!(render(&style, &[received(b"a\nb")]), "\x1b[36m< a\x1b[0m\n  \x1b[36mb\x1b[0m\n");
    assert_eq!(render(&style, &[received(b"[1]")]), "\x1b[36m<\x1b[0m [\x1b[33m1\x1b[0m]\n");
    let lost = render(&style, &[ended(By::Connection, false, 1006, b"", None)]);
    assert!(lost.starts_with("\x1b[31m* connection lost"), "{lost:?}");
}
