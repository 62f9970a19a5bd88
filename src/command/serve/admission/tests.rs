//! Who is let in, by requests as they come from the wire.

use super::*;
use crate::wire::handshake::server::{self, ClientRequest, RequestProgress, RequestReader};

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const BROWSER: &str = "Accept: text/html,*/*;q=0.8\r\n";

fn parse(text: &str) -> ClientRequest {
    match RequestReader::new().feed(text.as_bytes()) {
        Ok(RequestProgress::Done { request, .. }) => request,
        other => panic!("not a whole request: {other:?}"),
    }
}

/// An opening handshake at this path, with further lines.
fn handshake(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\n{UPGRADE}{lines}\r\n")
}

/// The same with another Host.
fn to_host(host: &str, lines: &str) -> String {
    handshake("/", lines).replace("Host: localhost:8080", &format!("Host: {host}"))
}

fn plain(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\n{lines}\r\n")
}

fn names() -> Vec<String> {
    ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec()
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|item| (*item).to_owned()).collect()
}

fn new(args: AdmissionArgs, with_command: bool) -> Admission {
    Admission::new(&args, with_command, names()).expect("good options")
}

fn ask(admission: &Admission, request: &str) -> Answer {
    let request = parse(request);
    let upgrade = server::check(&request);
    admission.answer(&Knock { peer: "127.0.0.1:5", request: &request, upgrade: upgrade.as_ref() })
}

fn welcome(admission: &Admission, request: &str) -> Welcome {
    match ask(admission, request) {
        Answer::Welcome(welcome) => welcome,
        Answer::Refuse(refusal) => panic!("refused with {}: {}", refusal.status, refusal.body),
        Answer::Reset => panic!("reset"),
    }
}

fn refusal(admission: &Admission, request: &str) -> Refusal {
    match ask(admission, request) {
        Answer::Refuse(refusal) => refusal,
        _ => panic!("let in: {request}"),
    }
}

/// The status of the answer.
fn status(admission: &Admission, request: &str) -> u16 {
    match ask(admission, request) {
        Answer::Welcome(_) => 101,
        Answer::Refuse(refusal) => refusal.status,
        Answer::Reset => panic!("reset"),
    }
}

fn field<'a>(refusal: &'a Refusal, name: &str) -> &'a str {
    refusal.headers.get(name).map_or("", |value| std::str::from_utf8(value).expect("text"))
}

#[test]
fn without_options_every_handshake_is_let_in() {
    let open = new(AdmissionArgs::default(), false);
    let offers = handshake("/any?x", "Origin: https://evil.example\r\nSec-WebSocket-Protocol: a, b\r\n");
    let welcome = welcome(&open, &offers);
    assert_eq!((welcome.subprotocol.as_deref(), welcome.headers), (Some("a"), Headers::new()));
    assert_eq!(status(&open, &to_host("evil.example", "")), 101);
    assert_eq!(status(&open, &handshake("/", "").replace("Version: 13", "Version: 8")), 426);
    assert_eq!(status(&open, &handshake("/", "").replace("GET", "POST")), 405);
    assert_eq!(status(&open, &handshake("/", "").replace("Key: dGh", "Key: dG")), 400);
}

#[test]
fn the_subprotocol_is_chosen_in_the_order_of_the_server() {
    let args = AdmissionArgs { subprotocols: strings(&["v2", " v1", "v2"]), ..AdmissionArgs::default() };
    let two = new(args, false);
    let chosen = |offer: &str| {
        let line = format!("Sec-WebSocket-Protocol: {offer}\r\n");
        welcome(&two, &handshake("/", &line)).subprotocol
    };
    assert_eq!(chosen("v0, v1, v2").as_deref(), Some("v2"));
    assert_eq!(chosen("v1").as_deref(), Some("v1"));
    assert_eq!(chosen("V2, x"), None);
    assert_eq!(welcome(&two, &handshake("/", "")).subprotocol, None);
}

#[test]
fn fields_of_ours_stand_in_every_answer() {
    let headers = strings(&["X-One: 1", "Set-Cookie: a=b", "Set-Cookie: c=d", "Content-Type: text/x"]);
    let own = new(AdmissionArgs { headers, paths: strings(&["/a"]), ..AdmissionArgs::default() }, false);
    let welcome = welcome(&own, &handshake("/a", ""));
    assert_eq!(welcome.headers.get_all("set-cookie").count(), 2);
    for request in [handshake("/b", ""), plain("/a", ""), plain("/a", BROWSER)] {
        let refusal = refusal(&own, &request);
        assert_eq!(field(&refusal, "X-One"), "1");
        assert_eq!(refusal.headers.get_all("Set-Cookie").count(), 2);
        assert_eq!(refusal.headers.get_all("content-type").collect::<Vec<_>>(), [b"text/x"]);
    }
}

