//! Connecting to a Unix socket, bounded by the deadline: a listener whose queue is full would block for ever.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::net::error::{Cause, Error, Phase};

/// What fits into `sun_path` with its NUL: unix(7) on Linux and its kin, less on systems that descend from BSD.
pub(in crate::net) const MAX_PATH: usize =
    if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// Connects to the listener at the path.
pub fn connect(path: &Path, deadline: Option<Instant>) -> Result<UnixStream, Error> {
    let failed = |cause| Error::new(Phase::Tcp, format!("could not connect to {}", path.display()), cause);
    let length = path.as_os_str().len();
    if length > MAX_PATH {
        let text = format!("the path of a Unix socket has at most {MAX_PATH} bytes, this one has {length}");
        return Err(failed(Cause::Setting(text)));
    }
    attempt(path, deadline).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => failed(Cause::TimedOut),
        io::ErrorKind::NotFound => {
            failed(Cause::Io(error)).with_hint("is the server running, and the path right?")
        }
        io::ErrorKind::ConnectionRefused => {
            failed(Cause::Io(error)).with_hint("nobody listens there any more")
        }
        _ => failed(Cause::Io(error)),
    })
}

fn attempt(path: &Path, deadline: Option<Instant>) -> io::Result<UnixStream> {
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    loop {
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // Linux bounds connect() by the timeout for writing; elsewhere a full queue refuses at once.
            socket.set_write_timeout(Some(left.max(Duration::from_millis(1))))?;
        }
        match socket.connect(&address) {
            Ok(()) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
            Err(e) => return Err(e),
        }
    }
    socket.set_write_timeout(None)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(120))
    }

    #[test]
    fn a_listener_is_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let _listener = UnixListener::bind(&path).expect("a fresh path");
        connect(&path, soon()).expect("a listener is there");
        connect(&path, None).expect("a listener is there");
    }

    #[test]
    fn a_missing_a_dead_and_an_overlong_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let missing = connect(&path, soon()).expect_err("nothing there");
        assert_eq!(
            missing.to_string(),
            format!("could not connect to {}: no such file or directory", path.display())
        );
        drop(UnixListener::bind(&path).expect("a fresh path"));
        let dead = connect(&path, soon()).expect_err("nobody listens");
        assert_eq!(dead.hint().as_deref(), Some("nobody listens there any more"));
        let long = connect(Path::new(&"x".repeat(108)), soon()).expect_err("too long");
        assert!(
            matches!(long.cause, Cause::Setting(ref text) if text.ends_with("this one has 108")),
            "{long}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_queue_ends_with_the_deadline() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        listener.bind(&SockAddr::unix(&path).expect("a short path")).expect("a fresh path");
        listener.listen(0).expect("a bound socket");
        let mut held = Vec::new();
        let error = loop {
            match connect(&path, Some(Instant::now() + Duration::from_millis(50))) {
                Ok(stream) => held.push(stream),
                Err(error) => break error,
            }
        };
        assert!(error.timed_out(), "{error}");
    }
}
