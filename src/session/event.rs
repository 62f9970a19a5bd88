//! What happens in a session, as the values everyone above is told.
//!
//! One `Event` feeds the screen, the recorder, the pipe and the checks on `-n` and `--until`. Payloads are borrowed
//! from the connection's buffers where that is possible, so that a pipe copies each byte once; `into_owned` makes
//! an event that may cross a thread. What the peer chose (payloads, reasons, header values) stays bytes: only
//! `render` and `record` decide how it is shown.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::net::{Timings, TlsFacts};
use crate::wire::{Frame, Kind};

/// When an event happened.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The wall clock, for people and for records.
    pub time: SystemTime,
    /// Since the start of the program, by the monotonic clock.
    pub elapsed: Duration,
}

/// Which way a frame or message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From us to the peer.
    Sent,
    /// From the peer to us.
    Received,
}

/// One happening of a session.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The opening handshake succeeded.
    Open(Arc<Opened>),
    /// A whole data message.
    Message {
        /// Which way it went.
        direction: Direction,
        /// Text or binary.
        kind: Kind,
        /// The payload, joined and unmasked.
        payload: Cow<'a, [u8]>,
        /// Bytes on the wire, where it was compressed (RFC 7692).
        compressed: Option<u64>,
    },
    /// A ping frame (RFC 6455 §5.5.2).
    Ping {
        /// Which way it went.
        direction: Direction,
        /// At most 125 bytes.
        payload: Cow<'a, [u8]>,
    },
    /// A pong frame (RFC 6455 §5.5.3).
    Pong {
        /// Which way it went.
        direction: Direction,
        /// At most 125 bytes.
        payload: Cow<'a, [u8]>,
        /// The time since the ping of ours that it answers.
        rtt: Option<Duration>,
        /// Whether the connection sent it by itself, to answer a ping.
        auto: bool,
    },
    /// A close frame, as it was on the wire (RFC 6455 §5.5.1).
    Close {
        /// Which way it went.
        direction: Direction,
        /// `None` for an empty payload (RFC 6455 §7.1.5).
        code: Option<u16>,
        /// The reason, as it came.
        reason: Cow<'a, [u8]>,
    },
    /// A frame as it was on the wire, where frames are watched; told before what it made happen.
    Frame {
        /// Which way it went.
        direction: Direction,
        /// Header and payload.
        frame: Frame,
    },
    /// Bytes that were sent as they are: a crafted frame, or any others.
    Raw {
        /// What was put on the wire.
        bytes: Cow<'a, [u8]>,
        /// Whether they are one frame that was described, however wrong.
        crafted: bool,
    },
    /// The connection is over.
    End(Arc<Ended>),
    /// Something worth knowing that is not an error.
    Notice(Cow<'a, str>),
    /// Something failed.
    Error(Cow<'a, str>),
}

impl Event<'_> {
    /// The same event with its own copies, so that it may outlive the buffers it was read from.
    pub fn into_owned(self) -> Event<'static> {
        fn own<T: ?Sized + ToOwned>(cow: Cow<'_, T>) -> Cow<'static, T> {
            Cow::Owned(cow.into_owned())
        }
        match self {
            Event::Open(opened) => Event::Open(opened),
            Event::Message { direction, kind, payload, compressed } => {
                Event::Message { direction, kind, payload: own(payload), compressed }
            }
            Event::Ping { direction, payload } => Event::Ping { direction, payload: own(payload) },
            Event::Pong { direction, payload, rtt, auto } => {
                Event::Pong { direction, payload: own(payload), rtt, auto }
            }
            Event::Close { direction, code, reason } => Event::Close { direction, code, reason: own(reason) },
            Event::Frame { direction, frame } => Event::Frame { direction, frame },
            Event::Raw { bytes, crafted } => Event::Raw { bytes: own(bytes), crafted },
            Event::End(ended) => Event::End(ended),
            Event::Notice(text) => Event::Notice(own(text)),
            Event::Error(text) => Event::Error(own(text)),
        }
    }
}

