//! Events become lines for machines, and lines become what is to be sent.
//!
//! One JSON object a line, the event records of contract section 5. Pure: nothing is opened, read or timed here.
//! `Writer` serves `--record` and `-o jsonl`, `parse` serves `-i jsonl`. What is recorded can be sent again.

mod parse;
mod string;
mod write;

pub use parse::{Input, ParseError, parse};
pub use write::Writer;
