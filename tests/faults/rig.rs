//! One run after another: the peer with its fault, wscope calling it, and what is wrong with how that ended.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use openssl::ssl::{SslAcceptor, SslVersion};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::certs::Authority;
use crate::common::peer::drain;
use crate::common::{DEADLINE, Output, wscope};
use crate::faulty::{Fault, Faulty};
use crate::session::{Marks, Session};

/// A time limit that stalls run into quickly, and one that nothing but a stall runs into.
const LIMITS: [&str; 2] = ["300ms", "10s"];

/// A session, and what it is played over.
pub struct Rig {
    name: &'static str,
    session: Session,
    tls: Option<Tls>,
    home: Arc<TempDir>,
    /// A run without a fault.
    sound: (Marks, Events),
}

/// The peer's end of TLS, and the file that makes it trusted.
struct Tls {
    acceptor: SslAcceptor,
    ca: String,
    /// Under TLS 1.3 the client has its handshake behind it when the server's first flight is there; before, when
    /// the server's last one is.
    is_over_with_first_flight: bool,
}

/// The records of a run without what differs from run to run. Sent and received apart: an answer is told after what
/// came together with its question.
#[derive(Debug, Default, PartialEq)]
struct Events {
    sent: Vec<Value>,
    received: Vec<Value>,
    other: Vec<Value>,
}

impl Rig {
    /// Over TCP.
    pub fn plain(name: &'static str, session: Session) -> Rig {
        Rig::new(name, session, |_| None)
    }

    /// Over TLS of this version.
    pub fn tls(name: &'static str, session: Session, version: SslVersion) -> Rig {
        Rig::new(name, session, |folder| {
            let authority = Authority::new("faults");
            let ca = authority.write(folder.path()).to_str().expect("a path in UTF-8").to_owned();
            let acceptor = authority.localhost().acceptor(|builder| {
                builder.set_max_proto_version(Some(version)).expect("a version that OpenSSL has");
            });
            Some(Tls { acceptor, ca, is_over_with_first_flight: version == SslVersion::TLS1_3 })
        })
    }

