//! TLS on a connection that was dialed, and the second connection that a refused certificate may need.
//!
//! Called by `Dialer`, for the origin and for a proxy. What is told of a connection is told of the one that is used.

use std::time::{Duration, Instant};

use super::{Dialed, Timings, tls};
use crate::net::error::{Cause, Error, Phase};

/// How long a second connection may take, which only helps to tell more.
const INSPECTION: Duration = Duration::from_secs(3);

/// One TLS handshake, and the words for its failure.
pub(super) struct Securing<'a> {
    pub(super) phase: Phase,
    /// With whom, for people.
    pub(super) whom: String,
    /// The name that is sent and verified.
    pub(super) name: &'a str,
    pub(super) connector: &'a tls::Connector,
}

impl Securing<'_> {
    /// Does the handshake. After a certificate failure the certificate is fetched over a second connection, because the
    /// library does not give out one that it refused.
    pub(super) fn run(
        &self,
        dialed: Dialed,
        again: impl Fn(Instant) -> Option<Dialed>,
    ) -> Result<Dialed, Error> {
        let deadline = dialed.stream.deadline();
        self.secure(dialed, &again).map_err(|error| {
            let what = format!("could not set up TLS with {}", self.whom);
            if error.is_timeout() {
                return Error::new(self.phase, what, Cause::TimedOut);
            }
            let error = if error.is_about_certificate() {
                let seen =
                    again(soon(deadline)).and_then(|dialed| self.connector.inspect(self.name, dialed.stream));
                match seen {
                    Some(seen) => error.with_inspection(seen),
                    None => error,
                }
            } else {
                error
            };
            Error::new(self.phase, what, Cause::Tls(Box::new(error)))
        })
    }

    /// The handshake; once more, on another connection, with all authorities where those at hand know no issuer. Only
    /// what that finds out about the certificate counts: a server may take no second connection.
    fn secure(
        &self,
        dialed: Dialed,
        again: &impl Fn(Instant) -> Option<Dialed>,
    ) -> Result<Dialed, tls::Error> {
        let deadline = dialed.stream.deadline();
        let error = match self.once(dialed) {
            Err(error) if error.is_about_issuer() => error,
            done => return done,
        };
        if !self.connector.load_all_roots() {
            return Err(error);
        }
        match again(soon(deadline)).map(|dialed| self.once(dialed)) {
            Some(Ok(mut dialed)) => {
                dialed.stream.set_deadline(deadline);
                Ok(dialed)
            }
            Some(Err(second)) if second.is_about_certificate() => Err(second),
            Some(Err(_)) | None => Err(error),
        }
    }

    fn once(&self, dialed: Dialed) -> Result<Dialed, tls::Error> {
        let begun = Instant::now();
        let (stream, facts) = dialed.stream.secure(self.connector, self.name)?;
        let timings = Timings { tls: Some(begun.elapsed()), ..dialed.timings };
        Ok(Dialed { stream, timings, tls: Some(facts), ..dialed })
    }
}

/// When a second connection is given up.
fn soon(deadline: Option<Instant>) -> Instant {
    let until = Instant::now() + INSPECTION;
    deadline.map_or(until, |deadline| deadline.min(until))
}
