//! RFC 6455 §4 as a client: which answers to the opening handshake are taken, and which are refused.
//!
//! Most rows come in pairs: one form that is legal and one that is not, each the other's twin.

use super::row::{PROPER, Row, Severity, close, text};
use crate::common::frames;

const CLIENT: &str = "RFC 6455 §4.1";
const EXAMPLE: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=";

pub fn rows() -> Vec<Row> {
    [status_line(), interim(), upgrade(), accept(), subprotocol(), extensions(), grammar()].concat()
}

/// A reply that is taken: what follows it in the same bytes is a message and a close.
fn taken(id: &str, section: &'static str, sentence: &str, reply: &str, twin: &str) -> Row {
    let mut row = Row::new(format!("4-{id}"), section, sentence)
        .replies(reply)
        .sends([frames::text("first"), frames::close(1000, "")].concat())
        .twin_reply(twin);
    row.expected.events = vec![text("first"), close(Some(1000), "")];
    row.expected.answers = vec![close(Some(1000), "")];
    row.expected.exit = Some(0);
    row
}

/// A reply that is refused in these words; its twin is taken.
fn refused(id: &str, section: &'static str, sentence: &str, reply: &str, words: &str, twin: &str) -> Row {
    taken(id, section, sentence, reply, twin).refused(words)
}

fn offering(mut row: Row, subprotocols: &'static str) -> Row {
    row.setting.subprotocols = subprotocols;
    row
}

/// The proper reply with this line more.
fn with(line: &str) -> String {
    PROPER.replace("Upgrade\r\n", &format!("Upgrade\r\n{line}\r\n"))
}

fn status_line() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [
        "200 OK",
        "201 Created",
        "204 No Content",
        "301 Moved Permanently",
        "307 Temporary Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "426 Upgrade Required",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let reply = PROPER.replace("101 Switching Protocols", status);
        let reply = reply.replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n");
        let (id, sentence) = (format!("status-{}", &status[..3]), format!("{status} is no agreement"));
        rows.push(refused(&id, CLIENT, &sentence, &reply, &status[..3], PROPER));
    }
    for (name, phrase, severity) in [
        ("none", "", Severity::Must),
        ("odd", " Fine by me!", Severity::Must),
        ("latin1", " Wechsel \u{e9}", Severity::Should),
    ] {
        let reply = PROPER.replace(" Switching Protocols", phrase);
        let twin = reply.replace(" 101", " 200");
        rows.push(
            taken(&format!("phrase-{name}"), "RFC 9112 §4", "The reason phrase means nothing", &reply, &twin)
                .severity(severity),
        );
    }
    for (name, version, words) in [
        ("1.0", "HTTP/1.0", "HTTP/1.0"),
        ("2", "HTTP/2", "HTTP/2"),
        ("2.0", "HTTP/2.0", "HTTP/2.0"),
        ("none", "", "HTTP"),
        ("lower-case", "http/1.1", "HTTP"),
        ("other", "ICY", "HTTP"),
    ] {
        let reply = PROPER.replace("HTTP/1.1", version);
        let id = format!("version-{name}");
        rows.push(refused(&id, CLIENT, "The version is HTTP/1.1", &reply, words, PROPER));
    }
    for (name, status) in [("letters", "1x1"), ("two-digits", "10"), ("four-digits", "1010"), ("low", "099")]
    {
        let reply = PROPER.replace(" 101 ", &format!(" {status} "));
        let id = format!("status-{name}");
        rows.push(refused(&id, "RFC 9112 §4", "A status has three digits", &reply, "RFC 9112", PROPER));
    }
    rows
}

