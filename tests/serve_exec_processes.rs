//! The processes of `wscope serve … -- COMMAND`: none is left, whatever happens.
#![cfg(target_os = "linux")]

mod common;

use std::io::Write;
use std::thread;

use common::command::{children, connect, descriptors, hear, hear_to_end, marked, say, wait_until};
use common::frames::masked;
use common::served::Served;
use common::{FIN, TEXT, wscope};
use nix::sys::signal::Signal;

/// What tells the processes of one test from all others: a variable in their environment.
const MARK: &str = "WSCOPE_TEST_MARK";

/// Serves a script, and gives what marks its processes.
fn serve_marked(name: &str, script: &str) -> (Served, String) {
    let value = format!("{name} {}", std::process::id());
    let call = wscope(&["serve", ":0", "--pass-env", MARK, "--", "sh", "-c", script]).env(MARK, &value);
    (Served::start(call), format!("{MARK}={value}"))
}

/// Waits until nothing is left of what the server started, and it holds no more descriptors than this.
#[track_caller]
fn wait_until_alone(server: &Served, mark: &str, most: usize) {
    let pid = server.id();
    wait_until("no process is left", || marked(mark, pid).is_empty() && children(pid).is_empty());
    wait_until("all descriptors are closed", || descriptors(pid) <= most);
}

#[test]
fn nothing_is_left_of_500_sessions() {
    // Each leaves a process behind that holds nothing of the session.
    let (server, mark) =
        serve_marked("500", "sleep 1000 >/dev/null 2>&1 & read -r line && echo \"$line\"; exit 5");
    let address = server.addr();
    say(&mut connect(server.addr(), "/"), "warm");
    wait_until_alone(&server, &mark, usize::MAX);
    let before = descriptors(server.id());
    let session = move |n: usize| {
        let mut client = connect(address, "/");
        match n % 4 {
            // It ends by itself, and the client hears why.
            0 | 1 => {
                say(&mut client, "hello");
                let (texts, code, _) = hear_to_end(&mut client);
                assert_eq!((texts, code), (vec!["hello".to_owned()], 4005));
            }
            // The client leaves as it should.
            2 => client.close(None).expect("a close frame can be sent"),
            // The client is gone.
            _ => {}
        }
    };
    let clients: Vec<_> = (0..10).map(|_| thread::spawn(move || (0..50).for_each(session))).collect();
    clients.into_iter().for_each(|client| client.join().expect("no client failed"));
    wait_until_alone(&server, &mark, before);
}

#[test]
fn a_client_that_leaves_takes_the_command_with_it_whatever_that_heeds() {
    let (server, mark) =
        serve_marked("stubborn", "trap '' TERM; sleep 1000 & echo in; while :; do sleep 1000; done");
    let mut client = connect(server.addr(), "/");
    assert_eq!(hear(&mut client), "in");
    // More than the command reads: the client is not read any more when it leaves.
    let mut stream = client.get_ref().try_clone().expect("a socket can be cloned");
    stream.set_nonblocking(true).expect("a socket can be made so");
    let frame = masked(FIN | TEXT, &vec![b'x'; 100_000]);
    while stream.write_all(&frame).is_ok() {}
    drop((client, stream));
    wait_until_alone(&server, &mark, usize::MAX);
    server.wait_stderr("was killed");
}

#[test]
fn sigterm_ends_everything() {
    let (mut server, mark) =
        serve_marked("sigterm", "trap '' TERM; sleep 1000 & echo in; while :; do sleep 1000; done");
    let mut clients: Vec<_> = (0..20).map(|_| connect(server.addr(), "/")).collect();
    for client in &mut clients {
        assert_eq!(hear(client), "in");
    }
    server.signal(Signal::SIGTERM);
    for client in &mut clients {
        let (texts, code, _) = hear_to_end(client);
        assert_eq!((texts, code), (Vec::new(), 1001));
    }
    let output = server.finish_with_stdin_open();
    assert_eq!(output.signal, Some(15), "{output}");
    wait_until("no process is left", || marked(&mark, 0).is_empty());
}
