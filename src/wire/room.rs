//! How much of its memory a buffer that was emptied keeps for what it will hold next.
//!
//! Fresh memory costs more than the copying into it: the system hands it out page by page, each one zeroed. Where large
//! messages follow each other, that was half of their time. But one large message must not hold its memory for the
//! rest of a long session. So a client's buffers keep what they need, half as much each time that they do not, and give
//! back all that is spare once the session rests. Those of a server give it back at once: it has many connections,
//! and what each of them once needed must not add up. So do those of compressed messages, which cost far more than
//! their memory. A little is kept until the session rests.

use super::Role;

/// So many bytes are kept while there is something to do.
const ALWAYS: usize = 1024 * 1024;

/// So many bytes that hold nothing are not worth a thought: what one read is given.
const LITTLE: usize = 256 * 1024;

/// Remembers what one buffer was used for.
#[derive(Debug)]
pub struct Room {
    /// More than a little may be kept.
    keeps: bool,
    /// How many bytes the buffer held lately.
    needed: usize,
}

impl Room {
    /// For a buffer that keeps what it needs.
    #[must_use]
    pub fn keeping() -> Self {
        Self { keeps: true, needed: 0 }
    }

    /// For a buffer that gives back at once what is more than a little.
    #[must_use]
    pub fn returning() -> Self {
        Self { keeps: false, needed: 0 }
    }

    /// For a buffer of a connection's end.
    #[must_use]
    pub fn of(role: Role) -> Self {
        match role {
            Role::Client => Self::keeping(),
            Role::Server => Self::returning(),
        }
    }

    /// To be called whenever `buffer` has been emptied otherwise, or nearly so, after it held `held` bytes. What it still
    /// holds stays.
    #[inline]
    pub fn emptied(&mut self, buffer: &mut Vec<u8>, held: usize) {
        self.needed = held.max(self.needed / 2);
        if buffer.capacity() > ALWAYS {
            Self::shrink(buffer, if self.keeps { self.needed } else { 0 });
        }
    }

    /// Empties `buffer`.
    #[inline]
    pub fn clear(&mut self, buffer: &mut Vec<u8>) {
        let held = buffer.len();
        buffer.clear();
        self.emptied(buffer, held);
    }

    /// A buffer grows by doubling, and what it never touched costs nothing.
    #[cold]
    fn shrink(buffer: &mut Vec<u8>, needed: usize) {
        if buffer.capacity() / 2 > needed {
            buffer.shrink_to(needed.max(ALWAYS));
        }
    }

    /// Whether `give_back` would give back something worth it.
    #[inline]
    #[must_use]
    pub fn has_spare(buffer: &Vec<u8>) -> bool {
        buffer.capacity() - buffer.len() > LITTLE.max(buffer.len())
    }

    /// Nothing is to be done for a while: gives back what `buffer` does not hold.
    pub fn give_back(&mut self, buffer: &mut Vec<u8>) {
        self.needed = 0;
        buffer.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 16 * ALWAYS;

    /// Fills a buffer with so many bytes each time, and tells what it kept after each.
    fn kept_after(mut room: Room, fills: &[usize]) -> Vec<usize> {
        let mut buffer = Vec::new();
        let fill = |held: &usize| {
            buffer.resize(*held, 0);
            room.clear(&mut buffer);
            buffer.capacity()
        };
        fills.iter().map(fill).collect()
    }

    #[test]
    fn what_is_needed_is_kept_whatever_small_comes_between() {
        let kept = kept_after(Room::keeping(), &[LARGE, LARGE, 10, LARGE, 10]);
        assert!(kept.into_iter().all(|kept| kept >= LARGE / 2));
    }

    #[test]
    fn what_is_needed_no_more_is_given_back_by_and_by() {
        let kept = kept_after(Room::keeping(), &[LARGE, 10, 10, 10, 10, 10, 10]);
        assert!(kept.is_sorted_by(|before, after| before >= after), "{kept:?}");
        assert!(kept[6] <= ALWAYS, "{kept:?}");
    }

    #[test]
    fn one_of_many_buffers_keeps_a_little() {
        assert!(kept_after(Room::of(Role::Server), &[LARGE, LARGE]).into_iter().all(|kept| kept <= ALWAYS));
        assert!(kept_after(Room::returning(), &[1000, 10])[1] >= 1000);
    }

    #[test]
    fn what_is_left_in_the_buffer_stays() {
        let mut buffer = vec![7; LARGE];
        buffer.truncate(2 * ALWAYS);
        Room::keeping().emptied(&mut buffer, LARGE);
        assert_eq!(buffer, vec![7; 2 * ALWAYS]);
    }

    #[test]
    fn at_rest_all_that_is_spare_is_given_back_and_nothing_else() {
        let mut room = Room::keeping();
        let mut buffer = vec![7; LARGE];
        assert!(!Room::has_spare(&buffer));
        buffer.truncate(10);
        room.emptied(&mut buffer, LARGE);
        assert!(Room::has_spare(&buffer));
        room.give_back(&mut buffer);
        assert_eq!((&buffer[..], Room::has_spare(&buffer)), (&[7; 10][..], false));
        assert!(buffer.capacity() < LITTLE);
    }
}
