//! One end of a connection, with a log of all that came and all that it sent. Used by `connection`.

use wscope::wire::{Automatic, Connection, Event, Kind, Settings, State};

use super::assert_visible;

/// The most that may be left over between two pieces of input: a header and a control frame.
const LEFT_OVER: usize = 130;

/// A frame or message, or what was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Message(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
    Violation(u16, String),
}

/// One end.
pub struct End {
    pub connection: Connection,
    /// What came.
    pub received: Vec<Seen>,
    /// In how many fragments, and how long on the wire, each message came.
    pub forms: Vec<(u32, Option<u64>)>,
    /// What went out, in order.
    pub sent: Vec<Seen>,
    /// The bytes that the socket took.
    pub written: Vec<u8>,
    /// Input that was not consumed.
    left: Vec<u8>,
    settings: Settings,
}

impl End {
    /// An open connection.
    pub fn new(settings: &Settings) -> Self {
        let mut last = 0_u8;
        let draw = move |bytes: &mut [u8]| {
            for byte in bytes {
                last = last.wrapping_mul(5).wrapping_add(1);
                *byte = last;
            }
        };
        Self {
            connection: Connection::new(settings.clone(), Box::new(draw)),
            received: Vec::new(),
            forms: Vec::new(),
            sent: Vec::new(),
            written: Vec::new(),
            left: Vec::new(),
            settings: settings.clone(),
        }
    }

    /// A block of input came. After each event the automatic answers are logged.
    pub fn feed(&mut self, piece: &[u8]) {
        let mut input = std::mem::take(&mut self.left);
        input.extend_from_slice(piece);
        let mut at = 0;
        loop {
            let open = self.connection.sender.state() == State::Open;
            let over = self.is_over();
            let received = self.connection.receiver.receive(&mut input[at..], &mut self.connection.sender);
            let consumed = received.consumed;
            let found = received.event.map(|event| (own(&event), form(&event)));
            assert!(consumed <= input.len() - at, "more was consumed than there was");
            at += consumed;
            self.log_automatic();
            let Some((seen, form)) = found else { break };
            assert!(!over, "{seen:?} came after the end");
            self.forms.extend(form);
            if let Some(seen) = seen {
                self.check(&seen, open);
                self.received.push(seen);
            }
        }
        if self.is_over() {
            assert_eq!(at, input.len(), "after the end nothing is left over");
        }
        self.left = input.split_off(at);
        assert!(self.left.len() <= LEFT_OVER, "{} bytes are left over", self.left.len());
    }

    /// Whether the peer's last word has come.
    pub fn is_over(&self) -> bool {
        matches!(self.received.last(), Some(Seen::Close(..) | Seen::Violation(..)))
    }

    /// The socket takes so many bytes.
    pub fn write(&mut self, count: usize) {
        let unsent = self.connection.sender.unsent();
        let count = count.min(unsent.len());
        self.written.extend_from_slice(&unsent[..count]);
        let next = unsent[count..].to_vec();
        self.connection.sender.advance(count);
        self.log_automatic();
        assert!(self.connection.sender.unsent().starts_with(&next), "what is offered stays in front");
    }

    fn log_automatic(&mut self) {
        while let Some(automatic) = self.connection.sender.automatic() {
            self.sent.push(match automatic {
                Automatic::Pong(payload) => Seen::Pong(payload),
                Automatic::Close { code, reason } => Seen::Close(code, reason.into_bytes()),
            });
        }
    }

    /// What holds for everything that comes; `open`: before it this end had sent no close frame.
    fn check(&self, seen: &Seen, open: bool) {
        let state = self.connection.sender.state();
        match seen {
            Seen::Message(kind, payload) => {
                assert!(payload.len() as u64 <= self.settings.max_message);
                assert!(*kind == Kind::Binary || str::from_utf8(payload).is_ok(), "text is UTF-8");
                assert!(self.forms.iter().all(|(fragments, _)| *fragments <= self.settings.max_fragments));
            }
            Seen::Ping(payload) | Seen::Pong(payload) => assert!(payload.len() <= 125),
            Seen::Close(code, reason) => {
                assert!(str::from_utf8(reason).is_ok() && (code.is_some() || reason.is_empty()));
                assert_eq!(state, State::Closed);
                let answer = Seen::Close(*code, Vec::new());
                assert!(!open || self.sent.last() == Some(&answer), "a close is answered by its code");
            }
            Seen::Violation(close_code, report) => {
                assert_visible(report);
                assert_eq!(state, State::Closing);
                let fails =
                    matches!(self.sent.last(), Some(Seen::Close(Some(code), _)) if code == close_code);
                assert!(!open || fails, "a violation is answered with its code");
            }
        }
    }
}

fn own(event: &Event<'_>) -> Option<Seen> {
    match event {
        Event::Message { kind, payload, .. } => Some(Seen::Message(*kind, payload.to_vec())),
        Event::Ping(payload) => Some(Seen::Ping(payload.to_vec())),
        Event::Pong(payload) => Some(Seen::Pong(payload.to_vec())),
        Event::Close { code, reason } => Some(Seen::Close(*code, reason.to_vec())),
        Event::Violation(violation) => Some(Seen::Violation(violation.close_code, violation.to_string())),
    }
}

fn form(event: &Event<'_>) -> Option<(u32, Option<u64>)> {
    match event {
        Event::Message { fragments, compressed, .. } => Some((*fragments, *compressed)),
        _ => None,
    }
}
