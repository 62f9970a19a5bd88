//! A pseudo-terminal with wscope in it: keys go in, and the test reads what the screen shows.
//!
//! The screen is kept by vt100; the bytes that made it stay readable too. Questions for the cursor's position
//! are answered as a terminal does. `ends` gives the exit status, `restored` compares the terminal's modes with
//! those before the start.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::DEADLINE;
use super::program::{BINARY, home_variables};

/// What a terminal starts with.
pub struct Setup {
    command: CommandBuilder,
    rows: u16,
    cols: u16,
    home: Arc<TempDir>,
}

/// wscope with these arguments in a terminal of 40 rows and 100 columns.
pub fn terminal(args: &[&str]) -> Setup {
    let mut command = CommandBuilder::new(BINARY);
    command.args(args);
    Setup::new(command)
}

/// A shell line in a terminal; `$WSCOPE` is the binary, `$1`, `$2`… are `args`.
pub fn shell_terminal(line: &str, args: &[&str]) -> Setup {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", line, "sh"]);
    command.args(args);
    Setup::new(command)
}

impl Setup {
    fn new(mut command: CommandBuilder) -> Setup {
        command.env_clear();
        command.env("WSCOPE", BINARY);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let home = Arc::new(TempDir::new().expect("a temporary folder"));
        Setup { command, rows: 40, cols: 100, home: home.clone() }.home(home)
    }

    pub fn home(mut self, home: Arc<TempDir>) -> Self {
        self.command.cwd(home.path());
        for (name, value) in home_variables(home.path()) {
            self.command.env(name, value);
        }
        self.home = home;
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn size(mut self, rows: u16, cols: u16) -> Self {
        (self.rows, self.cols) = (rows, cols);
        self
    }

    /// Opens the terminal and starts the program in it.
    #[track_caller]
    pub fn start(self) -> Terminal {
        let size = PtySize { rows: self.rows, cols: self.cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let before = modes(&*pair.master);
        let reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("and written")));
        let child = pair.slave.spawn_command(self.command).expect("the binary starts");
        drop(pair.slave);
        let state = Arc::new((Mutex::new(State::new(self.rows, self.cols)), Condvar::new()));
        let (shown, answer) = (state.clone(), writer.clone());
        thread::spawn(move || show(reader, &shown, &answer));
        Terminal {
            master: pair.master,
            child,
            writer,
            state,
            before,
            home: self.home,
            deadline: Instant::now() + DEADLINE,
        }
    }
}

/// A terminal with a program in it. Dropping it kills the program.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    state: Arc<(Mutex<State>, Condvar)>,
    before: String,
    home: Arc<TempDir>,
    deadline: Instant,
}

struct State {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

impl Terminal {
    /// Types these keys.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        let mut writer = self.writer.lock().expect("nobody panics with the lock");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("the terminal takes keys");
    }

    /// Types a line and Enter.
    #[track_caller]
    pub fn line(&self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn wait_for(&self, words: &str) {
        self.wait_until(words, |screen| screen.contains(words));
    }

    /// Waits until the screen satisfies `holds`; `what` says it in the failure.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let state = self.state.0.lock().expect("nobody panics with the lock");
        let missing = |state: &mut State| !holds(&state.parser.screen().contents()) && !state.ended;
        let waited = self.state.1.wait_timeout_while(state, left, missing);
        let screen = waited.expect("nobody panics with the lock").0.parser.screen().contents();
        assert!(holds(&screen), "the screen never showed: {what}\nit shows:\n{screen}");
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        self.state.0.lock().expect("nobody panics with the lock").parser.screen().contents()
    }

    /// The line of the screen the cursor is in, and the column it stands at.
    pub fn cursor_line(&self) -> (String, u16) {
        let state = self.state.0.lock().expect("nobody panics with the lock");
        let screen = state.parser.screen();
        let (row, col) = screen.cursor_position();
        (screen.rows(0, screen.size().1.get()).nth(usize::from(row)).unwrap_or_default(), col)
    }

    /// Every byte the terminal was sent.
    pub fn raw(&self) -> Vec<u8> {
        self.state.0.lock().expect("nobody panics with the lock").raw.clone()
    }

    /// Changes the size of the window.
    pub fn resize(&self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal can be resized");
        let mut state = self.state.0.lock().expect("nobody panics with the lock");
        state.parser.set_size(at_least_one(rows), at_least_one(cols));
    }

    /// Sends a signal to the program.
    #[track_caller]
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = self.child.process_id().and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("the process is there");
    }

    /// The home of the program.
    pub fn home_folder(&self) -> Arc<TempDir> {
        self.home.clone()
    }

    /// Waits until an editor has the terminal: before that, keys such as Ctrl-R mean something to the system.
    #[track_caller]
    pub fn wait_for_editor(&self) {
        self.poll("the editor never took the terminal", || self.changed());
    }

    /// Waits until the line with the cursor satisfies `holds`.
    #[track_caller]
    pub fn wait_for_cursor_line(&self, what: &str, holds: impl Fn(&str) -> bool) {
        self.poll(what, || holds(&self.cursor_line().0));
    }

    #[track_caller]
    fn poll(&self, what: &str, holds: impl Fn() -> bool) {
        while !holds() {
            assert!(Instant::now() < self.deadline, "{what}; the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the terminal's modes differ from those before the start, as they do under an editor.
    pub fn changed(&self) -> bool {
        modes(&*self.master) != self.before
    }

    /// Fails unless the terminal's modes are those from before the start.
    #[track_caller]
    pub fn restored(&self) {
        assert_eq!(modes(&*self.master), self.before, "the modes of the terminal");
        let state = self.state.0.lock().expect("nobody panics with the lock");
        let screen = state.parser.screen();
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
    }

    /// Waits for the end of the program: its exit code, or the name of the signal it died of.
    #[track_caller]
    pub fn ends(&mut self) -> Result<u32, String> {
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                self.wait_for_last_output();
                assert!(!self.screen().contains("panicked at"), "{}", self.screen());
                return status.signal().map_or(Ok(status.exit_code()), |name| Err(name.to_owned()));
            }
            assert!(
                Instant::now() < self.deadline,
                "the program did not end; the screen:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn wait_for_last_output(&self) {
        let state = self.state.0.lock().expect("nobody panics with the lock");
        let _ = self.state.1.wait_timeout_while(state, DEADLINE, |state| !state.ended);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl State {
    fn new(rows: u16, cols: u16) -> State {
        let parser = vt100::Parser::new(at_least_one(rows), at_least_one(cols), 1000);
        State { parser, raw: Vec::new(), ended: false }
    }
}

/// Feeds the screen with what the program writes, and answers it as a terminal would.
fn show(
    mut from: Box<dyn Read + Send>,
    shared: &(Mutex<State>, Condvar),
    answer: &Mutex<Box<dyn Write + Send>>,
) {
    let mut block = [0; 16 * 1024];
    loop {
        let count = from.read(&mut block).unwrap_or(0);
        let mut state = shared.0.lock().expect("nobody panics with the lock");
        state.parser.process(&block[..count]);
        state.raw.extend_from_slice(&block[..count]);
        state.ended = count == 0;
        let (row, col) = state.parser.screen().cursor_position();
        shared.1.notify_all();
        drop(state);
        if count == 0 {
            return;
        }
        if memchr::memmem::find(&block[..count], b"\x1b[6n").is_some() {
            let mut answer = answer.lock().expect("nobody panics with the lock");
            let _ = write!(answer, "\x1b[{};{}R", row + 1, col + 1).and_then(|()| answer.flush());
        }
    }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

fn at_least_one(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}
