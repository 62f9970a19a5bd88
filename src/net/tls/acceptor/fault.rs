//! What a client did wrong in the handshake, in words: a server's view.
//!
//! Text of the client inside (its certificate's subject, bytes that are no TLS) is raw: whoever shows it escapes it.

use std::fmt;

use super::super::alert::Alert;

/// Why there is no TLS connection with a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFault {
    /// It sent something that is not TLS.
    NotTls {
        /// The first bytes, at most 16.
        sent: Vec<u8>,
    },
    /// It ended the connection during the handshake.
    Closed,
    /// It ended the handshake, or later the connection, with a fatal alert (RFC 8446 §6.2).
    Refused(Alert),
    /// It speaks no version that is allowed.
    Version {
        /// What is allowed, in words.
        allowed: String,
    },
    /// It offers no cipher suite, or no way to sign, that fits our certificate.
    NothingInCommon,
    /// It sent no certificate, and one is required.
    NoCertificate,
    /// Its certificate was not accepted.
    Certificate {
        /// Whose it is, as `CN=…`; empty where that is not known.
        subject: String,
        /// What is wrong with it.
        why: String,
    },
}

impl ClientFault {
    /// The fault that the library's error text tells; `None` where it is none of the client's.
    pub(super) fn in_text(text: &str, allowed: &str) -> Option<ClientFault> {
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if any(&["peer did not return a certificate"]) {
            Some(Self::NoCertificate)
        } else if any(&["unsupported protocol", "version too low", "unknown protocol"]) {
            Some(Self::Version { allowed: allowed.to_owned() })
        } else if any(&["no shared cipher", "no suitable signature algorithm", "no suitable key share"]) {
            Some(Self::NothingInCommon)
        } else if any(&["unexpected eof"]) {
            Some(Self::Closed)
        } else {
            None
        }
    }

    /// One thing to try.
    pub(in super::super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotTls { .. } => Some("the client has to use wss://"),
            // What clients send that do not know the issuer; the other alerts about certificates are more exact.
            Self::Refused(Alert(42 | 46 | 48)) => {
                Some("have the client trust the issuer; --self-signed writes it with --ca-out FILE")
            }
            Self::Version { .. } => Some("--tls-min and --tls-max set what is allowed"),
            _ => None,
        }
    }
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls { sent } => not_tls(f, sent),
            Self::Closed => f.write_str("the client closed the connection during the TLS handshake"),
            Self::Refused(alert) => {
                match alert.about_our_certificate() {
                    Some(fault) => write!(f, "the client refused our certificate: {fault}")?,
                    None if *alert == Alert::PROTOCOL_VERSION => {
                        f.write_str("the client speaks no TLS version that is allowed here")?;
                    }
                    None => f.write_str("the client ended the TLS connection")?,
                }
                write!(f, " (TLS alert {})", alert.name())
            }
            Self::Version { allowed } => {
                write!(f, "the client speaks no TLS version that is allowed here ({allowed})")
            }
            Self::NothingInCommon => {
                f.write_str("the client offers no cipher suite or signature that fits our certificate")
            }
            Self::NoCertificate => f.write_str("the client sent no certificate, and one is required"),
            Self::Certificate { subject, why } if subject.is_empty() => {
                write!(f, "the client's certificate is not accepted: {why}")
            }
            Self::Certificate { subject, why } => {
                write!(f, "the client's certificate ({subject}) is not accepted: {why}")
            }
        }
    }
}

fn not_tls(f: &mut fmt::Formatter<'_>, sent: &[u8]) -> fmt::Result {
    f.write_str("the client does not speak TLS: it sent")?;
    // A method of HTTP and the blank after it (RFC 9112 §3).
    let method = sent.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if method >= 3 && sent.get(method) == Some(&b' ') {
        return f.write_str(" a plain HTTP request");
    }
    sent.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_from_the_servers_side() {
        let sent = |bytes: &[u8]| ClientFault::NotTls { sent: bytes.to_vec() };
        let certificate = |subject: &str| ClientFault::Certificate {
            subject: subject.to_owned(),
            why: "it has expired".to_owned(),
        };
        for (fault, text) in [
            (sent(b"GET / HTTP/1.1\r\n"), "the client does not speak TLS: it sent a plain HTTP request"),
            (sent(b"SSH-2.0"), "the client does not speak TLS: it sent 53 53 48 2d 32 2e 30"),
            (
                ClientFault::Refused(Alert(48)),
                "the client refused our certificate: it does not know the authority that issued it \
                 (TLS alert unknown_ca)",
            ),
            (
                ClientFault::Refused(Alert(70)),
                "the client speaks no TLS version that is allowed here (TLS alert protocol_version)",
            ),
            (
                ClientFault::Refused(Alert(80)),
                "the client ended the TLS connection (TLS alert internal_error)",
            ),
            (certificate("CN=me"), "the client's certificate (CN=me) is not accepted: it has expired"),
            (certificate(""), "the client's certificate is not accepted: it has expired"),
        ] {
            assert_eq!(fault.to_string(), text);
        }
    }

    #[test]
    fn the_librarys_words_become_faults() {
        let at = |text: &str| ClientFault::in_text(text, "TLS 1.3");
        assert_eq!(at("error:1:2:3:no shared cipher:x.c:1:"), Some(ClientFault::NothingInCommon));
        assert_eq!(
            at("error:1:2:3:unsupported protocol:x.c:1:"),
            Some(ClientFault::Version { allowed: "TLS 1.3".to_owned() })
        );
        assert_eq!(at("error:1:2:3:boom:x.c:1:"), None);
    }
}
