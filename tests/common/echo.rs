//! A well-behaved echo server built on `tungstenite::WebSocket`: the independent other end.
//!
//! Knobs: work before each answer, a subprotocol it chooses, TLS. It answers pings and closes as tungstenite
//! does. Scripts that misbehave belong to `peer`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

use super::certs::Certified;
use super::peer::end_without_reset;

/// An echo server; it serves until the test process ends.
pub struct Echo {
    addr: SocketAddr,
    scheme: &'static str,
}

/// What an echo server does beyond echoing.
#[derive(Clone, Default)]
pub struct Knobs {
    /// Work before each answer.
    pub delay: Duration,
    /// The subprotocol it answers with.
    pub subprotocol: Option<&'static str>,
    /// Serve TLS with this certificate.
    pub tls: Option<Certified>,
}

/// A plain echo server.
pub fn echo() -> Echo {
    Echo::start(Knobs::default())
}

impl Echo {
    /// An echo server on a free port of 127.0.0.1.
    pub fn start(knobs: Knobs) -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("a bound listener");
        let scheme = if knobs.tls.is_some() { "wss" } else { "ws" };
        let wrap = knobs.tls.as_ref().map(Certified::wrap);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let _ = socket.set_nodelay(true);
                let (knobs, wrap) = (knobs.clone(), wrap.clone());
                thread::spawn(move || match wrap {
                    None => serve(socket, &knobs),
                    Some(wrap) => {
                        let Ok(handle) = socket.try_clone() else { return };
                        match wrap(socket) {
                            Ok(stream) => serve(stream, &knobs),
                            Err(_) => end_without_reset(&handle),
                        }
                    }
                });
            }
        });
        Echo { addr, scheme }
    }

    /// `ws://127.0.0.1:PORT/`, or `wss://localhost:PORT/` with TLS.
    pub fn url(&self) -> String {
        let host = if self.scheme == "wss" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}/", self.scheme, self.addr.port())
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }
}

#[expect(clippy::result_large_err, reason = "tungstenite's callback returns its own error response")]
fn serve(stream: impl Read + Write, knobs: &Knobs) {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let choose = |_: &Request, mut response: Response| {
        if let Some(chosen) = knobs.subprotocol {
            let value = chosen.parse().expect("a subprotocol is a header value");
            response.headers_mut().insert("Sec-WebSocket-Protocol", value);
        }
        Ok(response)
    };
    let Ok(mut socket) = tungstenite::accept_hdr_with_config(stream, choose, Some(config)) else { return };
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                thread::sleep(knobs.delay);
                if socket.send(message).is_err() {
                    return;
                }
            }
            Ok(_) => {
                if matches!(socket.flush(), Err(Error::ConnectionClosed | Error::Io(_))) {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}
