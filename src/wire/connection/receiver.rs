//! The receiving half: blocks of bytes in, one event at a time out (RFC 6455 §5.2 to §5.6, §6.2).
//!
//! A data frame that is whole in the input and not a fragment is handed on borrowed; everything else is assembled in
//! `message`. Rules that the first two bytes of a frame show are judged on them, sizes on the header, text as it
//! arrives. Compressed messages go through `inflation`. Knows no socket; it answers through the `Sender` it is handed.

use std::ops::Range;

use tungstenite::protocol::frame::coding::OpCode;

use super::inflation::Inflation;
use super::judging::{self, Judge};
use super::{Frame, Sender, Settings, frames::FrameLog, message::Message, taking::Unfinished};
use crate::wire::frame::{Head, Start};
use crate::wire::{CloseFrame, Kind, Room, Rule, Violation};

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole data message; the payload of a text is UTF-8.
    Message {
        /// Text or binary.
        kind: Kind,
        /// Unmasked.
        payload: &'a [u8],
        /// In how many frames it came.
        fragments: u32,
        /// The bytes of its frames' payloads, where it was compressed (RFC 7692).
        compressed: Option<u64>,
    },
    /// A piece of a data message that is not assembled; see `Receiver::pass_on`. That of a text is UTF-8 but at its ends.
    Piece {
        /// Unmasked.
        payload: &'a [u8],
        /// With the last piece: the length of the whole message.
        ended: Option<u64>,
    },
    /// A ping, which the sender has answered if it is to.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// A close frame, which the sender has answered if it had to. No event follows.
    Close {
        /// The code; `None` where the frame has no payload.
        code: Option<u16>,
        /// The reason, which is UTF-8.
        reason: &'a [u8],
    },
    /// The peer broke a rule, and the sender has failed the connection. No event follows.
    Violation(Violation),
}

/// What became of a block of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// How many bytes of the input are done with. The rest is to be offered again.
    pub consumed: usize,
    /// The event that was found; `None`: more input is needed.
    pub event: Option<Event<'a>>,
}

/// What `step` found; ranges are those of the input.
pub(super) enum Found {
    Whole(Kind, Range<usize>),
    Assembled(Kind),
    /// And whether the message ends with it.
    Piece(Range<usize>, bool),
    Ping(Range<usize>),
    Pong(Range<usize>),
    Close(Option<u16>, Range<usize>),
}

/// Where in the input a step ended, and why.
pub(super) enum Step {
    On(usize),
    NeedsInput(usize),
    Event(usize, Found),
}

/// The receiving half of a connection.
pub struct Receiver {
    pub(super) judge: Judge,
    pub(super) max_message: u64,
    max_fragments: u32,
    pub(super) message: Message,
    pub(super) frame: Option<Unfinished>,
    pub(super) inflation: Option<Inflation>,
    pub(super) log: FrameLog,
    /// The last input ended inside a header or a control frame.
    pub(super) is_cut: bool,
    /// What the close frame said that breaks a rule.
    pub(super) bad_close: Option<CloseFrame>,
    /// What came behind the peer's close frame, as long as that is too little to tell.
    pub(super) behind: Option<Vec<u8>>,
}

