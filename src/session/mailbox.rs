//! How another thread reaches the loop: a queue of commands, and a bell that wakes the loop.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use mio::Waker;

/// A handle for sending commands to a listener. Clones reach the same loop.
pub struct Mailbox<C> {
    queue: Sender<C>,
    bell: Arc<Waker>,
}

impl<C> Clone for Mailbox<C> {
    fn clone(&self) -> Self {
        Mailbox { queue: self.queue.clone(), bell: Arc::clone(&self.bell) }
    }
}

impl<C> Mailbox<C> {
    pub(super) fn new(bell: Arc<Waker>) -> (Mailbox<C>, Receiver<C>) {
        let (queue, commands) = channel();
        (Mailbox { queue, bell }, commands)
    }

    /// Hands a command over. `false` when the loop has ended.
    pub fn send(&self, command: C) -> bool {
        self.queue.send(command).is_ok() && self.bell.wake().is_ok()
    }
}
