//! Noticing that a process ended, as a descriptor that the event loop can wait for.
//!
//! Linux has one for each process. Elsewhere, and where a sandbox keeps it from us, a thread waits for the process, and
//! its end of a pipe is closed when it is done. SIGCHLD would need neither, but a signal cuts short what other threads
//! are waiting for.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Child;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::session::{Control, Source, WatchId};

/// Becomes ready when a process has ended.
pub(super) struct End {
    descriptor: OwnedFd,
    pub(super) watch: WatchId,
}

impl End {
    pub(super) fn of(child: &Child, control: &mut Control<'_>) -> io::Result<End> {
        let descriptor = descriptor(Pid::from_child(child))?;
        let watch = control.add_watch(Source::Input, descriptor.as_raw_fd())?;
        Ok(End { descriptor, watch })
    }

    pub(super) fn close(self, control: &mut Control<'_>) {
        control.unwatch(self.descriptor.as_raw_fd());
    }
}

#[cfg(target_os = "linux")]
fn descriptor(process: Pid) -> io::Result<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};
    pidfd_open(process, PidfdFlags::empty()).or_else(|_| by_thread(process))
}

#[cfg(not(target_os = "linux"))]
fn descriptor(process: Pid) -> io::Result<OwnedFd> {
    by_thread(process)
}

/// Has a thread wait for the process, which is left to be reaped.
fn by_thread(process: Pid) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    std::thread::Builder::new().spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(process), options) {}
        drop(writer);
    })?;
    Ok(reader.into())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;

    fn is_ready(descriptor: &OwnedFd, seconds: i64) -> bool {
        let timeout = Timespec { tv_sec: seconds, tv_nsec: 0 };
        poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&timeout)).unwrap() == 1
    }

    #[test]
    fn an_end_is_noticed_either_way() {
        for way in [descriptor, by_thread] {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            let end = way(Pid::from_child(&child)).unwrap();
            assert!(!is_ready(&end, 0));
            drop(child.stdin.take());
            assert!(is_ready(&end, 60));
            // It is still there to be reaped.
            assert!(child.try_wait().unwrap().is_some_and(|status| status.success()));
        }
    }
}
