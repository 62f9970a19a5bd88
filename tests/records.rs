//! Event records: what `-o jsonl` and `--record` write, field by field, and that it can be sent again.
//!
//! Reading records as input has its table in forms.rs; `sleep` and skipping as well.

mod common;

use common::{FIN, PING, PONG, binary, close, echo, frame, peer, text, wscope};
use serde_json::{Value, json};

/// The names of the events, in order.
fn names(records: &[Value]) -> Vec<String> {
    let name = |record: &Value| {
        let direction =
            record["direction"].as_str().map(|direction| format!(" {direction}")).unwrap_or_default();
        format!("{}{direction}", record["event"].as_str().expect("every record has an event"))
    };
    records.iter().map(name).collect()
}

/// The record of this name.
#[track_caller]
fn find<'a>(records: &'a [Value], name: &str) -> &'a Value {
    let at = names(records).iter().position(|found| found == name);
    &records[at.unwrap_or_else(|| panic!("no {name} in {records:#?}"))]
}

/// A server that shows every kind of event.
fn eventful() -> common::Peer {
    peer(|c| {
        c.accept_with("Sec-WebSocket-Protocol: chat.v2\r\nSet-Cookie: id=hidden\r\nX-Server: yes\r\n");
        c.expect_text("hello");
        c.send([text("gr\u{fc}n \"quoted\"\n"), binary(&[0, 255]), frame(FIN | PING, b"p")].concat());
        c.send([frame(FIN | PING, &[0xff]), close(1000, "done")].concat());
        c.expect(PONG, "p");
        c.frames_until_close();
    })
}

const EVENTFUL: [&str; 8] = ["-s", "chat.v2", "--bearer", "hidden", "-m", "hello", "--linger", "forever"];

#[test]
fn jsonl_writes_every_event_with_its_fields() {
    let peer = eventful();
    let url = peer.url();
    let output = wscope(&[&EVENTFUL[..], &["-o", "jsonl", &url]].concat()).run();
    let records = output.exits(0).records();
    for record in &records {
        let time = record["time"].as_str().expect("every record has a time");
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{time}");
        assert!(record["elapsed"].as_f64().is_some_and(|seconds| seconds >= 0.0), "{record}");
    }
    let elapsed: Vec<_> = records.iter().map(|record| record["elapsed"].as_f64()).collect();
    assert!(elapsed.is_sorted(), "{elapsed:?}");
    let order: Vec<String> = names(&records).into_iter().filter(|name| name != "notice").collect();
    assert_eq!(order[..2], ["open", "text sent"]);
    assert_eq!(order.last().map(String::as_str), Some("end"));
    let received: Vec<_> = order.iter().filter(|name| name.ends_with("received")).collect();
    assert_eq!(
        received,
        ["text received", "binary received", "ping received", "ping received", "close received"]
    );
    check_open(find(&records, "open"), &url);
    check_messages(&records);
    check_end(find(&records, "end"));
}

fn check_open(open: &Value, url: &str) {
    assert_eq!((&open["url"], &open["status"]), (&json!(url), &json!(101)));
    assert_eq!((&open["subprotocol"], &open["tls"]), (&json!("chat.v2"), &Value::Null));
    assert!(url.contains(open["peer"].as_str().expect("a peer")), "{open}");
    assert!(open.as_object().is_some_and(|open| open.contains_key("extensions")), "{open}");
    for phase in ["connect", "upgrade"] {
        assert!(open["timings"][phase].is_number(), "{phase}: {open}");
    }
    let header = |list: &str, name: &str| {
        let fields = open[list].as_array().expect("a list of fields");
        let field = fields
            .iter()
            .find(|field| field[0].as_str().is_some_and(|given| given.eq_ignore_ascii_case(name)));
        field.unwrap_or_else(|| panic!("no {name} in {open}"))[1].as_str().expect("a value").to_owned()
    };
    assert_eq!(header("request_headers", "Sec-WebSocket-Version"), "13");
    assert_eq!(header("response_headers", "X-Server"), "yes");
    assert!(header("request_headers", "Authorization").contains("<redacted>"), "{open}");
    assert!(header("response_headers", "Set-Cookie").contains("<redacted>"), "{open}");
}

fn check_messages(records: &[Value]) {
    let sent = find(records, "text sent");
    assert_eq!((&sent["data"], &sent["size"]), (&json!("hello"), &json!(5)));
    let received = find(records, "text received");
    assert_eq!((&received["data"], &received["size"]), (&json!("gr\u{fc}n \"quoted\"\n"), &json!(15)));
    let binary = find(records, "binary received");
    assert_eq!((&binary["base64"], &binary["size"]), (&json!("AP8="), &json!(2)));
    let pings: Vec<_> = records.iter().filter(|record| record["event"] == "ping").collect();
    assert_eq!((&pings[0]["data"], &pings[1]["base64"]), (&json!("p"), &json!("/w==")));
    assert_eq!(find(records, "pong sent")["auto"], json!(true));
    let close = find(records, "close received");
    assert_eq!((&close["code"], &close["reason"]), (&json!(1000), &json!("done")));
    assert!(close["name"].as_str().is_some_and(|name| name.contains("normal")), "{close}");
}

fn check_end(end: &Value) {
    let wanted =
        json!({"by": "server", "clean": true, "code": 1000, "reason": "done", "error": null, "exit": 0});
    for (field, value) in wanted.as_object().expect("an object") {
        assert_eq!(&end[field], value, "{field} of {end}");
    }
    assert_eq!(end["sent"], json!({"messages": 1, "bytes": 5}), "{end}");
    assert_eq!(end["received"], json!({"messages": 2, "bytes": 17}), "{end}");
}

