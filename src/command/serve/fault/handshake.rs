//! Faults of the opening handshake: what becomes of a welcome (RFC 6455 §4.1, §4.2.2).

use std::time::Duration;

use super::misdeed::Misdeed;
use crate::session::{Answer, Pace, Welcome};
use crate::wire::handshake::accept_for;
use crate::wire::handshake::server::{self, Refusal, Upgrade};

/// The time between two bytes, or pieces, where they are written one by one.
pub(super) const BETWEEN: Duration = Duration::from_millis(5);

/// What no client offers.
const UNOFFERED: &str = "x-wscope-unoffered";

/// A key that no client has: the one of the example in RFC 6455 §1.3.
const OTHER_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What a client gets instead of this welcome.
pub(super) fn spoil(misdeed: &Misdeed, upgrade: &Upgrade, mut welcome: Welcome) -> Answer {
    match misdeed {
        Misdeed::Refuse(status) => return Answer::Refuse(refusal(*status, welcome)),
        Misdeed::WrongAccept => {
            // The head is made here, and nothing else may be agreed on than what stands in it.
            welcome.compress = false;
            let head = server::response_bytes(OTHER_KEY, welcome.subprotocol.as_deref(), &welcome.headers);
            welcome.head = Some(head);
        }
        Misdeed::DoubledAccept => welcome.headers.push("Sec-WebSocket-Accept", accept_for(&upgrade.key)),
        Misdeed::Extension => {
            // An answer has one such field at most (RFC 6455 §11.3.2); this is not the fault that was asked for.
            welcome.compress = false;
            welcome.headers.push("Sec-WebSocket-Extensions", UNOFFERED);
        }
        Misdeed::Subprotocol => welcome.subprotocol = Some(UNOFFERED.to_owned()),
        Misdeed::Dribble => welcome.pace = Some(Pace { size: 1, every: BETWEEN }),
        _ => {}
    }
    Answer::Welcome(welcome)
}

/// A refusal with the fields that the welcome would have had, and those that its status asks for.
fn refusal(status: u16, welcome: Welcome) -> Refusal {
    let mut refusal = Refusal::new(status, reason(status), format!("refused with {status}, as --fault asks"));
    refusal.headers = welcome.headers;
    let needed = match status {
        401 => ("WWW-Authenticate", "Basic realm=\"wscope\""),
        426 => ("Upgrade", "websocket"),
        429 | 503 => ("Retry-After", "1"),
        _ => return refusal,
    };
    if refusal.headers.get(needed.0).is_none() {
        refusal.headers.push(needed.0, needed.1);
    }
    refusal
}

/// The phrase of a status (RFC 9110 §15); nobody needs one.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::handshake::{HandshakeError, Offer, Progress, ResponseReader, accept};

    const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEA==";

    fn upgrade() -> Upgrade {
        Upgrade { key: KEY.to_owned(), subprotocols: vec!["a".to_owned()], extensions: Vec::new() }
    }

    /// What a good client says of the 101 that comes of it.
    fn judged(misdeed: Misdeed) -> Result<(), HandshakeError> {
        let Answer::Welcome(welcome) = spoil(&misdeed, &upgrade(), Welcome::default()) else {
            panic!("{misdeed:?} refuses")
        };
        let made = server::response_bytes(KEY, welcome.subprotocol.as_deref(), &welcome.headers);
        let head = welcome.head.unwrap_or(made);
        let Ok(Progress::Done { response, .. }) = ResponseReader::new().feed(&head) else {
            panic!("{misdeed:?} makes no whole response")
        };
        let offer = Offer { key: KEY.to_owned(), subprotocols: vec!["a".to_owned()], extensions: Vec::new() };
        accept(&response, &offer).map(|_| ())
    }

    #[test]
    fn a_good_client_takes_none_of_them_but_the_slow_one() {
        assert_eq!(judged(Misdeed::Dribble), Ok(()));
        let rows = [
            (Misdeed::WrongAccept, "is not the hash of our key"),
            (Misdeed::DoubledAccept, "Sec-WebSocket-Accept more than once"),
            (Misdeed::Extension, "x-wscope-unoffered"),
            (Misdeed::Subprotocol, "x-wscope-unoffered"),
        ];
        for (misdeed, words) in rows {
            let error = judged(misdeed).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_refusal_keeps_the_fields_of_ours_and_has_those_of_its_status() {
        let mut welcome = Welcome::default();
        welcome.headers.push("Location", "/x");
        let Answer::Refuse(found) = spoil(&Misdeed::Refuse(302), &upgrade(), welcome) else {
            panic!("let in")
        };
        assert_eq!(
            (found.status, found.reason, found.headers.get("location")),
            (302, "Found", Some(&b"/x"[..]))
        );
        let Answer::Refuse(busy) = spoil(&Misdeed::Refuse(503), &upgrade(), Welcome::default()) else {
            panic!("let in")
        };
        assert_eq!(busy.headers.get("Retry-After"), Some(&b"1"[..]));
        let Answer::Refuse(odd) = spoil(&Misdeed::Refuse(599), &upgrade(), Welcome::default()) else {
            panic!("let in")
        };
        assert!(odd.to_bytes().starts_with(b"HTTP/1.1 599 \r\n"));
    }
}
