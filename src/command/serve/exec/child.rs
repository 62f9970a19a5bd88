//! A command's process and its group: started, signalled, and waited for.
//!
//! The group has the number of the process. The process is looked at without being reaped, so that its number, and the
//! group's, stays taken until the group has had its last signal: no stranger can get one.
//!
//! A command is not tied to the life of wscope by PR_SET_PDEATHSIG: that has to be called between fork and exec, which
//! std offers only as an unsafe function. Where wscope is killed outright, the command's stdin ends and its stdout is
//! gone.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

use super::program::Program;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// The system does not tell: somebody else asked before us.
    Unknown,
}

/// A process group that a command began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group(Pid);

/// Starts a command with its three streams as pipes, in a group of its own. Nothing else is handed on to it: every
/// descriptor here is closed on exec.
pub(super) fn start(program: &Program, environment: Vec<(OsString, OsString)>) -> io::Result<Child> {
    Command::new(&program.file)
        .arg0(&program.name)
        .args(&program.args)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// How the process ended, if it has; it is left to be reaped.
pub(super) fn look_at(child: &Child) -> Option<Status> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(Pid::from_child(child)), options) {
        Ok(None) | Err(rustix::io::Errno::INTR) => None,
        Ok(Some(status)) => {
            let by_signal = || status.terminating_signal().map(Status::Signalled);
            let ended = status.exit_status().map(Status::Exited).or_else(by_signal);
            Some(ended.unwrap_or(Status::Unknown))
        }
        Err(_) => Some(Status::Unknown),
    }
}

/// Ends a process and its group at once, and reaps it.
pub(super) fn end_at_once(child: &mut Child) {
    Group::of(child).signal(Signal::KILL);
    // After KILL that takes no longer than the system needs.
    let _ = child.wait();
}

impl Group {
    pub(super) fn of(child: &Child) -> Group {
        Group(Pid::from_child(child))
    }

    /// Sends a signal to all of it. Nobody may be left, which is just as well.
    pub(super) fn signal(self, signal: Signal) {
        let _ = kill_process_group(self.0, signal);
    }

    /// Whether somebody is left in it.
    pub(super) fn is_alive(self) -> bool {
        test_kill_process_group(self.0).is_ok()
    }
}
