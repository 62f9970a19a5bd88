//! All sessions of a server that runs a command: who is let in, whose turn it is, and that nobody is left at the end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;

use super::super::behaviour::{Behaviour, Talk};
use super::child::Group;
use super::environment::Environment;
use super::program::Program;
use super::session::{Look, Session, Shared};
use super::{ExecArgs, ServerFacts};
use crate::net::io_text;
use crate::session::{Control, Ended, LinkId, Opened, Ready, WatchId};
use crate::wire::Kind;

/// The most that is read from a pipe at a time: what one holds on Linux.
const BLOCK: usize = 64 * 1024;

/// How long each stage of the ending takes at most when the server stops, which it does within two seconds.
const HURRY: Duration = Duration::from_millis(500);

/// Runs a command for each client.
pub struct Exec {
    program: Program,
    environment: Environment,
    max_children: usize,
    sessions: HashMap<LinkId, Session>,
    /// Those whom commands left behind, which get KILL when their time has come.
    left_behind: HashMap<LinkId, Group>,
    timers: BTreeSet<(Instant, LinkId)>,
    /// Those to be looked at in this turn.
    attention: BTreeSet<LinkId>,
    stopping: bool,
    shared: Shared,
}

impl Exec {
    /// Finds the command.
    ///
    /// # Errors
    /// It is not there, or cannot be started.
    pub fn new(args: &ExecArgs, raw: bool, server: ServerFacts) -> Result<Exec> {
        let program = Program::find(&args.command, std::env::var_os("PATH").as_deref())?;
        let max_message = usize::try_from(server.max_message).unwrap_or(usize::MAX);
        let shared = Shared {
            raw,
            max_message,
            queue: usize::try_from(server.queue).unwrap_or(usize::MAX),
            grace: args.grace.0,
            buffer: vec![0; if raw { BLOCK.min(max_message).max(1) } else { BLOCK }],
            watches: HashMap::new(),
            said: Vec::new(),
        };
        Ok(Exec {
            program,
            environment: Environment::new(&server.software, &args.pass_env),
            max_children: args.max_children.get(),
            sessions: HashMap::new(),
            left_behind: HashMap::new(),
            timers: BTreeSet::new(),
            attention: BTreeSet::new(),
            stopping: false,
            shared,
        })
    }

    fn start(&mut self, control: &mut Control<'_>, link: LinkId, opened: &Opened) -> std::io::Result<()> {
        let environment = self.environment.of(opened);
        let session = Session::start(&self.program, environment, link, control, &mut self.shared)?;
        self.sessions.insert(link, session);
        self.attention.insert(link);
        Ok(())
    }

    fn refuse(
        &mut self,
        control: &mut Control<'_>,
        link: LinkId,
        code: u16,
        reason: &str,
        talk: Option<Talk>,
    ) {
        self.shared.said.extend(talk.map(|talk| (Some(link), talk)));
        if let Some(outbound) = control.link(link) {
            // It may be closing already.
            let _ = outbound.close(Some(code), reason);
        }
    }

    /// Looks at one session; `true` if it has more to do at once.
    fn attend(&mut self, control: &mut Control<'_>, id: LinkId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let look = session.attend(control, &mut self.shared);
        if matches!(look, Look::Again | Look::EachTurn) {
            self.attention.insert(id);
        }
        if look == Look::Over {
            self.finish(control, id);
        } else {
            self.set_timer(id);
        }
        look == Look::Again
    }

    fn finish(&mut self, control: &mut Control<'_>, id: LinkId) {
        let Some(session) = self.sessions.remove(&id) else { return };
        if let Some(at) = session.timer {
            self.timers.remove(&(at, id));
        }
        if let Some(group) = session.finish(control, &mut self.shared) {
            let grace = self.shared.grace.unwrap_or(HURRY);
            self.left_behind.insert(id, group);
            self.timers.insert((control.now() + grace, id));
        }
    }

    /// Sees that the timer of a session is the one that it wants.
    fn set_timer(&mut self, id: LinkId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.timer != session.due) else {
            return;
        };
        if let Some(old) = session.timer {
            self.timers.remove(&(old, id));
        }
        if let Some(new) = session.due {
            self.timers.insert((new, id));
        }
        session.timer = session.due;
    }
}

impl Behaviour for Exec {
    fn opened(&mut self, control: &mut Control<'_>, link: LinkId, opened: &Arc<Opened>) {
        if self.stopping {
            return self.refuse(control, link, 1001, "", None);
        }
        if self.sessions.len() >= self.max_children {
            let text =
                format!("{} commands run already, and no more may (--max-children)", self.max_children);
            return self.refuse(control, link, 1013, "too many commands", Some(Talk::Notice(text)));
        }
        if let Err(error) = self.start(control, link, opened) {
            let shown = self.program.file.display();
            let text = format!("the command {shown} cannot be started: {}", io_text(&error));
            let talk = Some(Talk::Error(text));
            self.refuse(control, link, 1011, "the command cannot be started", talk);
        }
    }

    fn message(&mut self, control: &mut Control<'_>, link: LinkId, _kind: Kind, payload: &[u8]) {
        if let Some(session) = self.sessions.get_mut(&link) {
            session.message(control, payload, self.shared.raw);
            self.attention.insert(link);
        }
    }

    fn ended(&mut self, control: &mut Control<'_>, link: LinkId, _ended: &Ended) {
        if let Some(session) = self.sessions.get_mut(&link) {
            session.leave(control.now(), self.shared.grace);
            self.attention.insert(link);
        }
    }

    fn watched(&mut self, control: &mut Control<'_>, watch: WatchId, _ready: Ready) {
        // What was closed in this very turn may still be told of.
        let Some(&(link, stream)) = self.shared.watches.get(&watch) else { return };
        if let Some(session) = self.sessions.get_mut(&link) {
            session.woken(stream, control.now());
            self.attention.insert(link);
        }
    }

    fn turn(&mut self, control: &mut Control<'_>) -> bool {
        let mut again = false;
        for id in std::mem::take(&mut self.attention) {
            again |= self.attend(control, id);
        }
        again
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn expired(&mut self, control: &mut Control<'_>) {
        while let Some(&(at, id)) = self.timers.first().filter(|(at, _)| *at <= control.now()) {
            self.timers.remove(&(at, id));
            if let Some(group) = self.left_behind.remove(&id) {
                group.signal(Signal::KILL);
            }
            if let Some(session) = self.sessions.get_mut(&id) {
                session.timer = None;
                session.tick(control, &mut self.shared);
                self.attention.insert(id);
            }
        }
    }

    fn stop(&mut self, control: &mut Control<'_>) {
        self.stopping = true;
        let grace = self.shared.grace.map_or(HURRY, |grace| grace.min(HURRY));
        self.shared.grace = Some(grace);
        for (id, session) in &mut self.sessions {
            session.hurry(grace, control, &mut self.shared);
            self.attention.insert(*id);
        }
    }

    fn is_done(&self) -> bool {
        self.sessions.is_empty() && self.left_behind.is_empty()
    }

    fn talk(&mut self) -> Vec<(Option<LinkId>, Talk)> {
        std::mem::take(&mut self.shared.said)
    }
}

impl Drop for Exec {
    /// Whatever ended the loop, no command is left alone.
    fn drop(&mut self) {
        self.sessions.drain().for_each(|(_, session)| session.kill());
        self.left_behind.drain().for_each(|(_, group)| group.signal(Signal::KILL));
    }
}
