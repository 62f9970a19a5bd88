//! `wscope serve … -- COMMAND`: one process for each connection, as websocketd has it.
#![cfg(unix)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use common::command::{Client, connect, hear, hear_to_end, say, serve_command, serve_script};
use common::served::Served;
use common::wscope;
use tempfile::TempDir;
use tungstenite::Message;

/// An executable script in a folder of its own.
fn script(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    (folder, path)
}

/// Serves a script, and waits until it is.
fn serve_file(text: &str) -> (TempDir, Served) {
    let (folder, path) = script("script.sh", text);
    let server = Served::start(
        wscope(&["serve", ":0", "--", path.to_str().expect("a path of ours is text")])
            .current_dir(folder.path()),
    );
    (folder, server)
}

#[test]
fn a_counter() {
    let (_folder, server) =
        serve_file("#!/bin/sh\nfor n in 1 2 3 4 5 6 7 8 9 10; do echo $n; sleep 0.01; done\n");
    let (texts, code, reason) = hear_to_end(&mut connect(server.addr(), "/"));
    assert_eq!(texts.join(" "), "1 2 3 4 5 6 7 8 9 10");
    assert_eq!((code, reason.as_str()), (1000, ""));
    // And with the client that comes with it.
    let url = server.url().to_owned();
    wscope(&["--no-input", &url]).run().exits(0).prints("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
}

#[test]
fn a_greeter() {
    let (_folder, server) = serve_file("#!/bin/sh\nwhile read -r name; do echo \"Hello $name!\"; done\n");
    let (mut first, mut second) = (connect(server.addr(), "/"), connect(server.addr(), "/"));
    say(&mut first, "Ada");
    say(&mut second, "Grace");
    assert_eq!((hear(&mut second), hear(&mut first)), ("Hello Grace!".to_owned(), "Hello Ada!".to_owned()));
    let url = server.url().to_owned();
    wscope(&["-n", "2", &url]).stdin("a\nb\n").run().exits(0).prints("Hello a!\nHello b!\n");
}

#[test]
fn a_chat() {
    let chat = "#!/bin/sh\n\
        echo 'Your name?'; read -r name; echo \"Welcome, $name\"\n\
        tail -n +1 -f chat.log & trap 'kill $!' EXIT\n\
        while read -r line; do echo \"$name: $line\" >> chat.log; done\n";
    let (folder, server) = serve_file(chat);
    std::fs::write(folder.path().join("chat.log"), "").expect("a file can be written");
    let mut clients = ["Ada", "Grace"].map(|name| {
        let mut client = connect(server.addr(), "/");
        assert_eq!(hear(&mut client), "Your name?");
        say(&mut client, name);
        assert_eq!(hear(&mut client), format!("Welcome, {name}"));
        client
    });
    for (speaker, line) in [(0, "Ada: hi"), (1, "Grace: hello")] {
        let (_, words) = line.split_once(": ").expect("a name and words");
        say(&mut clients[speaker], words);
        for client in &mut clients {
            assert_eq!(hear(client), line);
        }
    }
}

#[test]
fn the_end_of_a_command_is_the_close_code() {
    let (_, code, reason) = hear_to_end(&mut connect(serve_script("exit 3").addr(), "/"));
    assert_eq!((code, reason.as_str()), (4003, "exit status 3"));
    let (_, code, reason) = hear_to_end(&mut connect(serve_script("kill -KILL $$").addr(), "/"));
    assert_eq!((code, reason.as_str()), (4137, "signal SIGKILL"));
    let server = serve_script("printf 'a\\nb\\nwithout newline'; exit 1");
    let (texts, code, _) = hear_to_end(&mut connect(server.addr(), "/"));
    assert_eq!((texts.join("|").as_str(), code), ("a|b|without newline", 4001));
}

#[test]
fn how_it_ended_is_told_though_the_answer_has_no_reason() {
    let server = common::serve(&["--host", "localhost", "--", "sh", "-c", "exit 3"]);
    let mut caller = common::call(server.addr());
    let reason = caller.expect_close(4003);
    // The answer repeats the code alone, as most do.
    caller.close(4003);
    server.wait_stderr(&format!("@1 * closed by the server: 4003 private use \"{reason}\" (clean)\n"));
    assert!(reason.contains('3'), "{reason}");
}

#[test]
fn blocks_go_both_ways_with_b() {
    let server = serve_command(&["-b"], &["cat"]);
    let mut client = connect(server.addr(), "/");
    client.send(Message::binary(&b"\0\xff\n\n"[..])).expect("the server takes it");
    let mut back = Vec::new();
    while back.len() < 4 {
        let message = client.read().expect("a message");
        assert!(message.is_binary(), "{message:?}");
        back.extend_from_slice(&message.into_data());
    }
    assert_eq!(back, b"\0\xff\n\n");
}

#[test]
fn what_it_complains_of_is_shown() {
    let server = serve_script("echo 'something broke' >&2; printf unfinished >&2; read line; exit 1");
    let mut client = connect(server.addr(), "/");
    server.wait_stderr("something broke");
    say(&mut client, "");
    assert_eq!(hear_to_end(&mut client).1, 4001);
    server.wait_stderr("unfinished");
}

#[test]
fn only_so_many_at_a_time() {
    let server = serve_command(&["--max-children", "2"], &["cat"]);
    let mut clients: Vec<_> = (0..2).map(|_| connect(server.addr(), "/")).collect();
    for client in &mut clients {
        say(client, "in");
        assert_eq!(hear(client), "in");
    }
    let (_, code, reason) = hear_to_end(&mut connect(server.addr(), "/"));
    assert_eq!((code, reason.as_str()), (1013, "too many commands"));
    server.wait_stderr("--max-children");
    // Where one leaves, another may come.
    drop(clients.pop());
    let mut next = connect(server.addr(), "/");
    while hear_or_refused(&mut next).is_none() {
        next = connect(server.addr(), "/");
    }
}

/// Sends something and gives the answer; `None` if there was a close frame instead.
fn hear_or_refused(client: &mut Client) -> Option<String> {
    // It may be refused already.
    let _ = client.send(Message::text("x"));
    match client.read() {
        Ok(Message::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

#[test]
fn a_command_that_cannot_be_started_is_told_before_anything_listens() {
    let (folder, path) = script("script.sh", "#!/bin/sh\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    let (folder, path) = (folder.path().to_str().expect("text"), path.to_str().expect("text"));
    let rows = [
        ("no-such-command-anywhere", "was not found in PATH"),
        ("./no-such-file", "cannot be started: no such file"),
        (folder, "is a directory"),
        (path, "is not executable"),
        ("/dev/null", "is not a file"),
    ];
    for (command, words) in rows {
        let output = wscope(&["serve", ":0", "--", command]).run();
        output.fails(9, &[command, words]).never_says("listening");
    }
}

#[test]
fn a_command_that_has_gone_is_an_error_of_one_connection() {
    let (folder, path) = script("script.sh", "#!/bin/sh\necho here\n");
    let server = serve_command(&[], &[path.to_str().expect("text")]);
    assert_eq!(hear_to_end(&mut connect(server.addr(), "/")).0, ["here"]);
    drop(folder);
    let (_, code, reason) = hear_to_end(&mut connect(server.addr(), "/"));
    assert_eq!((code, reason.as_str()), (1011, "the command cannot be started"));
    server.wait_stderr("script.sh cannot be started");
}

#[test]
fn no_web_page_reaches_a_command_unless_it_is_named() {
    let (_folder, server) = serve_file("#!/bin/sh\necho reached\n");
    let enters = |server: &Served, options: &[&str]| server.client(&[options, &["--no-input"]].concat());
    enters(&server, &[]).exits(0).prints("reached\n");
    enters(&server, &["--origin", &format!("http://{}", server.addr())]).exits(0).prints("reached\n");
    enters(&server, &["--origin", "https://page.example"]).fails(5, &["403"]).prints("");
    // A name of the page's own that was made to point here (DNS rebinding).
    enters(&server, &["-H", "Host: page.example"]).fails(5, &["421"]).prints("");
    let named =
        ["serve", ":0", "--origin", "https://page.example", "--host", "page.example", "--", "echo", "in"];
    let server = Served::start(wscope(&named));
    let page = ["--origin", "https://page.example", "-H", "Host: page.example"];
    enters(&server, &page).exits(0).prints("in\n");
}
