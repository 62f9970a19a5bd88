//! One frame becomes one line: everything its header says, and how its payload begins.
//!
//! The signs `>>` and `<<` stand for nothing else, so no message can pass for a frame. Called by `event`.

use std::fmt::Write as _;
use std::time::Duration;

use super::text::Untrusted;
use super::{event, units};
use crate::session::event::Direction;
use crate::wire::{Frame, close};

/// How many bytes of a payload are shown as text.
const TEXT: usize = 48;

/// How many bytes of a payload are shown as hexadecimal.
const BYTES: usize = 16;

/// What the line of a frame begins with.
pub(super) fn sign(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => ">>",
        Direction::Received => "<<",
    }
}

/// The frame in one line, safe for a terminal; `since` is the time since the frame before.
pub(super) fn line(frame: &Frame, since: Option<Duration>) -> String {
    let mut parts = vec![bits(frame)];
    if let Some(number) = frame.fragment.filter(|number| *number > 1 || !frame.start().is_final()) {
        parts.push(format!("fragment {number}"));
    }
    parts.push(length(frame));
    parts.push(mask(frame));
    parts.extend(since.map(|since| format!("+{}", units::duration(since))));
    parts.extend(payload(frame));
    parts.join(" · ")
}

/// Opcode, FIN and the reserved bits that are set.
fn bits(frame: &Frame) -> String {
    let start = frame.start();
    let mut text = match opcode_name(frame.opcode()) {
        Some(name) => name.to_owned(),
        None => format!("opcode {:#x}", frame.opcode()),
    };
    let bits = [
        (start.is_final(), " FIN"),
        (start.reserved_bits() & 4 != 0, " RSV1"),
        (start.reserved_bits() & 2 != 0, " RSV2"),
        (start.reserved_bits() & 1 != 0, " RSV3"),
    ];
    bits.into_iter().filter(|(set, _)| *set).for_each(|(_, name)| text.push_str(name));
    text
}

/// The name of an opcode; `None` for a reserved one (RFC 6455 §11.8).
pub fn opcode_name(opcode: u8) -> Option<&'static str> {
    Some(match opcode {
        0x0 => "continuation",
        0x1 => "text",
        0x2 => "binary",
        0x8 => "close",
        0x9 => "ping",
        0xa => "pong",
        _ => return None,
    })
}

/// The length as told, in how many bits, and what is really there.
fn length(frame: &Frame) -> String {
    let Some(head) = frame.head() else {
        return format!("header {} …", data_encoding::HEXLOWER.encode(&frame.header));
    };
    let mut text = units::count(head.length, "byte");
    let _ = match head.length_size() {
        0 => write!(text, " (7 bit)"),
        size => write!(text, " ({} bit)", size * 8),
    };
    if !frame.is_whole() {
        let _ = write!(text, ", {} there", frame.payload.len());
    }
    let _ = write!(text, ", {} on the wire", frame.wire_size());
    text
}

fn mask(frame: &Frame) -> String {
    match frame.head().and_then(|head| head.header.mask) {
        Some(key) => format!("mask {}", data_encoding::HEXLOWER.encode(&key)),
        None if frame.start().is_masked() => "masked".to_owned(),
        None => "no mask".to_owned(),
    }
}

/// How the payload begins: text where it is text, the code of a close frame, else bytes.
fn payload(frame: &Frame) -> Option<String> {
    let payload = &frame.payload[..];
    let is_plain = !frame.compressed && frame.start().reserved_bits() == 0;
    match (frame.opcode(), close::read(payload)) {
        _ if payload.is_empty() => None,
        (0x8, (Some(code), reason)) => Some(match reason {
            [] => event::close_code(code),
            reason => format!("{} {}", event::close_code(code), shown(reason)),
        }),
        (0x0 | 0x1 | 0x9 | 0xa, _) if is_plain => Some(shown(payload)),
        _ => Some(bytes(payload)),
    }
}

/// Text in quotes if all that is shown of it is text, else bytes.
fn shown(payload: &[u8]) -> String {
    let head = &payload[..payload.len().min(TEXT)];
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head.len(),
        // A character that is cut here, or by the end of the fragment.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        Err(_) => return bytes(payload),
    };
    let more = if valid < payload.len() { "…" } else { "" };
    Untrusted(&payload[..valid]).quoted() + more
}

fn bytes(payload: &[u8]) -> String {
    let shown = &payload[..payload.len().min(BYTES)];
    let digits: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ") + if payload.len() > BYTES { " …" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], fragment: Option<u32>) -> String {
        let (frame, _) = Frame::read(bytes).expect("a frame");
        line(&Frame { fragment, ..frame }, None)
    }

    #[test]
    fn a_line_says_all_that_the_header_says() {
        let table: [(&[u8], Option<u32>, &str); 9] = [
            (
                b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
                Some(1),
                "text FIN · 5 bytes (7 bit), 11 on the wire · mask 37fa213d · \"Hello\"",
            ),
            (b"\x01\x01a", Some(1), "text · fragment 1 · 1 byte (7 bit), 3 on the wire · no mask · \"a\""),
            (
                b"\x80\x00",
                Some(2),
                "continuation FIN · fragment 2 · 0 bytes (7 bit), 2 on the wire · no mask",
            ),
            (b"\xd2\x7e\x00\x02\x01\xff", Some(1), {
                "binary FIN RSV1 RSV3 · 2 bytes (16 bit), 6 on the wire · no mask · 01 ff"
            }),
            (b"\xc1\x01a", Some(1), "text FIN RSV1 · 1 byte (7 bit), 3 on the wire · no mask · 61"),
            (
                b"\x83\x05ab",
                None,
                "opcode 0x3 FIN · 5 bytes (7 bit), 2 there, 4 on the wire · no mask · 61 62",
            ),
            (
                b"\x88\x02\x03\xed",
                None,
                "close FIN · 2 bytes (7 bit), 4 on the wire · no mask · 1005 no status code",
            ),
            (
                b"\x88\x06\x03\xe8\x1b[2J",
                None,
                "close FIN · 6 bytes (7 bit), 8 on the wire · no mask · 1000 normal closure \"\\x1b[2J\"",
            ),
            (b"\x89\x01\xff", None, "ping FIN · 1 byte (7 bit), 3 on the wire · no mask · ff"),
        ];
        for (bytes, fragment, expected) in table {
            assert_eq!(shown(bytes, fragment), expected);
        }
    }

    #[test]
    fn a_long_payload_is_shown_as_far_as_a_whole_character() {
        let text = [&b"\x81\x7e\x00\xc8"[..], "€".repeat(66).as_bytes(), b"xx"].concat();
        assert!(shown(&text, Some(1)).ends_with(&format!("\"{}\"…", "€".repeat(16))));
        let bytes = [&b"\x82\x7e\x00\xc8"[..], &[7; 200]].concat();
        assert!(shown(&bytes, Some(1)).ends_with(&format!("no mask · {}…", "07 ".repeat(16))));
    }

    #[test]
    fn a_header_that_broke_off_is_shown_as_it_is() {
        let frame = Frame { header: vec![0x81, 0xfe], payload: vec![], fragment: None, compressed: false };
        assert_eq!(
            line(&frame, Some(Duration::from_micros(310))),
            "text FIN · header 81fe … · masked · +0.31 ms"
        );
    }
}
