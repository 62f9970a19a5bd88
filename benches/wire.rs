//! Micro benches of `wire`: decoding, encoding, masking, UTF-8 and deflate, for small and large messages.
//!
//! `cargo bench --bench wire -- WORD` runs those with the word in their names. A small message has 100 bytes, a large
//! one a MiB; small ones come by the block, as a socket hands them over.

use std::hint::black_box;
use std::time::Duration;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, Divan};

use wscope::wire::deflate::{BadStream, Compressor, Decompressor, Parameters};
use wscope::wire::frame::{opcode, write_header};
use wscope::wire::{Connection, Event, Kind, Role, Settings, mask, utf8};

/// How long one bench takes at least, and may take.
const AT_LEAST: Duration = Duration::from_millis(300);
const AT_MOST: Duration = Duration::from_millis(800);

const SMALL: usize = 100;
const LARGE: usize = 1 << 20;

/// How many small messages make a block.
const BLOCK: usize = 1000;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn main() {
    Divan::from_args().min_time(AT_LEAST).max_time(AT_MOST).main();
}

/// Text of this many bytes as programs send it, cut anywhere.
fn text(length: usize) -> Vec<u8> {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < length {
        number += 1;
        text += &format!("{{\"id\":{number},\"user\":\"name {}\",\"ok\":true}}\n", number * 7919 % 1009);
    }
    text.truncate(length);
    text.into_bytes()
}

/// Frames of this many messages of this length, as the peer of `role` sends them.
fn frames(role: Role, length: usize, count: usize) -> Vec<u8> {
    let mask = (role == Role::Server).then_some(KEY);
    let header =
        tungstenite::protocol::frame::FrameHeader { opcode: opcode(Kind::Text), mask, ..Default::default() };
    let mut frames = Vec::new();
    for _ in 0..count {
        write_header(&mut frames, &header, length);
        mask::append(&mut frames, &text(length), mask.unwrap_or_default());
    }
    frames
}

/// An open connection; its masks are what they are.
fn connection(role: Role, deflate: Option<Parameters>) -> Connection {
    let settings = Settings { deflate, ..Settings::new(role) };
    Connection::new(settings, Box::new(|keys| keys.fill(0x5a)))
}

/// Takes all messages out of a block; the number of their bytes.
fn decode(connection: &mut Connection, mut block: &mut [u8]) -> usize {
    let mut total = 0;
    loop {
        let Connection { receiver, sender } = &mut *connection;
        let received = receiver.receive(block, sender);
        let consumed = received.consumed;
        match received.event {
            Some(Event::Message { payload, .. }) => total += black_box(payload).len(),
            Some(other) => panic!("{other:?} is no message"),
            None => return total,
        }
        block = &mut block[consumed..];
    }
}

/// Decoding many small frames, or a large one: as a client, and masked, as a server.
#[divan::bench_group]
mod decoding {
    use super::*;

    #[divan::bench(args = [Role::Client, Role::Server])]
    fn small(bencher: Bencher, role: Role) {
        run(bencher, role, SMALL, BLOCK);
    }

    #[divan::bench(args = [Role::Client, Role::Server])]
    fn large(bencher: Bencher, role: Role) {
        run(bencher, role, LARGE, 1);
    }

    fn run(bencher: Bencher, role: Role, length: usize, count: usize) {
        let frames = frames(role, length, count);
        let mut connection = connection(role, None);
        bencher
            .counter(BytesCount::new(length * count))
            .counter(ItemsCount::new(count))
            .with_inputs(|| frames.clone())
            .bench_local_refs(|block| assert_eq!(decode(&mut connection, block), length * count));
    }
}

/// A large frame that comes in pieces, as it does from a socket.
#[divan::bench(args = [Role::Client, Role::Server])]
fn decoding_in_pieces(bencher: Bencher, role: Role) {
    let frames = frames(role, LARGE, 1);
    let mut connection = connection(role, None);
    bencher.counter(BytesCount::new(LARGE)).with_inputs(|| frames.clone()).bench_local_refs(|frames| {
        let total: usize = frames.chunks_mut(64 * 1024).map(|block| decode(&mut connection, block)).sum();
        assert_eq!(total, LARGE);
    });
}

/// Encoding many small messages, or a large one: as a client, masked, and as a server.
#[divan::bench_group]
mod encoding {
    use super::*;

    #[divan::bench(args = [Role::Client, Role::Server])]
    fn small(bencher: Bencher, role: Role) {
        run(bencher, role, SMALL, BLOCK);
    }

