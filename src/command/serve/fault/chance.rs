//! Which connections and messages are hit: at random, and the same ones each time.
//!
//! Nothing is drawn in order: each decision is a function of the seed and of what is decided on, so that it does not
//! depend on how connections take turns.

use std::str::FromStr;

/// A share between none and all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(f64);

/// Decides who is hit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    share: Share,
    seed: u64,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        let (digits, scale) = match text.strip_suffix('%') {
            Some(digits) => (digits, 100.0),
            None => (text, 1.0),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = digits.parse::<f64>().ok().filter(|_| plain).map(|number| number / scale);
        match number {
            Some(share) if share <= 1.0 => Ok(Share(share)),
            _ => Err("not a share: write 0.1 or 10%, at most 1".to_owned()),
        }
    }
}

impl Chance {
    pub(super) fn new(share: Share, seed: u64) -> Chance {
        Chance { share, seed }
    }

    /// Whether a connection, or a message of it, is hit by the fault of this number.
    pub(super) fn hits(&self, fault: usize, link: u64, message: u64) -> bool {
        let drawn =
            [fault as u64, link, message].into_iter().fold(self.seed, |state, part| mix(state ^ mix(part)));
        // The upper 53 bits are a number from 0 to 1 that a float holds exactly.
        ((drawn >> 11) as f64) < self.share.0 * (1_u64 << 53) as f64
    }
}

/// One step of SplitMix64: every bit of the number decides on every bit of the result.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(share: &str, seed: u64) -> Vec<(u64, u64)> {
        let chance = Chance::new(share.parse().expect("a share"), seed);
        let all = (1..=100).flat_map(|link| (1..=100).map(move |message| (link, message)));
        all.filter(|&(link, message)| chance.hits(0, link, message)).collect()
    }

    #[test]
    fn about_the_share_is_hit_and_the_seed_decides_which() {
        for (share, expected) in [("0.1", 1000), ("50%", 5000), ("0.001", 10)] {
            let count = hits(share, 7).len();
            let distance = count.abs_diff(expected);
            assert!(distance * distance <= expected * 16, "{share}: {count} hits");
        }
        assert_eq!(hits("10%", 7), hits("0.1", 7));
        assert_ne!(hits("0.1", 7), hits("0.1", 8));
    }

    #[test]
    fn none_and_all_are_exact() {
        assert!(hits("0", 1).is_empty());
        assert_eq!(hits("100%", 1).len(), 10_000);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for bad in ["", "%", "-0.1", "1.1", "101%", "x", "nan", "1e-3", "0.1 "] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }
}
