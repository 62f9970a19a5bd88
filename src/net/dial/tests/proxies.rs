//! Scripted proxies: CONNECT and SOCKS 5, friendly, hostile and slow.

use super::*;

#[test]
fn connect_opens_a_tunnel_and_loses_no_byte() {
    let plain = "CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n";
    let authorized =
        "CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\nProxy-Authorization: Basic dTpwOkA=\r\n\r\n";
    let rows = [
        ("", plain, "HTTP/1.1 200 Connection established\r\n\r\n"),
        ("", plain, "HTTP/1.0 200\r\n\r\n"),
        ("", plain, "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n"),
        ("", plain, "HTTP/1.1 200 OK\nX: y\n\n"),
        ("", plain, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ("u:p%3A%40@", authorized, "HTTP/1.1 200 OK\r\n\r\n"),
    ];
    for (userinfo, request, reply) in rows {
        let script = vec![expect(request), send(format!("{reply}\r\ntail")), expect("x")];
        let (port, proxy) = peer(vec![script]);
        let dialer = Dialer::new(through(&format!("http://{userinfo}127.0.0.1:{port}")));
        let mut dialed = dialer.dial(&target("ws://h.test/x"), soon()).expect("the proxy agrees");
        assert_eq!(dialed.peer, format!("127.0.0.1:{port} (proxy)"));
        assert!(dialed.timings.proxy.is_some());
        read(&mut dialed.stream, b"\r\ntail");
        dialed.stream.write_all(b"x").expect("connected");
        drop(dialed);
        played(proxy);
    }
}

#[test]
fn connect_names_addresses_as_authorities_do() {
    for (url, authority) in
        [("ws://[::1]:8/", "[::1]:8"), ("ws://127.1", "127.0.0.1:80"), ("ws://H.test.", "h.test:80")]
    {
        let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        let (port, proxy) = peer(vec![vec![expect(request), send("HTTP/1.1 200 OK\r\n\r\n")]]);
        let dialer = Dialer::new(through(&format!("127.0.0.1:{port}")));
        drop(dialer.dial(&target(url), soon()).expect("the proxy agrees"));
        played(proxy);
    }
}

/// Dials through a proxy that plays the script, and gives the refusal.
#[track_caller]
fn refused(proxy: &str, script: Vec<Step>) -> Error {
    let (port, handle) = peer(vec![script]);
    let dialer = Dialer::new(through(&proxy.replace("PROXY", &format!("127.0.0.1:{port}"))));
    let error = dialer.dial(&target("ws://h.test/"), soon()).expect_err("the proxy refuses");
    played(handle);
    assert_eq!(error.phase, Phase::Proxy, "{error}");
    let what = format!("no tunnel to h.test:80 through the proxy 127.0.0.1:{port}");
    assert_eq!(error.what, what);
    error
}

#[test]
fn a_407_names_realm_and_remedy() {
    let reply = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                 Proxy-Authenticate: Basic realm=\"the office\"\r\n\r\n";
    let error = refused("http://PROXY", vec![send(reply)]);
    let cause = "the proxy answered HTTP/1.1 407 Proxy Authentication Required (realm \"the office\")";
    assert_eq!(error.cause.to_string(), cause);
    let hint = error.hint().expect("credentials are missing");
    assert!(
        hint.starts_with(
            "give credentials: name, colon, password and @ before the host of --proxy http://127.0.0.1:"
        ),
        "{hint}"
    );
    let error = refused("http://u:secret@PROXY", vec![send(reply)]);
    assert_eq!(
        error.hint().as_deref(),
        Some("the proxy did not accept the user and password that were given")
    );
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn a_refusal_keeps_head_and_the_first_kib_of_the_body() {
    let head = "HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n";
    let rows = [
        ("no".to_owned(), "no".to_owned(), head),
        ("z".repeat(5000), "z".repeat(1024), head),
        ("1234567".to_owned(), "1234".to_owned(), "HTTP/1.1 403 Forbidden\r\nContent-length: 4\r\n\r\n"),
    ];
    for (sent, kept, head) in rows {
        let error = refused("http://PROXY", vec![send(format!("{head}{sent}"))]);
        let Cause::Proxy(refusal) = error.cause else { panic!("{error}") };
        let Refusal::Status { status, line, head: came, body, realm } = *refusal else { panic!("{refusal}") };
        assert_eq!((status, line.as_slice(), realm), (403, b"HTTP/1.1 403 Forbidden".as_slice(), None));
        assert_eq!((came, body), (head.as_bytes().to_vec(), kept.into_bytes()));
    }
}

#[test]
fn proxies_that_do_not_speak_http() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(70_000));
    let rows: [(Vec<Step>, &str); 6] = [
        (vec![send("SSH-2.0-x\r\n")], "expected an HTTP reply, got 53"),
        (vec![send("HTTPS")], "expected an HTTP reply, got 48 54 54 50 53"),
        (vec![send("HTTP/1.1 abc\r\n\r\n")], "expected an HTTP reply, got 48 54 54 50 2f 31 2e 31 20"),
        (
            vec![expect("CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n"), Close],
            "the proxy closed the connection",
        ),
        (vec![send(long)], "expected a reply head of at most 64 KiB, got 48 54"),
        (
            vec![send("HTTP/1.1 100 x\r\n\r\n".repeat(11))],
            "expected a final reply after ten interim ones, got ",
        ),
    ];
    for (script, cause) in rows {
        let error = refused("http://PROXY", script);
        assert!(error.cause.to_string().starts_with(cause), "{error} instead of {cause}");
    }
}

