//! Reads from a certificate (RFC 5280) what is told about it: names, dates, and who issued it.
//!
//! It verifies nothing; the TLS library does that. The same code serves every system, since native-tls hands out
//! certificates only as DER. All text is the peer's and stays as it is; whoever shows it escapes it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::der::{self, Element, Reader};

/// The content of id-ce-subjectAltName, 2.5.29.17 (RFC 5280 §4.2.1.6).
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// The content of id-pe-authorityInfoAccess (RFC 5280 §4.2.2.1).
const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01];
/// The content of id-ad-caIssuers: where the issuer's certificate may be fetched.
const CA_ISSUERS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];

/// What one certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is about.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// Whom it stands for (subjectAltName); hosts are verified against these alone.
    pub names: Vec<AltName>,
    /// When it becomes valid; `None` where the date does not parse.
    pub not_before: Option<SystemTime>,
    /// When it ends to be valid.
    pub not_after: Option<SystemTime>,
    /// Whether it tells where to fetch its issuer: a public authority's mark of an intermediate certificate.
    pub names_issuer_address: bool,
}

impl Certificate {
    /// Reads a certificate; `None` where it is not one.
    pub fn from_der(bytes: &[u8]) -> Option<Certificate> {
        let certificate = Reader::new(bytes).tagged(der::SEQUENCE)?;
        let mut fields = certificate.inside().tagged(der::SEQUENCE)?.inside();
        fields.tagged(0xa0); // version
        fields.tagged(der::INTEGER)?; // serialNumber
        fields.tagged(der::SEQUENCE)?; // signature
        let issuer = Name::read(fields.tagged(der::SEQUENCE)?);
        let mut validity = fields.tagged(der::SEQUENCE)?.inside();
        let (not_before, not_after) = (validity.next().and_then(time), validity.next().and_then(time));
        let subject = Name::read(fields.tagged(der::SEQUENCE)?);
        let extensions = fields.find(|field| field.tag == 0xa3);
        let extension = |oid| extensions.and_then(|list| find_extension(list, oid));
        Some(Certificate {
            subject,
            issuer,
            names: extension(SUBJECT_ALT_NAME).map(alt_names).unwrap_or_default(),
            not_before,
            not_after,
            names_issuer_address: extension(AUTHORITY_INFO_ACCESS).is_some_and(tells_ca_issuers),
        })
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// A distinguished name: compared by its bytes, shown as `CN=…, O=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    der: Vec<u8>,
    text: String,
}

impl Name {
    fn read(sequence: Element<'_>) -> Name {
        let mut parts: Vec<String> =
            sequence.inside().flat_map(|set| set.inside()).filter_map(attribute).collect();
        // The most specific part stands last in the certificate and first in text (RFC 4514 §2.1).
        parts.reverse();
        Name { der: sequence.whole.to_vec(), text: parts.join(", ") }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.text.is_empty() { "(no name)" } else { &self.text })
    }
}

/// One entry of subjectAltName.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AltName {
    /// A host name, perhaps with `*` as its first label.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// An e-mail address or URI; no host matches it.
    Other(String),
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) | Self::Other(text) => f.write_str(text),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// The value of the extension `oid`, where there is one.
fn find_extension<'a>(extensions: Element<'a>, oid: &[u8]) -> Option<&'a [u8]> {
    extensions.inside().tagged(der::SEQUENCE)?.inside().find_map(|extension| {
        let mut fields = extension.inside();
        let found = fields.tagged(der::OID)?.content == oid;
        let value = fields.find(|field| field.tag == der::OCTET_STRING)?;
        found.then_some(value.content)
    })
}

fn alt_names(value: &[u8]) -> Vec<AltName> {
    let Some(list) = Reader::new(value).tagged(der::SEQUENCE) else { return Vec::new() };
    list.inside().filter_map(alt_name).collect()
}

fn alt_name(entry: Element<'_>) -> Option<AltName> {
    match entry.tag {
        0x82 => Some(AltName::Dns(lossy(entry.content))),
        0x81 | 0x86 => Some(AltName::Other(lossy(entry.content))),
        0x87 => {
            let v4 = <[u8; 4]>::try_from(entry.content).map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
            let v6 = <[u8; 16]>::try_from(entry.content).map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
            v4.or(v6).ok().map(AltName::Ip)
        }
        _ => None,
    }
}

fn tells_ca_issuers(value: &[u8]) -> bool {
    Reader::new(value).tagged(der::SEQUENCE).is_some_and(|list| {
        list.inside()
            .any(|access| access.inside().tagged(der::OID).is_some_and(|oid| oid.content == CA_ISSUERS))
    })
}

