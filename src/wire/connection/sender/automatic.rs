//! What a connection sends by itself: answers to pings and close frames, and the close frame that fails it
//! (RFC 6455 §5.5, §7.1.7).
//!
//! The receiver asks for the answers; `Sender::automatic` tells of them to whoever shows what was sent.

use tungstenite::protocol::frame::coding::Control;

use super::{Phase, Sender};
use crate::wire::close::{self, MAX_CONTROL_PAYLOAD};
use crate::wire::violation::Violation;

/// Pings are answered one by one while fewer than this many bytes are unsent.
const PONG_LIMIT: usize = 64 * 1024;

/// A control frame that the connection queued by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Automatic {
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The answer to a close frame, or the close frame that fails the connection.
    Close {
        /// The code; `None` where the frame has no payload.
        code: Option<u16>,
        /// The reason.
        reason: String,
    },
}

/// A ping that is answered once what was queued before it has been written.
pub(super) struct Pending {
    payload: Vec<u8>,
    due: u64,
}

impl Sender {
    /// Fails the connection (RFC 6455 §7.1.7): queues a close frame with the violation's code, unless one was sent,
    /// and has the receiver ignore all that follows.
    pub fn fail(&mut self, violation: &Violation) {
        if self.phase == Phase::Open {
            self.automatic_close(Some(violation.close_code), close::cut_reason(&violation.what));
        }
        self.phase = Phase::Failed;
    }

    /// The next control frame that the connection queued by itself, oldest first. To be asked until `None` after
    /// each `receive`, `advance` and `fail`, because nothing else empties this list.
    pub fn automatic(&mut self) -> Option<Automatic> {
        self.automatic.pop_front()
    }

    /// Answers a ping: at once while little is unsent. Beyond that only the latest ping is remembered
    /// (RFC 6455 §5.5.3), and answered when what was queued before the first one has left, so that neither a peer
    /// that never reads fills our memory nor a busy sender starves the answer.
    pub(in crate::wire::connection) fn answer_ping(&mut self, payload: &[u8]) {
        // A ping that is too long was passed over; no pong could hold its payload.
        let fits = payload.len() <= MAX_CONTROL_PAYLOAD;
        if !self.auto_pong || !fits || self.phase != Phase::Open {
            return;
        }
        if let Some(pending) = &mut self.pending {
            pending.payload = payload.to_vec();
        } else if self.framer.outgoing.unsent().len() < PONG_LIMIT {
            self.automatic_pong(payload.to_vec());
        } else {
            self.pending = Some(Pending { payload: payload.to_vec(), due: self.framer.outgoing.added() });
        }
    }

    /// The peer sent a close frame: answers it with the same code unless we sent ours (RFC 6455 §5.5.1).
    pub(in crate::wire::connection) fn answer_close(&mut self, code: Option<u16>) {
        if self.phase == Phase::Open {
            if !self.auto_close {
                return;
            }
            // A code that was passed over is not one to send back.
            let code = code.map(|code| if close::may_be_sent(code) { code } else { 1002 });
            self.automatic_close(code, "");
        }
        self.phase = Phase::Closed;
    }

    /// Answers the ping that waits for what was queued before it, once so many bytes of all are written.
    pub(super) fn answer_pending(&mut self, written: u64) {
        if let Some(pending) = self.pending.take_if(|pending| written >= pending.due) {
            self.automatic_pong(pending.payload);
        }
    }

    fn automatic_pong(&mut self, payload: Vec<u8>) {
        self.framer.control(Control::Pong, &payload);
        self.automatic.push_back(Automatic::Pong(payload));
    }

    fn automatic_close(&mut self, code: Option<u16>, reason: &str) {
        self.close_frame(code, reason);
        self.automatic.push_back(Automatic::Close { code, reason: reason.to_owned() });
    }
}
