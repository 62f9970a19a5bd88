//! `wscope serve` while it runs, on a free port of loopback.

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};

use super::program::{Output, Running, Wscope, wscope};

/// A server that listens.
pub struct Served {
    running: Running,
    url: String,
}

/// `wscope serve :0` with these arguments, once it listens.
#[track_caller]
pub fn serve(args: &[&str]) -> Served {
    Served::start(wscope(&[&["serve", ":0"], args].concat()))
}

impl Served {
    /// A call that was put together as `serve` does not do it.
    #[track_caller]
    pub fn start(call: Wscope) -> Served {
        let running = call.start();
        running.wait_stderr("listening on ");
        running.wait_stderr("/\n");
        let told = running.stderr_so_far();
        let url = told.lines().find_map(|line| line.strip_prefix("listening on ")).expect("a URL");
        Served { url: url.to_owned(), running }
    }

    /// As it was told.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        let authority = self.url.split('/').nth(2).expect("a URL has an authority");
        authority.parse().expect("an address and a port")
    }

    /// wscope as its client, with these arguments.
    #[track_caller]
    pub fn client(&self, args: &[&str]) -> Output {
        wscope(&[args, &[self.url()]].concat()).run()
    }

    /// Ends it, and gives all that it printed.
    #[cfg(unix)]
    #[track_caller]
    pub fn stop(mut self) -> Output {
        self.running.signal(nix::sys::signal::Signal::SIGTERM);
        self.running.finish_with_stdin_open()
    }
}

impl Deref for Served {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Served {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}