#[test]
fn ends_of_every_kind_are_recorded_with_the_exit_code() {
    let lost = peer(|c| {
        c.accept();
    });
    let refused = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    let broken = peer(|c| {
        c.accept();
        c.send(frame(FIN | 3, b""));
        c.expect_close(1002);
    });
    let without_code = peer(|c| {
        c.accept();
        c.send(frame(FIN | common::CLOSE, b""));
        c.frame();
    });
    let rows = [
        (lost, 7, 1006, false),
        (refused, 5, 1006, false),
        (broken, 6, 1002, false),
        (without_code, 0, 1005, true),
    ];
    for (peer, exit, code, clean) in rows {
        let output = wscope(&["-o", "jsonl", "--no-input", &peer.url()]).run();
        let records = output.exits(exit).records();
        let end = find(&records, "end");
        assert_eq!(end["exit"], json!(exit), "{end}");
        assert_eq!(end["code"], json!(code), "{end}");
        if exit != 6 {
            assert_eq!(end["clean"], json!(clean), "{end}");
        }
        assert_eq!(end["error"].is_null(), exit == 0, "{end}");
    }
}

#[test]
fn notices_and_errors_are_records_and_text_on_stderr() {
    let knobs = common::echo::Knobs { subprotocol: Some("another"), ..Default::default() };
    let echo = common::Echo::start(knobs);
    let output = wscope(&["-o", "jsonl", "-s", "chat", "-n1", "-m", "x", &echo.url()]).run();
    let records = output.exits(0).records();
    assert!(find(&records, "notice")["message"].as_str().is_some_and(|text| text.contains("subprotocol")));
    output.says("subprotocol");
    let output = wscope(&["-o", "jsonl", &echo.url()]).stdin(&b"\xff\n"[..]).run();
    let records = output.fails(9, &["UTF-8"]).records();
    assert!(find(&records, "error")["message"].as_str().is_some_and(|text| text.contains("UTF-8")));
}

#[test]
fn a_pong_that_answers_ours_has_the_round_trip_time() {
    let peer = peer(|c| {
        c.accept();
        let ping = c.frame();
        c.send(frame(FIN | PONG, &ping.payload));
        c.close(1000, "");
    });
    let output = wscope(&["-o", "jsonl", "-i", "jsonl", "--linger", "forever", &peer.url()])
        .stdin("{\"event\":\"ping\",\"data\":\"p\"}\n")
        .run();
    let records = output.exits(0).records();
    assert!(find(&records, "pong received")["rtt"].as_f64().is_some_and(|rtt| rtt > 0.0), "{output}");
    assert_eq!(find(&records, "ping sent")["data"], json!("p"));
}

#[test]
fn a_recording_is_the_same_whatever_is_shown_and_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("session.jsonl");
    let peer = eventful();
    let path = file.to_str().expect("a path in UTF-8");
    let output = wscope(&[&EVENTFUL[..], &["--record", path, &peer.url()]].concat()).run();
    output.exits(0);
    assert!(
        output.stdout.starts_with("gr\u{fc}n".as_bytes()),
        "stdout is not changed by a recording: {output}"
    );
    let text = std::fs::read_to_string(&file).expect("a recording");
    assert!(text.ends_with('\n') && !text.contains("hidden"), "{text}");
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    check_messages(&records);
    check_end(find(&records, "end"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    }
}

#[test]
fn secrets_show_only_when_asked() {
    let secret_places = |url: &str| {
        let at = url.trim_start_matches("ws://");
        vec![
            format!("ws://me:hidden@{at}"),
            format!("{url}?token=hidden&x=1"),
            format!("{url}?a=b&API_KEY=hidden"),
            format!("{url}?access_token=hidden"),
        ]
    };
    let echo = echo();
    for url in secret_places(&echo.url()) {
        let args = ["-v", "-o", "jsonl", "-n1", "-m", "x", "--cookie", "a=hidden", url.as_str()];
        let output = wscope(&args).run();
        output.exits(0).never_says("hidden").says("<redacted>");
        assert!(!output.text().contains("hidden"), "{output}");
        let shown = wscope(&[&["--show-secrets"], &args[..]].concat()).run();
        shown.exits(0).says("hidden");
    }
    let args = ["-v", "-n1", "-m", "x", "-s", "chat,bearer.hidden", &echo.url()];
    wscope(&args).run().exits(0).never_says("hidden");
    let refused = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 302 Found\r\nLocation: /?token=hidden\r\nSet-Cookie: a=hidden\r\nContent-Length: 0\r\n\r\n");
    });
    wscope(&[&format!("{}?sig=hidden", refused.url())]).run().fails(5, &["302"]).never_says("hidden");
}

#[test]
fn a_recording_can_be_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("session.jsonl");
    let path = file.to_str().expect("a path in UTF-8");
    let echo = echo();
    let args = ["-n3", "--record", path, "-m", "a\nb", "-m", "", "-m", "\u{1f600}", &echo.url()];
    let first = wscope(&args).run();
    first.exits(0);
    let recording = std::fs::File::open(&file).expect("a recording");
    let again = wscope(&["-n3", "-i", "jsonl", &echo.url()]).stdin_file(recording).run();
    again.exits(0).prints(&first.stdout);
}
