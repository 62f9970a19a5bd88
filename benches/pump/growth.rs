//! How cost grows: with the number of messages, with their size, and with the connections of `wscope serve`.
//!
//! Only wscope is measured here. Ten times the messages should take ten times the time, and what a message, a byte and
//! a connection cost should stay about the same from line to line.

use std::time::Duration;

use anyhow::Result;

use crate::launch::Figures;
use crate::load::Load;
use crate::program::Program;
use crate::rows::Bench;
use crate::served;
use crate::table::{self, Spread, Table};
use crate::work::{Flow, Work};

/// How often each piece of work is done.
const ROUNDS: usize = 3;

/// Numbers of messages.
const COUNTS: [u64; 3] = [100_000, 1_000_000, 10_000_000];

/// Sizes of messages, with what they are called and how many are sent and received.
const SIZES: [(usize, &str, u64); 5] = [
    (1, "1 B", 5_000_000),
    (100, "100 B", 2_000_000),
    (10 << 10, "10 KiB", 50_000),
    (1 << 20, "1 MiB", 512),
    (64 << 20, "64 MiB", 8),
];

/// Numbers of connections to a server.
const CONNECTIONS: [usize; 4] = [1, 10, 100, 1000];

/// The two directions.
const WAYS: [(Flow, &str); 2] = [(Flow::SendPipe, "send"), (Flow::ReceiveToNull, "receive")];

/// Prints the three tables.
pub fn all(bench: &mut Bench) -> Result<()> {
    if bench.wants("growth with the number of messages") {
        with_number(bench)?;
    }
    if bench.wants("growth with the size of messages") {
        with_size(bench)?;
    }
    if bench.wants("growth with the connections of serve") {
        with_connections()?;
    }
    Ok(())
}

fn with_number(bench: &Bench) -> Result<()> {
    let heads = [("number of 100-byte messages", 32), ("time", 10), ("of the line before", 20)];
    let mut table = Table::new(&[&heads[..], &[("CPU", 13), ("peak", 9)]].concat());
    for (flow, verb) in WAYS {
        let mut before: Option<f64> = None;
        for count in COUNTS {
            let load = Load::text(100, count);
            let figures = typical(bench, Work::plain(flow, load))?;
            let seconds = figures.wall.as_secs_f64();
            table.line([
                format!("{verb} {count}"),
                table::show_time(seconds),
                before.map_or(String::new(), |before| format!("{:.1} times", seconds / before)),
                table::show_cpu(&load, table::cpu(&load, &figures)),
                table::show_memory(figures.peak_kib as f64 / 1024.0),
            ])?;
            before = Some(seconds);
        }
    }
    Ok(())
}

fn with_size(bench: &Bench) -> Result<()> {
    let heads = [("size of messages", 32), ("a message", 10), ("a byte", 10), ("rate", 10)];
    let mut table = Table::new(&[&heads[..], &[("CPU a message", 13), ("peak", 9)]].concat());
    for (flow, verb) in WAYS {
        for (size, name, count) in SIZES {
            let load = Load::text(size, count);
            let figures = typical(bench, Work::plain(flow, load))?;
            let seconds = figures.wall.as_secs_f64();
            table.line([
                format!("{verb} {name}"),
                table::show_time(seconds / count as f64),
                table::show_time(seconds / load.bytes() as f64),
                format!("{:.2} GB/s", load.bytes() as f64 / seconds / 1e9),
                table::show_time(figures.cpu.as_secs_f64() / count as f64),
                table::show_memory(figures.peak_kib as f64 / 1024.0),
            ])?;
        }
    }
    Ok(())
}

fn with_connections() -> Result<()> {
    let heads = [("connections to serve", 32), ("messages", 10), ("rate", 10), ("CPU a message", 13)];
    let mut table = Table::new(&[&heads[..], &[("memory", 9), ("a connection", 12)]].concat());
    for connections in CONNECTIONS {
        let served = served::serve(connections)?;
        table.line([
            connections.to_string(),
            served.messages.to_string(),
            format!("{:.2} M/s", served.messages as f64 / served.wall.as_secs_f64() / 1e6),
            table::show_time(served.cpu.as_secs_f64() / served.messages as f64),
            table::show_memory(served.held_kib as f64 / 1024.0),
            format!("{:.1} KB", served.grown_kib as f64 / connections as f64),
        ])?;
    }
    Ok(())
}

/// The middle of several runs, checked once in full where the runs themselves do not.
fn typical(bench: &Bench, work: Work) -> Result<Figures> {
    let work = work.prepare(&bench.identity)?;
    if work.work.sends() {
        work.verify(&Program::Wscope)?;
    }
    let runs = (0..ROUNDS).map(|_| work.run(&Program::Wscope)).collect::<Result<Vec<Figures>>>()?;
    let middle = |of: fn(&Figures) -> Duration| {
        Duration::from_secs_f64(Spread::of(runs.iter().map(|run| of(run).as_secs_f64())).median)
    };
    let peak_kib = runs.iter().map(|run| run.peak_kib).max().unwrap_or(0);
    Ok(Figures { wall: middle(|run| run.wall), cpu: middle(|run| run.cpu), peak_kib })
}
