//! The rules a peer can break, and the report of one that was broken.
//!
//! `Rule` is the table of sentence, RFC section and close code; `Violation` is a broken rule with the bytes at
//! fault. Frames are judged in `connection::receiver` and `close`; above, violations are shown and make the exit
//! code.

use std::fmt;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{Role, deflate::BadStream, utf8::BadByte};

/// A rule for what a peer sends after the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// RSV1 to RSV3 are zero unless an extension gives them a meaning.
    ReservedBits,
    /// RSV2 and RSV3 are zero where permessage-deflate is the only extension.
    BitsWithoutMeaning,
    /// RSV1, which tells that a message is compressed, is set on its first frame only.
    MisplacedCompressionBit,
    /// Opcodes 3 to 7 and 11 to 15 are not in use.
    ReservedOpcode,
    /// A server does not mask.
    Masked,
    /// A client masks every frame.
    Unmasked,
    /// A control frame holds at most 125 bytes.
    ControlTooLong,
    /// A control frame is not fragmented.
    ControlFragmented,
    /// A continuation frame continues a message.
    NothingToContinue,
    /// A message ends before the next begins.
    MessageNotFinished,
    /// A length is written in the shortest form.
    LengthNotMinimal,
    /// A 64-bit length has its top bit clear.
    LengthTopBit,
    /// A text message is UTF-8.
    InvalidUtf8(BadByte),
    /// The payload of a close frame is empty or begins with a code of two bytes.
    CloseOfOneByte,
    /// A close frame carries only codes meant for the wire.
    CloseCode(u16),
    /// The reason of a close is UTF-8.
    CloseReason(BadByte),
    /// A compressed message can be inflated.
    Deflate(BadStream),
    /// Beyond so many bytes a message does not inflate to more than 1000 times its size (our limit).
    InflatesTooMuch {
        /// From where on that is judged, in bytes.
        beyond: u64,
    },
    /// Nothing follows a close frame.
    DataAfterClose,
    /// A message has at most so many bytes (our limit).
    MessageTooBig {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message has at most so many fragments (our limit).
    TooManyFragments {
        /// The limit.
        limit: u32,
    },
}

