//! What `wire` received becomes what a listener is told, and is taken note of.

use std::borrow::Cow;

use crate::session::event::{Direction, Event};
use crate::session::outbound::Outbound;
use crate::wire::{self, CloseFrame};

/// Takes note of what `wire` received, sees that the answer goes out first, and words the event for the listener.
/// A violation is no event of its own: it is told with the end. The close frame that is one is told as it came.
pub(super) fn note<'a>(outbound: &mut Outbound, event: wire::Event<'a>) -> Option<Event<'a>> {
    let direction = Direction::Received;
    match event {
        wire::Event::Message { kind, payload, compressed, .. } => {
            outbound.received.add(payload.len(), compressed);
            Some(Event::Message { direction, kind, payload: Cow::Borrowed(payload), compressed })
        }
        // It was taken as it came.
        wire::Event::Piece { .. } => None,
        wire::Event::Pong(payload) => {
            let rtt = outbound.ponged(payload);
            Some(Event::Pong { direction, payload: Cow::Borrowed(payload), rtt, auto: false })
        }
        wire::Event::Ping(payload) => {
            answer(outbound);
            Some(Event::Ping { direction, payload: Cow::Borrowed(payload) })
        }
        wire::Event::Close { code, reason } => {
            outbound.peer_closed(code, reason);
            answer(outbound);
            Some(Event::Close { direction, code, reason: Cow::Borrowed(reason) })
        }
        wire::Event::Violation(mut violation) => {
            let close = violation.close.take();
            outbound.violated(violation);
            answer(outbound);
            let CloseFrame { code, reason } = close?;
            Some(Event::Close { direction, code, reason: Cow::Owned(reason) })
        }
    }
}

fn answer(outbound: &mut Outbound) {
    outbound.collect_automatic();
    outbound.flush();
}