#[test]
fn options_that_cannot_be_are_refused() {
    let wrong = |args: AdmissionArgs| Admission::new(&args, false, names()).err();
    let bad = [
        "no colon",
        "X: a\r\nY: b",
        "X: \0",
        "X: a\nb",
        "a b: c",
        "Connection: close",
        "Content-Length: 5",
        "Sec-WebSocket-Accept: x",
        "sec-websocket-protocol: x",
    ];
    for header in bad {
        let args = AdmissionArgs { headers: strings(&[header]), ..AdmissionArgs::default() };
        let error = wrong(args).unwrap_or_else(|| panic!("{header:?} is taken"));
        let kind = error.downcast_ref::<Fault>().map(Fault::kind);
        assert_eq!(kind, Some(crate::command::FaultKind::Usage), "{header:?}");
    }
    let args = AdmissionArgs { subprotocols: strings(&["a b"]), ..AdmissionArgs::default() };
    assert!(wrong(args).is_some());
    let args = AdmissionArgs { hosts: strings(&["a/b"]), ..AdmissionArgs::default() };
    assert!(wrong(args).is_some());
}

#[test]
fn other_paths_are_not_found() {
    let paths = strings(&["/chat", "/rooms/*"]);
    let some = new(AdmissionArgs { paths, ..AdmissionArgs::default() }, false);
    let rows = [("/chat", 101), ("/chat?x=/y", 101), ("/rooms/1", 101), ("/", 404), ("/chat/", 404)];
    for (path, expected) in rows {
        assert_eq!(status(&some, &handshake(path, "")), expected, "{path}");
    }
    assert_eq!(status(&some, &plain("/", BROWSER)), 404);
    assert_eq!(status(&some, &plain("/chat", BROWSER)), 200);
}

#[test]
fn credentials_are_asked_for_pages_too() {
    let closed = new(AdmissionArgs { user: Some("jo:pw".into()), ..AdmissionArgs::default() }, false);
    let right = "Authorization: Basic am86cHc=\r\n";
    assert_eq!(status(&closed, &handshake("/", right)), 101);
    assert_eq!(status(&closed, &plain("/", &format!("{BROWSER}{right}"))), 200);
    for request in [handshake("/", ""), plain("/", BROWSER), handshake("/", "Authorization: Basic am86\r\n")]
    {
        let refusal = refusal(&closed, &request);
        assert_eq!(refusal.status, 401);
        assert!(field(&refusal, "WWW-Authenticate").starts_with("Basic realm="));
        assert!(!refusal.body.contains("pw"));
    }
}

#[test]
fn only_pages_of_named_origins_are_let_in() {
    let origins = strings(&["https://good.example", "other.example:81"]);
    let listed = new(AdmissionArgs { origins, ..AdmissionArgs::default() }, false);
    let rows = [
        ("Origin: https://good.example\r\n", 101),
        ("Origin: http://other.example:81\r\n", 101),
        ("", 101),
        ("Origin: http://good.example\r\n", 403),
        ("Origin: https://good.example.evil.example\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: http://localhost:8080\r\n", 403),
        ("Origin: https://good.example\r\nOrigin: https://evil.example\r\n", 403),
    ];
    for (line, expected) in rows {
        assert_eq!(status(&listed, &handshake("/", line)), expected, "{line}");
    }
    let web =
        new(AdmissionArgs { origins: strings(&["https://a"]), web: true, ..AdmissionArgs::default() }, false);
    assert_eq!(status(&web, &handshake("/", "Origin: http://localhost:8080\r\n")), 101);
}

#[test]
fn a_command_is_out_of_reach_of_foreign_pages() {
    let command = new(AdmissionArgs::default(), true);
    let rows = [
        ("Origin: http://localhost:8080\r\n", 101),
        ("Origin: HTTP://LOCALHOST:8080\r\n", 101),
        ("", 101),
        ("Origin: http://localhost:9090\r\n", 403),
        ("Origin: http://localhost\r\n", 403),
        ("Origin: https://evil.example\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: file://\r\n", 403),
    ];
    for (line, expected) in rows {
        assert_eq!(status(&command, &handshake("/", line)), expected, "{line}");
    }
    let named = AdmissionArgs { origins: strings(&["https://ok.example"]), ..AdmissionArgs::default() };
    let named = new(named, true);
    assert_eq!(status(&named, &handshake("/", "Origin: https://ok.example\r\n")), 101);
    assert_eq!(status(&named, &handshake("/", "Origin: http://localhost:8080\r\n")), 101);
    assert_eq!(status(&named, &handshake("/", "Origin: https://evil.example\r\n")), 403);
    let any = new(AdmissionArgs { origins: strings(&["*"]), ..AdmissionArgs::default() }, true);
    assert_eq!(status(&any, &handshake("/", "Origin: https://evil.example\r\n")), 101);
}

