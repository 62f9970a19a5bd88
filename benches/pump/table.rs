//! How results are summed up and shown: medians, columns of text, and numbers in the units that people compare.

use std::io::{self, Write};

use crate::launch::Figures;
use crate::load::{Kind, Load};

/// Marks what missed its goal.
const MISSED: &str = " !";

/// Several measurements of the same.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    /// What these measurements come to; there must be one at least.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let median = (values[last / 2] + values[last.div_ceil(2)]) / 2.0;
        Spread { median, low: values[0], high: values[last] }
    }
}

/// A table, printed line by line as the results come.
pub struct Table {
    widths: Vec<usize>,
    /// The heads of the columns, until the first line is printed.
    heads: Vec<String>,
}

impl Table {
    /// A table with these heads, each given with the width of its column.
    pub fn new(heads: &[(&str, usize)]) -> Table {
        let widths = heads.iter().map(|(_, width)| *width).collect();
        Table { widths, heads: heads.iter().map(|(head, _)| (*head).to_owned()).collect() }
    }

    /// Prints one line, below the heads if it is the first.
    pub fn line(&mut self, cells: impl IntoIterator<Item = String>) -> io::Result<()> {
        if !self.heads.is_empty() {
            let heads = std::mem::take(&mut self.heads);
            writeln!(io::stdout())?;
            self.print(heads)?;
        }
        self.print(cells)
    }

    fn print(&self, cells: impl IntoIterator<Item = String>) -> io::Result<()> {
        let cells = cells.into_iter().zip(&self.widths);
        let line: String = cells.map(|(cell, width)| format!("{cell:<width$}  ")).collect();
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", line.trim_end())?;
        stdout.flush()
    }
}

/// The text, marked where the goal is missed.
pub fn judged(text: String, met: bool) -> String {
    if met { text } else { text + MISSED }
}

/// How much of the load is done in a second: millions of messages, or GB.
pub fn rate(load: &Load, figures: &Figures) -> f64 {
    amount(load) / figures.wall.as_secs_f64()
}

/// A rate with its unit.
pub fn show_rate(load: &Load, rate: f64) -> String {
    match load.kind {
        Kind::Text => format!("{rate:.1} M/s"),
        Kind::Binary => format!("{rate:.2} GB/s"),
    }
}

fn amount(load: &Load) -> f64 {
    match load.kind {
        Kind::Text => load.count as f64 / 1e6,
        Kind::Binary => load.bytes() as f64 / 1e9,
    }
}

/// CPU seconds per million messages, or per GiB.
pub fn cpu(load: &Load, figures: &Figures) -> f64 {
    let amount = match load.kind {
        Kind::Text => load.count as f64 / 1e6,
        Kind::Binary => load.bytes() as f64 / f64::from(1 << 30),
    };
    figures.cpu.as_secs_f64() / amount
}

/// Such seconds with their unit.
pub fn show_cpu(load: &Load, seconds: f64) -> String {
    let unit = if load.kind == Kind::Text { "s/M" } else { "s/GiB" };
    format!("{seconds:.3} {unit}")
}

/// A median with the ends.
pub fn show_ratio(ratio: Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.low, ratio.high)
}

/// Memory in MB of 2 to the power of 20.
pub fn show_memory(mib: f64) -> String {
    format!("{mib:.1} MB")
}

/// A time in the unit that suits it.
pub fn show_time(seconds: f64) -> String {
    match seconds {
        ..1e-6 => format!("{:.1} ns", seconds * 1e9),
        1e-6..1e-3 => format!("{:.1} µs", seconds * 1e6),
        1e-3..1.0 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}
