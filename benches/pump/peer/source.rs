//! The peer that sends: frames that were made before, many to a write.

use std::io::Read;

use anyhow::Result;

use super::talk::Talk;
use crate::load::Load;

/// Sends the messages of the load, and then closes. The raw pump gets the same frames, and then the end.
pub fn send(mut talk: Talk, load: &Load) -> Result<()> {
    load.frames().write_to(&mut talk)?;
    if talk.is_raw { talk.end() } else { talk.close() }
}

/// Sends one message, and has the program close.
pub fn tell(mut talk: Talk, load: &Load) -> Result<()> {
    Load { count: 1, ..*load }.frames().write_to(&mut talk)?;
    if !talk.is_raw {
        return talk.be_closed();
    }
    while talk.read(&mut [0; 1024])? > 0 {}
    talk.end()
}
