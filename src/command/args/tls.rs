//! Flags for TLS.

use std::path::PathBuf;

use crate::net::tls::Version;

/// How TLS is spoken, and whom it trusts.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Do not verify the server's certificate
    #[arg(short = 'k', long)]
    pub insecure: bool,

    /// Trust the certificates in this file (PEM or DER) instead of the system's
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,

    /// Show this client certificate (PEM, leaf first); needs --key
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "pkcs12")]
    pub cert: Option<PathBuf>,

    /// The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// Show the client certificate in this PKCS#12 file; its password is asked for
    #[arg(long, value_name = "FILE")]
    pub pkcs12: Option<PathBuf>,

    /// Read the password of --pkcs12 from the first line of this file
    #[arg(long, value_name = "FILE", requires = "pkcs12")]
    pub pass_file: Option<PathBuf>,

    /// Send this server name, and expect the certificate to be for it
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,

    /// The oldest TLS version to accept: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    pub tls_min: Option<Version>,

    /// The newest TLS version to offer: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    pub tls_max: Option<Version>,
}
