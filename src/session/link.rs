//! One connection in the loop: reads what is there, hands on the events, writes the answers, and notices the end.
//!
//! Replies such as pong and close are written before the event that caused them is told. A link is taken out of
//! the loop's table while it works, so that a listener may meanwhile reach all the others.

mod ends;
mod noting;

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Instant;

use self::ends::{broken, lost_text};
use self::noting::note;
use super::control::Control;
use super::engine::READ_BUFFER;
use super::event::{Cause, Opened};
use super::life::{Due, Life};
use super::listener::Listener;
use super::outbound::Outbound;
use super::shell::Shell;
use crate::net::Stream;
use crate::wire::{self, Connection, Receiver, Room, Settings};

/// The number of a link: counted from 1 in the order of opening, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// A connection and its two halves.
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) outbound: Outbound,
    receiver: Receiver,
    /// Bytes read but not yet taken: an unfinished header, or what came while the listener had paused us.
    pending: Vec<u8>,
    /// Whether `pending` may hold whole frames.
    unread: bool,
    readable: bool,
    /// It was looked once after a failed write for what can still be read.
    break_noticed: bool,
    end: Option<(Cause, Option<String>)>,
    /// It stands among those to be looked at.
    pub(super) is_ready: bool,
    /// The timer it has in the loop.
    pub(super) timer: Option<Instant>,
}

/// What is needed to make a link of a connected stream.
pub(super) struct Beginning {
    pub(super) stream: Stream,
    pub(super) opened: Arc<Opened>,
    /// Bytes that came behind the head of the opening handshake.
    pub(super) tail: Vec<u8>,
    pub(super) settings: Settings,
    pub(super) life: Life,
}

impl Link {
    pub(super) fn new(id: LinkId, beginning: Beginning, report: bool) -> Link {
        let Beginning { stream, opened, tail, settings, life } = beginning;
        let role = settings.role;
        let Connection { receiver, sender } = Connection::new(settings, super::random::masks());
        Link {
            id,
            outbound: Outbound::new(stream, sender, role, opened, life, report),
            receiver,
            unread: !tail.is_empty(),
            pending: tail,
            readable: true,
            break_noticed: false,
            end: None,
            is_ready: false,
            timer: None,
        }
    }

    /// The descriptor became readable or writable, or failed. TLS may need either for both, so both are tried.
    pub(super) fn woken(&mut self, hung_up: bool) {
        self.readable = true;
        self.outbound.hung_up |= hung_up;
        self.outbound.writable = true;
    }

    /// Whether `turn` has something to do without waiting.
    pub(super) fn is_busy(&self) -> bool {
        self.has_input() || self.outbound.is_unsettled()
    }

    fn has_input(&self) -> bool {
        !self.outbound.is_paused() && (self.readable || self.unread)
    }

    /// Whether `give_back` has something to give back.
    pub(super) fn has_spare(&self) -> bool {
        self.outbound.sender.has_spare() || self.receiver.has_spare() || Room::has_spare(&self.pending)
    }

    /// Gives back the memory that holds nothing.
    pub(super) fn give_back(&mut self) {
        self.outbound.sender.give_back();
        self.receiver.give_back();
        self.pending.shrink_to_fit();
    }

