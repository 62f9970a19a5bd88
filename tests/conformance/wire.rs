//! The first level: `wscope::wire` is handed the peer's bytes, in every way they may be cut.
//!
//! Does what a session does between socket and connection: reads the head, judges the 101, keeps what was not
//! consumed for the next piece.

use wscope::wire::deflate::OFFER;
use wscope::wire::handshake::{Offer, Progress, ResponseReader, accept, accept_for};
use wscope::wire::{Connection, Draw, Event, Kind, Role, Settings, Violation};

use super::row::{Course, Report, Row, Sent, Setting, Verdict, binary, close, ping, pong, text};

/// The key of the example in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Rows with more bytes are not cut at every place.
const SHORT: usize = 400;

/// How the bytes come.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    EachByte,
    At(usize),
}

/// One end of a connection, and what became of it.
struct End {
    setting: Setting,
    offer: Offer,
    reader: ResponseReader,
    connection: Option<Connection>,
    input: Vec<u8>,
    course: Course,
}

/// The verdict on the row, however its bytes are cut.
pub fn run(row: &Row) -> Verdict {
    let verdicts = cuts(row, &row.sent).into_iter().map(|cut| verdict(row, cut));
    verdicts.into_iter().find(|verdict| *verdict != Verdict::Pass).unwrap_or(Verdict::Pass)
}

/// The verdict on the twin, as a whole.
pub fn run_twin(row: &Row, twin: &Sent) -> Verdict {
    let mut end = End::new(&row.setting);
    end.feed(&bytes(row, twin));
    row.judge(&end.course())
}

fn verdict(row: &Row, cut: Cut) -> Verdict {
    let bytes = bytes(row, &row.sent);
    let subject = subject(row, &row.sent);
    let mut end = End::new(&row.setting);
    match cut {
        Cut::Whole => end.feed(&bytes),
        Cut::At(at) => {
            end.feed(&bytes[..at]);
            end.feed(&bytes[at..]);
        }
        Cut::EachByte => {
            end.feed(&bytes[..subject]);
            bytes[subject..].chunks(1).for_each(|byte| end.feed(byte));
        }
    }
    let course = end.course();
    let verdict = row.judge(&course);
    if verdict == Verdict::Pass || row.rest.is_empty() {
        return with_cut(verdict, cut);
    }
    end.feed(&row.rest);
    match row.judge(&end.course()) {
        Verdict::Pass => Verdict::NotStrict(row.tell(&course)),
        _ => with_cut(verdict, cut),
    }
}

fn with_cut(verdict: Verdict, cut: Cut) -> Verdict {
    match verdict {
        Verdict::Fail(told) => Verdict::Fail(format!("{told}\n  the bytes came: {cut:?}")),
        other => other,
    }
}

fn cuts(row: &Row, sent: &Sent) -> Vec<Cut> {
    let (length, subject) = (bytes(row, sent).len(), subject(row, sent));
    let mut cuts = vec![Cut::Whole, Cut::EachByte];
    if length - subject <= SHORT {
        cuts.extend((subject..length).map(Cut::At));
    }
    cuts
}

/// All that the peer sends. A client under test is spoken to from the handshake on.
fn bytes(row: &Row, sent: &Sent) -> Vec<u8> {
    [&head(row, sent)[..], &sent.frames].concat()
}

/// Where the matter of the row begins.
fn subject(row: &Row, sent: &Sent) -> usize {
    if row.opening { 0 } else { head(row, sent).len() }
}

fn head(row: &Row, sent: &Sent) -> Vec<u8> {
    match row.setting.role {
        Role::Client => sent.reply.replace("{accept}", &accept_for(KEY)).into_bytes(),
        Role::Server => Vec::new(),
    }
}

impl End {
    fn new(setting: &Setting) -> End {
        let subprotocols = setting.subprotocols.split(',').filter(|name| !name.is_empty());
        let offer = Offer {
            key: KEY.to_owned(),
            subprotocols: subprotocols.map(str::to_owned).collect(),
            extensions: if setting.compress { vec![OFFER.to_owned()] } else { vec![] },
        };
        let mut end = End {
            setting: setting.clone(),
            offer,
            reader: ResponseReader::new(),
            connection: None,
            input: Vec::new(),
            course: Course::default(),
        };
        if setting.role == Role::Server {
            end.open(Settings::new(Role::Server));
        }
        end
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.connection.is_none() && self.course.refusal.is_none() && !rest.is_empty() {
            rest = &rest[self.read_head(rest)..];
        }
        self.input.extend_from_slice(rest);
        self.receive();
    }

