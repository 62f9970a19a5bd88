//! The opening handshake as a client (RFC 6455 §4.1): dial, ask, read the answer, follow redirects where asked.
//!
//! Blocking, on a thread of its own, under one deadline from the name look-up to the 101. What comes out is a
//! connected stream with everything that was learnt, or an error that knows what failed and what to try.

mod error;
mod request;

pub use error::{Error, Refusal};
pub use request::Fields;

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::event::Opened;
use super::life::Life;
use super::link::Beginning;
use crate::net::{Dialed, Dialer, Phase, Scheme, Stream, Target};
use crate::wire::Settings;
use crate::wire::handshake::{self, Agreed, Offer, Progress, Response, ResponseReader};

/// How much of a refusal's body is kept (contract section 7).
const BODY_SHOWN: usize = 1024;

/// How long the body of a refusal is waited for.
const BODY_WAIT: Duration = Duration::from_secs(1);

/// Said where the server allows a window that zlib makes no streams for.
const TINY_WINDOW: &str =
    "the server allows a window of 256 bytes only (client_max_window_bits=8): messages are sent uncompressed";

/// Everything needed to open a connection, again if need be.
#[derive(Clone)]
pub struct Opening {
    /// Where to connect.
    pub target: Target,
    /// How to get there.
    pub dialer: Arc<Dialer>,
    /// How to get to another origin than the first: without a client certificate.
    pub stranger: Arc<Dialer>,
    /// The header fields asked for.
    pub fields: Fields,
    /// The subprotocols offered.
    pub subprotocols: Vec<String>,
    /// The offer of permessage-deflate (RFC 7692); `None` offers nothing.
    pub compress: Option<String>,
    /// How many redirects are followed; `None` follows none.
    pub redirects: Option<u32>,
    /// The most bytes the heads of an answer may have.
    pub max_head: usize,
    /// The time from the name look-up to the 101.
    pub timeout: Option<Duration>,
    /// How the connection then behaves.
    pub settings: Settings,
    /// How long it then waits.
    pub life: Life,
}

/// A connection whose opening handshake is done.
pub struct Established {
    stream: Stream,
    opened: Arc<Opened>,
    tail: Vec<u8>,
    settings: Settings,
    life: Life,
}

impl From<Established> for Beginning {
    fn from(established: Established) -> Beginning {
        let Established { stream, opened, tail, settings, life } = established;
        Beginning { stream, opened, tail, settings, life }
    }
}

/// An answer to the request, and the stream it came by.
struct Answer {
    dialed: Dialed,
    request: handshake::Request,
    offer: Offer,
    response: Response,
    tail: Vec<u8>,
    upgrade: Duration,
}

impl Opening {
    /// Connects and performs the opening handshake.
    pub fn run(mut self) -> Result<Established, Error> {
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let (mut notices, mut trail) = (Vec::new(), Vec::new());
        if let Some(name) = self.target.unicode_host() {
            trail.push(format!("{name} is {} in ASCII", self.target.host()));
        }
        let mut followed = 0;
        loop {
            let mut answer = self.ask(deadline)?;
            notices.append(&mut answer.dialed.notices);
            if answer.response.status == 101 {
                return self.establish(answer, notices, trail);
            }
            let refusal = refusal(&mut answer, &self.target, deadline);
            let Some(next) = self.redirect(&refusal, followed)? else {
                return Err(Error::Refused(Box::new(refusal)));
            };
            trail.push(format!("redirected ({}) to {}", refusal.status, next.url()));
            trail.extend(self.turn_to(next));
            followed += 1;
        }
    }

    /// Dials and sends the request, and reads the head of the answer.
    fn ask(&self, deadline: Option<Instant>) -> Result<Answer, Error> {
        let mut dialed = self.dialer.dial(&self.target, deadline).map_err(Error::Dial)?;
        let began = Instant::now();
        dialed.stream.set_deadline(deadline);
        let (request, offer) =
            self.fields.request(&self.target, &self.subprotocols, self.compress.as_deref());
        let bytes = request.to_bytes();
        dialed.stream.write_all(&bytes).map_err(|error| Error::from_io(error, &self.target, Vec::new()))?;
        let (response, tail) = self.read_answer(&mut dialed.stream)?;
        Ok(Answer { dialed, request, offer, response, tail, upgrade: began.elapsed() })
    }

