//! Scripted proxies: the steps of HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, 1929) for a peer's script.
//!
//! A script reads what the client asks with `read_request` or `socks5_request`, checks it, and calls `tunnel`.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use super::peer::{Conn, Request};

/// What a SOCKS5 client asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Socks5Request {
    /// Name and password, where they were asked for and given.
    pub login: Option<(String, String)>,
    /// 1 for IPv4, 3 for a domain name, 4 for IPv6 (RFC 1928 §5).
    pub kind: u8,
    /// The address or name.
    pub host: String,
    pub port: u16,
}

/// Answers a CONNECT with 200 and tunnels to `origin`; gives the request that opened the tunnel.
pub fn http_tunnel(conn: &mut Conn, origin: SocketAddr) -> Request {
    let request = conn.read_request();
    assert!(request.line.starts_with("CONNECT "), "{}", request.line);
    conn.send("HTTP/1.1 200 Connection established\r\n\r\n");
    tunnel(conn, origin);
    request
}

/// The greeting and the request of SOCKS5. With `login` the server insists on name and password.
pub fn socks5_request(conn: &mut Conn, login: bool) -> Socks5Request {
    let greeting = conn.read_exact(2);
    assert_eq!(greeting[0], 5, "the version of SOCKS: {greeting:?}");
    let methods = conn.read_exact(usize::from(greeting[1]));
    let method = if login { 2 } else { 0 };
    assert!(methods.contains(&method), "method {method} is not offered: {methods:?}");
    conn.send([5, method]);
    let login = login.then(|| socks5_login(conn));
    let head = conn.read_exact(4);
    assert_eq!(&head[..3], [5, 1, 0], "CONNECT in SOCKS5");
    let host = match head[3] {
        1 => conn.read_exact(4).iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        3 => {
            let length = conn.read_exact(1)[0];
            String::from_utf8(conn.read_exact(usize::from(length))).expect("a domain name is text")
        }
        kind => panic!("an address of kind {kind}"),
    };
    let port = conn.read_exact(2);
    Socks5Request { login, kind: head[3], host, port: u16::from_be_bytes([port[0], port[1]]) }
}

/// Answers a SOCKS5 request: 0 is success, others are refusals (RFC 1928 §6).
pub fn socks5_answer(conn: &mut Conn, answer: u8) {
    conn.send([5, answer, 0, 1, 0, 0, 0, 0, 0, 0]);
}

/// Carries bytes between the client and `origin` until one side ends.
pub fn tunnel(conn: &mut Conn, origin: SocketAddr) {
    let mut up = TcpStream::connect(origin).expect("the origin is there");
    let mut down = up.try_clone().expect("a second handle");
    let client = conn.socket();
    let mut to_client = client.try_clone().expect("a second handle");
    let mut from_client = client;
    let back = thread::spawn(move || {
        copy(&mut down, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Write);
    });
    copy(&mut from_client, &mut up);
    let _ = up.shutdown(Shutdown::Write);
    back.join().expect("the way back does not panic");
}

fn socks5_login(conn: &mut Conn) -> (String, String) {
    assert_eq!(conn.read_exact(1), [1], "the version of RFC 1929");
    let mut field = || {
        let length = conn.read_exact(1)[0];
        String::from_utf8(conn.read_exact(usize::from(length))).expect("a login is text")
    };
    let login = (field(), field());
    conn.send([1, 0]);
    login
}

fn copy(from: &mut impl Read, to: &mut impl Write) {
    let mut block = [0; 16 * 1024];
    while let Ok(count) = from.read(&mut block) {
        if count == 0 || to.write_all(&block[..count]).is_err() {
            return;
        }
    }
}
