//! Reads our certificate with its key, from PEM files or PKCS#12, and explains what is wrong with them.
//!
//! native-tls takes only `BEGIN PRIVATE KEY` and does not notice a key that belongs to another certificate, so both
//! are seen to here. Nothing asks for a passphrase. `connector` loads a client's, `acceptor` a server's.

use std::path::Path;

use super::error::{Error, read, reason};
use super::options::IdentitySource;
use super::pem::{self, Block};

pub use key_form::Pair;

/// The identity a source describes.
pub fn load(source: &IdentitySource) -> Result<Pair, Error> {
    match source {
        IdentitySource::Pem { cert, key } => {
            let (chain, key_pem) = pem_texts(cert, key)?;
            pair(&chain, &key_pem).map_err(|what| invalid(cert, what, None))
        }
        IdentitySource::Pkcs12 { file, password } => {
            from_pkcs12(file, password, |bytes| key_form::parse_pkcs12(bytes, password))
        }
    }
}

/// The pair of a PEM chain, leaf first, and a PKCS#8 key; or the library's reason.
pub fn pair(chain: &str, key: &str) -> Result<Pair, String> {
    key_form::pair(chain, key).map_err(|error| reason(&error.to_string()))
}

/// The chain and the key, which belongs to its first certificate.
fn pem_texts(cert: &Path, key: &Path) -> Result<(String, String), Error> {
    let (cert_file, key_file) = (read(cert)?, read(key)?);
    let cert_text = String::from_utf8_lossy(&cert_file);
    let chain: Vec<_> =
        pem::blocks(&cert_text).filter(Block::is_certificate).map(|block| block.text).collect();
    let Some(leaf) = chain.first() else { return Err(no_certificate(cert, &cert_file)) };
    let key_pem = key_block(key, &String::from_utf8_lossy(&key_file))?;
    key_form::check_pair(cert, leaf, key, &key_pem)?;
    Ok((chain.join("\n") + "\n", key_pem))
}

fn no_certificate(path: &Path, file: &[u8]) -> Error {
    // DER starts with a SEQUENCE.
    let hint = file.starts_with(&[0x30]).then(|| {
        format!("if it is DER, convert it: openssl x509 -inform DER -in {} -out cert.pem", path.display())
    });
    invalid(path, "it holds no certificate in PEM form".to_owned(), hint)
}

/// The private key of a file as a PKCS#8 PEM block.
fn key_block(path: &Path, text: &str) -> Result<String, Error> {
    let Some(block) = pem::blocks(text).find(Block::is_key) else {
        let what = match pem::blocks(text).next() {
            Some(other) => format!("it holds no private key, but {}", other.label),
            None => "it holds no private key in PEM form".to_owned(),
        };
        return Err(invalid(path, what, None));
    };
    if block.is_encrypted() {
        let hint = format!("decrypt it: openssl pkey -in {} -out plain.key", path.display());
        return Err(invalid(path, "its private key is encrypted".to_owned(), Some(hint)));
    }
    if block.label == "PRIVATE KEY" { Ok(block.text.to_owned()) } else { key_form::to_pkcs8(path, block) }
}

fn from_pkcs12<T, E: std::fmt::Display>(
    path: &Path,
    password: &str,
    parse: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, Error> {
    let bytes = read(path)?;
    // The OpenSSL crate panics on it.
    if password.contains('\0') {
        return Err(invalid(path, "the password holds a NUL".to_owned(), None));
    }
    parse(&bytes).map_err(|error| explain_pkcs12(path, &error.to_string()))
}

/// Says what a PKCS#12 error means; each system's library has its own words for a wrong password.
fn explain_pkcs12(path: &Path, text: &str) -> Error {
    let lower = text.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&["mac verif", "password", "passphrase"]) {
        return invalid(
            path,
            "the password is wrong".to_owned(),
            Some("--pass-file FILE gives it".to_owned()),
        );
    }
    if any(&["unsupported", "unknown pbe", "unknown cipher"]) {
        let what = "it is encrypted with an old algorithm that this OpenSSL has no legacy provider for";
        let path_text = path.display();
        let hint = format!(
            "convert it: openssl pkcs12 -legacy -in {path_text} -nodes -out all.pem; then --cert all.pem --key all.pem"
        );
        return invalid(path, what.to_owned(), Some(hint));
    }
    if any(&["at least one certificate", "no identity"]) {
        return invalid(path, "it holds no certificate together with its key".to_owned(), None);
    }
    invalid(path, format!("it is not a PKCS#12 archive ({})", reason(text)), None)
}

