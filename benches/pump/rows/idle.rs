//! The row about doing nothing: an open connection on which nothing comes, with an open stdin that gives nothing.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::{Bench, LIGHT};
use crate::load::Kind;
use crate::peer::{Part, Peer};
use crate::process;
use crate::program::{Program, Way};
use crate::table::{self, Table};

/// How long a program may take until nothing is left to do, and how long it is watched.
const SETTLE: Duration = Duration::from_millis(500);
const WATCHED: Duration = Duration::from_secs(2);

/// The most memory it may hold, in MB.
const MOST: f64 = 6.0;

/// Counts how often wscope wakes up in a second, and what it holds.
pub fn idle(bench: &mut Bench, table: &mut Table) -> Result<()> {
    let name = "idle: wake-ups a second, memory held";
    if !bench.wants(name) {
        return Ok(());
    }
    let peer = Peer::start(Part::Listener, None)?;
    let call = Program::Wscope.call(Way::Idle, Kind::Text, peer.port, None).context("no way to idle")?;
    let (stdin, to) = std::io::pipe()?;
    let (from, stdout) = std::io::pipe()?;
    let running = call.start(stdin, stdout)?;
    let process = running.process()?;
    thread::sleep(SETTLE);
    let (rate, held) = watch(process)?;
    process::terminate(process)?;
    let figures = running.finish(-(Signal::SIGTERM as i32))?;
    peer.finish()?;
    drop((to, from));
    Ok(table.line([
        name.to_owned(),
        String::new(),
        table::judged(format!("{rate:.1} /s"), rate == 0.0),
        table::judged(table::show_memory(held), held < MOST),
        format!("0, < {MOST}"),
        String::new(),
        bench.peak(figures.peak_kib, LIGHT),
    ])?)
}

/// Wake-ups a second, and the memory held in MB.
fn watch(process: u32) -> Result<(f64, f64)> {
    let (before, started) = (process::switches(process)?, Instant::now());
    thread::sleep(WATCHED);
    let woken = process::switches(process)? - before;
    let held = process::resident_kib(process)? as f64 / 1024.0;
    Ok((woken as f64 / started.elapsed().as_secs_f64(), held))
}
