//! Finds bearer tokens in `Sec-WebSocket-Protocol`, where browsers force applications to put them.
//!
//! Two customs exist: an item that names the token and carries it (`bearer.TOKEN`,
//! `base64url.bearer.authorization.k8s.io.TOKEN`), and two items, a name and then the token (`bearer, TOKEN`).

use std::ops::Range;

/// Words that announce a token, in lower case.
const MARKERS: [&str; 9] = [
    "bearer",
    "access_token",
    "access-token",
    "authorization",
    "api_key",
    "api-key",
    "apikey",
    "token",
    "jwt",
];

/// Follows "bearer" in the form Kubernetes uses, and is itself no secret.
const KUBERNETES: &str = "authorization.k8s.io.";

/// How every base64 of a JSON object begins, a JSON Web Token's first part too; and how much must follow.
const JSON_IN_BASE64: (&str, usize) = ("eyj", 16);

/// What is known of the subprotocols offered and answered so far.
#[derive(Default)]
pub(super) struct Subprotocols {
    /// The last item was a marker, so the next one is the token; items may come on several lines.
    announced: bool,
    /// Whole items that were tokens, so that the server's echo of one is hidden too.
    known: Vec<Vec<u8>>,
}

impl Subprotocols {
    /// Another list begins.
    pub fn begin(&mut self) {
        self.announced = false;
    }

    /// Where the secrets are in one line of comma-separated items.
    pub fn secrets(&mut self, value: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for part in value.split(|&byte| byte == b',') {
            let item = part.trim_ascii();
            let offset = start + part.len() - part.trim_ascii_start().len();
            if let Some(secret) = self.secret(item) {
                found.push(offset + secret..offset + item.len());
            }
            start += part.len() + 1;
        }
        found
    }

    /// Where the secret part of an item begins.
    fn secret(&mut self, item: &[u8]) -> Option<usize> {
        let lower = String::from_utf8_lossy(item).to_ascii_lowercase();
        if item.is_empty() {
            return None;
        }
        if MARKERS.contains(&lower.as_str()) {
            self.announced = true;
            return None;
        }
        let announced = std::mem::take(&mut self.announced);
        if announced || self.known.iter().any(|known| known == item) {
            self.known.push(item.to_vec());
            return Some(0);
        }
        // Lossy conversion moves offsets, and no token (RFC 9110 §5.6.2) holds bytes that need it.
        if !item.is_ascii() {
            return None;
        }
        carried(&lower).or_else(|| json_in_base64(&lower))
    }
}

/// Behind the first marker and the separator that follows it.
fn carried(item: &str) -> Option<usize> {
    let behind = |marker: &&str| item.find(*marker).map(|at| at + marker.len());
    let separated = |&at: &usize| at + 1 < item.len() && !item.as_bytes()[at].is_ascii_alphanumeric();
    let start = MARKERS.iter().filter_map(behind).filter(separated).min()? + 1;
    let rest = &item[start..];
    let skipped = if rest.starts_with(KUBERNETES) { KUBERNETES.len() } else { 0 };
    (start + skipped < item.len()).then_some(start + skipped)
}

fn json_in_base64(item: &str) -> Option<usize> {
    let (start, length) = JSON_IN_BASE64;
    let at = item.find(start)?;
    let opens = at == 0 || !item.as_bytes()[at - 1].is_ascii_alphanumeric();
    (opens && item.len() - at >= length).then_some(at)
}
