//! The words for the end of a transport that was not closed.

use std::io::{self, ErrorKind};

use crate::net::tls;
use crate::session::event::Cause;

/// The peer ended TCP: after its close_notify or without, between two messages or not.
pub(super) fn lost_text(truncated: bool, in_message: bool) -> String {
    let what = match truncated {
        true => "the peer ended TCP without TLS's close_notify",
        false => "the peer ended TCP",
    };
    what.to_owned() + if in_message { ", in the middle of a message" } else { "" }
}

/// Reading failed.
pub(super) fn broken(error: &io::Error, in_message: bool) -> (Cause, Option<String>) {
    if let Some(alert) = tls::of_io(error) {
        return (Cause::Tls, Some(alert.to_string()));
    }
    let what = match error.kind() {
        ErrorKind::ConnectionReset => "connection reset by the peer".to_owned(),
        _ => crate::net::io_text(error),
    };
    (Cause::Lost, Some(what + if in_message { ", in the middle of a message" } else { "" }))
}