    /// Takes what belongs to the head; returns how much that was.
    fn read_head(&mut self, bytes: &[u8]) -> usize {
        match self.reader.feed(bytes) {
            Ok(Progress::More) => bytes.len(),
            Ok(Progress::Interim { used, .. }) => used,
            Ok(Progress::Done { response, .. }) if response.status != 101 => {
                self.course.refusal = Some(format!("status {}", response.status));
                bytes.len()
            }
            Ok(Progress::Done { response, used }) => {
                match accept(&response, &self.offer) {
                    Ok(agreed) => {
                        self.open(Settings { deflate: agreed.deflate, ..Settings::new(Role::Client) });
                    }
                    Err(error) => self.course.refusal = Some(error.to_string()),
                }
                used
            }
            Err(error) => {
                self.course.refusal = Some(error.to_string());
                bytes.len()
            }
        }
    }

    fn open(&mut self, mut settings: Settings) {
        settings.max_message = self.setting.max_message.unwrap_or(settings.max_message);
        let draw: Draw =
            Box::new(|bytes| bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = at as u8));
        let mut connection = Connection::new(settings, draw);
        if self.setting.closing {
            connection.sender.close(Some(1000), "").expect("an open connection can be closed");
            let sent = connection.sender.unsent().len();
            connection.sender.advance(sent);
        }
        self.connection = Some(connection);
    }

    fn receive(&mut self) {
        let Some(Connection { receiver, sender }) = &mut self.connection else { return };
        let mut at = 0;
        loop {
            let received = receiver.receive(&mut self.input[at..], sender);
            at += received.consumed;
            match received.event {
                Some(event) => note(&mut self.course, event),
                None => break,
            }
        }
        while let Some(violation) = sender.tolerated() {
            self.course.report = Some(report(&violation));
        }
        self.input.drain(..at);
    }

    fn course(&self) -> Course {
        let mut course = self.course.clone();
        if let Some(connection) = &self.connection {
            course.answers = answers(connection.sender.unsent(), self.setting.role);
        }
        course
    }
}

fn note(course: &mut Course, event: Event<'_>) {
    course.events.push(match event {
        Event::Message { kind: Kind::Text, payload, .. } => text(payload),
        Event::Message { kind: Kind::Binary, payload, .. } => binary(payload),
        Event::Piece { .. } => panic!("nobody asked for pieces"),
        Event::Ping(payload) => ping(payload),
        Event::Pong(payload) => pong(payload),
        Event::Close { code, reason } => close(code, reason),
        Event::Violation(violation) => {
            course.report = Some(report(&violation));
            match violation.close {
                Some(frame) => close(frame.code, frame.reason),
                None => return,
            }
        }
    });
}

fn report(violation: &Violation) -> Report {
    let (section, header) = (violation.section.to_owned(), violation.bytes.clone());
    Report { section, header, offset: violation.offset }
}

/// The control frames that were sent; a client's must be masked, a server's not (RFC 6455 §5.1).
fn answers(mut sent: &[u8], role: Role) -> Vec<String> {
    let mut answers = Vec::new();
    while let [first, second, rest @ ..] = sent {
        assert_eq!(second & 0x80 != 0, role == Role::Client, "only a client masks: {sent:02x?}");
        let (key, rest) = rest.split_at(if role == Role::Client { 4 } else { 0 });
        let (payload, rest) = rest.split_at(usize::from(second & 0x7f));
        let unmask = |(at, byte): (usize, &u8)| byte ^ key.get(at % 4).unwrap_or(&0);
        let payload: Vec<u8> = payload.iter().enumerate().map(unmask).collect();
        answers.push(answer(*first, &payload));
        sent = rest;
    }
    answers
}

/// A frame sent without being asked; the reason of a close frame is ours to choose.
pub fn answer(first: u8, payload: &[u8]) -> String {
    match first {
        0x8a => pong(payload),
        0x88 => close(payload.first_chunk().map(|code| u16::from_be_bytes(*code)), ""),
        other => format!("frame {other:02x}"),
    }
}
