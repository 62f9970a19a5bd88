//! The request wscope sends: its own header fields, and what each option makes of them.
//!
//! The peer hands the request to the test, which looks at it as a server would see it.

mod common;

use std::sync::mpsc;

use common::{Request, Wscope, peer, wscope};
use data_encoding::BASE64;

/// The request that a call makes. `url` is what follows the address.
#[track_caller]
fn request(options: &[&str], path: &str) -> Request {
    request_of(
        |url| {
            let mut args = options.to_vec();
            args.push(url);
            wscope(&args)
        },
        path,
    )
}

#[track_caller]
fn request_of(call: impl FnOnce(&str) -> Wscope, path: &str) -> Request {
    let (give, take) = mpsc::channel();
    let peer = peer(move |c| {
        give.send(c.accept()).expect("the test waits for it");
        c.close(1000, "");
    });
    let url = format!("{}{path}", peer.url());
    call(&url).run().exits(0).prints("");
    take.recv_timeout(common::DEADLINE).expect("a request came")
}

#[test]
fn a_plain_request_has_what_the_rfc_asks_and_little_else() {
    let peer = peer(|c| {
        let request = c.accept();
        assert_eq!(request.line, "GET /chat?room=1&x=%20y HTTP/1.1");
        assert_eq!(
            request.header("Host"),
            Some(c.socket().local_addr().expect("connected").to_string().as_str())
        );
        assert!(request.header("Upgrade").expect("Upgrade").eq_ignore_ascii_case("websocket"));
        assert!(request.header("Connection").expect("Connection").eq_ignore_ascii_case("upgrade"));
        assert_eq!(request.header("Sec-WebSocket-Version"), Some("13"));
        let key = BASE64.decode(request.header("Sec-WebSocket-Key").expect("a key").as_bytes());
        assert_eq!(key.expect("base64").len(), 16);
        let agent = request.header("User-Agent").expect("an agent");
        assert!(agent.starts_with(concat!("wscope/", env!("CARGO_PKG_VERSION"))), "{agent}");
        for absent in
            ["Origin", "Authorization", "Cookie", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"]
        {
            assert_eq!(request.all(absent), Vec::<&str>::new(), "{absent} was not asked for");
        }
        c.close(1000, "");
    });
    wscope(&[&format!("{}chat?room=1&x=%20y", peer.url())]).run().exits(0);
}

#[test]
fn each_connection_has_a_key_of_its_own() {
    let keys: Vec<_> =
        (0..2).map(|_| request(&[], "").header("Sec-WebSocket-Key").map(str::to_owned)).collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn options_become_header_fields() {
    let basic = |login: &str| format!("Basic {}", BASE64.encode(login.as_bytes()));
    let rows: [(&[&str], &str, &str); 12] = [
        (&["-H", "X-Test: a b"], "X-Test", "a b"),
        (&["-H", "X-Test:a"], "X-Test", "a"),
        (&["-H", "User-Agent: mine"], "User-Agent", "mine"),
        (&["-H", "host: other.test"], "Host", "other.test"),
        (&["--origin", "https://app.test"], "Origin", "https://app.test"),
        (&["--user-agent", "test/1"], "User-Agent", "test/1"),
        (&["-u", "me:pass:word"], "Authorization", &basic("me:pass:word")),
        (&["--user", "me:"], "Authorization", &basic("me:")),
        (&["--bearer", "abc"], "Authorization", "Bearer abc"),
        (&["--cookie", "a=1; b=2"], "Cookie", "a=1; b=2"),
        (&["-s", "chat.v2"], "Sec-WebSocket-Protocol", "chat.v2"),
        (&["-H", "Sec-WebSocket-Extensions: x-nothing"], "Sec-WebSocket-Extensions", "x-nothing"),
    ];
    for (options, name, value) in rows {
        assert_eq!(request(options, "").header(name), Some(value), "{options:?}");
    }
}

#[test]
fn an_offered_subprotocol_may_come_by_header() {
    let peer = peer(|c| {
        c.accept_with("Sec-WebSocket-Protocol: chat.v2\r\n");
        c.close(1000, "");
    });
    wscope(&["-H", "Sec-WebSocket-Protocol: chat.v2", &peer.url()]).run().exits(0);
}

#[test]
fn subprotocols_repeat_or_come_as_a_list_and_keep_their_order() {
    let request = request(&["-s", "c", "-s", "a, b"], "");
    let joined = request.all("Sec-WebSocket-Protocol").join(", ");
    assert_eq!(joined.split(',').map(str::trim).collect::<Vec<_>>(), ["c", "a", "b"]);
}

#[test]
fn a_name_without_value_removes_a_field_and_the_same_twice_adds() {
    assert_eq!(request(&["-H", "User-Agent:"], "").header("User-Agent"), None);
    assert_eq!(request(&["-H", "X-A: 1", "-H", "X-A: 2"], "").all("X-A"), ["1", "2"]);
}

#[test]
fn header_names_go_out_as_they_were_written() {
    let request = request(&["-H", "x-LOUD-name: 1"], "");
    assert!(request.headers.iter().any(|(name, _)| name == "x-LOUD-name"), "{request:?}");
}

#[test]
fn userinfo_in_the_url_becomes_basic_credentials() {
    let request = request_of(|url| wscope(&[&url.replace("ws://", "ws://me:p%40ss@")]), "");
    assert_eq!(
        request.header("Authorization"),
        Some(format!("Basic {}", BASE64.encode(b"me:p@ss")).as_str())
    );
    assert!(!request.header("Host").expect("a host").contains('@'), "{request:?}");
}

#[test]
fn an_option_outranks_userinfo_in_the_url() {
    let request = request_of(|url| wscope(&["-u", "you:2", &url.replace("ws://", "ws://me:1@")]), "");
    assert_eq!(request.all("Authorization"), [format!("Basic {}", BASE64.encode(b"you:2"))]);
}

#[test]
fn secrets_may_come_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        format!("@{}", path.display())
    };
    let token = write("token", "from-file\n");
    assert_eq!(request(&["--bearer", &token], "").header("Authorization"), Some("Bearer from-file"));
    let headers = write("headers", "X-One: 1\r\nX-Two: 2\n");
    let request_with_file = request(&["-H", &headers], "");
    assert_eq!(
        (request_with_file.header("X-One"), request_with_file.header("X-Two")),
        (Some("1"), Some("2"))
    );
    let from_environment = request_of(|url| wscope(&[url]).env("WSCOPE_BEARER", "from-env"), "");
    assert_eq!(from_environment.header("Authorization"), Some("Bearer from-env"));
}

