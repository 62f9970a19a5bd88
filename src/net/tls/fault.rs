//! Why the peer's certificate was not accepted, in words.
//!
//! The TLS library's error says the kind of fault; an `Inspection` adds names, dates and the chain, which tell a
//! self-signed certificate, an untrusted root and a missing intermediate certificate apart. All names are the peer's.

use std::fmt;
use std::time::SystemTime;

use super::certificate::{AltName, Certificate, Name};
use super::inspect::Inspection;

/// So many names of a certificate are listed in an error.
const NAMES_SHOWN: usize = 10;

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It, or one above it, is past its last day.
    Expired,
    /// It, or one above it, is before its first day.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// It has a common name but no subjectAltName that could be verified (RFC 9525 §2).
    CommonNameOnly,
    /// It is signed by itself and not trusted.
    SelfSigned,
    /// Its chain is complete, but the root is not trusted.
    UntrustedRoot,
    /// The server does not send a certificate between its own and the root.
    MissingIntermediate,
    /// Its issuer is not known; one of the last two, which could not be told.
    UnknownIssuer,
    /// Something else, in the TLS library's words.
    Other(String),
}

impl Fault {
    /// The fault that the library's error text tells; `None` where it is not about a certificate.
    pub(super) fn in_text(text: &str) -> Option<Fault> {
        let lower = text.to_lowercase().replace("self signed", "self-signed");
        let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let openssl = lower.contains("certificate verify failed");
        // SChannel and Secure Transport have their own sentences, all of which name the certificate or the trust.
        if !openssl && !any(&["certificate", "trust", "host name"]) {
            return None;
        }
        Some(if any(&["expired"]) {
            Fault::Expired
        } else if any(&["not yet valid"]) {
            Fault::NotYetValid
        } else if any(&["hostname mismatch", "ip address mismatch", "name does not match", "host name"]) {
            Fault::WrongName
        } else if any(&["self-signed certificate in certificate chain"]) {
            Fault::UntrustedRoot
        } else if any(&["self-signed"]) {
            Fault::SelfSigned
        } else if any(&["unable to get", "unable to verify the first", "not trusted"]) {
            Fault::UnknownIssuer
        } else {
            Fault::Other(innermost(text))
        })
    }
}

/// A refused certificate: the name it was to prove, what is wrong, and what is known of it.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The host or address that was verified.
    pub name: String,
    /// What is wrong.
    pub fault: Fault,
    /// What the peer sent, where it was looked at.
    pub inspection: Option<Inspection>,
}

impl Rejection {
    /// Adds an inspection, and tells the fault more exactly by it.
    pub(super) fn complete(mut self, inspection: Inspection) -> Rejection {
        self.fault = refine(self.fault, &inspection.chain);
        self.inspection = Some(inspection);
        self
    }

    /// One thing to try.
    pub(super) fn hint(&self) -> String {
        match self.fault {
            Fault::WrongName => "--sni NAME verifies another name, --insecure (-k) goes on regardless",
            Fault::SelfSigned => "--cacert FILE trusts it, --insecure (-k) goes on regardless",
            Fault::UntrustedRoot => "--cacert FILE trusts that root, --insecure (-k) goes on regardless",
            Fault::MissingIntermediate => {
                "have the server send its whole chain; --cacert FILE trusts the missing certificate's root \
                 and may hold it too, --insecure (-k) goes on regardless"
            }
            Fault::UnknownIssuer => "--cacert FILE trusts the issuer, --insecure (-k) goes on regardless",
            Fault::CommonNameOnly => {
                "issue the certificate with a subjectAltName; --insecure (-k) goes on regardless"
            }
            Fault::Expired | Fault::NotYetValid | Fault::Other(_) => "--insecure (-k) goes on regardless",
        }
        .to_owned()
    }

    fn chain(&self) -> &[Certificate] {
        self.inspection.as_ref().map_or(&[], |inspection| &inspection.chain)
    }

    fn leaf(&self) -> Option<&Certificate> {
        self.chain().first()
    }

    fn write_validity(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        at_fault: Option<&Certificate>,
    ) -> fmt::Result {
        let Some(certificate) = at_fault.or(self.leaf()) else { return write!(f, "the certificate {what}") };
        write!(f, "the certificate {} {what}: it is valid from ", certificate.subject)?;
        write!(f, "{} to {}", date(certificate.not_before), date(certificate.not_after))
    }

