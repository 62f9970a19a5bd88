//! Splits JSON text into its tokens and checks the grammar (RFC 8259) on the way, without recursion.
//!
//! Keeps every token as it was written and builds no values. Used by `json` alone.

/// How deep brackets may nest.
const MAX_DEPTH: usize = 128;

/// The text is not JSON, or too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Colon,
    Key,
    String,
    Number,
    Literal,
}

/// A token as written, and the blanks before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub blanks: &'a str,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// Reads tokens from the front of a text.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// The closing brackets still owed.
    owed: Vec<u8>,
    expect: Expect,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Tokens { rest: text, owed: Vec::new(), expect: Expect::Value }
    }

    /// The next token; `None` after a complete value.
    pub fn token(&mut self) -> Result<Option<Token<'a>>, NotJson> {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let blanks = &self.rest[..self.rest.len() - trimmed.len()];
        self.rest = trimmed;
        let Some(&byte) = trimmed.as_bytes().first() else {
            return if self.expect == Expect::Nothing { Ok(None) } else { Err(NotJson) };
        };
        let (kind, length) = self.step(byte)?;
        let (text, rest) = trimmed.split_at(length);
        self.rest = rest;
        Ok(Some(Token { kind, text, blanks }))
    }

    /// Kind and length of the token that begins with `byte`, and what it makes the grammar expect.
    fn step(&mut self, byte: u8) -> Result<(Kind, usize), NotJson> {
        match (self.expect, byte) {
            (Expect::Value | Expect::ValueOrEnd, b'{') => self.open(b'}', Expect::KeyOrEnd),
            (Expect::Value | Expect::ValueOrEnd, b'[') => self.open(b']', Expect::ValueOrEnd),
            (Expect::ValueOrEnd | Expect::KeyOrEnd | Expect::CommaOrEnd, b']' | b'}') => self.close(byte),
            (Expect::CommaOrEnd, b',') => {
                self.expect = if self.owed.last() == Some(&b'}') { Expect::Key } else { Expect::Value };
                Ok((Kind::Comma, 1))
            }
            (Expect::Colon, b':') => {
                self.expect = Expect::Value;
                Ok((Kind::Colon, 1))
            }
            (Expect::Key | Expect::KeyOrEnd, b'"') => {
                self.expect = Expect::Colon;
                Ok((Kind::Key, string(self.rest.as_bytes())?))
            }
            (Expect::Value | Expect::ValueOrEnd, _) => {
                self.expect = self.after_value();
                scalar(self.rest.as_bytes(), byte)
            }
            _ => Err(NotJson),
        }
    }

    fn open(&mut self, closing: u8, expect: Expect) -> Result<(Kind, usize), NotJson> {
        if self.owed.len() == MAX_DEPTH {
            return Err(NotJson);
        }
        self.owed.push(closing);
        self.expect = expect;
        Ok((Kind::Open, 1))
    }

    fn close(&mut self, byte: u8) -> Result<(Kind, usize), NotJson> {
        if self.owed.pop() != Some(byte) {
            return Err(NotJson);
        }
        self.expect = self.after_value();
        Ok((Kind::Close, 1))
    }

    fn after_value(&self) -> Expect {
        if self.owed.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd }
    }
}

fn scalar(bytes: &[u8], first: u8) -> Result<(Kind, usize), NotJson> {
    match first {
        b'"' => Ok((Kind::String, string(bytes)?)),
        b'-' | b'0'..=b'9' => Ok((Kind::Number, number(bytes)?)),
        _ => ["true", "false", "null"]
            .into_iter()
            .find(|word| bytes.starts_with(word.as_bytes()))
            .map(|word| (Kind::Literal, word.len()))
            .ok_or(NotJson),
    }
}

/// The length of the string at the start of `bytes`, quotes included.
fn string(bytes: &[u8]) -> Result<usize, NotJson> {
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += escape(&bytes[at..])?,
            Some(0..=0x1f) | None => return Err(NotJson),
            Some(_) => at += 1,
        }
    }
}

fn escape(bytes: &[u8]) -> Result<usize, NotJson> {
    match bytes.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if bytes.len() >= 6 && bytes[2..6].iter().all(u8::is_ascii_hexdigit) => Ok(6),
        _ => Err(NotJson),
    }
}

/// The length of the number at the start of `bytes`.
fn number(bytes: &[u8]) -> Result<usize, NotJson> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at) {
        Some(b'0') => 1,
        _ => digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at += 1 + digits(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += digits(bytes, at)?;
    }
    Ok(at)
}

/// How many digits stand at `at`; at least one must.
fn digits(bytes: &[u8], at: usize) -> Result<usize, NotJson> {
    match bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count() {
        0 => Err(NotJson),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        let mut tokens = Tokens::new(text);
        loop {
            match tokens.token() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(NotJson) => return false,
            }
        }
    }

    #[test]
    fn takes_what_rfc_8259_takes() {
        let good = [
            "{}",
            " [ ] ",
            r#"{"a":{"b":[1,-0,0.5,1e5,1E-5,-1.25e+7]},"c":null}"#,
            r#"[true,false,"\"\\\/\b\f\n\r\t\u00e9\uD800"]"#,
            "7",
        ];
        good.into_iter().for_each(|text| assert!(accepts(text), "{text}"));
    }

    #[test]
    fn refuses_what_rfc_8259_refuses() {
        let bad = [
            "",
            "{",
            "[1",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "[1}",
            "{]",
            "[] []",
            "[01]",
            "[.5]",
            "[1.]",
            "[1e]",
            "[-]",
            "[+1]",
            "[nul]",
            "[truex]",
            "['a']",
            "[\"\t\"]",
            "[\"\\x\"]",
            "[\"\\u12g4\"]",
            "[\"",
            "[1 2]",
            "[\u{a0}1]",
            "[\"\\u12",
        ];
        bad.into_iter().for_each(|text| assert!(!accepts(text), "{text}"));
    }

    #[test]
    fn tokens_keep_text_and_blanks() {
        let mut tokens = Tokens::new("{ \"k\":1.0");
        let mut next =
            || tokens.token().expect("valid so far").map(|token| (token.kind, token.text, token.blanks));
        assert_eq!(next(), Some((Kind::Open, "{", "")));
        assert_eq!(next(), Some((Kind::Key, "\"k\"", " ")));
        assert_eq!(next(), Some((Kind::Colon, ":", "")));
        assert_eq!(next(), Some((Kind::Number, "1.0", "")));
    }
}
