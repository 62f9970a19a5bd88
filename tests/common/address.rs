//! Addresses where no server answers: one that refuses, and one that counts who came.

use std::net::{SocketAddr, TcpListener};

/// An address of 127.0.0.1 where nothing listens, and nothing can while this is held.
pub struct Closed(socket2::Socket);

/// A port that refuses connections. A port that was free a moment ago may be somebody else's by now; this one is bound.
pub fn closed() -> Closed {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&any.into()).expect("a free port");
    Closed(socket)
}

impl Closed {
    /// Where nothing listens.
    pub fn addr(&self) -> SocketAddr {
        self.0.local_addr().ok().and_then(|addr| addr.as_socket()).expect("a bound socket")
    }

    /// The same, as a `ws` URL.
    pub fn url(&self) -> String {
        format!("ws://{}/", self.addr())
    }

    /// From here on it listens.
    pub fn open(self) -> TcpListener {
        self.0.listen(128).expect("a bound socket can listen");
        self.0.into()
    }
}

/// An address whose listener counts who came, for refusals that must happen before connecting.
pub struct Untouched(TcpListener);

/// A listener that nobody may connect to.
pub fn untouched() -> Untouched {
    Untouched(TcpListener::bind("127.0.0.1:0").expect("a free port"))
}

impl Untouched {
    /// Where it listens, as a `ws` URL.
    pub fn url(&self) -> String {
        format!("ws://{}/", self.0.local_addr().expect("a bound listener"))
    }

    /// Fails if anybody connected.
    #[track_caller]
    pub fn check(&self) {
        self.0.set_nonblocking(true).expect("a listener can be polled");
        assert!(self.0.accept().is_err(), "wscope connected, though the call is wrong");
    }
}
