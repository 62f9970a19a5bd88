//! The pipe: stdin becomes messages, messages go to stdout, and everything else is said on stderr.
//!
//! Stdout carries what was received and nothing else, in the form of `-o`; with `jsonl` it carries every event.

mod input;
mod progress;

use std::io;
use std::time::Instant;

use anyhow::Result;

use self::input::Input;
use self::progress::Progress;
use super::args::{Form, Showing};
use super::client::{Fed, Front, Plan, Taking};
use super::form;
use crate::output::stdout::{Flushed, Stdout};
use crate::output::talk;
use crate::output::terminal::Streams;
use crate::record::Writer;
use crate::render::{self, Renderer, verbose};
use crate::session::{Cause, Control, Direction, Ended, Event, Outbound, Ready, Source, Stamp};

/// A payload of so many bytes is worth a write of its own.
const LARGE: usize = 64 * 1024;

/// A session's front in a pipe.
pub struct Pipe {
    input: Option<Input>,
    stdout: Stdout,
    form: Form,
    records: Writer,
    /// For form `human`.
    screen: Renderer,
    /// For stderr.
    talk: Renderer,
    showing: Showing,
    progress: Option<Progress>,
    /// What an early flush found out that is not told yet.
    printed: Option<io::Result<Flushed>>,
    /// The reader of the output has gone: an end is not worth a word.
    unheard: bool,
    text: String,
}

impl Pipe {
    /// The front for this plan.
    pub fn new(plan: &Plan, streams: Streams) -> Result<Pipe> {
        let Plan { options, .. } = plan;
        let showing = options.showing.clone();
        let chunk = usize::try_from(options.messages.chunk_size.0).unwrap_or(usize::MAX);
        let input = plan.input.map(|form| Input::new(form, plan.kind, chunk, options.messages.max_message.0));
        let progress = showing.progress && streams.stderr && !showing.quiet;
        Ok(Pipe {
            input,
            stdout: Stdout::new(),
            form: match plan.output {
                // Explicit forms are escaped on a terminal, too; its lines are what `human` shows without signs.
                form if streams.stdout && !showing.raw_terminal && form != Form::Jsonl => on_terminal(form),
                form => form,
            },
            records: Writer::new(showing.show_secrets),
            screen: Renderer::new(showing.style(streams.stdout)),
            talk: Renderer::new(showing.style(streams.stderr)),
            progress: progress.then(|| Progress::new(plan.started, input_size())),
            showing,
            printed: None,
            unheard: false,
            text: String::new(),
        })
    }

    /// Whether what is sent must come back as an event.
    pub fn wants_sent(&self) -> bool {
        self.form == Form::Jsonl || self.showing.verbose > 0 || self.showing.wants_frames()
    }

    /// Says an event on stderr.
    fn tell(&mut self, event: &Event<'_>, stamp: &Stamp) {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
        self.print_first();
        self.text.clear();
        self.talk.event(event, stamp, &mut self.text);
        talk::say(&self.text);
    }

    /// Where stdout and stderr are the same, what came before must stand before. What this finds out about stdout
    /// is told by the next `flush`.
    fn print_first(&mut self) {
        if self.stdout.waiting() > 0 {
            self.print_early(Stdout::flush);
        }
    }

    /// Puts a payload on stdout. A large one is written from where it is, behind what waits.
    fn put(&mut self, payload: &[u8]) {
        match self.form {
            Form::Lines | Form::Nul | Form::Raw if payload.len() >= LARGE => {
                self.print_early(|stdout| stdout.write_through(payload));
                form::append(self.form, b"", self.stdout.buffer());
            }
            form => form::append(form, payload, self.stdout.buffer()),
        }
    }

    fn print_early(&mut self, print: impl FnOnce(&mut Stdout) -> io::Result<Flushed>) {
        if self.printed.is_none() {
            self.printed = match print(&mut self.stdout) {
                Ok(Flushed::Done | Flushed::Blocked) => None,
                result => Some(result),
            };
        }
    }

    /// An end that is an error is said as one.
    fn tell_bad_end(&mut self, ended: &Ended, stamp: &Stamp) {
        self.tell(&Event::Error(render::event::end(ended).into()), stamp);
        if self.showing.verbose > 0 {
            self.text.clear();
            verbose::statistics_into(self.talk.style(), ended.sent, ended.received, None, &mut self.text);
            talk::say(&self.text);
        }
    }

    fn message(&mut self, event: &Event<'_>, payload: &[u8], stamp: &dyn Fn() -> Stamp) {
        if let Some(progress) = &mut self.progress {
            progress.received(payload.len());
        }
        match self.form {
            Form::Jsonl => self.records.line(event, &stamp(), None, self.stdout.buffer()),
            Form::Human => self.print(event, &stamp()),
            _ => self.put(payload),
        }
        if self.form != Form::Human {
            self.tell_compression(event);
        }
    }

    /// Writes to stdout what a terminal shows.
    fn print(&mut self, event: &Event<'_>, stamp: &Stamp) {
        self.text.clear();
        self.screen.event(event, stamp, &mut self.text);
        self.stdout.buffer().extend_from_slice(self.text.as_bytes());
    }

    /// Says what compression made of a message, on stderr.
    fn tell_compression(&mut self, event: &Event<'_>) {
        if self.showing.verbose == 0 || self.showing.quiet {
            return;
        }
        self.text.clear();
        verbose::compression_into(self.talk.style(), event, &mut self.text);
        if !self.text.is_empty() {
            if let Some(progress) = &mut self.progress {
                progress.clear();
            }
            self.print_first();
            talk::say(&self.text);
        }
    }

