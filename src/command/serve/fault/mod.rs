//! A server that misbehaves on demand, to test clients: `--fault`.
//!
//! `table` tells what there is, `misdeed` reads what is asked for, `handshake` and `strike` do it. Here stands when:
//! each connection counts its messages, and a fault strikes when what came before it has been answered. The server
//! asks at each turn of a connection; without faults nothing is kept.

mod chance;
mod handshake;
mod misdeed;
mod strike;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use anyhow::Result;

use self::chance::{Chance, Share};
use self::misdeed::{Asked, Misdeed};
use self::strike::Struck;
use self::table::Scope;
use crate::command::Fault;
use crate::session::{Answer, Control, Knock, LinkId, Pause};
use crate::wire::{Kind, State};

pub use self::table::topic;

/// Flags for misbehaving.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Misbehaving")]
pub struct FaultArgs {
    /// Misbehave, to test clients (repeat): wscope help faults
    #[arg(long = "fault", value_name = "KIND[=ARG]", long_help = table::long_help())]
    pub faults: Vec<String>,

    /// Misbehave only after so many messages of a connection
    #[arg(long, value_name = "N", requires = "faults", default_value_t = 0)]
    pub fault_after: u64,

    /// Misbehave on this share of the connections, or of the messages: 0.1 or 10%
    #[arg(long, value_name = "P", requires = "faults")]
    pub fault_rate: Option<Share>,

    /// Draw others for --fault-rate; the same number draws the same ones
    #[arg(long, value_name = "N", requires = "fault_rate", default_value_t = 0)]
    pub seed: u64,
}

/// Whether a message is still to be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It is.
    No,
    /// It is not: the connection is not to be answered any more.
    Yes,
}

/// What a server does wrong, and on which connections; by default nothing.
#[derive(Default)]
pub struct Faults {
    asked: Vec<Asked>,
    after: u64,
    /// `None` where all are hit.
    chance: Option<Chance>,
    links: HashMap<LinkId, Progress>,
    timers: BTreeSet<(Instant, LinkId)>,
    /// What was done, to be told.
    notices: Vec<(LinkId, String)>,
}

/// How far a connection has come.
#[derive(Default)]
struct Progress {
    /// Its messages so far.
    messages: u64,
    /// What strikes next, by place in the list.
    due: Vec<usize>,
    /// When it goes on.
    timer: Option<Instant>,
    /// It is read again then.
    delayed: bool,
    /// Nothing of it is handled any more.
    out: bool,
}

impl Faults {
    /// Reads what is asked for.
    ///
    /// # Errors
    /// A kind is not known, or its argument does not fit.
    pub fn new(args: &FaultArgs) -> Result<Faults> {
        let asked: Result<Vec<Asked>, Fault> = args.faults.iter().map(|option| Asked::read(option)).collect();
        let mut asked = asked?;
        if args.fault_after > 0 && asked.iter().all(|one| one.scope == Scope::Handshake) {
            let fault = Fault::usage("--fault-after: no message comes before the opening handshake");
            return Err(fault.hint("--fault-rate spares some connections").into());
        }
        // A whole head that is wrong is made of all that the other faults did to it.
        asked.sort_by_key(|one| one.misdeed == Misdeed::WrongAccept);
        let chance = args.fault_rate.map(|share| Chance::new(share, args.seed));
        Ok(Faults { asked, after: args.fault_after, chance, ..Faults::default() })
    }

    /// Whether nothing is done wrong.
    pub fn is_none(&self) -> bool {
        self.asked.is_empty()
    }

