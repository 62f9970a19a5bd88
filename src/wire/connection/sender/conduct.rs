//! What a sender does of itself, changed while the connection is open: for a peer that is to misbehave from some
//! message on.
//!
//! A connection starts as its settings say. Called by `session` for those who test clients.

use std::num::NonZeroUsize;

use super::{Sender, Split};
use crate::wire::{Crafted, frame};

/// RSV1, which tells that a message is compressed (RFC 7692 §6).
const COMPRESSED: u8 = 0b100;

impl Sender {
    /// Whether pings are answered from now on (RFC 6455 §5.5.2).
    pub fn answer_pings(&mut self, answers: bool) {
        self.auto_pong = answers;
        self.pending.take_if(|_| !answers);
    }

    /// Whether a close frame is answered from now on (RFC 6455 §5.5.1). Where it is not, the connection stays open
    /// in this direction.
    pub fn answer_closes(&mut self, answers: bool) {
        self.auto_close = answers;
    }

    /// Splits messages that are sent from now on into fragments of at most so many bytes (RFC 6455 §5.4).
    pub fn split(&mut self, fragment: Option<NonZeroUsize>) {
        if fragment.is_some() {
            self.keep();
        }
        self.split = fragment.map_or(Split::Whole, Split::Size);
    }

    /// A compressed message of so many zero bytes, as a frame to be sent; `None` where compression was not agreed
    /// on. It takes a thousandth of the memory that it takes the peer to inflate.
    pub fn zeros(&mut self, length: u64) -> Option<Crafted> {
        let payload = self.deflation.as_mut()?.stream().zeros(length);
        Some(Crafted { rsv: COMPRESSED, ..Crafted::new(frame::BINARY, payload) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Automatic, Connection, Event, Settings, State};
    use super::*;
    use crate::wire::deflate::{self, Parameters};
    use crate::wire::{Kind, Role, Rule};

    const NO_MASK: [u8; 4] = [0; 4];

    fn ends(change: impl Fn(&mut Settings)) -> [Connection; 2] {
        [Role::Server, Role::Client].map(|role| {
            let mut settings = Settings::new(role);
            change(&mut settings);
            Connection::new(settings, Box::new(|bytes| bytes.fill(7)))
        })
    }

    fn compressing(settings: &mut Settings) {
        settings.deflate = agreed();
        settings.max_message = 5 << 20;
    }

    fn agreed() -> Option<Parameters> {
        deflate::answer([deflate::OFFER.as_bytes()]).map(|(agreed, _)| agreed)
    }

    /// A frame of a client.
    fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
        [&[0x80 | opcode, 0x80 | payload.len() as u8], &NO_MASK[..], payload].concat()
    }

    /// What the client receives of all that the server has to write.
    fn carry(server: &mut Connection, client: &mut Connection) -> Vec<String> {
        let mut bytes = server.sender.unsent().to_vec();
        server.sender.advance(bytes.len());
        let (mut at, mut told) = (0, Vec::new());
        loop {
            let received = client.receiver.receive(&mut bytes[at..], &mut client.sender);
            at += received.consumed;
            match received.event {
                None => return told,
                Some(Event::Message { payload, .. }) => {
                    told.push(format!("{} bytes, {}", payload.len(), payload.iter().all(|byte| *byte == 0)));
                }
                Some(Event::Violation(violation)) => told.push(format!("{:?}", violation.rule)),
                Some(_) => {}
            }
        }
    }

    #[test]
    fn pings_and_closes_are_answered_until_that_is_switched_off() {
        let [mut server, _] = ends(|_| {});
        server.receiver.receive(&mut masked(9, b"a"), &mut server.sender);
        assert_eq!(server.sender.automatic(), Some(Automatic::Pong(b"a".to_vec())));
        server.sender.answer_pings(false);
        server.sender.answer_closes(false);
        let written = server.sender.unsent().len();
        server.receiver.receive(&mut masked(9, b"b"), &mut server.sender);
        let mut close = masked(8, b"\x03\xe8");
        let received = server.receiver.receive(&mut close, &mut server.sender);
        assert!(matches!(received.event, Some(Event::Close { code: Some(1000), .. })));
        assert_eq!((server.sender.unsent().len(), server.sender.state()), (written, State::Open));
        assert!(server.sender.message(Kind::Text, b"still here").is_ok());
    }

    #[test]
    fn the_answer_to_our_close_frame_closes_all_the_same() {
        let [mut server, _] = ends(|_| {});
        server.sender.answer_closes(false);
        server.sender.close(Some(1001), "").expect("it is open");
        server.receiver.receive(&mut masked(8, b"\x03\xe9"), &mut server.sender);
        assert_eq!(server.sender.state(), State::Closed);
    }

    #[test]
    fn messages_are_split_from_then_on() {
        let [mut server, _] = ends(|_| {});
        server.sender.message(Kind::Text, b"abc").expect("it is open");
        server.sender.split(NonZeroUsize::new(2));
        server.sender.message(Kind::Text, b"abc").expect("it is open");
        assert_eq!(server.sender.unsent(), b"\x81\x03abc\x01\x02ab\x80\x01c");
        server.sender.split(None);
        server.sender.message(Kind::Text, b"d").expect("it is open");
        assert!(server.sender.unsent().ends_with(b"\x81\x01d"));
    }

    #[test]
    fn many_zeros_take_few_bytes_and_leave_the_stream_whole() {
        let [mut server, mut client] = ends(compressing);
        server.sender.message(Kind::Text, b"before before").expect("it is open");
        let bomb = server.sender.zeros((4 << 20) + 5).expect("compression is agreed on");
        assert!(bomb.payload.len() < 8192, "{}", bomb.payload.len());
        server.sender.craft(&bomb, &[]);
        server.sender.message(Kind::Text, b"after after").expect("it is open");
        let told = carry(&mut server, &mut client);
        assert_eq!(told, ["13 bytes, false", "4194309 bytes, true", "11 bytes, false"]);
    }

    #[test]
    fn more_zeros_than_a_client_takes_are_too_many() {
        let [mut server, mut client] = ends(compressing);
        let bomb = server.sender.zeros(1 << 34).expect("compression is agreed on");
        server.sender.craft(&bomb, &[]);
        let told = carry(&mut server, &mut client);
        assert_eq!(told, [format!("{:?}", Rule::MessageTooBig { limit: 5 << 20 })]);
        let [mut plain, _] = ends(|_| {});
        assert!(plain.sender.zeros(1).is_none());
    }
}
