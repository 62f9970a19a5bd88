//! Finds the blocks of a PEM file (RFC 7468): label and text, with whatever stands around them left out.
//!
//! Nothing is decoded here; the TLS library does that with the text of one block.

/// One block, from its BEGIN to its END line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands after BEGIN, as `CERTIFICATE`.
    pub label: &'a str,
    /// The whole block, both lines included.
    pub text: &'a str,
}

impl Block<'_> {
    /// Whether it holds an X.509 certificate.
    pub fn is_certificate(&self) -> bool {
        matches!(self.label, "CERTIFICATE" | "X509 CERTIFICATE") && !self.is_encrypted()
    }

    /// Whether it holds a private key of any form.
    pub fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// Whether a passphrase is needed. OpenSSL would ask for it on the terminal, so such blocks never get there.
    pub fn is_encrypted(&self) -> bool {
        self.label == "ENCRYPTED PRIVATE KEY" || self.text.contains("Proc-Type: 4,ENCRYPTED")
    }
}

/// The blocks of a file, in order; one without its END line ends the list.
pub fn blocks(mut text: &str) -> impl Iterator<Item = Block<'_>> {
    std::iter::from_fn(move || {
        let start = text.find("-----BEGIN ")?;
        let from = &text[start..];
        let (label, _) = from["-----BEGIN ".len()..].split_once("-----")?;
        let end_line = format!("-----END {label}-----");
        let end = from.find(&end_line)? + end_line.len();
        text = &from[end..];
        Some(Block { label, text: &from[..end] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_between_other_text() {
        let file = "Bag Attributes\r\n-----BEGIN A-----\r\nMAA=\r\n-----END A-----\r\nrest\n\
                    -----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----\n-----BEGIN B-----\nMAA=";
        let found: Vec<_> = blocks(file).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Block { label: "A", text: "-----BEGIN A-----\r\nMAA=\r\n-----END A-----" });
        assert!(found[1].is_key() && !found[0].is_key());
        assert_eq!(blocks("\u{fffd}0junk-----BEGIN ").count(), 0);
    }

    #[test]
    fn both_forms_of_encryption_are_seen() {
        for (label, header, encrypted) in [
            ("ENCRYPTED PRIVATE KEY", "", true),
            ("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n", true),
            ("RSA PRIVATE KEY", "", false),
        ] {
            let file = format!("-----BEGIN {label}-----\n{header}\n-----END {label}-----");
            assert_eq!(blocks(&file).next().unwrap().is_encrypted(), encrypted, "{label} {header}");
        }
    }
}
