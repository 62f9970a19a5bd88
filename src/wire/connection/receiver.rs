//! The receiving half: blocks of bytes in, one event at a time out (RFC 6455 §5.2 to §5.6, §6.2).
//!
//! A data frame that is whole in the input and not a fragment is handed on borrowed; everything else is assembled in
//! `message`. Rules that the first two bytes of a frame show are judged on them, sizes on the header, text as it
//! arrives. Compressed messages go through `inflation`. Knows no socket; it answers through the `Sender` it is handed.

use std::ops::Range;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::inflation::{self, Inflation};
use super::{Sender, Settings, message::Message};
use crate::wire::close::{self, MAX_CONTROL_PAYLOAD};
use crate::wire::frame::{Head, MAX_HEADER, Start};
use crate::wire::{Kind, Role, Rule, Violation, mask, utf8};

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

/// A data frame whose payload has not come whole.
struct Unfinished {
    remaining: u64,
    is_final: bool,
    /// The masking key as the next byte needs it.
    mask: Option<[u8; 4]>,
    /// The header as it came, for a report.
    header: [u8; MAX_HEADER],
    header_size: usize,
}

/// What `step` found; ranges are those of the input.
enum Found {
    Whole(Kind, Range<usize>),
    Assembled(Kind),
    Ping(Range<usize>),
    Pong(Range<usize>),
    Close(Option<u16>, Range<usize>),
}

/// Where in the input a step ended, and why.
enum Step {
    On(usize),
    NeedsInput(usize),
    Event(usize, Found),
}

/// The receiving half of a connection.
pub struct Receiver {
    peer: Role,
    max_message: u64,
    max_fragments: u32,
    message: Message,
    frame: Option<Unfinished>,
    inflation: Option<Inflation>,
    /// The last input ended inside a header or a control frame.
    is_cut: bool,
}

