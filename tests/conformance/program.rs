//! The second level: the real binary is the client, and the scripted peer sends what the row says.
//!
//! What was received is read from the records on stdout, the report of a violation from stderr.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use wscope::wire::Role;

use super::row::{Course, Report, Row, Sent, Setting, Verdict, binary, close, ping, pong, text};
use super::wire::answer;
use crate::common::{self, Conn, Output, peer, wscope};

/// The verdict on the row.
pub fn run(row: &Row) -> Verdict {
    match why_not(row) {
        Some(reason) => Verdict::Skipped(reason),
        None => row.judge(&course(row, &row.sent, !is_over(row))),
    }
}

/// The verdict on the twin.
pub fn run_twin(row: &Row, twin: &Sent) -> Verdict {
    match why_not(row) {
        Some(reason) => Verdict::Skipped(reason),
        None => row.judge(&course(row, twin, true)),
    }
}

fn why_not(row: &Row) -> Option<&'static str> {
    match row.setting.role {
        Role::Server => Some("the program is a client"),
        Role::Client if row.setting.closing => Some("close.rs has a session that closes first"),
        Role::Client => None,
    }
}

/// Runs the program against the peer. Where the peer `ends` it, a close frame follows what it sends; where it does
/// not, what was sent must move the program to end it.
fn course(row: &Row, sent: &Sent, ends: bool) -> Course {
    let answers: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, sent) = (Arc::clone(&answers), sent.clone());
    let script = move |c: &mut Conn| {
        let accept = c.read_request().accept_key();
        let mut bytes = sent.reply.replace("{accept}", &accept).into_bytes();
        bytes.extend_from_slice(&sent.frames);
        if ends {
            bytes.extend_from_slice(&common::close(1000, "end"));
        }
        c.send(bytes);
        while let Some(frame) = c.next() {
            let first = if frame.fin { 0x80 } else { 0 } | frame.rsv << 4 | frame.opcode;
            seen.lock().expect("nobody panics with the lock").push(answer(first, &frame.payload));
            if frame.opcode == common::CLOSE {
                break;
            }
        }
    };
    let peer = peer(script);
    let (url, arguments) = (peer.url(), arguments(&row.setting));
    let arguments: Vec<&str> = arguments.iter().chain([&url]).map(String::as_str).collect();
    let output = wscope(&arguments).run();
    drop(peer);
    let answers = answers.lock().expect("nobody panics with the lock").clone();
    let mut course = read(&output, answers);
    if ends && !is_over(row) {
        forget_the_end(&mut course);
    }
    course
}

/// Whether what the row sends ends the connection.
fn is_over(row: &Row) -> bool {
    row.opening || row.expected.answers.iter().any(|answer| answer.starts_with("close"))
}

fn arguments(setting: &Setting) -> Vec<String> {
    let mut arguments = vec!["--no-input".to_owned(), "--output=jsonl".to_owned()];
    if !setting.subprotocols.is_empty() {
        arguments.push(format!("--subprotocol={}", setting.subprotocols));
    }
    if setting.compress {
        arguments.push("--compress".to_owned());
    }
    arguments.extend(setting.max_message.map(|limit| format!("--max-message={limit}")));
    arguments
}

fn read(output: &Output, answers: Vec<String>) -> Course {
    let records = output.records();
    let received = records.iter().filter(|record| record["direction"] == "received");
    Course {
        events: received.map(event).collect(),
        answers,
        report: report(&output.stderr),
        refusal: (output.code == Some(5)).then(|| output.stderr.clone()),
        exit: output.code,
    }
}

/// Takes out the closing handshake by which the peer ended a row that is not about it.
fn forget_the_end(course: &mut Course) {
    course.events.pop_if(|event| *event == close(Some(1000), "end"));
    course.answers.pop_if(|answer| *answer == close(Some(1000), ""));
}

fn event(record: &Value) -> String {
    let payload = match (record["data"].as_str(), record["base64"].as_str()) {
        (Some(data), _) => data.as_bytes().to_vec(),
        (None, base64) => {
            let base64 = base64.unwrap_or_default().as_bytes();
            data_encoding::BASE64.decode(base64).expect("a record holds base64")
        }
    };
    match record["event"].as_str() {
        Some("text") => text(payload),
        Some("binary") => binary(payload),
        Some("ping") => ping(payload),
        Some("pong") => pong(payload),
        Some("close") => {
            let code = record["code"].as_u64().and_then(|code| u16::try_from(code).ok());
            close(code, record["reason"].as_str().unwrap_or_default())
        }
        _ => record.to_string(),
    }
}

/// Reads `… at offset N (RFC …): 81 05 …` back; `None` where no bytes are named.
fn report(stderr: &str) -> Option<Report> {
    let (before, after) = stderr.split_once("):").filter(|(before, _)| before.contains("(RFC "))?;
    let (what, section) = before.rsplit_once('(')?;
    let offset = what.rsplit_once(" at offset ").and_then(|(_, offset)| offset.trim().parse().ok());
    // Behind the bytes there may be a hint.
    let bytes = after.split([';', ',', '\n']).next()?;
    let header: Vec<u8> =
        bytes.split_whitespace().map_while(|word| u8::from_str_radix(word, 16).ok()).collect();
    (!header.is_empty()).then(|| Report { section: section.to_owned(), header, offset })
}
