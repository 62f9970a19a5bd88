//! `cargo bench --bench pump`: how fast wscope is, beside a program that only copies the same bytes.
//!
//! Each row of the table is a piece of work that wscope and a raw TCP pump do in turns, several rounds of it, with a
//! sink, a source or an echo of this folder at the other end. What counts is the ratio of the two in the same round,
//! because a machine may be slow or busy. Every run is checked for missing bytes; only that makes the bench fail, never
//! a slow run, which is marked with `!` where it misses its goal.
//!
//! `cargo bench --bench pump -- WORD...` runs the rows that have one of the words in their names. `WEBSOCAT=PATH` in
//! the environment measures that program beside.
//!
//! `rows` is the table and `growth` what follows it; both are made of `work`, which has `run` start a program and
//! `peer` talk with it. The programs are started by this binary in its mode `--launch`; the raw pump is its mode
//! `--raw`. It needs Linux for its pipes, files in memory and facts about processes.

#[cfg(target_os = "linux")]
mod frames;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod peer;
#[cfg(target_os = "linux")]
mod pipes;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod raw;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod secure;
#[cfg(target_os = "linux")]
mod served;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod work;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    use std::io::Write;

    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["--launch", program, args @ ..] => launch::launch(program, args),
        ["--raw", args @ ..] => raw::pump(args),
        // Asked whether it works rather than how fast it is: that is what the tests are for.
        words if words.contains(&"--test") => Ok(()),
        words => bench(words.iter().filter(|word| !word.starts_with("--")).copied().collect()),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    // Nothing is left to tell it to where stderr is gone.
    let _ = writeln!(std::io::stderr(), "pump: {error:#}");
    ExitCode::FAILURE
}

/// Runs everything that one of the words names; without words, everything.
#[cfg(target_os = "linux")]
fn bench(words: Vec<&str>) -> anyhow::Result<()> {
    process::allow_many_files();
    let mut bench = rows::Bench::new(words)?;
    rows::all(&mut bench)?;
    growth::all(&mut bench)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
