//! Which file a command names, found and judged before anything listens.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::command::Fault;
use crate::net::io_text;

/// A command that can be started.
#[derive(Debug)]
pub(super) struct Program {
    /// The file.
    pub(super) file: PathBuf,
    /// What it was called by, which it is told as its name.
    pub(super) name: OsString,
    /// What it is called with.
    pub(super) args: Vec<OsString>,
}

impl Program {
    /// Finds the file that a command names: a name without a slash in `path`, any other where it says.
    pub(super) fn find(command: &[OsString], path: Option<&OsStr>) -> Result<Program, Fault> {
        let Some((name, args)) = command.split_first().filter(|(name, _)| !name.is_empty()) else {
            return Err(Fault::usage("the command after -- is empty"));
        };
        let file = match name.as_encoded_bytes().contains(&b'/') {
            true => judged(Path::new(name))?,
            false => looked_up(name, path)?,
        };
        Ok(Program { file, name: name.clone(), args: args.to_vec() })
    }
}

/// The first file of this name in the folders of `path` that can be started.
fn looked_up(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Fault> {
    let mut not_executable = None;
    for folder in path.iter().flat_map(|path| std::env::split_paths(path)) {
        // An empty entry means the current folder.
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let file = folder.join(name);
        match judged(&file) {
            Ok(file) => return Ok(file),
            Err(fault) if file.is_file() => not_executable = not_executable.or(Some(fault)),
            Err(_) => {}
        }
    }
    if let Some(fault) = not_executable {
        return Err(fault);
    }
    let shown = Path::new(name).display();
    let fault = Fault::local(format!("the command {shown} was not found in PATH"));
    let here = Path::new(name).is_file();
    Err(fault.maybe_hint(here.then(|| format!("./{shown} for the file in this folder"))))
}

/// The file, if it can be started.
fn judged(file: &Path) -> Result<PathBuf, Fault> {
    let shown = file.display();
    let refused = |why: &str| Fault::local(format!("the command {shown} {why}"));
    let metadata = std::fs::metadata(file)
        .map_err(|error| refused(&format!("cannot be started: {}", io_text(&error))))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(refused("is a directory"));
    }
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
        return Err(refused("is not a file that can be executed"));
    }
    match rustix::fs::access(file, Access::EXEC_OK) {
        Ok(()) => Ok(file.to_path_buf()),
        Err(_) => Err(refused("is not executable").hint(format!("chmod +x {shown}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::command::FaultKind;

    fn find(command: &str, path: &Path) -> Result<Program, Fault> {
        Program::find(&[command.into(), "x y".into()], Some(path.as_os_str()))
    }

    #[test]
    fn a_command_is_found_as_a_shell_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tool");
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        let refusal = find("tool", folder.path()).unwrap_err();
        assert!(refusal.to_string().ends_with("tool is not executable"), "{refusal}");
        assert_eq!(refusal.kind(), FaultKind::Local);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = find("tool", folder.path()).unwrap();
        assert_eq!((&program.file, program.name.as_os_str()), (&file, OsStr::new("tool")));
        assert_eq!(program.args, ["x y"]);
        assert_eq!(find(file.to_str().unwrap(), Path::new("/nowhere")).unwrap().file, file);
    }

    #[test]
    fn what_cannot_be_started_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let text = |command: &str| find(command, folder.path()).unwrap_err().to_string();
        assert_eq!(text("no-such-tool"), "the command no-such-tool was not found in PATH");
        assert!(
            text("/nowhere/tool").contains("/nowhere/tool cannot be started: "),
            "{}",
            text("/nowhere/tool")
        );
        assert_eq!(text("/dev"), "the command /dev is a directory");
        assert_eq!(text("/dev/null"), "the command /dev/null is not a file that can be executed");
        assert_eq!(text(""), "the command after -- is empty");
    }
}
