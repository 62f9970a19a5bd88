//! Encrypted bytes that wait to be written in one go: OpenSSL gives them out a record of 16 KiB at a time.

use std::io::{self, Write};

/// So much is collected at most before it is written.
pub const MOST: usize = 256 * 1024;

/// What is encrypted and not written, in order.
#[derive(Debug, Default)]
pub struct Held {
    bytes: Vec<u8>,
    written: usize,
    /// How many bytes have ever been written from here.
    total: u64,
}

impl Held {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// How many bytes have ever been written.
    pub fn written(&self) -> u64 {
        self.total
    }

    /// How many bytes have ever been added.
    pub fn added(&self) -> u64 {
        self.total + self.len() as u64
    }

    /// Adds bytes behind the others.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// What the socket says; what it has not taken stays.
    pub fn write_to(&mut self, socket: &mut impl Write) -> io::Result<()> {
        while self.len() > 0 {
            match socket.write(&self.bytes[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.written = 0;
        self.bytes.clear();
        Ok(())
    }

    /// Gives the room back that nothing is in.
    pub fn give_back(&mut self) {
        if self.len() == 0 {
            (self.bytes, self.written) = (Vec::new(), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes at a time, and then none.
    struct Slow(Vec<usize>, Vec<u8>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = self.0.pop().ok_or(io::ErrorKind::WouldBlock)?.min(bytes.len());
            self.1.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_slow_socket_leaves_goes_first_the_next_time() {
        let (mut held, mut socket) = (Held::default(), Slow(vec![2, 1], Vec::new()));
        held.add(b"abcde");
        assert_eq!(held.write_to(&mut socket).map_err(|error| error.kind()), Err(io::ErrorKind::WouldBlock));
        held.add(b"fg");
        assert_eq!((held.len(), held.written(), held.added(), &socket.1[..]), (4, 3, 7, &b"abc"[..]));
        socket.0.push(9);
        held.write_to(&mut socket).expect("it takes all");
        held.give_back();
        assert_eq!((held.len(), held.written(), &socket.1[..]), (0, 7, &b"abcdefg"[..]));
        assert_eq!(held.bytes.capacity(), 0);
    }
}
