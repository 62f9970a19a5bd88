//! The head of a request, as a server reads it: read in any cuts, judged, answered, and the answer read by a client.
//!
//! The input is what the client sends, from its first byte on.

use wscope::wire::deflate;
use wscope::wire::handshake::server::{
    ClientRequest, RequestProgress, RequestReader, Upgrade, check, response_bytes,
};
use wscope::wire::handshake::{
    HandshakeError, Headers, Offer, Progress, Response, ResponseReader, accept, is_token, valid_value,
};

use super::{assert_visible, cuts, response::alike};

/// Answers to requests shorter than this keep within every limit of a client.
const SURELY_FITS: usize = 4000;

/// Runs the target.
pub fn run(data: &[u8]) {
    let [whole, single, pieces] = cuts(data, 7).map(|pieces| read(&pieces));
    assert!(alike(data, &whole, &single), "{whole:?}\n{single:?}");
    assert!(alike(data, &whole, &pieces), "{whole:?}\n{pieces:?}");
    match whole {
        Ok(Some(request)) => {
            assert!(data.starts_with(&request.raw));
            answer(&request);
        }
        Ok(None) => {}
        Err(error) => assert_visible(&error.to_string()),
    }
}

fn read(pieces: &[&[u8]]) -> Result<Option<ClientRequest>, HandshakeError> {
    let mut reader = RequestReader::new();
    for piece in pieces {
        if let RequestProgress::Done { request, used } = reader.feed(piece)? {
            assert!(used <= piece.len());
            return Ok(Some(request));
        }
    }
    Ok(None)
}

fn answer(request: &ClientRequest) {
    assert!(is_token(&request.method));
    for (name, value) in request.headers.as_slice() {
        assert!(is_token(name) && valid_value(value), "{name:?}: {}", value.escape_ascii());
    }
    match check(request) {
        Ok(upgrade) if request.raw.len() < SURELY_FITS => agree(upgrade),
        Ok(_) => {}
        Err(refusal) => {
            assert_visible(&refusal.body);
            assert_eq!(as_client(&refusal.to_bytes()).status, refusal.status);
        }
    }
}

/// The client that asked must accept what it is answered, and understand the same of permessage-deflate.
fn agree(upgrade: Upgrade) {
    let answered = deflate::answer(upgrade.extensions.iter().map(Vec::as_slice));
    let mut extra = Headers::new();
    if let Some((_, text)) = &answered {
        extra.push("Sec-WebSocket-Extensions", text.as_str());
    }
    let chosen = upgrade.subprotocols.last().cloned();
    let response = as_client(&response_bytes(&upgrade.key, chosen.as_deref(), &extra));
    let Ok(extensions) = upgrade.extensions.into_iter().map(String::from_utf8).collect() else { return };
    let offer = Offer { key: upgrade.key, subprotocols: upgrade.subprotocols, extensions };
    let agreed = accept(&response, &offer).expect("our own answer is good");
    assert_eq!(agreed.subprotocol, chosen);
    assert_eq!(agreed.deflate.is_some(), answered.is_some());
    // Among several offers a client cannot tell which one was answered.
    if let (1, Some((parameters, _))) = (offer.extensions.len(), answered) {
        assert_eq!(agreed.deflate, Some(parameters));
    }
}

fn as_client(bytes: &[u8]) -> Response {
    match ResponseReader::new().feed(bytes) {
        Ok(Progress::Done { response, .. }) => response,
        other => panic!("no whole response: {other:?}"),
    }
}
