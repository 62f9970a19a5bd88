//! The independent other end: tungstenite's own message layer reads what we send, and sends what we read.

use std::io::{self, Cursor, Read, Write};

use ::tungstenite::protocol::{self, WebSocket, WebSocketConfig};

use super::*;

/// A stream for tungstenite: reads what we sent, keeps what it writes.
struct Pipe {
    input: Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite(role: protocol::Role, input: &[u8]) -> WebSocket<Pipe> {
    let pipe = Pipe { input: Cursor::new(input.to_vec()), output: Vec::new() };
    WebSocket::from_raw_socket(pipe, role, Some(WebSocketConfig::default()))
}

#[test]
fn tungstenite_reads_what_we_send_and_we_read_its_answers() {
    for (role, other) in [(Role::Client, protocol::Role::Server), (Role::Server, protocol::Role::Client)] {
        let settings = Settings { fragment: NonZeroUsize::new(40_000), ..Settings::new(role) };
        let mut ours = Connection::new(settings, draw());
        let sizes = [0, 1, 125, 126, 39_999, 65_535, 65_536, 100_000];
        for size in sizes {
            ours.sender.message(Kind::Binary, &vec![0x5a; size]).unwrap();
            ours.sender.message(Kind::Text, "é".repeat(size / 2).as_bytes()).unwrap();
        }
        ours.sender.ping(b"are you there").unwrap();
        ours.sender.close(Some(4001), "enough").unwrap();

        let mut theirs = tungstenite(other, ours.sender.unsent());
        let mut expected = Vec::new();
        while let Ok(message) = theirs.read() {
            match message {
                protocol::Message::Text(text) => expected.push(text.len()),
                protocol::Message::Binary(bytes) => expected.push(bytes.len()),
                protocol::Message::Ping(payload) => assert_eq!(&payload[..], b"are you there"),
                protocol::Message::Close(Some(close)) => assert_eq!(close.reason.as_str(), "enough"),
                other => panic!("not sent: {other:?}"),
            }
        }
        let sent: Vec<usize> = sizes.iter().flat_map(|size| [*size, size / 2 * 2]).collect();
        assert_eq!(expected, sent);
        let _flushed_or_closed = theirs.flush();
        let answer = theirs.get_ref().output.clone();
        let seen = feed(&mut ours, &[&answer], false);
        assert_eq!(seen, [Seen::Pong(b"are you there".into()), Seen::Close(Some(4001), b"enough".into())]);
        assert_eq!(ours.sender.state(), State::Closed);
    }
}

#[test]
fn we_read_what_tungstenite_sends() {
    for (role, other) in [(Role::Client, protocol::Role::Server), (Role::Server, protocol::Role::Client)] {
        let mut theirs = tungstenite(other, b"");
        theirs.send(protocol::Message::text("κόσμε")).unwrap();
        theirs.send(protocol::Message::binary(vec![7; 70_000])).unwrap();
        theirs.send(protocol::Message::Ping(vec![1].into())).unwrap();
        theirs.close(None).unwrap();
        let wire = theirs.get_ref().output.clone();
        let mut ours = connection(role);
        let seen = feed(&mut ours, &wire.chunks(4096).collect::<Vec<_>>(), false);
        let big = Seen::Message(Kind::Binary, vec![7; 70_000], 1);
        assert_eq!(seen, [text("κόσμε"), big, Seen::Ping(vec![1]), Seen::Close(None, vec![])]);
    }
}
