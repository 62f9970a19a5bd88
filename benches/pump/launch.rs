//! The mode `--launch`: starts one program, waits for its end, and tells on stderr what it took.
//!
//! The peak memory that the system counts for a program begins with that of whoever started it. So programs are not
//! started by the bench, which holds many megabytes, but by this, which holds next to nothing and has one child only.
//! stdin, stdout and stderr of the program are its own.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// What begins the last line on stderr; what stands before it is the program's.
const MARK: &str = "launched:";

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// From just before its start to its end.
    pub wall: Duration,
    /// User and system time.
    pub cpu: Duration,
    /// The most memory it held, in KiB.
    pub peak_kib: u64,
}

/// Starts the program and tells what it took.
pub fn launch(program: &str, args: &[&str]) -> Result<()> {
    let started = Instant::now();
    let mut child =
        Command::new(program).args(args).spawn().with_context(|| format!("starting {program}"))?;
    let status = child.wait()?;
    let wall = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time() + usage.system_time();
    let told = format!(
        "\n{MARK} {} {} {} {}\n",
        wall.as_nanos(),
        cpu.num_microseconds(),
        usage.max_rss(),
        code(status)
    );
    Ok(std::io::stderr().write_all(told.as_bytes())?)
}

/// The exit code, or the signal with a minus.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(0))
}

/// Reads what was told: the figures, and the exit code or the signal with a minus. `None` where the launcher did not
/// come that far.
pub fn read(stderr: &str) -> Option<(Figures, i32)> {
    let line = stderr.lines().rfind(|line| line.starts_with(MARK))?;
    let mut numbers = line[MARK.len()..].split_whitespace().map(|word| word.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    let (wall, cpu, peak, code) = (next()?, next()?, next()?, next()?);
    let figures = Figures {
        wall: Duration::from_nanos(wall.try_into().ok()?),
        cpu: Duration::from_micros(cpu.try_into().ok()?),
        peak_kib: peak.try_into().ok()?,
    };
    Some((figures, code.try_into().ok()?))
}

/// What the program itself wrote to stderr.
pub fn talk(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with(MARK)).collect::<Vec<_>>().join("\n")
}
