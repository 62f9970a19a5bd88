//! Proxies: HTTP CONNECT and SOCKS5, from the option and from the environment, and their refusals.
//!
//! The proxies are scripts (common/proxy.rs); the origin behind them is the echo server, so that what the tunnel
//! carries is seen to work. Credentials for the proxy must never reach the origin, nor the other way round.

mod common;

use std::net::SocketAddr;

use common::certs::Authority;
use common::proxy::{http_tunnel, socks5_answer, socks5_request, tunnel};
use common::{Peer, echo, peer, wscope};
use data_encoding::BASE64;

/// A proxy that opens a tunnel to `origin` whatever it is asked for, and checks the name it is asked for.
fn http_proxy(origin: SocketAddr, wanted: &'static str) -> Peer {
    peer(move |c| {
        let request = http_tunnel(c, origin);
        assert_eq!(request.line, format!("CONNECT {wanted} HTTP/1.1"));
        assert_eq!(request.header("Host"), Some(wanted));
        assert_eq!(request.all("Sec-WebSocket-Key"), Vec::<&str>::new());
    })
}

fn at(peer: &Peer, scheme: &str) -> String {
    format!("{scheme}://{}", peer.addr())
}

#[test]
fn connect_opens_a_tunnel_for_ws() {
    let echo = echo();
    let proxy = http_proxy(echo.addr(), "origin.test:80");
    let args = ["-x", &at(&proxy, "http"), "-n1", "-m", "x", "ws://origin.test/"];
    wscope(&args).run().exits(0).prints("x\n").silent();
}

#[test]
fn connect_opens_a_tunnel_for_wss_and_the_certificate_is_the_origin_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new("origins");
    let ca = authority.write(folder.path());
    let knobs =
        common::echo::Knobs { tls: Some(authority.issue(&["origin.test"], |_| ())), ..Default::default() };
    let echo = common::Echo::start(knobs);
    let proxy = http_proxy(echo.addr(), "origin.test:443");
    let ca = ca.to_str().expect("a path in UTF-8");
    let args = ["-x", &at(&proxy, "http"), "--cacert", ca, "-n1", "-m", "x", "wss://origin.test/"];
    wscope(&args).run().exits(0).prints("x\n").silent();
}

#[test]
fn a_proxy_may_be_reached_by_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new("proxies");
    let ca = authority.write(folder.path());
    let proxy = common::peer::peer_behind(authority.localhost().wrap(), |c| {
        if c.number > 0 {
            // The second call does not trust the proxy and sends nothing.
            return c.stall();
        }
        let request = c.read_request();
        assert_eq!(request.line, "CONNECT origin.test:80 HTTP/1.1");
        c.send("HTTP/1.1 200 OK\r\n\r\n");
        // From here on it plays the origin itself.
        c.accept();
        c.echo_until_close();
    });
    let url = format!("https://localhost:{}", proxy.port());
    let ca = ca.to_str().expect("a path in UTF-8");
    let args = ["-x", &url, "--cacert", ca, "-n1", "-m", "x", "ws://origin.test/"];
    wscope(&args).run().exits(0).prints("x\n");
    wscope(&["-x", &url, "ws://origin.test/"]).run().fails(3, &["certificate"]);
}

#[test]
fn credentials_of_proxy_and_origin_stay_apart() {
    let proxy = peer(|c| {
        let request = c.read_request();
        let basic = format!("Basic {}", BASE64.encode(b"me:p@ss"));
        assert_eq!(request.header("Proxy-Authorization"), Some(basic.as_str()));
        assert_eq!(request.all("Authorization"), Vec::<&str>::new());
        assert_eq!(request.all("Cookie"), Vec::<&str>::new());
        c.send("HTTP/1.1 200 OK\r\n\r\n");
        let request = c.accept();
        assert_eq!(request.all("Proxy-Authorization"), Vec::<&str>::new());
        assert_eq!(request.header("Authorization"), Some("Bearer token"));
        c.close(1000, "");
    });
    let url = format!("http://me:p%40ss@{}", proxy.addr());
    wscope(&["-x", &url, "--bearer", "token", "--cookie", "a=b", "ws://origin.test/"]).run().exits(0);
}

#[test]
fn a_refusal_of_the_proxy_is_told_with_status_and_body() {
    let rows = [
        (
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Basic realm=\"vault\"\r\n",
            &["407", "vault", "--proxy"][..],
        ),
        ("403 Forbidden", "X-Why: policy\r\n", &["403", "not today"]),
        ("502 Bad Gateway", "", &["502", "not today"]),
    ];
    for (status, lines, words) in rows {
        let proxy = peer(move |c| {
            c.read_request();
            c.send(format!("HTTP/1.1 {status}\r\n{lines}Content-Length: 9\r\n\r\nnot today"));
        });
        wscope(&["-x", &at(&proxy, "http"), "ws://origin.test/"]).run().fails(3, words);
    }
}

