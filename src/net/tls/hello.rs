//! Reads the plain start of what a server sends: ServerHello, a request for a client certificate, an alert.
//!
//! native-tls tells neither the version nor the cipher that was agreed on, and nothing of a handshake that failed.
//! Both can be seen in the first records, which are not encrypted (RFC 8446 §4.1.3, §5.1; RFC 5246 §7.4). `tap`
//! keeps the bytes, `connector` asks.

use super::alert::Alert;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE_REQUEST: u8 = 13;
const SUPPORTED_VERSIONS: u16 = 43;

/// What a server's first bytes tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The version and cipher suite of the first ServerHello (or HelloRetryRequest, which agrees with it).
    pub agreed: Option<Agreed>,
    /// Whether a CertificateRequest came in plain (before TLS 1.3).
    pub asks_certificate: bool,
    /// The first alert in plain.
    pub alert: Option<Alert>,
}

/// The numbers that a ServerHello decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The protocol version, 0x0304 for TLS 1.3.
    pub version: u16,
    /// The cipher suite.
    pub cipher: u16,
}

/// `TLSv1.3` for 0x0304.
pub fn version_name(version: u16) -> String {
    match version {
        0x0300 => "SSLv3".to_owned(),
        0x0301 => "TLSv1.0".to_owned(),
        0x0302 => "TLSv1.1".to_owned(),
        0x0303 => "TLSv1.2".to_owned(),
        0x0304 => "TLSv1.3".to_owned(),
        other => format!("TLS version 0x{other:04X}"),
    }
}

/// Whether bytes may be the start of TLS records: a known content type and major version 3 (RFC 8446 §5.1).
pub fn looks_like_tls(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|kind| (20..=24).contains(kind)) && bytes.get(1).is_none_or(|major| *major == 3)
}

impl Opening {
    /// Reads the records at the start of `bytes`; the last one may be cut.
    pub fn read(bytes: &[u8]) -> Opening {
        let mut opening = Opening::default();
        // A handshake message may span records (RFC 8446 §5.1).
        let mut handshake = Vec::new();
        for (kind, body) in records(bytes) {
            match (kind, body) {
                (HANDSHAKE, body) => handshake.extend_from_slice(body),
                (ALERT, &[_, description]) => {
                    opening.alert = Some(Alert(description));
                    break;
                }
                // Whatever follows is encrypted.
                _ => break,
            }
        }
        opening.read_messages(&handshake);
        opening
    }

    fn read_messages(&mut self, mut bytes: &[u8]) {
        while let [kind, a, b, c, rest @ ..] = bytes {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            let Some((body, after)) = rest.split_at_checked(length) else { return };
            match *kind {
                SERVER_HELLO if self.agreed.is_none() => self.agreed = server_hello(body),
                CERTIFICATE_REQUEST => self.asks_certificate = true,
                _ => {}
            }
            bytes = after;
        }
    }
}

/// The content type and body of each record, the cut one at the end included as far as it is there.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [kind, 3, _, high, low, rest @ ..] = bytes else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (body, after) = rest.split_at(length);
        bytes = after;
        Some((*kind, body))
    })
}

fn server_hello(body: &[u8]) -> Option<Agreed> {
    let legacy_version = u16::from_be_bytes(body.get(..2)?.try_into().ok()?);
    let session_id_length = usize::from(*body.get(34)?);
    let rest = body.get(35 + session_id_length..)?;
    let cipher = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
    let version = rest.get(5..).and_then(selected_version).unwrap_or(legacy_version);
    Some(Agreed { version, cipher })
}

/// The version in the supported_versions extension (RFC 8446 §4.2.1), which TLS 1.3 puts in place of the old field.
fn selected_version(mut extensions: &[u8]) -> Option<u16> {
    while let [a, b, c, d, rest @ ..] = extensions {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let (body, after) = rest.split_at_checked(length)?;
        if u16::from_be_bytes([*a, *b]) == SUPPORTED_VERSIONS {
            return Some(u16::from_be_bytes(body.try_into().ok()?));
        }
        extensions = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ServerHello message with an empty session id.
    fn hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0x13, 0x01, 0]);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        let mut message = vec![SERVER_HELLO, 0, 0, u8::try_from(body.len()).unwrap()];
        message.extend(body);
        message
    }

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 3, 3, 0, u8::try_from(body.len()).unwrap()];
        record.extend(body);
        record
    }

    #[test]
    fn supported_versions_tells_tls_1_3() {
        let bytes = record(HANDSHAKE, &hello(&[0, 51, 0, 1, 9, 0, 43, 0, 2, 3, 4]));
        assert_eq!(Opening::read(&bytes).agreed, Some(Agreed { version: 0x0304, cipher: 0x1301 }));
    }

    #[test]
    fn without_it_the_old_field_counts() {
        let bytes = record(HANDSHAKE, &hello(&[]));
        assert_eq!(Opening::read(&bytes).agreed, Some(Agreed { version: 0x0303, cipher: 0x1301 }));
    }

    #[test]
    fn a_hello_over_two_records_is_joined_and_every_cut_is_harmless() {
        let message = hello(&[0, 43, 0, 2, 3, 4]);
        let mut bytes = record(HANDSHAKE, &message[..10]);
        bytes.extend(record(HANDSHAKE, &message[10..]));
        for cut in 0..bytes.len() {
            assert_eq!(Opening::read(&bytes[..cut]).agreed, None);
        }
        assert!(Opening::read(&bytes).agreed.is_some());
    }

    #[test]
    fn alerts_and_certificate_requests_are_seen() {
        let mut bytes = record(HANDSHAKE, &[CERTIFICATE_REQUEST, 0, 0, 0]);
        bytes.extend(record(ALERT, &[2, 40]));
        let opening = Opening::read(&bytes);
        assert!(opening.asks_certificate);
        assert_eq!(opening.alert, Some(Alert::HANDSHAKE_FAILURE));
        assert_eq!(Opening::read(&record(ALERT, &[2, 40, 1])).alert, None, "an encrypted alert is longer");
    }

    #[test]
    fn other_protocols_are_told_from_tls() {
        for (bytes, tls) in
            [(&b"HTTP/1.1 400"[..], false), (b"\x15\x03\x01", true), (b"\x16", true), (b"SSH-2.0", false)]
        {
            assert_eq!(looks_like_tls(bytes), tls, "{bytes:?}");
        }
    }
}