    fn write_wrong_name(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate is not for {}", self.name)?;
        let names: &[AltName] = self.leaf().map_or(&[], |leaf| &leaf.names);
        for (index, name) in names.iter().take(NAMES_SHOWN).enumerate() {
            write!(f, "{} {name}", if index == 0 { " but for" } else { "," })?;
        }
        match names.len().saturating_sub(NAMES_SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }

    fn write_unknown_issuer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(leaf) = self.leaf() else {
            return f.write_str("the issuer of the certificate is not trusted");
        };
        write!(
            f,
            "the issuer {} is not trusted, and the server sent only its own certificate: ",
            leaf.issuer
        )?;
        f.write_str(
            "either that root is not trusted here, or the server leaves out an intermediate certificate",
        )
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = SystemTime::now();
        let find =
            |wrong: fn(&Certificate, SystemTime) -> bool| self.chain().iter().find(|one| wrong(one, now));
        match &self.fault {
            Fault::Expired => self.write_validity(f, "has expired", find(is_expired)),
            Fault::NotYetValid => self.write_validity(f, "is not yet valid", find(is_early)),
            Fault::WrongName => self.write_wrong_name(f),
            Fault::CommonNameOnly => {
                f.write_str("the certificate names its host only in the subject")?;
                self.leaf().map_or(Ok(()), |leaf| write!(f, " ({})", leaf.subject))?;
                f.write_str(", not in a subjectAltName (RFC 9525 §2)")
            }
            Fault::SelfSigned => {
                f.write_str("the certificate is self-signed and not trusted")?;
                self.leaf().map_or(Ok(()), |leaf| write!(f, " ({})", leaf.subject))
            }
            Fault::UntrustedRoot => {
                f.write_str("the root certificate of the chain is not trusted")?;
                top(self.chain()).map_or(Ok(()), |top| write!(f, " ({})", top.issuer))
            }
            Fault::MissingIntermediate => {
                f.write_str("the server leaves out an intermediate certificate")?;
                self.leaf().map_or(Ok(()), |leaf| write!(f, " ({})", leaf.issuer))
            }
            Fault::UnknownIssuer => self.write_unknown_issuer(f),
            Fault::Other(what) => write!(f, "the certificate does not verify: {what}"),
        }
    }
}

/// Tells a fault more exactly by the certificates the server sent, its own first.
fn refine(fault: Fault, chain: &[Certificate]) -> Fault {
    let (Some(leaf), Some(top)) = (chain.first(), top(chain)) else { return fault };
    match fault {
        Fault::WrongName if leaf.names.is_empty() => Fault::CommonNameOnly,
        Fault::UnknownIssuer if leaf.is_self_issued() => Fault::SelfSigned,
        // An unbroken chain that ends below its root: servers need not send roots.
        Fault::UnknownIssuer if top.subject != leaf.subject => Fault::UntrustedRoot,
        // What else was sent does not continue the leaf; or it is from a public authority, whose roots sign no leaves.
        Fault::UnknownIssuer if chain.len() > 1 || leaf.names_issuer_address => Fault::MissingIntermediate,
        other => other,
    }
}

/// The last certificate on the way from the leaf upward, as far as the chain has it.
fn top(chain: &[Certificate]) -> Option<&Certificate> {
    let issued_by = |issuer: &Name| chain.iter().find(|one| one.subject == *issuer);
    let mut top = chain.first()?;
    // A peer may send certificates that issue each other in a ring.
    for _ in chain {
        match issued_by(&top.issuer) {
            Some(above) if !top.is_self_issued() => top = above,
            _ => break,
        }
    }
    Some(top)
}

fn is_expired(certificate: &Certificate, now: SystemTime) -> bool {
    certificate.not_after.is_some_and(|end| end < now)
}

fn is_early(certificate: &Certificate, now: SystemTime) -> bool {
    certificate.not_before.is_some_and(|start| start > now)
}

fn date(time: Option<SystemTime>) -> String {
    match time.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
        Some(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => "an unreadable date".to_owned(),
    }
}

/// What OpenSSL puts in parentheses at the end: the result of the verification.
fn innermost(text: &str) -> String {
    let inner = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map(|(_, inner)| inner);
    inner.map_or_else(|| super::error::reason(text), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_texts_become_faults() {
        let openssl = |what: &str| {
            format!("error:0A000086:SSL routines:tls_post:certificate verify failed:ssl/s.c:1889: ({what})")
        };
        for (text, fault) in [
            (openssl("certificate has expired"), Some(Fault::Expired)),
            (openssl("certificate is not yet valid"), Some(Fault::NotYetValid)),
            (openssl("hostname mismatch"), Some(Fault::WrongName)),
            (openssl("IP address mismatch"), Some(Fault::WrongName)),
            (openssl("self signed certificate"), Some(Fault::SelfSigned)),
            (openssl("self-signed certificate in certificate chain"), Some(Fault::UntrustedRoot)),
            (openssl("unable to get local issuer certificate"), Some(Fault::UnknownIssuer)),
            (
                openssl("EE certificate key too weak"),
                Some(Fault::Other("EE certificate key too weak".into())),
            ),
            ("The certificate's CN name does not match the passed value.".into(), Some(Fault::WrongName)),
            ("The certificate was not trusted.".into(), Some(Fault::UnknownIssuer)),
            ("error:0A00010B:SSL routines:ssl3_get_record:wrong version number:s.c:1:".into(), None),
        ] {
            assert_eq!(Fault::in_text(&text), fault, "{text}");
        }
    }
}
