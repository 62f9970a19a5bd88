//! Durations, sizes and counts in words, as short as they are useful.
//!
//! For people only: records carry plain seconds and bytes.

use std::time::Duration;

/// A duration with about two significant digits: `0.21 ms`, `1.9 ms`, `340 ms`, `2.5 s`, `3 min 20 s`.
pub fn duration(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    let seconds = duration.as_secs_f64();
    // Each bound is where the shorter form would round up to one digit more.
    match millis {
        ..0.995 => format!("{millis:.2} ms"),
        ..9.95 => format!("{millis:.1} ms"),
        ..999.5 => format!("{millis:.0} ms"),
        ..59_950.0 => format!("{seconds:.1} s"),
        _ => minutes(seconds.round() as u64),
    }
}

/// A size in the unit that suits it: `1 byte`, `512 bytes`, `1.2 MiB`, `34 KiB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return count(bytes, "byte");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut units = ["KiB", "MiB", "GiB", "TiB", "PiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if value < 1023.5 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A number of things: `1 message`, `2 messages`.
pub fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn minutes(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min {seconds} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let table = [
            (0, "0.00 ms"),
            (210, "0.21 ms"),
            (996, "1.0 ms"),
            (1_900, "1.9 ms"),
            (9_960, "10 ms"),
            (12_300, "12 ms"),
            (999_600, "1.0 s"),
            (2_540_000, "2.5 s"),
            (59_960_000, "1 min 0 s"),
            (200_000_000, "3 min 20 s"),
            (7_260_000_000, "2 h 1 min"),
        ];
        for (micros, shown) in table {
            assert_eq!(duration(Duration::from_micros(micros)), shown);
        }
    }

    #[test]
    fn sizes() {
        let table = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1_258_291, "1.2 MiB"),
            (35_000, "34 KiB"),
            (1_048_570, "1.0 MiB"),
            (u64::MAX, "16384 PiB"),
        ];
        for (bytes, shown) in table {
            assert_eq!(size(bytes), shown);
        }
    }
}
