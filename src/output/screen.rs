//! The screen around a prompt: texts wait in a queue, and a thread of its own places them above the typed line.
//!
//! The editor's printer can block while the editor searches or completes; only this thread waits for it, never the
//! session. The session looks at `is_full` and slows the peer instead.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Beyond this many bytes waiting, the peer is slowed.
const FULL: usize = 256 * 1024;

/// Where the thread puts a text: each ends with a newline.
pub trait Place: Send + 'static {
    /// Shows the text above whatever is being typed.
    fn place(&mut self, text: String) -> std::io::Result<()>;

    /// All texts have been placed.
    fn finish(&mut self) {}
}

impl Place for Box<dyn Place> {
    fn place(&mut self, text: String) -> std::io::Result<()> {
        (**self).place(text)
    }

    fn finish(&mut self) {
        (**self).finish();
    }
}

/// Writes texts where the cursor is.
pub struct Here;

impl Place for Here {
    fn place(&mut self, text: String) -> std::io::Result<()> {
        super::terminal::write(&text);
        Ok(())
    }
}

/// The queue of texts to be shown. Clones are the same screen.
#[derive(Clone)]
pub struct Screen(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    texts: VecDeque<String>,
    bytes: usize,
    ended: bool,
}

impl Screen {
    /// A screen, and the thread that fills it. `drained` is called when a full queue has room again.
    pub fn start(mut place: impl Place, drained: impl Fn() + Send + 'static) -> (Screen, JoinHandle<()>) {
        let screen = Screen(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() }));
        let queue = screen.clone();
        let thread = std::thread::spawn(move || {
            while let Some((text, had_been_full)) = queue.next() {
                if place.place(text).is_err() {
                    break;
                }
                if had_been_full {
                    drained();
                }
            }
            place.finish();
            queue.end();
        });
        (screen, thread)
    }

    /// Shows a text, after all those before it.
    pub fn show(&self, text: String) {
        let mut state = self.lock();
        if !state.ended && !text.is_empty() {
            state.bytes += text.len();
            state.texts.push_back(text);
            self.0.changed.notify_all();
        }
    }

    /// Whether so much waits that the peer should be slowed.
    pub fn is_full(&self) -> bool {
        self.lock().bytes >= FULL
    }

    /// Lets the thread end when all is shown.
    pub fn end(&self) {
        self.lock().ended = true;
        self.0.changed.notify_all();
    }

    /// The same, and waits for the thread no longer than this.
    pub fn end_within(&self, thread: &JoinHandle<()>, moment: Duration) {
        self.end();
        let limit = Instant::now() + moment;
        while !thread.is_finished() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What could not be shown, for somebody else to show.
    pub fn rest(&self) -> Vec<String> {
        let mut state = self.lock();
        state.bytes = 0;
        state.texts.drain(..).collect()
    }

    /// Waits for texts; returns all of them as one, and whether the queue had been full.
    fn next(&self) -> Option<(String, bool)> {
        let mut state = self.lock();
        while state.texts.is_empty() {
            if state.ended {
                return None;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let full = state.bytes >= FULL;
        state.bytes = 0;
        Some((state.texts.drain(..).collect(), full))
    }

    /// A thread that panicked while it held the lock leaves a queue that is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Collect(Sender<String>);

    impl Place for Collect {
        fn place(&mut self, text: String) -> std::io::Result<()> {
            self.0.send(text).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn texts_come_out_in_order_and_the_thread_ends() {
        let (sender, texts) = channel();
        let (screen, thread) = Screen::start(Collect(sender), || {});
        for number in 0..100 {
            screen.show(format!("{number}\n"));
        }
        screen.end();
        thread.join().expect("no panic");
        let all: String = texts.iter().collect();
        assert_eq!(all, (0..100).map(|number| format!("{number}\n")).collect::<String>());
    }

    #[test]
    fn a_queue_that_was_full_says_when_it_has_room() {
        let (sender, texts) = channel();
        let (bell, drained) = channel();
        let (screen, thread) = Screen::start(Collect(sender), move || bell.send(()).unwrap_or_default());
        screen.show("x".repeat(FULL));
        assert_eq!(texts.recv().map(|text| text.len()), Ok(FULL));
        drained.recv().expect("told");
        assert!(!screen.is_full());
        screen.end();
        thread.join().expect("no panic");
    }
}
