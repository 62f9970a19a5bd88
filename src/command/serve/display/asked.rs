//! What those who type at a console ask of the display: other ways of showing, what was shown again, recordings.

use std::path::Path;

use super::{Display, Place};
use crate::command::client::{self, Journal};
use crate::output::archive::Memory;
use crate::output::talk;
use crate::record::Writer;
use crate::render::{self, Style, verbose};
use crate::session::{Direction, Event, LinkId, Opened};

impl Display {
    /// Says something that is no event.
    pub fn say(&self, text: &str) {
        let line = render::event::said(text);
        match &self.place {
            Place::Terminal(screen, _) => screen.show(line),
            Place::Stdout(..) | Place::Stderr => talk::say(&line),
            Place::Nowhere => {}
        }
    }

    /// A typed line is about to be sent to these, and stands on the screen already.
    pub fn typed(&mut self, links: &[LinkId], payload: &[u8]) {
        for &link in links {
            self.face(link).typed.push_back(payload.to_vec());
        }
    }

    /// Whether an event tells that the oldest typed line was sent, which is then forgotten. With times shown a typed
    /// line is worth a second look.
    pub(super) fn was_typed(&mut self, link: LinkId, event: &Event<'_>) -> bool {
        let Event::Message { direction: Direction::Sent, payload, .. } = event else { return false };
        let face = self.face(link);
        let typed = face.typed.pop_front_if(|typed| typed[..] == payload[..]).is_some();
        typed && face.stdout.style().time.is_none()
    }

    /// Whether a message is to be shown as far as `/filter` goes.
    pub(super) fn passes(&self, payload: &[u8]) -> bool {
        self.told.filter.as_ref().is_none_or(|filter| filter.is_match(payload))
    }

    /// Changes what is shown, of clients that are here and of those to come.
    pub fn change(&mut self, change: client::Display) {
        self.styles.iter_mut().for_each(|style| change.restyle(style));
        for face in self.faces.values_mut() {
            change.restyle(face.stdout.style_mut());
            change.restyle(face.stderr.style_mut());
        }
        match change {
            client::Display::Filter(filter) => self.told.filter = filter,
            client::Display::Quiet(silent) => self.told.silent = silent,
            client::Display::Pretty(_) | client::Display::Time(_) | client::Display::Frames(_) => {}
        }
    }

    /// Shows the heads of an opening handshake.
    pub fn heads(&mut self, link: LinkId, opened: &Opened) {
        let style = self.face(link).stdout.style().clone();
        let mut text = String::new();
        verbose::heads_into(&style, opened, &mut text);
        if let Place::Terminal(screen, _) = &self.place {
            screen.show(text);
        }
    }

    /// The text of a message in full, the last being 1.
    pub fn show_again(&mut self, back: usize) -> Option<String> {
        let message = self.archive.as_ref().and_then(|archive| archive.message(back));
        let text = message.map(|memory| self.in_full(memory));
        if text.is_none() {
            self.say("there is no such message");
        }
        text
    }

    fn in_full(&self, memory: &Memory) -> String {
        let label = memory.connection.map_or(String::new(), |number| format!("@{number} "));
        let style = Style { label, ..self.styles[0].clone() };
        render::event::in_full(&style, &memory.event, &memory.stamp)
    }

    /// `/record`.
    pub fn record(&mut self, path: Option<&Path>) {
        let writer = Writer::new(self.shows_secrets());
        for said in Journal::replace(&mut self.journal, path, writer) {
            self.say(&said);
        }
    }

    /// `/save`: what is remembered, as event records.
    pub fn save(&mut self, path: &Path) {
        if let Some(archive) = &self.archive {
            self.say(&archive.save(path, Writer::new(self.shows_secrets())));
        }
    }
}