    fn new(name: &'static str, session: Session, tls: impl FnOnce(&TempDir) -> Option<Tls>) -> Rig {
        let home = Arc::new(TempDir::new().expect("a folder"));
        let tls = tls(&home);
        let mut rig = Rig { name, session, tls, home, sound: Default::default() };
        let (output, marks) = rig.run(Fault::Split, usize::MAX, &["-o", "jsonl", "--frames"]);
        output.exits(0).silent();
        rig.sound = (marks, Events::of(&output));
        rig
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The places where a fault is tried: every `step` bytes, and wherever something begins or ends, the parts of
    /// headers too.
    pub fn places(&self, step: usize) -> Vec<usize> {
        let marks = &self.sound.0;
        let mut places: Vec<usize> = (0..=marks.end).step_by(step).chain([1]).collect();
        let around: &[isize] = if self.tls.is_some() { &[-1, 0] } else { &[-1, 0, 1, 2] };
        for mark in marks.all() {
            places.extend(around.iter().filter_map(|offset| mark.checked_add_signed(*offset)));
        }
        places.retain(|&place| place <= marks.end);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// What is wrong with a run in which the fault strikes there.
    pub fn complaint(&self, fault: Fault, at: usize) -> Option<String> {
        match fault {
            Fault::Split => self.complaint_of_split(at),
            Fault::Fin | Fault::Reset => self.complaint_of_loss(fault, at, &[]),
            Fault::Stall => {
                let within = |limit| {
                    let limits = ["--connect-timeout", limit, "--idle-timeout", limit];
                    self.complaint_of_loss(fault, at, &[&limits[..], &["--close-timeout", "100ms"]].concat())
                };
                // A machine may be too slow for the short limit; with the long one it must be right.
                within(LIMITS[0]).and_then(|_| within(LIMITS[1]))
            }
        }
    }

    fn complaint_of_split(&self, at: usize) -> Option<String> {
        let (output, _) = self.run(Fault::Split, at, &["-o", "jsonl", "--frames"]);
        let events = Events::of(&output);
        let same = output.code == Some(0) && output.stderr.is_empty() && events == self.sound.1;
        (!same).then(|| format!("cut at {at}: {output}\n{events:?}\nuncut: {:?}", self.sound.1))
    }

    fn complaint_of_loss(&self, fault: Fault, at: usize, options: &[&str]) -> Option<String> {
        let (output, marks) = self.run(fault, at, &[&["-o", "hex"], options].concat());
        let codes = self.codes(fault, at, &marks);
        let printed = marks.printed(at);
        // What is not read yet when RST comes may be lost; Linux keeps it.
        let may_be_less = fault == Fault::Reset && !cfg!(target_os = "linux");
        let whole = output.stdout == printed.as_bytes()
            || may_be_less
                && printed.as_bytes().starts_with(&output.stdout)
                && output.stdout.ends_with(b"\n");
        let told = (output.code == Some(0)) == output.stderr.is_empty()
            && (output.stderr.is_empty() || output.stderr.contains("wscope: "));
        let right = output.code.is_some_and(|code| codes.contains(&code)) && whole && told;
        (!right).then(|| format!("{fault:?} at {at}, wanted {codes:?} and {printed:?}: {output}\n{marks:?}"))
    }

    /// The exit codes that are right (contract section 6).
    fn codes(&self, fault: Fault, at: usize, marks: &Marks) -> Vec<i32> {
        if Marks::reached(marks.close, at) {
            return vec![0];
        }
        if fault == Fault::Stall {
            return vec![124];
        }
        if Marks::reached(marks.head, at) {
            return vec![7];
        }
        let first_flight = self.tls.as_ref().is_some_and(|tls| tls.is_over_with_first_flight);
        match marks.tls {
            // The client still has to say that it is done, and RST may be there before.
            Some(mark) if mark == at && fault == Fault::Reset && first_flight => vec![4, 5],
            mark if Marks::reached(mark, at) => vec![5],
            _ => vec![4],
        }
    }

    fn run(&self, fault: Fault, at: usize, options: &[&str]) -> (Output, Marks) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("a bound listener");
        let mut args = vec!["-z", "--no-input"];
        args.extend(options);
        let url = match &self.tls {
            Some(tls) => {
                args.extend(["--cacert", &tls.ca]);
                format!("wss://localhost:{}/", addr.port())
            }
            None => format!("ws://{addr}/"),
        };
        args.push(&url);
        thread::scope(|scope| {
            let peer = scope.spawn(|| {
                let (socket, _) = listener.accept().expect("a connection");
                self.serve(socket, fault, at)
            });
            let mut call = wscope(&args).home(Arc::clone(&self.home));
            if let Some(tls) = &self.tls {
                // Loading what the system trusts would take most of the time of a run.
                call = call.env("SSL_CERT_FILE", &tls.ca);
            }
            let output = call.run();
            // Where wscope never came, the peer still waits for somebody.
            drop(TcpStream::connect(addr));
            (output, peer.join().expect("the peer does not panic"))
        })
    }

    fn serve(&self, socket: TcpStream, fault: Fault, at: usize) -> Marks {
        socket.set_nodelay(true).expect("a socket can be set up");
        socket.set_read_timeout(Some(DEADLINE)).expect("a socket can be set up");
        let mut marks = Marks::default();
        let mut faulty = Faulty::new(socket, fault, at);
        match &self.tls {
            Some(tls) => self.serve_tls(tls, faulty, &mut marks),
            None => {
                marks.tls = Some(0);
                self.session.play(&mut faulty, Faulty::written, &mut marks);
                faulty.finish();
                drain(&mut faulty);
            }
        }
        marks
    }

    fn serve_tls(&self, tls: &Tls, faulty: Faulty, marks: &mut Marks) {
        let turn = faulty.turn();
        let accepted = tls.acceptor.accept(faulty);
        if tls.is_over_with_first_flight {
            marks.tls = Some(turn.load(Ordering::SeqCst));
        }
        let Ok(mut stream) = accepted else { return };
        marks.tls.get_or_insert(stream.get_ref().written());
        self.session.play(&mut stream, |stream| stream.get_ref().written(), marks);
        // close_notify; a client that has left needs none.
        let _ = stream.shutdown();
        marks.end = stream.get_ref().written();
        stream.get_mut().finish();
        drain(stream.get_mut());
    }
}

impl Events {
    fn of(output: &Output) -> Events {
        let mut events = Events::default();
        for mut record in output.records() {
            let fields = record.as_object_mut().expect("a record is an object");
            fields
                .retain(|name, _| !matches!(name.as_str(), "time" | "elapsed" | "timings" | "url" | "peer"));
            fields.retain(|name, _| !matches!(name.as_str(), "request_headers" | "response_headers"));
            if fields.get("masked") == Some(&Value::Bool(true)) {
                fields.retain(|name, _| !matches!(name.as_str(), "mask" | "header"));
            }
            match fields.get("direction").and_then(Value::as_str) {
                Some("sent") => events.sent.push(record),
                Some(_) => events.received.push(record),
                None => events.other.push(record),
            }
        }
        events
    }
}
