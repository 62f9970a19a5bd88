//! What a server shows of its clients, and where: each with its number, as in `@3 < hello`.
//!
//! On a terminal all of it goes to stdout. Elsewhere stdout stays empty, or carries the messages of all clients in the
//! form of `-o`, and what else happens is told on stderr. Nothing of a client can pass for a line of another: every
//! line begins with a number, or with two blanks where it belongs to the line before.

mod asked;
mod wanted;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use self::wanted::is_good;
use crate::command::args::{Form, Showing};
use crate::command::client::Journal;
use crate::command::form;
use crate::command::typing::Typing;
use crate::output::archive::Archive;
use crate::output::screen::Screen;
use crate::output::stdout::{Flushed, Stdout};
use crate::output::talk;
use crate::record::Writer;
use crate::render::{self, Renderer, Style};
#[cfg(unix)]
use crate::session::Source;
use crate::session::{Control, Direction, Event, LinkId, Stamp};

/// How long a terminal may take to show what came last.
const MOMENT: Duration = Duration::from_millis(200);

/// Where events go.
pub enum Place {
    /// To the terminal, which has a thread of its own: one that is stopped must not stop the server.
    Terminal(Screen, Hand),
    /// Messages to stdout in this form, the rest to stderr.
    Stdout(Form, Stdout),
    /// All but messages to stderr.
    Stderr,
    /// Nowhere.
    Nowhere,
}

/// Who fills the terminal.
pub enum Hand {
    /// A thread that writes where the cursor is.
    Thread(JoinHandle<()>),
    /// Those who read what is typed, and write above it.
    Typing(Box<Typing>),
}

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All is written, or will be.
    All,
    /// Nobody reads it any more.
    ReaderGone,
}

/// How a server shows what happens.
pub struct Display {
    told: Told,
    place: Place,
    /// Of stdout and of stderr.
    styles: [Style; 2],
    faces: HashMap<LinkId, Face>,
    records: Writer,
    journal: Option<Journal>,
    /// What happened, for those who type.
    archive: Option<Archive>,
    /// Whether messages are shown where the rest is.
    messages: bool,
    text: String,
}

/// How much is told.
#[derive(Default)]
struct Told {
    quiet: bool,
    verbose: bool,
    frames: bool,
    /// `/quiet on`: nothing but errors, and what is asked for.
    silent: bool,
    /// `/filter`: only messages that match.
    filter: Option<regex::bytes::Regex>,
}

/// What has been shown of one client.
struct Face {
    stdout: Renderer,
    stderr: Renderer,
    /// Typed lines that stand on the screen already, so that sending them is not shown again.
    typed: VecDeque<Vec<u8>>,
}

impl Display {
    /// The number that stands for the server itself; no client has it.
    pub const HOUSE: LinkId = LinkId(0);

    /// Shows events in this place. `styles` are those of stdout and stderr; `messages`: a terminal shows them, too.
    pub fn new(
        showing: &Showing,
        place: Place,
        styles: [Style; 2],
        journal: Option<Journal>,
        messages: bool,
    ) -> Display {
        let told = Told {
            quiet: showing.quiet,
            verbose: showing.verbose > 0,
            frames: showing.wants_frames(),
            ..Told::default()
        };
        let records = Writer::new(showing.show_secrets);
        let archive = matches!(place, Place::Terminal(_, Hand::Typing(_))).then(Archive::default);
        let (faces, text) = (HashMap::new(), String::new());
        Display { told, place, styles, faces, records, journal, archive, messages, text }
    }

    /// Shows nothing.
    pub fn nowhere() -> Display {
        Display {
            told: Told::default(),
            place: Place::Nowhere,
            styles: Default::default(),
            faces: HashMap::new(),
            records: Writer::new(false),
            journal: None,
            archive: None,
            messages: false,
            text: String::new(),
        }
    }

    /// Whether what is sent must be told, too.
    pub fn wants_sent(&self) -> bool {
        let shown = match &self.place {
            Place::Terminal(..) => self.messages,
            Place::Stdout(Form::Jsonl, _) => true,
            Place::Stdout(..) | Place::Stderr => self.told.verbose || self.told.frames,
            Place::Nowhere => false,
        };
        shown || self.journal.is_some()
    }

    /// Begins to wait for stdout.
    pub fn begin(&mut self, control: &mut Control<'_>) -> io::Result<()> {
        #[cfg(unix)]
        if let Place::Stdout(_, stdout) = &self.place
            && let Some(descriptor) = stdout.descriptor()
        {
            // A file cannot be waited for, and needs not.
            control.watch(Source::Output, descriptor)?;
        }
        #[cfg(not(unix))]
        let _ = control;
        Ok(())
    }

    /// The server listens.
    pub fn listening(&mut self, url: &str, stamp: &Stamp) {
        if let Some(journal) = &mut self.journal {
            journal.about(None).listening(url, stamp);
        }
        match &mut self.place {
            Place::Stdout(Form::Jsonl, stdout) => {
                self.records.about(None).listening(url, stamp, stdout.buffer());
            }
            Place::Nowhere => return,
            _ => {}
        }
        if !self.told.quiet {
            let mut line = "listening on ".to_owned();
            render::escape_into(&mut line, url.as_bytes(), "\\n");
            line.push('\n');
            talk::say(&line);
        }
    }

    /// Lets typing begin, where there is a prompt.
    pub fn begin_typing(&mut self) {
        if let Place::Terminal(_, Hand::Typing(typing)) = &mut self.place {
            typing.starter()();
        }
    }

