//! The program; everything of it is in the library, where tests and benches reach it.

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let started = Instant::now();
    wscope::run(std::env::args_os(), started)
}
