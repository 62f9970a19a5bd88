//! Connects to the first of several addresses that answers (RFC 8305 §5, "happy eyeballs").
//!
//! An attempt starts 250 ms after the one before, or as soon as one fails. Losers end by themselves on their threads.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::net::error::{Cause, Error, Phase, attempts_text};
use crate::net::target::Host;

/// The Connection Attempt Delay (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

type Attempt = (SocketAddr, io::Result<TcpStream>);

/// Why no address answered.
#[derive(Debug)]
pub struct Lost {
    failures: Vec<(SocketAddr, io::Error)>,
    /// Those that had not failed when the deadline passed; empty where it did not.
    unanswered: Vec<SocketAddr>,
    timed_out: bool,
}

/// Connects to one of the addresses.
pub fn connect(addresses: &[SocketAddr], deadline: Option<Instant>) -> Result<(TcpStream, SocketAddr), Lost> {
    if let [only] = *addresses {
        return attempt(only, deadline)
            .map(|socket| (socket, only))
            .map_err(|e| lost(vec![(only, e)], addresses, deadline));
    }
    let (sender, receiver) = mpsc::channel();
    let mut waiting = addresses.iter().copied();
    let mut failures = Vec::new();
    loop {
        let due = match waiting.next() {
            Some(address) => {
                start(address, deadline, &sender);
                (waiting.len() > 0).then(|| Instant::now() + STAGGER)
            }
            None => None,
        };
        let until = due.into_iter().chain(deadline).min();
        match receive(&receiver, until) {
            Some((address, Ok(socket))) => return Ok((socket, address)),
            Some((address, Err(error))) => failures.push((address, error)),
            None if has_passed(deadline) => return Err(lost(failures, addresses, deadline)),
            None => {}
        }
        if failures.len() == addresses.len() {
            return Err(lost(failures, addresses, deadline));
        }
    }
}

/// The next value, or `None` when the time has come (or never, where no sender is left).
pub fn receive<T>(receiver: &Receiver<T>, until: Option<Instant>) -> Option<T> {
    match until {
        Some(until) => receiver.recv_timeout(until.saturating_duration_since(Instant::now())).ok(),
        None => receiver.recv().ok(),
    }
}

impl Lost {
    /// The error for people. The host decides whether the addresses need telling.
    pub fn explain(self, whom: &str, host: &Host) -> Error {
        let what = format!("could not connect to {whom}");
        if self.timed_out {
            let silent = self.unanswered.iter().map(|address| format!("{address}: no answer"));
            let failed = (!self.failures.is_empty()).then(|| attempts_text(&self.failures));
            let each: Vec<_> = failed.into_iter().chain(silent).collect();
            let detail = if host.ip().is_some() { String::new() } else { format!(" ({})", each.join("; ")) };
            return Error::new(Phase::Tcp, what + &detail, Cause::TimedOut);
        }
        match <[_; 1]>::try_from(self.failures) {
            Ok([(_, error)]) if host.ip().is_some() => Error::new(Phase::Tcp, what, Cause::Io(error)),
            Ok([(address, error)]) => Error::new(Phase::Tcp, format!("{what} ({address})"), Cause::Io(error)),
            Err(failures) => Error::new(Phase::Tcp, what, Cause::Attempts(failures)),
        }
    }
}

fn lost(
    mut failures: Vec<(SocketAddr, io::Error)>,
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
) -> Lost {
    let timed_out = has_passed(deadline);
    // An attempt ends at the same deadline as the race. Whichever is noticed first, nobody answered.
    failures.retain(|(_, error)| !timed_out || error.kind() != io::ErrorKind::TimedOut);
    let open = |address: &&SocketAddr| timed_out && failures.iter().all(|(failed, _)| failed != *address);
    let unanswered = addresses.iter().filter(open).copied().collect();
    Lost { failures, unanswered, timed_out }
}

fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

fn start(address: SocketAddr, deadline: Option<Instant>, sender: &Sender<Attempt>) {
    let theirs = sender.clone();
    // A send fails where another attempt has won already; the connection is then dropped, which is right.
    let run = move || drop(theirs.send((address, attempt(address, deadline))));
    if let Err(error) = thread::Builder::new().name("connect".to_owned()).spawn(run) {
        let _ = sender.send((address, Err(error)));
    }
}

