//! Other programs that get the terminal for a while: the pager for long messages, the editor for `/edit`.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use anyhow::{Result, anyhow};

use crate::output::terminal;

/// Whether a text does not fit on the screen.
pub fn is_long(text: &str) -> bool {
    let (columns, rows) = terminal::size();
    let lines = text.lines().map(|line| unicode_width::UnicodeWidthStr::width(line).div_ceil(columns).max(1));
    lines.sum::<usize>() >= rows
}

/// Shows a text in `$PAGER`, or `less`.
pub fn page(text: &str) -> Result<()> {
    let mut command = program(&["PAGER"], "less -R")?;
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A pager that is left early does not read all.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait()?;
    Ok(())
}

/// Has a message written in `$VISUAL` or `$EDITOR`; the newline at the end of the file is not part of it.
pub fn compose() -> Result<String> {
    let folder = std::env::temp_dir();
    let name: u64 = u64::from_ne_bytes(crate::session::random());
    let path = folder.join(format!("wscope-{name:016x}.txt"));
    private_file(&path)?;
    let status = program(&["VISUAL", "EDITOR"], "vi")?.arg(&path).status();
    let text = std::fs::read_to_string(&path);
    let _ = std::fs::remove_file(&path);
    let status =
        status.map_err(|error| anyhow!("the editor cannot be started: {}", crate::net::io_text(&error)))?;
    if !status.success() {
        return Err(anyhow!("the editor failed ({status}): nothing was sent"));
    }
    let text = text?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn private_file(path: &std::path::Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// The program that the first of these variables names, with its arguments.
fn program(variables: &[&str], otherwise: &str) -> Result<Command> {
    let named =
        variables.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.trim().is_empty());
    let words = shell_words::split(&named.unwrap_or_else(|| otherwise.to_owned()))?;
    let (name, arguments) = words.split_first().ok_or_else(|| anyhow!("the name of the program is empty"))?;
    let mut command = Command::new(name);
    command.args(arguments);
    Ok(command)
}
