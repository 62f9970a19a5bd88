//! Bytes as a dump of sixteen to the line: offset, two groups of hexadecimal, ASCII.
//!
//! The form of `hexdump -C`, so that it can be compared and read back by tools that know it.

use std::fmt::Write as _;

/// Bytes on a line.
const ROW: usize = 16;

/// Appends the dump of `bytes`, each line indented by two blanks and ended by a newline; no bytes, no line.
pub fn hexdump_into(out: &mut String, bytes: &[u8]) {
    for (index, row) in bytes.chunks(ROW).enumerate() {
        let _ = write!(out, "  {:08x}  ", index * ROW);
        push_hex(out, row);
        out.push_str(" |");
        out.extend(row.iter().map(|&byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' }));
        out.push_str("|\n");
    }
}

/// The hexadecimal column, padded to the width of a full row.
fn push_hex(out: &mut String, row: &[u8]) {
    for column in 0..ROW {
        if column == ROW / 2 {
            out.push(' ');
        }
        let _ = match row.get(column) {
            Some(byte) => write!(out, "{byte:02x} "),
            None => write!(out, "   "),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(bytes: &[u8]) -> String {
        let mut out = String::new();
        hexdump_into(&mut out, bytes);
        out
    }

    #[test]
    fn a_short_row_is_padded() {
        assert_eq!(dump(b"Hello"), "  00000000  48 65 6c 6c 6f                                    |Hello|\n");
    }

    #[test]
    fn rows_of_sixteen_with_their_offsets() {
        assert_eq!(
            dump(b"\0\x1b0123456789abcde~\x7f"),
            concat!(
                "  00000000  00 1b 30 31 32 33 34 35  36 37 38 39 61 62 63 64  |..0123456789abcd|\n",
                "  00000010  65 7e 7f                                          |e~.|\n",
            )
        );
    }

    #[test]
    fn nothing_has_no_dump() {
        assert_eq!(dump(b""), "");
    }
}