    fn read_answer(&self, stream: &mut Stream) -> Result<(Response, Vec<u8>), Error> {
        let mut reader = ResponseReader::limited(self.max_head);
        let mut buffer = [0; 16 * 1024];
        let mut came = Vec::new();
        loop {
            let count = match stream.read(&mut buffer) {
                Ok(0) => return Err(Error::ended(&self.target, came)),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::from_io(error, &self.target, came)),
            };
            let mut input = &buffer[..count];
            came.extend_from_slice(&input[..count.min(BODY_SHOWN.saturating_sub(came.len()))]);
            loop {
                let invalid = |error| Error::Handshake { error, url: self.target.url(), head: None };
                match reader.feed(input).map_err(invalid)? {
                    Progress::More => break,
                    Progress::Interim { used, .. } => input = &input[used..],
                    Progress::Done { response, used } => return Ok((response, input[used..].to_vec())),
                }
            }
        }
    }

    /// Judges a 101 (RFC 6455 §4.1) and gathers what was learnt.
    fn establish(
        self,
        answer: Answer,
        mut notices: Vec<String>,
        trail: Vec<String>,
    ) -> Result<Established, Error> {
        let Answer { dialed, request, offer, response, tail, upgrade } = answer;
        let Agreed { subprotocol, extensions, deflate } =
            handshake::accept(&response, &offer).map_err(|error| Error::Handshake {
                error,
                url: self.target.url(),
                head: Some(response.raw.clone()),
            })?;
        if subprotocol.is_none() && !offer.subprotocols.is_empty() {
            let offered = match &offer.subprotocols[..] {
                [_] => "the subprotocol".to_owned(),
                more => format!("any of the {} subprotocols", more.len()),
            };
            notices.push(format!("the server did not choose {offered} offered"));
        }
        if deflate.is_some_and(|agreed| agreed.client_max_window_bits == 8) {
            notices.push(TINY_WINDOW.to_owned());
        }
        let opened = Opened {
            accepted: false,
            url: self.target.url(),
            peer: dialed.peer,
            status: response.status,
            subprotocol,
            offered_subprotocols: offer.subprotocols,
            extensions,
            request_head: request.to_bytes(),
            response_head: response.raw,
            request_headers: request.headers.into_list(),
            response_headers: response.headers.into_list(),
            tls: dialed.tls,
            timings: crate::net::Timings { upgrade: Some(upgrade), ..dialed.timings },
            notices,
            trail,
        };
        let Opening { settings, life, .. } = self;
        let settings = Settings { deflate, ..settings };
        Ok(Established { stream: dialed.stream, opened: Arc::new(opened), tail, settings, life })
    }

    /// Where a redirect leads that is to be followed (RFC 9110 §15.4). Never from wss to ws.
    fn redirect(&self, refusal: &Refusal, followed: u32) -> Result<Option<Target>, Error> {
        let (Some(most), Some(location)) = (self.redirects, &refusal.location) else { return Ok(None) };
        if ![301, 302, 303, 307, 308].contains(&refusal.status) {
            return Ok(None);
        }
        let failed = |why: String| Error::Redirect { why, refusal: Box::new(refusal.clone()) };
        if followed >= most {
            return Err(failed(format!("more than {most} redirects (--max-redirs)")));
        }
        let next = self.target.redirect(location).map_err(|error| failed(error.to_string()))?;
        if self.target.scheme() == Scheme::Wss && next.scheme() == Scheme::Ws {
            return Err(failed(format!("it leads from wss to unencrypted {}", next.url())));
        }
        Ok(Some(next))
    }

    /// Turns to another target. Credentials do not follow to another origin; returns what is to be said of that.
    pub fn turn_to(&mut self, next: Target) -> Option<String> {
        let stranger = !self.target.same_origin(&next);
        self.target = next;
        if !stranger {
            return None;
        }
        self.dialer = Arc::clone(&self.stranger);
        let mut dropped = self.fields.drop_credentials();
        // A token may be a subprotocol of its own beside the word that announces it.
        if self.subprotocols.iter().any(|name| request::carries_token(name)) {
            self.subprotocols.clear();
            dropped.push("Sec-WebSocket-Protocol".to_owned());
        }
        (!dropped.is_empty()).then(|| format!("not sent to the other origin: {}", dropped.join(", ")))
    }
}

/// What is known of an answer other than 101, with the start of its body.
fn refusal(answer: &mut Answer, target: &Target, deadline: Option<Instant>) -> Refusal {
    let limit = Instant::now() + BODY_WAIT;
    answer.dialed.stream.set_deadline(Some(deadline.map_or(limit, |deadline| deadline.min(limit))));
    let headers = &answer.response.headers;
    let length =
        headers.get("Content-Length").and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    let wanted = length.unwrap_or(usize::MAX).min(BODY_SHOWN);
    let mut body = std::mem::take(&mut answer.tail);
    let mut buffer = [0; BODY_SHOWN];
    while body.len() < wanted {
        match answer.dialed.stream.read(&mut buffer) {
            // Whatever ends the body, the refusal itself is what is told.
            Ok(0) | Err(_) => break,
            Ok(count) => body.extend_from_slice(&buffer[..count]),
        }
    }
    if headers.tokens("Transfer-Encoding").any(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        body = dechunked(&body);
    }
    body.truncate(BODY_SHOWN);
    Refusal {
        url: target.url(),
        status: answer.response.status,
        reason: answer.response.reason.clone(),
        location: headers.get("Location").map(<[u8]>::to_vec),
        sent_origin: answer.request.headers.get("Origin").is_some(),
        sent_authorization: answer.request.headers.get("Authorization").is_some(),
        subprotocols: answer.offer.subprotocols.clone(),
        head: answer.response.raw.clone(),
        body,
    }
}

/// The payload of a chunked body (RFC 9112 §7.1), as far as it came.
fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    while let Some(end) = memchr::memchr(b'\n', body) {
        let size = std::str::from_utf8(&body[..end]).ok().and_then(|line| line.split(';').next());
        let Some(size @ 1..) = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok()) else {
            break;
        };
        let rest = &body[end + 1..];
        payload.extend_from_slice(&rest[..size.min(rest.len())]);
        body = rest.get(size.saturating_add(2)..).unwrap_or_default();
    }
    payload
}

impl Error {
    fn from_io(error: std::io::Error, target: &Target, came: Vec<u8>) -> Error {
        if let Some(alert) = crate::net::tls::of_io(&error) {
            return Error::Alert { url: target.url(), text: alert.to_string(), hint: alert.hint() };
        }
        match error.kind() {
            ErrorKind::TimedOut => Error::TimedOut { url: target.url(), phase: Phase::Http, came },
            _ => Error::Ended { url: target.url(), cause: crate::net::io_text(&error), came },
        }
    }

    fn ended(target: &Target, came: Vec<u8>) -> Error {
        Error::Ended { url: target.url(), cause: "the server closed the connection".to_owned(), came }
    }
}
