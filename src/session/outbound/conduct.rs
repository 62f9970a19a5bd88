//! How a link behaves, changed while it is open: for a server that misbehaves on purpose.
//!
//! What the bytes are is for `wire`; here are time and reading.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use super::Outbound;

impl Outbound {
    /// Whether pings are answered from now on (RFC 6455 §5.5.2).
    pub fn answer_pings(&mut self, answers: bool) {
        self.sender.answer_pings(answers);
    }

    /// Whether a close frame is answered from now on (RFC 6455 §5.5.1).
    pub fn answer_closes(&mut self, answers: bool) {
        self.sender.answer_closes(answers);
    }

    /// Splits messages that are sent from now on into fragments of at most so many bytes (RFC 6455 §5.4).
    pub fn split(&mut self, fragment: Option<NonZeroUsize>) {
        self.sender.split(fragment);
    }

    /// Queues a compressed message of so many zero bytes; `false` where compression was not agreed on.
    pub fn zeros(&mut self, length: u64) -> bool {
        let Some(crafted) = self.sender.zeros(length) else { return false };
        self.craft(&crafted, &[]);
        true
    }

    /// Writes nothing for so long; what is queued meanwhile goes out then.
    pub fn hold(&mut self, time: Duration) {
        let until = Instant::now().checked_add(time);
        self.next_write = self.next_write.max(until);
    }

    /// Reads nothing any more. The link ends when the peer ends TCP, whatever had come before.
    pub fn turn_deaf(&mut self) {
        self.deaf = true;
    }
}
