//! The thread on which lines are typed, and how it is ended from another.
//!
//! The editor waits in `select`; nothing but a signal gets it out of there in every state it can be in (searching,
//! completing, after a lone ESC). So the thread is sent SIGINT until it says that it has left. A text that the
//! editor had taken but not shown is shown by a last, empty read.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::desk::Desk;
use super::{editor, plain};
use crate::output::screen::{Place, Screen};
use crate::output::terminal::Modes;

/// How long the editor may take to leave before the terminal is restored without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the editor waits for a text that is being handed over.
const HANDING_OVER: Duration = Duration::from_millis(5);

/// How often the signal is repeated.
const NUDGE: Duration = Duration::from_millis(10);

/// Where the typing thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Lines may be typed.
    Typing,
    /// Another program has the terminal: a pager, an editor.
    Away,
    /// No more lines are read.
    Left,
    /// The thread is done with the terminal.
    Ended,
}

/// What the typing thread and the main one tell each other.
pub(super) struct Signals {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    stage: Stage,
    /// The editor is reading a line: it shows texts above it.
    taking: bool,
    /// A text is being handed to it.
    giving: bool,
    /// The session is over: leave.
    over: bool,
    /// Everything is shown: end.
    shown: bool,
    #[cfg(unix)]
    thread: Option<nix::sys::pthread::Pthread>,
}

/// The typing thread, seen from the main one.
pub struct Typist {
    signals: Arc<Signals>,
    go: Option<Sender<Screen>>,
    place: Receiver<Box<dyn Place>>,
    /// Whether the thread can be told to leave; a plain reader is left behind.
    obedient: bool,
}

fn start(
    obedient: bool,
    run: impl FnOnce(Arc<Signals>, Receiver<Screen>, Sender<Box<dyn Place>>) + Send + 'static,
) -> Typist {
    let state = State {
        stage: Stage::Typing,
        taking: false,
        giving: false,
        over: false,
        shown: false,
        #[cfg(unix)]
        thread: None,
    };
    let signals = Arc::new(Signals { state: Mutex::new(state), changed: Condvar::new() });
    let (go, begun) = channel();
    let (sender, place) = channel();
    let own = Arc::clone(&signals);
    std::thread::spawn(move || {
        own.enter();
        run(Arc::clone(&own), begun, sender);
        own.set(Stage::Ended);
    });
    Typist { signals, go: Some(go), place, obedient }
}

impl Typist {
    /// Starts the thread with a line editor.
    pub fn with_editor(desk: impl Desk, modes: Modes, history: Option<PathBuf>) -> Typist {
        start(true, move |signals, go, place| editor::run(&desk, &modes, history, &signals, &go, &place))
    }

    /// Starts the thread with a plain reader, for terminals that cannot edit.
    pub fn without_editor(desk: impl Desk) -> Typist {
        start(false, move |_, go, place| plain::run(&desk, &go, &place))
    }

    /// Where texts are to be placed.
    pub fn place(&self) -> Result<Box<dyn Place>> {
        Ok(self.place.recv()?)
    }

    /// What lets typing begin.
    pub fn starter(&mut self, screen: Screen) -> Box<dyn FnOnce()> {
        let go = self.go.take();
        Box::new(move || {
            if let Some(go) = go {
                // A thread that has ended already needs no start.
                let _ = go.send(screen);
            }
        })
    }

    /// Has the thread read no more lines. Waits as long as another program has the terminal.
    pub fn leave_prompt(&self) {
        self.signals.lock().over = true;
        self.nudge_until(Stage::Left);
    }

    /// Has the thread be done with the terminal.
    pub fn end(&self) {
        self.signals.lock().shown = true;
        self.nudge_until(Stage::Ended);
    }

    fn nudge_until(&self, stage: Stage) {
        let mut limit = Instant::now() + PATIENCE;
        let mut state = self.signals.lock();
        self.signals.changed.notify_all();
        while self.obedient && state.stage < stage && Instant::now() < limit {
            if state.stage == Stage::Away {
                limit = Instant::now() + PATIENCE;
            } else {
                state.nudge();
            }
            let waited = self.signals.changed.wait_timeout(state, NUDGE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    /// Interrupts the editor.
    #[cfg(unix)]
    fn nudge(&self) {
        if let Some(thread) = self.thread {
            // It fails only for a thread that is gone, and then there is nothing to interrupt.
            let _ = nix::sys::pthread::pthread_kill(thread, nix::sys::signal::Signal::SIGINT);
        }
    }

    /// Without signals the editor is left behind: the terminal is restored without it.
    #[cfg(not(unix))]
    fn nudge(&self) {}
}

impl Signals {
    /// Whether no more lines are to be read.
    pub(super) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Whether everything is shown.
    pub(super) fn is_shown(&self) -> bool {
        self.lock().shown
    }

    /// Says where the typing thread stands.
    pub(super) fn set(&self, stage: Stage) {
        self.lock().stage = stage;
        self.changed.notify_all();
    }

    /// Waits until the session is over.
    pub(super) fn wait_until_over(&self) {
        let mut state = self.lock();
        while !state.over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Called by the editor: from now on it shows texts above the line.
    pub(super) fn take_texts(&self) {
        self.lock().taking = true;
        self.changed.notify_all();
    }

    /// Called by the editor before it leaves a line. A text that is just being handed over must not find the editor
    /// gone: it would be written at once, and overtake the one before it, which the editor still holds.
    pub(super) fn leave_texts(&self) {
        let mut state = self.lock();
        state.taking = false;
        let limit = Instant::now() + HANDING_OVER;
        // One that takes longer waits until the editor has room for it, which comes with the next line.
        while state.giving && Instant::now() < limit {
            let waited = self.changed.wait_timeout(state, HANDING_OVER);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Hands a text over when the editor takes it, or when there is no editor to wait for any more.
    pub(super) fn give<T>(&self, hand_over: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        while !state.taking && state.stage < Stage::Left {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.giving = true;
        drop(state);
        let result = hand_over();
        self.lock().giving = false;
        self.changed.notify_all();
        result
    }

    /// Called on the typing thread: from now on it can be interrupted.
    fn enter(&self) {
        #[cfg(unix)]
        {
            self.lock().thread = Some(nix::sys::pthread::pthread_self());
        }
    }

    /// A thread that panicked while it held the lock leaves a state that is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