fn invalid(path: &Path, what: String, hint: Option<String>) -> Error {
    Error::Identity { path: path.to_owned(), what, hint }
}

/// What the OpenSSL crate can do beyond native-tls.
#[cfg(not(any(windows, target_vendor = "apple")))]
mod key_form {
    use openssl::error::ErrorStack;
    use openssl::pkcs12::Pkcs12;
    use openssl::pkey::{PKey, Private};
    use openssl::provider::Provider;
    use openssl::x509::X509;

    use super::{Block, Error, Path, invalid, reason};

    /// PKCS#1 or SEC1 to PKCS#8.
    pub fn to_pkcs8(path: &Path, block: Block<'_>) -> Result<String, Error> {
        let pem = parse(path, block.text)?
            .private_key_to_pem_pkcs8()
            .map_err(|error| invalid(path, reason(&error.to_string()), None))?;
        Ok(String::from_utf8_lossy(&pem).into_owned())
    }

    /// Refuses a key that does not belong to the certificate.
    pub fn check_pair(cert: &Path, leaf: &str, key: &Path, key_pem: &str) -> Result<(), Error> {
        let private = parse(key, key_pem)?;
        let public = X509::from_pem(leaf.as_bytes())
            .and_then(|certificate| certificate.public_key())
            .map_err(|error| invalid(cert, reason(&error.to_string()), None))?;
        if public.public_eq(&private) {
            return Ok(());
        }
        let what = format!("it does not match the first certificate in {}", cert.display());
        Err(invalid(key, what, None))
    }

    /// A key and its chain.
    #[derive(Clone, Debug)]
    pub struct Pair {
        pub key: PKey<Private>,
        pub leaf: X509,
        /// From the leaf's issuer towards the root.
        pub others: Vec<X509>,
    }

    pub fn pair(chain: &str, key: &str) -> Result<Pair, ErrorStack> {
        let key = PKey::private_key_from_pem(key.as_bytes())?;
        let leaf = X509::from_pem(chain.as_bytes())?;
        let others = X509::stack_from_pem(chain.as_bytes())?.split_off(1);
        Ok(Pair { key, leaf, others })
    }

    pub fn parse_pkcs12(bytes: &[u8], password: &str) -> Result<Pair, String> {
        let parse = || Pkcs12::from_der(bytes)?.parse2(password);
        let parsed = with_legacy(parse).map_err(|error| error.to_string())?;
        let (Some(key), Some(leaf)) = (parsed.pkey, parsed.cert) else {
            return Err("no identity".to_owned());
        };
        // The library gives the chain from its end.
        Ok(Pair { key, leaf, others: parsed.ca.into_iter().flatten().rev().collect() })
    }

    /// Old archives (RC2, 3DES) need the legacy provider, which is there only where the system brings it. It is
    /// unloaded again: nothing else should fall back to such algorithms.
    fn with_legacy<T, E: std::fmt::Display>(parse: impl Fn() -> Result<T, E>) -> Result<T, E> {
        parse().or_else(|error| {
            if !error.to_string().contains("unsupported") {
                return Err(error);
            }
            match Provider::try_load(None, "legacy", true) {
                Ok(_loaded) => parse(),
                Err(_) => Err(error),
            }
        })
    }

    fn parse(path: &Path, pem: &str) -> Result<PKey<Private>, Error> {
        PKey::private_key_from_pem(pem.as_bytes()).map_err(|error| {
            invalid(path, format!("its private key does not parse ({})", reason(&error.to_string())), None)
        })
    }
}

/// Elsewhere the system's library decides; macOS finds a wrong key by itself.
#[cfg(any(windows, target_vendor = "apple"))]
mod key_form {
    use native_tls::Identity;

    use super::{Block, Error, Path, invalid};

    pub fn to_pkcs8(path: &Path, block: Block<'_>) -> Result<String, Error> {
        let hint = format!("convert it: openssl pkcs8 -topk8 -nodes -in {} -out pkcs8.key", path.display());
        let what = format!("this system takes BEGIN PRIVATE KEY (PKCS#8), not BEGIN {}", block.label);
        Err(invalid(path, what, Some(hint)))
    }

    pub fn check_pair(_: &Path, _: &str, _: &Path, _: &str) -> Result<(), Error> {
        Ok(())
    }

    pub type Pair = Identity;

    pub fn pair(chain: &str, key: &str) -> Result<Pair, native_tls::Error> {
        Identity::from_pkcs8(chain.as_bytes(), key.as_bytes())
    }

    pub fn parse_pkcs12(bytes: &[u8], password: &str) -> Result<Identity, native_tls::Error> {
        Identity::from_pkcs12(bytes, password)
    }
}
