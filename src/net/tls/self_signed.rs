//! Makes a certificate for a test server on this computer: a fresh authority that signs one certificate.
//!
//! Two rather than one that signs itself, so that what a client is told to trust can vouch for nothing else: the
//! authority's key is forgotten at once. No key is ever written. Called by `acceptor` for `--self-signed`.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// The names by which a client on this computer reaches the server.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Long enough for a test server that runs for days; short, because such certificates are forgotten in trust stores.
const VALID: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Clocks of containers and virtual machines may be behind.
const SKEW: Duration = Duration::from_secs(60 * 60);

/// A certificate, ready to serve with.
pub struct SelfSigned {
    /// The authority's certificate as PEM: what a client has to trust.
    pub authority: String,
    /// The chain to send as PEM: the server's certificate, then the authority's.
    pub chain: String,
    /// The server's key as PEM (PKCS#8).
    pub key: String,
}

/// Makes one.
pub fn make() -> Result<SelfSigned, rcgen::Error> {
    let (authority_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
    let params = authority_params(&authority_key)?;
    let authority = params.self_signed(&authority_key)?.pem();
    let leaf = leaf_params()?.signed_by(&key, &Issuer::new(params, authority_key))?.pem();
    Ok(SelfSigned { chain: format!("{leaf}{authority}"), authority, key: key.serialize_pem() })
}

fn authority_params(key: &KeyPair) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    // Two authorities of one name confuse a trust store, so each has a part of its key in it.
    let mark: String = key.public_key_raw().iter().rev().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = named(&format!("wscope test authority {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(limited(params))
}

fn leaf_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    params.distinguished_name = named("wscope test server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(limited(params))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn limited(mut params: CertificateParams) -> CertificateParams {
    // A clock before 1970 is wrong whatever is made of it.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(SKEW);
    params.not_after = epoch + (now + VALID);
    params
}

#[cfg(test)]
mod tests {
    use super::super::certificate::Certificate;
    use super::super::pem;
    use super::*;

    fn read(pem_text: &str) -> Vec<Certificate> {
        let der = |block: pem::Block<'_>| {
            let base64: String = block.text.lines().filter(|line| !line.starts_with('-')).collect();
            data_encoding::BASE64.decode(base64.as_bytes()).expect("base64")
        };
        pem::blocks(pem_text)
            .map(|block| Certificate::from_der(&der(block)).expect("a certificate"))
            .collect()
    }

    #[test]
    fn a_fresh_authority_signs_a_short_lived_certificate_for_this_computer() {
        let made = make().expect("keys and certificates");
        let (authority, chain) = (read(&made.authority), read(&made.chain));
        assert_eq!((authority.len(), chain.len()), (1, 2));
        assert_eq!(chain[1], authority[0]);
        assert!(authority[0].is_self_issued() && chain[0].issuer == authority[0].subject);
        let names: Vec<_> = chain[0].names.iter().map(ToString::to_string).collect();
        assert_eq!(names, NAMES);
        let now = SystemTime::now();
        for one in chain {
            let (start, end) = (one.not_before.expect("a date"), one.not_after.expect("a date"));
            assert!(start < now && now < end, "{start:?} to {end:?}");
            assert!(end.duration_since(start).expect("in order") <= VALID + SKEW);
        }
        assert!(pem::blocks(&made.key).all(|block| block.label == "PRIVATE KEY"));
        assert!(!made.chain.contains("KEY") && !made.authority.contains("KEY"));
    }

    #[test]
    fn no_two_authorities_have_one_name() {
        let one = || read(&make().expect("keys and certificates").authority)[0].subject.clone();
        assert_ne!(one(), one());
    }
}