impl Receiver {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            judge: Judge::new(settings.role.peer(), settings.lenient),
            max_message: settings.max_message,
            max_fragments: settings.max_fragments,
            message: Message::new(settings.lenient, Room::of(settings.role)),
            frame: None,
            inflation: Inflation::new(settings),
            log: FrameLog::new(settings.frames),
            is_cut: false,
            bad_close: None,
            behind: None,
        }
    }

    /// Takes what it can from `input` and stops after one event. Call it again with what was not consumed until it
    /// returns no event; then at most 130 bytes are left over, to stand before the next input (a lenient connection
    /// may leave as much of a control frame that is too long, up to 4 KiB).
    ///
    /// After a close frame or a violation all input is consumed and makes no event.
    #[inline]
    pub fn receive<'a>(&'a mut self, input: &'a mut [u8], sender: &mut Sender) -> Received<'a> {
        self.message.release();
        self.log.turn(sender.is_watched());
        let ran = self.run(input, sender);
        let (consumed, found) = match ran {
            Ok(taken) => taken,
            Err((at, rule)) => {
                let violation = self.violation(rule, &input[at..]);
                sender.fail(&violation);
                self.hand_over(sender);
                return Received { consumed: input.len(), event: Some(Event::Violation(violation)) };
            }
        };
        if self.log.is_on() || self.judge.has_tolerated() {
            self.hand_over(sender);
        }
        Received { consumed, event: found.map(|found| self.event(found, input)) }
    }

    /// Gives back what the message of the last event took, as the next `receive` would: for one who will not call it
    /// for a while.
    pub fn release(&mut self) {
        self.message.release();
    }

    /// Whether `give_back` has something to give back.
    #[inline]
    #[must_use]
    pub fn has_spare(&self) -> bool {
        self.message.has_spare()
    }

    /// Gives back the memory that holds nothing: for one who receives nothing for a while.
    pub fn give_back(&mut self) {
        self.message.give_back();
    }

    /// Lays what was noticed beside the events where it can be fetched while an event is borrowed from here.
    #[cold]
    fn hand_over(&mut self, sender: &mut Sender) {
        sender.noticed(self.log.take(), self.judge.take_tolerated());
    }

    /// Whether messages that begin from now on and do not come whole are handed on in pieces as they come, instead of
    /// being assembled. Not those that are compressed, nor where breaches are passed over.
    #[inline]
    pub fn pass_on(&mut self, passes: bool) {
        self.message.pass_on(passes);
    }

    /// Whether the peer is in the middle of a frame or a message.
    #[must_use]
    pub fn started(&self) -> bool {
        self.is_cut || self.frame.is_some() || self.message.is_started()
    }

    /// Steps until there is an event, or no more to take. An error comes with where its frame or piece began.
    #[inline]
    fn run(
        &mut self,
        input: &mut [u8],
        sender: &mut Sender,
    ) -> Result<(usize, Option<Found>), (usize, Rule)> {
        self.is_cut = false;
        if !sender.listens() {
            self.after_close(input);
            return Ok((input.len(), None));
        }
        let mut at = 0;
        loop {
            match self.step(input, at, sender).map_err(|rule| (at, rule))? {
                Step::On(next) => at = next,
                Step::Event(next, found) => return Ok((next, Some(found))),
                Step::NeedsInput(next) => {
                    self.is_cut = next < input.len();
                    return Ok((next, None));
                }
            }
        }
    }

    /// What comes behind a close frame means nothing (RFC 6455 §1.4), but that it comes is worth telling, once.
    #[cold]
    fn after_close(&mut self, input: &[u8]) {
        let Some(mut behind) = self.behind.take() else { return };
        behind.extend_from_slice(input);
        if behind.len() < 2 {
            self.behind = Some(behind);
            return;
        }
        self.judge.note(Rule::DataAfterClose, &behind);
        let mut rest = &behind[..];
        while let Some((frame, size)) = Frame::read(rest) {
            self.log.add(&frame.header, frame.payload, None, false);
            rest = &rest[size..];
        }
    }

    #[inline]
    fn step(&mut self, input: &mut [u8], at: usize, sender: &mut Sender) -> Result<Step, Rule> {
        if self.frame.is_some() {
            return self.payload(input, at);
        }
        let Some(start) = Start::read(&input[at..]) else { return Ok(Step::NeedsInput(at)) };
        let head = match self.header(start, &input[at..]) {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(Step::NeedsInput(at)),
            Err(rule) => {
                self.log_refused(&input[at..]);
                return Err(rule);
            }
        };
        match head.header.opcode {
            OpCode::Data(opcode) => self.data(opcode, &head, input, at),
            OpCode::Control(opcode) => self.control(opcode, &head, input, at, sender),
        }
    }

    /// Judges the header of the next frame as far as it has come; `None` while it is unfinished.
    #[inline]
    fn header(&mut self, start: Start, input: &[u8]) -> Result<Option<Head>, Rule> {
        if !self.judge.is_plain(start, self.message.is_started()) {
            // Passed over is a frame once, so not before it can be taken.
            if self.judge.lenient && !judging::is_ready(start, input) {
                return Ok(None);
            }
            self.pass_breaches(start, input)?;
        }
        let Some(head) = start.finish(input) else { return Ok(None) };
        if let Err(rule) = head.judge_length() {
            self.judge.pass(rule, input)?;
        }
        match head.header.opcode {
            OpCode::Data(_) if head.length > self.room(self.begins_compressed(&head)) => {
                Err(Rule::MessageTooBig { limit: self.max_message })
            }
            OpCode::Data(_) if self.message.fragments() >= self.max_fragments => {
                Err(Rule::TooManyFragments { limit: self.max_fragments })
            }
            OpCode::Control(_) if judging::is_endless(&head) => Err(Rule::ControlTooLong),
            _ => Ok(Some(head)),
        }
    }

    /// The rules that the first two bytes of a frame break are passed over, or one of them is not.
    #[cold]
    fn pass_breaches(&mut self, start: Start, input: &[u8]) -> Result<(), Rule> {
        for rule in self.judge.breaches(start, self.message.is_started(), self.inflation.as_ref()) {
            if rule == Rule::MessageNotFinished && self.message.compressed().is_some() {
                // Half a message was inflated, and the next ones would refer to the other half.
                return Err(rule);
            }
            self.judge.pass(rule, input)?;
            if rule == Rule::MessageNotFinished {
                self.message.abandon();
            }
        }
        Ok(())
    }

    /// Whether a compressed message begins here. RSV1 that was passed over, on a later frame or without the extension,
    /// tells nothing.
    #[inline]
    pub(super) fn begins_compressed(&self, head: &Head) -> bool {
        head.header.rsv1 && self.inflation.is_some() && !self.message.is_started()
    }

    /// How long the next frame of the message may be. Noise grows a little when it is compressed.
    #[inline]
    fn room(&self, begins_compressed: bool) -> u64 {
        let compressed = if begins_compressed { Some(0) } else { self.message.compressed() };
        match compressed {
            None => self.max_message.saturating_sub(self.message.length()),
            Some(had) => self.max_message.saturating_add(self.max_message / 8 + 1024).saturating_sub(had),
        }
    }

    #[inline]
    fn event<'a>(&'a self, found: Found, input: &'a [u8]) -> Event<'a> {
        match found {
            Found::Whole(kind, range) => {
                Event::Message { kind, payload: &input[range], fragments: 1, compressed: None }
            }
            Found::Assembled(kind) => Event::Message {
                kind,
                payload: self.message.payload(),
                fragments: self.message.fragments(),
                compressed: self.message.compressed(),
            },
            Found::Piece(range, ends) => {
                Event::Piece { payload: &input[range], ended: ends.then(|| self.message.length()) }
            }
            Found::Ping(range) => Event::Ping(&input[range]),
            Found::Pong(range) => Event::Pong(&input[range]),
            Found::Close(code, range) => Event::Close { code, reason: &input[range] },
        }
    }

    /// Reports a broken rule with the frame it was broken by: the unfinished one, or the one `input` begins with.
    #[cold]
    fn violation(&mut self, rule: Rule, input: &[u8]) -> Violation {
        let bytes = self.frame.as_ref().map_or(input, Unfinished::header);
        Violation { close: self.bad_close.take(), ..self.judge.violation(rule, bytes) }
    }
}
