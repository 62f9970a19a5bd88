//! Where OpenSSL finds the authorities that the system trusts.
//!
//! Systems keep them as one bundle, and many also as a folder of files that are named by a hash of their subject, from
//! which OpenSSL takes the one it needs. Parsing a bundle takes 30 ms, the folder nothing. So the folder alone is used
//! where there is one; a certificate that it does not prove is tried once more with the bundle, because people add their
//! own authority to that, or name another in SSL_CERT_FILE.

use std::path::Path;

use openssl::ssl::SslContextBuilder;
use openssl_probe::ProbeResult;

/// How much of the trust store is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What can be looked up one by one.
    Quick,
    /// All of it.
    All,
}

/// Fills the trust store; returns how much is in it. What is not there or cannot be read leaves it emptier, and a
/// certificate that needs it is refused then.
pub fn load(builder: &mut SslContextBuilder, wanted: Extent) -> Extent {
    load_from(builder, wanted, &openssl_probe::probe())
}

fn load_from(builder: &mut SslContextBuilder, wanted: Extent, found: &ProbeResult) -> Extent {
    for folder in &found.cert_dir {
        // It is not read before it is needed.
        let _ = builder.load_verify_locations(None, Some(folder));
    }
    if wanted == Extent::Quick && found.cert_dir.iter().any(|folder| is_hashed(folder)) {
        return Extent::Quick;
    }
    if let Some(bundle) = &found.cert_file {
        let _ = builder.load_verify_locations(Some(bundle), None);
    }
    // Where the library itself was built to look, which need be none of the usual places, and all of SSL_CERT_DIR.
    let _ = builder.set_default_verify_paths();
    Extent::All
}

/// Whether a folder has files that are named by the hash of a subject: eight hexadecimal digits, a dot, a number.
fn is_hashed(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| is_hash(&entry.file_name().to_string_lossy()))
}

fn is_hash(name: &str) -> bool {
    let digits =
        |text: &str, is_digit: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|b| is_digit(&b));
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == 8 && digits(hash, u8::is_ascii_hexdigit) && digits(number, u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ssl::{SslContext, SslMethod};

    #[test]
    fn a_bundle_is_read_where_nothing_can_be_looked_up_or_it_is_needed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut found = ProbeResult { cert_file: None, cert_dir: vec![folder.path().to_owned()] };
        let load = |found: &ProbeResult, wanted| {
            let mut builder = SslContext::builder(SslMethod::tls_client()).expect("OpenSSL works");
            load_from(&mut builder, wanted, found)
        };
        assert_eq!(load(&found, Extent::Quick), Extent::All);
        std::fs::write(folder.path().join("002c0b4f.0"), "").expect("written");
        assert_eq!(load(&found, Extent::Quick), Extent::Quick);
        assert_eq!(load(&found, Extent::All), Extent::All);
        found.cert_dir.clear();
        assert_eq!(load(&found, Extent::Quick), Extent::All);
    }

    #[test]
    fn a_folder_is_hashed_if_one_of_its_files_is_named_so() {
        for (name, hash) in [
            ("002c0b4f.0", true),
            ("002C0B4F.12", true),
            ("002c0b4f", false),
            ("002c0b4f.r0", false),
            ("02c0b4f.0", false),
            ("ca-certificates.crt", false),
        ] {
            assert_eq!(is_hash(name), hash, "{name}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!is_hashed(folder.path()) && !is_hashed(&folder.path().join("none")));
        std::fs::write(folder.path().join("002c0b4f.0"), "").expect("written");
        assert!(is_hashed(folder.path()));
    }
}
