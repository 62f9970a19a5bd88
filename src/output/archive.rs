//! What a prompt remembers of its session, for `/show` and `/save`: the newest events within a bound.

use std::collections::VecDeque;

use crate::session::{Event, Stamp};

/// How many bytes of payload are remembered.
const BYTES: usize = 64 * 1024 * 1024;

/// How many events are remembered.
const EVENTS: usize = 100_000;

/// The newest events of a session.
#[derive(Default)]
pub struct Archive {
    events: VecDeque<(Stamp, Event<'static>)>,
    bytes: usize,
    forgotten: u64,
}

impl Archive {
    /// Remembers an event, and forgets the oldest where there is no more room.
    pub fn push(&mut self, stamp: Stamp, event: Event<'static>) {
        self.bytes += weight(&event);
        self.events.push_back((stamp, event));
        while self.bytes > BYTES && self.events.len() > 1 || self.events.len() > EVENTS {
            let Some((_, oldest)) = self.events.pop_front() else { break };
            self.bytes -= weight(&oldest);
            self.forgotten += 1;
        }
    }

    /// All that is remembered, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &(Stamp, Event<'static>)> {
        self.events.iter()
    }

    /// How many events there was no room for.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The `back`-th newest data message; 1 is the last.
    pub fn message(&self, back: usize) -> Option<&(Stamp, Event<'static>)> {
        let mut messages =
            self.events.iter().rev().filter(|(_, event)| matches!(event, Event::Message { .. }));
        messages.nth(back.checked_sub(1)?)
    }
}

fn weight(event: &Event<'_>) -> usize {
    match event {
        Event::Message { payload, .. } => payload.len(),
        Event::Frame { frame, .. } => frame.wire_size(),
        Event::Raw { bytes, .. } => bytes.len(),
        _ => 0,
    }
}
