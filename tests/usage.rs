//! Calls that are wrong: exit 2 and an error that names what is wrong, before anything is connected. And calls
//! that only ask: help, version, completions, the manual page.
//!
//! Header values, URLs, durations, sizes and combinations are tables; a row is a call and the words it must say.

mod common;

use common::{untouched, wscope};

#[test]
fn a_bad_url_is_refused_and_the_part_named() {
    let rows: [(&str, &str); 20] = [
        ("ws://localhost/#there", "fragment"),
        ("ws://localhost:8080/a#", "fragment"),
        ("ftp://localhost/", "ftp"),
        ("wsx://localhost/", "wsx"),
        ("://localhost/", "scheme"),
        ("ws://", "host"),
        ("ws:///path", "host"),
        ("ws://:8080/", "host"),
        ("ws://user@/", "host"),
        ("ws://localhost:99999/", "port"),
        ("ws://localhost:65536/", "port"),
        ("ws://localhost:0/", "port"),
        ("ws://localhost:http/", "port"),
        ("localhost:99999", "port"),
        ("ws://[::1/", "host"),
        ("ws://[12345::1]/", "12345"),
        ("ws://a@b@localhost/", "@"),
        ("ws://local\\host/", "backslash"),
        ("ws://local host/", "blank"),
        ("ws://localhost/a\r\nX: y", "URL"),
    ];
    for (url, words) in rows {
        let output = wscope(&[url]).run();
        output.fails(2, &[words]);
    }
}

#[test]
fn a_word_that_is_no_url_names_the_nearest_command() {
    for (word, command) in
        [("conect", "connect"), ("dmeo", "demo"), ("completion", "completions"), ("hlep", "help")]
    {
        wscope(&[word]).run().fails(2, &[word, command]);
    }
}

