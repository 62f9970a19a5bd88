//! A whole connection: any bytes from the peer, in any pieces, with messages sent between them.
//!
//! The input is a `Plan` in four bytes and a script of as many steps as a fifth says; what follows comes from the peer.
//! The bytes must mean the same in every cut, and what this end sends must reach a peer of ours as it was sent.

use std::num::{NonZeroU32, NonZeroUsize};

use wscope::wire::deflate::Parameters;
use wscope::wire::{Crafted, Kind, Role, SendError, Settings, State, close};

use super::cuts;
use super::end::{End, Seen, wire};

/// A masked control frame of full length.
const LONGEST_CONTROL: usize = 6 + 125;

/// What the first four bytes choose.
struct Plan {
    settings: Settings,
    piece: usize,
}

/// Runs the target.
pub fn run(data: &[u8]) {
    let Some((&[flags, windows, piece, fragment, steps], rest)) = data.split_first_chunk() else { return };
    let (script, stream) = rest.split_at(rest.len().min(usize::from(steps)));
    let plan = Plan::new([flags, windows, piece, fragment]);
    every_cut_means_the_same(&plan, stream);
    both_ends_agree(&plan, script, stream);
}

impl Plan {
    fn new([flags, windows, piece, fragment]: [u8; 4]) -> Self {
        let flag = |bit: u8| flags >> bit & 1 == 1;
        let role = if flag(0) { Role::Server } else { Role::Client };
        let deflate = Parameters {
            server_no_context_takeover: flag(2),
            client_no_context_takeover: flag(3),
            server_max_window_bits: 8 + windows % 8,
            client_max_window_bits: 8 + (windows >> 4) % 8,
        };
        let settings = Settings {
            deflate: flag(1).then_some(deflate),
            auto_pong: !flag(4),
            max_message: if flag(5) { 100 } else { 1 << 16 },
            max_fragments: if flag(6) { 3 } else { 1000 },
            fragment: NonZeroUsize::new(fragment.into()),
            lenient: windows & 0x08 != 0,
            frames: windows & 0x80 != 0,
            ..Settings::new(role)
        };
        Self { settings, piece: usize::from(piece) + 1 }
    }

    /// The settings of the other end, which takes what we send whatever its length.
    fn peer(&self) -> Settings {
        let deflate = self.settings.deflate;
        Settings { deflate, auto_pong: false, ..Settings::new(self.settings.role.peer()) }
    }
}

fn every_cut_means_the_same(plan: &Plan, stream: &[u8]) {
    let feed = |pieces: Vec<&[u8]>, by_runs| {
        let mut end = End::new(&plan.settings);
        end.by_runs = by_runs;
        pieces.into_iter().for_each(|piece| end.feed(piece));
        end
    };
    let [whole, single, pieces] = cuts(stream, plan.piece).map(|pieces| feed(pieces, false));
    let [whole_by_runs, .., pieces_by_runs] = cuts(stream, plan.piece).map(|pieces| feed(pieces, true));
    for other in [single, pieces, whole_by_runs, pieces_by_runs] {
        assert_eq!(whole.received, other.received);
        assert_eq!((&whole.forms, &whole.sent), (&other.forms, &other.sent));
        assert_eq!(whole.tolerated, other.tolerated);
        assert!(whole.connection.sender.unsent() == other.connection.sender.unsent());
        assert_eq!(whole.connection.sender.state(), other.connection.sender.state());
        assert_watched(&other, stream);
        // After the end it means nothing whether the peer is in the middle of something.
        let started = whole.connection.receiver.started() == other.connection.receiver.started();
        assert!(started || whole.is_over());
    }
    assert_watched(&whole, stream);
    // An empty ping of two bytes has an answer of six, and one close frame may tell of a violation.
    let answers = whole.connection.sender.held();
    assert!(answers <= 3 * stream.len() + LONGEST_CONTROL, "{answers} bytes answer {}", stream.len());
    after_the_end(whole);
}

/// The frames that came are told as they were; the last one, if it broke a rule, as far as it came.
fn assert_watched(end: &End, stream: &[u8]) {
    let bytes = wire(&end.frames);
    assert!(stream.starts_with(&bytes), "{:?}", end.frames);
    let begun = end.connection.receiver.started() || end.is_over();
    assert!(
        begun || !end.is_watched() || bytes.len() == stream.len(),
        "a frame is missing: {:?}",
        end.frames
    );
}

