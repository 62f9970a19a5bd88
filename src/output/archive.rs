//! What a prompt remembers of its session, for `/show` and `/save`: the newest events within a bound.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use super::recording::Recording;
use crate::record::Writer;
use crate::render::units;
use crate::session::{Event, Stamp};

/// How many bytes of payload are remembered.
const BYTES: usize = 64 * 1024 * 1024;

/// How many events are remembered.
const EVENTS: usize = 100_000;

/// An event that is remembered.
pub struct Memory {
    /// The number of its connection, where there are several.
    pub connection: Option<u64>,
    /// When it happened.
    pub stamp: Stamp,
    /// What it was.
    pub event: Event<'static>,
}

/// The newest events of a session.
#[derive(Default)]
pub struct Archive {
    events: VecDeque<Memory>,
    bytes: usize,
    forgotten: u64,
}

impl Archive {
    /// Remembers an event, and forgets the oldest where there is no more room.
    pub fn push(&mut self, connection: Option<u64>, stamp: Stamp, event: Event<'static>) {
        self.bytes += weight(&event);
        self.events.push_back(Memory { connection, stamp, event });
        while self.bytes > BYTES && self.events.len() > 1 || self.events.len() > EVENTS {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= weight(&oldest.event);
            self.forgotten += 1;
        }
    }

    /// The `back`-th newest data message; 1 is the last.
    pub fn message(&self, back: usize) -> Option<&Memory> {
        let mut messages =
            self.events.iter().rev().filter(|memory| matches!(memory.event, Event::Message { .. }));
        messages.nth(back.checked_sub(1)?)
    }

    /// Writes all that is remembered to a file, as event records, and says what came of it.
    pub fn save(&self, path: &Path, writer: Writer) -> String {
        let path_text = path.display();
        match self.write(path, writer) {
            Err(error) => format!("{path_text}: {}", crate::net::io_text(&error)),
            Ok(()) => {
                let saved = units::count(self.events.len() as u64, "event");
                let missing = match self.forgotten {
                    0 => String::new(),
                    count => format!("; {} no longer known", units::count(count, "older event")),
                };
                format!("saved {saved} to {path_text}{missing}")
            }
        }
    }

    fn write(&self, path: &Path, mut writer: Writer) -> io::Result<()> {
        let mut recording = Recording::create(path)?;
        for Memory { connection, stamp, event } in &self.events {
            writer.about(*connection).line(event, stamp, None, recording.buffer());
            if recording.is_full() {
                recording.flush()?;
            }
        }
        recording.flush()
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
