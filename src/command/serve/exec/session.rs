//! One client and its command: from the start of the command to the end of either.
//!
//! Nothing waits here: what can be done is done, and `Look` says when there is more to do.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::process::{Child, ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::super::behaviour::Talk;
use super::child::{self, Group, Status};
use super::ending::{Stage, close_frame};
use super::ends::End;
use super::lines::Lines;
use super::pipes::{Inlet, Outlet};
use super::program::Program;
use crate::session::{Control, LinkId, WatchId};

/// How long those whom an ended command left behind may hold its stdout before its client is told the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often a client that is not read is sent a pong. It wants no answer, but from one that has left comes a reset: the
/// end of its stream may be stuck behind what is not read.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(3);

/// What all sessions have in common.
pub(super) struct Shared {
    /// Whether messages are blocks instead of lines.
    pub(super) raw: bool,
    /// The longest message, and so the longest line.
    pub(super) max_message: usize,
    /// How much may wait for a client before its command is not read.
    pub(super) queue: usize,
    /// How long each stage of the ending takes; `None` for no limit.
    pub(super) grace: Option<Duration>,
    pub(super) buffer: Vec<u8>,
    pub(super) watches: HashMap<WatchId, (LinkId, Stream)>,
    pub(super) said: Vec<(Option<LinkId>, Talk)>,
}

/// What is watched of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdin,
    Stdout,
    Stderr,
    /// Not a stream, but what is watched as one: its end.
    End,
}

/// When a session is to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// At once.
    Again,
    /// In each turn: what it waits for is the client's socket.
    EachTurn,
    /// When something of its own happens.
    Later,
    /// Never: it is over.
    Over,
}

/// One client and its command.
pub(super) struct Session {
    pub(super) link: LinkId,
    child: Child,
    pub(super) stdin: Option<Outlet>,
    pub(super) stdout: Option<Inlet<ChildStdout>>,
    pub(super) stderr: Option<Inlet<ChildStderr>>,
    end: Option<End>,
    pub(super) out: Lines,
    pub(super) err: Lines,
    /// Whether what the command writes is for somebody.
    pub(super) heard: bool,
    /// The client is not read.
    pub(super) paused: bool,
    /// The command is not read.
    pub(super) held: bool,
    pub(super) stage: Stage,
    pub(super) status: Option<Status>,
    /// How much of what the command wrote was still in its stdout when it had ended.
    pub(super) owed: u64,
    /// Those who hold its stdout after its end have had their time.
    silenced: bool,
    pub(super) binary_told: bool,
    /// When `tick` is to be called.
    pub(super) due: Option<Instant>,
    /// The time that the timers have for it.
    pub(super) timer: Option<Instant>,
}

impl Session {
    /// Starts the command for a client.
    pub(super) fn start(
        program: &Program,
        environment: Vec<(OsString, OsString)>,
        link: LinkId,
        control: &mut Control<'_>,
        shared: &mut Shared,
    ) -> io::Result<Session> {
        let mut session = Session {
            link,
            child: child::start(program, environment)?,
            stdin: None,
            stdout: None,
            stderr: None,
            end: None,
            out: Lines::default(),
            err: Lines::default(),
            heard: true,
            paused: false,
            held: false,
            stage: Stage::Running,
            status: None,
            owed: 0,
            silenced: false,
            binary_told: false,
            due: None,
            timer: None,
        };
        if let Err(error) = session.connect(control, shared) {
            session.close_all(control, shared);
            child::end_at_once(&mut session.child);
            return Err(error);
        }
        Ok(session)
    }

    /// Has the loop wait for the three pipes, and for the end.
    fn connect(&mut self, control: &mut Control<'_>, shared: &mut Shared) -> io::Result<()> {
        if let Some(pipe) = self.child.stdin.take() {
            let outlet = self.stdin.insert(Outlet::new(pipe, control)?);
            shared.watches.insert(outlet.watch, (self.link, Stream::Stdin));
        }
        if let Some(pipe) = self.child.stdout.take() {
            let inlet = self.stdout.insert(Inlet::new(pipe, control)?);
            shared.watches.insert(inlet.watch, (self.link, Stream::Stdout));
        }
        if let Some(pipe) = self.child.stderr.take() {
            let inlet = self.stderr.insert(Inlet::new(pipe, control)?);
            shared.watches.insert(inlet.watch, (self.link, Stream::Stderr));
        }
        let end = self.end.insert(End::of(&self.child, control)?);
        shared.watches.insert(end.watch, (self.link, Stream::End));
        Ok(())
    }

    /// One of its pipes is ready, or it has ended.
    pub(super) fn woken(&mut self, stream: Stream, now: Instant) {
        match stream {
            Stream::Stdin => self.stdin.iter_mut().for_each(|pipe| pipe.ready = true),
            Stream::Stdout => self.stdout.iter_mut().for_each(|pipe| pipe.ready = true),
            Stream::Stderr => self.stderr.iter_mut().for_each(|pipe| pipe.ready = true),
            Stream::End => self.look_for_end(now),
        }
    }