#[test]
fn the_handshake_s_own_fields_change_only_with_unsafe_handshake() {
    let peer = peer(|c| {
        let request = c.read_request();
        assert_eq!(request.header("Sec-WebSocket-Version"), Some("8"));
        assert_eq!(request.header("Connection"), Some("keep-alive, Upgrade"));
        c.send("HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n");
    });
    let options =
        ["-H", "Sec-WebSocket-Version: 8", "-H", "Connection: keep-alive, Upgrade", "--unsafe-handshake"];
    wscope(&[&options[..], &[&peer.url()]].concat()).run().fails(5, &["426"]);
}

#[test]
fn a_url_is_taken_as_people_write_it() {
    let rows: [(&str, &str); 6] = [
        ("{host}:{port}", "/"),
        ("{host}:{port}/a/b", "/a/b"),
        ("http://{host}:{port}/x", "/x"),
        ("WS://{host}:{port}?a=b", "/?a=b"),
        ("ws://{host}:{port}/%7Euser/a%2Fb", "/%7Euser/a%2Fb"),
        ("ws://{host}:{port}/gr\u{fc}n?\u{fc}", "/gr%C3%BCn?%C3%BC"),
    ];
    for (url, path) in rows {
        let wanted = format!("GET {path} HTTP/1.1");
        let request = request_of(
            |address| {
                let bare = address.trim_start_matches("ws://").trim_end_matches('/');
                let (host, port) = bare.split_once(':').expect("an address with a port");
                wscope(&[&url.replace("{host}", host).replace("{port}", port)])
            },
            "",
        );
        assert_eq!(request.line, wanted, "{url}");
    }
}

#[test]
fn localhost_needs_no_scheme_and_not_even_its_name() {
    for form in ["localhost:", ":"] {
        let request = request_of(|address| wscope(&[&address.replace("ws://127.0.0.1:", form)]), "");
        let host = request.header("Host").expect("a host");
        assert!(host.starts_with("localhost:"), "{host}");
    }
}

#[test]
fn connect_is_the_explicit_form() {
    let request = request_of(|url| wscope(&["connect", "-H", "X-A: 1", url]), "");
    assert_eq!(request.header("X-A"), Some("1"));
}
