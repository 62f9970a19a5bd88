//! Runs the real binary: a clean environment, any kind of stdin, everything it prints, how it ended.
//!
//! `wscope(&[...])` makes a builder; `.run()` waits for the end, `.start()` gives a `Running` to talk with.
//! No proxy variable, config file or history of the machine reaches the program. Whatever it does, an overall
//! deadline ends it, and a panic of the program fails the test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{PipeReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::DEADLINE;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_wscope");

/// So many bytes every pipe takes without a reader: one page, to which Linux narrows them for users who have many.
const HELD_BY_A_PIPE: usize = 4096;

/// A call of wscope being put together.
pub struct Wscope {
    command: Command,
    stdin: Stdin,
    hold_stdout: bool,
    home: Arc<TempDir>,
}

enum Stdin {
    Null,
    Bytes(Vec<u8>),
    Open,
    File(File),
}

/// wscope with these arguments. stdin is empty unless told otherwise.
pub fn wscope(args: &[&str]) -> Wscope {
    let mut command = Command::new(BINARY);
    command.args(args);
    Wscope::new(command)
}

/// A shell line in which `$WSCOPE` is the binary and `$1`, `$2`… are `args`.
pub fn shell(line: &str, args: &[&str]) -> Wscope {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).arg("sh").args(args);
    Wscope::new(command)
}

impl Wscope {
    fn new(mut command: Command) -> Wscope {
        let home = Arc::new(TempDir::new().expect("a temporary folder"));
        command.env_clear().env("WSCOPE", BINARY).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        for kept in ["PATH", "SYSTEMROOT", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        Wscope { command, stdin: Stdin::Null, hold_stdout: false, home: home.clone() }.home(home)
    }

    /// Uses this folder as home, so that several runs share history and configuration.
    pub fn home(mut self, home: Arc<TempDir>) -> Self {
        for (name, value) in home_variables(home.path()) {
            self.command.env(name, value);
        }
        self.home = home;
        self
    }

    /// The folder that is home to this call.
    pub fn home_folder(&self) -> Arc<TempDir> {
        self.home.clone()
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// stdin is a pipe that gives these bytes and ends. What any pipe can hold waits in it before the program starts.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Bytes(bytes.into());
        self
    }

    /// stdin is a pipe that stays open; feed it with `Running::write`.
    pub fn stdin_open(mut self) -> Self {
        self.stdin = Stdin::Open;
        self
    }

    /// stdin is this file.
    pub fn stdin_file(mut self, file: File) -> Self {
        self.stdin = Stdin::File(file);
        self
    }

    /// stdin is a file of these bytes.
    #[track_caller]
    pub fn stdin_in_file(self, bytes: &[u8]) -> Self {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("room on the disk");
        file.seek(SeekFrom::Start(0)).expect("a file can be read from its start");
        self.stdin_file(file)
    }

    /// stdout is this file.
    pub fn stdout_file(mut self, file: File) -> Self {
        self.command.stdout(file);
        self.hold_stdout = true;
        self
    }

    /// stdout is a pipe that nobody reads until the test takes it with `Running::take_stdout`.
    pub fn stdout_unread(mut self) -> Self {
        self.command.stdout(Stdio::piped());
        self.hold_stdout = true;
        self
    }

    /// Starts it, waits for its end, and gives everything it printed.
    #[track_caller]
    pub fn run(self) -> Output {
        self.start().finish()
    }

    /// Starts it.
    #[track_caller]
    pub fn start(mut self) -> Running {
        let mut feed = None;
        match self.stdin {
            Stdin::Null => self.command.stdin(Stdio::null()),
            Stdin::Open => self.command.stdin(Stdio::piped()),
            Stdin::File(file) => self.command.stdin(file),
            Stdin::Bytes(bytes) if bytes.len() <= HELD_BY_A_PIPE => self.command.stdin(filled_pipe(&bytes)),
            Stdin::Bytes(bytes) => {
                feed = Some(bytes);
                self.command.stdin(Stdio::piped())
            }
        };
        if !self.hold_stdout {
            self.command.stdout(Stdio::piped());
        }
        #[cfg(target_os = "linux")]
        heed_signals();
        let shown = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let mut child = self.command.stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take();
        if let Some(bytes) = feed {
            let mut pipe = stdin.take().expect("stdin was asked to be a pipe");
            // A program that ends without reading all of it is no fault of the feeder.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        let stdout = if self.hold_stdout { Collected::nothing() } else { collect(child.stdout.take()) };
        let stderr = collect(child.stderr.take());
        Running { child, stdin, stdout, stderr, shown, deadline: Instant::now() + DEADLINE, home: self.home }
    }
}

/// Whoever runs the tests may have set signals to be ignored (nohup, a shell's `&`), which programs inherit. A handler,
/// here one that does nothing, is not inherited: what is started after this has the system's defaults.
#[cfg(target_os = "linux")]
fn heed_signals() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        for signal in [1, 2, 15] {
            if ignored & (1 << (signal - 1)) != 0 {
                signal_hook::flag::register(signal, Arc::default()).expect("a handler can be set");
            }
        }
    });
}

