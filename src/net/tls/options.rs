//! What a caller may ask of TLS: trust, a client certificate, the name to send, protocol versions.
//!
//! Plain values; nothing here reads a file. The command line fills them in, `Connector::new` acts on them.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::error::Error;

/// How to do TLS. The default verifies against the system's trust store and allows TLS 1.2 and 1.3.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Accept any certificate, for any name. Everything else stays as strict as before.
    pub insecure: bool,
    /// Trust the certificates of this file (PEM, one or several, or DER) *instead of* the system's.
    pub cacert: Option<PathBuf>,
    /// The client certificate to show to servers that ask for one.
    pub identity: Option<IdentitySource>,
    /// Sent as the server name (RFC 6066 §3) and verified in the certificate, both in place of the host.
    pub sni: Option<String>,
    /// The lowest protocol version to agree on; `None` is TLS 1.2.
    pub min: Option<Version>,
    /// The highest protocol version to agree on; `None` is the highest the library speaks.
    pub max: Option<Version>,
}

impl Options {
    /// Finds what no file and no server can make right: versions in the wrong order, a server name that cannot be
    /// one. The error is a sentence for a usage message.
    pub fn check(&self) -> Result<(), String> {
        check_versions(self.min, self.max)?;
        match &self.sni {
            Some(name) => check_name(name),
            None => Ok(()),
        }
    }
}

impl Options {
    /// Opens every file that is named, and reads none.
    pub(in crate::net) fn look_for_files(&self) -> Result<(), Error> {
        let identity = match &self.identity {
            Some(IdentitySource::Pem { cert, key }) => [Some(cert), Some(key)],
            Some(IdentitySource::Pkcs12 { file, .. }) => [Some(file), None],
            None => [None, None],
        };
        identity.into_iter().chain([self.cacert.as_ref()]).flatten().try_for_each(|path| {
            std::fs::File::open(path).map(drop).map_err(|cause| Error::File { path: path.clone(), cause })
        })
    }
}

/// Where our certificate and its private key come from.
#[derive(Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// Two PEM files, or twice the same one that holds both.
    Pem {
        /// The certificate, then any intermediate ones, from the leaf towards the root.
        cert: PathBuf,
        /// The private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
        key: PathBuf,
    },
    /// A PKCS#12 archive (RFC 7292).
    Pkcs12 {
        /// The `.p12` or `.pfx` file.
        file: PathBuf,
        /// Opens it; empty for none. Never printed.
        password: String,
    },
}

impl fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem { cert, key } => f.debug_struct("Pem").field("cert", cert).field("key", key).finish(),
            Self::Pkcs12 { file, .. } => f.debug_struct("Pkcs12").field("file", file).finish_non_exhaustive(),
        }
    }
}

/// A TLS version that may be asked for. Older ones are never spoken (RFC 8996).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

impl Version {
    /// The number on the wire.
    pub(super) fn number(self) -> u16 {
        match self {
            Self::V1_2 => 0x0303,
            Self::V1_3 => 0x0304,
        }
    }

    /// As native-tls calls it.
    #[cfg(any(windows, target_vendor = "apple"))]
    pub(super) fn protocol(self) -> native_tls::Protocol {
        match self {
            Self::V1_2 => native_tls::Protocol::Tlsv12,
            Self::V1_3 => native_tls::Protocol::Tlsv13,
        }
    }

    /// As the OpenSSL crate calls it.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    pub(super) fn version_of_library(self) -> openssl::ssl::SslVersion {
        match self {
            Self::V1_2 => openssl::ssl::SslVersion::TLS1_2,
            Self::V1_3 => openssl::ssl::SslVersion::TLS1_3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        })
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `1.2` or `1.3`.
    fn from_str(word: &str) -> Result<Version, String> {
        match word {
            "1.2" => Ok(Self::V1_2),
            "1.3" => Ok(Self::V1_3),
            "1.0" | "1.1" => Err(format!("TLS {word} is not supported (RFC 8996); use 1.2 or 1.3")),
            _ => Err("not a TLS version; use 1.2 or 1.3".to_owned()),
        }
    }
}

/// Refuses versions in the wrong order.
pub(super) fn check_versions(min: Option<Version>, max: Option<Version>) -> Result<(), String> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(format!("--tls-min {min} is above --tls-max {max}")),
        _ => Ok(()),
    }
}

/// What is allowed, in words: `TLS 1.2 to 1.3`.
pub(super) fn versions_text(min: Option<Version>, max: Option<Version>) -> String {
    match (min.unwrap_or(Version::V1_2), max) {
        (min, Some(max)) if min == max => format!("TLS {min}"),
        (Version::V1_3, _) => "TLS 1.3".to_owned(),
        (min, max) => format!("TLS {min} to {}", max.unwrap_or(Version::V1_3)),
    }
}

/// The name to send and to verify for `host`: without the brackets and the zone of an IPv6 address, and without
/// the dot at the end of an absolute name (certificates never carry one).
pub(super) fn verified_name(host: &str) -> &str {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match bare.split_once('%') {
        Some((address, _zone)) if address.parse::<IpAddr>().is_ok() => address,
        _ => bare.strip_suffix('.').unwrap_or(bare),
    }
}

/// Refuses what cannot be a server name. A NUL in it would make the TLS library panic.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let name = verified_name(name);
    if name.is_empty() {
        return Err("the TLS server name is empty".to_owned());
    }
    if name.len() > 253 {
        return Err("the TLS server name is longer than 253 bytes (RFC 1035 §2.3.4)".to_owned());
    }
    match name.bytes().find(|byte| !byte.is_ascii_graphic()) {
        Some(byte) => {
            Err(format!("the TLS server name holds the byte 0x{byte:02x}; use ASCII letters (xn--…)"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse_and_the_rest_says_why() {
        assert_eq!("1.2".parse(), Ok(Version::V1_2));
        assert_eq!("1.3".parse(), Ok(Version::V1_3));
        assert!("1.1".parse::<Version>().unwrap_err().contains("RFC 8996"));
        assert!("tls1.3".parse::<Version>().unwrap_err().contains("use 1.2 or 1.3"));
    }

    #[test]
    fn a_lowest_version_above_the_highest_is_refused() {
        let mut options =
            Options { min: Some(Version::V1_3), max: Some(Version::V1_2), ..Options::default() };
        assert_eq!(options.check().unwrap_err(), "--tls-min 1.3 is above --tls-max 1.2");
        options.max = Some(Version::V1_3);
        assert_eq!(options.check(), Ok(()));
    }

    #[test]
    fn server_names_that_cannot_be_sent_are_refused() {
        for (name, accepted) in [
            ("ex.test", true),
            ("127.0.0.1", true),
            ("", false),
            (".", false),
            ("a\0b", false),
            ("a b", false),
            ("é.test", false),
            (&"a".repeat(254), false),
        ] {
            let options = Options { sni: Some(name.to_owned()), ..Options::default() };
            assert_eq!(options.check().is_ok(), accepted, "{name:?}");
        }
    }

    #[test]
    fn the_verified_name_has_no_trailing_dot_brackets_or_zone() {
        for (host, name) in [
            ("localhost.", "localhost"),
            ("EX.test", "EX.test"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%251]", "fe80::1"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(verified_name(host), name);
        }
    }

    #[test]
    fn debug_does_not_tell_the_password() {
        let source = IdentitySource::Pkcs12 { file: "me.p12".into(), password: "sesame".into() };
        assert_eq!(format!("{source:?}"), r#"Pkcs12 { file: "me.p12", .. }"#);
    }
}