/// What the opening handshake established (RFC 6455 §4).
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The URL as connected to, after redirects, without userinfo.
    pub url: String,
    /// Address and port of the peer, or the path of its socket.
    pub peer: String,
    /// Whether the peer came to us, as a client does; else we went to it.
    pub accepted: bool,
    /// The HTTP status, 101.
    pub status: u16,
    /// What the server chose of the subprotocols offered.
    pub subprotocol: Option<String>,
    /// The subprotocols offered, in order.
    pub offered_subprotocols: Vec<String>,
    /// The value of `Sec-WebSocket-Extensions` that was agreed on; empty for none.
    pub extensions: String,
    /// The request head as written, with its blank line.
    pub request_head: Vec<u8>,
    /// The response head as it came, with its blank line.
    pub response_head: Vec<u8>,
    /// The header fields of the request, in order.
    pub request_headers: Vec<(String, Vec<u8>)>,
    /// The header fields of the response, in order.
    pub response_headers: Vec<(String, Vec<u8>)>,
    /// What TLS agreed on; `None` for a plain connection.
    pub tls: Option<TlsFacts>,
    /// How long each phase took.
    pub timings: Timings,
    /// What was worth telling on the way: a certificate that is not verified, no subprotocol chosen.
    pub notices: Vec<String>,
    /// How the way went, for those who ask: redirects followed, credentials left behind.
    pub trail: Vec<String>,
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This side started the closing handshake, or failed the connection.
    Client,
    /// The peer started the closing handshake.
    Server,
    /// Neither: the transport ended, or never came to be.
    Connection,
}

/// Messages and payload bytes that went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Data messages.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Bytes of their frames' payloads: not the same where messages are compressed (RFC 7692).
    pub wire: u64,
}

impl Count {
    /// Counts a message; `compressed` is its length on the wire where it was compressed.
    pub fn add(&mut self, length: usize, compressed: Option<u64>) {
        self.messages += 1;
        self.bytes += length as u64;
        self.wire += compressed.unwrap_or(length as u64);
    }

    /// Counts so many messages of so many bytes together, none of them compressed.
    pub fn add_run(&mut self, messages: u64, bytes: u64) {
        self.messages += messages;
        self.bytes += bytes;
        self.wire += bytes;
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.wire += other.wire;
    }
}

/// What put an end to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A close frame of the peer came (RFC 6455 §7.1.4).
    ClosingHandshake,
    /// The peer broke a rule or a limit, and this side failed the connection (RFC 6455 §7.1.7).
    Violation,
    /// The transport ended without a close frame.
    Lost,
    /// The transport ended with an alert of TLS, such as a refused client certificate.
    Tls,
    /// Our close frame was not answered in time.
    Unanswered,
    /// A ping was not answered in time.
    NoPong,
    /// This side left without waiting any longer.
    Abandoned,
}

/// How a connection ended (RFC 6455 §7.1.4 to §7.1.6).
#[derive(Clone, Debug)]
pub struct Ended {
    /// Who ended it.
    pub by: By,
    /// What ended it.
    pub cause: Cause,
    /// Whether both close frames were exchanged.
    pub clean: bool,
    /// The code of the close frame that decided: 1005 where it had none, 1006 where no close frame came.
    pub code: u16,
    /// The code of our own close frame, where one was sent with a code.
    pub own_code: Option<u16>,
    /// Our close frame was sent before the peer's came.
    pub own_first: bool,
    /// The reason of our own close frame; empty where it had none.
    pub own_reason: Vec<u8>,
    /// The reason beside the code, as it came.
    pub reason: Vec<u8>,
    /// What went wrong, in words; `None` where nothing did.
    pub error: Option<String>,
    /// What was handed to the socket.
    pub sent: Count,
    /// What came.
    pub received: Count,
    /// Messages that were queued but not handed to the socket whole.
    pub unsent: Vec<(Kind, Vec<u8>)>,
    /// Whether the connection had been open at all.
    pub opened: bool,
}
