//! The config file: default options, where it is looked for, and lines that are refused.

mod common;

use std::path::PathBuf;

use common::{Wscope, echo, peer, wscope};

/// A call whose home holds this config file.
fn with_config(args: &[&str], content: impl AsRef<[u8]>) -> Wscope {
    let call = wscope(args);
    let folder = call.home_folder().path().join("config/wscope");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join("config"), content).expect("the file can be written");
    call
}

fn file(folder: &tempfile::TempDir, content: &str) -> PathBuf {
    let path = folder.path().join("another");
    std::fs::write(&path, content).expect("the file can be written");
    path
}

#[test]
fn its_lines_are_default_options() {
    let peer = peer(|c| {
        let request = c.accept();
        assert_eq!(request.header("User-Agent"), Some("from config = yes # no comment here"));
        assert_eq!(request.header("Origin"), Some("https://app.test"));
        c.close(1000, "");
    });
    let config =
        "# defaults\n\nuser-agent from config = yes # no comment here\norigin=https://app.test\n  \n";
    let output = with_config(&[&peer.url()], config).run();
    output.exits(0);
}

#[test]
fn flags_and_lists_work_and_the_command_line_wins() {
    let echo = echo();
    let config = "verbose\nheader X-A: 1\nheader X-B: 2\noutput hex\n";
    let output = with_config(&["-n1", "-m", "x", &echo.url()], config).run();
    output.exits(0).prints("78\n").says("> X-A: 1").says("> X-B: 2");
    with_config(&["-n1", "-m", "x", "-o", "base64", &echo.url()], config).run().exits(0).prints("eA==\n");
}

#[test]
fn no_config_means_none_and_the_environment_names_another() {
    let echo = echo();
    let args = ["-n1", "-m", "x", &echo.url()];
    with_config(&[&["--no-config"], &args[..]].concat(), "output hex\n").run().exits(0).prints("x\n");
    let folder = tempfile::tempdir().expect("a folder");
    let another = file(&folder, "output base64\n");
    with_config(&args, "output hex\n").env("WSCOPE_CONFIG", &another).run().exits(0).prints("eA==\n");
    let missing = folder.path().join("missing");
    wscope(&args).env("WSCOPE_CONFIG", &missing).run().fails(2, &["missing"]);
}

#[test]
fn one_that_is_no_text_is_a_bad_one() {
    let output = with_config(&["-m", "x", "ws://localhost/"], b"pretty never\n\xff\n").run();
    output.fails(2, &["config file", "not UTF-8", "--no-config"]);
}

#[test]
fn its_lines_are_no_part_of_a_mistake_on_the_command_line() {
    let rows: [(&[&str], &str); 4] = [
        (&["conect", "ws://localhost/"], "nearest command is 'connect'"),
        (&["ws://localhost/", "hello"], "unexpected argument 'hello': a session has one URL"),
        (&["-n1", "ws://localhost/", "hello"], "unexpected argument 'hello': a session has one URL"),
        (&["-n1", "serve"], "the command 'serve' stands before its options"),
    ];
    for (args, words) in rows {
        let output = with_config(args, "linger 2s\npretty never\n").run();
        output.fails(2, &[words]).never_says("--linger");
    }
}

#[test]
fn lines_for_serve_do_not_touch_a_session() {
    let echo = echo();
    let config = "output hex\n[serve]\noutput base64\n";
    with_config(&["-n1", "-m", "x", &echo.url()], config).run().exits(0).prints("78\n");
}

#[test]
fn wrong_lines_are_refused_with_file_and_line() {
    let rows = [
        ("frobnicate yes\n", "frobnicate", "1"),
        ("# fine\ninsecure\n", "insecure", "2"),
        ("show-secrets\n", "show-secrets", "1"),
        ("\n\nlinger soon\n", "linger", "3"),
        ("output xml\n", "xml", "1"),
        ("verbose yes\n", "verbose", "1"),
        ("origin\n", "origin", "1"),
        ("[nonsense]\n", "nonsense", "1"),
    ];
    for (content, words, line) in rows {
        let nobody = common::untouched();
        let output = with_config(&[&nobody.url()], content).run();
        output.fails(2, &[words, line, "config"]);
        nobody.check();
    }
}

#[test]
fn without_home_there_is_no_config_and_no_trouble() {
    let echo = echo();
    let mut call = wscope(&["-n1", "-m", "x", &echo.url()]);
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        call = call.without_env(name);
    }
    call.run().exits(0).prints("x\n");
}
