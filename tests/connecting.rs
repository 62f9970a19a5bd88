//! Getting to the server: addresses, names, Unix sockets, redirects and the time each phase may take.
//!
//! Proxies are the matter of proxies.rs, TLS of tls.rs.

mod common;

use std::net::TcpListener;

use common::{closed, echo, peer, wscope};

#[track_caller]
fn echoes(options: &[&str], url: &str) {
    let args = [options, &["-n1", "-m", "x", url]].concat();
    wscope(&args).run().exits(0).prints("x\n").silent();
}

#[test]
fn localhost_is_found_whichever_family_it_listens_on() {
    let echo = echo();
    echoes(&[], &format!("ws://localhost:{}/", echo.port()));
    echoes(&["-4"], &format!("ws://localhost:{}/", echo.port()));
    wscope(&["-6", &format!("ws://127.0.0.1:{}/", echo.port())]).run().fails(3, &["127.0.0.1"]);
}

#[test]
fn ipv6_addresses_stand_in_brackets() {
    if TcpListener::bind("[::1]:0").is_err() {
        // A machine without IPv6 has nothing to show here.
        return;
    }
    let peer = common::Peer::start("[::1]:0", std::sync::Arc::new(|socket| Ok(Box::new(socket))), |c| {
        let request = c.accept();
        assert!(request.header("Host").expect("a host").starts_with("[::1]:"), "{request:?}");
        c.close(1000, "");
    });
    for url in [peer.url(), peer.url().replace("ws://", "")] {
        wscope(&[&url]).run().exits(0);
    }
}

#[test]
fn refused_names_the_address() {
    let nobody = closed();
    for url in [nobody.url(), nobody.addr().to_string()] {
        wscope(&[&url]).run().fails(3, &[&nobody.addr().to_string(), "refused"]);
    }
}

#[test]
fn a_name_that_does_not_exist_is_named() {
    // Where the name server does not answer, the system's look-up gives up by itself: soon, if told so.
    let call = wscope(&["--connect-timeout", "100s", "ws://nosuch.invalid/"]);
    call.env("RES_OPTIONS", "timeout:1 attempts:1").run().fails(3, &["nosuch.invalid"]);
}

#[test]
fn resolve_answers_for_a_name_and_leaves_host_alone() {
    let peer = peer(|c| {
        let port = c.socket().local_addr().expect("connected").port();
        assert_eq!(c.accept().header("Host"), Some(format!("app.test:{port}").as_str()));
        c.close(1000, "");
    });
    let resolve = format!("app.test:{}:127.0.0.1", peer.port());
    wscope(&["--resolve", &resolve, &format!("ws://app.test:{}/", peer.port())]).run().exits(0);
}

#[test]
fn a_dead_address_is_passed_over() {
    let echo = echo();
    // Nothing listens on that port of 127.0.0.3; where the system has no such address it is dead as well.
    let resolve = format!("app.test:{}:127.0.0.3,127.0.0.1", echo.port());
    echoes(&["--resolve", &resolve], &format!("ws://app.test:{}/", echo.port()));
}

#[test]
fn all_dead_addresses_are_named() {
    let nobody = closed();
    let port = nobody.addr().port();
    let resolve = format!("app.test:{port}:127.0.0.1,[::1]");
    let output = wscope(&["--resolve", &resolve, &format!("ws://app.test:{port}/")]).run();
    output.fails(3, &["127.0.0.1", "::1"]);
}

/// Linux drops the SYN of a connection for which the backlog has no room: a black hole on loopback.
#[cfg(target_os = "linux")]
mod black_hole {
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::time::Duration;

    use super::common::{peer, wscope};
    use socket2::{Domain, Socket, Type};

    /// The listener and what fills its backlog; both must live on. No other test binds to 127.0.0.2.
    fn dig(port: u16) -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 0, 0, 2], port)).into()).expect("a free port");
        socket.listen(0).expect("it listens");
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr().expect("a bound listener");
        let mut fill = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(200)) {
            fill.push(stream);
        }
        (addr, listener, fill)
    }

    #[test]
    fn tcp_is_the_phase_that_takes_too_long() {
        let (addr, _listener, _fill) = dig(0);
        let output = wscope(&["--connect-timeout", "1s", &format!("ws://{addr}/")]).run();
        output.fails(124, &["--connect-timeout", "tcp"]);
    }

    #[test]
    fn another_address_is_tried_meanwhile() {
        let peer = peer(|c| {
            c.accept();
            c.close(1000, "");
        });
        let (addr, _listener, _fill) = dig(peer.port());
        let resolve = format!("app.test:{}:127.0.0.2,127.0.0.1", addr.port());
        wscope(&["--resolve", &resolve, &format!("ws://app.test:{}/", addr.port())]).run().exits(0);
        assert_eq!(peer.calls(), 1);
    }
}

