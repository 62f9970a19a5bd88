//! How commands end, and that nothing is left of them.

use super::*;

/// Waits until no process of this number runs, zombies of others left aside.
fn gone(pid: &str) {
    let until = Instant::now() + DEADLINE;
    let runs = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'),
        Err(_) => false,
    };
    while runs() {
        assert!(Instant::now() < until, "process {pid} still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_command_is_ended_stage_by_stage() {
    // It ends as soon as its stdin does.
    let server = shell("echo $$; cat; echo bye >&2");
    let mut client = server.client();
    let pid = text(&mut client);
    client.close(None).unwrap();
    assert_eq!(server.heard(), Talk::Stderr(b"bye".to_vec()));
    gone(&pid);
    // It heeds TERM, and so does what it started.
    let server = shell("trap 'echo term >&2; exit' TERM; sleep 1000 & echo $$ $!; while :; do wait; done");
    let mut client = server.client();
    let pids = text(&mut client);
    drop(client);
    assert_eq!(server.heard(), Talk::Stderr(b"term".to_vec()));
    pids.split(' ').for_each(gone);
    // It heeds nothing.
    let server = shell("trap '' TERM; echo $$; while :; do sleep 1000; done");
    let mut client = server.client();
    let pid = text(&mut client);
    drop(client);
    let Talk::Notice(notice) = server.heard() else { panic!("a notice") };
    assert!(notice.contains("killed"), "{notice}");
    gone(&pid);
    server.stop();
}

#[test]
fn those_left_behind_do_not_keep_the_connection_open() {
    let server = shell("sh -c 'trap \"\" TERM; while :; do sleep 1000; done' & echo $!; exit 3");
    let mut client = server.client();
    let pid = text(&mut client);
    let (texts, code, reason) = to_end(&mut client);
    assert_eq!((texts.len(), code, reason.as_str()), (0, 4003, "exit status 3"));
    gone(&pid);
}

#[test]
fn no_more_commands_than_allowed() {
    let server = serve(&["cat"], Options { max_children: 1, ..Options::default() });
    let mut first = server.client();
    send(&mut first, "in");
    assert_eq!(text(&mut first), "in");
    let (_, code, reason) = to_end(&mut server.client());
    assert_eq!((code, reason.as_str()), (1013, "too many commands"));
    let Talk::Notice(notice) = server.heard() else { panic!("a notice") };
    assert!(notice.contains("--max-children"), "{notice}");
    send(&mut first, "still in");
    assert_eq!(text(&mut first), "still in");
}

#[test]
fn a_command_that_has_gone_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tool");
    std::fs::write(&file, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = serve(&[file.to_str().unwrap()], Options::default());
    std::fs::remove_file(&file).unwrap();
    let (_, code, reason) = to_end(&mut server.client());
    assert_eq!((code, reason.as_str()), (1011, "the command cannot be started"));
    let Talk::Error(error) = server.heard() else { panic!("an error") };
    assert!(error.contains("tool cannot be started"), "{error}");
}

#[test]
fn a_client_that_left_is_noticed_behind_what_a_command_does_not_read() {
    let server = shell("echo $$; exec sleep 1000");
    let mut client = server.client();
    let pid = text(&mut client);
    for _ in 0..50 {
        send(&mut client, &"x".repeat(10_000));
    }
    drop(client);
    gone(&pid);
}

#[test]
fn a_stop_ends_everything() {
    let server = shell("trap '' TERM; sleep 1000 & echo $$ $!; while :; do sleep 1000; done");
    let mut clients: Vec<_> = (0..5).map(|_| server.client()).collect();
    let pids: Vec<_> = clients.iter_mut().map(text).collect();
    server.stop();
    pids.iter().flat_map(|pids| pids.split(' ')).for_each(gone);
}
