//! A scripted server: a script per connection says what to read, what to check and which exact bytes to send.
//!
//! `peer(|c| { ... })` listens on a free port and runs the script on a thread for each connection (`c.number`
//! counts them from 0). A script that panics, and a peer that nobody called, fail the test when the `Peer` is
//! dropped. A script that returns ends its side with FIN and waits for the client to leave; `reset` ends rudely.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tungstenite::handshake::derive_accept_key;

use super::DEADLINE;
use super::frames::{CLOSE, FIN, Frame, PING, PONG, TEXT, close, frame};

/// Anything that can carry a connection: TCP, TLS over it, a Unix socket.
pub trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// What turns an accepted socket into the stream the script talks on (a TLS handshake, or nothing).
pub type Wrap = Arc<dyn Fn(TcpStream) -> io::Result<Box<dyn Duplex>> + Send + Sync>;

type Outcome = Result<(), String>;

/// A listening scripted server.
pub struct Peer {
    addr: SocketAddr,
    calls: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<usize>>,
    outcomes: mpsc::Receiver<Outcome>,
}

/// A peer on a free port of 127.0.0.1.
pub fn peer(script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Peer {
    Peer::start("127.0.0.1:0", Arc::new(|socket| Ok(Box::new(socket))), script)
}

/// The same behind TLS, or whatever else `wrap` does to an accepted socket. Where that fails, no script runs.
pub fn peer_behind(wrap: Wrap, script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Peer {
    Peer::start("127.0.0.1:0", wrap, script)
}

impl Peer {
    /// A peer on an address of its own, for tests that care which.
    pub fn start(address: &str, wrap: Wrap, script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Peer {
        Peer::on(TcpListener::bind(address).expect("a free port"), wrap, script)
    }

    /// A peer on a listener that is there already.
    pub fn on(listener: TcpListener, wrap: Wrap, script: impl Fn(&mut Conn) + Send + Sync + 'static) -> Peer {
        let addr = listener.local_addr().expect("a bound listener");
        let (calls, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (report, outcomes) = mpsc::channel();
        let script = Arc::new(script);
        let (counter, stopped) = (calls.clone(), stop.clone());
        let acceptor = thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(socket) = socket else { continue };
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let (script, wrap, report) = (script.clone(), wrap.clone(), report.clone());
                thread::spawn(move || report.send(serve(socket, number, &*wrap, &*script)));
            }
            counter.load(Ordering::SeqCst)
        });
        Peer { addr, calls, stop, acceptor: Some(acceptor), outcomes }
    }

    /// `ws://ADDRESS/`.
    pub fn url(&self) -> String {
        format!("ws://{}/", self.addr)
    }

    /// `wss://localhost:PORT/`.
    pub fn tls_url(&self) -> String {
        format!("wss://localhost:{}/", self.port())
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// How many connections came so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
        let calls = self.acceptor.take().map_or(Ok(0), JoinHandle::join).unwrap_or(0);
        if thread::panicking() {
            return;
        }
        assert!(calls > 0, "nobody connected to the peer");
        for _ in 0..calls {
            match self.outcomes.recv_timeout(DEADLINE) {
                Ok(Ok(())) => {}
                Ok(Err(message)) => panic!("the peer's script failed: {message}"),
                Err(_) => panic!("the peer's script did not end: the client is still connected"),
            }
        }
    }
}

/// Lets a script wait for the test: `open` by the test, `wait` in the script, as often as wanted.
#[derive(Clone)]
pub struct Gate {
    opener: mpsc::Sender<()>,
    waiter: Arc<Mutex<mpsc::Receiver<()>>>,
}

/// A gate, to be cloned into the script.
pub fn gate() -> Gate {
    let (opener, waiter) = mpsc::channel();
    Gate { opener, waiter: Arc::new(Mutex::new(waiter)) }
}

impl Gate {
    /// Lets one wait pass.
    pub fn open(&self) {
        self.opener.send(()).expect("the gate holds its other end");
    }

    /// Waits until the gate is opened once more.
    #[track_caller]
    pub fn wait(&self) {
        let waiter = self.waiter.lock().expect("nobody panics with the lock");
        waiter.recv_timeout(DEADLINE).expect("the test opens the gate");
    }
}

/// Reads everything from a socket until it ends, whatever comes.
pub fn drain(from: &mut dyn Read) {
    let mut block = vec![0; 64 * 1024];
    while matches!(from.read(&mut block), Ok(count) if count > 0) {}
}

/// Ends after a handshake that failed: an alert that is on its way must not be destroyed by a reset.
pub fn end_without_reset(mut socket: &TcpStream) {
    let _ = socket.shutdown(Shutdown::Write);
    drain(&mut socket);
}

fn serve(
    socket: TcpStream,
    number: usize,
    wrap: &dyn Fn(TcpStream) -> io::Result<Box<dyn Duplex>>,
    script: &dyn Fn(&mut Conn),
) -> Outcome {
    let prepared = socket.set_nodelay(true).and_then(|()| socket.set_read_timeout(Some(DEADLINE)));
    let Ok(handle) = prepared.and_then(|()| socket.try_clone()) else { return Ok(()) };
    let Ok(stream) = wrap(socket) else {
        end_without_reset(&handle);
        return Ok(());
    };
    let mut conn = Conn { number, stream, socket: Some(handle), request: Request::default(), rude: false };
    let outcome = catch_unwind(AssertUnwindSafe(|| script(&mut conn)));
    if outcome.is_ok() && !conn.rude {
        conn.fin();
        drain(&mut *conn.stream);
    }
    outcome.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().unwrap_or(&"a panic without words").to_string(),
    })
}

