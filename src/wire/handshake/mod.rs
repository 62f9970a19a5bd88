//! The opening handshake (RFC 6455 §4): requests and responses as bytes, read as they trickle in, judged by the RFC.
//!
//! The client's side is `request`, `response` and `accept`; the server's is `server`. Nothing here is sent or waited
//! for, and what is not a 101 is not judged: `session` does that. Header values are bytes throughout; what an error
//! quotes of the peer's is escaped.

mod accept;
mod error;
mod head;
mod headers;
mod request;
mod response;
pub mod server;

pub use accept::{Agreed, Offer, accept};
pub use error::{HandshakeError, NotHttp};
pub use headers::{Headers, is_token, valid_value};
pub use request::{Request, default_headers};
pub use response::{MAX_INTERIM, Progress, Response, ResponseReader};

use data_encoding::BASE64;
use tungstenite::handshake::derive_accept_key;

/// The only protocol version there is (RFC 6455 §4.1).
pub const VERSION: &str = "13";

/// The `Sec-WebSocket-Key` made of 16 random bytes, which are to be drawn anew for each connection (RFC 6455 §4.1).
#[must_use]
pub fn key(random: [u8; 16]) -> String {
    BASE64.encode(&random)
}

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 §4.2.2).
#[must_use]
pub fn accept_for(key: &str) -> String {
    derive_accept_key(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_section_1_3_is_reproduced() {
        assert_eq!(key(*b"the sample nonce"), "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