    /// Whether an event other than a message is worth saying on stderr.
    fn is_worth_saying(&self, event: &Event<'_>) -> bool {
        match event {
            Event::Error(_) => true,
            Event::Notice(_) => !self.showing.quiet,
            Event::End(ended) => {
                !self.unheard
                    && ended.opened
                    && (!is_quiet_end(ended) || (self.showing.verbose > 0 && !self.showing.quiet))
            }
            // The end names the rule that a close frame broke, but not all that it said.
            Event::Close { direction: Direction::Received, code, reason }
                if render::event::breaks_a_rule(*code, reason) =>
            {
                self.form != Form::Jsonl && !self.showing.quiet
            }
            Event::Open(_) | Event::Ping { .. } | Event::Pong { .. } | Event::Close { .. } => {
                self.showing.verbose > 0 && !self.showing.quiet
            }
            // Where records go, each frame is one.
            Event::Frame { .. } => self.form != Form::Jsonl && !self.showing.quiet,
            Event::Raw { .. } => {
                let wanted = self.showing.verbose > 0 || self.showing.wants_frames();
                self.form != Form::Jsonl && wanted && !self.showing.quiet
            }
            Event::Message { .. } => false,
        }
    }
}

/// The form in which an explicit data form is shown on a terminal: escaped, so `human`.
fn on_terminal(form: Form) -> Form {
    match form {
        Form::Lines | Form::Nul | Form::Raw => Form::Human,
        form => form,
    }
}

/// Whether a pipe says nothing of an end unless asked (contract section 4).
fn is_quiet_end(ended: &Ended) -> bool {
    match ended.cause {
        Cause::ClosingHandshake => matches!(ended.code, 1000 | 1001 | 1005) && ended.error.is_none(),
        Cause::Abandoned => true,
        _ => false,
    }
}

/// The size of an input that is a file.
fn input_size() -> Option<u64> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::fstat(io::stdin()).ok()?;
        let is_file = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile;
        is_file.then(|| u64::try_from(stat.st_size).ok()).flatten()
    }
    #[cfg(not(unix))]
    None
}

impl Front for Pipe {
    fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
        #[cfg(unix)]
        if let Some(descriptor) = self.stdout.descriptor() {
            // A file cannot be waited for, and needs not.
            control.watch(Source::Output, descriptor)?;
        }
        match &mut self.input {
            Some(input) => input.stdin().begin(control),
            None => Ok(()),
        }
    }

    fn show(&mut self, event: &Event<'_>, stamp: &dyn Fn() -> Stamp, exit: Option<u8>) {
        if let Event::Message { direction: Direction::Received, payload, .. } = event {
            return self.message(event, payload, stamp);
        }
        match (self.form, event) {
            (Form::Jsonl, _) => self.records.line(event, &stamp(), exit, self.stdout.buffer()),
            (Form::Human, Event::Frame { .. } | Event::Raw { .. }) => return self.print(event, &stamp()),
            _ => {}
        }
        self.tell_compression(event);
        if self.is_worth_saying(event) {
            match event {
                Event::End(ended) if !is_quiet_end(ended) => self.tell_bad_end(ended, &stamp()),
                event => self.tell(event, &stamp()),
            }
        }
    }

    fn takes(&self) -> Taking {
        match self.form {
            _ if self.showing.verbose > 0 || self.progress.is_some() => Taking::Events,
            // A frame is told before what it carried.
            _ if self.showing.wants_frames() => Taking::Events,
            Form::Raw => Taking::Pieces,
            Form::Lines | Form::Nul | Form::Hex | Form::Base64 => Taking::Payloads,
            Form::Whole | Form::Jsonl | Form::Human => Taking::Events,
        }
    }

    fn has_spare(&self) -> bool {
        self.stdout.has_spare() || self.input.as_ref().is_some_and(Input::has_spare)
    }

    fn give_back(&mut self) {
        self.stdout.give_back();
        if let Some(input) = &mut self.input {
            input.give_back();
        }
    }

    fn take(&mut self, payload: &[u8]) {
        self.put(payload);
    }

    fn say(&mut self, text: &str) {
        talk::say(&format!("* {text}\n"));
    }

    fn feed(&mut self, outbound: &mut Outbound, now: Instant) -> Fed {
        self.input.as_mut().map_or(Fed::Waiting, |input| input.feed(outbound, now))
    }

    fn unsent(&self) -> u64 {
        self.input.as_ref().map_or(0, Input::unsent)
    }

    fn feed_at(&self) -> Option<Instant> {
        self.input.as_ref().and_then(Input::wakes_at)
    }

    fn refresh_at(&self) -> Option<Instant> {
        self.progress.as_ref().map(Progress::due)
    }

    fn flush(&mut self) -> io::Result<Flushed> {
        if let Some(progress) = &mut self.progress {
            progress.show(Instant::now(), self.input.as_ref().map_or(0, Input::consumed));
        }
        self.printed.take().unwrap_or_else(|| self.stdout.flush())
    }

    fn leaving(&mut self, unheard: bool) {
        self.unheard = unheard;
    }

    fn forget(&mut self) {
        self.stdout.close();
    }

    fn is_full(&self) -> bool {
        self.stdout.is_full()
    }

    fn ready(&mut self, source: Source, ready: Ready) -> bool {
        match source {
            Source::Input => {
                if let Some(input) = &mut self.input {
                    input.stdin().woken(ready.closed);
                }
                false
            }
            Source::Output => ready.closed,
        }
    }
}
