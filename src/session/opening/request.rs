//! The header fields of the request: the defaults of RFC 6455 §4.1, and what the user replaced, added or removed.

use crate::net::Target;
use crate::wire::handshake::{self, Headers, Offer, Request};

/// Header fields as asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Fields to send, in order. One with the name of a default takes its place.
    pub own: Vec<(String, Vec<u8>)>,
    /// Names of defaults that are not to be sent.
    pub removed: Vec<String>,
}

impl Fields {
    /// The request for `target`, with a new key, and what it offers.
    pub fn request(
        &self,
        target: &Target,
        subprotocols: &[String],
        compress: Option<&str>,
    ) -> (Request, Offer) {
        let key = handshake::key(crate::session::random());
        let mut headers = Headers::default();
        let defaults = defaults(target, &key, subprotocols, compress);
        for (name, value) in &defaults {
            let mut own = self.own.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).peekable();
            let removed = self.removed.iter().any(|removed| removed.eq_ignore_ascii_case(name));
            if own.peek().is_none() && !removed {
                headers.push(name.as_str(), value.clone());
            }
            own.for_each(|(own_name, own_value)| headers.push(own_name.as_str(), own_value.clone()));
        }
        for (name, value) in &self.own {
            if !defaults.iter().any(|(default, _)| default.eq_ignore_ascii_case(name)) {
                headers.push(name.as_str(), value.clone());
            }
        }
        let offer = offer(&headers, key);
        (Request { target: target.path_and_query().to_owned(), headers }, offer)
    }

    /// Sends this field, in place of any of the same name.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.own.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.own.push((name.to_owned(), value.into()));
    }

    /// Takes out what might carry a secret, and returns the names. A custom Host goes too: it named the first
    /// origin.
    pub fn drop_credentials(&mut self) -> Vec<String> {
        let mut dropped = Vec::new();
        self.own.retain(|(name, value)| {
            let keep = !is_credential(name, value);
            if !keep && !dropped.contains(name) {
                dropped.push(name.clone());
            }
            keep
        });
        dropped
    }
}

/// The fields every request has, and those that options ask for.
fn defaults(
    target: &Target,
    key: &str,
    subprotocols: &[String],
    compress: Option<&str>,
) -> Vec<(String, Vec<u8>)> {
    let mut fields = handshake::default_headers(&target.authority(), key);
    fields.push("User-Agent", concat!("wscope/", env!("CARGO_PKG_VERSION")));
    if !subprotocols.is_empty() {
        fields.push("Sec-WebSocket-Protocol", subprotocols.join(", "));
    }
    if let Some(offer) = compress {
        fields.push("Sec-WebSocket-Extensions", offer);
    }
    fields.into_list()
}

/// What the request offers, read back from its own fields: the user may have replaced the key and the lists.
fn offer(headers: &Headers, key: String) -> Offer {
    let list = |name| headers.tokens(name).map(|token| String::from_utf8_lossy(token).into_owned()).collect();
    let key = headers
        .get("Sec-WebSocket-Key")
        .map_or(key, |value| String::from_utf8_lossy(value).trim().to_owned());
    Offer { key, subprotocols: list("Sec-WebSocket-Protocol"), extensions: list("Sec-WebSocket-Extensions") }
}

/// Whether a field must not follow a redirect to another origin.
fn is_credential(name: &str, value: &[u8]) -> bool {
    const SECRET: [&str; 9] =
        ["auth", "cookie", "token", "key", "secret", "password", "credential", "session", "signature"];
    let name = name.to_ascii_lowercase();
    let handshake = name.starts_with("sec-websocket-");
    name == "host"
        || (!handshake && SECRET.iter().any(|word| name.contains(word)))
        || (name == "sec-websocket-protocol" && carries_token(&String::from_utf8_lossy(value)))
}

/// Whether a subprotocol is used to carry a bearer token.
pub(super) fn carries_token(subprotocol: &str) -> bool {
    let lower = subprotocol.to_ascii_lowercase();
    ["bearer", "token", "authorization"].iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(request: &Request) -> Vec<String> {
        request.headers.as_slice().iter().map(|(name, _)| name.to_owned()).collect()
    }

    fn fields(own: &[(&str, &str)]) -> Fields {
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Fields { own, removed: Vec::new() }
    }

    fn target() -> Target {
        Target::parse("ws://example.test/chat").expect("a good URL")
    }

    #[test]
    fn a_field_of_a_default_name_takes_its_place() {
        let (request, offer) =
            fields(&[("host", "other"), ("X-A", "1"), ("X-A", "2")]).request(&target(), &[], None);
        assert_eq!(names(&request)[0], "host");
        assert_eq!(names(&request).iter().filter(|name| name.eq_ignore_ascii_case("host")).count(), 1);
        assert_eq!(names(&request).iter().filter(|name| *name == "X-A").count(), 2);
        assert_eq!(request.headers.get("Host"), Some(&b"other"[..]));
        assert_eq!(data_encoding::BASE64.decode(offer.key.as_bytes()).map(|key| key.len()), Ok(16));
    }

    #[test]
    fn a_removed_default_is_not_sent() {
        let fields = Fields { own: Vec::new(), removed: vec!["user-agent".to_owned()] };
        let (request, _) = fields.request(&target(), &[], None);
        assert!(request.headers.get("User-Agent").is_none());
    }

    #[test]
    fn subprotocols_named_as_a_header_count_as_offered() {
        let (_, offer) = fields(&[("Sec-WebSocket-Protocol", "a, b")]).request(&target(), &[], None);
        assert_eq!(offer.subprotocols, ["a", "b"]);
        let (_, offer) = Fields::default().request(&target(), &["x".to_owned(), "y".to_owned()], None);
        assert_eq!(offer.subprotocols, ["x", "y"]);
    }

    #[test]
    fn compression_is_offered_and_a_header_takes_its_place() {
        let (request, offer) = Fields::default().request(&target(), &[], Some("permessage-deflate; a, b"));
        assert_eq!(request.headers.get("Sec-WebSocket-Extensions"), Some(&b"permessage-deflate; a, b"[..]));
        assert_eq!(offer.extensions, ["permessage-deflate; a", "b"]);
        let own = fields(&[("sec-websocket-extensions", "x-own")]);
        assert_eq!(own.request(&target(), &[], Some("permessage-deflate")).1.extensions, ["x-own"]);
    }

    #[test]
    fn credentials_are_dropped_and_named() {
        let mut fields = fields(&[
            ("Authorization", "Basic x"),
            ("X-Api-Key", "k"),
            ("Cookie", "a=b"),
            ("X-Trace", "1"),
            ("Host", "first"),
            ("Sec-WebSocket-Protocol", "chat, bearer.abc"),
        ]);
        let dropped = fields.drop_credentials();
        assert_eq!(dropped, ["Authorization", "X-Api-Key", "Cookie", "Host", "Sec-WebSocket-Protocol"]);
        assert_eq!(fields.own.len(), 1);
    }

    #[test]
    fn two_requests_never_share_a_key() {
        let first = Fields::default().request(&target(), &[], None).1.key;
        assert_ne!(first, Fields::default().request(&target(), &[], None).1.key);
    }
}
