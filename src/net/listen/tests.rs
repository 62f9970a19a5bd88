//! Listeners that are bound, and those that cannot be.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use super::*;

fn bind(text: &str) -> Result<Listener, ListenError> {
    Listener::bind(&text.parse().expect("an address of this test"))
}

fn bound(text: &str) -> Listener {
    bind(text).expect(text)
}

fn port(listener: &Listener) -> u16 {
    listener.local_addr_text().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
}

/// Waits with mio, as `session` does, then accepts.
fn accept(listener: &mut Listener) -> (Stream, String) {
    let mut poll = Poll::new().expect("a poll");
    poll.registry().register(listener, Token(0), Interest::READABLE).expect("a fresh listener");
    let (mut events, end) = (Events::with_capacity(4), Instant::now() + Duration::from_secs(60));
    loop {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < end => {
                poll.poll(&mut events, Some(Duration::from_secs(60))).expect("a poll");
            }
            result => {
                poll.registry().deregister(listener).expect("a registered listener");
                return result.expect("a connection waits");
            }
        }
    }
}

/// Containers often have no IPv6.
fn ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn a_port_alone_is_the_loopback() {
    let mut listener = bound(":0");
    let port = port(&listener);
    assert_eq!(listener.local_addr_text(), format!("127.0.0.1:{port}"));
    assert_eq!(listener.url(false), format!("ws://127.0.0.1:{port}/"));
    assert_eq!(listener.url(true), format!("wss://127.0.0.1:{port}/"));
    assert!(listener.is_loopback());
    assert_eq!(listener.host_names(), [format!("127.0.0.1:{port}"), format!("localhost:{port}")]);
    assert_eq!(listener.accept().map(drop).map_err(|e| e.kind()), Err(ErrorKind::WouldBlock));

    let mut client = TcpStream::connect(("127.0.0.1", port)).expect("a listener is there");
    let (mut stream, peer) = accept(&mut listener);
    let ours = client.local_addr().expect("connected");
    assert_eq!(peer, ours.to_string());
    assert_eq!(stream.peer_addr(), Some(ours));
    assert_eq!(stream.local_addr(), client.peer_addr().ok());
    assert_eq!(stream.read(&mut [0]).map_err(|e| e.kind()), Err(ErrorKind::WouldBlock));
    stream.write_all(b"x").expect("room for a byte");
    client.read_exact(&mut [0]).expect("a byte came");
}

#[test]
fn a_name_is_told_as_it_was_given() {
    let mut listener = bound("localhost:0");
    let port = port(&listener);
    assert_eq!(listener.url(false), format!("ws://localhost:{port}/"));
    assert!(listener.is_loopback());
    assert!(listener.host_names().contains(&format!("localhost:{port}")));
    let _client = TcpStream::connect(("localhost", port)).expect("a listener is there");
    accept(&mut listener);
}

#[test]
fn ipv6_is_bracketed() {
    if ipv6() {
        let listener = bound("[::1]:0");
        let port = port(&listener);
        assert_eq!(listener.url(false), format!("ws://[::1]:{port}/"));
        assert!(listener.is_loopback());
        assert_eq!(listener.host_names(), [format!("[::1]:{port}"), format!("localhost:{port}")]);
    }
}

#[test]
fn all_addresses_take_both_families() {
    for text in ["0.0.0.0:0", "*:0", "[::]:0"] {
        if text == "[::]:0" && !ipv6() {
            continue;
        }
        let mut listener = bound(text);
        let port = port(&listener);
        assert!(!listener.is_loopback());
        let names = listener.host_names();
        for host in ["127.0.0.1", "localhost"] {
            assert!(names.contains(&format!("{host}:{port}")), "{names:?}");
        }
        let _v4 = TcpStream::connect(("127.0.0.1", port)).expect("a listener is there");
        let (stream, peer) = accept(&mut listener);
        assert!(peer.starts_with("127.0.0.1:"), "IPv4 is told as such: {peer}");
        assert!(stream.peer_addr().is_some_and(|a| a.is_ipv4()));
        assert!(stream.local_addr().is_some_and(|a| a.to_string() == format!("127.0.0.1:{port}")));
        if text != "0.0.0.0:0" && ipv6() {
            let _v6 = TcpStream::connect(("::1", port)).expect("a listener is there");
            let (_, peer) = accept(&mut listener);
            assert!(peer.starts_with("[::1]:"), "{peer}");
        }
    }
}

#[test]
fn hosts_of_the_default_ports_go_without_port() {
    let at = |bound: &str, name: Option<&str>| {
        let listener =
            mio::net::TcpListener::bind("127.0.0.1:0".parse().expect("a literal")).expect("a port");
        let bound = bound.parse().expect("an address of this test");
        Listener(Kind::Tcp { listener, bound, name: name.map(str::to_owned) }).host_names()
    };
    assert_eq!(at("127.0.0.1:80", None), ["127.0.0.1", "127.0.0.1:80", "localhost", "localhost:80"]);
    assert_eq!(at("192.0.2.1:443", Some("h.test")), ["192.0.2.1", "192.0.2.1:443", "h.test", "h.test:443"]);
    assert_eq!(at("192.0.2.1:8080", None), ["192.0.2.1:8080"]);
    assert_eq!(at("[::]:8", None), ["127.0.0.1:8", "[::1]:8", "[::]:8", "localhost:8"]);
}

