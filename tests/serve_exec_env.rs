//! What a command behind `wscope serve` is told of the request: the variables of CGI, and nothing that harms.
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::net::TcpStream;

use common::command::hear_to_end;
use common::served::Served;
use common::wscope;
use tungstenite::client::IntoClientRequest;

/// The environment of a command that prints it; with one variable of ours that is handed on, and one that is not.
fn dump() -> Served {
    Served::start(
        wscope(&["serve", ":0", "--pass-env", "PASSED,NOT_SET", "--", "env"])
            .env("PASSED", "by name")
            .env("KEPT", "back"),
    )
}

/// What the command tells a client that asks for this with these header fields.
fn environment(server: &Served, target: &str, fields: &[(&'static str, &str)]) -> BTreeMap<String, String> {
    let url = format!("ws://{}{target}", server.addr());
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in fields {
        request.headers_mut().append(*name, value.parse().expect("a value"));
    }
    let stream = TcpStream::connect(server.addr()).expect("the server listens");
    stream.set_read_timeout(Some(common::DEADLINE)).expect("a timeout can be set");
    let (mut client, _) = tungstenite::client(request, stream).expect("the client is let in");
    let (lines, code, _) = hear_to_end(&mut client);
    assert_eq!(code, 1000);
    let pairs =
        lines.iter().map(|line| line.split_once('=').unwrap_or_else(|| panic!("no variable: {line}")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_command_is_told_of_its_request_as_by_websocketd() {
    let server = dump();
    let variables = environment(&server, "/some%20path/x?a=1&b=%20", &[("X-Trace", "1"), ("X-Trace", "2")]);
    let port = server.addr().port().to_string();
    let host = format!("127.0.0.1:{port}");
    let software = format!("wscope/{}", env!("CARGO_PKG_VERSION"));
    let rows = [
        ("AUTH_TYPE", ""),
        ("CONTENT_LENGTH", ""),
        ("CONTENT_TYPE", ""),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("PATH_INFO", "/some path/x"),
        ("PATH_TRANSLATED", "/some path/x"),
        ("QUERY_STRING", "a=1&b=%20"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_HOST", "127.0.0.1"),
        ("REMOTE_IDENT", ""),
        ("REMOTE_USER", ""),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/some%20path/x?a=1&b=%20"),
        ("SCRIPT_NAME", "/"),
        ("SERVER_NAME", "127.0.0.1"),
        ("SERVER_PORT", &port),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("SERVER_SOFTWARE", &software),
        ("HTTP_HOST", &host),
        ("HTTP_X_TRACE", "1, 2"),
        ("HTTP_SEC_WEBSOCKET_VERSION", "13"),
        ("PASSED", "by name"),
    ];
    for (name, value) in rows {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
    }
    for number in ["REMOTE_PORT", "UNIQUE_ID"] {
        assert!(variables[number].parse::<u64>().is_ok_and(|number| number > 0), "{number}: {variables:?}");
    }
    assert_eq!(variables.get("PATH"), std::env::var("PATH").ok().as_ref());
    for absent in ["KEPT", "NOT_SET", "HOME", "TERM", "HTTPS"] {
        assert_eq!(variables.get(absent), None, "{absent}");
    }
    let other = environment(&server, "/", &[]);
    assert_ne!(other["UNIQUE_ID"], variables["UNIQUE_ID"]);
    assert_eq!(other["QUERY_STRING"], "");
}

#[test]
fn nothing_harmful_comes_from_a_request() {
    let server = dump();
    let long = "x".repeat(7000);
    let fields = [
        ("proxy", "http://evil.example/"),
        ("x_forwarded_for", "spoofed"),
        ("x.y", "dot"),
        ("x-shock", "() { :;}; echo vulnerable"),
        ("x-long", long.as_str()),
    ];
    let variables = environment(&server, "/a%0aPATH=/evil%00b", &fields);
    assert_eq!(variables.get("PATH"), std::env::var("PATH").ok().as_ref());
    assert_eq!(variables["PATH_INFO"], "/a PATH=/evilb");
    assert_eq!(variables["HTTP_X_LONG"], long);
    for absent in ["HTTP_PROXY", "HTTP_X_FORWARDED_FOR", "HTTP_X_Y", "HTTP_X.Y", "HTTP_X_SHOCK"] {
        assert_eq!(variables.get(absent), None, "{absent}");
    }
}
