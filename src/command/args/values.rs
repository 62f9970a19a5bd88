//! The forms in which values are written on the command line: durations, sizes, close codes.

use std::str::FromStr;
use std::time::Duration;

/// A duration: `250ms`, `2s`, `1.5s`, `5m`, `1h`, a bare number of seconds, or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(
    /// `None` for `forever`.
    pub Option<Duration>,
);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Span, String> {
        if text == "forever" {
            return Ok(Span(None));
        }
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match &text[digits.len()..] {
            "ms" => 0.001,
            "" | "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            unit => return Err(format!("unknown unit '{unit}': write 250ms, 2s, 1.5s, 5m or forever")),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let number = digits.parse::<f64>().ok().filter(|_| plain);
        let seconds = number.ok_or("not a duration: write 250ms, 2s, 1.5s, 5m or forever")? * factor;
        Duration::try_from_secs_f64(seconds)
            .map(|span| Span(Some(span)))
            .map_err(|_| "too long: write forever".into())
    }
}

/// A number of bytes: `512`, `64K`, `1M`, `2G` (powers of 1024).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let (digits, shift) = match text.as_bytes().last() {
            Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
            Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
            Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
            _ => (text, 0),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number: u64 =
            plain.then(|| digits.parse().ok()).flatten().ok_or("not a size: write 512, 64K, 1M or 2G")?;
        number.checked_mul(1 << shift).map(Size).ok_or_else(|| "too large".to_owned())
    }
}

/// A size that is not zero.
pub fn some_size(text: &str) -> Result<Size, String> {
    match text.parse()? {
        Size(0) => Err("must be at least 1".to_owned()),
        size => Ok(size),
    }
}

/// A duration that is not zero.
pub fn some_span(text: &str) -> Result<Span, String> {
    match text.parse()? {
        Span(Some(Duration::ZERO)) => Err("must be more than 0".to_owned()),
        span => Ok(span),
    }
}

/// A close code that may stand in a close frame (RFC 6455 §7.4).
pub fn close_code(text: &str) -> Result<u16, String> {
    let code: u16 = text.parse().map_err(|_| "not a close code: write a number such as 1000".to_owned())?;
    match crate::wire::close::may_be_sent(code) {
        true => Ok(code),
        false => Err("may not be sent: use 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4)".to_owned()),
    }
}

/// The reason of a close frame: with the code at most 125 bytes (RFC 6455 §5.5).
pub fn close_reason(text: &str) -> Result<String, String> {
    match text.len() {
        0..=123 => Ok(text.to_owned()),
        length => Err(format!("{length} bytes are too long: at most 123 fit (RFC 6455 §5.5)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Span {
        Span(Some(Duration::from_millis(count)))
    }

    #[test]
    fn durations() {
        let good = [("250ms", 250), ("2s", 2000), ("1.5s", 1500), ("5m", 300_000), ("3", 3000), ("0", 0)];
        for (text, expected) in good {
            assert_eq!(text.parse(), Ok(millis(expected)), "{text}");
        }
        assert_eq!("forever".parse(), Ok(Span(None)));
        for text in ["", "s", "-1", "1 s", "1d", "inf", "nan", "1e3", "1.2.3", "99999999999999999999999h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("64K", 65536), ("1M", 1 << 20), ("2G", 2 << 30), ("2g", 2 << 30)]
        {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "K", "-1", "1.5M", "1T", "1 K", "99999999999999999999", "99999999999G"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn close_codes_that_may_not_stand_on_the_wire_are_refused() {
        for code in ["1000", "1003", "1007", "1014", "3000", "4999"] {
            assert!(close_code(code).is_ok(), "{code}");
        }
        for code in ["0", "999", "1004", "1005", "1006", "1015", "2999", "5000", "65536", "x"] {
            assert!(close_code(code).is_err(), "{code}");
        }
    }
}
