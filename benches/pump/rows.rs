//! The table: each piece of work done by the raw pump, by wscope and perhaps by websocat, in turns.
//!
//! Ratios are the median of the rounds with the lowest and the highest. CPU and peak memory are wscope's, the raw
//! pump's CPU in brackets. `!` marks what misses its goal.

mod idle;
mod moments;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::launch::Figures;
use crate::load::Load;
use crate::program::Program;
use crate::secure::Identity;
use crate::table::{self, Spread, Table};
use crate::work::{Flow, Prepared, Work};

/// How often each program does each piece of work.
const ROUNDS: usize = 11;

/// How many messages of 100 bytes go one way, and both ways.
const MESSAGES: u64 = 5_000_000;
const ECHOED: u64 = 1_000_000;

const GIB: u64 = 1 << 30;
const BLOCK: usize = 1 << 20;

/// So much less is done by websocat, which would take too long otherwise.
const LESS: u64 = 10;

/// The most memory that wscope may take, in MB; more where there is TLS, or messages of 1 MiB are.
const LIGHT: f64 = 8.0;
const HEAVY: f64 = 12.0;

/// What all rows share.
pub struct Bench<'a> {
    words: Vec<&'a str>,
    pub identity: Identity,
    pub websocat: Option<Program>,
    peaks: Peaks,
}

/// The most memory that wscope took in any row, in MB.
#[derive(Default)]
struct Peaks {
    light: f64,
    heavy: f64,
}

/// A row of the table that is about throughput.
struct Row {
    name: &'static str,
    work: Work,
    /// The least ratio to the raw pump, and the most CPU seconds per million messages.
    goal: f64,
    cpu: Option<f64>,
    limit: f64,
}

/// What one round took.
struct Round {
    raw: Figures,
    wscope: Figures,
    websocat: Option<Figures>,
}

impl<'a> Bench<'a> {
    /// A bench of the rows that have one of these words in their names; of all of them where there is no word.
    pub fn new(words: Vec<&'a str>) -> Result<Bench<'a>> {
        let websocat = std::env::var_os("WEBSOCAT").map(|path| Program::Websocat(PathBuf::from(path)));
        Ok(Bench { words, identity: Identity::new()?, websocat, peaks: Peaks::default() })
    }

    /// Whether a row is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word))
    }

    /// The peak memory as it is shown, remembered for the last line.
    fn peak(&mut self, kib: u64, limit: f64) -> String {
        let mib = kib as f64 / 1024.0;
        let most = if limit > LIGHT { &mut self.peaks.heavy } else { &mut self.peaks.light };
        *most = most.max(mib);
        table::judged(table::show_memory(mib), mib < limit)
    }
}

/// Prints the whole table.
pub fn all(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new(&[
        ("work", 41),
        ("raw", 10),
        ("wscope", 10),
        ("ratio to raw", 18),
        ("goal", 7),
        ("CPU (raw)", 19),
        ("peak", 9),
        (if bench.websocat.is_some() { "websocat" } else { "" }, 10),
    ]);
    for row in throughput() {
        if bench.wants(row.name) {
            measure(bench, &mut table, &row)?;
        }
    }
    moments::all(bench, &mut table)?;
    idle::idle(bench, &mut table)?;
    bench.peaks.show()
}

impl Peaks {
    fn show(&self) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        for (kind, most, limit) in [("plain", self.light, LIGHT), ("TLS or 1 MiB", self.heavy, HEAVY)] {
            // Nothing of the kind was run.
            if most == 0.0 {
                continue;
            }
            let most = table::judged(table::show_memory(most), most < limit);
            writeln!(stdout, "peak memory in all of these, {kind}: {most} (below {limit} MB)")?;
        }
        Ok(())
    }
}