    /// When the link wants `tick` to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.outbound.clocks.next().into_iter().chain(self.outbound.next_write()).min()
    }

    /// Reads one buffer full and hands on what it holds.
    pub(super) fn turn<L: Listener>(
        &mut self,
        shell: &mut Shell,
        links: &mut super::links::Links,
        listener: &mut L,
    ) {
        if self.has_input() && (self.end.is_none() || self.unread) {
            let mut buffer = std::mem::take(&mut shell.buffer);
            let filled = self.fill(&mut buffer);
            let taken = self.dispatch(&mut buffer[..filled], shell, links, listener);
            self.pending.clear();
            self.pending.extend_from_slice(&buffer[taken..filled]);
            shell.buffer = buffer;
        }
        self.settle(shell, links, listener);
    }

    /// Puts what was left over and what can be read into `buffer`; returns how much that is.
    fn fill(&mut self, buffer: &mut Vec<u8>) -> usize {
        let kept = self.pending.len();
        let reads = !self.unread && self.readable && self.end.is_none();
        // What was left over while paused may fill the buffer; it is handed on before more is read.
        if buffer.len() < kept + if reads { READ_BUFFER / 2 } else { 0 } {
            // New from the system it is zero without being touched: who receives little takes little memory.
            *buffer = vec![0; kept + READ_BUFFER];
        }
        buffer[..kept].copy_from_slice(&self.pending);
        kept + if reads { self.read(&mut buffer[kept..]) } else { 0 }
    }

    /// Fills the room with what one read of the socket brings: TLS gives it out a record of 16 KiB at a time.
    fn read(&mut self, room: &mut [u8]) -> usize {
        let mut count = self.read_once(room);
        while self.outbound.stream.buffered() > 0 && count < room.len() && self.readable && self.end.is_none()
        {
            match self.read_once(&mut room[count..]) {
                0 => break,
                more => count += more,
            }
        }
        count
    }

    /// One read. A plain socket that gave less than asked is drained, and edge-triggered waiting tells when more
    /// comes; TLS may hold back decrypted bytes, so there only WouldBlock counts.
    fn read_once(&mut self, room: &mut [u8]) -> usize {
        match self.outbound.stream.read(room) {
            Ok(0) => {
                self.readable = false;
                let truncated = self.outbound.stream.truncated();
                self.end = Some((Cause::Lost, Some(lost_text(truncated, self.receiver.started()))));
                0
            }
            Ok(count) => {
                self.readable = count == room.len() || self.outbound.hung_up || self.outbound.stream.is_tls();
                count
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                0
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => 0,
            Err(error) => {
                self.readable = false;
                self.end = Some(broken(&error, self.receiver.started()));
                0
            }
        }
    }

    /// Hands on the events in `input`; returns how many bytes were taken.
    fn dispatch<L: Listener>(
        &mut self,
        input: &mut [u8],
        shell: &mut Shell,
        links: &mut super::links::Links,
        listener: &mut L,
    ) -> usize {
        let mut taken = 0;
        self.unread = false;
        loop {
            if self.outbound.is_paused() {
                self.receiver.release();
                self.unread = taken < input.len();
                return taken;
            }
            taken += self.hand_over(&mut input[taken..], shell, links, listener);
            if self.outbound.is_paused() {
                continue;
            }
            let received = self.receiver.receive(&mut input[taken..], &mut self.outbound.sender);
            taken += received.consumed;
            if let Some(wire::Event::Piece { payload, ended }) = received.event {
                let messages = u64::from(ended.is_some());
                listener.take(payload);
                self.outbound.received.add_run(messages, ended.unwrap_or(0));
                let mut control = Control::of(self.id, &mut self.outbound, links, shell);
                listener.took(&mut control, self.id, messages);
                continue;
            }
            let event = received.event.map(|event| note(&mut self.outbound, event));
            for noticed in self.outbound.noticed() {
                let mut control = Control::of(self.id, &mut self.outbound, links, shell);
                listener.event(&mut control, self.id, noticed);
            }
            let Some(event) = event else { return taken };
            if let Some(event) = event {
                let mut control = Control::of(self.id, &mut self.outbound, links, shell);
                listener.event(&mut control, self.id, event);
            }
            // What the event was answered with has its place behind it, not behind all that came with it.
            self.tell_sent(shell, links, listener);
        }
    }

    /// Hands over the messages that `input` begins with, as many as the listener takes so; returns their bytes.
    fn hand_over<L: Listener>(
        &mut self,
        input: &mut [u8],
        shell: &mut Shell,
        links: &mut super::links::Links,
        listener: &mut L,
    ) -> usize {
        let takes = listener.takes(self.id);
        self.receiver.pass_on(takes.pieces);
        if takes.messages == 0 {
            return 0;
        }
        let take = |_, payload: &[u8]| listener.take(payload);
        let run = self.receiver.receive_run(input, &self.outbound.sender, takes.messages, take);
        if run.messages > 0 {
            self.outbound.received.add_run(run.messages, run.bytes);
            let mut control = Control::of(self.id, &mut self.outbound, links, shell);
            listener.took(&mut control, self.id, run.messages);
            self.tell_sent(shell, links, listener);
        }
        run.consumed
    }

    /// Tells what was sent meanwhile.
    fn tell_sent<L: Listener>(
        &mut self,
        shell: &mut Shell,
        links: &mut super::links::Links,
        listener: &mut L,
    ) {
        for event in self.outbound.take_reports() {
            let mut control = Control::of(self.id, &mut self.outbound, links, shell);
            listener.event(&mut control, self.id, event);
        }
    }

    /// Tells what was sent meanwhile, writes it, and moves towards the end where there is nothing left to do.
    pub(super) fn settle<L: Listener>(
        &mut self,
        shell: &mut Shell,
        links: &mut super::links::Links,
        listener: &mut L,
    ) {
        self.outbound.flush();
        self.outbound.collect_automatic();
        self.tell_sent(shell, links, listener);
        if self.outbound.is_broken() && !std::mem::replace(&mut self.break_noticed, true) {
            // Nothing more can be written; what the peer still said, its close frame perhaps, can be read, and so
            // that this ends, it is, whoever waited for something.
            self.readable = true;
            self.outbound.read_on();
        }
        if self.outbound.deaf && self.outbound.hung_up {
            self.end.get_or_insert_with(|| (Cause::Lost, Some(lost_text(false, false))));
            self.outbound.abandon();
        }
        if self.outbound.is_over() {
            self.outbound.clocks.over(Instant::now());
            self.outbound.end_writing();
        }
        if self.outbound.abandoned || self.outbound.may_leave() {
            self.end.get_or_insert((Cause::Abandoned, None));
        }
    }

    /// The time has come that `deadline` asked for.
    pub(super) fn tick(&mut self, now: Instant) {
        // A link that will never read again has no reason to wait for what it does not read.
        let paused = self.outbound.is_paused() && !self.outbound.deaf;
        let Outbound { clocks, stream, sender, .. } = &mut self.outbound;
        let queued = || sender.unsent().len() + stream.send_queue().unwrap_or(0);
        let life = clocks.life();
        match clocks.due(now, queued, paused) {
            Due::Nothing => {}
            Due::Ping => {
                // The connection may be closing already; then there is nothing to find out.
                let _ = self.outbound.ping(&super::random::<4>());
            }
            Due::NoPong => {
                let text = format!("no pong came within {:?} (--ping-timeout)", life.ping_timeout);
                self.end = Some((Cause::NoPong, Some(text)));
            }
            Due::Unanswered => {
                let option = if clocks.is_hurried() { "" } else { " (--close-timeout)" };
                let text =
                    format!("our close frame was not answered within {:?}{option}", life.close_timeout);
                self.end = Some((Cause::Unanswered, Some(text)));
            }
            Due::Over => self.end = Some((Cause::Abandoned, None)),
        }
    }

    /// Whether the link is at its end. Bytes that came before the end are handed on first.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some() && (!self.unread || self.outbound.abandoned)
    }

    /// Closes the transport and says how it all ended.
    pub(super) fn finish(mut self) -> Arc<super::Ended> {
        let (cause, error) = self.end.take().unwrap_or((Cause::Abandoned, None));
        // A FIN before the RST would be all that the peer sees.
        if !self.outbound.resets {
            // The peer may be gone already; there is nobody left to tell.
            let _ = self.outbound.stream.shutdown_write();
        }
        Arc::new(self.outbound.ended(cause, error))
    }
}
