//! Running a program through the launcher, with a clean environment and a deadline, and learning what it took.

use std::ffi::OsString;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::launch::{self, Figures};
use crate::process;

/// How long any run may take. None takes more than a few seconds, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Call {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub variables: Vec<(&'static str, OsString)>,
}

/// A program that runs.
pub struct Running {
    launcher: Child,
    stderr: Receiver<String>,
}

impl Call {
    /// Starts it.
    pub fn start(&self, stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> Result<Running> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--launch").arg(&self.program).args(&self.args);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        let mut launcher = command.spawn()?;
        let mut pipe = launcher.stderr.take().context("stderr was asked to be a pipe")?;
        let (tell, stderr) = mpsc::channel();
        thread::spawn(move || {
            let mut told = Vec::new();
            // What cannot be read is missed by whoever looks for the figures.
            let _ = pipe.read_to_end(&mut told);
            let _ = tell.send(String::from_utf8_lossy(&told).into_owned());
        });
        Ok(Running { launcher, stderr })
    }
}

impl Running {
    /// The process of the program itself.
    pub fn process(&self) -> Result<u32> {
        process::child_of(self.launcher.id())
    }

    /// Waits for its end, which must come with this exit code or, as a negative number, this signal.
    pub fn finish(mut self, expected: i32) -> Result<Figures> {
        let Ok(stderr) = self.stderr.recv_timeout(PATIENCE) else {
            process::end(self.process()?)?;
            bail!("it did not end within {PATIENCE:?}");
        };
        self.launcher.wait()?;
        let (figures, code) = launch::read(&stderr).with_context(|| stderr.clone())?;
        ensure!(code == expected, "it ended with {code}: {}", launch::talk(&stderr));
        Ok(figures)
    }
}
