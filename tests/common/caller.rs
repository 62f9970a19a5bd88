//! A scripted client: connects to a server, and exchanges exact bytes with it.
//!
//! Every step panics with what was awaited when the server does something else, or nothing in time.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::DEADLINE;
use super::frames::{CLOSE, FIN, Frame, TEXT, masked};

/// A key as a client sends it (RFC 6455 §1.3).
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// One connection of a scripted client.
pub struct Caller {
    socket: TcpStream,
    /// The head of the answer, as it came.
    pub answer: String,
}

/// A client whose opening handshake succeeded.
#[track_caller]
pub fn call(server: SocketAddr) -> Caller {
    call_with(server, "/", "")
}

/// The same with a request target, and further header lines, each ending in `\r\n`.
#[track_caller]
pub fn call_with(server: SocketAddr, target: &str, lines: &str) -> Caller {
    let mut caller = Caller::connect(server);
    caller.send(request(target, lines));
    let answer = caller.read_answer();
    assert!(answer.starts_with("HTTP/1.1 101 "), "a 101 was awaited: {answer}");
    caller
}

/// A request as RFC 6455 §4.1 demands it, with further header lines.
pub fn request(target: &str, lines: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    )
}

impl Caller {
    /// A client that has said nothing yet.
    #[track_caller]
    pub fn connect(server: SocketAddr) -> Caller {
        let socket = TcpStream::connect(server).expect("the server listens");
        socket.set_nodelay(true).expect("an option can be set");
        socket.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        Caller { socket, answer: String::new() }
    }

    /// Reads the head of the answer up to its blank line and not a byte further.
    #[track_caller]
    pub fn read_answer(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.socket.read_exact(&mut byte).expect("the server answers the request");
            head.push(byte[0]);
        }
        self.answer = String::from_utf8(head).expect("the answer is text");
        self.answer.clone()
    }

    /// Sends exactly these bytes.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).expect("the server takes what it is sent");
    }

    /// Sends a text message.
    #[track_caller]
    pub fn text(&mut self, text: &str) {
        self.send(masked(FIN | TEXT, text.as_bytes()));
    }

    /// Sends a close frame.
    #[track_caller]
    pub fn close(&mut self, code: u16) {
        self.send(masked(FIN | CLOSE, &code.to_be_bytes()));
    }

    /// The next frame, `None` where the server ended the connection instead.
    #[track_caller]
    pub fn next(&mut self) -> Option<Frame> {
        Frame::read_of_server(&mut self.socket).expect("a frame of the server, or its end")
    }

    /// The next frame must be this text message.
    #[track_caller]
    pub fn expect_text(&mut self, text: &str) {
        let frame = self.next().expect("a frame, but the server ended the connection");
        assert_eq!((frame.opcode, frame.fin, frame.rsv), (TEXT, true, 0), "{frame:?}");
        assert_eq!(frame.text(), text);
    }

    /// The next frame must be a close frame with this code; gives its reason.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) -> String {
        let frame = self.next().expect("a close frame, but the server ended the connection");
        assert_eq!(frame.opcode, CLOSE, "a close frame was awaited: {frame:?}");
        assert_eq!(frame.close_code(), Some(code), "the code of {frame:?}");
        String::from_utf8_lossy(&frame.payload[2..]).into_owned()
    }

    /// Reads everything up to the end of the connection.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset ends it as well as a FIN.
        let _ = self.socket.read_to_end(&mut rest);
        rest
    }

    /// Sends no more.
    pub fn fin(&self) {
        self.socket.shutdown(Shutdown::Write).expect("the connection is open");
    }
}
