//! The parameters of permessage-deflate: offers and answers read strictly, and what is agreed on (RFC 7692 §7.1).
//!
//! A client judges the answer with `accept`, a server chooses among offers with `answer`; both get `Parameters`.
//! Called by both sides of the opening handshake in `handshake` and `session`, and by the command line.

use std::fmt;

use crate::wire::Role;

/// The name of the extension.
pub const NAME: &str = "permessage-deflate";

/// The offer of `--compress`: the server may limit our window.
pub const OFFER: &str = "permessage-deflate; client_max_window_bits";

const SERVER_ANEW: &str = "server_no_context_takeover";
const CLIENT_ANEW: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// What both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The server compresses each message anew (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client compresses each message anew (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The server's window is at most 2 to this power, 8 to 15 (§7.1.2.1).
    pub server_max_window_bits: u8,
    /// The client's window is at most 2 to this power, 8 to 15 (§7.1.2.2).
    pub client_max_window_bits: u8,
}

/// Why an offer or an answer cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOffer {
    /// What is wrong, as the rest of a sentence.
    pub what: String,
    /// Where the rule stands, such as `RFC 7692 §7.1`.
    pub section: &'static str,
}

/// One extension as it was read: the parameters that were there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Read {
    server_anew: bool,
    client_anew: bool,
    server_bits: Option<u8>,
    /// `Some(None)`: there, but without a value, as only an offer may have it.
    client_bits: Option<Option<u8>>,
}

impl Default for Parameters {
    /// What is agreed on where no parameter is: contexts are taken over, windows are the largest.
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

impl Parameters {
    /// The window of what `role` compresses, as a power of 2, and whether it takes the context over.
    #[must_use]
    pub fn of(&self, role: Role) -> (u8, bool) {
        match role {
            Role::Client => (self.client_max_window_bits, !self.client_no_context_takeover),
            Role::Server => (self.server_max_window_bits, !self.server_no_context_takeover),
        }
    }
}

/// Judges a server's answer, one element of `Sec-WebSocket-Extensions`, against what was offered. The best fit among
/// several offers is taken to be what the server answered.
///
/// # Errors
/// The first rule that the answer breaks.
pub fn accept<'a>(answer: &[u8], offers: impl IntoIterator<Item = &'a [u8]>) -> Result<Parameters, BadOffer> {
    let answered = read(answer)?;
    if answered.client_bits == Some(None) {
        return Err(bad(format!("{CLIENT_BITS} has no value"), "RFC 7692 §7.1.2.2"));
    }
    let mut outcome = Err(bad("it was not offered".to_owned(), "RFC 7692 §5"));
    for offer in offers.into_iter().filter(|offer| is_ours(offer)) {
        // An offer that breaks the rules was asked for with -H; what is left unsaid in it binds nobody.
        outcome = fit(answered, read(offer).unwrap_or_else(|_| unruly(offer)));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Chooses as a server: the first offer that can be met, and the answer to it. Other extensions are passed over.
#[must_use]
pub fn answer<'a>(offers: impl IntoIterator<Item = &'a [u8]>) -> Option<(Parameters, String)> {
    offers.into_iter().filter(|offer| is_ours(offer)).find_map(|offer| {
        let offered = read(offer).ok()?;
        // Streams with a window of 256 bytes cannot be made here.
        (offered.server_bits != Some(8)).then(|| meet(offered))
    })
}

/// Checks an offer, one element of `Sec-WebSocket-Extensions`, before it is sent.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_offer(offer: &str) -> Result<(), BadOffer> {
    read(offer.as_bytes()).map(|_| ())
}

/// Whether an element of `Sec-WebSocket-Extensions` names this extension.
fn is_ours(element: &[u8]) -> bool {
    let name = element.split(|byte| *byte == b';').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(NAME.as_bytes())
}

/// What an answer agrees on, where it fits the offer.
fn fit(answered: Read, offered: Read) -> Result<Parameters, BadOffer> {
    if answered.client_bits.is_some() && offered.client_bits.is_none() {
        return Err(bad(format!("{CLIENT_BITS} was not offered"), "RFC 7692 §7.1.2.2"));
    }
    if offered.server_anew && !answered.server_anew {
        return Err(bad(format!("{SERVER_ANEW} was asked for and is missing"), "RFC 7692 §7.1.1.1"));
    }
    match (offered.server_bits, answered.server_bits) {
        (Some(_), None) => {
            return Err(bad(format!("{SERVER_BITS} was asked for and is missing"), "RFC 7692 §7.1.2.1"));
        }
        (Some(asked), Some(bits)) if bits > asked => {
            let what = format!("{SERVER_BITS}={bits} is more than the {asked} asked for");
            return Err(bad(what, "RFC 7692 §7.1.2.1"));
        }
        _ => {}
    }
    let bits = |read: Read| read.client_bits.flatten().unwrap_or(15);
    Ok(Parameters {
        server_no_context_takeover: answered.server_anew,
        // Offered, it promises to do so whatever the answer is.
        client_no_context_takeover: answered.client_anew || offered.client_anew,
        server_max_window_bits: answered.server_bits.unwrap_or(15),
        client_max_window_bits: bits(answered).min(bits(offered)),
    })
}

