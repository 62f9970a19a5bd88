//! Floor 3: where text and bytes go. Terminals, the screen around a prompt, pipes and files are known here and
//! nowhere above; what is written is decided by `render` and `record`.

pub mod archive;
pub mod recording;
pub mod screen;
pub mod stdout;
pub mod talk;
pub mod terminal;