/// Nothing that comes after a close frame or a violation means anything, and nothing more is sent.
fn after_the_end(mut end: End) {
    if !end.is_over() {
        return;
    }
    let (received, unsent) = (end.received.len(), end.connection.sender.unsent().len());
    end.feed(b"\x81\x01x\x89\x00\x88\x00");
    assert_eq!(end.connection.sender.ping(b""), Err(SendError::NotOpen));
    assert_eq!((received, unsent), (end.received.len(), end.connection.sender.unsent().len()));
}

/// Feeds the stream piece by piece with a step of the script after each; then the peer must have seen what was sent.
fn both_ends_agree(plan: &Plan, script: &[u8], stream: &[u8]) {
    let mut end = End::new(&plan.settings);
    let mut pieces = stream.chunks(plan.piece);
    let mut gives_up = false;
    for step in script {
        pieces.next().into_iter().for_each(|piece| end.feed(piece));
        gives_up = take_step(&mut end, *step, stream);
        if gives_up {
            break;
        }
    }
    if !gives_up {
        pieces.for_each(|piece| end.feed(piece));
        end.write_all();
        assert_eq!(end.connection.sender.held(), 0, "what is written is let go");
        let frames = wire(&end.connection.sender.frames());
        assert!(!end.is_watched() || frames == end.written, "what is sent is told as it was");
    }
    let mut peer = End::new(&plan.peer());
    end.written.chunks(plan.piece).for_each(|piece| peer.feed(piece));
    assert!(end.sent.starts_with(&peer.received), "{:?}\n{:?}", end.sent, peer.received);
    assert!(gives_up || end.sent.len() == peer.received.len(), "{:?}\n{:?}", end.sent, peer.received);
}

/// One step: low bits choose what is done, high ones how long it is. Returns whether the connection is given up.
fn take_step(end: &mut End, step: u8, stream: &[u8]) -> bool {
    let size = usize::from(step >> 4);
    match step & 0x0f {
        0..=7 => send(end, step & 0x0f, size, stream),
        8..=10 => end.write(size * size * 4),
        11..=13 => end.write_all(),
        _ => {
            give_up(end);
            return true;
        }
    }
    false
}

/// Sends something, as long as nothing forbids it.
fn send(end: &mut End, what: u8, size: usize, stream: &[u8]) {
    let payload = &stream[..stream.len().min(size * size * 4)];
    let text = || String::from_utf8_lossy(payload).into_owned().into_bytes();
    let count = NonZeroU32::MIN.saturating_add(size as u32);
    let sender = &mut end.connection.sender;
    let open = sender.state() == State::Open;
    let (sent, seen) = match what {
        0 => (sender.message(Kind::Text, &text()).is_ok(), Seen::Message(Kind::Text, text())),
        1 => (sender.message(Kind::Binary, payload).is_ok(), Seen::Message(Kind::Binary, payload.to_vec())),
        2 => (sender.fragmented(Kind::Text, &text(), count).is_ok(), Seen::Message(Kind::Text, text())),
        3 => (sender.ping(payload).is_ok(), Seen::Ping(payload.to_vec())),
        4 => (sender.pong(payload).is_ok(), Seen::Pong(payload.to_vec())),
        5 => {
            let code = (size > 0).then_some(999 + size as u16);
            (sender.close(code, "").is_ok(), Seen::Close(code, Vec::new()))
        }
        _ if open => {
            let payload = &payload[..payload.len().min(close::MAX_CONTROL_PAYLOAD)];
            sender.craft(&Crafted::new(0x9, payload.to_vec()), &[1, size, 0]);
            (true, Seen::Ping(payload.to_vec()))
        }
        _ => return,
    };
    assert!(open || !sent, "nothing is sent after a close frame");
    end.sent.extend(sent.then_some(seen));
}

/// What is taken out for another connection are the last messages, and as many as were told.
fn give_up(end: &mut End) {
    let told = end.connection.sender.unsent_messages();
    let taken = end.connection.sender.take_unsent();
    assert_eq!((told.messages, told.bytes), (taken.len() as u64, bytes(&taken)));
    let taken: Vec<Seen> = taken.into_iter().map(|(kind, payload)| Seen::Message(kind, payload)).collect();
    let messages: Vec<&Seen> = end.sent.iter().filter(|sent| matches!(sent, Seen::Message(..))).collect();
    assert!(messages.ends_with(&taken.iter().collect::<Vec<_>>()), "{messages:?}\n{taken:?}");
}

fn bytes<T>(messages: &[(T, Vec<u8>)]) -> u64 {
    messages.iter().map(|(_, payload)| payload.len() as u64).sum()
}
