//! wscope: a WebSocket client and test tool for the terminal.
//!
//! The code stands on floors; a file uses its own floor and those below, never above:
//!
//! - 5: `cli` and `exit`, which `main` needs
//! - 4: `command`, one folder or file per thing a user can ask for
//! - 3: `render`, `record` and `output`: events become text and lines, and go somewhere
//! - 2: `session`, which owns the sockets and the only event loop
//! - 1: `net`, which gets a connected stream and knows no WebSocket
//! - 0: `wire`, RFC 6455 as pure code
//!
//! It is a library only so that tests, benches and fuzz targets reach its parts; there is no promise of a stable API.

pub mod net;
pub mod output;
pub mod record;
pub mod render;
pub mod session;
pub mod wire;
