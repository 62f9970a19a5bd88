//! Whom `wscope serve` lets in, and what it tells the others: asked by our own client, and by plain HTTP.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{DEADLINE, Served, serve, wscope};

const ONE: [&str; 3] = ["-m", "a", "-1"];

/// The client's answer when it comes with these options.
#[track_caller]
fn enters(server: &Served, options: &[&str], code: i32) -> common::Output {
    let told = server.client(&[options, &ONE].concat());
    told.exits(code);
    told
}

/// What plain HTTP gets: the head with its blank line, and the body.
fn http(server: &Served, request: &str) -> (String, String) {
    let mut socket = TcpStream::connect(server.addr()).expect("the server listens");
    socket.set_read_timeout(Some(DEADLINE)).expect("a time limit");
    let host = server.addr();
    let (line, fields) = request.split_once('\n').unwrap_or((request, ""));
    let fields = fields.replace('\n', "\r\n");
    write!(socket, "{line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n").expect("the server reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("the server answers and ends");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    (format!("{head}\r\n\r\n"), body.to_owned())
}

#[test]
fn the_subprotocol_is_the_first_of_ours_that_is_offered() {
    let server = serve(&["-s", "v3,v2", "--subprotocol", "v1"]);
    for (offer, chosen) in [("v1,v2", "subprotocol v2"), ("v1", "subprotocol v1")] {
        enters(&server, &["-v", "-s", offer], 0).says(&format!("· {chosen}"));
    }
    enters(&server, &["-v", "-s", "v0"], 0).never_says("< Sec-WebSocket-Protocol");
    wscope(&["serve", ":0", "-s", "a b"]).run().fails(2, &["'a b' is not a token"]);
}

#[test]
fn fields_are_added_to_every_answer() {
    let server = serve(&["-H", "X-Greeting: hi there", "--path", "/in"]);
    let refused = enters(&server, &[], 5);
    refused.says("X-Greeting: hi there").says("404 Not Found");
    let url = format!("{}in?x=1", server.url());
    wscope(&["-v", "-m", "a", "-1", &url]).run().exits(0).says("X-Greeting: hi there");
    for bad in ["X: a\r\nY: b", "X", "Connection: close", "Sec-WebSocket-Accept: x", ": x"] {
        wscope(&["serve", ":0", "--header", bad]).run().fails(2, &["--header"]).never_says("listening");
    }
    wscope(&["serve", ":0", "--header", "@/nowhere/at/all"]).run().fails(9, &["/nowhere/at/all"]);
}

#[test]
fn only_named_paths_are_found() {
    let server = serve(&["--path", "/chat", "--path", "/rooms/*"]);
    for (path, code) in [("chat", 0), ("chat?q", 0), ("rooms/7", 0), ("", 5), ("chat/", 5), ("rooms", 5)] {
        let url = format!("{}{path}", server.url());
        let told = wscope(&["-m", "a", "-1", &url]).run();
        told.exits(code);
        if code == 5 {
            told.says("404 Not Found");
        }
    }
    wscope(&["serve", ":0", "--path", "chat"]).run().fails(2, &["--path 'chat'"]);
}

#[test]
fn name_and_password_are_asked_for() {
    let server = serve(&["-u", "jo:p:w"]);
    enters(&server, &["-u", "jo:p:w"], 0);
    for wrong in [&[][..], &["-u", "jo:p"], &["-u", "jo:p:w2"], &["--bearer", "p:w"]] {
        let told = enters(&server, wrong, 5);
        told.says("401 Unauthorized").says("WWW-Authenticate: Basic realm=\"wscope\"");
    }
    wscope(&["serve", ":0", "-u", "jo"]).run().fails(2, &["the password is missing"]);
}

#[test]
fn a_token_is_asked_for() {
    let home = tempfile::TempDir::new().expect("a temporary folder");
    let file = home.path().join("token");
    std::fs::write(&file, "s3cret\nsecond line\n").expect("a file can be written");
    let server = serve(&["--bearer", &format!("@{}", file.display())]);
    enters(&server, &["--bearer", "s3cret"], 0);
    enters(&server, &[], 5).says("WWW-Authenticate: Bearer realm=\"wscope\"").never_says("invalid_token");
    enters(&server, &["--bearer", "s3cre"], 5).says("error=\"invalid_token\"");
    wscope(&["serve", ":0", "--bearer", "@/nowhere/at/all"]).run().fails(9, &["/nowhere/at/all"]);
}

#[cfg(unix)]
#[test]
fn secrets_are_not_told_by_the_server() {
    let server = serve(&["-u", "jo:right-one", "-v"]);
    enters(&server, &["-u", "jo:wrong-one"], 5);
    enters(&server, &["-u", "jo:right-one"], 0);
    let told = server.stop();
    // "jo:right-one" and "jo:wrong-one" in Base64.
    for secret in ["right-one", "wrong-one", "am86cmlnaHQtb25l", "am86d3Jvbmctb25l"] {
        told.never_says(secret);
    }
}

#[test]
fn only_pages_of_named_origins_are_let_in() {
    let server = serve(&["--origin", "https://good.example,http://other.example:81"]);
    enters(&server, &[], 0);
    enters(&server, &["--origin", "https://good.example"], 0);
    enters(&server, &["--origin", "http://other.example:81"], 0);
    for bad in ["https://evil.example", "http://good.example", "null"] {
        enters(&server, &["--origin", bad], 5).says("403 Forbidden").never_says(&format!("{bad} "));
    }
    wscope(&["serve", ":0", "--origin", "https://a/b"]).run().fails(2, &["--origin 'https://a/b'"]);
}

#[test]
fn other_names_are_misdirected_once_one_is_named() {
    let free = serve(&[]);
    enters(&free, &["-H", "Host: any.example"], 0);
    let named = serve(&["--host", "my.example"]);
    enters(&named, &[], 0);
    enters(&named, &["-H", "Host: my.example"], 0);
    enters(&named, &["-H", "Host: any.example"], 5).says("421 Misdirected Request");
}

#[test]
fn a_plain_request_is_told_what_this_is() {
    let server = serve(&[]);
    let (head, body) = http(&server, "GET /any?x=1\nAccept: */*\n");
    assert!(head.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{head}");
    assert!(
        head.contains("\r\nUpgrade: websocket\r\n") && head.contains("Connection: Upgrade, close"),
        "{head}"
    );
    assert!(body.contains("This is a WebSocket server"), "{body}");
    let (head, body) = http(&server, "GET /\nAccept: text/html,*/*;q=0.8\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Content-Type: text/html"), "{head}");
    assert!(head.contains("Content-Security-Policy: default-src 'none'"), "{head}");
    assert!(body.starts_with("<!doctype html>") && !body.contains("<script>"), "{body}");
    let (head, body) = http(&server, "HEAD /\nAccept: text/html\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("Content-Length: 0"), "{head}");
    assert_eq!(body, "");
    assert!(http(&server, "POST /").0.starts_with("HTTP/1.1 405 "));
}

#[test]
fn a_page_to_try_the_server_is_served_whole() {
    let server = serve(&["--web", "--path", "/ws"]);
    let (head, body) = http(&server, "GET /ws\nAccept: text/html\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("connect-src 'self'"), "{head}");
    let length = format!("Content-Length: {}\r\n", body.len());
    assert!(head.contains(&length) && body.ends_with("</html>\n"), "{head}");
    assert!(body.contains("new WebSocket("));
    let (head, _) = http(&server, "GET /\nAccept: text/html\n");
    assert!(head.starts_with("HTTP/1.1 302 ") && head.contains("\r\nLocation: /ws\r\n"), "{head}");
    assert!(http(&server, "GET /ws\n").0.starts_with("HTTP/1.1 426 "));
}

#[cfg(unix)]
#[test]
fn a_page_is_not_told_as_a_refusal() {
    let server = serve(&[]);
    http(&server, "GET /\nAccept: text/html\n");
    http(&server, "GET /\n");
    server.stop().says("was answered with 200").says("was refused with 426");
}

#[test]
fn a_page_needs_the_credentials_too() {
    let server = serve(&["--web", "-u", "jo:pw"]);
    assert!(http(&server, "GET /\nAccept: text/html\n").0.starts_with("HTTP/1.1 401 "));
    let with = "GET /\nAccept: text/html\nAuthorization: Basic am86cHc=\n";
    assert!(http(&server, with).0.starts_with("HTTP/1.1 200 "));
}
