//! The listener of a client's session: opens the connection, sends what is to be sent, decides when it is done, and
//! opens it again where asked.
//!
//! What the user sees and types is the `Front`'s part; what the session tells comes in at `events`, and orders of a
//! prompt are carried out in `orders`.

mod events;
mod leaving;
mod orders;
mod output;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::ending::{Goal, Linger};
use super::front::{Fed, Front};
use super::journal::Journal;
use super::order::Repeat;
use super::plan::Plan;
use super::retry::Retry;
use crate::command::args::Options;
use crate::command::{ExitCode, Fault, Outcome};
use crate::output::archive::Archive;
use crate::record::Writer;
use crate::render::Redactor;
use crate::session::opening::Opening;
use crate::session::{Control, Ended, Event, LinkId, Outbound};
use crate::wire::{Kind, State};
use verdict::Why;

/// How often a reader of a full output is looked after.
const OUTPUT_CHECK: Duration = Duration::from_millis(100);

/// A client's session.
pub struct Client<F> {
    options: Options,
    front: F,
    opening: Opening,
    first: Vec<(Kind, Vec<u8>)>,
    /// Messages that the last connection did not take.
    left_over: Vec<(Kind, Vec<u8>)>,
    goal: Goal,
    linger: Linger,
    input_ends: bool,
    /// Stdin is read, or typed lines come.
    has_input: bool,
    /// Stdin is left alone though nobody asked for that: a notice tells if data waits there.
    leaves_input: bool,
    link: Option<LinkId>,
    retry: Option<Retry>,
    /// A connection is being opened.
    dialing: bool,
    /// A connection asked for at the prompt while another is being closed.
    next: Option<Box<Opening>>,
    /// The dial under way was asked for at the prompt: a failure is no reason to leave.
    prompted: bool,
    repeat: Option<Repeat>,
    journal: Option<Journal>,
    archive: Option<Archive>,
    /// The close code and reason to end with.
    closing: (Option<u16>, String),
    last_data: Instant,
    timeout_at: Option<Instant>,
    blocked: bool,
    /// Nothing is read until what was sent back has gone (`--echo`).
    echoing: bool,
    /// The linger is over.
    ran_out: bool,
    /// The input could not be sent; the session goes on as at its end.
    input_failed: bool,
    why: Option<Why>,
    /// Messages sent on all connections together.
    sent: u64,
    was_open: bool,
    ended: Option<Arc<Ended>>,
    outcome: Option<Outcome>,
    exit_code: ExitCode,
}

impl<F: Front> Client<F> {
    /// A session that has not begun. Creates the recording.
    pub fn new(plan: Plan, front: F, exit_code: ExitCode) -> Result<Client<F>> {
        let Plan { options, opening, first, input, goal, input_ends, started, .. } = plan;
        let show_secrets = options.showing.show_secrets;
        let journal = match &options.showing.record {
            None => None,
            Some(path) => Some(
                Journal::create(path, Writer::new(show_secrets))
                    .map_err(|error| Fault::file("--record", path, &error))?,
            ),
        };
        let life = &options.life;
        let retry = life.reconnect.map(|most| {
            let longest = life.reconnect_max.0.unwrap_or(Duration::MAX);
            Retry::new(most, life.reconnect_delay.0.unwrap_or(Duration::MAX), longest)
        });
        let linger = Linger::new(options.messages.linger.map(|span| span.0), goal.exists());
        let messages = &options.messages;
        let leaves_input = input.is_none() && !first.is_empty() && !messages.no_input && !messages.echo;
        let timeout = options.connecting.timeout.and_then(|span| span.0);
        Ok(Client {
            front,
            opening,
            first,
            left_over: Vec::new(),
            goal,
            linger,
            input_ends,
            has_input: input.is_some(),
            leaves_input,
            link: None,
            retry,
            dialing: false,
            next: None,
            prompted: false,
            repeat: None,
            journal,
            archive: None,
            closing: (Some(options.life.close_code), options.life.close_reason.clone()),
            last_data: started,
            timeout_at: timeout.and_then(|timeout| started.checked_add(timeout)),
            blocked: false,
            echoing: false,
            ran_out: false,
            input_failed: false,
            why: None,
            sent: 0,
            was_open: false,
            ended: None,
            outcome: None,
            exit_code,
            options,
        })
    }

    /// Remembers the events, for `/show` and `/save`.
    pub fn with_archive(mut self) -> Client<F> {
        self.archive = Some(Archive::default());
        self
    }

