//! Bytes that arrive in blocks become lines.

/// So much room is kept for the next unfinished line; what a long one needed is given back.
const KEPT: usize = 64 * 1024;

/// Cuts what comes into lines, and keeps the last one until it is finished.
#[derive(Default)]
pub(super) struct Lines {
    unfinished: Vec<u8>,
}

impl Lines {
    /// Hands on each line that is finished, without its `\n` or `\r\n`.
    pub(super) fn cut(&mut self, mut block: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', block) {
            let (first, rest) = (&block[..end], &block[end + 1..]);
            if self.unfinished.is_empty() {
                line(without_return(first));
            } else {
                self.unfinished.extend_from_slice(first);
                line(without_return(&self.unfinished));
                self.unfinished.clear();
                self.unfinished.shrink_to(KEPT);
            }
            block = rest;
        }
        self.unfinished.extend_from_slice(block);
    }

    /// How long the unfinished line is by now.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.len()
    }

    /// Takes out the unfinished line, if there is one.
    pub(super) fn rest(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.unfinished)).filter(|rest| !rest.is_empty())
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(blocks: &[&str]) -> (Vec<String>, Option<Vec<u8>>) {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for block in blocks {
            lines.cut(block.as_bytes(), |line| all.push(String::from_utf8_lossy(line).into_owned()));
        }
        (all, lines.rest())
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = "one\n\ntwo\r\nthree\rfour\n";
        for size in 1..=text.len() {
            let blocks: Vec<_> =
                text.as_bytes().chunks(size).map(|b| std::str::from_utf8(b).unwrap()).collect();
            assert_eq!(cut(&blocks), (["one", "", "two", "three\rfour"].map(String::from).to_vec(), None));
        }
    }

    #[test]
    fn what_is_not_finished_is_the_rest() {
        assert_eq!(cut(&["a\nb", "c"]), (vec!["a".to_owned()], Some(b"bc".to_vec())));
        let mut lines = Lines::default();
        lines.cut(b"abc", |_| panic!("no line is finished"));
        assert_eq!(lines.unfinished(), 3);
    }

    #[test]
    fn the_room_of_a_long_line_is_given_back() {
        let mut lines = Lines::default();
        lines.cut(&vec![b'x'; 4 * KEPT], |_| {});
        let mut length = 0;
        lines.cut(b"\n", |line| length = line.len());
        assert_eq!(length, 4 * KEPT);
        assert!(lines.unfinished.capacity() <= KEPT);
    }
}
