//! What a command is told of the request it serves: the variables of CGI, as websocketd gives them (RFC 3875 §4.1).
//!
//! The environment begins empty. Most of what is in it was chosen by whoever connects: nothing of that may end a line,
//! look like a function to an old shell, or take a name that programs heed, as `Proxy:` would with HTTP_PROXY.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;
use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;

use crate::session::Opened;

/// A value that is longer is left out: half a cookie is a wrong one.
const LONGEST: usize = 16 * 1024;

/// What is the same for all requests.
pub(super) struct Environment {
    software: String,
    /// What is handed on of our own environment.
    passed: Vec<(OsString, OsString)>,
    last_id: u128,
}

/// The variables for one command, in the order in which they are set.
struct Variables(Vec<(OsString, OsString)>);

impl Environment {
    /// Hands on PATH and what has these names, where it is set.
    pub(super) fn new(software: &str, names: &[String]) -> Environment {
        let names = ["PATH"].into_iter().chain(names.iter().map(String::as_str));
        let passed = names.filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        Environment { software: software.to_owned(), passed: passed.collect(), last_id: 0 }
    }

    /// The whole environment of the command that serves a client.
    pub(super) fn of(&mut self, opened: &Opened) -> Vec<(OsString, OsString)> {
        let mut variables = Variables(self.passed.clone());
        variables.set("SERVER_SOFTWARE", self.software.as_bytes());
        variables.set_fixed();
        variables.set_peer(&opened.peer);
        variables.set_request(&opened.request_head);
        variables.set_server(opened);
        variables.set("UNIQUE_ID", self.next_id().to_string().as_bytes());
        variables.set_headers(&opened.request_headers);
        variables.0
    }

    /// A number that no other connection has: the time in nanoseconds, as websocketd has it.
    fn next_id(&mut self) -> u128 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        self.last_id = now.max(self.last_id + 1);
        self.last_id
    }
}

impl Variables {
    fn set(&mut self, name: &str, value: &[u8]) {
        if let Some(value) = harmless(value) {
            self.0.push((name.into(), OsString::from_vec(value)));
        }
    }

    fn set_fixed(&mut self) {
        self.set("GATEWAY_INTERFACE", b"CGI/1.1");
        self.set("SCRIPT_NAME", b"/");
        // There is no body, and whoever is let in is not told by name; websocketd sets these to nothing, too.
        for name in ["AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "REMOTE_IDENT", "REMOTE_USER"] {
            self.set(name, b"");
        }
    }

    fn set_peer(&mut self, peer: &str) {
        // A Unix socket has no address that would be of use; websocketd says the same then.
        let (address, port) = match peer.parse::<SocketAddr>() {
            Ok(peer) => (peer.ip().to_canonical().to_string(), peer.port().to_string()),
            Err(_) => ("unknown_host".to_owned(), String::new()),
        };
        self.set("REMOTE_ADDR", address.as_bytes());
        // No name is looked up: that would take a while, and the name would be the client's to choose.
        self.set("REMOTE_HOST", address.as_bytes());
        self.set("REMOTE_PORT", port.as_bytes());
    }

    fn set_request(&mut self, head: &[u8]) {
        let line = head.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default();
        let mut words = line.split(|&byte| byte == b' ').map(String::from_utf8_lossy);
        let mut word = || words.next().unwrap_or_default().into_owned();
        let (method, target, protocol) = (word(), word(), word());
        let target = origin_form(&target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        self.set("REQUEST_METHOD", method.as_bytes());
        self.set("SERVER_PROTOCOL", protocol.as_bytes());
        self.set("REQUEST_URI", target.as_bytes());
        self.set("PATH_INFO", &decoded);
        self.set("PATH_TRANSLATED", &decoded);
        self.set("QUERY_STRING", query.as_bytes());
    }

    fn set_server(&mut self, opened: &Opened) {
        let secure = opened.url.starts_with("wss:");
        let host = opened.request_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Host"));
        let host = host.map(|(_, value)| String::from_utf8_lossy(value)).unwrap_or_default();
        let (name, port) = name_and_port(&host);
        self.set("SERVER_NAME", name.as_bytes());
        self.set("SERVER_PORT", port.unwrap_or(if secure { "443" } else { "80" }).as_bytes());
        if secure {
            self.set("HTTPS", b"on");
        }
    }

    /// Each header field; those that come several times are joined, as RFC 9110 §5.3 allows.
    fn set_headers(&mut self, headers: &[(String, Vec<u8>)]) {
        let mut joined: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in headers {
            let Some(name) = variable_of(name) else { continue };
            match joined.iter_mut().find(|(other, _)| *other == name) {
                Some((_, values)) => {
                    values.extend_from_slice(b", ");
                    values.extend_from_slice(value);
                }
                None => joined.push((name, value.clone())),
            }
        }
        for (name, value) in joined {
            self.set(&name, &value);
        }
    }
}

/// The variable of a header field; `None` for a field that becomes none.
fn variable_of(header: &str) -> Option<String> {
    let plain = header.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain || header.is_empty() || header.eq_ignore_ascii_case("Proxy") {
        return None;
    }
    Some(format!("HTTP_{}", header.to_ascii_uppercase().replace('-', "_")))
}

/// A value as it may stand in an environment; `None` for one that may not.
fn harmless(value: &[u8]) -> Option<Vec<u8>> {
    let without_nul = value.iter().filter(|&&byte| byte != 0);
    let clean: Vec<u8> =
        without_nul.map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect();
    let clean = clean.trim_ascii();
    // An old bash takes this for a function, and runs what stands behind it.
    let allowed = clean.len() <= LONGEST && !clean.starts_with(b"() {");
    allowed.then(|| clean.to_vec())
}

/// Path and query of a request target, also of one that is a whole URL (RFC 9112 §3.2.2).
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) else {
        return target;
    };
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}

