//! A recording: event records appended to a file, always ending at a whole record.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;

use crate::wire::Room;

/// Bytes collected before they are written in the middle of a busy turn.
const BATCH: usize = 256 * 1024;

/// An open recording.
pub struct Recording {
    file: File,
    buffer: Vec<u8>,
    room: Room,
    /// Where the last whole record ends in the file.
    whole: u64,
}

impl Recording {
    /// Creates the file, readable for its owner only; an old one is emptied. A symbolic link is not followed.
    pub fn create(path: &Path) -> io::Result<Recording> {
        let mut options = OpenOptions::new();
        options.write(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
        }
        let file = options.open(path)?;
        // Only a regular file can be emptied; a recording may also go to a pipe or a device.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(Recording { file, buffer: Vec::new(), room: Room::keeping(), whole: 0 })
    }

    /// Where to append whole records.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether enough is collected to be written.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= BATCH
    }

    /// Writes what was collected. After a failure the file still ends at a whole record.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = self.file.write_all(&self.buffer);
        match result {
            Ok(()) => self.whole += self.buffer.len() as u64,
            Err(_) => self.cut_back(),
        }
        self.room.clear(&mut self.buffer);
        result
    }

    /// Whether `give_back` has something to give back.
    pub fn has_spare(&self) -> bool {
        Room::has_spare(&self.buffer)
    }

    /// Gives back the memory that holds nothing.
    pub fn give_back(&mut self) {
        self.room.give_back(&mut self.buffer);
    }

    /// Takes a record written in part back out of the file.
    fn cut_back(&mut self) {
        let Ok(end) = self.file.stream_position() else { return };
        let partial = usize::try_from(end - self.whole).unwrap_or(0).min(self.buffer.len());
        let whole = memchr::memrchr(b'\n', &self.buffer[..partial]).map_or(0, |at| at + 1);
        // If even this fails the write error is still what is told.
        let _ = self.file.set_len(self.whole + whole as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_private_and_replaces_an_old_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("r.jsonl");
        std::fs::write(&path, "old old old\n").expect("written");
        let mut recording = Recording::create(&path).expect("created");
        recording.buffer().extend_from_slice(b"{}\n");
        recording.flush().expect("flushed");
        assert_eq!(std::fs::read(&path).expect("read"), b"{}\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_recording_is_for_its_owner_only_and_follows_no_link() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("r.jsonl");
        Recording::create(&path).expect("created");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        assert!(Recording::create(&link).is_err());
    }
}