#[test]
fn a_default_port_is_the_same_with_and_without() {
    let command = new(AdmissionArgs { hosts: strings(&["h.example"]), ..AdmissionArgs::default() }, true);
    for (host, origin) in [("h.example", "https://h.example"), ("h.example:80", "http://h.example")] {
        assert_eq!(status(&command, &to_host(host, &format!("Origin: {origin}\r\n"))), 101, "{origin}");
    }
    let other = to_host("h.example:8080", "Origin: http://h.example\r\n");
    assert_eq!(status(&command, &other), 403);
}

#[test]
fn a_command_answers_to_its_own_names_only() {
    let command = new(AdmissionArgs::default(), true);
    let rows = [
        ("localhost", 101),
        ("LOCALHOST.:1", 101),
        ("127.0.0.1:8080", 101),
        ("[::1]:8080", 101),
        ("evil.example:8080", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.168.1.1", 421),
        ("a b", 400),
    ];
    for (host, expected) in rows {
        assert_eq!(status(&command, &to_host(host, "")), expected, "{host}");
        // A page that had its name point here is of the same host; its name gives it away.
        let own_page = to_host(host, &format!("Origin: http://{}\r\n", host.to_lowercase()));
        if expected == 421 {
            assert_eq!(status(&command, &own_page), 421, "{host}");
        }
    }
    let absolute = handshake("http://evil.example/", "");
    assert_eq!(status(&command, &absolute), 421);
    assert_eq!(status(&command, "GET / HTTP/1.0\r\n\r\n"), 400);
}

#[test]
fn names_can_be_added_or_any_be_taken() {
    let hosts = |list: &[&str], with_command| {
        new(AdmissionArgs { hosts: strings(list), ..AdmissionArgs::default() }, with_command)
    };
    let named = hosts(&["a.example", "b.example:81"], true);
    let rows = [("a.example", 101), ("a.example:5", 101), ("b.example:81", 101), ("b.example", 421)];
    for (host, expected) in rows {
        assert_eq!(status(&named, &to_host(host, "")), expected, "{host}");
    }
    assert_eq!(status(&hosts(&["*"], true), &to_host("x.example", "")), 101);
    let without_command = hosts(&["a.example"], false);
    assert_eq!(status(&without_command, &to_host("x.example", "")), 421);
    assert_eq!(status(&without_command, &to_host("localhost", "")), 101);
}

#[test]
fn on_all_addresses_any_address_is_a_name() {
    let all = Admission::new(&AdmissionArgs::default(), true, strings(&["localhost", "0.0.0.0"]));
    let all = all.expect("good options");
    assert_eq!(status(&all, &to_host("192.168.1.1:8080", "")), 101);
    assert_eq!(status(&all, &to_host("[fe80::1]", "")), 101);
    assert_eq!(status(&all, &to_host("rebound.example:8080", "")), 421);
}

#[test]
fn plain_requests_are_told_what_this_is() {
    let open = new(AdmissionArgs::default(), false);
    let words = refusal(&open, &plain("/", "Accept: */*\r\n"));
    assert_eq!((words.status, field(&words, "Upgrade")), (426, "websocket"));
    assert!(words.body.contains("WebSocket server"), "{}", words.body);
    let page = refusal(&open, &plain("/x", BROWSER));
    assert_eq!((page.status, field(&page, "Content-Type")), (200, "text/html; charset=utf-8"));
    assert!(field(&page, "Content-Security-Policy").starts_with("default-src 'none'"));
    assert!(page.body.contains("A WebSocket server") && !page.body.contains("<script>"));
    assert!(!page.head_only);
    let head = refusal(&open, &plain("/", BROWSER).replace("GET", "HEAD"));
    assert_eq!((head.status, head.head_only), (200, true));
    assert_eq!(status(&open, &plain("/", BROWSER).replace("GET", "POST")), 405);
}

#[test]
fn a_page_to_try_the_server_is_at_each_path_and_at_the_root() {
    let args = AdmissionArgs { web: true, paths: strings(&["/ws", "/b/*"]), ..AdmissionArgs::default() };
    let web = new(args, false);
    for path in ["/ws", "/ws?token=1", "/b/c"] {
        let page = refusal(&web, &plain(path, BROWSER));
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("<script>"));
        assert!(field(&page, "Content-Security-Policy").contains("connect-src 'self'"));
    }
    let root = refusal(&web, &plain("/", BROWSER));
    assert_eq!((root.status, field(&root, "Location")), (302, "/ws"));
    assert_eq!(status(&web, &plain("/other", BROWSER)), 404);
    assert_eq!(status(&web, &handshake("/", "")), 404);
    assert_eq!(status(&web, &plain("/ws", "")), 426);
    let everywhere = new(AdmissionArgs { web: true, ..AdmissionArgs::default() }, false);
    assert_eq!(status(&everywhere, &plain("/", BROWSER)), 200);
}