impl Rule {
    /// Where the rule stands, such as `RFC 6455 §5.2`.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Rule::Masked | Rule::Unmasked => "RFC 6455 §5.1",
            Rule::ReservedBits
            | Rule::BitsWithoutMeaning
            | Rule::ReservedOpcode
            | Rule::LengthNotMinimal
            | Rule::LengthTopBit => "RFC 6455 §5.2",
            Rule::MisplacedCompressionBit => "RFC 7692 §6.1",
            Rule::Deflate(_) => "RFC 7692 §7.2.2",
            Rule::NothingToContinue | Rule::MessageNotFinished => "RFC 6455 §5.4",
            Rule::ControlTooLong | Rule::ControlFragmented => "RFC 6455 §5.5",
            Rule::CloseOfOneByte | Rule::CloseReason(_) | Rule::DataAfterClose => "RFC 6455 §5.5.1",
            Rule::CloseCode(_) => "RFC 6455 §7.4",
            Rule::InvalidUtf8(_) => "RFC 6455 §8.1",
            Rule::MessageTooBig { .. } | Rule::TooManyFragments { .. } | Rule::InflatesTooMuch { .. } => {
                "RFC 6455 §10.4"
            }
        }
    }

    /// The close code that answers a breach (RFC 6455 §7.4.1).
    #[must_use]
    pub fn close_code(self) -> u16 {
        match self {
            Rule::InvalidUtf8(_) | Rule::CloseReason(_) | Rule::Deflate(_) => 1007,
            Rule::MessageTooBig { .. } | Rule::TooManyFragments { .. } | Rule::InflatesTooMuch { .. } => 1009,
            _ => 1002,
        }
    }

    /// Whether what follows a breach still makes sense, so that it can be passed over. Limits of ours are none to pass
    /// over, for they keep memory bounded.
    #[must_use]
    pub fn is_tolerable(self) -> bool {
        !matches!(
            self,
            Rule::LengthTopBit
                | Rule::Deflate(_)
                | Rule::InflatesTooMuch { .. }
                | Rule::MessageTooBig { .. }
                | Rule::TooManyFragments { .. }
        )
    }

    /// Whether the first two bytes of a frame show the breach. Then they alone are reported, so that the report
    /// does not depend on how much else had arrived.
    pub(super) fn shows_in_two_bytes(self) -> bool {
        matches!(
            self,
            Rule::ReservedBits
                | Rule::BitsWithoutMeaning
                | Rule::MisplacedCompressionBit
                | Rule::ReservedOpcode
                | Rule::Masked
                | Rule::Unmasked
                | Rule::ControlTooLong
                | Rule::ControlFragmented
                | Rule::NothingToContinue
                | Rule::MessageNotFinished
                | Rule::DataAfterClose
        )
    }

    fn sentence(self, first: u8) -> String {
        let frame = frame_name(first);
        match self {
            Rule::ReservedBits => {
                format!("sent {frame} with {} set, but no extension was negotiated", reserved_bits(first))
            }
            Rule::BitsWithoutMeaning => {
                let bits = reserved_bits(first & !0x40);
                format!("sent {frame} with {bits} set, which no agreed extension uses")
            }
            Rule::MisplacedCompressionBit => {
                format!("sent {frame} with RSV1 set, which only the first frame of a data message may have")
            }
            Rule::ReservedOpcode => format!("sent a frame with the reserved opcode {:#x}", first & 0x0f),
            Rule::Masked => format!("sent {frame} that is masked, which only a client does"),
            Rule::Unmasked => format!("sent {frame} that is not masked, which a client must do"),
            Rule::ControlTooLong => format!("sent {frame} of more than 125 bytes"),
            Rule::ControlFragmented => {
                format!("sent {frame} without FIN, but control frames are never fragmented")
            }
            Rule::NothingToContinue => format!("sent {frame}, but no message was begun"),
            Rule::MessageNotFinished => format!("sent {frame} before the message it had begun was finished"),
            Rule::LengthNotMinimal => {
                format!("sent {frame} whose length is not written in the shortest form")
            }
            Rule::LengthTopBit => format!("sent {frame} whose 64-bit length has the top bit set"),
            Rule::InvalidUtf8(BadByte { offset, byte }) => {
                format!("sent a text message that is not UTF-8: byte {byte:#04x} at offset {offset}")
            }
            Rule::CloseOfOneByte => format!("sent {frame} of 1 byte, which is too short for a code"),
            Rule::CloseCode(code) => format!("sent {frame} with code {code}, which must not be sent"),
            Rule::CloseReason(BadByte { offset, byte }) => {
                format!("sent {frame} whose reason is not UTF-8: byte {byte:#04x} at offset {offset}")
            }
            Rule::Deflate(BadStream::Invalid) => {
                "sent a compressed message that cannot be inflated".to_owned()
            }
            Rule::Deflate(BadStream::Unfinished) => {
                "sent a compressed message that ends in the middle of a block".to_owned()
            }
            Rule::DataAfterClose => format!("sent {frame} after its close frame"),
            Rule::InflatesTooMuch { beyond } => format!(
                "sent a compressed message of more than {beyond} bytes that inflates more than 1000 times"
            ),
            Rule::MessageTooBig { limit } => {
                format!("sent a message of more than {limit} bytes, the limit here")
            }
            Rule::TooManyFragments { limit } => {
                format!("sent a message of more than {limit} fragments, the limit here")
            }
        }
    }
}

