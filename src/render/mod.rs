//! Events become text for people.
//!
//! Pure: no file, clock, terminal or environment is asked here; times and the width come in. `output` places the
//! text, `command` chooses the `Style`. Whatever a peer chose passes `text` before it is part of a line, and
//! whatever is secret passes `redact`.

pub mod event;
mod frame;
pub mod hexdump;
pub mod json;
mod json_tokens;
mod page;
pub mod redact;
pub mod style;
pub mod text;
pub mod units;
pub mod verbose;

pub use event::Renderer;
pub use frame::opcode_name;
pub use redact::Redactor;
pub use style::{Style, TimeStyle};
pub use text::{Untrusted, escape, escape_into};
