//! The peer ends, breaks off or falls silent at every byte of what it sends, and every cut of it in two is tried.
//!
//! A recorded session is played to the real binary, over plain TCP and over TLS, and the fault strikes after exactly
//! so many bytes of the wire. What must come of it follows from what was complete by then: the messages printed, no
//! others and none in part, and the exit code. Nothing may hang or panic.
//!
//! A sample of the bytes is tried unless `WSCOPE_FAULTS=all` is set; the places where something begins or ends are
//! always in it. Servers are made by OpenSSL, so this file is for the systems where native-tls stands on it.
#![cfg(not(any(windows, target_vendor = "apple")))]

mod common;
#[path = "faults/faulty.rs"]
mod faulty;
#[path = "faults/rig.rs"]
mod rig;
#[path = "faults/session.rs"]
mod session;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use faulty::Fault;
use openssl::ssl::SslVersion;
use rig::Rig;
use session::Session;

/// Runs at a time that keep a processor busy, and those that mostly wait for a time limit.
const BUSY: usize = 3;
const WAITING: usize = 16;

/// Tries a fault every so many bytes, the second number where everything is to be tried, and fails with what went
/// wrong.
fn try_all(rig: &Rig, fault: Fault, steps: [usize; 2]) {
    let places = rig.places(steps[usize::from(everything())]);
    let threads = if fault == Fault::Stall { WAITING } else { BUSY };
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    let work = || {
        let mut wrong = Vec::new();
        while let Some(&at) = places.get(next.fetch_add(1, Ordering::SeqCst)) {
            wrong.extend(rig.complaint(fault, at));
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no run hangs or panics")).collect()
    });
    #[expect(clippy::print_stderr, reason = "whoever asks for everything wants to know how much that was")]
    if everything() {
        eprintln!("{fault:?} at {} places of {}, {:.1?}", places.len(), rig.name(), began.elapsed());
    }
    let shown = wrong.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {} runs went wrong:\n{shown}", wrong.len(), places.len());
}

/// Whether every byte is to be tried.
fn everything() -> bool {
    std::env::var_os("WSCOPE_FAULTS").is_some_and(|value| value == "all")
}

macro_rules! faults {
    ($($test:ident: $rig:expr, $fault:ident, every $steps:expr;)*) => {
        $(#[test]
        fn $test() {
            try_all(&$rig, Fault::$fault, $steps);
        })*
    };
}

fn plain() -> Rig {
    Rig::plain("a plain session", Session::varied())
}

fn large() -> Rig {
    Rig::plain("a large message", Session::large())
}

fn tls13() -> Rig {
    Rig::tls("a session over TLS 1.3", Session::varied(), SslVersion::TLS1_3)
}

fn tls12() -> Rig {
    Rig::tls("a session over TLS 1.2", Session::varied(), SslVersion::TLS1_2)
}

faults! {
    a_plain_session_may_end_at_any_byte: plain(), Fin, every [31, 1];
    a_plain_session_may_break_off_at_any_byte: plain(), Reset, every [31, 1];
    a_plain_session_may_fall_silent_at_any_byte: plain(), Stall, every [31, 1];
    a_plain_session_may_be_cut_in_two_at_any_byte: plain(), Split, every [31, 1];
    a_large_message_may_end_at_any_byte: large(), Fin, every [19_997, 499];
    a_large_message_may_break_off_at_any_byte: large(), Reset, every [19_997, 499];
    a_large_message_may_be_cut_in_two_at_any_byte: large(), Split, every [19_997, 499];
    a_tls_session_may_end_at_any_byte: tls13(), Fin, every [149, 1];
    a_tls_session_may_break_off_at_any_byte: tls13(), Reset, every [149, 1];
    a_tls_session_may_fall_silent_at_any_byte: tls13(), Stall, every [149, 1];
    a_tls_session_may_be_cut_in_two_at_any_byte: tls13(), Split, every [149, 1];
    an_older_tls_session_may_end_at_any_byte: tls12(), Fin, every [397, 1];
    an_older_tls_session_may_break_off_at_any_byte: tls12(), Reset, every [397, 1];
}
