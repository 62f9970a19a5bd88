//! Whether a 101 answers our request as the RFC demands, and what was agreed on (RFC 6455 §4.1).
//!
//! Judges the response against what was offered; the parameters of permessage-deflate are judged in `deflate`.
//! Called by `session` with a response whose status is 101.

use super::{HandshakeError, Headers, Response, accept_for};
use crate::wire::deflate::{self, Parameters};

/// What the request offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The `Sec-WebSocket-Key` that was sent.
    pub key: String,
    /// The subprotocols, in order.
    pub subprotocols: Vec<String>,
    /// The extensions, in order, each with its parameters as offered.
    pub extensions: Vec<String>,
}

/// What both ends agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// The subprotocol the server chose; choosing none is its right.
    pub subprotocol: Option<String>,
    /// The value of `Sec-WebSocket-Extensions`; empty for none.
    pub extensions: String,
    /// What of permessage-deflate (RFC 7692); `None` where it is not used.
    pub deflate: Option<Parameters>,
}

/// Judges a 101.
///
/// # Errors
/// The first rule that the response breaks.
pub fn accept(response: &Response, offer: &Offer) -> Result<Agreed, HandshakeError> {
    let headers = &response.headers;
    if response.version_minor == 0 {
        return Err(HandshakeError::Version(b"HTTP/1.0".to_vec()));
    }
    check_upgrade(headers)?;
    check_accept(headers, &offer.key)?;
    Ok(Agreed {
        subprotocol: check_subprotocol(headers, &offer.subprotocols)?,
        extensions: check_extensions(headers, &offer.extensions)?,
        deflate: check_deflate(headers, &offer.extensions)?,
    })
}

fn check_upgrade(headers: &Headers) -> Result<(), HandshakeError> {
    let upgrades: Vec<&[u8]> = headers.tokens("Upgrade").collect();
    if upgrades.is_empty() {
        return Err(broken("the server's 101 has no Upgrade field".to_owned()));
    }
    if let Some(other) = upgrades.iter().find(|token| !token.eq_ignore_ascii_case(b"websocket")) {
        return Err(broken(format!("the server upgrades to \"{}\", not to websocket", other.escape_ascii())));
    }
    if headers.tokens("Connection").any(|token| token.eq_ignore_ascii_case(b"upgrade")) {
        Ok(())
    } else {
        Err(broken("the Connection field of the server's 101 does not say Upgrade".to_owned()))
    }
}

fn check_accept(headers: &Headers, key: &str) -> Result<(), HandshakeError> {
    let Some(got) = single(headers, "Sec-WebSocket-Accept", "RFC 6455 §11.3.3")? else {
        return Err(broken("the server's 101 has no Sec-WebSocket-Accept field".to_owned()));
    };
    let expected = accept_for(key);
    if got == expected.as_bytes() {
        return Ok(());
    }
    Err(broken(format!(
        "the server's Sec-WebSocket-Accept is not the hash of our key: got \"{}\", expected \"{expected}\"",
        got.escape_ascii()
    )))
}

fn check_subprotocol(headers: &Headers, offered: &[String]) -> Result<Option<String>, HandshakeError> {
    let Some(chosen) = single(headers, "Sec-WebSocket-Protocol", "RFC 6455 §11.3.4")? else {
        return Ok(None);
    };
    if let Some(name) = offered.iter().find(|name| name.as_bytes() == chosen) {
        return Ok(Some(name.clone()));
    }
    Err(broken(format!(
        "the server chose the subprotocol \"{}\", which was not offered",
        chosen.escape_ascii()
    )))
}

fn check_extensions(headers: &Headers, offered: &[String]) -> Result<String, HandshakeError> {
    let Some(value) = single(headers, "Sec-WebSocket-Extensions", "RFC 6455 §11.3.2")? else {
        return Ok(String::new());
    };
    for extension in headers.tokens("Sec-WebSocket-Extensions") {
        let name = extension_name(extension);
        if !offered.iter().any(|offer| extension_name(offer.as_bytes()).eq_ignore_ascii_case(name)) {
            return Err(broken(format!(
                "the server uses the extension \"{}\", which was not offered",
                name.escape_ascii()
            )));
        }
    }
    match std::str::from_utf8(value) {
        Ok(value) => Ok(value.to_owned()),
        Err(_) => {
            Err(HandshakeError::rule("the server's Sec-WebSocket-Extensions is not text", "RFC 6455 §9.1"))
        }
    }
}

