//! Tables: what is typed, and what comes of it.

use super::*;

#[track_caller]
fn target(word: &str) -> Target {
    Target::parse(word).unwrap_or_else(|e| panic!("{word}: {e}"))
}

#[test]
fn words_that_are_targets() {
    // typed, URL shown, Host header, request target
    let rows = [
        ("ws://example.com", "ws://example.com/", "example.com", "/"),
        ("ws://example.com/", "ws://example.com/", "example.com", "/"),
        ("wss://example.com/a/b", "wss://example.com/a/b", "example.com", "/a/b"),
        ("http://example.com/a", "ws://example.com/a", "example.com", "/a"),
        ("https://example.com/a", "wss://example.com/a", "example.com", "/a"),
        ("WSS://EXAMPLE.com/A", "wss://example.com/A", "example.com", "/A"),
        ("ws://h:80/", "ws://h/", "h", "/"),
        ("ws://h:443/", "ws://h:443/", "h:443", "/"),
        ("wss://h:443/", "wss://h/", "h", "/"),
        ("wss://h:80/", "wss://h:80/", "h:80", "/"),
        ("ws://h:1/", "ws://h:1/", "h:1", "/"),
        ("ws://h:65535/", "ws://h:65535/", "h:65535", "/"),
        ("ws://h:00080/", "ws://h/", "h", "/"),
        ("ws://h:/x", "ws://h/x", "h", "/x"),
        ("localhost", "ws://localhost/", "localhost", "/"),
        ("LOCALHOST", "ws://localhost/", "localhost", "/"),
        ("localhost:8080/x", "ws://localhost:8080/x", "localhost:8080", "/x"),
        (":8080", "ws://localhost:8080/", "localhost:8080", "/"),
        (":8080/x?y", "ws://localhost:8080/x?y", "localhost:8080", "/x?y"),
        ("example.com", "ws://example.com/", "example.com", "/"),
        ("h/x", "ws://h/x", "h", "/x"),
        ("h:1", "ws://h:1/", "h:1", "/"),
        ("h/x?u=http://y", "ws://h/x?u=http://y", "h", "/x?u=http://y"),
        ("h.test?u=http://y", "ws://h.test/?u=http://y", "h.test", "/?u=http://y"),
        ("ws://h?x", "ws://h/?x", "h", "/?x"),
        ("ws://h/?", "ws://h/?", "h", "/?"),
        ("ws://h/a?b?c=/d", "ws://h/a?b?c=/d", "h", "/a?b?c=/d"),
        ("ws://h//a//", "ws://h//a//", "h", "//a//"),
        ("ws://h/a/../b/./c", "ws://h/a/../b/./c", "h", "/a/../b/./c"),
        ("ws://h/%41%zz%", "ws://h/%41%zz%", "h", "/%41%zz%"),
        ("ws://h/ü?ü=€", "ws://h/%C3%BC?%C3%BC=%E2%82%AC", "h", "/%C3%BC?%C3%BC=%E2%82%AC"),
        ("ws://h/\u{202e}x", "ws://h/%E2%80%AEx", "h", "/%E2%80%AEx"),
        ("ws://h/{\"a\":[1]}", "ws://h/%7B%22a%22:[1]%7D", "h", "/%7B%22a%22:[1]%7D"),
        ("ws://h/a@b:c", "ws://h/a@b:c", "h", "/a@b:c"),
        ("ws://h?q=a@b", "ws://h/?q=a@b", "h", "/?q=a@b"),
        ("ws://user:pw@h/", "ws://h/", "h", "/"),
        ("user:pw@h.test:8/x", "ws://h.test:8/x", "h.test:8", "/x"),
        ("ws://127.0.0.1:8080/", "ws://127.0.0.1:8080/", "127.0.0.1:8080", "/"),
        ("127.1", "ws://127.0.0.1/", "127.0.0.1", "/"),
        ("ws://127.1/", "ws://127.0.0.1/", "127.0.0.1", "/"),
        ("ws://0x7f000001/", "ws://127.0.0.1/", "127.0.0.1", "/"),
        ("ws://2130706433/", "ws://127.0.0.1/", "127.0.0.1", "/"),
        ("ws://[::1]/", "ws://[::1]/", "[::1]", "/"),
        ("[::1]:8080", "ws://[::1]:8080/", "[::1]:8080", "/"),
        ("ws://[0:0:0:0:0:0:0:1]/", "ws://[::1]/", "[::1]", "/"),
        ("ws://[FE80::1]/", "ws://[fe80::1]/", "[fe80::1]", "/"),
        ("ws://[fe80::1%25eth0]:90/", "ws://[fe80::1%25eth0]:90/", "[fe80::1]:90", "/"),
        ("ws://[fe80::1%eth0]/", "ws://[fe80::1%25eth0]/", "[fe80::1]", "/"),
        ("ws://[fe80::1%3]/", "ws://[fe80::1%253]/", "[fe80::1]", "/"),
        ("ws://[fe80::1%25en%2e0]/", "ws://[fe80::1%25en.0]/", "[fe80::1]", "/"),
        ("ws://example.com./", "ws://example.com./", "example.com.", "/"),
        ("ws://ex%61mple.com/", "ws://example.com/", "example.com", "/"),
        ("ws://a_b.test/", "ws://a_b.test/", "a_b.test", "/"),
        ("ws://bücher.example/", "ws://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
        ("ws://ＥＸＡＭＰＬＥ.com/", "ws://example.com/", "example.com", "/"),
        ("ws://例え.テスト:9/", "ws://xn--r8jz45g.xn--zckzah:9/", "xn--r8jz45g.xn--zckzah:9", "/"),
    ];
    for (word, url, authority, path) in rows {
        let target = target(word);
        assert_eq!(target.url(), url, "{word}");
        assert_eq!(target.authority(), authority, "{word}");
        assert_eq!(target.path_and_query(), path, "{word}");
        assert_eq!(Target::parse(url).as_ref().map(Target::url), Ok(url.to_owned()), "{word} again");
    }
}

#[test]
fn words_that_are_not() {
    let host = |host: &str, why: &str| TargetError::Host { host: host.to_owned(), why: why.to_owned() };
    let colons = "more than one colon; an IPv6 address is written in brackets";
    let rows = [
        ("", TargetError::Unlikely(String::new())),
        ("sreve", TargetError::Unlikely("sreve".into())),
        ("localhost?x", TargetError::Unlikely("localhost?x".into())),
        ("ftp://h/", TargetError::Scheme("ftp".into())),
        ("://h/", TargetError::Scheme(String::new())),
        ("ws+unix://h/", TargetError::Scheme("ws+unix".into())),
        ("wß://h/", TargetError::Scheme("wß".into())),
        ("ws://h/#", TargetError::Fragment(String::new())),
        ("ws://h/a#b#c", TargetError::Fragment("b#c".into())),
        ("ws://h#b", TargetError::Fragment("b".into())),
        ("ws://", TargetError::EmptyHost),
        ("ws:///x", TargetError::EmptyHost),
        ("ws://:80/", TargetError::EmptyHost),
        ("ws://u@/", TargetError::EmptyHost),
        ("ws://?x", TargetError::EmptyHost),
        ("/x", TargetError::EmptyHost),
        ("ws://h:0/", TargetError::Port("0".into())),
        ("ws://h:65536/", TargetError::Port("65536".into())),
        ("ws://h:99999/", TargetError::Port("99999".into())),
        ("ws://h:99999999999999999999/", TargetError::Port("99999999999999999999".into())),
        ("ws://h:x/", TargetError::Port("x".into())),
        ("ws://h:+80/", TargetError::Port("+80".into())),
        ("ws://h:-1/", TargetError::Port("-1".into())),
        ("ws://h:８０/", TargetError::Port("８０".into())),
        ("ws:/h", TargetError::Port(String::new())),
        ("h:", TargetError::Port(String::new())),
        ("ws://[::1]:x/", TargetError::Port("x".into())),
        ("ws://h\\x", TargetError::Backslash),
        ("ws:\\\\h", TargetError::Backslash),
        ("ws://h/?a\\b", TargetError::Backslash),
        ("ws://h/a b", TargetError::Character(' ')),
        (" ws://h/", TargetError::Character(' ')),
        ("ws://h/\r\nX: y", TargetError::Character('\r')),
        ("ws://h/\0", TargetError::Character('\0')),
        ("ws://h/\u{9b}2J", TargetError::Character('\u{9b}')),
        ("ws://h/\u{a0}", TargetError::Character('\u{a0}')),
        (
            "ws://a@b@h/",
            TargetError::Userinfo("an `@` more than once; in a name or password it is written `%40`"),
        ),
        ("ws://u:%0d%0a@h/", TargetError::Userinfo("a control character")),
        ("ws://u:%00@h/", TargetError::Userinfo("a control character")),
        ("ws://%ff@h/", TargetError::Userinfo("bytes that are not UTF-8")),
        (
            "ws://u%4@h/",
            TargetError::Userinfo("a percent sign without two hex digits; itself it is written `%25`"),
        ),
        ("ws://::1/", host("::1", colons)),
        ("h.test:1:2", host("h.test:1:2", colons)),
        ("ws://[::1/", host("[::1", "the `]` is missing")),
        ("ws://[::1]x/", host("[::1]x", "something follows the bracket")),
        ("ws://[]/", host("[]", "not an IPv6 address")),
        ("ws://[127.0.0.1]/", host("[127.0.0.1]", "not an IPv6 address")),
        ("ws://[::g]/", host("[::g]", "not an IPv6 address")),
        ("ws://a..b/", host("a..b", "it has an empty label")),
        ("ws://./", host(".", "it has an empty label")),
        ("./x", host(".", "it has an empty label")),
        ("ws://h%zz/", host("h%zz", "a percent sign must be followed by two hex digits")),
        ("ws://h%/", host("h%", "a percent sign must be followed by two hex digits")),
        ("ws://[fe80::1%25]/", TargetError::Zone("25".into())),
        ("ws://[fe80::1%]/", TargetError::Zone(String::new())),
        ("ws://[fe80::1%25a%0ab]/", TargetError::Zone("25a%0ab".into())),
    ];
    for (word, error) in rows {
        assert_eq!(Target::parse(word), Err(error), "{word:?}");
    }
    // Where the reason is the crate's, only the part matters.
    for word in
        ["ws://h%2fx/", "ws://256.1.1.1/", "ws://1.2.3.4.5/", "ws://a<b/", "ws://h%00/", "ws://xn--a/"]
    {
        assert!(matches!(Target::parse(word), Err(TargetError::Host { .. })), "{word}");
    }
}

#[test]
fn userinfo_is_decoded_and_never_shown() {
    let rows = [
        ("ws://u@h/", Some(("u", None))),
        ("ws://u:p@h/", Some(("u", Some("p")))),
        ("ws://u:@h/", Some(("u", Some("")))),
        ("ws://:p@h/", Some(("", Some("p")))),
        ("ws://u%40x:p%3a%25:q@h/", Some(("u@x", Some("p:%:q")))),
        ("ws://%C3%BC@h/", Some(("ü", None))),
        ("ws://@h/", None),
        ("ws://h/", None),
    ];
    for (word, expected) in rows {
        let expected =
            expected.map(|(name, pass): (&str, Option<&str>)| (name.to_owned(), pass.map(str::to_owned)));
        assert_eq!(target(word).userinfo(), expected.as_ref(), "{word}");
    }
    let secret = target("ws://user:hunter2@h/x");
    assert!(!format!("{secret} {secret:?}").contains("hunter2"));
    let twice = Target::parse("ws://user:hunter2@x@h/").map_err(|e| e.to_string());
    assert!(twice.is_err_and(|text| !text.contains("hunter2")));
}

#[test]
fn names_for_tls_and_for_people() {
    assert_eq!(target("wss://Example.com.").tls_name(), "example.com");
    assert_eq!(target("wss://[fe80::1%25eth0]").tls_name(), "fe80::1");
    assert_eq!(target("wss://bücher.example").tls_name(), "xn--bcher-kva.example");
    assert_eq!(target("ws://xn--bcher-kva.example").unicode_host(), Some("bücher.example"));
    assert_eq!(target("ws://example.com").unicode_host(), None);
    assert_eq!(target("ws://127.0.0.1").unicode_host(), None);
    assert_eq!(target("ws://h/").host_and_port(), "h:80");
}

#[test]
fn redirects() {
    let rows: [(&str, &[u8], &str); 17] = [
        ("ws://h/a/b?q", b"/c", "ws://h/c"),
        ("ws://h/a/b?q", b"c?d", "ws://h/a/c?d"),
        ("ws://h/a/b?q", b"../c", "ws://h/c"),
        ("ws://h/a/b?q", b"?x", "ws://h/a/b?x"),
        ("ws://h/a/b?q", b"", "ws://h/a/b?q"),
        ("ws://h/a", b"#frag", "ws://h/a"),
        ("ws://h:81/a/b", b"./c;d", "ws://h:81/a/c;d"),
        ("ws://h:81/a", b"//other/c", "ws://other/c"),
        ("wss://h/a", b"//other:444/c", "wss://other:444/c"),
        ("ws://h/a", b"wss://other/c#frag", "wss://other/c"),
        ("ws://h/a", b"https://other/c", "wss://other/c"),
        ("ws://h/a", b"HTTP://OTHER:8080", "ws://other:8080/"),
        ("ws://h/a", b"  /c d ", "ws://h/c%20d"),
        ("ws://h/a", b"/\xfc\xff", "ws://h/%FC%FF"),
        ("ws://h/a", "/ü".as_bytes(), "ws://h/%C3%BC"),
        ("ws://h/a", "ws://bücher.example/".as_bytes(), "ws://xn--bcher-kva.example/"),
        ("ws://h/a", b"/login?next=ws://h/a", "ws://h/login?next=ws://h/a"),
    ];
    for (from, location, to) in rows {
        let next = target(from).redirect(location).map(|t| t.url());
        assert_eq!(next, Ok(to.to_owned()), "{from} {}", location.escape_ascii());
    }
    let refused: [&[u8]; 8] = [
        b"mailto:a@b",
        b"javascript:alert(1)",
        b"http:other",
        b"ftp://h/",
        b"ws://h:0/",
        b"/\\other/",
        b"/a\x1b[2J",
        b"//",
    ];
    for location in refused {
        assert!(target("ws://h/a").redirect(location).is_err(), "{}", location.escape_ascii());
    }
}

#[test]
fn a_redirect_keeps_userinfo_at_its_origin_only() {
    let from = target("ws://u:p@h:81/a");
    let named = |location: &[u8]| from.redirect(location).ok().and_then(|t| t.userinfo().cloned());
    let own = Some(("u".to_owned(), Some("p".to_owned())));
    assert_eq!(named(b"/b"), own);
    assert_eq!(named(b"http://h:81/b"), own);
    assert_eq!(named(b"http://evil:x@h:81/b"), own);
    assert_eq!(named(b"ws://h/b"), None);
    assert_eq!(named(b"wss://h:81/b"), None);
    assert_eq!(named(b"ws://x:y@other:81/b"), None);
    assert!(from.same_origin(&target("http://H:81/other")));
}
