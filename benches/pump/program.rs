//! The programs that are measured, and what each is called with for a piece of work.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::load::Kind;
use crate::run::Call;
use crate::secure::Identity;

/// wscope as cargo built it for this bench.
pub const WSCOPE: &str = env!("CARGO_BIN_EXE_wscope");

/// What is measured.
#[derive(Clone, Debug)]
pub enum Program {
    /// This binary in its mode `--raw`.
    Raw,
    Wscope,
    /// websocat, of its first major version.
    Websocat(PathBuf),
}

/// What a program is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Send what stdin holds.
    Send,
    /// Write what comes to stdout, until the peer ends.
    Receive,
    /// Write the first message to stdout and leave.
    Once,
    /// Send what stdin holds, and write so many messages to stdout.
    Echo(u64),
    /// Send each line as it comes and write what comes back, until stdin ends.
    Talk,
    /// Be there until told to leave.
    Idle,
}

impl Program {
    /// How it is called to do this with the peer at `port`; over TLS where an identity is given. `None` where it
    /// cannot.
    pub fn call(&self, way: Way, kind: Kind, port: u16, tls: Option<&Identity>) -> Option<Call> {
        let url = match tls {
            None => format!("ws://127.0.0.1:{port}/"),
            Some(_) => format!("wss://localhost:{port}/"),
        };
        match self {
            Program::Raw => raw(way, port, tls),
            Program::Wscope => Some(wscope(way, kind, url, tls)),
            Program::Websocat(path) => websocat(path, way, kind, url, tls),
        }
    }
}

fn raw(way: Way, port: u16, tls: Option<&Identity>) -> Option<Call> {
    let way = match way {
        Way::Send => "send",
        Way::Receive => "receive",
        Way::Once => "once",
        Way::Echo(_) | Way::Talk => "echo",
        Way::Idle => return None,
    };
    let mut args: Vec<OsString> = vec!["--raw".into(), way.into(), port.to_string().into()];
    args.extend(tls.map(|tls| tls.cacert().into_os_string()));
    let program = std::env::current_exe().ok()?.into_os_string();
    Some(Call { program, args, variables: Vec::new() })
}

fn wscope(way: Way, kind: Kind, url: String, tls: Option<&Identity>) -> Call {
    let mut args: Vec<OsString> = vec!["-q".into(), "--no-config".into()];
    args.extend((kind == Kind::Binary).then(|| "-b".into()));
    let count = if let Way::Echo(count) = way { count.to_string() } else { String::new() };
    let special: &[&str] = match way {
        Way::Send | Way::Talk => &["--linger", "0"],
        Way::Receive => &["--no-input"],
        Way::Once => &["--no-input", "-1"],
        Way::Echo(_) => &["-n", &count],
        Way::Idle => &[],
    };
    args.extend(special.iter().map(Into::into));
    if let Some(tls) = tls {
        args.extend(["--cacert".into(), tls.cacert().into_os_string()]);
    }
    args.push(url.into());
    Call { program: WSCOPE.into(), args, variables: Vec::new() }
}

fn websocat(path: &Path, way: Way, kind: Kind, url: String, tls: Option<&Identity>) -> Option<Call> {
    let one_way: &[&str] = match way {
        Way::Send => &["-u"],
        Way::Receive => &["-U"],
        Way::Once => &["-U", "-1"],
        Way::Echo(_) | Way::Talk => &[],
        Way::Idle => return None,
    };
    let mut args: Vec<OsString> = vec![if kind == Kind::Text { "-t".into() } else { "-b".into() }];
    args.extend(one_way.iter().map(Into::into));
    args.push(url.into());
    let trust = tls.map(|tls| ("SSL_CERT_FILE", tls.cacert().into_os_string()));
    Some(Call { program: path.into(), args, variables: trust.into_iter().collect() })
}
