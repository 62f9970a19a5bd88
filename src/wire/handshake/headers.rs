//! Header fields as they are written and as they came: in order, case kept, values as bytes (RFC 9110 §5).
//!
//! Names are compared without case. What a field means is judged elsewhere. Used by both sides of the handshake, and
//! by `session` to build a request and to show a response.

/// An ordered list of header fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field at the end. Name and value must satisfy [`is_token`] and [`valid_value`].
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Puts one field in place of all of this name: where the first stood, or at the end.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        let name = name.into();
        let first = self.0.iter().position(|(other, _)| other.eq_ignore_ascii_case(&name));
        self.remove(&name);
        self.0.insert(first.unwrap_or(self.0.len()), (name, value.into()));
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// The value of the first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// The values of all fields of this name, in order.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..])
    }

    /// The elements of a comma-separated field over all its lines, trimmed, empty ones left out (RFC 9110 §5.6.1).
    /// A comma inside a quoted string does not separate.
    pub fn tokens<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).flat_map(elements).map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
    }

    /// The fields in order, given away.
    #[must_use]
    pub fn into_list(self) -> Vec<(String, Vec<u8>)> {
        self.0
    }

    /// All fields in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, Vec<u8>)] {
        &self.0
    }

    /// Appends the fields to `out`, a line each.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl From<&[httparse::Header<'_>]> for Headers {
    fn from(parsed: &[httparse::Header<'_>]) -> Self {
        Self(parsed.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect())
    }
}

/// Whether `text` is a token, as names of fields and of subprotocols must be (RFC 9110 §5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether `value` can stand in a field: no control character but TAB (RFC 9110 §5.5). Bytes above 0x7f may.
#[must_use]
pub fn valid_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |byte| {
        let separates = *byte == b',' && !quoted;
        if escaped {
            escaped = false;
        } else if quoted && *byte == b'\\' {
            escaped = true;
        } else if *byte == b'"' {
            quoted = !quoted;
        }
        separates
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Headers {
        let mut headers = Headers::new();
        headers.push("Connection", "keep-alive");
        headers.push("X-A", "1");
        headers.push("connection", " , Upgrade,\t x");
        headers
    }

    #[test]
    fn names_are_compared_without_case_and_kept_as_written() {
        let headers = sample();
        assert_eq!(headers.get("CONNECTION"), Some(&b"keep-alive"[..]));
        assert_eq!(headers.get_all("connection").count(), 2);
        assert_eq!(headers.as_slice()[2].0, "connection");
    }

    #[test]
    fn lists_run_over_lines_and_respect_quotes() {
        let headers = sample();
        let tokens: Vec<_> = headers.tokens("Connection").collect();
        assert_eq!(tokens, [&b"keep-alive"[..], b"Upgrade", b"x"]);
        let mut headers = Headers::new();
        headers.push("E", r#"a; p="x,\",y", b"#);
        assert_eq!(headers.tokens("e").collect::<Vec<_>>(), [&br#"a; p="x,\",y""#[..], b"b"]);
    }

    #[test]
    fn a_field_is_replaced_where_it_stood() {
        let mut headers = sample();
        headers.set("CONNECTION", "close");
        headers.set("New", "n");
        let names: Vec<_> = headers.as_slice().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["CONNECTION", "X-A", "New"]);
        headers.remove("x-a");
        assert_eq!(headers.get("X-A"), None);
    }

    #[test]
    fn injection_is_refused() {
        assert!(is_token("X-Trace_1") && is_token("chat.v2"));
        for bad in ["", "a b", "a:b", "a\r\nb", "é", "a\0", "(x)"] {
            assert!(!is_token(bad), "{bad:?}");
        }
        assert!(valid_value(b"a\tb \xff\"") && valid_value(b""));
        for bad in [&b"a\r"[..], b"a\nb", b"\0", b"\x1b[2J", b"\x7f"] {
            assert!(!valid_value(bad), "{bad:?}");
        }
    }
}
