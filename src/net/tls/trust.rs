//! Reads the file of `--cacert`: the certificates to trust in place of the system's.

use std::path::Path;

use native_tls::Certificate;

use super::error::{Error, read, reason};
use super::pem;

/// The same as the OpenSSL crate takes them.
#[cfg(not(any(windows, target_vendor = "apple")))]
pub fn x509(path: &Path) -> Result<Vec<openssl::x509::X509>, Error> {
    let convert = |certificate: Certificate| {
        let der = certificate.to_der().map_err(|error| Error::Library(error.to_string()))?;
        openssl::x509::X509::from_der(&der)
            .map_err(|error| Error::Trust { path: path.to_owned(), what: reason(&error.to_string()) })
    };
    certificates(path)?.into_iter().map(convert).collect()
}

/// The certificates of a file: all of its PEM blocks, or the one it holds as DER. At least one, or an error that
/// names the file.
pub fn certificates(path: &Path) -> Result<Vec<Certificate>, Error> {
    let bytes = read(path)?;
    let invalid = |what: String| Error::Trust { path: path.to_owned(), what };
    if bytes.is_empty() {
        return Err(invalid("it is empty".to_owned()));
    }
    let text = String::from_utf8_lossy(&bytes);
    let blocks: Vec<_> = pem::blocks(&text).filter(pem::Block::is_certificate).collect();
    if blocks.is_empty() {
        return match Certificate::from_der(&bytes) {
            Ok(certificate) => Ok(vec![certificate]),
            Err(_) => Err(invalid("it holds no certificate, neither PEM nor DER".to_owned())),
        };
    }
    let parse = |(index, block): (usize, &pem::Block<'_>)| {
        Certificate::from_pem(block.text.as_bytes()).map_err(|error| {
            invalid(format!("its certificate {}: {}", index + 1, reason(&error.to_string())))
        })
    };
    blocks.iter().enumerate().map(parse).collect()
}
