//! Lines in, what is to be sent out; and, as a property, every recorded event read back as it was.

use std::borrow::Cow;
use std::time::SystemTime;

use proptest::prelude::*;

use super::*;
use crate::record::Writer;
use crate::session::event::{Direction, Event, Stamp};
use crate::wire::{Kind, LengthForm, Masking};

fn read(line: &str) -> Result<Input, ParseError> {
    parse(line.as_bytes())
}

fn error(line: &str) -> String {
    read(line).expect_err(line).to_string()
}

#[test]
fn what_is_to_be_sent() {
    let close = |code, reason: &str| Input::Close { code, reason: reason.to_owned() };
    let table = [
        (r#"{"event":"text","data":"a\nb \u00e9"}"#, Input::Text("a\nb é".to_owned())),
        (r#" {"data":"x","direction":"sent","event":"text","new":[1]} "#, Input::Text("x".to_owned())),
        (r#"{"event":"text","data":""}"#, Input::Text(String::new())),
        (r#"{"event":"binary","base64":"AP8="}"#, Input::Binary(vec![0, 255])),
        (r#"{"event":"ping","data":"a"}"#, Input::Ping(b"a".to_vec())),
        (r#"{"event":"ping","base64":"/w=="}"#, Input::Ping(vec![255])),
        (r#"{"event":"pong","data":"","auto":false}"#, Input::Pong(Vec::new())),
        (r#"{"event":"close","code":4001,"reason":"bye"}"#, close(Some(4001), "bye")),
        (r#"{"event":"close","code":null,"name":null,"reason":""}"#, close(None, "")),
        (r#"{"event":"close"}"#, close(None, "")),
        (r#"{"event":"close","code":1000}"#, close(Some(1000), "")),
        (r#"{"event":"sleep","seconds":0.25}"#, Input::Sleep(Duration::from_millis(250))),
        (r#"{"event":"sleep","seconds":2}"#, Input::Sleep(Duration::from_secs(2))),
    ];
    for (line, input) in table {
        assert_eq!(read(line), Ok(input), "{line}");
    }
}

#[test]
fn frames_and_bytes_as_they_are_described() {
    let frame = |line: &str| match read(line) {
        Ok(Input::Frame { crafted, writes }) => (crafted, writes),
        other => panic!("{line}: {other:?}"),
    };
    let plain = Crafted::new(1, b"Hi".to_vec());
    for payload in [r#""data":"Hi""#, r#""hex":"48 69""#, r#""payload":"SGk=""#] {
        let line = format!(r#"{{"event":"frame","opcode":1,{payload}}}"#);
        assert_eq!(frame(&line), (plain.clone(), vec![]), "{line}");
    }
    let odd = r#"{"event":"frame","fin":false,"rsv":5,"opcode":11,"mask":"01020304","length":9,"length_bits":64,
        "writes":[1,2]}"#;
    let expected = Crafted {
        fin: false,
        rsv: 5,
        masking: Masking::Key([1, 2, 3, 4]),
        length: Some(9),
        form: Some(LengthForm::Bits64),
        ..Crafted::new(11, vec![])
    };
    assert_eq!(frame(odd), (expected, vec![1, 2]));
    let masking = |field: &str| frame(&format!(r#"{{"event":"frame","opcode":1{field}}}"#)).0.masking;
    assert_eq!(masking(""), Masking::ByRole);
    assert_eq!(masking(r#","masked":true"#), Masking::On);
    assert_eq!(masking(r#","masked":false,"mask":null"#), Masking::Off);
    assert_eq!(masking(r#","masked":true,"mask":"01020304""#), Masking::Key([1, 2, 3, 4]));
    let echoed = r#"{"event":"text","direction":"sent","base64":"/w==","size":1}"#;
    assert_eq!(frame(echoed), (Crafted::new(1, vec![0xff]), vec![]));
    let raw = read(r#"{"event":"raw","direction":"sent","hex":"81 00","writes":[1]}"#);
    assert_eq!(raw, Ok(Input::Raw { bytes: vec![0x81, 0], writes: vec![1] }));
}

#[test]
fn what_is_skipped() {
    let lines = [
        "",
        " \r\n",
        r#"{"event":"open"}"#,
        r#"{"event":"end","code":1000}"#,
        r#"{"event":"notice","message":"x"}"#,
        r#"{"event":"error"}"#,
        r#"{"event":"listening"}"#,
        r#"{"event":"text","direction":"received","data":"x"}"#,
        r#"{"event":"close","direction":"received","code":1005}"#,
        r#"{"event":"frame","direction":"sent"}"#,
        r#"{"event":"frame","direction":"received"}"#,
        r#"{"event":"pong","direction":"sent","data":"x","auto":true}"#,
    ];
    for line in lines {
        assert_eq!(read(line), Ok(Input::Skip), "{line}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let table = [
        ("{", "not a JSON record: EOF while parsing an object at column 1"),
        ("\"x\"", "not a JSON object"),
        ("{}", "the record lacks \"event\""),
        (r#"{"event":7}"#, "the field \"event\" must be a string"),
        (r#"{"event":"txet\u001b"}"#, r#"unknown event "txet\x1b""#),
        (r#"{"event":"frame"}"#, "the record of event \"frame\" lacks \"opcode\""),
        (r#"{"event":"frame","opcode":16}"#, "the field \"opcode\" must be an opcode from 0 to 15"),
        (r#"{"event":"frame","opcode":1,"rsv":8}"#, "the field \"rsv\" must be a number from 0 to 7"),
        (
            r#"{"event":"frame","opcode":1,"mask":"0102"}"#,
            "the field \"mask\" must be four bytes in hexadecimal",
        ),
        (
            r#"{"event":"frame","opcode":1,"length":126,"length_bits":7}"#,
            "a length of 126 does not fit into 7 bits, where 125 is the most",
        ),
        (r#"{"event":"frame","opcode":1,"length_bits":8}"#, "the field \"length_bits\" must be 7, 16 or 64"),
        (r#"{"event":"raw"}"#, "the record of event \"raw\" lacks \"hex\""),
        (r#"{"event":"raw","hex":"8"}"#, "the field \"hex\" must be bytes in hexadecimal"),
        (r#"{"event":"raw","hex":"81","writes":[0]}"#, "the field \"writes\" must be a list of sizes from 1"),
        (r#"{"event":"text"}"#, "the record of event \"text\" lacks \"data\""),
        (r#"{"event":"text","data":null}"#, "the record of event \"text\" lacks \"data\""),
        (r#"{"event":"text","data":1}"#, "the field \"data\" must be a string"),
        (
            r#"{"event":"text","data":"x","direction":"up"}"#,
            r#"the field "direction" must be "sent" or "received""#,
        ),
        (r#"{"event":"binary","data":"x"}"#, "the record of event \"binary\" lacks \"base64\""),
        (
            r#"{"event":"binary","base64":"A"}"#,
            "the field \"base64\" must be base64 with padding (RFC 4648 §4)",
        ),
        (r#"{"event":"ping"}"#, "the record of event \"ping\" lacks \"data\" or \"base64\""),
        (r#"{"event":"pong","data":"","auto":1}"#, "the field \"auto\" must be true or false"),
        (r#"{"event":"close","code":"1000"}"#, "the field \"code\" must be a close code or null"),
        (r#"{"event":"close","code":-1}"#, "the field \"code\" must be a close code or null"),
        (r#"{"event":"sleep"}"#, "the record of event \"sleep\" lacks \"seconds\""),
        (r#"{"event":"sleep","seconds":-1}"#, "the field \"seconds\" must be a number of seconds, 0 or more"),
        (
            r#"{"event":"sleep","seconds":1e300}"#,
            "the field \"seconds\" must be a number of seconds, 0 or more",
        ),
    ];
    for (line, text) in table {
        assert_eq!(error(line), text, "{line}");
    }
    assert!(error(r#"{"event":"close","reason":"x"}"#).contains("lacks \"code\""));
    assert!(parse(b"{\"event\":\"text\",\"data\":\"\xff\"}").is_err());
}

#[test]
fn what_a_close_frame_cannot_hold() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535, 65536 + 1000] {
        let line = format!(r#"{{"event":"close","code":{code},"reason":""}}"#);
        assert_eq!(read(&line), Err(ParseError::CloseCode(code)));
    }
    let close =
        |length| read(&format!(r#"{{"event":"close","code":1000,"reason":"{}"}}"#, "x".repeat(length)));
    assert!(close(123).is_ok());
    assert_eq!(close(124), Err(ParseError::TooLong { what: "the reason", length: 124, limit: 123 }));
    let ping = |length| read(&format!(r#"{{"event":"ping","data":"{}"}}"#, "x".repeat(length)));
    assert!(ping(125).is_ok());
    assert!(ping(126).is_err());
}

/// Writes an event and reads it back.
fn round_trip(event: &Event<'_>) -> Input {
    let stamp = Stamp { time: SystemTime::UNIX_EPOCH, elapsed: Duration::ZERO };
    let mut line = Vec::new();
    Writer::new(false).line(event, &stamp, None, &mut line);
    assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
    parse(&line).expect("what is recorded can be read")
}

fn message(direction: Direction, kind: Kind, payload: &[u8]) -> Event<'_> {
    Event::Message { direction, kind, payload: Cow::Borrowed(payload), compressed: Some(3) }
}

proptest! {
    #[test]
    fn a_recorded_session_is_sent_again_as_it_was(
        text: String,
        bytes: Vec<u8>,
        control in prop::collection::vec(any::<u8>(), 0..=125),
        code in prop::option::of(3000u16..5000),
        reason in "\\PC{0,30}",
    ) {
        let sent = Direction::Sent;
        let payload = Cow::Borrowed(control.as_slice());
        prop_assert_eq!(round_trip(&message(sent, Kind::Text, text.as_bytes())), Input::Text(text));
        prop_assert_eq!(round_trip(&message(sent, Kind::Binary, &bytes)), Input::Binary(bytes.clone()));
        let ping = Event::Ping { direction: sent, payload: payload.clone() };
        prop_assert_eq!(round_trip(&ping), Input::Ping(control.clone()));
        let pong = |auto| Event::Pong { direction: sent, payload: payload.clone(), rtt: None, auto };
        prop_assert_eq!(round_trip(&pong(false)), Input::Pong(control.clone()));
        prop_assert_eq!(round_trip(&pong(true)), Input::Skip);
        let raw = Event::Raw { bytes: Cow::Borrowed(&bytes), crafted: true };
        prop_assert_eq!(round_trip(&raw), Input::Raw { bytes: bytes.clone(), writes: vec![] });
        let reason = if code.is_some() { reason } else { String::new() };
        let close = Event::Close { direction: sent, code, reason: Cow::Borrowed(reason.as_bytes()) };
        prop_assert_eq!(round_trip(&close), Input::Close { code, reason: reason.clone() });
    }

    #[test]
    fn what_was_received_is_skipped(bytes: Vec<u8>, code: Option<u16>) {
        let direction = Direction::Received;
        let payload = Cow::Borrowed(bytes.as_slice());
        prop_assert_eq!(round_trip(&message(direction, Kind::Text, &bytes)), Input::Skip);
        prop_assert_eq!(round_trip(&Event::Ping { direction, payload: payload.clone() }), Input::Skip);
        prop_assert_eq!(round_trip(&Event::Close { direction, code, reason: payload }), Input::Skip);
    }

    #[test]
    fn no_line_panics(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }
}