/// The head of a request, as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The first line.
    pub line: String,
    /// Names as sent, values trimmed, in order.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// All values of a header field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header field that may come at most once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{name} came {} times: {self:?}", values.len());
        values.first().copied()
    }

    /// What `Sec-WebSocket-Accept` has to be (RFC 6455 §4.2.2).
    #[track_caller]
    pub fn accept_key(&self) -> String {
        derive_accept_key(self.header("Sec-WebSocket-Key").expect("the request has a key").as_bytes())
    }

    fn parse(head: &[u8]) -> Request {
        let head = std::str::from_utf8(head).expect("the request head is text");
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let line = lines.next().expect("a request line").to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
            (name.to_owned(), value.trim().to_owned())
        };
        Request { line, headers: lines.map(field).collect() }
    }
}

/// One connection of a peer, as its script sees it.
pub struct Conn {
    /// Which connection of the peer this is, from 0.
    pub number: usize,
    /// The request, once it was read.
    pub request: Request,
    stream: Box<dyn Duplex>,
    socket: Option<TcpStream>,
    rude: bool,
}

impl Conn {
    /// A connection over something that is not TCP.
    pub fn over(stream: Box<dyn Duplex>) -> Conn {
        Conn { number: 0, request: Request::default(), stream, socket: None, rude: false }
    }

    /// Reads the request head up to its blank line and not a byte further.
    #[track_caller]
    pub fn read_request(&mut self) -> Request {
        let head = self.read_until(b"\r\n\r\n");
        self.request = Request::parse(&head);
        self.request.clone()
    }

    /// Reads the request and answers with a proper 101.
    #[track_caller]
    pub fn accept(&mut self) -> Request {
        self.accept_with("")
    }

    /// The same with further header lines, each ending in `\r\n`.
    #[track_caller]
    pub fn accept_with(&mut self, lines: &str) -> Request {
        let request = self.read_request();
        self.send(good_reply(&request, lines));
        request
    }