#[test]
fn mute_and_dribbling_proxies_run_into_the_deadline() {
    for proxy in ["http", "socks5h", "https"] {
        for script in [vec![], vec![send("HTTP/1.1 "), Dribble(b'2')]] {
            let dribbles = !script.is_empty();
            if dribbles && proxy != "http" {
                continue;
            }
            let (port, handle) = peer(vec![script]);
            let dialer = Dialer::new(through(&format!("{proxy}://127.0.0.1:{port}")));
            let until = Instant::now() + Duration::from_secs(1);
            let error = dialer.dial(&target("ws://h.test/"), Some(until)).expect_err("no answer in time");
            assert!(error.timed_out(), "{proxy}: {error}");
            assert_eq!(error.phase, Phase::Proxy);
            assert!(Instant::now() >= until);
            played(handle);
        }
    }
}

#[test]
fn nobody_listens_where_the_proxy_should() {
    // Bound, so that the port stays free, but not listening.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("a literal");
    socket.bind(&any.into()).expect("a free port");
    let closed = socket.local_addr().ok().and_then(|a| a.as_socket()).expect("a bound socket");
    let error = Dialer::new(through(&format!("http://{closed}"))).dial(&target("ws://h.test/"), soon());
    let error = error.expect_err("refused");
    assert_eq!(error.to_string(), format!("could not connect to the proxy {closed}: connection refused"));
    assert_eq!(error.hint().as_deref(), Some("is the proxy running on that port?"));
}

#[test]
fn socks_opens_a_tunnel_and_loses_no_byte() {
    let name: &[u8] = b"\x05\x01\x00\x03\x06h.test\x00\x50";
    let v4: &[u8] = b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50";
    let v6 = [b"\x05\x01\x00\x04".as_slice(), &[0; 15], b"\x01\x1f\x90"].concat();
    let to_v4: &[u8] = b"\x05\x00\x00\x01\x01\x02\x03\x04\x05\x06";
    let to_v6 = [b"\x05\x00\x00\x04".as_slice(), &[7; 18]].concat();
    let to_name: &[u8] = b"\x05\x00\x00\x03\x03abc\x05\x06";
    let rows: [(&str, &str, &[u8], &[u8]); 5] = [
        ("socks5h", "ws://h.test", name, to_v4),
        ("socks5h", "ws://127.0.0.1", v4, &to_v6),
        ("socks5", "ws://[::1]:8080", &v6, to_name),
        ("socks5", "ws://given.test", v4, to_v4),
        ("socks5h", "ws://h.test.", name, to_v4),
    ];
    for (scheme, url, request, reply) in rows {
        let script = vec![
            expect(b"\x05\x01\x00"),
            send(b"\x05\x00"),
            expect(request),
            Send([reply, b"tail"].concat()),
            expect("x"),
        ];
        let (port, proxy) = peer(vec![script]);
        let resolve = vec!["given.test:80:127.0.0.1".parse().expect("well formed")];
        let options = Options { resolve, ..through(&format!("{scheme}://127.0.0.1:{port}")) };
        let mut dialed = Dialer::new(options).dial(&target(url), soon()).expect("the proxy agrees");
        read(&mut dialed.stream, b"tail");
        dialed.stream.write_all(b"x").expect("connected");
        drop(dialed);
        played(proxy);
    }
}

