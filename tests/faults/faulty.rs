//! A socket that lets exactly so many bytes of its owner pass, and then ends, breaks, falls silent or pauses.
//!
//! It lies below everything the peer says, TLS included, so that the fault strikes at a byte of the wire. What is
//! written is held until the owner reads: each turn of the peer goes out in one piece, and only the fault cuts it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What happens after the last byte that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// FIN; what the client says is still read.
    Fin,
    /// RST.
    Reset,
    /// Nothing more, and no end either.
    Stall,
    /// The rest follows in a segment of its own: no fault at all.
    Split,
}

/// The socket and its fault.
pub struct Faulty {
    /// `None` once it was reset.
    socket: Option<TcpStream>,
    fault: Fault,
    at: usize,
    held: Vec<u8>,
    passed: usize,
    struck: bool,
    written: usize,
    turn: Arc<AtomicUsize>,
}

impl Faulty {
    /// A socket on which `fault` strikes when `at` bytes have passed.
    pub fn new(socket: TcpStream, fault: Fault, at: usize) -> Faulty {
        let (held, turn) = (Vec::new(), Arc::default());
        Faulty { socket: Some(socket), fault, at, held, passed: 0, struck: false, written: 0, turn }
    }

    /// How many bytes were written, those that did not pass included.
    pub fn written(&self) -> usize {
        self.written
    }

    /// The same as of the last time the client was given a turn. It outlives the socket.
    pub fn turn(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.turn)
    }

    /// There is nothing more to write: what is held passes, and the fault strikes if it has not. A session without
    /// a fault ends with FIN.
    pub fn finish(&mut self) {
        self.release();
        if self.fault == Fault::Split {
            self.fault = Fault::Fin;
            self.strike();
        } else if !self.struck {
            self.strike();
        }
    }

    /// Sends what is held, up to the fault.
    fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        let room = if self.struck { 0 } else { self.at - self.passed };
        let (first, rest) = held.split_at(held.len().min(room));
        self.send(first);
        if !self.struck && !held.is_empty() && self.passed == self.at {
            self.strike();
        }
        if self.struck && self.fault == Fault::Split {
            self.send(rest);
        }
    }

    /// A client that left already is no error: the test sees how it ended.
    fn send(&mut self, bytes: &[u8]) {
        self.passed += bytes.len();
        if let Some(socket) = &mut self.socket {
            let _ = socket.write_all(bytes);
        }
    }

    fn strike(&mut self) {
        self.struck = true;
        match (self.fault, &self.socket) {
            (Fault::Fin, Some(socket)) => {
                let _ = socket.shutdown(Shutdown::Write);
            }
            (Fault::Reset, Some(socket)) => {
                // A close that does not linger sends RST.
                let reset = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
                reset.expect("linger can be set");
                self.socket = None;
            }
            // Long enough that the client mostly takes the first part by itself; if not, the outcome is the same.
            (Fault::Split, _) => thread::sleep(Duration::from_millis(2)),
            (Fault::Stall, _) | (_, None) => {}
        }
    }
}

impl Read for Faulty {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.release();
        self.turn.store(self.written, Ordering::SeqCst);
        self.socket.as_mut().map_or(Ok(0), |socket| socket.read(target))
    }
}

impl Write for Faulty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
