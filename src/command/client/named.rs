//! What an option names with `@`: a file, or standard input.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Result;

use crate::command::Fault;

/// The bytes of a file, or of stdin for `-`.
pub fn read_named(option: &str, path: &str) -> Result<Vec<u8>> {
    let path = Path::new(path);
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let result = io::stdin().lock().read_to_end(&mut bytes);
        result.map_err(|error| Fault::file(option, Path::new("standard input"), &error))?;
        return Ok(bytes);
    }
    Ok(std::fs::read(path).map_err(|error| Fault::file(&format!("{option} @"), path, &error))?)
}
