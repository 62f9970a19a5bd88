//! Tells cargo how the program is to be linked. No part of the crate: cargo builds and runs it before.
//!
//! The program may lie anywhere in memory, so its tables of pointers (28,000 of them, most of OpenSSL's) are filled in
//! at each start. As a list of 24 bytes for each that costs 0.8 MB, which every start reads and keeps resident. Packed
//! (DT_RELR), the list takes 12 KB. The dynamic linker of glibc knows this form since 2.36, and one that does not know
//! it refuses the program; so it is asked for only where the program is built for the system it is built on, and that
//! has it.

use std::env;
use std::io::{self, Write};
use std::process::Command;

/// The first glibc whose dynamic linker reads packed relocations.
const KNOWS_RELR: (u32, u32) = (2, 36);

fn main() -> io::Result<()> {
    let mut cargo = io::stdout();
    writeln!(cargo, "cargo::rerun-if-changed=src/build.rs")?;
    if is_own_system() && glibc().is_some_and(|version| version >= KNOWS_RELR) {
        writeln!(cargo, "cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs")?;
    }
    Ok(())
}

/// Whether the program is for this system, and that is Linux with glibc.
fn is_own_system() -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let is_glibc = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    is_glibc && variable("HOST") == variable("TARGET")
}

/// The version of this system's glibc, as `getconf` of glibc tells it: "glibc 2.36".
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, rest) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = rest.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
