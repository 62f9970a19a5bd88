//! What a client and its command say to each other: messages to lines, and lines to messages.
//!
//! The fast side is slowed: a client is not read while its command has more to read than a pipe holds, and a command is
//! not read while its client has more to read than a queue holds.

use super::super::behaviour::Talk;
use super::ending::Stage;
use super::lines::Lines;
use super::pipes::{Outlet, Reading};
use super::session::{HEARTBEAT, Session, Shared, close};
use crate::session::{Control, LinkId};
use crate::wire::Kind;

/// Beyond so many bytes that the command has not read, its client is not read.
const FULL: usize = 64 * 1024;

/// How often a pipe is read before others get their turn.
const READS: usize = 4;

/// An unfinished line of stderr is shown when it has become as long as this.
const LONG_LINE: usize = 8 * 1024;

impl Session {
    /// The client sent a message. A command that closed its stdin does not want it.
    pub(super) fn message(&mut self, control: &mut Control<'_>, payload: &[u8], raw: bool) {
        if let Some(stdin) = self.stdin.as_mut().filter(|_| self.stage == Stage::Running) {
            stdin.push(payload);
            if !raw {
                stdin.push(b"\n");
            }
            if stdin.queued() > FULL {
                // Whether somebody still reads shows in the turn.
                let _ = stdin.write();
            }
            self.slow_client(control);
        }
    }

    /// Writes to the command what it takes; its stdin ends behind the last message.
    pub(super) fn feed(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        let Some(stdin) = &mut self.stdin else { return };
        match stdin.write() {
            // A command that still reads what its client left is not hurried.
            Ok(true) if self.stage == Stage::Leaving && self.status.is_none() => {
                self.due = shared.grace.map(|grace| control.now() + grace);
            }
            Ok(_) => {}
            Err(_) => return self.close_stdin(control, shared),
        }
        if stdin.queued() == 0 && self.stage != Stage::Running {
            self.close_stdin(control, shared);
        }
    }

    /// Stops reading the client while its command has enough to read. One that has left is read to its end: what is left
    /// of it is bounded, and only behind it shows that it has left.
    pub(super) fn slow_client(&mut self, control: &mut Control<'_>) {
        let queued = self.stdin.as_ref().map_or(0, Outlet::queued);
        if !self.paused && queued <= FULL {
            return;
        }
        let Some(link) = control.link(self.link) else { return self.paused = false };
        let paused = queued > if self.paused { 0 } else { FULL } && !link.hung_up();
        if paused != self.paused {
            link.pause(paused);
            self.paused = paused;
            if paused && self.stage == Stage::Running && self.due.is_none() {
                self.due = Some(control.now() + HEARTBEAT);
            }
        }
    }

    /// Sends on what the command wrote to its stdout. `true` if there may be more.
    pub(super) fn pour(&mut self, control: &mut Control<'_>, shared: &mut Shared) -> bool {
        for _ in 0..READS {
            self.held = self.heard && is_held(self.held, shared.queue, self.link, control);
            let Some(stdout) = self.stdout.as_mut().filter(|pipe| pipe.ready && !self.held) else {
                return false;
            };
            let mut buffer = std::mem::take(&mut shared.buffer);
            let reading = stdout.read(&mut buffer);
            match reading {
                Reading::Read(count) => {
                    self.owed = self.owed.saturating_sub(count as u64);
                    self.send(&buffer[..count], control, shared);
                }
                Reading::Later => self.owed = 0,
                Reading::End => {
                    self.send_rest(control, shared);
                    close(&mut self.stdout, control, shared);
                }
            }
            shared.buffer = buffer;
        }
        true
    }

    fn send(&mut self, block: &[u8], control: &mut Control<'_>, shared: &mut Shared) {
        let Some(link) = control.link(self.link).filter(|_| self.heard) else { return };
        if shared.raw {
            // A link that is closing takes no more, and needs no more.
            let _ = link.message(Kind::Binary, block);
            return;
        }
        let (most, mut binary, mut too_long) = (shared.max_message, false, false);
        self.out.cut(block, |line| {
            let kind = kind_of(line);
            binary |= kind == Kind::Binary;
            too_long |= line.len() > most;
            if !too_long {
                let _ = link.message(kind, line);
            }
        });
        if binary {
            self.tell_binary(shared);
        }
        if too_long || self.out.unfinished() > most {
            self.give_up(control, shared);
        }
    }

    /// Sends the last line, which has no newline.
    pub(super) fn send_rest(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        let (Some(rest), Some(link)) = (self.out.rest(), control.link(self.link)) else { return };
        if self.heard {
            let kind = kind_of(&rest);
            let _ = link.message(kind, &rest);
            if kind == Kind::Binary {
                self.tell_binary(shared);
            }
        }
    }

    /// Says once that a line is no text.
    fn tell_binary(&mut self, shared: &mut Shared) {
        if !std::mem::replace(&mut self.binary_told, true) {
            let text = "the command wrote a line that is not UTF-8; such lines are sent as binary messages";
            shared.said.push((Some(self.link), Talk::Notice(text.to_owned())));
        }
    }

    /// A line is too long to be a message.
    fn give_up(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        let text = format!(
            "the command wrote a line of more than {} bytes; a larger --max-message takes it",
            shared.max_message
        );
        shared.said.push((Some(self.link), Talk::Error(text)));
        self.out = Lines::default();
        if let Some(link) = control.link(self.link) {
            // It may be closing already.
            let _ = link.close(Some(1011), "a line of output is too long");
        }
        self.leave(control.now(), shared.grace);
    }

    /// Tells what the command wrote to its stderr, line by line. `true` if there may be more.
    pub(super) fn overhear(&mut self, control: &mut Control<'_>, shared: &mut Shared) -> bool {
        for _ in 0..READS {
            let Some(stderr) = self.stderr.as_mut().filter(|pipe| pipe.ready) else { return false };
            let Shared { buffer, said, .. } = &mut *shared;
            let reading = stderr.read(buffer);
            let mut tell = |line: &[u8]| said.push((Some(self.link), Talk::Stderr(line.to_vec())));
            if let Reading::Read(count) = reading {
                self.err.cut(&buffer[..count], &mut tell);
            }
            if self.err.unfinished() > LONG_LINE || reading == Reading::End {
                self.err.rest().iter().for_each(|rest| tell(rest));
            }
            if reading == Reading::End {
                close(&mut self.stderr, control, shared);
            }
        }
        true
    }
}

/// Whether a command has to wait for its client: from the time that enough is queued until half of it has gone.
fn is_held(held: bool, queue: usize, link: LinkId, control: &mut Control<'_>) -> bool {
    let enough = if held { queue / 2 } else { queue };
    control.link(link).is_some_and(|link| link.unsent() > enough)
}

/// What is not UTF-8 cannot be text (RFC 6455 §8.1), and is not altered either.
fn kind_of(line: &[u8]) -> Kind {
    if std::str::from_utf8(line).is_ok() { Kind::Text } else { Kind::Binary }
}