fn attempt(address: SocketAddr, deadline: Option<Instant>) -> io::Result<TcpStream> {
    let Some(deadline) = deadline else { return TcpStream::connect(address) };
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => TcpStream::connect_timeout(&address, left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        (listener, address)
    }

    /// An address where nothing listens, and nothing can while the socket is held.
    fn closed() -> (socket2::Socket, SocketAddr) {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        let any: SocketAddr = "127.0.0.1:0".parse().expect("a literal");
        socket.bind(&any.into()).expect("a free port");
        let address = socket.local_addr().ok().and_then(|a| a.as_socket()).expect("a bound socket");
        (socket, address)
    }

    /// A listener whose queue is full, so that the system drops further SYNs.
    #[cfg(target_os = "linux")]
    fn black_hole() -> (socket2::Socket, Vec<TcpStream>, SocketAddr) {
        use socket2::{Domain, Socket, Type};
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any: SocketAddr = "127.0.0.1:0".parse().expect("a literal");
        socket.bind(&any.into()).and_then(|()| socket.listen(0)).expect("a free port");
        let address = socket.local_addr().ok().and_then(|a| a.as_socket()).expect("a bound socket");
        let mut held = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            held.push(stream);
        }
        (socket, held, address)
    }

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(120))
    }

    fn named() -> Host {
        Host::Name("h".to_owned())
    }

    #[test]
    fn one_address_is_connected_to() {
        let (_listener, address) = listener();
        for deadline in [None, soon()] {
            assert_eq!(connect(&[address], deadline).expect("a listener is there").1, address);
        }
    }

    #[test]
    fn a_refused_address_gives_way_to_the_next() {
        let (_listener, address) = listener();
        let ((_a, a), (_b, b)) = (closed(), closed());
        for deadline in [None, soon()] {
            assert_eq!(connect(&[a, b, address], deadline).expect("one listens").1, address);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dead_address_costs_the_stagger_only() {
        let (_hole, _held, dead) = black_hole();
        let (_listener, address) = listener();
        let begun = Instant::now();
        assert_eq!(connect(&[dead, address], soon()).expect("one listens").1, address);
        assert!(begun.elapsed() >= STAGGER, "the dead one went first");
        assert!(begun.elapsed() < Duration::from_secs(60), "and did not use up the deadline");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_deadline_ends_the_race_and_tells_who_was_silent() {
        let (_hole, _held, dead) = black_hole();
        let (_closed, refused) = closed();
        let until = Some(Instant::now() + Duration::from_secs(3));
        let error = connect(&[dead, refused], until).expect_err("nobody answers").explain("h:1", &named());
        assert!(error.timed_out());
        let text = format!(
            "could not connect to h:1 ({refused}: connection refused; {dead}: no answer): timed out (phase tcp)"
        );
        assert_eq!(error.to_string(), text);
        let until = Some(Instant::now() + Duration::from_millis(50));
        let error = connect(&[dead], until)
            .expect_err("silent")
            .explain(&dead.to_string(), &Host::V4([127, 0, 0, 1].into()));
        assert_eq!(error.to_string(), format!("could not connect to {dead}: timed out (phase tcp)"));
    }

    #[test]
    fn an_attempt_that_noticed_the_deadline_first_was_not_answered_either() {
        let (_closed, silent) = closed();
        let late = |deadline| lost(vec![(silent, io::ErrorKind::TimedOut.into())], &[silent], deadline);
        let error = late(Some(Instant::now())).explain("h:1", &named());
        assert_eq!(
            error.to_string(),
            format!("could not connect to h:1 ({silent}: no answer): timed out (phase tcp)")
        );
        // Without a deadline it was the system that gave up.
        let error = late(None).explain("h:1", &named()).to_string();
        assert!(!error.contains("no answer"), "{error}");
    }

    #[test]
    fn each_failure_is_told() {
        let ((_a, a), (_b, b)) = (closed(), closed());
        let error = connect(&[a], soon()).expect_err("refused").explain("h:1", &named());
        assert_eq!(error.to_string(), format!("could not connect to h:1 ({a}): connection refused"));
        let error =
            connect(&[a], soon()).expect_err("refused").explain("1.1.1.1:1", &Host::V4([1, 1, 1, 1].into()));
        assert_eq!(error.to_string(), "could not connect to 1.1.1.1:1: connection refused");
        assert_eq!(error.hint().as_deref(), Some("is the server running on that port?"));
        let error = connect(&[a, b], soon()).expect_err("refused").explain("h:1", &named()).to_string();
        assert!(error.starts_with("could not connect to h:1: 127.0.0.1:"), "{error}");
        assert_eq!(error.matches(": connection refused").count(), 2, "{error}");
    }
}
