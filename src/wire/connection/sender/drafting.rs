//! Messages that are framed while they grow.

use super::{Phase, Sender};
use crate::wire::Kind;
use crate::wire::connection::draft::Draft;

impl Sender {
    /// Whether a message may be queued as a draft, and not whole because more is to be told of it.
    #[must_use]
    pub fn takes_drafts(&self) -> bool {
        self.phase == Phase::Open && self.frames_plainly() && self.framer.is_client
    }

    /// Begins a message that is to be queued when its end has come, where drafts are taken. `None` while something is to
    /// be written: its buffer is that of the draft.
    pub fn draft(&mut self) -> Option<Draft> {
        let buffer = self.framer.outgoing.take_spare()?;
        Some(Draft::new(buffer, self.framer.masks.next()))
    }

    /// Queues a draft, of this connection or another, as a message in one frame.
    ///
    /// # Errors
    /// It must be queued by `message`, if at all: the draft comes back.
    pub fn queue_draft(&mut self, kind: Kind, draft: Draft) -> Result<(), Draft> {
        if !self.takes_drafts() || !draft.is_long() {
            return Err(draft);
        }
        self.framer.outgoing.put(draft.into_frame(kind));
        Ok(())
    }
}
