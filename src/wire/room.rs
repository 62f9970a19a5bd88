//! How much of its memory a buffer that was emptied keeps for what it will hold next.
//!
//! Fresh memory costs more than the copying into it: the system hands it out page by page, each one zeroed. Where large
//! messages follow each other, that was half of their time. But one large message must not hold its memory for the
//! rest of a long session. So a client's buffers keep what they needed twice in succession. Those of a server do not:
//! it has many connections, and what each of them once needed must not add up. Nor do those of compressed messages,
//! which cost far more than their memory. A little is kept always.

/// So many bytes are kept in any case.
const ALWAYS: usize = 1024 * 1024;

/// Remembers what one buffer was used for.
#[derive(Debug)]
pub struct Room {
    /// More than a little may be kept.
    keeps: bool,
    /// How many bytes the buffer held the last time.
    before: usize,
}

impl Room {
    /// For a buffer that keeps what it needed twice in succession, where `keeps`.
    #[must_use]
    pub fn new(keeps: bool) -> Self {
        Self { keeps, before: 0 }
    }

    /// To be called whenever `buffer` has been emptied, or nearly so, after it held `held` bytes. What it still holds
    /// stays.
    #[inline]
    pub fn emptied(&mut self, buffer: &mut Vec<u8>, held: usize) {
        let needed = held.min(std::mem::replace(&mut self.before, held));
        if buffer.capacity() > ALWAYS {
            Self::give_back(buffer, if self.keeps { needed } else { 0 });
        }
    }

    /// A buffer grows by doubling, and what it never touched costs nothing.
    #[cold]
    fn give_back(buffer: &mut Vec<u8>, needed: usize) {
        if buffer.capacity() / 2 > needed {
            buffer.shrink_to(needed.max(ALWAYS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 16 * ALWAYS;

    /// Fills a buffer with so many bytes each time, and tells what it kept after each.
    fn kept_after(keeps: bool, fills: &[usize]) -> Vec<usize> {
        let (mut room, mut buffer) = (Room::new(keeps), Vec::new());
        let fill = |held: &usize| {
            buffer.resize(*held, 0);
            buffer.clear();
            room.emptied(&mut buffer, *held);
            buffer.capacity()
        };
        fills.iter().map(fill).collect()
    }

    #[test]
    fn what_one_large_message_needed_is_given_back() {
        assert!(kept_after(true, &[LARGE])[0] <= ALWAYS);
        assert!(kept_after(true, &[10, LARGE, 10, LARGE, 10]).into_iter().all(|kept| kept <= ALWAYS));
    }

    #[test]
    fn what_was_needed_twice_in_succession_is_kept_until_it_is_not() {
        let kept = kept_after(true, &[LARGE, LARGE, LARGE / 2, 10]);
        assert!(kept[1] >= LARGE && kept[2] >= LARGE / 2, "{kept:?}");
        assert!(kept[3] <= ALWAYS, "{kept:?}");
    }

    #[test]
    fn one_of_many_buffers_keeps_a_little() {
        assert!(kept_after(false, &[LARGE, LARGE, LARGE]).into_iter().all(|kept| kept <= ALWAYS));
        assert!(kept_after(false, &[1000, 10])[1] >= 1000);
    }

    #[test]
    fn what_is_left_in_the_buffer_stays() {
        let mut buffer = vec![7; LARGE];
        buffer.truncate(2 * ALWAYS);
        Room::new(true).emptied(&mut buffer, LARGE);
        assert_eq!(buffer, vec![7; 2 * ALWAYS]);
    }
}