/// `CN=…` for one AttributeTypeAndValue (RFC 5280 §4.1.2.4).
fn attribute(pair: Element<'_>) -> Option<String> {
    let mut fields = pair.inside();
    let oid = fields.tagged(der::OID)?.content;
    let value = fields.next()?;
    let key = match oid {
        [0x55, 0x04, 0x03] => "CN".to_owned(),
        [0x55, 0x04, 0x05] => "serialNumber".to_owned(),
        [0x55, 0x04, 0x06] => "C".to_owned(),
        [0x55, 0x04, 0x07] => "L".to_owned(),
        [0x55, 0x04, 0x08] => "ST".to_owned(),
        [0x55, 0x04, 0x0a] => "O".to_owned(),
        [0x55, 0x04, 0x0b] => "OU".to_owned(),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress".to_owned(),
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC".to_owned(),
        other => der::dotted(other),
    };
    Some(format!("{key}={}", directory_string(value)))
}

/// The text of a DirectoryString in any of its encodings (X.680 §41).
fn directory_string(value: Element<'_>) -> String {
    match value.tag {
        0x14 => value.content.iter().copied().map(char::from).collect(), // T61String, in practice Latin-1
        0x1e => {
            let units = value.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => lossy(value.content),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A UTCTime or GeneralizedTime in the forms RFC 5280 §4.1.2.5 allows: to the second, ending in `Z`.
fn time(element: Element<'_>) -> Option<SystemTime> {
    let digits = element.content.strip_suffix(b"Z")?;
    let pair = |at: usize| -> Option<i8> {
        let text = std::str::from_utf8(digits.get(at..at + 2)?).ok()?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
    };
    let (year, at) = match (element.tag, digits.len()) {
        (0x17, 12) => {
            let short = i16::from(pair(0)?);
            (short + if short < 50 { 2000 } else { 1900 }, 2)
        }
        (0x18, 14) => (i16::from(pair(0)?) * 100 + i16::from(pair(2)?), 4),
        _ => return None,
    };
    let (month, day) = (pair(at)?, pair(at + 2)?);
    let (hour, minute, second) = (pair(at + 4)?, pair(at + 6)?, pair(at + 8)?);
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn element(bytes: &[u8]) -> Element<'_> {
        Reader::new(bytes).next().unwrap()
    }

    fn seconds(bytes: &[u8]) -> Option<u64> {
        time(element(bytes)).map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn times_of_both_forms_are_read() {
        assert_eq!(seconds(b"\x17\x0d700101000001Z"), Some(1));
        assert_eq!(seconds(b"\x18\x0f20500101000000Z"), Some(2_524_608_000));
        let before_the_epoch = time(element(b"\x17\x0d691231235959Z")).unwrap();
        assert_eq!(before_the_epoch + Duration::from_secs(1), SystemTime::UNIX_EPOCH);
        for broken in [
            &b"\x17\x0d701301000001Z"[..],
            b"\x17\x0d7001010000011",
            b"\x17\x0d70+10100000Z1",
            b"\x18\x0d700101000001Z",
            b"\x17\x00",
        ] {
            assert_eq!(seconds(broken), None, "{broken:02x?}");
        }
    }

    #[test]
    fn strings_of_every_encoding_are_read() {
        for (bytes, text) in [
            (&b"\x0c\x02\xc3\xa9"[..], "é"),
            (b"\x13\x01a", "a"),
            (b"\x14\x01\xe9", "é"),
            (b"\x1e\x02\x00\xe9", "é"),
            (b"\x0c\x01\xff", "\u{fffd}"),
        ] {
            assert_eq!(directory_string(element(bytes)), text);
        }
    }

    #[test]
    fn a_certificate_is_read_and_every_cut_of_it_refused_or_read_without_panic() {
        let mut params =
            rcgen::CertificateParams::new(vec!["ex.test".into(), "127.0.0.1".into(), "::1".into()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Evil\x1b[2J");
        params.distinguished_name.push(rcgen::DnType::CommonName, "a name");
        let der = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();

        let read = Certificate::from_der(&der).unwrap();
        assert_eq!(read.subject.to_string(), "CN=a name, O=Evil\x1b[2J");
        let names: Vec<_> = read.names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["ex.test", "127.0.0.1", "::1"]);
        assert!(read.is_self_issued() && !read.names_issuer_address);
        assert!(read.not_before.unwrap() < read.not_after.unwrap());

        for cut in 0..der.len() {
            assert_eq!(Certificate::from_der(&der[..cut]), None);
        }
        for at in 0..der.len() {
            let mut bent = der.clone();
            bent[at] ^= 0x80;
            let _ = Certificate::from_der(&bent);
        }
    }
}
