//! How the two ends of a session follow from each other: which close frame a status gives, and by which stages a command
//! ends whose client has left.

use nix::sys::signal::Signal;

use super::child::Status;

/// Where the codes begin that tell of a command's end: those of RFC 6455 §7.4.2 for private use.
const PRIVATE: u16 = 4000;

/// What a shell adds to the number of a signal.
const SIGNALS: u16 = 128;

/// How far the ending of a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It runs.
    Running,
    /// Its stdin ends, or is about to.
    Leaving,
    /// Its group got TERM.
    Terminated,
    /// Its group got KILL.
    Killed,
}

/// The close frame for a command that ended so.
pub(super) fn close_frame(status: Status) -> (u16, String) {
    match status {
        Status::Exited(0) => (1000, String::new()),
        Status::Exited(status) => (PRIVATE + as_number(status), format!("exit status {status}")),
        Status::Signalled(signal) => {
            let name =
                Signal::try_from(signal).map_or_else(|_| signal.to_string(), |s| s.as_str().to_owned());
            (PRIVATE + SIGNALS + as_number(signal), format!("signal {name}"))
        }
        Status::Unknown => (1011, "the command ended, nobody knows how".to_owned()),
    }
}

/// A status or a signal's number: both fit into a byte.
fn as_number(status: i32) -> u16 {
    (status & 0xff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_becomes_a_close_code() {
        let rows = [
            (Status::Exited(0), 1000, ""),
            (Status::Exited(1), 4001, "exit status 1"),
            (Status::Exited(255), 4255, "exit status 255"),
            (Status::Signalled(15), 4143, "signal SIGTERM"),
            (Status::Signalled(9), 4137, "signal SIGKILL"),
            (Status::Signalled(64), 4192, "signal 64"),
            (Status::Unknown, 1011, "the command ended, nobody knows how"),
        ];
        for (status, code, reason) in rows {
            assert_eq!(close_frame(status), (code, reason.to_owned()), "{status:?}");
        }
    }
}
