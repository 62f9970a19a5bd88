//! Close codes and the payload of close frames (RFC 6455 §5.5.1, §7.4).
//!
//! The one table of codes; tungstenite's `CloseCode` is not used, for it takes 1014 for an invalid one. When to
//! send a close frame is decided in `connection`. Called there, by `render` for names, and by the help text.

use super::{utf8, violation::Rule};

/// A close code that has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode {
    /// The number.
    pub number: u16,
    /// The name in the IANA registry, in lower case but for abbreviations.
    pub name: &'static str,
    /// What it tells, in a sentence.
    pub meaning: &'static str,
    /// Whether a close frame may carry it.
    pub on_wire: bool,
}

/// All codes that have a name, by number (RFC 6455 §7.4.1 and the IANA registry).
pub const CODES: &[CloseCode] = &[
    code(1000, "normal closure", "The purpose of the connection has been fulfilled.", true),
    code(1001, "going away", "The endpoint goes away: a server stops, a page is left.", true),
    code(1002, "protocol error", "The peer broke a rule of the protocol.", true),
    code(1003, "unsupported data", "The endpoint cannot take this type of data.", true),
    code(1004, "reserved", "Has no meaning yet.", false),
    code(1005, "no status received", "Stands for a close frame without a code.", false),
    code(1006, "abnormal closure", "Stands for an end without a close frame.", false),
    code(
        1007,
        "invalid frame payload data",
        "The data does not fit its type, such as text that is not UTF-8.",
        true,
    ),
    code(1008, "policy violation", "The message breaks a policy of the endpoint.", true),
    code(1009, "message too big", "The message is too big to be processed.", true),
    code(
        1010,
        "mandatory extension",
        "The client needs an extension that the server did not negotiate.",
        true,
    ),
    code(1011, "internal error", "The server met a condition that it did not expect.", true),
    code(1012, "service restart", "The service restarts; come back after a while.", true),
    code(1013, "try again later", "The service is overloaded.", true),
    code(1014, "bad gateway", "A gateway got an invalid answer from the server behind it.", true),
    code(1015, "TLS handshake", "Stands for a TLS handshake that failed.", false),
    code(3000, "unauthorized", "The client has not shown who it is.", true),
    code(3003, "forbidden", "The client may not use this resource.", true),
    code(3008, "timeout", "An operation took too long.", true),
];

/// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest reason, in bytes: the payload of a control frame without the code.
pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// The name of a code; a code without one is named after its range (RFC 6455 §7.4.2).
#[must_use]
pub fn name(number: u16) -> &'static str {
    if let Some(code) = CODES.iter().find(|code| code.number == number) {
        return code.name;
    }
    match number {
        0..=999 => "unused",
        1000..=2999 => "reserved",
        3000..=3999 => "registered use",
        4000..=4999 => "private use",
        5000.. => "undefined",
    }
}

/// Whether a close frame may carry this code (RFC 6455 §7.4, and the IANA registry for 1012 to 1014).
#[must_use]
pub fn may_be_sent(number: u16) -> bool {
    matches!(number, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether this code is for reports alone, where no close frame or no code came (RFC 6455 §7.4.1).
#[must_use]
pub fn stands_for_none(number: u16) -> bool {
    matches!(number, 1005 | 1006 | 1015)
}

/// Reads the payload of a received close frame as it is: the code, if there is one, and the reason. One byte alone is
/// no code, and is given as the reason.
#[must_use]
pub fn read(payload: &[u8]) -> (Option<u16>, &[u8]) {
    match payload {
        [high, low, reason @ ..] => (Some(u16::from_be_bytes([*high, *low])), reason),
        payload => (None, payload),
    }
}

/// Judges the payload of a received close frame.
///
/// # Errors
/// The rule that it breaks: one byte alone, a code that must not be sent, a reason that is not UTF-8.
pub fn judge(payload: &[u8]) -> Result<(), Rule> {
    match read(payload) {
        (None, _) if payload.is_empty() => Ok(()),
        (None, _) => Err(Rule::CloseOfOneByte),
        (Some(code), _) if !may_be_sent(code) => Err(Rule::CloseCode(code)),
        (_, reason) => utf8::check(reason).map_err(Rule::CloseReason),
    }
}

/// The payload of a close frame. The caller has seen to the rules: a sendable code, no reason without a code,
/// a reason of at most [`MAX_REASON`] bytes.
#[must_use]
pub fn payload(code: Option<u16>, reason: &str) -> Vec<u8> {
    let mut payload = Vec::with_capacity(2 + reason.len());
    if let Some(code) = code {
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
    }
    payload
}

/// As much of `reason` as a close frame holds, cut between characters.
#[must_use]
pub fn cut_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON)]
}

const fn code(number: u16, name: &'static str, meaning: &'static str, on_wire: bool) -> CloseCode {
    CloseCode { number, name, meaning, on_wire }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_at_the_edges_are_judged_as_the_registry_says() {
        let good = [1000, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999];
        let bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
        assert!(good.into_iter().all(may_be_sent));
        assert!(!bad.into_iter().any(may_be_sent));
    }

    #[test]
    fn the_table_is_in_order_and_agrees_with_the_rule() {
        assert!(CODES.is_sorted_by(|one, next| one.number < next.number));
        for code in CODES {
            assert_eq!(code.on_wire, may_be_sent(code.number), "{}", code.number);
        }
    }

    #[test]
    fn payloads_are_read_and_judged() {
        let both = |payload| (read(payload), judge(payload));
        assert_eq!(both(b""), ((None, &b""[..]), Ok(())));
        assert_eq!(both(b"\x03\xe8"), ((Some(1000), &b""[..]), Ok(())));
        assert_eq!(both(b"\x0f\xa0bye"), ((Some(4000), &b"bye"[..]), Ok(())));
        assert_eq!(both(b"\x03"), ((None, &b"\x03"[..]), Err(Rule::CloseOfOneByte)));
        assert_eq!(both(b"\x03\xedx"), ((Some(1005), &b"x"[..]), Err(Rule::CloseCode(1005))));
        let bad = Rule::CloseReason(utf8::BadByte { offset: 1, byte: 0xc3 });
        assert_eq!(both(b"\x03\xe8a\xc3"), ((Some(1000), &b"a\xc3"[..]), Err(bad)));
    }

    #[test]
    fn what_is_built_is_read_back() {
        assert_eq!(read(&payload(Some(1001), "déjà")), (Some(1001), "déjà".as_bytes()));
        assert_eq!(read(&payload(None, "")), (None, &b""[..]));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(cut_reason("short"), "short");
        assert_eq!(cut_reason(&"x".repeat(200)).len(), 123);
        let euros = "€".repeat(60);
        assert_eq!(cut_reason(&euros), "€".repeat(41));
        assert_eq!(cut_reason(&format!("x{euros}")).len(), 121);
    }

    #[test]
    fn names_fall_back_to_the_range() {
        assert_eq!(name(1001), "going away");
        assert_eq!(name(1016), "reserved");
        assert_eq!(name(4321), "private use");
        assert_eq!(name(3001), "registered use");
    }
}