    /// The client is gone, or is not wanted any more: the command is to end.
    pub(super) fn leave(&mut self, now: Instant, grace: Option<Duration>) {
        self.heard = false;
        if self.stage == Stage::Running {
            self.stage = Stage::Leaving;
            if self.status.is_none() {
                self.due = grace.map(|grace| now + grace);
            }
        }
    }

    /// The server stops: what the command has not read by now it does not get, and it has no more time than this.
    pub(super) fn hurry(&mut self, grace: Duration, control: &mut Control<'_>, shared: &mut Shared) {
        let now = control.now();
        self.leave(now, Some(grace));
        self.close_stdin(control, shared);
        if self.status.is_none() && self.stage != Stage::Killed {
            self.due = Some(self.due.map_or(now + grace, |due| due.min(now + grace)));
        }
    }

    /// Takes note of the end of the command. What it wrote is all in its pipes by now.
    fn look_for_end(&mut self, now: Instant) {
        if self.status.is_some() {
            return;
        }
        self.status = child::look_at(&self.child);
        if self.status.is_some() {
            self.owed = self.stdout.as_ref().map_or(0, Inlet::waiting);
            self.due = Some(now + LAST_WORDS);
            self.woken(Stream::Stdout, now);
            self.woken(Stream::Stderr, now);
        }
    }

    /// The time has come that `due` asked for.
    pub(super) fn tick(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        self.due = None;
        let again = shared.grace.map(|grace| control.now() + grace);
        match self.stage {
            _ if self.status.is_some() => self.silenced = true,
            Stage::Leaving => {
                self.close_stdin(control, shared);
                Group::of(&self.child).signal(Signal::TERM);
                (self.stage, self.due) = (Stage::Terminated, again);
            }
            Stage::Terminated => {
                Group::of(&self.child).signal(Signal::KILL);
                self.stage = Stage::Killed;
                let text = "the command did not end on TERM, and was killed".to_owned();
                shared.said.push((Some(self.link), Talk::Notice(text)));
            }
            Stage::Running => self.probe(control),
            Stage::Killed => {}
        }
    }

    /// Finds out whether a client that is not read is still there.
    fn probe(&mut self, control: &mut Control<'_>) {
        if let (true, Some(link)) = (self.paused, control.link(self.link)) {
            // It may be closing already.
            let _ = link.pong(b"");
            self.due = Some(control.now() + HEARTBEAT);
        }
    }

    /// Does what can be done without waiting.
    pub(super) fn attend(&mut self, control: &mut Control<'_>, shared: &mut Shared) -> Look {
        self.feed(control, shared);
        self.slow_client(control);
        let more_out = self.pour(control, shared);
        let more_err = self.overhear(control, shared);
        if self.is_over() {
            Look::Over
        } else if more_out || more_err {
            Look::Again
        } else if self.held || self.paused {
            Look::EachTurn
        } else {
            Look::Later
        }
    }

    /// Whether nothing is to be expected any more: the command has ended, and what it wrote was sent on.
    fn is_over(&self) -> bool {
        let said_all = self.stdout.is_none() || !self.heard || (self.silenced && self.owed == 0);
        self.status.is_some() && said_all
    }

    /// Closes the connection as the command ended, and gives back those whom it left behind, if there are any. They have
    /// got TERM, as the whole group of a command does whose client has left.
    pub(super) fn finish(mut self, control: &mut Control<'_>, shared: &mut Shared) -> Option<Group> {
        // Whoever still writes there is not waited for.
        self.overhear(control, shared);
        if let Some(rest) = self.err.rest() {
            shared.said.push((Some(self.link), Talk::Stderr(rest)));
        }
        self.send_rest(control, shared);
        self.close_all(control, shared);
        self.slow_client(control);
        if let (true, Some(link)) = (self.heard, control.link(self.link)) {
            let (code, reason) = close_frame(self.status.unwrap_or(Status::Unknown));
            // It may be closing already.
            let _ = link.close(Some(code), &reason);
        }
        let group = Group::of(&self.child);
        group.signal(if self.stage == Stage::Killed { Signal::KILL } else { Signal::TERM });
        // It has ended, so that this reaps it without waiting.
        let _ = self.child.try_wait();
        (self.stage != Stage::Killed && group.is_alive()).then_some(group)
    }

    /// Ends it at once, with all that it started.
    pub(super) fn kill(mut self) {
        child::end_at_once(&mut self.child);
    }

    pub(super) fn close_stdin(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        if let Some(stdin) = self.stdin.take() {
            shared.watches.remove(&stdin.watch);
            stdin.close(control);
        }
    }

    fn close_all(&mut self, control: &mut Control<'_>, shared: &mut Shared) {
        self.close_stdin(control, shared);
        close(&mut self.stdout, control, shared);
        close(&mut self.stderr, control, shared);
        if let Some(end) = self.end.take() {
            shared.watches.remove(&end.watch);
            end.close(control);
        }
    }
}

pub(super) fn close<P>(pipe: &mut Option<Inlet<P>>, control: &mut Control<'_>, shared: &mut Shared)
where
    P: io::Read + std::os::fd::AsFd + std::os::fd::AsRawFd,
{
    if let Some(pipe) = pipe.take() {
        shared.watches.remove(&pipe.watch);
        pipe.close(control);
    }
}
