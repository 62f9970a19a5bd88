//! wscope against `tungstenite::WebSocket`: an implementation that shares neither messages nor states with it, as both
//! ends. What whole other libraries make of it is for tests/interop.

mod common;

use std::net::TcpListener;
use std::thread;

use common::{echo, wscope};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

/// Serves one client: echoes data, answers pings and closes as tungstenite does. Gives the URL.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("a bound listener"));
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client");
        let mut socket = tungstenite::accept_with_config(socket, Some(config)).expect("an opening handshake");
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    socket.send(message).expect("a message can be sent back");
                }
                Ok(_) => {
                    // What it answers by itself goes out with the next flush.
                    let _ = socket.flush();
                }
                Err(Error::ConnectionClosed) => return,
                Err(error) => panic!("tungstenite complains: {error}"),
            }
        }
    });
    url
}

#[test]
fn it_takes_messages_of_every_size_and_kind() {
    let lines = "a\n\ngrün 漢字 😀\n".to_owned() + &"x".repeat(70_000) + "\n";
    wscope(&["-n4", &server()]).stdin(lines.clone()).run().exits(0).prints(lines).silent();
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let whole = ["-n1", "-b", "-i", "whole", "-o", "raw", &server()];
    wscope(&whole).stdin(bytes.clone()).run().exits(0).prints(bytes).silent();
}

#[test]
fn it_takes_fragments_and_closes_in_order() {
    let args = ["--fragment", "3", "--close-code", "4001", "-v", "-n1", "-m", "in fragments", &server()];
    wscope(&args).run().exits(0).prints("in fragments\n").says("4001 private use (clean)");
}

#[test]
fn its_client_is_served() {
    let echo = echo();
    let (mut client, _) = tungstenite::connect(echo.url()).expect("the server accepts");
    for message in [Message::text("grün"), Message::binary(vec![0, 255]), Message::text("")] {
        client.send(message.clone()).expect("it can be sent");
        assert_eq!(client.read().expect("an answer"), message);
    }
    client.send(Message::Ping("a".into())).expect("it can be sent");
    assert_eq!(client.read().expect("an answer"), Message::Pong("a".into()));
    client.close(None).expect("a close frame can be sent");
    assert!(matches!(client.read(), Ok(Message::Close(_))));
    assert!(matches!(client.read(), Err(Error::ConnectionClosed)));
}
