//! Why something is not sent.
//!
//! What the state or the RFC forbids, as the values that `sender` returns.

use std::fmt;

/// Nothing may be sent after a close frame (RFC 6455 §5.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpen;

impl From<NotOpen> for SendError {
    fn from(NotOpen: NotOpen) -> Self {
        SendError::NotOpen
    }
}

/// Why a control frame was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// A close frame was sent already.
    NotOpen,
    /// The payload has so many bytes; 125 is the most (RFC 6455 §5.5).
    PayloadTooLong(usize),
    /// The reason has so many bytes; 123 is the most (RFC 6455 §5.5).
    ReasonTooLong(usize),
    /// The code is not meant for the wire (RFC 6455 §7.4).
    Code(u16),
    /// A reason needs a code before it (RFC 6455 §5.5.1).
    ReasonWithoutCode,
}

impl fmt::Display for NotOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closing: nothing may be sent after a close frame (RFC 6455 §5.5.1)")
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::NotOpen => NotOpen.fmt(f),
            SendError::PayloadTooLong(length) => {
                write!(f, "{length} bytes are too many for a control frame, 125 is the most (RFC 6455 §5.5)")
            }
            SendError::ReasonTooLong(length) => {
                write!(f, "a reason of {length} bytes is too long, 123 is the most (RFC 6455 §5.5)")
            }
            SendError::Code(code) => write!(f, "close code {code} must not be sent (RFC 6455 §7.4)"),
            SendError::ReasonWithoutCode => {
                f.write_str("a close reason needs a code before it (RFC 6455 §5.5.1)")
            }
        }
    }
}

impl std::error::Error for NotOpen {}
impl std::error::Error for SendError {}