    /// The first fault that can strike only where compression is agreed on.
    pub fn needs_compression(&self) -> Option<&'static str> {
        self.asked.iter().find(|one| matches!(one.misdeed, Misdeed::Bomb(_))).map(|one| one.name)
    }

    /// What a client gets instead of this answer.
    pub fn answer(&mut self, link: LinkId, knock: &Knock<'_>, mut answer: Answer) -> Answer {
        let Ok(upgrade) = knock.upgrade else { return answer };
        for (at, asked) in self.asked.iter().enumerate() {
            answer = match answer {
                Answer::Welcome(welcome) if asked.scope == Scope::Handshake && self.hits(at, link, 0) => {
                    self.notices.push((link, format!("fault {}", asked.name)));
                    handshake::spoil(&asked.misdeed, upgrade, welcome)
                }
                other => other,
            };
        }
        answer
    }

    /// A client is in.
    pub fn opened(&mut self, control: &mut Control<'_>, link: LinkId) {
        if self.is_none() {
            return;
        }
        self.links.insert(link, Progress::default());
        if let Some(outbound) = control.link(link).filter(|_| self.has(&Misdeed::Dribble)) {
            // The opening handshake alone was to be slow.
            outbound.slow_down(None);
        }
        if self.after == 0 {
            self.begin(link);
            self.strike(control, link);
        }
    }

    /// A client sent a data message.
    pub fn message(
        &mut self,
        control: &mut Control<'_>,
        link: LinkId,
        _kind: Kind,
        _payload: &[u8],
    ) -> Handled {
        // What was due behind the answer to the message before comes before this one is handled.
        self.strike(control, link);
        let Some(progress) = self.links.get_mut(&link) else { return Handled::No };
        if progress.out {
            return Handled::Yes;
        }
        progress.messages += 1;
        let number = progress.messages;
        if number > self.after {
            self.delay(control, link, number);
            self.draw(link, number);
        } else if number == self.after {
            self.begin(link);
        }
        self.wait(control.now(), link);
        Handled::No
    }

    /// A client is gone.
    pub fn ended(&mut self, link: LinkId) {
        if let Some(at) = self.links.remove(&link).and_then(|progress| progress.timer) {
            self.timers.remove(&(at, link));
        }
    }

    /// When `expired` is to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The deadline has come.
    pub fn expired(&mut self, control: &mut Control<'_>) {
        while let Some(&(at, link)) = self.timers.first().filter(|(at, _)| *at <= control.now()) {
            self.timers.remove(&(at, link));
            let Some(progress) = self.links.get_mut(&link) else { continue };
            progress.timer = None;
            if std::mem::take(&mut progress.delayed)
                && let Some(outbound) = control.link(link)
            {
                outbound.pause_for(Pause::Delay, false);
            }
            self.strike(control, link);
        }
    }

    /// Takes out what was done, with the connection it was done to.
    pub fn notices(&mut self) -> Vec<(LinkId, String)> {
        std::mem::take(&mut self.notices)
    }

    fn has(&self, misdeed: &Misdeed) -> bool {
        self.asked.iter().any(|one| one.misdeed == *misdeed)
    }

    /// Whether the fault at this place hits a message, or a connection as a whole: message 0.
    fn hits(&self, at: usize, link: LinkId, message: u64) -> bool {
        self.chance.is_none_or(|chance| chance.hits(at, link.0, message))
    }

    /// The connection has had the messages that are to be spared: what lasts is due, and what happens once.
    fn begin(&mut self, link: LinkId) {
        let due = self.asked.iter().enumerate().filter(|(at, asked)| match asked.scope {
            Scope::Connection => self.hits(*at, link, 0),
            Scope::Once => self.chance.is_none(),
            Scope::Handshake | Scope::Answer => false,
        });
        let due: Vec<usize> = due.map(|(at, _)| at).collect();
        if let Some(progress) = self.links.get_mut(&link) {
            progress.due.extend(due);
        }
    }

    /// What happens at random is due behind this message, if it hits.
    fn draw(&mut self, link: LinkId, number: u64) {
        if self.chance.is_none() {
            return;
        }
        let once = self.asked.iter().enumerate().filter(|(_, asked)| asked.scope == Scope::Once);
        let due: Vec<usize> = once.map(|(at, _)| at).filter(|at| self.hits(*at, link, number)).collect();
        if let Some(progress) = self.links.get_mut(&link) {
            progress.due.extend(due);
        }
    }

    /// Answers a message later, and reads no other one until then.
    fn delay(&mut self, control: &mut Control<'_>, link: LinkId, number: u64) {
        let now = control.now();
        for at in 0..self.asked.len() {
            let Misdeed::Delay(time) = self.asked[at].misdeed else { continue };
            let Some(outbound) = control.link(link).filter(|_| self.hits(at, link, number)) else { continue };
            outbound.hold(time);
            outbound.pause_for(Pause::Delay, true);
            if let (Some(progress), Some(until)) = (self.links.get_mut(&link), now.checked_add(time)) {
                progress.delayed = true;
                self.schedule(link, until);
            }
        }
    }

    /// Sees to it that what is due strikes: at once, or when a delayed answer goes out.
    fn wait(&mut self, now: Instant, link: LinkId) {
        let progress = self.links.get(&link);
        if progress.is_some_and(|progress| !progress.due.is_empty() && !progress.delayed) {
            self.schedule(link, now);
        }
    }

    /// Sets the timer of a connection, which has one at most.
    fn schedule(&mut self, link: LinkId, at: Instant) {
        let Some(progress) = self.links.get_mut(&link) else { return };
        if let Some(before) = progress.timer.replace(at) {
            self.timers.remove(&(before, link));
        }
        self.timers.insert((at, link));
    }

    /// Does what is due on a connection.
    fn strike(&mut self, control: &mut Control<'_>, link: LinkId) {
        let Some(progress) = self.links.get_mut(&link) else { return };
        for at in std::mem::take(&mut progress.due) {
            let Some(outbound) = control.link(link).filter(|_| !progress.out) else { return };
            // Nothing more is said to those who are leaving.
            if outbound.state() != State::Open {
                return;
            }
            let Asked { misdeed, name, .. } = &self.asked[at];
            let told = match strike::strike(misdeed, outbound) {
                Struck::On => format!("fault {name}"),
                Struck::Out => {
                    progress.out = true;
                    format!("fault {name}")
                }
                Struck::Not(why) => format!("no fault {name}: {why}"),
            };
            self.notices.push((link, told));
        }
    }
}
