//! `-H` and what else becomes a header field: read, checked and refused before anything is sent.

use anyhow::Result;

use crate::command::Fault;
use crate::command::args::Connecting;
use crate::session::opening::Fields;
use crate::wire::deflate;
use crate::wire::handshake::{is_token, valid_value};

/// The fields of the opening handshake that anybody may set: what they hold is offered. The others need
/// `--unsafe-handshake`.
const OFFERS: [&str; 2] = ["sec-websocket-protocol", "sec-websocket-extensions"];

/// The header fields and the subprotocols asked for.
pub struct Asked {
    pub fields: Fields,
    pub subprotocols: Vec<String>,
}

/// Reads all options that become header fields, `authorization` among them.
pub fn read(options: &Connecting, authorization: Option<String>) -> Result<Asked> {
    let mut asked = Asked { fields: Fields::default(), subprotocols: Vec::new() };
    for name in &options.subprotocols {
        add_subprotocol(&mut asked, name.trim_matches([' ', '\t']))?;
    }
    let named = [
        ("User-Agent", "--user-agent", options.user_agent.clone()),
        ("Origin", "--origin", options.origin.clone()),
        ("Authorization", "--user", authorization),
        ("Cookie", "--cookie", options.cookie.clone()),
    ];
    for (name, option, value) in named {
        let Some(value) = value else { continue };
        check_value(option, name, value.as_bytes())?;
        asked.fields.own.push((name.to_owned(), value.into_bytes()));
    }
    for header in &options.headers {
        match header.strip_prefix('@') {
            Some(path) => read_file(&mut asked, path, options.unsafe_handshake)?,
            None => add(&mut asked, header, options.unsafe_handshake)?,
        }
    }
    Ok(asked)
}

/// The offers of `--compress`: as written, with the extension's name before them where it is missing.
pub fn compression(offers: &str) -> Result<String> {
    let first = offers.split([';', ',']).next().unwrap_or_default().trim();
    let offers = match first {
        "" if offers.trim().is_empty() => deflate::NAME.to_owned(),
        name if name.eq_ignore_ascii_case(deflate::NAME) => offers.to_owned(),
        _ => format!("{}; {offers}", deflate::NAME),
    };
    for offer in offers.split(',') {
        let check = deflate::check_offer(offer.trim());
        check.map_err(|bad| {
            Fault::usage(format!("--compress: {bad}"))
                .hint("-H 'Sec-WebSocket-Extensions: permessage-deflate; …' sends any offer")
        })?;
    }
    Ok(offers)
}

fn read_file(asked: &mut Asked, path: &str, unsafe_handshake: bool) -> Result<()> {
    for line in lines("-H", path)?.lines().filter(|line| !line.trim().is_empty()) {
        add(asked, line, unsafe_handshake)?;
    }
    Ok(())
}

/// The text of a file of header fields.
pub fn lines(option: &str, path: &str) -> Result<String> {
    let text = super::named::read_named(option, path)?;
    let text = String::from_utf8(text);
    Ok(text.map_err(|_| Fault::local(format!("{option} @{path}: the file is not UTF-8")))?)
}

/// One `Name: value`. The same name as one of the other options replaces that.
fn add(asked: &mut Asked, header: &str, unsafe_handshake: bool) -> Result<()> {
    let (name, value) = field("-H", header)?;
    let lower = name.to_ascii_lowercase();
    if lower == "sec-websocket-protocol" && !value.is_empty() {
        return value.split(',').try_for_each(|item| add_subprotocol(asked, item.trim()));
    }
    let reserved = ["connection", "upgrade"].contains(&lower.as_str())
        || (lower.starts_with("sec-websocket-") && !OFFERS.contains(&lower.as_str()));
    if reserved && !unsafe_handshake {
        let fault = Fault::usage(format!("-H '{name}': the opening handshake sets this field itself"));
        return Err(fault.hint("--unsafe-handshake allows it").into());
    }
    let replaced = ["user-agent", "origin", "authorization", "cookie"].contains(&lower.as_str());
    if replaced || value.is_empty() {
        asked.fields.own.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }
    match value.is_empty() {
        true => asked.fields.removed.push(name.to_owned()),
        false => asked.fields.own.push((name.to_owned(), value.as_bytes().to_vec())),
    }
    Ok(())
}

