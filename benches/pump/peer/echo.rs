//! The peer that sends everything back, many frames to a write.

use std::io::{Read, Write};

use anyhow::{Result, ensure};

use super::talk::Talk;
use crate::frames::{Head, unmask};
use crate::pipes::BLOCK;

/// What became of a block of frames.
enum Echoed {
    /// So many bytes of it are done with.
    Upto(usize),
    /// It holds the close frame.
    Close,
}

/// Sends everything back until the program closes.
pub fn echo(mut talk: Talk) -> Result<()> {
    let mut input = vec![0; BLOCK];
    let mut output = Vec::with_capacity(BLOCK);
    let mut filled = 0;
    loop {
        let length = talk.read(&mut input[filled..])?;
        if length == 0 {
            ensure!(talk.is_raw, "the program left without a close frame");
            return talk.end();
        }
        if talk.is_raw {
            talk.write_all(&input[..length])?;
            continue;
        }
        filled += length;
        let echoed = convert(&input[..filled], &mut output)?;
        talk.write_all(&output)?;
        output.clear();
        let Echoed::Upto(used) = echoed else { return talk.answer_close() };
        input.copy_within(used..filled, 0);
        filled -= used;
        ensure!(filled < input.len(), "a message is too long to be echoed");
    }
}

/// Turns the frames of a client that are whole into those of a server.
fn convert(input: &[u8], output: &mut Vec<u8>) -> Result<Echoed> {
    let mut at = 0;
    while let Some(head) = Head::read(&input[at..])? {
        let begin = at + head.size;
        let Some(payload) = input[begin..].get(..head.length as usize) else { break };
        if head.is_close() {
            return Ok(Echoed::Close);
        }
        let start = output.len();
        output.extend_from_slice(&input[at..begin - 4]);
        output[start + 1] &= 0x7f;
        let start = output.len();
        output.extend_from_slice(payload);
        unmask(&mut output[start..], head.key);
        at = begin + payload.len();
    }
    Ok(Echoed::Upto(at))
}
