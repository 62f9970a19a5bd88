//! The head of a response, as a server sends it: read in any cuts, then judged against three offers.
//!
//! The input is what the server sends, from its first byte on.

use wscope::wire::deflate::OFFER;
use wscope::wire::handshake::{
    HandshakeError, NotHttp, Offer, Progress, Response, ResponseReader, accept, is_token, valid_value,
};

use super::{assert_visible, cuts};

/// The key of RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Heads shorter than this keep within every limit when they are written anew.
const SURELY_FITS: usize = 8000;

/// What the reader made of the bytes: the interim responses, then the final one, an error, or neither.
struct Read {
    interim: Vec<Response>,
    end: Result<Option<Response>, HandshakeError>,
}

/// Runs the target.
pub fn run(data: &[u8]) {
    let [whole, single, pieces] = cuts(data, 7).map(|pieces| read(&pieces));
    for other in [single, pieces] {
        assert_eq!(whole.interim, other.interim);
        assert!(alike(data, &whole.end, &other.end), "{:?}\n{:?}", whole.end, other.end);
    }
    let raw: Vec<u8> =
        whole.interim.iter().chain(whole.end.iter().flatten()).flat_map(|head| &head.raw).copied().collect();
    assert!(data.starts_with(&raw), "the heads are what was read");
    match whole.end {
        Ok(Some(response)) => judge(&response),
        Ok(None) => {}
        Err(error) => assert_visible(&error.to_string()),
    }
}

fn read(pieces: &[&[u8]]) -> Read {
    let mut reader = ResponseReader::new();
    let mut interim = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            match reader.feed(rest) {
                Ok(Progress::More) => break,
                Ok(Progress::Interim { response, used }) => {
                    interim.push(response);
                    rest = &rest[used..];
                }
                Ok(Progress::Done { response, used }) => {
                    assert!(used <= rest.len());
                    return Read { interim, end: Ok(Some(response)) };
                }
                Err(error) => return Read { interim, end: Err(error) },
            }
        }
    }
    Read { interim, end: Ok(None) }
}

/// Whether two cuts ended alike. Which limit is met first depends on them, and how much of what is not HTTP was there.
pub(super) fn alike<T: PartialEq>(
    data: &[u8],
    one: &Result<T, HandshakeError>,
    other: &Result<T, HandshakeError>,
) -> bool {
    use HandshakeError::{NotHttp as Foreign, TooLarge};
    match (one, other) {
        (Err(Foreign(NotHttp::Other(one))), Err(Foreign(NotHttp::Other(other)))) => {
            data.starts_with(one) && data.starts_with(other)
        }
        (Err(TooLarge(_)), Err(TooLarge(_))) => true,
        _ => one == other,
    }
}

fn judge(response: &Response) {
    assert!(response.status == 101 || (200..1000).contains(&response.status));
    for (name, value) in response.headers.as_slice() {
        assert!(is_token(name) && valid_value(value), "{name:?}: {}", value.escape_ascii());
    }
    if response.raw.len() < SURELY_FITS {
        write_and_read(response);
    }
    let subprotocols = vec!["chat".to_owned(), "superchat".to_owned()];
    let all =
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits";
    for extensions in [vec![], vec![OFFER.to_owned()], vec![all.to_owned(), OFFER.to_owned()]] {
        let offer = Offer { key: KEY.to_owned(), subprotocols: subprotocols.clone(), extensions };
        match accept(response, &offer) {
            Ok(agreed) => {
                assert!(agreed.subprotocol.is_none_or(|chosen| offer.subprotocols.contains(&chosen)));
                assert!(agreed.deflate.is_none() || !offer.extensions.is_empty(), "nothing was offered");
                assert!(agreed.extensions.is_empty() || !offer.extensions.is_empty(), "nothing was offered");
            }
            Err(error) => assert_visible(&error.to_string()),
        }
    }
}

/// A head that is written from what was read reads the same.
fn write_and_read(response: &Response) {
    let mut bytes = format!("HTTP/1.{} {} ", response.version_minor, response.status).into_bytes();
    bytes.extend_from_slice(&response.reason);
    bytes.extend_from_slice(b"\r\n");
    response.headers.write(&mut bytes);
    bytes.extend_from_slice(b"\r\n");
    let again = read(&[&bytes]).end.expect("what was good stays so").expect("the head is whole");
    assert_eq!((again.status, &again.reason), (response.status, &response.reason));
    assert_eq!(again.headers, response.headers);
}
