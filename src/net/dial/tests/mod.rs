//! Dialing over real loopback sockets, against peers that follow a script byte by byte.

mod proxies;
mod tls_peers;

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::*;

enum Step {
    /// Exactly these bytes must come.
    Expect(Vec<u8>),
    Send(Vec<u8>),
    /// One byte, for ever.
    Dribble(u8),
    /// From here on TLS, as a server with this identity.
    Tls(native_tls::Identity),
    /// Closes at once, rather than when the other side does.
    Close,
}

use Step::{Close, Dribble, Expect, Send};

fn expect(bytes: impl AsRef<[u8]>) -> Step {
    Expect(bytes.as_ref().to_vec())
}

fn send(bytes: impl AsRef<[u8]>) -> Step {
    Send(bytes.as_ref().to_vec())
}

trait Wire: Read + Write + std::fmt::Debug {}
impl<T: Read + Write + std::fmt::Debug> Wire for T {}

fn play(script: Vec<Step>, mut wire: Box<dyn Wire>) -> io::Result<()> {
    for step in script {
        match step {
            Expect(bytes) => {
                let mut came = vec![0; bytes.len()];
                wire.read_exact(&mut came)?;
                assert_eq!(came.escape_ascii().to_string(), bytes.escape_ascii().to_string());
            }
            // A client that has given up takes no more.
            Send(bytes) if wire.write_all(&bytes).is_err() => return Ok(()),
            Send(_) => {}
            Dribble(byte) => {
                while wire.write_all(&[byte]).is_ok() {
                    thread::sleep(Duration::from_millis(5));
                }
            }
            Step::Tls(identity) => {
                let acceptor = native_tls::TlsAcceptor::new(identity).map_err(io::Error::other)?;
                wire = Box::new(acceptor.accept(wire).map_err(|e| io::Error::other(e.to_string()))?);
            }
            Close => return Ok(()),
        }
    }
    // However the other side ends it.
    let _ = wire.read_to_end(&mut Vec::new());
    Ok(())
}

/// A peer that plays one script for each connection, one after the other.
fn peer(scripts: Vec<Vec<Step>>) -> (u16, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound listener").port();
    let run = move || {
        scripts.into_iter().try_for_each(|script| {
            let (socket, _) = listener.accept()?;
            play(script, Box::new(socket))
        })
    };
    (port, thread::spawn(run))
}

#[track_caller]
fn played(peer: JoinHandle<io::Result<()>>) {
    peer.join().expect("the script fits").expect("the script is played to its end");
}

fn target(url: &str) -> Target {
    Target::parse(url).expect("a URL of this test")
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(120))
}

/// Options that the environment of the test run does not touch.
fn direct() -> Options {
    Options { proxy: ProxyChoice::Direct, ..Options::default() }
}

fn through(proxy: &str) -> Options {
    Options { proxy: proxy.parse().expect("a proxy URL of this test"), ..Options::default() }
}

#[track_caller]
fn read(stream: &mut Stream, bytes: &[u8]) {
    let mut came = vec![0; bytes.len()];
    stream.read_exact(&mut came).expect("the peer sends them");
    assert_eq!(came.escape_ascii().to_string(), bytes.escape_ascii().to_string());
}

#[test]
fn a_plain_connection() {
    let (port, server) = peer(vec![vec![expect("hello"), send("there")]]);
    let mut dialed =
        Dialer::new(direct()).dial(&target(&format!("127.0.0.1:{port}")), soon()).expect("it listens");
    dialed.stream.write_all(b"hello").expect("connected");
    read(&mut dialed.stream, b"there");
    assert_eq!(dialed.peer, format!("127.0.0.1:{port}"));
    assert!(dialed.timings.connect.is_some() && dialed.tls.is_none() && dialed.notices.is_empty());
    let Timings { dns, proxy, tls, upgrade, .. } = dialed.timings;
    assert_eq!([dns, proxy, tls, upgrade], [None; 4]);
    drop(dialed);
    played(server);
}

#[test]
fn a_name_is_resolved_as_told() {
    let (port, server) = peer(vec![vec![send("x")]]);
    let resolve = vec![format!("nowhere.test:{port}:127.0.0.1").parse().expect("well formed")];
    let dialer = Dialer::new(Options { resolve, ..direct() });
    let mut dialed = dialer.dial(&target(&format!("ws://Nowhere.test.:{port}")), soon()).expect("it listens");
    read(&mut dialed.stream, b"x");
    drop(dialed);
    played(server);
}

#[test]
fn localhost_is_found_in_whatever_family_listens() {
    let (port, server) = peer(vec![vec![send("x")]]);
    let mut dialed =
        Dialer::new(direct()).dial(&target(&format!("localhost:{port}")), soon()).expect("it listens");
    read(&mut dialed.stream, b"x");
    assert!(dialed.timings.dns.is_some());
    drop(dialed);
    played(server);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_outranks_target_and_proxy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a fresh path");
    let options = Options { unix_socket: Some(path.clone()), ..through("http://127.0.0.1:1") };
    let mut dialed =
        Dialer::new(options).dial(&target("ws://no-such-host.invalid/"), soon()).expect("it listens");
    assert_eq!(dialed.peer, path.display().to_string());
    let (mut server, _) = listener.accept().expect("it is connected");
    server.write_all(b"x").expect("connected");
    read(&mut dialed.stream, b"x");
}

#[test]
fn a_dialer_may_run_on_another_thread() {
    fn shared<T: std::marker::Send + Sync>() {}
    fn sent<T: std::marker::Send>() {}
    shared::<Dialer>();
    sent::<Dialed>();
    sent::<Error>();
}