#[test]
fn socks_with_name_and_password() {
    let script = |verdict: &[u8]| {
        vec![expect(b"\x05\x02\x00\x02"), send(b"\x05\x02"), expect(b"\x01\x02me\x03p:w"), send(verdict)]
    };
    let mut good = script(b"\x01\x00");
    good.extend([expect(b"\x05\x01\x00\x03\x06h.test\x00\x50"), send(b"\x05\x00\x00\x01\0\0\0\0\0\0")]);
    let (port, proxy) = peer(vec![good]);
    let dialer = Dialer::new(through(&format!("socks5h://me:p:w@127.0.0.1:{port}")));
    drop(dialer.dial(&target("ws://h.test/"), soon()).expect("the proxy agrees"));
    played(proxy);
    let error = refused("socks5h://me:p:w@PROXY", script(b"\x01\x01"));
    assert_eq!(error.cause.to_string(), "the proxy did not accept name and password");
    assert_eq!(
        error.hint().as_deref(),
        Some("the proxy did not accept the user and password that were given")
    );
}

#[test]
fn socks_refusals() {
    let answered = |reply: &[u8]| vec![send(b"\x05\x00"), send(reply)];
    let rows = [
        (vec![send(b"\x05\xff")], "the proxy wants credentials"),
        (vec![send(b"\x05\x01")], "expected a SOCKS 5 method that was offered, got 05 01"),
        (vec![send(b"\x05\x02")], "expected a SOCKS 5 method that was offered, got 05 02"),
        (vec![send(b"\x04")], "expected a SOCKS 5 method, got 04"),
        (vec![send("HTTP/1.1 400 Bad Request\r\n\r\n")], "expected a SOCKS 5 method, got 48"),
        (vec![expect(b"\x05\x01\x00"), Close], "the proxy closed the connection"),
        (
            answered(b"\x05\x02\x00\x01"),
            "the proxy answered connection not allowed by its rules (SOCKS reply 2)",
        ),
        (answered(b"\x05\x05\x00\x01\0\0\0\0\0\0"), "the proxy answered connection refused (SOCKS reply 5)"),
        (answered(b"\x05\x63\x00\x01"), "the proxy answered with an unassigned code (SOCKS reply 99)"),
        (answered(b"\x05\x00\x00\x09"), "expected a SOCKS 5 address, got 05 00 00 09"),
    ];
    for (script, cause) in rows {
        assert_eq!(refused("socks5h://PROXY", script).cause.to_string(), cause);
    }
    let wants = refused("socks5h://PROXY", vec![send(b"\x05\xff")]).hint().unwrap_or_default();
    assert!(
        wants.starts_with(
            "give credentials: name, colon, password and @ before the host of --proxy socks5h://127.0.0.1:"
        ),
        "{wants}"
    );
}

#[test]
fn socks_cannot_carry_a_long_name() {
    let long = Target::parse(&format!("ws://{}test", "a.".repeat(130))).expect("nothing is looked up yet");
    let (port, proxy) = peer(vec![vec![]]);
    let error = Dialer::new(through(&format!("socks5h://127.0.0.1:{port}"))).dial(&long, soon());
    let error = error.expect_err("over 255 bytes");
    assert!(
        error.to_string().ends_with("the host name is over 255 bytes, which SOCKS cannot carry"),
        "{error}"
    );
    played(proxy);
}