#[test]
fn a_server_that_dribbles_cannot_outlast_the_timeout() {
    let peer = peer(|c| {
        c.read_request();
        c.send("HTTP/1.1 101 Switching Protocols\r\n");
        while c.try_send("X: y\r\n") {
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
    });
    wscope(&["--connect-timeout", "2s", &peer.url()]).run().fails(124, &["--connect-timeout", "http"]);
}

#[test]
fn a_port_that_never_speaks_tls_names_the_phase() {
    let peer = peer(|c| c.stall());
    wscope(&["--connect-timeout", "3s", &peer.tls_url()]).run().fails(124, &["--connect-timeout", "tls"]);
}

#[test]
fn the_timeout_of_the_run_covers_connecting_too() {
    let peer = peer(|c| c.stall());
    wscope(&["--timeout", "2s", &peer.url()]).run().fails(124, &["--timeout"]);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_connected_to_whatever_the_url_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("wscope comes");
        let mut conn = common::Conn::over(Box::new(stream));
        assert_eq!(conn.accept().header("Host"), Some("app.test"));
        conn.echo_until_close();
    });
    let path = path.to_str().expect("a path in UTF-8");
    echoes(&["--unix-socket", path], "ws://app.test/");
    server.join().expect("the server was content");
    wscope(&["--unix-socket", "/no/such/socket", "ws://app.test/"]).run().fails(3, &["/no/such/socket"]);
    let long = format!("/{}", "x".repeat(120));
    let output = wscope(&["--unix-socket", &long, "ws://app.test/"]).run();
    assert!(matches!(output.code, Some(2 | 3)), "{output}");
}

/// A server that redirects once, to what `location` makes of its own port.
fn redirecting(location: &'static str) -> common::Peer {
    peer(move |c| {
        let request = c.read_request();
        let port = c.socket().local_addr().expect("connected").port();
        if request.line.contains("/final") {
            c.send(common::peer::good_reply(&request, ""));
            return c.echo_until_close();
        }
        let location = location.replace("{port}", &port.to_string());
        c.send(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"));
    })
}

#[test]
fn redirects_are_followed_only_when_asked() {
    for location in [
        "/final",
        "final",
        "ws://127.0.0.1:{port}/final",
        "http://127.0.0.1:{port}/final#part",
        "//127.0.0.1:{port}/final",
    ] {
        let peer = redirecting(location);
        wscope(&["-L", "-n1", "-m", "x", &peer.url()]).run().exits(0).prints("x\n");
        assert_eq!(peer.calls(), 2, "{location}");
        wscope(&[&peer.url()]).run().fails(5, &["302", "final", "-L"]);
        assert_eq!(peer.calls(), 3, "{location}");
    }
}

#[test]
fn redirects_that_go_nowhere_good_are_refused() {
    let rows: [(&[&str], &str, &str); 5] = [
        (&["-L"], "/again", "--max-redirs"),
        (&["-L", "--max-redirs", "0"], "/final", "--max-redirs"),
        (&["-L"], "ftp://127.0.0.1/", "ftp"),
        (&["-L"], "ws://127.0.0.1:99999/", "99999"),
        (&["-L"], "ws:///", "Location"),
    ];
    for (options, location, words) in rows {
        let peer = redirecting(location);
        wscope(&[options, &[&peer.url()]].concat()).run().fails(5, &[words]);
    }
}

#[test]
fn wss_never_becomes_ws() {
    let authority = common::certs::Authority::new("redirects");
    let peer = common::peer::peer_behind(authority.localhost().wrap(), |c| {
        c.read_request();
        c.send("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    wscope(&["-k", "-L", &peer.tls_url()]).run().fails(5, &["ws://127.0.0.1:1/"]);
}

#[test]
fn credentials_never_follow_to_another_origin() {
    let elsewhere = peer(|c| {
        let request = c.accept();
        for secret in ["Authorization", "Cookie", "Proxy-Authorization"] {
            assert_eq!(request.all(secret), Vec::<&str>::new(), "{secret} followed: {request:?}");
        }
        assert_ne!(request.header("Host"), Some("mine.test"));
        assert_eq!(request.header("X-Harmless"), Some("1"));
        c.close(1000, "");
    });
    let location = elsewhere.url();
    let first = peer(move |c| {
        let request = c.read_request();
        assert!(request.header("Authorization").is_some() && request.header("Cookie").is_some());
        assert_eq!(request.header("Host"), Some("mine.test"));
        c.send(format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        ));
    });
    let header = ["-H", "Host: mine.test", "-H", "X-Harmless: 1", "--cookie", "a=b"];
    for login in [&["-u", "me:secret"][..], &["--bearer", "secret"], &["-H", "Authorization: Basic x"]] {
        wscope(&[&["-L"], &header[..], login, &[&first.url()]].concat()).run().exits(0);
    }
}

#[test]
fn credentials_stay_within_an_origin_and_each_hop_has_a_new_key() {
    let peer = peer(|c| {
        let request = c.read_request();
        assert!(request.header("Authorization").is_some(), "{request:?}");
        let key = request.header("Sec-WebSocket-Key").expect("a key").to_owned();
        if let Some(last) =
            request.line.split_whitespace().nth(1).and_then(|path| path.strip_prefix("/final?"))
        {
            assert_ne!(last, key, "the key was used again");
            c.send(common::peer::good_reply(&request, ""));
            return c.close(1000, "");
        }
        c.send(format!(
            "HTTP/1.1 308 Permanent Redirect\r\nLocation: /final?{key}\r\nContent-Length: 0\r\n\r\n"
        ));
    });
    wscope(&["-L", "-u", "me:secret", &peer.url()]).run().exits(0);
}

#[cfg(unix)]
#[test]
fn sixteen_descriptors_are_enough() {
    let echo = echo();
    // Whoever runs the tests may have left descriptors open.
    let line = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 16; \"$WSCOPE\" -n1 -m x \"$1\"";
    common::program::shell(line, &[&echo.url()]).run().exits(0).prints("x\n");
}