fn throughput() -> Vec<Row> {
    let lines = Load::text(100, MESSAGES);
    let blocks = Load::binary(BLOCK, GIB / BLOCK as u64);
    let row =
        |name, flow, load, goal| Row { name, work: Work::plain(flow, load), goal, cpu: None, limit: LIGHT };
    let heavy = |row: Row| Row { limit: HEAVY, ..row };
    let tls = |row: Row| heavy(Row { work: Work { tls: true, ..row.work }, ..row });
    vec![
        Row { cpu: Some(0.06), ..row("send 100-byte lines, from a file", Flow::SendFile, lines, 0.6) },
        row("send 100-byte lines, from a pipe", Flow::SendPipe, lines, 0.7),
        row("send 1 GiB binary, from a file", Flow::SendFile, blocks, 0.9),
        row("receive 100-byte messages, to /dev/null", Flow::ReceiveToNull, lines, 0.6),
        row("receive 100-byte messages, to a pipe", Flow::ReceiveToPipe, lines, 0.65),
        heavy(row("receive 1 GiB in MiB messages, to a pipe", Flow::ReceiveToPipe, blocks, 0.95)),
        tls(row("send 1 GiB over TLS, from a file", Flow::SendFile, blocks, 0.85)),
        tls(row("receive 1 GiB over TLS, to a pipe", Flow::ReceiveToPipe, blocks, 0.9)),
        row("echo of a million lines, at once", Flow::Echo, Load::text(100, ECHOED), 0.5),
    ]
}

fn measure(bench: &mut Bench, table: &mut Table, row: &Row) -> Result<()> {
    let rounds = rounds(bench, row)?;
    let load = &row.work.load;
    let rate = |figures: &Figures| table::rate(load, figures);
    let median = |of: fn(&Round) -> &Figures| Spread::of(rounds.iter().map(|round| rate(of(round)))).median;
    let ratio = Spread::of(rounds.iter().map(|round| rate(&round.wscope) / rate(&round.raw)));
    let cpu = |of: fn(&Round) -> &Figures| {
        Spread::of(rounds.iter().map(|round| table::cpu(load, of(round)))).median
    };
    let (used, raw_used) = (cpu(|round| &round.wscope), cpu(|round| &round.raw));
    let peak = rounds.iter().map(|round| round.wscope.peak_kib).max().unwrap_or(0);
    let less = reduced(row.work).load;
    let websocat = rounds.iter().filter_map(|round| Some(table::rate(&less, round.websocat.as_ref()?)));
    let websocat = Some(websocat.collect::<Vec<_>>()).filter(|rates| !rates.is_empty());
    Ok(table.line([
        row.name.to_owned(),
        table::show_rate(load, median(|round| &round.raw)),
        table::show_rate(load, median(|round| &round.wscope)),
        table::judged(table::show_ratio(ratio), ratio.median >= row.goal),
        format!("≥ {:.2}", row.goal),
        table::judged(table::show_cpu(load, used), row.cpu.is_none_or(|most| used < most))
            + &format!(" ({raw_used:.3})"),
        bench.peak(peak, row.limit),
        websocat.map_or(String::new(), |rates| table::show_rate(load, Spread::of(rates).median)),
    ])?)
}

/// Does the work in turns. What is sent is compared in a run that is not timed; what is received, in every run.
fn rounds(bench: &Bench, row: &Row) -> Result<Vec<Round>> {
    let work = row.work.prepare(&bench.identity)?;
    if row.work.sends() {
        work.verify(&Program::Wscope)?;
    }
    let less = bench.websocat.as_ref().map(|_| reduced(row.work).prepare(&bench.identity)).transpose()?;
    let websocat = bench.websocat.as_ref().zip(less.as_ref());
    (0..ROUNDS).map(|number| round(&work, websocat, number)).collect()
}

/// One round; who begins changes from round to round.
fn round(work: &Prepared, websocat: Option<(&Program, &Prepared)>, number: usize) -> Result<Round> {
    let (raw, wscope) = if number.is_multiple_of(2) {
        let raw = work.run(&Program::Raw)?;
        (raw, work.run(&Program::Wscope)?)
    } else {
        let wscope = work.run(&Program::Wscope)?;
        (work.run(&Program::Raw)?, wscope)
    };
    let websocat = websocat.map(|(program, work)| work.run(program)).transpose()?;
    Ok(Round { raw, wscope, websocat })
}

/// The same work with a part of the messages.
fn reduced(work: Work) -> Work {
    let load = Load { count: (work.load.count / LESS).max(1), ..work.load };
    Work { load, ..work }
}