/// A rule that the peer broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// What the peer did, such as `server sent a ping frame of more than 125 bytes`.
    pub what: String,
    /// Where the rule stands, such as `RFC 6455 §5.5`.
    pub section: &'static str,
    /// The close code that answers it.
    pub close_code: u16,
    /// The header of the frame at fault, or as much of it as shows the fault.
    pub bytes: Vec<u8>,
    /// Whether the frame goes on after `bytes`.
    pub more: bool,
    /// The offset of the first bad byte within the message, or within the reason, where that is not UTF-8.
    pub offset: Option<u64>,
    /// What the close frame at fault said, where it was one.
    pub close: Option<CloseFrame>,
}

/// What a close frame said, as it came (RFC 6455 §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code, one that must not be sent perhaps; `None` where the payload is too short for one.
    pub code: Option<u16>,
    /// The reason, which need not be UTF-8.
    pub reason: Vec<u8>,
}

impl Violation {
    /// Reports that `peer` broke `rule` with a frame that begins with `bytes`, which has `more` behind them.
    #[must_use]
    pub fn new(rule: Rule, peer: Role, bytes: &[u8], more: bool) -> Self {
        let subject = match peer {
            Role::Client => "client",
            Role::Server => "server",
        };
        let first = bytes.first().copied().unwrap_or_default();
        let offset = match rule {
            Rule::InvalidUtf8(bad) | Rule::CloseReason(bad) => Some(bad.offset),
            _ => None,
        };
        Self {
            rule,
            what: format!("{subject} {}", rule.sentence(first)),
            section: rule.section(),
            close_code: rule.close_code(),
            bytes: bytes.to_vec(),
            more,
            offset,
            close: None,
        }
    }
}

impl From<BadStream> for Rule {
    fn from(bad: BadStream) -> Self {
        Rule::Deflate(bad)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}):", self.what, self.section)?;
        for byte in &self.bytes {
            write!(f, " {byte:02x}")?;
        }
        if self.more { f.write_str(" …") } else { Ok(()) }
    }
}

impl std::error::Error for Violation {}

fn frame_name(first: u8) -> &'static str {
    match OpCode::from(first & 0x0f) {
        OpCode::Data(Data::Continue) => "a continuation frame",
        OpCode::Data(Data::Text) => "a text frame",
        OpCode::Data(Data::Binary) => "a binary frame",
        OpCode::Control(Control::Close) => "a close frame",
        OpCode::Control(Control::Ping) => "a ping frame",
        OpCode::Control(Control::Pong) => "a pong frame",
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
            "a frame of a reserved opcode"
        }
    }
}

fn reserved_bits(first: u8) -> String {
    let names: Vec<&str> = [(0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")]
        .into_iter()
        .filter(|(bit, _)| first & bit != 0)
        .map(|(_, name)| name)
        .collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_sentence_section_and_bytes() {
        let violation = Violation::new(Rule::ReservedBits, Role::Server, &[0xc1, 0x05], true);
        assert_eq!(
            violation.to_string(),
            "server sent a text frame with RSV1 set, but no extension was negotiated (RFC 6455 §5.2): c1 05 …"
        );
        assert_eq!(violation.close_code, 1002);
    }

    #[test]
    fn an_empty_frame_has_nothing_behind_its_header() {
        let violation = Violation::new(Rule::NothingToContinue, Role::Client, &[0xb0, 0x00], false);
        assert_eq!(
            violation.to_string(),
            "client sent a continuation frame, but no message was begun (RFC 6455 §5.4): b0 00"
        );
        assert_eq!(reserved_bits(0xb0), "RSV2 and RSV3");
    }

    #[test]
    fn bad_text_is_1007_and_tells_its_offset() {
        let rule = Rule::InvalidUtf8(BadByte { offset: 7, byte: 0xff });
        let violation = Violation::new(rule, Role::Server, &[0x81, 0x09], true);
        assert_eq!((violation.close_code, violation.offset), (1007, Some(7)));
        assert!(violation.what.ends_with("byte 0xff at offset 7"), "{}", violation.what);
    }
}