#[test]
fn a_header_that_would_break_the_request_is_refused_before_connecting() {
    let rows: [(&[&str], &str); 24] = [
        (&["-H", "X-A: a\r\nX-B: b"], "X-A"),
        (&["-H", "X-A: a\nb"], "X-A"),
        (&["-H", "X-A: a\rb"], "X-A"),
        (&["-H", "X-A: a\x07b"], "X-A"),
        (&["-H", "X-A: a\x7fb"], "X-A"),
        (&["-H", "X A: 1"], "X A"),
        (&["-H", "X(A): 1"], "X(A)"),
        (&["-H", "Ünicode: 1"], "header"),
        (&["-H", ": 1"], "header"),
        (&["-H", "no colon"], "no colon"),
        (&["-H", "Connection: close"], "--unsafe-handshake"),
        (&["-H", "Upgrade: h2c"], "--unsafe-handshake"),
        (&["-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], "--unsafe-handshake"),
        (&["-H", "sec-websocket-version: 8"], "--unsafe-handshake"),
        (&["-H", "Sec-WebSocket-Accept: x"], "--unsafe-handshake"),
        (&["-H", "Host: a\r\nb"], "Host"),
        (&["--origin", "https://a\r\nX: y"], "origin"),
        (&["--user-agent", "a\nb"], "user-agent"),
        (&["--cookie", "a=b\r\nX: y"], "cookie"),
        (&["--bearer", "a\nb"], "bearer"),
        (&["-s", "chat v2"], "chat v2"),
        (&["-s", "chat\r\n"], "subprotocol"),
        (&["-s", "chat", "-s", "chat"], "chat"),
        (&["-s", "a,b,a"], "subprotocol"),
    ];
    for (options, words) in rows {
        let nobody = untouched();
        let url = nobody.url();
        let mut args = options.to_vec();
        args.push(&url);
        wscope(&args).run().fails(2, &[words]);
        nobody.check();
    }
}

#[test]
fn a_header_file_is_checked_as_well() {
    let nobody = untouched();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("headers");
    std::fs::write(&file, b"X-Good: 1\nX-Bad: a\0b\n").expect("a file");
    let headers = format!("@{}", file.display());
    wscope(&["-H", &headers, &nobody.url()]).run().fails(2, &["X-Bad"]);
    nobody.check();
}

#[test]
fn a_bad_value_is_refused_and_the_option_named() {
    let rows: [(&[&str], &str); 33] = [
        (&["--frobnicate"], "--frobnicate"),
        (&["--linger", "5x"], "--linger"),
        (&["--linger", "-1s"], "--linger"),
        (&["--timeout", "soon"], "--timeout"),
        (&["--connect-timeout", ""], "--connect-timeout"),
        (&["--close-timeout", "1h2"], "--close-timeout"),
        (&["--ping-interval", "abc"], "--ping-interval"),
        (&["--max-message", "1Q"], "--max-message"),
        (&["--max-message", "-1"], "--max-message"),
        (&["--max-fragments", "0"], "--max-fragments"),
        (&["--max-fragments", "1K"], "--max-fragments"),
        (&["--chunk-size", "0"], "--chunk-size"),
        (&["-i", "xml"], "xml"),
        (&["-o", "xml"], "xml"),
        (&["-o", "whole"], "whole"),
        (&["-i", "human"], "human"),
        (&["-t", "-i", "raw"], "raw"),
        (&["-n", "some"], "--count"),
        (&["--until", "("], "--until"),
        (&["--close-code", "1005"], "1005"),
        (&["--close-code", "999"], "999"),
        (&["--close-code", "5000"], "5000"),
        (&["--tls-min", "1.1"], "1.1"),
        (&["--tls-min", "1.3", "--tls-max", "1.2"], "1.3"),
        (&["--cert", "client.pem"], "--key"),
        (&["--resolve", "localhost"], "--resolve"),
        (&["--resolve", "localhost:80:nowhere"], "nowhere"),
        (&["--proxy", "gopher://localhost:1"], "gopher"),
        (&["--proxy", "http://"], "proxy"),
        (&["--color", "sometimes"], "--color"),
        (&["--time=yesterday"], "yesterday"),
        (&["--pretty", "maybe"], "--pretty"),
        (&["--reconnect=some"], "--reconnect"),
    ];
    for (options, words) in rows {
        let nobody = untouched();
        let url = nobody.url();
        let mut args = options.to_vec();
        args.push(&url);
        wscope(&args).run().fails(2, &[words]);
        nobody.check();
    }
}

#[test]
fn without_arguments_the_short_help_comes() {
    let output = wscope(&[]).run();
    output.exits(2);
    let said = format!("{}{}", output.text(), output.stderr);
    assert!(said.contains("Usage") && said.contains("URL"), "{output}");
}

#[test]
fn version_names_the_program_and_the_tls_library() {
    let output = wscope(&["--version"]).run();
    output.exits(0).silent();
    assert!(output.text().starts_with(concat!("wscope ", env!("CARGO_PKG_VERSION"))), "{output}");
    let library = ["OpenSSL", "SChannel", "Secure Transport"].iter().any(|name| output.text().contains(name));
    assert!(library, "the TLS library is not named: {output}");
}

#[test]
fn long_help_has_every_option_and_short_help_is_shorter() {
    let (long, short) = (wscope(&["--help"]).run(), wscope(&["-h"]).run());
    long.exits(0).silent();
    short.exits(0).silent();
    assert!(short.text().len() < long.text().len(), "-h is not shorter than --help");
    let options = "--header --origin --subprotocol --user-agent --user --bearer --cookie --location --max-redirs --compress \
        --resolve --unix-socket --proxy --connect-timeout --timeout --insecure --cacert --cert --key --pkcs12 \
        --pass-file --sni --tls-min --tls-max --ping-interval --ping-timeout --no-pong --idle-timeout --reconnect \
        --reconnect-delay --reconnect-max --max-message --echo --time --hex-limit --text-limit --pretty --color \
        --raw-terminal --progress --record --show-secrets --input --output --text --binary --message --no-input \
        --count --until --linger --close-code --close-reason --close-timeout --chunk-size --unsafe-handshake \
        --no-history --no-config --verbose --quiet --max-fragments";
    for option in options.split_whitespace() {
        let found =
            long.text().split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == option);
        assert!(found, "--help does not name {option}\n{}", long.text());
    }
}

#[test]
fn help_topics_explain_offline() {
    let rows: [(&str, &[&str]); 7] = [
        ("exit-codes", &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "124", "129", "130", "143"]),
        (
            "close-codes",
            &["1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1011", "4000"],
        ),
        ("forms", &["lines", "nul", "raw", "whole", "hex", "base64", "jsonl", "human"]),
        (
            "limits",
            &["--max-message", "64M", "--max-fragments", "131072", "1009", "--max-head", "64K", "128"],
        ),
        ("records", &["open", "text", "binary", "ping", "pong", "close", "end", "elapsed"]),
        ("config", &["WSCOPE_CONFIG", "--no-config", "wscope/config"]),
        ("repl", &["/ping", "/close", "/help", "/quit", "/status"]),
    ];
    for (topic, words) in rows {
        let output = wscope(&["help", topic]).run();
        output.exits(0).silent();
        for word in words {
            assert!(output.text().contains(word), "help {topic} does not name {word}\n{output}");
        }
    }
    wscope(&["help", "no-such-topic"]).run().fails(2, &["no-such-topic"]);
}

#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = wscope(&["completions", shell]).run();
        output.exits(0).silent();
        assert!(output.text().contains("linger"), "completions for {shell} miss --linger");
    }
    wscope(&["completions", "tcsh"]).run().fails(2, &["tcsh"]);
    let manual = wscope(&["man"]).run();
    manual.exits(0).silent();
    assert!(manual.text().contains(".TH"), "no manual page: {manual}");
    assert!(manual.text().contains("linger"), "the manual misses options: {manual}");
}

#[test]
fn the_limits_explained_have_the_defaults_of_their_options() {
    let limits = wscope(&["help", "limits"]).run();
    let (of_session, of_server) = limits.text().split_once("\nwscope serve: ").expect("a part about servers");
    check_limits(of_session, wscope(&["--help"]).run().text(), 6);
    check_limits(of_server, wscope(&["serve", "--help"]).run().text(), 4);
}

#[track_caller]
fn check_limits(limits: &str, help: &str, count: usize) {
    let mut checked = 0;
    for line in limits.lines().filter(|line| line.starts_with("  ") && line.contains(" --")) {
        let (before, after) = line.split_once(" --").expect("an option");
        let default = before.split_whitespace().last().expect("a default");
        let option = format!("--{} <", after.split_whitespace().next().expect("its name"));
        let entry = help.split_once(&option).map_or("", |(_, entry)| entry);
        let entry = entry.split("\n\n      --").next().unwrap_or_default();
        assert!(
            entry.contains(&format!("[default: {default}]")),
            "{option}: {default} is told, help has {entry}"
        );
        checked += 1;
    }
    assert_eq!(checked, count, "{limits}");
}
