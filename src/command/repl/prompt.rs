//! The front at a terminal: events become lines above the one being typed.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use regex::bytes::Regex;

use crate::command::client::{Display, Fed, Front, Plan};
use crate::output::screen::Screen;
use crate::output::stdout::Flushed;
use crate::render::{self, Renderer, verbose};
use crate::session::{Control, Direction, Event, Opened, Outbound, Stamp};

/// A session's front at a terminal.
pub struct Prompt {
    renderer: Renderer,
    screen: Screen,
    filter: Option<Regex>,
    /// `-q`: no notices, only messages.
    quiet: bool,
    /// `/quiet on`: nothing but what was asked for, and errors.
    silent: bool,
    /// Typed lines that stand on the screen already, so that sending them is not shown again.
    typed: VecDeque<Vec<u8>>,
    /// Called when the first connection is open: typing begins.
    start: Option<Box<dyn FnOnce()>>,
}

impl Prompt {
    /// A front that shows on `screen`, and calls `start` when typing may begin.
    pub fn new(plan: &Plan, screen: Screen, start: Box<dyn FnOnce()>) -> Prompt {
        let showing = &plan.options.showing;
        Prompt {
            renderer: Renderer::new(showing.style(true)),
            screen,
            filter: None,
            quiet: showing.quiet,
            silent: false,
            typed: VecDeque::new(),
            start: Some(start),
        }
    }

    /// Whether the event is to be shown.
    fn is_wanted(&mut self, event: &Event<'_>) -> bool {
        let typed = self.was_typed(event);
        match event {
            Event::Error(_) | Event::End(_) => true,
            _ if self.silent => false,
            // With times shown a typed line is worth a second look.
            Event::Message { direction: Direction::Sent, payload, .. } => {
                !self.quiet && (!typed || self.renderer.style().time.is_some()) && self.passes(payload)
            }
            Event::Message { payload, .. } => self.passes(payload),
            _ => !self.quiet,
        }
    }

    /// Whether the event tells that the oldest typed line was sent, which is then forgotten.
    fn was_typed(&mut self, event: &Event<'_>) -> bool {
        let Event::Message { direction: Direction::Sent, payload, .. } = event else { return false };
        self.typed.pop_front_if(|typed| typed[..] == payload[..]).is_some()
    }

    fn passes(&self, payload: &[u8]) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.is_match(payload))
    }
}

impl Front for Prompt {
    fn begin(&mut self, _control: &mut Control<'_>) -> io::Result<()> {
        Ok(())
    }

    fn show(&mut self, event: &Event<'_>, stamp: &dyn Fn() -> Stamp, _exit: Option<u8>) {
        // A failure to connect was told as an error already.
        if matches!(event, Event::End(ended) if !ended.opened) {
            return;
        }
        let mut text = String::new();
        match self.is_wanted(event) {
            true => self.renderer.event(event, &stamp(), &mut text),
            // What a typed line was compressed to does not stand on the screen already.
            false if self.renderer.style().verbose && !self.quiet && !self.silent => {
                verbose::compression_into(self.renderer.style(), event, &mut text);
            }
            false => {}
        }
        if text.is_empty() {
            return;
        }
        self.screen.show(text);
    }

    fn say(&mut self, text: &str) {
        self.screen.show(render::event::said(text));
    }

    fn feed(&mut self, _outbound: &mut Outbound, _now: Instant) -> Fed {
        Fed::Waiting
    }

    fn flush(&mut self) -> io::Result<Flushed> {
        Ok(if self.screen.is_full() { Flushed::Blocked } else { Flushed::Done })
    }

    fn is_full(&self) -> bool {
        self.screen.is_full()
    }

    fn display(&mut self, change: Display) {
        change.restyle(self.renderer.style_mut());
        match change {
            Display::Filter(filter) => self.filter = filter,
            Display::Quiet(silent) => self.silent = silent,
            Display::Pretty(_) | Display::Time(_) | Display::Frames(_) => {}
        }
    }

    fn in_full(&self, event: &Event<'_>, stamp: &Stamp) -> String {
        render::event::in_full(self.renderer.style(), event, stamp)
    }

    fn typed(&mut self, payload: &[u8]) {
        self.typed.push_back(payload.to_vec());
    }

    fn heads(&mut self, opened: &Opened) {
        let mut text = String::new();
        verbose::heads_into(self.renderer.style(), opened, &mut text);
        self.screen.show(text);
    }

    fn connected(&mut self) {
        if let Some(start) = self.start.take() {
            start();
        }
    }
}
