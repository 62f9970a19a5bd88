//! Every frame as it was on the wire, and frames and bytes that are sent as they are described.

use std::num::NonZeroU32;

use super::*;

fn watched(role: Role) -> Connection {
    Connection::new(Settings { frames: true, ..Settings::new(role) }, draw())
}

/// Header, payload and number of each frame.
fn told(frames: Vec<Frame>) -> Vec<(Vec<u8>, Vec<u8>, Option<u32>)> {
    frames.into_iter().map(|frame| (frame.header, frame.payload, frame.fragment)).collect()
}

fn frame(header: &[u8], payload: &[u8], fragment: Option<u32>) -> (Vec<u8>, Vec<u8>, Option<u32>) {
    (header.to_vec(), payload.to_vec(), fragment)
}

#[test]
fn frames_are_told_in_their_order_however_they_are_cut() {
    let bytes = b"\x81\x02Hi\x01\x01a\x89\x01p\x00\x00\x80\x01b\x82\x00\x88\x00";
    let expected = [
        frame(b"\x81\x02", b"Hi", Some(1)),
        frame(b"\x01\x01", b"a", Some(1)),
        frame(b"\x89\x01", b"p", None),
        frame(b"\x00\x00", b"", Some(2)),
        frame(b"\x80\x01", b"b", Some(3)),
        frame(b"\x82\x00", b"", Some(1)),
        frame(b"\x88\x00", b"", None),
    ];
    for split in 0..bytes.len() {
        let mut connection = watched(Role::Client);
        feed(&mut connection, &[&bytes[..split], &bytes[split..]], false);
        assert_eq!(told(connection.sender.received_frames()), expected, "split at {split}");
        let sent = told(connection.sender.frames());
        assert_eq!(sent[0], frame(&[0x8a, 0x81, 1, 2, 3, 4], b"p", None), "the pong");
        assert_eq!(sent[1].0[0], 0x88, "the answer to the close frame");
    }
}

#[test]
fn the_frame_that_breaks_a_rule_is_told_as_far_as_it_came() {
    let table: [(&[u8], Vec<u8>, Vec<u8>); 5] = [
        (b"\x83\x03ab", b"\x83\x03".into(), b"ab".into()),
        (b"\x81\x81\x01\x02\x03\x04\x60", b"\x81\x81\x01\x02\x03\x04".into(), b"a".into()),
        (b"\x81\x03a\xffb", b"\x81\x03".into(), b"a\xffb".into()),
        (b"\x81\x05a\xff", b"\x81\x05".into(), b"a\xff".into()),
        (b"\x88\x02\x03\xed", b"\x88\x02".into(), b"\x03\xed".into()),
    ];
    for (bytes, header, payload) in table {
        let mut connection = watched(Role::Client);
        feed(&mut connection, &[bytes], false);
        let frames = connection.sender.received_frames();
        assert_eq!(frames.len(), 1, "{bytes:x?}");
        assert_eq!((&frames[0].header, &frames[0].payload), (&header, &payload), "{bytes:x?}");
    }
}

#[test]
fn compressed_frames_are_told_as_they_are_on_the_wire() {
    let deflate = Some(crate::wire::deflate::Parameters::default());
    let mut connection =
        Connection::new(Settings { deflate, frames: true, ..Settings::new(Role::Server) }, draw());
    connection.sender.fragmented(Kind::Text, b"Hello", NonZeroU32::new(2).unwrap()).unwrap();
    let wire = connection.sender.unsent().to_vec();
    let frames = connection.sender.frames();
    assert!(frames.iter().all(|frame| frame.compressed), "{frames:?}");
    let mut client =
        Connection::new(Settings { deflate, frames: true, ..Settings::new(Role::Client) }, draw());
    assert_eq!(feed(&mut client, &[&wire], false), [Seen::Message(Kind::Text, b"Hello".into(), 2)]);
    assert_eq!(client.sender.received_frames(), frames);
}

#[test]
fn watching_begins_and_ends_between_frames() {
    let mut connection = connection(Role::Client);
    feed(&mut connection, &[b"\x82\x04ab"], false);
    connection.sender.watch(true);
    feed(&mut connection, &[b"cd\x82\x01e"], false);
    connection.sender.watch(false);
    feed(&mut connection, &[b"\x82\x01f"], false);
    assert_eq!(told(connection.sender.received_frames()), [frame(b"\x82\x01", b"e", Some(1))]);
}

#[test]
fn crafted_frames_go_out_in_any_state_and_their_close_counts() {
    let mut sender = connection(Role::Client).sender;
    let bytes = sender.craft(&Crafted { masking: Masking::Off, ..Crafted::new(3, b"x".to_vec()) }, &[]);
    assert_eq!((&bytes[..], sender.state()), (&b"\x83\x01x"[..], State::Open));
    sender.craft(&Crafted::new(8, vec![]), &[]);
    assert_eq!(sender.state(), State::Closing);
    assert_eq!(sender.message(Kind::Text, b"no"), Err(NotOpen));
    sender.raw(b"\x81\x00", &[]);
    assert_eq!(sender.unsent(), b"\x83\x01x\x88\x80\x01\x02\x03\x04\x81\x00");
}

#[test]
fn each_role_masks_crafted_frames_as_told() {
    let key = |role, masking| {
        let crafted = Crafted { masking, ..Crafted::new(1, vec![]) };
        connection(role).sender.craft(&crafted, &[])[2..].to_vec()
    };
    assert_eq!(key(Role::Client, Masking::ByRole), [1, 2, 3, 4]);
    assert!(key(Role::Server, Masking::ByRole).is_empty());
    assert_eq!(key(Role::Server, Masking::On), [1, 2, 3, 4]);
    assert_eq!(key(Role::Client, Masking::Key([9, 9, 9, 9])), [9, 9, 9, 9]);
}

#[test]
fn raw_bytes_are_cut_into_the_writes_asked_for() {
    let mut sender = connection(Role::Server).sender;
    sender.message(Kind::Text, b"a").unwrap();
    sender.raw(b"12345", &[1, 3]);
    sender.message(Kind::Text, b"b").unwrap();
    let mut writes = Vec::new();
    while !sender.next_write().is_empty() {
        let write = sender.next_write().to_vec();
        sender.advance(write.len());
        writes.push(write);
    }
    assert_eq!(writes, [&b"\x81\x01a"[..], b"1", b"234", b"5\x81\x01b"]);
}

#[test]
fn messages_around_raw_bytes_are_still_counted_and_given_back() {
    let mut sender = connection(Role::Client).sender;
    sender.message(Kind::Text, b"one").unwrap();
    sender.raw(b"\xff\xff\xff", &[]);
    sender.message(Kind::Binary, b"two").unwrap();
    assert_eq!(sender.unsent_messages().messages, 2);
    sender.advance(9);
    assert_eq!(sender.unsent_messages().messages, 1);
    assert_eq!(sender.take_unsent(), [(Kind::Binary, b"two".to_vec())]);
}
