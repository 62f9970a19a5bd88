//! Signals that end a session: the first asks it to close, the second ends the process at once.
//!
//! The process then dies of the signal itself, so that a shell's loop stops (contract section 2). A signal that was
//! ignored at the start, as under nohup, stays ignored.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::output::terminal::Modes;
use crate::session::Mailbox;

/// How long a client may take for the closing handshake after a signal before the process ends anyway.
pub const LAST_CALL: Duration = Duration::from_millis(1100);

/// The number of SIGINT, which Ctrl-C at a prompt stands for.
pub const SIGINT: i32 = 2;

pub use system::{die, watch};

#[cfg(unix)]
mod system {
    use super::*;
    use std::sync::atomic::Ordering;

    use anyhow::Result;
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    /// Watches for signals on a thread of its own, which makes commands of them. Set the flag returned once the
    /// session is over: what comes then is no request to close it. After a signal the process ends in `last_call`
    /// anyway.
    pub fn watch<C: Send + 'static>(
        mailbox: Mailbox<C>,
        modes: Modes,
        last_call: Duration,
        command: fn(i32) -> C,
    ) -> Result<Arc<AtomicBool>> {
        let over = Arc::new(AtomicBool::new(false));
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !is_ignored(signal));
        let mut signals = held_back(|| Signals::new(wanted))??;
        let flag = Arc::clone(&over);
        std::thread::spawn(move || {
            let mut asked = false;
            for signal in signals.forever() {
                let over = flag.load(Ordering::SeqCst);
                if over && signal == SIGINT {
                    // It is how the editor is ended once the session is over.
                    continue;
                }
                if over || asked || !mailbox.send(command(signal)) {
                    modes.restore_or_leave();
                    die(signal);
                }
                asked = true;
                insist(signal, last_call, modes.clone());
            }
        });
        Ok(over)
    }

    /// Runs `install` with the signals blocked: one that comes while its handler is being installed would be lost.
    fn held_back<T>(install: impl FnOnce() -> T) -> nix::Result<T> {
        let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let installed = install();
        before.thread_set_mask()?;
        Ok(installed)
    }

    /// Ends the process if the session has not done so in time: it may be stuck in a write.
    fn insist(signal: i32, last_call: Duration, modes: Modes) {
        std::thread::spawn(move || {
            std::thread::sleep(last_call);
            modes.restore_or_leave();
            die(signal);
        });
    }

    /// Ends the process by the signal itself.
    pub fn die(signal: i32) -> ! {
        // It fails only for signals that do not exist; the exit code then says the same.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(128 + signal)
    }

    /// Whether the signal was set to be ignored by whoever started us.
    #[allow(unsafe_code)] // No safe interface reads a disposition without changing it.
    fn is_ignored(signal: i32) -> bool {
        let mut action = std::mem::MaybeUninit::<nix::libc::sigaction>::zeroed();
        // SAFETY: with a null new action the call only fills `action`, which is as large as it must be and, being
        // plain data, valid as zeroes even where the call fails.
        let (result, action) = unsafe {
            let result = nix::libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
            (result, action.assume_init())
        };
        result == 0 && action.sa_sigaction == nix::libc::SIG_IGN
    }
}

#[cfg(not(unix))]
mod system {
    use super::*;

    use anyhow::Result;

    /// Without Unix signals, Ctrl-C outside the editor ends the process as the system does it.
    pub fn watch<C: Send + 'static>(
        _mailbox: Mailbox<C>,
        _modes: Modes,
        _last_call: Duration,
        _command: fn(i32) -> C,
    ) -> Result<Arc<AtomicBool>> {
        Ok(Arc::new(AtomicBool::new(false)))
    }

    /// Ends the process with the code that stands for the signal.
    pub fn die(signal: i32) -> ! {
        std::process::exit(128 + signal)
    }
}
