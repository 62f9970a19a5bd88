//! Masking keys for the frames of a client: a fresh, unpredictable one for each (RFC 6455 §5.3).
//!
//! The bytes are drawn above, a pool at a time, because one system call per frame would cost more than the frame.
//! Called by `sender`.

/// Fills its argument with unpredictable bytes.
pub type Draw = Box<dyn FnMut(&mut [u8]) + Send>;

/// How many keys are drawn at once.
const POOL: usize = 1024;

/// A source of masking keys, none of which is given out twice.
pub(super) struct Masks {
    draw: Draw,
    pool: Vec<u8>,
    used: usize,
}

impl Masks {
    /// Draws nothing yet.
    pub(super) fn new(draw: Draw) -> Self {
        Self { draw, pool: Vec::new(), used: 0 }
    }

    /// The next key.
    #[inline]
    pub(super) fn next(&mut self) -> [u8; 4] {
        if self.used == self.pool.len() {
            self.refill();
        }
        let key = *self.pool[self.used..].first_chunk().expect("the pool holds whole keys");
        self.used += 4;
        key
    }

    #[cold]
    fn refill(&mut self) {
        self.pool.resize(POOL * 4, 0);
        (self.draw)(&mut self.pool);
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_new_and_a_draw_serves_many() {
        let mut drawn = 0;
        let mut masks = Masks::new(Box::new(move |bytes| {
            drawn += 1;
            for (at, key) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *key = (drawn * 1_000_000 + at as u32).to_be_bytes();
            }
        }));
        let keys: Vec<u32> = (0..POOL + 1).map(|_| u32::from_be_bytes(masks.next())).collect();
        assert!(keys.is_sorted_by(|one, next| one < next));
        assert_eq!((keys[0], keys[POOL]), (1_000_000, 2_000_000));
    }
}
