//! Rows about short times: a line and its echo, and a whole run for one message.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Bench, HEAVY, LIGHT, ROUNDS};
use crate::launch::Figures;
use crate::load::{Kind, Load};
use crate::peer::{Part, Peer};
use crate::pipes;
use crate::program::{Program, Way};
use crate::secure::Identity;
use crate::table::{self, Spread, Table};

/// Lines to get warm with, and lines whose echo is timed, a round.
const WARM: usize = 200;
const LINES: usize = 3000;

/// How often a program is started for one message, a round.
const STARTS: usize = 25;

/// The message.
const LOAD: Load = Load { kind: Kind::Text, size: 100, count: 1 };

/// What a program took for something short, several times: the middle of that in seconds, and its memory.
struct Moment {
    seconds: f64,
    cpu: f64,
    peak_kib: u64,
}

/// A row about a short time.
struct Row {
    name: &'static str,
    take: fn(&Program, Option<&Identity>) -> Result<Moment>,
    tls: bool,
    goal: Goal,
}

/// What is to be reached.
enum Goal {
    /// At most so many times what the raw pump takes.
    Ratio(f64),
    /// Less than so many seconds, where the raw pump has to do most of the same work.
    Seconds(f64),
}

const ROWS: [Row; 3] = [
    Row { name: "a line out and its echo in, p50", take: echo, tls: false, goal: Goal::Ratio(1.1) },
    Row { name: "connect, print one message, leave", take: once, tls: false, goal: Goal::Ratio(2.0) },
    Row { name: "connect, the same over TLS, verified", take: once, tls: true, goal: Goal::Seconds(0.010) },
];

/// Measures each in turns and prints it.
pub fn all(bench: &mut Bench, table: &mut Table) -> Result<()> {
    for row in ROWS {
        if bench.wants(row.name) {
            measure(bench, table, &row)?;
        }
    }
    Ok(())
}

fn measure(bench: &mut Bench, table: &mut Table, row: &Row) -> Result<()> {
    let (mut raw, mut wscope, mut websocat) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let tls = row.tls.then_some(&bench.identity);
        raw.push((row.take)(&Program::Raw, tls)?);
        wscope.push((row.take)(&Program::Wscope, tls)?);
        if let Some(program) = &bench.websocat {
            websocat.push((row.take)(program, tls)?);
        }
    }
    let ratio = Spread::of(raw.iter().zip(&wscope).map(|(raw, wscope)| wscope.seconds / raw.seconds));
    let (goal, met) = row.goal.judge(ratio.median, median(&wscope, |moment| moment.seconds));
    let cpu = |moments: &[Moment]| table::show_time(median(moments, |moment| moment.cpu));
    let peak = wscope.iter().map(|moment| moment.peak_kib).max().unwrap_or(0);
    let time = |moments: &[Moment]| table::show_time(median(moments, |moment| moment.seconds));
    Ok(table.line([
        row.name.to_owned(),
        time(&raw),
        time(&wscope),
        table::judged(table::show_ratio(ratio), met),
        goal,
        format!("{} ({})", cpu(&wscope), cpu(&raw)),
        bench.peak(peak, if row.tls { HEAVY } else { LIGHT }),
        if websocat.is_empty() { String::new() } else { time(&websocat) },
    ])?)
}

fn median(moments: &[Moment], of: fn(&Moment) -> f64) -> f64 {
    Spread::of(moments.iter().map(of)).median
}

impl Goal {
    /// The goal as it is shown, and whether it is met.
    fn judge(&self, ratio: f64, seconds: f64) -> (String, bool) {
        match *self {
            Goal::Ratio(most) => (format!("≤ {most:.2}"), ratio <= most),
            Goal::Seconds(limit) => (format!("< {:.0} ms", limit * 1e3), seconds < limit),
        }
    }
}

/// A line goes out when the echo of the one before has come.
fn echo(program: &Program, tls: Option<&Identity>) -> Result<Moment> {
    let peer = Peer::start(Part::Echo, tls.map(Identity::acceptor))?;
    let call = program.call(Way::Talk, Kind::Text, peer.port, tls).context("no way to talk")?;
    let (input, mut to) = std::io::pipe()?;
    let (from, output) = std::io::pipe()?;
    pipes::widen(&to);
    let running = call.start(input, output)?;
    let mut from = BufReader::new(from);
    let mut times = Vec::new();
    for number in 0..WARM + LINES {
        let line = format!("{number:099}\n");
        let mut answer = String::new();
        let started = Instant::now();
        to.write_all(line.as_bytes())?;
        from.read_line(&mut answer)?;
        times.push(started.elapsed().as_secs_f64());
        ensure!(answer == line, "{answer:?} came instead of {line:?}");
    }
    drop(to);
    let figures = running.finish(0)?;
    peer.finish()?;
    let cpu = figures.cpu.as_secs_f64() / (WARM + LINES) as f64;
    let seconds = Spread::of(times.split_off(WARM)).median;
    Ok(Moment { seconds, cpu, peak_kib: figures.peak_kib })
}

/// Connects, prints one message and leaves, again and again.
fn once(program: &Program, tls: Option<&Identity>) -> Result<Moment> {
    let runs = (0..STARTS).map(|_| start_once(program, tls)).collect::<Result<Vec<Figures>>>()?;
    Ok(Moment {
        seconds: Spread::of(runs.iter().map(|run| run.wall.as_secs_f64())).median,
        cpu: Spread::of(runs.iter().map(|run| run.cpu.as_secs_f64())).median,
        peak_kib: runs.iter().map(|run| run.peak_kib).max().unwrap_or(0),
    })
}

fn start_once(program: &Program, tls: Option<&Identity>) -> Result<Figures> {
    let peer = Peer::start(Part::Teller { frame: LOAD.frames() }, tls.map(Identity::acceptor))?;
    let call = program.call(Way::Once, LOAD.kind, peer.port, tls).context("no way to leave")?;
    let expected = if matches!(program, Program::Raw) { LOAD.frames() } else { LOAD.content() };
    let (stdout, drainer) = pipes::drain(expected)?;
    let figures = call.start(Stdio::null(), stdout)?.finish(0)?;
    peer.finish()?;
    pipes::outcome(drainer)?;
    Ok(figures)
}
