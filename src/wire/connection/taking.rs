//! Frames whose headers were judged: their payloads are unmasked, checked, and joined to messages (RFC 6455 §5.3 to §5.6).
//!
//! The part of `receiver` that comes behind the header, on the same receiver.

use std::ops::Range;

use tungstenite::protocol::frame::coding::{Control, Data};

use super::receiver::{Found, Receiver, Step};
use super::{Frame, Sender};
use crate::wire::frame::{Head, MAX_HEADER};
use crate::wire::{CloseFrame, Kind, Rule, close, mask, utf8};

/// A data frame whose payload has not come whole.
pub(super) struct Unfinished {
    remaining: u64,
    /// Its payload means nothing here.
    is_skipped: bool,
    /// What came of the payload, where frames are logged.
    seen: Option<Vec<u8>>,
    is_final: bool,
    /// The masking key as the next byte needs it.
    mask: Option<[u8; 4]>,
    /// The header as it came, for a report.
    header: [u8; MAX_HEADER],
    header_size: usize,
}

impl Receiver {
    /// A data frame begins: it is handed on as it is, or assembled.
    #[inline]
    pub(super) fn data(
        &mut self,
        opcode: Data,
        head: &Head,
        input: &mut [u8],
        at: usize,
    ) -> Result<Step, Rule> {
        let kind = match opcode {
            Data::Text => Some(Kind::Text),
            Data::Binary => Some(Kind::Binary),
            // A continuation of nothing that was passed over: its bytes are all that is known of it.
            Data::Continue if !self.message.is_started() => Some(Kind::Binary),
            Data::Continue | Data::Reserved(_) => None,
        };
        let is_compressed = self.begins_compressed(head);
        match (kind, payload_range(head, input, at)) {
            (Some(kind), Some(range)) if head.header.is_final && !is_compressed => {
                self.whole(kind, head, input, at, range)
            }
            _ => {
                let is_skipped = matches!(opcode, Data::Reserved(_));
                if !is_skipped {
                    self.message.begin_frame(kind, is_compressed, head.length);
                }
                self.begin(is_skipped, head, &input[at..]);
                Ok(Step::On(at + head.size))
            }
        }
    }

    /// A message that is wholly in the input: unmasked where it stands, and handed on from there.
    #[inline]
    fn whole(
        &mut self,
        kind: Kind,
        head: &Head,
        input: &mut [u8],
        at: usize,
        range: Range<usize>,
    ) -> Result<Step, Rule> {
        let (header, payload) = input[at..range.end].split_at_mut(head.size);
        if let Some(key) = head.header.mask {
            mask::apply(payload, key);
        }
        if self.log.is_on() {
            self.log.add(header, &*payload, Some(1), false);
        }
        if kind == Kind::Text
            && let Err(bad) = utf8::check(payload)
        {
            self.judge.pass(Rule::InvalidUtf8(bad), &input[at..])?;
        }
        Ok(Step::Event(range.end, Found::Whole(kind, range)))
    }

    #[cold]
    fn begin(&mut self, is_skipped: bool, head: &Head, input: &[u8]) {
        let mut header = [0; MAX_HEADER];
        header[..head.size].copy_from_slice(&input[..head.size]);
        self.frame = Some(Unfinished {
            remaining: head.length,
            is_skipped,
            seen: self.log.is_on().then(Vec::new),
            is_final: head.header.is_final,
            mask: head.header.mask,
            header,
            header_size: head.size,
        });
    }

    /// Takes what there is of the payload of the frame that was begun.
    pub(super) fn payload(&mut self, input: &mut [u8], at: usize) -> Result<Step, Rule> {
        let Some(mut frame) = self.frame.take() else { return Ok(Step::On(at)) };
        let piece = frame.unmask(&mut input[at..]);
        let length = piece.len();
        let taken = if frame.is_skipped { Ok(None) } else { self.take(piece, &frame) };
        let is_whole = frame.remaining == 0;
        if is_whole || taken.is_err() {
            self.log_unfinished(&mut frame);
        }
        // A frame that broke a rule stays, to be reported.
        self.frame = (!is_whole || taken.is_err()).then_some(frame);
        let ends = taken?;
        Ok(match ends {
            _ if self.message.passes() && (length > 0 || ends.is_some()) => {
                Step::Event(at + length, Found::Piece(at..at + length, ends.is_some()))
            }
            Some(kind) => Step::Event(at + length, Found::Assembled(kind)),
            None if is_whole => Step::On(at + length),
            None => Step::NeedsInput(at + length),
        })
    }

