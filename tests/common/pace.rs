//! Tests in which the peer must not fall silent for too long, so that a limit of wscope is not reached.
//!
//! Whether a peer is fast enough is up to the machine. The peer sends by a `Pace`, which measures its pauses; where one
//! was as long as the limit, the attempt says nothing about wscope and is repeated. So a failure is wscope's.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::peer::Conn;

/// How often a machine may be too slow before the test gives up.
const ATTEMPTS: usize = 20;

/// Measures the pauses of a peer.
#[derive(Clone)]
pub struct Pace(Arc<Mutex<Pauses>>);

struct Pauses {
    /// When the last message began to be sent, at first the start of the attempt.
    since: Instant,
    longest: Duration,
}

/// Repeats `attempt` until its peer made no pause as long as `limit`, from the start on; gives what it came to.
#[track_caller]
pub fn at_pace<T>(limit: Duration, attempt: impl Fn(Pace) -> T) -> T {
    for _ in 0..ATTEMPTS {
        let pace = Pace(Arc::new(Mutex::new(Pauses { since: Instant::now(), longest: Duration::ZERO })));
        let result = attempt(pace.clone());
        if pace.0.lock().expect("nobody panics with the lock").longest < limit {
            return result;
        }
    }
    panic!("in {ATTEMPTS} attempts this machine never sent within {limit:?}");
}

impl Pace {
    /// Sends, and measures from the beginning of the last sending to the end of this one: at most so long can the
    /// client have waited.
    pub fn send(&self, to: &mut Conn, bytes: impl AsRef<[u8]>) {
        self.measure(|| to.send(bytes));
    }

    /// The same for anything else that must not come too late.
    pub fn measure(&self, act: impl FnOnce()) {
        let begun = Instant::now();
        act();
        let mut pauses = self.0.lock().expect("nobody panics with the lock");
        pauses.longest = pauses.longest.max(pauses.since.elapsed());
        pauses.since = begun;
    }
}