    /// Reads up to and with these bytes.
    #[track_caller]
    pub fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end) {
            bytes.extend_from_slice(&self.read_exact(1));
        }
        bytes
    }

    /// Reads exactly so many bytes.
    #[track_caller]
    pub fn read_exact(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        if let Err(error) = self.stream.read_exact(&mut bytes) {
            panic!("{count} more bytes were awaited from the client: {error}");
        }
        bytes
    }

    /// Sends exactly these bytes. A client that left already is no error here: the test sees how it ended.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes);
    }

    /// The same; says whether the client still took them.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends the bytes in pieces, cut at these places, each in a segment of its own as far as TCP allows.
    pub fn send_in_pieces(&mut self, bytes: &[u8], cuts: &[usize]) {
        let mut from = 0;
        for &cut in cuts.iter().chain([&bytes.len()]) {
            self.send(&bytes[from..cut]);
            thread::sleep(Duration::from_micros(300));
            from = cut;
        }
    }

    /// Sends all bytes; where the client stops reading for half a second, calls `stalled` (once) and goes on.
    /// Says whether the client took everything.
    pub fn send_noticing_stall(&mut self, bytes: &[u8], stalled: impl FnOnce()) -> bool {
        let socket = self.socket.as_ref().expect("a TCP connection");
        socket.set_write_timeout(Some(Duration::from_millis(500))).expect("a timeout can be set");
        let (mut stalled, mut sent) = (Some(stalled), 0);
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if let Some(stalled) = stalled.take() {
                        stalled();
                    }
                    socket.set_write_timeout(Some(DEADLINE)).expect("a timeout can be set");
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Waits, without reading, until the client has sent as much as it can: until nothing more has come in twenty
    /// looks. A client that was merely not let run would have to miss its turn in all of them.
    pub fn wait_until_client_stalls(&mut self) {
        let socket = self.socket.as_ref().expect("a TCP connection");
        let mut block = vec![0; 16 << 20];
        let (mut last, mut same) = (0, 0);
        let end = Instant::now() + DEADLINE;
        while same < 20 {
            assert!(Instant::now() < end, "the client never stopped sending: {last} bytes wait");
            thread::sleep(Duration::from_millis(50));
            let waiting = socket.peek(&mut block).expect("the client is connected");
            same = if waiting > 64 * 1024 && waiting == last { same + 1 } else { 0 };
            last = waiting;
        }
    }

    /// The next frame, `None` where the client left instead.
    #[track_caller]
    pub fn next(&mut self) -> Option<Frame> {
        match Frame::read(&mut *self.stream) {
            Ok(frame) => frame,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => None,
            Err(error) => panic!("a frame was awaited from the client: {error}"),
        }
    }

    /// The next frame; the client must send one.
    #[track_caller]
    pub fn frame(&mut self) -> Frame {
        self.next().expect("a frame, but the client left")
    }

    /// The next frame must be this one, whole.
    #[track_caller]
    pub fn expect(&mut self, opcode: u8, payload: impl AsRef<[u8]>) -> Frame {
        let frame = self.frame();
        assert_eq!((frame.opcode, frame.fin, frame.rsv), (opcode, true, 0), "{frame:?}");
        assert_eq!(frame.payload.escape_ascii().to_string(), payload.as_ref().escape_ascii().to_string());
        frame
    }

    /// The next frame must be this text message.
    #[track_caller]
    pub fn expect_text(&mut self, payload: &str) {
        self.expect(TEXT, payload);
    }

    /// The next frame must be a close frame with this code; gives its reason.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) -> String {
        let frame = self.frame();
        assert_eq!(frame.opcode, CLOSE, "a close frame was awaited: {frame:?}");
        assert_eq!(frame.close_code(), Some(code), "the code of {frame:?}");
        String::from_utf8_lossy(&frame.payload[2..]).into_owned()
    }

    /// Sends a close frame; the client must answer it with the same code. Pings may come before.
    #[track_caller]
    pub fn close_among_pings(&mut self, code: u16) {
        self.send(close(code, ""));
        let mut next = self.frame();
        while next.opcode == PING {
            next = self.frame();
        }
        assert_eq!((next.opcode, next.close_code()), (CLOSE, Some(code)), "{next:?}");
    }

    /// The client must close with this code; answers with the same one.
    #[track_caller]
    pub fn expect_close_and_answer(&mut self, code: u16) -> String {
        let reason = self.expect_close(code);
        self.send(close(code, ""));
        reason
    }

    /// Sends a close frame and waits for the client's, which must carry the same code.
    #[track_caller]
    pub fn close(&mut self, code: u16, reason: &str) {
        self.send(close(code, reason));
        self.expect_close(code);
    }

    /// Collects frames up to the client's close frame, which is answered and left out.
    #[track_caller]
    pub fn frames_until_close(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let next = self.frame();
            if next.opcode == CLOSE {
                self.send(frame(FIN | CLOSE, &next.payload));
                return frames;
            }
            frames.push(next);
        }
    }

    /// Sends back every data message and answers every ping until the client closes.
    #[track_caller]
    pub fn echo_until_close(&mut self) {
        while let Some(next) = self.next() {
            match next.opcode {
                CLOSE => return self.send(frame(FIN | CLOSE, &next.payload)),
                PING => self.send(frame(FIN | PONG, &next.payload)),
                PONG => {}
                data => self.send(frame(FIN | data, &next.payload)),
            }
        }
    }

    /// Ends this side of the TCP connection; over TLS without close_notify.
    pub fn fin(&mut self) {
        if let Some(socket) = &self.socket {
            let _ = socket.shutdown(Shutdown::Write);
        }
    }

    /// Says nothing more until the client leaves.
    pub fn stall(&mut self) {
        drain(&mut *self.stream);
    }

    /// Ends with RST: whatever the client does next finds the connection reset.
    pub fn reset(&mut self) {
        let socket = self.socket.take().expect("a TCP connection");
        socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).expect("linger can be set");
        self.stream = Box::new(io::Cursor::new(Vec::new()));
        self.rude = true;
    }

    /// Another handle to the TCP socket.
    pub fn socket(&self) -> TcpStream {
        self.socket.as_ref().and_then(|socket| socket.try_clone().ok()).expect("a TCP connection")
    }
}

/// A proper 101 to this request, with further header lines.
pub fn good_reply(request: &Request, lines: &str) -> String {
    let accept = request.accept_key();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
    )
}
