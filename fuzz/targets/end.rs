//! One end of a connection, with a log of all that came and all that it sent. Used by `connection`.

use wscope::wire::{Automatic, Connection, Event, Frame, Kind, Settings, State, mask};

use super::assert_visible;

/// The most that may be left over between two pieces of input: a header and a control frame.
const LEFT_OVER: usize = 130;

/// The same where control frames that are too long are passed over.
const LEFT_OVER_LENIENT: usize = 4096 + 14;

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
    /// Messages that need no judging are taken in runs.
    pub by_runs: bool,
    /// What came.
    pub received: Vec<Seen>,
    /// In how many fragments, and how long on the wire, each message came.
    pub forms: Vec<(u32, Option<u64>)>,
    /// What went out, in order.
    pub sent: Vec<Seen>,
    /// Reports of what was passed over.
    pub tolerated: Vec<String>,
    /// The frames that came, where they are watched.
    pub frames: Vec<Frame>,
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
            by_runs: false,
            received: Vec::new(),
            forms: Vec::new(),
            sent: Vec::new(),
            tolerated: Vec::new(),
            frames: Vec::new(),
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
            at += self.take_run(&mut input[at..]);
            let open = self.connection.sender.state() == State::Open;
            let over = self.is_over();
            let received = self.connection.receiver.receive(&mut input[at..], &mut self.connection.sender);
            let consumed = received.consumed;
            let found = received.event.map(|event| (own(&event), form(&event)));
            assert!(consumed <= input.len() - at, "more was consumed than there was");
            at += consumed;
            self.log_automatic();
            self.log_noticed();
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
        let most = if self.settings.lenient { LEFT_OVER_LENIENT } else { LEFT_OVER };
        assert!(self.left.len() <= most, "{} bytes are left over", self.left.len());
    }

    /// Takes a run of messages where that is wanted; returns its bytes.
    fn take_run(&mut self, input: &mut [u8]) -> usize {
        let Connection { receiver, sender } = &mut self.connection;
        let take = |kind, payload: &[u8]| {
            self.received.push(Seen::Message(kind, payload.to_vec()));
            self.forms.push((1, None));
        };
        receiver.receive_run(input, sender, if self.by_runs { 3 } else { 0 }, take).consumed
    }

    /// Whether each frame is logged.
    pub fn is_watched(&self) -> bool {
        self.settings.frames
    }

    /// Whether the peer's last word has come.
    pub fn is_over(&self) -> bool {
        matches!(self.received.last(), Some(Seen::Close(..) | Seen::Violation(..)))
    }

    /// The socket takes so many bytes of those that are to be written in one go.
    pub fn write(&mut self, count: usize) {
        let sender = &mut self.connection.sender;
        let offered = sender.next_write();
        assert!(sender.unsent().starts_with(offered));
        assert!(offered.is_empty() == sender.unsent().is_empty(), "what is unsent is offered");
        let count = count.min(offered.len());
        self.written.extend_from_slice(&offered[..count]);
        let next = offered[count..].to_vec();
        sender.advance(count);
        self.log_automatic();
        assert!(self.connection.sender.unsent().starts_with(&next), "what is offered stays in front");
    }

    /// The socket takes all.
    pub fn write_all(&mut self) {
        while !self.connection.sender.unsent().is_empty() {
            self.write(usize::MAX);
        }
    }

    fn log_noticed(&mut self) {
        self.frames.extend(self.connection.sender.received_frames());
        while let Some(violation) = self.connection.sender.tolerated() {
            let report = violation.to_string();
            assert_visible(&report);
            self.tolerated.push(report);
        }
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
        let lenient = self.settings.lenient;
        match seen {
            Seen::Message(kind, payload) => {
                assert!(payload.len() as u64 <= self.settings.max_message);
                assert!(lenient || *kind == Kind::Binary || str::from_utf8(payload).is_ok(), "text is UTF-8");
                assert!(self.forms.iter().all(|(fragments, _)| *fragments <= self.settings.max_fragments));
            }
            Seen::Ping(payload) | Seen::Pong(payload) => assert!(lenient || payload.len() <= 125),
            Seen::Close(code, reason) => {
                assert_eq!(state, State::Closed);
                assert!(lenient || str::from_utf8(reason).is_ok(), "a reason is UTF-8");
                let by_code = |sent: &Seen| matches!(sent, Seen::Close(sent, _) if lenient || sent == code);
                assert!(!open || self.sent.last().is_some_and(by_code), "a close is answered by its code");
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

/// The bytes that the frames were.
pub fn wire(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes.extend_from_slice(&frame.header);
        match frame.head().and_then(|head| head.header.mask) {
            Some(key) => mask::append(&mut bytes, &frame.payload, key),
            None => bytes.extend_from_slice(&frame.payload),
        }
    }
    bytes
}

fn own(event: &Event<'_>) -> Option<Seen> {
    match event {
        Event::Message { kind, payload, .. } => Some(Seen::Message(*kind, payload.to_vec())),
        // Nobody asks for pieces.
        Event::Piece { .. } => None,
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