    #[divan::bench(args = [Role::Client, Role::Server])]
    fn large(bencher: Bencher, role: Role) {
        run(bencher, role, LARGE, 1);
    }

    fn run(bencher: Bencher, role: Role, length: usize, count: usize) {
        let payload = text(length);
        let mut connection = connection(role, None);
        let bencher = bencher.counter(BytesCount::new(length * count)).counter(ItemsCount::new(count));
        bencher.bench_local(|| {
            for _ in 0..count {
                connection.sender.message(Kind::Text, black_box(&payload)).expect("the connection is open");
            }
            let written = black_box(connection.sender.unsent()).len();
            connection.sender.advance(written);
        });
    }
}

/// Masking where the payload lies, and while it is copied.
#[divan::bench_group]
mod masking {
    use super::*;

    #[divan::bench(args = [16, SMALL, 64 * 1024])]
    fn in_place(bencher: Bencher, length: usize) {
        let mut payload = text(length);
        bencher.counter(BytesCount::new(length)).bench_local(|| mask::apply(black_box(&mut payload), KEY));
    }

    #[divan::bench(args = [16, SMALL, 64 * 1024])]
    fn appended(bencher: Bencher, length: usize) {
        let payload = text(length);
        let mut out = Vec::with_capacity(length);
        bencher.counter(BytesCount::new(length)).bench_local(|| {
            out.clear();
            mask::append(black_box(&mut out), black_box(&payload), KEY);
        });
    }
}

/// Checking text that is ASCII, and text that is not.
#[divan::bench_group]
mod checking_utf8 {
    use super::*;

    #[divan::bench(args = [SMALL, LARGE])]
    fn ascii(bencher: Bencher, length: usize) {
        run(bencher, &text(length));
    }

    #[divan::bench(args = [SMALL, LARGE])]
    fn other(bencher: Bencher, length: usize) {
        let text = "Größe: 5 €, κόσμε, 日本語 🙂 ".repeat(length / 40 + 1);
        run(bencher, &text.as_bytes()[..text.floor_char_boundary(length)]);
    }

    /// As it arrives, in pieces that cut characters.
    #[divan::bench]
    fn in_pieces(bencher: Bencher) {
        let text = "日本語".repeat(LARGE / 9);
        bencher.counter(BytesCount::new(text.len())).bench_local(|| {
            let mut validator = utf8::Validator::default();
            for piece in black_box(text.as_bytes()).chunks(16 * 1024) {
                validator.feed(piece).expect("good text");
            }
            validator.finish().expect("whole text");
        });
    }

    fn run(bencher: Bencher, text: &[u8]) {
        bencher
            .counter(BytesCount::new(text.len()))
            .bench_local(|| utf8::check(black_box(text)).expect("good text"));
    }
}

/// Compressing and inflating messages that refer to those before them.
#[divan::bench_group]
mod deflate {
    use super::*;

    #[divan::bench(args = [SMALL, 64 * 1024])]
    fn compress(bencher: Bencher, length: usize) {
        let payload = text(length);
        let mut compressor = Compressor::new(15, true);
        let bencher = bencher.counter(BytesCount::new(length));
        bencher.bench_local(|| compressor.message(black_box(&payload)).len());
    }

    #[divan::bench(args = [SMALL, 64 * 1024])]
    fn inflate(bencher: Bencher, length: usize) {
        let compressed = Compressor::new(15, false).message(&text(length)).to_vec();
        let mut decompressor = Decompressor::new(true);
        bencher.counter(BytesCount::new(length)).bench_local(|| {
            let mut total = 0;
            let take = |piece: &[u8], _| {
                total += piece.len();
                Ok::<(), BadStream>(())
            };
            decompressor.inflate(black_box(&compressed), take).expect("a good stream");
            decompressor.finish().expect("a whole message");
            assert_eq!(total, length);
        });
    }

    /// A whole connection: from a message to the frames that bring it, and back.
    #[divan::bench(args = [SMALL, 64 * 1024])]
    fn there_and_back(bencher: Bencher, length: usize) {
        let payload = text(length);
        let mut client = connection(Role::Client, Some(Parameters::default()));
        let mut server = connection(Role::Server, Some(Parameters::default()));
        bencher.counter(BytesCount::new(length)).bench_local(|| {
            client.sender.message(Kind::Text, black_box(&payload)).expect("the connection is open");
            let mut block = client.sender.unsent().to_vec();
            client.sender.advance(block.len());
            assert_eq!(decode(&mut server, &mut block), length);
        });
    }
}
