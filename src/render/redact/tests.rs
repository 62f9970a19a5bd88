//! Tables of what is hidden, and of what must stay. Each row of the first kind is also tried with `show_secrets`
//! where that takes the same road.

use super::*;

const HIDE: Redactor = Redactor { show_secrets: false };

fn head(text: &str) -> String {
    String::from_utf8(HIDE.head(text.as_bytes()).into_owned()).expect("was text before")
}

#[test]
fn urls_in_text() {
    let table = [
        ("ws://user:pw@host/x", "ws://<redacted>@host/x"),
        ("could not connect to wss://bob@h: refused", "could not connect to wss://<redacted>@h: refused"),
        ("\"ws://a:b@[::1]:80/\"", "\"ws://<redacted>@[::1]:80/\""),
        ("ws://u:p/w?@host/", "ws://<redacted>@host/"),
        ("ws://u:p@w@host", "ws://<redacted>@host"),
        ("user:pw@localhost:8080", "<redacted>@localhost:8080"),
        ("//u:p@host/x", "//<redacted>@host/x"),
        ("ws:\\\\u:p@host", "ws:\\\\<redacted>@host"),
        ("ws:/u:p@host/x", "ws:/<redacted>@host/x"),
        ("ws://h/?token=abc&x=1", "ws://h/?token=<redacted>&x=1"),
        ("ws://h/?x=1&ACCESS_TOKEN=a;b?c#f", "ws://h/?x=1&ACCESS_TOKEN=<redacted>#f"),
        ("ws://h/?%74oken=abc", "ws://h/?%74oken=<redacted>"),
        ("/x?key=1&api_key=2&api-key=3", "/x?key=<redacted>&api_key=<redacted>&api-key=<redacted>"),
        ("/?secret=s&sig=t&password=u", "/?secret=<redacted>&sig=<redacted>&password=<redacted>"),
        ("/cb#access_token=abc", "/cb#access_token=<redacted>"),
        ("?next=http://a:b@c/?token=d", "?next=http://<redacted>@c/?token=<redacted>"),
        ("sent Bearer abc123, got 401", "sent Bearer <redacted>, got 401"),
    ];
    for (text, shown) in table {
        assert_eq!(HIDE.text(text), shown);
        assert_eq!(Redactor { show_secrets: true }.text(text), text);
    }
}

#[test]
fn what_is_no_secret_stays() {
    let table = [
        "ws://host:80/a@b?monkey=1&tokens=2&x=key",
        "ws://[fe80::1%25eth0]:8080/",
        "/a//b@c",
        "?token=",
        "mail bob@example.com",
        "Bearer realm=\"x\"",
        "a bearer token is missing",
        "12:30:00 connected",
    ];
    for text in table {
        assert_eq!(HIDE.text(text), text);
    }
}

#[test]
fn heads_in_any_shape() {
    let table = [
        ("Authorization: Basic abc\r\n", "Authorization: <redacted>\r\n"),
        ("AUTHORIZATION:abc\r\nHost: h\r\n", "AUTHORIZATION:<redacted>\r\nHost: h\r\n"),
        ("authorization \t:  abc\n", "authorization \t:  <redacted>\n"),
        ("Authorization abc\r\n", "Authorization <redacted>\r\n"),
        ("Proxy-Authorization: x y\r\n", "Proxy-Authorization: <redacted>\r\n"),
        ("Cookie: a=b; c=d\r\nSet-Cookie: e=f\r\n", "Cookie: <redacted>\r\nSet-Cookie: <redacted>\r\n"),
        (
            "Cookie: a=b;\r\n c=d\r\n\te=f\r\nX: y\r\n",
            "Cookie: <redacted>\r\n <redacted>\r\n\t<redacted>\r\nX: y\r\n",
        ),
        ("Cookie:\r\n", "Cookie:\r\n"),
        ("X: a\rCookie: b\r\n", "X: a\rCookie: <redacted>\r\n"),
        ("GET /?token=a HTTP/1.1\r\n\r\n", "GET /?token=<redacted> HTTP/1.1\r\n\r\n"),
        ("Location: /x?sig=1\r\n", "Location: /x?sig=<redacted>\r\n"),
        ("Origin: http://u:p@h\r\n", "Origin: http://<redacted>@h\r\n"),
        ("Referer:\r\n http://h/?key=k\r\n", "Referer:\r\n http://h/?key=<redacted>\r\n"),
        ("X-Upstream: Bearer abcdefghijklmnop\r\n", "X-Upstream: Bearer <redacted>\r\n"),
    ];
    for (text, shown) in table {
        assert_eq!(head(text), shown);
    }
    let plain = "GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_eq!(head(plain), plain);
}

#[test]
fn subprotocols_that_carry_tokens() {
    let table = [
        ("bearer, abc", "bearer, <redacted>"),
        ("chat,Bearer , abc , v2", "chat,Bearer , <redacted> , v2"),
        ("bearer.abc", "bearer.<redacted>"),
        ("chat, access_token.abc.def", "chat, access_token.<redacted>"),
        (
            "base64url.bearer.authorization.k8s.io.QUJD, v4",
            "base64url.bearer.authorization.k8s.io.<redacted>, v4",
        ),
        (
            "realtime, openai-insecure-api-key.sk-1, beta",
            "realtime, openai-insecure-api-key.<redacted>, beta",
        ),
        ("header-eyJhbGciOiJIUzI1NiJ9", "header-<redacted>"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", "<redacted>"),
        ("authorization, bearer, abc", "authorization, bearer, <redacted>"),
        ("graphql-transport-ws, chat.v2, mqtt", "graphql-transport-ws, chat.v2, mqtt"),
    ];
    for (value, shown) in table {
        assert_eq!(
            head(&format!("sec-websocket-PROTOCOL: {value}\r\n")),
            format!("sec-websocket-PROTOCOL: {shown}\r\n")
        );
    }
}

#[test]
fn a_token_on_a_line_of_its_own_is_found() {
    let shown = head("Sec-WebSocket-Protocol: bearer\r\nSec-WebSocket-Protocol: abc\r\n");
    assert_eq!(shown, "Sec-WebSocket-Protocol: bearer\r\nSec-WebSocket-Protocol: <redacted>\r\n");
}

#[test]
fn a_token_echoed_by_the_server_is_hidden_everywhere() {
    let field = |value: &str| vec![("Sec-WebSocket-Protocol".to_owned(), value.as_bytes().to_vec())];
    let opened = Opened {
        url: "ws://h/?token=abc".to_owned(),
        subprotocol: Some("abc".to_owned()),
        offered_subprotocols: vec!["bearer".to_owned(), "abc".to_owned()],
        request_head: b"GET /?token=abc HTTP/1.1\r\nSec-WebSocket-Protocol: bearer, abc\r\n\r\n".to_vec(),
        response_head: b"HTTP/1.1 101 x\r\nSec-WebSocket-Protocol: abc\r\n\r\n".to_vec(),
        request_headers: field("bearer, abc"),
        response_headers: field("abc"),
        ..Opened::default()
    };
    let hidden = HIDE.opened(&opened);
    assert!(!format!("{hidden:?}").contains("abc"), "{hidden:?}");
    assert!(!String::from_utf8_lossy(&hidden.request_head).contains("abc"));
    assert!(!String::from_utf8_lossy(&hidden.response_head).contains("abc"));
    assert_eq!(hidden.response_headers, field("<redacted>"));
    let shown = Redactor { show_secrets: true }.opened(&opened).into_owned();
    assert_eq!(shown.request_head, opened.request_head);
}
