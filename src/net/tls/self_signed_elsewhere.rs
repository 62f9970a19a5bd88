//! Stands for `self_signed` where no certificate can be made: the keys that can be made are not taken by SChannel and
//! Secure Transport. Called by `acceptor` for `--self-signed`, which says so.

/// A certificate, ready to serve with: none can be made here.
pub struct SelfSigned {
    /// The authority's certificate as PEM: what a client has to trust.
    pub authority: String,
    /// The chain to send as PEM: the server's certificate, then the authority's.
    pub chain: String,
    /// The server's key as PEM (PKCS#8).
    pub key: String,
}

/// Says why none can be made.
///
/// # Errors
/// Always.
pub fn make() -> Result<SelfSigned, &'static str> {
    Err("the TLS library of this system takes no certificate that could be made here: use --cert and --key")
}