    /// Begins to connect.
    pub fn begin(&mut self, control: &mut Control<'_>) {
        if let Err(error) = self.front.begin(control) {
            self.fail_output(control, &error);
        }
        self.notice_input(control);
        self.dial(control);
    }

    /// Says, once, that data waits on a stdin that is not read. What feeds a pipe may be slower than we are, so it is
    /// looked for at the beginning and at the end.
    fn notice_input(&mut self, control: &mut Control<'_>) {
        if self.leaves_input && super::plan::input_waits() {
            self.leaves_input = false;
            self.notice(control, "standard input is not read with -m; -i lines reads it too");
        }
    }

    /// Begins to open the connection.
    fn dial(&mut self, control: &mut Control<'_>) {
        self.dialing = true;
        control.open(self.opening.clone());
    }

    /// The sending half of the connection, while there is one.
    fn outbound<'c>(&self, control: &'c mut Control<'_>) -> Option<&'c mut Outbound> {
        control.link(self.link?)
    }

    /// Hides secrets, unless they are to be shown.
    fn redactor(&self) -> Redactor {
        Redactor { show_secrets: self.options.showing.show_secrets }
    }

    /// How the session ended.
    pub fn outcome(self) -> Outcome {
        self.outcome.unwrap_or(Outcome::Local)
    }

    /// Shows an event, records it, remembers it.
    fn tell(&mut self, control: &mut Control<'_>, event: &Event<'_>) {
        let exit = match event {
            Event::End(_) => self.outcome.as_ref().map(self.exit_code),
            _ => None,
        };
        self.front.show(event, &|| control.stamp(), exit);
        if self.journal.is_none() && self.archive.is_none() {
            return;
        }
        let stamp = control.stamp();
        if let Some(archive) = &mut self.archive {
            archive.push(None, stamp, event.clone().into_owned());
        }
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.take(event, &stamp, exit)
        {
            self.fail_journal(control, &error);
        }
    }

    fn notice(&mut self, control: &mut Control<'_>, text: &str) {
        self.tell(control, &Event::Notice(text.into()));
    }

    fn error(&mut self, control: &mut Control<'_>, text: &str) {
        self.tell(control, &Event::Error(text.into()));
    }

    /// Reads input and sends it. `true` if there may be more at once.
    fn feed(&mut self, control: &mut Control<'_>) -> bool {
        if !self.has_input || self.linger.has_begun() || self.why.is_some() {
            return false;
        }
        let now = control.now();
        let Some(outbound) = self.outbound(control) else { return false };
        let before = outbound.unsent();
        let fed = self.front.feed(outbound, now);
        if outbound.unsent() > before {
            self.last_data = now;
            self.linger.sent();
        }
        match fed {
            Fed::Waiting => return false,
            Fed::More => return true,
            Fed::Full => {
                // What is taken whole now is followed by no edge that would bring us back.
                outbound.flush();
                return outbound.unsent() == 0 && outbound.state() == State::Open;
            }
            Fed::Ended(None) => self.linger.begin(now),
            Fed::Ended(Some(close)) => {
                self.linger.begin(now);
                self.closing = close;
                // What is waited for may still be on its way.
                if !self.goal.exists() {
                    self.leave(control, Why::InputEnded);
                }
            }
            Fed::Failed(text) => {
                self.error(control, &text);
                self.input_failed = true;
                self.linger.without_goal();
                self.linger.begin(now);
            }
        }
        true
    }

    /// The deadlines of the session itself, beside those of its link.
    fn next_deadline(&self) -> Option<Instant> {
        let idle = self.idle_at();
        let retry = self.retry.as_ref().and_then(Retry::deadline);
        let repeat = self.repeat.as_ref().and_then(Repeat::at);
        let blocked = self.blocked.then(|| Instant::now() + OUTPUT_CHECK);
        let linger = if self.blocked || self.link.is_none() { None } else { self.linger.deadline() };
        let feeding = self.link.is_some() && !self.linger.has_begun();
        let feed = if feeding { self.front.feed_at() } else { None };
        let open = [idle, retry, repeat, linger, feed];
        let open = if self.why.is_some() { [None; 5] } else { open };
        open.into_iter().chain([blocked, self.timeout_at, self.front.refresh_at()]).flatten().min()
    }

    fn idle_at(&self) -> Option<Instant> {
        let limit = self.options.life.idle_timeout?.0?;
        self.link?;
        (!self.blocked).then(|| self.last_data.checked_add(limit)).flatten()
    }
}