fn interim() -> Vec<Row> {
    let mut rows = Vec::new();
    let spoilt = PROPER.replace("{accept}", EXAMPLE);
    for (name, before) in [
        ("100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("102", "HTTP/1.1 102 Processing\r\n\r\n".to_owned()),
        ("103", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_owned()),
        ("199", "HTTP/1.1 199 Odd\r\nUpgrade: h2c\r\n\r\n".to_owned()),
        ("two", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n".to_owned()),
        ("ten", "HTTP/1.1 102 Processing\r\n\r\n".repeat(10)),
    ] {
        let (id, sentence) =
            (format!("interim-{name}"), format!("Interim responses are passed over: {name}"));
        let (reply, twin) = (format!("{before}{PROPER}"), format!("{before}{spoilt}"));
        rows.push(taken(&id, "RFC 9110 §15.2", &sentence, &reply, &twin));
    }
    let ten = "HTTP/1.1 102 Processing\r\n\r\n".repeat(10);
    let eleven = format!("HTTP/1.1 102 Processing\r\n\r\n{ten}{PROPER}");
    let (sentence, twin) = ("More than ten interim responses are too many", format!("{ten}{PROPER}"));
    rows.push(
        refused("interim-eleven", "RFC 6455 §10.4", sentence, &eleven, "1xx", &twin)
            .severity(Severity::Inform),
    );
    rows
}

fn upgrade() -> Vec<Row> {
    let mut rows = Vec::new();
    let upgrade = |value: &str| PROPER.replace("Upgrade: websocket", &format!("Upgrade:{value}"));
    for (name, good, bad) in [
        ("mixed-case", " WebSocket", " WebSockets"),
        ("upper-case", " WEBSOCKET", " WEB-SOCKET"),
        ("no-blank", "websocket", "ebsocket"),
        ("blanks", "  websocket \t", "  web socket"),
        ("other", " websocket", " h2c"),
        ("version", " websocket", " websocket/13"),
        ("empty", " websocket", ""),
    ] {
        rows.extend(pair("upgrade", name, "Upgrade", &upgrade(good), &upgrade(bad)));
    }
    let missing = PROPER.replace("Upgrade: websocket\r\n", "");
    rows.extend(pair("upgrade", "missing", "Upgrade", &with("X-Other: 1"), &missing));
    let connection = |value: &str| PROPER.replace("Connection: Upgrade", &format!("Connection:{value}"));
    for (name, good, bad) in [
        ("lower-case", " upgrade", " upgraded"),
        ("list", " keep-alive, Upgrade", " keep-alive"),
        ("list-first", " Upgrade, keep-alive", " close"),
        ("empty-elements", " , ,\tupgrade ,", " , ,"),
        ("no-blanks", "a,UPGRADE,b", "a,UPGRADES,b"),
        ("two-lines", " keep-alive\r\nConnection: upgrade", " keep-alive\r\nConnection: close"),
        ("one-token", " Upgrade", " keep-alive Upgrade"),
        ("hyphen", " Upgrade", " Upgrade-Insecure"),
    ] {
        rows.extend(pair("connection", name, "Connection", &connection(good), &connection(bad)));
    }
    let missing = PROPER.replace("Connection: Upgrade\r\n", "");
    rows.push(refused("connection-missing", CLIENT, "Connection is there", &missing, "Connection", PROPER));
    rows
}

/// Two rows about a field, each the other's twin.
fn pair(field: &str, name: &str, words: &str, good: &str, bad: &str) -> [Row; 2] {
    let sentence = |what: &str| format!("{words} {what}: {name}");
    [
        taken(&format!("{field}-{name}-good"), CLIENT, &sentence("as it may be"), good, bad),
        refused(&format!("{field}-{name}-bad"), CLIENT, &sentence("as it may not be"), bad, words, good),
    ]
}

fn accept() -> Vec<Row> {
    let accept = |value: &str| PROPER.replace(": {accept}", &format!(":{value}"));
    let mut rows = Vec::new();
    for (name, good, bad) in [
        ("wrong", " {accept}", " s3pPLMBiTxaQ9kYGzzhZRbK+xOp="),
        ("blanks", "   {accept}\t ", "   {accept}\t="),
        ("no-blank", "{accept}", "x{accept}"),
        ("empty", " {accept}", ""),
        ("quoted", " {accept}", " \"{accept}\""),
        ("longer", " {accept}", " {accept}, {accept}"),
        ("not-base64", " {accept}", " \u{e9}"),
    ] {
        rows.extend(pair("accept", name, "Sec-WebSocket-Accept", &accept(good), &accept(bad)));
    }
    let missing = PROPER.replace("Sec-WebSocket-Accept: {accept}\r\n", "");
    rows.push(refused(
        "accept-missing",
        CLIENT,
        "The hash is there",
        &missing,
        "Sec-WebSocket-Accept",
        PROPER,
    ));
    for (name, line) in [("same", "{accept}"), ("other", EXAMPLE)] {
        let reply = with(&format!("Sec-WebSocket-Accept: {line}"));
        let id = format!("accept-twice-{name}");
        rows.push(refused(&id, "RFC 6455 §11.3.3", "The hash comes once", &reply, "§11.3.3", PROPER));
    }
    rows
}

fn subprotocol() -> Vec<Row> {
    let chosen = |name: &str| with(&format!("Sec-WebSocket-Protocol: {name}"));
    let mut rows = Vec::new();
    for (name, good, bad) in [
        ("first", "chat", "chats"),
        ("second", "chat.v2", "chat.v3"),
        ("case", "chat", "Chat"),
        ("blanks", "  chat ", "  ch at "),
        ("one", "chat.v2", "chat, chat.v2"),
        ("empty", "chat", ""),
    ] {
        let [taken, refused] = pair("protocol", name, "subprotocol", &chosen(good), &chosen(bad));
        rows.extend([offering(taken, "chat,chat.v2"), offering(refused, "chat,chat.v2")]);
    }
    let nothing = taken("protocol-none", CLIENT, "A server may choose none", PROPER, &chosen("other"));
    rows.push(offering(nothing, "chat").severity(Severity::Should));
    let (words, sentence) = ("not offered", "A subprotocol that was not offered");
    rows.push(refused("protocol-unasked", CLIENT, sentence, &chosen("chat"), words, PROPER));
    let twice = chosen("chat\r\nSec-WebSocket-Protocol: chat");
    let row =
        refused("protocol-twice", "RFC 6455 §11.3.4", "It comes once", &twice, "§11.3.4", &chosen("chat"));
    rows.push(offering(row, "chat,chat.v2"));
    rows
}

fn extensions() -> Vec<Row> {
    let chosen = |value: &str| with(&format!("Sec-WebSocket-Extensions: {value}"));
    let mut rows = Vec::new();
    for (name, value) in [
        ("deflate", "permessage-deflate"),
        ("unknown", "x-unknown"),
        ("parameters", "x-unknown; a=1; b"),
        ("old", "x-webkit-deflate-frame"),
    ] {
        let sentence = format!("An extension that was not offered: {value}");
        let id = format!("extension-unasked-{name}");
        rows.push(refused(&id, CLIENT, &sentence, &chosen(value), "not offered", PROPER));
    }
    let both = chosen("permessage-deflate, x-other");
    let mut row =
        refused("extension-and-other", CLIENT, "One was offered, two come", &both, "x-other", PROPER);
    row.setting.compress = true;
    rows.push(row);
    let twice = chosen("permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate");
    let sentence = "The field comes once in a response";
    let mut row = refused("extension-twice", "RFC 6455 §11.3.2", sentence, &twice, "§11.3.2", PROPER);
    row.setting.compress = true;
    rows.push(row);
    rows
}

fn grammar() -> Vec<Row> {
    let mut rows = vec![
        taken(
            "fields-any-case",
            "RFC 9110 §5.1",
            "Names of fields have no case",
            &PROPER.to_lowercase().replace("http/1.1", "HTTP/1.1"),
            &PROPER.to_lowercase().replace("http/1.1", "HTTP/1.1").replace("connection", "connections"),
        ),
        taken(
            "fields-others",
            "RFC 9110 §5.1",
            "Other fields, twice and empty too, mean nothing",
            &with("Server: a\r\nServer: b\r\nX-Empty:\r\nX-Odd: \u{e9}"),
            &with("Server: a\r\nServer: b\r\nX-Empty:\r\nUpgrade: h2c"),
        ),
        taken(
            "line-feeds",
            "RFC 9112 §2.2",
            "A bare line feed ends a line too",
            &PROPER.replace("\r\n", "\n"),
            &PROPER.replace("\r\n", "\n").replace("{accept}", EXAMPLE),
        )
        .severity(Severity::Inform),
    ];
    for (name, line) in [
        ("no-colon", "broken header line"),
        ("blank-before-colon", "X-A : b"),
        ("folded", "X-A: b\r\n c"),
        ("nul", "X-A: \0"),
        ("bare-cr", "X-A: a\rb"),
        ("empty-name", ": b"),
    ] {
        let sentence = format!("A field that breaks the grammar: {name}");
        let id = format!("field-{name}");
        rows.push(refused(&id, "RFC 9112 §5", &sentence, &with(line), "RFC 9112", &with("X-A: b")));
    }
    for (name, line) in [
        ("long-line", format!("X-A: {}", "x".repeat(9000))),
        ("many-fields", "X-A: b\r\n".repeat(130) + "X-A: b"),
    ] {
        let sentence = format!("A head has a limit: {name}");
        let row = refused(name, "RFC 6455 §10.4", &sentence, &with(&line), "head", &with("X-A: b"));
        rows.push(row.severity(Severity::Inform));
    }
    for (name, first, words) in [
        ("tls", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{16}", "TLS"),
        ("ssh", "SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        ("smtp", "220 mail.test ESMTP\r\n", "HTTP"),
        ("empty-line", "\r\n", "HTTP"),
    ] {
        let reply = format!("{first}{PROPER}");
        let id = format!("not-http-{name}");
        rows.push(refused(&id, CLIENT, &format!("What comes is not HTTP: {name}"), &reply, words, PROPER));
    }
    rows
}
