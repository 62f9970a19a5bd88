//! The open connection as the TLS library holds it, of which there are two kinds.
//!
//! Where native-tls is built on the OpenSSL crate, that is used itself: native-tls's clients parse all authorities of the
//! system at each start, and its servers speak no TLS 1.3 and ask for no client certificates. Only `stream` uses this.

use std::io::{self, Read, Write};

use super::tap::Tap;

/// An open connection over the socket `S`.
#[derive(Debug)]
pub enum Session<S> {
    /// Of native-tls.
    #[cfg(any(windows, target_vendor = "apple"))]
    Native(native_tls::TlsStream<Tap<S>>),
    /// Of the OpenSSL crate.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    OpenSsl(openssl::ssl::SslStream<Tap<S>>),
}

impl<S: Read + Write> Session<S> {
    /// The tap below TLS.
    pub fn tap(&self) -> &Tap<S> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.get_ref(),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.get_ref(),
        }
    }

    /// The tap below TLS, to change it.
    pub fn tap_mut(&mut self) -> &mut Tap<S> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.get_mut(),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.get_mut(),
        }
    }

    /// Bytes that are decrypted and were not read yet.
    pub fn decrypted(&self) -> usize {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            // The library's count cannot fail; 0 would only cost a wait.
            Self::Native(stream) => stream.buffered_read_size().unwrap_or(0),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.ssl().pending(),
        }
    }

    /// Sends close_notify.
    pub fn shutdown(&mut self) -> io::Result<()> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.shutdown(),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => match stream.shutdown() {
                Ok(_) => Ok(()),
                Err(error) if error.code() == openssl::ssl::ErrorCode::ZERO_RETURN => Ok(()),
                Err(error) => Err(error.into_io_error().unwrap_or_else(io::Error::other)),
            },
        }
    }

    /// The peer's certificate as DER.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.peer_certificate().ok()??.to_der().ok(),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.ssl().peer_certificate()?.to_der().ok(),
        }
    }
}

impl<S: Read + Write> Read for Session<S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.read(target),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.read(target),
        }
    }
}

impl<S: Read + Write> Write for Session<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.write(bytes),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            #[cfg(any(windows, target_vendor = "apple"))]
            Self::Native(stream) => stream.flush(),
            #[cfg(not(any(windows, target_vendor = "apple")))]
            Self::OpenSsl(stream) => stream.flush(),
        }
    }
}
