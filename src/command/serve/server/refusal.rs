//! The words for a client that did not get in.

use crate::session::{Event, TurnedAway};

/// What is told of a client that did not get in: an error where the server had to turn it away.
pub(super) fn refusal(peer: &str, why: &TurnedAway) -> Event<'static> {
    let text = match why {
        TurnedAway::Refused(status @ 200..=399) => format!("{peer} was answered with {status}"),
        TurnedAway::Refused(status) => format!("{peer} was refused with {status}"),
        TurnedAway::Reset => format!("{peer} was reset"),
        TurnedAway::Invalid(what) => format!("{peer} was refused with 400: {what}"),
        TurnedAway::TooSlow => format!("{peer} took too long over its request (--handshake-timeout)"),
        TurnedAway::Left => format!("{peer} left before its request was complete"),
        TurnedAway::Tls(what) => {
            return Event::Error(format!("{peer}: the TLS handshake failed: {what}").into());
        }
        TurnedAway::TooMany => {
            let text = format!("{peer} was refused with 503: too many connections (--connections)");
            return Event::Error(text.into());
        }
        TurnedAway::Failed(what) => {
            return Event::Error(format!("{peer} could not be let in: {what}").into());
        }
    };
    Event::Notice(text.into())
}
