//! The conformance table: what a peer may send, what it may not, and what must happen (RFC 6455, RFC 7692).
//!
//! A row is in `conformance/`, in a file for its topic. Every row runs on two levels: `wscope::wire` is handed the
//! bytes in every way they may be cut, and the real binary meets a peer that sends them. Each row has a twin
//! without its property, which must not pass; and a decoder that others wrote must be told apart by the rows that
//! are named here.

mod common;

mod conformance {
    pub mod agreement;
    pub mod closing;
    pub mod control;
    pub mod deflate;
    pub mod foreign;
    pub mod fragmentation;
    pub mod frames;
    pub mod limits;
    pub mod opening;
    pub mod program;
    pub mod row;
    pub mod utf8;
    pub mod wire;
}

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::row::{Row, Sent, Verdict};
use conformance::{foreign, program, wire};

/// How many programs run at a time.
const AT_ONCE: usize = 4;

/// All rows.
fn table() -> Vec<Row> {
    [
        conformance::opening::rows(),
        conformance::frames::rows(),
        conformance::fragmentation::rows(),
        conformance::control::rows(),
        conformance::closing::rows(),
        conformance::utf8::rows(),
        conformance::limits::rows(),
        conformance::agreement::rows(),
        conformance::deflate::rows(),
    ]
    .concat()
}

/// Runs rows side by side; fails with all that went wrong. `judge` tells what is wrong with a row.
#[track_caller]
fn all(rows: &[Row], judge: impl Fn(&Row) -> Option<String> + Sync) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Some(what) = judge(row) {
                        wrong.lock().expect("nobody panics with the lock").push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics with the lock");
    assert!(wrong.is_empty(), "{} of {} rows:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

/// What is wrong with a row that must pass.
fn must_pass(row: &Row, verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Skipped(reason) if !reason.is_empty() => None,
        Verdict::Skipped(_) => Some(format!("{row}\n  skipped without a reason")),
        Verdict::NotStrict(told) => Some(format!("not strict: {told}")),
        Verdict::NoAnswer(told) => Some(format!("no answer: {told}")),
        Verdict::Fail(told) => Some(format!("fail: {told}")),
    }
}

/// What is wrong with a row whose twin must not pass.
fn must_fail(row: &Row, run: impl Fn(&Row, &Sent) -> Verdict) -> Option<String> {
    let Some(twin) = &row.twin else { return Some(format!("{row}\n  has no twin")) };
    match run(row, twin) {
        Verdict::Fail(_) | Verdict::Skipped(_) => None,
        other => Some(format!("{row}\n  the twin: {other:?}")),
    }
}

#[test]
fn the_table_is_large_and_its_rows_are_told_apart() {
    let rows = table();
    let ids: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "every id is used once");
    assert!(rows.len() >= 550, "{} rows", rows.len());
    for row in &rows {
        assert!(row.section.starts_with("RFC ") && !row.sentence.is_empty(), "{row}");
    }
}

#[test]
fn wire_keeps_every_rule_however_the_bytes_are_cut() {
    all(&table(), |row| must_pass(row, wire::run(row)));
}

#[test]
fn wire_fails_every_twin() {
    all(&table(), |row| must_fail(row, wire::run_twin));
}

/// The real binary, a test for each topic.
macro_rules! program {
    ($($topic:ident)*) => {$(
        mod $topic {
            use super::*;

            #[test]
            fn the_program_keeps_every_rule() {
                all(&conformance::$topic::rows(), |row| must_pass(row, program::run(row)));
            }

            #[test]
            fn the_program_fails_every_twin() {
                all(&conformance::$topic::rows(), |row| must_fail(row, program::run_twin));
            }
        }
    )*};
}

program! { opening frames fragmentation control closing utf8 limits agreement deflate }

#[test]
fn a_foreign_decoder_is_told_apart() {
    let table = table();
    let verdicts: Vec<(&str, Verdict)> = table.iter().map(|row| (&row.id[..], foreign::run(row))).collect();
    let which = |wanted: fn(&Verdict) -> bool| -> Vec<&str> {
        verdicts.iter().filter(|(_, verdict)| wanted(verdict)).map(|(id, _)| *id).collect()
    };
    let failed = which(|verdict| matches!(verdict, Verdict::Fail(_) | Verdict::NoAnswer(_)));
    assert_eq!(failed, foreign::FAILS);
    assert_eq!(which(|verdict| matches!(verdict, Verdict::NotStrict(_))), foreign::NOT_STRICT);
}

#[test]
fn a_report_tells_what_was_expected_and_what_came() {
    let row = Row::new("5.2-x", "RFC 6455 §5.2", "A sentence").sends(*b"\x83\0").fails(1002, &[0x83, 0]);
    let row = row.twin(*b"\x82\0");
    let Some(Verdict::Fail(told)) = row.twin.as_ref().map(|twin| wire::run_twin(&row, twin)) else {
        panic!("the twin passed")
    };
    let report = "5.2-x · RFC 6455 §5.2 · Must: A sentence\n  \
                  expected: received [], answered [close 1002 \"\"], reported RFC 6455 §5.2, header [83, 00], \
                  offset None, exit 6\n  \
                  got:      received [binary \"\"], answered []";
    assert_eq!(told, report);
}
