//! The peer that sends: frames that were made before, many to a write.

use std::io::Read;

use anyhow::Result;

use super::talk::Talk;
use crate::load::Stream;

/// Sends these frames, and then closes. The raw pump gets the same frames, and then the end.
pub fn send(mut talk: Talk, frames: &Stream) -> Result<()> {
    frames.write_to(&mut talk)?;
    if talk.is_raw { talk.end() } else { talk.close() }
}

/// Sends this frame, and has the program close.
pub fn tell(mut talk: Talk, frame: &Stream) -> Result<()> {
    frame.write_to(&mut talk)?;
    if !talk.is_raw {
        return talk.be_closed();
    }
    while talk.read(&mut [0; 1024])? > 0 {}
    talk.end()
}