/// Name and value of a field written as `Name: value`, where they can stand in a head.
pub fn field<'a>(option: &str, header: &'a str) -> Result<(&'a str, &'a str)> {
    let Some((name, value)) = header.split_once(':') else {
        // What has no colon may be a secret that lost its name: only its first word is shown.
        let start = header.split_whitespace().next().unwrap_or_default();
        let fault = Fault::usage(format!("{option} '{start}...': there is no colon in it"));
        return Err(fault.hint(format!("write {option} 'Name: value'")).into());
    };
    if !is_token(name) {
        return Err(Fault::usage(format!("{option}: '{name}' is no header name (RFC 9110 §5.1)")).into());
    }
    let value = value.trim_matches([' ', '\t']);
    check_value(option, name, value.as_bytes())?;
    Ok((name, value))
}

/// A subprotocol is a token, and named once (RFC 6455 §4.1 item 10).
fn add_subprotocol(asked: &mut Asked, name: &str) -> Result<()> {
    if !is_token(name) {
        return Err(Fault::usage(format!("subprotocol '{name}' is not a token (RFC 6455 §4.1)")).into());
    }
    if asked.subprotocols.iter().any(|known| known == name) {
        return Err(Fault::usage(format!("subprotocol '{name}' is offered twice (RFC 6455 §4.1)")).into());
    }
    asked.subprotocols.push(name.to_owned());
    Ok(())
}

fn check_value(option: &str, name: &str, value: &[u8]) -> Result<()> {
    if valid_value(value) {
        return Ok(());
    }
    let text = "a header value cannot hold line breaks, NUL or other control characters (RFC 9110 §5.5)";
    Err(Fault::usage(format!("{option}: the value of {name} is not allowed: {text}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_of_compression_is_taken_as_written_and_checked() {
        let rows = [
            ("", "permessage-deflate"),
            (deflate::OFFER, deflate::OFFER),
            ("server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
            (
                "Permessage-Deflate; server_max_window_bits=10, permessage-deflate",
                "Permessage-Deflate; server_max_window_bits=10, permessage-deflate",
            ),
        ];
        for (given, sent) in rows {
            assert_eq!(compression(given).ok().as_deref(), Some(sent));
        }
        for bad in
            ["server_max_window_bits=7", "x", "client_max_window_bits; client_max_window_bits", "a\nb", ","]
        {
            assert!(compression(bad).is_err(), "{bad}");
        }
    }

    fn asked() -> Asked {
        Asked { fields: Fields::default(), subprotocols: Vec::new() }
    }

    #[test]
    fn fields_replace_remove_and_repeat() {
        let mut asked = asked();
        for header in ["X: 1", "X:2", "User-Agent: a", "user-agent: b", "Origin:"] {
            add(&mut asked, header, false).expect(header);
        }
        let own: Vec<_> =
            asked.fields.own.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        assert_eq!(own, [("X", &b"1"[..]), ("X", b"2"), ("user-agent", b"b")]);
        assert_eq!(asked.fields.removed, ["Origin"]);
    }

    #[test]
    fn what_could_smuggle_or_break_the_handshake_is_refused() {
        let bad = [
            "no colon",
            ": x",
            "a b: x",
            "X: a\r\nY: b",
            "X: a\nb",
            "X: \0",
            "X\n: y",
            "Connection: close",
            "Sec-WebSocket-Key: x",
            "upgrade: h2c",
            "Sec-WebSocket-Protocol: a b",
            "Sec-WebSocket-Protocol: a,a",
        ];
        for header in bad {
            assert!(add(&mut asked(), header, false).is_err(), "{header:?}");
        }
        assert!(add(&mut asked(), "Connection: close", true).is_ok());
    }

    #[test]
    fn subprotocols_of_both_kinds_are_offered() {
        let mut asked = asked();
        add_subprotocol(&mut asked, "a").expect("a token");
        add(&mut asked, "Sec-WebSocket-Protocol: b, c", false).expect("tokens");
        assert_eq!(asked.subprotocols, ["a", "b", "c"]);
        assert!(asked.fields.own.is_empty());
    }
}