/// A pipe that holds these bytes and has no writer any more.
fn filled_pipe(bytes: &[u8]) -> PipeReader {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(bytes).expect("a pipe holds as much");
    reader
}

/// The variables that make `home` the home of a program.
pub fn home_variables(home: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("HOME", home.to_path_buf()),
        ("USERPROFILE", home.to_path_buf()),
        ("APPDATA", home.join("appdata")),
        ("XDG_CONFIG_HOME", home.join("config")),
        ("XDG_STATE_HOME", home.join("state")),
        ("XDG_DATA_HOME", home.join("data")),
        ("XDG_CACHE_HOME", home.join("cache")),
    ]
}

/// wscope while it runs. Dropping it kills it.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Collected,
    stderr: Collected,
    shown: String,
    deadline: Instant,
    home: Arc<TempDir>,
}

impl Running {
    /// Feeds stdin; the program must still be reading.
    #[track_caller]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes.as_ref()).and_then(|()| stdin.flush()).expect("wscope reads its stdin");
    }

    /// The pipe to stdin, to be fed from elsewhere.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("stdin is open")
    }

    /// The end of input.
    pub fn close_stdin(&mut self) {
        drop(self.stdin.take());
    }

    /// The pipe from stdout, where `stdout_unread` asked for it. Dropping it is "the reader went away".
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("stdout was left unread")
    }

    /// Waits until stdout holds `words`.
    #[track_caller]
    pub fn wait_stdout(&self, words: &str) {
        self.wait(&self.stdout, "stdout", words);
    }

    /// Waits until stderr holds `words`.
    #[track_caller]
    pub fn wait_stderr(&self, words: &str) {
        self.wait(&self.stderr, "stderr", words);
    }

    /// What stderr holds up to now.
    pub fn stderr_so_far(&self) -> String {
        String::from_utf8_lossy(&self.stderr.so_far()).into_owned()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    #[cfg(unix)]
    #[track_caller]
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id fits");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("the process is there");
    }

    /// The most memory the process ever held, in KiB; `None` where it has ended and holds none.
    #[cfg(target_os = "linux")]
    pub fn peak_kib(&self) -> Option<u64> {
        self.status_kib("VmHWM:")
    }

    /// The memory the process holds, in KiB; `None` where it has ended.
    #[cfg(target_os = "linux")]
    pub fn resident_kib(&self) -> Option<u64> {
        self.status_kib("VmRSS:")
    }

    #[cfg(target_os = "linux")]
    fn status_kib(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB"))
    }

    /// Waits for the end; past the deadline the program is killed and the test fails with what was printed.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        drop(self.stdin.take());
        self.finish_with_stdin_open()
    }

    /// The same with stdin left open, for ends that must come whatever stdin does.
    #[track_caller]
    pub fn finish_with_stdin_open(&mut self) -> Output {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if Instant::now() > self.deadline {
                let _ = self.child.kill();
                panic!("wscope {} did not end in time\n{}", self.shown, self.printed());
            }
            thread::sleep(Duration::from_millis(2));
        };
        let (stdout, stderr) = (self.stdout.to_end(), self.stderr.to_end());
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        let output = Output {
            code: status.code(),
            signal,
            stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            shown: self.shown.clone(),
            home: self.home.clone(),
        };
        assert!(!output.stderr.contains("panicked at"), "wscope panicked\n{output}");
        output
    }

    #[track_caller]
    fn wait(&self, stream: &Collected, name: &str, words: &str) {
        if !stream.wait_for(words.as_bytes(), self.deadline) {
            panic!("{words:?} did not come on {name} of wscope {}\n{}", self.shown, self.printed());
        }
    }

    fn printed(&self) -> String {
        let (stdout, stderr) = (self.stdout.so_far(), self.stderr.so_far());
        format!("stdout: {}\nstderr: {}", shorten(&stdout), shorten(&stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a run ended and what it printed.
pub struct Output {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal it died of.
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    shown: String,
    home: Arc<TempDir>,
}

impl Output {
    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "exit code of {self}");
        self
    }

    /// Fails unless stdout is exactly this.
    #[track_caller]
    pub fn prints(&self, stdout: impl AsRef<[u8]>) -> &Self {
        let wanted = stdout.as_ref();
        assert!(self.stdout == wanted, "stdout should be {}\nbut: {self}", shorten(wanted));
        self
    }

    /// Fails unless stderr holds these words, in any case.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        let found = self.stderr.to_lowercase().contains(&words.to_lowercase());
        assert!(found, "stderr should say {words:?}\n{self}");
        self
    }

    /// Fails if stderr holds these words.
    #[track_caller]
    pub fn never_says(&self, words: &str) -> &Self {
        let found = self.stderr.to_lowercase().contains(&words.to_lowercase());
        assert!(!found, "stderr should not say {words:?}\n{self}");
        self
    }

    /// Fails unless stderr is empty.
    #[track_caller]
    pub fn silent(&self) -> &Self {
        assert_eq!(self.stderr, "", "stderr of {self}");
        self
    }

    /// Fails unless it ended with this code, an error line of the agreed form, and all these words.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &[&str]) -> &Self {
        self.ends(code, words);
        let told = self.stderr.lines().any(|line| line.starts_with("wscope: "));
        assert!(told, "no line of stderr begins with `wscope: `\n{self}");
        self
    }

    /// Fails unless it ended with this code and stderr tells the end of the connection in these words.
    #[track_caller]
    pub fn ends(&self, code: i32, words: &[&str]) -> &Self {
        self.exits(code);
        for words in words {
            self.says(words);
        }
        self
    }

    /// stdout as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    /// stdout as JSON records, one a line.
    #[track_caller]
    pub fn records(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        self.text().lines().map(parse).collect()
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "wscope {} (code {:?}, signal {:?})", self.shown, self.code, self.signal)?;
        write!(out, "stdout: {}\nstderr: {}", shorten(&self.stdout), shorten(self.stderr.as_bytes()))
    }
}

