//! A listening Unix socket: its file is our own while we listen, for nobody but us, and gone afterwards.
//!
//! A file that is in the way is removed only where it is a socket at which nobody answers.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::{BACKLOG, ListenAddr, ListenError};

/// The listener and its file.
#[derive(Debug)]
pub struct UnixListener {
    pub listener: mio::net::UnixListener,
    /// As it was given.
    pub path: PathBuf,
    _file: OwnFile,
}

/// The file of a socket, removed at drop.
#[derive(Debug)]
struct OwnFile {
    /// Absolute, so that it stays the same whatever becomes the working folder.
    path: PathBuf,
    /// Device and number of the file: another one at the same path is not ours to remove.
    identity: Option<(u64, u64)>,
}

impl UnixListener {
    /// Listens at the path of the address.
    pub fn bind(address: &ListenAddr, path: &Path) -> Result<UnixListener, ListenError> {
        let failed = |error: io::Error| ListenError::of_io(address, &error);
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(failed)?;
        let name = SockAddr::unix(path).map_err(failed)?;
        if let Err(error) = socket.bind(&name) {
            if error.kind() != io::ErrorKind::AddrInUse {
                return Err(failed(error));
            }
            make_way(address, path)?;
            socket.bind(&name).map_err(failed)?;
        }
        let _file = OwnFile::new(path).map_err(failed)?;
        // Nobody can connect before `listen`, so at no time somebody else can.
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        socket.listen(BACKLOG).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let listener = mio::net::UnixListener::from_std(socket.into());
        Ok(UnixListener { listener, path: path.to_owned(), _file })
    }
}

/// Removes a socket that its server left behind; refuses to remove anything else.
fn make_way(address: &ListenAddr, path: &Path) -> Result<(), ListenError> {
    let failed = |error: io::Error| ListenError::of_io(address, &error);
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        // Gone by now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !found.file_type().is_socket() {
        let hint = "choose another path, or remove it";
        return Err(ListenError::new(address, "a file that is no socket is there", Some(hint)));
    }
    match knock(path).map_err(|error| error.kind()) {
        Err(io::ErrorKind::ConnectionRefused) => fs::remove_file(path).map_err(failed),
        Err(io::ErrorKind::NotFound) => Ok(()),
        Ok(()) | Err(io::ErrorKind::WouldBlock) => {
            Err(ListenError::new(address, "another program listens there", Some("choose another path")))
        }
        Err(_) => {
            let hint = "remove it if no program listens there";
            Err(ListenError::new(address, "a socket is there that cannot be connected to", Some(hint)))
        }
    }
}

/// Tries whether somebody listens, without waiting where the queue is full.
fn knock(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    drop(UnixStream::from(socket));
    Ok(())
}

impl OwnFile {
    fn new(path: &Path) -> io::Result<OwnFile> {
        let identity = fs::symlink_metadata(path).ok().map(identity);
        Ok(OwnFile { path: std::path::absolute(path)?, identity })
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        let now = fs::symlink_metadata(&self.path).ok().map(identity);
        if now.is_some() && now == self.identity {
            // There is nobody to tell, and the next server there removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(file: Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