    /// Shows an event of a client, or of the server itself.
    ///
    /// # Errors
    /// The recording cannot be written.
    pub fn event(&mut self, link: LinkId, event: &Event<'_>, stamp: &dyn Fn() -> Stamp) -> io::Result<()> {
        let number = (link != Display::HOUSE).then_some(link.0);
        if let Some(journal) = &mut self.journal {
            journal.about(number).take(event, &stamp(), None)?;
        }
        if let Some(archive) = &mut self.archive {
            archive.push(number, stamp(), event.clone().into_owned());
        }
        if matches!(self.place, Place::Nowhere) {
            return Ok(());
        }
        if matches!(self.place, Place::Terminal(..)) {
            if !self.was_typed(link, event) && self.is_for_terminal(event) {
                self.draw(link, event, &stamp());
            }
            return Ok(());
        }
        let form = self.put(link, number, event, stamp);
        if self.is_worth_saying(event, form) {
            self.tell(link, event, &stamp());
        }
        Ok(())
    }

    /// Puts an event on stdout, if it belongs there; returns the form of stdout.
    fn put(
        &mut self,
        link: LinkId,
        number: Option<u64>,
        event: &Event<'_>,
        stamp: &dyn Fn() -> Stamp,
    ) -> Option<Form> {
        let Place::Stdout(form, stdout) = &mut self.place else { return None };
        let form = *form;
        match (form, event) {
            (Form::Jsonl, _) => self.records.about(number).line(event, &stamp(), None, stdout.buffer()),
            (Form::Human, Event::Message { direction: Direction::Received, .. } | Event::Frame { .. }) => {
                self.draw(link, event, &stamp());
            }
            (Form::Human, _) => {}
            (_, Event::Message { direction: Direction::Received, payload, .. }) => {
                form::append(form, payload, stdout.buffer());
            }
            _ => {}
        }
        Some(form)
    }

    /// Writes to stdout what a terminal shows.
    fn draw(&mut self, link: LinkId, event: &Event<'_>, stamp: &Stamp) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        self.face(link).stdout.event(event, stamp, &mut text);
        match &mut self.place {
            Place::Terminal(screen, _) => return screen.show(text),
            Place::Stdout(_, stdout) => stdout.buffer().extend_from_slice(text.as_bytes()),
            Place::Stderr | Place::Nowhere => {}
        }
        self.text = text;
    }

    /// Says an event on stderr; an end that is an error is said as one.
    fn tell(&mut self, link: LinkId, event: &Event<'_>, stamp: &Stamp) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let bad = match event {
            Event::End(ended) if !is_good(ended) => Some(Event::Error(render::event::end(ended).into())),
            _ => None,
        };
        self.face(link).stderr.event(bad.as_ref().unwrap_or(event), stamp, &mut text);
        talk::say(&text);
        self.text = text;
    }

    fn face(&mut self, link: LinkId) -> &mut Face {
        let styles = &self.styles;
        self.faces.entry(link).or_insert_with(|| {
            let label = if link == Display::HOUSE { String::new() } else { format!("@{} ", link.0) };
            let [stdout, stderr] =
                styles.clone().map(|style| Renderer::new(Style { label: label.clone(), ..style }));
            Face { stdout, stderr, typed: VecDeque::new() }
        })
    }

    /// Whether secrets are shown as they are.
    pub fn shows_secrets(&self) -> bool {
        self.styles[0].show_secrets
    }

    /// A client is gone.
    pub fn forget(&mut self, link: LinkId) {
        self.faces.remove(&link);
    }

    /// Whether so much waits to be written that clients should be slowed.
    pub fn is_full(&self) -> bool {
        match &self.place {
            Place::Terminal(screen, _) => screen.is_full(),
            Place::Stdout(_, stdout) => stdout.is_full(),
            Place::Stderr | Place::Nowhere => false,
        }
    }

    /// Whether `give_back` has something to give back.
    pub fn has_spare(&self) -> bool {
        let of_stdout = matches!(&self.place, Place::Stdout(_, stdout) if stdout.has_spare());
        of_stdout || self.journal.as_ref().is_some_and(Journal::has_spare)
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        if let Place::Stdout(_, stdout) = &mut self.place {
            stdout.give_back();
        }
        if let Some(journal) = &mut self.journal {
            journal.give_back();
        }
    }

    /// Writes what is to be written.
    ///
    /// # Errors
    /// The recording or stdout cannot be written.
    pub fn flush(&mut self) -> io::Result<Written> {
        if let Some(journal) = &mut self.journal {
            journal.flush()?;
        }
        match &mut self.place {
            Place::Stdout(_, stdout) => match stdout.flush()? {
                Flushed::Gone => Ok(Written::ReaderGone),
                Flushed::Done | Flushed::Blocked => Ok(Written::All),
            },
            Place::Terminal(..) | Place::Stderr | Place::Nowhere => Ok(Written::All),
        }
    }

    /// Nothing can be written any more: what comes is only told on stderr.
    pub fn give_up(&mut self) {
        self.journal = None;
        if let Place::Stdout(..) = self.place {
            self.place = Place::Stderr;
        }
    }

    /// Says why the output failed.
    pub fn complain(&self, why: &str) {
        talk::say(&format!("wscope: the output cannot be written: {why}\n"));
    }

    /// Shows what is left to be shown.
    pub fn end(self) {
        match self.place {
            Place::Terminal(_, Hand::Typing(typing)) => typing.finish(),
            Place::Terminal(screen, Hand::Thread(thread)) => screen.end_within(&thread, MOMENT),
            Place::Stdout(..) | Place::Stderr | Place::Nowhere => {}
        }
    }
}
