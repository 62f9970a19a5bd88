//! At which paths clients are let in.

use anyhow::Result;

use crate::command::Fault;

/// The paths of `--path`; without any, all.
pub(super) struct Paths(Vec<Pattern>);

enum Pattern {
    Exactly(String),
    /// Everything that begins so; it ends with a slash.
    Below(String),
}

impl Paths {
    pub(super) fn new(paths: &[String]) -> Result<Paths> {
        let patterns: Result<Vec<Pattern>> = paths.iter().map(|path| Pattern::new(path)).collect();
        patterns.map(Paths)
    }

    /// Whether clients are let in at this path, which has no query.
    pub(super) fn takes(&self, path: &str) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|pattern| match pattern {
                Pattern::Exactly(one) => path == one,
                Pattern::Below(start) => path.starts_with(start.as_str()),
            })
    }

    /// A path that is taken.
    pub(super) fn first(&self) -> &str {
        match self.0.first() {
            Some(Pattern::Exactly(path) | Pattern::Below(path)) => path,
            None => "/",
        }
    }
}

impl Pattern {
    fn new(path: &str) -> Result<Pattern> {
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if !plain || !path.starts_with('/') {
            let fault = Fault::usage(format!("--path '{path}': not a path as requests have it"));
            let hint = "write /chat, or /chat/* for all below it; no query, other characters as %XX";
            return Err(fault.hint(hint).into());
        }
        Ok(match path.strip_suffix('*').filter(|start| start.ends_with('/')) {
            Some(start) => Pattern::Below(start.to_owned()),
            None => Pattern::Exactly(path.to_owned()),
        })
    }
}

/// The path of a request target, without its query; that of an absolute target too (RFC 9112 §3.2.2).
pub(super) fn of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => match rest.find(['/', '?']) {
            Some(at) if rest[at..].starts_with('/') => &rest[at..],
            _ => "/",
        },
        _ => target,
    };
    path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(list: &[&str]) -> Result<Paths> {
        Paths::new(&list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_path_is_taken_exactly_or_by_its_beginning() {
        let some = paths(&["/chat", "/rooms/*", "/a*"]).expect("good paths");
        for good in ["/chat", "/rooms/", "/rooms/1/2", "/a*"] {
            assert!(some.takes(good), "{good}");
        }
        for bad in ["/", "/chat/", "/Chat", "/rooms", "/roomsy", "/a", "/ab", "/%63hat", "*"] {
            assert!(!some.takes(bad), "{bad}");
        }
        assert!(paths(&[]).expect("no path").takes("/anything"));
        assert!(paths(&["/*"]).expect("all paths").takes("/anything"));
    }

    #[test]
    fn what_no_request_can_name_is_refused() {
        for bad in ["", "chat", "/a?b", "/a#b", "/a b", "/é", "/a\r\nb", "http://h/"] {
            let error = paths(&[bad]).err().expect(bad).to_string();
            assert!(error.starts_with("--path"), "{error}");
        }
    }

    #[test]
    fn the_path_of_a_target() {
        let rows = [
            ("/a?x=1", "/a"),
            ("/", "/"),
            ("http://h:1/a/b?c", "/a/b"),
            ("http://h", "/"),
            ("http://h?x=/y", "/"),
            ("/to/http://h/x", "/to/http://h/x"),
            ("*", "*"),
        ];
        for (target, path) in rows {
            assert_eq!(of(target), path, "{target}");
        }
    }
}
