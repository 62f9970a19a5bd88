//! Events in, the exact lines of contract section 5 out.

use std::sync::Arc;

use super::*;
use crate::session::event::Cause;

const HEAD: &str = r#""time":"2023-11-14T22:13:20.000042Z","elapsed":1.500000"#;

fn stamp() -> Stamp {
    let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_042);
    Stamp { time, elapsed: Duration::from_millis(1500) }
}

fn line(event: &Event<'_>, exit: Option<u8>) -> String {
    let mut out = Vec::new();
    Writer::new(false).line(event, &stamp(), exit, &mut out);
    String::from_utf8(out).expect("records are UTF-8")
}

fn record(name: &str, fields: &str) -> String {
    format!("{{\"event\":\"{name}\",{HEAD},{fields}}}\n")
}

#[test]
fn messages() {
    let message = |kind, payload: &'static [u8], compressed| {
        line(
            &Event::Message { direction: Direction::Received, kind, payload: payload.into(), compressed },
            Some(1),
        )
    };
    let text = message(Kind::Text, "é\"\n\u{1b}".as_bytes(), None);
    assert_eq!(text, record("text", r#""direction":"received","data":"é\"\n\u001b","size":5"#));
    let binary = message(Kind::Binary, b"\0\xff", Some(9));
    assert_eq!(binary, record("binary", r#""direction":"received","base64":"AP8=","size":2,"compressed":9"#));
    let broken = message(Kind::Text, b"\xff", None);
    assert_eq!(broken, record("text", r#""direction":"received","base64":"/w==","size":1"#));
}

#[test]
fn a_reason_that_is_not_text_is_told_as_bytes_too() {
    let close = Event::Close { direction: Direction::Received, code: Some(1000), reason: b"b\xffe".into() };
    let fields =
        r#""direction":"received","code":1000,"name":"normal closure","reason":"bÿe","base64":"Yv9l""#;
    assert_eq!(line(&close, None), record("close", fields));
}

#[test]
fn frames_and_raw_bytes() {
    let told = |bytes: &[u8], fragment, direction| {
        let (frame, _) = Frame::read(bytes).expect("a frame");
        line(&Event::Frame { direction, frame: Frame { fragment, ..frame } }, None)
    };
    let hello = told(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Some(1), Direction::Sent);
    let fields =
        r#""direction":"sent","fin":true,"rsv":0,"opcode":1,"masked":true,"mask":"37fa213d","length":5,"#;
    let fields = fields.to_owned() + r#""header":"818537fa213d","payload":"SGVsbG8=","fragment":1"#;
    assert_eq!(hello, record("frame", &fields));
    let odd = told(b"\x5b\x7e\x00\x05ab", None, Direction::Received);
    let fields =
        r#""direction":"received","fin":false,"rsv":5,"opcode":11,"masked":false,"mask":null,"length":5,"#;
    let fields = fields.to_owned() + r#""header":"5b7e0005","payload":"YWI=","fragment":null"#;
    assert_eq!(odd, record("frame", &fields));
    let raw = line(&Event::Raw { bytes: b"\x81\x00".into(), crafted: false }, None);
    assert_eq!(raw, record("raw", r#""direction":"sent","hex":"8100""#));
}

#[test]
fn control_frames() {
    let ping = Event::Ping { direction: Direction::Sent, payload: b"a".into() };
    assert_eq!(line(&ping, None), record("ping", r#""direction":"sent","data":"a""#));
    let rtt = Some(Duration::from_micros(210));
    let pong = Event::Pong { direction: Direction::Received, payload: b"\xff".into(), rtt, auto: false };
    assert_eq!(line(&pong, None), record("pong", r#""direction":"received","base64":"/w==","rtt":0.000210"#));
    let pong = Event::Pong { direction: Direction::Sent, payload: b"".into(), rtt: None, auto: true };
    assert_eq!(line(&pong, None), record("pong", r#""direction":"sent","data":"","auto":true"#));
    let close = Event::Close { direction: Direction::Received, code: Some(1001), reason: b"x".into() };
    let fields = r#""direction":"received","code":1001,"name":"going away","reason":"x""#;
    assert_eq!(line(&close, None), record("close", fields));
    let close = Event::Close { direction: Direction::Sent, code: None, reason: b"".into() };
    assert_eq!(
        line(&close, None),
        record("close", r#""direction":"sent","code":null,"name":null,"reason":"""#)
    );
}

#[test]
fn an_opened_connection_without_its_secrets() {
    let field = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let mut opened = Opened {
        url: "wss://h/?token=abc".to_owned(),
        peer: "127.0.0.1:443".to_owned(),
        status: 101,
        subprotocol: Some("chat".to_owned()),
        extensions: "permessage-deflate".to_owned(),
        request_headers: vec![field("Host", b"h"), field("Authorization", b"Basic abc")],
        response_headers: vec![field("X", b"caf\xe9")],
        tls: Some(TlsFacts {
            version: "TLSv1.3".to_owned(),
            cipher: "C".to_owned(),
            subject: "CN=h".to_owned(),
            issuer: "CN=ca".to_owned(),
            names: vec!["h".to_owned()],
            not_before: None,
            not_after: Some(SystemTime::UNIX_EPOCH),
            verified: true,
        }),
        timings: Timings { connect: Some(Duration::from_micros(400)), ..Timings::default() },
        ..Opened::default()
    };
    let fields = concat!(
        r#""url":"wss://h/?token=<redacted>","peer":"127.0.0.1:443","status":101,"subprotocol":"chat","#,
        r#""extensions":"permessage-deflate","#,
        r#""request_headers":[["Host","h"],["Authorization","<redacted>"]],"response_headers":[["X","café"]],"#,
        r#""tls":{"version":"TLSv1.3","cipher":"C","subject":"CN=h","issuer":"CN=ca","#,
        r#""not_after":"1970-01-01T00:00:00Z"},"#,
        r#""timings":{"dns":null,"connect":0.000400,"proxy":null,"tls":null,"upgrade":null}"#,
    );
    assert_eq!(line(&Event::Open(Arc::new(opened.clone())), None), record("open", fields));

    opened.tls = None;
    opened.subprotocol = None;
    opened.extensions.clear();
    opened.request_headers.clear();
    let plain = line(&Event::Open(Arc::new(opened)), None);
    assert!(plain.contains(r#""subprotocol":null,"extensions":null,"request_headers":[],"#), "{plain}");
    assert!(plain.contains(r#""tls":null"#), "{plain}");
}

#[test]
fn secrets_are_written_on_request() {
    let opened = Opened { url: "ws://h/?token=abc".to_owned(), ..Opened::default() };
    let mut out = Vec::new();
    Writer::new(true).line(&Event::Open(Arc::new(opened)), &stamp(), None, &mut out);
    assert!(String::from_utf8_lossy(&out).contains("token=abc"));
}

#[test]
fn an_end() {
    let count = Count { messages: 2, bytes: 7, wire: 7 };
    let mut ended = Ended {
        by: By::Server,
        cause: Cause::ClosingHandshake,
        clean: true,
        code: 1001,
        own_code: Some(1001),
        own_first: false,
        own_reason: Vec::new(),
        reason: b"x".to_vec(),
        error: None,
        sent: count,
        received: Count::default(),
        unsent: Vec::new(),
        opened: true,
    };
    let counts = r#""sent":{"messages":2,"bytes":7},"received":{"messages":0,"bytes":0}"#;
    let fields =
        format!(r#""by":"server","clean":true,"code":1001,"reason":"x","error":null,{counts},"exit":0"#);
    assert_eq!(line(&Event::End(Arc::new(ended.clone())), Some(0)), record("end", &fields));
    ended.by = By::Connection;
    ended.clean = false;
    ended.code = 1006;
    ended.reason.clear();
    ended.error = Some("reset".to_owned());
    let fields = format!(
        r#""by":"connection","clean":false,"code":1006,"reason":"","error":"reset",{counts},"exit":null"#
    );
    assert_eq!(line(&Event::End(Arc::new(ended)), None), record("end", &fields));
}

#[test]
fn notices_and_errors() {
    assert_eq!(line(&Event::Notice("a\nb".into()), None), record("notice", r#""message":"a\nb""#));
    assert_eq!(line(&Event::Error("x".into()), None), record("error", r#""message":"x""#));
}

#[test]
fn time_goes_on_within_and_across_seconds() {
    let mut writer = Writer::new(false);
    let table = [
        (999_999, "1970-01-01T00:00:00.999999Z"),
        (5, "1970-01-01T00:00:00.000005Z"),
        (86_400_000_000, "1970-01-02T00:00:00.000000Z"),
    ];
    for (micros, text) in table {
        let mut out = Vec::new();
        writer.time(SystemTime::UNIX_EPOCH + Duration::from_micros(micros), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), text);
    }
    let mut out = Vec::new();
    writer.time(SystemTime::UNIX_EPOCH - Duration::from_micros(1), &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "1969-12-31T23:59:59.999999Z");
}
