//! Facts about a running process, from /proc, and the limit on open files.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a launcher may take to start its program.
const PATIENCE: Duration = Duration::from_secs(10);

/// Allows as many open files as the system lets us; programs started from here inherit it. Where that is refused, it
/// shows when a file cannot be opened.
pub fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// The only child of a process, once it has one.
pub fn child_of(parent: u32) -> Result<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(child) = fs::read_to_string(&path)?.split_whitespace().next() {
            return Ok(child.parse()?);
        }
        ensure!(Instant::now() < deadline, "{parent} started no program");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How often the threads of a process went to sleep or were put to sleep since it started.
pub fn switches(process: u32) -> Result<u64> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        total += field(&status, "voluntary_ctxt_switches:")? + field(&status, "nonvoluntary_ctxt_switches:")?;
    }
    Ok(total)
}

/// The time that the threads which a process has now were running.
pub fn cpu(process: u32) -> Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let times = fs::read_to_string(thread?.path().join("schedstat"))?;
        total += times.split_whitespace().next().context("no times")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

/// The memory that a process holds now, in KiB.
pub fn resident_kib(process: u32) -> Result<u64> {
    field(&fs::read_to_string(format!("/proc/{process}/status"))?, "VmRSS:")
}

/// Asks a process to end.
pub fn terminate(process: u32) -> Result<()> {
    signal(process, Signal::SIGTERM)
}

/// Ends a process.
pub fn end(process: u32) -> Result<()> {
    signal(process, Signal::SIGKILL)
}

fn signal(process: u32, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(process.try_into()?), signal)?)
}

/// A number that stands in a status file behind this name.
fn field(status: &str, name: &str) -> Result<u64> {
    let value =
        status.lines().find_map(|line| line.strip_prefix(name)).context("a status without a field")?;
    let number = value.split_whitespace().next().context("a field without a value")?;
    Ok(number.parse()?)
}
