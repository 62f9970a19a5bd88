//! Makes an event of any bytes: they choose its kind, then fill its fields.
//!
//! Byte strings have their length before them, in one byte; where the bytes run out, zeros and nothing follow. Used by
//! `event`.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wscope::net::{Timings, TlsFacts};
use wscope::session::{By, Cause, Count, Direction, Ended, Event, Opened, Stamp};
use wscope::wire::{Frame, Kind};

/// The bytes that are left to choose by.
pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    /// An event, and when it happened.
    pub fn event(&mut self) -> (Event<'a>, Stamp) {
        let direction = if self.flag() { Direction::Sent } else { Direction::Received };
        let stamp = Stamp { time: self.time(), elapsed: self.duration() };
        let event = match self.byte() % 10 {
            0 => Event::Open(Arc::new(self.opened())),
            1 | 2 => {
                let kind = if self.flag() { Kind::Binary } else { Kind::Text };
                let compressed = self.flag().then(|| self.number());
                Event::Message { direction, kind, payload: Cow::Borrowed(self.rest()), compressed }
            }
            3 => Event::Ping { direction, payload: Cow::Borrowed(self.bytes()) },
            4 => {
                let rtt = self.flag().then(|| self.duration());
                Event::Pong { direction, auto: self.flag(), payload: Cow::Borrowed(self.bytes()), rtt }
            }
            5 => {
                let code = self.flag().then(|| self.number() as u16);
                Event::Close { direction, code, reason: Cow::Borrowed(self.bytes()) }
            }
            6 => Event::End(Arc::new(self.ended())),
            8 => Event::Frame { direction, frame: self.frame() },
            9 => Event::Raw { crafted: self.flag(), bytes: Cow::Borrowed(self.rest()) },
            _ if self.flag() => Event::Notice(String::from_utf8_lossy(self.rest())),
            _ => Event::Error(String::from_utf8_lossy(self.rest())),
        };
        (event, stamp)
    }

    /// A frame whose header has two bytes at least, as every logged one has.
    fn frame(&mut self) -> Frame {
        let compressed = self.flag();
        let fragment = self.flag().then(|| self.byte().into());
        let rest = self.rest();
        match Frame::read(rest) {
            Some((frame, _)) => Frame { fragment, compressed, ..frame },
            None => Frame { header: vec![0x81, 0xff], payload: rest.to_vec(), fragment, compressed },
        }
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// Any number, small ones too: of as many bytes as the first says.
    fn number(&mut self) -> u64 {
        let length = self.byte() % 9;
        (0..length).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    fn duration(&mut self) -> Duration {
        Duration::from_micros(self.number())
    }

    fn time(&mut self) -> SystemTime {
        let since = self.duration();
        let time = match self.flag() {
            true => SystemTime::UNIX_EPOCH.checked_sub(since),
            false => SystemTime::UNIX_EPOCH.checked_add(since),
        };
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn opened(&mut self) -> Opened {
        Opened {
            url: self.text(),
            peer: self.text(),
            status: 101,
            subprotocol: self.flag().then(|| self.text()),
            extensions: self.text(),
            request_head: self.bytes().to_vec(),
            response_head: self.bytes().to_vec(),
            request_headers: self.headers(),
            response_headers: self.headers(),
            tls: self.flag().then(|| self.tls()),
            timings: self.timings(),
            ..Opened::default()
        }
    }

    fn headers(&mut self) -> Vec<(String, Vec<u8>)> {
        let count = self.byte() % 4;
        (0..count).map(|_| (self.text(), self.bytes().to_vec())).collect()
    }

    fn tls(&mut self) -> TlsFacts {
        TlsFacts {
            version: self.text(),
            cipher: self.text(),
            subject: self.text(),
            issuer: self.text(),
            names: vec![self.text(), self.text()],
            not_before: self.flag().then(|| self.time()),
            not_after: self.flag().then(|| self.time()),
            verified: self.flag(),
        }
    }

    fn timings(&mut self) -> Timings {
        let mut phase = || self.flag().then(|| self.duration());
        Timings { dns: phase(), connect: phase(), proxy: phase(), tls: phase(), upgrade: phase() }
    }

    fn ended(&mut self) -> Ended {
        let by = [By::Client, By::Server, By::Connection][usize::from(self.byte() % 3)];
        Ended {
            by,
            cause: if self.flag() { Cause::Abandoned } else { Cause::ClosingHandshake },
            clean: self.flag(),
            code: self.number() as u16,
            own_code: None,
            own_first: false,
            own_reason: Vec::new(),
            reason: self.bytes().to_vec(),
            error: self.flag().then(|| self.text()),
            sent: self.count(),
            received: self.count(),
            unsent: Vec::new(),
            opened: self.flag(),
        }
    }

    fn count(&mut self) -> Count {
        Count { messages: self.number(), bytes: self.number(), wire: self.number() }
    }
}
