//! Why a command could not begin, in the parts of an error message: what failed and why, and what to try.

use std::fmt;
use std::io;
use std::path::Path;

/// A failure before anything was sent.
#[derive(Debug)]
pub struct Fault {
    kind: Kind,
    text: String,
    hint: Option<String>,
}

/// Which exit code a fault has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line or the config file is wrong.
    Usage,
    /// A file or a stream of this system could not be used.
    Local,
    /// A certificate or key does not parse or match.
    Tls,
}

impl Fault {
    /// The command line or the config file is wrong.
    pub fn usage(text: impl Into<String>) -> Fault {
        Fault { kind: Kind::Usage, text: text.into(), hint: None }
    }

    /// Something of this system could not be used.
    pub fn local(text: impl Into<String>) -> Fault {
        Fault { kind: Kind::Local, text: text.into(), hint: None }
    }

    /// A certificate or key does not parse or match.
    pub fn tls(text: impl Into<String>) -> Fault {
        Fault { kind: Kind::Tls, text: text.into(), hint: None }
    }

    /// A file that an option names could not be read or written.
    pub fn file(option: &str, path: &Path, error: &io::Error) -> Fault {
        let cause = crate::net::io_text(error);
        let blank = if option.ends_with('@') { "" } else { " " };
        Fault::local(format!("{option}{blank}{}: {cause}", path.display()))
    }

    /// The same with one thing to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    /// The same with one thing to try, where there is one.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Fault {
        self.hint = hint;
        self
    }

    /// What to try.
    pub fn try_this(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Which exit code it has.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}
