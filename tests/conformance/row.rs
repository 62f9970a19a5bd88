//! A row of the table: what the peer sends, what must happen, and a twin that must not pass.
//!
//! A row is put together by `Row::new` and the calls on it. What happens is a `Course`, and the same words describe
//! the expected one and those that the decoders took. Nothing here runs anything.

use std::fmt;

use wscope::wire::Role;

/// A 101 as it should be; `{accept}` stands for the right hash.
pub const PROPER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                          Sec-WebSocket-Accept: {accept}\r\n\r\n";

/// How much of a long payload a report shows.
const SHOWN: usize = 160;

/// What the RFC says: MUST, SHOULD, or nothing (a limit or a habit of ours).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Must,
    Should,
    Inform,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// Right in the end, but later than could be told.
    NotStrict(String),
    Fail(String),
    /// Nothing at all was seen.
    NoAnswer(String),
    Skipped(&'static str),
}

/// How a connection went, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// What was received, in the words of `text`, `binary`, `ping`, `pong` and `close`.
    pub events: Vec<String>,
    /// What was sent without being asked, in the same words; a close frame without its reason.
    pub answers: Vec<String>,
    /// The violation that was reported.
    pub report: Option<Report>,
    /// Why the handshake was refused; in an expected course, words of it.
    pub refusal: Option<String>,
    /// The exit code, where a program ran.
    pub exit: Option<i32>,
}

/// What a report of a violation names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub section: String,
    pub header: Vec<u8>,
    pub offset: Option<u64>,
}

/// What both ends begin with.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The role of the end under test.
    pub role: Role,
    pub subprotocols: &'static str,
    pub compress: bool,
    pub max_message: Option<u64>,
    /// The end under test has sent a close frame before.
    pub closing: bool,
}

/// What the peer sends.
#[derive(Clone, Debug)]
pub struct Sent {
    pub reply: String,
    pub frames: Vec<u8>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub section: &'static str,
    pub sentence: String,
    pub severity: Severity,
    pub setting: Setting,
    pub sent: Sent,
    /// Whether the reply is the matter, not the frames behind it.
    pub opening: bool,
    /// What would follow in the frame; without it the verdict must be known already.
    pub rest: Vec<u8>,
    pub expected: Course,
    /// The same without the property.
    pub twin: Option<Sent>,
}

pub fn text(payload: impl AsRef<[u8]>) -> String {
    quoted("text", payload.as_ref())
}

pub fn binary(payload: impl AsRef<[u8]>) -> String {
    quoted("binary", payload.as_ref())
}

pub fn ping(payload: impl AsRef<[u8]>) -> String {
    quoted("ping", payload.as_ref())
}

pub fn pong(payload: impl AsRef<[u8]>) -> String {
    quoted("pong", payload.as_ref())
}

/// A reason that is not UTF-8 is told with a character for each byte, as records do.
pub fn close(code: Option<u16>, reason: impl AsRef<[u8]>) -> String {
    let code = code.map_or("-".to_owned(), |code| code.to_string());
    let reason = reason.as_ref();
    let told = str::from_utf8(reason)
        .map_or_else(|_| reason.iter().copied().map(char::from).collect::<String>(), str::to_owned);
    quoted(&format!("close {code}"), told.as_bytes())
}

fn quoted(what: &str, payload: &[u8]) -> String {
    format!("{what} \"{}\"", payload.escape_ascii())
}

impl Row {
    /// A row in which nothing is sent yet.
    pub fn new(id: impl Into<String>, section: &'static str, sentence: impl Into<String>) -> Row {
        let setting = Setting {
            role: Role::Client,
            subprotocols: "",
            compress: false,
            max_message: None,
            closing: false,
        };
        Row {
            id: id.into(),
            section,
            sentence: sentence.into(),
            severity: Severity::Must,
            setting,
            sent: Sent { reply: PROPER.to_owned(), frames: Vec::new() },
            opening: false,
            rest: Vec::new(),
            expected: Course::default(),
            twin: None,
        }
    }

    /// The peer answers the handshake with this.
    pub fn replies(mut self, reply: impl Into<String>) -> Row {
        self.sent.reply = reply.into();
        self.opening = true;
        self
    }

    /// The peer sends these frames.
    pub fn sends(mut self, frames: impl Into<Vec<u8>>) -> Row {
        self.sent.frames = frames.into();
        self
    }

    /// What would follow in the frame that is not finished.
    pub fn unfinished(mut self, rest: impl Into<Vec<u8>>) -> Row {
        self.rest = rest.into();
        self
    }

    /// permessage-deflate is offered, and the peer answers this.
    pub fn agrees(mut self, answer: &str) -> Row {
        self.setting.compress = true;
        let line = format!("Sec-WebSocket-Extensions: {answer}\r\n\r\n");
        self.sent.reply = PROPER.replace("\r\n\r\n", &format!("\r\n{line}"));
        self
    }

