//! Messages that are framed while they grow: what they become, and where they are queued whole instead.

use super::*;

const LONG: usize = 70_000;

/// A draft of letters, begun on this connection.
fn grown(connection: &mut Connection, length: usize) -> Draft {
    let mut draft = connection.sender.draft().expect("nothing is in its way");
    for piece in vec![b'x'; length].chunks(999) {
        draft.append(piece);
    }
    draft
}

/// What a server gets of all that a client queued.
fn arrives(client: &mut Connection) -> Vec<Seen> {
    let bytes = client.sender.unsent().to_vec();
    client.sender.advance(bytes.len());
    feed(&mut connection(Role::Server), &[&bytes], true)
}

#[test]
fn a_draft_is_a_message_behind_what_was_queued_meanwhile() {
    let mut client = connection(Role::Client);
    let draft = grown(&mut client, LONG);
    client.sender.ping(b"first").unwrap();
    assert!(client.sender.queue_draft(Kind::Text, draft).is_ok());
    assert_eq!(
        client.sender.unsent_messages(),
        Unsent { messages: 1, bytes: LONG as u64, wire: LONG as u64 }
    );
    assert_eq!(arrives(&mut client), [Seen::Ping(b"first".into()), text(&"x".repeat(LONG))]);
    // Positions in the stream go on, and so does the buffer.
    let (queued, draft) = (client.sender.queued(), grown(&mut client, LONG));
    assert!(client.sender.queue_draft(Kind::Text, draft).is_ok());
    assert_eq!((client.sender.written(), client.sender.unsent().len()), (queued, LONG + 14));
    assert_eq!(client.sender.take_unsent(), [(Kind::Text, vec![b'x'; LONG])]);
}

#[test]
fn what_must_be_queued_whole_has_no_draft_and_what_was_begun_comes_back() {
    let begun = || grown(&mut connection(Role::Client), LONG);
    let settings = Settings::new(Role::Client);
    let split = Settings { fragment: NonZeroUsize::new(5), ..settings.clone() };
    let watched = Settings { frames: true, ..settings };
    for settings in [split, watched, Settings::new(Role::Server)] {
        assert!(!Connection::new(settings, draw()).sender.takes_drafts());
    }
    let mut client = connection(Role::Client);
    client.sender.message(Kind::Binary, b"to be written").unwrap();
    assert!(client.sender.takes_drafts() && client.sender.draft().is_none());
    client.sender.watch(true);
    assert_eq!(client.sender.queue_draft(Kind::Text, begun()).unwrap_err().payload(), vec![b'x'; LONG]);
    client.sender.watch(false);
    client.sender.close(None, "").unwrap();
    assert!(!client.sender.takes_drafts());
    assert!(client.sender.queue_draft(Kind::Text, begun()).is_err());
}

#[test]
fn a_draft_that_stayed_short_comes_back() {
    let mut client = connection(Role::Client);
    let draft = grown(&mut client, 1000);
    assert_eq!(client.sender.queue_draft(Kind::Text, draft).unwrap_err().length(), 1000);
    assert!(client.sender.unsent().is_empty());
}
