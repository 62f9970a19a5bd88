//! A server's handshake by native-tls, where it is not built on OpenSSL: without client certificates.

use native_tls::{HandshakeError, MidHandshakeTlsStream, TlsAcceptor};

use super::super::error::{Error, reason};
use super::super::identity::Pair;
use super::super::library::Session;
use super::super::options::Version;
use super::super::tap::Tap;
use super::{Failure, ServerOptions, Step};
use crate::net::Stream;

/// The configuration.
pub type Context = TlsAcceptor;

/// A handshake under way.
pub enum Handshake {
    /// The first step of the library is yet to be done.
    New(TlsAcceptor, Tap<Stream>),
    /// It waits.
    Mid(MidHandshakeTlsStream<Tap<Stream>>),
}

/// Builds the configuration.
pub fn context(options: &ServerOptions, pair: Pair) -> Result<Context, Error> {
    if options.client_ca.is_some() {
        let what = "client certificates are not supported with this system's TLS library";
        return Err(Error::Usage(what.to_owned()));
    }
    TlsAcceptor::builder(pair)
        .min_protocol_version(Some(options.min.unwrap_or(Version::V1_2).protocol()))
        .max_protocol_version(options.max.map(Version::protocol))
        .build()
        .map_err(|error| Error::Library(reason(&error.to_string())))
}

impl Handshake {
    /// Does nothing yet.
    pub fn new(context: &Context, tap: Tap<Stream>) -> Result<Handshake, String> {
        Ok(Handshake::New(context.clone(), tap))
    }

    /// Goes on with the handshake.
    pub fn proceed(mut self) -> Step {
        self.tap_mut().begin();
        let result = match self {
            Handshake::New(acceptor, tap) => acceptor.accept(tap),
            Handshake::Mid(stream) => stream.handshake(),
        };
        match result {
            Ok(stream) => Step::Done(Session::Native(stream)),
            Err(HandshakeError::WouldBlock(stream)) => Step::Waiting(Handshake::Mid(stream)),
            Err(HandshakeError::Failure(error)) => {
                Step::Failed(Failure { text: error.to_string(), refused: None })
            }
        }
    }

    /// The tap below TLS.
    pub fn tap(&self) -> &Tap<Stream> {
        match self {
            Handshake::New(_, tap) => tap,
            Handshake::Mid(stream) => stream.get_ref(),
        }
    }

    /// The tap below TLS, to change it.
    pub fn tap_mut(&mut self) -> &mut Tap<Stream> {
        match self {
            Handshake::New(_, tap) => tap,
            Handshake::Mid(stream) => stream.get_mut(),
        }
    }
}
