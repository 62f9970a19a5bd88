//! Who may come in by name and password (RFC 7617) or by token (RFC 6750).
//!
//! Comparing takes as long for a wrong secret as for the right one, so that its time tells nothing.

use anyhow::Result;
use data_encoding::BASE64;

use crate::command::Fault;
use crate::command::client::credentials::token;
use crate::wire::handshake::Headers;
use crate::wire::handshake::server::Refusal;

/// What a client must know; with both, one of them is enough.
pub(super) struct Credentials {
    /// `NAME:PASSWORD`.
    user: Option<Vec<u8>>,
    token: Option<Vec<u8>>,
}

impl Credentials {
    pub(super) fn new(user: Option<&str>, bearer: Option<&str>) -> Result<Credentials> {
        if let Some(user) = user {
            check_user(user)?;
        }
        let token = bearer.map(token).transpose()?.map(String::into_bytes);
        Ok(Credentials { user: user.map(|user| user.as_bytes().to_vec()), token })
    }

    /// Refuses who does not know what is asked for (RFC 9110 §11.6.1).
    pub(super) fn judge(&self, headers: &Headers) -> Result<(), Refusal> {
        if self.user.is_none() && self.token.is_none() {
            return Ok(());
        }
        let given = Given::of(headers);
        let user = self.user.as_deref().zip(given.basic.as_deref());
        let token = self.token.as_deref().zip(given.token);
        if user.is_some_and(same) | token.is_some_and(same) {
            return Ok(());
        }
        Err(self.challenge(given.token.is_some()))
    }

    fn challenge(&self, token_given: bool) -> Refusal {
        let mut refusal = Refusal::new(401, "Unauthorized", "credentials are needed here");
        if self.user.is_some() {
            refusal = refusal.with("WWW-Authenticate", "Basic realm=\"wscope\", charset=\"UTF-8\"");
        }
        match (&self.token, token_given) {
            (Some(_), true) => {
                refusal.with("WWW-Authenticate", "Bearer realm=\"wscope\", error=\"invalid_token\"")
            }
            (Some(_), false) => refusal.with("WWW-Authenticate", "Bearer realm=\"wscope\""),
            (None, _) => refusal,
        }
    }
}

/// What a request says of its sender.
#[derive(Default)]
struct Given<'a> {
    basic: Option<Vec<u8>>,
    token: Option<&'a [u8]>,
}

impl<'a> Given<'a> {
    fn of(headers: &'a Headers) -> Given<'a> {
        let mut values = headers.get_all("Authorization");
        let (Some(value), None) = (values.next(), values.next()) else { return Given::default() };
        let value = value.trim_ascii();
        let Some(at) = value.iter().position(|byte| *byte == b' ') else { return Given::default() };
        let (scheme, rest) = (&value[..at], value[at..].trim_ascii());
        if scheme.eq_ignore_ascii_case(b"basic") {
            Given { basic: BASE64.decode(rest).ok(), token: None }
        } else if scheme.eq_ignore_ascii_case(b"bearer") {
            Given { basic: None, token: Some(rest) }
        } else {
            Given::default()
        }
    }
}

/// Name and password as a client can send them.
fn check_user(user: &str) -> Result<()> {
    if user.chars().any(char::is_control) {
        let text = "--user: control characters cannot be sent (RFC 7617 §2)";
        return Err(Fault::usage(text).into());
    }
    match user.contains(':') {
        true => Ok(()),
        false => Err(Fault::usage("--user: the password is missing").hint("write NAME:PASSWORD").into()),
    }
}

/// Whether two secrets are the same. How long that takes depends on the one given alone.
fn same((expected, given): (&[u8], &[u8])) -> bool {
    let lengths = u8::from(expected.len() != given.len());
    let difference = given.iter().enumerate().fold(lengths, |difference, (at, byte)| {
        let other = expected.get(at % expected.len().max(1)).copied().unwrap_or_default();
        std::hint::black_box(difference | (byte ^ other))
    });
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(credentials: &Credentials, authorization: &[&str]) -> Option<Vec<String>> {
        let mut headers = Headers::new();
        for value in authorization {
            headers.push("Authorization", *value);
        }
        let refusal = credentials.judge(&headers).err()?;
        assert_eq!(refusal.status, 401);
        let challenges = refusal.headers.get_all("WWW-Authenticate");
        Some(challenges.map(|value| String::from_utf8_lossy(value).into_owned()).collect())
    }

    #[test]
    fn secrets_are_compared_whole() {
        let rows: [(&[u8], &[u8], bool); 6] = [
            (b"abc", b"abc", true),
            (b"abc", b"abd", false),
            (b"abc", b"abcabc", false),
            (b"abc", b"", false),
            (b"", b"", true),
            (b"", b"a", false),
        ];
        for (expected, given, wanted) in rows {
            assert_eq!(same((expected, given)), wanted, "{expected:?} {given:?}");
        }
    }

    #[test]
    fn name_and_password_are_asked_for() {
        let credentials = Credentials::new(Some("jo:a:b"), None).expect("good credentials");
        let right = format!("bAsIc  {}", BASE64.encode(b"jo:a:b"));
        assert_eq!(status(&credentials, &[&right]), None);
        let wrong = format!("Basic {}", BASE64.encode(b"jo:a"));
        let challenge = ["Basic realm=\"wscope\", charset=\"UTF-8\""];
        let (right, wrong) = (right.as_str(), wrong.as_str());
        for bad in [&[][..], &[wrong], &["Basic ???"], &["Basic"], &["Bearer jo:a:b"], &[right, right]] {
            assert_eq!(status(&credentials, bad).expect("refused"), challenge, "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_asked_for_and_a_wrong_one_named() {
        let credentials = Credentials::new(None, Some("t0k")).expect("a good token");
        assert_eq!(status(&credentials, &["Bearer t0k"]), None);
        assert_eq!(status(&credentials, &[]).expect("refused"), ["Bearer realm=\"wscope\""]);
        let challenge = status(&credentials, &["Bearer t0"]).expect("refused");
        assert!(challenge[0].ends_with("error=\"invalid_token\""), "{challenge:?}");
    }

    #[test]
    fn one_of_both_is_enough() {
        let both = Credentials::new(Some("a:b"), Some("t")).expect("good credentials");
        assert_eq!(status(&both, &[&format!("Basic {}", BASE64.encode(b"a:b"))]), None);
        assert_eq!(status(&both, &["bearer t"]), None);
        assert_eq!(status(&both, &["Digest x"]).map(|challenges| challenges.len()), Some(2));
    }

    #[test]
    fn what_no_client_can_send_is_refused() {
        for (user, bearer) in
            [(Some("jo"), None), (Some("a:\n"), None), (None, Some("")), (None, Some("a\nb"))]
        {
            assert!(Credentials::new(user, bearer).is_err(), "{user:?} {bearer:?}");
        }
    }
}
