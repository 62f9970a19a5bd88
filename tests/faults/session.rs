//! The recorded sessions: what the peer says from the 101 to its close frame, and what it all comes to.
//!
//! `play` says it over any stream, and remembers which byte of the wire completes what. Everything else follows from
//! these marks: whatever is complete must have been taken, and nothing of the rest may show.

use std::io::{Read, Write};

use crate::common::peer::good_reply;
use crate::common::{BINARY, CONTINUATION, FIN, PING, PONG, Request, TEXT, binary, close, frame, text};

const RSV1: u8 = 0x40;

/// One write of the peer, and the message that it completes.
struct Piece {
    bytes: Vec<u8>,
    completes: Option<Vec<u8>>,
}

/// Everything the peer says behind the 101.
pub struct Session {
    pieces: Vec<Piece>,
}

/// Which byte of the wire, counted from the first the peer wrote, completes what. What the peer did not come to is
/// `None`, or not there.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The TLS handshake as the client sees it; 0 where there is none.
    pub tls: Option<usize>,
    /// The 101.
    pub head: Option<usize>,
    /// Each write behind it.
    pub pieces: Vec<usize>,
    /// Each message, and its payload.
    pub messages: Vec<(usize, Vec<u8>)>,
    /// The close frame.
    pub close: Option<usize>,
    /// Everything.
    pub end: usize,
}

impl Session {
    /// Each kind of frame: whole and fragmented, plain and compressed, empty ones, and control frames between.
    pub fn varied() -> Session {
        // `Hello`, and `Hello` once more (RFC 7692 §7.2.3.2).
        let (hello, again) = ([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], [0xf2, 0x00, 0x11, 0x00, 0x00]);
        let mut session = Session { pieces: Vec::new() };
        session.says(text("first"), Some(b"first"));
        session.says(binary(&[0xa5; 130]), Some(&[0xa5; 130]));
        session.says(frame(TEXT, b"frag \xe2\x9c"), None);
        session.says(frame(CONTINUATION, b""), None);
        session.says(frame(FIN | PING, b"are you there?"), None);
        session.says(frame(FIN | CONTINUATION, b"\x93 mented"), Some("frag \u{2713} mented".as_bytes()));
        session.says(frame(FIN | RSV1 | TEXT, &hello), Some(b"Hello"));
        session.says(frame(RSV1 | TEXT, &again[..2]), None);
        session.says(frame(FIN | CONTINUATION, &again[2..]), Some(b"Hello"));
        session.says(text(""), Some(b""));
        session.says(frame(FIN | RSV1 | BINARY, &[0]), Some(b""));
        session.says(frame(FIN | PONG, b"unasked"), None);
        session.says(text("last"), Some(b"last"));
        session
    }

    /// A message whose length takes eight bytes.
    pub fn large() -> Session {
        let payload = vec![0x5a; 70_000];
        let mut session = Session { pieces: Vec::new() };
        session.says(binary(&payload), Some(&payload));
        session
    }

    fn says(&mut self, bytes: Vec<u8>, completes: Option<&[u8]>) {
        self.pieces.push(Piece { bytes, completes: completes.map(<[u8]>::to_vec) });
    }

    /// Reads the request and says everything; `written` tells how far the wire has got. A client that left before its
    /// request ends it early.
    pub fn play<S: Read + Write>(&self, stream: &mut S, written: impl Fn(&S) -> usize, marks: &mut Marks) {
        let Some(request) = read_request(stream) else { return };
        let mut say = |bytes: &[u8]| {
            // Over TLS, this fails where the client has left; what it made of the rest is seen there.
            let _ = stream.write_all(bytes);
            written(stream)
        };
        let extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        marks.head = Some(say(good_reply(&request, extension).as_bytes()));
        for piece in &self.pieces {
            let end = say(&piece.bytes);
            marks.pieces.push(end);
            marks.messages.extend(piece.completes.clone().map(|payload| (end, payload)));
        }
        marks.close = Some(say(&close(1000, "done")));
        marks.end = written(stream);
    }
}

impl Marks {
    /// What `-o hex` prints when so many bytes of the peer's came.
    pub fn printed(&self, came: usize) -> String {
        let complete = self.messages.iter().take_while(|(end, _)| *end <= came);
        complete.map(|(_, payload)| data_encoding::HEXLOWER.encode(payload) + "\n").collect()
    }

    /// Every one that is there.
    pub fn all(&self) -> impl Iterator<Item = usize> {
        let ends = [self.tls, self.head, self.close, Some(self.end)].into_iter().flatten();
        ends.chain(self.pieces.iter().copied())
    }

    /// Whether a mark was reached when so many bytes came.
    pub fn reached(mark: Option<usize>, came: usize) -> bool {
        mark.is_some_and(|mark| mark <= came)
    }
}

/// The request, as far as an answer needs it; `None` where the client left before its end.
fn read_request(stream: &mut impl Read) -> Option<Request> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1..) => head.push(byte[0]),
            Ok(0) | Err(_) => return None,
        }
    }
    let head = String::from_utf8(head).expect("the request head is text");
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let headers = vec![("Sec-WebSocket-Key".to_owned(), key.expect("the request has a key").to_owned())];
    Some(Request { line: String::new(), headers })
}