    /// Adds a piece to the message; returns its kind if that ends it.
    fn take(&mut self, piece: &[u8], frame: &Unfinished) -> Result<Option<Kind>, Rule> {
        let was_bad = self.message.bad();
        let taken = self.add(piece, frame.remaining == 0 && frame.is_final);
        // What is passed over is told even where what follows it is not.
        if let (None, Some(bad)) = (was_bad, self.message.bad()) {
            self.judge.pass(Rule::InvalidUtf8(bad), frame.header())?;
        }
        taken
    }

    fn add(&mut self, piece: &[u8], ends: bool) -> Result<Option<Kind>, Rule> {
        match (&mut self.inflation, self.message.compressed()) {
            (Some(inflation), Some(_)) => inflation.inflate(piece, &mut self.message, self.max_message)?,
            _ => self.message.append(piece).map_err(Rule::InvalidUtf8)?,
        }
        if let Some(inflation) = self.inflation.as_mut().filter(|_| ends) {
            inflation.finish(&self.message)?;
        }
        if ends { self.message.finish().map_err(Rule::InvalidUtf8) } else { Ok(None) }
    }

    /// A control frame, taken only when it is whole.
    pub(super) fn control(
        &mut self,
        opcode: Control,
        head: &Head,
        input: &mut [u8],
        at: usize,
        sender: &mut Sender,
    ) -> Result<Step, Rule> {
        let Some(range) = payload_range(head, input, at) else { return Ok(Step::NeedsInput(at)) };
        let end = range.end;
        let (header, payload) = input[at..end].split_at_mut(head.size);
        if let Some(key) = head.header.mask {
            mask::apply(payload, key);
        }
        self.log.add(header, &*payload, None, false);
        let found = match opcode {
            Control::Ping => {
                sender.answer_ping(payload);
                Found::Ping(range)
            }
            Control::Pong => Found::Pong(range),
            Control::Close => {
                let (code, reason) = close::read(payload);
                let reason = end - reason.len()..end;
                self.judge_close(&input[at..end], head.size)?;
                sender.answer_close(code);
                self.behind = Some(Vec::new());
                Found::Close(code, reason)
            }
            Control::Reserved(_) => return Ok(Step::On(end)),
        };
        Ok(Step::Event(end, found))
    }

    /// Judges what a close frame says; `frame` is unmasked.
    fn judge_close(&mut self, frame: &[u8], header_size: usize) -> Result<(), Rule> {
        let payload = &frame[header_size..];
        let Err(rule) = close::judge(payload) else { return Ok(()) };
        let (code, reason) = close::read(payload);
        self.bad_close = Some(CloseFrame { code, reason: reason.to_vec() });
        self.judge.pass(rule, frame)
    }

    /// Logs a frame that was not taken, as far as it has come.
    #[cold]
    pub(super) fn log_refused(&mut self, input: &[u8]) {
        match Frame::read(input) {
            Some((frame, _)) => self.log.add(&frame.header, frame.payload, None, false),
            None => self.log.add(input, &b""[..], None, false),
        }
    }

    fn log_unfinished(&mut self, frame: &mut Unfinished) {
        if let Some(seen) = frame.seen.take() {
            let fragment = (!frame.is_skipped).then(|| self.message.fragments());
            let compressed = !frame.is_skipped && self.message.compressed().is_some();
            self.log.add(frame.header(), seen, fragment, compressed);
        }
    }
}

impl Unfinished {
    pub(super) fn header(&self) -> &[u8] {
        &self.header[..self.header_size]
    }

    /// The piece of the payload that `input` begins with, unmasked where it stands.
    fn unmask<'a>(&mut self, input: &'a mut [u8]) -> &'a [u8] {
        let length = usize::try_from(self.remaining).map_or(input.len(), |rest| rest.min(input.len()));
        let piece = &mut input[..length];
        if let Some(key) = &mut self.mask {
            mask::apply(piece, *key);
            *key = mask::turned(*key, length);
        }
        if let Some(seen) = &mut self.seen {
            seen.extend_from_slice(piece);
        }
        self.remaining -= length as u64;
        piece
    }
}

/// Where the payload of the frame at `at` is, if it is all there.
#[inline]
fn payload_range(head: &Head, input: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + head.size;
    let end = start.checked_add(usize::try_from(head.length).ok()?)?;
    (end <= input.len()).then_some(start..end)
}
