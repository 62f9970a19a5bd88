//! Faults of an open connection: what is done to it (RFC 6455 §5, §7).

use super::handshake::BETWEEN;
use super::misdeed::Misdeed;
use crate::session::{Outbound, Pace};
use crate::wire::frame::{CLOSE, FIN, PING, TEXT};
use crate::wire::{Crafted, Masking, close};

/// What the frames say that a good client does not take.
const PAYLOAD: &[u8] = b"fault";

/// What became of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Struck {
    /// It goes on.
    On,
    /// Nothing that comes on it is to be handled any more.
    Out,
    /// It could not be done here: in words.
    Not(&'static str),
}

/// Does it.
pub(super) fn strike(misdeed: &Misdeed, outbound: &mut Outbound) -> Struck {
    match misdeed {
        Misdeed::Drip(size) => outbound.slow_down(Some(Pace { size: size.get(), every: BETWEEN })),
        Misdeed::Fragment(size) => outbound.split(Some(*size)),
        Misdeed::NoPong => outbound.answer_pings(false),
        Misdeed::NoClose => outbound.answer_closes(false),
        Misdeed::Reset => {
            outbound.reset();
            return Struck::Out;
        }
        Misdeed::HalfOpen => {
            outbound.turn_deaf();
            return Struck::Out;
        }
        Misdeed::Bomb(size) if !outbound.zeros(*size) => return Struck::Not("compression is not agreed on"),
        Misdeed::PingFlood(count) => outbound.raw(&pings(*count), &[]),
        other => {
            if let Some(frame) = frame(other) {
                outbound.craft(&frame, &[]);
            }
        }
    }
    Struck::On
}

/// The one frame that a fault consists of.
fn frame(misdeed: &Misdeed) -> Option<Crafted> {
    let text = Crafted::new(TEXT, PAYLOAD.to_vec());
    Some(match misdeed {
        Misdeed::Close(code) => Crafted::new(CLOSE, close::payload(Some(*code), "")),
        Misdeed::Masked => Crafted { masking: Masking::On, ..text },
        Misdeed::Rsv(bits) => Crafted { rsv: *bits, ..text },
        Misdeed::Opcode(opcode) => Crafted { opcode: *opcode, ..text },
        Misdeed::BadUtf8 => Crafted::new(TEXT, b"fault \xff".to_vec()),
        Misdeed::LyingLength(length) => Crafted { length: Some(*length), ..text },
        Misdeed::LongControl => Crafted::new(PING, vec![b'x'; close::MAX_CONTROL_PAYLOAD + 1]),
        _ => return None,
    })
}

/// So many pings, each with its number.
fn pings(count: u32) -> Vec<u8> {
    let ping = |number: u32| {
        let payload = number.to_string();
        [&[FIN | PING, payload.len() as u8], payload.as_bytes()].concat()
    };
    (1..=count).flat_map(ping).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Connection, Event, Role, Settings};

    /// What a client receives of these bytes: the close code of its failure, or how many pings.
    fn received(mut bytes: Vec<u8>) -> Result<usize, u16> {
        let mut client = Connection::new(Settings::new(Role::Client), Box::new(|bytes| bytes.fill(0)));
        let (mut at, mut pings) = (0, 0);
        loop {
            let received = client.receiver.receive(&mut bytes[at..], &mut client.sender);
            at += received.consumed;
            match received.event {
                None => return Ok(pings),
                Some(Event::Ping(_)) => pings += 1,
                Some(Event::Violation(violation)) => return Err(violation.close_code),
                Some(_) => {}
            }
        }
    }

    #[test]
    fn a_good_client_fails_the_connection_with_the_right_code() {
        let rows = [
            (Misdeed::Masked, 1002),
            (Misdeed::Rsv(4), 1002),
            (Misdeed::Rsv(1), 1002),
            (Misdeed::Opcode(0), 1002),
            (Misdeed::Opcode(3), 1002),
            (Misdeed::Opcode(15), 1002),
            (Misdeed::BadUtf8, 1007),
            (Misdeed::LyingLength(1 << 40), 1009),
            (Misdeed::LyingLength(1 << 63), 1002),
            (Misdeed::LongControl, 1002),
            (Misdeed::Close(1005), 1002),
            (Misdeed::Close(999), 1002),
        ];
        for (misdeed, code) in rows {
            let mut server = Connection::new(Settings::new(Role::Server), Box::new(|bytes| bytes.fill(7)));
            let bytes = server.sender.craft(&frame(&misdeed).expect("one frame"), &[]);
            assert_eq!(received(bytes), Err(code), "{misdeed:?}");
        }
    }

    #[test]
    fn a_flood_is_of_good_pings() {
        assert_eq!(received(pings(1200)), Ok(1200));
    }
}
