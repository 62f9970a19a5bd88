//! Lines of text that stand for bytes: hexadecimal and Base64, as `-i` and the prompt take them.

use data_encoding::{BASE64, BASE64_NOPAD, DecodeError, HEXLOWER_PERMISSIVE};

/// Hexadecimal; blanks between the digits are ignored.
pub fn hex(line: &[u8]) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.len() % 2 == 1 {
        return Err(format!("not hexadecimal: {} digits are no whole number of bytes", digits.len()));
    }
    HEXLOWER_PERMISSIVE.decode(&digits).map_err(|error| fault("hexadecimal", &digits, error))
}

/// Base64 (RFC 4648 §4), with or without padding.
pub fn base64(line: &[u8]) -> Result<Vec<u8>, String> {
    let line = line.trim_ascii();
    let encoding = if line.ends_with(b"=") || line.len().is_multiple_of(4) { BASE64 } else { BASE64_NOPAD };
    encoding.decode(line).map_err(|error| fault("base64", line, error))
}

fn fault(form: &str, text: &[u8], error: DecodeError) -> String {
    let at = error.position;
    match text.get(at) {
        Some(byte) if !byte.is_ascii_alphanumeric() => {
            format!("not {form}: '{}' at character {}", crate::render::escape(&[*byte]), at + 1)
        }
        Some(byte) => format!("not {form}: '{}' at character {}", char::from(*byte), at + 1),
        None => format!("not {form}: it ends too early"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_in_either_case_with_blanks() {
        assert_eq!(hex(b" 48 65\t6C6c 6f "), Ok(b"Hello".to_vec()));
        assert_eq!(hex(b""), Ok(Vec::new()));
        assert!(hex(b"4").is_err());
        assert_eq!(hex(b"4g"), Err("not hexadecimal: 'g' at character 2".to_owned()));
    }

    #[test]
    fn base64_with_and_without_padding() {
        for line in ["SGVsbG8=", "SGVsbG8", " SGVsbG8= "] {
            assert_eq!(base64(line.as_bytes()), Ok(b"Hello".to_vec()), "{line}");
        }
        assert_eq!(base64(b""), Ok(Vec::new()));
        assert!(base64(b"SGVs!G8=").is_err());
        assert!(base64(b"S").is_err());
    }
}
