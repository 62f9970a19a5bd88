//! Finds secrets in text that may quote URLs: userinfo, values of secret query keys, bearer tokens.
//!
//! Looks at bytes, not at parsed URLs, because the URL at fault in an error is often one that does not parse. Where
//! it is unsure it hides too much rather than too little.

use std::ops::Range;

use percent_encoding::percent_decode;

/// Query keys whose values are secrets; compared in lower case, with `_` for `-`.
const SECRET_KEYS: [&str; 7] = ["token", "access_token", "key", "api_key", "secret", "sig", "password"];

/// A word behind "bearer" at least this long is taken for a token even without a digit in it.
const LONG: usize = 16;

/// Where the secrets are; ranges may overlap.
pub(super) fn secrets(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|&byte| is_delimiter(byte)) {
        let local = userinfos(word).into_iter().chain(query_values(word));
        found.extend(local.map(|range| range.start + start..range.end + start));
        start += word.len() + 1;
    }
    found.extend(bearer_tokens(text));
    found
}

/// What cannot stand in a URL, and so ends one in a sentence.
fn is_delimiter(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'"' | b'<' | b'>' | b'`' | 0x7f)
}

/// Userinfo in a word: between `//` and `@`, or before an `@` where a password seems to be.
fn userinfos(word: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<_> = authorities(word).filter_map(|start| userinfo(word, start)).collect();
    // `user:password@host` as typed without a scheme, or behind one with too few slashes or the wrong ones.
    let start =
        word.windows(2).position(|pair| pair[0] == b':' && is_slash(pair[1])).map_or(0, |colon| colon + 1);
    let start = start + word[start..].iter().take_while(|&&byte| is_slash(byte)).count();
    if let Some(length) = word[start..].iter().position(|&byte| byte == b'@') {
        let before = &word[start..start + length];
        if before.contains(&b':') && !before.iter().any(|&byte| is_slash(byte) || matches!(byte, b'?' | b'#'))
        {
            found.push(start..start + length);
        }
    }
    found
}

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Where authorities begin: behind each `//` that does not stand within a path.
fn authorities(word: &[u8]) -> impl Iterator<Item = usize> {
    let pairs = word.windows(2).enumerate().filter(|(_, pair)| pair == b"//").map(|(at, _)| at);
    pairs
        .filter(|&at| at == 0 || !(word[at - 1] == b'/' || word[at - 1].is_ascii_alphanumeric()))
        .map(|at| at + 2)
}

fn userinfo(word: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = &word[start..];
    let end =
        rest.iter().position(|&byte| is_slash(byte) || matches!(byte, b'?' | b'#')).unwrap_or(rest.len());
    // A password may hold a raw `/`, `?` or `#`: then what looks like a port is no number.
    let scope = if odd_port(&rest[..end]) { rest } else { &rest[..end] };
    let at = scope.iter().rposition(|&byte| byte == b'@')?;
    (at > 0).then_some(start..start + at)
}

fn odd_port(authority: &[u8]) -> bool {
    if authority.starts_with(b"[") || authority.contains(&b'@') {
        return false;
    }
    let colon = authority.iter().position(|&byte| byte == b':');
    colon.is_some_and(|colon| !authority[colon + 1..].iter().all(u8::is_ascii_digit))
}

fn query_values(word: &[u8]) -> Vec<Range<usize>> {
    let separator = |byte: &u8| matches!(byte, b'?' | b'&' | b'#' | b';');
    let starts = word.iter().enumerate().filter(|(_, byte)| separator(byte)).map(|(at, _)| at + 1);
    starts.filter_map(|start| query_value(word, start)).collect()
}

/// The value of the key at `start`, where it is a secret one.
fn query_value(word: &[u8], start: usize) -> Option<Range<usize>> {
    let length = word[start..].iter().position(|byte| matches!(byte, b'=' | b'?' | b'&' | b'#' | b';'))?;
    let value = start + length + 1;
    if word[start + length] != b'=' || !is_secret_key(&word[start..start + length]) {
        return None;
    }
    // `;` and `?` may be part of a value, so they do not end one.
    let end = word[value..].iter().position(|byte| matches!(byte, b'&' | b'#'));
    let end = end.map_or(word.len(), |length| value + length);
    (value < end).then_some(value..end)
}

fn is_secret_key(key: &[u8]) -> bool {
    let key = percent_decode(key).decode_utf8_lossy().to_ascii_lowercase().replace('-', "_");
    SECRET_KEYS.contains(&key.as_str())
}

/// Tokens behind the word "bearer" (RFC 6750 §2.1), as header values other than Authorization quote them.
fn bearer_tokens(text: &[u8]) -> Vec<Range<usize>> {
    const WORD: &[u8] = b"bearer";
    let starts = text.windows(WORD.len()).enumerate().filter(|(_, window)| window.eq_ignore_ascii_case(WORD));
    starts.filter_map(|(at, _)| bearer_token(text, at + WORD.len())).collect()
}

fn bearer_token(text: &[u8], behind: usize) -> Option<Range<usize>> {
    let blanks = text[behind..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = behind + blanks;
    let token68 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let token: Vec<u8> = text[start..].iter().copied().take_while(token68).collect();
    // `Bearer realm="x"` is a challenge, and "bearer token" is English.
    let is_parameter = matches!(text.get(start + token.len()), Some(b'"')) && token.ends_with(b"=");
    let looks_secret = token.len() >= LONG || token.iter().any(u8::is_ascii_digit);
    (blanks > 0 && looks_secret && !is_parameter).then_some(start..start + token.len())
}