/// The two parts of a Host field, an IPv6 address without its brackets.
fn name_and_port(host: &str) -> (&str, Option<&str>) {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port).filter(|port| !port.is_empty())),
        _ => (host, None),
    };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    (inner.unwrap_or(name), port)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    /// The value of a variable.
    fn value<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Option<&'a [u8]> {
        let found: Vec<_> = variables.iter().filter(|(other, _)| other == OsStr::new(name)).collect();
        assert!(found.len() < 2, "{name} is set {} times", found.len());
        found.first().map(|(_, value)| value.as_bytes())
    }

    fn environment(url: &str, target: &str, headers: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        let opened = Opened {
            url: url.to_owned(),
            peer: "[::ffff:127.0.0.1]:4321".to_owned(),
            request_head: format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes(),
            request_headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            ..Opened::default()
        };
        Environment::new("wscope/1", &[]).of(&opened)
    }

    fn header(name: &str, value_of: &str) -> Option<Vec<u8>> {
        let variables = environment("ws://x/", "/", &[(name, value_of)]);
        let variable = format!("HTTP_{}", name.to_uppercase().replace('-', "_"));
        value(&variables, &variable).map(<[u8]>::to_vec)
    }

    #[test]
    fn a_request_is_told_as_by_cgi() {
        let headers = [("Host", "example.org:8080"), ("X-A", "1"), ("x-a", "2"), ("User-Agent", "me")];
        let variables = environment("ws://example.org:8080/a%20b?c=%20d", "/a%20b?c=%20d", &headers);
        let rows = [
            ("SERVER_SOFTWARE", "wscope/1"),
            ("REMOTE_ADDR", "127.0.0.1"),
            ("REMOTE_HOST", "127.0.0.1"),
            ("REMOTE_PORT", "4321"),
            ("SERVER_NAME", "example.org"),
            ("SERVER_PORT", "8080"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("REQUEST_METHOD", "GET"),
            ("SCRIPT_NAME", "/"),
            ("PATH_INFO", "/a b"),
            ("PATH_TRANSLATED", "/a b"),
            ("QUERY_STRING", "c=%20d"),
            ("REQUEST_URI", "/a%20b?c=%20d"),
            ("REMOTE_USER", ""),
            ("AUTH_TYPE", ""),
            ("REMOTE_IDENT", ""),
            ("CONTENT_TYPE", ""),
            ("CONTENT_LENGTH", ""),
            ("HTTP_HOST", "example.org:8080"),
            ("HTTP_X_A", "1, 2"),
            ("HTTP_USER_AGENT", "me"),
        ];
        for (name, wanted) in rows {
            assert_eq!(value(&variables, name), Some(wanted.as_bytes()), "{name}");
        }
        assert_eq!(value(&variables, "HTTPS"), None);
    }

    #[test]
    fn tls_and_the_port_that_goes_without_saying() {
        let variables = environment("wss://x/", "/", &[("Host", "x")]);
        assert_eq!(value(&variables, "HTTPS"), Some(&b"on"[..]));
        assert_eq!(value(&variables, "SERVER_PORT"), Some(&b"443"[..]));
        assert_eq!(name_and_port("[::1]:8080"), ("::1", Some("8080")));
        assert_eq!(name_and_port("[::1]"), ("::1", None));
        assert_eq!(name_and_port("x:"), ("x", None));
        assert_eq!(origin_form("http://x:1/a?b"), "/a?b");
        assert_eq!(origin_form("http://x"), "/");
        assert_eq!(origin_form("/a?u=http://x/"), "/a?u=http://x/");
    }

    #[test]
    fn nothing_dangerous_gets_through() {
        for name in ["Proxy", "PROXY", "X_Y", "X.Y", "X'Y", ""] {
            assert_eq!(variable_of(name), None, "{name}");
        }
        assert_eq!(header("X-Shock", "() { :;}; echo bad"), None);
        assert_eq!(header("X-Shock", " () { :;}; echo bad"), None);
        assert_eq!(header("X-Fine", "f() {"), Some(b"f() {".to_vec()));
        assert_eq!(header("X-Long", &"x".repeat(LONGEST)), Some(vec![b'x'; LONGEST]));
        assert_eq!(header("X-Long", &"x".repeat(LONGEST + 1)), None);
        let variables = environment("ws://x/", "/a%0ab%00%0d?", &[("Proxy", "http://evil/")]);
        assert_eq!(value(&variables, "PATH_INFO"), Some(&b"/a b"[..]));
        assert_eq!(value(&variables, "HTTP_PROXY"), None);
    }

    #[test]
    fn each_connection_has_a_number_of_its_own() {
        let mut environment = Environment::new("x", &[]);
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| environment.next_id()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