impl Receiver {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            peer: settings.role.peer(),
            max_message: settings.max_message,
            max_fragments: settings.max_fragments,
            message: Message::new(),
            frame: None,
            inflation: Inflation::new(settings),
            is_cut: false,
        }
    }

    /// Takes what it can from `input` and stops after one event. Call it again with what was not consumed until it
    /// returns no event; then at most 130 bytes are left over, to stand before the next input.
    ///
    /// After a close frame or a violation all input is consumed and means nothing.
    #[inline]
    pub fn receive<'a>(&'a mut self, input: &'a mut [u8], sender: &mut Sender) -> Received<'a> {
        self.message.release();
        let (consumed, found) = match self.run(input, sender) {
            Ok(taken) => taken,
            Err((at, rule)) => {
                let violation = self.violation(rule, &input[at..]);
                sender.fail(&violation);
                return Received { consumed: input.len(), event: Some(Event::Violation(violation)) };
            }
        };
        Received { consumed, event: found.map(|found| self.event(found, input)) }
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

    #[inline]
    fn step(&mut self, input: &mut [u8], at: usize, sender: &mut Sender) -> Result<Step, Rule> {
        if self.frame.is_some() {
            return self.payload(input, at);
        }
        let Some(start) = Start::read(&input[at..]) else { return Ok(Step::NeedsInput(at)) };
        self.judge(start)?;
        let Some(head) = start.finish(&input[at..])? else { return Ok(Step::NeedsInput(at)) };
        match head.header.opcode {
            OpCode::Data(opcode) => self.data(opcode, &head, input, at),
            OpCode::Control(opcode) => control(opcode, &head, input, at, sender),
        }
    }

    /// The rules that the first two bytes of a frame show.
    #[inline]
    fn judge(&self, start: Start) -> Result<(), Rule> {
        if start.has_reserved_bits() {
            inflation::judge_bits(self.inflation.as_ref(), start)?;
        }
        match start.opcode() {
            OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
                Err(Rule::ReservedOpcode)
            }
            _ if start.is_masked() && self.peer == Role::Server => Err(Rule::Masked),
            _ if !start.is_masked() && self.peer == Role::Client => Err(Rule::Unmasked),
            OpCode::Control(_) if !start.is_final() => Err(Rule::ControlFragmented),
            OpCode::Control(_) if usize::from(start.short_length()) > MAX_CONTROL_PAYLOAD => {
                Err(Rule::ControlTooLong)
            }
            OpCode::Control(_) => Ok(()),
            OpCode::Data(Data::Continue) if !self.message.is_started() => Err(Rule::NothingToContinue),
            OpCode::Data(Data::Text | Data::Binary) if self.message.is_started() => {
                Err(Rule::MessageNotFinished)
            }
            OpCode::Data(_) => Ok(()),
        }
    }

    /// A data frame begins: it is handed on as it is, or assembled.
    #[inline]
    fn data(&mut self, opcode: Data, head: &Head, input: &mut [u8], at: usize) -> Result<Step, Rule> {
        if head.length > self.room(head.header.rsv1) {
            return Err(Rule::MessageTooBig { limit: self.max_message });
        }
        if self.message.fragments() >= self.max_fragments {
            return Err(Rule::TooManyFragments { limit: self.max_fragments });
        }
        let kind = match opcode {
            Data::Text => Some(Kind::Text),
            Data::Binary => Some(Kind::Binary),
            Data::Continue | Data::Reserved(_) => None,
        };
        match (kind, payload_range(head, input, at)) {
            (Some(kind), Some(range)) if head.header.is_final && !head.header.rsv1 => {
                whole(kind, head, input, range)
            }
            _ => {
                self.begin(kind, head, &input[at..]);
                Ok(Step::On(at + head.size))
            }
        }
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

    #[cold]
    fn begin(&mut self, kind: Option<Kind>, head: &Head, input: &[u8]) {
        let mut header = [0; MAX_HEADER];
        header[..head.size].copy_from_slice(&input[..head.size]);
        self.message.begin_frame(kind, head.header.rsv1, head.length);
        self.frame = Some(Unfinished {
            remaining: head.length,
            is_final: head.header.is_final,
            mask: head.header.mask,
            header,
            header_size: head.size,
        });
    }

    /// Takes what there is of the payload of the frame that was begun.
    fn payload(&mut self, input: &mut [u8], at: usize) -> Result<Step, Rule> {
        let Some(frame) = &mut self.frame else { return Ok(Step::On(at)) };
        let piece = &mut input[at..];
        let length =
            usize::try_from(frame.remaining).map_or(piece.len(), |remaining| remaining.min(piece.len()));
        let piece = &mut piece[..length];
        if let Some(key) = &mut frame.mask {
            mask::apply(piece, *key);
            *key = mask::turned(*key, length);
        }
        match (&mut self.inflation, self.message.compressed()) {
            (Some(inflation), Some(_)) => inflation.inflate(piece, &mut self.message, self.max_message)?,
            _ => self.message.append(piece).map_err(Rule::InvalidUtf8)?,
        }
        frame.remaining -= length as u64;
        if frame.remaining > 0 {
            return Ok(Step::NeedsInput(at + length));
        }
        if let (Some(inflation), true) = (&mut self.inflation, frame.is_final) {
            inflation.finish(&self.message)?;
        }
        let kind = if frame.is_final { self.message.finish().map_err(Rule::InvalidUtf8)? } else { None };
        self.frame = None;
        Ok(match kind {
            Some(kind) => Step::Event(at + length, Found::Assembled(kind)),
            None => Step::On(at + length),
        })
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
            Found::Ping(range) => Event::Ping(&input[range]),
            Found::Pong(range) => Event::Pong(&input[range]),
            Found::Close(code, range) => Event::Close { code, reason: &input[range] },
        }
    }

    /// Reports a broken rule with the frame it was broken by: the unfinished one, or the one `input` begins with.
    #[cold]
    fn violation(&self, rule: Rule, input: &[u8]) -> Violation {
        let bytes = match &self.frame {
            Some(frame) => &frame.header[..frame.header_size],
            None => input,
        };
        let start = Start::read(bytes);
        let size = start.map_or(0, |start| if rule.shows_in_two_bytes() { 2 } else { start.header_size() });
        let more = start.is_some_and(|start| start.has_more() && (size == 2 || start.short_length() > 0));
        Violation::new(rule, self.peer, &bytes[..size.min(bytes.len())], more)
    }
}

/// A message that is wholly in the input: unmasked where it stands, and handed on from there.
#[inline]
fn whole(kind: Kind, head: &Head, input: &mut [u8], range: Range<usize>) -> Result<Step, Rule> {
    let payload = &mut input[range.clone()];
    if let Some(key) = head.header.mask {
        mask::apply(payload, key);
    }
    if kind == Kind::Text {
        utf8::check(payload).map_err(Rule::InvalidUtf8)?;
    }
    Ok(Step::Event(range.end, Found::Whole(kind, range)))
}

/// A control frame, taken only when it is whole.
fn control(
    opcode: Control,
    head: &Head,
    input: &mut [u8],
    at: usize,
    sender: &mut Sender,
) -> Result<Step, Rule> {
    let Some(range) = payload_range(head, input, at) else { return Ok(Step::NeedsInput(at)) };
    let end = range.end;
    let payload = &mut input[range.clone()];
    if let Some(key) = head.header.mask {
        mask::apply(payload, key);
    }
    let found = match opcode {
        Control::Ping => {
            sender.answer_ping(payload);
            Found::Ping(range)
        }
        Control::Pong => Found::Pong(range),
        Control::Close => {
            let (code, reason) = close::parse(payload)?;
            let reason = end - reason.len()..end;
            sender.answer_close(code);
            Found::Close(code, reason)
        }
        Control::Reserved(_) => return Err(Rule::ReservedOpcode),
    };
    Ok(Step::Event(end, found))
}

/// Where the payload of the frame at `at` is, if it is all there.
#[inline]
fn payload_range(head: &Head, input: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + head.size;
    let end = start.checked_add(usize::try_from(head.length).ok()?)?;
    (end <= input.len()).then_some(start..end)
}
