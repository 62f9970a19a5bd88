//! A server's handshake by the OpenSSL crate: TLS 1.2 and 1.3, with client certificates where asked for.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::ssl::{
    AlpnError, ErrorCode, Ssl, SslAcceptor, SslAcceptorBuilder, SslContext, SslMethod, SslSessionCacheMode,
    SslStream, SslVerifyMode, select_next_proto,
};
use openssl::stack::Stack;
use openssl::x509::X509StoreContextRef;

use super::super::certificate::Certificate;
use super::super::error::{Error, reason};
use super::super::identity::Pair;
use super::super::library::Session;
use super::super::options::Version;
use super::super::tap::Tap;
use super::super::trust;
use super::{ClientFault, Failure, ServerOptions, Step};
use crate::net::Stream;

/// `http/1.1` as ALPN lists it (RFC 7301 §3.1): the only protocol that a WebSocket is opened over here.
const HTTP_1_1: &[u8] = b"\x08http/1.1";

const INSISTS: SslVerifyMode = SslVerifyMode::PEER.union(SslVerifyMode::FAIL_IF_NO_PEER_CERT);

/// The configuration.
#[derive(Clone)]
pub struct Context {
    ssl: SslContext,
    asks_certificate: bool,
}

/// What the verification found wrong with the client's certificate.
type Refused = Arc<Mutex<Option<ClientFault>>>;

/// A handshake under way.
pub struct Handshake {
    stream: SslStream<Tap<Stream>>,
    refused: Refused,
}

/// Builds the configuration.
pub fn context(options: &ServerOptions, pair: Pair) -> Result<Context, Error> {
    let library = |error: ErrorStack| Error::Library(reason(&error.to_string()));
    let mut builder = builder(options, &pair).map_err(library)?;
    if let Some(path) = &options.client_ca {
        ask_for_certificates(&mut builder, path)?;
    }
    Ok(Context { ssl: builder.build().into_context(), asks_certificate: options.client_ca.is_some() })
}

fn builder(options: &ServerOptions, pair: &Pair) -> Result<SslAcceptorBuilder, ErrorStack> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(options.min.unwrap_or(Version::V1_2).version_of_library()))?;
    builder.set_max_proto_version(options.max.map(Version::version_of_library))?;
    builder.set_certificate(&pair.leaf)?;
    builder.set_private_key(&pair.key)?;
    for other in &pair.others {
        builder.add_extra_chain_cert(other.clone())?;
    }
    // Sessions are kept by clients, in tickets; a cache of them would only grow.
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder
        .set_alpn_select_callback(|_, offered| select_next_proto(HTTP_1_1, offered).ok_or(AlpnError::NOACK));
    Ok(builder)
}

fn ask_for_certificates(builder: &mut SslAcceptorBuilder, path: &Path) -> Result<(), Error> {
    let invalid =
        |error: ErrorStack| Error::Trust { path: path.to_owned(), what: reason(&error.to_string()) };
    let mut names = Stack::new().map_err(invalid)?;
    for certificate in trust::x509(path)? {
        names.push(certificate.subject_name().to_owned().map_err(invalid)?).map_err(invalid)?;
        builder.cert_store_mut().add_cert(certificate).map_err(invalid)?;
    }
    // By these names a browser knows which of its certificates to offer (RFC 8446 §4.2.4).
    builder.set_client_ca_list(names);
    // Without it OpenSSL breaks off when a client that was verified resumes its session.
    builder.set_session_id_context(b"wscope").map_err(invalid)?;
    builder.set_verify(INSISTS);
    Ok(())
}

impl Handshake {
    /// The library's objects for one connection; errors in its words.
    pub fn new(context: &Context, tap: Tap<Stream>) -> Result<Handshake, String> {
        let text = |error: ErrorStack| reason(&error.to_string());
        let mut ssl = Ssl::new(&context.ssl).map_err(text)?;
        let refused = Refused::default();
        if context.asks_certificate {
            let noted = Arc::clone(&refused);
            ssl.set_verify_callback(INSISTS, move |accepted, verification| {
                if !accepted {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal(verification));
                }
                accepted
            });
        }
        Ok(Handshake { stream: SslStream::new(ssl, tap).map_err(text)?, refused })
    }

    /// Goes on with the handshake.
    pub fn proceed(mut self) -> Step {
        self.tap_mut().begin();
        match self.stream.accept() {
            Ok(()) => Step::Done(Session::OpenSsl(self.stream)),
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Step::Waiting(self),
                _ => Step::Failed(self.failure(error.to_string())),
            },
        }
    }

    /// The tap below TLS.
    pub fn tap(&self) -> &Tap<Stream> {
        self.stream.get_ref()
    }

    /// The tap below TLS, to change it.
    pub fn tap_mut(&mut self) -> &mut Tap<Stream> {
        self.stream.get_mut()
    }

    fn failure(&self, text: String) -> Failure {
        Failure { text, refused: self.refused.lock().unwrap_or_else(PoisonError::into_inner).take() }
    }
}

/// Says what is wrong with a certificate of the client's chain.
fn refusal(verification: &X509StoreContextRef) -> ClientFault {
    let subject = verification
        .current_cert()
        .and_then(|certificate| Certificate::from_der(&certificate.to_der().ok()?))
        .map(|certificate| certificate.subject.to_string())
        .unwrap_or_default();
    // The numbers are X509_V_ERR_… of openssl/x509_vfy.h.
    let why = match verification.error().as_raw() {
        9 => "it is not yet valid",
        10 => "it has expired",
        2 | 20 | 21 => "the authority that issued it is not among those of --client-ca",
        18 | 19 => "it is self-signed and not among those of --client-ca",
        26 => "it is not meant for clients (extended key usage)",
        _ => verification.error().error_string(),
    };
    ClientFault::Certificate { subject, why: why.to_owned() }
}