    /// The end under test takes messages of so many bytes.
    pub fn limit(mut self, bytes: u64) -> Row {
        self.setting.max_message = Some(bytes);
        self
    }

    /// The end under test is a server.
    pub fn at_server(mut self) -> Row {
        self.setting.role = Role::Server;
        self
    }

    /// The end under test has sent a close frame.
    pub fn after_our_close(mut self) -> Row {
        self.setting.closing = true;
        self
    }

    pub fn severity(mut self, severity: Severity) -> Row {
        self.severity = severity;
        self
    }

    /// These are received; each ping is answered.
    pub fn shows(mut self, events: &[String]) -> Row {
        for event in events {
            if event.starts_with("ping") && !self.setting.closing {
                self.expected.answers.push(event.replacen("ping", "pong", 1));
            }
            self.expected.events.push(event.clone());
        }
        self.expected.exit.get_or_insert(0);
        self
    }

    /// A close frame is received and answered with its code.
    pub fn closes(mut self, code: Option<u16>, reason: impl AsRef<[u8]>) -> Row {
        self.expected.events.push(close(code, reason));
        if !self.setting.closing {
            self.expected.answers.push(close(code, ""));
        }
        self.expected.exit = Some(if matches!(code, None | Some(1000 | 1001)) { 0 } else { 8 });
        self
    }

    /// The connection is failed with this close code, for the frame that begins so.
    pub fn fails(mut self, code: u16, header: &[u8]) -> Row {
        self.expected.answers.push(close(Some(code), ""));
        let report = Report { section: self.section.to_owned(), header: header.to_vec(), offset: None };
        self.expected.report = Some(report);
        self.expected.exit = Some(6);
        self
    }

    /// The frame that begins so is reported and passed over.
    pub fn passes_over(mut self, header: &[u8]) -> Row {
        let report = Report { section: self.section.to_owned(), header: header.to_vec(), offset: None };
        self.expected.report = Some(report);
        self
    }

    /// The byte at this offset of the message is reported.
    pub fn offset(mut self, offset: u64) -> Row {
        let report = self.expected.report.as_mut().expect("a row that fails");
        report.offset = Some(offset);
        self
    }

    /// The handshake is refused in these words.
    pub fn refused(mut self, words: &str) -> Row {
        self.expected = Course { refusal: Some(words.to_owned()), exit: Some(5), ..Course::default() };
        self
    }

    /// The same frames without the property.
    pub fn twin(mut self, frames: impl Into<Vec<u8>>) -> Row {
        self.twin = Some(Sent { reply: self.sent.reply.clone(), frames: frames.into() });
        self
    }

    /// The same reply without the property.
    pub fn twin_reply(mut self, reply: impl Into<String>) -> Row {
        self.twin = Some(Sent { reply: reply.into(), frames: self.sent.frames.clone() });
        self
    }

    /// What the row says of a course.
    pub fn judge(&self, got: &Course) -> Verdict {
        let expected = &self.expected;
        let refusal = match (&expected.refusal, &got.refusal) {
            (Some(words), Some(got)) => got.to_lowercase().contains(&words.to_lowercase()),
            (None, None) => true,
            _ => false,
        };
        let exit = got.exit.is_none() || got.exit == expected.exit;
        let same = (&got.events, &got.answers, &got.report)
            == (&expected.events, &expected.answers, &expected.report);
        if refusal && exit && same {
            Verdict::Pass
        } else if (&got.events, &got.answers, &got.refusal) == (&vec![], &vec![], &None) {
            Verdict::NoAnswer(self.tell(got))
        } else {
            Verdict::Fail(self.tell(got))
        }
    }

    /// The row, and how it went.
    pub fn tell(&self, got: &Course) -> String {
        format!("{self}\n  expected: {}\n  got:      {got}", self.expected)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {} · {:?}: {}", self.id, self.section, self.severity, self.sentence)
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.events.iter().map(|event| shorten(event)).collect();
        let answers: Vec<String> = self.answers.iter().map(|answer| shorten(answer)).collect();
        write!(f, "received [{}], answered [{}]", shown.join(", "), answers.join(", "))?;
        if let Some(Report { section, header, offset }) = &self.report {
            write!(f, ", reported {section}, header {header:02x?}, offset {offset:?}")?;
        }
        if let Some(refusal) = &self.refusal {
            write!(f, ", refused: {refusal}")?;
        }
        self.exit.map_or(Ok(()), |exit| write!(f, ", exit {exit}"))
    }
}

fn shorten(words: &str) -> String {
    match words.get(..SHOWN) {
        Some(start) => format!("{start}… ({} characters)", words.len()),
        None => words.to_owned(),
    }
}
