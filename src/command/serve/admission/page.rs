//! What a plain HTTP request gets: words for programs, a small page for browsers, and with `--web` one to try the
//! server with.

use crate::wire::handshake::Headers;
use crate::wire::handshake::server::{ClientRequest, Refusal};

/// The page of `--web`.
const WEB: &str = include_str!("web.html");

/// What the page of `--web` may do: run its own script, show its own style, and connect to where it came from. The
/// hashes are those of its script and its style.
const WEB_POLICY: &str = "default-src 'none'; connect-src 'self'; \
    script-src 'sha256-/179QDS86RWlfeeyfgmd81w6FycmEPzMcK2eRpoXlwA='; \
    style-src 'sha256-nm+ZhujWJAGhXzKUlYpdO3Mix7NCb5YsDLaToTZ1Xak='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the small page may do.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

const WORDS: &str = concat!(
    "This is a WebSocket server, wscope ",
    env!("CARGO_PKG_VERSION"),
    ". A plain HTTP request gets nothing from it; connect with a WebSocket client."
);

const SMALL: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>wscope serve</title>\n",
    "<h1>A WebSocket server</h1>\n<p>wscope ",
    env!("CARGO_PKG_VERSION"),
    " listens here. Connect with a WebSocket client; started with <code>--web</code>, it has a page for that here.\n",
    "</html>"
);

/// Whether a request asks for a page, not for a WebSocket connection.
pub(super) fn is_plain(request: &ClientRequest) -> bool {
    let upgrades = request.headers.tokens("Upgrade").any(|token| token.eq_ignore_ascii_case(b"websocket"));
    ["GET", "HEAD"].contains(&request.method.as_str()) && !upgrades
}

/// The answer to such a request (RFC 9110 §15.5.22).
pub(super) fn answer(headers: &Headers, web: bool) -> Refusal {
    match (wants_html(headers), web) {
        (false, _) => Refusal::new(426, "Upgrade Required", WORDS).with("Upgrade", "websocket"),
        (true, false) => page(SMALL, NOTHING),
        (true, true) => page(WEB, WEB_POLICY),
    }
    .with("Vary", "Accept, Upgrade")
}

/// The way to where the page of `--web` is.
pub(super) fn elsewhere(path: &str) -> Refusal {
    Refusal::new(302, "Found", "the page is elsewhere")
        .with("Location", path)
        .with("Cache-Control", "no-store")
}

fn page(body: &str, policy: &str) -> Refusal {
    Refusal::new(200, "OK", body.trim_end())
        .with("Content-Type", "text/html; charset=utf-8")
        .with("Content-Security-Policy", policy)
        .with("X-Content-Type-Options", "nosniff")
        .with("Referrer-Policy", "no-referrer")
        .with("Cache-Control", "no-store")
}

/// Whether HTML is named among what is accepted (RFC 9110 §12.5.1): browsers do, programs take anything.
fn wants_html(headers: &Headers) -> bool {
    headers.tokens("Accept").any(|range| {
        let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html"));
        html && !parts.any(is_never)
    })
}

/// Whether a parameter is a weight of zero: not acceptable.
fn is_never(parameter: &[u8]) -> bool {
    let text = String::from_utf8_lossy(parameter).to_ascii_lowercase();
    text.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html_for(accept: &[&str]) -> bool {
        let mut headers = Headers::new();
        for value in accept {
            headers.push("Accept", *value);
        }
        wants_html(&headers)
    }

    #[test]
    fn html_is_for_those_who_ask_for_it() {
        assert!(html_for(&["text/html,application/xhtml+xml,*/*;q=0.8"]));
        assert!(html_for(&["application/json", "Text/HTML; q=0.3"]));
        for none in [&[][..], &["*/*"], &["application/json"], &["text/html;q=0"], &["text/html; q=0.000"]] {
            assert!(!html_for(none), "{none:?}");
        }
    }

    /// The first element of this name, as it stands between its tags.
    #[cfg(not(any(windows, target_vendor = "apple")))]
    fn element(name: &str) -> &'static str {
        let start = WEB.split_once(&format!("<{name}>")).expect(name).1;
        start.split_once(&format!("</{name}>")).expect(name).0
    }

    #[cfg(not(any(windows, target_vendor = "apple")))]
    #[test]
    fn the_policy_allows_the_script_and_the_style_of_the_page() {
        for (name, rule) in [("script", "script-src"), ("style", "style-src")] {
            let hash = data_encoding::BASE64.encode(&openssl::sha::sha256(element(name).as_bytes()));
            let allowed = format!("{rule} 'sha256-{hash}'");
            assert!(WEB_POLICY.contains(&allowed), "{allowed}");
            assert_eq!(WEB.matches(&format!("<{name}")).count(), 1);
        }
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        for reference in ["src=", "href=", "@import", "url(", "https://", "http://", " style=", " onclick="] {
            assert!(!WEB.contains(reference), "{reference}");
        }
    }
}