/// What the answer says of permessage-deflate, which may be there once (RFC 7692 §5).
fn check_deflate(headers: &Headers, offered: &[String]) -> Result<Option<Parameters>, HandshakeError> {
    let is_ours = |element: &&[u8]| extension_name(element).eq_ignore_ascii_case(deflate::NAME.as_bytes());
    let mut answers = headers.tokens("Sec-WebSocket-Extensions").filter(is_ours);
    let Some(answer) = answers.next() else { return Ok(None) };
    if answers.next().is_some() {
        return Err(HandshakeError::rule("the server uses permessage-deflate twice", "RFC 7692 §5"));
    }
    let agreed = deflate::accept(answer, offered.iter().map(String::as_bytes));
    agreed.map(Some).map_err(|bad| {
        let what = format!("the server's permessage-deflate is not acceptable: {}", bad.what);
        HandshakeError::rule(what, bad.section)
    })
}

/// The value of a field that may come once at most.
fn single<'a>(
    headers: &'a Headers,
    name: &'a str,
    section: &'static str,
) -> Result<Option<&'a [u8]>, HandshakeError> {
    let mut values = headers.get_all(name);
    let first = values.next();
    if values.next().is_some() {
        return Err(HandshakeError::rule(format!("the server sent {name} more than once"), section));
    }
    Ok(first.map(<[u8]>::trim_ascii))
}

fn extension_name(extension: &[u8]) -> &[u8] {
    extension.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

fn broken(what: String) -> HandshakeError {
    HandshakeError::rule(what, "RFC 6455 §4.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        ("Upgrade", "WebSocket"),
        ("Connection", "keep-alive"),
        ("connection", "x, UPGRADE"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ];

    fn offer() -> Offer {
        Offer {
            key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
            subprotocols: vec!["chat".to_owned(), "superchat".to_owned()],
            extensions: vec!["permessage-deflate; client_max_window_bits".to_owned()],
        }
    }

    fn judge(fields: &[(&str, &str)]) -> Result<Agreed, HandshakeError> {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.push(*name, *value);
        }
        let response = Response { version_minor: 1, status: 101, reason: vec![], headers, raw: vec![] };
        accept(&response, &offer())
    }

    fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        [GOOD, &[(name, value)]].concat()
    }

    #[test]
    fn a_good_answer_in_odd_but_legal_form_is_taken() {
        assert_eq!(judge(GOOD), Ok(Agreed::default()));
        let agreed = judge(&with("sec-websocket-protocol", " superchat ")).unwrap();
        assert_eq!(agreed.subprotocol.as_deref(), Some("superchat"));
        let answer = "permessage-deflate; client_max_window_bits=\"10\"";
        let agreed = judge(&with("Sec-WebSocket-Extensions", answer)).unwrap();
        assert_eq!(agreed.extensions, answer);
        assert_eq!(agreed.deflate.map(|agreed| agreed.client_max_window_bits), Some(10));
    }

    #[test]
    fn each_missing_field_is_named() {
        for (missing, word) in [(0, "Upgrade field"), (2, "Connection"), (3, "Sec-WebSocket-Accept")] {
            let fields: Vec<_> = (0..GOOD.len()).filter(|at| *at != missing).map(|at| GOOD[at]).collect();
            let error = judge(&fields).unwrap_err().to_string();
            assert!(error.contains(word) && error.ends_with("(RFC 6455 §4.1)"), "{error}");
        }
    }

    #[test]
    fn what_the_rfc_forbids_is_refused() {
        let cases = [
            ("Upgrade", "h2c", "h2c"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "§11.3.3"),
            ("Sec-WebSocket-Protocol", "Chat", "\"Chat\""),
            ("Sec-WebSocket-Protocol", "chat, superchat", "not offered"),
            ("Sec-WebSocket-Extensions", "permessage-deflate, mux", "\"mux\""),
            ("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate", "(RFC 7692 §5)"),
            ("Sec-WebSocket-Extensions", "permessage-deflate; x=\"1,2\"", "\"x\" is unknown (RFC 7692 §7.1)"),
        ];
        for (name, value, word) in cases {
            let error = judge(&with(name, value)).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let twice =
            [&with("Sec-WebSocket-Protocol", "chat")[..], &[("Sec-WebSocket-Protocol", "chat")]].concat();
        assert!(judge(&twice).unwrap_err().to_string().contains("§11.3.4"));
    }

    #[test]
    fn a_wrong_hash_shows_both_with_the_peers_escaped() {
        let mut fields = GOOD.to_vec();
        fields[3].1 = "\u{1b}[2J";
        let error = judge(&fields).unwrap_err().to_string();
        assert!(error.contains("got \"\\x1b[2J\", expected \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\""), "{error}");
    }

    #[test]
    fn http_1_0_cannot_switch() {
        let response =
            Response { version_minor: 0, status: 101, reason: vec![], headers: Headers::new(), raw: vec![] };
        assert_eq!(accept(&response, &offer()), Err(HandshakeError::Version(b"HTTP/1.0".to_vec())));
    }
}
