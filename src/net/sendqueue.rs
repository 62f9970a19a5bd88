//! Asks the kernel how much of what was written is still on its way. Called by `stream`, for `--linger` and `/status`.
//!
//! Built on Linux only: no other system has such a number for every socket, and there callers fall back to the time
//! of writing.

use std::ffi::c_int;

use rustix::ioctl::{Getter, Opcode, ioctl};

/// Bytes that the kernel holds and the peer has not acknowledged (TCP) or not read (Unix; counted as kernel memory).
pub(super) fn unsent(socket: impl std::os::fd::AsFd) -> Option<usize> {
    /// SIOCOUTQ of linux/sockios.h, which is TIOCOUTQ of the architecture's ioctls.h.
    const SIOCOUTQ: Opcode = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
        0x7472
    } else if cfg!(any(
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "sparc",
        target_arch = "sparc64"
    )) {
        0x4004_7473
    } else {
        0x5411
    };
    // SAFETY: for this opcode the kernel writes one C int (tcp(7), unix(7)), which is the type Getter has room for;
    // a descriptor that is no socket gives an error or, on a terminal, an int as well.
    #[allow(unsafe_code)] // The one request that no safe interface wraps; argued above.
    let bytes: c_int = unsafe { ioctl(socket, Getter::<SIOCOUTQ, c_int>::new()) }.ok()?;
    usize::try_from(bytes).ok()
}