/// What a server agrees to, and the answer that says so.
fn meet(offered: Read) -> (Parameters, String) {
    let agreed = Parameters {
        server_no_context_takeover: offered.server_anew,
        client_no_context_takeover: offered.client_anew,
        server_max_window_bits: offered.server_bits.unwrap_or(15),
        client_max_window_bits: offered.client_bits.flatten().unwrap_or(15),
    };
    let mut answer = NAME.to_owned();
    if offered.server_anew {
        answer += &format!("; {SERVER_ANEW}");
    }
    if offered.client_anew {
        answer += &format!("; {CLIENT_ANEW}");
    }
    if let Some(bits) = offered.server_bits {
        answer += &format!("; {SERVER_BITS}={bits}");
    }
    (agreed, answer)
}

/// Reads `permessage-deflate` and its parameters (RFC 6455 §9.1, RFC 7692 §7.1).
fn read(element: &[u8]) -> Result<Read, BadOffer> {
    let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case(NAME.as_bytes())) {
        return Err(bad(format!("it is not {NAME}"), "RFC 7692 §7"));
    }
    let mut read = Read::default();
    for part in parts {
        parameter(&mut read, part)?;
    }
    Ok(read)
}

/// Takes in one parameter.
fn parameter(read: &mut Read, part: &[u8]) -> Result<(), BadOffer> {
    let equals = part.iter().position(|byte| *byte == b'=');
    let (name, value) = match equals {
        Some(at) => (part[..at].trim_ascii(), Some(part[at + 1..].trim_ascii())),
        None => (part, None),
    };
    let known = [SERVER_ANEW, CLIENT_ANEW, SERVER_BITS, CLIENT_BITS]
        .into_iter()
        .find(|known| known.as_bytes().eq_ignore_ascii_case(name));
    let Some(name) = known else {
        return Err(bad(format!("the parameter \"{}\" is unknown", name.escape_ascii()), "RFC 7692 §7.1"));
    };
    let is_new = match name {
        SERVER_ANEW => !std::mem::replace(&mut read.server_anew, bare(name, value)?),
        CLIENT_ANEW => !std::mem::replace(&mut read.client_anew, bare(name, value)?),
        SERVER_BITS => read.server_bits.replace(bits(name, value.unwrap_or_default())?).is_none(),
        _ => read.client_bits.replace(value.map(|value| bits(name, value)).transpose()?).is_none(),
    };
    match is_new {
        true => Ok(()),
        false => Err(bad(format!("the parameter {name} is there twice"), "RFC 7692 §7.1")),
    }
}

/// A parameter that has no value is there.
fn bare(name: &str, value: Option<&[u8]>) -> Result<bool, BadOffer> {
    let section = if name == SERVER_ANEW { "RFC 7692 §7.1.1.1" } else { "RFC 7692 §7.1.1.2" };
    match value {
        None => Ok(true),
        Some(_) => Err(bad(format!("{name} has a value, which it must not"), section)),
    }
}

/// A number from 8 to 15 without leading zeros; it may be quoted (RFC 6455 §9.1).
fn bits(name: &str, value: &[u8]) -> Result<u8, BadOffer> {
    let section = if name == SERVER_BITS { "RFC 7692 §7.1.2.1" } else { "RFC 7692 §7.1.2.2" };
    let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    match inside {
        [digit @ b'8'..=b'9'] => Ok(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Ok(10 + digit - b'0'),
        [] => Err(bad(format!("{name} has no value"), section)),
        _ => {
            let what = format!("{name}={} is not a number from 8 to 15", value.escape_ascii());
            Err(bad(what, section))
        }
    }
}

/// What is left of an offer that breaks the rules: whether the server may limit our window.
fn unruly(offer: &[u8]) -> Read {
    let names = offer.split(|byte| *byte == b';').map(|part| part.split(|byte| *byte == b'=').next());
    let limits = names.flatten().any(|name| name.trim_ascii().eq_ignore_ascii_case(CLIENT_BITS.as_bytes()));
    Read { client_bits: limits.then_some(None), ..Read::default() }
}

fn bad(what: String, section: &'static str) -> BadOffer {
    BadOffer { what, section }
}

impl fmt::Display for BadOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.section)
    }
}

impl std::error::Error for BadOffer {}

#[cfg(test)]
mod tests;
