//! A well-behaved echo server: `wscope serve` itself, with a subprotocol and TLS where asked for.
//!
//! Scripts that misbehave, or that must be exact, belong to `peer`; what an independent implementation makes of wscope
//! is for tests/tungstenite.rs and tests/interop.

use std::net::SocketAddr;

use tempfile::TempDir;

use super::certs::Certified;
use super::program::wscope;
use super::served::Served;

/// An echo server; it serves until it is dropped.
pub struct Echo {
    server: Served,
    /// Where its certificate is.
    _folder: TempDir,
}

/// What an echo server does beyond echoing.
#[derive(Clone, Default)]
pub struct Knobs {
    /// The subprotocol it answers with where it is offered.
    pub subprotocol: Option<&'static str>,
    /// Serve TLS with this certificate.
    pub tls: Option<Certified>,
}

/// A plain echo server.
#[track_caller]
pub fn echo() -> Echo {
    Echo::start(Knobs::default())
}

impl Echo {
    /// An echo server on a free port of 127.0.0.1.
    #[track_caller]
    pub fn start(knobs: Knobs) -> Echo {
        let folder = tempfile::tempdir().expect("a folder");
        let mut args: Vec<String> = ["serve", ":0"].map(str::to_owned).to_vec();
        if let Some(subprotocol) = knobs.subprotocol {
            args.extend(["--subprotocol".to_owned(), subprotocol.to_owned()]);
        }
        if let Some(certified) = knobs.tls {
            let (cert, key) = certified.write(folder.path(), "leaf");
            for (option, file) in [("--cert", cert), ("--key", key)] {
                args.extend([option.to_owned(), file.to_str().expect("a path in UTF-8").to_owned()]);
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Echo { server: Served::start(wscope(&args)), _folder: folder }
    }

    /// `ws://127.0.0.1:PORT/`, or `wss://localhost:PORT/` with TLS.
    pub fn url(&self) -> String {
        match self.server.url().starts_with("wss") {
            true => format!("wss://localhost:{}/", self.port()),
            false => self.server.url().to_owned(),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    pub fn port(&self) -> u16 {
        self.addr().port()
    }
}
