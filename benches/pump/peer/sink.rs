//! The peer that takes what a program sends, and counts it.

use std::io::Read;

use anyhow::{Result, bail, ensure};

use super::Look;
use super::talk::Talk;
use crate::frames::Walker;
use crate::load::{Checker, Load};
use crate::pipes::BLOCK;

/// Takes the messages of the load.
pub fn take(talk: Talk, load: &Load, look: Look) -> Result<()> {
    if talk.is_raw { take_raw(talk, load, look) } else { take_frames(talk, load, look) }
}

/// Takes whatever comes until the program leaves.
pub fn listen(mut talk: Talk) -> Result<()> {
    if !talk.is_raw {
        return talk.be_closed();
    }
    while talk.read(&mut [0; 1024])? > 0 {}
    talk.end()
}

fn take_raw(mut talk: Talk, load: &Load, look: Look) -> Result<()> {
    let expected = load.content_bytes();
    let mut checker = (look == Look::Content).then(|| Checker::new(load.content()));
    let mut block = vec![0; BLOCK];
    let mut total = 0;
    loop {
        let length = talk.read(&mut block)?;
        if length == 0 {
            break;
        }
        total += length as u64;
        checker.as_mut().map_or(Ok(()), |checker| checker.feed(&block[..length]))?;
    }
    ensure!(total == expected, "{total} bytes came instead of {expected}");
    talk.end()
}

fn take_frames(mut talk: Talk, load: &Load, look: Look) -> Result<()> {
    let mut walker = match look {
        Look::End => Walker::skipping(load.masked()),
        Look::Headers => Walker::new(),
        Look::Content => Walker::checking(Checker::new(load.payloads())),
    };
    let mut block = vec![0; BLOCK];
    loop {
        match talk.read(&mut block)? {
            0 => bail!("the program left without a close frame, behind {} bytes", walker.bytes),
            length if walker.feed(&mut block[..length])? => break,
            _ => {}
        }
    }
    count(&walker, load, look)?;
    talk.answer_close()
}

/// Whether as much came as should have. Some programs leave the newline at the end of each message.
fn count(walker: &Walker, load: &Load, look: Look) -> Result<()> {
    let (messages, bytes) = (walker.messages, walker.bytes);
    let expected = if look == Look::End { load.masked() } else { load.bytes() };
    let with_newlines = load.content_bytes();
    ensure!(bytes == expected || bytes == with_newlines, "{bytes} bytes came instead of {expected}");
    let told = look != Look::End && load.kind == crate::load::Kind::Text;
    ensure!(!told || messages == load.count, "{messages} messages came instead of {}", load.count);
    Ok(())
}