/// What one stream printed, filled by a thread.
#[derive(Clone)]
struct Collected(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

fn collect(stream: Option<impl Read + Send + 'static>) -> Collected {
    let mut stream = stream.expect("the stream was asked to be a pipe");
    let collected = Collected(Arc::default());
    let shared = collected.clone();
    thread::spawn(move || {
        let mut block = vec![0; 64 * 1024];
        loop {
            let count = stream.read(&mut block).unwrap_or(0);
            let mut state = shared.0.0.lock().expect("nobody panics with the lock");
            state.bytes.extend_from_slice(&block[..count]);
            state.ended = count == 0;
            shared.0.1.notify_all();
            if count == 0 {
                return;
            }
        }
    });
    collected
}

impl Collected {
    fn nothing() -> Collected {
        Collected(Arc::new((Mutex::new(State { bytes: Vec::new(), ended: true }), Condvar::new())))
    }

    fn so_far(&self) -> Vec<u8> {
        self.0.0.lock().expect("nobody panics with the lock").bytes.clone()
    }

    /// Everything up to the end of the stream, or up to the deadline if a grandchild keeps it open.
    fn to_end(&self) -> Vec<u8> {
        let state = self.0.0.lock().expect("nobody panics with the lock");
        let waited = self.0.1.wait_timeout_while(state, DEADLINE, |state| !state.ended);
        waited.expect("nobody panics with the lock").0.bytes.clone()
    }

    fn wait_for(&self, words: &[u8], deadline: Instant) -> bool {
        let found = |state: &State| memchr::memmem::find(&state.bytes, words).is_some();
        let left = deadline.saturating_duration_since(Instant::now());
        let state = self.0.0.lock().expect("nobody panics with the lock");
        let waited = self.0.1.wait_timeout_while(state, left, |state| !found(state) && !state.ended);
        found(&waited.expect("nobody panics with the lock").0)
    }
}

/// The beginning of what was printed, as a Rust byte string: enough to see what is wrong.
fn shorten(bytes: &[u8]) -> String {
    const SHOWN: usize = 4000;
    let cut = if bytes.len() > SHOWN { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    let shown = &bytes[..bytes.len().min(SHOWN)];
    match std::str::from_utf8(shown) {
        Ok(text) if !text.chars().any(|c| c.is_control() && c != '\n') => format!("{text}{cut}"),
        _ => format!("{}{cut}", shown.escape_ascii()),
    }
}