#[test]
fn a_port_in_use_is_told() {
    let first = bound(":0");
    let address = first.local_addr_text();
    let error = bind(&address).expect_err("in use");
    assert_eq!(
        error.to_string(),
        format!("could not listen on {address}: another program listens on that port")
    );
    assert!(error.hint().is_some_and(|hint| hint.contains('0')));
    drop(first);
    bound(&address);
}

#[test]
fn a_port_whose_connections_still_close_is_free() {
    let mut listener = bound(":0");
    let address = listener.local_addr_text();
    let mut client = TcpStream::connect(&address).expect("a listener is there");
    // Who closes first keeps the connection in TIME_WAIT.
    drop(accept(&mut listener));
    assert_eq!(client.read(&mut [0]).expect("FIN came"), 0);
    drop((listener, client));
    bound(&address);
}

#[test]
fn a_foreign_address_and_an_unknown_name() {
    let error = bind("192.0.2.1:0").expect_err("reserved for documentation (RFC 5737)");
    assert_eq!(error.to_string(), "could not listen on 192.0.2.1:0: that is no address of this computer");
    let error = bind("no-such-host.invalid:0").expect_err("reserved (RFC 6761)");
    assert!(error.to_string().starts_with("could not listen on no-such-host.invalid:0: "), "{error}");
    assert!(error.hint().is_some() && !error.to_string().contains("os error"), "{error}");
}

#[cfg(unix)]
mod unix_sockets {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
    use std::path::PathBuf;

    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let text = format!("unix:{}", path.display());
        (folder, path, text)
    }

    #[test]
    fn the_socket_is_for_us_alone_and_gone_afterwards() {
        let (_folder, path, text) = place();
        let mut listener = bound(&text);
        let mode = fs::metadata(&path).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(listener.url(false), format!("ws+{text}"));
        assert_eq!(listener.local_addr_text(), text);
        assert!(listener.is_loopback());
        assert_eq!(listener.host_names(), ["localhost"]);
        let mut client = UnixStream::connect(&path).expect("a listener is there");
        let (mut stream, peer) = accept(&mut listener);
        assert_eq!((peer, stream.peer_addr(), stream.local_addr()), (text, None, None));
        assert_eq!(stream.read(&mut [0]).map_err(|e| e.kind()), Err(ErrorKind::WouldBlock));
        stream.write_all(b"x").expect("room for a byte");
        client.read_exact(&mut [0]).expect("a byte came");
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let (_folder, path, text) = place();
        drop(UnixListener::bind(&path).expect("a fresh path"));
        assert!(path.exists());
        let mut listener = bound(&text);
        let _client = UnixStream::connect(&path).expect("a listener is there");
        accept(&mut listener);
    }

    #[test]
    fn a_live_server_is_left_alone() {
        let (_folder, path, text) = place();
        let _first = bound(&text);
        let error = bind(&text).expect_err("in use");
        assert_eq!(error.to_string(), format!("could not listen on {text}: another program listens there"));
        UnixStream::connect(&path).expect("the first listener is still there");
    }

    /// Elsewhere a full queue refuses, as a dead socket does.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_server_that_is_too_busy_to_answer_is_left_alone() {
        let (_folder, path, text) = place();
        let full = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        full.bind(&socket2::SockAddr::unix(&path).expect("a short path")).expect("a fresh path");
        full.listen(0).expect("a bound socket");
        for _ in 0..3 {
            let error = bind(&text).expect_err("in use").to_string();
            assert!(error.ends_with("another program listens there"), "{error}");
        }
    }

    #[test]
    fn whatever_else_is_there_stays() {
        let (folder, path, text) = place();
        let is_there = || {
            let error = bind(&text).expect_err("something is there").to_string();
            assert!(fs::symlink_metadata(&path).is_ok());
            error
        };
        fs::write(&path, "precious").expect("a fresh folder");
        assert!(is_there().ends_with("a file that is no socket is there"));
        assert_eq!(fs::read(&path).expect("still there"), b"precious");
        fs::remove_file(&path).expect("a file");

        symlink(folder.path().join("elsewhere"), &path).expect("a fresh folder");
        assert!(is_there().ends_with("a file that is no socket is there"));
        fs::remove_file(&path).expect("a link");

        fs::create_dir(&path).expect("a fresh folder");
        assert!(is_there().ends_with("a file that is no socket is there"));
        fs::remove_dir(&path).expect("an empty folder");

        let _other = UnixDatagram::bind(&path).expect("a fresh folder");
        assert!(is_there().ends_with("a socket is there that cannot be connected to"));
    }

    #[test]
    fn a_socket_of_somebody_else_is_not_removed_at_the_end() {
        let (_folder, path, text) = place();
        let listener = bound(&text);
        fs::remove_file(&path).expect("our socket");
        let _other = UnixListener::bind(&path).expect("a fresh path");
        drop(listener);
        UnixStream::connect(&path).expect("the other listener is still there");
    }

    #[test]
    fn a_missing_folder_is_told() {
        let error = bind("unix:/no/such/folder/s").expect_err("no folder");
        assert_eq!(
            error.to_string(),
            "could not listen on unix:/no/such/folder/s: the folder of the socket is not there"
        );
    }
}