#[test]
fn a_proxy_that_is_none_is_a_refusal_too() {
    let rows: [&[u8]; 3] = [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 200"];
    for bytes in rows {
        for scheme in ["http", "socks5"] {
            let proxy = peer(move |c| c.send(bytes));
            wscope(&["-x", &at(&proxy, scheme), "ws://127.0.0.1:9/"]).run().fails(3, &["proxy"]);
        }
    }
    let nobody = common::closed();
    wscope(&["-x", &format!("http://{}", nobody.addr()), "ws://origin.test/"])
        .run()
        .fails(3, &["proxy", "refused"]);
}

#[test]
fn a_mute_proxy_names_its_phase() {
    for scheme in ["http", "socks5"] {
        let proxy = peer(|c| c.stall());
        let args = ["--connect-timeout", "2s", "-x", &at(&proxy, scheme), "ws://127.0.0.1:9/"];
        wscope(&args).run().fails(124, &["--connect-timeout", "proxy"]);
    }
}

#[test]
fn bytes_right_behind_the_proxy_s_reply_are_not_lost() {
    let proxy = peer(|c| {
        c.read_request();
        // The origin cannot speak first in HTTP, but nothing may swallow what follows the blank line.
        c.send("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
        c.accept();
        c.echo_until_close();
    });
    let args = ["-x", &at(&proxy, "http"), "-n1", "-m", "x", "ws://origin.test/"];
    wscope(&args).run().exits(0).prints("x\n");
}

#[test]
fn socks5_resolves_here_and_socks5h_there() {
    let echo = echo();
    let (origin, port) = (echo.addr(), echo.port());
    for (scheme, kind, host) in [("socks5", 1, "127.0.0.1"), ("socks5h", 3, "localhost")] {
        let proxy = peer(move |c| {
            let request = socks5_request(c, false);
            assert_eq!((request.kind, request.host.as_str(), request.port), (kind, host, port));
            socks5_answer(c, 0);
            tunnel(c, origin);
        });
        let args = ["-4", "-x", &at(&proxy, scheme), "-n1", "-m", "x", &format!("ws://localhost:{port}/")];
        wscope(&args).run().exits(0).prints("x\n").silent();
    }
}

#[test]
fn socks5_takes_name_and_password() {
    let echo = echo();
    let origin = echo.addr();
    let proxy = peer(move |c| {
        let request = socks5_request(c, true);
        assert_eq!(request.login, Some(("me".to_owned(), "p@ss".to_owned())));
        assert_eq!((request.kind, request.host.as_str(), request.port), (3, "origin.test", 80));
        socks5_answer(c, 0);
        tunnel(c, origin);
    });
    let url = format!("socks5h://me:p%40ss@{}", proxy.addr());
    wscope(&["-x", &url, "-n1", "-m", "x", "ws://origin.test/"]).run().exits(0).prints("x\n");
}

#[test]
fn socks5_refusals_are_told_in_words() {
    for (answer, words) in [(2, "rule"), (3, "network"), (4, "host"), (5, "refused"), (8, "address")] {
        let proxy = peer(move |c| {
            socks5_request(c, false);
            socks5_answer(c, answer);
        });
        wscope(&["-x", &at(&proxy, "socks5h"), "ws://origin.test/"]).run().fails(3, &[words]);
    }
    let insists = peer(|c| {
        c.read_exact(3);
        c.send([5, 0xff]);
    });
    wscope(&["-x", &at(&insists, "socks5h"), "ws://origin.test/"]).run().fails(3, &["proxy"]);
}

#[test]
fn the_environment_names_proxies_in_any_case() {
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let echo = echo();
        let proxy = http_proxy(echo.addr(), "origin.test:80");
        let call = wscope(&["-n1", "-m", "x", "ws://origin.test/"]).env(name, at(&proxy, "http"));
        call.run().exits(0).prints("x\n");
    }
    for name in ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        let proxy = peer(|c| {
            assert_eq!(c.read_request().line, "CONNECT origin.test:443 HTTP/1.1");
            c.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        });
        wscope(&["wss://origin.test/"]).env(name, at(&proxy, "http")).run().fails(3, &["502"]);
    }
}

#[test]
fn no_proxy_and_an_empty_proxy_go_directly() {
    let echo = echo();
    let nobody = common::untouched();
    let proxy = nobody.url().replace("ws://", "http://");
    for list in ["127.0.0.1", "example.test, 127.0.0.1", "*", "127.0.0.0/8"] {
        let call = wscope(&["-n1", "-m", "x", &echo.url()]).env("ALL_PROXY", &proxy).env("NO_PROXY", list);
        call.run().exits(0).prints("x\n");
    }
    let call = wscope(&["-x", "", "-n1", "-m", "x", &echo.url()]).env("HTTP_PROXY", &proxy);
    call.run().exits(0).prints("x\n");
    nobody.check();
}

#[test]
fn the_option_outranks_the_environment() {
    let echo = echo();
    let nobody = common::untouched();
    let proxy = http_proxy(echo.addr(), "origin.test:80");
    let call = wscope(&["-x", &at(&proxy, "http"), "-n1", "-m", "x", "ws://origin.test/"]);
    call.env("HTTP_PROXY", nobody.url().replace("ws://", "http://")).run().exits(0).prints("x\n");
    nobody.check();
}
