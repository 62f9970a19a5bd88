//! URLs as a user types them and as a server redirects to: parsed, shown, and parsed again.
//!
//! The input is a URL; behind the first newline stands what a `Location` header says.

use wscope::net::{Target, TargetError};

/// Stands for a name and a password. No host or zone id has such characters, so that no word decodes to it.
const SECRET: &str = "S3cret!";

/// Runs the target.
pub fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let word = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let parsed = Target::parse(&word);
    if let Some(error) = parsed.as_ref().err() {
        let _ = (error.to_string(), error.hint());
    }
    if let Ok(target) = &parsed {
        assert_stable(target);
        redirect(target, parts.next().unwrap_or_default());
    }
    hide(&word);
}

/// What is shown leads to the same place, and can stand in a request.
fn assert_stable(target: &Target) {
    let url = target.url();
    let again = Target::parse(&url).unwrap_or_else(|error| panic!("{url} does not parse again: {error}"));
    assert_eq!(url, again.url());
    assert!(target.same_origin(&again));
    assert_eq!(target.path_and_query(), again.path_and_query());
    assert_eq!((target.tls_name(), target.unicode_host()), (again.tls_name(), again.unicode_host()));
    assert_eq!(target.authority(), again.authority());
    assert!(target.path_and_query().starts_with('/') && target.port() != 0);
    let request = [target.path_and_query(), &target.authority()].concat();
    assert!(request.bytes().all(|byte| byte.is_ascii_graphic()), "{request:?} would break a request");
}

fn redirect(from: &Target, location: &[u8]) {
    let Ok(next) = from.redirect(location) else { return };
    assert_stable(&next);
    let expected = if from.same_origin(&next) { from.userinfo() } else { None };
    assert_eq!(next.userinfo(), expected, "credentials stay with their origin");
}

/// Neither a URL as shown nor an error repeats the userinfo.
fn hide(word: &str) {
    if word.contains(SECRET) {
        return;
    }
    let shown = match Target::parse(&format!("ws://{SECRET}:{SECRET}@{word}")) {
        Ok(target) => format!("{target} {target:?}"),
        Err(error @ (TargetError::Unlikely(_) | TargetError::Scheme(_))) => panic!("{error}"),
        Err(error) => format!("{error} {:?}", error.hint()),
    };
    assert!(!shown.contains(SECRET), "{shown}");
}
